//! The operator's commands. Each is a thin reader of arguments over the shared crate's stores.

pub mod ai;
pub mod code;
pub mod configuration;
pub mod conformance;
pub mod demo;
pub mod events;
pub mod export;
mod import_report;
pub mod index;
pub mod interaction;
pub mod migrate;
pub mod oauth_client;
pub mod openapi;
pub mod phone_log;
pub mod report;
pub mod segment;
pub mod segment_table;
pub mod tables;
pub mod user;

use std::borrow::Cow;
use std::error::Error;
use std::future::Future;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::error::ConnectorError;
use aws_sdk_dynamodb::types::error::ResourceNotFoundException;
use indicatif::{ProgressBar, ProgressStyle};
use wrapup::ai::AiSettingsError;
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;
use wrapup::document::{Document, Fields};
use wrapup::dynamodb::{self, Listed};
use wrapup::error::NotFound;
use wrapup::logging::chain;
use wrapup::near::Near;
use wrapup::segment_tables::SegmentTablesError;
use wrapup::settings::SettingsError;

use crate::local::LocalError;
use crate::output::{self, Output, Row, shown};
use crate::span;

/// Why a command failed, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The local server.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A rule or a store.
    #[error("{}", told(.0))]
    Wrapup(#[from] wrapup::Error),
    /// What was named is not there; there are others whose names are near.
    #[error("{error}{}{}", near.sentence(), hint(error))]
    NotFound { error: wrapup::Error, near: Near },
    /// The local system that was meant does not run, or not there.
    #[error(
        "no local system answers on port {port}: start it by `wrapup local` in another terminal; where its DynamoDB has \
         another port, say which by --dynamodb-port"
    )]
    NoLocalSystem { port: u16 },
    /// The environment describes something badly.
    #[error(transparent)]
    Environment(Cause),
    /// A file says what cannot be used.
    #[error("{}: {problem}", name_of(path))]
    File { path: PathBuf, problem: Cause },
    /// What was asked for cannot be done, or has not come out as it should.
    #[error(transparent)]
    Refused(Cause),
    /// The terminal.
    #[error("standard input or output: {0}")]
    Terminal(#[from] io::Error),
}

/// What somebody at a terminal gets to read of a failure, in its own words.
type Cause = Box<dyn Error + Send + Sync>;

impl CommandError {
    /// What this says of what was asked for.
    fn refused(why: impl Into<Cause>) -> Self {
        Self::Refused(why.into())
    }

    /// The same of a command for the local system whose DynamoDB has this port, if it is for one: what does not answer is
    /// that.
    pub fn of_local_system(self, port: Option<u16>) -> Self {
        match (port, &self) {
            (Some(port), Self::Wrapup(wrapup::Error::DynamoDb(error))) if has_cause::<ConnectorError>(error) => {
                Self::NoLocalSystem { port }
            }
            _ => self,
        }
    }

    /// What is wrong with a file.
    fn file(path: &Path, problem: impl Into<Cause>) -> Self {
        Self::File { path: path.to_owned(), problem: problem.into() }
    }
}

/// How messages call a file.
fn name_of(path: &Path) -> Cow<'_, str> {
    if path == Path::new(STDIN) { "standard input".into() } else { path.to_string_lossy() }
}

/// The file that is standard input.
const STDIN: &str = "-";

impl From<AiSettingsError> for CommandError {
    fn from(error: AiSettingsError) -> Self {
        Self::Environment(error.into())
    }
}

impl From<SegmentTablesError> for CommandError {
    fn from(error: SegmentTablesError) -> Self {
        Self::Environment(error.into())
    }
}

impl From<SettingsError> for CommandError {
    fn from(error: SettingsError) -> Self {
        Self::Environment(error.into())
    }
}

impl From<dynamodb::Error> for CommandError {
    fn from(error: dynamodb::Error) -> Self {
        Self::Wrapup(error.into())
    }
}

