//! The provider `extractive`: embedded, without a model and without a network. It ranks the allowed
//! codes by what they have in common with the conversation, and writes notes out of what was said.

mod lexicon;
mod notes;
mod profile;
mod rank;
mod sentences;
#[cfg(test)]
mod tests;
mod thesaurus;
mod turns;
mod words;

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use tokio::time::Instant;

use super::blocking::off_runtime;
use super::{Provider, ProviderError, SuggestedCode, Suggestion, Task};
use crate::segments::MOST_ALTERNATIVES;
use lexicon::Lexicons;
use rank::Ranking;
use sentences::Speech;

/// The method and its version: whoever changes what it suggests counts it up.
const MODEL: &str = "bm25-1";

/// A code is suggested from this confidence on.
const SURE_ENOUGH: f64 = 0.35;

/// The embedded provider. The same task gets the same answer, on every machine.
#[derive(Clone)]
pub struct Extractive {
    lexicons: Arc<LazyLock<Lexicons>>,
}

impl Extractive {
    /// A provider that reads the word lists it comes with when it is first asked: who starts a local server waits for
    /// its port, and most never ask.
    pub fn new() -> Self {
        Self { lexicons: Arc::new(LazyLock::new(Lexicons::new)) }
    }

    /// What it suggests for a task.
    fn answer(&self, task: &Task<'_>) -> Suggestion {
        let lexicon = self.lexicons.of_conversation(task.conversation);
        let speech = Speech::of(task.conversation, lexicon);
        let ranking = Ranking::of(&speech, task.codes, &self.lexicons, lexicon);
        let mut ranked = ranking.codes.iter().map(|ranked| SuggestedCode {
            label: task.codes[ranked.code].code.as_str().to_owned(),
            confidence: Some(ranked.confidence),
        });
        let code = ranking.codes.first().filter(|best| best.confidence >= SURE_ENOUGH).and_then(|_| ranked.next());
        let alternatives = if code.is_none() { ranked.take(MOST_ALTERNATIVES).collect() } else { Vec::new() };
        let notes = task.notes.then(|| notes::write(&speech, &ranking)).flatten();
        Suggestion { code, alternatives, notes }
    }
}

impl Default for Extractive {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Provider for Extractive {
    fn source(&self) -> &'static str {
        "extractive"
    }

    fn model(&self) -> &str {
        MODEL
    }

    async fn suggest(&self, task: &Task<'_>, _deadline: Instant) -> Result<Suggestion, ProviderError> {
        let this = self.clone();
        let (conversation, codes, notes) = (task.conversation.clone(), task.codes.to_vec(), task.notes);
        Ok(off_runtime(move || this.answer(&Task { conversation: &conversation, codes: &codes, notes })).await)
    }
}
