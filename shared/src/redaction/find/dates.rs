//! Dates of birth, and expiry dates of cards.

use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::pieces::month;
use crate::redaction::text::Gap;

/// Tokens between what asks for a date and the date.
const REACH: usize = 15;
/// Lines between them.
const LINES: usize = 3;
/// Lines around a card number or a security code in which an expiry date is the card's.
const AROUND_CARD: usize = 12;
/// The longest date: `the thirty first of december of the year nineteen hundred and eighty two`.
const LONGEST: usize = 16;

/// Words in front of a date that belong to it.
const ARTICLES: &[&str] = &["the", "der", "dem", "den", "am", "el", "le"];

/// Words within a date.
const WITHIN: &[&str] = &[
    "of", "the", "and", "in", "de", "del", "le", "la", "der", "den", "dem", "des", "von", "vom", "year", "jahr",
    "jahre", "ano", "annee", "slash", "strich", "barra", "dash", "punkt", "dot", "end", "ende", "fin", "th", "st",
    "nd", "rd", "er", "uh", "um", "ah", "eh", "euh", "oh", "bis", "also", "so", "sorry",
];

struct Date {
    tokens: Range<usize>,
    digits: String,
    has_month: bool,
}

impl Search<'_> {
    /// Dates by what asks for a birth.
    pub(super) fn dates_of_birth(&mut self) {
        for (mark, end) in self.marks_of(&[Cue::Birth]) {
            let Some(date) = self.date_behind(&mark, end, Kind::DateOfBirth) else { continue };
            if date.digits.len() >= 4 || (date.has_month && !date.digits.is_empty()) {
                self.take(date.tokens, Kind::DateOfBirth);
            }
        }
    }

    /// Months and years by what asks for them, where a card was read out not far away.
    pub(super) fn expiry_dates(&mut self) {
        let of_card = |kind: &Option<Kind>| matches!(kind, Some(Kind::CardNumber | Kind::SecurityCode));
        let tokens = self.text.tokens.iter().zip(&self.kinds).filter(|(_, kind)| of_card(kind));
        let mut lines: Vec<usize> = tokens.map(|(token, _)| token.line).collect();
        lines.dedup();
        for (mark, end) in self.marks_of(&[Cue::Expiry]) {
            let line = self.line(mark.first);
            let near = lines.get(lines.partition_point(|of_card| of_card + AROUND_CARD < line));
            if near.is_none_or(|of_card| *of_card > line + AROUND_CARD) {
                continue;
            }
            let Some(date) = self.date_behind(&mark, end, Kind::ExpiryDate) else { continue };
            let is_expiry = match date.has_month {
                true => (1..=8).contains(&date.digits.len()),
                false => (3..=8).contains(&date.digits.len()),
            };
            if is_expiry {
                self.take(date.tokens, Kind::ExpiryDate);
            }
        }
    }

    /// The first date between a phrase and the next one.
    fn date_behind(&self, mark: &Mark, end: usize, kind: Kind) -> Option<Date> {
        let last_line = self.line(mark.first) + LINES;
        let reach = mark.end..end.min(mark.end + REACH).min(self.text.tokens.len());
        let mut reach = reach.take_while(|token| self.line(*token) <= last_line && self.kinds[*token] != Some(kind));
        let first = reach.find(|token| self.kinds[*token].is_none() && self.begins_date(*token))?;
        let article = first > mark.end
            && ARTICLES.contains(&self.text.word(first - 1))
            && self.text.gap(first).is_within(&[Gap::SPACE]);
        let begin = if article { first - 1 } else { first };
        let mut date = Date { tokens: begin..first, digits: String::new(), has_month: false };
        let mut token = first;
        while token < end.min(first + LONGEST) && self.line(token) == self.line(first) {
            if token > first && self.text.gap(token).has(&[Gap::STOP]) || self.kinds[token].is_some() {
                break;
            }
            if let Some(piece) = self.number_at(token) {
                let piece = &self.dictated.pieces[piece];
                date.digits.push_str(&piece.chars);
                token = piece.tokens.end;
                date.tokens.end = token;
            } else if month(self.text.word(token)).is_some() {
                date.has_month = true;
                token += 1;
                date.tokens.end = token;
            } else if WITHIN.contains(&self.text.word(token)) {
                token += 1;
            } else {
                break;
            }
        }
        Some(date)
    }

    fn begins_date(&self, token: usize) -> bool {
        // "May I" is no month.
        let word = self.text.word(token);
        let is_month = month(word).is_some() && (word != "may" || self.is_date_like(token + 1));
        is_month || self.number_at(token).is_some()
    }

    fn is_date_like(&self, token: usize) -> bool {
        token < self.text.tokens.len() && (self.number_at(token).is_some() || WITHIN.contains(&self.text.word(token)))
    }

    /// The number that begins with a token, by its place among the pieces.
    fn number_at(&self, token: usize) -> Option<usize> {
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.start < token);
        self.dictated.pieces.get(at).filter(|piece| piece.tokens.start == token && !piece.is_letters).map(|_| at)
    }
}