/// What an operator reads of a failure. Where AWS is not set up, that is all: the SDK tells of each place where it has looked.
fn told(error: &wrapup::Error) -> String {
    let of_dynamo = match error {
        wrapup::Error::DynamoDb(error) => no_aws(error),
        _ => None,
    };
    of_dynamo.unwrap_or_else(|| format!("{error}{}", hint(error)))
}

/// What AWS lacks to be asked at all.
fn no_aws(error: &(dyn Error + 'static)) -> Option<String> {
    let lacks = match cause::<CredentialsError>(error) {
        Some(CredentialsError::ProviderError(_)) if !chain(error).contains("IMDS") => return None,
        Some(_) => "no credentials",
        None if chain(error).contains("Missing Region") => "no region",
        None => return None,
    };
    Some(format!(
        "AWS is not set up here, {lacks} can be found: add --local for the local system (or set WRAPUP_LOCAL=1), or say by \
         --profile and --region where the deployment is"
    ))
}

/// Why something is not there, with the names that are near to the one that was asked for.
async fn offering(
    error: wrapup::Error,
    named: &str,
    names: impl Future<Output = Result<Vec<String>, wrapup::Error>>,
) -> CommandError {
    match (&error, names.await) {
        (wrapup::Error::NotFound(_), Ok(names)) => {
            CommandError::NotFound { near: Near::of(named, names.iter().map(String::as_str)), error }
        }
        _ => error.into(),
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
            "\nDynamoDB cannot be reached: for the API on this machine start `wrapup local` and add --local; for AWS check \
             --profile and --region."
        }
        _ => "",
    }
}

/// Whether one of the error's causes is a `T`.
fn has_cause<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    cause::<T>(error).is_some()
}

/// The first of the error's causes that is a `T`.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    error.downcast_ref().or_else(|| cause(error.source()?))
}

/// Reads a JSON file whose fields `read` takes.
fn read_json<T>(path: &Path, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, CommandError> {
    parse_json(path, &read_file(path)?, read)
}

/// Reads the fields of a JSON file that has been read.
fn parse_json<T>(path: &Path, content: &[u8], read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, CommandError> {
    let document = Document::from_json(content).map_err(|error| CommandError::file(path, error))?;
    document.read(read).map_err(|violations| CommandError::file(path, violations))
}

/// A file's content; `-` is standard input.
fn read_file(path: &Path) -> Result<Vec<u8>, CommandError> {
    if path == Path::new(STDIN) {
        let mut content = Vec::new();
        io::stdin().read_to_end(&mut content)?;
        return Ok(content);
    }
    std::fs::read(path).map_err(|error| CommandError::refused(format!("cannot read {}: {error}", path.display())))
}

/// Prints a list; records that cannot be read are named beside it.
fn print_list<R: Row>(listed: &Listed<R>, output: Output) -> Result<(), CommandError> {
    for error in &listed.unreadable {
        output::complain(&shown(&format!("not listed: {error}")));
    }
    Ok(output.list(&listed.records)?)
}

/// Reads a moment as an option has it: a time, a day's beginning, or so long ago; and writes it as the API reads it.
fn moment(text: &str) -> Result<String, &'static str> {
    let day = || DateTime::parse(&format!("{text}T00:00:00Z"));
    let ago = || DateTime::from(Clock::system().now()).minus_seconds(span::parse(text)?.as_secs());
    let moment = DateTime::parse(text).or_else(day).or_else(ago);
    moment.map(|moment| moment.to_string()).ok_or(
        "is neither a time, such as 2026-01-31T00:00:00Z, nor a day, such as 2026-01-31, nor how long ago, such as 12h or 7d",
    )
}

/// The end of a range that goes up to now, as the API reads it: what happens within this second is in it.
fn until_now() -> String {
    let now = DateTime::from(Clock::system().now());
    now.plus_seconds(1).unwrap_or(now).to_string()
}

/// Shows people that something goes on, in the form of `template`; hidden from programs.
fn spinner(template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new_spinner();
    progress.enable_steady_tick(Duration::from_millis(100));
    match ProgressStyle::with_template(template) {
        Ok(style) => progress.with_style(style),
        Err(_) => progress,
    }
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
