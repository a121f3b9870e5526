//! Numbers that are said again: an agent reads back what a customer has read out.

use std::collections::HashMap;

use super::Search;
use crate::redaction::Kind;

/// A number with fewer digits that stands somewhere else is another number.
const SHORTEST: usize = 4;
/// A shorter one is said again only so many tokens away.
const SHORT: usize = 7;
const NEAR: usize = 80;
/// The part of a longer number that is known again. Its last four digits may be said.
const SHORTEST_PART: usize = 6;
/// A number with so many digits has parts.
const LONG: usize = 12;
/// The part that is known again where the number was just said, and the lines around it.
const SHORTEST_NEAR: usize = 3;
const LINES_BEFORE: usize = 1;
const LINES_BEHIND: usize = 8;
/// Lines in which an agent says what was understood.
const LINES_MISHEARD: usize = 2;
/// Numbers whose parts are looked for.
const REMEMBERED: usize = 8;

impl Search<'_> {
    /// Takes numbers that were found elsewhere, and parts of them.
    pub(super) fn echoed_numbers(&mut self) {
        let mut whole: HashMap<&str, Vec<(Kind, usize)>> = HashMap::new();
        for (chars, kind, token) in &self.numbers {
            whole.entry(chars).or_default().push((*kind, *token));
        }
        let mut in_order: Vec<&(String, Kind, usize)> = self.numbers.iter().collect();
        in_order.sort_by_key(|(_, _, token)| *token);
        let mut echoes = Vec::new();
        for run in &self.dictated.numbers {
            let tokens = self.dictated.tokens(run);
            let is_mixed = self.dictated.pieces[run.pieces.clone()].iter().any(|piece| piece.is_mixed);
            if run.chars.len() < SHORTEST || is_mixed || self.is_taken(tokens.clone()) {
                continue;
            }
            let near = |token: &usize| run.chars.len() >= SHORT || token.abs_diff(tokens.start) <= NEAR;
            let same = whole
                .get(run.chars.as_str())
                .into_iter()
                .flatten()
                .find(|(_, token)| near(token))
                .map(|(kind, _)| *kind);
            let kind = same.or_else(|| {
                let before = in_order.partition_point(|(_, _, token)| *token < tokens.start);
                let latest = in_order[before.saturating_sub(REMEMBERED)..before].iter().rev();
                let mut of = latest.filter(|(chars, kind, token)| {
                    // The last four digits of a card may be said; of what was said with hesitation, all is said again.
                    let least = if chars.len() >= LONG || *kind == Kind::CardNumber { SHORTEST_PART } else { SHORTEST };
                    run.chars.len() >= least && near(token) && chars.contains(run.chars.as_str())
                });
                of.next().map(|(_, kind, _)| *kind)
            });
            echoes.extend(kind.map(|kind| (run.pieces.clone().collect::<Vec<usize>>(), kind)));
        }
        for (pieces, kind) in echoes {
            self.take_pieces(&pieces, kind);
        }
    }

    /// Takes what is said again of a number while it is dictated, or soon afterwards: a few digits are enough.
    pub(super) fn parts_said_again(&mut self) {
        let mut parts = Vec::new();
        let mut numbers: Vec<&(String, Kind, usize)> = self.numbers.iter().collect();
        numbers.sort_by_key(|(chars, _, token)| (*token, std::cmp::Reverse(chars.len())));
        numbers.dedup_by_key(|(_, _, token)| *token);
        for (chars, kind, token) in numbers {
            let line = self.line(*token);
            let lines = &self.text.lines;
            let from = lines[line.saturating_sub(LINES_BEFORE)].tokens.start.max(token.saturating_sub(NEAR));
            let to = lines[(line + LINES_BEHIND).min(lines.len() - 1)].tokens.end.min(token + 2 * NEAR);
            let letters =
                matches!(kind, Kind::Iban | Kind::IdentityNumber | Kind::SocialSecurityNumber | Kind::SecurityCode);
            let found_line = line;
            for stretch in self.stretches(from..to, letters) {
                let here = self.chars_in(&stretch, letters);
                let digits = self.chars_in(&stretch, false);
                let line = self.line(stretch.start);
                let is_part = here.len() >= SHORTEST_NEAR
                    && (chars.contains(here.as_str())
                        || chars.contains(digits.as_str()) && digits.len() >= SHORTEST_NEAR);
                // What an agent says then is that number, or what was understood of it.
                let is_misheard = (digits.len() > SHORTEST_NEAR || digits.len() == chars.len())
                    && *kind != Kind::PhoneNumber
                    && self.is_agent(line) == Some(true)
                    && (found_line + 1..=found_line + LINES_MISHEARD).contains(&line);
                let is_known = self.kinds[stretch.clone()].iter().all(Option::is_some);
                if (is_part || is_misheard) && !is_known && !self.is_of_something_else(stretch.start, 0) {
                    parts.push((stretch, *kind));
                }
            }
        }
        for (stretch, kind) in parts {
            self.take(stretch, kind);
        }
    }
}
