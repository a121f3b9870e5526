//! How others are told what has happened to a segment: as CloudEvents 1.0, in JSON. A repetition is the same to the byte:
//! whoever gets it knows it by its `id`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::shown::ShownSegment;
use super::{Confirmation, EventKind, Found, LastEvent, Segment, SegmentEvent, State};
use crate::Error;
use crate::aws::BusEntry;
use crate::configurations::Snapshot;
use crate::date_time::DateTime;
use crate::dynamodb::Tables;
#[cfg(feature = "openapi")]
use crate::json_schema::Schemas;
use crate::language::{Language, Wish};
use crate::settings::{self, SettingsError};
use crate::sys_id::{self, Kind};

/// Bytes that an event may have as JSON, so that it fits into any bus and leaves room for what goes around it.
pub const LARGEST_EVENT: usize = 200 * 1024;

/// Characters that a source may have.
const LONGEST_SOURCE: usize = 256;

/// How a deployment writes its events.
#[derive(Clone, Debug)]
pub struct EventForm {
    source: String,
    wish: Wish,
    notes: bool,
}

/// What events may say they are from.
#[derive(Clone, Debug)]
pub struct EventSource(String);

/// A source that is of no use.
#[derive(Debug, thiserror::Error)]
#[error(
    "must be a URI reference of at most {LONGEST_SOURCE} characters, such as https://wrapup.example.com or /wrapup/prod, \
     and cannot begin with aws."
)]
pub struct NotASource;

impl FromStr for EventSource {
    type Err = NotASource;

    fn from_str(text: &str) -> Result<Self, NotASource> {
        Some(text).filter(is_source).ok_or(NotASource).map(|text| Self(text.to_owned()))
    }
}

impl EventForm {
    /// As the environment says it.
    ///
    /// # Errors
    /// A variable is malformed, which the error names.
    pub fn from_env(tables: &Tables) -> Result<Self, SettingsError> {
        let source = settings::read(settings::EVENT_SOURCE, EventSource::from_str)?;
        let notes = settings::switch(settings::EVENT_NOTES)?.unwrap_or(false);
        let form = Self::new(tables, Language::from_env()?).with_notes(notes);
        Ok(match source {
            Some(source) => form.with_source(source),
            None => form,
        })
    }

    /// That of a deployment which says nothing else: named by the prefix of its tables, in its language, without notes.
    pub fn new(tables: &Tables, language: Option<Language>) -> Self {
        Self { source: format!("/wrapup/{}", tables.prefix()), wish: Wish::settle(None, None, language), notes: false }
    }

    /// The same; whether its events carry notes, drafts and AI notes.
    #[must_use]
    pub fn with_notes(self, notes: bool) -> Self {
        Self { notes, ..self }
    }

    /// The same; from this source.
    #[must_use]
    pub fn with_source(self, source: EventSource) -> Self {
        Self { source: source.0, ..self }
    }

    /// The same; in this language.
    #[must_use]
    pub fn in_language(self, language: Language) -> Self {
        Self { wish: Wish::settle(None, None, Some(language)), ..self }
    }

    /// What events say they are from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What others are told of a change, where `configuration` is the snapshot of the segment after it; nothing of a
    /// draft.
    ///
    /// # Errors
    /// It cannot be written as JSON, which is a bug.
    pub fn of(&self, event: &SegmentEvent, configuration: &Snapshot) -> Result<Option<CloudEvent>, Error> {
        let Some(kind) = event.kind() else { return Ok(None) };
        let segment = &event.after;
        let last = LastEvent { number: segment.version, kind, ..derived(segment) };
        self.write(segment, configuration, last).map(Some)
    }

    /// The segment's last event once more, with the segment as it is now: what [`EventForm::of`] has told of that change
    /// before, unless a draft has been stored since. The segment has to be as it is stored, not as it is shown.
    ///
    /// # Errors
    /// As [`EventForm::of`].
    pub fn again(&self, found: &Found) -> Result<CloudEvent, Error> {
        self.write(&found.segment, &found.configuration, last(&found.segment))
    }

