//! What was expected, against what was seen. An answer may have more fields than are expected. Texts in angle brackets
//! stand for texts of a kind: `<sys_id>`, `<date-time>`, `<milliseconds>` since 1970, `<text>` for any that is not
//! empty, `<string>` for any at all, `<none>` for a field that is not there, and `<mentions a, b>` for one that has
//! these words, in whatever case.

use std::collections::BTreeMap;

use serde_json::Value;

/// Texts by the names that stand for them.
pub type Names = BTreeMap<&'static str, String>;

/// Puts values in place of names in braces; a name in capitals is the value in capitals. Other braces stay.
pub fn filled(text: &str, names: &Names) -> String {
    let mut filled = text.to_owned();
    for (name, value) in names {
        filled = filled.replace(&format!("{{{name}}}"), value);
        filled = filled.replace(&format!("{{{}}}", name.to_uppercase()), &value.to_uppercase());
    }
    filled
}

/// The same for every text of a value.
pub fn filled_value(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => Value::String(filled(text, names)),
        Value::Array(list) => list.iter().map(|entry| filled_value(entry, names)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled_value(value, names))).collect()
        }
        other => other.clone(),
    }
}

/// What stands at a JSON pointer. In XML a list of one is its entry, so `0` of what is no list is itself.
pub fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, step| match value {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        value if step == "0" => Some(value),
        value => value.get(step),
    })
}

/// A place where something else was seen.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// With the field's path.
    pub expected: String,
    pub seen: String,
}

/// The first place at which an answer does not show what it has to.
pub fn difference(expected: &Value, seen: Option<&Value>, path: &str) -> Option<Difference> {
    let here = if path.is_empty() { "the answer" } else { path };
    let other = |expected: &str| {
        let seen = seen.map_or_else(|| "not there".to_owned(), Value::to_string);
        Some(Difference { expected: format!("{here}: {expected}"), seen })
    };
    match (expected, seen) {
        (Value::Null, _) => None,
        (Value::String(kind), seen) if kind == "<none>" => seen.and_then(|_| other("not there")),
        (Value::String(kind), Some(Value::String(text))) if is_kind(kind) => {
            if fits(kind, text) {
                None
            } else {
                other(kind)
            }
        }
        (Value::Object(fields), Some(Value::Object(seen))) => fields.iter().find_map(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            difference(value, seen.get(name), &path)
        }),
        (Value::Array(list), Some(Value::Array(seen))) => {
            if list.len() != seen.len() {
                let count = |length| format!("{length} entries");
                return Some(Difference {
                    expected: format!("{here}: {}", count(list.len())),
                    seen: count(seen.len()),
                });
            }
            let entries = list.iter().zip(seen).enumerate();
            entries
                .into_iter()
                .find_map(|(index, (value, seen))| difference(value, Some(seen), &format!("{path}[{index}]")))
        }
        (expected, Some(seen)) if expected == seen => None,
        (expected, _) => other(&expected.to_string()),
    }
}

/// Whether a text is, or is of the kind, that is expected of a header.
pub fn is_or_fits(expected: &str, seen: &str) -> bool {
    if is_kind(expected) { fits(expected, seen) } else { expected == seen }
}

fn is_kind(text: &str) -> bool {
    text.starts_with('<') && text.ends_with('>')
}

fn fits(kind: &str, text: &str) -> bool {
    match kind.trim_start_matches('<').trim_end_matches('>') {
        "sys_id" => text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
        "date-time" => {
            let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            shape == "0000-00-00 00:00:00"
        }
        // From 2001 on, to the year 2286.
        "milliseconds" => text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit()),
        "text" => !text.is_empty(),
        "string" => true,
        kind => kind
            .strip_prefix("mentions ")
            .is_some_and(|words| words.split(", ").all(|word| text.to_lowercase().contains(&word.to_lowercase()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_that_shows_what_is_expected_may_have_more() {
        let seen = json!({ "sys_id": "0123456789abcdef0123456789abcdef", "list": [{ "a": true, "b": 1 }], "more": 1 });
        for expected in [
            json!(null),
            json!({ "sys_id": "<sys_id>", "list": [{ "a": true }], "absent": "<none>" }),
            json!({ "sys_id": "<mentions ABC, 012>" }),
        ] {
            assert_eq!(difference(&expected, Some(&seen), ""), None, "{expected}");
        }
    }

    #[test]
    fn what_is_otherwise_is_named_by_its_path() {
        let seen = json!({ "segment": { "state": "open", "list": [{ "code": "a" }, { "code": "b" }] }, "at": "now" });
        for (expected, named, shown) in [
            (json!({ "segment": { "state": "closed" } }), r#"segment.state: "closed""#, r#""open""#),
            (json!({ "segment": { "code": { "code": "a" } } }), r#"segment.code: {"code":"a"}"#, "not there"),
            (json!({ "segment": { "list": [{}, { "code": "c" }] } }), r#"segment.list[1].code: "c""#, r#""b""#),
            (json!({ "segment": { "list": [{}] } }), "segment.list: 1 entries", "2 entries"),
            (json!({ "at": "<date-time>" }), "at: <date-time>", r#""now""#),
            (json!({ "at": "<none>" }), "at: not there", r#""now""#),
            (json!({ "segment": "<text>" }), "segment: \"<text>\"", &seen["segment"].to_string()),
        ] {
            let said = difference(&expected, Some(&seen), "");
            assert_eq!(said, Some(Difference { expected: named.to_owned(), seen: shown.to_owned() }), "{expected}");
        }
    }

    #[test]
    fn names_in_braces_are_filled_in() {
        let names = Names::from([("id", "a1".to_owned()), ("run", "r".to_owned())]);
        assert_eq!(filled("{run}/{id}/{ID}/{other}", &names), "r/a1/A1/{other}");
        assert_eq!(filled_value(&json!({ "a": ["{id}", 1] }), &names), json!({ "a": ["a1", 1] }));
    }

    #[test]
    fn a_list_of_one_has_the_same_pointer_in_both_formats() {
        assert_eq!(at(&json!({ "list": [{ "a": 1 }] }), "/list/0/a"), Some(&json!(1)));
        assert_eq!(at(&json!({ "list": { "a": 1 } }), "/list/0/a"), Some(&json!(1)));
    }
}
