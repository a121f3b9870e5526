//! The columns of a segment: the only place that knows their names.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{
    Advice, AiOutcome, Alternative, Closing, CodeFrom, Confidence, Confirmation, Draft, DraftRequest, DraftedCode,
    EventKind, FieldHashes, Given, LastEvent, Origin, PickedCode, Provenance, Segment, State, index_keys,
};
use crate::codes::{Code, Label};
use crate::date_time::DateTime;
use crate::document::Id;
use crate::dynamodb::{
    self, ATTEMPTS, ColumnType, Item, SCHEMA, Stamp, Table, UPDATED_BY, UPDATED_ON, VERSION, schema, string,
};
use crate::error::CorruptRecord;

// What the agent has typed so far.
const DRAFT_CODE: &str = "draft_code";
const DRAFT_CODE_RECORD: &str = "draft_code_record";
const DRAFT_NOTES: &str = "draft_notes";

/// The column of a `latest:` or `slot:` record that names its segment.
pub const TARGET: &str = "segment";

/// Whether a segment is open: [`OPEN`] or not.
pub const STATE: &str = "state";

/// What [`STATE`] is of an open segment.
pub const OPEN: &str = "open";

/// The deadline.
pub const DUE_ON: &str = "due_on";

/// The external system's id of a segment.
pub const EXTERNAL_SEGMENT_ID: &str = "external_segment_id";

/// When a segment was opened: a column of segments and of `latest:` records.
pub const OPENED_ON: &str = "opened_on";

