//! Reads of the embedded DynamoDB without the way through its HTTP server, which took a third of a call's time. The SDK
//! stays what it is in AWS; it is only handed another HTTP client.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::{HttpRequest, HttpResponse};
use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::http::StatusCode;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The client with its reads answered by `database`, which has to be the one behind its endpoint. All else goes to the
/// engine's server as before, and so does a read that the database refuses: how that is worded, only the server knows.
pub fn reading(client: Client, database: Database) -> Client {
    let Some(http) = client.config().http_client() else { return client };
    Client::from_conf(client.config().to_builder().http_client(InProcess { database, http }).build())
}

struct InProcess<T> {
    database: Database,
    http: T,
}

impl<T> std::fmt::Debug for InProcess<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let http = self.http.http_connector(settings, components);
        SharedHttpConnector::new(InProcess { database: self.database.clone(), http })
    }
}

impl HttpConnector for InProcess<SharedHttpConnector> {
    /// As in the engine's server, a read is done on the thread that asks for it.
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes();
        let read = match request.headers().get("x-amz-target") {
            Some("DynamoDB_20120810.GetItem") => read(body, |request| self.database.get_item(request)),
            Some("DynamoDB_20120810.BatchGetItem") => read(body, |request| self.database.batch_get_item(request)),
            _ => None,
        };
        match read {
            Some(answer) => HttpConnectorFuture::ready(Ok(answer)),
            None => self.http.call(request),
        }
    }
}

/// The answer to a request's body; `None` where the database refuses it.
fn read<Q: DeserializeOwned, A: Serialize>(
    body: Option<&[u8]>,
    read: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Option<HttpResponse> {
    let request = serde_json::from_slice(body?).ok()?;
    let answer = serde_json::to_vec(&read(request).ok()?).ok()?;
    Some(HttpResponse::new(StatusCode::try_from(200).ok()?, answer.into()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::error::ProvideErrorMetadata;
    use aws_sdk_dynamodb::operation::batch_get_item::builders::BatchGetItemFluentBuilder;
    use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
    use aws_sdk_dynamodb::primitives::Blob;
    use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
    use tokio::net::TcpListener;
    use wrapup::dynamodb::{Dynamo, Item, Table, Tables, connect, key, string, tables};

    use super::super::engine::{self, Engine};
    use super::*;
    use crate::connect::on_this_machine;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    const TABLE: &str = Table::Codes.platform_name();

    /// An engine with our tables: over HTTP, and with reads in process.
    async fn started(data: &tempfile::TempDir) -> Result<(Engine, Client, Client), Box<dyn std::error::Error>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let engine = engine::start(listener, Some(data.path()))?;
        let http = connect(on_this_machine(port));
        let in_process = reading(connect(on_this_machine(port)), engine.database.clone());
        tables::create_missing(&Dynamo { client: in_process.clone(), tables: Tables::default() }).await?;
        Ok((engine, http, in_process))
    }

    /// An item with values of every kind.
    fn item() -> Item {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let nested = HashMap::from([("ü \"\\\u{1F642}\u{1}".to_owned(), AttributeValue::Null(true))]);
        let values = [
            ("flag", AttributeValue::Bool(true)),
            ("number", AttributeValue::N("-12345678901234567890.000123".to_owned())),
            ("blob", AttributeValue::B(Blob::new([0, 255, 7]))),
            ("texts", AttributeValue::Ss(texts(&["b", "a"]))),
            ("numbers", AttributeValue::Ns(texts(&["10", "9", "-1"]))),
            ("list", AttributeValue::L(vec![AttributeValue::M(nested), string("")])),
        ];
        key("a").into_iter().chain(values.map(|(name, value)| (name.to_owned(), value))).collect()
    }

    fn get(client: &Client) -> GetItemFluentBuilder {
        let get = client.get_item().table_name(TABLE).set_key(Some(key("a"))).consistent_read(true);
        get.return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    fn batch(client: &Client, keys: Vec<Item>) -> BatchGetItemFluentBuilder {
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        client.batch_get_item().set_request_items(keys.ok().map(|keys| HashMap::from([(TABLE.to_owned(), keys)])))
    }

    /// The code and the words of an answer that is an error.
    fn refusal<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> Option<(String, String)> {
        let error = answer.err()?;
        Some((error.code()?.to_owned(), error.message()?.to_owned()))
    }

    #[tokio::test]
    async fn both_ways_read_the_same_and_see_each_others_writes() -> Tested {
        let data = tempfile::tempdir()?;
        let (engine, http, in_process) = started(&data).await?;
        assert_eq!(get(&in_process).send().await?.item, None);
        for (writer, name) in [(&http, "HTTP"), (&in_process, "the API")] {
            let mut written = item();
            written.insert("by".to_owned(), string(name));
            writer.put_item().table_name(TABLE).set_item(Some(written)).send().await?;
            let (one, other) = (get(&http).send().await?, get(&in_process).send().await?);
            assert_eq!(other.item().and_then(|item| item.get("by")), Some(&string(name)));
            assert_eq!((one.item, one.consumed_capacity), (other.item, other.consumed_capacity));
            let keys = vec![key("a"), key("b")];
            let (one, other) = (batch(&http, keys.clone()).send().await?, batch(&in_process, keys).send().await?);
            assert_eq!((one.responses, one.unprocessed_keys), (other.responses, other.unprocessed_keys));
        }
        drop(http);
        engine.stop().await;
        // Without the server there is no other way than in process.
        assert!(get(&in_process).send().await?.item.is_some());
        assert!(batch(&in_process, vec![key("a")]).send().await?.responses.is_some());
        Ok(())
    }

    #[tokio::test]
    async fn what_the_engine_refuses_is_worded_as_over_http() -> Tested {
        let data = tempfile::tempdir()?;
        let (engine, http, in_process) = started(&data).await?;
        let refusals = async |client: &Client| {
            let numeric = HashMap::from([("sys_id".to_owned(), AttributeValue::N("1".to_owned()))]);
            [
                refusal(get(client).table_name("missing").send().await),
                refusal(get(client).set_key(Some(numeric)).send().await),
                refusal(get(client).key("another", string("a")).send().await),
                refusal(batch(client, vec![key("a"), key("a")]).send().await),
            ]
        };
        let worded = refusals(&http).await;
        assert!(worded.iter().all(Option::is_some), "{worded:?}");
        assert_eq!(refusals(&in_process).await, worded);
        drop((http, in_process));
        engine.stop().await;
        Ok(())
    }
}
