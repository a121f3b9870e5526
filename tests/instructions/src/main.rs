//! Counts the instructions that a call takes beside its requests to DynamoDB: the event's text to routing,
//! parsing, validation and the written answer. An instruction count does not depend on what else the machine
//! does, so a regression shows up in CI as a number.
//!
//! `wrapup-instructions`, run by `tests/guard`, compares with `baseline.json`, or with `--renew` rewrites it. Each
//! case runs in a process of its own under callgrind, once with few calls and once with many; the difference is
//! what the calls in between take, without the start of the process. Counts differ by a few percent between
//! toolchains and between processors, which libraries choose their code by: hence the tolerance.
//!
//! gungraun does not fit: it finds what it counts by symbols, which our release binaries are stripped of, so it would count
//! another, second build. It also keeps what it compares with in the target folder, and limits that are written down are
//! upper ones; here fewer instructions fail as well.

mod baseline;
mod callgrind;
mod case;
mod error;
mod sample;

use std::io::Write;
use std::process::ExitCode;

use baseline::Baseline;
use case::{Case, NAMES};
use error::CountError;

/// How far from the baseline a case may be. Fewer instructions are as wrong as more: the case may not do its work
/// any more, and room that nobody has taken away again hides the next regression.
const TOLERANCE: f64 = 0.05;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => compare(),
        ["--renew"] => renew(),
        ["--case", name, times] => times.parse().map_err(|_| CountError::Usage).and_then(|times| run(name, times)),
        _ => Err(CountError::Usage),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "wrapup-instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What runs under callgrind: one case, so many times.
#[tokio::main(flavor = "current_thread")]
async fn run(name: &str, times: usize) -> Result<(), CountError> {
    let case = Case::find(name)?;
    for _ in 0..times {
        case.call().await?;
    }
    Ok(())
}

fn compare() -> Result<(), CountError> {
    let baseline = Baseline::read()?;
    let mut other = false;
    for name in NAMES {
        let count = callgrind::count(name)?;
        let allowed = baseline.count(name);
        let difference = allowed.map(|allowed| count as f64 / allowed as f64 - 1.0);
        let verdict = match difference {
            Some(difference) if difference < -TOLERANCE => "fewer",
            Some(difference) if difference <= TOLERANCE => "fine",
            Some(_) => "more",
            None => "not in the baseline",
        };
        other |= difference.is_none_or(|difference| difference.abs() > TOLERANCE);
        let percent = difference.map_or_else(String::new, |difference| format!("{:+.1}%", 100.0 * difference));
        writeln!(std::io::stdout(), "{name:24} {count:>9} instructions {percent:>7}  {verdict}")?;
    }
    if other { Err(CountError::OffBaseline) } else { Ok(()) }
}

fn renew() -> Result<(), CountError> {
    let mut baseline = Baseline::default();
    for name in NAMES {
        baseline.set(name, callgrind::count(name)?);
    }
    baseline.write()
}
