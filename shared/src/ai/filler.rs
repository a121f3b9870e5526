use std::sync::Arc;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::blocking::off_runtime;
use super::{Conversation, Provider, ProviderError, Said, SuggestedCode, Suggestion, Task};
use crate::Error;
use crate::document::Id;
use crate::dynamodb::SYSTEM;
use crate::interactions::Interactions;
use crate::language::Language;
use crate::redaction::Redactor;
use crate::segment_tables::Registry;
use crate::segments::{
    Alternative, Confidence, Filling, Found, Gap, LONGEST_AI_NOTES, MOST_ALTERNATIVES, Provenance, Segments,
};

/// Fills an open segment's gaps with what a provider suggests. Safe to run twice, late, or beside another:
/// it adds only what is still absent from a segment that is still open.
#[derive(Clone)]
pub struct Filler {
    segments: Segments,
    segment_tables: Registry,
    interactions: Interactions,
    provider: Arc<dyn Provider>,
    redactor: Redactor,
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
            Self::NoConversation => "no_conversation",
            Self::NoSuggestion => "no_suggestion",
            Self::Overtaken => "overtaken",
        }
    }
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
        Self { segments, segment_tables, interactions, provider, redactor: Redactor::default() }
    }

    /// The same filler, which takes out of conversations and notes what this redactor does, in place of all that is known.
    #[must_use]
    pub fn with_redactor(self, redactor: Redactor) -> Self {
        Self { redactor, ..self }
    }

    /// Who makes the suggestions.
    pub fn provider(&self) -> &dyn Provider {
        self.provider.as_ref()
    }

    /// Fills the segment with this sys_id. DynamoDB: a read of the segment, what the conversation takes, and one
    /// conditional update.
    ///
    /// # Errors
    /// What may go better later. A conversation that the provider declines, or answers with what cannot be read, is
    /// no error: asked again it would say the same, and hold up the segments behind it.
    pub async fn fill(&self, sys_id: &str, deadline: Instant) -> Result<FillOutcome, FillError> {
        let Some((mut found, gap)) = self.segments.with_gap(sys_id).await? else { return Ok(FillOutcome::NotNeeded) };
        let Some(said) = self.said(&mut found).await? else { return Ok(FillOutcome::NoConversation) };
        let redactor = self.redactor;
        let conversation = off_runtime(move || Conversation::redacted(said, redactor)).await;
        let Some(filling) = self.ask(&conversation, &found, gap, deadline).await? else {
            return Ok(FillOutcome::NoSuggestion);
        };
        match Box::pin(self.segments.fill(found, &filling)).await {
            Ok(true) => Ok(FillOutcome::Filled),
            Ok(false) | Err(Error::NotFound(_)) => Ok(FillOutcome::Overtaken),
            Err(error) => Err(error.into()),
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
        let answer = timeout_at(deadline, self.provider.suggest(&task, deadline)).await;
        let answer = answer.unwrap_or_else(|_| Err(ProviderError::Unavailable("it did not answer in time".into())));
        let suggestion = match answer {
            Ok(suggestion) => suggestion,
            Err(problem @ (ProviderError::Declined { .. } | ProviderError::Malformed { .. })) => {
                tracing::warn!(segment = found.segment.sys_id, %problem, "the provider suggests nothing");
                return Ok(None);
            }
            Err(problem) => return Err(FillError::Provider { provider: self.provider.source(), problem }),
        };
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(self.vet(suggestion, &task, took_ms))
    }

    /// What the segment may have of a suggestion, since a transcript can make a provider say anything: no label that is not
    /// among the task's, and notes that are short enough, without secrets, also such as the provider has put together from
    /// several turns.
    fn vet(&self, suggestion: Suggestion, task: &Task<'_>, took_ms: u64) -> Option<Filling> {
        let allowed = |suggested: &SuggestedCode| {
            let code = task.allowed(&suggested.label)?.code.clone();
            Some(Alternative { code, confidence: suggested.confidence.map(Confidence::from) })
        };
        let code = suggestion.code.as_ref().and_then(allowed);
        let offered = suggestion.alternatives.iter().filter_map(allowed).filter(|_| code.is_none());
        let alternatives: Vec<_> = offered.take(MOST_ALTERNATIVES).collect();
        let notes = suggestion.notes.filter(|_| task.notes).and_then(unless_blank);
        let notes = notes.map(|notes| cut(self.redactor.redact(notes.trim()).trim()));
        let (code, confidence) = code.map_or((None, None), |named| (Some(named.code), named.confidence));
        let provenance = Provenance {
            source: self.provider.source().to_owned(),
            model: self.provider.model().to_owned(),
            confidence,
            took_ms,
        };
        let is_empty = code.is_none() && notes.is_none() && alternatives.is_empty();
        (!is_empty).then_some(Filling { code, alternatives, notes, provenance })
    }
}

fn unless_blank(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

/// As much of the notes as a segment holds, up to the end of a sentence; of one without an end, up to the last word's.
fn cut(notes: &str) -> String {
    let Some((end, _)) = notes.char_indices().nth(LONGEST_AI_NOTES) else { return notes.to_owned() };
    let (kept, rest) = notes.split_at(end);
    let ends_sentence = |(at, mark): &(usize, char)| {
        let next = kept[at + mark.len_utf8()..].chars().next().or_else(|| rest.chars().next());
        matches!(mark, '。' | '！' | '？' | '\n')
            || matches!(mark, '.' | '!' | '?' | '…') && next.is_none_or(char::is_whitespace)
    };
    let sentence = kept.char_indices().rev().find(ends_sentence).map(|(at, mark)| at + mark.len_utf8());
    let word = || kept.rfind(char::is_whitespace);
    kept[..sentence.or_else(word).unwrap_or(end)].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_fit_are_kept_whole() {
        let longest = "ä".repeat(LONGEST_AI_NOTES);
        assert_eq!(cut(&longest), longest);
    }

    #[test]
    fn longer_notes_end_with_a_sentence() {
        let sentence = "Pays 3.50 more. ";
        let notes = cut(&sentence.repeat(300));
        assert!(notes.ends_with("Pays 3.50 more."), "{notes}");
        assert!((LONGEST_AI_NOTES - sentence.len()..=LONGEST_AI_NOTES).contains(&notes.chars().count()));
        assert_eq!(cut(&"长话短说。".repeat(1_000)).chars().count(), LONGEST_AI_NOTES);
    }

    #[test]
    fn a_sentence_that_ends_where_the_space_ends_is_kept() {
        let exact = format!("{}.", "x".repeat(LONGEST_AI_NOTES - 1));
        assert_eq!(cut(&format!("{exact} More.")), exact);
        let abbreviated = format!("End. {}.5", "x".repeat(LONGEST_AI_NOTES - 6));
        assert_eq!(cut(&abbreviated), "End.");
    }

    #[test]
    fn notes_without_a_sentence_end_with_a_word_or_anywhere() {
        assert_eq!(cut(&"word ".repeat(1_000)), "word ".repeat(800).trim_end());
        assert_eq!(cut(&"x".repeat(5_000)).len(), LONGEST_AI_NOTES);
    }
}
