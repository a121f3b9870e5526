//! The AI filler on the segment table's stream: suggests a code and notes for segments that open without, or get another
//! configuration, where that wants them and no third party's AI is used. Where the deployment learns, it learns from those that
//! agents close, too: DynamoDB lets a stream have two readers, and the relay is the other one.

use async_trait::async_trait;
use tokio::time::Instant;
use wrapup::ai::{AiSettings, Filler, Lessons, ProviderKind, Pupil, aws_of_function, learns_from_env};
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
    let (redactor, learns) = (Redactor::from_env()?, learns_from_env()?);
    consumer::run(AiFiller::of(&ConsumerParts { system, provider, learns, redactor, bus: None })).await
}

/// The consumer. Reads the segment table, configurations' snapshots, interactions, and what the interaction segment
/// tables are kept in; updates the segment table; asks the provider. Where it learns, it reads and writes what was learned.
pub struct AiFiller {
    filler: Option<Filler>,
    pupil: Option<Pupil>,
}

impl AiFiller {
    /// The consumer of a deployment; where AI is switched off, it takes nothing.
    pub fn of(parts: &ConsumerParts) -> Self {
        let Some(provider) = parts.provider.clone() else { return Self { filler: None, pupil: None } };
        let system = &parts.system;
        let lessons = parts.learns.then(|| Lessons::new(system.dynamo().clone(), system.clock().clone()));
        let pupil = lessons.clone().map(|lessons| Pupil::new(system, lessons, parts.redactor));
        let filler = Filler::new(system, provider).with_redactor(parts.redactor).with_lessons(lessons);
        Self { filler: Some(filler), pupil }
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
        let learns = if self.pupil.is_some() { ", learning" } else { "" };
        provider.map_or_else(
            || "off".to_owned(),
            |provider| format!("{} ({}){learns}", provider.source(), provider.model()),
        )
    }

    fn is_on(&self) -> bool {
        self.filler.is_some()
    }

    /// A segment that has just opened, or has just got another configuration, with something to add. The event source
    /// filters by that mark, so that other records cost no invocation; a deployment without that filter is right as well.
    /// What the filler itself changes takes the mark away. Where it learns, also one that an agent has closed with a code or
    /// given another one, or whose texts are erased.
    fn wants(&self, event: &SegmentEvent) -> bool {
        wants_filling(event) || self.pupil.is_some() && Pupil::wants(event)
    }

    async fn take(&self, event: &SegmentEvent, deadline: Instant) -> Result<&'static str, Again> {
        let Some(filler) = &self.filler else { return Ok("off") };
        let segment = event.after.sys_id.as_str();
        if !wants_filling(event)
            && let Some(pupil) = &self.pupil
        {
            return match pupil.learn(segment).await {
                Ok(learnt) => {
                    let outcome = learnt.as_str();
                    tracing::info!(segment, outcome, "segment learned from");
                    Ok(outcome)
                }
                Err(error) => {
                    tracing::error!(segment, %error, "segment not learned from");
                    Err(Again)
                }
            };
        }
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

/// Whether a segment has just opened, or has just got another configuration, with something to add.
fn wants_filling(event: &SegmentEvent) -> bool {
    let has_it = |before: &Segment| before.configuration == event.after.configuration;
    event.after.wants_ai && !event.before.as_ref().is_some_and(has_it)
}
