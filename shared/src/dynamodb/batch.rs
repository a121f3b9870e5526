use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Dynamo, Error, Item, key};

/// Keys that one BatchGetItem takes.
const KEYS: usize = 100;

/// How often what DynamoDB left unprocessed is asked for again.
const ROUNDS: u32 = 8;

/// The items with these keys, each of a table, consistently read: one request for 100 keys. They come
/// back by table and in no order; keys without an item are left out.
pub async fn batch_get(dynamo: &Dynamo, keys: Vec<(String, Item)>) -> Result<HashMap<String, Vec<Item>>, Error> {
    let requests: Vec<_> = keys.chunks(KEYS).map(|chunk| batch_get_once(dynamo, chunk)).collect();
    let answers: Vec<_> = stream::iter(requests).buffer_unordered(4).try_collect().await?;
    let mut found: HashMap<String, Vec<Item>> = HashMap::new();
    for (table, items) in answers.into_iter().flatten() {
        found.entry(table).or_default().extend(items);
    }
    Ok(found)
}

/// The item with this key, consistently read, for those who may read in batches alone: none is granted a permission for what
/// it asks for once in a blue moon.
pub async fn batch_get_one(dynamo: &Dynamo, table: &str, sys_id: &str) -> Result<Option<Item>, Error> {
    let mut found = batch_get(dynamo, vec![(table.to_owned(), key(sys_id))]).await?;
    Ok(found.remove(table).and_then(|mut items| items.pop()))
}

async fn batch_get_once(dynamo: &Dynamo, keys: &[(String, Item)]) -> Result<HashMap<String, Vec<Item>>, Error> {
    let mut by_table: HashMap<&String, Vec<Item>> = HashMap::new();
    for (table, key) in keys {
        by_table.entry(table).or_default().push(key.clone());
    }
    let mut wanted = by_table
        .into_iter()
        .map(|(table, keys)| {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            keys.map(|keys| (table.clone(), keys)).map_err(Error::broken)
        })
        .collect::<Result<HashMap<_, _>, _>>()?;
    let mut found: HashMap<String, Vec<Item>> = HashMap::new();
    for round in 0..ROUNDS {
        if round > 0 {
            // DynamoDB leaves keys out when it is short of throughput; AWS asks for exponential back-off.
            tokio::time::sleep(Duration::from_millis(20 << round)).await;
        }
        let answer = dynamo.client.batch_get_item().set_request_items(Some(wanted)).send().await?;
        for (table, items) in answer.responses.unwrap_or_default() {
            found.entry(table).or_default().extend(items);
        }
        match answer.unprocessed_keys {
            Some(unprocessed) if !unprocessed.is_empty() => wanted = unprocessed,
            _ => return Ok(found),
        }
    }
    Err(Error::Unavailable("keys were left unprocessed in every round".into()))
}
