//! What the command line prints. The only place that writes to the terminal.
//!
//! Much of it was stored or answered by somebody else, and a terminal obeys what it is sent: whatever could move its
//! cursor, rename its window or turn a line around is written out instead, in tables, lines, JSON and complaints alike.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use clap::ValueEnum;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};
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
                let width = console::Term::stdout().size_checked().map(|(_, width)| width);
                line(table(rows, width))
            }
        }
    }
}

/// A list as a table. In a terminal it is no wider than that, so that no line of it breaks: long cells take more lines,
/// but a sys_id stays in one, to be copied. Where nobody looks, each row is one line.
fn table<R: Row>(rows: &[R], terminal_width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(R::COLUMNS);
    for row in rows {
        table.add_row(row.cells().iter().map(|cell| shown(cell).into_owned()));
    }
    if let Some(width) = terminal_width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        let sys_id = R::COLUMNS.iter().position(|column| *column == "sys_id");
        if let Some(column) = sys_id.and_then(|index| table.column_mut(index)) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
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
    if !text.contains(obeyed) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Person(&'static str, &'static str);

    impl Row for Person {
        const COLUMNS: &'static [&'static str] = &["user_name", "active", "roles", "preferred_language", "sys_id"];

        fn cells(&self) -> Vec<String> {
            [self.0, "true", self.1, "de", "c21d32e5feca5cd5a17cf28634ed7442"].map(str::to_owned).into()
        }
    }

    #[test]
    fn a_table_is_as_wide_as_the_terminal_and_lacks_nothing() {
        let people = [Person("jane.doe@example.com", "interaction_integration_user"), Person("x", "")];
        for width in [80, 100, 200] {
            let table = table(&people, Some(width)).to_string();
            assert!(table.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}:\n{table}");
            assert_eq!(table.matches(" c21d32e5feca5cd5a17cf28634ed7442 ").count(), 2, "{width}:\n{table}");
            let column = |index: usize| {
                let cells = table.lines().filter_map(|line| line.split(['│', '┆']).nth(index));
                cells.map(str::trim).collect::<String>()
            };
            for (index, text) in [(1, "jane.doe@example.com"), (3, "interaction_integration_user")] {
                assert!(column(index).contains(text), "{width}:\n{table}");
            }
        }
        // For a program, or a file, each row is a line.
        let table = table(&people, None).to_string();
        assert!(
            table.lines().any(|line| line.contains("jane.doe@example.com") && line.contains("c21d32e5")),
            "{table}"
        );
    }
}
