//! Makes the weights by which redaction decides (`shared/src/redaction/learned/weights.bin`) from the conversations in
//! tests/conversations, and measures on hands that it was not made from how much of what is secret goes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "whoever starts it reads what came of it")]

mod figures;
mod rows;
mod trainer;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use wrapup::redaction::learned::{Table, TableError, Thresholds, findings_by, written};

use figures::Figures;
use rows::{LABELLED, Row, RowsError};
use trainer::{Example, learn};

/// Weights that the file has at most: about 150 KB, compressed.
const MOST_WEIGHTS: usize = 90_000;
/// The thresholds of the curve: of what the rules have found, of what they have not found, and of what stands beside.
const CURVE: &[f32] = &[0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9];

/// Makes redaction's weights from tests/conversations, or measures what it makes.
#[derive(Parser)]
#[command(name = "wrapup-redaction-model")]
struct Arguments {
    /// Leave hands out in so many groups, one after another, and print what goes in the conversations of each by rules
    /// and a model that was made without them
    #[arg(long, value_name = "GROUPS", value_parser = clap::value_parser!(u8).range(2..=64), required_unless_present = "write")]
    cross: Option<u8>,
    /// With --cross: print what is left of secrets, and which lines are touched for nothing
    #[arg(long, requires = "cross")]
    show: bool,
    /// Write the weights, from all conversations
    #[arg(long)]
    write: bool,
    /// The conversations
    #[arg(long, value_name = "FOLDER", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../conversations"))]
    conversations: PathBuf,
    /// Where the weights are written
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/src/redaction/learned/weights.bin"))]
    weights: PathBuf,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("cannot write {}: {cause}", file.display())]
    Unwritable { file: PathBuf, cause: std::io::Error },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("error: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Trouble> {
    let rows = rows::read(&arguments.conversations)?;
    let examples: Vec<Example> = rows.iter().enumerate().map(|(number, row)| Example::of(row, number)).collect();
    if let Some(groups) = arguments.cross {
        cross(&rows, &examples, usize::from(groups), arguments.show)?;
    }
    if arguments.write {
        write(&examples, &arguments.weights)?;
    }
    Ok(())
}

fn write(examples: &[Example], file: &Path) -> Result<(), Trouble> {
    let weights = weights_of(&examples.iter().collect::<Vec<_>>());
    Table::read(&weights)?;
    std::fs::write(file, &weights).map_err(|cause| Trouble::Unwritable { file: file.to_owned(), cause })?;
    println!("{}: {} bytes", file.display(), weights.len());
    Ok(())
}

fn weights_of(examples: &[&Example]) -> Vec<u8> {
    let learned = learn(examples);
    written(&learned.weights, &learned.transitions, MOST_WEIGHTS)
}

/// What goes of each hand, by a model that has seen none of it.
struct Fold {
    hands: Vec<String>,
    rules: Figures,
    both: Figures,
    curve: Vec<Figures>,
}

fn cross(rows: &[Row], examples: &[Example], groups: usize, show: bool) -> Result<(), Trouble> {
    // Only of hands that the rules do not know figures tell anything.
    let hands: BTreeSet<&str> =
        rows.iter().filter(|row| !row.known && row.hand != LABELLED).map(|row| row.hand.as_str()).collect();
    let mut left_out: Vec<Vec<&str>> = vec![Vec::new(); groups];
    hands.iter().enumerate().for_each(|(at, hand)| left_out[at % groups].push(hand));
    left_out.retain(|hands| !hands.is_empty());
    left_out.push(vec![LABELLED]);
    let (next, folds) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<(), TableError> {
        while let Some(hands) = left_out.get(next.fetch_add(1, Ordering::Relaxed)) {
            let fold = fold(rows, examples, hands, show)?;
            println!("{:24} rules {}\n{:24} both  {}", fold.hands.join(" "), fold.rules.line(), "", fold.both.line());
            folds.lock().unwrap_or_else(PoisonError::into_inner).push(fold);
        }
        Ok(())
    };
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Err(TableError::Damaged)))
    })?;
    let folds = folds.into_inner().unwrap_or_else(PoisonError::into_inner);
    print(&folds.iter().filter(|fold| fold.hands != [LABELLED]).collect::<Vec<_>>());
    Ok(())
}

fn fold(rows: &[Row], examples: &[Example], hands: &[&str], show: bool) -> Result<Fold, TableError> {
    let is_left_out = |row: &Row| hands.contains(&row.hand.as_str());
    let kept: Vec<&Example> =
        rows.iter().zip(examples).filter(|(row, _)| !is_left_out(row)).map(|(_, example)| example).collect();
    let table = Table::read(&weights_of(&kept))?;
    let figures = |table: Option<&Table>, thresholds: Thresholds| {
        let mut figures = Figures::default();
        for row in rows.iter().filter(|row| is_left_out(row)) {
            let found = findings_by(&row.text, table, thresholds);
            figures.add(row, &found);
            if show && table.is_some() {
                figures::wrong(row, &found).iter().for_each(|line| println!("{line}"));
            }
        }
        figures
    };
    let at = |other: &f32| Thresholds { found: other / 2.0, other: *other, beside: other / 4.0 };
    Ok(Fold {
        hands: hands.iter().map(|hand| (*hand).to_owned()).collect(),
        rules: figures(None, Thresholds::default()),
        both: figures(Some(&table), Thresholds::default()),
        curve: CURVE.iter().map(|other| figures(Some(&table), at(other))).collect(),
    })
}

fn print(folds: &[&Fold]) {
    let total = |of: &dyn Fn(&Fold) -> Figures| {
        let mut total = Figures::default();
        folds.iter().for_each(|fold| total.merge(&of(fold)));
        total
    };
    let (rules, both) = (total(&|fold| fold.rules.clone()), total(&|fold| fold.both.clone()));
    println!("{:24} rules {}\n{:24} both  {}", "all", rules.line(), "", both.line());
    for (kind, share) in &both.gone {
        let by_rules = rules.gone.get(kind).copied().unwrap_or_default();
        println!("  {:30} rules {}  both {}", kind.as_str(), figures::text(by_rules), figures::text(*share));
    }
    for (at, threshold) in CURVE.iter().enumerate() {
        println!("  from {threshold:.3} {}", total(&|fold| fold.curve[at].clone()).line());
    }
}
