//! Passwords and answers to security questions: words, by what asks for them or announces them.

use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Tokens between a phrase and the word that leads to its value: `the password for my account is`.
const TO_VERB: usize = 6;
/// Tokens between a phrase and what is unmistakably a password.
const TO_PASSWORD: usize = 12;
/// Words of a value that is not spelled.
const MOST_WORDS: usize = 4;
/// Tokens of one that is spelled.
const MOST_SPELLED: usize = 48;
/// Tokens in front of an answer that say nothing: `oh gosh, I think it was`.
const MOST_LEADING: usize = 14;
/// Lines after a question in which its answer begins.
const LINES: usize = 2;
/// Tokens around an answer in which it is said again.
const SAID_AGAIN: usize = 60;
/// Words in front of which a question that is no more than a name stands: `And your mother's maiden name?`
const SHORT_QUESTION: usize = 9;

/// Words that lead from what something is to its value.
const VERBS: &[&str] = &[
    "is", "was", "s", "be", "ist", "war", "lautet", "lautete", "heisst", "hiess", "es", "era", "est", "etait", "equals",
];
/// Those that make a question one about something else: `your first car, was it the Fiesta?`
const TELLING: &[&str] = &["is", "was", "ist", "war", "era", "est", "etait"];
/// Words that may stand between.
const BETWEEN: &[&str] = &[
    "for",
    "on",
    "my",
    "the",
    "account",
    "it",
    "that",
    "there",
    "here",
    "this",
    "of",
    "at",
    "to",
    "used",
    "should",
    "would",
    "will",
    "fur",
    "mein",
    "meine",
    "meinen",
    "konto",
    "das",
    "dort",
    "dazu",
    "de",
    "la",
    "mi",
    "cuenta",
    "c",
    "du",
    "compte",
    "mon",
    "sur",
    "ce",
    "portal",
    "app",
    "login",
    "wifi",
    "wlan",
    "old",
    "temporary",
    "new",
    "current",
];
/// Words by which somebody asks.
const ASKING: &[&str] = &[
    "what",
    "whats",
    "which",
    "who",
    "where",
    "tell",
    "give",
    "confirm",
    "have",
    "take",
    "need",
    "get",
    "provide",
    "verify",
    "spell",
    "say",
    "please",
    "enter",
    "know",
    "remember",
    "wie",
    "welche",
    "welcher",
    "welches",
    "welchen",
    "wo",
    "nennen",
    "sagen",
    "sagt",
    "brauche",
    "brauchte",
    "braeuchte",
    "bitte",
    "geben",
    "verraten",
    "hiess",
    "heisst",
    "cual",
    "cuales",
    "como",
    "dime",
    "digame",
    "diga",
    "dice",
    "dices",
    "decirme",
    "facilita",
    "facilite",
    "necesito",
    "pido",
    "donde",
    "confirme",
    "confirma",
    "quel",
    "quelle",
    "quels",
    "comment",
    "dites",
    "donnez",
    "donner",
    "besoin",
    "faut",
    "plait",
    "confirmer",
    "ou",
];
/// Words of talk about a password that tells none.
const ABOUT: &[&str] = &[
    "reset",
    "resetting",
    "change",
    "changed",
    "changing",
    "forgot",
    "forgotten",
    "forget",
    "link",
    "tried",
    "try",
    "update",
    "updated",
    "work",
    "works",
    "working",
    "set",
    "sticker",
    "send",
    "sent",
    "characters",
    "character",
    "never",
    "share",
    "expired",
    "requirements",
    "manager",
    "questions",
    "protected",
    "vergessen",
    "andern",
    "aendern",
    "geandert",
    "geaendert",
    "zurucksetzen",
    "zuruckgesetzt",
    "zurueckgesetzt",
    "neues",
    "schicken",
    "geschickt",
    "zeichen",
    "nie",
    "niemals",
    "cambiar",
    "cambia",
    "cambie",
    "cambio",
    "cambiado",
    "olvidado",
    "olvide",
    "restablecer",
    "restablecido",
    "enlace",
    "nunca",
    "oublie",
    "changer",
    "change",
    "reinitialiser",
    "reinitialise",
    "lien",
    "jamais",
    "caracteres",
];
/// Words in front of an answer that are none of it.
const LEADING: &[&str] = &[
    "it",
    "its",
    "is",
    "s",
    "that",
    "thats",
    "was",
    "would",
    "be",
    "should",
    "think",
    "believe",
    "guess",
    "gosh",
    "the",
    "my",
    "her",
    "his",
    "their",
    "mother",
    "mothers",
    "mum",
    "mom",
    "maiden",
    "name",
    "named",
    "pet",
    "called",
    "first",
    "school",
    "teacher",
    "probably",
    "maybe",
    "sure",
    "absolutely",
    "course",
    "um",
    "das",
    "war",
    "der",
    "die",
    "ist",
    "lautet",
    "es",
    "er",
    "sie",
    "hiess",
    "heisst",
    "mein",
    "meine",
    "ihr",
    "name",
    "mutter",
    "glaube",
    "ich",
    "also",
    "gern",
    "naja",
    "era",
    "se",
    "llamaba",
    "llama",
    "mi",
    "el",
    "la",
    "su",
    "creo",
    "que",
    "pues",
    "claro",
    "c",
    "est",
    "etait",
    "il",
    "elle",
    "s",
    "appelait",
    "appelle",
    "mon",
    "ma",
    "le",
    "je",
    "crois",
    "ouh",
    "bonjour",
    "hello",
    "hi",
    "password",
    "passwort",
    "kennwort",
    "contrasena",
    "mot",
    "de",
    "passe",
    "answer",
    "antwort",
    "respuesta",
    "reponse",
];
/// Words in front of an answer that is a thing: `an old Beetle`.
const ARTICLES: &[&str] = &["a", "an", "old", "little", "un", "une", "una", "ein", "eine", "einen", "alter", "alten"];
/// Words that no value begins with.
const NO_VALUE: &[&str] = &[
    "no",
    "not",
    "nope",
    "i",
    "we",
    "you",
    "they",
    "don",
    "dont",
    "can",
    "cant",
    "what",
    "why",
    "how",
    "which",
    "where",
    "when",
    "who",
    "sorry",
    "forgot",
    "never",
    "none",
    "again",
    "let",
    "a",
    "an",
    "in",
    "at",
    "on",
    "for",
    "to",
    "wrong",
    "incorrect",
    "right",
    "correct",
    "fine",
    "expired",
    "invalid",
    "being",
    "case",
    "too",
    "still",
    "always",
    "required",
    "same",
    "working",
    "locked",
    "gone",
    "sent",
    "set",
    "reset",
    "needed",
    "one",
    "broken",
    "missing",
    "somewhere",
    "very",
    "only",
    "just",
    "also",
    "already",
    "now",
    "nothing",
    "something",
    "anything",
    "there",
    "here",
    "this",
    "they",
    "and",
    "but",
    "or",
    "if",
    "because",
    "did",
    "do",
    "does",
    "has",
    "have",
    "more",
    "kein",
    "keine",
    "keinen",
    "nicht",
    "nein",
    "weiss",
    "vergessen",
    "falsch",
    "richtig",
    "zu",
    "abgelaufen",
    "gesperrt",
    "noch",
    "immer",
    "wieder",
    "was",
    "wieso",
    "warum",
    "welches",
    "auch",
    "schon",
    "nur",
    "wichtig",
    "yo",
    "ni",
    "ninguna",
    "incorrecta",
    "correcta",
    "demasiado",
    "mala",
    "igual",
    "siempre",
    "ya",
    "cual",
    "por",
    "cuando",
    "muy",
    "ne",
    "pas",
    "non",
    "incorrect",
    "expire",
    "trop",
    "bon",
    "mauvais",
    "toujours",
    "quel",
    "quoi",
    "pourquoi",
    "bloque",
    "periode",
    "nous",
    "vous",
    "tried",
    "twice",
];
/// Words that end a value.
const ENDING: &[&str] = &[
    "and", "but", "can", "could", "please", "if", "so", "because", "with", "or", "that", "which", "is", "i", "you",
    "und", "aber", "bitte", "oder", "falls", "wenn", "ist", "ich", "y", "pero", "que", "o", "et", "mais", "pour", "ou",
    "si", "ca", "je", "it", "does", "stimmt", "why", "did", "but", "thanks", "thank", "danke", "gracias", "merci",
];
/// Words by which signs and cases are spelled.
const SPELLED: &[&str] = &[
    "capital",
    "upper",
    "uppercase",
    "lower",
    "lowercase",
    "case",
    "small",
    "big",
    "all",
    "one",
    "word",
    "exclamation",
    "mark",
    "hash",
    "hashtag",
    "pound",
    "dash",
    "underscore",
    "dot",
    "star",
    "asterisk",
    "at",
    "sign",
    "dollar",
    "question",
    "hyphen",
    "space",
    "then",
    "gross",
    "grosses",
    "grossem",
    "klein",
    "kleines",
    "ausrufezeichen",
    "fragezeichen",
    "raute",
    "sternchen",
    "unterstrich",
    "bindestrich",
    "punkt",
    "mayuscula",
    "minuscula",
    "guion",
    "bajo",
    "asterisco",
    "almohadilla",
    "arroba",
    "exclamacion",
    "majuscule",
    "minuscule",
    "tiret",
    "point",
    "diese",
    "etoile",
    "exclamation",
    "bas",
];

