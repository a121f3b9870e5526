//! `wrapup segment`: wrap-up segments, and the people whose data they have.

mod erase;
mod export;
mod list;
mod persons;

use clap::Subcommand;

use super::CommandError;
use crate::connect::{Target, TeamTables};

/// `wrapup segment`
#[derive(Subcommand)]
pub enum Command {
    /// List segments: of an agent, of an interaction, in a state, or those closed within a time
    List(list::Options),
    /// Print all that is stored of somebody's wrap-ups, as JSON
    Export(persons::Whose),
    /// Erase what was said and written in somebody's wrap-ups; codes and times stay. Prints a receipt, as JSON
    Erase {
        #[command(flatten)]
        whose: persons::Whose,
        /// Do not ask first
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    match command {
        Command::List(options) => list::run(options, target).await,
        Command::Export(whose) => export::run(&whose, target, team).await,
        Command::Erase { whose, yes } => erase::run(&whose, yes, target, team).await,
    }
}
