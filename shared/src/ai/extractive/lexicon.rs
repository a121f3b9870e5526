use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use frostem::Stemmer;

use super::thesaurus::{self, Concept, Entry};
use super::words::{unaccented, words};
use crate::ai::Conversation;
use crate::language::Language;

/// Words that may stand between two words of a phrase.
const GAP: usize = 2;

/// How much a phrase of several words says, beside one word.
const SEVERAL_WORDS: f64 = 1.5;
/// How much a phrase that is marked as a weak sign says.
const WEAK: f64 = 0.5;

/// How much a phrase says that is part of a compound, such as "Techniker" in "Technikertermin".
const IN_COMPOUND: f64 = 0.7;
/// Languages with a thesaurus that write compounds as one word.
const COMPOUNDING: [&str; 1] = ["de"];
/// The shortest part of a compound, in bytes: shorter ones stand in many words by chance.
const SHORTEST_PART: usize = 5;
/// What is longer is no word, and would take long to take apart.
const LONGEST_COMPOUND: usize = 60;

/// How many words of a text are looked at to guess its language.
const GUESSED_BY: usize = 2_000;

/// What is known of a language: how its words are cut to stems, which of them say nothing, and what
/// people say in it.
pub struct Lexicon {
    language: String,
    stemmer: Option<Stemmer>,
    stop_words: HashSet<String>,
    same: HashMap<String, String>,
    phrases: HashMap<String, Vec<Phrase>>,
    /// What a compound may begin or end with, in a language that has them.
    parts: HashMap<String, Vec<(Concept, f64)>>,
}

struct Phrase {
    concept: Concept,
    /// The stems behind the first.
    rest: Vec<String>,
    /// Words that may stand between two of them.
    gap: usize,
    weight: f64,
}

/// A phrase of the lexicon that a text has.
#[derive(Clone, Copy, Debug)]
pub struct Mention {
    /// What it stands for.
    pub concept: Concept,
    /// How much it says.
    pub weight: f64,
    /// Which word of the text it begins with.
    pub at: usize,
    /// Which word of the text follows it.
    pub end: usize,
}

impl Mention {
    /// How many words of the text it has, with those between.
    pub fn length(&self) -> usize {
        self.end - self.at
    }
}

/// A word of a text.
#[derive(Clone, Debug)]
pub struct Word {
    /// As it was said, but for case and accents.
    said: String,
    /// What all its forms have in common.
    pub stem: String,
    /// Whether it says anything by itself.
    pub telling: bool,
}

impl Lexicon {
    fn new(language: &str) -> Self {
        let stop_words = stop_words::lookup(language).unwrap_or_default();
        let mut lexicon = Self {
            language: language.to_owned(),
            stemmer: Stemmer::try_from_name(language).ok(),
            stop_words: stop_words.iter().flat_map(|word| words(word)).collect(),
            same: HashMap::new(),
            phrases: HashMap::new(),
            parts: HashMap::new(),
        };
        let mut phrases = Vec::new();
        for entry in thesaurus::entries(language) {
            match entry {
                Entry::Stop(list) => lexicon.stop_words.extend(list.into_iter().map(str::to_owned)),
                Entry::Same(word, forms) => {
                    lexicon.same.extend(forms.into_iter().map(|form| (unaccented(form), word.to_owned())));
                }
                Entry::Phrases(concept, list) => phrases.extend(list.into_iter().map(|phrase| (concept, phrase))),
            }
        }
        for (concept, phrase) in phrases {
            lexicon.add(concept, phrase);
        }
        lexicon
    }

    fn add(&mut self, concept: Concept, phrase: &str) {
        let words = self.words(phrase);
        // "It wasn't me" is not "it won't let me".
        let gap = if words.iter().any(|word| word.telling) { GAP } else { 0 };
        let mut words = words.into_iter();
        let Some(Word { said, stem: first, .. }) = words.next() else { return };
        let rest: Vec<String> = words.map(|word| word.stem).collect();
        let weight = if phrase.ends_with('?') {
            WEAK
        } else if rest.is_empty() {
            1.0
        } else {
            SEVERAL_WORDS
        };
        if rest.is_empty() && COMPOUNDING.contains(&self.language.as_str()) {
            for form in BTreeSet::from([&said, &first]) {
                self.parts.entry(form.clone()).or_default().push((concept, weight * IN_COMPOUND));
            }
        }
        self.phrases.entry(first).or_default().push(Phrase { concept, rest, gap, weight });
    }

