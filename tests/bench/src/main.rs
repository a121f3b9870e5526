//! What each function costs, side by side in one run with the least that it could cost. Exit status 1 says that there are no
//! figures, 2 that what was asked for cannot be measured.
//!
//! Every function's release binary runs as a process that is driven as Lambda drives it, with the events of
//! API Gateway, against an embedded DynamoDB over HTTP. The floors run in the same way, in turns with them.

// The layout of an API call's future, which holds those of the SDK, is deeper than the compiler's default goes.
#![recursion_limit = "256"]

mod binaries;
mod chart;
mod error;
mod load;
mod measure;
mod process;
mod report;
mod reports;
mod scale;
mod subject;
mod table;
mod workload;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use binaries::Binaries;
use error::BenchError;
use measure::Bench;
use report::{Codes, Machine, Report, Row};
use subject::{ALL, Call, Format, Subject};
use workload::Workload;

/// Measures what each function costs, side by side with the least that it could cost.
#[derive(Parser)]
struct Arguments {
    /// Fewer starts and invocations: figures of about a fifth off, in a minute
    #[arg(long)]
    quick: bool,
    /// Measure these functions alone, and nothing else than functions; may be repeated
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(subject::functions()))]
    only: Vec<String>,
    /// Measure what reports of so many wrap-ups cost, and nothing else
    #[arg(long, value_name = "WRAP-UPS", conflicts_with_all = ["quick", "only", "json", "svg"])]
    reports: Option<usize>,
    /// Compare what calls cost among so many wrap-ups with what they cost among a hundred, and measure nothing else
    #[arg(long, value_name = "WRAP-UPS", conflicts_with_all = ["quick", "only", "json", "svg", "reports"],
        value_parser = scale::many)]
    scale: Option<usize>,
    /// Count a report of theirs at a DynamoDB: what --reports starts this program for
    #[arg(long, hide = true, requires = "dynamodb")]
    count: Option<String>,
    #[arg(long, hide = true)]
    dynamodb: Option<String>,
    /// Also write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also draw CPU time as a chart
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// How much is measured.
struct Extent {
    starts: usize,
    invocations: usize,
    rounds: usize,
    load: Duration,
}

const FULL: Extent = Extent { starts: 15, invocations: 2_000, rounds: 5, load: Duration::from_secs(3) };
const QUICK: Extent = Extent { starts: 5, invocations: 300, rounds: 3, load: Duration::from_secs(1) };

/// How many codes one `POST code` creates.
const CODES: [usize; 4] = [1, 10, 100, 1_000];

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "wrapup-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), BenchError> {
    if let (Some(report), Some(dynamodb)) = (&arguments.count, &arguments.dynamodb) {
        write!(std::io::stdout(), "{}", reports::count(report, dynamodb).await?)?;
        return Ok(());
    }
    if let Some(many) = arguments.reports {
        write!(std::io::stdout(), "{}", reports::measure(many).await?)?;
        return Ok(());
    }
    if let Some(many) = arguments.scale {
        write!(std::io::stdout(), "{}", Box::pin(scale::measure(many)).await?)?;
        return Ok(());
    }
    let extent = if arguments.quick { QUICK } else { FULL };
    let all = arguments.only.is_empty();
    let wanted = |name: &str| all || arguments.only.iter().any(|only| only == name);
    let functions: Vec<&str> = subject::functions().into_iter().filter(|name| wanted(name)).collect();
    let subjects: Vec<Subject> =
        ALL.into_iter().filter(|subject| subject.is_floor() || wanted(subject.binary)).collect();
    let binaries = Binaries::build(&functions, all)?;

    let workload = Workload::prepare().await;
    let bar = progress(measure::steps(subjects.len(), extent.starts, extent.invocations))?;
    let bench = Bench { binaries: &binaries, workload: &workload, bar: &bar };
    let mut report = measure_all(&bench, &subjects, &extent).await?;
    if wanted("create-codes") {
        report.codes = measure_codes(&bench, extent.rounds).await?;
    }
    if all {
        let wrapup = binaries.path("wrapup");
        report.local = Some(load::measure(&wrapup.to_string_lossy(), extent.rounds, extent.load).await?);
    }
    bar.finish_and_clear();

    write!(std::io::stdout(), "{}", table::text(&report))?;
    if let Some(path) = arguments.json {
        report.write_json(&path)?;
    }
    if let Some(path) = arguments.svg {
        report::write(&path, &chart::svg(&report))?;
    }
    Ok(())
}

async fn measure_all(bench: &Bench<'_>, subjects: &[Subject], extent: &Extent) -> Result<Report, BenchError> {
    let mut counts = Vec::new();
    for subject in subjects {
        counts.push(bench.counts(*subject).await?);
    }
    let cold = bench.cold(subjects, extent.starts).await?;
    let warm = bench.warm(subjects, extent.invocations).await?;
    let mut rows = Vec::new();
    for (((subject, counts), cold), warm) in subjects.iter().zip(counts).zip(cold).zip(warm) {
        let size = bench.binaries.size(subject.binary)?;
        let (cpu_to_floor, cpu_to_json) = (None, None);
        rows.push(Row { name: subject.name(), subject: *subject, size, cold, warm, counts, cpu_to_floor, cpu_to_json });
    }
    let mut report = Report {
        machine: Machine::this(),
        starts: extent.starts,
        invocations: extent.invocations,
        rows,
        codes: Vec::new(),
        local: None,
    };
    report.compare();
    Ok(report)
}

async fn measure_codes(bench: &Bench<'_>, rounds: usize) -> Result<Vec<Codes>, BenchError> {
    let create_codes =
        ALL.into_iter().find(|subject| subject.call == Call::CreateCode && subject.format == Format::Json);
    let Some(subject) = create_codes else { return Ok(Vec::new()) };
    let took = bench.codes(subject, &CODES, rounds).await?;
    let figures = CODES.into_iter().zip(took);
    Ok(figures.map(|(codes, took)| Codes { codes, took_ms: took / 1e3, per_code_us: took / codes as f64 }).collect())
}

/// A bar on a terminal, and nothing where no one looks.
fn progress(steps: usize) -> Result<ProgressBar, BenchError> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}").map_err(std::io::Error::other)?;
    let bar = ProgressBar::new(steps as u64).with_style(style);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    Ok(bar)
}
