//! Passwords and answers to security questions: words, by what asks for them or announces them.

use std::ops::Range;

use super::Search;
use super::words::{ABOUT, ARTICLES, BETWEEN, ENDING, LEADING, NO_VALUE, SPELLED, VERBS};
use crate::redaction::Kind;
use crate::redaction::cues::{Cue, Mark};
use crate::redaction::pieces::is_filler;
use crate::redaction::text::Gap;

/// Tokens between a phrase and the word that leads to its value: `the password for my account is`.
const TO_VERB: usize = 6;
/// Tokens between a phrase and what is unmistakably a password.
const TO_PASSWORD: usize = 12;
/// Letters of what stands without a space: nobody types a longer password, and each token of a long one is looked at.
const LONGEST_WORD: usize = 100;
/// Tokens of a question behind a colon.
const TO_QUESTION_MARK: usize = 16;
/// Words of a value that is not spelled.
const MOST_WORDS: usize = 4;
/// Tokens of one that is spelled.
const MOST_SPELLED: usize = 48;
/// Tokens in front of an answer that say nothing: `oh gosh, I think it was`.
const MOST_LEADING: usize = 14;
/// Tokens between what a security question is about and its answer.
const TO_ANSWER: usize = 20;
const ANSWERS: &[&str] = &["answer", "antwort", "respuesta", "reponse", "ans"];
/// Tokens around an answer in which it is said again.
const SAID_AGAIN: usize = 60;