    fn write(&self, segment: &Segment, configuration: &Snapshot, last: LastEvent) -> Result<CloudEvent, Error> {
        let shown = ShownSegment::of(segment, configuration, configuration.shown_in_short(&self.wish), &self.wish);
        if !self.notes {
            return self.wrap(
                segment,
                last,
                &EventData { segment: shown.without_notes().without_alternatives(), notes_left_out: false },
            );
        }
        let event = self.wrap(segment, last, &EventData { segment: shown, notes_left_out: false })?;
        if event.json.len() <= LARGEST_EVENT {
            return Ok(event);
        }
        let shown = ShownSegment::of(segment, configuration, configuration.shown_in_short(&self.wish), &self.wish);
        self.wrap(
            segment,
            last,
            &EventData { segment: shown.without_notes().without_alternatives(), notes_left_out: true },
        )
    }

    fn wrap(&self, segment: &Segment, last: LastEvent, data: &EventData<'_>) -> Result<CloudEvent, Error> {
        let created_on = segment.created.as_ref().map(|created| created.at.to_string()).unwrap_or_default();
        let parts = [segment.sys_id.as_str(), &created_on, &last.number.to_string()];
        let id = sys_id::derive_uuid(Kind::SegmentEvent, &parts).hyphenated().to_string();
        let (sequence, time) = (format!("{:010}", last.number), last.time.to_rfc_3339());
        let envelope = Envelope {
            specversion: "1.0",
            id: &id,
            source: &self.source,
            kind: last.kind.type_name(),
            subject: &segment.sys_id,
            time: &time,
            sequence: &sequence,
            datacontenttype: "application/json",
            data,
        };
        let json = serde_json::to_string(&envelope).map_err(|error| Error::Broken(Box::new(error)))?;
        Ok(CloudEvent {
            id,
            kind: last.kind,
            source: self.source.clone(),
            subject: segment.sys_id.clone(),
            time,
            sequence,
            json: json.into(),
        })
    }
}

/// Whether a text may be the source of events: made of the characters of URIs, and not called as AWS's own sources are,
/// which no bus takes from others.
fn is_source(text: &&str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    text.len() <= LONGEST_SOURCE && text.bytes().all(allowed) && !text.starts_with("aws.")
}

/// When the last thing happened to a segment that is an event.
pub(super) fn happened_on(segment: &Segment) -> DateTime {
    last(segment).time
}

/// The segment's last event: the one that it keeps, if that still is the last of its changes. Code that knows of no events
/// may have changed it since, or have written all of it; then what it has become says what has happened.
fn last(segment: &Segment) -> LastEvent {
    // A draft leaves the time of the last change as it is.
    let is_last = |last: &LastEvent| segment.updated.as_ref().is_some_and(|updated| updated.at == last.time);
    segment.last_event.filter(is_last).unwrap_or_else(|| derived(segment))
}

/// What the segment itself says of its last change.
fn derived(segment: &Segment) -> LastEvent {
    let updated_on = segment.updated.as_ref().map(|updated| updated.at);
    let is_of_last_change = |time: DateTime| updated_on.is_none_or(|updated_on| updated_on == time);
    let (kind, changed_on) = match &segment.state {
        State::Open if segment.version == 0 => (EventKind::Opened, segment.opened_on),
        State::Open if segment.is_advised(is_of_last_change) => (EventKind::AiSuggested, segment.opened_on),
        State::Open => (EventKind::Configured, segment.opened_on),
        State::Closed(closing) => {
            let closed_on = closing.submitted_on;
            let kind = match closing.confirmation {
                _ if updated_on.is_some_and(|updated_on| updated_on == closed_on) => EventKind::Closed,
                Confirmation::Confirmed(_) => EventKind::Confirmed,
                _ if updated_on.is_some() => EventKind::Corrected,
                _ => EventKind::Closed,
            };
            (kind, closed_on)
        }
    };
    LastEvent { number: segment.version, kind, time: updated_on.unwrap_or(changed_on) }
}

impl Segment {
    /// Whether it has AI content that was stored at a time of which `is_it` holds.
    fn is_advised(&self, is_it: impl Fn(DateTime) -> bool) -> bool {
        let times =
            [self.ai_code.as_ref().map(|code| code.defined_at), self.ai_notes.as_ref().map(|notes| notes.defined_at)];
        times.into_iter().flatten().filter_map(DateTime::of_millis).any(is_it)
    }
}

