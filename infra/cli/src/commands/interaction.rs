use std::path::PathBuf;

use clap::Subcommand;
use wrapup::interactions::{Interaction, Interactions};

use super::{CommandError, read_json};
use crate::connect::Target;
use crate::local::demo;
use crate::output;

/// `wrapup interaction`
#[derive(Subcommand)]
pub enum Command {
    /// Store an interaction in place of the one with its sys_id
    Put {
        /// JSON: sys_id, short_description, transcript, language. - reads standard input
        file: PathBuf,
    },
    /// Store the conversation of the README's tour, demo-call, as `wrapup local` has it from the start
    Demo,
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
        Command::Put { file } => put(&interactions, &read_json(&file, Interaction::read)?, target).await,
        Command::Demo => put(&interactions, &demo::interaction()?, target).await,
        Command::Show { sys_id } => Ok(output::json(&interactions.get(&sys_id).await?)?),
    }
}

async fn put(interactions: &Interactions, interaction: &Interaction, target: &Target) -> Result<(), CommandError> {
    interactions.put(interaction, &target.stamp()).await?;
    Ok(output::line(&interaction.sys_id)?)
}
