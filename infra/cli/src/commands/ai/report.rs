use std::collections::{BTreeMap, HashSet};
use std::io;
use std::time::Duration;

use serde::Serialize;
use wrapup::ai::{Provider, ProviderError, Suggestion};
use wrapup::codes::Code;

use super::rows::Row;
use crate::output::{self, Output};

/// Pairs of codes that are shown.
const MISTAKES: usize = 10;

/// What a provider was worth, beside two ways to choose that cost nothing.
pub struct Report {
    provider: Figures,
    default_code: Figures,
    word_overlap: Figures,
    /// How often which code was suggested, or none, in place of the right one.
    mistakes: BTreeMap<(String, Option<String>), usize>,
    took: Vec<Duration>,
}

/// The figures of one way to choose.
#[derive(Serialize)]
struct Figures {
    method: String,
    rows: usize,
    right: usize,
    suggested: usize,
    failed: usize,
    /// Right of all.
    accuracy: f64,
    /// Suggested of all.
    coverage: f64,
    /// Right of the suggested.
    precision: f64,
}

#[derive(Serialize)]
struct Mistake {
    code: String,
    suggested: Option<String>,
    times: usize,
}

#[derive(Serialize)]
struct Latency {
    median_ms: f64,
    p95_ms: f64,
}

#[derive(Serialize)]
struct Json<'a> {
    methods: [&'a Figures; 3],
    mistakes: Vec<Mistake>,
    latency: Latency,
}

impl Report {
    pub fn new(provider: &dyn Provider) -> Self {
        Self {
            provider: Figures::of(format!("{} {}", provider.source(), provider.model())),
            default_code: Figures::of("always the default code".to_owned()),
            word_overlap: Figures::of("word overlap with the label".to_owned()),
            mistakes: BTreeMap::new(),
            took: Vec::new(),
        }
    }

    /// Counts a row and what the provider made of it.
    pub fn add(&mut self, row: &Row, suggestion: Result<Suggestion, ProviderError>, took: Duration) {
        self.default_code.add(row, row.choices.default_code.as_ref().map(|code| code.as_str()));
        self.word_overlap.add(row, word_overlap(row).map(|code| code.code.as_str()));
        self.took.push(took);
        let Ok(suggestion) = suggestion else { return self.provider.add_failed() };
        let suggested = suggestion.code.map(|code| code.label);
        self.provider.add(row, suggested.as_deref());
        if suggested.as_deref() != Some(row.code.as_str()) {
            *self.mistakes.entry((row.code.as_str().to_owned(), suggested)).or_default() += 1;
        }
    }

    /// Prints the figures.
    pub fn print(self, output: Output) -> io::Result<()> {
        let (latency, mistakes) = (Latency::of(self.took), most_often(self.mistakes));
        let methods = [&self.provider, &self.default_code, &self.word_overlap];
        if let Output::Json = output {
            return output::json(&Json { methods, mistakes, latency });
        }
        output.list(&methods)?;
        if let Output::Csv = output {
            return Ok(());
        }
        if !mistakes.is_empty() {
            output::line("Most mistaken:")?;
            output.list(&mistakes)?;
        }
        output::line(format!("Latency: median {:.1} ms, p95 {:.1} ms", latency.median_ms, latency.p95_ms))
    }
}

impl Figures {
    fn of(method: String) -> Self {
        Self { method, rows: 0, right: 0, suggested: 0, failed: 0, accuracy: 0.0, coverage: 0.0, precision: 0.0 }
    }

    fn add(&mut self, row: &Row, suggested: Option<&str>) {
        self.rows += 1;
        self.suggested += usize::from(suggested.is_some());
        self.right += usize::from(suggested == Some(row.code.as_str()));
        self.divide();
    }

    fn add_failed(&mut self) {
        self.rows += 1;
        self.failed += 1;
        self.divide();
    }

    fn divide(&mut self) {
        self.accuracy = share(self.right, self.rows);
        self.coverage = share(self.suggested, self.rows);
        self.precision = share(self.right, self.suggested);
    }
}

impl Latency {
    fn of(mut took: Vec<Duration>) -> Self {
        took.sort();
        // The nearest rank: the smallest of which so many percent are no longer.
        let at = |percent: usize| {
            let rank = (took.len() * percent).div_ceil(100).max(1);
            took.get(rank - 1).map_or(0.0, |took| round(took.as_secs_f64() * 1000.0))
        };
        Self { median_ms: at(50), p95_ms: at(95) }
    }
}

/// A part of a whole, 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    round(part as f64 / whole.max(1) as f64)
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The most frequent mistakes; of equals in the order of the codes' names.
fn most_often(mistakes: BTreeMap<(String, Option<String>), usize>) -> Vec<Mistake> {
    let mistakes = mistakes.into_iter().map(|((code, suggested), times)| Mistake { code, suggested, times });
    let mut mistakes: Vec<Mistake> = mistakes.collect();
    mistakes.sort_by_key(|mistake| std::cmp::Reverse(mistake.times));
    mistakes.truncate(MISTAKES);
    mistakes
}

/// The code the largest share of whose label's words stand in the conversation; of equals the first.
fn word_overlap(row: &Row) -> Option<&Code> {
    let conversation = &row.conversation;
    let said = [conversation.short_description(), conversation.transcript()];
    let said: HashSet<String> = said.into_iter().flatten().flat_map(words).collect();
    let overlap = |code: &Code| {
        let translation = code.translations.iter().find(|of| Some(of.language) == conversation.language());
        let label = translation.and_then(|of| of.code.as_deref()).unwrap_or(code.code.as_str());
        let words: Vec<String> = words(label).collect();
        words.iter().filter(|word| said.contains(*word)).count() as f64 / words.len().max(1) as f64
    };
    let scored = row.choices.codes.iter().map(|code| (overlap(code), code.as_ref())).filter(|(score, _)| *score > 0.0);
    scored.rev().max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, code)| code)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

impl output::Row for &Figures {
    const COLUMNS: &'static [&'static str] =
        &["method", "right", "suggested", "failed", "accuracy", "coverage", "precision"];

    fn cells(&self) -> Vec<String> {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        vec![
            self.method.clone(),
            format!("{} of {}", self.right, self.rows),
            self.suggested.to_string(),
            self.failed.to_string(),
            percent(self.accuracy),
            percent(self.coverage),
            percent(self.precision),
        ]
    }
}

impl output::Row for Mistake {
    const COLUMNS: &'static [&'static str] = &["right", "suggested", "times"];

    fn cells(&self) -> Vec<String> {
        vec![self.code.clone(), self.suggested.clone().unwrap_or_else(|| "none".to_owned()), self.times.to_string()]
    }
}
