//! `wrapup events`: what becomes of wrap-ups, as others are told it.

mod failed;
mod follow;
mod replay;
mod streams;
mod target;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wrapup::document::FromText;
use wrapup::dynamodb::Tables;
use wrapup::language::Language;
use wrapup::segments::{EventForm, EventSource};

use super::CommandError;
use crate::connect::Target;
use crate::local::{DATA, OUTBOX};
use crate::webhook::{Outbox, OutboxError};

/// What `wrapup events` takes.
#[derive(Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    follow: follow::Options,
}

#[derive(Subcommand)]
enum Command {
    /// List the events that webhooks of `wrapup local` would not take
    Failed(failed::Options),
    /// Send events again
    Replay(replay::Options),
}

/// Runs the command.
pub async fn run(options: Options, target: &Target) -> Result<(), CommandError> {
    match options.command {
        None => follow::run(options.follow, target).await,
        Some(Command::Failed(options)) => failed::run(options),
        Some(Command::Replay(options)) => replay::run(options, target).await,
    }
}

/// The data of a `wrapup local`, which may run.
#[derive(Args)]
struct DataFolder {
    /// Folder of the `wrapup local` whose webhooks are meant
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

impl DataFolder {
    /// What is kept there for webhooks; none where it never had any.
    fn outbox(&self) -> Result<Option<Outbox>, CommandError> {
        if !self.data.is_dir() {
            let data = self.data.display();
            return Err(CommandError::refused(format!(
                "there is no folder {data}: name that of `wrapup local` by --data"
            )));
        }
        Outbox::open_existing(&self.data.join(OUTBOX)).map_err(CommandError::from)
    }
}

/// How the deployment writes its events. It alone knows it, so whoever runs a command says the same.
#[derive(Args)]
struct FormOptions {
    /// The deployment's EventSource, which receivers and rules go by [default: WRAPUP_EVENT_SOURCE, else /wrapup/ and the
    /// prefix of the tables]
    #[arg(long, value_name = "URI")]
    source: Option<EventSource>,
    /// The deployment's language of translations [default: WRAPUP_LANGUAGE, else each one's first translation]
    #[arg(long, value_parser = language)]
    language: Option<Language>,
    /// Whether the deployment's events carry notes, drafts and AI notes [default: WRAPUP_EVENT_NOTES, else off]
    #[arg(long, value_enum)]
    notes: Option<Switch>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Switch {
    On,
    Off,
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_text(text).map_err(|problem| problem.to_string())
}

impl FormOptions {
    /// As the options say, and where they say nothing, the environment.
    fn form(self, tables: &Tables) -> Result<EventForm, CommandError> {
        let mut form = EventForm::from_env(tables).map_err(|error| CommandError::Environment(error.into()))?;
        if let Some(source) = self.source {
            form = form.with_source(source);
        }
        if let Some(language) = self.language {
            form = form.in_language(language);
        }
        if let Some(notes) = self.notes {
            form = form.with_notes(matches!(notes, Switch::On));
        }
        Ok(form)
    }
}

impl From<OutboxError> for CommandError {
    fn from(error: OutboxError) -> Self {
        Self::refused(error)
    }
}
