//! The rules: what of a text is secret.

mod answers;
mod asked;
mod checked;
mod contact;
mod dates;
mod dictated;
mod echoes;
mod named;
mod passwords;
mod spoken;
mod stretches;
mod sums;
mod unasked;
mod words;

use std::ops::Range;

use super::cues::{self, Cue, Mark};
use super::patterns;
use super::pieces::Dictated;
use super::text::{Gap, Text};
use super::{Finding, Kind};

/// Words of a line that is no more than a question for a code.
const SHORT_QUESTION: usize = 6;

/// What is secret in a text, in its order. Of two rules that claim a word the first has it: those that prove what
/// they find come before those that go by what was asked.
pub fn findings(source: &str) -> Vec<Finding> {
    let text = Text::of(source, cues::announces);
    let marks = cues::marks(&text);
    let mut search = Search {
        dictated: Dictated::of(&text, &marks),
        questions: questions(&text, &marks),
        marks,
        kinds: text.tokens.iter().map(|token| token.redacted).collect(),
        found: Vec::new(),
        numbers: Vec::new(),
        text,
    };
    search.email_addresses();
    search.checked();
    search.cards();
    search.sums();
    search.dictated();
    search.expiry_dates();
    search.asked();
    search.cards_that_fail();
    search.named_afterwards();
    search.bare_replies();
    search.extensions();
    search.written_phone_numbers();
    search.dates_of_birth();
    search.echoed_numbers();
    search.beside_cards();
    search.card_endings();
    search.parts_said_again();
    search.spoken();
    search.passwords_nearby();
    search.into_findings()
}

/// The marks of a text that ask for a secret or announce one, and what patterns add to them.
fn questions(text: &Text<'_>, marks: &[Mark]) -> Vec<Mark> {
    // What belongs to the number of a thing asks for no secret.
    let of_thing = |question: &Mark| {
        let next = marks.partition_point(|mark| mark.end < question.first);
        marks[next..].iter().take_while(|mark| mark.first < question.end).any(|mark| {
            let is_it = !mark.is_phrase && mark.first <= question.first && question.end <= mark.end;
            let is_apart =
                mark.end == question.first && text.gap(question.first).has(&[Gap::STOP, Gap::COMMA, Gap::LINE]);
            mark.cue == Cue::Other && mark.end >= question.first && !is_it && !is_apart
        })
    };
    let mut questions: Vec<Mark> = patterns::questions(text);
    questions.retain(|question| matches!(question.cue, Cue::Answer | Cue::Password) || !of_thing(question));
    // "And the code?"
    for line in text.lines.iter().filter(|line| line.tokens.len() <= SHORT_QUESTION) {
        let is_code = |token: &usize| {
            ["code", "codes", "codigo", "tan", "otp", "ziffern", "cifras", "chiffres", "digits"]
                .contains(&text.word(*token))
        };
        let of_thing = marks[marks.partition_point(|mark| mark.first < line.tokens.start)..]
            .iter()
            .take_while(|mark| mark.first < line.tokens.end)
            .any(|mark| mark.cue == Cue::Other);
        if let Some(first) = line.tokens.clone().find(is_code).filter(|_| !of_thing) {
            questions.push(Mark { cue: Cue::SecurityCode, first, end: first + 1, is_phrase: false });
        }
    }
    questions.extend(marks.iter().filter(|mark| mark.cue != Cue::Other));
    questions.sort_by_key(|mark| (mark.first, mark.end));
    questions
}

/// What the rules read and what they have found.
struct Search<'a> {
    text: Text<'a>,
    marks: Vec<Mark>,
    /// Marks of secrets, and questions for them in other words.
    questions: Vec<Mark>,
    dictated: Dictated,
    /// What each token is part of, or was before it was redacted.
    kinds: Vec<Option<Kind>>,
    found: Vec<(Range<usize>, Finding)>,
    /// Numbers that were found, with a token of theirs: they may be said again.
    numbers: Vec<(String, Kind, usize)>,
}

impl Search<'_> {
    /// Claims tokens that no rule has claimed, line by line.
    fn take(&mut self, tokens: Range<usize>, kind: Kind) {
        let mut first = tokens.start;
        for token in tokens.clone() {
            let same_line = self.text.tokens[token].line == self.text.tokens[first].line;
            if self.kinds[token].is_some() || !same_line {
                self.claim(first..token, kind);
                first = if same_line { token + 1 } else { token };
            }
        }
        if self.kinds[first..tokens.end].iter().all(Option::is_none) {
            self.claim(first..tokens.end, kind);
        }
    }

    fn claim(&mut self, tokens: Range<usize>, kind: Kind) {
        if tokens.is_empty() {
            return;
        }
        let bytes = self.text.tokens[tokens.start].start..self.text.tokens[tokens.end - 1].end;
        self.claim_bytes(tokens, bytes, kind);
    }

    /// Claims tokens and what stands around them.
    fn claim_bytes(&mut self, tokens: Range<usize>, bytes: Range<usize>, kind: Kind) {
        self.kinds[tokens.clone()].fill(Some(kind));
        self.found.push((tokens, Finding { kind, bytes }));
    }

    fn is_taken(&self, tokens: Range<usize>) -> bool {
        self.kinds[tokens].iter().any(Option::is_some)
    }

    /// The line of a token.
    fn line(&self, token: usize) -> usize {
        self.text.tokens[token.min(self.text.tokens.len() - 1)].line
    }

    /// The tokens of a token's line.
    fn line_of(&self, token: usize) -> Range<usize> {
        self.text.lines[self.line(token)].tokens.clone()
    }

    /// Each phrase that announces one of these, and the token that ends what it is about: the next phrase, where it is
    /// not asked for in the same breath (`your date of birth and your PIN?`).
    fn marks_of(&self, cues: &[Cue]) -> Vec<(Mark, usize)> {
        let mut ends = vec![self.text.tokens.len(); self.marks.len()];
        for at in (1..self.marks.len()).rev() {
            let (before, next) = (self.marks[at - 1], self.marks[at]);
            let piece = self.dictated.pieces.partition_point(|piece| piece.tokens.start < before.end);
            let is_answered = self.dictated.pieces.get(piece).is_some_and(|piece| piece.tokens.start < next.first);
            let in_one_breath = self.line(before.first) == self.line(next.first) && !is_answered;
            ends[at - 1] = if in_one_breath { ends[at] } else { next.first };
        }
        self.marks.iter().copied().zip(ends).filter(|(mark, _)| cues.contains(&mark.cue)).collect()
    }

    fn into_findings(mut self) -> Vec<Finding> {
        self.found.sort_by_key(|(_, finding)| finding.bytes.start);
        let mut findings: Vec<Finding> = Vec::new();
        let mut behind = usize::MAX;
        for (tokens, finding) in self.found {
            match findings.last_mut() {
                // Pieces of one secret with only a comma between them are one.
                Some(last)
                    if last.kind == finding.kind
                        && tokens.start == behind
                        && self.text.tokens[tokens.start - 1].line == self.text.tokens[tokens.start].line =>
                {
                    last.bytes.end = last.bytes.end.max(finding.bytes.end);
                }
                Some(last) if finding.bytes.start < last.bytes.end => {
                    last.bytes.end = last.bytes.end.max(finding.bytes.end);
                }
                _ => findings.push(finding),
            }
            behind = tokens.end;
        }
        findings
    }
}
