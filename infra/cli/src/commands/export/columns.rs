//! The columns of exported wrap-ups, the same in every format.

use serde_json::json;
use wrapup::date_time::DateTime;
use wrapup::document::Id;
use wrapup::segments::{Confirmation, Origin, PickedCode, Segment};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A moment in UTC, to the second.
    Time,
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// True or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A moment.
    Time(DateTime),
}

/// A column.
pub struct Column {
    /// Its name: the answers' and the table's, where they have one for it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What stands in it for a segment; none where nothing does.
    pub of: fn(&Segment) -> Option<Cell>,
}

/// Which columns there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    notes: bool,
}

impl Columns {
    /// All.
    pub const fn with_notes() -> Self {
        Self { notes: true }
    }

    /// Without what somebody or an AI has written.
    pub const fn without_notes() -> Self {
        Self { notes: false }
    }

    /// The columns, in their order.
    pub fn each(self) -> impl Iterator<Item = &'static Column> {
        COLUMNS.iter().chain(NOTES.iter().filter(move |_| self.notes))
    }
}

fn column(name: &'static str, kind: Kind, of: fn(&Segment) -> Option<Cell>) -> Column {
    Column { name, kind, of }
}

static COLUMNS: std::sync::LazyLock<Vec<Column>> = std::sync::LazyLock::new(|| {
    vec![
        column("sys_id", Kind::Text, |segment| text(&segment.sys_id)),
        column("external", Kind::Flag, |segment| Some(Cell::Flag(matches!(segment.origin, Origin::External { .. })))),
        column("external_segment_id", Kind::Text, |segment| match &segment.origin {
            Origin::External { external_segment_id } => text(external_segment_id.as_str()),
            Origin::Internal => None,
        }),
        column("agent", Kind::Text, |segment| text(segment.agent.as_str())),
        column("interaction", Kind::Text, |segment| text(segment.interaction.as_str())),
        column("segment_table", Kind::Text, |segment| text(segment.given.segment_table.as_ref().map(Id::as_str)?)),
        column("segment_id", Kind::Text, |segment| text(segment.given.segment_id.as_ref().map(Id::as_str)?)),
        column("opened_on", Kind::Time, |segment| Some(Cell::Time(segment.opened_on))),
        column("due_on", Kind::Time, |segment| segment.due_on.map(Cell::Time)),
        column("submitted_on", Kind::Time, |segment| Some(Cell::Time(segment.closing()?.submitted_on))),
        column("seconds", Kind::Whole, |segment| {
            whole(segment.opened_on.seconds_until(segment.closing()?.submitted_on))
        }),
        column("timed_out", Kind::Flag, |segment| Some(Cell::Flag(segment.closing()?.timed_out))),
        column("awaiting_confirmation", Kind::Flag, |segment| {
            Some(Cell::Flag(segment.closing()?.confirmation == Confirmation::Awaited))
        }),
        column("confirmed_on", Kind::Time, |segment| match segment.closing()?.confirmation {
            Confirmation::Confirmed(confirmed_on) => Some(Cell::Time(confirmed_on)),
            Confirmation::Awaited | Confirmation::NotNeeded => None,
        }),
        column("code", Kind::Text, |segment| text(segment.closing()?.code.as_ref().map(PickedCode::label)?.as_str())),
        column("code_from", Kind::Text, |segment| word(json!(segment.closing()?.code_from?))),
        column("code_place", Kind::Whole, |segment| whole(segment.closing()?.code_place?.into())),
        column("configuration", Kind::Text, |segment| text(&segment.configuration)),
        column("configuration_name", Kind::Text, |segment| text(segment.configuration_name.as_deref()?)),
        column("ai_wrap_up_code", Kind::Text, |segment| text(segment.ai_code.as_ref()?.value.as_str())),
        column("ai_source", Kind::Text, |segment| text(&segment.filled_by.as_ref()?.source)),
        column("ai_model", Kind::Text, |segment| text(&segment.filled_by.as_ref()?.model)),
        column("ai_confidence", Kind::Number, |segment| {
            Some(Cell::Number(segment.filled_by.as_ref()?.confidence?.into()))
        }),
        column("ai_outcome", Kind::Text, |segment| word(json!(segment.closing()?.ai_outcome?))),
        column("erased_on", Kind::Time, |segment| segment.erased_on.map(Cell::Time)),
        column("sys_created_by", Kind::Text, |segment| text(&segment.created.as_ref()?.by)),
        column("sys_created_on", Kind::Time, |segment| Some(Cell::Time(segment.created.as_ref()?.at))),
        column("sys_updated_by", Kind::Text, |segment| text(&segment.updated.as_ref()?.by)),
        column("sys_updated_on", Kind::Time, |segment| Some(Cell::Time(segment.updated.as_ref()?.at))),
        column("sys_mod_count", Kind::Whole, |segment| whole(segment.version)),
    ]
});

static NOTES: std::sync::LazyLock<Vec<Column>> = std::sync::LazyLock::new(|| {
    vec![
        column("notes", Kind::Text, |segment| text(segment.closing()?.notes.as_deref()?)),
        column("ai_notes", Kind::Text, |segment| text(&segment.ai_notes.as_ref()?.value)),
    ]
});

fn text(text: &str) -> Option<Cell> {
    Some(Cell::Text(text.to_owned()))
}

/// What answers write as a word.
fn word(word: serde_json::Value) -> Option<Cell> {
    text(word.as_str()?)
}

fn whole(number: u64) -> Option<Cell> {
    Some(Cell::Whole(i64::try_from(number).unwrap_or(i64::MAX)))
}
