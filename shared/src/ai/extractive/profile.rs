use std::collections::BTreeMap;
use std::sync::Arc;

use super::lexicon::{Lexicon, Lexicons, Mention};
use super::thesaurus::Concept;
use crate::codes::Code;

/// How much a description says of a code, beside its label.
const DESCRIPTION: f64 = 0.25;
/// How much a thing says, beside a matter.
const THING: f64 = 0.3;
/// How much a bare word says, beside a matter.
const WORD: f64 = 0.05;

/// A matter's name has at most so many words.
const LONGEST_NAME: usize = 3;

/// What a code and a conversation can have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// A word, by its stem.
    Word(String),
    /// A matter or a thing.
    Concept(Concept),
}

/// What a code is about.
#[derive(Debug, Default)]
pub struct Profile {
    /// Its features, and how much each says of it.
    pub features: BTreeMap<Feature, f64>,
    /// Whether it is for whatever no other code is for.
    pub is_catch_all: bool,
}

impl Profile {
    /// The profiles of codes, for a conversation in the lexicon's language. What language the codes
    /// themselves are written in, nobody says: it is guessed from all of them.
    pub fn of_all(codes: &[Arc<Code>], lexicons: &Lexicons, lexicon: &Lexicon) -> Vec<Self> {
        let texts = codes.iter().flat_map(|code| [code.code.as_str(), code.description.as_str()]);
        let written_in =
            lexicons.guess(texts).map_or_else(|| vec![lexicons.of_english(), lexicon], |guess| vec![guess]);
        codes.iter().map(|code| Self::of(code, &written_in, lexicons, lexicon)).collect()
    }

    /// What a code's own text names counts; where that is no matter, what its translation into the language of the
    /// conversation names, and then all others. Words count of that translation, where there is one.
    fn of(code: &Code, written_in: &[&Lexicon], lexicons: &Lexicons, lexicon: &Lexicon) -> Self {
        let mut profile = Self::default();
        for language in written_in {
            profile.add_concepts(code.code.as_str(), &code.description, language);
        }
        let mut label = code.code.as_str();
        let mut description = code.description.as_str();
        let is_own = |language: &str| language == lexicon.language();
        for own in code.translations.iter().filter(|translation| is_own(translation.language.as_str())) {
            label = own.code.as_deref().unwrap_or(label);
            description = own.description.as_deref().unwrap_or(description);
            if !profile.has_matter() {
                profile.add_concepts(label, description, lexicon);
            }
        }
        for other in code.translations.iter().filter(|translation| !is_own(translation.language.as_str())) {
            if profile.features.is_empty() {
                let label = other.code.as_deref().unwrap_or_default();
                let description = other.description.as_deref().unwrap_or_default();
                profile.add_concepts(label, description, lexicons.of(other.language));
            }
        }
        profile.add_words(label, 1.0, lexicon);
        profile.add_words(description, DESCRIPTION, lexicon);
        profile
    }

    fn has_matter(&self) -> bool {
        self.features.keys().any(|feature| matches!(feature, Feature::Concept(Concept::Matter(_))))
    }

    fn add_concepts(&mut self, label: &str, description: &str, lexicon: &Lexicon) {
        for (text, weight) in [(label, 1.0), (description, DESCRIPTION)] {
            let words = lexicon.words(text);
            let all = lexicon.find(&words);
            for found in all.iter().filter(|found| !is_within_another(found, &all)) {
                let strength = weight * found.weight.min(1.0);
                match found.concept {
                    Concept::Matter(_) => self.add(Feature::Concept(found.concept), strength),
                    Concept::Thing(_) => self.add(Feature::Concept(found.concept), strength * THING),
                    // "Other" is one, "Router and other hardware" is none.
                    Concept::CatchAll => self.is_catch_all |= found.length() > 1 || found.length() == words.len(),
                    _ => {}
                }
            }
        }
    }

    fn add_words(&mut self, text: &str, weight: f64, lexicon: &Lexicon) {
        for word in lexicon.words(text).into_iter().filter(|word| word.telling) {
            self.add(Feature::Word(word.stem), weight * WORD);
        }
    }

    /// The strongest sign of a feature counts, not how often it is repeated.
    fn add(&mut self, feature: Feature, weight: f64) {
        let kept = self.features.entry(feature).or_default();
        *kept = kept.max(weight);
    }
}

/// Whether a matter's words stand within those of a longer one: "Bag Not Arrived" is about no other delivery.
fn is_within_another(found: &Mention, all: &[Mention]) -> bool {
    let is_matter = |mention: &Mention| matches!(mention.concept, Concept::Matter(_));
    let covers = |other: &&Mention| {
        let (around, longer) = (other.at <= found.at && found.end <= other.end, other.length() > found.length());
        around && longer && other.length() <= LONGEST_NAME && is_matter(other)
    };
    is_matter(found) && all.iter().any(|other| covers(&other))
}
