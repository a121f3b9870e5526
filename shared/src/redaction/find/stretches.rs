//! Digits and letters that stand together, with nothing but hesitation between them.

use std::ops::Range;

use super::Search;
use crate::redaction::checks;
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Tokens of hesitation between two parts in one line.
pub(super) const APART: usize = 6;
/// Characters of a code of letters and digits.
const CODE: std::ops::RangeInclusive<usize> = 4..=16;

impl Search<'_> {
    pub(in crate::redaction) fn chars_in(&self, stretch: &Range<usize>, letters: bool) -> String {
        let pieces = self.pieces_in(stretch).map(|piece| &self.dictated.pieces[piece]);
        pieces.filter(|piece| letters || !piece.is_letters).map(|piece| piece.chars.as_str()).collect()
    }

    pub(in crate::redaction) fn pieces_in(&self, tokens: &Range<usize>) -> impl Iterator<Item = usize> + use<> {
        let first = self.dictated.pieces.partition_point(|piece| piece.tokens.start < tokens.start);
        let end = self.dictated.pieces.partition_point(|piece| piece.tokens.start < tokens.end);
        first..end
    }

    /// How many digits, and characters, a stretch has.
    pub(super) fn characters_of(&self, stretch: &Range<usize>, letters: bool) -> (usize, usize) {
        let pieces = self.pieces_in(stretch).map(|piece| &self.dictated.pieces[piece]);
        pieces.filter(|piece| !piece.is_measure && (letters || !piece.is_letters)).fold(
            (0, 0),
            |(digits, all), piece| {
                let digit = if piece.is_letters { 0 } else { piece.chars.len() };
                (digits + digit, all + piece.chars.len())
            },
        )
    }

    /// Tokens that are digits, or letters of a code, with nothing but hesitation between them.
    pub(super) fn stretches(&self, tokens: Range<usize>, letters: bool) -> Vec<Range<usize>> {
        let mut stretches: Vec<Range<usize>> = Vec::new();
        let mut broken = true;
        for piece in self.pieces_in(&tokens) {
            let piece = &self.dictated.pieces[piece];
            if piece.is_measure {
                broken = true;
                continue;
            }
            if piece.is_letters && !letters {
                continue;
            }
            let close = |before: &Range<usize>| {
                let between = before.end..piece.tokens.start;
                between.len() <= APART
                    && between.clone().all(|token| is_filler(self.text.word(token)) || self.is_letter_name(token))
                    && !self.text.gap(piece.tokens.start).has(&[Gap::STOP])
                    && self.line(before.end - 1) == self.line(piece.tokens.start)
            };
            match stretches.last_mut() {
                Some(before) if !broken && close(before) => before.end = piece.tokens.end,
                _ => stretches.push(piece.tokens.clone()),
            }
            broken = false;
        }
        if letters {
            for stretch in &mut stretches {
                self.widen(stretch, &tokens);
            }
        }
        stretches
    }

    /// Takes along letters at the ends of a code: by their names, or several in capitals.
    pub(super) fn widen(&self, stretch: &mut Range<usize>, within: &Range<usize>) {
        let is_part = |token: usize| {
            let written = self.text.tokens.get(token).map_or("", |token| &self.text.source[token.start..token.end]);
            self.is_letter_name(token)
                || (written.len() == 1 && written.chars().all(|letter| letter.is_ascii_alphabetic()))
                || (written.len() <= 8
                    && written.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()))
                || (self.text.gap(token) == Gap::NOTHING && written.len() <= 8)
        };
        let close = |token: usize| self.text.gap(token).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::COMMA, Gap::SLASH]);
        while stretch.end < within.end && close(stretch.end) && is_part(stretch.end) {
            stretch.end += 1;
        }
        while stretch.start > within.start && close(stretch.start) && is_part(stretch.start - 1) {
            stretch.start -= 1;
        }
    }

    /// `de neunundachtzig`: the letters of a country in front of an account number.
    pub(super) fn take_along_country(&self, stretch: &mut Range<usize>, begin: usize) {
        let before = stretch.start.checked_sub(1).filter(|before| *before >= begin);
        if let Some(before) = before
            && checks::iban_length(&self.text.word(before).to_ascii_uppercase()).is_some()
        {
            stretch.start = before;
        }
    }

    pub(super) fn is_letter_name(&self, token: usize) -> bool {
        let word = self.text.word(token);
        super::dictated::SPANISH_LETTERS.contains(&word) || super::dictated::ENGLISH_LETTERS.contains(&word)
    }

    /// Written codes of letters and digits.
    pub(super) fn codes_in(&self, tokens: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
        let mut codes = Vec::new();
        let mut token = tokens.start;
        while token < tokens.end {
            let (chunk, bytes) = self.chunk(token);
            let written = &self.text.source[bytes.clone()];
            let of_code = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            let is_code = CODE.contains(&written.len())
                && written.chars().all(of_code)
                && written.contains(|letter: char| letter.is_ascii_digit())
                && !self.pieces_in(&chunk).any(|piece| self.dictated.pieces[piece].is_measure);
            let next = chunk.end.max(token + 1);
            if is_code && self.text.gap(token) != Gap::NOTHING {
                codes.push((chunk, bytes));
            }
            token = next;
        }
        codes
    }
}
