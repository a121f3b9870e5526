//! Reads of single items from the embedded DynamoDB without the way through the SDK and the engine's HTTP server.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use dynoxide::Database;
use dynoxide::actions::get_item::GetItemRequest;
use wrapup::dynamodb::{Item, Near};

/// The engine's database. As in the engine's own server, a read is done on the thread that asks for it.
pub struct InProcess(pub Database);

impl std::fmt::Debug for InProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl Near for InProcess {
    fn get(&self, table: &str, sys_id: &str) -> Option<Option<Item>> {
        let request = GetItemRequest {
            table_name: table.to_owned(),
            key: [("sys_id".to_owned(), dynoxide::AttributeValue::S(sys_id.to_owned()))].into(),
            consistent_read: Some(true),
            ..GetItemRequest::default()
        };
        // What it refuses goes to its server, which alone knows how DynamoDB words that.
        match self.0.get_item(request).ok()?.item {
            Some(item) => convert_all(item).map(Some),
            None => Some(None),
        }
    }
}

fn convert_all(item: dynoxide::Item) -> Option<Item> {
    item.into_iter().map(|(name, value)| Some((name, convert(value)?))).collect()
}

/// A value as the SDK has it; `None` for a set, whose members the engine's server puts in DynamoDB's order.
fn convert(value: dynoxide::AttributeValue) -> Option<AttributeValue> {
    use dynoxide::AttributeValue::{B, BOOL, BS, L, M, N, NS, NULL, S, SS};
    Some(match value {
        S(text) => AttributeValue::S(text),
        N(number) => AttributeValue::N(number),
        B(bytes) => AttributeValue::B(Blob::new(bytes)),
        BOOL(flag) => AttributeValue::Bool(flag),
        NULL(flag) => AttributeValue::Null(flag),
        L(values) => AttributeValue::L(values.into_iter().map(convert).collect::<Option<_>>()?),
        M(values) => AttributeValue::M(convert_all(values)?),
        SS(_) | NS(_) | BS(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use wrapup::dynamodb::{Dynamo, Table, Tables, connect, string, tables};

    use super::super::Engine;
    use super::*;
    use crate::connect::on_this_machine;

    type Tested<T = ()> = Result<T, Box<dyn std::error::Error>>;

    const TABLE: &str = Table::Codes.platform_name();

    /// What reaches an engine with our tables: the client alone, what is near alone, and both.
    async fn started(data: &tempfile::TempDir) -> Tested<(Dynamo, Dynamo, Dynamo)> {
        let engine = Engine::open(Some(data.path()))?;
        let both = engine.dynamo(on_this_machine(1), Tables::default());
        tables::create_missing(&both).await?;
        // Nobody listens there.
        let near = Dynamo { client: connect(on_this_machine(1)), ..both.clone() };
        Ok((Dynamo { near: None, ..both.clone() }, near, both))
    }

    async fn put(dynamo: &Dynamo, sys_id: &str, attribute: AttributeValue) -> Tested {
        let put = dynamo.client.put_item().table_name(TABLE).item("sys_id", string(sys_id)).item("value", attribute);
        put.send().await?;
        Ok(())
    }

    #[tokio::test]
    async fn both_ways_read_the_same() -> Tested {
        let data = tempfile::tempdir()?;
        let (far, near, both) = started(&data).await?;
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let nested = HashMap::from([("ü \"\\\u{1F642}\u{1}".to_owned(), AttributeValue::Null(true))]);
        let values = [
            AttributeValue::Bool(true),
            AttributeValue::N("-12345678901234567890.000123".to_owned()),
            AttributeValue::B(Blob::new([0, 255, 7])),
            AttributeValue::L(vec![AttributeValue::M(nested), string("")]),
            AttributeValue::Ss(texts(&["b", "a"])),
            AttributeValue::L(vec![AttributeValue::Ns(texts(&["10", "9", "-1"]))]),
        ];
        for value in values {
            assert_eq!(both.get(TABLE, "a").await?, far.get(TABLE, "a").await?);
            put(&both, "a", value).await?;
            let read = both.get(TABLE, "a").await?;
            assert!(read.is_some());
            assert_eq!(read, far.get(TABLE, "a").await?);
        }
        put(&far, "b", string("last")).await?;
        assert_eq!(near.get(TABLE, "b").await?.and_then(|item| item.get("value").cloned()), Some(string("last")));
        assert_eq!(near.get(TABLE, "c").await?, None);
        Ok(())
    }

    #[tokio::test]
    async fn what_the_engine_refuses_is_worded_as_over_http() -> Tested {
        let data = tempfile::tempdir()?;
        let (far, _, both) = started(&data).await?;
        for (table, sys_id) in [("missing", "a"), ("no table's name!", "a"), (TABLE, "")] {
            let worded = far.get(table, sys_id).await.err().map(|error| without_request_id(&error.to_string()));
            assert!(worded.is_some(), "{table} {sys_id}");
            let error = both.get(table, sys_id).await.err();
            assert_eq!(error.map(|error| without_request_id(&error.to_string())), worded);
        }
        Ok(())
    }

    fn without_request_id(error: &str) -> String {
        error.split("aws_request_id").next().unwrap_or_default().to_owned()
    }
}
