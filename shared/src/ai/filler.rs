use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use super::blocking::off_runtime;
use super::{Adviser, Conversation, Provider, ProviderError, Said, SuggestedCode, Suggestion, Task};
use crate::Error;
use crate::document::Id;
use crate::dynamodb::SYSTEM;
use crate::interactions::Interactions;
use crate::language::Language;
use crate::redaction::Redactor;
use crate::segment_tables::Registry;
use crate::segments::{Alternative, Confidence, Filling, Found, Gap, Provenance, Segments};
use crate::sys_id::digest;

/// Digits of the hash that tells versions of a conversation apart.
const VERSION_DIGITS: usize = 16;

/// Fills an open segment's gaps with what a provider suggests. Safe to run twice, late, or beside another:
/// it adds only what is still absent from a segment that is still open.
#[derive(Clone)]
pub struct Filler {
    segments: Segments,
    segment_tables: Registry,
    interactions: Interactions,
    adviser: Adviser,
}

/// Where a filler finds segments, and what was said.
#[derive(Clone)]
pub struct Stores {
    /// Wrap-up segments.
    pub segments: Segments,
    /// The interaction segment tables that hold transcripts.
    pub segment_tables: Registry,
    /// Interactions, where no segment table has one.
    pub interactions: Interactions,
}

/// What became of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillOutcome {
    /// Something was added.
    Filled,
    /// There was nothing to add, or the segment was closed or gone.
    NotNeeded,
    /// It has been read before for what is lacking, and nothing else has been said since.
    WasRead,
    /// Neither a transcript nor a short description is there to read.
    NoConversation,
    /// The provider suggested nothing that the segment may have.
    NoSuggestion,
    /// While the provider was reading, the agent closed the segment, or another filled it.
    Overtaken,
}

impl FillOutcome {
    /// The outcome as logs name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::NotNeeded => "not_needed",
            Self::WasRead => "was_read",
            Self::NoConversation => "no_conversation",
            Self::NoSuggestion => "no_suggestion",
            Self::Overtaken => "overtaken",
        }
    }
}

/// What became of a segment of which something was said late.
#[derive(Debug)]
pub struct Late {
    /// Its sys_id.
    pub segment: String,
    /// What became of it.
    pub outcome: Result<FillOutcome, FillError>,
}

/// Why a segment could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// A store or a segment table did not do its part.
    #[error(transparent)]
    Wrapup(#[from] Error),
    /// The provider did not do its part.
    #[error("provider {provider}: {problem}")]
    Provider {
        /// The kind of provider.
        provider: &'static str,
        /// What it failed with.
        #[source]
        problem: ProviderError,
    },
}

impl Filler {
    /// The filler of a deployment.
    pub fn new(stores: impl Into<Stores>, provider: Arc<dyn Provider>) -> Self {
        let Stores { segments, segment_tables, interactions } = stores.into();
        Self { segments, segment_tables, interactions, adviser: Adviser::new(provider, Redactor::default()) }
    }

    /// The same filler, which takes out of conversations and notes what this redactor does, in place of all that is known.
    #[must_use]
    pub fn with_redactor(self, redactor: Redactor) -> Self {
        Self { adviser: self.adviser.with_redactor(redactor), ..self }
    }

    /// Who makes the suggestions.
    pub fn provider(&self) -> &dyn Provider {
        self.adviser.provider()
    }

    /// Fills the segment with this sys_id. DynamoDB: a read of the segment, what the conversation takes, and one
    /// conditional update.
    ///
    /// # Errors
    /// What may go better later. A conversation that the provider declines, or answers with what cannot be read, is
    /// no error: asked again it would say the same, and hold up the segments behind it.
    pub async fn fill(&self, sys_id: &str, deadline: Instant) -> Result<FillOutcome, FillError> {
        match self.segments.with_gap(sys_id).await? {
            Some((found, gap)) => Box::pin(self.read(found, gap, deadline)).await,
            None => Ok(FillOutcome::NotNeeded),
        }
    }

    /// Fills what the open segments of an interaction lack, of which something may have been said since they were read:
    /// each once for what is said now. Answers what became of each. DynamoDB: a query and a read for 100 segments; for each
    /// one what the conversation takes, and one conditional update where it has not been read before.
    ///
    /// # Errors
    /// Where the segments cannot be found; one that cannot be filled is no error, since the others are.
    pub async fn fill_those_of(&self, interaction: &str, deadline: Instant) -> Result<Vec<Late>, FillError> {
        let mut outcomes = Vec::new();
        for (found, gap) in self.segments.lacking(interaction).await? {
            let segment = found.segment.sys_id.clone();
            outcomes.push(Late { segment, outcome: Box::pin(self.read(found, gap, deadline)).await });
        }
        Ok(outcomes)
    }

