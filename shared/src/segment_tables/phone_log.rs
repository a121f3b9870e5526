use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use serde_json::{Map, Value};

use super::{Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment};
use crate::date_time::DateTime;
use crate::dynamodb::{self, Dynamo, Item, Table, key, string};
use crate::sys_id::{self, Kind};

/// The built-in table `sn_openframe_phone_log`, in DynamoDB. A record is kept under a sys_id that is
/// derived from its `segment_id`, so that ids of any length and kind are one key each.
pub struct PhoneLog {
    dynamo: Dynamo,
    table: String,
}

impl PhoneLog {
    /// The phone log of this deployment.
    pub fn new(dynamo: Dynamo) -> Self {
        let table = dynamo.tables.name(Table::PhoneLog);
        Self { dynamo, table }
    }
}

#[async_trait]
impl InteractionSegment for PhoneLog {
    fn segment_table(&self) -> &str {
        Table::PhoneLog.platform_name()
    }

    async fn create(&self, segment: NewInteractionSegment<'_>) -> Result<InteractionSegmentRecord, Error> {
        let mut item = HashMap::from([
            ("sys_id".to_owned(), string(record_key(segment.segment_id))),
            ("segment_id".to_owned(), string(segment.segment_id)),
            ("interaction".to_owned(), string(segment.interaction)),
            ("agent".to_owned(), string(segment.agent)),
            ("start_time".to_owned(), string(segment.opened_on)),
        ]);
        if let Some(call) = segment.external_segment_id {
            item.insert("call_id".to_owned(), string(call));
        }
        let put = self
            .dynamo
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(sys_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => read(segment.segment_id, item),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    read(segment.segment_id, failed.item.clone().unwrap_or_default())
                }
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    async fn retrieve(&self, segment_id: &str) -> Result<InteractionSegmentRecord, Error> {
        let get = self.dynamo.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = get.set_key(Some(key(record_key(segment_id)))).send().await.map_err(dynamodb::Error::from)?;
        match answer.item {
            Some(item) => read(segment_id, item),
            None => Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() }),
        }
    }
}

fn record_key(segment_id: &str) -> String {
    sys_id::derive(Kind::PhoneLog, &[segment_id])
}

fn read(segment_id: &str, mut item: Item) -> Result<InteractionSegmentRecord, Error> {
    let mut text = |name: &str| match item.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    // Guards against two ids with one UUIDv5, see `sys_id::derive`.
    if text("segment_id").as_deref() != Some(segment_id) {
        return Err(Error::Broken("the record belongs to another segment_id".into()));
    }
    let record = InteractionSegmentRecord {
        id: segment_id.to_owned(),
        table: Table::PhoneLog.platform_name().to_owned(),
        interaction: text("interaction"),
        agent: text("agent"),
        start: text("start_time").as_deref().and_then(DateTime::parse),
        end: text("end_time").as_deref().and_then(DateTime::parse),
        transcript: text("transcript"),
        fields: Map::new(),
    };
    item.remove("sys_id");
    let fields: Map<String, Value> =
        dynamodb::from_item(Table::PhoneLog, item).map_err(|error| Error::Broken(Box::new(error)))?;
    Ok(InteractionSegmentRecord { fields, ..record })
}
