//! The AI filler on the segment table's stream: suggests a code and notes for segments that open without, or get another
//! configuration, where that wants them and no third party's AI is used. And on the stream of `interaction`: what is said late
//! fills what open segments still lack. Where the deployment learns, it learns from those that agents close, too: DynamoDB
//! lets a stream have two readers, and the relay is the other one.

use std::sync::Once;

use async_trait::async_trait;
use tokio::time::Instant;
use wrapup::ai::{
    AiSettings, FillError, FillOutcome, Filler, Late, Lessons, ProviderKind, Pupil, aws_of_function, learns_from_env,
};
use wrapup::clock::Clock;
use wrapup::error::Kind;
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
    /// Whether the log has said that what is said late finds no segments.
    lacks_index: Once,
}

impl AiFiller {
    /// The consumer of a deployment; where AI is switched off, it takes nothing.
    pub fn of(parts: &ConsumerParts) -> Self {
        let lacks_index = Once::new();
        let Some(provider) = parts.provider.clone() else { return Self { filler: None, pupil: None, lacks_index } };
        let system = &parts.system;
        let lessons = parts.learns.then(|| Lessons::new(system.dynamo().clone(), system.clock().clone()));
        let pupil = lessons.clone().map(|lessons| Pupil::new(system, lessons, parts.redactor));
        let filler = Filler::new(system, provider).with_redactor(parts.redactor).with_lessons(lessons);
        Self { filler: Some(filler), pupil, lacks_index }
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

    fn hears_conversations(&self) -> bool {
        self.is_on()
    }

    /// Fills what the interaction's open segments lack. A deployment whose segment table has not that index yet does without:
    /// records that came again until it has it would hold up those behind them.
    async fn take_conversation(&self, interaction: &str, deadline: Instant) -> Result<&'static str, Again> {
        let Some(filler) = &self.filler else { return Ok("off") };
        let late = match filler.fill_those_of(interaction, deadline).await {
            Ok(late) => late,
            Err(FillError::Wrapup(error)) if error.kind() == Kind::NotThereYet => {
                self.lacks_index.call_once(|| {
                    tracing::warn!(%error, "what is said after a wrap-up has opened fills nothing: its segments cannot be found");
                });
                return Ok("no_index");
            }
            Err(error) => {
                tracing::error!(%error, "the segments of an interaction cannot be found");
                return Err(Again);
            }
        };
        let (source, model) = (filler.provider().source(), filler.provider().model());
        let mut done = Ok("not_needed");
        for Late { segment, outcome } in late {
            match outcome {
                Ok(outcome) => {
                    let outcome = outcome.as_str();
                    tracing::info!(segment, outcome, source, model, "segment read again");
                    // Of several segments, the report names the last that came to something.
                    if outcome != FillOutcome::WasRead.as_str() || done == Ok("not_needed") {
                        done = done.map(|_| outcome);
                    }
                }
                Err(error) => {
                    tracing::error!(segment, source, model, %error, "segment not filled");
                    done = Err(Again);
                }
            }
        }
        done
    }
}

/// Whether a segment has just opened, or has just got another configuration, with something to add.
fn wants_filling(event: &SegmentEvent) -> bool {
    let has_it = |before: &Segment| before.configuration == event.after.configuration;
    event.after.wants_ai && !event.before.as_ref().is_some_and(has_it)
}
