//! Learns from segments that agents have closed.

use super::lessons::{Learnt, Lesson, Lessons};
use super::record::{Pick, Week};
use crate::Error;
use crate::ai::blocking::off_runtime;
use crate::ai::conversations::Conversations;
use crate::ai::{Extractive, Stores};
use crate::codes::Label;
use crate::redaction::Redactor;
use crate::segments::{Closing, CodeFrom, EventKind, Found, Segment, SegmentEvent, Segments};

/// Learns from what agents pick. Safe to be told twice, late, or beside another: what it does follows from what the segment
/// is now.
#[derive(Clone)]
pub struct Pupil {
    segments: Segments,
    conversations: Conversations,
    lessons: Lessons,
    reader: Extractive,
}

impl Pupil {
    /// The pupil of a deployment, which reads conversations without what this redactor takes out.
    pub fn new(stores: impl Into<Stores>, lessons: Lessons, redactor: Redactor) -> Self {
        let Stores { segments, segment_tables, interactions } = stores.into();
        let conversations = Conversations { segment_tables, interactions, redactor };
        Self { segments, conversations, lessons, reader: Extractive::new() }
    }

    /// Whether there is something to be learned from an event, or to be taken out again: an agent has closed a segment with a
    /// code or corrected its code, or its texts are erased.
    pub fn wants(event: &SegmentEvent) -> bool {
        let Some(closing) = event.after.closing() else { return false };
        let before = event.before.as_ref().and_then(Segment::closing);
        match event.kind() {
            Some(EventKind::Erased) => true,
            Some(EventKind::Closed) => picked(closing).is_some(),
            Some(EventKind::Confirmed | EventKind::Corrected) => before.map(picked) != Some(picked(closing)),
            _ => false,
        }
    }

    /// Learns from the segment with this sys_id, as it is now, or has what was learned from it taken out.
    ///
    /// # Errors
    /// What may go better later.
    pub async fn learn(&self, sys_id: &str) -> Result<Learnt, Error> {
        let Some(mut found) = self.segments.with_sys_id(sys_id).await? else { return Ok(Learnt::Nothing) };
        let label = found.segment.closing().and_then(picked).filter(|_| found.segment.erased_on.is_none()).cloned();
        let pick = label.as_ref().and_then(|label| pick(&found, label));
        let segment = found.segment.clone();
        let stamp = self.lessons.stamp();
        let lesson = Lesson { segment: &segment, picked: label.as_ref(), pick, stamp: &stamp };
        if label.is_none() {
            // Nothing was said that anybody is to read.
            return self.lessons.learn(&lesson, None, None).await;
        }
        let (key, known) = self.lessons.prepare(&lesson).await?;
        if known {
            return Ok(Learnt::Known);
        }
        let conversation = self.conversations.of(&mut found).await?;
        let said = match conversation {
            Some(conversation) => {
                let (reader, key) = (self.reader.clone(), key.clone());
                let codes = found.configuration.allowed_codes.clone();
                let words = move || {
                    // As the filler reads it, for whom nobody reads a code's name out.
                    let heard = conversation.without_recitals(&codes).unwrap_or(conversation);
                    reader.words(&heard, &key)
                };
                Some(off_runtime(words).await)
            }
            None => None,
        };
        Box::pin(self.lessons.learn(&lesson, said.as_ref(), Some(&key))).await
    }
}

/// The code that the agent has picked; none where another one stood in, or it was the draft's.
fn picked(closing: &Closing) -> Option<&Label> {
    closing.code.as_ref().filter(|_| closing.code_from == Some(CodeFrom::Agent)).map(|code| code.label())
}

/// What the pick says of what the filler had suggested, if it had, with a confidence.
fn pick(found: &Found, picked: &Label) -> Option<Pick> {
    let Found { segment, configuration, .. } = found;
    let named = || {
        let code = &segment.ai_code.as_ref()?.value;
        Some((code, segment.filled_by.as_ref()?.confidence?))
    };
    let (suggested, confidence, blind) = match &segment.ai_kept_back {
        Some(kept_back) => (&kept_back.code, kept_back.confidence?, true),
        None => {
            let offered = || segment.ai_alternatives.first().and_then(|first| Some((&first.code, first.confidence?)));
            let (code, confidence) = named().or_else(offered)?;
            (code, confidence, false)
        }
    };
    // A configuration that has come since may not allow it.
    configuration.allowed(suggested.as_str())?;
    let week = Week::of(segment.closing()?.submitted_on);
    Some(Pick { confidence, agreed: suggested == picked, blind, week })
}
