//! What a function is told by its environment, read once, typed; a variable that is missing or
//! malformed is named.

use std::env;

use crate::document::{FromText, Problem};
use crate::language::Language;
use crate::redaction::{Personal, Redactor};

/// The prefix of the deployment's table names; empty where unset.
pub const TABLE_PREFIX: &str = "WRAPUP_TABLE_PREFIX";
/// The deployment's language of translations; none where unset.
pub const LANGUAGE: &str = "WRAPUP_LANGUAGE";
/// Whether agents' notes are redacted before they are stored: `on` or `off`; off where unset.
pub const REDACT_NOTES: &str = "WRAPUP_REDACT_NOTES";
/// Which personal data are redacted beside what is always secret: `all`, `none`, or some of `date_of_birth`, `email` and
/// `phone` with commas between; all where unset.
pub const REDACT_PERSONAL: &str = "WRAPUP_REDACT_PERSONAL";
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

/// What takes secrets out of conversations, and of notes where they are redacted.
pub fn redactor() -> Result<Redactor, SettingsError> {
    let personal = optional(REDACT_PERSONAL).map(|text| Personal::from_text(&text)).transpose();
    let personal = personal.map_err(|problem| SettingsError::Malformed { name: REDACT_PERSONAL, problem })?;
    Ok(Redactor::new(personal.unwrap_or_default()))
}

/// What takes secrets out of agents' notes, if the deployment wants that.
pub fn notes_redactor() -> Result<Option<Redactor>, SettingsError> {
    match optional(REDACT_NOTES).as_deref().map(str::trim) {
        None | Some("off") => Ok(None),
        Some("on") => redactor().map(Some),
        Some(_) => {
            Err(SettingsError::Malformed { name: REDACT_NOTES, problem: Problem::NotOneOf { one_of: "on or off" } })
        }
    }
}
