//! Notes made of what was said: the sentences that tell most, in the order of speech.

use std::collections::{BTreeMap, BTreeSet};

use super::profile::Feature;
use super::rank::Ranking;
use super::sentences::{Sentence, Speech};
use super::thesaurus::Concept;
use super::turns::Speaker;

/// Sentences of each side. One that is not known speaks for both.
const OF_EACH: usize = 3;
const OF_BOTH: usize = 5;

/// A sentence with less than this to say is left out.
const TELLING: f64 = 0.4;
/// A sentence needs so many words that mean something and are no politeness.
const FEWEST_WORDS: usize = 2;
/// Of a sentence most of whose words stand in one that was taken already, nothing is new.
const KNOWN_ALREADY: f64 = 0.6;

/// How much a sentence says that asks for something, or agrees to it, beside one matter of the code.
const PURPOSE: f64 = 0.5;
/// How much a matter says that is not the code's, and how much a thing.
const OTHER_MATTER: f64 = 0.4;
const OTHER_THING: f64 = 0.2;
/// How much names and numbers say.
const NAME: f64 = 0.15;
/// How much an agent's question says, beside a statement: the answer says more.
const QUESTION: f64 = 0.3;

/// Writes notes, or none where nothing was said that tells.
pub fn write(speech: &Speech<'_>, ranking: &Ranking) -> Option<String> {
    let mut scored: Vec<(usize, f64)> = speech
        .sentences
        .iter()
        .map(|sentence| telling(sentence, &ranking.telling))
        .enumerate()
        .filter(|(_, telling)| *telling >= TELLING)
        .collect();
    scored.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let mut taken = BTreeSet::new();
    for (index, _) in scored {
        let sentence = &speech.sentences[index];
        let others = || taken.iter().map(|taken: &usize| &speech.sentences[*taken]);
        let of_same = others().filter(|other| other.speaker == sentence.speaker && !other.is_description).count();
        let most = if sentence.speaker == Speaker::Unknown { OF_BOTH } else { OF_EACH };
        if sentence.is_description || (of_same < most && !others().any(|other| repeats(sentence, other))) {
            taken.insert(index);
        }
    }
    let taken: Vec<&Sentence<'_>> = taken.into_iter().map(|index| &speech.sentences[index]).collect();
    (!taken.is_empty()).then(|| text(&taken))
}

/// How much a sentence tells of what the conversation is about and what came of it.
fn telling(sentence: &Sentence<'_>, code: &BTreeMap<Feature, f64>) -> f64 {
    if sentence.is_description {
        return f64::INFINITY;
    }
    let features = sentence.features();
    let is_greeting = sentence.has(Concept::Courtesy) && !features.keys().any(is_concept);
    if is_greeting || words(sentence).count() < FEWEST_WORDS {
        return 0.0;
    }
    let of_code = features.iter().map(|(feature, strength)| strength * code.get(feature).copied().unwrap_or_default());
    let others = features.keys().filter(|feature| !code.contains_key(*feature)).map(|feature| match feature {
        Feature::Concept(Concept::Matter(_)) => OTHER_MATTER,
        Feature::Concept(_) => OTHER_THING,
        Feature::Word(_) => 0.0,
    });
    let names = sentence.text.split_whitespace().skip(1).filter(|word| is_name(word)).count().min(4);
    let purpose = match sentence.speaker {
        Speaker::Customer => sentence.has(Concept::Request),
        Speaker::Agent => sentence.has(Concept::Resolution),
        Speaker::Unknown => sentence.has(Concept::Request) || sentence.has(Concept::Resolution),
    };
    let sum = of_code.sum::<f64>() + others.sum::<f64>() + names as f64 * NAME + if purpose { PURPOSE } else { 0.0 };
    let asks = sentence.speaker == Speaker::Agent && sentence.text.ends_with('?');
    sum * sentence.weight() * if asks { QUESTION } else { 1.0 }
}

fn is_concept(feature: &Feature) -> bool {
    matches!(feature, Feature::Concept(_))
}

/// The words of a sentence that mean something and are no politeness.
fn words<'a>(sentence: &'a Sentence<'_>) -> impl Iterator<Item = &'a str> {
    let polite = |at: usize| {
        let mut found = sentence.found.iter().filter(|found| found.concept == Concept::Courtesy);
        found.any(|found| (found.at..found.end).contains(&at))
    };
    let telling = sentence.words.iter().enumerate().filter(move |(at, word)| word.telling && !polite(*at));
    telling.map(|(_, word)| word.stem.as_str())
}

/// Whether a word that does not begin a sentence is a name or a number. "I'm" is none.
fn is_name(word: &str) -> bool {
    let word = word.trim_start_matches(|first: char| !first.is_alphanumeric());
    word.starts_with(|first: char| first.is_numeric())
        || (word.starts_with(char::is_uppercase) && word.chars().nth(1).is_some_and(char::is_alphabetic))
}

fn repeats(sentence: &Sentence<'_>, other: &Sentence<'_>) -> bool {
    let known: BTreeSet<&str> = words(other).collect();
    let again = words(sentence).filter(|word| known.contains(word)).count();
    again as f64 >= words(sentence).count() as f64 * KNOWN_ALREADY
}

/// One line a turn, behind the label that the transcript gives.
fn text(sentences: &[&Sentence<'_>]) -> String {
    let mut text = String::new();
    let mut turn = None;
    for sentence in sentences {
        if turn == Some(sentence.turn) {
            text.push(' ');
        } else {
            text.push_str(if turn.is_some() { "\n" } else { "" });
            text.push_str(&sentence.label.map_or_else(String::new, |label| format!("{label}: ")));
        }
        text.push_str(sentence.text);
        turn = Some(sentence.turn);
    }
    text
}
