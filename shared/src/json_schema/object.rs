use serde_json::{Map, Value, json};

use super::rules::{NOT_BLANK, trimmed};
use crate::document::{FromText, TextForm};

/// An object of a request. Its methods are named like those of [`Fields`](crate::document::Fields), so that a
/// description reads like the reader that it stands beside.
#[derive(Clone)]
pub struct Object {
    name: &'static str,
    schema: Map<String, Value>,
    fields: Map<String, Value>,
    required: Vec<&'static str>,
    rules: Vec<Value>,
    nested: Vec<(&'static str, Value)>,
}

impl Object {
    /// An object without fields. `name` is unique in the document.
    pub fn new(name: &'static str, says: &str) -> Self {
        let schema = [("type".to_owned(), json!("object")), ("description".to_owned(), json!(says))];
        Self {
            name,
            schema: schema.into_iter().collect(),
            fields: Map::new(),
            required: Vec::new(),
            rules: Vec::new(),
            nested: Vec::new(),
        }
    }

    /// A value that has to be given.
    #[must_use]
    pub fn required<T: FromText>(mut self, name: &'static str, says: &str) -> Self {
        let mut schema = text(T::form());
        schema.entry("pattern").or_insert(json!(NOT_BLANK));
        self.required.push(name);
        self.field(name, Value::Object(schema), says)
    }

    /// A value that may be absent, null or blank.
    #[must_use]
    pub fn optional<T: FromText>(self, name: &'static str, says: &str) -> Self {
        let mut schema = text(T::form());
        let schema = if schema.contains_key("pattern") {
            json!({ "anyOf": [schema, blank()] })
        } else {
            schema.insert("type".to_owned(), json!(["string", "null"]));
            Value::Object(schema)
        };
        self.field(name, schema, says)
    }

    /// A value that may be absent, null or blank, and otherwise is one of these.
    #[must_use]
    pub fn optional_one_of(self, name: &'static str, values: &[&str], says: &str) -> Self {
        self.field(name, json!({ "anyOf": [{ "enum": values }, blank()] }), says)
    }

    /// A text of at most `most` characters.
    #[must_use]
    pub fn text_up_to(self, name: &'static str, most: usize, says: &str) -> Self {
        self.field(name, json!({ "type": ["string", "null"], "maxLength": most }), says)
    }

    /// A boolean, or the strings `"true"` and `"false"`. Absent is `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, says: &str) -> Self {
        self.flag_with_default(name, false, says)
    }

    /// A flag whose absence means `default`.
    #[must_use]
    pub fn flag_with_default(self, name: &'static str, default: bool, says: &str) -> Self {
        self.field(name, json!({ "enum": [true, false, "true", "false", null], "default": default }), says)
    }

    /// A flag that has to be true.
    #[must_use]
    pub fn true_flag(mut self, name: &'static str, says: &str) -> Self {
        self.required.push(name);
        self.field(name, json!({ "enum": [true, "true"] }), says)
    }

    /// A flag that has to be false or absent.
    #[must_use]
    pub fn false_flag(self, name: &'static str, says: &str) -> Self {
        self.field(name, json!({ "enum": [false, "false", null], "default": false }), says)
    }

    /// Whole seconds above 0, as a number or a text.
    #[must_use]
    pub fn seconds(self, name: &'static str, says: &str) -> Self {
        let number = json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX });
        let digits = json!({ "type": "string", "pattern": trimmed("0*[1-9][0-9]{0,8}") });
        self.field(name, json!({ "anyOf": [number, digits, blank()] }), says)
    }

    /// A nested object that has to be given.
    #[must_use]
    pub fn required_object(mut self, name: &'static str, object: Self, says: &str) -> Self {
        let schema = self.nest(object);
        self.required.push(name);
        self.field(name, schema, says)
    }

    /// A list of at most `most` objects.
    #[must_use]
    pub fn objects(mut self, name: &'static str, entry: Self, most: usize, says: &str) -> Self {
        let items = self.nest(entry);
        self.field(name, json!({ "type": ["array", "null"], "items": items, "maxItems": most }), says)
    }

    /// A list of at least one object and at most `most`.
    #[must_use]
    pub fn required_objects(mut self, name: &'static str, entry: Self, most: usize, says: &str) -> Self {
        let items = self.nest(entry);
        self.required.push(name);
        self.field(name, json!({ "type": "array", "items": items, "minItems": 1, "maxItems": most }), says)
    }

    /// A list of objects, or one object that stands for a list of one.
    #[must_use]
    pub fn object_or_objects(mut self, name: &'static str, entry: Self, says: &str) -> Self {
        let entry = self.nest(entry);
        let list = json!({ "type": ["array", "null"], "items": entry });
        self.field(name, json!({ "anyOf": [entry, list] }), says)
    }

    /// A condition that the whole object has to meet.
    #[must_use]
    pub fn rule(mut self, rule: Value) -> Self {
        self.rules.push(rule);
        self
    }

    /// Its name, its schema, and those of the objects in it.
    pub(crate) fn into_schemas(self) -> Vec<(&'static str, Value)> {
        let mut schema = self.schema;
        schema.insert("properties".to_owned(), Value::Object(self.fields));
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), json!(self.required));
        }
        if !self.rules.is_empty() {
            schema.insert("allOf".to_owned(), Value::Array(self.rules));
        }
        let mut schemas = self.nested;
        schemas.push((self.name, Value::Object(schema)));
        schemas
    }

    /// What it says of its fields, as a rule for another object.
    pub(crate) fn into_rule(self) -> Value {
        json!({ "properties": self.fields })
    }

    /// Its fields and which of them are required, to be described as parameters.
    pub(crate) fn into_fields(self) -> (Map<String, Value>, Vec<&'static str>) {
        (self.fields, self.required)
    }

    fn field(mut self, name: &'static str, mut schema: Value, says: &str) -> Self {
        schema["description"] = json!(says);
        self.fields.insert(name.to_owned(), schema);
        self
    }

    fn nest(&mut self, object: Self) -> Value {
        let reference = super::schemas::reference(object.name);
        self.nested.extend(object.into_schemas());
        reference
    }
}

/// The texts that a value is read from, blank ones aside.
fn text(form: TextForm) -> Map<String, Value> {
    let TextForm { most, pattern, format } = form;
    let mut schema = Map::from_iter([("type".to_owned(), json!("string"))]);
    schema.extend(most.map(|most| ("maxLength".to_owned(), json!(most))));
    schema.extend(pattern.map(|pattern| ("pattern".to_owned(), json!(trimmed(&pattern)))));
    schema.extend(format.map(|format| ("format".to_owned(), json!(format))));
    schema
}

/// A field without a value.
fn blank() -> Value {
    json!({ "type": ["string", "null"], "pattern": trimmed("") })
}
