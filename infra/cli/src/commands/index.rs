use std::path::{Path, PathBuf};

use clap::Subcommand;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use wrapup::dynamodb::Table;
use wrapup::segments::{Backfilled, Part, Segments};

use super::{CommandError, progress_bar};
use crate::connect::Target;
use crate::local::files;
use crate::output::{self, shown};

/// `wrapup index`
#[derive(Subcommand)]
pub enum Command {
    /// Put segments, codes and configurations into the indexes that an older version wrote; beside any traffic, and as often
    /// as you like
    Backfill {
        /// A file that says how far this has come: where it is there, the command goes on from it
        #[arg(long, value_name = "FILE")]
        position: Option<PathBuf>,
        /// In how many parts, side by side, the table of segments is gone through; a file of --position says it for good
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(i32).range(1..=64))]
        parts: i32,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let Command::Backfill { position: file, parts } = command;
    let system = target.system().await;
    let table = system.dynamo().tables.name(Table::Segments);
    let position = match file.as_deref() {
        Some(file) if file.exists() => Position::read(file, &table)?,
        _ => Position { table, parts: vec![Progress::From { after: None }; usize::try_from(parts).unwrap_or(1)] },
    };
    if let Some(file) = file.as_deref().filter(|_| position.parts.iter().all(|part| matches!(part, Progress::Done))) {
        return Ok(output::line(format!(
            "{} says that all is done; remove it to begin again",
            shown(&file.display().to_string())
        ))?);
    }
    let (codes, configurations) = (system.codes().backfill().await?, system.configurations().backfill().await?);
    output::line(format!("{codes} codes and {configurations} configurations put into their place in the index"))?;
    let segments = system.segments();
    let about = usize::try_from(segments.about_how_many().await?).unwrap_or(usize::MAX);
    // DynamoDB counts the records that find segments, too, and what it counts is some hours old.
    let progress = progress_bar(about, "segments, or fewer");
    let filled = backfill(segments, position, file.as_deref(), &progress).await;
    progress.finish_and_clear();
    let Filled { seen, indexed, unreadable } = filled?;
    output::line(format!("{seen} segments looked at, {indexed} of them put into their place in the index"))?;
    match unreadable {
        0 => Ok(()),
        unreadable => {
            Err(CommandError::refused(format!("records that cannot be read, and are as they were: {unreadable}")))
        }
    }
}

/// What has come of it.
#[derive(Default)]
struct Filled {
    seen: u64,
    indexed: u64,
    unreadable: usize,
}

/// Goes through all parts side by side, page by page, and keeps how far it is.
async fn backfill(
    segments: &Segments,
    mut position: Position,
    file: Option<&Path>,
    progress: &ProgressBar,
) -> Result<Filled, CommandError> {
    let of = i32::try_from(position.parts.len()).unwrap_or(i32::MAX);
    let next = |number: usize, after: Option<String>| async move {
        let part = Part { number: i32::try_from(number).unwrap_or(i32::MAX), of, after };
        (number, segments.backfill(&part).await)
    };
    let begun = position.parts.iter().enumerate().filter_map(|(number, part)| match part {
        Progress::From { after } => Some(next(number, after.clone())),
        Progress::Done => None,
    });
    let mut pages: FuturesUnordered<_> = begun.collect();
    let mut filled = Filled::default();
    while let Some((number, page)) = pages.next().await {
        let Backfilled { seen, indexed, unreadable, after } = page?;
        progress.inc(seen);
        filled.seen += seen;
        filled.indexed += indexed;
        for error in unreadable {
            progress.suspend(|| output::complain(&shown(&error.to_string())));
            filled.unreadable += 1;
        }
        if after.is_some() {
            pages.push(next(number, after.clone()));
        }
        if let Some(part) = position.parts.get_mut(number) {
            *part = after.map_or(Progress::Done, |after| Progress::From { after: Some(after) });
        }
        if let Some(file) = file {
            position.write(file)?;
        }
    }
    Ok(filled)
}

/// How far it is.
#[derive(Serialize, Deserialize)]
struct Position {
    /// The table, so that no file is taken for that of another deployment.
    table: String,
    parts: Vec<Progress>,
}

/// How far a part is.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Progress {
    /// The record with this key is done; without one, none is.
    From { after: Option<String> },
    /// All are.
    Done,
}

impl Position {
    fn read(file: &Path, table: &str) -> Result<Self, CommandError> {
        let content = std::fs::read(file).map_err(|error| CommandError::file(file, error))?;
        let position: Self = serde_json::from_slice(&content).map_err(|error| {
            CommandError::file(file, format!("it is no position of `wrapup index backfill`: {error}"))
        })?;
        if position.table != table {
            let problem = format!("it is of the table {}, and not of {table}: name another file", position.table);
            return Err(CommandError::file(file, problem));
        }
        if position.parts.is_empty() {
            return Err(CommandError::file(file, "it has no parts: remove it, to begin again"));
        }
        Ok(position)
    }

    /// Replaces the file: whoever reads it finds the position of before or this one.
    fn write(&self, file: &Path) -> Result<(), CommandError> {
        let text = serde_json::to_string(self).map_err(std::io::Error::from)?;
        files::replace(file, &text).map_err(|error| CommandError::file(file, error))
    }
}