#[derive(Serialize, Deserialize)]
struct Record {
    sys_id: String,
    agent: Id,
    interaction: Id,
    #[serde(default)]
    external: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    external_segment_id: Option<Id>,
    #[serde(default)]
    segmented: bool,
    state: StateName,
    opened_on: DateTime,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    due_on: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    submitted_on: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    confirmed_on: Option<DateTime>,
    #[serde(default)]
    awaiting_confirmation: Option<bool>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    timed_out: bool,
    /// Hash of the snapshot.
    wrap_up_configuration: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    configuration_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    code: Option<Label>,
    /// The code itself, where it is not among the snapshot's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    code_record: Option<Box<Code>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    code_from: Option<CodeFrom>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    code_place: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    draft_code: Option<Label>,
    /// The draft's code itself, as it was when the draft was stored.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    draft_code_record: Option<Box<Code>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    draft_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_wrap_up_code: Option<Label>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_code_defined_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_notes_defined_at: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    ai_alternatives: Vec<Alternative>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_kept_back: Option<Alternative>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    wants_ai: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_read: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_confidence: Option<Confidence>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_took_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ai_outcome: Option<AiOutcome>,
    request_hash: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    request_fields: Option<FieldHashes>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    configuration_fields: Option<FieldHashes>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sys_created_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sys_created_on: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sys_updated_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sys_updated_on: Option<DateTime>,
    sys_mod_count: u64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    event_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    event_type: Option<EventKind>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    event_time: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    erased_on: Option<DateTime>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    expires_at: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StateName {
    Open,
    Closed,
}

/// The columns that a draft writes, with their types.
pub const DRAFTED: [(&str, ColumnType); 6] = [
    (DRAFT_CODE, ColumnType::Text),
    (DRAFT_CODE_RECORD, ColumnType::Map),
    (DRAFT_NOTES, ColumnType::Text),
    (VERSION, ColumnType::Number),
    (UPDATED_BY, ColumnType::Text),
    (UPDATED_ON, ColumnType::Text),
];

/// A `latest:` or `slot:` record: its key, the segment it points to, and for the former when that opened. Who wrote it
/// says the segment, which is written with it; it stays when the segment goes, and has nothing personal in it.
pub fn pointer(key: String, segment: &Segment, opened_on: Option<DateTime>) -> Item {
    let mut item = dynamodb::key(key);
    item.insert(SCHEMA.to_owned(), schema());
    item.insert(TARGET.to_owned(), dynamodb::string(&segment.sys_id));
    item.extend(opened_on.map(|opened_on| (OPENED_ON.to_owned(), dynamodb::string(opened_on))));
    item
}

/// The sys_id of the segment that a `latest:` or `slot:` record points to.
pub fn target(mut item: Item) -> Result<String, CorruptRecord> {
    dynamodb::check(Table::Segments, &item)?;
    match (item.remove(TARGET), item.remove("sys_id")) {
        (Some(AttributeValue::S(segment)), _) => Ok(segment),
        (_, key) => Err(CorruptRecord {
            table: Table::Segments.platform_name().to_owned(),
            key: key.and_then(|key| key.as_s().ok().cloned()).unwrap_or_default(),
            problem: "it points to no segment".into(),
        }),
    }
}

/// When the segment that a `latest:` record points to was opened, as its table writes it.
pub fn opened_on(latest: &Item) -> Result<&str, CorruptRecord> {
    dynamodb::check(Table::Segments, latest)?;
    let text = |column: &str| latest.get(column).and_then(|value| value.as_s().ok()).map(String::as_str);
    text(OPENED_ON).ok_or_else(|| CorruptRecord {
        table: Table::Segments.platform_name().to_owned(),
        key: text("sys_id").unwrap_or_default().to_owned(),
        problem: "it does not say when its segment was opened".into(),
    })
}

/// The segment as an item.
pub fn to_item(segment: &Segment) -> Result<Item, dynamodb::Error> {
    let closing = match &segment.state {
        State::Open => None,
        State::Closed(closing) => Some(closing),
    };
    let picked = closing.and_then(|closing| closing.code.as_ref());
    let drafted = segment.draft.as_ref().and_then(|draft| draft.code.as_ref());
    let mut item = dynamodb::to_item(&Record {
        sys_id: segment.sys_id.clone(),
        agent: segment.agent.clone(),
        interaction: segment.interaction.clone(),
        external: Some(matches!(segment.origin, Origin::External { .. })),
        external_segment_id: match &segment.origin {
            Origin::External { external_segment_id } => Some(external_segment_id.clone()),
            Origin::Internal => None,
        },
        segmented: segment.segmented,
        state: if closing.is_some() { StateName::Closed } else { StateName::Open },
        opened_on: segment.opened_on,
        due_on: segment.due_on,
        submitted_on: closing.map(|closing| closing.submitted_on),
        confirmed_on: closing.and_then(|closing| match closing.confirmation {
            Confirmation::Confirmed(confirmed_on) => Some(confirmed_on),
            Confirmation::Awaited | Confirmation::NotNeeded => None,
        }),
        awaiting_confirmation: Some(closing.is_some_and(|closing| closing.confirmation == Confirmation::Awaited)),
        timed_out: closing.is_some_and(|closing| closing.timed_out),
        wrap_up_configuration: segment.configuration.clone(),
        configuration_name: segment.configuration_name.clone(),
        code: picked.map(|picked| picked.label().clone()),
        code_record: match picked {
            Some(PickedCode::Other(code)) => Some(code.clone()),
            _ => None,
        },
        code_from: closing.and_then(|closing| closing.code_from),
        code_place: closing.and_then(|closing| closing.code_place),
        draft_code: drafted.map(|code| code.label.clone()),
        draft_code_record: drafted.and_then(|code| code.record.clone()),
        draft_notes: segment.draft.as_ref().and_then(|draft| draft.notes.clone()),
        notes: closing.and_then(|closing| closing.notes.clone()),
        ai_wrap_up_code: segment.ai_code.as_ref().map(|advice| advice.value.clone()),
        ai_code_defined_at: segment.ai_code.as_ref().map(|advice| advice.defined_at),
        ai_notes: segment.ai_notes.as_ref().map(|advice| advice.value.clone()),
        ai_notes_defined_at: segment.ai_notes.as_ref().map(|advice| advice.defined_at),
        ai_alternatives: segment.ai_alternatives.clone(),
        ai_kept_back: segment.ai_kept_back.clone(),
        wants_ai: segment.wants_ai,
        ai_read: segment.ai_read.clone(),
        ai_source: segment.filled_by.as_ref().map(|provenance| provenance.source.clone()),
        ai_model: segment.filled_by.as_ref().map(|provenance| provenance.model.clone()),
        ai_confidence: segment.filled_by.as_ref().and_then(|provenance| provenance.confidence),
        ai_took_ms: segment.filled_by.as_ref().map(|provenance| provenance.took_ms),
        ai_outcome: closing.and_then(|closing| closing.ai_outcome),
        request_hash: segment.request_hash.clone(),
        request_fields: segment.request_fields.clone(),
        configuration_fields: segment.configuration_fields.clone(),
        sys_created_by: segment.created.as_ref().map(|stamp| stamp.by.clone()),
        sys_created_on: segment.created.as_ref().map(|stamp| stamp.at),
        sys_updated_by: segment.updated.as_ref().map(|stamp| stamp.by.clone()),
        sys_updated_on: segment.updated.as_ref().map(|stamp| stamp.at),
        sys_mod_count: segment.version,
        event_number: segment.last_event.map(|event| event.number),
        event_type: segment.last_event.map(|event| event.kind),
        event_time: segment.last_event.map(|event| event.time),
        erased_on: segment.erased_on,
        expires_at: segment.expires_at,
    })?;
    let attempts = ATTEMPTS.into_iter().zip(&segment.attempts);
    item.extend(attempts.map(|(column, name)| (column.to_owned(), string(name))));
    let given = segment.given.texts();
    item.extend(given.filter_map(|(column, text)| Some((column.to_owned(), string(text?)))));
    item.insert(SCHEMA.to_owned(), schema());
    item.extend(index_keys::of(segment));
    Ok(item)
}

/// A column that a draft changes, the placeholder of its value, and the value; without one, the column goes.
pub type DraftColumn = (&'static str, &'static str, Option<AttributeValue>);

/// What a draft changes. `code` is the code that it has, as the table has it.
pub fn draft_columns(draft: &DraftRequest, code: Option<&Code>) -> Result<Vec<DraftColumn>, dynamodb::Error> {
    let mut columns = Vec::new();
    if let Some(label) = &draft.code {
        let record = code.map(|code| serde_dynamo::to_attribute_value(code).map_err(dynamodb::Error::broken));
        columns.push((DRAFT_CODE, ":draft_code", label.as_ref().map(|label| string(label.as_str()))));
        columns.push((DRAFT_CODE_RECORD, ":draft_code_record", record.transpose()?));
    }
    if let Some(notes) = &draft.notes {
        let notes = Some(notes).filter(|notes| !notes.is_empty());
        columns.push((DRAFT_NOTES, ":draft_notes", notes.map(string)));
    }
    Ok(columns)
}

/// What the AI filler notes down of a segment that it has read and has nothing for.
pub fn read_mark(read: &str, kept_back: Option<&Alternative>) -> Result<Item, dynamodb::Error> {
    #[derive(Serialize)]
    struct Mark<'a> {
        ai_read: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        ai_kept_back: Option<&'a Alternative>,
        /// What its event source filters by goes: there is nothing to come back for.
        wants_ai: bool,
    }
    dynamodb::to_item(&Mark { ai_read: read, ai_kept_back: kept_back, wants_ai: false })
}

