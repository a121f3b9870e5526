//! Whether what callers have seen is what they could have seen had all happened one after the other, each call at one
//! moment while it ran.

use std::collections::HashSet;
use std::fmt;

use super::segment::{Millis, Place, Refused, Seconds, Segment, Shown, Update};
use super::timeline::BEGIN;

/// By what a call names its segment.
#[derive(Clone, Debug)]
pub enum By {
    SysId(String),
    ExternalId,
    AgentInteraction,
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub enum Ask {
    Create,
    Read(By),
    Draft {
        by: By,
        code: Option<&'static str>,
        notes: Option<String>,
    },
    Update {
        by: By,
        update: Update,
    },
    Advise {
        by: By,
        code: Option<&'static str>,
        notes: Option<String>,
    },
    /// The AI filler gets records of the stream.
    Fill,
    /// Whoever stores what is overdue.
    Sweep,
}

/// What a call was answered.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// 200, and the segment.
    Shown(Box<Shown>),
    /// 400.
    Refused,
    /// 404.
    NotFound,
    /// It is over, and does not say what it has done.
    Quiet,
    /// 503, or nothing that tells: it may have been carried out, or not, or may yet be.
    Unknown,
}

/// A call, as its caller has seen it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub ask: Ask,
    pub user: &'static str,
    /// When it began and ended, by everybody's time.
    pub from: u64,
    pub to: u64,
    /// The same by the clock of its instance, since the Unix epoch.
    pub clock_from: Millis,
    pub clock_to: Millis,
    pub outcome: Outcome,
    /// When DynamoDB has carried out the first write of it, by everybody's time. No order has to agree: by that the search
    /// only guesses where to begin.
    pub wrote: Option<u64>,
    /// Whether DynamoDB has carried a write of it out that it had given up: the one thing that may change what a read has
    /// shown.
    pub is_late: bool,
}

/// How far a call has come, in an order in which all might have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Which segment an agent and an interaction mean.
    Target,
    /// What it changes.
    Effect,
    /// What it is answered: of a write, a look at the segment that follows.
    Answer,
    Done,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Moment {
    steps: Vec<(Step, Option<u8>)>,
    segments: Vec<Segment>,
}

/// How many moments are looked at, from which there is no way on. Those of most places are a few hundred.
const MOST_DEAD: usize = 300_000;

/// Finds an order for the calls of one place, if there is one that is not too far to seek.
pub fn is_linearizable(place: &Place, history: &[Seen]) -> bool {
    let steps = history.iter().map(|seen| (seen.first(), None)).collect();
    let mut search = Search { place, history, dead: HashSet::new() };
    search.goes_on(Moment { steps, segments: Vec::new() })
}

struct Search<'a> {
    place: &'a Place,
    history: &'a [Seen],
    /// From where there is no way on.
    dead: HashSet<Moment>,
}