    /// Its two-letter code.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Whether anything is known of what people say in it.
    pub fn has_thesaurus(&self) -> bool {
        !self.phrases.is_empty()
    }

    /// The words of a text.
    pub fn words(&self, text: &str) -> Vec<Word> {
        words(text).map(|word| self.word(&word)).collect()
    }

    fn word(&self, word: &str) -> Word {
        let said = word;
        let word = self.same.get(&unaccented(word)).map_or(word, String::as_str);
        let stem = self.stemmer.map_or_else(|| word.into(), |stemmer| stemmer.stem(word));
        let telling = !self.stop_words.contains(said)
            && !self.stop_words.contains(word)
            && word.chars().nth(1).is_some()
            && !word.starts_with(|first: char| first.is_numeric());
        Word { said: unaccented(said), stem: unaccented(&stem), telling }
    }

    /// The phrases that stand in a text.
    pub fn find(&self, words: &[Word]) -> Vec<Mention> {
        let mut found = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let phrases = self.phrases.get(&word.stem).map(Vec::as_slice).unwrap_or_default();
            found.extend(phrases.iter().filter_map(|phrase| {
                let end = end_of(phrase, words, at)?;
                Some(Mention { concept: phrase.concept, weight: phrase.weight, at, end })
            }));
            if phrases.is_empty() {
                let parts = self.parts_of(word);
                found.extend(parts.map(|(concept, weight)| Mention { concept, weight, at, end: at + 1 }));
            }
        }
        found
    }

    /// What a compound begins or ends with.
    fn parts_of(&self, word: &Word) -> impl Iterator<Item = (Concept, f64)> {
        let forms = [&word.said, &word.stem].into_iter().filter(|form| form.len() <= LONGEST_COMPOUND);
        let parts = forms.filter(|_| !self.parts.is_empty()).flat_map(|form| {
            let places = form.char_indices().map(|(place, _)| place);
            places.flat_map(|place| [&form[..place], &form[place..]]).filter(|part| part.len() >= SHORTEST_PART)
        });
        parts.filter_map(|part| self.parts.get(part)).flatten().copied()
    }
}

/// Where the phrase ends whose first word is at `at`.
fn end_of(phrase: &Phrase, words: &[Word], at: usize) -> Option<usize> {
    let mut next = at + 1;
    for stem in &phrase.rest {
        let window = words.get(next..)?.iter().take(phrase.gap + 1);
        next += window.into_iter().position(|word| word.stem == *stem)? + 1;
    }
    Some(next)
}

/// The languages that are known.
pub struct Lexicons {
    by_language: BTreeMap<&'static str, Lexicon>,
    /// For a language of which nothing is known.
    unknown: Lexicon,
}

impl Lexicons {
    /// Reads the lists.
    pub fn new() -> Self {
        let languages = stop_words::available_languages().iter().filter(|language| language.len() == 2);
        let by_language = languages.map(|language| (*language, Lexicon::new(language))).collect();
        Self { by_language, unknown: Lexicon::new("") }
    }

    /// What is known of a language.
    pub fn of(&self, language: Language) -> &Lexicon {
        self.by_language.get(language.as_str()).unwrap_or(&self.unknown)
    }

    /// The language of which most is known.
    pub fn of_english(&self) -> &Lexicon {
        self.by_language.get("en").unwrap_or(&self.unknown)
    }

    /// What is known of the language that a conversation was held in.
    pub fn of_conversation(&self, conversation: &Conversation) -> &Lexicon {
        if let Some(language) = conversation.language() {
            return self.of(language);
        }
        let texts = [conversation.short_description(), conversation.transcript()];
        self.guess(texts.into_iter().flatten()).unwrap_or_else(|| self.of_english())
    }

    /// The language most of whose common words the texts use.
    pub fn guess<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Option<&Lexicon> {
        let sample: Vec<String> = texts.flat_map(words).take(GUESSED_BY).collect();
        let common = |lexicon: &Lexicon| sample.iter().filter(|word| lexicon.stop_words.contains(*word)).count();
        let counted = self.by_language.values().map(|lexicon| (common(lexicon), lexicon));
        let (count, best) = counted.rev().max_by_key(|(count, _)| *count)?;
        (count > 0).then_some(best)
    }
}
