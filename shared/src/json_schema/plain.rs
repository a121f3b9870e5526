use serde_json::{Map, Value, json};

use super::rules::{BLANKS, NOT_BLANK, words_of};

/// The plain form of a schema. What is read from more than one type or shape has the first of them, which is why that is the
/// one to write; conditions are told in words; and a default is, too, since generated clients would send it for a field
/// that nobody has named.
pub(crate) fn plain(schema: Value) -> Value {
    let Value::Object(mut strict) = schema else { return schema };
    let mut says = strict.remove("description").and_then(|says| says.as_str().map(str::to_owned)).unwrap_or_default();
    let mut plain = Map::new();
    for several in ["anyOf", "oneOf"] {
        let Some(Value::Array(shapes)) = strict.remove(several) else { continue };
        if shapes.iter().all(|shape| shape["const"].is_string()) {
            for shape in &shapes {
                says.push_str(&format!("\n- {}", named(&shape["const"], &shape["description"])));
            }
            strict.insert("enum".to_owned(), shapes.iter().map(|shape| shape["const"].clone()).collect());
        } else if let Some(Value::Object(mut first)) = shapes.into_iter().next() {
            if let (true, Some(of_it)) = (says.is_empty(), first.remove("description")) {
                says = of_it.as_str().unwrap_or_default().to_owned();
            }
            for (key, value) in first {
                strict.entry(key).or_insert(value);
            }
            if !says.is_empty() {
                strict.insert("description".to_owned(), json!(says));
            }
            // What stood first may be several shapes itself.
            return self::plain(Value::Object(strict));
        }
    }
    for (key, value) in strict {
        let (key, value) = match (key.as_str(), value) {
            ("const" | "if" | "then", _) => continue,
            ("allOf", rules) => {
                let rules = rules.as_array().into_iter().flatten();
                rules.filter_map(words_of).for_each(|words| says.push_str(&format!("\n- {words}.")));
                continue;
            }
            ("default", value) => {
                says.push_str(&format!(" Default: `{value}`."));
                continue;
            }
            ("type", Value::Array(types)) => (key, types.into_iter().next().unwrap_or_default()),
            ("enum", Value::Array(values)) if values.iter().any(Value::is_boolean) => {
                ("type".to_owned(), json!("boolean"))
            }
            ("enum", Value::Array(values)) => {
                plain.insert("type".to_owned(), json!("string"));
                (key, values.into_iter().filter(|value| !value.is_null()).collect())
            }
            ("pattern", Value::String(pattern)) if pattern == NOT_BLANK => ("minLength".to_owned(), json!(1)),
            ("pattern", Value::String(pattern)) => (key, json!(pattern.replace(BLANKS, ""))),
            ("format", Value::String(format)) if format.starts_with("uint") => (key, json!("int64")),
            ("maximum", most) if most.as_i64().is_some_and(|most| most > i64::from(i32::MAX)) => {
                plain.insert("format".to_owned(), json!("int64"));
                (key, most)
            }
            ("properties", Value::Object(fields)) => {
                (key, fields.into_iter().map(|(name, field)| (name, self::plain(field))).collect())
            }
            ("items" | "additionalProperties", value) => (key, self::plain(value)),
            (_, value) => (key, value),
        };
        plain.insert(key, value);
    }
    if !says.is_empty() {
        plain.insert("description".to_owned(), json!(says.trim_start()));
    }
    Value::Object(plain)
}

