use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Alternative, Draft, EventKind, FieldHashes, Given, Provenance};
use crate::codes::{Code, Label};
use crate::date_time::DateTime;
use crate::document::Id;
use crate::dynamodb::Stamp;
use crate::retention::Retention;

/// A wrap-up segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// sys_id, derived from what identifies the segment.
    pub sys_id: String,
    /// sys_id of the agent.
    pub agent: Id,
    /// sys_id of the interaction.
    pub interaction: Id,
    /// Whose segment it is.
    pub origin: Origin,
    /// Whether it wraps up one segment of the interaction.
    pub segmented: bool,
    /// What it keeps as it was given, such as the interaction segment that it wraps up.
    pub given: Given,
    /// When the wrap-up began.
    pub opened_on: DateTime,
    /// When it ends by itself, if nobody has closed it; none where it never does.
    pub due_on: Option<DateTime>,
    /// Hash of the snapshot of its configuration: of the one it was opened with, or that an update gave it last.
    pub configuration: String,
    /// The name of that configuration, where it has one: of those that an administrator keeps.
    pub configuration_name: Option<String>,
    /// Whether it got that configuration with something for the AI filler to add, which has added nothing since: what the
    /// filler's event source filters by.
    pub wants_ai: bool,
    /// The AI code and when it was stored.
    pub ai_code: Option<Advice<Label>>,
    /// The AI notes and when they were stored.
    pub ai_notes: Option<Advice<String>>,
    /// Codes that the AI filler offers where it names none, the likeliest first.
    pub ai_alternatives: Vec<Alternative>,
    /// A short hash of the conversation that the AI filler has read last, for the configuration that there was then; none where
    /// it has read none.
    pub ai_read: Option<String>,
    /// The code that the AI filler would have named, and keeps to itself to learn whether the agent picks it. It is shown to
    /// nobody.
    pub ai_kept_back: Option<Alternative>,
    /// Where they are from, if the AI filler stored them.
    pub filled_by: Option<Provenance>,
    /// What the agent has typed so far, if the client says so; none on a closed segment.
    pub draft: Option<Draft>,
    /// Open, or closed with all that closing brings.
    pub state: State,
    /// Hash of the request that opened it: tells a repeated request from a different one.
    pub request_hash: String,
    /// Short hashes of that request's fields: tell what is different; none on a segment that an older version opened.
    pub request_fields: Option<FieldHashes>,
    /// The same of the configuration that an update gave it last; none where no update gave it another one.
    pub configuration_fields: Option<FieldHashes>,
    /// Who opened it, and when the call came; none on a segment that an older version wrote.
    pub created: Option<Stamp>,
    /// Who changed it last, and when; none on a segment that an older version wrote.
    pub updated: Option<Stamp>,
    /// Counts the segment's changes; every write is conditional on it.
    pub version: u64,
    /// The last of its changes that was an event; none on a segment that an older version wrote.
    pub last_event: Option<LastEvent>,
    /// When somebody had its texts erased; none where nobody has.
    pub erased_on: Option<DateTime>,
    /// When its record goes, in seconds since the Unix epoch; none where it stays.
    pub expires_at: Option<u64>,
    /// The names of the last writes that changed it since it opened, the newest first.
    pub attempts: Vec<String>,
}

/// What a segment keeps of its last event, so that whoever sends it again sends the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastEvent {
    /// What `sys_mod_count` was after that change.
    pub number: u64,
    /// What had happened.
    pub kind: EventKind,
    /// When.
    pub time: DateTime,
}

/// Whose segment it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A CCaaS system's, which names it for good.
    External {
        /// The system's id of the segment.
        external_segment_id: Id,
    },
    /// A workspace's own.
    Internal,
}

/// A piece of AI content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice<T> {
    /// The content.
    pub value: T,
    /// When it was stored: milliseconds since the Unix epoch.
    pub defined_at: u64,
}

/// Where a segment is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The agent is wrapping up.
    Open,
    /// The agent has submitted.
    Closed(Closing),
}

