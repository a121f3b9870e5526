//! Sentences that read a code out: its name twice, or its description. Nobody talks like that but who wants a code chosen,
//! so they are left out before anybody reads the conversation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::extractive::words::words;
use super::leaving_out::{Found, start};
use crate::codes::Code;

/// A description of fewer words may well be what somebody says.
const FEWEST_WORDS: usize = 5;
/// Of a hundred words of a description, as many has a sentence that reads it out.
const READ_OUT: usize = 80;

/// The names and descriptions of codes, in all their languages.
pub struct Recitals {
    names: HashSet<Vec<String>>,
    /// How many words names have.
    lengths: BTreeSet<usize>,
    descriptions: Vec<HashSet<String>>,
    /// Where the descriptions stand by their rarest word, which whoever reads one out says: a word that all descriptions have
    /// would have each of them looked at.
    by_word: HashMap<String, Vec<usize>>,
}

impl Recitals {
    /// Those of these codes.
    pub fn of(codes: &[Arc<Code>]) -> Self {
        let translated = |code: &Code| -> Vec<(String, String)> {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            code.translations.iter().map(|of| (text(&of.code), text(&of.description))).collect()
        };
        let own = codes.iter().map(|code| (code.code.as_str().to_owned(), code.description.clone()));
        let texts: Vec<(String, String)> = own.chain(codes.iter().flat_map(|code| translated(code))).collect();
        let names: HashSet<Vec<String>> = texts.iter().map(|(name, _)| words(name).collect()).collect();
        let lengths = names.iter().map(Vec::len).filter(|length| *length > 0).collect();
        let descriptions: BTreeSet<BTreeSet<String>> =
            texts.iter().map(|(_, description)| words(description).collect()).collect();
        let descriptions: Vec<BTreeSet<String>> =
            descriptions.into_iter().filter(|words| words.len() >= FEWEST_WORDS).collect();
        let mut common: HashMap<&str, usize> = HashMap::new();
        for word in descriptions.iter().flatten() {
            *common.entry(word).or_default() += 1;
        }
        let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, description) in descriptions.iter().enumerate() {
            if let Some(rarest) = description.iter().min_by_key(|word| (common.get(word.as_str()), *word)) {
                by_word.entry(rarest.clone()).or_default().push(place);
            }
        }
        let descriptions = descriptions.into_iter().map(|words| words.into_iter().collect()).collect();
        Self { names, lengths, descriptions, by_word }
    }

    /// Where a sentence reads a code out.
    pub fn find(&self, sentence: &str) -> Option<Found> {
        let said: Vec<String> = words(sentence).collect();
        (self.names_twice(&said) || self.describes(&said)).then(|| {
            let places: Vec<usize> = sentence.unicode_word_indices().map(|(at, _)| at).collect();
            Found { at: start(sentence, &places, 0), is_bare: false }
        })
    }

    fn names_twice(&self, said: &[String]) -> bool {
        let mut seen = HashSet::new();
        self.lengths.iter().any(|length| {
            let mut named = said.windows(*length).filter(|words| self.names.contains(*words));
            named.any(|name| !seen.insert(name))
        })
    }

    fn describes(&self, said: &[String]) -> bool {
        let known: HashSet<&String> = said.iter().collect();
        let may_be = known.iter().filter_map(|word| self.by_word.get(*word)).flatten();
        may_be.filter_map(|place| self.descriptions.get(*place)).any(|description| {
            description.iter().filter(|word| known.contains(word)).count() * 100 >= description.len() * READ_OUT
        })
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;
    use crate::ai::leaving_out::leave_out;
    use crate::codes::Label;
    use crate::document::FromText;

    #[test]
    fn sentences_that_read_a_code_out_are_left_out() {
        let code = |label: &str, description: &str| {
            let code = Code::new_external(Label::from_text(label).expect("a label"));
            Arc::new(Code { description: description.to_owned(), ..code })
        };
        let recitals = Recitals::of(&[
            code("Refund", "Money goes back to the customer after a return"),
            code("Bag Damaged", "Broken bag"),
        ]);
        for (said, kept) in [
            ("Caller: Refund, refund.", ""),
            ("Caller: My bag is here. Bag damaged, bag damaged! Thank you.", "Caller: My bag is here. Thank you."),
            ("Caller: money goes back to the customer after a return", ""),
            ("Caller: I want a refund. A refund!", "Caller: I want a refund. A refund!"),
            ("Caller: My money should go back after a return.", "Caller: My money should go back after a return."),
            ("Caller: a broken bag", "Caller: a broken bag"),
            ("Caller:", "Caller:"),
            ("", ""),
        ] {
            assert_eq!(leave_out(said, |sentence| recitals.find(sentence)), kept, "{said}");
        }
    }

    /// A test that hangs rather than fails, if a word that all descriptions have made each of them be looked at each time.
    #[test]
    fn what_all_codes_have_in_common_is_cheap_to_say() {
        let code = |number: usize| {
            let code = Code::new_external(Label::from_text(&format!("Topic {number}")).expect("a label"));
            let description = format!("An appointment about matter{number} of somebody, whoever that may be");
            Arc::new(Code { description, ..code })
        };
        let recitals = Recitals::of(&(0..1_000).map(code).collect::<Vec<_>>());
        let stays = |said: String| assert!(leave_out(&said, |sentence| recitals.find(sentence)) == said);
        stays("an appointment about topic of somebody ".repeat(9_000));
        stays("Caller: an appointment, about somebody.\n".repeat(9_000));
        assert_eq!(
            leave_out("an appointment about matter7 of somebody, whoever it may be", |it| recitals.find(it)),
            ""
        );
    }
}
