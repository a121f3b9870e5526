//! What goes, by how likely each word is part of a secret. What proves itself goes whatever the model says.

use std::ops::Range;

use super::chain::{self, Scores};
use super::features::{Class, Context};
use super::{LABELS, Table};
use crate::redaction::Kind;
use crate::redaction::find::Search;

/// From which chance on something goes. What is lower takes more with it, secret or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// What the rules have found.
    pub found: f32,
    /// What they have not found.
    pub other: f32,
    /// What stands beside something that goes.
    pub beside: f32,
}

impl Default for Thresholds {
    /// Read off the curve that the model's trainer prints.
    fn default() -> Self {
        Self { found: 0.15, other: 0.3, beside: 0.075 }
    }
}

/// Lines around a secret in which its words are it again.
const LINES_OF_ECHOES: usize = 4;
/// Digits of a number that is known again.
const SHORTEST_NUMBER: usize = 3;
/// Bytes of a word that is known again.
const SHORTEST_ECHO: usize = 4;

/// Labels of all tokens, and how likely each is.
struct Labelled {
    /// How likely each label is.
    chances: Vec<Scores>,
    /// What announces something, and lines of which something was redacted before: nothing is added there.
    closed: Vec<bool>,
    classes: Vec<Class>,
    /// Tokens of the stretch that each is part of.
    stretches: Vec<Option<Range<usize>>>,
}

impl Labelled {
    fn by(table: &Table, search: &Search<'_>) -> Self {
        let context = Context::of(search, |_| true);
        let tokens = search.text.tokens.len();
        let mut chances = Vec::with_capacity(tokens);
        let (mut features, mut of_line, mut scores) = (Vec::new(), Vec::new(), Vec::new());
        for (at, line) in search.text.lines.iter().enumerate() {
            let mut shared: [Option<Scores>; Class::COUNT] = [None; Class::COUNT];
            scores.clear();
            for token in line.tokens.clone() {
                let class = context.class(token);
                let mut here = *shared[class as usize].get_or_insert_with(|| {
                    let mut scores = [0.0; LABELS];
                    features.clear();
                    context.shared(at, class, &mut features);
                    table.add(&features, &mut scores);
                    scores
                });
                features.clear();
                context.own(token, &mut features);
                table.add(&features, &mut here);
                scores.push(here);
            }
            chain::marginals(&scores, table.transitions(), &mut of_line, None);
            chances.append(&mut of_line);
        }
        let mut closed = vec![false; tokens];
        for line in search.text.lines.iter().map(|line| line.tokens.clone()) {
            let was_redacted = line.clone().any(|token| context.class(token) == Class::Redacted);
            closed[line].fill(was_redacted);
        }
        for mark in &search.marks {
            let is_word = |token: &usize| matches!(context.class(*token), Class::Word | Class::Capital);
            for token in (mark.first..mark.end).filter(is_word) {
                closed[token] = true;
            }
        }
        let classes = (0..tokens).map(|token| context.class(token)).collect();
        let stretches = (0..tokens).map(|token| context.stretch(token)).collect();
        Self { chances, closed, classes, stretches }
    }

    /// How likely a token is part of a secret.
    fn secret(&self, token: usize) -> f32 {
        1.0 - self.chances[token][0]
    }

    /// How likely a token is, that the rules have not found.
    fn added(&self, token: usize) -> f32 {
        if self.closed[token] { 0.0 } else { self.secret(token) }
    }

    /// What each token is, if it is secret: all of a stretch are one.
    fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::with_capacity(self.chances.len());
        while kinds.len() < self.chances.len() {
            let first = kinds.len();
            let end = self.stretches[first].as_ref().map_or(first + 1, |stretch| stretch.end.max(first + 1));
            let sum =
                |kind: &Kind| self.chances[first..end].iter().map(|chances| chances[1 + *kind as usize]).sum::<f32>();
            let kind = Kind::ALL.into_iter().max_by(|one, other| sum(one).total_cmp(&sum(other)));
            kinds.resize(end, kind.unwrap_or(Kind::SecurityAnswer));
        }
        kinds
    }

    fn is_word(&self, token: usize) -> bool {
        matches!(self.classes[token], Class::Word | Class::Capital) && !self.closed[token]
    }
}

