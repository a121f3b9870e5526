//! Short exchanges of every kind and language, written before it was looked at how the rules fare on them: what is between
//! `«` and `»` is secret.
#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Personal, Redactor};

const SENTENCES: &str = include_str!("../../../tests/conversations/redaction-sentences.txt");

/// The text of a line without its marks, and what they are around.
fn unmarked(line: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut secrets, mut start) = (String::new(), Vec::new(), 0);
    for letter in line.replace(" | ", "\n").chars() {
        match letter {
            '«' => start = text.len(),
            '»' => secrets.push(start..text.len()),
            letter => text.push(letter),
        }
    }
    (text, secrets)
}

#[test]
fn of_short_exchanges_98_percent_hold() {
    let (mut kind, mut by_kind) = ("", BTreeMap::<&str, (usize, usize)>::new());
    for line in SENTENCES.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            kind = name;
            continue;
        }
        let Some((_, said)) = line.split_once(' ') else { continue };
        let (text, secrets) = unmarked(said);
        let found = Redactor::new(Personal::ALL).find(&text);
        let is_gone = |at: usize| found.iter().any(|finding| finding.bytes.contains(&at));
        let mut letters = secrets
            .iter()
            .flat_map(|secret| text[secret.clone()].char_indices().map(|(at, letter)| (secret.start + at, letter)));
        let holds = match secrets.is_empty() {
            true => found.is_empty(),
            false => letters.all(|(at, letter)| !letter.is_alphanumeric() || is_gone(at)),
        };
        let counts = by_kind.entry(kind).or_default();
        *counts = (counts.0 + 1, counts.1 + usize::from(holds));
        if !holds {
            println!("{line}");
        }
    }
    for (kind, (all, hold)) in &by_kind {
        println!("  {kind:30} {hold} of {all}");
        assert!(hold * 100 >= all * 95, "{kind}: {hold} of {all}");
    }
    let (all, hold) = by_kind.values().fold((0, 0), |sum, of_kind| (sum.0 + of_kind.0, sum.1 + of_kind.1));
    println!("  {:30} {hold} of {all}", "all");
    assert!(all > 400 && hold * 100 >= all * 98, "{hold} of {all}");
}
