//! Mutates whatever arrives from outside, gives it to the code that reads it, and says with which input something does
//! not hold. Exit status 1 says that there is one, 2 that nothing could be looked at, or not all of it.
#![cfg_attr(test, expect(clippy::panic, reason = "a test that finds something says so"))]
#![expect(clippy::expect_used, reason = "what cannot go on says so by panicking, which is a finding")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "whoever starts a run reads what came of it")]

mod corpus;
mod driver;
mod mutate;
mod targets;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;

use corpus::CorpusError;
use driver::Until;
use targets::{SUBJECTS, Subject};

/// Whether somebody wants the run to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Looks for inputs with which something does not hold that should.
#[derive(Parser)]
#[command(name = "tests/fuzz/run")]
struct Arguments {
    /// What is given inputs, or `all`, which share the time; without it, the targets are listed
    target: Option<String>,
    /// How long
    #[arg(long, default_value_t = 10, conflicts_with = "cases")]
    minutes: u64,
    /// How many inputs, in place of how long
    #[arg(long)]
    cases: Option<u64>,
    /// What random numbers begin with, so that they are the same again; a random one otherwise
    #[arg(long)]
    seed: Option<u64>,
    /// A folder with further inputs, into which those are written at the end that had something new happen
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// Look at this input alone, escaped as a finding is printed
    #[arg(long, conflicts_with_all = ["minutes", "cases", "seed", "corpus"])]
    input: Option<String>,
}

/// Why nothing was looked at, or not all.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("there is no target '{0}'; there are {names}, and 'all'", names = names())]
    UnknownTarget(String),
    #[error("'all' has no input and no folder of its own: name one target")]
    NotOfAll,
    #[error("--input ends with, or has, a '\\' that escapes nothing")]
    NotEscaped,
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error("interrupted after {cases} inputs of {target}, in which nothing was found; nothing is written")]
    Interrupted { target: &'static str, cases: u64 },
}

fn names() -> String {
    SUBJECTS.iter().map(|subject| format!("'{}'", subject.name)).collect::<Vec<_>>().join(", ")
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    listen();
    match run(&arguments, &INTERRUPTED) {
        Ok(status) => status,
        Err(trouble) => {
            eprintln!("tests/fuzz/run: {trouble}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments, interrupted: &AtomicBool) -> Result<ExitCode, Trouble> {
    let Some(name) = arguments.target.as_deref() else {
        SUBJECTS
            .iter()
            .for_each(|Subject { name, about, cases, .. }| println!("{name:<14}{about} ({cases} in cargo test)"));
        return Ok(ExitCode::SUCCESS);
    };
    let of_name = || SUBJECTS.iter().find(|subject| subject.name == name);
    let subjects: Vec<&Subject> = match name {
        "all" if arguments.corpus.is_some() || arguments.input.is_some() => return Err(Trouble::NotOfAll),
        "all" => SUBJECTS.iter().collect(),
        _ => vec![of_name().ok_or_else(|| Trouble::UnknownTarget(name.to_owned()))?],
    };
    if let (Some(escaped), [subject]) = (&arguments.input, subjects.as_slice()) {
        let input = unescaped(escaped).ok_or(Trouble::NotEscaped)?;
        return Ok(shown(driver::look_at(subject, &input)));
    }
    if let Some(folder) = &arguments.corpus {
        corpus::check_writable(folder)?;
    }
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let share = Duration::from_secs(arguments.minutes * 60) / subjects.len().try_into().unwrap_or(u32::MAX);
    let mut status = ExitCode::SUCCESS;
    for subject in subjects {
        let mut inputs = corpus::committed(subject.name)?;
        if let Some(folder) = &arguments.corpus {
            inputs.extend(corpus::read(folder)?);
        }
        println!("{}, seed {seed}, {} inputs to begin with", subject.name, inputs.len());
        let until = arguments.cases.map_or_else(|| Until::Time(Instant::now() + share), Until::Cases);
        match driver::run(subject, inputs, seed, until, interrupted) {
            Ok(summary) if summary.interrupted => {
                return Err(Trouble::Interrupted { target: subject.name, cases: summary.cases });
            }
            Ok(summary) => {
                if let Some(folder) = &arguments.corpus {
                    corpus::write(folder, &summary.new)?;
                }
                println!("{}", said(&summary));
            }
            Err(finding) => {
                println!("{finding}");
                status = ExitCode::FAILURE;
            }
        }
    }
    Ok(status)
}

fn said(summary: &driver::Summary) -> String {
    let driver::Summary { cases, new, lengthened, most_allocated, most_branches, .. } = summary;
    let new = new.len();
    format!(
        "  {cases} inputs, {new} of them new; {lengthened} lengthened: at most {most_allocated} bytes allocated and \
         {most_branches} branches for each byte. Nothing found."
    )
}

fn shown(looked: Result<String, Box<driver::Finding>>) -> ExitCode {
    match looked {
        Ok(seen) => {
            println!("Nothing found: {seen}");
            ExitCode::SUCCESS
        }
        Err(finding) => {
            println!("{finding}");
            ExitCode::FAILURE
        }
    }
}

/// Has a run end at Ctrl-C, and when a service manager asks for it.
fn listen() {
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            #[cfg(unix)]
            {
                use tokio::signal::unix::{SignalKind, signal};
                let mut terminated = signal(SignalKind::terminate()).expect("signals");
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminated.recv() => {}
                }
            }
            #[cfg(not(unix))]
            let _ = tokio::signal::ctrl_c().await;
        });
        INTERRUPTED.store(true, Ordering::Relaxed);
    });
}

/// The bytes that a text stands for which `escape_ascii` has written.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other @ (b'\\' | b'"' | b'\'') => other,
            _ => return None,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
