//! What a function is told by its environment, read once, typed; a variable that is missing or
//! malformed is named.

use std::env;
use std::error::Error;

/// The prefix of the deployment's table names; empty where unset.
pub const TABLE_PREFIX: &str = "WRAPUP_TABLE_PREFIX";
/// The deployment's language of translations; none where unset.
pub const LANGUAGE: &str = "WRAPUP_LANGUAGE";
/// Whether agents' notes are redacted before they are stored: `on` or `off`; off where unset.
pub const REDACT_NOTES: &str = "WRAPUP_REDACT_NOTES";
/// Which personal data are redacted beside what is always secret: `all`, `none`, or some of `date_of_birth`, `email` and
/// `phone` with commas between; all where unset.
pub const REDACT_PERSONAL: &str = "WRAPUP_REDACT_PERSONAL";
/// Whether wrap-ups end by themselves: `on` or `off`; on where unset.
pub const DEADLINES: &str = "WRAPUP_DEADLINES";
/// For how many days what is over is kept: segments from their end on, interactions and phone logs from when they were written
/// last. For good where unset.
pub const RETENTION_DAYS: &str = "WRAPUP_RETENTION_DAYS";
/// The event bus of EventBridge that events go to: its name or ARN. They go to none where unset.
pub const EVENT_BUS: &str = "WRAPUP_EVENT_BUS";
/// What events say they are from, a URI reference; `/wrapup/` and the prefix of the tables where unset.
pub const EVENT_SOURCE: &str = "WRAPUP_EVENT_SOURCE";
/// Whether events carry notes, drafts and AI notes: `on` or `off`; off where unset.
pub const EVENT_NOTES: &str = "WRAPUP_EVENT_NOTES";
/// The origins whose web pages may call, separated by commas; none where unset.
pub const ALLOWED_ORIGINS: &str = "WRAPUP_ALLOWED_ORIGINS";
/// The secret of Secrets Manager that holds the keys of OAuth's tokens: its name or ARN. No OAuth where unset.
pub const OAUTH_KEYS: &str = "WRAPUP_OAUTH_KEYS";
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
        problem: Box<dyn Error + Send + Sync>,
    },
}

/// A switch that is neither.
#[derive(Debug, thiserror::Error)]
#[error("must be on or off")]
struct NotASwitch;

/// A variable that has to be set.
pub fn required(name: &'static str) -> Result<String, SettingsError> {
    optional(name).ok_or(SettingsError::Missing(name))
}

/// A variable that may be absent or empty.
pub fn optional(name: &'static str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A switch that may be absent or empty: `on` or `off`.
pub fn switch(name: &'static str) -> Result<Option<bool>, SettingsError> {
    read(name, |text| match text.trim() {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(NotASwitch),
    })
}

/// What `read` makes of a variable that may be absent or empty.
pub fn read<T, E: Error + Send + Sync + 'static>(
    name: &'static str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, SettingsError> {
    let value = optional(name).map(|text| read(&text)).transpose();
    value.map_err(|problem| SettingsError::Malformed { name, problem: Box::new(problem) })
}
