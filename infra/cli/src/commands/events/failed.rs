use clap::Args;
use serde::Serialize;
use serde_json::Value;
use wrapup::date_time::DateTime;

use super::{CommandError, DataFolder};
use crate::output::{Output, Row};
use crate::webhook::{PutAside, WebhookUrl};

/// Events that are read at once.
pub const PAGE: usize = 100;

/// `wrapup events failed`
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    data: DataFolder,
    /// How to print them
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// An event that was put aside.
#[derive(Serialize)]
struct FailedRow {
    put_aside_on: DateTime,
    webhook: String,
    #[serde(rename = "type")]
    kind: String,
    external_segment_id: Option<String>,
    segment: String,
    sequence: String,
    id: String,
    problem: String,
}

/// Prints the list.
pub fn run(options: Options) -> Result<(), CommandError> {
    let mut rows: Vec<FailedRow> = Vec::new();
    if let Some(outbox) = options.data.outbox()? {
        let mut behind = 0;
        loop {
            let page = outbox.all_put_aside(behind, PAGE)?;
            let Some(last) = page.last() else { break };
            behind = last.place;
            rows.extend(page.into_iter().map(FailedRow::from));
        }
    }
    Ok(options.output.list(&rows)?)
}

impl From<PutAside> for FailedRow {
    fn from(aside: PutAside) -> Self {
        // A query may hold the receiver's key.
        let webhook = aside.webhook.parse::<WebhookUrl>().map(|url| url.to_string()).unwrap_or_default();
        let (event, problem) = (aside.event, aside.problem);
        let told: Value = serde_json::from_str(&event.json).unwrap_or_default();
        Self {
            put_aside_on: aside.put_aside_on.into(),
            webhook,
            kind: event.kind,
            external_segment_id: told["data"]["external_segment_id"].as_str().map(str::to_owned),
            segment: event.subject,
            sequence: event.sequence,
            id: event.id,
            problem,
        }
    }
}

impl Row for FailedRow {
    const COLUMNS: &'static [&'static str] =
        &["put_aside_on", "webhook", "type", "external_segment_id", "segment", "sequence", "problem"];

    fn cells(&self) -> Vec<String> {
        let put_aside_on = self.put_aside_on.to_string();
        let external = self.external_segment_id.clone().unwrap_or_default();
        let others = [&self.webhook, &self.kind, &external, &self.segment, &self.sequence, &self.problem];
        [put_aside_on].into_iter().chain(others.map(String::clone)).collect()
    }
}
