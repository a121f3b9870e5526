//! The three kinds of measurement. Subjects take turns in short batches, so that whatever else the machine
//! does meets all of them alike.

use std::time::Duration;

use bytes::Bytes;
use indicatif::ProgressBar;
use serde::Serialize;
use wrapup_lambda_tests::{FunctionProcess, Traffic};

use crate::binaries::Binaries;
use crate::error::BenchError;
use crate::process;
use crate::subject::{Call, Subject};
use crate::workload::Workload;

/// Calls of one subject in a row.
const BATCH: usize = 20;

/// Calls before the first that counts.
const WARM_UP: usize = 20;

/// How long a process takes to start, in microseconds; medians.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cold {
    /// From the start of the process to its first request for an event.
    pub init_us: f64,
    /// The first invocation.
    pub first_us: f64,
    /// Both together.
    pub total_us: f64,
}

/// What an invocation costs a process that has seen some.
#[derive(Clone, Debug, Serialize)]
pub struct Warm {
    pub p50_us: f64,
    pub p99_us: f64,
    /// CPU time per invocation of each batch, and their median; none where the system does not tell.
    pub cpu_us: Option<f64>,
    #[serde(skip)]
    pub cpu_batches: Vec<f64>,
    /// The most memory the process has had at once.
    pub peak_rss: Option<u64>,
}

/// What a call asks of DynamoDB.
#[derive(Clone, Debug, Serialize)]
pub struct Counts {
    /// The first call of a process.
    pub cold: Traffic,
    /// A later one.
    pub warm: Traffic,
}

/// What a measurement needs.
pub struct Bench<'a> {
    pub binaries: &'a Binaries,
    pub workload: &'a Workload,
    pub bar: &'a ProgressBar,
}

impl Bench<'_> {
    /// Counts the requests of a process's first call and of its third; what the second does is the first of
    /// its kind for caches that the first has filled.
    pub async fn counts(&self, subject: Subject) -> Result<Counts, BenchError> {
        let mut function = self.start(subject, self.workload.counted_dynamodb()).await;
        self.workload.traffic();
        let mut traffic = Vec::new();
        for event in self.workload.events(subject, 3).await {
            invoke(&mut function, subject, event).await?;
            traffic.push(self.workload.traffic());
        }
        function.stop().await;
        self.bar.inc(1);
        let cold = traffic.swap_remove(0);
        let warm = traffic.swap_remove(0);
        Ok(Counts { cold, warm })
    }

    /// Starts each subject so many times.
    pub async fn cold(&self, subjects: &[Subject], starts: usize) -> Result<Vec<Cold>, BenchError> {
        let mut init = vec![Vec::new(); subjects.len()];
        let mut first = vec![Vec::new(); subjects.len()];
        for _ in 0..starts {
            for (index, subject) in subjects.iter().enumerate() {
                let event = self.workload.events(*subject, 1).await;
                let mut function = self.start(*subject, self.workload.dynamodb()).await;
                init[index].push(microseconds(function.init));
                for event in event {
                    first[index].push(invoke(&mut function, *subject, event).await?);
                }
                function.stop().await;
                self.bar.inc(1);
            }
        }
        let measured = init.into_iter().zip(first).map(|(init, first)| {
            let total = init.iter().zip(&first).map(|(init, first)| init + first).collect();
            Cold { init_us: median(init), first_us: median(first), total_us: median(total) }
        });
        Ok(measured.collect())
    }

    /// Sends each subject so many events.
    pub async fn warm(&self, subjects: &[Subject], invocations: usize) -> Result<Vec<Warm>, BenchError> {
        let mut functions = Vec::new();
        for subject in subjects {
            let mut function = self.start(*subject, self.workload.dynamodb()).await;
            for event in self.workload.events(*subject, WARM_UP).await {
                invoke(&mut function, *subject, event).await?;
            }
            functions.push((function, Vec::new(), Vec::new()));
        }
        for _ in 0..invocations.div_ceil(BATCH) {
            for (subject, (function, took, cpu)) in subjects.iter().zip(&mut functions) {
                let events = self.workload.events(*subject, BATCH).await;
                function.idle().await;
                let before = process::cpu(function.pid);
                for event in events {
                    took.push(invoke(function, *subject, event).await?);
                }
                function.idle().await;
                let used = process::cpu(function.pid).zip(before).map(|(after, before)| after.saturating_sub(before));
                cpu.extend(used.map(|used| microseconds(used) / BATCH as f64));
                self.bar.inc(1);
            }
        }
        let mut measured = Vec::new();
        for (function, mut took, cpu) in functions {
            took.sort_by(f64::total_cmp);
            measured.push(Warm {
                p50_us: quantile(&took, 0.5),
                p99_us: quantile(&took, 0.99),
                cpu_us: (!cpu.is_empty()).then(|| median(cpu.clone())),
                cpu_batches: cpu,
                peak_rss: process::peak_memory(function.pid),
            });
            function.stop().await;
        }
        Ok(measured)
    }

    /// How long one function takes to create `counts` codes, in microseconds.
    pub async fn codes(&self, subject: Subject, counts: &[usize], rounds: usize) -> Result<Vec<f64>, BenchError> {
        let mut function = self.start(subject, self.workload.dynamodb()).await;
        let mut took = vec![Vec::new(); counts.len()];
        for _ in 0..rounds {
            for (index, count) in counts.iter().enumerate() {
                took[index].push(invoke(&mut function, subject, self.workload.new_codes(*count)).await?);
                self.bar.inc(1);
            }
        }
        function.stop().await;
        Ok(took.into_iter().map(median).collect())
    }

    async fn start(&self, subject: Subject, dynamodb: &str) -> FunctionProcess {
        let variables = self.workload.variables(subject).await;
        FunctionProcess::start(self.binaries.path(subject.binary), dynamodb, &variables).await
    }
}

/// The steps that the progress bar counts.
pub fn steps(subjects: usize, starts: usize, invocations: usize) -> usize {
    subjects * (1 + starts + invocations.div_ceil(BATCH))
}

/// Has an event answered as it should be; answers how long that took, in microseconds.
async fn invoke(function: &mut FunctionProcess, subject: Subject, event: Bytes) -> Result<f64, BenchError> {
    let answered = function.invoke(event).await;
    let unexpected = |answer: Bytes| {
        let answer = String::from_utf8_lossy(&answer).into_owned();
        BenchError::Unexpected { name: subject.name(), answer }
    };
    let response = answered.result.map_err(unexpected)?;
    let success = match subject.call {
        Call::Authorize => r#""Effect":"Allow""#,
        _ => r#""statusCode":200"#,
    };
    if !String::from_utf8_lossy(&response).contains(success) {
        return Err(unexpected(response));
    }
    Ok(microseconds(answered.took))
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The middle of some figures; of an even number of them the upper one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    quantile(&figures, 0.5)
}

fn quantile(sorted: &[f64], part: f64) -> f64 {
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index).or(sorted.last()).copied().unwrap_or(f64::NAN)
}
