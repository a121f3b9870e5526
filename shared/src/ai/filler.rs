use std::sync::Arc;

use tokio::time::Instant;

use super::conversations::Conversations;
use super::{Adviser, Conversation, Knowledge, Lessons, Provider, ProviderError, SuggestedCode, Suggestion, Task};
use crate::Error;
use crate::interactions::Interactions;
use crate::redaction::Redactor;
use crate::segment_tables::Registry;
use crate::segments::{Alternative, Confidence, Filling, Found, Gap, Provenance, Segments};
use crate::sys_id::{digest, sha256};

/// Digits of the hash that tells versions of a conversation apart.
const VERSION_DIGITS: usize = 16;

/// Of so many segments one is blind.
const ONE_IN: u16 = 5;

/// Fills an open segment's gaps with what a provider suggests. Safe to run twice, late, or beside another:
/// it adds only what is still absent from a segment that is still open.
#[derive(Clone)]
pub struct Filler {
    segments: Segments,
    conversations: Conversations,
    adviser: Adviser,
    /// What was learned; none where the deployment does not learn.
    lessons: Option<Lessons>,
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
    /// It is kept with the segment what would have been named, and shown to nobody.
    KeptBack,
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
            Self::KeptBack => "kept_back",
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
        let redactor = Redactor::default();
        let conversations = Conversations { segment_tables, interactions, redactor };
        Self { segments, conversations, adviser: Adviser::new(provider, redactor), lessons: None }
    }

    /// The same filler, which goes by what was learned, too, and keeps some of its suggestions to itself to be told how good
    /// they are.
    #[must_use]
    pub fn with_lessons(self, lessons: Option<Lessons>) -> Self {
        Self { lessons, ..self }
    }

    /// The same filler, which takes out of conversations and notes what this redactor does, in place of all that is known.
    #[must_use]
    pub fn with_redactor(self, redactor: Redactor) -> Self {
        let conversations = Conversations { redactor, ..self.conversations };
        Self { adviser: self.adviser.with_redactor(redactor), conversations, ..self }
    }

    /// Whether nobody is shown which code the filler would name for a segment: one of five where it learns, so that some
    /// agents pick without having seen it. Always the same for the same segment.
    pub fn blind(&self, sys_id: &str) -> bool {
        let digest = sha256(sys_id.as_bytes());
        let number = digest.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        self.lessons.is_some() && number.is_some_and(|number| number % ONE_IN == 0)
    }

    /// Who makes the suggestions.
    pub fn provider(&self) -> &dyn Provider {
        self.adviser.provider()
    }

    /// Fills the segment with this sys_id. DynamoDB: a read of the segment, what the conversation takes, and one
    /// conditional update; where it learns, what was learned of the codes, if the instance has not read that within a minute.
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
        let Some(conversation) = self.conversations.of(&mut found).await? else {
            return Ok(FillOutcome::NoConversation);
        };
        let read = version_of(&conversation, &found.segment.configuration);
        if found.segment.ai_read.as_ref() == Some(&read) {
            return Ok(FillOutcome::WasRead);
        }
        let (done, outcome) = match self.ask(&conversation, &found, gap, deadline).await? {
            Some(filling) => {
                let outcome = if filling.is_kept_back() { FillOutcome::KeptBack } else { FillOutcome::Filled };
                (Box::pin(self.segments.fill(found, &filling, &read)).await, outcome)
            }
            None => (Box::pin(self.segments.mark_read(found, &read, None)).await, FillOutcome::NoSuggestion),
        };
        match done {
            Ok(true) => Ok(outcome),
            Ok(false) | Err(Error::NotFound(_)) => Ok(FillOutcome::Overtaken),
            Err(error) => Err(error.into()),
        }
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
        let knowledge = self.knowledge(&task).await;
        let begun = Instant::now();
        let suggestion = match self.adviser.suggest_by(&task, knowledge.as_ref(), deadline).await {
            Ok(suggestion) => suggestion,
            Err(problem @ (ProviderError::Declined { .. } | ProviderError::Malformed { .. })) => {
                tracing::warn!(segment = found.segment.sys_id, %problem, "the provider suggests nothing");
                return Ok(None);
            }
            Err(problem) => return Err(FillError::Provider { provider: self.provider().source(), problem }),
        };
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let blind = self.blind(&found.segment.sys_id);
        Ok(self.filling(suggestion, &task, took_ms).map(|filling| if blind { filling.blind() } else { filling }))
    }

    /// What was learned of a task's codes. Where it cannot be read, the filler does without: late or less sure is worse than
    /// that for whoever waits.
    async fn knowledge(&self, task: &Task<'_>) -> Option<Arc<Knowledge>> {
        let lessons = self.lessons.as_ref().filter(|_| !task.codes.is_empty())?;
        let labels: Vec<_> = task.codes.iter().map(|code| &code.code).collect();
        match lessons.knowledge(&labels).await {
            Ok(knowledge) => knowledge.map(Arc::new),
            Err(error) => {
                tracing::warn!(%error, "what was learned cannot be read");
                None
            }
        }
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
        (!is_empty).then_some(Filling { code, alternatives, kept_back: None, notes, provenance })
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
