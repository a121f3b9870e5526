use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use tokio::time::Instant;
use wrapup::System;
use wrapup::ai::{AiSettings, AiSettingsError, FillError, Filler, Late, ProviderKind};
use wrapup::clock::Clock;
use wrapup::interactions::{Interaction, Interactions};
use wrapup::redaction::Redactor;

use super::{CommandError, read_json};
use crate::connect::{Target, TeamTables, ai_provider};
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
    /// Have the AI filler read what is said of an interaction now, and fill what its open segments lack. It is set up by the
    /// same variables as the deployment's, and does by itself what is put into the table `interaction`: this is for
    /// transcripts that segment tables have
    Fill {
        /// The sys_id
        sys_id: String,
    },
    /// Show the interaction with a sys_id
    Show {
        /// The sys_id
        sys_id: String,
    },
}

/// How long filling an interaction's segments may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the command.
pub async fn run(command: Command, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    let interactions = Interactions::new(target.dynamo().await).with_retention(target.retention()?);
    match command {
        Command::Put { file } => put(&interactions, &read_json(&file, Interaction::read)?, target).await,
        Command::Demo => put(&interactions, &demo::interaction()?, target).await,
        Command::Fill { sys_id } => Box::pin(fill(&sys_id, target, team)).await,
        Command::Show { sys_id } => Ok(output::json(&interactions.get(&sys_id).await?)?),
    }
}

async fn put(interactions: &Interactions, interaction: &Interaction, target: &Target) -> Result<(), CommandError> {
    interactions.put(interaction, &target.stamp()).await?;
    Ok(output::line(&interaction.sys_id)?)
}

/// Fills the open segments of an interaction, and prints of each what became of it.
async fn fill(sys_id: &str, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    let provider = ai_provider(AiSettings::from_env(ProviderKind::Extractive)?).await?;
    let provider =
        provider.ok_or_else(|| CommandError::refused("the provider is off; choose one by WRAPUP_AI_PROVIDER"))?;
    let redactor = Redactor::from_env().map_err(AiSettingsError::from)?;
    let segment_tables = target.segment_tables(team).await?;
    let system = System::new(target.dynamo().await, segment_tables, Clock::system(), None);
    let system = system.with_retention(target.retention()?);
    let filler = Filler::new(&system, provider).with_redactor(redactor);
    let mut failed = 0;
    let late = filler.fill_those_of(sys_id, Instant::now() + PATIENCE).await;
    let late = late.map_err(|error| match error {
        FillError::Wrapup(error) => CommandError::Wrapup(error),
        other => CommandError::refused(other),
    })?;
    for Late { segment, outcome } in late {
        match outcome {
            Ok(outcome) => output::line(format!("{segment} {}", outcome.as_str()))?,
            Err(error) => {
                output::complain(&format!("{segment}: {error}"));
                failed += 1;
            }
        }
    }
    match failed {
        0 => Ok(()),
        failed => Err(CommandError::refused(format!("segments that could not be filled: {failed}"))),
    }
}
