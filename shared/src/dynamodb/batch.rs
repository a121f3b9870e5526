use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Dynamo, Error, Item};

/// Keys that one BatchGetItem takes.
const KEYS: usize = 100;

/// How often what DynamoDB left unprocessed is asked for again.
const ROUNDS: u32 = 8;

/// The items of one table with these keys, consistently read, in no order; keys without an item
/// are left out.
pub async fn batch_get(dynamo: &Dynamo, table: &str, keys: Vec<Item>) -> Result<Vec<Item>, Error> {
    let requests =
        keys.chunks(KEYS).map(|chunk| HashMap::from([(table.to_owned(), chunk.to_vec())])).collect::<Vec<_>>();
    let answers: Vec<_> = stream::iter(requests)
        .map(|request| batch_get_tables(dynamo, request))
        .buffer_unordered(4)
        .try_collect()
        .await?;
    Ok(answers.into_iter().flat_map(|mut answer| answer.remove(table).unwrap_or_default()).collect())
}

/// The items with these keys of several tables: at most 100 keys, one request.
pub async fn batch_get_tables(
    dynamo: &Dynamo,
    keys: HashMap<String, Vec<Item>>,
) -> Result<HashMap<String, Vec<Item>>, Error> {
    let mut wanted = keys
        .into_iter()
        .map(|(table, keys)| {
            let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            keys.map(|keys| (table, keys)).map_err(Error::broken)
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
