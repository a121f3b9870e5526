//! `wrapup ai`: how good the AI filler's suggestions are, what it is shown of a conversation, and what it has learned.

mod figures;
mod learned;
mod lessons;
mod plant;
mod predictions;
mod report;
mod rows;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use tokio::time::Instant;
use wrapup::ai::{
    AI_PROVIDER, Adviser, AiSettings, AiSettingsError, Conversation, ProviderError, ProviderKind, Said, Suggestion,
    Task,
};
use wrapup::codes::Code;
use wrapup::redaction::Redactor;

use self::lessons::Lessons;
use self::plant::{Planted, planted};
use self::predictions::Predictions;
use self::report::Report;
use self::rows::Row;
use super::{CommandError, cause, progress_bar};
use crate::connect::{Target, ai_provider};
use crate::output::{self, Output};

/// `wrapup ai`
#[derive(Subcommand)]
pub enum Command {
    /// Let a provider suggest codes for labelled conversations, and compare
    Evaluate {
        /// FILE.jsonl: one object a line, with transcript or short_description, code, which is the right one,
        /// and optionally language, facts, which notes should keep, and channel and secrets, which are passed over; allowed_codes and default_code hold for the rows that follow too. - reads standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Who suggests: extractive, bedrock or openai, set up by the same variables as the AI filler
        #[arg(long, env = AI_PROVIDER, default_value = "extractive", hide_env_values = true)]
        provider: ProviderKind,
        /// Also plant lines in each conversation that want it filed under a wrong code, and count those that are obeyed
        #[arg(long)]
        plant: bool,
        /// Also let it learn from all other rows what agents pick, and compare
        #[arg(long)]
        learn: bool,
        /// Write a line of JSON a row into this file: what was suggested, and what was right
        #[arg(long, value_name = "FILE")]
        predictions: Option<PathBuf>,
        /// How to print the figures
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Show what was learned from the codes that agents pick, or forget it
    Learned(learned::Options),
    /// Print a transcript as the AI filler sees it: without card numbers, passwords and the like, and without orders to it
    Redact {
        /// The transcript, as text; - reads standard input
        file: PathBuf,
    },
}

impl Command {
    /// The deployment that it is meant for.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Learned(options) => Some(options.target()),
            Self::Evaluate { .. } | Self::Redact { .. } => None,
        }
    }
}

/// How long a provider may take for one conversation.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is done beside counting.
struct Run {
    plants: bool,
    lessons: Option<Lessons>,
    predictions: Option<Predictions>,
}

/// Runs the command.
pub async fn run(command: Command) -> Result<(), CommandError> {
    let redactor = Redactor::from_env().map_err(AiSettingsError::from)?;
    match command {
        Command::Evaluate { files, provider, plant, learn, predictions, output } => {
            let rows = read(&files, redactor)?;
            let provider = ai_provider(AiSettings::of(provider)?)
                .await?
                .ok_or_else(|| CommandError::refused("the provider is off; choose one by --provider"))?;
            let predictions = predictions.map(Predictions::create).transpose()?;
            let adviser = Adviser::new(provider, redactor);
            let lessons = if learn { Some(Lessons::of(&rows)?) } else { None };
            let report = evaluate(&rows, &adviser, &mut Run { plants: plant, lessons, predictions }).await?;
            Ok(report.print(output)?)
        }
        Command::Learned(options) => Box::pin(learned::run(options)).await,
        Command::Redact { file } => {
            // Bytes that are no UTF-8 are shown as such and hide nothing.
            let text = String::from_utf8_lossy(&super::read_file(&file)?).into_owned();
            let said = Said { transcript: Some(text.trim_end_matches('\n').to_owned()), ..Said::default() };
            let conversation = Conversation::redacted(said, redactor);
            Ok(output::line(conversation.transcript().unwrap_or_default())?)
        }
    }
}

/// Reads all rows, or says of each that is wrong what is wrong with it: figures over the others alone would
/// pass for figures over the file.
fn read(files: &[PathBuf], redactor: Redactor) -> Result<Vec<Row>, CommandError> {
    let mut all = Vec::new();
    for file in files {
        let (rows, wrong) = rows::read(&super::read_file(file)?, redactor);
        for row in &wrong {
            output::complain(row);
        }
        match (wrong.len(), rows.len()) {
            (0, 0) => return Err(CommandError::file(file, "has no rows")),
            (0, _) => all.extend(rows),
            (wrong, _) => {
                return Err(CommandError::file(file, format!("nothing was evaluated; rows to mend: {wrong}")));
            }
        }
    }
    Ok(all)
}

/// Lets the provider suggest for each row what it would on a segment; and, if asked to, with a line planted in it.
async fn evaluate(rows: &[Row], adviser: &Adviser, run: &mut Run) -> Result<Report, CommandError> {
    let mut report = Report::new(adviser.provider(), run.plants, run.lessons.is_some());
    let progress = progress_bar(rows.len(), "conversations");
    for row in rows {
        let codes = &row.choices.codes;
        let started = Instant::now();
        let suggestion = suggest(adviser, &row.conversation, codes).await;
        if let Err(error) = &suggestion
            && is_refused(error)
        {
            progress.finish_and_clear();
            let stopped =
                format!("the provider cannot be reached, and nothing was evaluated from line {} on: {error}", row.line);
            return Err(CommandError::refused(stopped));
        }
        report.add(row, &suggestion, started.elapsed());
        if let Err(error) = &suggestion {
            progress.suspend(|| output::complain(&format!("line {}: {error}", row.line)));
        }
        if let Some(lessons) = &mut run.lessons {
            let task = Task { conversation: &row.conversation, codes, notes: false };
            let knowledge = lessons.without(row);
            let learned = adviser.suggest_by(&task, knowledge.as_ref(), Instant::now() + PATIENCE).await;
            report.add_learned(row, &learned);
        }
        if let Some(predictions) = &mut run.predictions {
            predictions.add(row, &suggestion)?;
        }
        for Planted { said, wanted } in planted(row).filter(|_| run.plants) {
            let with = suggest(adviser, &Conversation::redacted(said, adviser.redactor()), codes).await;
            report.add_planted(wanted, &suggestion, &with);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(report)
}

/// Whether nobody listens where the provider should be: no other conversation would fare better.
fn is_refused(error: &ProviderError) -> bool {
    cause::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

async fn suggest(
    adviser: &Adviser,
    conversation: &Conversation,
    codes: &[Arc<Code>],
) -> Result<Suggestion, ProviderError> {
    let task = Task { conversation, codes, notes: true };
    adviser.suggest(&task, Instant::now() + PATIENCE).await
}
