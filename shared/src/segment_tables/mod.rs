//! The extension point: tables that hold interaction segments, one implementation each.
//!
//! A segmented wrap-up names a `segment_table`. The [`Registry`] finds the implementation that
//! serves it, which retrieves the interaction segment's record or creates it. What a deployment
//! has is put together in [`from_env`]; a team that writes its own table in Rust adds it to a registry of its own, and
//! builds its functions with that.

#[cfg(feature = "contract")]
pub mod contract;
mod dynamodb_table;
mod lambda;
mod phone_log;
mod registry;
mod remote;
mod settings;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::date_time::DateTime;
use crate::document::Problem;
use crate::dynamodb::Stamp;

pub use dynamodb_table::{DynamoDbTable, Mapping};
pub use lambda::{Invoked, Lambda, connect};
pub use phone_log::{PhoneLog, PhoneLogRecord};
pub use registry::Registry;
pub use remote::Remote;
pub use settings::{Described, LAMBDA_ENDPOINT, SEGMENT_TABLES, SegmentTablesError, built_in, from_env};

/// A table of interaction segments: the counterpart of the platform's scripted extension point
/// `global.InteractionSegment`.
///
/// The contract, which `segment_tables::contract` tests:
/// - [`create`](Self::create) is idempotent: for the same `segment_id` it answers the record that
///   the first call made, and makes no second one, however many callers ask at once.
/// - [`retrieve`](Self::retrieve) sees at once what `create` has answered.
/// - A `segment_id` is the caller's text, up to 1,024 characters of any kind; it names one record
///   of this table or none.
/// - The record that is answered has the `segment_id` as its id, and this table as its table. A new one's
///   `interaction` is the one it was given, or it has none.
/// - Nothing goes on after the deadline: a call that cannot end before it ends with
///   [`Error::TryAgain`], and asking again later is safe.
#[async_trait]
pub trait InteractionSegment: Send + Sync {
    /// The table that this implementation serves, as requests name it in `segment_table`.
    fn segment_table(&self) -> &str;

    /// Creates the record of an interaction segment, or answers the one that is there.
    ///
    /// # Errors
    /// [`Error::BadInput`] where the table cannot hold such a segment, [`Error::TryAgain`] where the
    /// same call may succeed later, [`Error::Broken`] otherwise.
    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error>;

    /// The record that is wanted, whichever interaction it belongs to: the [`Registry`] lets nobody see another
    /// interaction's.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`] where there is none, otherwise as [`create`](Self::create).
    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error>;

    /// Takes what was said out of a record, for an operator who erases somebody's data. A table that does not say how is
    /// left as it is, and the operator told so.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    async fn erase(
        &self,
        _wanted: &WantedInteractionSegment<'_>,
        _stamp: &Stamp,
        _deadline: Instant,
    ) -> Result<Erased, Error> {
        Ok(Erased::NotByUs)
    }
}

/// What has become of what was said in an interaction segment, of which an operator erases the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// It was there, and is gone.
    Now,
    /// There was none.
    NothingLeft,
    /// The table is somebody else's, who has to erase it there.
    NotByUs,
}

/// Which record is retrieved, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedInteractionSegment<'a> {
    /// The record's id.
    pub segment_id: &'a str,
    /// sys_id of the interaction that is wrapped up.
    pub interaction: &'a str,
    /// User name of the API user that calls; `system` where the AI filler reads.
    pub caller: &'a str,
}

/// What a record is created from.
#[derive(Clone, Debug)]
pub struct NewInteractionSegment<'a> {
    /// The id that the record gets.
    pub segment_id: &'a str,
    /// sys_id of the interaction.
    pub interaction: &'a str,
    /// sys_id of the agent.
    pub agent: &'a str,
    /// The external system's id of the segment, where it has one.
    pub external_segment_id: Option<&'a str>,
    /// When the wrap-up began.
    pub opened_on: DateTime,
    /// User name of the API user that calls.
    pub caller: &'a str,
    /// When the API was called.
    pub called_on: DateTime,
    /// When the record goes if nobody writes it again, in seconds since the Unix epoch; none where it stays.
    pub expires_at: Option<u64>,
}