impl Search<'_> {
    /// Values of words that are asked for or announced.
    pub(super) fn spoken(&mut self) {
        let mut values = Vec::new();
        for (mark, end) in self.marks_of(&[Cue::Password, Cue::Answer]) {
            let kind = if mark.cue == Cue::Password { Kind::Password } else { Kind::SecurityAnswer };
            let value =
                self.announced(&mark).or_else(|| self.unmistakable(&mark, end)).or_else(|| self.answered(&mark));
            let Some((tokens, bytes)) =
                value.filter(|(tokens, _)| !tokens.is_empty() && !self.is_taken(tokens.clone()))
            else {
                continue;
            };
            self.claim_bytes(tokens.clone(), bytes, kind);
            values.push((tokens, kind));
        }
        for (tokens, kind) in values {
            self.said_again(tokens, kind);
        }
    }

    /// `the password is ...`, `Password: ...`, `password ...` where it looks like one.
    fn announced(&self, mark: &Mark) -> Option<(Range<usize>, Range<usize>)> {
        let line = self.line_of(mark.first);
        if mark.cue == Cue::Password
            && mark.end < line.end
            && !self.text.gap(mark.end).has(&[Gap::STOP])
            && self.looks_like_password(mark.end)
        {
            return Some(self.chunk(mark.end));
        }
        let mut token = mark.end;
        while token < line.end && token - mark.end <= TO_VERB {
            let gap = self.text.gap(token);
            if gap.has(&[Gap::STOP]) {
                return None;
            }
            if gap.has(&[Gap::COLON]) {
                return self.value(token, line.end, mark.cue);
            }
            let word = self.text.word(token);
            if VERBS.contains(&word) {
                let begin = token + 1 + usize::from(VERBS.contains(&self.text.word(token + 1)));
                let asserted = !self.text.gap(begin).has(&[Gap::STOP]) && begin < line.end;
                let named = mark.cue == Cue::Password
                    || matches!(word, "was" | "war" | "era" | "etait")
                    || self.is_named(begin, line.end);
                return if asserted && named { self.value(begin, line.end, mark.cue) } else { None };
            }
            if !BETWEEN.contains(&word) && !is_filler(word) {
                return if token == mark.end { self.behind_code_word(mark, line.end) } else { None };
            }
            token += 1;
        }
        None
    }

    /// `code word pickle`: what is called a word is not much talked about, so one or two behind it are it.
    fn behind_code_word(&self, mark: &Mark, end: usize) -> Option<(Range<usize>, Range<usize>)> {
        let is_word =
            ["word", "codeword", "codewort", "losungswort", "secreta"].contains(&self.text.word(mark.end - 1));
        let parted = |token: &usize| self.text.gap(*token).has(&[Gap::COMMA, Gap::STOP]);
        let end = (mark.end + 1..end).find(parted).unwrap_or(end);
        let is_talk = ABOUT.contains(&self.text.word(mark.end)) || self.text.gap(mark.end) != Gap::SPACE;
        if is_word && !is_talk && end - mark.end <= 2 { self.value(mark.end, end, mark.cue) } else { None }
    }

    /// Something in the same line that is nothing else than a password: letters, and digits or signs, of both cases.
    fn unmistakable(&self, mark: &Mark, end: usize) -> Option<(Range<usize>, Range<usize>)> {
        let end = end.min(self.line_of(mark.first).end).min(mark.end + TO_PASSWORD);
        let is_it = |token: &usize| {
            let written = &self.text.source[self.chunk(*token).1];
            let both = written.contains(char::is_uppercase) && written.contains(char::is_lowercase);
            mark.cue == Cue::Password
                && both
                && self.text.gap(*token) != Gap::NOTHING
                && self.looks_like_password(*token)
        };
        (mark.end..end).find(is_it).map(|token| self.chunk(token))
    }

    /// Whether what follows is a name: a capital, or no more than two words.
    fn is_named(&self, token: usize, end: usize) -> bool {
        let written = self.text.tokens.get(token).map_or("", |token| &self.text.source[token.start..token.end]);
        written.starts_with(char::is_uppercase) || end - token <= 2
    }

    /// What is said behind a question, by somebody else where it is known who speaks.
    fn answered(&self, mark: &Mark) -> Option<(Range<usize>, Range<usize>)> {
        if !self.asks(mark) {
            return None;
        }
        let line = self.line(mark.first);
        let speaker = self.text.lines[line].speaker;
        let mut behind = self.text.lines.iter().skip(line + 1).take(LINES);
        let answer = behind.find(|answer| speaker.is_none() || answer.speaker != speaker)?;
        self.value(answer.tokens.start, answer.tokens.end, mark.cue)
    }

    fn asks(&self, mark: &Mark) -> bool {
        let line = self.line_of(mark.first);
        let starts = |token: &usize| *token == line.start || self.text.gap(*token).has(&[Gap::STOP]);
        let first = (line.start..=mark.first).rev().find(starts).unwrap_or(line.start);
        let end = (mark.end..line.end).find(|token| self.text.gap(*token).has(&[Gap::STOP])).unwrap_or(line.end);
        let has = |words: &[&str]| (first..end).any(|token| words.contains(&self.text.word(token)));
        if has(ABOUT) {
            return false;
        }
        let behind = self.text.tokens.get(end - 1).map_or("", |last| &self.text.source[last.end..]);
        let is_question = behind.trim_start().starts_with(['?', '？']);
        let is_choice = has(&["or", "oder", "o", "ou"]);
        // Where the phrase is all there is, the answer is asked for too.
        let comma = (first..=mark.first).rev().find(|token| self.text.gap(*token).has(&[Gap::COMMA]));
        let begin = comma.unwrap_or(first);
        let is_told = (mark.end..end).any(|token| TELLING.contains(&self.text.word(token)));
        let is_short = end - begin <= SHORT_QUESTION && !is_told && !is_verb(self.text.word(begin));
        !is_choice && (has(ASKING) || (is_short && (is_question || mark.end == end)))
    }

    /// The value that begins at a token or behind words that say nothing, before `end`.
    fn value(&self, begin: usize, end: usize, cue: Cue) -> Option<(Range<usize>, Range<usize>)> {
        let mut first = begin;
        while first < end && first - begin < MOST_LEADING && self.says_nothing(first, end, cue) {
            first += 1;
        }
        if first >= end
            || NO_VALUE.contains(&self.text.word(first)) && !(self.is_spelled(first) && self.is_spelled(first + 1))
        {
            return None;
        }
        if cue == Cue::Password && self.looks_like_password(first) {
            return Some(self.chunk(first));
        }
        let spelled = self.is_spelled(first) && (first + 1 >= end || self.is_spelled(first + 1));
        let mut last = first + 1;
        while last < end && last - first < if spelled { MOST_SPELLED } else { MOST_WORDS } {
            let gap = self.text.gap(last);
            let goes_on = if spelled { self.is_spelled(last) } else { !ENDING.contains(&self.text.word(last)) };
            let parted =
                gap.has(&[Gap::STOP, Gap::LINE]) || (!spelled && gap.has(&[Gap::COMMA, Gap::COLON, Gap::ELLIPSIS]));
            if parted || !goes_on {
                break;
            }
            last += 1;
        }
        let bytes = self.text.tokens[first].start..self.text.tokens[last - 1].end;
        Some((first..last, bytes))
    }

    fn says_nothing(&self, token: usize, end: usize, cue: Cue) -> bool {
        let word = self.text.word(token);
        let next = self.text.word(token + 1);
        if word == "i" || word == "ich" {
            return ["think", "believe", "guess", "glaube", "m"].contains(&next);
        }
        // "Saint" may begin a name, "no" an answer that is none.
        let is_last = token + 1 >= end;
        let leads = LEADING.contains(&word) || is_filler(word) || (cue == Cue::Answer && ARTICLES.contains(&word));
        !is_last && word != "no" && leads && !self.is_spelled_alone(token)
    }

    /// Whether a lone letter is spelled here: the next token is one too.
    fn is_spelled_alone(&self, token: usize) -> bool {
        let lone = |token: usize| self.text.word(token).len() == 1 && !self.text.gap(token).has(&[Gap::APOSTROPHE]);
        lone(token) && lone(token + 1)
    }

    fn is_spelled(&self, token: usize) -> bool {
        let word = self.text.word(token);
        let example = token > 0 && ["for", "wie", "como", "comme", "as", "like"].contains(&self.text.word(token - 1));
        let is_link = ["for", "wie", "como", "comme", "as", "in", "like", "de"].contains(&word);
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.end <= token);
        let dictated = self.dictated.pieces.get(at).is_some_and(|piece| piece.tokens.contains(&token));
        dictated || word.len() == 1 || SPELLED.contains(&word) || example || is_link
    }

    /// Whether what stands at a token up to the next space looks like a password: letters with digits or signs among them.
    fn looks_like_password(&self, token: usize) -> bool {
        let (_, bytes) = self.chunk(token);
        let chunk = &self.text.source[bytes];
        let letters = chunk.chars().any(char::is_alphabetic);
        let digits = chunk.chars().any(char::is_numeric);
        let sign = |character: char| !character.is_alphanumeric() && !"'’.,-".contains(character);
        let is_url = chunk.contains("://") || chunk.starts_with("www.");
        letters && (digits || chunk.chars().any(sign)) && chunk.chars().count() >= 4 && !is_url
    }

    /// What stands without a space around a token, from the token on.
    fn chunk(&self, token: usize) -> (Range<usize>, Range<usize>) {
        let source = self.text.source;
        let before = source[..self.text.tokens[token].start].trim_end_matches(|character: char| {
            !character.is_alphanumeric() && !character.is_whitespace() && !"\"'“„«(:=".contains(character)
        });
        let start = if before.ends_with(char::is_alphanumeric) { self.text.tokens[token].start } else { before.len() };
        let rest = &source[start..];
        let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let written = rest[..length].trim_end_matches(['.', ',', ';', ':', '?', '!', ')', '"', '\'', '”', '“', '»']);
        let bytes = start..start + written.len();
        let end = self.text.tokens.partition_point(|token| token.start < bytes.end);
        (token..end.max(token + 1), bytes)
    }

    /// Takes a value where it is said again: an unmistakable one anywhere, others near.
    fn said_again(&mut self, tokens: Range<usize>, kind: Kind) {
        let words: Vec<String> = tokens.clone().map(|token| self.text.word(token).to_owned()).collect();
        if words.iter().map(String::len).sum::<usize>() < 4 {
            return;
        }
        let from = tokens.start.saturating_sub(SAID_AGAIN);
        let to = (tokens.end + SAID_AGAIN).min(self.text.tokens.len());
        for first in from..to.saturating_sub(words.len() - 1) {
            let here = first..first + words.len();
            let same = words.iter().zip(here.clone()).all(|(word, token)| self.text.word(token) == word);
            if same && !self.is_taken(here.clone()) {
                self.take(here, kind);
            }
        }
    }
}

/// Whether a question that begins with this word is about something and asks for nothing.
fn is_verb(word: &str) -> bool {
    [
        "is",
        "are",
        "did",
        "do",
        "does",
        "was",
        "has",
        "have",
        "had",
        "will",
        "should",
        "ist",
        "sind",
        "haben",
        "hast",
        "hat",
        "war",
        "funktioniert",
        "es",
        "ha",
        "tiene",
        "est",
        "avez",
        "a",
        "as",
    ]
    .contains(&word)
}
