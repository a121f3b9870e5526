use clap::Subcommand;
use wrapup::dynamodb::Dynamo;
use wrapup::dynamodb::tables::{self, Removal};

use super::CommandError;
use crate::connect::Target;
use crate::output;

/// `wrapup tables`
#[derive(Subcommand)]
pub enum Command {
    /// Create the tables and indexes that are missing, and have records removed whose time is over; on demand and without the template's safeguards
    Create,
    /// Remove the tables that have no record, as a deployment that has failed leaves them; all others stay
    RemoveEmpty,
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let dynamo = target.dynamo().await;
    match command {
        Command::Create => create(&dynamo).await,
        Command::RemoveEmpty => {
            for (name, removal) in tables::remove_empty(&dynamo).await? {
                output::line(match removal {
                    Removal::Removed => format!("removed {name}"),
                    Removal::HasRecords => format!("kept {name}: it has records"),
                    Removal::NotThere => format!("there is no {name}"),
                })?;
            }
            Ok(())
        }
    }
}

async fn create(dynamo: &Dynamo) -> Result<(), CommandError> {
    let created = tables::create_missing(dynamo).await?;
    for name in &created {
        output::line(format!("created {name}"))?;
    }
    let indexed = tables::add_missing_indexes(dynamo).await?;
    for name in &indexed {
        output::line(format!(
            "added its index to {name}; `wrapup index backfill` puts what an older version wrote into it"
        ))?;
    }
    let expiring = tables::enable_expiry(dynamo).await?;
    for name in expiring.iter().filter(|name| !created.contains(name)) {
        output::line(format!("records of {name} go when their time is over"))?;
    }
    if created.is_empty() && indexed.is_empty() && expiring.is_empty() {
        output::line("all tables are there already")?;
    }
    Ok(())
}