impl Search<'_> {
    fn goes_on(&mut self, mut moment: Moment) -> bool {
        // What only looks, and has seen what there is now, may as well have looked now; and so what is refused.
        loop {
            let looks = self.open_calls(&moment).into_iter().find_map(|call| {
                let next = self.next(&moment, call);
                let only_looks = match moment.steps[call].0 {
                    Step::Target => self.place.external_segment_id.is_some() && !moment.segments.is_empty(),
                    Step::Effect => matches!(self.history[call].outcome, Outcome::Refused | Outcome::NotFound),
                    Step::Answer => true,
                    Step::Done => false,
                };
                (only_looks && next.len() == 1 && next[0].segments == moment.segments)
                    .then(|| next.into_iter().next())?
            });
            match looks {
                Some(next) => moment = next,
                None => break,
            }
        }
        let is_over =
            |(seen, (step, _)): (&Seen, &(Step, _))| *step == Step::Done || matches!(seen.outcome, Outcome::Unknown);
        if self.history.iter().zip(&moment.steps).all(is_over) {
            return true;
        }
        if self.is_hopeless(&moment) || self.dead.len() == MOST_DEAD || !self.dead.insert(moment.clone()) {
            return false;
        }
        let mut calls = self.open_calls(&moment);
        calls.sort_by_key(|call| self.history[*call].guess(moment.steps[*call].0));
        for call in calls {
            for next in self.next(&moment, call) {
                if self.goes_on(next) {
                    return true;
                }
            }
        }
        false
    }

    /// Whether a call has yet to look for a segment that by now is not, or no longer, what it has seen.
    fn is_hopeless(&self, moment: &Moment) -> bool {
        let segments = &moment.segments;
        self.history.iter().zip(&moment.steps).any(|(seen, (step, target))| match (&seen.outcome, step) {
            (_, Step::Done) => false,
            (Outcome::NotFound, Step::Target) => !segments.is_empty(),
            (Outcome::NotFound, _) => target.is_none() && seen.target(segments).is_some(),
            (Outcome::Shown(shown), Step::Target) => {
                let place = segments.iter().position(|segment| segment.is.sys_id == shown.sys_id);
                place.is_some_and(|place| place + 1 < segments.len())
            }
            _ => false,
        })
    }

    /// The calls of which a step may come next: those that began before any other that is not through ended.
    fn open_calls(&self, moment: &Moment) -> Vec<usize> {
        let through = |call: usize| moment.steps[call].0 == Step::Done;
        let calls = || (0..self.history.len()).filter(|call| !through(*call));
        let first_end = calls().filter_map(|call| self.history[call].end()).min().unwrap_or(u64::MAX);
        calls().filter(|call| self.history[*call].from <= first_end).collect()
    }

    /// What there may be after a call's next step.
    fn next(&self, moment: &Moment, call: usize) -> Vec<Moment> {
        let seen = &self.history[call];
        let (step, target) = moment.steps[call];
        let with = |step: Step, target: Option<u8>, segments: Vec<Segment>| {
            let mut steps = moment.steps.clone();
            steps[call] = (step, target);
            Moment { steps, segments }
        };
        match step {
            Step::Target => {
                // The one that follows all others is opened last, whatever the clocks of those who opened them said.
                let latest = moment.segments.len().checked_sub(1).and_then(|index| u8::try_from(index).ok());
                vec![with(seen.after_target(), latest, moment.segments.clone())]
            }
            Step::Effect => {
                let target = target.map(usize::from).or_else(|| seen.target(&moment.segments));
                let next = match seen.outcome {
                    Outcome::Shown(_) => Step::Answer,
                    _ => Step::Done,
                };
                let effects = self.effects(&moment.segments, seen, target);
                let effects = effects.into_iter().map(|(target, segments)| with(next, target, segments));
                // Whoever writes and finds that a deadline has passed stores the closing, and only then goes on.
                let stored = self.with_closing(&moment.segments, seen, target);
                effects.chain(stored.map(|segments| with(Step::Effect, moment.steps[call].1, segments))).collect()
            }
            Step::Answer => {
                let target = target.map(usize::from).or_else(|| seen.target(&moment.segments));
                let found = target.and_then(|target| Some((target, moment.segments.get(target)?)));
                match (&seen.outcome, found) {
                    (Outcome::NotFound, None) => vec![with(Step::Done, None, moment.segments.clone())],
                    (Outcome::Shown(shown), Some((target, segment))) => {
                        let done = |segments| with(Step::Done, None, segments);
                        if segment.is == **shown && (!segment.is.is_open || segment.may_be_shown_open(seen.clock_from))
                        {
                            // A write whose answer got lost looks for what has become of it, and who does that after the
                            // deadline stores first what that has done.
                            let is_write = !matches!(seen.ask, Ask::Read(_));
                            let closing = || self.with_closing(&moment.segments, seen, Some(target));
                            let stored = is_write.then(closing).flatten();
                            return [Some(moment.segments.clone()), stored].into_iter().flatten().map(done).collect();
                        }
                        if segment.may_be_shown_ended(seen.clock_to) && segment.ended().is == **shown {
                            let mut segments = moment.segments.clone();
                            segments[target].was_shown_closed = true;
                            return vec![done(segments)];
                        }
                        Vec::new()
                    }
                    _ => Vec::new(),
                }
            }
            Step::Done => Vec::new(),
        }
    }

    /// The segments with the closing stored of the one that a write has to do with, where it may have found it overdue.
    fn with_closing(&self, segments: &[Segment], seen: &Seen, target: Option<usize>) -> Option<Vec<Segment>> {
        let index = match (&seen.ask, &self.place.external_segment_id) {
            (Ask::Create, Some(_)) => None,
            (Ask::Create, None) => segments.len().checked_sub(1),
            _ => target,
        }?;
        let segment = segments.get(index).filter(|segment| segment.may_be_overdue(seen.clock_to))?;
        let mut segments = segments.to_vec();
        segments[index] = segment.ended();
        Some(segments)
    }

    /// What a write may make of the segments, and which one it has to do with.
    fn effects(&self, segments: &[Segment], seen: &Seen, target: Option<usize>) -> Vec<(Option<u8>, Vec<Segment>)> {
        let place = |index: usize| u8::try_from(index).ok();
        if let Ask::Create = seen.ask {
            let is_external = self.place.external_segment_id.is_some();
            return match segments.last() {
                Some(last) if is_external || last.may_be_open(seen.clock_from) => {
                    vec![(place(segments.len() - 1), segments.to_vec())]
                }
                Some(last) if last.is.is_open => Vec::new(),
                last => seen
                    .stamps()
                    .map(|at| {
                        let new = self.place.open(last, seen.user, at);
                        (place(segments.len()), segments.iter().cloned().chain([new]).collect())
                    })
                    .collect(),
            };
        }
        let Some((index, segment)) = target.and_then(|index| Some((index, segments.get(index)?))) else {
            return match seen.outcome {
                Outcome::NotFound => vec![(None, segments.to_vec())],
                _ => Vec::new(),
            };
        };
        if segment.is.is_open && !segment.may_be_open(seen.clock_from) {
            return Vec::new();
        }
        let ends: Vec<Result<Segment, Refused>> = match &seen.ask {
            Ask::Draft { code, notes, .. } => vec![segment.drafted(*code, notes.as_deref())],
            Ask::Update { update, .. } => seen.stamps().map(|at| segment.updated(update, seen.user, at)).collect(),
            Ask::Advise { code, notes, .. } => {
                seen.stamps().map(|at| segment.advised(*code, notes.as_deref(), seen.user, at)).collect()
            }
            Ask::Fill => {
                let filled = seen.stamps().filter_map(|at| segment.filled(at));
                filled.chain([segment.clone()]).map(Ok).collect()
            }
            Ask::Sweep => vec![Ok(segment.clone())],
            Ask::Create | Ask::Read(_) => Vec::new(),
        };
        // What somebody was shown to be closed does not change in another way, but by a write that came late.
        let is_sealed = segment.is.is_open && segment.was_shown_closed && !seen.is_late;
        let fits = |end: &Result<Segment, Refused>| match (end, &seen.outcome) {
            (Ok(new), Outcome::Shown(_) | Outcome::Quiet) => !is_sealed || new == segment,
            (Ok(new), Outcome::Unknown) => !is_sealed && new != segment,
            (Err(Refused), Outcome::Refused) => true,
            _ => false,
        };
        let segments_with = |end: Result<Segment, Refused>| {
            let mut segments = segments.to_vec();
            if let Ok(mut new) = end {
                new.was_shown_closed &= !seen.is_late;
                segments[index] = new;
            }
            (place(index), segments)
        };
        ends.into_iter().filter(fits).map(segments_with).collect()
    }
}

