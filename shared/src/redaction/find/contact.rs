//! E-mail addresses and phone numbers, written or said.

use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::text::Gap;

/// Bytes that either side of an address has at most (RFC 5321 allows 64 and 255).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// How the sign in the middle is said; `ät` is folded.
const AT: &[&str] = &["at", "arroba", "arobase", "arobas", "klammeraffe", "affenschwanz"];
const DOT: &[&str] = &["dot", "punkt", "punto", "point"];
const JOINING: &[&str] = &[
    "dot",
    "punkt",
    "punto",
    "point",
    "underscore",
    "unterstrich",
    "bajo",
    "tiret",
    "dash",
    "hyphen",
    "minus",
    "bindestrich",
    "plus",
    "guion",
];
/// What ends an address that is said.
const ENDINGS: &[&str] = &[
    "com", "org", "net", "de", "at", "ch", "es", "fr", "uk", "co", "eu", "io", "info", "edu", "gov", "us", "ca", "ie",
    "be", "lu", "mx", "ar", "cl", "me", "biz", "email", "online", "app", "dev", "nl", "it", "pt",
];
/// Words between the parts of an address that is said.
const MOST_PARTS: usize = 12;

impl Search<'_> {
    /// Addresses with their sign, or with it said.
    pub(super) fn email_addresses(&mut self) {
        let source = self.text.source;
        for (at, _) in source.match_indices(['@', '＠']) {
            if let Some(bytes) = written_around(source, at) {
                self.take_bytes(bytes, Kind::EmailAddress);
            }
        }
        for token in 1..self.text.tokens.len() {
            if AT.contains(&self.text.word(token))
                && let Some(tokens) = self.said_around(token)
                && !self.is_taken(tokens.clone())
            {
                self.take(tokens, Kind::EmailAddress);
            }
        }
    }

    /// Claims these bytes with every token that begins in them.
    fn take_bytes(&mut self, bytes: Range<usize>, kind: Kind) {
        let first = self.text.tokens.partition_point(|token| token.start < bytes.start);
        let end = self.text.tokens.partition_point(|token| token.start < bytes.end);
        if first < end && !self.is_taken(first..end) {
            self.claim_bytes(first..end, bytes, kind);
        }
    }

    fn said_around(&self, at: usize) -> Option<Range<usize>> {
        let close = |token: usize| self.text.gap(token).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::DOT]);
        // Behind: words with dots between them, the last of which is an ending.
        let mut token = at + 1;
        let mut end = None;
        while close(token) && token - at < MOST_PARTS {
            let (next, is_written) = match self.text.gap(token + 1) == Gap::DOT {
                true => (token + 1, true),
                false => (token + 2, close(token + 1) && DOT.contains(&self.text.word(token + 1))),
            };
            if !is_written {
                // "G mail", "out look": a host of two words.
                token += 1;
                if token - at > 3 && end.is_none() {
                    break;
                }
                if end.is_some() {
                    break;
                }
                continue;
            }
            if next < self.text.tokens.len()
                && (self.text.gap(next) == Gap::DOT || close(next))
                && ENDINGS.contains(&self.text.word(next))
            {
                end = Some(next + 1);
            }
            token = next;
        }
        let end = end?;
        // Before: one word, and what is joined to it.
        let mut first = at.checked_sub(1).filter(|_| close(at))?;
        while first > 0 && at - first < MOST_PARTS && close(first) {
            let before = self.text.word(first - 1);
            let short = |token: usize| {
                self.text.word(token).len() == 1 || self.text.tokens[token].is_number || self.is_digit(token)
            };
            let joins = JOINING.contains(&before)
                || JOINING.contains(&self.text.word(first))
                || self.text.gap(first) == Gap::DOT;
            if !(joins || (short(first) && short(first - 1)) || (short(first) && self.is_digit(first))) {
                break;
            }
            first -= 1;
        }
        Some(first..end)
    }

    fn is_digit(&self, token: usize) -> bool {
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.end <= token);
        self.dictated.pieces.get(at).is_some_and(|piece| piece.tokens.contains(&token) && !piece.is_letters)
    }

    /// Phone numbers that are written as only phone numbers are: `+49 30 1234567`, `(312) 555-0142`, `06 12 34 56 78`.
    pub(super) fn written_phone_numbers(&mut self) {
        for run in 0..self.dictated.numbers.len() {
            let run = &self.dictated.numbers[run];
            let tokens = self.dictated.tokens(run);
            let pieces = &self.dictated.pieces[run.pieces.clone()];
            let is_written = tokens.clone().all(|token| self.text.tokens[token].is_number);
            if !is_written
                || !(7..=15).contains(&run.chars.len())
                || pieces.iter().any(|piece| piece.is_mixed)
                || self.is_taken(tokens.clone())
            {
                continue;
            }
            let before = &self.text.source[..self.text.tokens[tokens.start].start];
            let lengths: Vec<usize> = pieces.iter().map(|piece| piece.chars.len()).collect();
            let hyphens =
                tokens.clone().skip(1).all(|token| self.text.gap(token).has(&[Gap::HYPHEN, Gap::DOT, Gap::OTHER]));
            let is_international = before.ends_with(['+', '＋']);
            let is_american = lengths == [3, 3, 4] && hyphens;
            let is_french = lengths == [2; 5] && run.chars.starts_with('0');
            if is_international || is_american || is_french {
                let start = self.text.tokens[tokens.start].start - usize::from(before.ends_with('+'));
                let end = self.text.tokens[tokens.end - 1].end;
                let (chars, first) = (run.chars.clone(), tokens.start);
                self.numbers.push((chars, Kind::PhoneNumber, first));
                self.claim_bytes(tokens, start..end, Kind::PhoneNumber);
            }
        }
    }
}

/// The address around the sign at a place.
fn written_around(source: &str, at: usize) -> Option<Range<usize>> {
    let sign = source[at..].chars().next()?.len_utf8();
    let (before, behind) =
        (&source[source.floor_char_boundary(at.saturating_sub(LONGEST_LOCAL))..at], &source[at + sign..]);
    let behind = &behind[..behind.floor_char_boundary(LONGEST_DOMAIN.min(behind.len()))];
    let of_local = |character: char| character.is_alphanumeric() || "._%+-'’".contains(character);
    let of_domain = |character: char| character.is_alphanumeric() || ".-".contains(character);
    let local = before.len() - before.trim_end_matches(of_local).len();
    let domain = behind.len() - behind.trim_start_matches(of_domain).len();
    let domain = behind[..domain].trim_end_matches(['.', '-']);
    let has_ending =
        domain.rsplit_once('.').is_some_and(|(host, ending)| !host.is_empty() && ending.chars().count() >= 2);
    (local > 0 && has_ending).then(|| at - local..at + sign + domain.len())
}
