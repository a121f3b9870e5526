//! What a code is, once more in the plainest form, and whether what callers have seen of it is what they could have seen had
//! all happened one after the other.

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;
use wrapup::codes::Code;
use wrapup::sys_id::{Kind, derive};

/// The languages that codes are translated into.
pub const LANGUAGES: [&str; 2] = ["de", "fr"];

/// A code that callers write, some of them by an import with the sys_id that it had elsewhere.
#[derive(Clone, Debug)]
pub struct Desk {
    pub label: String,
    /// The sys_id that it had elsewhere.
    pub kept: String,
    /// Whether segments open with it; those are never switched off.
    pub has_segments: bool,
}

impl Desk {
    /// The code with this number, by whose half segments open.
    pub fn new(number: usize) -> Self {
        let kept = format!("{:032x}", 0xfeed_0000 + number);
        Self { label: format!("Desk {number}"), kept, has_segments: number.is_multiple_of(2) }
    }

    /// The sys_id that follows from its label.
    pub fn own(&self) -> String {
        derive(Kind::Code, &[&self.label])
    }
}

/// What is stored of a code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Stored {
    /// Whether its other sys_id names it.
    is_named: bool,
    code: Option<Is>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Is {
    description: String,
    active: bool,
    external: bool,
    keeps: bool,
    translated: [Option<String>; 2],
}

/// What a caller says of a code; what it does not say stays.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub description: Option<String>,
    pub active: Option<bool>,
    pub translated: [Option<String>; 2],
}

/// What a call asks for.
#[derive(Clone, Debug)]
pub enum Ask {
    /// `POST code`.
    Post(Said),
    /// An operator's import, with the sys_id that it had elsewhere.
    Import(Said),
    /// A segment opens with it.
    Open,
    /// `GET code`, by the sys_id that it had elsewhere or by its own.
    Read { by_kept: bool },
}

/// A code as an answer shows it, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub sys_id: String,
    pub description: String,
    pub active: bool,
    pub external: bool,
    /// The place of the language among [`LANGUAGES`].
    pub language: usize,
    pub translated: String,
}

/// What a call was answered.
#[derive(Clone, Debug)]
pub enum Outcome {
    Shown(Shown),
    /// A segment is open by it.
    Opened,
    NotFound,
    /// 503, or nothing that tells: it may have been carried out, or not, or may yet be.
    Unknown,
}

/// A call, as its caller has seen it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub ask: Ask,
    /// When it began and ended, by everybody's time.
    pub from: u64,
    pub to: u64,
    pub outcome: Outcome,
}

impl Shown {
    /// Reads a code of an answer in this language.
    pub fn read(code: &Value, language: usize) -> Self {
        let text = |name: &str| code[name].as_str().unwrap_or_default().to_owned();
        Self {
            sys_id: text("sys_id"),
            description: text("description"),
            active: code["active"] == true,
            external: code["external"] == true,
            language,
            translated: text("translated_code"),
        }
    }

    /// What an import hands back, in the first language.
    pub fn of(code: &Code) -> Self {
        let translation = code.translations.iter().find(|translation| translation.language.to_string() == LANGUAGES[0]);
        let translated = translation.and_then(|translation| translation.code.clone());
        Self {
            sys_id: code.sys_id.clone(),
            description: code.description.clone(),
            active: code.active,
            external: code.external,
            language: 0,
            translated: translated.unwrap_or_else(|| code.code.as_str().to_owned()),
        }
    }
}

impl Is {
    const fn new(external: bool) -> Self {
        Self { description: String::new(), active: true, external, keeps: false, translated: [None, None] }
    }

    fn said(mut self, said: &Said) -> Self {
        self.description = said.description.clone().unwrap_or(self.description);
        self.active = said.active.unwrap_or(self.active);
        for (stored, said) in self.translated.iter_mut().zip(&said.translated) {
            *stored = said.clone().or(stored.take());
        }
        self
    }

    fn is_shown(&self, desk: &Desk, by_kept: bool, shown: &Shown) -> bool {
        let sys_id = if self.keeps || by_kept { desk.kept.clone() } else { desk.own() };
        let translated = self.translated[shown.language].clone().unwrap_or_else(|| desk.label.clone());
        *shown
            == Shown {
                sys_id,
                description: self.description.clone(),
                active: self.active,
                external: self.external,
                language: shown.language,
                translated,
            }
    }
}

/// How far a call has come, in an order in which all might have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// An import has the other sys_id name the code.
    Name,
    /// What it changes.
    Effect,
    /// What it is answered: of a write, a look at the code that follows.
    Answer,
    Done,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Moment {
    steps: Vec<Step>,
    stored: Stored,
}

/// How many moments are looked at from which there is no way on.
const MOST_DEAD: usize = 300_000;

/// Finds an order for the calls of one code, if there is one that is not too far to seek.
pub fn is_linearizable(desk: &Desk, history: &[Seen]) -> bool {
    let steps = history.iter().map(Seen::first).collect();
    goes_on(desk, history, Moment { steps, stored: Stored::default() }, &mut HashSet::new())
}

