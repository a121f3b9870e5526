//! The end that a wrap-up comes to by itself. Past its deadline an open segment is closed, whether somebody has stored that
//! or not: it follows from the segment, its snapshot and the time, so that reads are right while nothing is stored.
//!
//! Clocks differ, and a submission may be on its way when the time is up. So whoever writes takes a segment for open a
//! little longer than the deadline says, and whoever reads shows it open longer still: as long as clocks are within a second
//! of each other, nobody is shown a segment closed that somebody else may yet close in another way.

use std::time::Duration;

use super::close::Choice;
use super::{Closing, Confirmation, EventKind, LastEvent, Origin, Segment, State};
use crate::clock::Clock;
use crate::configurations::Snapshot;
use crate::date_time::DateTime;
use crate::dynamodb::{SYSTEM, Stamp};

/// How long after its deadline a segment still is open to whoever writes.
const IN_FLIGHT: Duration = Duration::from_secs(2);

/// How long after the deadline a write to an open segment is waited for at most.
const GIVEN_UP: Duration = Duration::from_secs(4);

/// From when on after the deadline readers show a segment closed.
const SHOWN: Duration = Duration::from_secs(5);

/// Seconds from a segment's creation to its deadline at least, however long ago it began.
const SHORTEST: u64 = 5;

/// Seconds after its deadline for which an internal segment takes updates.
const CORRECTED: u64 = 60;

/// The deadline of a segment that is created now.
pub(super) fn of_new(snapshot: &Snapshot, opened_on: DateTime, now: DateTime) -> Option<DateTime> {
    let seconds = snapshot.rules.duration?.get();
    let due_on = opened_on.plus_seconds(seconds.into())?;
    Some(due_on.max(now.plus_seconds(SHORTEST)?))
}

/// The deadline of a segment that gets another configuration now: its time starts again.
pub(super) fn of_configured(snapshot: &Snapshot, opened_on: DateTime, now: DateTime) -> Option<DateTime> {
    opened_on.max(now).plus_seconds(snapshot.rules.duration?.get().into())
}

/// The moment that a deadline has to be later than, so that its segment is open to those who write now.
pub(super) fn open_if_due_after(clock: &Clock) -> DateTime {
    DateTime::from(clock.now() - IN_FLIGHT)
}

impl Segment {
    /// The segment as whoever reads it at this time, counted from the Unix epoch, is shown it.
    pub(super) fn shown_at(self, now: Duration, snapshot: &Snapshot) -> Self {
        let is_over = self.open_until(SHOWN).is_some_and(|until| now >= until);
        let ended = if is_over { self.ended(snapshot) } else { None };
        ended.map_or(self, |(ended, _)| ended)
    }

    /// Whether its deadline has closed it, as far as those are concerned who write at this time, and nobody has stored
    /// that.
    pub(super) fn is_overdue_at(&self, now: Duration) -> bool {
        self.open_until(IN_FLIGHT).is_some_and(|until| now >= until)
    }

    /// How long a write may take that takes the segment for open now; none where it may take as long as any, because the
    /// segment never ends by itself, or has, and this is what stores it.
    pub(super) fn patience_at(&self, now: Duration) -> Option<Duration> {
        if self.is_overdue_at(now) {
            return None;
        }
        self.open_until(GIVEN_UP).map(|until| until.saturating_sub(now))
    }

    /// The time from the Unix epoch to a while after its deadline, where it is open and has one.
    fn open_until(&self, after: Duration) -> Option<Duration> {
        let due_on = self.due_on.filter(|_| self.state == State::Open)?;
        Some(due_on.since_epoch() + after)
    }

    /// Whether updates are taken of a closed internal segment, because its deadline has closed it shortly before.
    pub(super) fn is_just_timed_out(&self, closing: &Closing, now: DateTime) -> bool {
        closing.timed_out
            && closing.confirmation == Confirmation::NotNeeded
            && closing.submitted_on.seconds_until(now) < CORRECTED
    }

    /// The segment as its deadline closes it, and who does that when: with what the agent had typed, else as if the agent
    /// had named nothing. None of a segment without a deadline.
    pub(super) fn ended(&self, snapshot: &Snapshot) -> Option<(Self, Stamp)> {
        let due_on = self.due_on?;
        let Choice { code, code_from, ai_outcome } = self.fallback(snapshot);
        let version = self.version + 1;
        let closing = Closing {
            submitted_on: due_on,
            timed_out: true,
            confirmation: match &self.origin {
                Origin::External { .. } => Confirmation::Awaited,
                Origin::Internal => Confirmation::NotNeeded,
            },
            code_place: code.as_ref().and_then(|code| snapshot.place(code.label())),
            code,
            code_from,
            notes: self.draft.as_ref().and_then(|draft| draft.notes.clone()),
            ai_outcome,
        };
        let stamp = Stamp { by: SYSTEM.to_owned(), at: due_on };
        let ended = Self {
            state: State::Closed(closing),
            draft: None,
            wants_ai: false,
            updated: Some(stamp.clone()),
            version,
            last_event: Some(LastEvent { number: version, kind: EventKind::Closed, time: due_on }),
            ..self.clone()
        };
        Some((ended, stamp))
    }
}
