//! `wrapup ai`: how good the AI filler's suggestions are.

mod report;
mod rows;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use tokio::time::Instant;
use wrapup::ai::{Extractive, Provider, Task};

use self::report::Report;
use self::rows::Row;
use super::{CommandError, progress_bar};
use crate::output::{self, Output};

/// `wrapup ai`
#[derive(Subcommand)]
pub enum Command {
    /// Let a provider suggest codes for labelled conversations, and compare
    Evaluate {
        /// FILE.jsonl: one object a line, with transcript or short_description, code, which is the right one,
        /// and optionally language; allowed_codes and default_code hold for the rows that follow too
        file: PathBuf,
        /// Who suggests
        #[arg(long, value_enum, default_value_t)]
        provider: ProviderName,
        /// How to print the figures
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

/// The providers there are.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum ProviderName {
    /// Embedded, without a network
    #[default]
    Extractive,
}

/// How long a provider may take for one conversation.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command.
pub async fn run(command: Command) -> Result<(), CommandError> {
    let Command::Evaluate { file, provider, output } = command;
    let rows = read(&file)?;
    let report = evaluate(&rows, provider_of(provider).as_ref()).await;
    Ok(report.print(output)?)
}

fn provider_of(name: ProviderName) -> Box<dyn Provider> {
    match name {
        ProviderName::Extractive => Box::new(Extractive::new()),
    }
}

/// Reads all rows, or says of each that is wrong what is wrong with it: figures over the others alone would
/// pass for figures over the file.
fn read(file: &Path) -> Result<Vec<Row>, CommandError> {
    let (rows, wrong) = rows::read(&super::read_file(file)?);
    for row in &wrong {
        output::complain(row);
    }
    match (wrong.len(), rows.len()) {
        (0, 0) => Err(CommandError::NoRows { path: file.to_owned() }),
        (0, _) => Ok(rows),
        (wrong, _) => Err(CommandError::WrongRows { path: file.to_owned(), wrong }),
    }
}

async fn evaluate(rows: &[Row], provider: &dyn Provider) -> Report {
    let mut report = Report::new(provider);
    let progress = progress_bar(rows.len(), "conversations");
    for row in rows {
        let task = Task { conversation: &row.conversation, codes: &row.choices.codes, notes: false };
        let started = Instant::now();
        let suggestion = provider.suggest(&task, started + PATIENCE).await;
        if let Err(error) = &suggestion {
            progress.suspend(|| output::complain(&format!("line {}: {error}", row.line)));
        }
        report.add(row, suggestion, started.elapsed());
        progress.inc(1);
    }
    progress.finish_and_clear();
    report
}
