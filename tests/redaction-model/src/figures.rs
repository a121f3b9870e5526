//! How much of what is secret goes, and how much goes that is none.

use std::collections::BTreeMap;
use std::ops::Range;

use wrapup::redaction::{Finding, Kind};

use crate::rows::Row;

/// So many, and of so many.
pub type Share = (usize, usize);

/// What redaction makes of conversations.
#[derive(Clone, Default)]
pub struct Figures {
    /// Secrets that are gone to the last letter, by kind.
    pub gone: BTreeMap<Kind, Share>,
    /// Lines that are touched in conversations without secrets.
    pub touched: Share,
    /// Lines without secrets that are touched in the others.
    pub beside: Share,
}

impl Figures {
    /// Counts a conversation.
    pub fn add(&mut self, row: &Row, found: &[Finding]) {
        let is_gone = |at: usize| found.iter().any(|finding| finding.bytes.contains(&at));
        for (kind, places) in &row.secrets {
            let goes = |place: &Range<usize>| {
                let mut letters = row.text[place.clone()].char_indices();
                letters.all(|(at, letter)| !letter.is_alphanumeric() || is_gone(place.start + at))
            };
            count(self.gone.entry(*kind).or_default(), places.iter().all(goes));
        }
        let mut start = 0;
        for line in row.text.split('\n') {
            let end = start + line.len();
            let overlaps = |range: &Range<usize>| range.start < end && range.end > start;
            let is_touched = found.iter().any(|finding| overlaps(&finding.bytes));
            if row.secrets.is_empty() {
                count(&mut self.touched, is_touched);
            } else if !row.secrets.iter().flat_map(|(_, places)| places).any(overlaps) {
                count(&mut self.beside, is_touched);
            }
            start = end + 1;
        }
    }

    /// Counts what others have counted.
    pub fn merge(&mut self, other: &Self) {
        for (kind, share) in &other.gone {
            sum(self.gone.entry(*kind).or_default(), *share);
        }
        sum(&mut self.touched, other.touched);
        sum(&mut self.beside, other.beside);
    }

    /// One line of figures.
    pub fn line(&self) -> String {
        let all = self.gone.values().fold((0, 0), |(part, all), share| (part + share.0, all + share.1));
        format!(
            "{} of secrets gone, {} of lines touched, {} beside secrets",
            text(all),
            text(self.touched),
            text(self.beside)
        )
    }
}

/// What is left of secrets, and what is touched for nothing, a line each: where it stands is between `«` and `»`.
pub fn wrong(row: &Row, found: &[Finding]) -> Vec<String> {
    let is_gone = |at: usize| found.iter().any(|finding| finding.bytes.contains(&at));
    let places = || row.secrets.iter().flat_map(|(kind, places)| places.iter().map(move |place| (*kind, place)));
    let show = |what: &str, place: &Range<usize>| {
        let begin = row.text[..place.start].rfind('\n').map_or(0, |end| end + 1);
        let begin = row.text[..begin.saturating_sub(1)].rfind('\n').map_or(0, |end| end + 1);
        let end = row.text[place.end..].find('\n').map_or(row.text.len(), |end| place.end + end);
        let (before, behind) = (&row.text[begin..place.start], &row.text[place.end..end]);
        format!("{} {what}: {before}«{}»{behind}", row.hand, &row.text[place.clone()]).replace('\n', " | ")
    };
    let is_left = |place: &Range<usize>| {
        let mut letters = row.text[place.clone()].char_indices();
        letters.any(|(at, letter)| letter.is_alphanumeric() && !is_gone(place.start + at))
    };
    let left = places().filter(|(_, place)| is_left(place)).map(|(kind, place)| show(kind.as_str(), place));
    let is_none = |bytes: &Range<usize>| !places().any(|(_, place)| place.start < bytes.end && place.end > bytes.start);
    let touched = found.iter().filter(|finding| is_none(&finding.bytes));
    let touched = touched.map(|finding| show(&format!("no {}", finding.kind.as_str()), &finding.bytes));
    left.chain(touched).collect()
}

/// A share as it is printed.
pub fn text((part, all): Share) -> String {
    let percent = if all == 0 { 0.0 } else { 100.0 * part as f64 / all as f64 };
    format!("{part:5} of {all:5} ({percent:5.1} %)")
}

fn count(share: &mut Share, is_one: bool) {
    *share = (share.0 + usize::from(is_one), share.1 + 1);
}

fn sum(share: &mut Share, other: Share) {
    *share = (share.0 + other.0, share.1 + other.1);
}