/// An event as others are told it.
#[derive(Clone)]
pub struct CloudEvent {
    id: String,
    kind: EventKind,
    source: String,
    subject: String,
    time: String,
    sequence: String,
    json: Box<str>,
}

impl CloudEvent {
    /// What every repetition of it has, and no other event.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What has happened.
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// Its `type`, such as `segment.closed`.
    pub fn type_name(&self) -> &'static str {
        self.kind.type_name()
    }

    /// The deployment that it is from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The segment's sys_id.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When it happened, as RFC 3339 writes it.
    pub fn time(&self) -> &str {
        &self.time
    }

    /// What puts the events of one segment in order: ten digits.
    pub fn sequence(&self) -> &str {
        &self.sequence
    }

    /// All of it: CloudEvents' JSON format.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// How it stands on an event bus.
    pub fn on_bus(&self) -> BusEntry<'_> {
        BusEntry { source: &self.source, detail_type: self.type_name(), detail: &self.json }
    }
}

#[cfg(feature = "openapi")]
impl CloudEvent {
    /// The schema of an event.
    pub fn describe(schemas: &mut Schemas) -> serde_json::Value {
        schemas.written::<Envelope<'static>>()
    }
}

impl fmt::Debug for CloudEvent {
    /// Shows which event it is, and nothing of the segment: there may be notes in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudEvent").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What has happened to a wrap-up segment: a CloudEvent.
// The names of attributes are CloudEvents', and `sequence` that of its extension.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SegmentEvent"))]
struct Envelope<'a> {
    /// `1.0`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = "1.0")))]
    specversion: &'static str,
    /// What every repetition of the event has, and no other event: a UUID.
    #[cfg_attr(feature = "openapi", schemars(example = &"2f4c3f5e-6a0b-5c55-8f43-0a8ab8b6f0a1", extend("format" = "uuid")))]
    id: &'a str,
    /// The deployment.
    #[cfg_attr(feature = "openapi", schemars(example = &"/wrapup/prod-", extend("format" = "uri-reference")))]
    source: &'a str,
    /// What has happened.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schemars(example = &"segment.closed"))]
    kind: &'static str,
    /// sys_id of the wrap-up segment.
    #[cfg_attr(feature = "openapi", schemars(example = &"1125cb707b64597eb2734efa979e5ab2"))]
    subject: &'a str,
    /// When it happened; a deadline's event at the deadline, whenever it was stored.
    #[cfg_attr(feature = "openapi", schemars(example = &"2026-01-05T10:30:00Z", extend("format" = "date-time")))]
    time: &'a str,
    /// Puts the events of one segment in order, as text: of those with one `sys_created_on`, the highest is the newest.
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^[0-9]{10}$"), example = &"0000000001"))]
    sequence: &'a str,
    /// `application/json`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = "application/json")))]
    datacontenttype: &'static str,
    /// The segment since.
    data: &'a EventData<'a>,
}

