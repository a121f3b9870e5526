//! What erasing takes from a segment: all that somebody has said or written. What was counted stays.

use super::{Segment, State};
use crate::date_time::DateTime;

impl Segment {
    /// The segment without its texts, erased now; none where it has none and was erased before.
    ///
    /// Codes and times stay: they are what reports count. The filler makes nothing new of a conversation that is gone.
    pub(super) fn erased(&self, now: DateTime) -> Option<Self> {
        let mut erased = Self { draft: None, ai_notes: None, ai_read: None, wants_ai: false, ..self.clone() };
        if let State::Closed(closing) = &mut erased.state {
            closing.notes = None;
        }
        if erased == *self && self.erased_on.is_some() {
            return None;
        }
        erased.erased_on = Some(now);
        Some(erased)
    }

    /// Whether it has texts that erasing would take.
    pub fn has_texts(&self) -> bool {
        let noted = matches!(&self.state, State::Closed(closing) if closing.notes.is_some());
        noted || self.draft.is_some() || self.ai_notes.is_some()
    }
}
