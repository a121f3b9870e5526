//! Files of records as spreadsheets and other systems write them.

mod csv;
mod json;
mod text;
mod xml;

use std::fmt;

pub use csv::read as read_csv;
pub use json::read as read_json;
pub use text::{NotText, decode};
use xml::read as read_xml;

/// Reads the records of a file whatever it is written in: XML, JSON or CSV, as its text begins. `is_table` says whether a
/// name is that of a table.
pub fn read(text: &str, is_table: impl Fn(&str) -> bool) -> Result<Vec<Record>, Unreadable> {
    let start = text.trim_start();
    if start.starts_with('<') {
        return read_xml(text);
    }
    if start.starts_with(['{', '[']) {
        return read_json(text, is_table);
    }
    let table = read_csv(text)?;
    let records = table.rows.iter().map(|row| Record {
        place: Place::Line(row.line),
        table: None,
        cells: match row.misfit(table.columns.len()) {
            Some(misfit) => Err(NoCells::NoRecord(misfit)),
            None => {
                Ok(table.columns.iter().cloned().zip(row.cells.iter().map(|cell| Cell::from(cell.as_str()))).collect())
            }
        },
    });
    Ok(records.collect())
}

/// Why a file cannot be read as records.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its bytes are no text.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// Its text is not what it should be.
    #[error("line {line}: {problem}")]
    Malformed {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// It is well-formed, and no list of records.
    #[error("{0}")]
    NoRecords(String),
}

/// A record of a file.
#[derive(Debug)]
pub struct Record {
    /// Where it stands.
    pub place: Place,
    /// The table that the file says it is of.
    pub table: Option<String>,
    /// Its columns, as the file names them, and their values; or why there are none.
    pub cells: Result<Vec<(String, Cell)>, NoCells>,
}

/// Why an entry of a file is no record to take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCells {
    /// The file says that the record is to be deleted.
    #[error("is deleted there, and not taken")]
    Deleted,
    /// It is something else.
    #[error("{0}")]
    NoRecord(String),
}

/// What a record says in one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// What is stored; of a reference the sys_id, where the file has it.
    pub value: String,
    /// What people are shown instead, where the file says so.
    pub shown: Option<String>,
}

/// Where a record stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a line, counted from 1.
    Line(u64),
    /// In a list, such as `codes[2]`, counted from 0.
    Entry(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(entry) => f.write_str(entry),
        }
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self { value: value.to_owned(), shown: None }
    }
}
