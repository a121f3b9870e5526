//! Wrap-ups as text: CSV, and JSON by lines.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use serde::Serializer;
use serde::ser::SerializeMap;
use serde_json::Value;
use wrapup::csv::no_formula;
use wrapup::segments::Segment;

use super::Sink;
use super::columns::{Cell, Columns};

/// A table as text.
pub struct Csv {
    writer: csv::Writer<File>,
    columns: Columns,
}

impl Csv {
    /// Begins a file with its head.
    pub fn begin(file: File, columns: Columns) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(columns.each().map(|column| column.name))?;
        Ok(Self { writer, columns })
    }
}

impl Sink for Csv {
    fn add(&mut self, segments: &[Segment]) -> io::Result<()> {
        for segment in segments {
            let cells = self.columns.each().map(|column| match (column.of)(segment) {
                None => String::new(),
                Some(Cell::Text(text)) => no_formula(&text).into_owned(),
                Some(Cell::Flag(flag)) => flag.to_string(),
                Some(Cell::Whole(number)) => number.to_string(),
                Some(Cell::Number(number)) => number.to_string(),
                Some(Cell::Time(time)) => time.to_string(),
            });
            self.writer.write_record(cells)?;
        }
        Ok(())
    }

    fn end(self: Box<Self>) -> io::Result<File> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// JSON, an object a line.
pub struct Ndjson {
    writer: BufWriter<File>,
    columns: Columns,
}

impl Ndjson {
    /// Begins a file.
    pub fn begin(file: File, columns: Columns) -> Self {
        Self { writer: BufWriter::new(file), columns }
    }
}

impl Sink for Ndjson {
    fn add(&mut self, segments: &[Segment]) -> io::Result<()> {
        for segment in segments {
            // Not by way of a map, which would not have the columns in their order.
            let mut serializer = serde_json::Serializer::new(&mut self.writer);
            let mut object = serializer.serialize_map(None)?;
            for column in self.columns.each() {
                let value = match (column.of)(segment) {
                    None => Value::Null,
                    Some(Cell::Text(text)) => text.into(),
                    Some(Cell::Flag(flag)) => flag.into(),
                    Some(Cell::Whole(number)) => number.into(),
                    Some(Cell::Number(number)) => number.into(),
                    Some(Cell::Time(time)) => time.to_string().into(),
                };
                object.serialize_entry(column.name, &value)?;
            }
            object.end()?;
            self.writer.write_all(b"\n")?;
        }
        Ok(())
    }

    fn end(self: Box<Self>) -> io::Result<File> {
        self.writer.into_inner().map_err(io::IntoInnerError::into_error)
    }
}
