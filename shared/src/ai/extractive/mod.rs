//! The provider `extractive`: embedded, without a model and without a network. It ranks the allowed
//! codes by what they have in common with the conversation, and writes notes out of what was said.

pub(super) mod lexicon;
mod notes;
mod numbers;
mod profile;
pub(super) mod rank;
pub(super) mod sentences;
#[cfg(test)]
mod tests;
mod thesaurus;
mod turns;
pub(super) mod words;

use std::iter::Peekable;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use tokio::time::Instant;

use super::blocking::off_runtime;
use super::{Bag, Conversation, HashKey, Hashing, Knowledge, Provider, ProviderError, SuggestedCode, Suggestion, Task};
use crate::segments::MOST_ALTERNATIVES;
use lexicon::Lexicons;
use rank::Ranking;
use sentences::Speech;

/// The method and its version: whoever changes what it suggests counts it up.
const MODEL: &str = "bm25-3";

/// A code is named from this confidence on, which is that of a code that is first whichever part is taken away: of those,
/// more than four of five are right, and of all others two.
pub(super) const SURE_ENOUGH: f64 = 0.73;

/// What was learned contradicts another provider only where it has this weight.
const MUCH: f64 = 1.0;
/// And where that one's code scores at most so much of what the best one does.
const BEATEN: f64 = 0.5;

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

    /// The words of a conversation that say something by themselves, as it is learned from them.
    pub(super) fn words(&self, conversation: &Conversation, key: &HashKey) -> Bag {
        let lexicon = self.lexicons.of_conversation(conversation);
        let speech = Speech::of(conversation, lexicon);
        Hashing::with(key).bag(speech.telling().map(|(_, stem)| stem))
    }

    /// What it suggests for a task, by what was learned, too.
    pub(super) async fn suggest_by(&self, task: &Task<'_>, knowledge: Option<Arc<Knowledge>>) -> Suggestion {
        let this = self.clone();
        let (conversation, codes, notes) = (task.conversation.clone(), task.codes.to_vec(), task.notes);
        let answer =
            move || this.answer(&Task { conversation: &conversation, codes: &codes, notes }, knowledge.as_deref());
        off_runtime(answer).await
    }

    /// What it suggests for a task.
    fn answer(&self, task: &Task<'_>, knowledge: Option<&Knowledge>) -> Suggestion {
        let lexicon = self.lexicons.of_conversation(task.conversation);
        let speech = Speech::of(task.conversation, lexicon);
        let learned = knowledge.map(|knowledge| &knowledge.learned);
        let ranking = Ranking::of(&speech, task.codes, None, (&self.lexicons, lexicon), learned);
        // However well agents may agree: what a single turn carries is not named.
        let enough = knowledge
            .map_or(SURE_ENOUGH, |knowledge| knowledge.threshold(SURE_ENOUGH).or(SURE_ENOUGH).max(SURE_ENOUGH));
        let mut ranked = suggested(&ranking, task);
        let code = ranked.next_if(|best| best.confidence >= Some(enough));
        let alternatives = if code.is_none() { ranked.take(MOST_ALTERNATIVES).collect() } else { Vec::new() };
        let notes = task.notes.then(|| notes::write(&speech, &ranking, lexicon)).flatten();
        Suggestion { code, alternatives, notes }
    }

    /// What it makes of a task of which another provider says that this code is the right one.
    pub(super) fn opinion(&self, task: &Task<'_>, label: Option<&str>, knowledge: Option<&Knowledge>) -> Opinion {
        let lexicon = self.lexicons.of_conversation(task.conversation);
        let speech = Speech::of(task.conversation, lexicon);
        let asked = task.codes.iter().position(|code| Some(code.code.as_str()) == label);
        let learned = knowledge.map(|knowledge| &knowledge.learned);
        let ranking = Ranking::of(&speech, task.codes, asked, (&self.lexicons, lexicon), learned);
        let without = |run| match run {
            0 => task.conversation.without_description(),
            run => task.conversation.without_lines(&speech.lines_of(run)),
        };
        let has_learned = learned.is_some_and(|learned| learned.weight() > MUCH);
        let beaten = ranking.asked.is_some_and(|asked| asked <= BEATEN);
        let stands = ranking.codes.first().is_some_and(|best| best.confidence >= SURE_ENOUGH);
        Opinion {
            ranked: suggested(&ranking, task).collect(),
            without_its_turn: ranking.carried_by.map(without),
            contradicts: has_learned && beaten && stands,
        }
    }
}

/// What the embedded ranking says beside another provider.
pub(super) struct Opinion {
    /// The codes that have anything in common with the conversation, the best first.
    pub ranked: Vec<SuggestedCode>,
    /// Where little else but a single turn speaks for the code that was asked about: the conversation without it.
    pub without_its_turn: Option<Conversation>,
    /// Whether much was learned, and it speaks for another code than the one that was asked about, strongly.
    pub contradicts: bool,
}

/// The codes of a ranking, the best first.
fn suggested(ranking: &Ranking, task: &Task<'_>) -> Peekable<impl Iterator<Item = SuggestedCode>> {
    let named = ranking.codes.iter().filter_map(|ranked| {
        let label = task.codes.get(ranked.code)?.code.as_str().to_owned();
        Some(SuggestedCode { label, confidence: Some(ranked.confidence) })
    });
    named.peekable()
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

    fn is_embedded(&self) -> bool {
        true
    }

    async fn suggest(&self, task: &Task<'_>, _deadline: Instant) -> Result<Suggestion, ProviderError> {
        Ok(self.suggest_by(task, None).await)
    }
}
