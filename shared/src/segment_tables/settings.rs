use super::lambda::{Lambda, connect};
use super::{DynamoDbTable, Mapping, PhoneLog, Registry, Remote};
use crate::aws::Connection;
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

/// What every deployment has. A built-in table is added here; a team adds its own to a registry of its own.
pub fn built_in(dynamo: &Dynamo) -> Registry {
    Registry::default().with(PhoneLog::new(dynamo.clone()))
}

/// The segment tables of a deployment: the built-in ones and what [`SEGMENT_TABLES`] says.
pub fn from_env(dynamo: &Dynamo) -> Result<Registry, SegmentTablesError> {
    let described = Described::from_env()?;
    let lambda = if described.need_lambda() { Some(connect(Connection::from_env(LAMBDA_ENDPOINT)?)) } else { None };
    Ok(described.registry(dynamo, lambda))
}

/// Segment tables as [`SEGMENT_TABLES`] describes them: their names, and what serves each.
pub struct Described(Vec<(String, Serving)>);

impl Described {
    /// What the environment describes, if anything.
    pub fn from_env() -> Result<Self, SegmentTablesError> {
        settings::optional(SEGMENT_TABLES).map_or(Ok(Self(Vec::new())), |json| Self::from_json(&json))
    }

    /// What a JSON object describes.
    pub fn from_json(json: &str) -> Result<Self, SegmentTablesError> {
        let described = Document::from_json(json.as_bytes())?.read(|fields| {
            let tables = fields.names().map(|table| {
                let serving = match fields.as_given(table) {
                    Some(_) => fields.required(table).map(|FunctionName(function)| Serving::Function(function)),
                    None => fields.required_object(table, Problem::Required).and_then(|object| {
                        match object.has("function") {
                            true => {
                                object.required("function").map(|FunctionName(function)| Serving::Function(function))
                            }
                            false => Mapping::read(&object).map(Serving::Table),
                        }
                    }),
                };
                Some((table.to_owned(), serving?))
            });
            tables.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>()
        })?;
        Ok(Self(described))
    }

    /// Whether functions serve some of them.
    pub fn need_lambda(&self) -> bool {
        self.0.iter().any(|(_, serving)| matches!(serving, Serving::Function(_)))
    }

    /// The built-in segment tables and these. Without `lambda`, those that functions serve are left out.
    pub fn registry(self, dynamo: &Dynamo, lambda: Option<Lambda>) -> Registry {
        self.added_to(built_in(dynamo), dynamo, lambda)
    }

    /// The same, where the built-in ones are something of their own.
    pub fn added_to(self, built_in: Registry, dynamo: &Dynamo, lambda: Option<Lambda>) -> Registry {
        let mut registry = built_in;
        for (table, serving) in self.0 {
            registry = match (serving, &lambda) {
                (Serving::Table(mapping), _) => registry.with(DynamoDbTable::new(table, mapping, dynamo.clone())),
                (Serving::Function(name), Some(lambda)) => registry.with(Remote::new(table, name, lambda.clone())),
                (Serving::Function(_), None) => registry,
            };
        }
        registry
    }
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
