use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::{BehaviorVersion, Config, Region};

use super::{DynamoDbTable, Mapping, PhoneLog, Registry, Remote};
use crate::aws::{Connection, Roots, https_client};
use crate::document::{BoundedText, Document, FromText, ParseError, Problem, Violations};
use crate::dynamodb::Dynamo;
use crate::settings::{self, SettingsError};

/// A deployment's own segment tables: one JSON object from the name of a table to what serves it,
/// a function's name or ARN, or an object with `function` or with `dynamodb_table`, `key`, `columns`.
pub const SEGMENT_TABLES: &str = "WRAPUP_SEGMENT_TABLES";

/// Where Lambda is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const LAMBDA_ENDPOINT: &str = "AWS_ENDPOINT_URL_LAMBDA";

/// Why the segment tables cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum SegmentTablesError {
    /// The variable holds no JSON object.
    #[error("{SEGMENT_TABLES}: {0}")]
    Malformed(#[from] ParseError),
    /// The object's fields break rules.
    #[error("{SEGMENT_TABLES}: {0}")]
    Fields(#[from] Violations),
    /// The rest of the environment lacks something.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// What every deployment has.
pub fn built_in(dynamo: &Dynamo) -> Registry {
    Registry::default().with(PhoneLog::new(dynamo.clone()))
}

/// The segment tables of a deployment: the built-in ones and what [`SEGMENT_TABLES`] says. This is
/// the place to add a table that is written in Rust.
pub fn from_env(dynamo: &Dynamo) -> Result<Registry, SegmentTablesError> {
    let Some(json) = settings::optional(SEGMENT_TABLES) else { return Ok(built_in(dynamo)) };
    let connection = Connection::from_env(LAMBDA_ENDPOINT)?;
    from_json(&json, dynamo, || connect(connection))
}

/// The built-in segment tables and those of a JSON object in the form of [`SEGMENT_TABLES`].
pub fn from_json(json: &str, dynamo: &Dynamo, lambda: impl FnOnce() -> Client) -> Result<Registry, SegmentTablesError> {
    let described = Document::from_json(json.as_bytes())?.read(|fields| {
        let tables = fields.names().map(|table| {
            let serving = match fields.as_given(table) {
                Some(_) => fields.required(table).map(|FunctionName(function)| Serving::Function(function)),
                None => {
                    fields.required_object(table, Problem::Required).and_then(|object| match object.has("function") {
                        true => object.required("function").map(|FunctionName(function)| Serving::Function(function)),
                        false => Mapping::read(&object).map(Serving::Table),
                    })
                }
            };
            Some((table.to_owned(), serving?))
        });
        tables.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
    })?;
    let remote = described.iter().any(|(_, serving)| matches!(serving, Serving::Function(_)));
    let lambda = remote.then(lambda);
    let mut registry = built_in(dynamo);
    for (table, serving) in described {
        registry = match (serving, &lambda) {
            (Serving::Table(mapping), _) => registry.with(DynamoDbTable::new(table, mapping, dynamo.clone())),
            (Serving::Function(function), Some(lambda)) => registry.with(Remote::new(table, function, lambda.clone())),
            (Serving::Function(_), None) => registry,
        };
    }
    Ok(registry)
}

/// What serves a table.
enum Serving {
    Function(String),
    Table(Mapping),
}

struct FunctionName(String);

impl FromText for FunctionName {
    fn from_text(text: &str) -> Result<Self, Problem> {
        // As long as Lambda lets a name with its ARN be.
        BoundedText::<256>::from_text(text.trim()).map(|text| Self(text.0))
    }
}

/// A client of Lambda. What is tried again, and until when, the caller decides.
pub fn connect(connection: Connection) -> Client {
    let http_client = https_client(Roots::of(&connection));
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(connection.region))
        .credentials_provider(connection.credentials)
        .retry_config(RetryConfig::disabled())
        .http_client(http_client);
    if let Some(endpoint) = connection.endpoint {
        config = config.endpoint_url(endpoint);
    }
    Client::from_conf(config.build())
}
