//! Notes made of what was said: why the customer came, what was done, what happens next, amounts and references. Each line
//! is a quote, or filled from quotes, so that nothing stands in notes that nobody has said.

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::Lexicon;
use super::numbers::{is_amount_or_reference, numbers};
use super::profile::Feature;
use super::rank::Ranking;
use super::sentences::{Sentence, Speech};
use super::thesaurus::Concept;
use super::turns::Speaker;

/// Characters of notes, with their heads: what an agent reads before the next call.
const LONGEST: usize = 600;
/// Characters of what is quoted under one head.
const OF_HEAD: usize = 300;
/// Sentences under one head.
const MOST: usize = 4;

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
/// How much names say, and how much amounts, references, days and times.
const NAME: f64 = 0.2;
const FACT: f64 = 0.6;
/// How much an agent's question says, beside a statement: the answer says more.
const QUESTION: f64 = 0.3;
/// The part of a conversation in which agents say who they are.
const GREETING: f64 = 0.15;
/// The part of a conversation in which customers promise nothing.
const PROMISES: f64 = 0.4;
/// How many characters a sentence may have before it has to say more than others.
const USUAL_LENGTH: f64 = 60.0;

/// What stands before what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Head {
    Reason,
    Done,
    Next,
    Numbers,
}

/// The heads by language; notes in others have none, as the lines speak for themselves.
const HEADS: [(&str, [&str; 4]); 7] = [
    ("de", ["Anliegen", "Erledigt", "Wie es weitergeht", "Beträge und Nummern"]),
    ("en", ["Reason", "Done", "Next", "Amounts and references"]),
    ("es", ["Motivo", "Hecho", "Próximos pasos", "Importes y referencias"]),
    ("fr", ["Motif", "Fait", "Suite", "Montants et références"]),
    ("it", ["Motivo", "Fatto", "Prossimi passi", "Importi e riferimenti"]),
    ("nl", ["Reden", "Gedaan", "Vervolg", "Bedragen en nummers"]),
    ("pt", ["Motivo", "Feito", "Próximos passos", "Valores e referências"]),
];

impl Head {
    fn in_language(self, language: &str) -> Option<&'static str> {
        let heads = HEADS.iter().find(|(of, _)| *of == language);
        heads.map(|(_, heads)| heads[self as usize])
    }
}

/// Writes notes, or none where nothing was said that tells.
pub fn write(speech: &Speech<'_>, ranking: &Ranking, lexicon: &Lexicon) -> Option<String> {
    let mut scored: Vec<(usize, f64)> = speech
        .sentences
        .iter()
        .map(|sentence| telling(sentence, &ranking.telling))
        .enumerate()
        .filter(|(_, telling)| *telling >= TELLING)
        .collect();
    // A long sentence takes the place of others.
    let worth = |(index, telling): (usize, f64)| {
        let length = speech.sentences[index].text.chars().count() as f64;
        telling / (length / USUAL_LENGTH).max(1.0).sqrt()
    };
    scored.sort_by(|one, other| worth(*other).total_cmp(&worth(*one)).then(one.0.cmp(&other.0)));
    let mut notes = Notes::new(lexicon.language());
    for (index, _) in scored {
        notes.take(index, speech);
    }
    notes.add_numbers(speech);
    notes.text(speech)
}

/// The notes as far as they are written.
struct Notes {
    language: String,
    taken: BTreeMap<Head, BTreeSet<usize>>,
    numbers: Vec<String>,
    /// Characters so far.
    length: usize,
}

impl Notes {
    fn new(language: &str) -> Self {
        Self { language: language.to_owned(), taken: BTreeMap::new(), numbers: Vec::new(), length: 0 }
    }

    /// Takes a sentence, if it says something new under its head and there is room.
    fn take(&mut self, index: usize, speech: &Speech<'_>) {
        let sentence = &speech.sentences[index];
        let Some(head) = head(sentence) else { return };
        let length = |index: &usize| {
            let sentence = &speech.sentences[*index];
            let label = sentence.label.filter(|_| head == Head::Next && sentence.speaker == Speaker::Customer);
            sentence.text.chars().count() + 1 + label.map_or(0, |label| label.chars().count() + 2)
        };
        let under = self.taken.get(&head).cloned().unwrap_or_default();
        let is_full = under.len() >= MOST
            || under.iter().chain([&index]).map(length).sum::<usize>() > OF_HEAD.max(length(&index));
        let mut others = self.taken.values().flatten();
        if is_full || others.any(|other| repeats(sentence, &speech.sentences[*other])) {
            return;
        }
        let cost = length(&index) + if under.is_empty() { self.cost_of(head) } else { 0 };
        if self.length + cost <= LONGEST {
            self.length += cost;
            self.taken.entry(head).or_default().insert(index);
        }
    }

