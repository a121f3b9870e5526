//! Numbers that are what was asked for, or what they are announced as.

use std::ops::Range;

use super::Search;
use crate::redaction::Kind;
use crate::redaction::checks;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::pieces::{Run, is_correction};
use crate::redaction::text::Gap;

/// What a phrase asks for.
struct Wanted {
    kind: Kind,
    /// With fewer digits it is something else.
    least: usize,
    /// With so many it is complete.
    enough: usize,
    /// A number that has more in one breath is something else.
    most: usize,
    /// Its first part has so many.
    first: usize,
    /// Its other parts have so many.
    then: usize,
    /// Tokens, and lines, between what asks and its first part.
    reach: (usize, usize),
    /// Tokens between its parts.
    apart: usize,
    /// Whether letters belong to it.
    letters: bool,
}

impl Wanted {
    fn by(cue: Cue) -> Option<Self> {
        let (kind, least, enough, most, (first, then), reach, apart) = match cue {
            Cue::Card => (Kind::CardNumber, 12, 16, 44, (3, 3), (30, 6), 30),
            Cue::CardNumber => (Kind::CardNumber, 8, 16, 44, (3, 3), (30, 6), 30),
            Cue::SecurityCode => (Kind::SecurityCode, 3, 3, 8, (2, 2), (30, 4), 12),
            Cue::Pin => (Kind::Pin, 4, 4, 12, (2, 2), (30, 4), 12),
            Cue::Iban => (Kind::Iban, 8, 22, 44, (3, 2), (30, 6), 30),
            Cue::SocialSecurity => (Kind::SocialSecurityNumber, 4, 9, 24, (2, 2), (30, 4), 12),
            Cue::Identity => (Kind::IdentityNumber, 6, 8, 20, (2, 2), (30, 4), 12),
            Cue::Phone => (Kind::PhoneNumber, 7, 9, 30, (7, 2), (18, 2), 8),
            Cue::PhoneNumber => (Kind::PhoneNumber, 7, 9, 30, (2, 2), (18, 2), 8),
            _ => return None,
        };
        let letters = matches!(kind, Kind::Iban | Kind::SocialSecurityNumber | Kind::IdentityNumber);
        Some(Self { kind, least, enough, most, first, then, reach, apart, letters })
    }
}

/// Numbers of less than so many digits are said in one breath.
const SHORT: usize = 13;
/// Tokens between a number and one that corrects it.
const CORRECTED: usize = 16;
/// Tokens between a number and the phrase behind it that says what it is.
const BEHIND: usize = 5;

/// Lines after a card number in which a code is its security code.
const BESIDE_CARD: usize = 8;

/// Words that lead from a number to what it is: `1234 is my PIN`.
const LEADING: &[&str] = &["is", "s", "was", "as", "ist", "war", "als", "es", "era", "como", "est", "c", "comme"];
const OWN: &[&str] = &[
    "my", "the", "that", "thats", "our", "his", "her", "a", "meine", "mein", "die", "der", "das", "mi", "el", "la",
    "mon", "ma", "le",
];

/// Letters as Spanish names them, where the letter of an identity number is due.
pub(super) const SPANISH_LETTERS: &[&str] = &[
    "be", "ce", "de", "efe", "ge", "hache", "jota", "ka", "ele", "eme", "ene", "pe", "cu", "erre", "ere", "ese", "te",
    "uve", "ve", "equis", "ye", "zeta", "ceta",
];

/// Letters as English names them, where nothing else is called so.
pub(super) const ENGLISH_LETTERS: &[&str] =
    &["bee", "cee", "dee", "gee", "aitch", "jay", "kay", "pee", "cue", "ess", "tee", "vee"];

