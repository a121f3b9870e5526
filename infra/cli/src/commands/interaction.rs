use std::path::PathBuf;

use clap::Subcommand;
use wrapup::interactions::{Interaction, Interactions};

use super::{CommandError, read_json};
use crate::connect::Target;
use crate::output;

/// `wrapup interaction`
#[derive(Subcommand)]
pub enum Command {
    /// Store an interaction in place of the one with its sys_id
    Put {
        /// JSON: sys_id, short_description, transcript, language. - reads standard input
        file: PathBuf,
    },
    /// Show the interaction with a sys_id
    Show {
        /// The sys_id
        sys_id: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let interactions = Interactions::new(target.dynamo().await).with_retention(target.retention()?);
    match command {
        Command::Put { file } => {
            let interaction = read_json(&file, Interaction::read)?;
            interactions.put(&interaction, &target.stamp()).await?;
            output::line(&interaction.sys_id)?;
        }
        Command::Show { sys_id } => output::json(&interactions.get(&sys_id).await?)?,
    }
    Ok(())
}
