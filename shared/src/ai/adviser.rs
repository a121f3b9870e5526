use std::collections::HashSet;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::blocking::off_runtime;
use super::{Extractive, Knowledge, Provider, ProviderError, SuggestedCode, Suggestion, Task};
use crate::redaction::Redactor;
use crate::segments::{LONGEST_AI_NOTES, MOST_ALTERNATIVES};

/// Asks a provider, and takes of its answer what may be believed: a transcript can make a provider say anything.
///
/// - Labels that are not among the task's are dropped, notes are redacted once more, as a provider may have put together
///   what was said in several turns, and cut where a segment holds no more.
/// - Sentences that read a code's name or description out are not shown to it.
/// - A code that a single turn speaks for is asked for again without that turn, and named only if it is named again: one line
///   that somebody has planted moves nothing. The embedded provider looks to that by itself.
/// - Where the deployment learns, a code is named only from the confidence on that its agents' picks bear out, and not where
///   what was learned contradicts a model strongly.
#[derive(Clone)]
pub struct Adviser {
    provider: Arc<dyn Provider>,
    embedded: Extractive,
    redactor: Redactor,
}

impl Adviser {
    /// Asks this provider.
    pub fn new(provider: Arc<dyn Provider>, redactor: Redactor) -> Self {
        Self { provider, embedded: Extractive::new(), redactor }
    }

    /// The same, which takes out of notes what this redactor does.
    #[must_use]
    pub fn with_redactor(self, redactor: Redactor) -> Self {
        Self { redactor, ..self }
    }

    /// Who makes the suggestions.
    pub fn provider(&self) -> &dyn Provider {
        self.provider.as_ref()
    }

    /// What takes secrets out.
    pub fn redactor(&self) -> Redactor {
        self.redactor
    }

    /// What the provider suggests for a task, as far as it may be believed: a code, or else up to
    /// [`MOST_ALTERNATIVES`] that may be right.
    ///
    /// # Errors
    /// Those of the provider, and that it has not answered before the deadline.
    pub async fn suggest(&self, task: &Task<'_>, deadline: Instant) -> Result<Suggestion, ProviderError> {
        self.suggest_by(task, None, deadline).await
    }

    /// The same by what was learned, too.
    ///
    /// # Errors
    /// The same.
    pub async fn suggest_by(
        &self,
        task: &Task<'_>,
        knowledge: Option<&Arc<Knowledge>>,
        deadline: Instant,
    ) -> Result<Suggestion, ProviderError> {
        let heard = match task.codes {
            [] => None,
            codes => {
                let (said, codes) = (task.conversation.clone(), codes.to_vec());
                off_runtime(move || said.without_recitals(&codes)).await
            }
        };
        let task = &Task { conversation: heard.as_ref().unwrap_or(task.conversation), ..*task };
        let answer = match knowledge.filter(|_| self.provider.is_embedded()) {
            Some(knowledge) => self.embedded.suggest_by(task, Some(Arc::clone(knowledge))).await,
            None => self.ask(task, deadline).await?,
        };
        let Suggestion { code, alternatives, notes } = answer;
        let allowed = |suggested: SuggestedCode| {
            let label = task.allowed(&suggested.label)?.code.as_str().to_owned();
            Some(SuggestedCode { label, ..suggested })
        };
        let code = code.and_then(allowed);
        let alternatives: Vec<SuggestedCode> = alternatives.into_iter().filter_map(allowed).collect();
        let notes = notes.filter(|_| task.notes).map(|notes| cut(self.redactor.redact_notes(notes.trim()).trim()));
        let notes = notes.filter(|notes| !notes.is_empty());
        let (code, alternatives) = match self.provider.is_embedded() || task.codes.is_empty() {
            true => (code, alternatives),
            false => self.weigh(task, (code, alternatives), knowledge, deadline).await?,
        };
        let alternatives = if code.is_none() { first_of_each(alternatives) } else { Vec::new() };
        Ok(Suggestion { code, alternatives, notes })
    }

    async fn ask(&self, task: &Task<'_>, deadline: Instant) -> Result<Suggestion, ProviderError> {
        let answer = timeout_at(deadline, self.provider.suggest(task, deadline)).await;
        answer.unwrap_or_else(|_| Err(ProviderError::Unavailable("it did not answer in time".into())))
    }

    /// The code that a model names, if it does so whichever turn is taken away; else the codes that may be right: that one,
    /// the others that the model offers, and those of the embedded ranking.
    async fn weigh(
        &self,
        task: &Task<'_>,
        (code, alternatives): (Option<SuggestedCode>, Vec<SuggestedCode>),
        knowledge: Option<&Arc<Knowledge>>,
        deadline: Instant,
    ) -> Result<(Option<SuggestedCode>, Vec<SuggestedCode>), ProviderError> {
        let embedded = self.embedded.clone();
        let (conversation, codes) = (task.conversation.clone(), task.codes.to_vec());
        let label = code.as_ref().map(|code| code.label.clone());
        let known = knowledge.cloned();
        let opinion = off_runtime(move || {
            let task = Task { conversation: &conversation, codes: &codes, notes: false };
            embedded.opinion(&task, label.as_deref(), known.as_deref())
        });
        let opinion = opinion.await;
        let offered = alternatives.into_iter().chain(opinion.ranked);
        let Some(code) = code else { return Ok((None, offered.collect())) };
        if let Some(rest) = opinion.without_its_turn {
            let again = Task { conversation: &rest, codes: task.codes, notes: false };
            let again = match self.ask(&again, deadline).await {
                Ok(again) => again.code,
                // What is left says nothing to it.
                Err(ProviderError::Declined { .. } | ProviderError::Malformed { .. }) => None,
                Err(error) => return Err(error),
            };
            if again.is_none_or(|again| again.label.trim() != code.label) {
                // How sure it is rests on that turn.
                let unsure = SuggestedCode { confidence: None, ..code };
                return Ok((None, [unsure].into_iter().chain(offered).collect()));
            }
        }
        // It may be right; agents have picked otherwise.
        let enough = knowledge.map_or(0.0, |knowledge| knowledge.threshold(0.0).or(0.0));
        if opinion.contradicts || code.confidence.is_some_and(|confidence| confidence < enough) {
            return Ok((None, [code].into_iter().chain(offered).collect()));
        }
        Ok((Some(code), Vec::new()))
    }
}

/// The first so many, each label once.
fn first_of_each(suggested: Vec<SuggestedCode>) -> Vec<SuggestedCode> {
    let mut labels = HashSet::new();
    let first = suggested.into_iter().filter(|one| labels.insert(one.label.clone()));
    first.take(MOST_ALTERNATIVES).collect()
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
