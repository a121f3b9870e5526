//! `wrapup segment`

mod list;

use clap::Subcommand;

use super::CommandError;
use crate::connect::Target;

/// `wrapup segment`
#[derive(Subcommand)]
pub enum Command {
    /// List segments: of an agent, of an interaction, in a state, or those closed within a time
    List(list::Options),
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    match command {
        Command::List(options) => list::run(options, target).await,
    }
}
