//! What a report of many wrap-ups costs, over an embedded DynamoDB that holds them.

use std::collections::HashMap;
use std::fmt::Write;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use comfy_table::presets::ASCII_MARKDOWN;
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Connection, Dynamo, Item, Table, Tables, connect, string};
use wrapup::reports::{By, Name, ReportRequest};
use wrapup::segment_tables::Registry;
use wrapup_lambda_tests::{Instance, Traffic, World, opening_with};

use crate::error::BenchError;
use crate::process;

/// The first moment of the month that the wrap-ups are of.
const MONTH: &str = "2026-01-01 00:00:00";

/// Seconds of that month.
const SECONDS: u64 = 31 * 24 * 60 * 60;

/// What is asked for.
const REPORTS: [&str; 7] =
    ["codes", "codes?by=day", "handle_time", "handle_time?by=hour", "ai", "confirmations", "agents"];

/// A unit of reading, US$: on demand, us-east-1.
const READ_UNIT: f64 = 0.125e-6;

/// Records that are written at once.
const BATCH: usize = 25;

/// Codes of the configuration, and agents.
const CODES: u64 = 40;
const AGENTS: u64 = 200;

/// Measures the reports of so many wrap-ups, and writes the figures as a table. Each is counted by a process of its own, which
/// this program starts as itself, since a function has no time for so many.
pub async fn measure(many: usize) -> Result<String, BenchError> {
    let world = World::start().await;
    fill(&world, many).await?;
    let mut table = comfy_table::Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["report", "requests", "read units", "US$", "CPU, s", "took, s", "peak memory, MB"]);
    for report in REPORTS {
        let counted = by_itself(report, world.engine_url()).await?;
        // Counting requests takes time of its own.
        world.traffic();
        by_itself(report, world.url()).await?;
        let Traffic { requests, read_units, .. } = world.traffic();
        table.add_row([
            report.to_owned(),
            requests.len().to_string(),
            format!("{read_units:.0}"),
            format!("{:.4}", read_units * READ_UNIT),
            counted.cpu.map_or_else(String::new, |seconds| format!("{seconds:.1}")),
            format!("{:.1}", counted.took),
            counted.peak.map_or_else(String::new, |bytes| format!("{:.0}", bytes as f64 / 1e6)),
        ]);
    }
    let mut text = table.to_string();
    let _ = writeln!(text, "\n{many} wrap-ups of a month, {CODES} codes, {AGENTS} agents");
    Ok(text)
}

/// What counting took.
#[derive(Serialize, Deserialize)]
struct Counted {
    /// Seconds of a core.
    cpu: Option<f64>,
    /// Seconds.
    took: f64,
    /// Bytes of memory at most.
    peak: Option<u64>,
}