impl<'a> NewInteractionSegment<'a> {
    /// The same record, where it may be there already.
    pub fn wanted(&self) -> WantedInteractionSegment<'a> {
        WantedInteractionSegment { segment_id: self.segment_id, interaction: self.interaction, caller: self.caller }
    }

    /// Who creates the record, and when.
    pub fn stamp(&self) -> Stamp {
        Stamp { by: self.caller.to_owned(), at: self.called_on }
    }
}

/// An interaction segment as its table holds it.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "InteractionSegment"))]
pub struct InteractionSegmentRecord {
    /// The record's id.
    pub id: String,
    /// The table it is from.
    pub table: String,
    /// sys_id of the interaction, where known. Only wrap-ups of this interaction get to see the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// sys_id of the agent, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// When the segment began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<DateTime>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<DateTime>,
    /// What was said, where the table keeps that. Personal data: never logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// The table's further fields.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

impl InteractionSegmentRecord {
    /// Whether it is the record of this table with this id; otherwise what is wrong with it.
    fn answers(&self, table: &str, id: &str) -> Result<(), String> {
        if self.table != table {
            return Err(format!("record.table is '{}', and '{table}' was asked for", self.table));
        }
        if self.id != id {
            return Err(format!("record.id is '{}', and '{id}' was asked for", self.id));
        }
        Ok(())
    }
}

impl std::fmt::Debug for InteractionSegmentRecord {
    /// Shows which record it is, and nothing of what is in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InteractionSegmentRecord")
            .field("id", &self.id)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// Why an interaction segment that a request names cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableSegment {
    /// No implementation serves its table.
    #[error("no interaction segment table '{table}' is known here")]
    UnknownTable {
        /// What was given.
        table: String,
    },
    /// Its table cannot hold it.
    #[error("is refused by its table: {reason}")]
    Refused {
        /// The table's words.
        reason: String,
    },
    /// Its record was made for another interaction.
    #[error("names a record of another interaction")]
    OfAnotherInteraction,
}

impl From<UnusableSegment> for Problem {
    fn from(unusable: UnusableSegment) -> Self {
        Self::Rule(unusable.to_string())
    }
}

/// Why a segment table did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no record with this id.
    #[error("there is no record '{segment_id}'")]
    NoSuchRecord {
        /// What was asked for.
        segment_id: String,
    },
    /// The record with this id belongs to another interaction than the one that is wrapped up. The [`Registry`] finds
    /// that out; an implementation need not.
    #[error("the record belongs to another interaction")]
    AnotherInteraction,
    /// The table cannot hold what it was given; the caller gets 400 and this reason.
    #[error("{reason}")]
    BadInput {
        /// For the caller to read.
        reason: String,
    },
    /// Not now; the caller gets 503.
    #[error("not available: {0}")]
    TryAgain(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Not ever; the caller gets 500, the log gets this.
    #[error("broken: {0}")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A call that did not end before its deadline.
    pub fn too_late() -> Self {
        Self::TryAgain("it did not answer before the deadline".into())
    }

    /// The failure of a call that needed this table. What a caller can mend is told apart before.
    pub fn of(self, table: &str) -> crate::Error {
        let again = matches!(self, Self::TryAgain(_));
        let failed = Box::new(TableFailed { table: table.to_owned(), source: self });
        if again { crate::Error::Unavailable(failed) } else { crate::Error::Broken(failed) }
    }
}

/// A segment table that did not do its part, by its name.
#[derive(Debug, thiserror::Error)]
#[error("interaction segment table {table}: {source}")]
struct TableFailed {
    table: String,
    source: Error,
}

impl From<crate::dynamodb::Error> for Error {
    fn from(error: crate::dynamodb::Error) -> Self {
        match error {
            crate::dynamodb::Error::Unavailable(_)
            | crate::dynamodb::Error::Contended
            | crate::dynamodb::Error::Uncertain => Self::TryAgain(Box::new(error)),
            _ => Self::Broken(Box::new(error)),
        }
    }
}
