//! `wrapup export`: the wrap-ups of each day as a file, for those who analyse them.

mod columns;
mod days;
mod parquet;
mod sheets;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use wrapup::clock::Clock;
use wrapup::segments::by_time::SPREAD;
use wrapup::segments::{Ended, Segment, Segments};

use super::{CommandError, progress_bar};
use crate::connect::Target;
use crate::output::{self, shown};
use crate::owned;
use columns::Columns;
use days::Day;
use parquet::Parquet;
use sheets::{Csv, Ndjson};

/// Sixteenths of a day that are read while the one before is written: all of them are in memory.
const READ_AHEAD: usize = 2;

/// `wrapup export`
#[derive(Subcommand)]
pub enum Command {
    /// Write the closed wrap-ups of each day into a file; the same names each time, and whole files alone
    Segments {
        /// The first day, in UTC, such as 2026-01-01: that on which a wrap-up was submitted
        #[arg(long, value_name = "DAY")]
        from: Day,
        /// The day after the last one
        #[arg(long, value_name = "DAY")]
        to: Day,
        /// How the files are written
        #[arg(long, value_enum)]
        format: Format,
        /// The folder that they are written to
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// With agents' notes and AI notes, which may be personal data
        #[arg(long)]
        notes: bool,
        /// Leave the files as they are that are there already, to go on where a run was cut short; what was confirmed,
        /// corrected or erased since is not in them
        #[arg(long)]
        skip_existing: bool,
    },
}

/// How a file is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Format {
    /// A table as text, with a head; what a spreadsheet could take for a formula has an apostrophe in front
    Csv,
    /// A JSON object a line
    Ndjson,
    /// Apache Parquet, compressed by Snappy
    Parquet,
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }
}

/// What writes the wrap-ups of a day.
trait Sink {
    /// Adds some.
    fn add(&mut self, segments: &[Segment]) -> io::Result<()>;

    /// Ends the file.
    fn end(self: Box<Self>) -> io::Result<File>;
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let Command::Segments { from, to, format, out, notes, skip_existing } = command;
    let days = Day::between(from, to);
    if days.is_empty() {
        return Err(CommandError::refused(format!("there is no day from {from} on and before {to}")));
    }
    std::fs::create_dir_all(&out).map_err(|error| CommandError::file(&out, error))?;
    let system = target.system().await;
    let columns = if notes { Columns::with_notes() } else { Columns::without_notes() };
    let progress = progress_bar(days.len(), "days");
    let mut count = 0;
    for day in days {
        let file = out.join(format!("segments-{day}.{}", format.ending()));
        if !(skip_existing && file.exists()) {
            let written = write(system.segments(), day, format, columns, &file, &progress).await;
            let written = written.inspect_err(|_| progress.finish_and_clear())?;
            count += written;
            let line = format!("{}  {written}", shown(&file.display().to_string()));
            progress.suspend(|| output::line(line))?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(output::line(format!("{count} wrap-ups"))?)
}

/// Writes a day's wrap-ups into a file. Whoever reads it finds the one of before or this one, never half of it.
async fn write(
    segments: &Segments,
    day: Day,
    format: Format,
    columns: Columns,
    file: &Path,
    progress: &ProgressBar,
) -> Result<u64, CommandError> {
    progress.set_message(day.to_string());
    let failed = |error: io::Error| CommandError::file(file, error);
    let mut unfinished = file.to_owned();
    unfinished.as_mut_os_string().push(".new");
    let to = owned::create(&unfinished).map_err(failed)?;
    let mut sink: Box<dyn Sink> = match format {
        Format::Csv => Box::new(Csv::begin(to, columns).map_err(failed)?),
        Format::Ndjson => Box::new(Ndjson::begin(to, columns)),
        Format::Parquet => Box::new(Parquet::begin(to, columns).map_err(failed)?),
    };
    let (from, to) = day.bounds();
    let ended = Ended { from, to, as_of: Clock::system().since_epoch(), may_await: false, columns: Vec::new() };
    let mut count = 0;
    let parts = SPREAD.chars().map(|digit| segments.ended(digit, &ended));
    let mut parts = stream::iter(parts).buffered(READ_AHEAD);
    while let Some(part) = parts.try_next().await? {
        sink.add(&part).map_err(failed)?;
        count += part.len() as u64;
    }
    let written = sink.end().map_err(failed)?;
    written.sync_all().map_err(failed)?;
    std::fs::rename(&unfinished, file).map_err(failed)?;
    Ok(count)
}
