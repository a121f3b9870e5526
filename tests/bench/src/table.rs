//! The figures for people.

use std::fmt::Write;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use wrapup_lambda_tests::Traffic;

use crate::report::{Report, Row};

const COLUMNS: [&str; 13] = [
    "function",
    "init ms",
    "init + first ms",
    "p50 us",
    "p99 us",
    "CPU us",
    "x floor",
    "x JSON",
    "RSS MB",
    "binary MB",
    "zipped MB",
    "cold: requests, RU, WU",
    "warm: requests, RU, WU",
];

/// The report as text.
pub fn text(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(COLUMNS);
    for row in &report.rows {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let machine = &report.machine;
    let processor = machine.processor.as_deref().unwrap_or("an unnamed processor");
    let mut text = format!(
        "{} cores of {processor}, {} on {}; {} starts, {} warm invocations each\n{table}\n",
        machine.cores, machine.os, machine.architecture, report.starts, report.invocations
    );
    text.push_str(NOTES);
    if report.rows.iter().any(|row| row.warm.cpu_us.is_none()) {
        text.push_str("CPU time and memory are read from /proc, which this system does not have: they are left out.\n");
    }
    write_codes(&mut text, report);
    if let Some(local) = &report.local {
        let _ = writeln!(
            text,
            "\n`wrapup local`, GET segment, {} connections: {:.0} requests/s, {:.0}% of the {:.0} of its DynamoDB's GetItem",
            local.connections,
            local.api,
            100.0 * local.ratio,
            local.engine
        );
    }
    text
}

const NOTES: &str = "\
x floor: CPU time over floor-constant + n x (floor-get-item - floor-constant), n being the requests that the call is\n\
worth: 1, or 2 for find, create (a transaction of two writes), update and update/ai. x JSON: over the same call in JSON.\n\
Medians; CPU time is user and system time of an invocation. RU, WU: read and write units consumed.\n";

fn cells(row: &Row) -> Vec<String> {
    let or_dash = |figure: Option<String>| figure.unwrap_or_else(|| "-".to_owned());
    let ratio = |ratio: Option<f64>| or_dash(ratio.map(|ratio| format!("{ratio:.2}")));
    vec![
        row.name.clone(),
        format!("{:.2}", row.cold.init_us / 1e3),
        format!("{:.2}", row.cold.total_us / 1e3),
        format!("{:.0}", row.warm.p50_us),
        format!("{:.0}", row.warm.p99_us),
        or_dash(row.warm.cpu_us.map(|cpu| format!("{cpu:.0}"))),
        ratio(row.cpu_to_floor.filter(|_| !row.subject.is_floor())),
        ratio(row.cpu_to_json),
        or_dash(row.warm.peak_rss.map(megabytes)),
        megabytes(row.size.plain),
        megabytes(row.size.zipped),
        traffic(&row.counts.cold),
        traffic(&row.counts.warm),
    ]
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}

fn traffic(traffic: &Traffic) -> String {
    format!("{}, {}, {}", traffic.requests.len(), traffic.read_units, traffic.write_units + traffic.index_write_units)
}

fn write_codes(text: &mut String, report: &Report) {
    for codes in &report.codes {
        let _ = writeln!(
            text,
            "POST code, {:>4} codes: {:>7.1} ms, {:>5.0} us a code",
            codes.codes, codes.took_ms, codes.per_code_us
        );
    }
}
