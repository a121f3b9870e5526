use clap::Subcommand;
use wrapup::dynamodb::tables;

use super::CommandError;
use crate::connect::Target;
use crate::output;

/// `wrapup tables`
#[derive(Subcommand)]
pub enum Command {
    /// Create the tables and indexes that are missing, and have records removed whose time is over; on demand and without the template's safeguards
    Create,
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let Command::Create = command;
    let dynamo = target.dynamo().await;
    let created = tables::create_missing(&dynamo).await?;
    for name in &created {
        output::line(format!("created {name}"))?;
    }
    let indexed = tables::add_missing_indexes(&dynamo).await?;
    for name in &indexed {
        output::line(format!(
            "added its index to {name}; `wrapup index backfill` puts what an older version wrote into it"
        ))?;
    }
    let expiring = tables::enable_expiry(&dynamo).await?;
    for name in expiring.iter().filter(|name| !created.contains(name)) {
        output::line(format!("records of {name} go when their time is over"))?;
    }
    if created.is_empty() && indexed.is_empty() && expiring.is_empty() {
        output::line("all tables are there already")?;
    }
    Ok(())
}
