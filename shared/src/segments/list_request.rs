//! Which segments a list is asked for.

use serde::Serialize;

use super::{Confirmation, Origin, PickedCode, Segment};
use crate::clock::DAY;
use crate::codes::Label;
use crate::cursors::{Paging, number};
use crate::date_time::DateTime;
use crate::document::{Fields, Id, Problem};
#[cfg(feature = "openapi")]
use crate::json_schema::Object;

/// Days that a range of `submitted_on` may have.
const MOST_DAYS: u64 = 31;

/// Segments that a page has where nobody says how many, and at most.
const USUAL: usize = 25;
const MOST: usize = 100;

/// Minutes after which a segment that awaits confirmation is overdue, where nobody says after how many, and at most: a year.
const MINUTES: usize = 60;
const MOST_MINUTES: usize = 527_040;

/// What a list can be asked by.
const SELECTORS: &str = "exactly one of agent, interaction, state, or from and to has to be given";

/// The values of `state`.
const STATES: &str = "open, awaiting_confirmation, overdue";

/// A list that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// Which segments, which is what its cursors are good for.
    pub question: Question,
    /// How many of them, from where on.
    pub paging: Paging,
    /// Whether notes, AI notes and drafts are wanted.
    pub with_notes: bool,
}

/// Which segments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// By what they are found.
    pub selector: Selector,
    /// Those closed with the code of this label alone.
    code: Option<Label>,
    /// Those whose deadline has closed them alone, or those that it has not.
    timed_out: Option<bool>,
    /// Those of external systems alone, or internal ones.
    external: Option<bool>,
}

/// By what segments are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// All of an agent, the one opened last first, of those opened within bounds.
    Agent(Id, Option<DateTime>, Option<DateTime>),
    /// All of an interaction, likewise.
    Interaction(Id, Option<DateTime>, Option<DateTime>),
    /// All in a state.
    State(StateAsked),
    /// Those closed since the first of these moments and before the second, the one closed last first.
    Submitted(DateTime, DateTime),
}

/// The states that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateAsked {
    /// Open: the soonest deadline first, then those without one, the one opened first first.
    Open,
    /// Closed and waiting for the external system's confirmation, the one closed first first.
    Awaiting,
    /// The same, for more than so many minutes.
    Overdue(usize),
}

impl ListRequest {
    /// Reads the query of a list.
    pub fn read(query: &Fields<'_>) -> Option<Self> {
        let selector = read_selector(query);
        let code = query.optional("code");
        let (timed_out, external) = (query.flag("timed_out"), query.flag("external"));
        let paging = Paging::read(query, USUAL, MOST);
        let with_notes = match query.as_given("include").map(str::trim) {
            None | Some("") => false,
            Some("notes") => true,
            Some(_) => {
                query.violation("include", Problem::NotOneOf { one_of: "notes" });
                return None;
            }
        };
        let question = Question { selector: selector?, code, timed_out, external };
        Some(Self { question, paging: paging?, with_notes })
    }
}

fn read_selector(query: &Fields<'_>) -> Option<Selector> {
    let by_id: Vec<&str> = ["agent", "interaction", "state"].into_iter().filter(|name| query.has(name)).collect();
    let (from, to) = (query.optional::<DateTime>("from"), query.optional::<DateTime>("to"));
    let (has_from, has_to) = (query.has("from"), query.has("to"));
    // What is wrong with each is named, however many there are.
    let (agent, interaction) = (query.optional::<Id>("agent"), query.optional::<Id>("interaction"));
    let state = read_state(query);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        query.violation("to", Problem::Rule("has to be later than from".to_owned()));
    }
    match by_id[..] {
        [] if has_from || has_to => {
            for (name, is_given) in [("from", has_from), ("to", has_to)] {
                if !is_given {
                    query.violation(
                        name,
                        Problem::RequiredWhen { when: "where neither agent, interaction nor state is" },
                    );
                }
            }
            let (from, to) = (from?, to?);
            if from < to && from.seconds_until(to) > MOST_DAYS * DAY {
                query.violation("to", Problem::Rule(format!("has to be at most {MOST_DAYS} days later than from")));
                return None;
            }
            Some(Selector::Submitted(from, to))
        }
        ["agent"] => Some(Selector::Agent(agent?, from, to)),
        ["interaction"] => Some(Selector::Interaction(interaction?, from, to)),
        ["state"] => {
            for (name, is_given) in [("from", has_from), ("to", has_to)] {
                if is_given {
                    query.violation(name, Problem::Rule(format!("cannot be given with state: {SELECTORS}")));
                }
            }
            state.map(Selector::State)
        }
        [] => {
            query.violation("state", Problem::Rule(format!("is missing: {SELECTORS}")));
            None
        }
        [first, ..] => {
            for name in &by_id[1..] {
                query.violation(name, Problem::Rule(format!("cannot be given with {first}: {SELECTORS}")));
            }
            None
        }
    }
}

