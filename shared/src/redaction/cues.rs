//! What announces a secret, or asks for one, and what announces a number that is none.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::phrases::PHRASES;
use super::text::{Gap, Text};

/// What a phrase announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// A card, of whose numbers there are many.
    Card,
    /// The number of a card itself.
    CardNumber,
    Expiry,
    SecurityCode,
    Pin,
    Password,
    Answer,
    Iban,
    SocialSecurity,
    Identity,
    Birth,
    /// A phone, of which there is much talk.
    Phone,
    /// The number of a phone itself.
    PhoneNumber,
    Email,
    /// A number that may be seen, such as an order's.
    Other,
}

/// A phrase that was found.
#[derive(Clone, Copy)]
pub struct Mark {
    pub cue: Cue,
    /// Its first token.
    pub first: usize,
    /// The token behind its last.
    pub end: usize,
    /// Whether it is a phrase as it stands, and not words of a pattern or any word in front of `number`.
    pub is_phrase: bool,
}

struct Phrase {
    cue: Cue,
    words: Vec<&'static str>,
}

#[derive(Default)]
struct Phrases {
    by_first_word: HashMap<&'static str, Vec<Phrase>>,
    /// Those whose first word is not whole.
    others: Vec<Phrase>,
}

static ALL: LazyLock<Phrases> = LazyLock::new(|| {
    let mut all = Phrases::default();
    for (cue, phrases) in PHRASES {
        for phrase in phrases.split('|') {
            let words: Vec<&str> = phrase.split_whitespace().collect();
            let Some(first) = words.first().copied() else { continue };
            let phrase = Phrase { cue: *cue, words };
            if first.contains('*') {
                all.others.push(phrase);
            } else {
                all.by_first_word.entry(first).or_default().push(phrase);
            }
        }
    }
    all
});

/// Words by which a phrase belongs to the one before it: `PIN for the card` is about the PIN.
const OF: &[&str] = &[
    "of",
    "on",
    "for",
    "to",
    "from",
    "at",
    "in",
    "your",
    "my",
    "the",
    "this",
    "that",
    "our",
    "new",
    "und",
    "zu",
    "zur",
    "zum",
    "fur",
    "von",
    "vom",
    "der",
    "des",
    "ihrer",
    "meiner",
    "die",
    "das",
    "auf",
    "dem",
    "den",
    "de",
    "del",
    "la",
    "el",
    "su",
    "mi",
    "en",
    "du",
    "le",
    "au",
    "sur",
    "pour",
    "votre",
    "ma",
    "s",
    "l",
    "d",
    "back",
    "front",
    "a",
    "card",
    "telephone",
    "phone",
    "online",
    "account",
];

/// How many words may stand between a phrase and one that belongs to it.
const NEAR: usize = 4;

/// All phrases of a text, in its order. Of phrases at one place the longest counts.
pub fn marks(text: &Text<'_>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut token = 0;
    while token < text.tokens.len() {
        let Some((cue, length, is_phrase)) = longest(text, token) else {
            token += 1;
            continue;
        };
        let mark = Mark { cue, first: token, end: token + length, is_phrase };
        let belongs = marks.last().is_some_and(|before| belongs_to(text, before, &mark));
        if !belongs && !is_idiom(text, &mark) {
            marks.push(mark);
        }
        token = mark.end;
    }
    marks
}

/// Words that are no thing behind one of these: `in case we're cut off`.
const IDIOMS: &[(&str, &str)] = &[
    ("in", "case"),
    ("just", "case"),
    ("any", "case"),
    ("in", "order"),
    ("of", "charge"),
    ("in", "total"),
    ("in", "contact"),
];
/// Words that are no thing in front of one of these: `reading it off the card`.
const IDIOMS_BEFORE: &[(&str, &[&str])] = &[
    ("reading", &["it", "off", "from", "out", "this", "that", "them", "you"]),
    ("order", &["to"]),
    ("claim", &["to", "that"]),
    ("claims", &["to", "that"]),
    ("charge", &["it", "the", "that", "this", "my", "to", "me"]),
    ("bill", &["it", "the", "that", "to", "my"]),
    ("booking", &["it", "this", "for"]),
];

/// Whether a phrase for a thing is no thing here.
fn is_idiom(text: &Text<'_>, mark: &Mark) -> bool {
    if mark.cue != Cue::Other || mark.end != mark.first + 1 {
        return false;
    }
    let word = text.word(mark.first);
    let before = mark.first.checked_sub(1).map_or("", |before| text.word(before));
    let next = text.word(mark.end);
    IDIOMS.contains(&(before, word)) || IDIOMS_BEFORE.iter().any(|(of, words)| *of == word && words.contains(&next))
}

/// Whether a text has a phrase in it.
pub fn announces(words: &str) -> bool {
    let text = Text::of(words, |_| true);
    (0..text.tokens.len()).any(|token| longest(&text, token).is_some())
}

