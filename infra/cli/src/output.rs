//! What the command line prints. The only place that writes to the terminal.
//!
//! Much of it was stored or answered by somebody else, and a terminal obeys what it is sent: whatever could move its
//! cursor, rename its window or turn a line around is written out instead, in tables, lines, JSON and complaints alike.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
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

    /// The record's cells, one a column, as they are stored.
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
                    table.add_row(row.cells().iter().map(|cell| shown(cell).into_owned()));
                }
                line(table)
            }
        }
    }
}

/// Prints a record as JSON.
pub fn json<T: Serialize>(value: &T) -> io::Result<()> {
    let mut text = String::new();
    // JSON itself escapes the ASCII ones; the others can only stand within its strings, where an escape is the same.
    for character in serde_json::to_string_pretty(value)?.chars() {
        if is_line_feed(character) || !is_order(character) {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    print(&text)
}

/// Prints a line on standard output. It may have line feeds of its own; a text that was stored goes into it by [`shown`].
pub fn line(text: impl Display) -> io::Result<()> {
    print(&written_out(&text.to_string(), is_line_feed))
}

fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        // `wrapup code list | head` has read enough: nothing is wrong.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Prints an error on standard error.
pub fn complain(error: &dyn Display) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "wrapup: {}", written_out(&error.to_string(), is_line_feed));
}

/// A text that was stored, for a place in a line: what a terminal would obey is written out, as `\u{1b}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    written_out(text, |_| false)
}

fn written_out(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let obeyed = |character: char| is_order(character) && !keep(character);
    if !text.contains(&obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for character in text.chars() {
        if obeyed(character) {
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn is_line_feed(character: char) -> bool {
    character == '\n'
}

/// Whether a terminal obeys a character instead of showing it: controls, of which the C1 begin escape sequences too, what
/// turns the direction of writing, what breaks lines, and blanks without a width. The joiners that scripts and emoji need stay.
fn is_order(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}