/// What closing brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The time of the update that closed it, or the deadline that did.
    pub submitted_on: DateTime,
    /// Whether the deadline closed it.
    pub timed_out: bool,
    /// Whether the external system has to confirm, or has.
    pub confirmation: Confirmation,
    /// The code the segment was closed with.
    pub code: Option<PickedCode>,
    /// Whose the code is; none where there is no code, and on a segment that an older version closed.
    pub code_from: Option<CodeFrom>,
    /// The code's place among the allowed ones, from 0; none where it is not among them.
    pub code_place: Option<u32>,
    /// The agent's notes, never empty.
    pub notes: Option<String>,
    /// What became of the AI code, if there was one.
    pub ai_outcome: Option<AiOutcome>,
}

/// Whose the code of a closed segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum CodeFrom {
    /// The agent picked it, in an update.
    Agent,
    /// The agent had picked it in the draft.
    Draft,
    /// Nobody picked one, and the AI code stood in.
    Ai,
    /// Nobody picked one, and the configuration's default code stood in.
    Default,
}

impl CodeFrom {
    /// As it is shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Draft => "draft",
            Self::Ai => "ai",
            Self::Default => "default",
        }
    }
}

/// What became of a segment's AI code when it was closed: whoever supplied the code measures it by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum AiOutcome {
    /// The agent picked it.
    AiCode,
    /// The agent picked none, and it stood in.
    AiCodeAsDefault,
    /// The agent picked another.
    AnotherCode,
    /// The agent picked none, and the configuration's default code stood in.
    DefaultCode,
    /// The agent picked none, and none stood in.
    NoCode,
}

/// Whether a closed segment can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// An internal segment: final.
    NotNeeded,
    /// Submitted, and the external system has not confirmed yet: may still be corrected.
    Awaited,
    /// Confirmed at this time: final.
    Confirmed(DateTime),
}

impl Confirmation {
    /// Whether the external system has confirmed.
    pub fn is_confirmed(self) -> bool {
        matches!(self, Self::Confirmed(_))
    }
}

/// The code of a closed segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickedCode {
    /// One of the snapshot's allowed codes.
    Allowed(Label),
    /// Another one, as it was when it was picked.
    Other(Box<Code>),
}

impl PickedCode {
    /// The code's label.
    pub fn label(&self) -> &Label {
        match self {
            Self::Allowed(label) => label,
            Self::Other(code) => &code.code,
        }
    }
}

impl Segment {
    /// What its closing has brought; none of an open one.
    pub const fn closing(&self) -> Option<&Closing> {
        match &self.state {
            State::Open => None,
            State::Closed(closing) => Some(closing),
        }
    }

    /// Whether its time is over, so that it counts as gone though its record is still there. `now` is from the Unix epoch.
    pub fn is_expired_at(&self, now: Duration) -> bool {
        self.expires_at.is_some_and(|end| now.as_secs() >= end)
    }

    /// Notes when a segment goes that has just been closed.
    pub(super) fn kept_for(&mut self, before: &State, retention: Option<Retention>) {
        if let (State::Open, State::Closed(closing), Some(retention)) = (before, &self.state, retention) {
            self.expires_at = Some(retention.end(closing.submitted_on.since_epoch()));
        }
    }
}

#[cfg(test)]
impl Segment {
    /// An open one of an external system, for tests of what becomes of it.
    pub(super) fn sample() -> Result<Self, crate::document::Problem> {
        use crate::document::FromText;

        Ok(Self {
            sys_id: "1125cb707b64597eb2734efa979e5ab2".to_owned(),
            agent: Id::from_text("agent")?,
            interaction: Id::from_text("interaction")?,
            origin: Origin::External { external_segment_id: Id::from_text("CALL-0001")? },
            segmented: false,
            given: Given::default(),
            opened_on: DateTime::from_text("2024-09-16 18:00:00")?,
            due_on: None,
            configuration: "0".repeat(64),
            configuration_name: None,
            wants_ai: true,
            ai_code: None,
            ai_notes: None,
            ai_alternatives: Vec::new(),
            ai_read: None,
            ai_kept_back: None,
            filled_by: None,
            draft: None,
            state: State::Open,
            request_hash: "0".repeat(64),
            request_fields: None,
            configuration_fields: None,
            created: None,
            updated: None,
            version: 0,
            last_event: None,
            erased_on: None,
            expires_at: None,
            attempts: Vec::new(),
        })
    }
}
