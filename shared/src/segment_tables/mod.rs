//! The extension point: tables that hold interaction segments, one implementation each.
//!
//! A segmented wrap-up names a `segment_table`. The [`Registry`] finds the implementation that
//! serves it, which retrieves the interaction segment's record or creates it. What comes built in
//! is registered in [`built_in`]; a team hands its own registry to [`System::new`](crate::System::new).

mod phone_log;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::date_time::DateTime;
use crate::dynamodb::Dynamo;

pub use phone_log::PhoneLog;

/// A table of interaction segments: the counterpart of the platform's scripted extension point
/// `global.InteractionSegment`.
///
/// The contract:
/// - [`create`](Self::create) is idempotent: for the same `segment_id` it answers the record that the first
///   call made, and makes no second one, however many callers ask at once.
/// - [`retrieve`](Self::retrieve) sees at once what `create` has answered.
/// - A `segment_id` is the caller's text, up to 1,024 characters of any kind; it names one record of this table or none.
#[async_trait]
pub trait InteractionSegment: Send + Sync {
    /// The table that this implementation serves, as requests name it in `segment_table`.
    fn segment_table(&self) -> &str;

    /// Creates the record of an interaction segment, or answers the one that is there.
    ///
    /// # Errors
    /// [`Error::BadInput`] where the table cannot hold such a segment, [`Error::TryAgain`] where the
    /// same call may succeed later, [`Error::Broken`] otherwise.
    async fn create(&self, segment: NewInteractionSegment<'_>) -> Result<InteractionSegmentRecord, Error>;

    /// The record with this id.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`] where there is none, otherwise as [`create`](Self::create).
    async fn retrieve(&self, segment_id: &str) -> Result<InteractionSegmentRecord, Error>;
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
}

/// An interaction segment as its table holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionSegmentRecord {
    /// The record's id.
    pub id: String,
    /// The table it is from.
    pub table: String,
    /// sys_id of the interaction, where known.
    pub interaction: Option<String>,
    /// sys_id of the agent, where known.
    pub agent: Option<String>,
    /// When the segment began.
    pub start: Option<DateTime>,
    /// When it ended.
    pub end: Option<DateTime>,
    /// What was said, where the table keeps that. Personal data: never logged.
    pub transcript: Option<String>,
    /// The table's further fields.
    pub fields: Map<String, Value>,
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

impl From<crate::dynamodb::Error> for Error {
    fn from(error: crate::dynamodb::Error) -> Self {
        match error {
            crate::dynamodb::Error::Unavailable(_) => Self::TryAgain(Box::new(error)),
            crate::dynamodb::Error::Broken(_) => Self::Broken(Box::new(error)),
        }
    }
}

/// The implementations of a deployment, by the table they serve.
#[derive(Clone, Default)]
pub struct Registry(HashMap<String, Arc<dyn InteractionSegment>>);

impl Registry {
    /// Adds an implementation, in place of the one that served its table before.
    #[must_use]
    pub fn with(mut self, implementation: impl InteractionSegment + 'static) -> Self {
        self.0.insert(implementation.segment_table().to_owned(), Arc::new(implementation));
        self
    }

    /// The implementation that serves a table.
    pub fn get(&self, segment_table: &str) -> Option<&Arc<dyn InteractionSegment>> {
        self.0.get(segment_table)
    }
}

/// What every deployment has unless it says otherwise.
pub fn built_in(dynamo: &Dynamo) -> Registry {
    Registry::default().with(PhoneLog::new(dynamo.clone()))
}
