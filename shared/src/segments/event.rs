use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Segment, State, record};
use crate::dynamodb::Item;
use crate::error::CorruptRecord;
use crate::watch::{self, Unit};

/// A stored change of a segment. It is made from the segment before and after, whether by the call that has made the change
/// or by whoever reads the table's stream, so that both say the same of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentEvent {
    /// The segment before; none where it has just opened.
    pub before: Option<Segment>,
    /// The segment as it is since.
    pub after: Segment,
}

/// What has happened to a segment. Where a change is several of these, it is the one that says most of the segment's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It is new.
    Opened,
    /// It is open, and has got another configuration.
    Configured,
    /// It is open, and has got AI content.
    AiSuggested,
    /// It has been closed, and perhaps confirmed with that.
    Closed,
    /// It was closed, and is confirmed now.
    Confirmed,
    /// It was closed, and its code or notes are others now.
    Corrected,
    /// Its texts were erased, for somebody whose personal data they were.
    Erased,
}

impl EventKind {
    /// Every kind, in the order of a segment's life.
    pub const ALL: [Self; 7] = [
        Self::Opened,
        Self::Configured,
        Self::AiSuggested,
        Self::Closed,
        Self::Confirmed,
        Self::Corrected,
        Self::Erased,
    ];

    /// The `type` of the events of this kind.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Opened => "segment.opened",
            Self::Configured => "segment.configured",
            Self::AiSuggested => "segment.ai_suggested",
            Self::Closed => "segment.closed",
            Self::Confirmed => "segment.confirmed",
            Self::Corrected => "segment.corrected",
            Self::Erased => "segment.erased",
        }
    }
}

impl SegmentEvent {
    /// The event that two images of an item in the segment table's stream tell of; `old` is none of a new item. None
    /// where they tell of no change of a segment: where the item is one of those that find segments, or where a write
    /// has only kept books, which leaves `sys_mod_count` as it is.
    ///
    /// # Errors
    /// Where an image is of a segment and cannot be read as one.
    pub fn from_images(old: Option<Item>, new: Item) -> Result<Option<Self>, CorruptRecord> {
        if !record::is_segment(&new) {
            return Ok(None);
        }
        let before = old.map(record::from_item).transpose()?;
        let after = record::from_item(new)?;
        let changed = before.as_ref().is_none_or(|before| before.version != after.version);
        let change = Self { before, after };
        Ok((changed && change.kind().is_some()).then_some(change))
    }

    /// What has happened; none where only a draft is another one, which is no event.
    pub fn kind(&self) -> Option<EventKind> {
        kind(self.before.as_ref(), &self.after)
    }

    /// Whether the segment is confirmed by this change, be it that it is closed by it, too.
    fn confirms(&self) -> bool {
        is_confirmed(&self.after) && !self.before.as_ref().is_some_and(is_confirmed)
    }

    /// Whether the AI filler has made the change.
    fn fills(&self) -> bool {
        let by = &self.after.filled_by;
        by.is_some() && self.before.as_ref().is_some_and(|before| before.filled_by != *by)
    }

    /// Counts the change for the call that has made it.
    pub(super) fn count(&self) {
        watch::note(|tally| {
            match self.kind() {
                Some(EventKind::Opened) => tally.count("opened", Unit::Count, 1),
                Some(EventKind::Closed) => {
                    tally.count("closed", Unit::Count, 1);
                    if let State::Closed(closing) = &self.after.state {
                        if closing.timed_out {
                            tally.count("timed_out", Unit::Count, 1);
                        }
                        let seconds = self.after.opened_on.seconds_until(closing.submitted_on);
                        tally.count("seconds_in_wrap_up", Unit::Seconds, seconds);
                        if let Some(outcome) = closing.ai_outcome {
                            tally.count_by("ai_outcome", json!(outcome), "ai_outcomes");
                        }
                    }
                }
                Some(EventKind::Erased) => tally.count("erased", Unit::Count, 1),
                Some(EventKind::Configured | EventKind::AiSuggested | EventKind::Confirmed | EventKind::Corrected)
                | None => {}
            }
            if self.confirms() {
                tally.count("confirmed", Unit::Count, 1);
            }
            if self.fills() {
                tally.count("filled", Unit::Count, 1);
            }
        });
    }
}

