use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use serde_json::{Map, Value};
use wrapup::codes::{CodeImport, Fate};
use wrapup::configurations::Definition;
use wrapup::document::{Document, Violations};

use super::references::{References, is_sys_id};
use super::tables::{DOCUMENT, ELEMENT, Kind, LABEL, Row, Rows, TABLE, plain};
use super::{both, records};
use crate::commands::code::flag_of_a_spreadsheet;
use crate::commands::configuration::fate;
use crate::commands::import_report::{Entry, Report, import_codes};
use crate::commands::{CommandError, name_of};
use crate::connect::Target;
use crate::output;

/// Imports what these files hold; of each, its table may be said.
pub async fn run(files: Vec<(Option<Kind>, PathBuf)>, dry_run: bool, target: &Target) -> Result<(), CommandError> {
    let rows = read(&files)?;
    let system = target.system().await;
    let stamp = target.stamp();
    let mut codes = Report::new(dry_run);
    for problem in &rows.broken {
        codes.refuse(problem);
    }
    let mut translations = Translations::of(&rows, &mut codes);
    let mut entries: Vec<_> = rows.of(Kind::Codes).iter().map(|row| code(row, &mut translations)).collect();
    let mut stored = References::new(system.codes(), &[]);
    translations.of_stored_codes(&mut stored, &mut entries, &mut codes).await?;
    let imported = import_codes(system.codes(), entries, &stamp.by, &mut codes).await?;
    let mut references = References::new(system.codes(), &imported);
    let mut configurations = Report::new(dry_run);
    let mut names = HashSet::new();
    for row in rows.of(Kind::Configurations) {
        let definition = match configuration(row, &rows, &mut references).await? {
            Ok(definition) => definition,
            Err(problem) => {
                configurations.refuse(&problem);
                continue;
            }
        };
        if !names.insert(definition.sys_id.clone()) {
            configurations.refuse(&format!("{}: sys_id repeats '{}' of an earlier one", row.place, definition.sys_id));
            continue;
        }
        let fate = fate(system.configurations(), &definition).await?;
        if !dry_run && fate != Fate::Same {
            system.configurations().put(&definition, &stamp).await?;
        }
        configurations.count(fate, &definition.name)?;
    }
    for ((file, of), count) in &rows.passed_over {
        let records = if *count == 1 { "record" } else { "records" };
        output::complain(&format!("{file}: passed over {count} {records} {of}"));
    }
    both(codes.end("code", "codes"), configurations.end("configuration", "configurations"))
}

/// Reads all files before anything is written.
fn read(files: &[(Option<Kind>, PathBuf)]) -> Result<Rows, CommandError> {
    let mut rows = Rows::default();
    for (said, path) in files {
        let records = records(path, |name| Kind::of_name(name).is_some())?;
        if !rows.take(path, &name_of(path), *said, records) {
            let problem = "neither its name nor its columns tell which table it holds; say so by --as TABLE=FILE";
            return Err(CommandError::file(path, problem));
        }
    }
    Ok(rows)
}

/// What a text is translated to, by language, and within a language by field of a code.
type Texts = BTreeMap<String, BTreeMap<&'static str, String>>;

/// The translations of codes.
#[derive(Default)]
struct Translations {
    /// By the code's sys_id; and where the first of them stands.
    of_records: BTreeMap<String, (String, Texts)>,
    /// By the text that is translated.
    of_texts: HashMap<String, Texts>,
}

impl Translations {
    fn of(rows: &Rows, report: &mut Report) -> Self {
        let mut translations = Self::default();
        for (kind, row) in [Kind::TranslatedTexts, Kind::TranslatedFields]
            .into_iter()
            .flat_map(|kind| rows.of(kind).iter().map(move |row| (kind, row)))
        {
            let table = row.text(TABLE).map(plain);
            if table.is_some_and(|table| Kind::of_name(&table) != Some(Kind::Codes)) {
                continue;
            }
            let (key, text) = match kind {
                Kind::TranslatedTexts => (row.text(DOCUMENT), row.text(&["value"])),
                _ => (row.text(&["value"]), row.text(&["label"])),
            };
            let field = row.text(ELEMENT).map(plain);
            let field = match field.as_deref() {
                Some("description") => "description",
                Some(field) if LABEL.contains(&field) => "code",
                _ => continue,
            };
            let (Some(key), Some(text), Some(language)) = (key, text, row.text(&["language"])) else {
                report.refuse(&format!("{}: lacks the language, the text, or what it translates", row.place));
                continue;
            };
            let texts = match kind {
                Kind::TranslatedTexts => {
                    let key = key.trim().to_ascii_lowercase();
                    &mut translations.of_records.entry(key).or_insert_with(|| (row.place.clone(), Texts::new())).1
                }
                _ => translations.of_texts.entry(key.to_owned()).or_default(),
            };
            texts.entry(language.trim().to_ascii_lowercase()).or_default().insert(field, text.to_owned());
        }
        translations
    }

