use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CorruptRecord, Error, RecordProblem, Table, check_schema};
use crate::retention::EXPIRES_AT;

/// A record as DynamoDB holds it.
pub type Item = HashMap<String, AttributeValue>;

/// A string attribute.
pub fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// The primary key of the record with this `sys_id`.
pub fn key(sys_id: impl Into<String>) -> Item {
    HashMap::from([("sys_id".to_owned(), string(sys_id))])
}

/// Writes a record as an item; fields that are `None` have to be skipped by its `Serialize`.
pub fn to_item<T: Serialize>(record: &T) -> Result<Item, Error> {
    serde_dynamo::to_item(record).map_err(Error::broken)
}

/// Reads an item as a record; attributes that the record does not name are ignored.
pub fn from_item<T: DeserializeOwned>(table: Table, item: Item) -> Result<T, CorruptRecord> {
    check(table, &item)?;
    let key = key_of(&item);
    serde_dynamo::from_item(item).map_err(|error| CorruptRecord {
        table: table.platform_name().to_owned(),
        key,
        problem: RecordProblem::Unreadable(error.to_string()),
    })
}

/// That this code may read an item, and write over it.
///
/// # Errors
/// Where a newer version wrote it.
pub fn check(table: Table, item: &Item) -> Result<(), CorruptRecord> {
    check_schema(item).map_err(|problem| CorruptRecord {
        table: table.platform_name().to_owned(),
        key: key_of(item),
        problem,
    })
}

fn key_of(item: &Item) -> String {
    item.get("sys_id").and_then(|sys_id| sys_id.as_s().ok()).cloned().unwrap_or_default()
}

/// The difference between two states of a record, as an update that leaves attributes which
/// neither state names as they are.
pub struct Change {
    set: Vec<(String, AttributeValue)>,
    remove: Vec<String>,
}

impl Change {
    /// What turns `before` into `after`.
    pub fn between(before: &Item, after: Item) -> Self {
        let mut remove: Vec<String> = before.keys().filter(|name| !after.contains_key(*name)).cloned().collect();
        let mut set: Vec<_> = after.into_iter().filter(|(name, value)| before.get(name) != Some(value)).collect();
        remove.sort();
        set.sort_by(|one, other| one.0.cmp(&other.0));
        Self { set, remove }
    }

    /// Adds the change's expression, names and values to a request.
    pub fn apply(self, mut request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let mut expression = String::new();
        for (index, (name, value)) in self.set.into_iter().enumerate() {
            expression.push_str(if index == 0 { "SET " } else { ", " });
            expression.push_str(&format!("#s{index} = :s{index}"));
            request = request
                .expression_attribute_names(format!("#s{index}"), name)
                .expression_attribute_values(format!(":s{index}"), value);
        }
        for (index, name) in self.remove.into_iter().enumerate() {
            expression.push_str(if index == 0 { " REMOVE " } else { ", " });
            expression.push_str(&format!("#r{index}"));
            request = request.expression_attribute_names(format!("#r{index}"), name);
        }
        request.update_expression(expression.trim_start())
    }
}

/// Says in a new record when it goes, in seconds since the Unix epoch; none where it stays.
pub fn set_expiry(item: &mut Item, expires_at: Option<u64>) {
    item.extend(expires_at.map(|end| (EXPIRES_AT.to_owned(), AttributeValue::N(end.to_string()))));
}

/// Whether a record's time is over at this one, from the Unix epoch: DynamoDB removes it some time later, and until then it
/// counts as gone. What is no number says nothing, as it does to DynamoDB.
pub fn is_expired(item: &Item, now: Duration) -> bool {
    let end = item.get(EXPIRES_AT).and_then(|end| end.as_n().ok()).and_then(|end| end.parse::<u64>().ok());
    end.is_some_and(|end| now.as_secs() >= end)
}
