//! Answers every request with one item, consistently read: what the SDK costs. Written as a good plain
//! function is: one client for all calls, one thread, credentials from the environment, and everything
//! else by default, such as the system's root certificates.

use std::collections::HashMap;
use std::env;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::{Error, Request, Response, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let client = client()?;
    let table = env::var("FLOOR_TABLE")?;
    let key = HashMap::from([("sys_id".to_owned(), AttributeValue::S(env::var("FLOOR_KEY")?))]);
    lambda_http::run(service_fn(|_: Request| async {
        let get = client.get_item().table_name(&table).set_key(Some(key.clone())).consistent_read(true);
        let item = get.send().await?.item.ok_or("there is no such item")?;
        let item: Value = serde_dynamo::from_item(item)?;
        let answer = Response::builder().header("Content-Type", "application/json");
        Ok::<_, Error>(answer.body(item.to_string())?)
    }))
    .await
}

fn client() -> Result<Client, Error> {
    let credentials =
        Credentials::new(env::var("AWS_ACCESS_KEY_ID")?, env::var("AWS_SECRET_ACCESS_KEY")?, None, None, "environment");
    let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(env::var("AWS_REGION")?))
        .credentials_provider(credentials)
        .endpoint_url(env::var("AWS_ENDPOINT_URL_DYNAMODB")?)
        .http_client(https);
    Ok(Client::from_conf(config.build()))
}
