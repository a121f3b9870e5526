//! Sentences that read a code out: its name twice, or its description. Nobody talks like that but who wants a code chosen,
//! so they are left out before anybody reads the conversation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::extractive::words::words;
use super::leaving_out::{Found, start};
use crate::codes::Code;

/// A description of fewer words may well be what somebody says.
const FEWEST_WORDS: usize = 5;
/// The share of a description's words that a sentence has which reads it out.
const READ_OUT: f64 = 0.8;

/// The names and descriptions of codes, in all their languages, by a word of theirs.
pub struct Recitals {
    names: HashMap<String, Vec<Vec<String>>>,
    descriptions: HashMap<String, Vec<HashSet<String>>>,
}

impl Recitals {
    /// Those of these codes.
    pub fn of(codes: &[Arc<Code>]) -> Self {
        let mut recitals = Self { names: HashMap::new(), descriptions: HashMap::new() };
        for code in codes {
            recitals.add(code.code.as_str(), &code.description);
            for translation in &code.translations {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                recitals.add(&text(&translation.code), &text(&translation.description));
            }
        }
        recitals
    }

    fn add(&mut self, name: &str, description: &str) {
        let name: Vec<String> = words(name).collect();
        if let Some(first) = name.first() {
            self.names.entry(first.clone()).or_default().push(name);
        }
        let description: HashSet<String> = words(description).collect();
        if description.len() < FEWEST_WORDS {
            return;
        }
        // By its long words, which few sentences have.
        let longest = description.iter().map(String::len).max().unwrap_or_default();
        for word in description.iter().filter(|word| word.len() + 2 >= longest) {
            self.descriptions.entry(word.clone()).or_default().push(description.clone());
        }
    }

    /// Where a sentence reads a code out.
    pub fn find(&self, sentence: &str) -> Option<Found> {
        let said: Vec<String> = words(sentence).collect();
        self.reads_out(&said).then(|| {
            let places: Vec<usize> = sentence.unicode_word_indices().map(|(at, _)| at).collect();
            Found { at: start(sentence, &places, 0), is_bare: false }
        })
    }

    fn reads_out(&self, said: &[String]) -> bool {
        let names = said.iter().enumerate().filter_map(|(at, word)| {
            let name = self.names.get(word)?.iter().find(|name| said[at..].starts_with(name))?;
            Some(name.as_slice())
        });
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name) {
                return true;
            }
        }
        let known: HashSet<&String> = said.iter().collect();
        let has_most = |description: &HashSet<String>| {
            let common = description.iter().filter(|word| known.contains(word)).count();
            common as f64 >= description.len() as f64 * READ_OUT
        };
        said.iter().filter_map(|word| self.descriptions.get(word)).flatten().any(has_most)
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
}
