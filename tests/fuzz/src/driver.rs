//! Looks at one input after the other, and goes on from those that had something new happen.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use fastrand::Rng;

use crate::mutate;
use crate::targets::Subject;
use crate::work::Work;

/// What inputs are given to.
pub trait Target {
    /// Looks at one input: what came of it in a few words, which tell apart what is worth going on from.
    ///
    /// # Errors
    /// What should hold, and does not.
    fn look(&mut self, input: &[u8]) -> Result<String, String>;

    /// What reading an input takes, where that has a bound for each byte.
    fn work(&self, _input: &[u8]) -> Option<Work> {
        None
    }
}

/// When a run ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After so many inputs.
    Cases(u64),
    /// Then.
    Time(Instant),
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many inputs were looked at.
    pub cases: u64,
    /// What came of them, in how many words.
    pub outcomes: usize,
    /// Those that had something new happen.
    pub new: Vec<Vec<u8>>,
    /// How many were made longer by repeating a part, to compare the work.
    pub lengthened: u64,
    /// The most bytes that were allocated for each of an input, from [`ENOUGH`] on.
    pub most_allocated: u64,
    /// The most branches that were taken for each byte of an input, from [`ENOUGH`] on.
    pub most_branches: u64,
    /// Whether somebody wanted it to end.
    pub interrupted: bool,
}

/// An input with which something does not hold.
#[derive(Debug)]
pub struct Finding {
    target: &'static str,
    seed: u64,
    cases: u64,
    input: Vec<u8>,
    what: String,
    /// Whether a target that has seen no other input finds it, too.
    is_alone: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, cases, input, what, is_alone } = self;
        writeln!(f, "{target}, seed {seed}, case {cases}: {what}")?;
        let escaped = input.escape_ascii().to_string().replace("\\'", "\\x27");
        writeln!(f, "input, {} bytes: {escaped}", input.len())?;
        match is_alone {
            true => write!(f, "again: tests/fuzz/run {target} --input '{escaped}'"),
            false => write!(
                f,
                "again, since it takes those before it: tests/fuzz/run {target} --seed {seed} --cases {cases}"
            ),
        }
    }
}

/// Bytes of an input from which on its work is measured for each of them: below, what a call takes whatever it reads
/// would be most of it.
const ENOUGH: usize = 2_048;

/// An input of so many is lengthened.
const LENGTHENED: u64 = 25;

/// Bytes of the shortest of the three that are compared.
const SHORT: usize = 4_096;

/// Work that does not grow with the input, and steps in which memory grows.
const ANYWAY: Work = Work { allocated: 65_536, branches: 40_000 };

/// Looks at the inputs of a corpus, and at others that are made of them, until it ends, somebody wants it to, or something
/// does not hold.
pub fn run(
    subject: &Subject,
    seeds: Vec<Vec<u8>>,
    seed: u64,
    until: Until,
    interrupted: &AtomicBool,
) -> Result<Summary, Box<Finding>> {
    let mut target = (subject.make)();
    let mut random = Rng::with_seed(seed);
    let mut known = Known::default();
    let mut summary = Summary::default();
    let mut pool = seeds.clone();
    let mut seeds = seeds.into_iter();
    while !ended(until, summary.cases) {
        if interrupted.load(Ordering::Relaxed) {
            summary.interrupted = true;
            break;
        }
        let given = seeds.next();
        let is_given = given.is_some();
        let input = given.unwrap_or_else(|| mutate::another(&mut random, &pool, subject.words, subject.largest));
        summary.cases += 1;
        let looked = look(target.as_mut(), &input).and_then(|seen| {
            if known.is_new(&seen) && !is_given {
                pool.push(input.clone());
                summary.new.push(input.clone());
            }
            if summary.cases % LENGTHENED == 0 {
                lengthen(&mut random, target.as_ref(), &input, &mut summary)
            } else {
                Ok(())
            }
        });
        if let Err(what) = looked {
            return Err(Box::new(finding(subject, target.as_mut(), (seed, summary.cases), input, what)));
        }
    }
    summary.outcomes = known.words.len();
    Ok(summary)
}

fn ended(until: Until, cases: u64) -> bool {
    match until {
        Until::Cases(most) => cases >= most,
        Until::Time(end) => Instant::now() >= end,
    }
}

/// Looks at one input, which no other has been before.
pub fn look_at(subject: &Subject, input: &[u8]) -> Result<String, Box<Finding>> {
    let mut target = (subject.make)();
    look(target.as_mut(), input).map_err(|what| {
        Box::new(Finding { target: subject.name, seed: 0, cases: 1, input: input.to_vec(), what, is_alone: true })
    })
}

thread_local! {
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Looks at one input; a panic is something that does not hold.
///
/// # Errors
/// What does not.
pub fn look(target: &mut dyn Target, input: &[u8]) -> Result<String, String> {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match WATCHING.get() {
            true => PANICKED.set(Some(panic.to_string())),
            false => usual(panic),
        }));
    });
    PANICKED.take();
    WATCHING.set(true);
    let looked = catch_unwind(AssertUnwindSafe(|| target.look(input)));
    WATCHING.set(false);
    // One of a task, which another one waits for in vain, does not unwind this far.
    match (PANICKED.take(), looked) {
        (Some(panic), _) => Err(panic),
        (None, Ok(looked)) => looked,
        // On another thread, whose panic this one goes on with.
        (None, Err(panic)) => Err(format!("panicked: {}", panic.downcast_ref::<String>().map_or("", String::as_str))),
    }
}

