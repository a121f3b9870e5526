//! Passwords that are neither asked for nor announced, where passwords are talked about: `I type sunflower77 and it says wrong
//! password`.

use std::ops::Range;

use super::Search;
use super::words::{ENDING, LOGIN, NOT_TYPED, SIGNS, TYPING};
use crate::redaction::Kind;
use crate::redaction::cues::Cue;
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Tokens before and behind a word about passwords in which one may stand, and lines.
const BEFORE: usize = 24;
const BEHIND: usize = 60;
const LINES_BEFORE: usize = 1;
const LINES_BEHIND: usize = 5;
/// Words by which callers say that they type something, and tokens to it.
const TYPES: &[&str] = &[
    "type", "typing", "enter", "entering", "geb", "gebe", "tipp", "tippe", "eingebe", "pongo", "tecleo", "escribo",
    "meto", "tape", "mets", "rentre", "saisis", "entre",
];
const TO_TYPED: usize = 6;
/// Words by which agents ask what was typed.
const TYPED: &[&str] = &[
    "tried",
    "typing",
    "typed",
    "entering",
    "entered",
    "eingegeben",
    "probiert",
    "probado",
    "poniendo",
    "escribiendo",
    "essaye",
    "tapez",
    "saisissez",
    "tape",
];
/// Words by which agents give a password, and tokens to it.
const PROVISIONAL: &[&str] = &[
    "provision",
    "temporar",
    "tempor",
    "temp",
    "initial",
    "startpasswort",
    "startkennwort",
    "provisoi",
    "password",
    "passwort",
    "kennwort",
    "contrasena",
    "passe",
    "clave",
    "one",
    "mdp",
];
const GIVEN_WITHIN: usize = 6;
/// Words of a password that is told like that.
const MOST_WORDS: usize = 6;

