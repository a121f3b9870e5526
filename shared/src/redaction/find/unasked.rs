//! Numbers that nobody asks for in so many words, and that are told by what is around them.

use super::Search;
use super::stretches::APART;
use super::words::CODE_TALK;
use crate::redaction::Kind;
use crate::redaction::cues::Cue;
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Digits of a number that is all of an answer, and the lines before it that tell what it is.
const BARE: std::ops::RangeInclusive<usize> = 4..=8;
const BARE_LINES: usize = 4;
/// Words in front of a further number that belongs to the one before it.
const EXTENSIONS: &[&str] = &["extension", "ext", "durchwahl", "apparat", "poste", "anexo"];

impl Search<'_> {
    /// A number that is all of what a customer answers, where nobody spoke of the number of a thing.
    pub(super) fn bare_replies(&mut self) {
        for line in 1..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            if !self.text.lines[line].is_customer || tokens.len() > APART * 3 || self.is_taken(tokens.clone()) {
                continue;
            }
            let [stretch] = &self.stretches(tokens.clone(), false)[..] else { continue };
            let digits = self.chars_in(stretch, false);
            let rest = |token: &usize| !stretch.contains(token) && !is_filler(self.text.word(*token));
            let is_all = tokens.clone().filter(rest).count() == 0;
            let is_measured = self.pieces_in(&tokens).any(|piece| self.dictated.pieces[piece].is_measure);
            let from = self.text.lines[line.saturating_sub(BARE_LINES)].tokens.start;
            let before = self.marks.partition_point(|mark| mark.first < from);
            let of_thing = self.marks[before..]
                .iter()
                .take_while(|mark| mark.first < tokens.end)
                .any(|mark| mark.cue == Cue::Other);
            // "Eleven thousand two hundred" is how much.
            let is_said = self.pieces_in(stretch).count() > 1 || self.text.tokens[stretch.start].is_number;
            let is_of_code = (from..tokens.start).any(|token| CODE_TALK.contains(self.text.word(token)));
            if is_of_code && BARE.contains(&digits.len()) && is_said && is_all && !is_measured && !of_thing {
                self.take(stretch.clone(), Kind::SecurityCode);
            }
        }
    }

    /// Sixteen digits that fail the check of cards and are no thing's number: one was misheard or mistyped.
    pub(super) fn cards_that_fail(&mut self) {
        for line in 0..self.text.lines.len() {
            let tokens = self.text.lines[line].tokens.clone();
            if self.dictated.pieces.is_empty() || self.names_a_thing(line) {
                continue;
            }
            for stretch in self.stretches(tokens, false) {
                let digits = self.chars_in(&stretch, false);
                let is_like_one = (15..=16).contains(&digits.len()) && digits.starts_with(['3', '4', '5', '6']);
                // "KM 6011 5532 0908 4471" is the number of some thing.
                let is_led = stretch.start > 0
                    && self.text.gap(stretch.start) == Gap::SPACE
                    && self.text.is_upper(stretch.start - 1);
                if is_like_one && !is_led && !self.is_taken(stretch.clone()) {
                    self.numbers.push((digits, Kind::CardNumber, stretch.start));
                    self.take(stretch, Kind::CardNumber);
                }
            }
        }
    }

    /// Whether a line, or the one before it, speaks of the number of a thing.
    pub(super) fn names_a_thing(&self, line: usize) -> bool {
        let (first, last) = (&self.text.lines[line.saturating_sub(1)], &self.text.lines[line]);
        let next = self.marks.partition_point(|mark| mark.first < first.tokens.start);
        let mut near = self.marks[next..].iter().take_while(|mark| mark.first < last.tokens.end);
        near.any(|mark| mark.cue == Cue::Other)
    }

    /// `828 555 0190 extension 12`.
    pub(super) fn extensions(&mut self) {
        for token in 1..self.text.tokens.len().saturating_sub(1) {
            if EXTENSIONS.contains(&self.text.word(token))
                && self.kinds[token - 1] == Some(Kind::PhoneNumber)
                && let Some(piece) = self.pieces_in(&(token + 1..token + 2)).next()
            {
                let end = self.dictated.pieces[piece].tokens.end;
                if self.line(token) == self.line(end - 1) {
                    self.take(token..end, Kind::PhoneNumber);
                }
            }
        }
    }
}