impl Search<'_> {
    /// Gives back what the model says is none, and takes what it says is secret.
    pub(in crate::redaction) fn weigh(&mut self, table: &Table, thresholds: Thresholds) {
        let labelled = Labelled::by(table, self);
        self.give_back(&labelled, thresholds.found);
        let mut taken = self.likely(&labelled, thresholds.other);
        self.widen_to_likely(&labelled, thresholds.beside, &mut taken);
        self.echo_words(&labelled, &mut taken);
        self.take_likely(&labelled, &taken);
    }

    fn give_back(&mut self, labelled: &Labelled, least: f32) {
        let mut kept = Vec::with_capacity(self.found.len());
        for (tokens, finding) in std::mem::take(&mut self.found) {
            let stays = tokens.clone().any(|token| self.proven[token] || labelled.secret(token) >= least);
            if stays || tokens.is_empty() {
                kept.push((tokens, finding));
            } else {
                self.kinds[tokens].fill(None);
            }
        }
        self.found = kept;
        self.numbers.retain(|(_, kind, token)| self.kinds[*token] == Some(*kind));
    }

    /// What is likely secret or was found, whole stretches of digits at a time.
    fn likely(&self, labelled: &Labelled, least: f32) -> Vec<bool> {
        let tokens = self.kinds.len();
        let is_found = |token: usize| self.kinds[token].is_some() && labelled.classes[token] != Class::Redacted;
        let mut taken: Vec<bool> = (0..tokens).map(|token| is_found(token) || labelled.added(token) >= least).collect();
        let mut token = 0;
        while token < tokens {
            let Some(stretch) = labelled.stretches[token].clone() else {
                token += 1;
                continue;
            };
            let count = stretch.len();
            let mean = stretch.clone().map(|token| labelled.added(token)).sum::<f32>() / count as f32;
            let most = stretch.clone().filter(|token| taken[*token]).count() * 2 > count;
            if mean >= least || most {
                taken[stretch.clone()].fill(true);
            }
            token = stretch.end.max(token + 1);
        }
        taken
    }

    /// Takes along what stands beside something that goes, and words without weight between two parts of it.
    fn widen_to_likely(&self, labelled: &Labelled, least: f32, taken: &mut [bool]) {
        let is_likely = |token: usize| labelled.added(token) >= least;
        let has_weight = |token: usize| labelled.classes[token] != Class::Filler;
        let is_one = |token: usize| match (self.kinds[token - 1], self.kinds[token + 1]) {
            (Some(before), Some(behind)) => before == behind,
            _ => true,
        };
        for line in &self.text.lines {
            let tokens = line.tokens.clone();
            for token in tokens.clone().skip(1) {
                taken[token] |= taken[token - 1] && has_weight(token) && is_likely(token);
            }
            for token in tokens.clone().rev().skip(1) {
                taken[token] |= taken[token + 1] && has_weight(token) && is_likely(token);
            }
            for token in tokens.start + 1..tokens.end.saturating_sub(1) {
                taken[token] |= taken[token - 1] && taken[token + 1] && is_likely(token) && is_one(token);
            }
        }
    }

    /// Words of passwords and answers that are said again.
    fn echo_words(&self, labelled: &Labelled, taken: &mut [bool]) {
        let counts = |token: usize| labelled.is_word(token) && self.text.word(token).len() >= SHORTEST_ECHO;
        let is_of_words = |token: usize| {
            let chances = &labelled.chances[token];
            let known = matches!(self.kinds[token], Some(Kind::Password | Kind::SecurityAnswer));
            let chance = chances[1 + Kind::Password as usize] + chances[1 + Kind::SecurityAnswer as usize];
            known || chance >= SURE
        };
        let mut places = std::collections::HashMap::<&str, usize>::new();
        let mut echoes = Vec::new();
        let mut walk = |token: usize, taken: &[bool]| {
            if !counts(token) {
                return;
            }
            let (word, line) = (self.text.word(token), self.text.tokens[token].line);
            if taken[token] && is_of_words(token) {
                places.insert(word, line);
            } else if places.get(word).is_some_and(|said| said.abs_diff(line) <= LINES_OF_ECHOES) {
                echoes.push(token);
            }
        };
        (0..taken.len()).for_each(|token| walk(token, taken));
        (0..taken.len()).rev().for_each(|token| walk(token, taken));
        for token in echoes {
            taken[token] = true;
        }
    }

    fn take_likely(&mut self, labelled: &Labelled, taken: &[bool]) {
        let kinds = labelled.kinds();
        let is_new = |token: usize, search: &Self| {
            taken[token] && search.kinds[token].is_none() && labelled.classes[token] != Class::Redacted
        };
        let mut first = 0;
        while first < taken.len() {
            if !is_new(first, self) {
                first += 1;
                continue;
            }
            let (line, kind) = (self.text.tokens[first].line, kinds[first]);
            let goes_on =
                |token: &usize| is_new(*token, self) && self.text.tokens[*token].line == line && kinds[*token] == kind;
            let end = (first + 1..taken.len()).find(|token| !goes_on(token)).unwrap_or(taken.len());
            // "219-09-9999 and 12345678Z": a word between two secrets is part of neither.
            let weighs_nothing = (first..end).all(|token| labelled.classes[token] == Class::Filler);
            let before = first.checked_sub(1).and_then(|before| self.kinds[before]);
            // Two numbers that prove themselves are two.
            let is_apart = first > 0 && self.proven[first - 1] && self.proven.get(end).is_some_and(|proven| *proven);
            let is_within = !is_apart && before.is_some() && self.kinds.get(end).copied().flatten() == before;
            if !weighs_nothing || is_within {
                self.take(first..end, kind);
                let digits = self.chars_in(&(first..end), false);
                if digits.len() >= SHORTEST_NUMBER {
                    self.numbers.push((digits, kind, first));
                }
            }
            first = end;
        }
    }
}

/// From which chance on a word is one of a password or an answer, and known again.
const SURE: f32 = 0.3;
