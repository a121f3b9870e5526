use clap::Subcommand;
use wrapup::dynamodb::tables;

use super::CommandError;
use crate::connect::Target;
use crate::output;

/// `wrapup tables`
#[derive(Subcommand)]
pub enum Command {
    /// Create the tables that are missing, on demand and without the template's safeguards
    Create,
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let Command::Create = command;
    let created = tables::create_missing(&target.dynamo().await).await?;
    for name in &created {
        output::line(format!("created {name}"))?;
    }
    if created.is_empty() {
        output::line("all tables are there already")?;
    }
    Ok(())
}