impl Search<'_> {
    /// Values of words that are asked for or announced.
    pub(super) fn spoken(&mut self) {
        let mut values = Vec::new();
        let marks = self.marks_of(&[Cue::Password, Cue::Answer]);
        for (mark, end) in &marks {
            if let Some((tokens, bytes)) = self.announced(mark).or_else(|| self.unmistakable(mark, *end)) {
                self.claim_value(tokens, bytes, mark.cue, &mut values);
            }
        }
        self.told_answers(&mut values);
        for at in 0..self.questions.len() {
            let question = self.questions[at];
            if !matches!(question.cue, Cue::Password | Cue::Answer) {
                continue;
            }
            for tokens in self.answered(&question) {
                let (mut tokens, mut bytes) = (tokens.clone(), self.bytes_of(&tokens));
                if question.cue == Cue::Password && tokens.len() == 1 || self.looks_like_password(tokens.start) {
                    let (chunk, written) = self.chunk(tokens.start);
                    tokens.end = tokens.end.max(chunk.end);
                    bytes = bytes.start.min(written.start)..bytes.end.max(written.end);
                }
                self.claim_value(tokens, bytes, question.cue, &mut values);
            }
        }
        self.called_by_name(&mut values);
        for (tokens, kind) in values {
            self.spelled_again(&tokens, kind);
            self.said_again(tokens, kind);
        }
    }

    /// `security question pls change to fav teacher, answer Mrs Quilliam`: what follows the word, in a line about one.
    fn told_answers(&mut self, values: &mut Vec<(Range<usize>, Kind)>) {
        for at in 0..self.questions.len() {
            let question = self.questions[at];
            let line = self.line_of(question.first);
            if question.cue != Cue::Answer || self.is_agent(self.line(question.first)) == Some(true) {
                continue;
            }
            let end = line.end.min(question.end + TO_ANSWER);
            let is_word =
                |token: &usize| ANSWERS.contains(&self.text.word(*token)) && self.text.gap(*token) != Gap::SPACE;
            let Some(word) = (question.end..end).find(is_word) else { continue };
            let begin = word + 1 + usize::from(VERBS.contains(self.text.word(word + 1)));
            if begin < line.end
                && let Some((tokens, bytes)) = self.value(begin, line.end, Cue::Answer)
            {
                self.claim_value(tokens, bytes, Cue::Answer, values);
            }
        }
    }

    /// `mother's maiden name Lindgren, ...`: a customer's one word with a capital, or in a list of what they are asked for.
    fn called_by_name(&mut self, values: &mut Vec<(Range<usize>, Kind)>) {
        for at in 0..self.marks.len() {
            let mark = self.marks[at];
            let line = self.line_of(mark.first);
            let (first, next) = (mark.end, mark.end + 1);
            let is_told =
                matches!(mark.cue, Cue::Answer | Cue::Password) && self.is_agent(self.line(mark.first)) == Some(false);
            if !is_told || first >= line.end || self.text.gap(first) != Gap::SPACE {
                continue;
            }
            let written = &self.text.source[self.text.tokens[first].start..self.text.tokens[first].end];
            let is_name = written.starts_with(char::is_uppercase) && written.chars().count() > 2;
            let word = self.text.word(first);
            let ends = next >= line.end || self.text.gap(next).has(&[Gap::COMMA, Gap::STOP]);
            let is_talk =
                ABOUT.contains(word) || NO_VALUE.contains(word) || VERBS.contains(word) || BETWEEN.contains(word);
            if is_name && ends && !is_talk && !self.ends_with_question_mark(next) {
                let bytes = self.bytes_of(&(first..next));
                self.claim_value(first..next, bytes, mark.cue, values);
            }
        }
    }

    /// Takes the letters of a value where they are spelled soon after it, by whomever.
    fn spelled_again(&mut self, value: &Range<usize>, kind: Kind) {
        let letters: String = value.clone().map(|token| self.text.word(token)).collect();
        let to = (value.end + SAID_AGAIN).min(self.text.tokens.len());
        let is_letter = |token: usize| {
            token < to && self.text.word(token).len() == 1 && !self.text.gap(token).has(&[Gap::APOSTROPHE])
        };
        let mut found = Vec::new();
        let mut token = value.end;
        while token < to {
            let (first, mut spelled) = (token, String::new());
            while is_letter(token) && (token == first || !self.text.gap(token).has(&[Gap::LINE, Gap::STOP])) {
                spelled.push_str(self.text.word(token));
                token += 1;
            }
            if spelled.len() > 1 && letters.contains(&spelled) {
                found.push(first..token);
            }
            token = token.max(first + 1);
        }
        for spelled in found {
            self.take(spelled, kind);
        }
    }

    /// Takes a value, or what of it is not taken.
    fn claim_value(
        &mut self,
        tokens: Range<usize>,
        bytes: Range<usize>,
        cue: Cue,
        values: &mut Vec<(Range<usize>, Kind)>,
    ) {
        let kind = if cue == Cue::Password { Kind::Password } else { Kind::SecurityAnswer };
        if tokens.is_empty() {
            return;
        }
        if self.is_taken(tokens.clone()) {
            return self.take(tokens, kind);
        }
        self.claim_bytes(tokens.clone(), bytes, kind);
        let mut said = tokens;
        while said.len() > 1 && ARTICLES.contains(self.text.word(said.start)) {
            said.start += 1;
        }
        values.push((said, kind));
    }

    fn bytes_of(&self, tokens: &Range<usize>) -> Range<usize> {
        let end = tokens.end.checked_sub(1).and_then(|last| self.text.tokens.get(last)).map_or(0, |token| token.end);
        self.text.tokens.get(tokens.start).map_or(end, |token| token.start)..end
    }

    /// `the password is ...`, `Password: ...`, `password ...` where it looks like one.
    fn announced(&self, mark: &Mark) -> Option<(Range<usize>, Range<usize>)> {
        let line = self.line_of(mark.first);
        if mark.cue == Cue::Password
            && mark.end < line.end
            && !self.text.gap(mark.end).has(&[Gap::STOP])
            && self.looks_like_password(mark.end)
        {
            return Some(self.chunk(mark.end));
        }
        let mut token = mark.end;
        while token < line.end && token - mark.end <= TO_VERB {
            let gap = self.text.gap(token);
            if gap.has(&[Gap::STOP]) {
                return None;
            }
            if gap.has(&[Gap::COLON]) {
                // "Security question: what was your first car?"
                if mark.cue == Cue::Answer && self.asks_on(token, line.end) {
                    return None;
                }
                return self.value(token, line.end, mark.cue);
            }
            let word = self.text.word(token);
            if VERBS.contains(word) {
                let begin = token + 1 + usize::from(VERBS.contains(self.text.word(token + 1)));
                let asserted = !self.text.gap(begin).has(&[Gap::STOP]) && begin < line.end;
                let named = mark.cue == Cue::Password
                    || matches!(word, "was" | "war" | "era" | "etait")
                    || self.is_named(begin, line.end);
                return if asserted && named { self.value(begin, line.end, mark.cue) } else { None };
            }
            if !BETWEEN.contains(word) && !is_filler(word) {
                return if token == mark.end { self.behind_code_word(mark, line.end) } else { None };
            }
            token += 1;
        }
        None
    }

    /// Whether what follows a colon is the question itself.
    fn asks_on(&self, token: usize, end: usize) -> bool {
        let is_stop = |token: &usize| self.text.gap(*token).has(&[Gap::STOP]);
        let stop =
            (token + 1..end.min(token + TO_QUESTION_MARK)).find(is_stop).unwrap_or(end.min(token + TO_QUESTION_MARK));
        self.is_agent(self.line(token)) != Some(false) && stop > token + 2 && self.ends_with_question_mark(stop)
    }

    /// `code word pickle`: what is called a word is not much talked about, so one or two behind it are it.
    fn behind_code_word(&self, mark: &Mark, end: usize) -> Option<(Range<usize>, Range<usize>)> {
        let is_word =
            ["word", "codeword", "codewort", "losungswort", "secreta"].contains(&self.text.word(mark.end - 1));
        let parted = |token: &usize| self.text.gap(*token).has(&[Gap::COMMA, Gap::STOP]);
        let end = (mark.end + 1..end).find(parted).unwrap_or(end);
        let is_talk = ABOUT.contains(self.text.word(mark.end)) || self.text.gap(mark.end) != Gap::SPACE;
        if is_word && !is_talk && end - mark.end <= 2 { self.value(mark.end, end, mark.cue) } else { None }
    }

    /// Something in the same line that is nothing else than a password: letters, and digits or signs, of both cases.
    fn unmistakable(&self, mark: &Mark, end: usize) -> Option<(Range<usize>, Range<usize>)> {
        let end = end.min(self.line_of(mark.first).end).min(mark.end + TO_PASSWORD);
        let is_it = |token: &usize| {
            let written = &self.text.source[self.chunk(*token).1];
            let both = written.contains(char::is_uppercase) && written.contains(char::is_lowercase);
            mark.cue == Cue::Password
                && both
                && self.text.gap(*token) != Gap::NOTHING
                && self.looks_like_password(*token)
        };
        (mark.end..end).find(is_it).map(|token| self.chunk(token))
    }

    /// Whether what follows is a name: a capital, or no more than two words.
    fn is_named(&self, token: usize, end: usize) -> bool {
        let written = self.text.tokens.get(token).map_or("", |token| &self.text.source[token.start..token.end]);
        let ends = (token + 1..end.min(token + 4)).find(|token| ENDING.contains(self.text.word(*token))).unwrap_or(end);
        written.starts_with(char::is_uppercase) || ends - token <= 2
    }

    /// The value that begins at a token or behind words that say nothing, before `end`.
    fn value(&self, begin: usize, end: usize, cue: Cue) -> Option<(Range<usize>, Range<usize>)> {
        let mut first = begin;
        while first < end && first - begin < MOST_LEADING && self.says_nothing(first, end, cue) {
            first += 1;
        }
        if first >= end
            || NO_VALUE.contains(self.text.word(first)) && !(self.is_spelled(first) && self.is_spelled(first + 1))
        {
            return None;
        }
        if cue == Cue::Password && self.looks_like_password(first) {
            return Some(self.chunk(first));
        }
        let spelled = self.is_spelled(first) && (first + 1 >= end || self.is_spelled(first + 1));
        let mut last = first + 1;
        while last < end && last - first < if spelled { MOST_SPELLED } else { MOST_WORDS } {
            let gap = self.text.gap(last);
            let goes_on = if spelled { self.is_spelled(last) } else { !ENDING.contains(self.text.word(last)) };
            let parted =
                gap.has(&[Gap::STOP, Gap::LINE]) || (!spelled && gap.has(&[Gap::COMMA, Gap::COLON, Gap::ELLIPSIS]));
            if parted || !goes_on {
                break;
            }
            last += 1;
        }
        let bytes = self.text.tokens[first].start..self.text.tokens[last - 1].end;
        Some((first..last, bytes))
    }

    pub(super) fn says_nothing(&self, token: usize, end: usize, cue: Cue) -> bool {
        let word = self.text.word(token);
        let next = self.text.word(token + 1);
        if word == "i" || word == "ich" {
            return ["think", "believe", "guess", "glaube", "m"].contains(&next);
        }
        // "Saint" may begin a name, "no" an answer that is none.
        let is_last = token + 1 >= end;
        let leads = LEADING.contains(word) || is_filler(word) || (cue == Cue::Answer && ARTICLES.contains(word));
        !is_last && word != "no" && leads && !self.is_spelled_alone(token)
    }

    /// Whether a lone letter is spelled here: the next token is one too.
    fn is_spelled_alone(&self, token: usize) -> bool {
        let lone = |token: usize| self.text.word(token).len() == 1 && !self.text.gap(token).has(&[Gap::APOSTROPHE]);
        lone(token) && lone(token + 1)
    }

    pub(super) fn is_spelled(&self, token: usize) -> bool {
        let word = self.text.word(token);
        let example = token > 0 && ["for", "wie", "como", "comme", "as", "like"].contains(&self.text.word(token - 1));
        let is_link = ["for", "wie", "como", "comme", "as", "in", "like", "de"].contains(&word);
        let at = self.dictated.pieces.partition_point(|piece| piece.tokens.end <= token);
        let dictated = self.dictated.pieces.get(at).is_some_and(|piece| piece.tokens.contains(&token));
        dictated || word.len() == 1 || SPELLED.contains(word) || example || is_link
    }

    /// Whether what stands at a token up to the next space looks like a password: letters with digits or signs among them.
    pub(super) fn looks_like_password(&self, token: usize) -> bool {
        let (_, bytes) = self.chunk(token);
        let chunk = &self.text.source[bytes];
        let letters = chunk.chars().any(char::is_alphabetic);
        let digits = chunk.chars().any(char::is_numeric);
        let sign = |character: char| !character.is_alphanumeric() && !"'’.,-".contains(character);
        let is_url = chunk.contains("://") || chunk.starts_with("www.");
        letters && (digits || chunk.chars().any(sign)) && chunk.chars().count() >= 4 && !is_url
    }

    /// What stands without a space around a token, from the token on.
    pub(super) fn chunk(&self, token: usize) -> (Range<usize>, Range<usize>) {
        let source = self.text.source;
        let before = source[..self.text.tokens[token].start].trim_end_matches(|character: char| {
            !character.is_alphanumeric() && !character.is_whitespace() && !"\"'“„«(:=".contains(character)
        });
        let start = if before.ends_with(char::is_alphanumeric) { self.text.tokens[token].start } else { before.len() };
        let rest = &source[start..];
        let mut letters = rest.char_indices().enumerate();
        let end = letters.find(|(place, (_, letter))| letter.is_whitespace() || *place == LONGEST_WORD);
        let length = end.map_or(rest.len(), |(_, (at, _))| at);
        let written = rest[..length].trim_end_matches(['.', ',', ';', ':', '?', '!', ')', '"', '\'', '”', '“', '»']);
        let bytes = start..start + written.len();
        let end = self.text.tokens.partition_point(|token| token.start < bytes.end);
        (token..end.max(token + 1), bytes)
    }

    /// Takes a value where it is said again: an unmistakable one anywhere, others near.
    fn said_again(&mut self, tokens: Range<usize>, kind: Kind) {
        let words: Vec<String> = tokens.clone().map(|token| self.text.word(token).to_owned()).collect();
        if words.iter().map(String::len).sum::<usize>() < 4 {
            return;
        }
        let from = tokens.start.saturating_sub(SAID_AGAIN);
        let to = (tokens.end + SAID_AGAIN).min(self.text.tokens.len());
        for first in from..to.saturating_sub(words.len() - 1) {
            let here = first..first + words.len();
            let same = words.iter().zip(here.clone()).all(|(word, token)| self.text.word(token) == word);
            if same && !self.is_taken(here.clone()) {
                self.take(here, kind);
            }
        }
    }
}
