use aws_sdk_dynamodb::error::ConnectorError;
use clap::Subcommand;
use wrapup::dynamodb::{self, Dynamo, Removal, Table, tables};

use super::{CommandError, has_cause};
use crate::connect::Target;
use crate::output;

/// `wrapup tables`
#[derive(Subcommand)]
pub enum Command {
    /// Create the tables and indexes that are missing, and have records removed whose time is over; on demand and without the template's safeguards
    Create,
    /// Remove the tables that have no record, as a first deployment that has failed leaves them; all others stay
    ///
    /// Takes their protection off where they have one. Nobody may be writing meanwhile: DynamoDB cannot be told to
    /// remove a table only if it is empty. Not for a deployment in use, which needs its empty tables, too.
    Remove {
        /// Those that have no record: there is no command that removes others
        #[arg(long)]
        empty: bool,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let dynamo = target.dynamo().await;
    match command {
        Command::Create => create(&dynamo).await,
        Command::Remove { empty: true } => remove_empty(&dynamo).await,
        Command::Remove { empty: false } => Err(CommandError::refused(
            "nothing is removed without --empty. With it, those tables go that have no record, and the others stay: no \
             command of this program removes a table with what is in it.",
        )),
    }
}

async fn remove_empty(dynamo: &Dynamo) -> Result<(), CommandError> {
    let mut left = 0;
    for table in Table::ALL {
        let name = dynamo.tables.name(table);
        output::line(match dynamodb::remove_if_empty(dynamo, table).await {
            Ok(Removal::Removed) => format!("removed {name}"),
            Ok(Removal::HasRecords) => format!("kept {name}: it has records"),
            Ok(Removal::NotOurs) => format!("kept {name}: it is none of this system's, whose key is sys_id"),
            Ok(Removal::NotThere) => format!("there is no {name}"),
            // It would be so of every table.
            Err(error) if !error.unprotected && has_cause::<ConnectorError>(&error) => {
                return Err(error.because.into());
            }
            Err(error) => {
                left += 1;
                format!("not removed {name}: {error}")
            }
        })?;
    }
    match left {
        0 => Ok(()),
        _ => Err(CommandError::refused(format!("{left} of {} tables could not be removed", Table::ALL.len()))),
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
