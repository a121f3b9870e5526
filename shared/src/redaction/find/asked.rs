//! Numbers and codes that follow a question for a secret, however it is put: what stays costs more than what goes for
//! nothing, so for a few turns everything goes that is like what was asked for.

use std::ops::Range;

use super::stretches::APART;
use super::words::{ASKING, REFUSED, REFUSING, TYPING};
use super::{MOST_LINES, Search};
use crate::redaction::Kind;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::text::Gap;

/// What may follow a question.
#[derive(Clone, Copy)]
struct Expected {
    kind: Kind,
    /// Digits that one line has of it, at least and at most.
    least: usize,
    most: usize,
    /// Characters it has in all, at least.
    total: usize,
    /// Lines after the question, or after the last part, in which it comes.
    lines: usize,
    /// Whether letters belong to it.
    letters: bool,
}

impl Expected {
    fn by(cue: Cue) -> Option<Self> {
        let (kind, least, most, total, lines, letters) = match cue {
            Cue::CardNumber => (Kind::CardNumber, 3, 44, 8, 6, false),
            Cue::SecurityCode => (Kind::SecurityCode, 3, 12, 3, 5, true),
            Cue::Pin => (Kind::Pin, 4, 12, 4, 4, false),
            Cue::Iban => (Kind::Iban, 3, 44, 14, 8, true),
            Cue::SocialSecurity => (Kind::SocialSecurityNumber, 3, 24, 4, 5, true),
            Cue::Identity => (Kind::IdentityNumber, 3, 24, 5, 5, true),
            Cue::PhoneNumber => (Kind::PhoneNumber, 3, 36, 7, 4, false),
            _ => return None,
        };
        Some(Self { kind, least, most, total, lines, letters })
    }

    /// With so many characters a number of a person that is said in parts is complete, though it was said twice.
    fn enough(&self) -> usize {
        match self.kind {
            Kind::IdentityNumber => 18,
            Kind::SocialSecurityNumber => 24,
            Kind::CardNumber => 15,
            _ => 0,
        }
    }
}

/// Digits of a part of a number, where another part was said before.
const PART: usize = 2;
/// Tokens behind a question, or behind a part, among which the next part begins.
const REACH: usize = 40;
/// Tokens between a part and the next in another line.
const FARTHEST: usize = 120;
/// Tokens of a line in which a number stands in front of what it is.
const BEFORE: usize = 12;
/// Tokens between a number and what it is, where nothing else tells.
const NEAR: usize = 3;
/// Digits of a card number.
const WHOLE_CARD: usize = 12;
/// Parts that are broken off and said anew.
const MOST_BROKEN_OFF: usize = 8;
/// Lines in front of the digits of a number in which its letters are said.
const LINES_OF_LETTERS: usize = 3;
/// Tokens around a question in which a refusal makes it none.
const AROUND: usize = 6;

/// Words by which nothing is needed.
const NOT: &[&str] = &["kein", "keine", "keinen", "nicht", "no", "pas", "ni"];
const NEEDED: &[&str] = &["brauche", "brauchen", "notig", "necesito", "necesitamos", "falta", "hace", "besoin", "need"];

/// Words by which the rest of a number is asked for.
const LAST: &[&str] =
    &["last", "final", "letzten", "letzte", "ultimos", "ultimas", "derniers", "dernier", "rest", "end"];

