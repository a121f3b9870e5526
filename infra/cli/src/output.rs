//! What the command line prints. The only place that writes to the terminal.
//!
//! Much of it was stored or answered by somebody else, and a terminal obeys what it is sent: whatever could move its
//! cursor, rename its window or turn a line around is written out instead, in tables, lines, JSON and complaints alike.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use clap::ValueEnum;
use clap_complete::Shell;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;
use wrapup::csv;

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
    /// For spreadsheets: a text that one would take for a formula has an apostrophe in front.
    Csv,
}

/// A record that can stand in a table.
pub trait Row: Serialize {
    /// The table's head.
    const COLUMNS: &'static [&'static str];

    /// The record's cells, one a column, as they are stored.
    fn cells(&self) -> Vec<String>;

    /// The list as CSV.
    fn csv(rows: &[Self]) -> String
    where
        Self: Sized,
    {
        csv_of(Self::COLUMNS, rows.iter().map(Self::cells))
    }
}

/// Lines of CSV with a head.
pub fn csv_of<C: AsRef<str>>(columns: &[C], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows = rows.map(|cells| csv::line(cells.iter().map(|cell| csv::no_formula(cell))));
    std::iter::once(csv::line(columns)).chain(rows).collect()
}

impl Output {
    /// Prints a list.
    pub fn list<R: Row>(self, rows: &[R]) -> io::Result<()> {
        match self {
            Self::Json => json(&rows),
            Self::Csv => csv_lines(&R::csv(rows)),
            Self::Table => line(table(R::COLUMNS, rows.iter().map(Row::cells), terminal_width())),
        }
    }
}

/// Prints rows as a table.
pub fn rows(columns: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
    line(table(columns, rows.into_iter(), terminal_width()))
}

/// Prints what completes a command line in a shell.
pub fn completions(shell: Shell, command: &mut clap::Command) -> io::Result<()> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, command, name, &mut script);
    print_as_is(&String::from_utf8_lossy(&script))
}

/// Prints lines of CSV as they are: nothing of them is for a terminal.
pub fn csv_lines(lines: &str) -> io::Result<()> {
    print_as_is(lines)
}

fn terminal_width() -> Option<u16> {
    console::Term::stdout().size_checked().map(|(_, width)| width)
}

/// A list as a table, each row a line, as wide as it has to be. In a terminal no line of it breaks: where it does not fit,
/// texts go over several lines, between their words, of which three are shown; and where whole words do not fit either, each
/// row becomes a block of lines with a column each, in which a sys_id can still be copied. What is cut ends with `…`.
fn table(columns: &[&str], rows: impl Iterator<Item = Vec<String>>, terminal_width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> =
        rows.map(|cells| cells.iter().map(|cell| shown(cell).into_owned()).collect()).collect();
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(columns).add_rows(&rows);
    let text = table.to_string();
    let Some(width) = terminal_width.filter(|width| text.lines().any(|line| wide(line) > usize::from(*width))) else {
        return text;
    };
    let longest_word = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        let words = cells.chain(columns.get(column).copied()).flat_map(str::split_whitespace);
        words.map(wide).max().unwrap_or(0)
    };
    let least: Vec<usize> = (0..columns.len()).map(|column| longest_word(column) + PADDING).collect();
    // Between the columns and around them stand lines.
    if least.iter().sum::<usize>() + least.len() + 1 > usize::from(width) && !rows.is_empty() {
        return blocks(columns, &rows, usize::from(width));
    }
    table.set_truncation_indicator(CUT);
    for row in table.row_iter_mut() {
        row.max_height(MOST_LINES);
    }
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    let least = least.into_iter().map(|least| u16::try_from(least).unwrap_or(u16::MAX));
    table.set_constraints(least.map(|least| ColumnConstraint::LowerBoundary(Width::Fixed(least))));
    table.to_string()
}

/// Lines that a row of a table takes in a terminal.
const MOST_LINES: usize = 3;

/// What a text ends with that is cut.
const CUT: &str = "…";

/// Columns of a terminal that a word may take to stay whole though its line breaks: a sys_id that is cut is none.
const LONGEST_WHOLE: usize = 40;

/// Columns of a terminal that a cell takes beside its text.
const PADDING: usize = 2;

/// Columns of a terminal that a text takes.
fn wide(text: &str) -> usize {
    console::measure_text_width(text)
}

/// A text as far as it takes no more than `room` columns of a terminal, whole letters with their accents and all.
fn cut(text: &str, room: usize) -> Cow<'_, str> {
    let is_short_word = || !text.contains(char::is_whitespace) && wide(text) <= LONGEST_WHOLE;
    if wide(text) <= room || is_short_word() {
        return Cow::Borrowed(text);
    }
    let mut left = room.saturating_sub(wide(CUT));
    let fitting = text.graphemes(true).take_while(|letter| match left.checked_sub(wide(letter)) {
        Some(less) => {
            left = less;
            true
        }
        None => false,
    });
    Cow::Owned(fitting.chain([CUT]).collect())
}