/// What begins at a token, how many tokens it takes, and whether it is written among the phrases as it stands.
fn longest(text: &Text<'_>, token: usize) -> Option<(Cue, usize, bool)> {
    let word = text.word(token);
    let matches = |phrase: &&Phrase| {
        let mut words = phrase.words.iter().enumerate();
        words.all(|(at, pattern)| {
            let together =
                at == 0 || text.gap(token + at).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::APOSTROPHE, Gap::DOT]);
            together && fits(text.word(token + at), pattern)
        })
    };
    if let Some(length) = other_number(text, token)
        && !ALL.by_first_word.get(word).into_iter().flatten().any(|phrase| phrase.words.len() > 1 && matches(&phrase))
    {
        return Some((Cue::Other, length, false));
    }
    let exact = ALL.by_first_word.get(word).into_iter().flatten();
    let found = exact
        .chain(&ALL.others)
        .filter(matches)
        .max_by_key(|phrase| (phrase.words.len(), phrase.words.iter().filter(|word| !word.contains('*')).count()))?;
    let length = found.words.len();
    // "Votre numéro de commande".
    if found.cue == Cue::PhoneNumber
        && length > 1
        && let Some(more) = other_number(text, token + length - 1)
    {
        return Some((Cue::Other, length - 1 + more, true));
    }
    // "Votre numéro de sécu", "mon numéro de carte".
    if found.cue == Cue::PhoneNumber && length > 1 && text.word(token + length - 1) == "numero" {
        let inner = ALL.by_first_word.get("numero").into_iter().flatten().filter(|phrase| {
            let mut words = phrase.words.iter().enumerate();
            phrase.words.len() > 1
                && words.all(|(at, pattern)| {
                    let here = token + length - 1 + at;
                    fits(text.word(here), pattern) && (at == 0 || text.gap(here).is_within(&[Gap::SPACE]))
                })
        });
        if let Some(inner) = inner.max_by_key(|phrase| phrase.words.len()) {
            return Some((inner.cue, length - 1 + inner.words.len(), true));
        }
    }
    Some((found.cue, length, !found.words[0].starts_with('*')))
}

fn fits(word: &str, pattern: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => word.starts_with(start),
        (None, Some(end)) => word.len() > end.len() && word.ends_with(end),
        (None, None) => word == pattern,
    }
}

/// Words in front of `number` that do not say which.
const NO_NAME: &[&str] = &[
    "the",
    "a",
    "that",
    "this",
    "what",
    "which",
    "your",
    "my",
    "our",
    "his",
    "her",
    "new",
    "old",
    "right",
    "wrong",
    "full",
    "whole",
    "another",
    "other",
    "same",
    "and",
    "is",
    "of",
    "no",
    "or",
    "long",
    "card",
    "phone",
    "good",
    "best",
    "any",
    "some",
    "front",
    "back",
    "first",
    "second",
    "last",
    "correct",
    "s",
    "whose",
    "little",
    "small",
    "tiny",
    "digit",
    "three",
    "four",
    "six",
    "eight",
    "sixteen",
    "secret",
    "daytime",
    "check",
    "id",
    "passport",
    "licence",
    "license",
    "tax",
    "identity",
    "national",
    "insurance",
    "document",
    "security",
    "verification",
    "contact",
    "access",
    "personal",
    "permit",
    "those",
    "these",
    "latest",
    "different",
    "with",
    "for",
    "on",
];

/// What a number in Spanish or French is of that is not to be seen.
const OF_NO_THING: &[&str] = &[
    "cette",
    "esta",
    "votre",
    "titre",
    "piece",
    "carte",
    "passeport",
    "permis",
    "secu",
    "securite",
    "telephone",
    "portable",
    "mobile",
    "identite",
    "identidad",
    "documento",
    "tarjeta",
    "telefono",
    "movil",
    "pasaporte",
    "permiso",
    "carnet",
    "seguridad",
    "compte",
    "cuenta",
    "contacto",
    "contact",
    "fijo",
    "cuatro",
    "seis",
    "tres",
    "quatre",
    "trois",
    "dieciseis",
    "cifras",
    "chiffres",
    "digitos",
    "afiliado",
    "afiliacion",
];

/// `job number`, `numéro de réservation`: numbers of things that have no phrase of their own.
fn other_number(text: &Text<'_>, token: usize) -> Option<usize> {
    let together = |token: usize| text.gap(token).is_within(&[Gap::SPACE, Gap::APOSTROPHE]);
    let word = text.word(token);
    if ["number", "numbers"].contains(&text.word(token + 1))
        && together(token + 1)
        && word.len() > 2
        && !NO_NAME.contains(&word)
    {
        return Some(2);
    }
    let of = ["de", "du", "d", "del"].contains(&text.word(token + 1)) && together(token + 1) && together(token + 2);
    (word == "numero" && of && text.word(token + 2).len() > 3 && !OF_NO_THING.contains(&text.word(token + 2)))
        .then_some(3)
}

/// Whether a phrase only says of what the one before it is: the less telling of two in one breath.
fn belongs_to(text: &Text<'_>, before: &Mark, mark: &Mark) -> bool {
    let is_weaker = match (before.cue, mark.cue) {
        (Cue::Other, _) => false,
        (Cue::Card, Cue::CardNumber) => false,
        (Cue::Phone, Cue::PhoneNumber) => false,
        (_, Cue::Other | Cue::Card | Cue::Phone | Cue::PhoneNumber) => true,
        _ => false,
    };
    is_weaker
        && mark.first - before.end <= NEAR
        && (before.end..mark.first).all(|token| OF.contains(&text.word(token)))
        && (before.end..=mark.first).all(|token| !text.gap(token).has(&[Gap::STOP, Gap::LINE, Gap::COMMA, Gap::COLON]))
        && before.end < mark.first
}
