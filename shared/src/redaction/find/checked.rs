//! Numbers that prove what they are.

use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::checks;
use crate::redaction::pieces::Run;
use crate::redaction::text::Gap;

/// Digits of the shortest card number that proves itself.
const SHORTEST_CARD: usize = 14;
/// Digits of the longest card number.
const LONGEST_CARD: usize = 19;
/// Characters of the longest number of a person.
const LONGEST_OTHER: usize = 15;
/// Characters of the longest IBAN.
const LONGEST_IBAN: usize = 34;

impl Search<'_> {
    /// Card numbers by scheme and Luhn, with the expiry date and the security code that follow in one breath. Where one
    /// repeats what another reads out, each alone is tried too.
    pub(super) fn cards(&mut self) {
        for run in 0..self.dictated.numbers.len() {
            let Run { pieces, chars } = &self.dictated.numbers[run];
            if chars.len() < SHORTEST_CARD {
                continue;
            }
            // Digits in the midst of a parcel's number are no card.
            let first = pieces.clone().find(|piece| !self.dictated.pieces[*piece].is_letters);
            let of_thing =
                first.is_some_and(|first| self.is_of_something_else(self.dictated.pieces[first].tokens.start, 0));
            if of_thing && chars.len() > LONGEST_CARD - 2 {
                continue;
            }
            let all: Vec<usize> = pieces.clone().filter(|piece| !self.dictated.pieces[*piece].is_letters).collect();
            let mut speakers: Vec<Option<usize>> = all.iter().map(|piece| self.speaker_of(*piece)).collect();
            speakers.dedup();
            if self.card_among(&all) || speakers.len() < 2 {
                continue;
            }
            speakers.sort_unstable();
            speakers.dedup();
            for speaker in speakers {
                let own: Vec<usize> = all.iter().copied().filter(|piece| self.speaker_of(*piece) == speaker).collect();
                self.card_among(&own);
            }
        }
    }

    fn speaker_of(&self, piece: usize) -> Option<usize> {
        self.text.speaker(self.dictated.pieces[piece].tokens.start)
    }

    fn card_among(&mut self, pieces: &[usize]) -> bool {
        let mut found = false;
        let mut first = 0;
        while first < pieces.len() {
            match self.card_at(&pieces[first..]) {
                Some((length, digits)) => {
                    let card = &pieces[first..first + length];
                    self.take_pieces(card, Kind::CardNumber);
                    self.numbers.push((digits, Kind::CardNumber, self.dictated.pieces[card[0]].tokens.start));
                    first += length + self.what_goes_with_a_card(&pieces[first + length..]);
                    found = true;
                }
                None => first += 1,
            }
        }
        found
    }

    /// How many of these pieces are a card number, from the first on, and its digits.
    fn card_at(&self, pieces: &[usize]) -> Option<(usize, String)> {
        let mut digits = String::new();
        for (at, piece) in pieces.iter().enumerate() {
            let piece = &self.dictated.pieces[*piece];
            if piece.is_mixed || digits.len() + piece.chars.len() > LONGEST_CARD || self.is_taken(piece.tokens.clone())
            {
                return None;
            }
            digits.push_str(&piece.chars);
            if checks::is_card(&digits) {
                return Some((at + 1, digits));
            }
        }
        None
    }

    /// Takes the expiry date and the security code at the beginning of these pieces, and answers how many they are.
    fn what_goes_with_a_card(&mut self, pieces: &[usize]) -> usize {
        let chars = |range: Range<usize>| -> String {
            pieces[range].iter().map(|piece| self.dictated.pieces[*piece].chars.as_str()).collect()
        };
        // The next card's first digits are neither: taken as such, they would leave its others behind.
        let is_next_card = |at: usize| self.card_at(&pieces[at..]).is_some();
        let is_expiry = |count: &usize| pieces.len() >= *count && is_month_and_year(&chars(0..*count));
        let expiry = (1..=4).find(is_expiry).filter(|_| !is_next_card(0)).unwrap_or(0);
        let code = (1..=4)
            .map(|count| expiry + count)
            .find(|end| pieces.len() >= *end && (3..=4).contains(&chars(expiry..*end).len()))
            .filter(|_| !is_next_card(expiry))
            .unwrap_or(expiry);
        self.take_pieces(&pieces[..expiry], Kind::ExpiryDate);
        self.take_pieces(&pieces[expiry..code], Kind::SecurityCode);
        code
    }

    pub(super) fn take_pieces(&mut self, pieces: &[usize], kind: Kind) {
        let Some(first) = pieces.first() else { return };
        // What hesitation and politeness stands between them goes along, as far as the line goes.
        let mut tokens = self.dictated.pieces[*first].tokens.clone();
        for piece in &pieces[1..] {
            let next = self.dictated.pieces[*piece].tokens.clone();
            if self.line(next.start) != self.line(tokens.start) {
                self.take(tokens, kind);
                tokens = next;
            } else {
                tokens.end = next.end;
            }
        }
        self.take(tokens, kind);
    }

    /// IBANs, and numbers of people that have a check or a shape of their own.
    pub(super) fn checked(&mut self) {
        for run in 0..self.dictated.codes.len() {
            let pieces = self.dictated.codes[run].pieces.clone();
            if self.dictated.codes[run].chars.len() < 9 {
                continue;
            }
            let mut first = pieces.start;
            while first < pieces.end {
                match self.proven_at(first, pieces.end) {
                    Some((kind, end, chars)) => {
                        let all: Vec<usize> = (first..end).collect();
                        self.take_pieces(&all, kind);
                        self.numbers.push((chars, kind, self.dictated.pieces[first].tokens.start));
                        first = end;
                    }
                    None => first += 1,
                }
            }
        }
    }

    fn proven_at(&self, first: usize, end: usize) -> Option<(Kind, usize, String)> {
        if self.is_taken(self.dictated.pieces[first].tokens.clone()) {
            return None;
        }
        let mut chars = String::new();
        let mut letters = false;
        for at in first..end {
            let piece = &self.dictated.pieces[at];
            if self.is_and(at) {
                continue;
            }
            chars.push_str(&piece.chars);
            letters |= piece.is_letters;
            // Behind one letter or two there are digits, in each of them; without letters in front all are shorter.
            let third = chars.as_bytes().get(2);
            let begins_with_letter = chars.starts_with(|first: char| first.is_ascii_uppercase());
            let most = if begins_with_letter { LONGEST_IBAN } else { LONGEST_OTHER };
            if chars.len() > most || (begins_with_letter && third.is_some_and(u8::is_ascii_uppercase)) {
                return None;
            }
            let kind = match chars.len() {
                9 if !letters && self.is_written_ssn(first, at) => Some(Kind::SocialSecurityNumber),
                9 if letters && checks::is_dni(&chars) => Some(Kind::IdentityNumber),
                // The shape alone is that of many a reference: its groups tell.
                9 if letters && at - first == 4 && checks::is_nino(&chars) => Some(Kind::SocialSecurityNumber),
                12 if letters && checks::is_pension_number(&chars) => Some(Kind::SocialSecurityNumber),
                15 if checks::is_nir(&chars) => Some(Kind::SocialSecurityNumber),
                _ if letters && checks::is_iban(&chars) => Some(Kind::Iban),
                _ => None,
            };
            if let Some(kind) = kind {
                return Some((kind, at + 1, chars));
            }
        }
        None
    }

    /// Whether a letter is the word between two numbers that are said: `ocho y cuatro`.
    fn is_and(&self, at: usize) -> bool {
        let piece = &self.dictated.pieces[at];
        let written = &self.text.source[self.text.tokens[piece.tokens.start].start..];
        let is_said = |token: usize| self.text.tokens.get(token).is_some_and(|token| !token.is_number);
        piece.is_letters
            && piece.tokens.len() == 1
            && written.starts_with('y')
            && self.dictated.pieces.get(at + 1).is_some_and(|next| next.tokens.start == piece.tokens.end)
            && is_said(piece.tokens.end)
    }

    /// `219-09-9999`.
    fn is_written_ssn(&self, first: usize, last: usize) -> bool {
        let lengths: Vec<usize> = (first..=last).map(|piece| self.dictated.pieces[piece].chars.len()).collect();
        let chars: String = (first..=last).map(|piece| self.dictated.pieces[piece].chars.as_str()).collect();
        let hyphen = |piece: usize| self.text.gap(self.dictated.pieces[piece].tokens.start) == Gap::HYPHEN;
        lengths == [3, 2, 4] && hyphen(first + 1) && hyphen(last) && checks::is_ssn(&chars)
    }
}

/// `0429`, `429`, `042029`: a month and a year of this century, or its last two digits.
pub(super) fn is_month_and_year(digits: &str) -> bool {
    let (month, year) = match digits.len() {
        3 | 5 => digits.split_at(1),
        4 | 6 => digits.split_at(2),
        _ => return false,
    };
    let is_year = year.len() == 2 || year.starts_with("20");
    matches!(month.parse(), Ok(1..=12)) && is_year
}
