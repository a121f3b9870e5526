use std::borrow::Cow;

use super::Unreadable;

/// A table of a CSV file.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The names in its first line, without blanks around them.
    pub columns: Vec<String>,
    /// The rows below that are not blank.
    pub rows: Vec<Row>,
}

impl Table {
    /// Leaves out columns without a name in which no row has anything: spreadsheets write them beside what was entered.
    fn leave_out_what_is_blank(&mut self) {
        let says_nothing = |cell: Option<&String>| cell.is_none_or(|cell| cell.trim().is_empty());
        for at in (0..self.columns.len()).rev() {
            if says_nothing(self.columns.get(at)) && self.rows.iter().all(|row| says_nothing(row.cells.get(at))) {
                self.columns.remove(at);
                self.rows.iter_mut().filter(|row| at < row.cells.len()).for_each(|row| drop(row.cells.remove(at)));
            }
        }
    }
}

/// A row of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file that it begins on, counted from 1.
    pub line: u64,
    /// Its cells, which may be more or fewer than the columns.
    pub cells: Vec<String>,
}

impl Row {
    /// What is wrong with a row that has another number of cells than the table has columns.
    pub fn misfit(&self, columns: usize) -> Option<String> {
        let found = self.cells.len();
        let misfit =
            format!("has {found} cells, and the first line has {columns}; a cell with a separator in it needs quotes");
        (found != columns).then_some(misfit)
    }
}

/// What may part cells where a file does not say so.
const SEPARATORS: [u8; 3] = *b",;\t";

/// Reads CSV as spreadsheets write it: cells parted by what its first line `sep=` says, else by comma, semicolon or tab,
/// whichever the line of names has most of.
///
/// # Errors
/// A quote that opens a cell and is not closed, by its line: all that follows would be one cell.
pub fn read(text: &str) -> Result<Table, Unreadable> {
    // Where only carriage returns end lines, as old spreadsheets have it.
    let text: Cow<'_, str> = if text.contains('\n') { text.into() } else { text.replace('\r', "\n").into() };
    let (separator, body) = match separator_that_is_said(&text) {
        Some((separator, rest)) => (separator, rest),
        None => (likely_separator(&text), &*text),
    };
    let mut lines = Lines { text: &text, offset: 0, line: 1 };
    let before = text.len() - body.len();
    if let Some(offset) = unclosed_quote(body, separator) {
        let problem = "a cell begins with a quote (\"), and no quote ends it".to_owned();
        return Err(Unreadable::Malformed { line: lines.of(before + offset), problem });
    }
    let reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(body.as_bytes());
    let mut table: Option<Table> = None;
    for record in reader.into_records() {
        let record = record.map_err(|error| Unreadable::NoRecords(error.to_string()))?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let start = before + record.position().map_or(0, |position| position.byte() as usize);
        let cells = record.iter();
        match &mut table {
            None => {
                table = Some(Table { columns: cells.map(|cell| cell.trim().to_owned()).collect(), rows: Vec::new() })
            }
            Some(table) => {
                table.rows.push(Row { line: lines.of(start), cells: cells.map(str::to_owned).collect() });
            }
        }
    }
    let mut table = table.unwrap_or(Table { columns: Vec::new(), rows: Vec::new() });
    table.leave_out_what_is_blank();
    Ok(table)
}

/// What a first line such as `sep=;` says, which some spreadsheets write and obey, and the lines below.
fn separator_that_is_said(text: &str) -> Option<(u8, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let first = first.trim_end_matches('\r').trim_matches('"');
    let (name, separator) = first.split_at_checked("sep=".len())?;
    match separator.as_bytes() {
        [separator] if separator.is_ascii() && name.eq_ignore_ascii_case("sep=") => Some((*separator, rest)),
        _ => None,
    }
}

