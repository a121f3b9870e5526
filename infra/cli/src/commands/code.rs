use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value};
use wrapup::codes::{Code, CodeRequest};
use wrapup::document::{Document, Problem, Violations};

use super::{CommandError, progress_bar, read_json};
use crate::connect::Target;
use crate::output::{self, Output, Row};

/// `wrapup code`
#[derive(Subcommand)]
pub enum Command {
    /// Create and update codes from a file: JSON as POST code takes it, or CSV
    Import {
        /// FILE.json, or FILE.csv with the columns code, description, active, and for each language
        /// code_xx and description_xx
        file: PathBuf,
    },
    /// List the codes
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

/// Rows that are written before the progress bar moves.
const BATCH: usize = 50;

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    match command {
        Command::Import { file } => {
            let rows = if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv")) {
                csv_rows(&file)?
            } else {
                json_rows(&file)?
            };
            import(system.codes(), rows).await
        }
        Command::List { output } => Ok(output.list(&system.codes().list().await?)?),
    }
}

/// An entry of an import file: where it stands, and what it says.
struct ImportRow {
    place: String,
    request: Result<CodeRequest, RowError>,
}

/// Why an entry is not imported.
#[derive(Debug, thiserror::Error)]
enum RowError {
    /// Its fields break rules.
    #[error(transparent)]
    Fields(#[from] Violations),
    /// A CSV row of which nobody can tell which cell belongs to which column.
    #[error("has {found} cells, and the first line has {expected}; a cell with a comma in it needs quotes")]
    Cells { found: usize, expected: usize },
}

async fn import(codes: &wrapup::codes::Codes, rows: Vec<ImportRow>) -> Result<(), CommandError> {
    let total = rows.len();
    let mut failed = 0;
    let mut valid = Vec::with_capacity(total);
    let progress = progress_bar(total, "codes");
    for ImportRow { place, request } in rows {
        match request {
            Ok(request) => valid.push((place, request)),
            Err(error) => {
                failed += 1;
                progress.suspend(|| output::complain(&format!("{place}: {error}")));
                progress.inc(1);
            }
        }
    }
    for batch in valid.chunks(BATCH) {
        let requests: Vec<CodeRequest> = batch.iter().map(|(_, request)| request.clone()).collect();
        let outcomes = codes.admit(requests.len())?.upsert(&requests, false).await;
        for (outcome, (place, _)) in outcomes.into_iter().zip(batch) {
            match outcome {
                Ok(_) => {}
                Err(wrapup::Error::Invalid(violations)) => {
                    failed += 1;
                    progress.suspend(|| output::complain(&format!("{place}: {violations}")));
                }
                Err(error) => return Err(error.into()),
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    output::line(format!("imported {} of {total} codes", total - failed))?;
    if failed == 0 { Ok(()) } else { Err(CommandError::PartlyImported { failed, total }) }
}

/// Reads `{"codes": [..]}`; one entry's violations do not stop the others.
fn json_rows(path: &Path) -> Result<Vec<ImportRow>, CommandError> {
    read_json(path, |fields| {
        if !fields.has("codes") {
            fields.violation("codes", Problem::Required);
        }
        let entries = fields.each_object("codes")?;
        let rows = entries.into_iter().enumerate().map(|(index, entry)| ImportRow {
            place: format!("codes[{index}]"),
            request: entry
                .map_err(Violations::from)
                .and_then(|entry| entry.attempt(CodeRequest::read))
                .map_err(RowError::from),
        });
        Some(rows.collect())
    })
}

/// Reads a CSV file with a head line. An empty cell is an absent field.
fn csv_rows(path: &Path) -> Result<Vec<ImportRow>, CommandError> {
    let problem = |problem: String| CommandError::Csv { path: path.to_owned(), problem };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .flexible(true)
        .from_path(path)
        .map_err(|error| problem(error.to_string()))?;
    let columns = reader.headers().map_err(|error| problem(error.to_string()))?.clone();
    let known = |column: &str| {
        let of_language = column.strip_prefix("code_").or(column.strip_prefix("description_"));
        matches!(column, "code" | "description" | "active") || of_language.is_some_and(|language| language.len() == 2)
    };
    if !columns.iter().any(|column| column == "code") {
        return Err(problem("the first line has to name the columns, and one of them has to be 'code'".to_owned()));
    }
    if let Some(column) = columns.iter().find(|column| !known(column)) {
        return Err(problem(format!(
            "column '{column}' is none of code, description, active, code_xx, description_xx"
        )));
    }
    let mut seen = HashSet::new();
    if let Some(column) = columns.iter().find(|column| !seen.insert(*column)) {
        return Err(problem(format!("column '{column}' {}", Problem::GivenTwice)));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| problem(error.to_string()))?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let request = if record.len() == columns.len() {
            let cells = columns.iter().zip(record.iter()).filter(|(_, cell)| !cell.trim().is_empty());
            Document::from_object(csv_entry(cells)).read(CodeRequest::read).map_err(RowError::from)
        } else {
            Err(RowError::Cells { found: record.len(), expected: columns.len() })
        };
        rows.push(ImportRow { place, request });
    }
    Ok(rows)
}

/// A CSV row in the form that POST code takes.
fn csv_entry<'a>(cells: impl Iterator<Item = (&'a str, &'a str)>) -> Map<String, Value> {
    let mut entry = Map::new();
    let mut translations: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for (column, cell) in cells {
        let translated = column.split_once('_').filter(|(field, _)| matches!(*field, "code" | "description"));
        match translated {
            None => {
                let cell = if column == "active" { cell.trim().to_ascii_lowercase() } else { cell.to_owned() };
                entry.insert(column.to_owned(), Value::String(cell));
            }
            Some((field, language)) => {
                let translation = translations.entry(language).or_default();
                translation.insert("language".to_owned(), Value::String(language.to_owned()));
                translation.insert(field.to_owned(), Value::String(cell.to_owned()));
            }
        }
    }
    let translations: Vec<Value> = translations.into_values().map(Value::Object).collect();
    entry.insert("translations".to_owned(), Value::Array(translations));
    entry
}

impl Row for Code {
    const COLUMNS: &'static [&'static str] = &["code", "active", "external", "description", "languages", "sys_id"];

    fn cells(&self) -> Vec<String> {
        let languages: Vec<&str> = self.translations.iter().map(|translation| translation.language.as_str()).collect();
        vec![
            self.code.as_str().to_owned(),
            self.active.to_string(),
            self.external.to_string(),
            self.description.clone(),
            languages.join(" "),
            self.sys_id.clone(),
        ]
    }
}