fn goes_on(desk: &Desk, history: &[Seen], mut moment: Moment, dead: &mut HashSet<Moment>) -> bool {
    // What only looks, and has seen what there is now, may as well have looked now.
    while let Some(call) = open_calls(history, &moment)
        .into_iter()
        .find(|call| moment.steps[*call] == Step::Answer && history[*call].has_seen(desk, &moment.stored))
    {
        moment.steps[call] = Step::Done;
    }
    let is_over = |(seen, step): (&Seen, &Step)| *step == Step::Done || matches!(seen.outcome, Outcome::Unknown);
    if history.iter().zip(&moment.steps).all(is_over) {
        return true;
    }
    if dead.len() == MOST_DEAD || !dead.insert(moment.clone()) {
        return false;
    }
    for call in open_calls(history, &moment) {
        let seen = &history[call];
        let Some((step, stored)) = seen.next(moment.steps[call], &moment.stored) else { continue };
        let mut next = Moment { steps: moment.steps.clone(), stored };
        next.steps[call] = step;
        if goes_on(desk, history, next, dead) {
            return true;
        }
    }
    false
}

/// The calls of which a step may come next: those that began before any other that is not through ended. Those that were
/// answered first come first.
fn open_calls(history: &[Seen], moment: &Moment) -> Vec<usize> {
    let calls = || (0..history.len()).filter(|call| moment.steps[*call] != Step::Done);
    let first_end = calls().filter_map(|call| history[call].end()).min().unwrap_or(u64::MAX);
    let mut open: Vec<usize> = calls().filter(|call| history[*call].from <= first_end).collect();
    open.sort_by_key(|call| history[*call].end().unwrap_or(u64::MAX));
    open
}

impl Seen {
    fn first(&self) -> Step {
        match (&self.ask, &self.outcome) {
            // A read that failed says nothing.
            (Ask::Read { .. }, Outcome::Unknown) => Step::Done,
            (Ask::Read { .. }, _) => Step::Answer,
            (Ask::Import(_), _) => Step::Name,
            (Ask::Post(_) | Ask::Open, _) => Step::Effect,
        }
    }

    /// When it has ended for sure.
    fn end(&self) -> Option<u64> {
        (!matches!(self.outcome, Outcome::Unknown)).then_some(self.to)
    }

    /// What there may be after its next step, which is no answer.
    fn next(&self, step: Step, stored: &Stored) -> Option<(Step, Stored)> {
        let after = if matches!(self.outcome, Outcome::Shown(_)) { Step::Answer } else { Step::Done };
        let code = |external: bool| stored.code.clone().unwrap_or(Is::new(external));
        let with = |code: Is| Some((after, Stored { code: Some(code), ..stored.clone() }));
        match (step, &self.ask) {
            (Step::Name, _) => Some((Step::Effect, Stored { is_named: true, ..stored.clone() })),
            (Step::Effect, Ask::Post(said)) => with(code(true).said(said)),
            (Step::Effect, Ask::Import(said)) => with(Is { keeps: true, ..code(false).said(said) }),
            (Step::Effect, Ask::Open) => with(code(true)),
            (Step::Effect, Ask::Read { .. }) | (Step::Answer | Step::Done, _) => None,
        }
    }

    /// Whether what it was shown is what there is.
    fn has_seen(&self, desk: &Desk, stored: &Stored) -> bool {
        let by_kept = matches!(self.ask, Ask::Read { by_kept: true });
        let found = stored.code.as_ref().filter(|_| !by_kept || stored.is_named);
        match (&self.outcome, found) {
            (Outcome::Shown(shown), Some(code)) => code.is_shown(desk, by_kept, shown),
            (Outcome::NotFound, None) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Seen {
    /// On one line, times in milliseconds since the world began.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}: {:?} -> {:?}", self.from, self.to, self.ask, self.outcome)
    }
}

/// An answered change that a later one has not taken back is seen from then on, and nobody sees what nobody has said.
#[test]
fn histories_of_a_code_that_cannot_have_been_are_told_from_those_that_can() {
    let desk = Desk::new(1);
    let described = |text: &str| Said { description: Some(text.to_owned()), ..Said::default() };
    let shown = |text: &str, sys_id: String| {
        let (description, translated) = (text.to_owned(), desk.label.clone());
        Outcome::Shown(Shown { sys_id, description, active: true, external: true, language: 0, translated })
    };
    let seen = |ask: Ask, from: u64, to: u64, outcome: Outcome| Seen { ask, from, to, outcome };
    let one = seen(Ask::Post(described("one")), 0, 10, shown("one", desk.own()));
    let two = seen(Ask::Post(described("two")), 20, 30, shown("two", desk.own()));
    let lost = seen(Ask::Post(described("one")), 5, 8, Outcome::Unknown);
    let read = |text: &str, from: u64| seen(Ask::Read { by_kept: false }, from, from + 5, shown(text, desk.own()));
    let none = seen(Ask::Read { by_kept: true }, 50, 55, Outcome::NotFound);
    let holds =
        |history: &[&Seen]| is_linearizable(&desk, &history.iter().map(|seen| (*seen).clone()).collect::<Vec<_>>());
    assert!(holds(&[&one, &two, &read("one", 12), &read("two", 40), &none]));
    assert!(holds(&[&one, &lost, &two, &read("one", 40)]), "what was given up may come late");
    assert!(!holds(&[&one, &two, &read("one", 40)]), "taken back");
    assert!(!holds(&[&one, &two, &read("three", 40)]), "made up");
    assert!(!holds(&[&one, &two, &read("two", 12)]), "before it was said");
    let imported = seen(Ask::Import(described("in")), 32, 36, shown("in", desk.kept.clone()));
    assert!(holds(&[&one, &two, &imported]));
    assert!(!holds(&[&one, &two, &imported, &none]), "an answered sys_id that leads nowhere");
}
