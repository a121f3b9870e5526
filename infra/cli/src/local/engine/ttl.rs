//! What DynamoDB does with records whose time is over, by another clock than the machine's, which is the engine's.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::operations::Operations;

/// Records that are looked at in one go: others ask the database in between.
const PAGE: usize = 100;

/// The tables with a TTL attribute, and that.
const TABLES: &str =
    "SELECT table_name, ttl_attribute FROM _tables WHERE ttl_enabled = 1 AND ttl_attribute IS NOT NULL";

/// Removes the records of all tables whose time is over `now`, since the Unix epoch; answers how many.
pub fn sweep(operations: &Operations, beside: &Mutex<Storage>, now: Duration) -> Result<usize, DynoxideError> {
    let tables = {
        let beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
        // In memory two connections at one table do not wait for each other: one of them fails.
        let _alone = operations.alone();
        let mut tables = beside.conn().prepare(TABLES)?;
        let rows = tables.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        rows.collect::<Result<Vec<_>, _>>()?
    };
    let mut removed = 0;
    for (table, attribute) in tables {
        removed += sweep_table(operations, &table, &attribute, now)?;
    }
    Ok(removed)
}

fn sweep_table(operations: &Operations, table: &str, attribute: &str, now: Duration) -> Result<usize, DynoxideError> {
    let database = &operations.database;
    let described = json!({ "TableName": table });
    let described = json!(operations.asked(|| database.describe_table(read(described)?))?);
    let keys: Vec<&str> = described["Table"]["KeySchema"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|key| key["AttributeName"].as_str())
        .collect();
    let is_over = json!({ "#over": attribute });
    let now = json!({ ":now": { "N": now.as_secs().to_string() } });
    let mut begin = Value::Null;
    let mut removed = 0;
    loop {
        let mut scan = json!({
            "TableName": table, "Limit": PAGE, "FilterExpression": "#over < :now",
            "ExpressionAttributeNames": is_over, "ExpressionAttributeValues": now,
        });
        if !begin.is_null() {
            scan["ExclusiveStartKey"] = begin;
        }
        let page = json!(operations.asked(|| database.scan(read(scan)?))?);
        for item in page["Items"].as_array().into_iter().flatten() {
            let key: Map<String, Value> = keys.iter().map(|key| ((*key).to_owned(), item[*key].clone())).collect();
            let delete = json!({
                "TableName": table, "Key": key, "ConditionExpression": "#over < :now",
                "ExpressionAttributeNames": is_over, "ExpressionAttributeValues": now,
            });
            match operations.asked(|| database.delete_item(read(delete)?)) {
                Ok(_) => removed += 1,
                // Somebody has written it meanwhile.
                Err(DynoxideError::ConditionalCheckFailedException(..)) => {}
                Err(error) => return Err(error),
            }
        }
        begin = page["LastEvaluatedKey"].clone();
        if begin.is_null() {
            return Ok(removed);
        }
    }
}

fn read<T: DeserializeOwned>(request: Value) -> Result<T, DynoxideError> {
    serde_json::from_value(request).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}
