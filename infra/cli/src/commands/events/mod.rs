//! `wrapup events`: what becomes of wrap-ups, as others are told it.

mod failed;
mod follow;
mod replay;
mod streams;
mod target;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CommandError;
use crate::connect::Target;
use crate::local::{DATA, OUTBOX};
use crate::webhook::{Outbox, OutboxError};

/// What `wrapup events` takes.
#[derive(Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
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
    /// What is kept there for webhooks; none where nothing ever was.
    fn outbox(&self) -> Result<Option<Outbox>, CommandError> {
        Outbox::open_existing(&self.data.join(OUTBOX)).map_err(CommandError::from)
    }
}

impl From<OutboxError> for CommandError {
    fn from(error: OutboxError) -> Self {
        Self::refused(error)
    }
}
