use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation;

use super::lexicon::{Lexicon, Mention, Word};
use super::profile::Feature;
use super::thesaurus::Concept;
use super::turns::{Speaker, Turn, turns};
use crate::ai::Conversation;

/// A sentence is cut at a word after so many bytes: some transcripts have no full stops at all.
const LONGEST: usize = 400;

/// Words behind "it is not about" that are meant by it.
const DISCLAIMED: usize = 4;
/// How much they say, beside others.
const DISCLAIMER: f64 = 0.3;

/// How much it says what stands in the description of an interaction, often a guess at a menu, beside what was said in
/// passing.
const DESCRIPTION: f64 = 1.5;
/// How much it says what a customer says at first, in the part of the conversation that `OPENING` is.
const FIRST_WORDS: f64 = 1.2;
const OPENING: f64 = 0.35;
/// The part of the conversation on which no code may hang; see [`super::rank`].
const FIRST_PART: f64 = 0.25;
/// How much it says what a customer asks for.
const REQUEST: f64 = 1.2;
/// How much it says what an agent does or agrees to.
const RESOLUTION: f64 = 1.4;
/// How much an aside says.
const ASIDE: f64 = 0.5;

/// What was said, sentence by sentence, in the order of speech.
pub struct Speech<'a> {
    /// The sentences.
    pub sentences: Vec<Sentence<'a>>,
    /// The runs of turns, and the lines of each.
    lines: Vec<(usize, usize)>,
}

/// A sentence with what it says.
pub struct Sentence<'a> {
    /// As it was said.
    pub text: &'a str,
    /// Who said it.
    pub speaker: Speaker,
    /// Which run of turns it belongs to; 0 is the description's.
    pub run: usize,
    /// What the transcript calls who said it.
    pub label: Option<&'a str>,
    /// Whether it is the one-line description of the interaction, which nobody said.
    pub is_description: bool,
    /// Its words.
    pub words: Vec<Word>,
    /// The phrases in it.
    pub found: Vec<Mention>,
    /// How much of the whole was said before it, from 0 to 1.
    pub progress: f64,
}

impl<'a> Speech<'a> {
    /// Takes a conversation apart.
    pub fn of(conversation: &'a Conversation, lexicon: &Lexicon) -> Self {
        let mut sentences = Vec::new();
        if let Some(description) = conversation.short_description() {
            let turn = Turn { speaker: Speaker::Unknown, label: None, text: description, line: 0, run: 0 };
            let described = sentences_of(&turn, lexicon);
            sentences.extend(described.map(|sentence| Sentence { is_description: true, ..sentence }));
        }
        let transcript = conversation.transcript().unwrap_or_default();
        let said = turns(transcript, lexicon);
        let spoken = said.iter().flat_map(|turn| sentences_of(turn, lexicon));
        let mut spoken: Vec<Sentence<'a>> = spoken.collect();
        let count = spoken.len().max(1) as f64;
        for (index, sentence) in spoken.iter_mut().enumerate() {
            sentence.progress = index as f64 / count;
        }
        sentences.append(&mut spoken);
        let lines = said.iter().map(|turn| (turn.run, turn.line)).collect();
        Self { sentences, lines }
    }

    /// The lines of the transcript that belong to a run of turns.
    pub fn lines_of(&self, run: usize) -> BTreeSet<usize> {
        self.lines.iter().filter(|(of, _)| *of == run).map(|(_, line)| *line).collect()
    }
}

impl Speech<'_> {
    /// The stems of the words that say something by themselves, each with the sentence that it is in: as it is learned
    /// from them.
    pub fn telling(&self) -> impl Iterator<Item = (&Sentence<'_>, &str)> {
        let words = self.sentences.iter().flat_map(|sentence| sentence.words.iter().map(move |word| (sentence, word)));
        words.filter(|(_, word)| word.telling).map(|(sentence, word)| (sentence, word.stem.as_str()))
    }
}

