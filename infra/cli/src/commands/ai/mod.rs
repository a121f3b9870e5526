//! `wrapup ai`: how good the AI filler's suggestions are, and what it is shown of a conversation.

mod report;
mod rows;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use tokio::time::Instant;
use wrapup::ai::{AI_PROVIDER, AiSettings, AiSettingsError, Provider, ProviderKind, Task};
use wrapup::redaction::Redactor;

use self::report::Report;
use self::rows::Row;
use super::{CommandError, progress_bar};
use crate::connect::ai_provider;
use crate::output::{self, Output};

/// `wrapup ai`
#[derive(Subcommand)]
pub enum Command {
    /// Let a provider suggest codes for labelled conversations, and compare
    Evaluate {
        /// FILE.jsonl: one object a line, with transcript or short_description, code, which is the right one,
        /// and optionally language; allowed_codes and default_code hold for the rows that follow too. - reads standard input
        file: PathBuf,
        /// Who suggests: extractive, bedrock or openai, set up by the same variables as the AI filler
        #[arg(long, env = AI_PROVIDER, default_value = "extractive", hide_env_values = true)]
        provider: ProviderKind,
        /// How to print the figures
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Print a transcript as the AI filler sees it: without card numbers, passwords and the like
    Redact {
        /// The transcript, as text; - reads standard input
        file: PathBuf,
    },
}

/// How long a provider may take for one conversation.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command.
pub async fn run(command: Command) -> Result<(), CommandError> {
    let redactor = Redactor::from_env().map_err(AiSettingsError::from)?;
    match command {
        Command::Evaluate { file, provider, output } => {
            let rows = read(&file, redactor)?;
            let provider = ai_provider(AiSettings::of(provider)?)
                .await?
                .ok_or_else(|| CommandError::refused("the provider is off; choose one by --provider"))?;
            let report = evaluate(&rows, provider.as_ref()).await;
            Ok(report.print(output)?)
        }
        Command::Redact { file } => {
            // Bytes that are no UTF-8 are shown as such and hide nothing.
            let text = String::from_utf8_lossy(&super::read_file(&file)?).into_owned();
            Ok(output::line(redactor.redact(text.trim_end_matches('\n')))?)
        }
    }
}

/// Reads all rows, or says of each that is wrong what is wrong with it: figures over the others alone would
/// pass for figures over the file.
fn read(file: &Path, redactor: Redactor) -> Result<Vec<Row>, CommandError> {
    let (rows, wrong) = rows::read(&super::read_file(file)?, redactor);
    for row in &wrong {
        output::complain(row);
    }
    match (wrong.len(), rows.len()) {
        (0, 0) => Err(CommandError::file(file, "has no rows")),
        (0, _) => Ok(rows),
        (wrong, _) => Err(CommandError::file(file, format!("nothing was evaluated; rows to mend: {wrong}"))),
    }
}

async fn evaluate(rows: &[Row], provider: &dyn Provider) -> Report {
    let mut report = Report::new(provider);
    let progress = progress_bar(rows.len(), "conversations");
    for row in rows {
        let task = Task { conversation: &row.conversation, codes: &row.choices.codes, notes: true };
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
