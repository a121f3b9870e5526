use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::import::{Cell, NoCells, Record};

/// The tables of an instance that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `interaction_wrap_up_code`
    Codes,
    /// `interaction_wrap_up_configuration`
    Configurations,
    /// Which codes a configuration allows, where a table of its own says so.
    AllowedCodes,
    /// `sys_translated_text`: a text of one record in a language.
    TranslatedTexts,
    /// `sys_translated`: a text of whichever records have it, in a language.
    TranslatedFields,
}

const NAMES: [(Kind, &str); 5] = [
    (Kind::Codes, "interaction_wrap_up_code"),
    (Kind::Configurations, "interaction_wrap_up_configuration"),
    (Kind::AllowedCodes, "allowed_codes"),
    (Kind::TranslatedTexts, "sys_translated_text"),
    (Kind::TranslatedFields, "sys_translated"),
];

/// Names that a column may have, as it is called in the table or by its label, once [`plain`]. The first is that of our own.
pub const LABEL: &[&str] = &["code", "label", "wrap_up_code", "name"];
const CODE: &[&str] = &["wrap_up_code", "interaction_wrap_up_code", "code", "codes"];
const CONFIGURATION: &[&str] =
    &["wrap_up_configuration", "interaction_wrap_up_configuration", "configuration", "wrap_up_config", "config"];
const OF_CONFIGURATIONS: &[&str] =
    &["enable_codes", "allowed_codes", "default_code", "show_timer", "enable_ai_code", "enable_ai_notes"];

impl Kind {
    /// The table of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| name.eq_ignore_ascii_case(known));
        found.map(|(kind, _)| *kind).or_else(|| is_between(&name.to_ascii_lowercase()).then_some(Self::AllowedCodes))
    }

    /// The table whose name stands in that of a file.
    fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_stem()?.to_string_lossy().to_ascii_lowercase();
        if is_between(&name) {
            return Some(Self::AllowedCodes);
        }
        // The longest one: `sys_translated` stands in `sys_translated_text`, too.
        let found = NAMES.iter().filter(|(_, known)| name.contains(known));
        found.max_by_key(|(_, known)| known.len()).map(|(kind, _)| *kind)
    }

    /// The table that has such columns.
    fn of_columns(row: &BTreeMap<String, Cell>) -> Option<Self> {
        let has = |names: &[&str]| names.iter().any(|name| row.contains_key(*name));
        if has(&["language"]) && has(DOCUMENT) && has(&["value"]) {
            Some(Self::TranslatedTexts)
        } else if has(&["language"]) && has(ELEMENT) && has(&["label", "value"]) {
            Some(Self::TranslatedFields)
        } else if has(OF_CONFIGURATIONS) {
            Some(Self::Configurations)
        } else if has(CODE) && has(CONFIGURATION) {
            Some(Self::AllowedCodes)
        } else if has(&["code", "label", "wrap_up_code"]) {
            Some(Self::Codes)
        } else {
            None
        }
    }
}

/// Columns of translations.
pub const DOCUMENT: &[&str] = &["documentkey", "document_key", "document"];
/// See [`DOCUMENT`].
pub const ELEMENT: &[&str] = &["element", "fieldname", "field_name", "field"];
/// See [`DOCUMENT`].
pub const TABLE: &[&str] = &["tablename", "table_name", "table", "name"];

/// Whether this is what a table between configurations and codes may be called.
fn is_between(name: &str) -> bool {
    name.contains("wrap_up") && name.contains("config") && name.contains("code")
}

/// Reads the `TABLE=FILE` of an option.
pub fn named_file(text: &str) -> Result<(Kind, PathBuf), String> {
    let known = || format!("has to be TABLE=FILE, where TABLE is one of {}", NAMES.map(|(_, name)| name).join(", "));
    let (table, file) = text.split_once('=').ok_or_else(known)?;
    Ok((Kind::of_name(table).ok_or_else(known)?, PathBuf::from(file)))
}

/// A record that is taken.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands, among several files.
    pub place: String,
    /// Its columns, by their [`plain`] names.
    pub cells: BTreeMap<String, Cell>,
}

impl Row {
    /// The first of these columns that says something.
    pub fn cell(&self, names: &[&str]) -> Option<&Cell> {
        let mut cells = names.iter().filter_map(|name| self.cells.get(*name));
        cells.find(|cell| {
            !cell.value.trim().is_empty() || cell.shown.as_deref().is_some_and(|text| !text.trim().is_empty())
        })
    }

    /// The text of the first of these columns that says something.
    pub fn text(&self, names: &[&str]) -> Option<&str> {
        self.cell(names).map(|cell| cell.value.as_str()).filter(|text| !text.trim().is_empty())
    }

    /// Which code a row of the table between configurations and codes names.
    pub fn code(&self) -> Option<&Cell> {
        self.cell(CODE)
    }

    /// Which configuration it names.
    pub fn configuration(&self) -> Option<&Cell> {
        self.cell(CONFIGURATION)
    }
}

/// What the files hold.
#[derive(Default)]
pub struct Rows {
    by_kind: BTreeMap<Kind, Vec<Row>>,
    /// What is wrong with records that are none.
    pub broken: Vec<String>,
    /// How many records of which file are of another table, or are deleted.
    pub passed_over: BTreeMap<(String, String), usize>,
}

impl Rows {
    /// The rows of a table; each once, also where several files have it.
    pub fn of(&self, kind: Kind) -> &[Row] {
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Takes the records of a file, of which a table may be said. Answers whether any table was recognised.
    pub fn take(&mut self, path: &Path, file: &str, said: Option<Kind>, records: Vec<Record>) -> bool {
        let of_file = Kind::of_file(path);
        let mut recognised = records.is_empty() && (said.is_some() || of_file.is_some());
        for Record { place, table, cells } in records {
            let place = format!("{file}, {place}");
            let cells: BTreeMap<String, Cell> = match cells {
                Ok(cells) => cells.into_iter().map(|(name, cell)| (plain(&name), cell)).collect(),
                Err(NoCells::Deleted) => {
                    recognised = true;
                    *self.passed_over.entry((file.to_owned(), "deleted there".to_owned())).or_default() += 1;
                    continue;
                }
                Err(problem) => {
                    recognised = true;
                    self.broken.push(format!("{place}: {problem}"));
                    continue;
                }
            };
            let class = cells.get("sys_class_name").and_then(|class| Kind::of_name(&class.value));
            let kind = match &table {
                Some(table) => Kind::of_name(table).or_else(|| {
                    // What a table between configurations and codes is called depends on the instance.
                    Kind::of_columns(&cells).filter(|kind| *kind == Kind::AllowedCodes)
                }),
                None => said.or(class).or(of_file).or_else(|| Kind::of_columns(&cells)),
            };
            match kind {
                Some(kind) => {
                    recognised = true;
                    let rows = self.by_kind.entry(kind).or_default();
                    let again = cells.contains_key("sys_id") && rows.iter().any(|row| row.cells == cells);
                    if !again {
                        rows.push(Row { place, cells });
                    }
                }
                None => {
                    let of = table.map_or_else(|| "of an unknown table".to_owned(), |table| format!("of {table}"));
                    *self.passed_over.entry((file.to_owned(), of)).or_default() += 1;
                }
            }
        }
        recognised
    }
}

/// The name of a column, or its label, in the form that names have: `Wrap-up code` is `wrap_up_code`.
pub fn plain(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}
