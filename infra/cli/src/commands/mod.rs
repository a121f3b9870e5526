//! The operator's commands. Each is a thin reader of arguments over the shared crate's stores.

pub mod ai;
pub mod code;
pub mod configuration;
pub mod interaction;
pub mod oauth_client;
pub mod openapi;
pub mod phone_log;
pub mod segment_table;
pub mod tables;
pub mod user;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::error::ConnectorError;
use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
use indicatif::{ProgressBar, ProgressStyle};
use wrapup::ai::AiSettingsError;
use wrapup::document::{Document, Fields, ParseError, Violations};
use wrapup::dynamodb;
use wrapup::error::NotFound;
use wrapup::segment_tables::{self, SegmentTablesError};
use wrapup::users::{NameRule, PasswordRule};

use crate::local::LocalError;

/// Why a command failed, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The local server.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A rule or a store.
    #[error("{}{}", .0, hint(.0))]
    Wrapup(#[from] wrapup::Error),
    /// A file that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// A file that is no JSON.
    #[error("{}: {source}", path.display())]
    Json { path: PathBuf, source: ParseError },
    /// A file that is no CSV.
    #[error("{}: {problem}", path.display())]
    Csv { path: PathBuf, problem: String },
    /// A file whose fields break rules.
    #[error("{}: {violations}", path.display())]
    Fields { path: PathBuf, violations: Violations },
    /// A user that is there already.
    #[error("user '{0}' exists already; `wrapup user passwd {0}` changes the password")]
    UserExists(String),
    /// A name that no new user may have.
    #[error(transparent)]
    UserName(#[from] NameRule),
    /// A password that no user may choose.
    #[error("{0}; nothing was changed")]
    Password(#[from] PasswordRule),
    /// An end that has come already.
    #[error("--expires and --old-expires name times to come")]
    Past,
    /// No password came.
    #[error("the password is empty; type one, or send one line on standard input")]
    NoPassword,
    /// The password was typed in two ways.
    #[error("the passwords differ; nothing was changed")]
    PasswordsDiffer,
    /// Some rows of an import are not in the table now.
    #[error(
        "{failed} of {total} codes were not imported; mend them and import the file again, which changes nothing for the others"
    )]
    PartlyImported { failed: usize, total: usize },
    /// A configuration names codes that agents could not use.
    #[error("{}: no active wrap-up code {labels}; add them by `wrapup code import` or POST code first", path.display())]
    CodesMissing { path: PathBuf, labels: String },
    /// The environment describes the AI provider badly.
    #[error(transparent)]
    Ai(#[from] AiSettingsError),
    /// There is nobody to evaluate.
    #[error("the provider is off; choose one by --provider")]
    NoProvider,
    /// The environment describes segment tables badly.
    #[error(transparent)]
    SegmentTables(#[from] SegmentTablesError),
    /// A table that is not served.
    #[error("no segment table '{table}' is served; there are: {served}. For a Lambda function name it by --function")]
    UnknownSegmentTable { table: String, served: String },
    /// A table did not do what it was asked.
    #[error("{table}: {source}")]
    SegmentTable { table: String, source: segment_tables::Error },
    /// A table that breaks the contract.
    #[error("{table} does not keep the contract of segment tables")]
    ContractBroken { table: String },
    /// Rows of labelled conversations that cannot be evaluated.
    #[error("{}: nothing was evaluated; rows to mend: {wrong}", path.display())]
    WrongRows { path: PathBuf, wrong: usize },
    /// Nothing to evaluate.
    #[error("{}: has no rows", path.display())]
    NoRows { path: PathBuf },
    /// The terminal.
    #[error("standard input or output: {0}")]
    Terminal(#[from] io::Error),
}

impl From<dynamodb::Error> for CommandError {
    fn from(error: dynamodb::Error) -> Self {
        Self::Wrapup(error.into())
    }
}

/// What helps against the failures that operators meet first.
fn hint(error: &wrapup::Error) -> &'static str {
    match error {
        wrapup::Error::NotFound(NotFound::User { .. }) => "\n`wrapup user list` shows the users.",
        wrapup::Error::NotFound(NotFound::Client { .. }) => "\n`wrapup oauth-client list` shows the clients.",
        wrapup::Error::NotFound(NotFound::Configuration { .. }) => {
            "\n`wrapup configuration list` shows the configurations."
        }
        wrapup::Error::DynamoDb(error) if has_cause::<ResourceNotFoundException>(error) => {
            "\nThe tables are not there: check --region and --table-prefix, or create them by `wrapup tables create`."
        }
        wrapup::Error::DynamoDb(error) if has_cause::<ConnectorError>(error) => {
            "\nDynamoDB cannot be reached, or there are no AWS credentials: for the API on this machine start \
             `wrapup local` and add --local; for AWS check --profile and --region."
        }
        _ => "",
    }
}

/// Whether one of the error's causes is a `T`.
fn has_cause<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<T>() || error.source().is_some_and(has_cause::<T>)
}

/// Reads a JSON file whose fields `read` takes.
fn read_json<T>(path: &Path, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, CommandError> {
    let document = Document::from_json(&read_file(path)?)
        .map_err(|source| CommandError::Json { path: path.to_owned(), source })?;
    document.read(read).map_err(|violations| CommandError::Fields { path: path.to_owned(), violations })
}

fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::File { path: path.to_owned(), source })
}

/// Shows people how much of `total` is done; hidden from programs.
fn progress_bar(total: usize, what: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {what}, {{eta}} left"));
    let progress = ProgressBar::new(total as u64);
    match style {
        Ok(style) => progress.with_style(style),
        Err(_) => progress,
    }
}