/// Repeats a part of an input until it is long, and twice and four times as long: the work has to grow as the length does.
fn lengthen(random: &mut Rng, target: &dyn Target, input: &[u8], summary: &mut Summary) -> Result<(), String> {
    if input.is_empty() {
        return Ok(());
    }
    let (start, end) = loop {
        let (one, other) = (random.usize(0..=input.len()), random.usize(0..=input.len()));
        if one < other {
            break (one, other.min(one + SHORT));
        }
    };
    let Some(works) = works(target, &input[..start], &input[start..end], &input[end..]) else { return Ok(()) };
    summary.lengthened += 1;
    for (length, work) in works.iter().filter(|(length, _)| *length >= ENOUGH) {
        summary.most_allocated = summary.most_allocated.max(work.allocated / *length as u64);
        summary.most_branches = summary.most_branches.max(work.branches / *length as u64);
    }
    check_growth(&works).map_err(|what| format!("{what}; repeated is '{}'", input[start..end].escape_ascii()))
}

/// The lengths of three inputs, each twice as long as the one before it since a part is repeated, and their work.
pub fn works(target: &dyn Target, before: &[u8], part: &[u8], behind: &[u8]) -> Option<Vec<(usize, Work)>> {
    let lengths = [SHORT, 2 * SHORT, 4 * SHORT].into_iter();
    let work = |length: usize| {
        let long = [before, &part.repeat(length / part.len() + 1), behind].concat();
        target.work(&long).map(|work| (long.len(), work))
    };
    lengths.map(work).collect()
}

/// Whether the work grows as the length does.
///
/// # Errors
/// Where it grows faster.
pub fn check_growth(works: &[(usize, Work)]) -> Result<(), String> {
    let [(_, short), (_, half), (_, whole)] = works else { return Ok(()) };
    // Half as much again: a buffer that doubles is now half full, now full. What is little at first is refused there, and
    // read when it is longer.
    let grows = |of: fn(&Work) -> u64| of(whole) > of(half) * 3 + of(&ANYWAY) && of(half) * 2 > of(short) * 3;
    match grows(|work| work.allocated) || grows(|work| work.branches) {
        true => Err(format!("the work grows faster than the input: {works:?}")),
        false => Ok(()),
    }
}

/// What has happened so far.
#[derive(Default)]
struct Known {
    words: HashSet<u64>,
    #[cfg(wrapup_steps)]
    places: places::Places,
}

impl Known {
    fn is_new(&mut self, seen: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        shape(seen).hash(&mut hasher);
        let is_new = self.words.insert(hasher.finish());
        #[cfg(wrapup_steps)]
        let is_new = self.places.are_new() | is_new;
        is_new
    }
}

/// What is said without numbers, and without what is quoted.
fn shape(seen: &str) -> String {
    let unquoted = seen.split(['\'', '"']).step_by(2);
    unquoted.flat_map(str::chars).filter(|character| !character.is_ascii_digit()).take(200).collect()
}

/// The places of the code that inputs have come by, and how often, in eight steps.
#[cfg(wrapup_steps)]
mod places {
    use crate::work::branches::{PLACES, Seen, watch};

    pub struct Places {
        now: &'static Seen,
        before: Vec<u8>,
    }

    impl Default for Places {
        fn default() -> Self {
            let now = Box::leak(Box::new(Seen::new()));
            watch(now);
            Self { now, before: vec![0; PLACES] }
        }
    }

    impl Places {
        pub fn are_new(&mut self) -> bool {
            let mut are_new = false;
            self.now.take(|place, times| {
                let step = 1 << times.ilog2();
                are_new |= step & !self.before[place] != 0;
                self.before[place] |= step;
            });
            are_new
        }
    }
}

/// Tries of making an input shorter.
const TRIES: usize = 600;

/// The finding with the shortest input that has the same thing happen.
fn finding(
    subject: &Subject,
    target: &mut dyn Target,
    (seed, cases): (u64, u64),
    input: Vec<u8>,
    what: String,
) -> Finding {
    let name = subject.name;
    if what.starts_with("the work grows") {
        return Finding { target: name, seed, cases, input, what, is_alone: false };
    }
    let is_same = |other: &Result<String, String>| {
        other.as_ref().is_err_and(|other| shape(other).get(..40) == shape(&what).get(..40))
    };
    let (mut shortest, mut part, mut tries) = (input, usize::MAX, 0);
    while part > 1 && tries < TRIES {
        part = part.min(shortest.len()).div_ceil(2);
        let mut start = 0;
        while start < shortest.len() && tries < TRIES {
            let end = (start + part).min(shortest.len());
            let shorter = [&shortest[..start], &shortest[end..]].concat();
            tries += 1;
            match is_same(&look(target, &shorter)) {
                true => shortest = shorter,
                false => start = end,
            }
        }
    }
    let alone = look((subject.make)().as_mut(), &shortest);
    let is_alone = is_same(&alone);
    let what = alone.err().filter(|_| is_alone).unwrap_or(what);
    Finding { target: name, seed, cases, input: shortest, what, is_alone }
}