impl Search<'_> {
    /// Takes what is typed, and what looks like a password, around words about passwords.
    pub(super) fn passwords_nearby(&mut self) {
        let mut at = 0;
        for topic in self.topics() {
            // What was looked through for the topic before is not looked through again.
            for token in topic.start.max(at)..topic.end {
                self.password_at(token, topic.end);
            }
            at = at.max(topic.end);
        }
        self.typed_words();
        self.words_with_signs();
    }

    /// `Bretagne#7`: small letters, a digit, and a sign in the middle that no word has.
    fn words_with_signs(&mut self) {
        for token in 0..self.text.tokens.len() {
            let begins = token + 1 < self.text.tokens.len()
                && self.text.gap(token) != Gap::NOTHING
                && self.text.gap(token + 1) == Gap::OTHER
                && self.is_agent(self.line(token)) == Some(false);
            if !begins || self.kinds[token].is_some() || self.is_of_something_else(token, 0) {
                continue;
            }
            let (tokens, bytes) = self.chunk(token);
            let written = &self.text.source[bytes.clone()];
            let small = written.chars().filter(char::is_ascii_lowercase).count();
            let sign = written.contains(['#', '!', '$', '&', '*', '%']);
            let is_one = small >= 3 && sign && written.contains(|letter: char| letter.is_ascii_digit());
            if is_one && !written.contains(['/', ':', '.', '=']) && !self.is_taken(tokens.clone()) {
                self.claim_bytes(tokens, bytes, Kind::Password);
            }
        }
    }

    /// `ich geb immer Regenbogen2019 ein`: words with digits that a caller types, of whatever is talked.
    fn typed_words(&mut self) {
        for typing in 0..self.text.tokens.len() {
            let line = self.line(typing);
            if !TYPES.contains(&self.text.word(typing)) || self.is_agent(line) != Some(false) {
                continue;
            }
            for token in typing + 1..(typing + TO_TYPED).min(self.line_of(typing).end) {
                if self.text.gap(token) == Gap::NOTHING {
                    continue;
                }
                let (tokens, bytes) = self.chunk(token);
                let written = &self.text.source[bytes.clone()];
                let is_word = written.chars().filter(char::is_ascii_lowercase).count() >= 4 && !written.contains('.');
                let is_new =
                    !tokens.clone().any(|token| self.kinds[token].is_some_and(|kind| kind != Kind::DateOfBirth));
                if is_word && is_new && self.is_unmistakable(token) {
                    self.claim_bytes(tokens, bytes, Kind::Password);
                }
            }
        }
    }

    /// The tokens around words about passwords.
    fn topics(&self) -> Vec<Range<usize>> {
        let by_word = (0..self.text.tokens.len())
            .filter(|token| {
                LOGIN.contains(self.text.word(*token)) || self.is_log_in(*token) || self.is_asked_what_was_typed(*token)
            })
            .map(|token| (token, token + 1));
        let by_mark =
            self.questions.iter().filter(|mark| matches!(mark.cue, Cue::Password | Cue::Pin) && !self.is_refused(mark));
        let mut places: Vec<(usize, usize)> = by_word.chain(by_mark.map(|mark| (mark.first, mark.end))).collect();
        places.sort_unstable();
        places
            .into_iter()
            .map(|(first, end)| {
                let line = self.line(first);
                let from = self.text.lines[line.saturating_sub(LINES_BEFORE)].tokens.start;
                let to = self.text.lines[(line + LINES_BEHIND).min(self.text.lines.len() - 1)].tokens.end;
                first.saturating_sub(BEFORE).max(from)..(end + BEHIND).min(to)
            })
            .collect()
    }

    /// `So what have you tried?`
    fn is_asked_what_was_typed(&self, token: usize) -> bool {
        TYPED.contains(&self.text.word(token))
            && self.is_agent(self.line(token)) == Some(true)
            && self.ends_with_question_mark(token + 1)
    }

    /// `log-in`, as a noun; `log in as`.
    fn is_log_in(&self, token: usize) -> bool {
        let enters = ["log", "logged", "logging", "sign", "signed"].contains(&self.text.word(token))
            && ["in", "on"].contains(&self.text.word(token + 1))
            && ["as", "with"].contains(&self.text.word(token + 2));
        if enters {
            return true;
        }
        self.text.word(token) == "log" && self.text.word(token + 1) == "in" && self.text.gap(token + 1) == Gap::HYPHEN
    }

    fn password_at(&mut self, token: usize, end: usize) {
        // Agents are told passwords, and say none but those that they give.
        if self.kinds[token].is_some() || (self.is_agent(self.line(token)) == Some(true) && !self.is_given(token)) {
            return;
        }
        if self.text.gap(token) != Gap::NOTHING && self.is_unmistakable(token) {
            let (tokens, bytes) = self.chunk(token);
            if !self.is_taken(tokens.clone()) {
                self.claim_bytes(tokens, bytes, Kind::Password);
            }
            return;
        }
        let line_end = self.line_of(token).end.min(end);
        if TYPING.contains(self.text.word(token))
            && let Some(value) = self.typed(token + 1, line_end)
        {
            return self.take(value, Kind::Password);
        }
        if SIGNS.contains(self.text.word(token))
            && let Some(value) = self.around_sign(token)
        {
            self.take(value, Kind::Password);
        }
    }

    /// `Le he puesto una provisional: ...`
    fn is_given(&self, token: usize) -> bool {
        let line = self.line_of(token);
        let before = token.saturating_sub(GIVEN_WITHIN).max(line.start)..token;
        let is_provisional = |token: usize| PROVISIONAL.iter().any(|start| self.text.word(token).starts_with(start));
        self.text.gap(token) != Gap::NOTHING && before.into_iter().any(is_provisional)
    }

    /// Letters and digits, or letters and a sign, without a space: nobody writes that of anything else here.
    fn is_unmistakable(&self, token: usize) -> bool {
        let (tokens, bytes) = self.chunk(token);
        let written = &self.text.source[bytes];
        let has = |of: fn(char) -> bool| written.contains(of);
        let letters = written.chars().filter(|letter| letter.is_alphabetic()).count();
        let sign = written.contains(['!', '#', '$', '%', '&', '*', '_', '+', '^', '~', '?', '=']);
        let is_other =
            written.contains(['/', '@', ':', ',', '(', '[', '€', '£']) || self.is_of_something_else(tokens.start, 0);
        let measured = has(|letter| letter.is_ascii_digit()) && letters <= 3 && !sign;
        letters >= 2
            && (has(|letter| letter.is_ascii_digit()) || sign)
            && written.chars().count() >= 6
            && !is_other
            && !measured
    }

    /// What follows a word such as `type`, where it is what is typed: with a digit, or with what came of it behind.
    fn typed(&self, begin: usize, end: usize) -> Option<Range<usize>> {
        let mut first = begin;
        let leads = |token: usize| {
            let to = ["to", "as", "en", "auf"];
            is_filler(self.text.word(token))
                || to.contains(&self.text.word(token))
                || to.contains(&self.text.word(token + 1))
        };
        while first < end && leads(first) && first - begin < 3 {
            first += 1;
        }
        if first >= end
            || NOT_TYPED.contains(self.text.word(first))
            || self.text.gap(first).has(&[Gap::STOP])
            || self.is_unmistakable(first)
        {
            return None;
        }
        let mut last = first + 1;
        while last < end && last - first < MOST_WORDS {
            let in_number = self.is_dictated(last) || (self.is_dictated(last - 1) && self.is_dictated(last + 1));
            let parted = self.text.gap(last).has(&[Gap::STOP, Gap::COMMA, Gap::ELLIPSIS]);
            if parted || (ENDING.contains(self.text.word(last)) && !in_number) {
                break;
            }
            last += 1;
        }
        let has_digits = (first..last).any(|token| self.is_dictated(token) || self.text.tokens[token].is_number);
        let came_of_it = ["and", "und", "y", "et"].contains(&self.text.word(last))
            && ["it", "nothing", "er", "es", "nichts", "nada", "me", "dice", "il", "ca", "rien", "that"]
                .contains(&self.text.word(last + 1));
        let is_measured = (first..last).any(|token| self.is_measured(token));
        ((has_digits || came_of_it) && !is_measured).then_some(first..last)
    }

    fn is_dictated(&self, token: usize) -> bool {
        self.piece_of(token).is_some_and(|piece| !self.dictated.pieces[piece].is_letters)
    }

    fn is_measured(&self, token: usize) -> bool {
        self.piece_of(token).is_some_and(|piece| self.dictated.pieces[piece].is_measure)
    }

    fn piece_of(&self, token: usize) -> Option<usize> {
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.end <= token);
        self.dictated.pieces.get(at).filter(|piece| piece.tokens.contains(&token)).map(|_| at)
    }

    /// `Badger hyphen Seven hyphen Lantern`.
    fn around_sign(&self, sign: usize) -> Option<Range<usize>> {
        let line = self.line_of(sign);
        let close = |token: usize| token < line.end && self.text.gap(token).is_within(&[Gap::SPACE]);
        if sign == line.start || !close(sign) {
            return None;
        }
        let mut end = sign + 1;
        // A sign of two words.
        if close(end) && ["bajo", "mark", "sign"].contains(&self.text.word(end)) {
            end += 1;
        }
        while close(end) && end - sign < 8 && !ENDING.contains(self.text.word(end)) {
            end += 1;
            let signs_on = close(end) && SIGNS.contains(self.text.word(end));
            let in_number = self.is_dictated(end) || (self.is_dictated(end - 1) && self.is_dictated(end + 1));
            if !signs_on && !in_number {
                break;
            }
        }
        (end > sign + 1).then_some(sign - 1..end)
    }
}