    /// Takes those of one code.
    fn take(&mut self, sys_id: Option<&str>, label: Option<&str>, description: Option<&str>) -> Vec<Value> {
        let mut all = Texts::new();
        for (field, text) in [("code", label), ("description", description)] {
            let Some(texts) = text.and_then(|text| self.of_texts.get(text)) else { continue };
            for (language, texts) in texts {
                if let Some(text) = texts.get(field) {
                    all.entry(language.clone()).or_default().insert(field, text.clone());
                }
            }
        }
        // What is said of this very record counts more.
        let own = sys_id.and_then(|sys_id| self.of_records.remove(&sys_id.trim().to_ascii_lowercase()));
        for (language, texts) in own.into_iter().flat_map(|(_, texts)| texts) {
            all.entry(language).or_default().extend(texts);
        }
        values(all)
    }

    /// Adds entries for translations of codes that no file has, and that are stored.
    async fn of_stored_codes(
        self,
        stored: &mut References<'_>,
        entries: &mut Vec<Entry<CodeImport>>,
        report: &mut Report,
    ) -> Result<(), CommandError> {
        for (sys_id, (place, texts)) in self.of_records {
            let Some(label) = stored.label_of(&sys_id).await? else {
                report.refuse(&format!("{place}: translates the code '{sys_id}', which is in no file and not stored"));
                continue;
            };
            let mut entry = Map::new();
            entry.insert("code".to_owned(), Value::String(label.as_str().to_owned()));
            entry.insert("translations".to_owned(), Value::Array(values(texts)));
            entries.push(entry_of(place, entry));
        }
        Ok(())
    }
}

fn values(texts: Texts) -> Vec<Value> {
    let values = texts.into_iter().map(|(language, texts)| {
        let fields = texts.into_iter().map(|(field, text)| (field.to_owned(), Value::String(text)));
        let language = ("language".to_owned(), Value::String(language));
        Value::Object(std::iter::once(language).chain(fields).collect())
    });
    values.collect()
}

/// A row of the code table with its translations.
fn code(row: &Row, translations: &mut Translations) -> Entry<CodeImport> {
    let mut entry = Map::new();
    let mut set = |field: &str, value: Option<String>| {
        if let Some(value) = value {
            entry.insert(field.to_owned(), Value::String(value));
        }
    };
    let (label, description, sys_id) = (row.text(LABEL), row.text(&["description"]), row.text(&["sys_id"]));
    set("code", label.map(str::to_owned));
    set("description", description.map(str::to_owned));
    set("sys_id", sys_id.map(str::to_owned));
    set("active", flag(row, &["active"]));
    set("external", flag(row, &["external"]));
    entry.insert("translations".to_owned(), Value::Array(translations.take(sys_id, label, description)));
    entry_of(row.place.clone(), entry)
}

fn entry_of(place: String, entry: Map<String, Value>) -> Entry<CodeImport> {
    let beginning = place.clone();
    let name = move |violations: Violations| format!("{beginning}: {violations}");
    let says = Document::from_object(entry).read(CodeImport::read_listed).map_err(&name);
    Entry { place, name: Box::new(name), says }
}

/// A flag as an instance or a spreadsheet writes it; what is none stays what it is.
fn flag(row: &Row, names: &[&str]) -> Option<String> {
    row.text(names).map(|text| match text.trim() {
        "1" => "true".to_owned(),
        "0" => "false".to_owned(),
        text => flag_of_a_spreadsheet(text),
    })
}

/// Flags of a configuration, and the other names that their columns may have.
const FLAGS: [(&str, &[&str]); 7] = [
    ("active", &["active"]),
    ("enable_codes", &["enable_codes", "enable_wrap_up_codes"]),
    ("show_timer", &["show_timer", "enable_timer"]),
    ("enable_ai_code", &["enable_ai_code", "enable_ai_codes"]),
    ("enable_ai_notes", &["enable_ai_notes"]),
    ("use_ai_as_default", &["use_ai_as_default", "use_ai_code_as_default"]),
    ("use_third_party_ai", &["use_third_party_ai"]),
];