/// One object for several shapes: it has the fields and the conditions of all of them, and a field is required where each of
/// them requires it. A field that is one of these values here, and of those there, is one of all.
pub(crate) fn merged(says: &str, shapes: &[Value]) -> Value {
    let mut fields = Map::new();
    let mut rules: Vec<&Value> = Vec::new();
    for shape in shapes {
        for (name, field) in shape["properties"].as_object().into_iter().flatten() {
            let known = fields.entry(name.as_str()).or_insert_with(|| field.clone());
            let values = known.get_mut("enum").and_then(Value::as_array_mut);
            if let (Some(values), Some(more)) = (values, field["enum"].as_array()) {
                let new: Vec<_> = more.iter().filter(|value| !values.contains(value)).cloned().collect();
                values.extend(new);
            }
        }
        for rule in shape["allOf"].as_array().into_iter().flatten() {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    let requires = |shape: &Value, name: &Value| shape["required"].as_array().is_some_and(|names| names.contains(name));
    let required = shapes.first().and_then(|shape| shape["required"].as_array()).into_iter().flatten();
    let required: Vec<_> = required.filter(|name| shapes.iter().all(|shape| requires(shape, name))).collect();
    json!({ "type": "object", "description": says, "properties": fields, "required": required, "allOf": rules })
}

fn named(value: &Value, says: &Value) -> String {
    let value = value.as_str().unwrap_or_default();
    says.as_str().map_or_else(|| format!("`{value}`"), |says| format!("`{value}`: {says}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json_schema::{all_given, is_true, when};

    #[test]
    fn a_field_has_the_first_of_its_types_and_shapes() {
        let flag = json!({ "anyOf": [{ "enum": [true, false] }, { "type": "string", "pattern": "(true|false)" }] });
        let flag = json!({ "anyOf": [flag, { "type": "null" }], "default": true, "description": "Whether." });
        assert_eq!(plain(flag), json!({ "type": "boolean", "description": "Whether. Default: `true`." }));
        let text = json!({ "type": ["string", "integer", "null"], "maxLength": 9, "pattern": NOT_BLANK });
        assert_eq!(plain(text), json!({ "type": "string", "maxLength": 9, "minLength": 1 }));
        let language = json!({ "type": "string", "pattern": format!("^{BLANKS}[a-z]{BLANKS}$") });
        assert_eq!(plain(language), json!({ "type": "string", "pattern": "^[a-z]$" }));
        let object = json!({ "anyOf": [{ "$ref": "#/it" }, { "type": "array", "items": { "$ref": "#/it" } }] });
        assert_eq!(plain(json!({ "items": object })), json!({ "items": { "$ref": "#/it" } }));
        let number = json!({ "anyOf": [{ "type": "integer", "maximum": u32::MAX }, { "type": "string" }] });
        assert_eq!(plain(number), json!({ "type": "integer", "format": "int64", "maximum": u32::MAX }));
    }

    #[test]
    fn a_field_may_be_called_as_a_keyword_is() {
        let object =
            json!({ "properties": { "default": { "const": true, "type": "boolean" }, "anyOf": { "type": "string" } } });
        let shown = json!({ "properties": { "default": { "type": "boolean" }, "anyOf": { "type": "string" } } });
        assert_eq!(plain(object), shown);
    }

    #[test]
    fn conditions_and_what_values_mean_are_words() {
        let rules = json!([when(is_true("a"), all_given(&["b", "c"])), { "maxProperties": 1 }]);
        let says = "It.\n- Where `a` is true: `b` and `c` are given.";
        assert_eq!(plain(json!({ "description": "It.", "allOf": rules })), json!({ "description": says }));
        let state = json!({ "oneOf": [{ "const": "open", "description": "Not yet." }, { "const": "closed" }] });
        let says = "- `open`: Not yet.\n- `closed`";
        assert_eq!(plain(state), json!({ "type": "string", "enum": ["open", "closed"], "description": says }));
    }

    #[test]
    fn of_several_shapes_one_object_is_made() {
        let shape = |kind: &str, own: &str| {
            json!({
                "properties": { "kind": { "enum": [kind] }, own: { "type": "string" } },
                "required": ["kind", own],
                "allOf": [is_true("x")],
            })
        };
        let one = merged("Either.", &[shape("a", "of_a"), shape("b", "of_b")]);
        let text = json!({ "type": "string" });
        assert_eq!(
            one,
            json!({
                "type": "object",
                "description": "Either.",
                "properties": { "kind": { "enum": ["a", "b"] }, "of_a": text, "of_b": text },
                "required": ["kind"],
                "allOf": [is_true("x")],
            })
        );
    }
}