impl Sentence<'_> {
    /// Whether it has a phrase of this kind.
    pub fn has(&self, concept: Concept) -> bool {
        self.found.iter().any(|found| found.concept == concept)
    }

    /// Whether it is said before the customer has come to the point, or is what somebody took that to be.
    pub fn is_of_opening(&self) -> bool {
        self.is_description || self.progress < FIRST_PART
    }

    /// How much it counts what the sentence says.
    pub fn weight(&self) -> f64 {
        if self.is_description {
            return DESCRIPTION;
        }
        let when = |weight: f64, holds: bool| if holds { weight } else { 1.0 };
        let (customer, agent) = (self.speaker != Speaker::Agent, self.speaker != Speaker::Customer);
        when(FIRST_WORDS, customer && self.progress < OPENING)
            * when(REQUEST, customer && self.has(Concept::Request))
            * when(RESOLUTION, agent && self.has(Concept::Resolution))
            * when(ASIDE, self.has(Concept::Aside))
    }

    /// The features of the sentence, each with its strongest sign.
    pub fn features(&self) -> BTreeMap<Feature, f64> {
        let mut features = BTreeMap::new();
        let mut add = |feature: Feature, at: usize, strength: f64| {
            let kept: &mut f64 = features.entry(feature).or_default();
            *kept = kept.max(if self.disclaims(at) { strength * DISCLAIMER } else { strength });
        };
        for (at, word) in self.words.iter().enumerate().filter(|(_, word)| word.telling) {
            add(Feature::Word(word.stem.clone()), at, 1.0);
        }
        for found in &self.found {
            if let Concept::Matter(_) | Concept::Thing(_) = found.concept {
                add(Feature::Concept(found.concept), found.at, found.weight);
            }
        }
        features
    }

    /// Whether the sentence says of the word at this place that it is not about it.
    fn disclaims(&self, at: usize) -> bool {
        let mut disclaimers = self.found.iter().filter(|found| found.concept == Concept::Disclaimer);
        disclaimers.any(|found| (found.end..found.end + DISCLAIMED).contains(&at))
    }
}

fn sentences_of<'a>(turn: &Turn<'a>, lexicon: &Lexicon) -> impl Iterator<Item = Sentence<'a>> {
    let (speaker, label, run) = (turn.speaker, turn.label, turn.run);
    sentences(turn.text).into_iter().flat_map(pieces).map(str::trim).filter(|text| !text.is_empty()).map(move |text| {
        let words = lexicon.words(text);
        let found = lexicon.find(&words);
        Sentence { text, speaker, run, label, is_description: false, words, found, progress: 0.0 }
    })
}

/// The sentences of a text. The full stop behind the number of a day, as in "am 11. Oktober", ends none.
fn sentences(text: &str) -> Vec<&str> {
    let mut sentences: Vec<&str> = Vec::new();
    let mut start = 0;
    for (at, sentence) in text.split_sentence_bound_indices() {
        let end = at + sentence.len();
        if !ends_with_day(sentence) || end == text.len() {
            sentences.push(&text[start..end]);
            start = end;
        }
    }
    sentences
}

/// Whether a text ends with a number of one or two digits and a full stop.
fn ends_with_day(text: &str) -> bool {
    let Some(before) = text.trim_end().strip_suffix('.') else { return false };
    let digits = before.len() - before.trim_end_matches(|last: char| last.is_ascii_digit()).len();
    (1..=2).contains(&digits) && before[..before.len() - digits].ends_with(' ')
}

/// A sentence, or what it is cut into where it goes on and on.
fn pieces(sentence: &str) -> impl Iterator<Item = &str> {
    let mut rest = sentence;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let limit = if rest.len() <= LONGEST { rest.len() } else { rest.floor_char_boundary(LONGEST) };
        let end = match rest[..limit].rfind(char::is_whitespace) {
            Some(space) if limit < rest.len() && space > 0 => space,
            _ => limit,
        };
        let (piece, others) = rest.split_at(end);
        rest = others;
        Some(piece)
    })
}
