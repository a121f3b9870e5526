//! Many callers at once around the deadlines of many segments, and of a few codes, on instances whose clocks differ, over a
//! network that delays and loses: whatever they see is what a plain model of a segment, and of a code, could have shown them,
//! one call after the other.
//!
//! All of it follows from one seed, which a failure names; `WRAPUP_MODEL_SEED` runs that world alone, and
//! `WRAPUP_MODEL_WORLDS` so many, ten at once.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on says so by panicking; figures are printed"
)]

mod code;
mod history;
mod network;
mod segment;
mod stored;
mod timeline;
mod world;

use std::sync::{Mutex, PoisonError};

use network::Trouble;
use world::World;

/// The worlds, and the places for segments in each of them.
const WORLDS: u64 = 10;
const PLACES: usize = 70;

/// What happens in the first half of the worlds: nobody gives a request up that is carried out later.
const LATE: Trouble = Trouble {
    slow: 80,
    late_answer: 120,
    held: 0,
    throttled: 30,
    lost_request: 15,
    lost_answer: 120,
    spoiled: 15,
    outage: 600,
    longest_run: 900_000,
};

/// What happens in the second half.
const GIVEN_UP: Trouble = Trouble { held: 40, longest_run: 6_000, ..LATE };

/// What came of some worlds.
#[derive(Debug, Default)]
struct Sum {
    calls: usize,
    /// Those of them that have to do with a code.
    of_codes: usize,
    refused: usize,
    unknown: usize,
    /// Calls of which a write was carried out that they had given up.
    late: usize,
    timed_out: usize,
    problems: Vec<String>,
}

#[test]
fn whatever_races_around_deadlines_is_as_if_one_call_came_after_the_other() {
    let one = number("WRAPUP_MODEL_SEED", 0);
    let (first, last) = one.map_or((0, number("WRAPUP_MODEL_WORLDS", 1).unwrap_or(WORLDS)), |seed| (seed, seed + 1));
    let sums = Mutex::new(Vec::new());
    let seeds: Vec<u64> = (first..last).collect();
    for seeds in seeds.chunks(10) {
        std::thread::scope(|scope| {
            for seed in seeds {
                let sums = &sums;
                // Each on a thread of its own: calls that back off do so by the machine's clock. It is named as whoever
                // wants to see that world again has to say.
                let thread = std::thread::Builder::new().name(format!("WRAPUP_MODEL_SEED={seed}"));
                let world = move || {
                    let sum = look_at(*seed);
                    sums.lock().unwrap_or_else(PoisonError::into_inner).push((*seed, sum));
                };
                thread.spawn_scoped(scope, world).expect("a thread");
            }
        });
    }
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (seed, sum) in &sums {
        assert!(
            sum.problems.is_empty(),
            "WRAPUP_MODEL_SEED={seed}: {} problems, the first one:\n{}",
            sum.problems.len(),
            sum.problems[0]
        );
    }
    let all = |count: fn(&Sum) -> usize| sums.iter().map(|(_, sum)| count(sum)).sum::<usize>();
    let (calls, of_codes, refused) = (all(|sum| sum.calls), all(|sum| sum.of_codes), all(|sum| sum.refused));
    println!("{} worlds, {calls} calls of which {of_codes} are of codes, {refused} refused", sums.len());
    if sums.len() as u64 >= WORLDS {
        assert!(calls >= 20_000 && of_codes > 1_500, "{sums:?}");
        assert!(all(|sum| sum.timed_out) > 300 && refused > 1_000, "{sums:?}");
        let late = |given_up: bool| {
            let worlds = sums.iter().filter(|(seed, _)| gives_up(*seed) == given_up);
            worlds.map(|(_, sum)| sum.late).sum::<usize>()
        };
        // What all tries of a request may take together may end while the last one is on its way, in the first half, too.
        assert!(late(false) < late(true), "{sums:?}");
    }
}

/// What the environment says by a variable, if it says anything: a number of at least this.
fn number(variable: &str, least: u64) -> Option<u64> {
    let said = std::env::var_os(variable)?;
    // No world comes behind the last one that numbers name.
    let number = said.to_str().and_then(|said| said.parse().ok()).filter(|number| (least..u64::MAX).contains(number));
    Some(number.unwrap_or_else(|| panic!("{variable} has to be a number from {least} on, and is {said:?}")))
}

/// Whether requests are carried out in a world that were given up.
const fn gives_up(seed: u64) -> bool {
    seed % WORLDS >= WORLDS / 2
}

fn look_at(seed: u64) -> Sum {
    let trouble = if gives_up(seed) { GIVEN_UP } else { LATE };
    // What the SDK draws to wait between its attempts.
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (outcomes, (problems, timed_out)) = runtime.block_on(async {
        let outcomes = World::run(seed, PLACES, trouble).await;
        let (mut problems, timed_out) = stored::problems(&outcomes.stored, &outcomes.configurations).await;
        problems.extend(stored::problems_of_codes(&outcomes.operator, &outcomes.codes).await);
        (outcomes, (problems, timed_out))
    });
    let mut sum = Sum { problems, timed_out, ..Sum::default() };
    for (desk, history) in outcomes.codes {
        sum.calls += history.len();
        sum.of_codes += history.len();
        sum.unknown += history.iter().filter(|seen| matches!(seen.outcome, code::Outcome::Unknown)).count();
        if !code::is_linearizable(&desk, &history) {
            let mut calls: Vec<_> = history.iter().collect();
            calls.sort_by_key(|seen| seen.from);
            let calls: Vec<String> = calls.into_iter().map(ToString::to_string).collect();
            sum.problems.push(format!(
                "no order was found that explains what callers of {desk:?} have seen:\n{}",
                calls.join("\n")
            ));
        }
    }
    for (place, history) in outcomes.histories {
        sum.calls += history.len();
        sum.late += history.iter().filter(|seen| seen.is_late).count();
        sum.refused += history.iter().filter(|seen| matches!(seen.outcome, history::Outcome::Refused)).count();
        sum.unknown += history.iter().filter(|seen| matches!(seen.outcome, history::Outcome::Unknown)).count();
        if !history::is_linearizable(&place, &history) {
            let mut calls: Vec<_> = history.iter().collect();
            calls.sort_by_key(|seen| seen.from);
            let calls: Vec<String> = calls.into_iter().map(ToString::to_string).collect();
            sum.problems.push(format!(
                "no order was found that explains what callers of {place:?} have seen:\n{}",
                calls.join("\n")
            ));
        }
    }
    sum
}
