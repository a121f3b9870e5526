//! Conditions between fields, in JSON Schema's words.

use serde_json::{Value, json};

/// White space at the ends of a text as Rust trims it. `\s` is another set in every dialect of regular expressions.
const BLANKS: &str = r"[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*";

/// A text that is not blank. A byte order mark says nothing either.
pub(crate) const NOT_BLANK: &str =
    r"[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]";

/// A pattern with white space around it, which its reader trims. Of an empty pattern: a blank text.
pub(crate) fn trimmed(pattern: &str) -> String {
    format!("^{BLANKS}{pattern}{BLANKS}$")
}

/// The field has a value, as [`Fields::has`](crate::document::Fields::has) judges it.
pub fn given(name: &str) -> Value {
    let types = ["boolean", "number", "string", "array", "object"];
    json!({ "required": [name], "properties": { name: { "type": types, "pattern": NOT_BLANK, "minItems": 1 } } })
}

/// All of these fields have values.
pub fn all_given(names: &[&str]) -> Value {
    json!({ "allOf": names.iter().map(|name| given(name)).collect::<Vec<_>>() })
}

/// At least one of these fields has a value.
pub fn any_given(names: &[&str]) -> Value {
    json!({ "anyOf": names.iter().map(|name| given(name)).collect::<Vec<_>>() })
}

/// The flag is true.
pub fn is_true(name: &str) -> Value {
    json!({ "required": [name], "properties": { name: flag(&[true], false) } })
}

/// A flag that is one of these: a boolean, or its name as a text, in any case; with `null` also absent.
pub(crate) fn flag(values: &[bool], null: bool) -> Value {
    let name = |value: &bool| if *value { "[Tt][Rr][Uu][Ee]" } else { "[Ff][Aa][Ll][Ss][Ee]" };
    let names = values.iter().map(name).collect::<Vec<_>>().join("|");
    // Null stands in the list, from where it is taken for XML.
    let values: Vec<Value> = values.iter().map(|value| json!(value)).chain(null.then_some(Value::Null)).collect();
    json!({ "anyOf": [{ "enum": values }, { "type": "string", "pattern": trimmed(&format!("({names})")) }] })
}

/// Where the one holds, the other has to.
pub fn when(condition: Value, consequence: Value) -> Value {
    json!({ "if": condition, "then": consequence })
}
