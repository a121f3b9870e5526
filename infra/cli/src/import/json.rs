use serde_json::{Map, Value};

use super::{Cell, NoCells, Place, Record, Unreadable};

/// The JSON values of a text, of which there may be several, one behind the other, as pages that were fetched in a row.
fn values(text: &str) -> Result<Vec<Value>, Unreadable> {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
    values.map_err(|error| {
        let problem = error.to_string();
        let problem = problem.split(" at line ").next().unwrap_or(&problem).to_owned();
        Unreadable::Malformed { line: error.line() as u64, problem }
    })
}

/// Reads the records of each list that stands in the values: a list itself, or one in a field of an object. A field's name
/// may be that of a table, which `is_table` says.
pub fn read(text: &str, is_table: impl Fn(&str) -> bool) -> Result<Vec<Record>, Unreadable> {
    let pages: Vec<Value> = values(text)?.into_iter().flat_map(pages).collect();
    let several = pages.len() > 1;
    let mut records = Vec::new();
    let mut lists = 0;
    for (page, value) in pages.into_iter().enumerate() {
        let page = if several { format!("page {}, ", page + 1) } else { String::new() };
        let mut take = |name: &str, list: Vec<Value>| {
            lists += 1;
            let table = is_table(name).then(|| name.to_owned());
            records.extend(list.into_iter().enumerate().map(|(index, entry)| Record {
                place: Place::Entry(format!("{page}{name}[{index}]")),
                table: table.clone(),
                cells: cells(entry),
            }));
        };
        match value {
            Value::Array(list) => take("", list),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value {
                        Value::Array(list) => take(&name, list),
                        // The answer to a question for one record.
                        Value::Object(_) if name == "result" => take(&name, vec![value]),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    if lists == 0 {
        return Err(Unreadable::NoRecords("has no list of records".to_owned()));
    }
    Ok(records)
}

/// The fields that hold the list of a page, in the answers of the systems whose files are read.
const LISTS: [&str; 3] = ["entities", "records", "result"];

/// The pages in a value: an array of whole answers is several.
fn pages(value: Value) -> Vec<Value> {
    let is_page = |value: &Value| LISTS.iter().any(|list| value.get(list).is_some_and(Value::is_array));
    match value {
        Value::Array(list) if !list.is_empty() && list.iter().all(is_page) => list,
        value => vec![value],
    }
}

fn cells(entry: Value) -> Result<Vec<(String, Cell)>, NoCells> {
    match entry {
        Value::Object(fields) => {
            Ok(fields.into_iter().filter_map(|(name, value)| Some((name, cell(value)?))).collect())
        }
        _ => Err(NoCells::NoRecord("has to be an object".to_owned())),
    }
}

/// What a field says: a text, or an object with what is stored and what is shown. Lists of labels or references are
/// joined, as the platform stores them.
fn cell(value: Value) -> Option<Cell> {
    match value {
        Value::Null => None,
        Value::String(value) => Some(Cell { value, shown: None }),
        Value::Bool(_) | Value::Number(_) => Some(Cell { value: value.to_string(), shown: None }),
        Value::Object(fields) => {
            let text = |name: &str| text_of(&fields, name);
            let (value, shown) = (text("value"), text("display_value"));
            Some(Cell { value: value.or_else(|| shown.clone())?, shown })
        }
        Value::Array(list) => {
            let cells: Vec<Cell> = list.into_iter().filter_map(cell).collect();
            let joined = |text: fn(&Cell) -> &str| cells.iter().map(text).collect::<Vec<_>>().join(",");
            let shown = cells.iter().any(|cell| cell.shown.is_some());
            let shown = shown.then(|| joined(|cell| cell.shown.as_deref().unwrap_or(&cell.value)));
            Some(Cell { value: joined(|cell| &cell.value), shown })
        }
    }
}

fn text_of(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::Null | Value::Object(_) | Value::Array(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