/// A row of the configuration table with its codes, or what is wrong with it.
async fn configuration(
    row: &Row,
    rows: &Rows,
    references: &mut References<'_>,
) -> Result<Result<Definition, String>, CommandError> {
    let name = row.text(&["name", "label"]);
    let sys_id = row.text(&["sys_id"]).map(|sys_id| sys_id.trim().to_ascii_lowercase());
    let mut fields = Map::new();
    fields.extend(name.map(|name| ("name".to_owned(), Value::String(name.to_owned()))));
    fields.extend(sys_id.clone().map(|sys_id| ("sys_id".to_owned(), Value::String(sys_id))));
    for (field, names) in FLAGS {
        fields.extend(flag(row, names).map(|flag| (field.to_owned(), Value::String(flag))));
    }
    let mut labels = match row.cell(&["allowed_codes", "wrap_up_codes", "codes"]) {
        Some(cell) => references.labels(cell).await?,
        None => Vec::new(),
    };
    let mut default = match row.cell(&["default_code", "default_wrap_up_code"]) {
        Some(cell) => references.labels(cell).await?.into_iter().next(),
        None => None,
    };
    for link in rows.of(Kind::AllowedCodes) {
        let is_of_this = link.configuration().is_some_and(|of| {
            let names = [Some(of.value.trim()), of.shown.as_deref()];
            names.into_iter().flatten().any(|text| match is_sys_id(text) {
                true => sys_id.as_deref().is_some_and(|sys_id| text.eq_ignore_ascii_case(sys_id)),
                false => name == Some(text),
            })
        });
        let Some(cell) = link.code().filter(|_| is_of_this) else { continue };
        let codes = references.labels(cell).await?;
        if flag(link, &["default", "is_default"]).as_deref() == Some("true") {
            default = default.or_else(|| codes.first().cloned());
        }
        labels.extend(codes);
    }
    let mut seen = HashSet::new();
    labels.retain(|label| seen.insert(label.clone()));
    fields.insert("allowed_codes".to_owned(), labels.into_iter().map(Value::String).collect());
    fields.extend(default.map(|label| ("default_code".to_owned(), Value::String(label))));
    // None is stored as one of no length.
    let duration =
        row.text(&["duration", "wrap_up_duration", "timer_duration"]).filter(|text| seconds(text) != Some(0));
    let duration = duration.map(|text| seconds(text).map_or_else(|| Value::from(text), Value::from));
    fields.extend(duration.map(|seconds| ("duration".to_owned(), seconds)));
    let definition = match Document::from_object(fields).read(Definition::read) {
        Ok(definition) => definition,
        Err(violations) => return Ok(Err(format!("{}: {violations}", row.place))),
    };
    let mut unusable = Vec::new();
    for label in &definition.allowed_codes {
        if references.is_active(label).await? != Some(true) {
            unusable.push(format!("'{}'", label.as_str()));
        }
    }
    match unusable.as_slice() {
        [] => Ok(Ok(definition)),
        labels => Ok(Err(format!("{}: no active wrap-up code {}", row.place, labels.join(", ")))),
    }
}

/// The seconds of a duration: a number of them, or as an instance stores it, a time of 1970, or hours, minutes and seconds,
/// before which days may stand.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let (date, time) = text.rsplit_once(' ').unwrap_or(("0", text));
    let days = match date.trim().strip_prefix("1970-01-") {
        Some(day) => day.parse::<u64>().ok()?.checked_sub(1)?,
        None => date.trim().parse().ok()?,
    };
    let mut parts = time.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    days.checked_mul(86_400)?
        .checked_add(hours.checked_mul(3_600)?)?
        .checked_add(minutes.checked_mul(60)?)?
        .checked_add(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_an_instance_writes_them() {
        for (text, wanted) in [
            ("120", Some(120)),
            ("1970-01-01 00:02:00", Some(120)),
            ("1970-01-02 01:00:00", Some(90_000)),
            ("00:02:30", Some(150)),
            ("1 00:00:10", Some(86_410)),
            ("2 Minutes", None),
            ("2024-01-01 00:02:00", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