/// Each row as lines of a column's name and its cell.
fn blocks(columns: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let widest = columns.iter().map(|column| column.len()).max().unwrap_or(0);
    let room = width.saturating_sub(widest + PADDING);
    let block = |row: &Vec<String>| {
        let lines = columns.iter().zip(row).map(|(column, cell)| format!("{column:widest$}  {}", cut(cell, room)));
        lines.collect::<Vec<_>>().join("\n")
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// Prints a record as JSON.
pub fn json<T: Serialize>(value: &T) -> io::Result<()> {
    print(&json_written_out(&serde_json::to_string_pretty(value)?))
}

/// JSON in which what a terminal would obey is escaped.
fn json_written_out(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    // JSON itself escapes the ASCII ones; the others can only stand within its strings, where an escape is the same.
    for character in json.chars() {
        if is_line_feed(character) || !is_order(character) {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Prints a line of JSON, or one without line feeds, at once.
///
/// # Errors
/// Where nobody reads on (a broken pipe), too: whoever prints for good has to know.
pub fn flowing_line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", json_written_out(text))?;
    out.flush()
}

/// Prints a line on standard output. It may have line feeds of its own; a text that was stored goes into it by [`shown`].
pub fn line(text: impl Display) -> io::Result<()> {
    print(&written_out(&text.to_string(), is_line_feed))
}

fn print(text: &str) -> io::Result<()> {
    print_as_is(&format!("{text}\n"))
}

fn print_as_is(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        // `wrapup code list | head` has read enough: nothing is wrong.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// How a part of a line looks on a terminal that has colours, where nobody has said `NO_COLOR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Quiet,
    Good,
    Doubtful,
    Bad,
}

/// Prints a line of parts on standard output, with a blank between them.
pub fn painted_line(parts: &[(String, Paint)]) -> io::Result<()> {
    let painted = |(text, paint): &(String, Paint)| {
        let styled = console::style(written_out(text, is_line_feed));
        match paint {
            Paint::Plain => styled,
            Paint::Quiet => styled.dim(),
            Paint::Good => styled.green(),
            Paint::Doubtful => styled.yellow(),
            Paint::Bad => styled.red(),
        }
        .to_string()
    };
    print(&parts.iter().map(painted).collect::<Vec<_>>().join(" "))
}

/// Prints a JSON value on standard output, as one line.
pub fn json_line(value: &serde_json::Value) -> io::Result<()> {
    print(&json_written_out(&value.to_string()))
}

/// Prints an error on standard error.
pub fn complain(error: &dyn Display) {
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(io::stderr(), "wrapup: {}", written_out(&error.to_string(), is_line_feed));
}

/// Says on standard error what goes on, to whoever waits for it.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "wrapup: {}", written_out(text, |_| false));
}

/// Writes a line of the log on standard error.
pub fn log(line: &serde_json::Value) {
    let _ = writeln!(io::stderr(), "{}", json_written_out(&line.to_string()));
}

/// Asks whoever sits at the terminal, and answers the line that is typed.
pub fn ask(question: &str) -> io::Result<String> {
    let mut stderr = io::stderr();
    write!(stderr, "{}", written_out(question, |_| false))?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer)
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
    fn long_texts_are_cut_between_letters_in_a_terminal_and_nowhere_else() {
        let notes = "Ma\u{308}dchen 日本 👩‍👩‍👧 ".repeat(200);
        let rows = || [vec!["c21d32e5feca5cd5a17cf28634ed7442".to_owned(), notes.trim().to_owned()]].into_iter();
        for width in [40, 60, 80, 200] {
            let table = table(&["sys_id", "notes"], rows(), Some(width));
            assert!(table.lines().count() <= 8 && table.contains('…'), "{width}:\n{table}");
            assert!(table.contains("c21d32e5feca5cd5a17cf28634ed7442"), "{width}:\n{table}");
            let broken = table.lines().filter(|line| wide(line) > usize::from(width));
            assert!(broken.count() == 0, "{width}:\n{table}");
        }
        assert_eq!(cut("Ma\u{308}dchen 日本", 3), "Ma\u{308}…");
        assert_eq!(cut("日本 語", 4), "日…");
        assert!(table(&["sys_id", "notes"], rows(), None).contains(notes.trim()));
    }

    #[test]
    fn no_line_of_a_table_breaks_in_a_terminal_and_nothing_is_lacking() {
        let people = [Person("Jane Doe of the second desk", "interaction_integration_user"), Person("x", "")];
        let whole = ["interaction_integration_user", "c21d32e5feca5cd5a17cf28634ed7442", "preferred_language"];
        for (width, as_table) in [(40, false), (80, false), (124, true), (200, true)] {
            let table = table(Person::COLUMNS, people.iter().map(Row::cells), Some(width));
            assert_eq!(table.starts_with('┌'), as_table, "{width}:\n{table}");
            let broken = table.lines().filter(|line| wide(line) > usize::from(width));
            // Where there is no room for a word and its column's name, the terminal breaks that line.
            assert!(broken.count() == 0 || width == 40, "{width}:\n{table}");
            // There, a text of several words is cut.
            let words = "Jane Doe of the second desk".split(' ').take(if width == 40 { 1 } else { 6 });
            for word in whole.iter().copied().chain(words) {
                assert!(table.contains(word), "{width}: no {word} in\n{table}");
            }
        }
        // For a program, or a file, each row is a line.
        let table = table(Person::COLUMNS, people.iter().map(Row::cells), None);
        assert!(table.lines().any(|line| line.contains("Jane Doe of the second desk") && line.contains("c21d32e5")));
    }
}