async fn by_itself(report: &str, dynamodb: &str) -> Result<Counted, BenchError> {
    let mut command = tokio::process::Command::new(std::env::current_exe()?);
    let output = command.args(["--count", report, "--dynamodb", dynamodb]).output().await?;
    serde_json::from_slice(&output.stdout).map_err(|_| BenchError::Unexpected {
        name: report.to_owned(),
        answer: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Counts a report of the month in this process, and writes what that took.
pub async fn count(report: &str, dynamodb: &str) -> Result<String, BenchError> {
    let unexpected = |answer: String| BenchError::Unexpected { name: report.to_owned(), answer };
    let (name, by) = report.split_once("?by=").map_or((report, None), |(name, by)| (name, Some(by)));
    let asked = |by: Option<By>| {
        let from = DateTime::parse(MONTH)?;
        ReportRequest::new(Name::of(name)?, from, from.plus_seconds(SECONDS)?, by, None).ok()
    };
    let request = asked(by.and_then(By::of)).ok_or_else(|| unexpected("no such report".to_owned()))?;
    let connection = Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some(dynamodb.to_owned()),
        credentials: Credentials::new("bench", "bench", None, None, "bench"),
    };
    let dynamo = Dynamo::new(connect(connection), Tables::default());
    let system = System::new(dynamo, Registry::default(), Clock::system(), None);
    let begun = std::time::Instant::now();
    let report = system.reports().report(&request, None).await.map_err(|error| unexpected(error.to_string()))?;
    let took = begun.elapsed().as_secs_f64();
    let own = std::process::id();
    let cpu = process::cpu(own).map(|cpu| cpu.as_secs_f64());
    let counted = Counted { cpu, took, peak: process::peak_memory(own) };
    match report.rows.is_empty() {
        false => serde_json::to_string(&counted).map_err(|error| unexpected(error.to_string())),
        true => Err(unexpected("no rows".to_owned())),
    }
}

/// Writes so many wrap-ups, with all that the index shows.
pub async fn fill(world: &World, many: usize) -> Result<(), BenchError> {
    let stores = world.stores();
    let client = stores.dynamo().client.clone();
    let instance = Instance::new(stores, None);
    instance.open(&opening_with("FIRST", usize::try_from(CODES).unwrap_or(40))).await;
    let first =
        world.records(Table::Segments).await.into_iter().find_map(|item| item.get("wrap_up_configuration").cloned());
    let snapshot = first.unwrap_or_else(|| string(""));
    let bar = ProgressBar::new(many as u64);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for start in (0..many).step_by(BATCH) {
        let records = (start..many.min(start + BATCH)).filter_map(|number| {
            let put = PutRequest::builder().set_item(Some(wrap_up(number, &snapshot, &mut random)?)).build().ok()?;
            Some(WriteRequest::builder().put_request(put).build())
        });
        let write = client.batch_write_item().request_items(Table::Segments.platform_name(), records.collect());
        write
            .send()
            .await
            .map_err(|error| BenchError::Unexpected { name: "a write".to_owned(), answer: format!("{error:?}") })?;
        bar.inc(BATCH as u64);
    }
    bar.finish_and_clear();
    Ok(())
}

/// A closed wrap-up by chance.
fn wrap_up(number: usize, snapshot: &AttributeValue, random: &mut u64) -> Option<Item> {
    // xorshift: the same numbers each time.
    let mut below = |end: u64| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        *random % end
    };
    let sys_id = format!("{:032x}", (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let digit = sys_id.get(..1)?.to_owned();
    let submitted_on = DateTime::parse(MONTH)?.plus_seconds(below(SECONDS))?;
    let opened_on = submitted_on.minus_seconds(5 + below(40) * below(12))?;
    let awaits = below(200) == 0;
    let (code, suggested) = (below(CODES), below(CODES));
    let shelf = if awaits { format!("awaiting#{digit}") } else { format!("closed#{}#{digit}", submitted_on.day()) };
    let texts = [
        ("by_time_shelf", shelf),
        ("by_time_place", format!("{submitted_on}#{sys_id}")),
        ("agent", format!("{:032x}", u128::from(below(AGENTS)) << 64)),
        ("interaction", format!("{:032x}", (number as u128 + 7) << 32)),
        ("state", "closed".to_owned()),
        ("opened_on", opened_on.to_string()),
        ("due_on", opened_on.plus_seconds(600)?.to_string()),
        ("submitted_on", submitted_on.to_string()),
        ("code", format!("Code {code:03}")),
        ("code_from", "agent".to_owned()),
        ("ai_wrap_up_code", format!("Code {suggested:03}")),
        ("ai_source", "extractive".to_owned()),
        ("ai_outcome", if code == suggested { "ai_code" } else { "another_code" }.to_owned()),
        ("sys_id", sys_id),
    ];
    let flags = [("external", true), ("awaiting_confirmation", awaits), ("timed_out", below(20) == 0)];
    let numbers = [("code_place", code.to_string()), ("ai_confidence", format!("0.{:02}", below(100)))];
    let mut item: Item = HashMap::from([("wrap_up_configuration".to_owned(), snapshot.clone())]);
    item.extend(texts.map(|(column, text)| (column.to_owned(), string(text))));
    item.extend(flags.map(|(column, flag)| (column.to_owned(), AttributeValue::Bool(flag))));
    item.extend(numbers.map(|(column, number)| (column.to_owned(), AttributeValue::N(number))));
    Some(item)
}
