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

    /// How long a write may take that takes the segment for open at this time; none where it may take as long as any,
    /// because the segment never ends by itself.
    pub(super) fn patience_at(&self, now: Duration) -> Option<Duration> {
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
        let Choice { code, code_from, code_place, ai_outcome } = self.fallback(snapshot);
        let version = self.version + 1;
        let closing = Closing {
            submitted_on: due_on,
            timed_out: true,
            confirmation: match &self.origin {
                Origin::External { .. } => Confirmation::Awaited,
                Origin::Internal => Confirmation::NotNeeded,
            },
            code,
            code_from,
            code_place,
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::super::{Advice, AiOutcome, CodeFrom, Draft, DraftedCode, PickedCode};
    use super::*;
    use crate::codes::{Code, Label};
    use crate::configurations::Rules;
    use crate::document::{FromText, Problem};

    fn at(time: &str) -> Result<DateTime, Problem> {
        DateTime::from_text(time)
    }

    fn label(text: &str) -> Result<Label, Problem> {
        Label::from_text(text)
    }

    /// A configuration with this time limit and the codes `Refund`, `Complaint` and `Other`, of which the last stands in.
    fn snapshot(duration: Option<u32>) -> Result<Snapshot, Problem> {
        let rules = Rules {
            enable_codes: true,
            default_code: Some(label("Other")?),
            duration: duration.and_then(NonZeroU32::new),
            use_ai_as_default: true,
            ..Rules::default()
        };
        let codes = ["Refund", "Complaint", "Other"].map(|code| label(code).map(Code::new_external).map(Arc::new));
        Ok(Snapshot::of_request(rules, codes.into_iter().collect::<Result<_, _>>()?))
    }

    /// An open segment of an external system that is due at 18:01:00.
    fn due() -> Result<Segment, Problem> {
        let stamp = Stamp { by: "integrator".to_owned(), at: at("2024-09-16 18:00:00")? };
        Ok(Segment {
            due_on: Some(at("2024-09-16 18:01:00")?),
            created: Some(stamp.clone()),
            updated: Some(stamp),
            version: 3,
            ..Segment::sample()?
        })
    }

    /// So many milliseconds after the deadline of [`due`], from the Unix epoch.
    fn after_due(segment: &Segment, milliseconds: i64) -> Result<Duration, Problem> {
        let due_on = segment.due_on.ok_or(Problem::Required)?.since_epoch();
        let milliseconds_of_it = i64::try_from(due_on.as_millis()).map_err(|_| Problem::NotADateTime)?;
        let all = u64::try_from(milliseconds_of_it + milliseconds).map_err(|_| Problem::NotADateTime)?;
        Ok(Duration::from_millis(all))
    }

    type Tested = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_new_segment_ends_after_its_duration_and_not_within_five_seconds() -> Tested {
        let now = at("2024-09-16 18:00:00")?;
        for (opened_on, duration, due_on) in [
            ("2024-09-16 18:00:00", Some(60), Some("2024-09-16 18:01:00")),
            ("2024-09-16 17:59:30", Some(60), Some("2024-09-16 18:00:30")),
            ("2024-09-17 18:00:00", Some(60), Some("2024-09-17 18:01:00")),
            ("2024-09-16 18:00:00", Some(5), Some("2024-09-16 18:00:05")),
            ("2024-09-16 18:00:00", Some(1), Some("2024-09-16 18:00:05")),
            ("2024-09-16 17:59:10", Some(60), Some("2024-09-16 18:00:10")),
            ("2024-09-16 17:59:00", Some(60), Some("2024-09-16 18:00:05")),
            ("2000-01-01 00:00:00", Some(60), Some("2024-09-16 18:00:05")),
            ("2024-09-16 18:00:00", None, None),
            // No year has five digits: it ends when nobody is left to wait for it.
            ("9999-12-31 23:59:30", Some(60), None),
            ("2024-09-16 18:00:00", Some(u32::MAX), Some("2160-10-24 00:28:15")),
        ] {
            let (opened_on, due_on) = (at(opened_on)?, due_on.map(at).transpose()?);
            assert_eq!(of_new(&snapshot(duration)?, opened_on, now), due_on, "{opened_on} {duration:?}");
        }
        Ok(())
    }

    #[test]
    fn another_configuration_starts_the_time_again() -> Tested {
        let now = at("2024-09-16 18:00:00")?;
        for (opened_on, duration, due_on) in [
            ("2024-09-16 17:00:00", Some(60), Some("2024-09-16 18:01:00")),
            ("2024-09-16 18:00:00", Some(1), Some("2024-09-16 18:00:01")),
            ("2024-09-16 19:00:00", Some(60), Some("2024-09-16 19:01:00")),
            ("2024-09-16 17:00:00", None, None),
        ] {
            let (opened_on, due_on) = (at(opened_on)?, due_on.map(at).transpose()?);
            assert_eq!(of_configured(&snapshot(duration)?, opened_on, now), due_on, "{opened_on} {duration:?}");
        }
        Ok(())
    }

    #[test]
    fn writers_take_it_for_open_two_seconds_longer_and_readers_five() -> Tested {
        let (segment, snapshot) = (due()?, snapshot(Some(60))?);
        for (milliseconds, is_open_to_writers, is_shown_open, patience) in [
            (-60_000, true, true, 64_000),
            (-1, true, true, 4_001),
            (0, true, true, 4_000),
            (1_999, true, true, 2_001),
            (2_000, false, true, 2_000),
            (4_000, false, true, 0),
            (4_999, false, true, 0),
            (5_000, false, false, 0),
            (59_999, false, false, 0),
            (60_000, false, false, 0),
            (31_536_000_000, false, false, 0),
        ] {
            let now = after_due(&segment, milliseconds)?;
            assert_eq!(segment.is_overdue_at(now), !is_open_to_writers, "{milliseconds}");
            let shown = segment.clone().shown_at(now, &snapshot);
            assert_eq!(shown.state == State::Open, is_shown_open, "{milliseconds}");
            assert_eq!(segment.patience_at(now), Some(Duration::from_millis(patience)), "{milliseconds}");
            // What a draft asks of the table is the same as what everybody else who writes asks of the segment.
            let clock = Clock::from_fn(move || SystemTime::UNIX_EPOCH + now);
            let is_open_to_drafts = segment.due_on > Some(open_if_due_after(&clock));
            assert_eq!(is_open_to_drafts, is_open_to_writers, "{milliseconds}");
        }
        Ok(())
    }

    #[test]
    fn without_a_deadline_it_never_ends_and_a_closed_one_ends_no_more() -> Tested {
        let (segment, snapshot) = (due()?, snapshot(Some(60))?);
        let late = after_due(&segment, 31_536_000_000)?;
        let (ended, _) = segment.ended(&snapshot).ok_or(Problem::Required)?;
        let never = Segment { due_on: None, ..segment };
        for segment in [ended, never] {
            assert!(!segment.is_overdue_at(late));
            assert_eq!(segment.patience_at(late), None);
            assert_eq!(segment.clone().shown_at(late, &snapshot), segment);
        }
        Ok(())
    }

    #[test]
    fn it_ends_at_its_deadline_by_nobody_whenever_it_is_looked_at() -> Tested {
        let (segment, snapshot) = (due()?, snapshot(Some(60))?);
        let due_on = at("2024-09-16 18:01:00")?;
        let early = segment.clone().shown_at(after_due(&segment, 5_000)?, &snapshot);
        let late = segment.clone().shown_at(after_due(&segment, 31_536_000_000)?, &snapshot);
        assert_eq!(early, late);
        assert_eq!(early.updated, Some(Stamp { by: SYSTEM.to_owned(), at: due_on }));
        assert_eq!(early.created, segment.created);
        assert_eq!((early.version, early.wants_ai), (4, false));
        assert_eq!(early.last_event, Some(LastEvent { number: 4, kind: EventKind::Closed, time: due_on }));
        let State::Closed(closing) = &early.state else { return Err("open".into()) };
        assert_eq!((closing.submitted_on, closing.timed_out), (due_on, true));
        assert_eq!(closing.confirmation, Confirmation::Awaited);
        let internal = Segment { origin: Origin::Internal, ..segment };
        let (ended, stamp) = internal.ended(&snapshot).ok_or(Problem::Required)?;
        assert_eq!(Some(stamp), ended.updated);
        assert!(
            matches!(ended.state, State::Closed(Closing { confirmation: Confirmation::NotNeeded, .. })),
            "nobody has to confirm it"
        );
        Ok(())
    }

    /// What a draft has, what the AI has suggested, and the code that it ends with: whose it is, and its place.
    #[test]
    fn it_ends_with_the_drafts_code_else_the_ais_else_the_default() -> Tested {
        let drafted = |text: &str, active: bool| -> Result<DraftedCode, Problem> {
            let code = Code { active, ..Code::new_external(label(text)?) };
            Ok(DraftedCode { label: label(text)?, record: Some(Box::new(code)) })
        };
        let unknown = |text: &str| Ok::<_, Problem>(DraftedCode { label: label(text)?, record: None });
        let with_codes = snapshot(Some(60))?;
        let mut without_codes = with_codes.clone();
        without_codes.rules = Rules { duration: with_codes.rules.duration, ..Rules::default() };
        for (snapshot, draft, ai, code, code_from, place, outcome) in [
            (&with_codes, None, None, Some("Other"), Some(CodeFrom::Default), Some(2), None),
            (
                &with_codes,
                Some(drafted("Refund", true)?),
                Some("Complaint"),
                Some("Refund"),
                Some(CodeFrom::Draft),
                Some(0),
                Some(AiOutcome::AnotherCode),
            ),
            (
                &with_codes,
                Some(drafted("Refund", true)?),
                Some("Refund"),
                Some("Refund"),
                Some(CodeFrom::Draft),
                Some(0),
                Some(AiOutcome::AiCode),
            ),
            // The snapshot says what is allowed, whatever the code is in the table.
            (
                &with_codes,
                Some(drafted("Complaint", false)?),
                None,
                Some("Complaint"),
                Some(CodeFrom::Draft),
                Some(1),
                None,
            ),
            (&with_codes, Some(unknown("Refund")?), None, Some("Refund"), Some(CodeFrom::Draft), Some(0), None),
            (
                &with_codes,
                Some(drafted("Nobody's", true)?),
                Some("Complaint"),
                Some("Complaint"),
                Some(CodeFrom::Ai),
                Some(1),
                Some(AiOutcome::AiCodeAsDefault),
            ),
            (
                &with_codes,
                None,
                Some("Nobody's"),
                Some("Other"),
                Some(CodeFrom::Default),
                Some(2),
                Some(AiOutcome::DefaultCode),
            ),
            (&without_codes, None, None, None, None, None, None),
            (&without_codes, None, Some("Refund"), None, None, None, Some(AiOutcome::NoCode)),
            (
                &without_codes,
                Some(drafted("Anything", true)?),
                None,
                Some("Anything"),
                Some(CodeFrom::Draft),
                None,
                None,
            ),
            (&without_codes, Some(drafted("Anything", false)?), None, None, None, None, None),
            (&without_codes, Some(unknown("Anything")?), None, None, None, None, None),
        ] {
            let ai_code = ai.map(label).transpose()?.map(|value| Advice { value, defined_at: 1 });
            let draft = Some(Draft { code: draft, notes: Some("The customer was".to_owned()) });
            let segment = Segment { ai_code, draft, ..due()? };
            let (ended, _) = segment.ended(snapshot).ok_or(Problem::Required)?;
            let State::Closed(closing) = ended.state else { return Err("open".into()) };
            let ended_with = closing.code.as_ref().map(PickedCode::label).map(Label::as_str);
            assert_eq!((ended_with, closing.code_from), (code, code_from), "{segment:?}");
            assert_eq!((closing.code_place, closing.ai_outcome), (place, outcome), "{segment:?}");
            assert_eq!((closing.notes.as_deref(), ended.draft), (Some("The customer was"), None), "{segment:?}");
        }
        Ok(())
    }

    #[test]
    fn an_internal_one_takes_updates_for_a_minute_unless_it_is_confirmed() -> Tested {
        let (external, snapshot) = (due()?, snapshot(Some(60))?);
        let internal = Segment { origin: Origin::Internal, ..external.clone() };
        let closing = |segment: &Segment| match segment.ended(&snapshot) {
            Some((Segment { state: State::Closed(closing), .. }, _)) => Ok(closing),
            _ => Err("open"),
        };
        let timed_out = closing(&internal)?;
        let confirmed =
            Closing { confirmation: Confirmation::Confirmed(at("2024-09-16 18:01:10")?), ..timed_out.clone() };
        let by_the_agent = Closing { timed_out: false, ..timed_out.clone() };
        for (now, is_open_to_updates) in [
            ("2024-09-16 18:00:58", true),
            ("2024-09-16 18:01:00", true),
            ("2024-09-16 18:01:59", true),
            ("2024-09-16 18:02:00", false),
            ("2024-09-17 18:00:00", false),
        ] {
            let now = at(now)?;
            assert_eq!(internal.is_just_timed_out(&timed_out, now), is_open_to_updates, "{now}");
            // Another rule holds for those of an external system: for as long as nobody has confirmed them.
            for other in [&confirmed, &by_the_agent, &closing(&external)?] {
                assert!(!internal.is_just_timed_out(other, now), "{now} {other:?}");
            }
        }
        Ok(())
    }
}
