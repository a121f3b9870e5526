//! Dates of birth, and expiry dates of cards.

use std::ops::Range;

use super::Search;
use super::checked::is_month_and_year;
use crate::redaction::Kind;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::numerals;
use crate::redaction::pieces::{is_filler, month};
use crate::redaction::text::Gap;

/// Tokens between what asks for a date and the date.
const REACH: usize = 40;
/// Lines between them.
const LINES: usize = 5;
/// Dates that one question is answered with, and that are said again.
const MOST_DATES: usize = 4;
/// Lines around a card number or a security code in which an expiry date is the card's.
const AROUND_CARD: usize = 12;
/// Lines after a card number in which what goes with it stands alone.
const BESIDE_CARD: usize = 7;
/// Words of a line that asks for nothing but a date.
const BARE: usize = 14;
/// Words of one that needs no question mark.
const SHORT_QUESTION: usize = 7;
/// Tokens behind an expiry date among which the security code stands.
const BEHIND_DATE: usize = 12;
/// Words for cards.
const CARDS: &[&str] = &["card", "visa", "mastercard", "amex", "karte", "kreditkarte", "tarjeta", "carte"];
/// Words of such a line.
const WHOLE: &[&str] = &["its", "and", "code", "it", "s", "is", "es", "ist", "c", "est"];
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

/// Words in front of a month that belong to it.
const AROUND: &[&str] =
    &["end", "of", "ende", "anfang", "mitte", "fin", "finales", "debut", "en", "in", "the", "de", "start", "beginning"];

/// Tokens in front of a word for a birth among which it is said what of it is asked for.
const BEFORE_BIRTH: usize = 3;
/// Tokens in front of a word for a birth in which its date begins.
const IN_FRONT: usize = 8;
/// Words in front of a date since which something goes on.
const SINCE: &[&str] = &[
    "since",
    "from",
    "bought",
    "seit",
    "vom",
    "gekauft",
    "desde",
    "compre",
    "depuis",
    "achete",
    "started",
    "built",
    "installed",
    "gebaut",
    "construida",
    "construite",
    "moved",
    "joined",
];

struct Date {
    tokens: Range<usize>,
    digits: String,
    has_month: bool,
}

