use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::sync::Notify;
use tokio::time::Instant;
use wrapup::ai::{Provider, ProviderError, SuggestedCode, Suggestion, Task};

/// An AI provider that says what a test wants it to say, and keeps what it was asked.
#[derive(Clone, Default)]
pub struct ScriptedProvider {
    seen: Arc<Mutex<Seen>>,
    pause: Option<Arc<Pause>>,
}

/// What a provider was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The conversation's transcript.
    pub transcript: Option<String>,
    /// Its short description.
    pub short_description: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// The labels to choose from.
    pub labels: Vec<String>,
    /// Whether notes are wanted.
    pub notes: bool,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Question>,
    failures: VecDeque<ProviderError>,
    suggestion: Suggestion,
}

#[derive(Default)]
struct Pause {
    reading: Notify,
    go_on: Notify,
}

impl ScriptedProvider {
    /// A provider that suggests this.
    pub fn new(code: Option<(&str, f64)>, notes: Option<&str>) -> Self {
        let provider = Self::default();
        provider.lock().suggestion = Suggestion {
            code: code
                .map(|(label, confidence)| SuggestedCode { label: label.to_owned(), confidence: Some(confidence) }),
            notes: notes.map(str::to_owned),
            ..Suggestion::default()
        };
        provider
    }

    /// The same, which offers these codes where it names none.
    #[must_use]
    pub fn offering(self, offered: &[(&str, f64)]) -> Self {
        let offered =
            offered.iter().map(|(label, sure)| SuggestedCode { label: (*label).to_owned(), confidence: Some(*sure) });
        self.lock().suggestion.alternatives = offered.collect();
        self
    }

    /// The same, but it stops while it reads, until it is told to go on.
    #[must_use]
    pub fn pausing(self) -> Self {
        Self { pause: Some(Arc::default()), ..self }
    }

    /// Makes the next call fail, before those that succeed.
    pub fn fail_once(&self, problem: ProviderError) {
        self.lock().failures.push_back(problem);
    }

    /// What it has been asked since the last time this was called.
    pub fn asked(&self) -> Vec<Question> {
        std::mem::take(&mut self.lock().asked)
    }

    /// Waits until it reads.
    pub async fn reading(&self) {
        if let Some(pause) = &self.pause {
            pause.reading.notified().await;
        }
    }

    /// Lets it go on.
    pub fn go_on(&self) {
        if let Some(pause) = &self.pause {
            pause.go_on.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Provider for ScriptedProvider {
    fn source(&self) -> &'static str {
        "scripted"
    }

    fn model(&self) -> &str {
        "scripted-1"
    }

    async fn suggest(&self, task: &Task<'_>, _: Instant) -> Result<Suggestion, ProviderError> {
        let conversation = task.conversation;
        self.lock().asked.push(Question {
            transcript: conversation.transcript().map(str::to_owned),
            short_description: conversation.short_description().map(str::to_owned),
            language: conversation.language().map(String::from),
            labels: task.codes.iter().map(|code| code.code.as_str().to_owned()).collect(),
            notes: task.notes,
        });
        if let Some(pause) = &self.pause {
            pause.reading.notify_one();
            pause.go_on.notified().await;
        }
        let mut seen = self.lock();
        match seen.failures.pop_front() {
            Some(problem) => Err(problem),
            None => Ok(seen.suggestion.clone()),
        }
    }
}
