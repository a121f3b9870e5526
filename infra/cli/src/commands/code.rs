use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value};
use wrapup::codes::{Code, CodeImport, CodeQuestion};
use wrapup::csv;
use wrapup::document::{Document, FromText, Problem, Violations};
use wrapup::language::Language;

use super::import_report::{Entry, Report, import_codes};
use super::{CommandError, STDIN, parse_json, print_list, read_file};
use crate::connect::Target;
use crate::import;
use crate::output::{self, Output, Row};

/// `wrapup code`
#[derive(Subcommand)]
pub enum Command {
    /// Create and update codes from a file: JSON as POST code takes it or `code list` prints it, or CSV
    Import {
        /// FILE.json, or FILE.csv with the columns code, description, active, sys_id, external, and for each language
        /// code_xx and description_xx; - reads standard input, as JSON where that begins with { or [
        file: PathBuf,
        /// Show what is new, the same, changed or refused, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List the codes
    List {
        /// Those with this text in label, description or translations, in capitals or not
        #[arg(long, value_name = "TEXT")]
        q: Option<String>,
        /// Active ones alone, or inactive ones
        #[arg(long, value_name = "BOOL")]
        active: Option<bool>,
        /// Those that came through the API alone, or others
        #[arg(long, value_name = "BOOL")]
        external: Option<bool>,
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    match command {
        Command::Import { file, dry_run } => {
            let content = read_file(&file)?;
            let text = import::decode(&content).map_err(|error| CommandError::file(&file, error))?;
            let rows = if is_csv(&file, &text) { csv_rows(&file, &text)? } else { json_rows(&file, &text)? };
            let mut report = Report::new(dry_run);
            import_codes(system.codes(), rows, &target.stamp().by, &mut report).await?;
            report.end("code", "codes")
        }
        Command::List { q, active, external, output } => {
            let question = CodeQuestion::new(active, external, q.as_deref());
            let mut listed = system.codes().list().await?;
            listed.records.retain(|code| question.asks_for(code));
            print_list(&listed, output)
        }
    }
}

/// Whether a file is CSV: by its name, or where it has none by how it begins.
fn is_csv(path: &Path, text: &str) -> bool {
    if path == Path::new(STDIN) {
        return !text.trim_start().starts_with(['{', '[']);
    }
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
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

/// Reads `{"codes": [..]}`, or the list alone, as `code list` prints it; one entry's violations do not stop the others.
fn json_rows(path: &Path, text: &str) -> Result<Vec<Entry<CodeImport>>, CommandError> {
    let listed = text.trim_start().starts_with('[');
    let object = if listed { format!("{{\"codes\":{text}\n}}") } else { text.to_owned() };
    parse_json(path, object.as_bytes(), |fields| {
        // A list that is empty is one.
        let given = if listed { fields.is_given("codes") } else { fields.has("codes") };
        if !given {
            fields.violation("codes", Problem::Required);
        }
        let entries = fields.each_object("codes")?;
        let rows = entries.into_iter().enumerate().map(|(index, entry)| {
            let place = format!("codes[{index}]");
            let read = if listed { CodeImport::read_listed } else { CodeImport::read };
            let says = entry
                .map_err(Violations::from)
                .and_then(|entry| entry.attempt(read))
                .map_err(|violations| violations.to_string());
            let name = place.clone();
            Entry { place, name: Box::new(move |violations| violations.within(&name).to_string()), says }
        });
        Some(rows.collect())
    })
}

/// Columns of a CSV file besides those of the languages.
const COLUMNS: [&str; 5] = ["code", "description", "active", "sys_id", "external"];

/// Reads CSV with a head line. An empty cell is an absent field.
fn csv_rows(path: &Path, text: &str) -> Result<Vec<Entry<CodeImport>>, CommandError> {
    let problem = |problem: String| CommandError::file(path, problem);
    let table = import::read_csv(text).map_err(|error| CommandError::file(path, error))?;
    let columns: Vec<String> = table.columns.iter().map(|column| column.to_ascii_lowercase()).collect();
    let known = |column: &str| {
        let of_language = column.strip_prefix("code_").or(column.strip_prefix("description_"));
        COLUMNS.contains(&column) || of_language.is_some_and(|language| Language::from_text(language).is_ok())
    };
    if !columns.iter().any(|column| column == "code") {
        return Err(problem("the first line has to name the columns, and one of them has to be 'code'".to_owned()));
    }
    let unknown = table.columns.iter().zip(&columns).find(|(_, column)| !known(column));
    if let Some((given, _)) = unknown {
        let known = COLUMNS.join(", ");
        return Err(problem(format!("column '{given}' is none of {known}, code_xx, description_xx")));
    }
    let mut seen = HashSet::new();
    if let Some((given, _)) = table.columns.iter().zip(&columns).find(|(_, column)| !seen.insert(column.as_str())) {
        return Err(problem(format!("column '{given}' {}", Problem::GivenTwice)));
    }
    let rows = table.rows.into_iter().map(|row| {
        // What `code list` prints as CSV comes back as it was.
        let cells = row.cells.iter().map(|cell| csv::of_no_formula(cell));
        let cells = columns.iter().map(String::as_str).zip(cells);
        let (entry, languages) = csv_entry(cells.filter(|(_, cell)| !cell.trim().is_empty()));
        let place = format!("line {}", row.line);
        let line = place.clone();
        let name = move |violations: Violations| {
            format!("{line}: {}", violations.renamed(|field| column_of(field, &languages)))
        };
        let says = match row.misfit(columns.len()) {
            Some(misfit) => Err(format!("{place}: {misfit}")),
            None => Document::from_object(entry).read(CodeImport::read).map_err(&name),
        };
        Entry { place, name: Box::new(name), says }
    });
    Ok(rows.collect())
}

/// A CSV row in the form that POST code takes, and its translations' languages in their order.
fn csv_entry<'a>(cells: impl Iterator<Item = (&'a str, &'a str)>) -> (Map<String, Value>, Vec<String>) {
    let mut entry = Map::new();
    let mut translations: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (column, cell) in cells {
        let translated = column.split_once('_').filter(|(field, _)| matches!(*field, "code" | "description"));
        match translated {
            None if matches!(column, "active" | "external") => {
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

/// A cell of a column of flags as POST code takes it; one that is no flag stays what it is.
pub fn flag_of_a_spreadsheet(cell: &str) -> String {
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

    /// In the form that `code import` takes: a column for each text of each language.
    fn csv(codes: &[Self]) -> String {
        let languages: BTreeSet<&str> =
            codes.iter().flat_map(|code| &code.translations).map(|translation| translation.language.as_str()).collect();
        let translated =
            languages.iter().flat_map(|language| [format!("code_{language}"), format!("description_{language}")]);
        let columns: Vec<String> = COLUMNS.iter().copied().map(str::to_owned).chain(translated).collect();
        let rows = codes.iter().map(|code| {
            let (active, external) = (code.active.to_string(), code.external.to_string());
            let mut cells =
                vec![code.code.as_str().to_owned(), code.description.clone(), active, code.sys_id.clone(), external];
            for language in &languages {
                let translation =
                    code.translations.iter().find(|translation| translation.language.as_str() == *language);
                let texts = translation.map(|translation| (translation.code.clone(), translation.description.clone()));
                let (label, description) = texts.unwrap_or_default();
                cells.extend([label.unwrap_or_default(), description.unwrap_or_default()]);
            }
            cells
        });
        output::csv_of(&columns, rows)
    }
}
