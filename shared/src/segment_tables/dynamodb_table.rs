use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};
use tokio::time::{Instant, timeout_at};

use super::{Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, WantedInteractionSegment};
use crate::date_time::DateTime;
use crate::document::{BoundedText, Fields, Problem};
use crate::dynamodb::{self, Dynamo, Item, Stamp, Write, string};
use crate::retention::EXPIRES_AT;

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
    /// sys_id of the interaction. Without it, no record is held back from another interaction's wrap-ups.
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
        for name in fields.names().filter(|name| !["dynamodb_table", "key", "columns"].contains(name)) {
            fields.violation(name, Problem::NotOneOf { one_of: "dynamodb_table, key, columns" });
        }
        let table = fields.required::<Name>("dynamodb_table");
        let key = fields.required::<Name>("key");
        let mut columns = Columns::default();
        let mut taken: Vec<String> = key.iter().map(|key| key.0.clone()).collect();
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
                // Two fields in one column would overwrite each other, or the key.
                if let Some(column) = place {
                    if taken.contains(column) {
                        given.violation(name, Problem::Repeats { value: column.clone() });
                    }
                    taken.push(column.clone());
                }
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

    fn read(&self, segment_id: &str, mut item: Item) -> InteractionSegmentRecord {
        let columns = &self.mapping.columns;
        item.remove(&self.mapping.key);
        let interaction = columns.interaction.as_ref().and_then(|column| take_interaction(&mut item, column));
        let mut text = |column: &Option<String>| take_text(&mut item, column.as_ref()?);
        let (agent, transcript) = (text(&columns.agent), text(&columns.transcript));
        let mut time = |column: &Option<String>| take_time(&mut item, column.as_ref()?);
        InteractionSegmentRecord {
            id: segment_id.to_owned(),
            table: self.segment_table.clone(),
            interaction,
            agent,
            start: time(&columns.start),
            end: time(&columns.end),
            transcript,
            fields: further_fields(item),
        }
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
        let stored = self
            .rows
            .put_if_absent(&self.mapping.key, segment.segment_id, item, &segment.stamp(), None, deadline)
            .await?;
        Ok(self.read(segment.segment_id, stored))
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let segment_id = wanted.segment_id;
        // An id that is no key of this table cannot have a record.
        let Ok(key) = self.key(segment_id) else {
            return Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() });
        };
        match self.rows.get(key, deadline).await? {
            Some(item) => Ok(self.read(segment_id, item)),
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

    /// Puts a row under a key, named by its column, unless there is one; answers the row that is there now. One write. Where
    /// rows expire, `now` is the time from the Unix epoch, and one whose time is over makes room.
    pub async fn put_if_absent(
        &self,
        column: &str,
        key: &str,
        item: Item,
        stamp: &Stamp,
        now: Option<Duration>,
        deadline: Instant,
    ) -> Result<Item, Error> {
        let write = Write { stamp, table: &self.table, sys_id: key, version: None, within: None, attempt: None };
        let put = self.dynamo.put_new(write, item.clone(), |put| {
            let put = put.expression_attribute_names("#key", column);
            match now {
                None => put.condition_expression("attribute_not_exists(#key)"),
                Some(now) => put
                    .condition_expression("attribute_not_exists(#key) OR #expires_at <= :now")
                    .expression_attribute_names("#expires_at", EXPIRES_AT)
                    .expression_attribute_values(":now", AttributeValue::N(now.as_secs().to_string())),
            }
        });
        match timeout_at(deadline, put).await.map_err(|_| Error::too_late())? {
            Ok(_) => Ok(item),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(failed.item.clone().unwrap_or_default())
                }
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    /// Takes columns out of an operator's row. Answers whether it had one of them. One write.
    pub async fn erase(&self, key: &str, columns: &[&str], stamp: &Stamp) -> Result<bool, dynamodb::Error> {
        let write = Write { stamp, table: &self.table, sys_id: key, version: None, within: None, attempt: None };
        self.dynamo.erase(write, columns).await
    }

    /// Puts an operator's row in place of what its key has.
    pub async fn replace(&self, key: &str, item: Item, stamp: &Stamp) -> Result<(), dynamodb::Error> {
        let write = Write { stamp, table: &self.table, sys_id: key, version: None, within: None, attempt: None };
        // Whatever a column of it has is shown, so there is none that cannot be read.
        self.dynamo.replace(write, item, |_| Ok(())).await?;
        Ok(())
    }
}

/// Takes a text out of a row. What is none stays, and is shown among the further fields.
pub(super) fn take_text(item: &mut Item, column: &str) -> Option<String> {
    match item.remove(column)? {
        AttributeValue::S(text) => Some(text),
        other => {
            item.insert(column.to_owned(), other);
            None
        }
    }
}

/// Takes an interaction's sys_id out of a row. A number is one by its digits, and a list or a map by its JSON, so that
/// no record that may have an interaction passes for one that has none. What cannot be one stays.
pub(super) fn take_interaction(item: &mut Item, column: &str) -> Option<String> {
    match item.remove(column)? {
        AttributeValue::S(text) => Some(text),
        AttributeValue::N(digits) => Some(digits),
        other @ (AttributeValue::Bool(_) | AttributeValue::Null(_)) => {
            item.insert(column.to_owned(), other);
            None
        }
        other => json(other).map(|value| value.to_string()),
    }
}

/// Takes a time out of a row. What is none stays, and is shown among the further fields.
pub(super) fn take_time(item: &mut Item, column: &str) -> Option<DateTime> {
    let time = DateTime::parse(item.get(column)?.as_s().ok()?)?;
    item.remove(column);
    Some(time)
}

/// What a row holds beside the fields that are known, without nulls.
pub(super) fn further_fields(item: Item) -> Map<String, Value> {
    item.into_iter().filter_map(|(name, value)| Some((name, json(value)?))).collect()
}

/// An attribute as JSON, bytes in Base64; `None` for null.
fn json(value: AttributeValue) -> Option<Value> {
    Some(match value {
        AttributeValue::S(text) => text.into(),
        AttributeValue::N(digits) => number(digits),
        AttributeValue::Bool(flag) => flag.into(),
        AttributeValue::B(bytes) => STANDARD.encode(bytes).into(),
        AttributeValue::Ss(texts) => texts.into(),
        AttributeValue::Ns(numbers) => numbers.into_iter().map(number).collect(),
        AttributeValue::Bs(list) => list.into_iter().map(|bytes| STANDARD.encode(bytes)).collect(),
        AttributeValue::L(entries) => entries.into_iter().map(|entry| json(entry).unwrap_or_default()).collect(),
        AttributeValue::M(fields) => Value::Object(further_fields(fields)),
        _ => return None,
    })
}

/// DynamoDB's numbers have up to 38 digits; one that JSON readers would round is shown as text.
fn number(digits: String) -> Value {
    match digits.parse::<Number>() {
        Ok(number) if number.to_string() == digits => Value::Number(number),
        _ => Value::String(digits),
    }
}

/// A name of a table or a column.
type Name = BoundedText<255>;