/// What a change of a segment is; see [`SegmentEvent::kind`].
pub(super) fn kind(before: Option<&Segment>, after: &Segment) -> Option<EventKind> {
    let Some(before) = before else { return Some(EventKind::Opened) };
    if before.erased_on != after.erased_on {
        return Some(EventKind::Erased);
    }
    // A configuration that is the same in other words is another one.
    let configured =
        before.configuration != after.configuration || before.configuration_fields != after.configuration_fields;
    let advised =
        before.ai_code != after.ai_code || before.ai_notes != after.ai_notes || before.filled_by != after.filled_by;
    match (&before.state, &after.state) {
        (_, State::Open) if configured => Some(EventKind::Configured),
        (_, State::Open) => advised.then_some(EventKind::AiSuggested),
        (State::Open, State::Closed(_)) => Some(EventKind::Closed),
        (State::Closed(_), State::Closed(_)) if is_confirmed(after) && !is_confirmed(before) => {
            Some(EventKind::Confirmed)
        }
        (State::Closed(_), State::Closed(_)) => Some(EventKind::Corrected),
    }
}

fn is_confirmed(segment: &Segment) -> bool {
    match &segment.state {
        State::Open => false,
        State::Closed(closing) => closing.confirmation.is_confirmed(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Advice, Closing, CodeFrom, Confirmation, PickedCode, Provenance};
    use super::*;
    use crate::codes::Label;
    use crate::date_time::DateTime;
    use crate::document::{FromText, Problem};
    use crate::dynamodb::{key, string};

    fn at(time: &str) -> Result<DateTime, Problem> {
        DateTime::from_text(&format!("2024-09-16 {time}"))
    }

    fn open() -> Result<Segment, Problem> {
        Segment::sample()
    }

    fn advised(before: Segment) -> Segment {
        let ai_notes = Some(Advice { value: "A refund.".to_owned(), defined_at: 1 });
        Segment { ai_notes, version: before.version + 1, ..before }
    }

    fn filled(before: Segment) -> Segment {
        let provenance =
            Provenance { source: "extractive".to_owned(), model: "bm25-1".to_owned(), confidence: None, took_ms: 5 };
        Segment { filled_by: Some(provenance), ..advised(before) }
    }

    fn configured(before: Segment) -> Segment {
        Segment { configuration: "1".repeat(64), version: before.version + 1, ..before }
    }

    fn closed(before: Segment, confirmation: Confirmation, notes: &str) -> Result<Segment, Problem> {
        let closing = Closing {
            submitted_on: at("18:02:00")?,
            timed_out: false,
            confirmation,
            code: Some(PickedCode::Allowed(Label::from_text("Refund")?)),
            code_from: Some(CodeFrom::Agent),
            code_place: Some(0),
            notes: Some(notes.to_owned()),
            ai_outcome: None,
        };
        Ok(Segment { state: State::Closed(closing), version: before.version + 1, ..before })
    }

    /// The event that the stream tells of, and what a call counts that makes the change.
    fn seen(before: Option<Segment>, after: Segment) -> Result<Option<EventKind>, String> {
        let item = |segment: &Segment| record::to_item(segment).map_err(|error| error.to_string());
        let old = before.as_ref().map(item).transpose()?;
        let event = SegmentEvent::from_images(old, item(&after)?).map_err(|error| error.to_string())?;
        if let Some(event) = &event {
            assert_eq!(*event, SegmentEvent { before, after }, "the images say all of it");
        }
        Ok(event.and_then(|event| event.kind()))
    }

    #[test]
    fn each_change_is_an_event_of_its_kind() -> Result<(), Box<dyn std::error::Error>> {
        let open = open()?;
        let confirmed = Confirmation::Confirmed(at("18:03:00")?);
        let awaiting = closed(open.clone(), Confirmation::Awaited, "Done.")?;
        for (before, after, kind) in [
            (None, open.clone(), EventKind::Opened),
            (Some(&open), configured(open.clone()), EventKind::Configured),
            (Some(&open), closed(configured(open.clone()), Confirmation::Awaited, "Done.")?, EventKind::Closed),
            (Some(&open), advised(open.clone()), EventKind::AiSuggested),
            (Some(&open), filled(open.clone()), EventKind::AiSuggested),
            (Some(&open), awaiting.clone(), EventKind::Closed),
            // Closing says more of a segment's life than the confirmation that comes with it.
            (Some(&open), closed(open.clone(), confirmed, "Done.")?, EventKind::Closed),
            (Some(&open), closed(open.clone(), Confirmation::NotNeeded, "Done.")?, EventKind::Closed),
            (Some(&awaiting), closed(awaiting.clone(), Confirmation::Awaited, "Better.")?, EventKind::Corrected),
            (Some(&awaiting), closed(awaiting.clone(), confirmed, "Done.")?, EventKind::Confirmed),
            (Some(&awaiting), closed(awaiting.clone(), confirmed, "Better.")?, EventKind::Confirmed),
        ] {
            assert_eq!(seen(before.cloned(), after.clone())?, Some(kind), "{before:?} {after:?}");
        }
        Ok(())
    }

    #[test]
    fn what_only_keeps_books_is_no_event() -> Result<(), Box<dyn std::error::Error>> {
        let open = open()?;
        assert_eq!(seen(Some(open.clone()), Segment { wants_ai: false, ..open })?, None);
        Ok(())
    }

    #[test]
    fn what_is_no_segment_is_no_event() {
        for pointer in ["latest:0", "slot:0"] {
            let mut item = key(pointer);
            item.insert(record::TARGET.to_owned(), string("1125cb707b64597eb2734efa979e5ab2"));
            assert_eq!(SegmentEvent::from_images(None, item.clone()), Ok(None));
            assert_eq!(SegmentEvent::from_images(Some(item.clone()), item), Ok(None));
        }
    }

    #[test]
    fn a_segment_that_cannot_be_read_is_an_error() -> Result<(), Box<dyn std::error::Error>> {
        let mut broken = record::to_item(&open()?)?;
        broken.remove("agent");
        assert!(SegmentEvent::from_images(None, broken).is_err());
        Ok(())
    }

    #[tokio::test]
    async fn a_call_counts_what_the_event_says() -> Result<(), Box<dyn std::error::Error>> {
        let open = open()?;
        let confirmed = Confirmation::Confirmed(at("18:03:00")?);
        let awaiting = closed(open.clone(), Confirmation::Awaited, "Done.")?;
        for (before, after, counts) in [
            (None, open.clone(), vec!["opened"]),
            (Some(&open), configured(open.clone()), vec![]),
            (Some(&open), advised(open.clone()), vec![]),
            (Some(&open), filled(open.clone()), vec!["filled"]),
            (Some(&open), awaiting.clone(), vec!["closed", "seconds_in_wrap_up"]),
            (Some(&open), closed(open.clone(), confirmed, "Done.")?, vec!["closed", "seconds_in_wrap_up", "confirmed"]),
            (Some(&awaiting), closed(awaiting.clone(), confirmed, "Done.")?, vec!["confirmed"]),
            (Some(&awaiting), closed(awaiting.clone(), Confirmation::Awaited, "Better.")?, vec![]),
        ] {
            let event = SegmentEvent { before: before.cloned(), after };
            let ((), tally) = watch::counted(async { event.count() }).await;
            let counted: Vec<_> = tally.counts().map(|count| count.name).collect();
            assert_eq!(counted, counts, "{event:?}");
            assert!(tally.counts().all(|count| count.value == if count.unit == Unit::Seconds { 120 } else { 1 }));
        }
        Ok(())
    }
}
