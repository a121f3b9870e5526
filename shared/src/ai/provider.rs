use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use super::leaving_out::leave_out;
use super::orders;
use super::recitals::Recitals;
use crate::codes::Code;
use crate::language::Language;
use crate::logging::chain;
use crate::redaction::Redactor;

/// Something that reads a conversation and suggests how to wrap it up.
///
/// A transcript is written by whoever called: a provider takes it as material, never as instructions.
/// What it answers is checked by the caller all the same: labels that are not allowed are dropped,
/// notes that are too long are cut.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The kind of provider, kept on the segment as `ai_source`.
    fn source(&self) -> &'static str;

    /// The model or method, kept on the segment as `ai_model`.
    fn model(&self) -> &str;

    /// Whether it is the embedded one, which is steered by no single turn.
    fn is_embedded(&self) -> bool {
        false
    }

    /// Suggests a code, notes, or neither where the conversation does not tell. Ends before the deadline.
    ///
    /// # Errors
    /// [`ProviderError`]; which of them are worth another try, it says itself.
    async fn suggest(&self, task: &Task<'_>, deadline: Instant) -> Result<Suggestion, ProviderError>;
}

/// What a provider is asked.
#[derive(Debug)]
pub struct Task<'a> {
    /// What was said.
    pub conversation: &'a Conversation,
    /// The codes to choose from, with descriptions and translations; empty where no code is wanted.
    pub codes: &'a [Arc<Code>],
    /// Whether notes are wanted.
    pub notes: bool,
}

impl Task<'_> {
    /// The code with a label that was suggested, if it is one of the task's.
    pub fn allowed(&self, label: &str) -> Option<&Arc<Code>> {
        self.codes.iter().find(|code| code.code.as_str() == label.trim())
    }
}

/// What was said, as far as it is known: a short description, a transcript, or both. Personal data, and whatever secrets
/// a caller has read out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What the interaction is about, in one line.
    pub short_description: Option<String>,
    /// The transcript: usually one turn a line, behind the speaker's name and a colon.
    pub transcript: Option<String>,
    /// The language it was held in, where known.
    pub language: Option<Language>,
}

/// What was said, without its secrets, and without orders to whoever wraps up. There is no other way to make one than [`Conversation::redacted`], so that no
/// provider, in this process or elsewhere, sees what was taken out.
#[derive(Clone, PartialEq, Eq)]
pub struct Conversation(Said);

impl Conversation {
    /// Takes the secrets out of what was said, and what is meant for whoever wraps up.
    pub fn redacted(said: Said, redactor: Redactor) -> Self {
        // Secrets first: what a caller orders to be written may be one half of one.
        let redact = |text: String| {
            let redacted = changed(redactor.redact(&text)).unwrap_or(text);
            changed(orders::left_out(&redacted)).unwrap_or(redacted)
        };
        Self(Said {
            short_description: said.short_description.map(redact),
            transcript: said.transcript.map(redact),
            language: said.language,
        })
    }

    /// What the interaction is about, in one line.
    pub fn short_description(&self) -> Option<&str> {
        self.0.short_description.as_deref()
    }

    /// The transcript.
    pub fn transcript(&self) -> Option<&str> {
        self.0.transcript.as_deref()
    }

    /// The language it was held in, where known.
    pub fn language(&self) -> Option<Language> {
        self.0.language
    }

    /// The same without the sentences that read one of the codes out; none where nobody does.
    pub(super) fn without_recitals(&self, codes: &[Arc<Code>]) -> Option<Self> {
        let recitals = Recitals::of(codes);
        let text = |text: &Option<String>| changed(leave_out(text.as_deref()?, |sentence| recitals.find(sentence)));
        let (short_description, transcript) = (text(&self.0.short_description), text(&self.0.transcript));
        let is_same = short_description.is_none() && transcript.is_none();
        (!is_same).then(|| {
            Self(Said {
                short_description: short_description.or_else(|| self.0.short_description.clone()),
                transcript: transcript.or_else(|| self.0.transcript.clone()),
                language: self.0.language,
            })
        })
    }

    /// The same without some lines of the transcript, counted from 0.
    pub(super) fn without_lines(&self, lines: &BTreeSet<usize>) -> Self {
        let kept = |transcript: &String| {
            let kept = transcript.split_inclusive('\n').enumerate().filter(|(line, _)| !lines.contains(line));
            kept.map(|(_, text)| text).collect()
        };
        Self(Said { transcript: self.0.transcript.as_ref().map(kept), ..self.0.clone() })
    }

    /// The same without the short description.
    pub(super) fn without_description(&self) -> Self {
        Self(Said { short_description: None, ..self.0.clone() })
    }
}

fn changed(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    }
}

impl fmt::Debug for Said {
    /// Shows that there is something, and nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").finish_non_exhaustive()
    }
}

impl fmt::Debug for Conversation {
    /// Shows that there is one, and nothing of what was said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").finish_non_exhaustive()
    }
}

/// What a provider suggests.
#[derive(Clone, Default, PartialEq)]
pub struct Suggestion {
    /// One of the task's codes.
    pub code: Option<SuggestedCode>,
    /// Codes that may be right where it names none, the likeliest first.
    pub alternatives: Vec<SuggestedCode>,
    /// Notes for the agent.
    pub notes: Option<String>,
}

impl fmt::Debug for Suggestion {
    /// Shows the code; notes are personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suggestion")
            .field("code", &self.code)
            .field("alternatives", &self.alternatives)
            .finish_non_exhaustive()
    }
}

/// A code that a provider suggests.
#[derive(Clone, Debug, PartialEq)]
pub struct SuggestedCode {
    /// Its label, as the task has it.
    pub label: String,
    /// How sure the provider is, from 0 to 1, where it says.
    pub confidence: Option<f64>,
}

/// Why a provider suggests nothing. None of them carries anything that was said.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It does not want to: a content filter, or a model that refuses. The same task will fare no better.
    #[error("it declined: {reason}")]
    Declined {
        /// The reason, in the provider's terms.
        reason: String,
    },
    /// It could not be reached, was throttled, or did not answer in time: the same task may succeed later.
    #[error("not available: {}", chain(.0.as_ref()))]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered something else than it was asked for.
    #[error("it answered what cannot be read: {problem}")]
    Malformed {
        /// What is wrong with the answer, without quoting it.
        problem: String,
    },
    /// It is set up wrongly: permissions, the model's name, a request that it does not take.
    #[error("broken: {}", chain(.0.as_ref()))]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}
