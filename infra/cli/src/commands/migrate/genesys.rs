use std::path::PathBuf;

use serde_json::{Map, Value};
use wrapup::codes::CodeImport;
use wrapup::document::{Document, Violations};

use super::{place_of, records};
use crate::commands::CommandError;
use crate::commands::import_report::{Entry, Report, import_codes};
use crate::connect::Target;
use crate::import::{Cell, NoCells};

/// Imports the wrap-up codes of these files: an entity's name is the label, and its id, a UUID, the sys_id without its
/// hyphens.
pub async fn run(files: &[PathBuf], dry_run: bool, target: &Target) -> Result<(), CommandError> {
    let mut entries = Vec::new();
    for path in files {
        for record in records(path, |_| false)? {
            let place = place_of(path, &record);
            let beginning = place.clone();
            let name = move |violations: Violations| format!("{beginning}: {}", violations.renamed(column_of));
            let says = match record.cells {
                Ok(cells) => Document::from_object(entry(&cells)).read(CodeImport::read_listed).map_err(&name),
                Err(NoCells::Deleted) => continue,
                Err(problem) => Err(format!("{place}: {problem}")),
            };
            entries.push(Entry { place, name: Box::new(name), says });
        }
    }
    let mut report = Report::new(dry_run);
    let system = target.system().await;
    import_codes(system.codes(), entries, &target.stamp().by, &mut report).await?;
    report.end("code", "codes")
}

/// The columns of an entity, and the fields of a code that they are.
const COLUMNS: [(&str, &str); 3] = [("id", "sys_id"), ("name", "code"), ("description", "description")];

/// The column that a field of a code is read from.
fn column_of(field: &str) -> String {
    let column = COLUMNS.iter().find(|(_, of_code)| *of_code == field).map(|(column, _)| *column);
    column.unwrap_or(field).to_owned()
}

fn entry(cells: &[(String, Cell)]) -> Map<String, Value> {
    let fields = cells.iter().filter_map(|(column, cell)| {
        let (_, field) = COLUMNS.iter().find(|(known, _)| column.eq_ignore_ascii_case(known))?;
        let value = if *field == "sys_id" { cell.value.replace('-', "") } else { cell.value.clone() };
        Some(((*field).to_owned(), Value::String(value)))
    });
    fields.collect()
}