/// The separator that the first line with text has most of, outside of quotes.
fn likely_separator(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [0; SEPARATORS.len()];
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => {
                let separator = SEPARATORS.iter().position(|separator| *separator == byte);
                if let Some(count) = separator.and_then(|at| counts.get_mut(at)) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let likely = SEPARATORS.iter().zip(counts).find(|(_, count)| *count == most);
    likely.map_or(b',', |(separator, _)| *separator)
}

/// Where the quote is that opens a cell and is never closed.
fn unclosed_quote(text: &str, separator: u8) -> Option<usize> {
    let mut opened = None;
    let mut begins = true;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match opened {
            None if byte == b'"' && begins => opened = Some(at),
            Some(_) if byte == b'"' && bytes.peek().is_some_and(|(_, next)| *next == b'"') => drop(bytes.next()),
            Some(_) if byte == b'"' => opened = None,
            _ => {}
        }
        begins = opened.is_none() && (byte == separator || byte == b'\n' || byte == b'\r');
    }
    opened
}

/// Counts lines up to places that are asked for in their order.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first text at this place or behind it: the parser takes the end of a line, and empty ones, for the
    /// beginning of what follows.
    fn of(&mut self, offset: usize) -> u64 {
        let bytes = self.text.as_bytes();
        let blank = bytes.get(offset..).unwrap_or_default().iter().take_while(|byte| matches!(**byte, b'\r' | b'\n'));
        let offset = offset + blank.count();
        let passed = bytes.get(self.offset..offset).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.offset = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        let table = read(text).unwrap_or(Table { columns: Vec::new(), rows: Vec::new() });
        assert_eq!(table.columns, ["code", "description"], "{text:?}");
        table.rows.into_iter().map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn cells_are_told_apart_and_rows_have_their_lines_however_they_are_written() {
        let wanted = |line: u64| {
            let row = |line, code: &str, description: &str| (line, vec![code.to_owned(), description.to_owned()]);
            vec![row(line + 1, "One", "a, b; c"), row(line + 2, "Two", "over\ntwo lines"), row(line + 5, "Three", "")]
        };
        for (separator, first) in [(",", 1), (";", 1), ("\t", 1)] {
            let text = format!(
                "code{separator} description \nOne{separator}\"a, b; c\"\nTwo{separator}\"over\ntwo lines\"\n\nThree{separator}\n{separator}\n"
            );
            assert_eq!(rows(&text), wanted(first), "{text:?}");
        }
        for said in ["sep=|", "SEP=|", "\"sep=|\""] {
            let text = format!("{said}\ncode|description\nOne|a, b; c\nTwo|\"over\ntwo lines\"\n |\nThree|\n");
            assert_eq!(rows(&text), wanted(2), "{text:?}");
        }
        let windows = "sep=;\r\ncode;description\r\n\r\nOne;x\r\nTwo;y\r\n";
        assert_eq!(rows(windows).iter().map(|row| row.0).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(rows("code,description\rOne,x\rTwo,y").iter().map(|row| row.0).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn columns_without_a_name_or_anything_in_them_are_left_out() {
        let read = |text: &str| read(text).unwrap_or(Table { columns: Vec::new(), rows: Vec::new() });
        let table = read("code,,description,\nOne,,x,\nTwo,,y\n");
        assert_eq!(table.columns, ["code", "description"]);
        assert!(table.rows.iter().all(|row| row.misfit(2).is_none()), "{:?}", table.rows);
        assert_eq!(read("code,\nOne,\nTwo,x\n").columns, ["code", ""]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named_by_its_line() {
        let unclosed = |text: &str| match read(text) {
            Err(Unreadable::Malformed { line, .. }) => Some(line),
            _ => None,
        };
        assert_eq!(unclosed("code,description\nOne,\"a\nb\"\nTwo,\"c\nThree,d\n"), Some(4));
        assert_eq!(unclosed("sep=,\r\ncode\r\nOne\r\n\"Two\r\n"), Some(4));
        // Quotes within cells, and doubled ones, are text.
        assert_eq!(unclosed("code,description\nOne,5\" pipe\n\"Two \"\"2\"\"\",x\n"), None);
    }
}
