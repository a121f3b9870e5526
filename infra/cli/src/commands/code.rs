use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value};
use wrapup::codes::{Code, CodeRequest};
use wrapup::document::{Document, FromText, Problem, Violations};
use wrapup::language::Language;

use super::{CommandError, STDIN, parse_json, print_list, progress_bar, read_file};
use crate::connect::Target;
use crate::output::{self, Output, Row};

/// `wrapup code`
#[derive(Subcommand)]
pub enum Command {
    /// Create and update codes from a file: JSON as POST code takes it, or CSV
    Import {
        /// FILE.json, or FILE.csv with the columns code, description, active, and for each language
        /// code_xx and description_xx; - reads standard input, as JSON where that begins with {
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
            let content = read_file(&file)?;
            let rows = if is_csv(&file, &content) { csv_rows(&file, &content)? } else { json_rows(&file, &content)? };
            import(system.codes(), rows, &target.stamp().by).await
        }
        Command::List { output } => print_list(&system.codes().list().await?, output),
    }
}

/// Whether a file is CSV: by its name, or where it has none by how it begins.
fn is_csv(path: &Path, content: &[u8]) -> bool {
    if path == Path::new(STDIN) {
        let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        return !text.trim_ascii_start().starts_with(b"{");
    }
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// An entry of an import file.
struct ImportRow {
    place: Place,
    /// What it says, or what is wrong with that, and where.
    request: Result<CodeRequest, String>,
}

/// Where an entry stands in its file.
enum Place {
    /// In the list `codes` of a JSON file, counted from 0.
    Entry(usize),
    /// On a line of a CSV file, counted from 1, with translations into these languages, in the request's order.
    Line { line: u64, languages: Vec<String> },
}

impl Place {
    /// Violations of an entry as whoever wrote the file knows them: by their place in it, in a CSV file by the column.
    fn name(&self, violations: Violations) -> String {
        match self {
            Self::Entry(index) => violations.within(&format!("codes[{index}]")).to_string(),
            Self::Line { line, languages } => {
                format!("line {line}: {}", violations.renamed(|field| column_of(field, languages)))
            }
        }
    }
}

/// The column that a field of a row's request was read from, such as `code_de` for `translations[0].code`.
fn column_of(field: &str, languages: &[String]) -> String {
    let translated = field.strip_prefix("translations[").and_then(|rest| rest.split_once("]."));
    let column = translated.and_then(|(index, field)| {
        let language = languages.get(index.parse::<usize>().ok()?)?;
        Some(format!("{field}_{language}"))
    });
    column.unwrap_or_else(|| field.to_owned())
}

async fn import(codes: &wrapup::codes::Codes, rows: Vec<ImportRow>, operator: &str) -> Result<(), CommandError> {
    let total = rows.len();
    let mut failed = 0;
    let mut valid = Vec::with_capacity(total);
    let progress = progress_bar(total, "codes");
    for ImportRow { place, request } in rows {
        match request {
            Ok(request) => valid.push((place, request)),
            Err(problem) => {
                failed += 1;
                progress.suspend(|| output::complain(&problem));
                progress.inc(1);
            }
        }
    }
    for batch in valid.chunks(BATCH) {
        let requests: Vec<CodeRequest> = batch.iter().map(|(_, request)| request.clone()).collect();
        let outcomes = codes.admit(requests.len())?.upsert(&requests, false, operator).await;
        for (outcome, (place, _)) in outcomes.into_iter().zip(batch) {
            match outcome {
                Ok(_) => {}
                Err(wrapup::Error::Invalid(violations)) => {
                    failed += 1;
                    progress.suspend(|| output::complain(&place.name(violations)));
                }
                Err(error) => return Err(error.into()),
            }
            progress.inc(1);
        }
    }
    progress.finish_and_clear();
    let codes = if total == 1 { "code" } else { "codes" };
    output::line(format!("imported {} of {total} {codes}", total - failed))?;
    match failed {
        0 => Ok(()),
        1 => Err(CommandError::refused(format!("1 of {total} {codes} was not imported; mend it {AGAIN}"))),
        _ => Err(CommandError::refused(format!("{failed} of {total} codes were not imported; mend them {AGAIN}"))),
    }
}

const AGAIN: &str = "and import the file again, which changes nothing for the others";

/// Reads `{"codes": [..]}`; one entry's violations do not stop the others.
fn json_rows(path: &Path, content: &[u8]) -> Result<Vec<ImportRow>, CommandError> {
    parse_json(path, content, |fields| {
        if !fields.has("codes") {
            fields.violation("codes", Problem::Required);
        }
        let entries = fields.each_object("codes")?;
        let rows = entries.into_iter().enumerate().map(|(index, entry)| ImportRow {
            place: Place::Entry(index),
            request: entry
                .map_err(Violations::from)
                .and_then(|entry| entry.attempt(CodeRequest::read))
                .map_err(|violations| violations.to_string()),
        });
        Some(rows.collect())
    })
}

/// Reads CSV with a head line. An empty cell is an absent field.
fn csv_rows(path: &Path, content: &[u8]) -> Result<Vec<ImportRow>, CommandError> {
    let problem = |problem: String| CommandError::file(path, problem);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).flexible(true).from_reader(content);
    let columns = reader.headers().map_err(|error| problem(error.to_string()))?.clone();
    let known = |column: &str| {
        let of_language = column.strip_prefix("code_").or(column.strip_prefix("description_"));
        matches!(column, "code" | "description" | "active")
            || of_language.is_some_and(|language| Language::from_text(language).is_ok())
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
    if let Some(column) = columns.iter().find(|column| !seen.insert(column.to_ascii_lowercase())) {
        return Err(problem(format!("column '{column}' {}", Problem::GivenTwice)));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| problem(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = columns.iter().zip(record.iter()).filter(|(_, cell)| !cell.trim().is_empty());
        let (entry, languages) = csv_entry(cells);
        let place = Place::Line { line, languages };
        let request = if record.len() == columns.len() {
            Document::from_object(entry).read(CodeRequest::read).map_err(|violations| place.name(violations))
        } else {
            let (found, expected) = (record.len(), columns.len());
            Err(format!(
                "line {line}: has {found} cells, and the first line has {expected}; a cell with a comma in it needs quotes"
            ))
        };
        rows.push(ImportRow { place, request });
    }
    Ok(rows)
}

/// A CSV row in the form that POST code takes, and its translations' languages in their order.
fn csv_entry<'a>(cells: impl Iterator<Item = (&'a str, &'a str)>) -> (Map<String, Value>, Vec<String>) {
    let mut entry = Map::new();
    let mut translations: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (column, cell) in cells {
        let translated = column.split_once('_').filter(|(field, _)| matches!(*field, "code" | "description"));
        match translated {
            None if column == "active" => {
                entry.insert(column.to_owned(), Value::String(flag_of_a_spreadsheet(cell)));
            }
            None => {
                entry.insert(column.to_owned(), Value::String(cell.to_owned()));
            }
            Some((field, language)) => {
                let language = language.to_ascii_lowercase();
                let translation = translations.entry(language.clone()).or_default();
                translation.insert("language".to_owned(), Value::String(language));
                translation.insert(field.to_owned(), Value::String(cell.to_owned()));
            }
        }
    }
    let languages = translations.keys().cloned().collect();
    let translations: Vec<Value> = translations.into_values().map(Value::Object).collect();
    entry.insert("translations".to_owned(), Value::Array(translations));
    (entry, languages)
}

/// What spreadsheets write for true and for false where they do not speak English: German, French, Spanish, Italian,
/// Portuguese, Dutch, Polish, Swedish, Danish, Norwegian, Finnish, Czech, Hungarian, Turkish, Russian.
const TRUE: &str = "WAHR VRAI VERDADERO VERO VERDADEIRO WAAR PRAWDA SANT SAND SANN TOSI PRAVDA IGAZ DOĞRU ИСТИНА";
const FALSE: &str = "FALSCH FAUX FALSO ONWAAR FAŁSZ FALSKT FALSK USANN EPÄTOSI NEPRAVDA HAMIS YANLIŞ ЛОЖЬ";

/// A cell of the column `active` as POST code takes it; one that is no flag stays what it is.
fn flag_of_a_spreadsheet(cell: &str) -> String {
    let flag = cell.trim().to_lowercase();
    let among = |words: &str| words.split(' ').any(|word| word.to_lowercase() == flag);
    match (among(TRUE), among(FALSE)) {
        (true, _) => "true".to_owned(),
        (_, true) => "false".to_owned(),
        _ => flag,
    }
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