impl Search<'_> {
    /// What follows questions for numbers and codes.
    pub(super) fn asked(&mut self) {
        for at in 0..self.questions.len() {
            let question = self.questions[at];
            let Some(mut expected) = Expected::by(question.cue) else { continue };
            // What a customer says of some code may be a device's fault: those are short.
            if !question.is_phrase && self.is_agent(self.line(question.first)) == Some(false) {
                expected.least = expected.least.max(4);
            }
            if !self.is_refused(&question) {
                self.follow(&question, &expected);
                if matches!(expected.kind, Kind::Pin | Kind::SecurityCode) {
                    self.in_front_of(&question, &expected);
                }
            }
        }
    }

    /// `We will never ask for your PIN.`
    pub(super) fn is_refused(&self, question: &Mark) -> bool {
        let line = self.line_of(question.first);
        let first = question.first.saturating_sub(AROUND).max(line.start);
        let end = (question.end + 2).min(line.end);
        (first..end).any(|token| {
            let word = self.text.word(token);
            let near = || token.saturating_sub(4).max(line.start)..(token + 5).min(line.end);
            let asks = || near().any(|token| REFUSED.contains(self.text.word(token)));
            (REFUSING.contains(word) && asks())
                || (["won", "don"].contains(&word) && ["ask", "need", "want"].contains(&self.text.word(token + 2)))
                || (NOT.contains(&word) && near().any(|token| NEEDED.contains(&self.text.word(token))))
        })
    }

    /// Whether a line that asks goes on with the same matter, a line of which this is the first token.
    fn is_question(&self, question: &Mark) -> bool {
        let line = self.line_of(question.first);
        let first = question.first.saturating_sub(AROUND).max(line.start);
        let end = (question.end + AROUND).min(line.end);
        let asks = (first..end).any(|token| ASKING.contains(self.text.word(token)));
        asks || self.ends_with_question_mark(end)
    }

    /// Whether the sentence of the token before this one ends with a question mark.
    pub(super) fn ends_with_question_mark(&self, end: usize) -> bool {
        let Some(last) = end.checked_sub(1) else { return false };
        let stop = (end..end + AROUND).find(|token| self.text.gap(*token).has(&[Gap::STOP, Gap::LINE])).unwrap_or(end);
        let from =
            self.text.tokens.get(stop.saturating_sub(1).max(last)).map_or(self.text.source.len(), |token| token.end);
        self.text.source[from..].trim_start_matches([' ', '\u{a0}', '"', '”', ')', '.', '…']).starts_with(['?', '？'])
    }

    fn follow(&mut self, question: &Mark, expected: &Expected) {
        let asker = self.text.speaker(question.first);
        let asks = self.is_question(question);
        let some_digits = self.asks_for_some(question);
        let (mut taken, mut characters, mut said) = (Vec::new(), 0, String::new());
        let mut broken_off: Vec<Range<usize>> = Vec::new();
        let first_line = self.line(question.first);
        let (mut last_line, mut last_token) = (first_line, question.end);
        for line in first_line..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            let is_far = line > last_line + expected.lines || tokens.start > last_token + FARTHEST;
            if is_far || line > first_line + MOST_LINES {
                break;
            }
            let speaker = self.text.lines[line].speaker;
            let is_own = line > first_line && asker.is_some() && speaker == asker;
            let is_agent = line > first_line && self.is_agent(line).unwrap_or(is_own);
            // An agent who speaks of a code says none in the same breath.
            if line == first_line && !question.is_phrase && self.is_agent(line) == Some(true) {
                continue;
            }
            let begin = tokens.start.max(question.end);
            if is_agent && (asks || self.text.has_customers) {
                self.read_back(tokens.clone(), &said, expected, &mut taken);
            }
            let asks_for_last = self.asks_for_last(&tokens);
            let is_unfinished = expected.kind == Kind::CardNumber && (7..16).contains(&characters) && asks_for_last;
            let is_last = expected.kind == Kind::SocialSecurityNumber && asks_for_last;
            if is_agent
                && !is_unfinished
                && self.turns_to_something_else(tokens.clone(), question)
                && self.asks_in(tokens.clone(), question)
            {
                break;
            }
            if is_agent && (asks || self.text.has_customers) {
                continue;
            }
            let end = tokens.end.min(begin + REACH);
            // What is said of it in parts, with talk between them, has parts of few digits.
            let is_begun = (1..expected.enough()).contains(&characters);
            let least = match (some_digits, is_begun) {
                (true, _) => 1,
                (false, true) => expected.least.min(PART),
                (false, false) => expected.least,
            };
            let mut found = false;
            for mut stretch in self.stretches(begin..end, expected.letters) {
                if expected.kind == Kind::Iban {
                    self.take_along_country(&mut stretch, begin);
                }
                let (digits, all) = self.characters_of(&stretch, expected.letters);
                // Letters alone are none, but beside what was said before.
                let is_less = if expected.kind == Kind::Iban { all < 4 || digits < 1 } else { digits < least };
                if is_less && digits == 2 && !self.is_taken(stretch.clone()) {
                    broken_off.push(stretch.clone());
                }
                if is_less
                    || all > expected.most
                    || (!is_last && self.is_of_something_else(stretch.start, question.end))
                {
                    continue;
                }
                // A date is none, nor is what was found to be something else.
                let kinds = &self.kinds[stretch.clone()];
                let is_known = kinds.iter().all(Option::is_some);
                if is_known && kinds[0] != Some(expected.kind) {
                    continue;
                }
                characters += all;
                said.push_str(&self.chars_in(&stretch, expected.letters));
                last_line = line;
                last_token = stretch.end;
                taken.push(stretch);
                found = true;
            }
            if !found && matches!(expected.kind, Kind::Pin | Kind::SecurityCode | Kind::IdentityNumber) {
                for (tokens, bytes) in self.codes_in(begin..end) {
                    if !self.is_of_something_else(tokens.start, question.end) && !self.is_taken(tokens.clone()) {
                        self.claim_bytes(tokens, bytes, expected.kind);
                    }
                }
            }
        }
        // Words of a pattern are said of many a card.
        let is_loose = !question.is_phrase && expected.kind == Kind::CardNumber;
        let total = if is_loose { WHOLE_CARD } else { expected.total };
        if characters < total && !some_digits {
            return;
        }
        if expected.letters
            && let Some(first) = taken.first()
        {
            self.take_letters_before(question, first.start, expected.kind);
            if let Some(last) = taken.last() {
                self.take_letters_behind(last.end - 1, expected.kind);
            }
        }
        // "Seven seven, hold on. There. Seven seven two ..."
        for begun in broken_off.into_iter().take(MOST_BROKEN_OFF) {
            let is_said_on = |stretch: &Range<usize>| {
                stretch.start > begun.start && self.chars_in(stretch, false).starts_with(&self.chars_in(&begun, false))
            };
            if taken.iter().take(MOST_BROKEN_OFF).any(is_said_on) {
                self.take(begun, expected.kind);
            }
        }
        for stretch in taken {
            let digits = self.chars_in(&stretch, true);
            // What is known was remembered when it was found.
            let is_new = !self.is_taken(stretch.clone());
            if is_new && digits.len() >= expected.total {
                self.numbers.push((digits, expected.kind, stretch.start));
            }
            self.take(stretch, expected.kind);
        }
    }

    /// `Es P A A,` in a line of its own in front of the digits.
    fn take_letters_before(&mut self, question: &Mark, first: usize, kind: Kind) {
        let line = self.line(first);
        let speaker = self.text.lines[line].speaker;
        let from = question.end.max(self.text.lines[line.saturating_sub(LINES_OF_LETTERS)].tokens.start);
        let from = from.max(first.saturating_sub(REACH));
        let before: Vec<Range<usize>> = self
            .stretches(from..self.text.lines[line].tokens.start, true)
            .into_iter()
            .filter(|stretch| {
                let (digits, all) = self.characters_of(stretch, true);
                let is_all = stretch.end == self.line_of(stretch.start).end;
                digits == 0 && (2..=4).contains(&all) && is_all && self.text.speaker(stretch.start) == speaker
            })
            .collect();
        for stretch in before {
            self.take(stretch, kind);
        }
    }

    /// `B for Bravo.` in a line of its own behind the digits.
    fn take_letters_behind(&mut self, last: usize, kind: Kind) {
        let line = self.line(last);
        let speaker = self.text.lines[line].speaker;
        let to = (line + LINES_OF_LETTERS).min(self.text.lines.len());
        let Some(behind) = (line + 1..to).find(|line| self.text.lines[*line].speaker == speaker) else { return };
        let tokens = self.text.lines[behind].tokens.clone();
        let is_letter = |token: usize| self.is_letter_name(token) || self.text.word(token).len() == 1;
        let is_all =
            tokens.len() <= 3 && is_letter(tokens.start) && (tokens.len() == 1 || self.is_spelled(tokens.end - 1));
        if is_all && !self.is_taken(tokens.clone()) {
            self.take(tokens, kind);
        }
    }

    /// Whether an agent speaks, where that is known.
    pub(super) fn is_agent(&self, line: usize) -> Option<bool> {
        self.text.has_customers.then(|| !self.text.lines[line].is_customer)
    }

    /// Parts of what was said that the other side says again.
    fn read_back(&self, line: Range<usize>, said: &str, expected: &Expected, taken: &mut Vec<Range<usize>>) {
        let end = line.end.min(line.start + REACH);
        for stretch in self.stretches(line.start..end, expected.letters) {
            let chars = self.chars_in(&stretch, expected.letters);
            let least = if expected.letters { 3 } else { 2 };
            if chars.len() >= least && said.contains(chars.as_str()) {
                taken.push(stretch);
            }
        }
    }

    /// `4417 is what I put in, and the PIN is right`.
    fn in_front_of(&mut self, question: &Mark, expected: &Expected) {
        let line = self.line_of(question.first);
        let begin = question.first.saturating_sub(BEFORE).max(line.start);
        for stretch in self.stretches(begin..question.first, false) {
            let (digits, _) = self.characters_of(&stretch, false);
            let typed =
                (2..4).any(|by| stretch.start + 1 >= by && TYPING.contains(self.text.word(stretch.start + 1 - by)));
            let least = if expected.kind == Kind::SecurityCode { 3 } else { 4 };
            let fits = (least..=6).contains(&digits) && (typed || question.first.saturating_sub(stretch.end) <= NEAR);
            if fits && !self.is_taken(stretch.clone()) && !self.is_of_something_else(stretch.start, line.start) {
                self.take(stretch, expected.kind);
            }
        }
    }

    /// Whether the question is for some digits of a number, so that even one is an answer.
    fn asks_for_some(&self, question: &Mark) -> bool {
        let line = self.line_of(question.first);
        let range = question.first.saturating_sub(BEFORE).max(line.start)..question.end.min(line.end);
        let has = |words: &[&str]| range.clone().any(|token| words.contains(&self.text.word(token)));
        let is_end_of_pin = question.cue == Cue::Pin && has(LAST) && has(&["digits", "ziffern", "cifras", "chiffres"]);
        is_end_of_pin
            || has(&[
                "digit",
                "digits",
                "character",
                "characters",
                "letter",
                "ziffer",
                "stelle",
                "cifra",
                "digito",
                "chiffre",
            ]) && has(&[
                "first",
                "second",
                "third",
                "fourth",
                "fifth",
                "sixth",
                "erste",
                "zweite",
                "dritte",
                "vierte",
                "primera",
                "segunda",
                "tercera",
                "primer",
                "premier",
                "deuxieme",
                "troisieme",
            ]) && has(&["and", "und", "y", "et"])
    }

    /// Whether who asked speaks of another matter: of other numbers, or asks for something else.
    pub(super) fn turns_to_something_else(&self, line: Range<usize>, question: &Mark) -> bool {
        let next = self.marks.partition_point(|mark| mark.first < line.start);
        let mut marks = self.marks[next..].iter().take_while(|mark| mark.first < line.end);
        let family = |cue: Cue| match cue {
            Cue::Card | Cue::CardNumber => Cue::CardNumber,
            Cue::Phone | Cue::PhoneNumber => Cue::PhoneNumber,
            Cue::Pin | Cue::SecurityCode | Cue::Password => Cue::Pin,
            other => other,
        };
        marks.any(|mark| !matches!(mark.cue, Cue::Card | Cue::Phone) && family(mark.cue) != family(question.cue))
    }

    /// Whether a line asks for the last four digits: where the others were said, they are no harmless ending.
    fn asks_for_last(&self, line: &Range<usize>) -> bool {
        let end = line.end.min(line.start + REACH);
        (line.start..end).any(|token| LAST.contains(&self.text.word(token)))
    }

    /// Whether a line asks, or names the number of a thing: what is answered then is answered to that.
    fn asks_in(&self, line: Range<usize>, question: &Mark) -> bool {
        let next = self.marks.partition_point(|mark| mark.first < line.start);
        let mut marks = self.marks[next..].iter().take_while(|mark| mark.first < line.end);
        let names_a_thing = marks.any(|mark| mark.cue == Cue::Other);
        let end = line.end.min(line.start + REACH);
        let asks = (line.start..end).any(|token| ASKING.contains(self.text.word(token)));
        names_a_thing || asks || self.ends_with_question_mark(end) || self.line(question.first) == self.line(line.start)
    }

    /// Whether a number is announced as something that may be seen.
    pub(super) fn is_of_something_else(&self, token: usize, from: usize) -> bool {
        let at = self.marks.partition_point(|mark| mark.end <= token);
        let Some(mark) = at.checked_sub(1).map(|before| self.marks[before]) else { return false };
        let same_line = self.line(mark.first) == self.line(token);
        mark.cue == Cue::Other && mark.first >= from && same_line && token - mark.end <= APART
    }
}
