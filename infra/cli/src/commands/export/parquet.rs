//! Wrap-ups in columns, as Apache Parquet.

use std::fs::File;
use std::io;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use wrapup::date_time::DateTime;
use wrapup::segments::Segment;

use super::Sink;
use super::columns::{Cell, Columns, Kind};

/// Rows that stand together; so many are in memory.
const GROUP: usize = 20_000;

/// A Parquet file that is being written.
pub struct Parquet {
    writer: SerializedFileWriter<File>,
    columns: Columns,
    rows: usize,
    cells: Vec<Cells>,
}

/// What has been gathered of a column: whether a row has something, and what.
#[derive(Default)]
struct Cells {
    there: Vec<i16>,
    texts: Vec<ByteArray>,
    flags: Vec<bool>,
    wholes: Vec<i64>,
    numbers: Vec<f64>,
}

impl Parquet {
    /// Begins a file.
    pub fn begin(file: File, columns: Columns) -> io::Result<Self> {
        let fields = columns.each().map(|column| {
            let of_kind = match column.kind {
                Kind::Text => "BINARY {} (UTF8)",
                Kind::Flag => "BOOLEAN {}",
                Kind::Whole => "INT64 {}",
                Kind::Number => "DOUBLE {}",
                Kind::Time => "INT64 {} (TIMESTAMP(MILLIS,false))",
            };
            format!("OPTIONAL {};", of_kind.replace("{}", column.name))
        });
        let schema = format!("message segments {{ {} }}", fields.collect::<String>());
        let schema = parse_message_type(&schema).map_err(failed)?;
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties)).map_err(failed)?;
        let cells = columns.each().map(|_| Cells::default()).collect();
        Ok(Self { writer, columns, rows: 0, cells })
    }

    /// Writes the rows that have been gathered.
    fn flush(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let mut group = self.writer.next_row_group().map_err(failed)?;
        for (column, cells) in self.columns.each().zip(&mut self.cells) {
            let cells = std::mem::take(cells);
            let mut to = group.next_column().map_err(failed)?.ok_or_else(|| io::Error::other("a column is missing"))?;
            cells.write(column.kind, &mut to).map_err(failed)?;
            to.close().map_err(failed)?;
        }
        group.close().map_err(failed)?;
        Ok(())
    }
}

impl Sink for Parquet {
    fn add(&mut self, segments: &[Segment]) -> io::Result<()> {
        for segment in segments {
            for (column, cells) in self.columns.each().zip(&mut self.cells) {
                cells.push((column.of)(segment));
            }
            self.rows += 1;
            if self.rows >= GROUP {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn end(mut self: Box<Self>) -> io::Result<File> {
        self.flush()?;
        self.writer.into_inner().map_err(failed)
    }
}

impl Cells {
    fn push(&mut self, cell: Option<Cell>) {
        self.there.push(i16::from(cell.is_some()));
        match cell {
            None => {}
            Some(Cell::Text(text)) => self.texts.push(text.into_bytes().into()),
            Some(Cell::Flag(flag)) => self.flags.push(flag),
            Some(Cell::Whole(number)) => self.wholes.push(number),
            Some(Cell::Number(number)) => self.numbers.push(number),
            Some(Cell::Time(time)) => self.wholes.push(millis(time)),
        }
    }

    fn write(self, kind: Kind, to: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let there = Some(self.there.as_slice());
        match kind {
            Kind::Text => to.typed::<ByteArrayType>().write_batch(&self.texts, there, None),
            Kind::Flag => to.typed::<BoolType>().write_batch(&self.flags, there, None),
            Kind::Whole | Kind::Time => to.typed::<Int64Type>().write_batch(&self.wholes, there, None),
            Kind::Number => to.typed::<DoubleType>().write_batch(&self.numbers, there, None),
        }?;
        Ok(())
    }
}

/// Milliseconds from the Unix epoch, to a moment before it, too.
fn millis(time: DateTime) -> i64 {
    let epoch = DateTime::of_millis(0);
    let before = epoch.map_or(0, |epoch| time.seconds_until(epoch));
    let seconds = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX / 1_000);
    (seconds(time.since_epoch().as_secs()) - seconds(before)) * 1_000
}

fn failed(error: ParquetError) -> io::Error {
    io::Error::other(error)
}
