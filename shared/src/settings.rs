//! What a function is told by its environment, read once, typed; a variable that is missing or
//! malformed is named.

use std::env;

use crate::document::{FromText, Problem};
use crate::language::Language;

/// The prefix of the deployment's table names; empty where unset.
pub const TABLE_PREFIX: &str = "WRAPUP_TABLE_PREFIX";
/// The deployment's language of translations; none where unset.
pub const LANGUAGE: &str = "WRAPUP_LANGUAGE";
/// The origins whose web pages may call, separated by commas; none where unset.
pub const ALLOWED_ORIGINS: &str = "WRAPUP_ALLOWED_ORIGINS";
/// Where DynamoDB is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const DYNAMODB_ENDPOINT: &str = "AWS_ENDPOINT_URL_DYNAMODB";

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A variable that has no default.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// A variable whose value is of no use.
    #[error("environment variable {name} {problem}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// The rule it breaks.
        problem: Problem,
    },
}

/// A variable that has to be set.
pub fn required(name: &'static str) -> Result<String, SettingsError> {
    optional(name).ok_or(SettingsError::Missing(name))
}

/// A variable that may be absent or empty.
pub fn optional(name: &'static str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The deployment's language.
pub fn language() -> Result<Option<Language>, SettingsError> {
    let language = optional(LANGUAGE).map(|text| Language::from_text(&text)).transpose();
    language.map_err(|problem| SettingsError::Malformed { name: LANGUAGE, problem })
}
