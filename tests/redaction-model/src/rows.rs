//! The conversations, with what is secret in them.

use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use wrapup::redaction::{Kind, Personal, Redactor};

/// Files of rows, and by what hand they are, where the rows do not say so. Whoever wrote the rules has read the first two.
const FILES: &[(&str, &str, bool)] = &[
    ("redaction-tuning.jsonl", "tuning", true),
    ("redaction-held-out.jsonl", "tuning", true),
    ("redaction-learning.jsonl", "", false),
    ("tuning.jsonl", LABELLED, false),
    ("bank.jsonl", LABELLED, false),
    ("service-desk.jsonl", LABELLED, false),
    ("travel.jsonl", LABELLED, false),
];

/// The hand of the conversations that are there for their codes.
pub const LABELLED: &str = "labelled";
/// The hand of the short exchanges.
const SENTENCES: &str = "sentences";

/// A secret: what it is, and where it stands.
pub type Place = (Kind, Vec<Range<usize>>);

/// A conversation.
pub struct Row {
    /// Who wrote it.
    pub hand: String,
    /// Whether the rules were written with it in view, so that they fare better on it than on any other.
    pub known: bool,
    /// What is said.
    pub text: String,
    /// What of it is secret: a secret that is said in several turns has several places.
    pub secrets: Vec<Place>,
}

/// Why there are none.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    #[error("cannot read {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    #[error("{file}, row {row}: {what}")]
    Wrong { file: String, row: usize, what: String },
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    transcript: String,
    #[serde(default)]
    hand: Option<String>,
    #[serde(default)]
    secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Secret {
    kind: String,
    pieces: Vec<String>,
}

/// All rows of a folder.
pub fn read(folder: &Path) -> Result<Vec<Row>, RowsError> {
    let mut rows = Vec::new();
    for (file, hand, known) in FILES {
        for (number, line) in (1..).zip(text_of(folder, file)?.lines()) {
            let wrong = |what: String| RowsError::Wrong { file: (*file).to_owned(), row: number, what };
            let written: Written = serde_json::from_str(line).map_err(|cause| wrong(cause.to_string()))?;
            let secrets = places(&written).map_err(wrong)?;
            let hand = written.hand.unwrap_or_else(|| (*hand).to_owned());
            rows.push(Row { hand, known: *known, text: written.transcript, secrets });
        }
    }
    rows.extend(sentences(&text_of(folder, "redaction-sentences.txt")?));
    Ok(rows)
}

fn text_of(folder: &Path, file: &str) -> Result<String, RowsError> {
    fs::read_to_string(folder.join(file)).map_err(|cause| RowsError::Unreadable { file: file.to_owned(), cause })
}

fn kind_of(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
}

/// Where the secrets of a row stand: each behind the beginning of the one before it.
fn places(row: &Written) -> Result<Vec<Place>, String> {
    let (mut secrets, mut behind_first) = (Vec::new(), 0);
    for secret in &row.secrets {
        let kind = kind_of(&secret.kind).ok_or_else(|| format!("there is no kind '{}'", secret.kind))?;
        let (mut pieces, mut behind) = (Vec::new(), behind_first);
        for piece in &secret.pieces {
            let found = row.transcript.get(behind..).and_then(|rest| rest.find(piece.as_str()));
            let start = behind + found.ok_or_else(|| format!("a piece of its {} is not in it", secret.kind))?;
            behind = start + piece.len();
            if pieces.is_empty() {
                behind_first = behind;
            }
            pieces.push(start..behind);
        }
        secrets.push((kind, pieces));
    }
    Ok(secrets)
}

/// The short exchanges. Where their heading names no kind, the rules tell which it is.
fn sentences(file: &str) -> Vec<Row> {
    let (mut kind, mut rows) = (None, Vec::new());
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            kind = kind_of(name);
            continue;
        }
        let Some((_, said)) = line.split_once(' ') else { continue };
        let (mut text, mut marked, mut start) = (String::new(), Vec::new(), 0);
        for letter in said.replace(" | ", "\n").chars() {
            match letter {
                '«' => start = text.len(),
                '»' => marked.push(start..text.len()),
                letter => text.push(letter),
            }
        }
        let found = Redactor::new(Personal::ALL).find(&text);
        let by_rules = |place: &Range<usize>| {
            let overlaps = |bytes: &Range<usize>| bytes.start < place.end && bytes.end > place.start;
            found.iter().find(|finding| overlaps(&finding.bytes)).map(|finding| finding.kind)
        };
        let kind_at = |place: &Range<usize>| kind.or_else(|| by_rules(place)).unwrap_or(Kind::SecurityCode);
        let secrets = marked.into_iter().map(|place| (kind_at(&place), vec![place])).collect();
        rows.push(Row { hand: SENTENCES.to_owned(), known: true, text, secrets });
    }
    rows
}
