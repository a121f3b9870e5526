use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::{Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment};
use crate::date_time::DateTime;
use crate::document::{Fields, FromText, Problem};
use crate::dynamodb::{self, Dynamo, Item, Table, string};

/// A DynamoDB table of a team's own, described by configuration alone.
pub struct DynamoDbTable {
    segment_table: String,
    mapping: Mapping,
    rows: Rows,
}

/// Where a team's table keeps what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The table's name in DynamoDB, as it stands there: no prefix is added.
    pub table: String,
    /// Its partition key, a string, which holds the segment id. A sort key it must not have.
    pub key: String,
    /// The column of each of the record's fields; a field without a column is not kept.
    pub columns: Columns,
}

/// The columns of a record's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// sys_id of the interaction.
    pub interaction: Option<String>,
    /// sys_id of the agent.
    pub agent: Option<String>,
    /// When the segment began, as `yyyy-MM-dd HH:mm:ss` or RFC 3339.
    pub start: Option<String>,
    /// When it ended, in the same form.
    pub end: Option<String>,
    /// What was said.
    pub transcript: Option<String>,
    /// The external system's id of the segment.
    pub external_segment_id: Option<String>,
}

/// Bytes that DynamoDB takes as a partition key.
const LONGEST_KEY: usize = 2_048;

impl Mapping {
    /// Reads `dynamodb_table`, `key` and `columns`.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        let table = fields.required::<Name>("dynamodb_table");
        let key = fields.required::<Name>("key");
        let mut columns = Columns::default();
        if let Some(given) = fields.object("columns") {
            for name in given.names() {
                let place = match name {
                    "interaction" => &mut columns.interaction,
                    "agent" => &mut columns.agent,
                    "start" => &mut columns.start,
                    "end" => &mut columns.end,
                    "transcript" => &mut columns.transcript,
                    "external_segment_id" => &mut columns.external_segment_id,
                    _ => {
                        let one_of = "interaction, agent, start, end, transcript, external_segment_id";
                        given.violation(name, Problem::NotOneOf { one_of });
                        continue;
                    }
                };
                *place = given.required::<Name>(name).map(|column| column.0);
            }
        }
        Some(Self { table: table?.0, key: key?.0, columns })
    }
}

impl DynamoDbTable {
    /// The table that requests call `segment_table`.
    pub fn new(segment_table: impl Into<String>, mapping: Mapping, dynamo: Dynamo) -> Self {
        let rows = Rows::new(dynamo, mapping.table.clone());
        Self { segment_table: segment_table.into(), mapping, rows }
    }

    fn key(&self, segment_id: &str) -> Result<Item, Error> {
        if segment_id.len() > LONGEST_KEY {
            let reason = format!("this table's ids have at most {LONGEST_KEY} bytes");
            return Err(Error::BadInput { reason });
        }
        Ok(Item::from([(self.mapping.key.clone(), string(segment_id))]))
    }

    fn read(&self, segment_id: &str, mut item: Item) -> Result<InteractionSegmentRecord, Error> {
        let columns = &self.mapping.columns;
        item.remove(&self.mapping.key);
        let mut text = |column: &Option<String>| match item.remove(column.as_ref()?) {
            Some(AttributeValue::S(text)) => Some(text),
            _ => None,
        };
        Ok(InteractionSegmentRecord {
            id: segment_id.to_owned(),
            table: self.segment_table.clone(),
            interaction: text(&columns.interaction),
            agent: text(&columns.agent),
            start: text(&columns.start).as_deref().and_then(DateTime::parse),
            end: text(&columns.end).as_deref().and_then(DateTime::parse),
            transcript: text(&columns.transcript),
            fields: further_fields(item)?,
        })
    }
}

#[async_trait]
impl InteractionSegment for DynamoDbTable {
    fn segment_table(&self) -> &str {
        &self.segment_table
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let columns = &self.mapping.columns;
        let mut item = self.key(segment.segment_id)?;
        let mut set = |column: &Option<String>, value: Option<String>| {
            if let (Some(column), Some(value)) = (column, value) {
                item.insert(column.clone(), string(value));
            }
        };
        set(&columns.interaction, Some(segment.interaction.to_owned()));
        set(&columns.agent, Some(segment.agent.to_owned()));
        set(&columns.start, Some(segment.opened_on.to_string()));
        set(&columns.external_segment_id, segment.external_segment_id.map(str::to_owned));
        let stored = self.rows.put_if_absent(&self.mapping.key, item, deadline).await?;
        self.read(segment.segment_id, stored)
    }

    async fn retrieve(&self, segment_id: &str, deadline: Instant) -> Result<InteractionSegmentRecord, Error> {
        // An id that is no key of this table cannot have a record.
        let Ok(key) = self.key(segment_id) else {
            return Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() });
        };
        match self.rows.get(key, deadline).await? {
            Some(item) => self.read(segment_id, item),
            None => Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() }),
        }
    }
}

/// The rows of one DynamoDB table, within deadlines.
pub(super) struct Rows {
    dynamo: Dynamo,
    table: String,
}

impl Rows {
    pub fn new(dynamo: Dynamo, table: String) -> Self {
        Self { dynamo, table }
    }

    /// The row with this key. One consistent read.
    pub async fn get(&self, key: Item, deadline: Instant) -> Result<Option<Item>, Error> {
        let get = self.dynamo.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let answer = timeout_at(deadline, get.send()).await.map_err(|_| Error::too_late())?;
        Ok(answer.map_err(dynamodb::Error::from)?.item)
    }

    /// Puts a row unless its key has one; answers the row that is there now. One write.
    pub async fn put_if_absent(&self, key: &str, item: Item, deadline: Instant) -> Result<Item, Error> {
        let put = self
            .dynamo
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", key)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match timeout_at(deadline, put.send()).await.map_err(|_| Error::too_late())? {
            Ok(_) => Ok(item),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(failed.item.clone().unwrap_or_default())
                }
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    /// Puts a row in place of what its key has.
    pub async fn put(&self, item: Item) -> Result<(), dynamodb::Error> {
        self.dynamo.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }
}

/// What a row holds beside the fields that are known, without nulls.
pub(super) fn further_fields(item: Item) -> Result<Map<String, Value>, Error> {
    let mut fields: Map<String, Value> =
        dynamodb::from_item(Table::PhoneLog, item).map_err(|error| Error::Broken(Box::new(error)))?;
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

/// A name of a table or a column.
struct Name(String);

impl FromText for Name {
    fn from_text(text: &str) -> Result<Self, Problem> {
        let most = 255;
        if text.chars().count() > most { Err(Problem::TooLong { most }) } else { Ok(Self(text.to_owned())) }
    }
}