    /// Reads what was said in a segment, once a version of it, and adds what comes of that.
    async fn read(&self, mut found: Found, gap: Gap, deadline: Instant) -> Result<FillOutcome, FillError> {
        let Some(said) = self.said(&mut found).await? else { return Ok(FillOutcome::NoConversation) };
        let redactor = self.adviser.redactor();
        let conversation = off_runtime(move || Conversation::redacted(said, redactor)).await;
        let read = version_of(&conversation, &found.segment.configuration);
        if found.segment.ai_read.as_ref() == Some(&read) {
            return Ok(FillOutcome::WasRead);
        }
        let filled = match self.ask(&conversation, &found, gap, deadline).await? {
            Some(filling) => (Box::pin(self.segments.fill(found, &filling, &read)).await, FillOutcome::Filled),
            None => (Box::pin(self.segments.mark_read(found, &read)).await, FillOutcome::NoSuggestion),
        };
        match filled {
            (Ok(true), outcome) => Ok(outcome),
            (Ok(false) | Err(Error::NotFound(_)), _) => Ok(FillOutcome::Overtaken),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// What was said: out of the interaction segment's record, else out of the interaction.
    async fn said(&self, found: &mut Found) -> Result<Option<Said>, Error> {
        // A segment may have been opened by functions that know more tables than this one.
        let served = |table: &Id| self.segment_tables.get(table.as_str()).is_some();
        if found.segment.given.segment_table.as_ref().is_some_and(served) {
            found.include_interaction_segment(&self.segment_tables, SYSTEM).await?;
        }
        if let Some(mut record) = found.interaction_segment.take()
            && let Some(transcript) = record.transcript.take().and_then(unless_blank)
        {
            let language = record.fields.get("language").and_then(Value::as_str).and_then(Language::of_tag);
            return Ok(Some(Said { short_description: None, transcript: Some(transcript), language }));
        }
        let Some(interaction) = self.interactions.find(found.segment.interaction.as_str()).await? else {
            return Ok(None);
        };
        let said = Said {
            short_description: interaction.short_description.and_then(unless_blank),
            transcript: interaction.transcript.and_then(unless_blank),
            language: interaction.language,
        };
        let silent = said.short_description.is_none() && said.transcript.is_none();
        Ok((!silent).then_some(said))
    }

    /// What the provider suggests, as far as the segment may have it.
    async fn ask(
        &self,
        conversation: &Conversation,
        found: &Found,
        gap: Gap,
        deadline: Instant,
    ) -> Result<Option<Filling>, FillError> {
        let codes = if gap.code { found.configuration.allowed_codes.as_slice() } else { &[] };
        let task = Task { conversation, codes, notes: gap.notes };
        let begun = Instant::now();
        let suggestion = match self.adviser.suggest(&task, deadline).await {
            Ok(suggestion) => suggestion,
            Err(problem @ (ProviderError::Declined { .. } | ProviderError::Malformed { .. })) => {
                tracing::warn!(segment = found.segment.sys_id, %problem, "the provider suggests nothing");
                return Ok(None);
            }
            Err(problem) => return Err(FillError::Provider { provider: self.provider().source(), problem }),
        };
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.filling(suggestion, &task, took_ms))
    }

    /// What a suggestion adds to a segment.
    fn filling(&self, suggestion: Suggestion, task: &Task<'_>, took_ms: u64) -> Option<Filling> {
        let allowed = |suggested: SuggestedCode| {
            let code = task.allowed(&suggested.label)?.code.clone();
            Some(Alternative { code, confidence: suggested.confidence.map(Confidence::from) })
        };
        let alternatives: Vec<_> = suggestion.alternatives.into_iter().filter_map(allowed).collect();
        let (code, confidence) = match suggestion.code.and_then(allowed) {
            Some(named) => (Some(named.code), named.confidence),
            None => (None, None),
        };
        let notes = suggestion.notes;
        let provenance = Provenance {
            source: self.provider().source().to_owned(),
            model: self.provider().model().to_owned(),
            confidence,
            took_ms,
        };
        let is_empty = code.is_none() && notes.is_none() && alternatives.is_empty();
        (!is_empty).then_some(Filling { code, alternatives, notes, provenance })
    }
}

/// A short hash of what was said without its secrets, for a configuration: another one asks for other things.
fn version_of(conversation: &Conversation, configuration: &str) -> String {
    let language = conversation.language().map(|language| language.to_string()).unwrap_or_default();
    let texts = [conversation.short_description(), conversation.transcript()].map(Option::unwrap_or_default);
    let mut version = digest(&[configuration, &language, texts[0], texts[1]]);
    version.truncate(VERSION_DIGITS);
    version
}

fn unless_blank(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