/// Whether an item of the table is a segment, and no record that finds one.
pub fn is_segment(item: &Item) -> bool {
    item.get("sys_id").and_then(|sys_id| sys_id.as_s().ok()).is_some_and(|sys_id| !sys_id.contains(':'))
}

/// Reads an item as a segment; attributes that are no columns of it are ignored.
pub fn from_item(mut item: Item) -> Result<Segment, CorruptRecord> {
    let names = ATTEMPTS.iter().filter_map(|column| item.remove(*column)?.as_s().ok().cloned());
    let attempts = names.filter(|name| !name.is_empty()).collect();
    let given: Item = Given::default().texts().filter_map(|(column, _)| item.remove_entry(column)).collect();
    let record: Record = dynamodb::from_item(Table::Segments, item)?;
    let given = dynamodb::from_item(Table::Segments, given)
        .map_err(|error| CorruptRecord { key: record.sys_id.clone(), ..error })?;
    let corrupt = |problem: &str| CorruptRecord {
        table: Table::Segments.platform_name().to_owned(),
        key: record.sys_id.clone(),
        problem: problem.into(),
    };
    // A flag that a record lacks is what the rest of it says.
    let external = record.external.unwrap_or(record.external_segment_id.is_some());
    let origin = match (external, record.external_segment_id) {
        (true, Some(external_segment_id)) => Origin::External { external_segment_id },
        (true, None) => return Err(corrupt("external without external_segment_id")),
        (false, _) => Origin::Internal,
    };
    let state = match (record.state, record.submitted_on) {
        (StateName::Open, _) => State::Open,
        (StateName::Closed, None) => return Err(corrupt("closed without submitted_on")),
        (StateName::Closed, Some(submitted_on)) => State::Closed(Closing {
            submitted_on,
            timed_out: record.timed_out,
            confirmation: match (record.awaiting_confirmation.unwrap_or(external), record.confirmed_on) {
                (_, Some(confirmed_on)) => Confirmation::Confirmed(confirmed_on),
                (true, None) => Confirmation::Awaited,
                (false, None) => Confirmation::NotNeeded,
            },
            code: record.code_record.map(PickedCode::Other).or(record.code.map(PickedCode::Allowed)),
            code_from: record.code_from,
            code_place: record.code_place,
            notes: record.notes,
            ai_outcome: record.ai_outcome,
        }),
    };
    let drafted = record.draft_code.map(|label| DraftedCode { label, record: record.draft_code_record });
    let draft = match (drafted, record.draft_notes) {
        (None, None) => None,
        (code, notes) => Some(Draft { code, notes }),
    };
    Ok(Segment {
        sys_id: record.sys_id,
        agent: record.agent,
        interaction: record.interaction,
        origin,
        segmented: record.segmented,
        given,
        opened_on: record.opened_on,
        due_on: record.due_on,
        configuration: record.wrap_up_configuration,
        configuration_name: record.configuration_name,
        ai_code: advice(record.ai_wrap_up_code, record.ai_code_defined_at),
        ai_notes: advice(record.ai_notes, record.ai_notes_defined_at),
        ai_alternatives: record.ai_alternatives,
        ai_kept_back: record.ai_kept_back,
        wants_ai: record.wants_ai,
        ai_read: record.ai_read,
        filled_by: match (record.ai_source, record.ai_model, record.ai_took_ms) {
            (Some(source), Some(model), Some(took_ms)) => {
                Some(Provenance { source, model, confidence: record.ai_confidence, took_ms })
            }
            _ => None,
        },
        draft,
        state,
        request_hash: record.request_hash,
        request_fields: record.request_fields,
        configuration_fields: record.configuration_fields,
        created: Stamp::of(record.sys_created_by, record.sys_created_on),
        updated: Stamp::of(record.sys_updated_by, record.sys_updated_on),
        version: record.sys_mod_count,
        // Not `sys_updated_on`: code that knows of no events sets that, and is told by the difference.
        last_event: match (record.event_number, record.event_type, record.event_time) {
            (Some(number), Some(kind), Some(time)) => Some(LastEvent { number, kind, time }),
            _ => None,
        },
        erased_on: record.erased_on,
        expires_at: record.expires_at,
        attempts,
    })
}

fn advice<T>(value: Option<T>, defined_at: Option<u64>) -> Option<Advice<T>> {
    value.zip(defined_at).map(|(value, defined_at)| Advice { value, defined_at })
}