impl Search<'_> {
    /// Dates by what asks for a birth, each as often as it is said.
    pub(super) fn dates_of_birth(&mut self) {
        let marks: Vec<Mark> = self.questions.iter().copied().filter(|mark| mark.cue == Cue::Birth).collect();
        for mark in marks {
            let end = self.end_of_dates(&mark);
            self.date_in_front(&mark);
            let mut from = mark;
            let (mut digits, mut latest) = (0, String::new());
            let mut broken_off: Option<Range<usize>> = None;
            for _ in 0..MOST_DATES {
                let Some(date) = self.date_behind(&from, end, Kind::DateOfBirth) else { break };
                (from.first, from.end) = (date.tokens.end - 1, date.tokens.end);
                // "Jahrgang?" "Zweiundsiebzig."
                let shortest = if self.asks_for_year(&mark) { 2 } else { 4 };
                let is_long = date.digits.len() >= if digits == 0 { shortest } else { 5 };
                let is_whole = is_long || (date.has_month && !date.digits.is_empty());
                // "And the year?"
                let is_rest = digits > 0 && digits < 6 && (2..=4).contains(&date.digits.len());
                // An agent says what was said, or a date of something else.
                let is_own = digits == 0
                    || self.is_agent(self.line(date.tokens.start)) != Some(true)
                    || date.digits.get(date.digits.len().saturating_sub(2)..)
                        == latest.get(latest.len().saturating_sub(2)..);
                let is_begun = digits == 0 && (2..=3).contains(&date.digits.len()) && date.tokens.len() <= 3;
                if !is_whole && is_begun {
                    broken_off = Some(date.tokens.clone());
                }
                if (is_whole || is_rest) && is_own {
                    // "Vierter fünfter, nein, fünfter vierter neunundsechzig".
                    if let Some(begun) =
                        broken_off.take().filter(|begun| self.line(begun.start) == self.line(date.tokens.start))
                    {
                        self.take(begun, Kind::DateOfBirth);
                    }
                    latest.clone_from(&date.digits);
                    digits += date.digits.len() + if date.has_month { 2 } else { 0 };
                    self.take(date.tokens, Kind::DateOfBirth);
                }
            }
        }
    }

    /// `Er ist am 9. Juli 2011 geboren`.
    fn date_in_front(&mut self, mark: &Mark) {
        let begin = mark.first.saturating_sub(IN_FRONT).max(self.line_of(mark.first).start);
        let from = Mark { cue: Cue::Birth, first: begin, end: begin, is_phrase: false };
        let Some(date) = self.date_behind(&from, mark.first, Kind::DateOfBirth) else { return };
        let is_whole = date.digits.len() >= 5 && (date.has_month || date.digits.len() >= 6);
        if is_whole && date.tokens.end + 1 >= mark.first && date.tokens.start >= begin {
            self.take(date.tokens, Kind::DateOfBirth);
        }
    }

    /// Whether a phrase asks for a year alone.
    fn asks_for_year(&self, mark: &Mark) -> bool {
        let first = mark.first.saturating_sub(BEFORE_BIRTH).max(self.line_of(mark.first).start);
        let words = (first..mark.end).map(|token| self.text.word(token));
        words.into_iter().any(|word| ["year", "jahrgang", "geburtsjahr", "ano", "annee"].contains(&word))
    }

    /// `Ray Fuentes, 07-11-1990`: a whole date of so long ago that it is somebody's, not a thing's.
    pub(super) fn dates_of_long_ago(&mut self) {
        for at in 0..self.dictated.pieces.len() {
            let start = self.dictated.pieces[at].tokens.start;
            // "March third, nineteen eighty".
            let led = start > self.line_of(start).start && month(self.text.word(start - 1)).is_some();
            let start = if led { start - 1 } else { start };
            let is_new = self.kinds[start].is_none() && self.text.lines[self.line(start)].is_customer;
            if !is_new || !self.begins_date(start) || self.is_of_something_else(start, 0) || self.is_since(start) {
                continue;
            }
            let from = Mark { cue: Cue::Birth, first: start, end: start, is_phrase: false };
            let Some(date) = self.date_behind(&from, self.line_of(start).end, Kind::DateOfBirth) else { continue };
            let year = date.digits.get(date.digits.len().saturating_sub(4)..).and_then(|year| year.parse().ok());
            let days = date.digits.len().saturating_sub(4);
            let has_day = if date.has_month {
                (1..=2).contains(&days)
            } else {
                (2..=4).contains(&days) && self.is_written_date(&date.tokens)
            };
            let is_near = date.tokens.start <= start && date.tokens.len() <= LONGEST;
            if is_near && has_day && year.is_some_and(|year: u32| (1915..=2007).contains(&year)) {
                self.take(date.tokens, Kind::DateOfBirth);
            }
        }
    }

    /// `07-11-1990`, `3/4/71`.
    fn is_written_date(&self, tokens: &Range<usize>) -> bool {
        tokens.len() == 3
            && tokens.clone().all(|token| self.text.tokens[token].is_number)
            && tokens.clone().skip(1).all(|token| self.text.gap(token).has(&[Gap::SLASH, Gap::HYPHEN, Gap::DOT]))
    }

    /// Whether a date is one since which something goes on.
    fn is_since(&self, token: usize) -> bool {
        let line = self.line_of(token);
        let before = token.saturating_sub(3).max(line.start)..token;
        let asked = line.start.saturating_sub(IN_FRONT)..line.start;
        before.chain(asked).any(|token| SINCE.contains(&self.text.word(token)))
    }

    /// The token at which another matter begins: where who asked asks on, or another number is announced and said.
    fn end_of_dates(&self, mark: &Mark) -> usize {
        let line = self.line(mark.first);
        let speaker = self.text.speaker(mark.first);
        let next = self.marks.partition_point(|other| other.first < mark.end);
        // No date is looked for farther away.
        let farthest = mark.end + MOST_DATES * (REACH + LONGEST);
        let is_near = |other: &&Mark| other.first <= farthest && self.line(other.first) <= line + LINES;
        let mut after = self.marks[next..].iter().take_while(is_near);
        let ends = |other: &&Mark| {
            let here = self.line(other.first);
            let asks_on = here > line && self.text.speaker(other.first) == speaker && other.cue != Cue::Birth;
            let behind = other.end..(other.end + 3).min(self.line_of(other.first).end);
            let is_said = behind.into_iter().any(|token| self.number_at(token).is_some());
            asks_on || (other.cue != Cue::Birth && is_said)
        };
        after.find(ends).map_or(self.text.tokens.len(), |other| other.first)
    }

    /// Months and years by what asks for them, where a card was read out not far away.
    pub(super) fn expiry_dates(&mut self) {
        let of_card = |kind: &Option<Kind>| matches!(kind, Some(Kind::CardNumber | Kind::SecurityCode));
        let tokens = self.text.tokens.iter().zip(&self.kinds).filter(|(_, kind)| of_card(kind));
        let mut lines: Vec<usize> = tokens.map(|(token, _)| token.line).collect();
        lines.dedup();
        let asked = self.questions.iter().filter(|mark| matches!(mark.cue, Cue::CardNumber | Cue::SecurityCode));
        lines.extend(asked.map(|mark| self.line(mark.first)));
        lines.sort_unstable();
        let marks: Vec<Mark> = self.questions.iter().copied().filter(|mark| mark.cue == Cue::Expiry).collect();
        for mark in marks {
            let end = self.text.tokens.len();
            let line = self.line(mark.first);
            let near = lines.get(lines.partition_point(|of_card| of_card + AROUND_CARD < line));
            // An agent asks for it of a card whose number is known.
            let of_known = self.is_agent(line) == Some(true) && self.is_of_card(line);
            // "And valid until?" is asked of a card, or of what is answered with a day.
            let is_bare = self.is_agent(line) == Some(true)
                && self.text.lines[line].tokens.len() <= BARE
                && !self.names_a_thing(line)
                && (self.ends_with_question_mark(mark.end) || self.text.lines[line].tokens.len() <= SHORT_QUESTION);
            let is_near = near.is_some_and(|of_card| *of_card <= line + AROUND_CARD);
            // "Amex ending 1005 exp 05/30".
            let is_told = self.is_agent(line) == Some(false) && mark.is_phrase && self.is_of_card(line);
            if !of_known && !is_bare && !is_near && !is_told {
                continue;
            }
            let Some(date) = self.date_behind(&mark, end, Kind::ExpiryDate) else { continue };
            self.expiry_said_again(&date);
            let is_expiry = match date.has_month {
                true => (1..=8).contains(&date.digits.len()),
                false => (3..=8).contains(&date.digits.len()),
            };
            let has_no_day = match date.has_month {
                true => [2, 4].contains(&date.digits.len()),
                false => is_month_and_year(&date.digits),
            };
            if is_expiry && (has_no_day || of_known || is_near) {
                self.take(date.tokens, Kind::ExpiryDate);
            }
        }
    }

    /// Whether a card is spoken of in a line or just before it.
    fn is_of_card(&self, line: usize) -> bool {
        let last = self.text.lines[line].tokens.clone();
        let from = self.text.lines[line.saturating_sub(2)].tokens.start.max(last.start.saturating_sub(2 * REACH));
        (from..last.end.min(last.start + REACH)).any(|token| CARDS.contains(&self.text.word(token)))
    }

    /// The first date between a phrase and the next one.
    fn date_behind(&self, mark: &Mark, end: usize, kind: Kind) -> Option<Date> {
        let last_line = self.line(mark.first) + LINES;
        let reach = mark.end..end.min(mark.end + REACH).min(self.text.tokens.len());
        let mut reach = reach.take_while(|token| self.line(*token) <= last_line && self.kinds[*token] != Some(kind));
        let first = reach.find(|token| {
            self.kinds[*token].is_none() && self.begins_date(*token) && !self.is_of_something_else(*token, mark.first)
        })?;
        let article = first > self.line_of(first).start
            && ARTICLES.contains(&self.text.word(first - 1))
            && self.text.gap(first).is_within(&[Gap::SPACE]);
        let begin = if article { first - 1 } else { first };
        let mut begin = begin;
        while begin > mark.end
            && AROUND.contains(&self.text.word(begin - 1))
            && self.text.gap(begin).is_within(&[Gap::SPACE])
        {
            begin -= 1;
        }
        let mut date = Date { tokens: begin..first, digits: String::new(), has_month: false };
        let mut token = first;
        while token < end.min(first + LONGEST) && self.line(token) == self.line(first) {
            // "12. Mai", "14. 3. 61".
            let is_dotted = token > first
                && self.text.tokens[token - 1].is_number
                && self.text.word(token - 1).len() <= 2
                && (month(self.text.word(token)).is_some() || self.text.tokens[token].is_number);
            if token > first && self.text.gap(token).has(&[Gap::STOP]) && !is_dotted || self.kinds[token].is_some() {
                break;
            }
            if let Some(piece) = self.number_at(token) {
                let piece = &self.dictated.pieces[piece];
                date.digits.push_str(&piece.chars);
                token = piece.tokens.end;
                date.tokens.end = token;
            } else if let Some(said) = numerals::spoken(&self.text, token).filter(|_| token > first) {
                date.digits.push_str(&said.digits);
                token = said.end;
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
        // "June 9th".
        while date.tokens.end < end && date.tokens.end > first && self.text.gap(date.tokens.end) == Gap::NOTHING {
            date.tokens.end += 1;
        }
        Some(date)
    }

    fn begins_date(&self, token: usize) -> bool {
        // "May I" is no month.
        let word = self.text.word(token);
        let is_month = month(word).is_some() && (word != "may" || self.is_date_like(token + 1));
        let is_number = self.number_at(token).is_some_and(|piece| {
            let piece = &self.dictated.pieces[piece];
            // A time and an amount are none, a day in front of its month is one.
            let of_month = (piece.tokens.end..piece.tokens.end + 3).any(|token| month(self.text.word(token)).is_some());
            let behind_month = token > 0 && month(self.text.word(token - 1)).is_some();
            let dotted = self.text.gap(piece.tokens.end) == Gap::DOT && self.text.word(piece.tokens.end).len() <= 2;
            !piece.is_measure || of_month || behind_month || dotted || self.is_ordinal(token)
        });
        is_month || is_number
    }

    /// `17th`, `the seventeenth`: a measure to other rules.
    fn is_ordinal(&self, token: usize) -> bool {
        let piece = self.number_at(token).map(|piece| &self.dictated.pieces[piece]);
        piece.is_some_and(|piece| {
            piece.chars.len() <= 2
                && !self.text.gap(piece.tokens.end).has(&[Gap::COLON])
                && !self.text.tokens[token].is_number
        }) || (self.text.gap(token + 1) == Gap::NOTHING
            && ["st", "nd", "rd", "th", "er"].contains(&self.text.word(token + 1)))
    }

    fn is_date_like(&self, token: usize) -> bool {
        token < self.text.tokens.len() && (self.number_at(token).is_some() || WITHIN.contains(&self.text.word(token)))
    }

    /// The number that begins with a token, by its place among the pieces.
    fn number_at(&self, token: usize) -> Option<usize> {
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.start < token);
        self.dictated.pieces.get(at).filter(|piece| piece.tokens.start == token && !piece.is_letters).map(|_| at)
    }

    /// The date that an agent says behind one that was found.
    fn expiry_said_again(&mut self, date: &Date) {
        let line = self.line(date.tokens.start) + 1;
        if self.text.lines.get(line).is_none() || self.is_agent(line) != Some(true) {
            return;
        }
        let tokens = self.text.lines[line].tokens.clone();
        let from = Mark { cue: Cue::Expiry, first: tokens.start, end: tokens.start, is_phrase: false };
        let Some(again) = self.date_behind(&from, tokens.end, Kind::ExpiryDate) else { return };
        let is_date = is_month_and_year(&again.digits) || (again.has_month && (1..=4).contains(&again.digits.len()));
        if is_date && !self.is_of_something_else(again.tokens.start, tokens.start) {
            self.take(again.tokens, Kind::ExpiryDate);
        }
    }

    /// Lines after a card number that are nothing but a month and a year, or a few digits: what goes with the card.
    pub(super) fn beside_cards(&mut self) {
        let mut lines: Vec<usize> = Vec::new();
        for (token, kind) in self.text.tokens.iter().zip(&self.kinds) {
            if *kind == Some(Kind::CardNumber) && lines.last() != Some(&token.line) {
                lines.push(token.line);
            }
        }
        self.after_expiry_dates();
        for (at, card) in lines.iter().enumerate() {
            self.after_card(self.text.lines[*card].tokens.clone());
            let end = lines.get(at + 1).copied().unwrap_or(self.text.lines.len()).min(card + BESIDE_CARD);
            for line in card + 1..end {
                if self.is_agent(line) != Some(true) {
                    self.beside_card(self.text.lines[line].tokens.clone());
                    self.after_card(self.text.lines[line].tokens.clone());
                }
            }
        }
    }

    /// `Oh three thirty-one. Three on the back nine one two`: few digits after an expiry date in its line.
    fn after_expiry_dates(&mut self) {
        for at in 1..self.text.tokens.len() {
            let line = self.line_of(at);
            let is_last = self.kinds[at - 1] == Some(Kind::ExpiryDate) && self.kinds[at].is_none();
            if !is_last || at == line.start || self.is_agent(self.line(at)) == Some(true) {
                continue;
            }
            let is_code = |stretch: &Range<usize>| (3..=4).contains(&self.chars_in(stretch, false).len());
            let stretches = self.stretches(at..line.end.min(at + BEHIND_DATE), false);
            let Some(stretch) = stretches.into_iter().find(is_code) else { continue };
            if !self.is_taken(stretch.clone()) && !self.is_of_something_else(stretch.start, at) {
                self.take(stretch, Kind::SecurityCode);
            }
        }
    }

    /// Few digits after a card number, in which it was said: the code or the date that goes with it.
    fn after_card(&mut self, line: Range<usize>) {
        let end = line.end.min(line.start + 2 * REACH);
        let card = (line.start..end).rev().find(|token| self.kinds[*token] == Some(Kind::CardNumber));
        let begin = card.map_or(line.start, |token| token + 1);
        // The month may stand in front of what was taken for more of the card.
        let mut token = line.start;
        while token + 1 < end {
            // "September twenty-seven".
            let named = month(self.text.word(token)).is_some() && !self.is_taken(token..token + 1);
            let year = self.number_at(token + 1).or_else(|| self.number_at(token + 2)).filter(|_| named);
            if let Some(piece) = year.filter(|piece| matches!(self.dictated.pieces[*piece].chars.len(), 2 | 4)) {
                let behind = self.dictated.pieces[piece].tokens.end;
                self.take(token..behind, Kind::ExpiryDate);
                token = behind;
            }
            token += 1;
        }
        for stretch in self.stretches(begin..end, false) {
            let digits = self.chars_in(&stretch, false);
            let is_taken = self.is_taken(stretch.clone());
            if !is_taken && self.date_and_code(&stretch, line.start) {
                continue;
            }
            if !(3..=6).contains(&digits.len()) || is_taken || self.is_of_something_else(stretch.start, line.start) {
                continue;
            }
            let kind = if is_month_and_year(&digits) { Kind::ExpiryDate } else { Kind::SecurityCode };
            self.take(stretch, kind);
        }
    }

    /// `11.28` behind each card.
    pub(super) fn dotted_dates(&mut self) {
        for token in 1..self.text.tokens.len() {
            if self.kinds[token - 1] == Some(Kind::CardNumber) && self.kinds[token].is_none() {
                self.dotted_date_after_card(token, self.line_of(token - 1).end);
            }
        }
    }

    /// `11.28, 737` right behind a card: what looks like an amount is until when it is valid.
    fn dotted_date_after_card(&mut self, begin: usize, end: usize) {
        let is_number = |token: usize| token < end && self.text.tokens[token].is_number && self.kinds[token].is_none();
        let month = (begin..end.min(begin + 4)).find(|token| is_number(*token));
        let Some(month) = month.filter(|month| is_number(month + 1) && self.text.gap(month + 1) == Gap::DOT) else {
            return;
        };
        let digits = format!("{}{}", self.text.word(month), self.text.word(month + 1));
        if is_month_and_year(&digits) {
            self.take(month..month + 2, Kind::ExpiryDate);
        }
    }

    /// `03/2027 and 992`: both in one breath.
    fn date_and_code(&mut self, stretch: &Range<usize>, from: usize) -> bool {
        let pieces: Vec<usize> = self.pieces_in(stretch).filter(|at| !self.dictated.pieces[*at].is_letters).collect();
        let chars = |pieces: &[usize]| -> String {
            pieces.iter().map(|piece| self.dictated.pieces[*piece].chars.as_str()).collect()
        };
        let is_split = |at: &usize| {
            let (date, code) = pieces.split_at(*at);
            is_month_and_year(&chars(date)) && (3..=4).contains(&chars(code).len())
        };
        let Some(at) = (1..pieces.len().min(7)).find(is_split) else { return false };
        if self.is_of_something_else(stretch.start, from) {
            return false;
        }
        self.take_pieces(&pieces[..at], Kind::ExpiryDate);
        self.take_pieces(&pieces[at..], Kind::SecurityCode);
        true
    }

    fn beside_card(&mut self, line: Range<usize>) {
        let is_part = |token: usize| {
            let word = self.text.word(token);
            is_filler(word) || month(word).is_some() || WITHIN.contains(&word) || WHOLE.contains(&word)
        };
        let pieces = self.dictated.pieces.partition_point(|piece| piece.tokens.start < line.start)
            ..self.dictated.pieces.partition_point(|piece| piece.tokens.start < line.end);
        let of_piece =
            |token: usize| self.dictated.pieces[pieces.clone()].iter().any(|piece| piece.tokens.contains(&token));
        if line.len() > LONGEST
            || self.is_taken(line.clone())
            || !line.clone().all(|token| is_part(token) || of_piece(token))
        {
            return;
        }
        let digits: usize = self.dictated.pieces[pieces.clone()]
            .iter()
            .filter(|piece| !piece.is_letters)
            .map(|piece| piece.chars.len())
            .sum();
        let has_month = line.clone().any(|token| month(self.text.word(token)).is_some());
        let written = line.len() == 2 && self.text.gap(line.start + 1).has(&[Gap::SLASH]);
        if has_month && (1..=6).contains(&digits) || written {
            self.take(line, Kind::ExpiryDate);
        } else if (3..=4).contains(&digits) {
            self.take(line, Kind::SecurityCode);
        }
    }
}
