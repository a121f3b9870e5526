//! All figures of a run, what they are compared with, and how they are written for programs.

use std::path::Path;

use serde::Serialize;

use crate::binaries::Size;
use crate::error::BenchError;
use crate::load::Throughput;
use crate::measure::{Cold, Counts, Warm, median};
use crate::subject::{Call, Format, Subject};

/// The figures of a run.
#[derive(Serialize)]
pub struct Report {
    pub machine: Machine,
    /// Starts of each process.
    pub starts: usize,
    /// Warm invocations of each process.
    pub invocations: usize,
    pub rows: Vec<Row>,
    pub codes: Vec<Codes>,
    pub local: Option<Throughput>,
}

/// Where it ran.
#[derive(Serialize)]
pub struct Machine {
    pub os: &'static str,
    pub architecture: &'static str,
    pub processor: Option<String>,
    pub cores: usize,
}

/// The figures of one subject.
#[derive(Serialize)]
pub struct Row {
    pub name: String,
    #[serde(flatten)]
    pub subject: Subject,
    pub size: Size,
    pub cold: Cold,
    pub warm: Warm,
    pub counts: Counts,
    /// CPU time, as a multiple of what the floors say that the call's requests cost.
    pub cpu_to_floor: Option<f64>,
    /// CPU time of an XML call, as a multiple of the JSON call's.
    pub cpu_to_json: Option<f64>,
}

/// One `POST code` with so many codes.
#[derive(Serialize)]
pub struct Codes {
    pub codes: usize,
    pub took_ms: f64,
    pub per_code_us: f64,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            os: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            processor: processor.map(|(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl Report {
    /// The figures of the floor that answers a constant, or of the one that reads an item.
    pub fn floor(&self, call: Call) -> Option<&Row> {
        self.rows.iter().find(|row| row.subject.call == call)
    }

    /// Sets each row off against the floors and against JSON. Batch by batch, as subjects took turns.
    pub fn compare(&mut self) {
        let batches = |rows: &[Row], wanted: &dyn Fn(Subject) -> bool| {
            let row = rows.iter().find(|row| wanted(row.subject));
            row.map(|row| row.warm.cpu_batches.clone()).unwrap_or_default()
        };
        let constant = batches(&self.rows, &|subject| subject.call == Call::Constant);
        let item = batches(&self.rows, &|subject| subject.call == Call::GetItem);
        for index in 0..self.rows.len() {
            let subject = self.rows[index].subject;
            let own = self.rows[index].warm.cpu_batches.clone();
            let worth = subject.requests_worth();
            let floor: Vec<f64> =
                constant.iter().zip(&item).map(|(constant, item)| constant + worth * (item - constant)).collect();
            self.rows[index].cpu_to_floor = ratio(&own, &floor);
            if subject.format == Format::Xml {
                self.rows[index].cpu_to_json = ratio(&own, &batches(&self.rows, &|other| other == subject.in_json()));
            }
        }
    }

    /// Writes the figures as JSON.
    pub fn write_json(&self, path: &Path) -> Result<(), BenchError> {
        write(path, &(serde_json::to_string_pretty(self)? + "\n"))
    }
}

/// Writes a report.
pub fn write(path: &Path, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(|source| BenchError::Report { path: path.to_owned(), source })
}

/// The median of the batches' ratios; none where there are no figures.
fn ratio(own: &[f64], other: &[f64]) -> Option<f64> {
    let ratios: Vec<f64> = own.iter().zip(other).map(|(own, other)| own / other).collect();
    (!ratios.is_empty()).then(|| median(ratios))
}
