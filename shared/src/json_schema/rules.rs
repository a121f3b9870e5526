//! Conditions between fields, in JSON Schema's words.

use serde_json::{Value, json};

/// White space at the ends of a text as Rust trims it. `\s` is another set in every dialect of regular expressions.
pub(super) const BLANKS: &str = r"[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*";

/// A text that is not blank. A byte order mark says nothing either.
pub(crate) const NOT_BLANK: &str =
    r"[^\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]";

/// A pattern with white space around it, which its reader trims. Of an empty pattern: a blank text.
pub(crate) fn trimmed(pattern: &str) -> String {
    format!("^{BLANKS}{pattern}{BLANKS}$")
}

/// The keyword that holds a condition's words.
const WORDS: &str = "$comment";

/// A condition with the words that stand for it in the plain form, without a full stop.
pub fn in_words(mut rule: Value, words: &str) -> Value {
    rule[WORDS] = json!(words);
    rule
}

/// The words of a condition that has some.
pub(super) fn words_of(rule: &Value) -> Option<&str> {
    rule[WORDS].as_str()
}

/// The field has a value, as [`Fields::has`](crate::document::Fields::has) judges it.
pub fn given(name: &str) -> Value {
    let types = ["boolean", "number", "string", "array", "object"];
    let rule =
        json!({ "required": [name], "properties": { name: { "type": types, "pattern": NOT_BLANK, "minItems": 1 } } });
    in_words(rule, &format!("`{name}` is given"))
}

/// All of these fields have values.
pub fn all_given(names: &[&str]) -> Value {
    let rule = json!({ "allOf": names.iter().map(|name| given(name)).collect::<Vec<_>>() });
    in_words(rule, &format!("`{}` are given", names.join("` and `")))
}

/// At least one of these fields has a value.
pub fn any_given(names: &[&str]) -> Value {
    let rule = json!({ "anyOf": names.iter().map(|name| given(name)).collect::<Vec<_>>() });
    in_words(rule, &format!("`{}` is given", names.join("` or `")))
}

/// The flag is true.
pub fn is_true(name: &str) -> Value {
    let flag = flag(&[true], false);
    in_words(json!({ "required": [name], "properties": { name: flag } }), &format!("`{name}` is true"))
}

/// A flag that is one of these: a boolean, or its name as a text, in any case; with `null` also absent.
pub(crate) fn flag(values: &[bool], null: bool) -> Value {
    let name = |value: &bool| if *value { "[Tt][Rr][Uu][Ee]" } else { "[Ff][Aa][Ll][Ss][Ee]" };
    let names = values.iter().map(name).collect::<Vec<_>>().join("|");
    // Null stands in the list, from where it is taken for XML.
    let values: Vec<Value> = values.iter().map(|value| json!(value)).chain(null.then_some(Value::Null)).collect();
    json!({ "anyOf": [{ "enum": values }, { "type": "string", "pattern": trimmed(&format!("({names})")) }] })
}

/// The flag is false, and not merely absent.
pub fn is_false(name: &str) -> Value {
    in_words(
        json!({ "required": [name], "properties": { name: flag(&[false], false) } }),
        &format!("`{name}` is false"),
    )
}

/// At most one of the two holds. It has words where both have some.
pub fn not_both(one: Value, other: Value) -> Value {
    let words = words_of(&one).zip(words_of(&other)).map(|(one, other)| format!("Not both: {one}, and {other}"));
    let rule = json!({ "not": { "allOf": [one, other] } });
    match words {
        Some(words) => in_words(rule, &words),
        None => rule,
    }
}

/// Where the one holds, the other has to. It has words where both have some.
pub fn when(condition: Value, consequence: Value) -> Value {
    let words = words_of(&condition).zip(words_of(&consequence));
    let words = words.map(|(condition, consequence)| format!("Where {condition}: {consequence}"));
    let rule = json!({ "if": condition, "then": consequence });
    match words {
        Some(words) => in_words(rule, &words),
        None => rule,
    }
}
