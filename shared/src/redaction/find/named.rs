//! Numbers that are said before it is said what they are.

use std::ops::{Range, RangeInclusive};

use super::Search;
use crate::redaction::Kind;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::text::Gap;

/// Lines between a number and what says what it was.
const LINES: usize = 3;
/// Tokens of a line that are looked through, and in front of an ending.
const REACH: usize = 40;
const FARTHEST: usize = 120;
/// Tokens between what points at it and what it is.
const TO_NAME: usize = 5;
/// Lines before an ending in which the rest of its card is read out.
const LINES_BEFORE: usize = 6;
/// Digits of a card without its ending.
const UNFINISHED: RangeInclusive<usize> = 7..=14;
/// Digits of an ending.
const ENDING: RangeInclusive<usize> = 2..=6;
/// Tokens between an ending and what announces it.
const TO_ENDING: usize = 4;

/// Words by which somebody points at what was just said.
const POINTING: &[&str] = &[
    "that", "thats", "this", "it", "das", "dies", "es", "ese", "esa", "eso", "este", "esta", "era", "c", "ca", "voila",
];
/// Words by which a caller says of what it is.
const OWN: &[&str] = &["my", "our", "meine", "mein", "unsere", "mi", "mon", "ma"];
/// Words behind which another matter begins.
const APART: &[&str] = &["and", "und", "y", "et", "but", "aber", "pero", "mais", "now", "jetzt", "ahora", "maintenant"];
/// Words that announce a number's last digits.
const LAST: &[&str] = &[
    "end",
    "ends",
    "ending",
    "endet",
    "endend",
    "ende",
    "letzte",
    "letzten",
    "last",
    "acaba",
    "acabando",
    "acabada",
    "acabado",
    "termina",
    "terminada",
    "terminado",
    "ultimos",
    "ultimas",
    "termine",
    "terminant",
    "finit",
    "finissant",
    "derniers",
];

impl Search<'_> {
    /// `Five one two, four four, oh nine eight one.` `That's your social, thank you.`
    pub(super) fn named_afterwards(&mut self) {
        for at in 0..self.questions.len() {
            let mark = self.questions[at];
            let (kind, characters, letters) = match mark.cue {
                Cue::Card | Cue::CardNumber => (Kind::CardNumber, 13..=24, false),
                Cue::SecurityCode => (Kind::SecurityCode, 3..=8, false),
                Cue::Pin => (Kind::Pin, 4..=8, false),
                Cue::Iban => (Kind::Iban, 12..=34, true),
                Cue::SocialSecurity => (Kind::SocialSecurityNumber, 6..=16, true),
                Cue::Identity => (Kind::IdentityNumber, 6..=16, true),
                _ => continue,
            };
            if self.points_back(&mark) && !self.is_refused(&mark) {
                self.named_by(&mark, kind, &characters, letters);
            }
        }
    }

    /// `That's your social`, `Was that your card number?`, `My PIN.`
    fn points_back(&self, mark: &Mark) -> bool {
        let line = self.line_of(mark.first);
        let is_agent = self.is_agent(self.line(mark.first));
        let from = mark.first.saturating_sub(TO_NAME).max(line.start);
        for token in (from..mark.first).rev() {
            let word = self.text.word(token);
            if self.text.gap(token + 1).has(&[Gap::STOP]) || APART.contains(&word) {
                return false;
            }
            if POINTING.contains(&word) || (is_agent != Some(true) && OWN.contains(&word)) {
                return true;
            }
        }
        false
    }

    fn named_by(&mut self, mark: &Mark, kind: Kind, characters: &RangeInclusive<usize>, letters: bool) {
        let named = self.line(mark.first);
        for line in (named.saturating_sub(LINES)..named).rev() {
            if self.is_agent(line) == Some(true) {
                continue;
            }
            let all = self.text.lines[line].tokens.clone();
            let tokens = all.end.saturating_sub(REACH).max(all.start)..all.end;
            let fits = |stretch: &Range<usize>| {
                let (digits, all) = self.characters_of(stretch, letters);
                digits >= 3
                    && characters.contains(&all)
                    && !self.is_taken(stretch.clone())
                    && !self.is_of_something_else(stretch.start, 0)
            };
            let found = self.stretches(tokens, letters).into_iter().rev().find(fits);
            let Some(stretch) = found.filter(|_| !self.names_a_thing(line)) else { continue };
            self.numbers.push((self.chars_in(&stretch, letters), kind, stretch.start));
            self.take(stretch, kind);
            return;
        }
    }

    /// `..., and it ends in four four oh one`, where the rest of the card was just read out: all of it is said.
    pub(super) fn card_endings(&mut self) {
        let is_last = |mark: &Mark| {
            (mark.first..mark.end).any(|token| LAST.contains(&self.text.word(token)))
                && self.is_agent(self.line(mark.first)) != Some(true)
        };
        let mut places: Vec<usize> = self.marks.iter().filter(|mark| is_last(mark)).map(|mark| mark.end).collect();
        places.extend((1..self.text.tokens.len()).filter(|token| {
            LAST.contains(&self.text.word(token - 1)) && self.is_agent(self.line(token - 1)) != Some(true)
        }));
        places.sort_unstable();
        places.dedup();
        for place in places {
            let line = self.line_of(place.saturating_sub(1));
            let Some(stretch) = self.stretches(place..line.end.min(place + REACH), false).into_iter().next() else {
                continue;
            };
            let from = self.text.lines[self.line(line.start).saturating_sub(LINES_BEFORE)].tokens.start;
            let from = from.max(place.saturating_sub(FARTHEST));
            let before: usize = self
                .pieces_in(&(from..place))
                .map(|piece| &self.dictated.pieces[piece])
                .filter(|piece| {
                    let kind = self.kinds[piece.tokens.start];
                    let is_number = matches!(kind, Some(Kind::CardNumber | Kind::PhoneNumber | Kind::IdentityNumber));
                    !piece.is_letters && is_number && self.is_agent(self.line(piece.tokens.start)) != Some(true)
                })
                .map(|piece| piece.chars.len())
                .sum();
            let digits = self.chars_in(&stretch, false).len();
            let near = stretch.start - place <= TO_ENDING;
            if near && UNFINISHED.contains(&before) && ENDING.contains(&digits) && !self.is_taken(stretch.clone()) {
                self.take(stretch, Kind::CardNumber);
            }
        }
    }
}
