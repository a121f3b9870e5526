use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;
use wrapup::ai::{ProviderError, SuggestedCode, Suggestion};

use super::rows::Row;
use crate::commands::CommandError;
use crate::owned;

/// A file of what was suggested: one JSON object a row. It has notes in it, which are personal data: it is for its
/// owner alone.
pub struct Predictions {
    path: PathBuf,
    file: BufWriter<File>,
}

#[derive(Serialize)]
struct Prediction<'a> {
    line: usize,
    code: &'a str,
    /// Whether the first of the labels is named, or all are only offered.
    named: bool,
    /// The likeliest first.
    labels: Vec<&'a str>,
    /// As sure as the provider is of each label, where it says.
    confidences: Vec<Option<f64>>,
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Predictions {
    pub fn create(path: PathBuf) -> Result<Self, CommandError> {
        let created = owned::create(&path);
        let file = created.map_err(|error| CommandError::file(&path, format!("cannot be written: {error}")))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    pub fn add(&mut self, row: &Row, suggestion: &Result<Suggestion, ProviderError>) -> Result<(), CommandError> {
        let nothing = Suggestion::default();
        let suggested = suggestion.as_ref().unwrap_or(&nothing);
        let ranked: Vec<&SuggestedCode> = suggested.code.iter().chain(&suggested.alternatives).collect();
        let prediction = Prediction {
            line: row.line,
            code: row.code.as_str(),
            named: suggested.code.is_some(),
            labels: ranked.iter().map(|ranked| ranked.label.as_str()).collect(),
            confidences: ranked.iter().map(|ranked| ranked.confidence).collect(),
            notes: suggested.notes.as_deref(),
            error: suggestion.as_ref().err().map(ToString::to_string),
        };
        let written = serde_json::to_string(&prediction).map_err(std::io::Error::from);
        let written = written.and_then(|line| writeln!(self.file, "{line}")).and_then(|()| self.file.flush());
        written.map_err(|error| CommandError::file(&self.path, format!("cannot be written: {error}")))
    }
}
