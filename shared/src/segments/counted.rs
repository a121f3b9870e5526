//! What is counted of a closed segment: as the index by time shows it, or of the segment itself.

use serde::Deserialize;

use super::{AiOutcome, CodeFrom, Confidence, Confirmation, PickedCode, Segment, State};
use crate::date_time::DateTime;
use crate::dynamodb::{self, Item, Table};
use crate::error::CorruptRecord;

/// A wrap-up that is over, as far as the index was [asked](super::counting::Ended::columns) for what it shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// sys_id of the segment.
    pub sys_id: String,
    /// sys_id of the agent.
    pub agent: Option<String>,
    /// When the wrap-up began.
    pub opened_on: Option<DateTime>,
    /// When it ended.
    pub submitted_on: DateTime,
    /// Whether its deadline ended it.
    pub timed_out: bool,
    /// Whether it waits for the external system's confirmation.
    pub awaits: bool,
    /// Hash of the snapshot of its configuration.
    pub snapshot: Option<String>,
    /// The name of the configuration, where it has one.
    pub configuration_name: Option<String>,
    /// Label of its code.
    pub code: Option<String>,
    /// Whose that is; none where an older version has not stored it.
    pub code_from: Option<CodeFrom>,
    /// Its place among the allowed ones, from 0.
    pub code_place: Option<u32>,
    /// Label of the AI code.
    pub ai_code: Option<String>,
    /// How sure its provider was of it.
    pub ai_confidence: Option<Confidence>,
    /// What became of it.
    pub ai_outcome: Option<AiOutcome>,
    /// When its record goes, in seconds since the Unix epoch; none where it stays.
    pub expires_at: Option<u64>,
}

/// The columns of the index that are counted.
#[derive(Deserialize)]
struct Columns {
    by_time_place: String,
    agent: Option<String>,
    opened_on: Option<DateTime>,
    #[serde(default)]
    timed_out: bool,
    #[serde(default)]
    awaiting_confirmation: bool,
    wrap_up_configuration: Option<String>,
    configuration_name: Option<String>,
    code: Option<String>,
    code_from: Option<CodeFrom>,
    code_place: Option<u32>,
    ai_wrap_up_code: Option<String>,
    ai_confidence: Option<Confidence>,
    ai_outcome: Option<AiOutcome>,
    expires_at: Option<u64>,
}

impl Counted {
    /// Reads a row of a shelf of closed segments.
    ///
    /// # Errors
    /// Where it is none.
    pub fn of_row(row: Item) -> Result<Self, CorruptRecord> {
        let columns: Columns = dynamodb::from_item(Table::Segments, row)?;
        // A place is a time, and the sys_id of what stands there.
        let place = columns.by_time_place.split_once('#');
        let place = place.and_then(|(time, sys_id)| Some((DateTime::parse(time)?, sys_id.to_owned())));
        let Some((submitted_on, sys_id)) = place else {
            let (table, key) = (Table::Segments.platform_name().to_owned(), columns.by_time_place);
            return Err(CorruptRecord { table, key, problem: "it is no place in the index by time".into() });
        };
        Ok(Self {
            sys_id,
            agent: columns.agent,
            opened_on: columns.opened_on,
            submitted_on,
            timed_out: columns.timed_out,
            awaits: columns.awaiting_confirmation,
            snapshot: columns.wrap_up_configuration,
            configuration_name: columns.configuration_name,
            code: columns.code,
            code_from: columns.code_from,
            code_place: columns.code_place,
            ai_code: columns.ai_wrap_up_code,
            ai_confidence: columns.ai_confidence,
            ai_outcome: columns.ai_outcome,
            expires_at: columns.expires_at,
        })
    }

    /// What is counted of a segment; none of one that is open.
    pub fn of(segment: &Segment) -> Option<Self> {
        let State::Closed(closing) = &segment.state else { return None };
        Some(Self {
            sys_id: segment.sys_id.clone(),
            agent: Some(segment.agent.to_string()),
            opened_on: Some(segment.opened_on),
            submitted_on: closing.submitted_on,
            timed_out: closing.timed_out,
            awaits: closing.confirmation == Confirmation::Awaited,
            snapshot: Some(segment.configuration.clone()),
            configuration_name: segment.configuration_name.clone(),
            code: closing.code.as_ref().map(PickedCode::label).map(|label| label.as_str().to_owned()),
            code_from: closing.code_from,
            code_place: closing.code_place,
            ai_code: segment.ai_code.as_ref().map(|advice| advice.value.as_str().to_owned()),
            ai_confidence: segment.filled_by.as_ref().and_then(|provenance| provenance.confidence),
            ai_outcome: closing.ai_outcome,
            expires_at: segment.expires_at,
        })
    }
}
