//! The AI filler on the segment table's stream: suggests a code and notes for segments that open without, or get another
//! configuration, where that wants them and no third party's AI is used.

use async_trait::async_trait;
use tokio::time::Instant;
use wrapup::ai::{AiSettings, Filler, ProviderKind, aws_of_function};
use wrapup::clock::Clock;
use wrapup::redaction::Redactor;
use wrapup::segments::{Segment, SegmentEvent};
use wrapup::system::StartError;
use wrapup::{System, segment_tables};
use wrapup_functions::{Again, Consumer, ConsumerParts, consumer};

/// The Lambda function, with the segment tables of its environment.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_retention_from_env()?;
    let segment_tables = segment_tables::from_env(system.dynamo())?;
    run(system.with_segment_tables(segment_tables)).await
}

/// Serves the function with the provider that the environment chooses.
pub async fn run(system: System) -> Result<(), StartError> {
    let provider = AiSettings::from_env(ProviderKind::Extractive)?.provider(&Clock::system(), aws_of_function)?;
    consumer::run(AiFiller::of(&ConsumerParts { system, provider, redactor: Redactor::from_env()?, bus: None })).await
}

/// The consumer. Reads the segment table, configurations' snapshots, interactions, and what the interaction segment
/// tables are kept in; updates the segment table; asks the provider.
pub struct AiFiller {
    filler: Option<Filler>,
}

impl AiFiller {
    /// The consumer of a deployment; where AI is switched off, it takes nothing.
    pub fn of(parts: &ConsumerParts) -> Self {
        let filler = parts.provider.clone().map(|provider| Filler::new(&parts.system, provider));
        Self { filler: filler.map(|filler| filler.with_redactor(parts.redactor)) }
    }
}

#[async_trait]
impl Consumer for AiFiller {
    fn name(&self) -> &'static str {
        "ai-filler"
    }

    fn title(&self) -> &'static str {
        "AI filler"
    }

    fn setting(&self) -> String {
        let provider = self.filler.as_ref().map(Filler::provider);
        provider.map_or_else(|| "off".to_owned(), |provider| format!("{} ({})", provider.source(), provider.model()))
    }

    fn is_on(&self) -> bool {
        self.filler.is_some()
    }

    /// A segment that has just opened, or has just got another configuration, with something to add. The event source
    /// filters by that mark, so that other records cost no invocation; a deployment without that filter is right as well.
    /// What the filler itself changes takes the mark away.
    fn wants(&self, event: &SegmentEvent) -> bool {
        let has_it = |before: &Segment| before.configuration == event.after.configuration;
        event.after.wants_ai && !event.before.as_ref().is_some_and(has_it)
    }

    async fn take(&self, event: &SegmentEvent, deadline: Instant) -> Result<&'static str, Again> {
        let Some(filler) = &self.filler else { return Ok("off") };
        let segment = event.after.sys_id.as_str();
        let (source, model) = (filler.provider().source(), filler.provider().model());
        match filler.fill(segment, deadline).await {
            Ok(filled) => {
                let outcome = filled.as_str();
                tracing::info!(segment, outcome, source, model, "segment read");
                Ok(outcome)
            }
            Err(error) => {
                tracing::error!(segment, source, model, %error, "segment not filled");
                Err(Again)
            }
        }
    }
}
