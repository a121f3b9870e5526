//! What a report of many wrap-ups costs: the function as it is deployed, over an embedded DynamoDB that holds them.

use std::collections::HashMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use bytes::Bytes;
use comfy_table::presets::ASCII_MARKDOWN;
use indicatif::ProgressBar;
use serde_json::json;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Item, Table, string};
use wrapup_lambda_tests::{Event, FunctionProcess, Instance, Traffic, World, opening_with};

use crate::binaries::Binaries;
use crate::error::BenchError;
use crate::process;

/// The function.
const FUNCTION: &str = "report";

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

/// Measures the reports of so many wrap-ups, and writes the figures as a table.
pub async fn measure(many: usize) -> Result<String, BenchError> {
    let binaries = Binaries::build(&[FUNCTION], false)?;
    let world = World::start().await;
    fill(&world, many).await?;
    let mut table = comfy_table::Table::new();
    table.load_style(ASCII_MARKDOWN);
    table.set_header(["report", "requests", "read units", "US$", "CPU, s", "took, s", "peak memory, MB"]);
    for report in REPORTS {
        let (event, binary) = (asked(report), binaries.path(FUNCTION));
        let mut function = FunctionProcess::start(&binary, world.engine_url(), &[]).await;
        function.idle().await;
        let before = process::cpu(function.pid);
        let took = answered(&mut function, report, event.clone()).await?;
        function.idle().await;
        let cpu = process::cpu(function.pid).zip(before).map(|(after, before)| after.saturating_sub(before));
        let peak = process::peak_memory(function.pid);
        function.stop().await;

        // Counting takes time of its own.
        let mut function = FunctionProcess::start(&binary, world.url(), &[]).await;
        world.traffic();
        answered(&mut function, report, event).await?;
        let Traffic { requests, read_units, .. } = world.traffic();
        function.stop().await;
        table.add_row([
            report.to_owned(),
            requests.len().to_string(),
            format!("{read_units:.0}"),
            format!("{:.4}", read_units * READ_UNIT),
            cpu.map_or_else(String::new, |cpu| format!("{:.1}", cpu.as_secs_f64())),
            format!("{took:.1}"),
            peak.map_or_else(String::new, |peak| format!("{:.0}", peak as f64 / 1e6)),
        ]);
    }
    let mut text = table.to_string();
    let _ = writeln!(text, "\n{many} wrap-ups of a month, {CODES} codes, {AGENTS} agents");
    Ok(text)
}

/// Seconds until the report is answered.
async fn answered(function: &mut FunctionProcess, report: &str, event: Bytes) -> Result<f64, BenchError> {
    let answered = function.invoke(event).await;
    let response = answered.result.unwrap_or_else(|error| error);
    let response = String::from_utf8_lossy(&response);
    match response.contains(r#""statusCode":200"#) {
        true => Ok(answered.took.as_secs_f64()),
        false => Err(BenchError::Unexpected { name: report.to_owned(), answer: response.into_owned() }),
    }
}

fn asked(report: &str) -> Bytes {
    let separator = if report.contains('?') { '&' } else { '?' };
    let range = "from=2026-01-01%2000:00:00&to=2026-02-01%2000:00:00";
    let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
    let event = Event::get(&format!("report/{report}{separator}{range}")).authorizer(supervisor);
    Bytes::from(event.rest_json().to_string())
}

/// Writes so many wrap-ups, with all that the index shows.
async fn fill(world: &World, many: usize) -> Result<(), BenchError> {
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
