//! E-mail addresses and phone numbers, written or said.

use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::cues::Cue;
use crate::redaction::text::Gap;

/// Bytes that either side of an address has at most (RFC 5321 allows 64 and 255).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// How the sign in the middle is said; `ät` is folded.
const AT: &[&str] =
    &["at", "arroba", "arobase", "arobas", "arrobase", "arobaze", "arrobas", "klammeraffe", "affenschwanz"];
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
    "be", "lu", "mx", "ar", "cl", "me", "biz", "email", "online", "app", "dev", "nl", "it", "pt", "example", "test",
    "coop", "shop", "cloud", "mail", "gal", "cat", "eus", "berlin", "wien", "london", "scot", "ai",
];
/// Words in front of an address that are no part of it.
const INTRODUCING: &[&str] = &[
    "s", "is", "it", "its", "email", "mail", "address", "adresse", "lautet", "ist", "es", "est", "to", "an", "yes",
    "ja", "si", "oui", "uh", "um", "well", "to", "correo", "c", "okay", "ok", "sure", "at", "und", "and", "it's", "a",
    "on", "das", "la", "la",
];
/// Those that no other word is, and that may stand without a dot.
const BARE_ENDINGS: &[&str] = &["com", "org", "net", "fr", "uk", "co", "ch"];
/// Words between the parts of an address that is said.
const MOST_PARTS: usize = 20;

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
        let close = |token: usize| self.text.gap(token).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::DOT, Gap::OTHER]);
        // Behind: words with dots between them, the last of which is an ending.
        let mut token = at + 1;
        let mut end = None;
        while close(token) && token - at < MOST_PARTS {
            let (next, is_written) = match self.text.gap(token + 1) == Gap::DOT {
                true => (token + 1, true),
                false => (token + 2, close(token + 1) && DOT.contains(&self.text.word(token + 1))),
            };
            if !is_written {
                // "G mail", "out look": a host of two words; "lindqvist dash home".
                let is_joined = close(token + 1) && JOINING.contains(&self.text.word(token + 1));
                if is_joined && end.is_none() {
                    token += 2;
                    continue;
                }
                token += 1;
                let since = (at + 1..token).filter(|token| !JOINING.contains(&self.text.word(*token))).count();
                if since > 4 && end.is_none() {
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
        let is_asked = self.is_asked_for_email(at);
        let bare = || {
            (at + 1..self.text.tokens.len().min(at + 5))
                .find(|token| close(*token) && *token > at + 1 && BARE_ENDINGS.contains(&self.text.word(*token)))
        };
        let end = match end {
            None if is_asked => bare()? + 1,
            end => end?,
        };
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
        if is_asked {
            let line = self.line_of(at);
            while first > line.start
                && at - first < MOST_PARTS
                && self.text.gap(first).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::DOT, Gap::COMMA])
                && (!INTRODUCING.contains(&self.text.word(first - 1)) || self.is_lone_letter(first - 1))
            {
                first -= 1;
            }
        }
        Some(first..end)
    }

    /// Whether an address was spoken of in this line or one of the three before it.
    fn is_asked_for_email(&self, at: usize) -> bool {
        let before = self.marks.partition_point(|mark| mark.first < at);
        let line = self.line(at);
        let mut latest = self.marks[..before].iter().rev().take_while(|mark| self.line(mark.first) + 3 >= line).take(8);
        latest.any(|mark| mark.cue == Cue::Email)
    }

    /// A letter that is spelled among others.
    fn is_lone_letter(&self, token: usize) -> bool {
        let lone = |token: usize| self.text.word(token).len() == 1;
        let apart = |token: usize| !self.text.gap(token).has(&[Gap::APOSTROPHE]);
        lone(token) && apart(token) && apart(token + 1) && (lone(token + 1) || AT.contains(&self.text.word(token + 1)))
    }

    fn is_digit(&self, token: usize) -> bool {
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.end <= token);
        self.dictated.pieces.get(at).is_some_and(|piece| piece.tokens.contains(&token) && !piece.is_letters)
    }

    /// Phone numbers that are written as only phone numbers are: `+49 30 1234567`, `(312) 555-0142`, `06 12 34 56 78`.
    pub(super) fn written_phone_numbers(&mut self) {
        let mut first = 0;
        while first < self.dictated.pieces.len() {
            let end = self.end_of_written(first);
            if end > first {
                self.written_phone_number(first..end);
            }
            first = end.max(first + 1);
        }
    }

    /// The piece behind the groups of digits that are written one behind another.
    fn end_of_written(&self, first: usize) -> usize {
        let pieces = &self.dictated.pieces;
        let between = [Gap::SPACE, Gap::HYPHEN, Gap::DOT, Gap::OTHER, Gap::SLASH];
        let mut end = first;
        while let Some(piece) = pieces.get(end) {
            let is_written = !piece.is_letters && self.text.tokens[piece.tokens.start].is_number;
            let follows = end == first
                || (pieces[end - 1].tokens.end == piece.tokens.start
                    && self.text.gap(piece.tokens.start).is_within(&between));
            if !is_written || piece.is_mixed || piece.is_measure || !follows {
                break;
            }
            end += 1;
        }
        end
    }

    fn written_phone_number(&mut self, pieces: Range<usize>) {
        let lengths: Vec<usize> = self.dictated.pieces[pieces.clone()].iter().map(|piece| piece.chars.len()).collect();
        let digits: String = self.dictated.pieces[pieces.clone()].iter().map(|piece| piece.chars.as_str()).collect();
        let tokens = self.dictated.pieces[pieces.start].tokens.start..self.dictated.pieces[pieces.end - 1].tokens.end;
        if !(7..=15).contains(&digits.len()) || self.is_taken(tokens.clone()) {
            return;
        }
        let before = &self.text.source[..self.text.tokens[tokens.start].start];
        let mut gaps = tokens.clone().skip(1).map(|token| self.text.gap(token));
        let hyphens = gaps.all(|gap| gap.has(&[Gap::HYPHEN, Gap::DOT, Gap::OTHER]));
        let is_international = before.ends_with(['+', '＋']);
        let is_american = lengths == [3, 3, 4] && hyphens;
        let is_french = lengths == [2; 5] && digits.starts_with('0');
        // In its own country, with the zero in front.
        let is_national = (10..=12).contains(&digits.len())
            && digits.starts_with('0')
            && !digits.starts_with("00")
            && !self.is_of_something_else(tokens.start, 0);
        if is_international || is_american || is_french || is_national {
            let start = self.text.tokens[tokens.start].start - usize::from(before.ends_with('+'));
            let end = self.text.tokens[tokens.end - 1].end;
            self.numbers.push((digits, Kind::PhoneNumber, tokens.start));
            self.claim_bytes(tokens, start..end, Kind::PhoneNumber);
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