    /// A head, its colon and what ends its line.
    fn cost_of(&self, head: Head) -> usize {
        head.in_language(&self.language).map_or(1, |head| head.chars().count() + 3)
    }

    /// Amounts and references that no line has so far, as many as there is room for, in the order of speech.
    fn add_numbers(&mut self, speech: &Speech<'_>) {
        let mut known: String = self.taken.values().flatten().map(|index| speech.sentences[*index].text).collect();
        let mut room = LONGEST.saturating_sub(self.length + self.cost_of(Head::Numbers));
        for number in speech.sentences.iter().flat_map(|sentence| numbers(sentence.text)) {
            let cost = number.whole.chars().count() + 2;
            if is_amount_or_reference(&number) && !known.contains(number.token) && cost <= room {
                room -= cost;
                known.push_str(number.token);
                self.numbers.push(number.whole.to_owned());
            }
        }
    }

    fn text(&self, speech: &Speech<'_>) -> Option<String> {
        let lines = self.taken.iter().map(|(head, taken)| (*head, quotes(*head, taken, speech)));
        let numbers = (!self.numbers.is_empty()).then(|| (Head::Numbers, self.numbers.join("; ")));
        let lines = lines.chain(numbers).map(|(head, text)| match head.in_language(&self.language) {
            Some(head) => format!("{head}: {text}"),
            None => text,
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        (!text.is_empty()).then_some(text)
    }
}

/// What a sentence tells of, by who says it and how.
fn head(sentence: &Sentence<'_>) -> Option<Head> {
    let (next, done) = (sentence.has(Concept::Next), sentence.has(Concept::Resolution));
    match sentence.speaker {
        _ if sentence.is_description => Some(Head::Reason),
        Speaker::Agent if sentence.text.ends_with('?') => None,
        // Who it is that answers the call.
        Speaker::Agent if sentence.has(Concept::Courtesy) && sentence.progress < GREETING => None,
        Speaker::Agent if next => Some(Head::Next),
        Speaker::Agent => Some(Head::Done),
        // What a customer will do comes late: before, it is why they call.
        Speaker::Customer if next && sentence.progress > PROMISES => Some(Head::Next),
        Speaker::Customer => Some(Head::Reason),
        Speaker::Unknown if next => Some(Head::Next),
        Speaker::Unknown if done => Some(Head::Done),
        Speaker::Unknown => Some(Head::Reason),
    }
}

/// The sentences in the order of speech; a customer's promise with who gives it.
fn quotes(head: Head, taken: &BTreeSet<usize>, speech: &Speech<'_>) -> String {
    let quote = |index: &usize| {
        let sentence = &speech.sentences[*index];
        match sentence.label.filter(|_| head == Head::Next && sentence.speaker == Speaker::Customer) {
            Some(label) => format!("{}: {}", label.trim_end(), sentence.text),
            None => sentence.text.to_owned(),
        }
    };
    taken.iter().map(quote).collect::<Vec<_>>().join(" ")
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
    let times = sentence.found.iter().filter(|found| found.concept == Concept::Time).count();
    let facts = (numbers(sentence.text).count() + times).min(4);
    let purpose = match sentence.speaker {
        Speaker::Customer => sentence.has(Concept::Request),
        Speaker::Agent => sentence.has(Concept::Resolution) || sentence.has(Concept::Next),
        Speaker::Unknown => {
            [Concept::Request, Concept::Resolution, Concept::Next].into_iter().any(|cue| sentence.has(cue))
        }
    };
    let sum = of_code.sum::<f64>()
        + others.sum::<f64>()
        + names as f64 * NAME
        + facts as f64 * FACT
        + if purpose { PURPOSE } else { 0.0 };
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

/// Whether a word that does not begin a sentence is a name. "I'm" is none.
fn is_name(word: &str) -> bool {
    let word = word.trim_start_matches(|first: char| !first.is_alphanumeric());
    word.starts_with(char::is_uppercase) && word.chars().nth(1).is_some_and(char::is_alphabetic)
}

fn repeats(sentence: &Sentence<'_>, other: &Sentence<'_>) -> bool {
    let known: BTreeSet<&str> = words(other).collect();
    let again = words(sentence).filter(|word| known.contains(word)).count();
    again as f64 >= words(sentence).count() as f64 * KNOWN_ALREADY
}