/// Reads `state`, and `minutes` where that goes with it.
fn read_state(query: &Fields<'_>) -> Option<StateAsked> {
    let given = query.as_given("state").map(str::trim).filter(|state| !state.is_empty());
    if given != Some("overdue") && query.has("minutes") {
        query.violation("minutes", Problem::OnlyWith { with: "with state=overdue" });
    }
    match given? {
        "open" => Some(StateAsked::Open),
        "awaiting_confirmation" => Some(StateAsked::Awaiting),
        "overdue" => number(query, "minutes", MINUTES, MOST_MINUTES).map(StateAsked::Overdue),
        _ => {
            query.violation("state", Problem::NotOneOf { one_of: STATES });
            None
        }
    }
}

impl Question {
    /// Whether a segment, as it is shown now, is one of those that are asked for. `overdue_since` is when those were closed
    /// at the latest that are overdue.
    pub(super) fn asks_for(&self, segment: &Segment, overdue_since: DateTime) -> bool {
        let closing = segment.closing();
        let awaits = closing.filter(|closing| closing.confirmation == Confirmation::Awaited);
        let opened_within = |from: &Option<DateTime>, to: &Option<DateTime>| {
            from.is_none_or(|from| segment.opened_on >= from) && to.is_none_or(|to| segment.opened_on < to)
        };
        let is_selected = match &self.selector {
            Selector::Agent(agent, from, to) => segment.agent == *agent && opened_within(from, to),
            Selector::Interaction(interaction, from, to) => {
                segment.interaction == *interaction && opened_within(from, to)
            }
            Selector::State(StateAsked::Open) => closing.is_none(),
            Selector::State(StateAsked::Awaiting) => awaits.is_some(),
            Selector::State(StateAsked::Overdue(_)) => {
                awaits.is_some_and(|closing| closing.submitted_on < overdue_since)
            }
            Selector::Submitted(from, to) => {
                closing.is_some_and(|closing| (*from..*to).contains(&closing.submitted_on))
            }
        };
        let code = closing.and_then(|closing| closing.code.as_ref()).map(PickedCode::label);
        let timed_out = closing.is_some_and(|closing| closing.timed_out);
        let external = matches!(segment.origin, Origin::External { .. });
        is_selected
            && self.code.as_ref().is_none_or(|wanted| code == Some(wanted))
            && self.timed_out.is_none_or(|wanted| timed_out == wanted)
            && self.external.is_none_or(|wanted| external == wanted)
    }
}

#[cfg(feature = "openapi")]
impl ListRequest {
    /// What [`ListRequest::read`] reads.
    pub fn described() -> Object {
        let object = Object::new("SegmentList", "Which segments are listed.")
            .optional::<Id>("agent", "sys_id of the agent: all of the agent's segments, the one opened last first.")
            .optional::<Id>("interaction", "sys_id of the interaction: likewise.")
            .optional_one_of(
                "state",
                &["open", "awaiting_confirmation", "overdue"],
                "`open`: the soonest deadline first, then those without one. `awaiting_confirmation`: the one closed first \
                 first. `overdue`: the same, of those that have waited for more than `minutes`.",
            )
            .optional::<DateTime>(
                "from",
                "With `to`: closed at this time or later, the one closed last first. Beside `agent` or `interaction`: \
                 opened at this time or later.",
            )
            .optional::<DateTime>("to", "Before this time; at most 31 days later than `from` where no id is given.")
            .optional::<Label>("code", "Closed with the code of this label alone.")
            .optional_flag("timed_out", "Those alone whose deadline has closed them, or those that it has not.")
            .optional_flag("external", "Those of external systems alone, or internal ones.")
            .optional_number("minutes", MOST_MINUTES, "With `state=overdue`: 60 where it is absent.")
            .optional_one_of("include", &["notes"], "`notes` adds notes, AI notes and drafts.");
        Paging::describe(object, USUAL, MOST)
    }
}