/// A wrap-up segment after a change: as GET shows it, in the deployment's language, without the allowed codes. Notes, the
/// draft and AI notes are there only if the deployment sends them.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SegmentEventData"))]
struct EventData<'a> {
    #[serde(flatten)]
    segment: ShownSegment<'a>,
    /// Whether the texts are left out that the deployment sends, because the event would be too large with them; absent
    /// where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    notes_left_out: bool,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::super::{Closing, Draft, record};
    use super::*;
    use crate::document::FromText;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn snapshot() -> Result<Snapshot, serde_json::Error> {
        serde_json::from_value(json!({
            "enable_codes": true, "show_timer": true, "duration": 60, "enable_ai_code": false, "enable_ai_notes": true,
            "use_ai_as_default": false, "use_third_party_ai": true, "default_code": "Refund",
            "allowed_codes": [{
                "sys_id": "3199c94057ae53e3a203a64d7739da2b", "code": "Refund", "description": "", "active": true,
                "external": true, "translations": [{"language": "de", "code": "Erstattung"}],
            }],
        }))
    }

    /// A closed segment with notes, as it is stored, with these columns instead.
    fn segment(columns: Value) -> Result<Segment, Box<dyn std::error::Error>> {
        let mut stored = json!({
            "sys_id": "1125cb707b64597eb2734efa979e5ab2", "agent": "agent-7", "interaction": "interaction-42",
            "external": true, "external_segment_id": "CALL-0001", "segmented": false, "state": "closed",
            "opened_on": "2026-01-05 10:30:00", "due_on": "2026-01-05 10:31:00", "submitted_on": "2026-01-05 10:30:40",
            "awaiting_confirmation": true, "wrap_up_configuration": "0", "code": "Refund", "code_from": "agent",
            "notes": "Refund sent.", "ai_notes": "Charged twice.", "ai_notes_defined_at": 1_767_609_010_500_u64,
            "request_hash": "0", "sys_created_by": "ccaas", "sys_created_on": "2026-01-05 10:30:01",
            "sys_updated_by": "ccaas", "sys_updated_on": "2026-01-05 10:30:40", "sys_mod_count": 2,
            "event_number": 2, "event_type": "closed", "event_time": "2026-01-05 10:30:40",
        });
        for (name, value) in columns.as_object().into_iter().flatten() {
            stored[name] = value.clone();
        }
        if let Value::Object(columns) = &mut stored {
            columns.retain(|_, value| !value.is_null());
        }
        Ok(record::from_item(serde_dynamo::to_item(stored)?)?)
    }

    fn open() -> Value {
        json!({
            "state": "open", "submitted_on": null, "awaiting_confirmation": false, "code": null, "code_from": null,
            "notes": null,
        })
    }

    fn form() -> EventForm {
        let german = Language::from_text("de").ok();
        EventForm::new(&Tables::with_prefix("prod-"), german)
    }

    fn found(segment: Segment) -> Result<Found, Box<dyn std::error::Error>> {
        Ok(Found { segment, configuration: Arc::new(snapshot()?), interaction_segment: None })
    }

    fn again(form: &EventForm, columns: Value) -> Result<CloudEvent, Box<dyn std::error::Error>> {
        Ok(form.again(&found(segment(columns)?)?)?)
    }

    #[test]
    fn an_event_is_the_same_for_ever() -> Outcome {
        // A changed byte here means that receivers take a repetition for something new, or read something else.
        let event = again(&form(), json!({}))?;
        assert_eq!(
            event.json(),
            concat!(
                r#"{"specversion":"1.0","id":"25647c42-1397-5953-98ec-f716961c9c6d","source":"/wrapup/prod-","type":"segment.closed","#,
                r#""subject":"1125cb707b64597eb2734efa979e5ab2","time":"2026-01-05T10:30:40Z","sequence":"0000000002","#,
                r#""datacontenttype":"application/json","data":{"agent":"agent-7","external":true,"#,
                r#""external_segment_id":"CALL-0001","interaction":"interaction-42","state":"closed","#,
                r#""wrap_up_configuration":{"enable_codes":true,"default_code":{"code":"Refund","#,
                r#""description":"","active":true,"external":true,"sys_id":"3199c94057ae53e3a203a64d7739da2b","#,
                r#""translated_code":"Erstattung","translated_description":""},"duration":"60","show_timer":true,"#,
                r#""enable_ai_code":false,"enable_ai_notes":true,"use_ai_as_default":false,"use_third_party_ai":true},"#,
                r#""code":{"code":"Refund","description":"","active":true,"external":true,"#,
                r#""sys_id":"3199c94057ae53e3a203a64d7739da2b","translated_code":"Erstattung","#,
                r#""translated_description":""},"code_from":"agent","segmented":false,"#,
                r#""sys_id":"1125cb707b64597eb2734efa979e5ab2","opened_on":"2026-01-05 10:30:00","#,
                r#""due_on":"2026-01-05 10:31:00","submitted_on":"2026-01-05 10:30:40","awaiting_confirmation":true,"#,
                r#""timed_out":false,"ai_notes_defined_at":"1767609010500","sys_created_by":"ccaas","#,
                r#""sys_created_on":"2026-01-05 10:30:01","sys_updated_by":"ccaas","#,
                r#""sys_updated_on":"2026-01-05 10:30:40"}}"#,
            )
        );
        Ok(())
    }

    #[test]
    fn ids_are_of_segment_creation_and_change() -> Outcome {
        let ids = [
            json!({}),
            json!({"sys_mod_count": 3, "event_number": 3}),
            json!({"sys_created_on": "2026-01-05 10:30:02"}),
            json!({"sys_created_by": null, "sys_created_on": null}),
            json!({"sys_id": "affca2d4eb2954288222c3a861ea7ad0"}),
        ]
        .into_iter()
        .map(|columns| Ok(again(&form(), columns)?.id().to_owned()))
        .collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
        assert_eq!(
            ids,
            [
                "25647c42-1397-5953-98ec-f716961c9c6d",
                "9eaf48e2-138d-5716-b18e-b0f958baacaa",
                "cedddba4-b86e-5936-bd8a-af6aacdca78c",
                "4cfd4233-11d2-5fb5-9c40-8c4e6e0d4864",
                "3f667dc9-e0ca-5e09-95ae-8a96d051b262",
            ]
        );
        Ok(())
    }

    #[test]
    fn what_the_change_told_is_told_again_to_the_byte() -> Outcome {
        let form = form().with_notes(true);
        let open = segment(json!({"state": "open", "submitted_on": null, "sys_mod_count": 1}))?;
        let closed = segment(json!({}))?;
        let told =
            form.of(&SegmentEvent { before: Some(open), after: closed.clone() }, &snapshot()?)?.ok_or("an event")?;
        let again = form.again(&found(closed)?)?;
        assert_eq!(told.json(), again.json());
        assert_eq!(told.json().parse::<Value>()?["id"], told.id());
        Ok(())
    }

    #[test]
    fn a_draft_is_no_event_and_the_one_before_it_stays_the_last() -> Outcome {
        let mut columns = open();
        columns["sys_mod_count"] = json!(1);
        columns["event_number"] = json!(1);
        columns["event_type"] = json!("ai_suggested");
        let before = segment(columns)?;
        let draft = Some(Draft { code: None, notes: Some("The customer".to_owned()) });
        let after = Segment { draft, version: 2, ..before.clone() };
        let form = form();
        assert!(form.of(&SegmentEvent { before: Some(before), after: after.clone() }, &snapshot()?)?.is_none());
        let last = form.again(&found(after.clone())?)?;
        assert_eq!((last.type_name(), last.sequence()), ("segment.ai_suggested", "0000000001"));
        assert!(!last.json().contains("The customer"));
        let with_notes = form.with_notes(true).again(&found(after)?)?;
        assert_eq!(with_notes.json().parse::<Value>()?["data"]["draft"], json!({"notes": "The customer"}));
        Ok(())
    }

    #[test]
    fn notes_go_out_only_where_the_deployment_says_so() -> Outcome {
        let said = ["Refund sent.", "Charged twice."];
        let without = again(&form(), json!({}))?;
        let with = again(&form().with_notes(true), json!({}))?;
        for text in said {
            assert!(!without.json().contains(text), "{text}");
            assert!(with.json().contains(text), "{text}");
            assert!(!format!("{with:?}").contains(text), "{text}");
        }
        assert!(!with.json().contains("notes_left_out") && !without.json().contains("notes_left_out"));
        Ok(())
    }

    #[test]
    fn notes_that_make_an_event_too_large_are_left_out_and_it_says_so() -> Outcome {
        let form = form().with_notes(true);
        let around = again(&form, json!({"notes": ""}))?.json().len();
        // The longest that are kept go out; a character takes as many bytes as it has to.
        for (notes, bytes) in [
            ("n".repeat(65_536), 65_536),
            ("€".repeat(65_536), 196_608),
            ("n".repeat(LARGEST_EVENT - around), LARGEST_EVENT - around),
        ] {
            let event = again(&form, json!({"notes": notes}))?;
            assert_eq!(event.json().len(), around + bytes);
            assert!(!event.json().contains("notes_left_out"));
        }
        for notes in ["\u{1}".repeat(65_536), "😀".repeat(65_536), "n".repeat(LARGEST_EVENT - around + 1)] {
            let event = again(&form, json!({"notes": notes}))?;
            let data = &event.json().parse::<Value>()?["data"];
            assert_eq!(data["notes_left_out"], true);
            assert!(data.get("notes").is_none() && data.get("ai_notes").is_none());
            assert!(event.json().len() < 4 * 1024);
        }
        Ok(())
    }

    #[test]
    fn of_a_segment_that_keeps_no_event_the_last_follows_from_what_it_has_become() -> Outcome {
        let with = |mut columns: Value, more: Value| {
            for (name, value) in more.as_object().into_iter().flatten() {
                columns[name] = value.clone();
            }
            columns["event_number"] = Value::Null;
            columns
        };
        let no_stamps =
            json!({"sys_updated_by": null, "sys_updated_on": null, "sys_created_by": null, "sys_created_on": null});
        let at = |time: &str| json!({"sys_updated_on": format!("2026-01-05 10:{time}")});
        let confirmed = json!({"confirmed_on": "2024-01-01 00:00:00", "awaiting_confirmation": false});
        for (columns, kind, time) in [
            (
                with(open(), json!({"sys_mod_count": 0, "sys_updated_on": "2026-01-05 10:30:01"})),
                EventKind::Opened,
                "30:01",
            ),
            (with(with(open(), no_stamps.clone()), json!({"sys_mod_count": 0})), EventKind::Opened, "30:00"),
            (with(open(), at("30:10")), EventKind::AiSuggested, "30:10"),
            (with(open(), no_stamps.clone()), EventKind::AiSuggested, "30:00"),
            (with(open(), at("30:20")), EventKind::Configured, "30:20"),
            (with(json!({}), json!({})), EventKind::Closed, "30:40"),
            (with(json!({}), no_stamps.clone()), EventKind::Closed, "30:40"),
            (with(json!({}), confirmed.clone()), EventKind::Closed, "30:40"),
            (with(confirmed.clone(), at("30:50")), EventKind::Confirmed, "30:50"),
            (with(confirmed, no_stamps), EventKind::Confirmed, "30:40"),
            (with(json!({}), at("30:50")), EventKind::Corrected, "30:50"),
        ] {
            let event = again(&form(), columns.clone())?;
            assert_eq!((event.kind(), event.time()), (kind, &*format!("2026-01-05T10:{time}Z")), "{columns}");
        }
        Ok(())
    }

    #[test]
    fn an_event_that_code_of_before_has_overtaken_is_not_the_last() -> Outcome {
        let overtaken = json!({
            "event_number": 0, "event_type": "opened", "event_time": "2026-01-05 10:30:01", "sys_mod_count": 1,
        });
        let event = again(&form(), overtaken)?;
        assert_eq!((event.kind(), event.sequence()), (EventKind::Closed, "0000000001"));
        Ok(())
    }

    #[test]
    fn each_kind_has_its_type() {
        let types = EventKind::ALL.map(EventKind::type_name);
        assert_eq!(
            types,
            [
                "segment.opened",
                "segment.configured",
                "segment.ai_suggested",
                "segment.closed",
                "segment.confirmed",
                "segment.corrected",
                "segment.erased",
            ]
        );
        for kind in EventKind::ALL {
            assert_eq!(format!("segment.{}", json!(kind).as_str().unwrap_or_default()), kind.type_name());
        }
    }

    #[test]
    fn a_source_is_a_uri_reference_that_buses_take() {
        for source in ["/wrapup/prod", "https://wrapup.example.com/prod", "urn:example:wrap-up", "wrapup"] {
            assert!(is_source(&source), "{source}");
        }
        for source in ["aws.wrapup", "/wrap up", "/wrapup/ä", "/wrapup\n", &"x".repeat(257)] {
            assert!(!is_source(&source), "{source}");
        }
    }

    #[test]
    fn a_deadline_is_told_as_a_closing_of_its_own_time() -> Outcome {
        let mut columns = open();
        columns["sys_mod_count"] = json!(1);
        let before = segment(columns)?;
        let (after, _) = before.ended(&snapshot()?).ok_or("it has a deadline")?;
        assert!(matches!(&after.state, State::Closed(Closing { timed_out: true, .. })));
        let event = form().of(&SegmentEvent { before: Some(before), after }, &snapshot()?)?.ok_or("an event")?;
        assert_eq!(
            (event.type_name(), event.time(), event.sequence()),
            ("segment.closed", "2026-01-05T10:31:00Z", "0000000002")
        );
        assert_eq!(event.json().parse::<Value>()?["data"]["timed_out"], true);
        Ok(())
    }
}
