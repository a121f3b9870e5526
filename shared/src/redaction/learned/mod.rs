//! What is secret, as learned from conversations that people wrote. The rules read a text and say what they think; a model
//! weighs that with the words around each word, with what was asked before it, and with who speaks, and decides. What
//! proves itself, as a card number does by its check digit, goes whatever the model says.
//!
//! The model is a linear chain over the words of a line (a conditional random field), with a weight for each feature and
//! label. `tests/redaction-model` makes `weights.bin` from tests/conversations, by the features that stand here.

mod chain;
mod concepts;
mod decide;
mod features;
mod table;

use std::ops::Range;
use std::sync::LazyLock;

pub use chain::{Scores, Transitions, marginals};
pub use decide::Thresholds;
pub use features::Class;
pub use table::{Table, TableError, written};

use super::find::Search;
use super::{Finding, Kind};
use features::Context;

/// Features are numbers of so many bits.
pub const BITS: u32 = 20;
/// Nothing, or a kind of secret.
pub const LABELS: usize = 1 + Kind::ALL.len();

/// The weights that redaction goes by. A test holds that they are read.
static WEIGHTS: LazyLock<Option<Table>> = LazyLock::new(|| Table::read(include_bytes!("weights.bin")).ok());

/// What is secret in a text, in its order: by the rules and the model.
pub fn findings(text: &str) -> Vec<Finding> {
    findings_by(text, WEIGHTS.as_ref(), Thresholds::default())
}

/// What is secret in a text by the rules, and by a model, if there is one.
pub fn findings_by(text: &str, table: Option<&Table>, thresholds: Thresholds) -> Vec<Finding> {
    let mut search = Search::of(text);
    if let Some(table) = table {
        search.weigh(table, thresholds);
        search.echoes();
    }
    search.whole_words();
    search.into_findings()
}

/// A line of a text that a model is made from.
#[derive(Default)]
pub struct Line {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// The class of each.
    pub classes: Vec<u8>,
    /// The features of each alone.
    pub own: Vec<Vec<u32>>,
    /// The features that all of a class have alike.
    pub shared: [Vec<u32>; Class::COUNT],
}

/// A text that a model is made from, with all features at once.
pub struct Reading {
    /// Bytes of each token.
    pub tokens: Vec<Range<usize>>,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Reading {
    /// Reads a text. What the rules find in it counts as far as `counts` says so.
    pub fn of(text: &str, counts: impl FnMut(&Finding) -> bool) -> Self {
        let search = Search::of(text);
        let context = Context::of(&search, counts);
        let read = |(at, tokens): (usize, Range<usize>)| {
            let mut line = Line { tokens: tokens.clone(), ..Line::default() };
            for token in tokens {
                let class = context.class(token);
                let mut own = Vec::new();
                context.own(token, &mut own);
                line.own.push(own);
                line.classes.push(class as u8);
                let shared = &mut line.shared[class as usize];
                if shared.is_empty() {
                    context.shared(at, class, shared);
                }
            }
            line
        };
        let lines = search.text.lines.iter().map(|line| line.tokens.clone()).enumerate().map(read).collect();
        Self { tokens: search.text.tokens.iter().map(|token| token.start..token.end).collect(), lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_in_the_binary_are_of_this_model() {
        assert!(WEIGHTS.is_some());
    }
}
