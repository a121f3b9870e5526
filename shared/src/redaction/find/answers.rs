//! What is answered to questions for a password, or for what only the customer should know: any words at all, until the
//! other side goes on.

use std::ops::Range;

use super::words::{ABOUT, AGAIN, ASKING, CUTTING, NO_QUESTION, NO_VALUE, RECALLING, WHETHER};
use super::{MOST_LINES, Search};
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Lines after a question, or after a part of its answer, in which the answer goes on.
const LINES: usize = 5;
/// Lines after it where it is not known who speaks.
const LINES_OF_ANYONE: usize = 2;
/// Words of one sentence of an answer.
const LONGEST: usize = 12;
/// Words of a further sentence that still belongs to the answer: `Mine was Mr Tumnus.`
const SHORT: usize = 7;
/// Digits of a number that names something: a year has fewer.
const REFERENCE: usize = 5;
/// Words of an answer in one turn.
const MOST: usize = 40;
/// Words of a line that is no more than a question.
const SHORT_QUESTION: usize = 14;
/// Words of a question that lacks its mark.
const BARE_QUESTION: usize = 7;
const BEGINNING: &[&str] =
    &["your", "votre", "ton", "ihr", "dein", "su", "tu", "the", "le", "la", "el", "das", "and", "et", "und", "y"];
/// Words of a line that takes note.
const TAKING_NOTE: usize = 4;
/// Words around a phrase that tell whether it asks.
const AROUND: usize = 14;

/// Words in front of an answer that may be part of it: `The Cure`, `Am Mühlbach`.
const ARTICLES: &[&str] = &[
    "the", "a", "an", "der", "die", "das", "dem", "den", "am", "im", "ein", "eine", "el", "la", "los", "las", "un",
    "una", "le", "les", "l", "une", "al", "au", "my", "her", "his", "our",
];