impl Search<'_> {
    /// Numbers by the phrase before them, else by the one behind them.
    pub(super) fn dictated(&mut self) {
        let cues = [
            Cue::Card,
            Cue::CardNumber,
            Cue::SecurityCode,
            Cue::Pin,
            Cue::Iban,
            Cue::SocialSecurity,
            Cue::Identity,
            Cue::Phone,
            Cue::PhoneNumber,
        ];
        let mut marks = self.marks_of(&cues);
        marks.retain(|(mark, _)| !self.is_refused(mark));
        for (mark, end) in &marks {
            if let Some(wanted) = Wanted::by(mark.cue) {
                self.dictated_behind(mark, *end, &wanted);
            }
        }
        for (mark, _) in &marks {
            if let Some(wanted) = Wanted::by(mark.cue) {
                self.announced_behind(mark, &wanted);
            }
        }
        self.codes_beside_cards();
    }

    /// `code 123`, which says nothing by itself, soon after a card number.
    fn codes_beside_cards(&mut self) {
        let mut card_at = None;
        for run in 0..self.dictated.numbers.len() {
            let run = &self.dictated.numbers[run];
            let tokens = self.dictated.tokens(run);
            if self.kinds[tokens.start] == Some(Kind::CardNumber) {
                card_at = Some(self.line(tokens.start));
            }
            let near = card_at.is_some_and(|card| self.line(tokens.start) - card <= BESIDE_CARD);
            let line = self.line_of(tokens.start);
            let before = tokens.start.saturating_sub(BEHIND).max(line.start)..tokens.start;
            let is_code = before.into_iter().any(|token| ["code", "codigo"].contains(&self.text.word(token)));
            if near && is_code && (3..=4).contains(&run.chars.len()) && !self.is_taken(tokens.clone()) {
                self.take_pieces(&run.pieces.clone().collect::<Vec<usize>>(), Kind::SecurityCode);
            }
        }
    }

    /// What is dictated between a phrase and the next, part by part.
    fn dictated_behind(&mut self, mark: &Mark, end: usize, wanted: &Wanted) {
        let runs = if wanted.letters { &self.dictated.codes } else { &self.dictated.numbers };
        let first = runs.partition_point(|run| self.dictated.tokens(run).start < mark.end);
        let (mut taken, mut digits, mut last) = (Vec::new(), String::new(), mark.end);
        for run in &runs[first..] {
            let here = self.dictated.tokens(run);
            let was_redacted = (last..here.start).any(|token| self.text.tokens[token].redacted == Some(wanted.kind));
            let (reach, lines) = if digits.is_empty() { wanted.reach } else { (wanted.apart, wanted.reach.1) };
            if here.start >= end
                || was_redacted
                || here.start - last > reach
                || self.line(here.start) - self.line(last.saturating_sub(1)) > lines
            {
                break;
            }
            let chars = &run.chars;
            let is_mixed = self.dictated.pieces[run.pieces.clone()].iter().any(|piece| piece.is_mixed);
            let is_other = chars.len() > self.most_in(run, wanted) || run.digits() < 2 || (is_mixed && !wanted.letters);
            let is_small = chars.len() < if digits.is_empty() { wanted.first } else { wanted.then };
            if is_other || is_small {
                continue;
            }
            let said_again = taken.last().is_some_and(|(before, _): &(Range<usize>, Range<usize>)| {
                digits.ends_with(chars.as_str()) && self.text.speaker(before.start) != self.text.speaker(here.start)
            });
            let is_complete = wanted.is_complete(&digits);
            // A card that proves itself is corrected by none that is shorter: that goes with it.
            let is_proven = checks::is_card(&digits) && chars.len() < SHORT;
            let is_corrected = self.is_corrected(last..here.start) && here.start - last <= CORRECTED;
            if is_complete && !said_again && (is_proven || !is_corrected) {
                // What follows is another number; what was asked for may still be said again, which is found elsewhere.
                break;
            }
            if !said_again {
                digits.push_str(chars);
            }
            last = here.end;
            taken.push((here, run.pieces.clone()));
        }
        // Of cards in general there is much talk: their numbers begin with 2 to 6.
        let is_other = mark.cue == Cue::Card && !digits.starts_with(['2', '3', '4', '5', '6']);
        // A short number is said in one breath, if not at first: what comes in drops is something else.
        let is_short = wanted.most < SHORT && !taken.iter().any(|(_, pieces)| self.characters(pieces) >= wanted.least);
        if digits.len() < wanted.least || is_other || is_short {
            return;
        }
        for (_, pieces) in taken {
            self.take_said(pieces, wanted);
        }
        self.numbers.push((digits, wanted.kind, last - 1));
    }

    /// How many characters of these pieces are said by who begins: what another repeats does not count.
    fn characters(&self, pieces: &Range<usize>) -> usize {
        let speaker = |piece: usize| self.text.speaker(self.dictated.pieces[piece].tokens.start);
        let own = pieces.clone().filter(|piece| speaker(*piece) == speaker(pieces.start));
        own.map(|piece| self.dictated.pieces[piece].chars.len()).sum()
    }

    fn is_corrected(&self, between: Range<usize>) -> bool {
        between.into_iter().any(|token| is_correction(self.text.word(token)))
    }

    /// How many characters of a run one number may have: where it is broken off, it may be said several times.
    fn most_in(&self, run: &Run, wanted: &Wanted) -> usize {
        let pieces = &self.dictated.pieces[run.pieces.clone()];
        let is_broken = pieces.windows(2).any(|pair| {
            let between = pair[0].tokens.end..pair[1].tokens.start;
            self.text.gap(between.end).has(&[Gap::STOP, Gap::LINE]) || self.is_corrected(between)
        });
        if is_broken { wanted.most * 3 } else { wanted.most }
    }

    fn take_said(&mut self, pieces: Range<usize>, wanted: &Wanted) {
        let Some(last) = pieces.clone().next_back() else { return };
        let end = self.dictated.pieces[last].tokens.end;
        let letter = wanted.kind == Kind::IdentityNumber
            && self.text.gap(end).is_within(&[Gap::SPACE, Gap::COMMA])
            && SPANISH_LETTERS.contains(&self.text.word(end));
        self.take_pieces(&pieces.collect::<Vec<usize>>(), wanted.kind);
        if letter {
            self.take(end..end + 1, wanted.kind);
        }
    }

    /// `1234 is my PIN`.
    fn announced_behind(&mut self, mark: &Mark, wanted: &Wanted) {
        let runs = if wanted.letters { &self.dictated.codes } else { &self.dictated.numbers };
        let at = runs.partition_point(|run| self.dictated.tokens(run).end <= mark.first);
        let Some(run) = at.checked_sub(1).map(|before| &runs[before]) else { return };
        let tokens = self.dictated.tokens(run);
        let between = tokens.end..mark.first;
        let leads = between.clone().any(|token| LEADING.contains(&self.text.word(token)));
        let only = between.clone().all(|token| {
            let word = self.text.word(token);
            LEADING.contains(&word) || OWN.contains(&word)
        });
        let near = between.len() <= BEHIND && self.line(tokens.start) == self.line(mark.first);
        let fits = (wanted.least..=wanted.most).contains(&run.chars.len());
        if near && leads && only && fits && !self.is_taken(tokens.clone()) {
            let (chars, pieces) = (run.chars.clone(), run.pieces.clone());
            self.numbers.push((chars, wanted.kind, tokens.start));
            self.take_said(pieces, wanted);
        }
    }
}

impl Wanted {
    fn is_complete(&self, chars: &str) -> bool {
        match self.kind {
            Kind::CardNumber => chars.len() >= self.enough || checks::is_card(chars),
            Kind::Iban => match chars.get(..2).and_then(checks::iban_length) {
                Some(length) => chars.len() >= length,
                None => chars.len() >= self.enough,
            },
            _ => chars.len() >= self.enough,
        }
    }
}
