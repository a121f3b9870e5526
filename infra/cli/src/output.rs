//! What the command line prints. The only place that writes to the terminal.

use std::fmt::{self, Display};
use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use serde::Serialize;

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// A record that can stand in a table.
pub trait Row: Serialize {
    /// The table's head.
    const COLUMNS: &'static [&'static str];

    /// The record's cells, one a column.
    fn cells(&self) -> Vec<String>;
}

impl Output {
    /// Prints a list.
    pub fn list<R: Row>(self, rows: &[R]) -> io::Result<()> {
        match self {
            Self::Json => json(&rows),
            Self::Table => {
                let mut table = Table::new();
                table.load_style(UTF8_FULL_CONDENSED).set_header(R::COLUMNS);
                for row in rows {
                    table.add_row(row.cells());
                }
                line(table)
            }
        }
    }
}

/// Prints a record as JSON.
pub fn json<T: Serialize>(value: &T) -> io::Result<()> {
    line(serde_json::to_string_pretty(value)?)
}

/// Prints a line on standard output.
pub fn line(text: impl Display) -> io::Result<()> {
    write(format_args!("{text}\n"))
}

/// Prints a text on standard output as it is.
pub fn text(text: impl Display) -> io::Result<()> {
    write(format_args!("{text}"))
}

fn write(text: fmt::Arguments<'_>) -> io::Result<()> {
    match io::stdout().write_fmt(text) {
        // `wrapup code list | head` has read enough: nothing is wrong.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Prints an error on standard error.
pub fn complain(error: &dyn Display) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "wrapup: {error}");
}
