//! What callers do in a round, and when it ends: all of it follows from the seed and the round's number, whatever is answered.

use std::time::Duration;

use fastrand::Rng;

/// Callers at once.
pub const CALLERS: usize = 6;

/// Steps of a caller: more than it comes to before the round ends.
const STEPS: usize = 40;

/// What a caller does next. What it needs, and is not there yet, is opened first.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Codes,
    OpenExternal,
    OpenSegmented,
    OpenInternal,
    OpenTimed,
    OpenShared,
    Draft,
    Update,
    Advise,
    Confirm,
}

/// How often each kind comes, of all.
const KINDS: [(Kind, u32); 10] = [
    (Kind::Codes, 3),
    (Kind::OpenExternal, 3),
    (Kind::OpenSegmented, 1),
    (Kind::OpenInternal, 2),
    (Kind::OpenTimed, 1),
    (Kind::OpenShared, 2),
    (Kind::Draft, 3),
    (Kind::Update, 4),
    (Kind::Advise, 2),
    (Kind::Confirm, 2),
];

/// A step, with what decides which of several wrap-ups it is about, and what is written.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub kind: Kind,
    pub draw: u64,
}

/// A round.
pub struct Round {
    /// Steps of each caller.
    pub callers: Vec<Vec<Step>>,
    /// Whether each caller sends again what was not answered, before its first step.
    pub sends_again: Vec<bool>,
    /// Answers after which the process is killed.
    pub answers: usize,
    /// How long after the last of these.
    pub delay: Duration,
}

impl Round {
    /// The round of this number.
    pub fn of(seed: u64, number: usize) -> Self {
        let mut draw = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number as u64));
        let all: u32 = KINDS.iter().map(|(_, often)| often).sum();
        let step = |draw: &mut Rng| {
            let mut place = draw.u32(..all);
            let kind = KINDS.iter().find(|(_, often)| match place.checked_sub(*often) {
                Some(rest) => {
                    place = rest;
                    false
                }
                None => true,
            });
            Step { kind: kind.map_or(Kind::Codes, |(kind, _)| *kind), draw: draw.u64(..) }
        };
        let callers = (0..CALLERS).map(|_| (0..STEPS).map(|_| step(&mut draw)).collect()).collect();
        let sends_again = (0..CALLERS).map(|_| draw.bool()).collect();
        // Sometimes while hardly anything is there, and between two answers at any place.
        let (answers, delay) = (draw.usize(1..=50), Duration::from_micros(draw.u64(..15_000)));
        Self { callers, sends_again, answers, delay }
    }
}

/// A text of up to some thousand characters that no other draw writes.
pub fn text(draw: u64) -> String {
    let mut rng = Rng::with_seed(draw);
    let longest = if draw.is_multiple_of(16) { 300 } else { 30 };
    let words = rng.usize(1..longest);
    let words: Vec<String> = (0..words).map(|_| format!("w\u{f6}rd{}", rng.u16(..))).collect();
    format!("{draw} {}", words.join(" "))
}

#[test]
fn a_seed_plans_the_same_rounds_each_time_and_another_one_others() {
    let steps = |seed: u64, number: usize| {
        let round = Round::of(seed, number);
        format!("{:?} {:?} {} {:?}", round.callers, round.sends_again, round.answers, round.delay)
    };
    assert_eq!(steps(7, 3), steps(7, 3));
    assert!(steps(7, 3) != steps(7, 4) && steps(7, 3) != steps(8, 3));
    // Whatever a caller can do comes.
    let all: String = (0..5).map(|number| steps(7, number)).collect();
    assert!(KINDS.iter().all(|(kind, _)| all.contains(&format!("{kind:?}"))), "{all}");
}
