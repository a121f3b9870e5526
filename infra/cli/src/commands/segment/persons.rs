//! Whose wrap-ups a command is about, and where all is kept that belongs to them.

use std::collections::BTreeSet;
use std::time::SystemTime;

use clap::Args;
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::document::{FromText, Id, Problem};
use wrapup::dynamodb::Dynamo;
use wrapup::interactions::Interactions;
use wrapup::segment_tables::{self, PhoneLog, Registry};
use wrapup::segments::{self, KeptOf};

use super::super::CommandError;
use crate::connect::{Target, TeamTables};
use crate::output::{self, shown};

/// Whose wrap-ups.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Whose {
    /// The one that an external system calls so
    #[arg(long, value_name = "ID", value_parser = id)]
    external_id: Option<Id>,
    /// All of an interaction
    #[arg(long, value_name = "ID", value_parser = id)]
    interaction: Option<Id>,
    /// All of an agent
    #[arg(long, value_name = "ID", value_parser = id)]
    agent: Option<Id>,
}

fn id(text: &str) -> Result<Id, Problem> {
    Id::from_text(text)
}

impl Whose {
    /// By what they are named.
    pub fn kind(&self) -> &'static str {
        match self {
            Self { external_id: Some(_), .. } => "external_id",
            Self { interaction: Some(_), .. } => "interaction",
            _ => "agent",
        }
    }

    fn wanted(&self) -> Result<segments::Whose, CommandError> {
        let external = self.external_id.clone().map(segments::Whose::External);
        let interaction = || self.interaction.clone().map(segments::Whose::Interaction);
        let agent = || self.agent.clone().map(segments::Whose::Agent);
        let whose = external.or_else(interaction).or_else(agent);
        whose.ok_or_else(|| CommandError::refused("one of --external-id, --interaction and --agent has to be given"))
    }
}

/// Where all is kept.
pub struct Stores {
    /// The deployment.
    pub system: System,
    /// Interactions, by the machine's clock.
    pub interactions: Interactions,
    /// The segment tables that the environment describes, and the team's.
    pub tables: Registry,
}

impl Stores {
    pub async fn of(target: &Target, team: TeamTables) -> Result<Self, CommandError> {
        let system = target.system().await.with_retention(target.retention()?);
        // By a clock at which nothing is over: what is hidden is stored until it is removed, and is somebody's data as well.
        let never = Clock::from_fn(|| SystemTime::UNIX_EPOCH);
        let built_in = |dynamo: &Dynamo| {
            segment_tables::built_in(dynamo).with(PhoneLog::new(dynamo.clone()).with_clock(never.clone()))
        };
        let tables = target.segment_tables_with(built_in, team).await?;
        Ok(Self { interactions: system.interactions(), tables, system })
    }

    /// Whether one of these interactions is stored.
    pub async fn have_one_of(&self, interactions: &BTreeSet<String>) -> Result<bool, CommandError> {
        for sys_id in interactions {
            if self.interactions.stored(sys_id).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Somebody's segments. Those that cannot be read are named; a command goes on with the others, and has failed in the end.
    pub async fn segments_of(&self, whose: &Whose) -> Result<KeptOf, CommandError> {
        let found = self.system.segments().of(&whose.wanted()?).await?;
        for error in &found.unreadable {
            output::complain(&shown(&error.to_string()));
        }
        Ok(found)
    }
}

/// The interactions of these segments, and the one that was asked for though it may have none.
pub fn interactions_of(whose: &Whose, found: &KeptOf) -> BTreeSet<String> {
    let of_segments = found.segments.iter().map(|kept| kept.segment.interaction.to_string());
    of_segments.chain(whose.interaction.as_ref().map(Id::to_string)).collect()
}

/// That some records could not be read, after all is done with the others.
pub fn all_were_read(found: &KeptOf, failed: usize) -> Result<(), CommandError> {
    match found.unreadable.len() + failed {
        0 => Ok(()),
        left => {
            Err(CommandError::refused(format!("records of which this was not done, and which are named above: {left}")))
        }
    }
}

/// What is said where nothing is stored of whoever is named.
pub fn nobody() -> CommandError {
    CommandError::refused(
        "nothing is stored by this id: check how it is written, and by which of the three options it goes",
    )
}