impl Search<'_> {
    /// The values that are answered to a question, in the order of the text.
    pub(super) fn answered(&self, question: &Mark) -> Vec<Range<usize>> {
        let mut values = Vec::new();
        if self.is_restated(question) {
            let line = self.line_of(question.first);
            return self.clauses(question.end..line.end.min(question.end + MOST), question.cue);
        }
        if !self.asks(question) {
            return values;
        }
        let first_line = self.line(question.first);
        let speaker = self.text.lines[first_line].speaker;
        let most = if speaker.is_some() { LINES } else { LINES_OF_ANYONE };
        let mut last_line = first_line;
        let mut is_answered = false;
        for line in first_line + 1..self.text.lines.len() {
            let here = &self.text.lines[line];
            if line > last_line + most || line > first_line + MOST_LINES {
                break;
            }
            if speaker.is_some() && here.speaker == speaker {
                // "Okay.", after which it is spelled on.
                let goes_on = is_answered && self.is_spelled_behind(line);
                if self.asks_for_something_else(here.tokens.clone(), question.cue)
                    || (is_answered && !goes_on && !self.asks_again(here.tokens.clone()))
                {
                    break;
                }
                continue;
            }
            if self.is_agent(line) == Some(true) {
                continue;
            }
            // What was redacted before was the answer.
            let was_redacted = here.tokens.clone().any(|token| self.text.tokens[token].redacted.is_some());
            let found = if was_redacted { Vec::new() } else { self.clauses(here.tokens.clone(), question.cue) };
            if was_redacted || !found.is_empty() {
                is_answered = true;
                last_line = line;
            }
            values.extend(found);
            if speaker.is_none() && is_answered {
                break;
            }
        }
        values
    }

    /// Whether a line only takes note, and letters are spelled in the next.
    fn is_spelled_behind(&self, line: usize) -> bool {
        let here = &self.text.lines[line];
        let takes_note =
            here.tokens.len() <= TAKING_NOTE && here.tokens.clone().all(|token| is_filler(self.text.word(token)));
        let next = self.text.lines.get(line + 1).filter(|next| next.speaker != here.speaker);
        takes_note && next.is_some_and(|next| self.is_spelled_out(next.tokens.start))
    }

    /// Whether a customer says what was asked, before the answer: `Oh, the first pet one? That was Domino.`
    fn is_restated(&self, question: &Mark) -> bool {
        let line = self.line(question.first);
        if question.cue != Cue::Answer || self.is_agent(line) != Some(false) {
            return false;
        }
        let before = self.questions.partition_point(|mark| mark.first < question.first);
        let mut latest =
            self.questions[..before].iter().rev().take_while(|mark| self.line(mark.first) + LINES >= line).take(16);
        latest.any(|mark| {
            matches!(mark.cue, Cue::Answer | Cue::Password) && self.is_agent(self.line(mark.first)) == Some(true)
        })
    }

    /// Whether a phrase is part of a question, and not of talk about what it means.
    fn asks(&self, question: &Mark) -> bool {
        // Whom an agent would ask asks for none.
        if self.is_refused(question) || self.is_agent(self.line(question.first)) == Some(false) {
            return false;
        }
        let line = self.line_of(question.first);
        let is_stop = |token: &usize| self.text.gap(*token).has(&[Gap::STOP]);
        let first = (line.start.max(question.first.saturating_sub(AROUND))..question.first + 1)
            .rev()
            .find(|token| *token == line.start || is_stop(token));
        let first = first.unwrap_or(question.first.saturating_sub(AROUND).max(line.start));
        let end = line.end.min(question.end + AROUND);
        let end = (question.end..end).find(is_stop).unwrap_or(end);
        let has = |words: &super::words::Words| (first..end).any(|token| words.contains(self.text.word(token)));
        let is_asked = self.ends_with_question_mark(end);
        if question.cue == Cue::Password {
            let which = (first..question.first)
                .any(|token| ["which", "what", "welches", "que", "quel"].contains(&self.text.word(token)));
            let choice = (first..end).any(|token| ["or", "oder", "o", "ou"].contains(&self.text.word(token)));
            let about = (first..end).any(|token| {
                ABOUT.contains(self.text.word(token))
                    && !(self.text.word(token) == "set" && self.text.word(token + 1) == "up")
            });
            if (about && !which) || choice {
                return false;
            }
            let is_short = end - first <= SHORT_QUESTION && !WHETHER.contains(self.text.word(first));
            // "Votre mot de passe client", without its question mark.
            let is_bare = end - first <= BARE_QUESTION
                && BEGINNING.contains(&self.text.word(first))
                && self.is_agent(self.line(question.first)) == Some(true);
            return has(&ASKING) || (is_short && (is_asked || is_bare || question.end == end));
        }
        if !is_asked && has(&NO_QUESTION) {
            return false;
        }
        is_asked || has(&ASKING) || end - first <= SHORT_QUESTION
    }

    /// Whether who asked asks for something else in a line.
    fn asks_for_something_else(&self, line: Range<usize>, cue: Cue) -> bool {
        let next = self.questions.partition_point(|mark| mark.first < line.start);
        let mut asked = self.questions[next..].iter().take_while(|mark| mark.first < line.end);
        asked.any(|mark| mark.cue != cue && !matches!(mark.cue, Cue::Card | Cue::Phone))
    }

    /// Whether who asked is not content yet: asks again, or for the spelling.
    fn asks_again(&self, line: Range<usize>) -> bool {
        let end = line.end.min(line.start + AROUND);
        (line.start..end).any(|token| AGAIN.contains(self.text.word(token))) || self.ends_with_question_mark(end)
    }

    /// The parts of a turn that say something, sentence by sentence.
    fn clauses(&self, turn: Range<usize>, cue: Cue) -> Vec<Range<usize>> {
        let mut values: Vec<Range<usize>> = Vec::new();
        let end = turn.end.min(turn.start + MOST);
        let mut first = turn.start;
        while first < end {
            let next = (first + 1..end).find(|token| self.text.gap(*token).has(&[Gap::STOP])).unwrap_or(end);
            if cue == Cue::Password && self.looks_like_password(first) {
                values.push(first..self.chunk(first).0.end);
            } else if !self.names_something(first..next, cue)
                && (values.is_empty() || next - first <= SHORT || self.recalls(first..next).is_some())
            {
                values.extend(self.value_of(first..next, cue));
            }
            first = next;
        }
        values
    }

    /// Whether a sentence is about something with a number, such as an order: that is no answer about somebody's life.
    fn names_something(&self, sentence: Range<usize>, cue: Cue) -> bool {
        let digits = |token: usize| self.text.word(token).bytes().filter(u8::is_ascii_digit).count();
        cue == Cue::Answer && sentence.into_iter().any(|token| digits(token) >= REFERENCE)
    }

    /// What a sentence says, without what leads to it and what follows it.
    fn value_of(&self, sentence: Range<usize>, cue: Cue) -> Option<Range<usize>> {
        let end = sentence.end;
        let first = self.behind_leading(sentence.start, end, cue);
        let parted = |token: &usize| self.text.gap(*token).has(&[Gap::COMMA, Gap::ELLIPSIS, Gap::COLON, Gap::HYPHEN]);
        let says_none = first >= end
            || is_filler(self.text.word(end - 1)) && first + 1 == end
            || (NO_VALUE.contains(self.text.word(first)) && !self.is_spelled_out(first));
        if says_none {
            // "I am not sure, maybe Rex".
            if self.ends_with_question_mark(end) && self.recalls(sentence.clone()).is_none() {
                return None;
            }
            let behind = self.recalls(sentence.clone());
            let clause = (first.max(sentence.start) + 1..end).find(parted);
            let next = match (behind, clause) {
                (Some(behind), Some(clause)) => behind.min(clause),
                (one, other) => one.or(other)?,
            };
            return if next < end { self.value_of(next..end, cue) } else { None };
        }
        let mut begin = first;
        while begin > sentence.start && begin + 2 > first && ARTICLES.contains(&self.text.word(begin - 1)) {
            begin -= 1;
        }
        let spelled = self.is_spelled_out(first);
        let limit = if spelled { end } else { end.min(first + LONGEST) };
        let cut = (first + 1..limit).find(|token| {
            let word = self.text.word(*token);
            let next = self.text.word(*token + 1);
            let own = ["i", "you", "can", "ich", "je", "me", "that"].contains(&next);
            CUTTING.contains(word) && (self.text.gap(*token).has(&[Gap::COMMA]) || own) && !self.is_spelled(*token)
        });
        Some(begin..cut.unwrap_or(limit))
    }

    fn behind_leading(&self, begin: usize, end: usize, cue: Cue) -> usize {
        let mut first = begin;
        let is_other = |token: usize| ["or", "oder", "ou"].contains(&self.text.word(token)) && token + 1 < end;
        while first < end && (self.says_nothing(first, end, cue) || is_other(first)) {
            first += 1;
        }
        first
    }

    fn is_spelled_out(&self, token: usize) -> bool {
        self.is_spelled(token) && self.is_spelled(token + 1)
    }

    /// The token behind a word that leads to what comes to mind.
    fn recalls(&self, sentence: Range<usize>) -> Option<usize> {
        let last = (sentence.start..sentence.end).find(|token| RECALLING.contains(self.text.word(*token)))?;
        (last + 1 < sentence.end).then_some(last + 1)
    }
}