impl fmt::Display for Seen {
    /// On one line, times in milliseconds since the world began.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begin = i64::try_from(BEGIN * 1_000).unwrap_or(0);
        let clock = [self.clock_from, self.clock_to].map(|clock| clock - begin);
        write!(f, "{}..{} (clock {}..{}) {}: {:?} -> ", self.from, self.to, clock[0], clock[1], self.user, self.ask)?;
        match &self.outcome {
            Outcome::Shown(shown) => write!(f, "{shown}")?,
            other => write!(f, "{other:?}")?,
        }
        if self.is_late { f.write_str(", carried out when given up") } else { Ok(()) }
    }
}

impl Seen {
    fn by(&self) -> Option<&By> {
        match &self.ask {
            Ask::Create | Ask::Fill | Ask::Sweep => None,
            Ask::Read(by) | Ask::Draft { by, .. } | Ask::Update { by, .. } | Ask::Advise { by, .. } => Some(by),
        }
    }

    fn first(&self) -> Step {
        match self.by() {
            Some(By::AgentInteraction) => Step::Target,
            _ => self.after_target(),
        }
    }

    fn after_target(&self) -> Step {
        match (&self.ask, &self.outcome) {
            // A read that failed says nothing.
            (Ask::Read(_), Outcome::Unknown) => Step::Done,
            (Ask::Read(_), _) => Step::Answer,
            _ => Step::Effect,
        }
    }

    /// The segment that it is about, where nothing has to be looked up for that.
    fn target(&self, segments: &[Segment]) -> Option<usize> {
        match self.by() {
            Some(By::SysId(id)) => segments.iter().position(|segment| segment.is.sys_id == *id),
            Some(By::ExternalId) => (!segments.is_empty()).then_some(0),
            Some(By::AgentInteraction) => None,
            // Filler and sweep have to do with the segment that is open.
            None => segments.len().checked_sub(1),
        }
    }

    /// When a step of it may have happened, for a beginning.
    fn guess(&self, step: Step) -> u64 {
        match step {
            Step::Target => self.from,
            _ => self.wrote.or(self.end()).unwrap_or(u64::MAX),
        }
    }

    /// When it has ended for sure.
    fn end(&self) -> Option<u64> {
        match self.outcome {
            Outcome::Unknown => None,
            _ => Some(self.to),
        }
    }

    /// The times that a change of it may say.
    fn stamps(&self) -> impl Iterator<Item = Seconds> + use<> {
        self.clock_from.div_euclid(1_000)..=self.clock_to.div_euclid(1_000)
    }
}
