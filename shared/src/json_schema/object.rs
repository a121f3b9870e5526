use std::num::NonZeroU32;

use serde_json::{Map, Value, json};

use super::rules::{NOT_BLANK, flag, trimmed};
use crate::document::{FromText, Problem, TextForm, Visitor};

/// An object of a request, as its description says it. Fields that a reader goes through as a [`Visitor`] are described
/// by that same reader: see [`Object::with`]. The others are named here once more, by methods that are called like those of
/// [`Fields`](crate::document::Fields).
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
    pub fn required<T: FromText>(self, name: &'static str, says: &str) -> Self {
        self.with(|object| drop(Visitor::required::<T>(object, name, says)))
    }

    /// A value that may be absent, null or blank.
    #[must_use]
    pub fn optional<T: FromText>(self, name: &'static str, says: &str) -> Self {
        self.with(|object| drop(Visitor::optional::<T>(object, name, says)))
    }

    /// A value that may be absent, null or blank, and otherwise is one of these.
    #[must_use]
    pub fn optional_one_of(self, name: &'static str, values: &[&str], says: &str) -> Self {
        self.field(name, json!({ "anyOf": [{ "enum": values }, blank()] }), says)
    }

    /// One of these, which has to be given.
    #[must_use]
    pub fn required_one_of(mut self, name: &'static str, values: &[&str], says: &str) -> Self {
        self.required.push(name);
        self.field(name, json!({ "enum": values }), says)
    }

    /// A text of at most `most` characters.
    #[must_use]
    pub fn text_up_to(self, name: &'static str, most: usize, says: &str) -> Self {
        self.with(|object| drop(Visitor::text_up_to(object, name, most, says)))
    }

    /// A flag that has to be true.
    #[must_use]
    pub fn true_flag(mut self, name: &'static str, says: &str) -> Self {
        self.required.push(name);
        self.field(name, flag(&[true], false), says)
    }

    /// A flag that has to be false or absent.
    #[must_use]
    pub fn false_flag(self, name: &'static str, says: &str) -> Self {
        let mut schema = flag(&[false], true);
        schema["default"] = json!(false);
        self.field(name, schema, says)
    }

    /// A flag that may be absent, where that is neither.
    #[must_use]
    pub fn optional_flag(self, name: &'static str, says: &str) -> Self {
        self.field(name, flag(&[true, false], true), says)
    }

    /// A whole number from 1 to `most` that may be absent or blank, in a query.
    #[must_use]
    pub fn optional_number(self, name: &'static str, most: usize, says: &str) -> Self {
        let number = json!({ "type": "integer", "minimum": 1, "maximum": most });
        self.field(name, json!({ "anyOf": [number, blank()] }), says)
    }

    /// A nested object that has to be given.
    #[must_use]
    pub fn required_object(mut self, name: &'static str, object: Self, says: &str) -> Self {
        let schema = self.nest(object);
        self.required.push(name);
        self.field(name, schema, says)
    }

    /// A nested object that may be absent.
    #[must_use]
    pub fn optional_object(mut self, name: &'static str, object: Self, says: &str) -> Self {
        let schema = self.nest(object);
        self.field(name, json!({ "anyOf": [schema, { "type": "null" }] }), says)
    }

    /// A list of at most `most` objects.
    #[must_use]
    pub fn objects(mut self, name: &'static str, entry: Self, most: usize, says: &str) -> Self {
        let items = self.nest(entry);
        self.field(name, json!({ "type": ["array", "null"], "items": items, "maxItems": most }), says)
    }

    /// A list of at most `most` objects, or of texts in place of objects that would have one field.
    #[must_use]
    pub fn objects_or_texts(mut self, name: &'static str, entry: Self, most: usize, says: &str) -> Self {
        let entry = json!({ "anyOf": [self.nest(entry), { "type": "string", "pattern": NOT_BLANK }] });
        self.field(name, json!({ "type": ["array", "null"], "items": entry, "maxItems": most }), says)
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

    /// The fields that a reader goes through, which is called with this object in their place.
    #[must_use]
    pub fn with(mut self, visit: impl FnOnce(&mut Self)) -> Self {
        visit(&mut self);
        self
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

    fn field(mut self, name: &'static str, schema: Value, says: &str) -> Self {
        self.put(name, schema, says);
        self
    }

    fn put(&mut self, name: &'static str, mut schema: Value, says: &str) {
        schema["description"] = json!(says);
        self.fields.insert(name.to_owned(), schema);
    }

    fn nest(&mut self, object: Self) -> Value {
        let reference = super::schemas::reference(object.name);
        self.nested.extend(object.into_schemas());
        reference
    }
}

/// Takes down what is said of each field.
impl Visitor for Object {
    fn required<T: FromText>(&mut self, name: &'static str, says: &str) -> Option<T> {
        let mut schema = text(T::form());
        schema.entry("pattern").or_insert(json!(NOT_BLANK));
        self.required.push(name);
        self.put(name, Value::Object(schema), says);
        None
    }

    fn required_when<T: FromText>(&mut self, name: &'static str, _: Problem, says: &str) -> Option<T> {
        Visitor::required(self, name, says)
    }

    fn optional<T: FromText>(&mut self, name: &'static str, says: &str) -> Option<T> {
        let mut schema = text(T::form());
        let schema = if schema.contains_key("pattern") {
            json!({ "anyOf": [schema, blank()] })
        } else {
            schema.insert("type".to_owned(), json!(["string", "integer", "null"]));
            Value::Object(schema)
        };
        self.put(name, schema, says);
        None
    }

    fn text_up_to(&mut self, name: &'static str, most: usize, says: &str) -> Option<String> {
        self.put(name, json!({ "type": ["string", "integer", "null"], "maxLength": most }), says);
        None
    }

    fn flag_or(&mut self, default: bool, name: &'static str, says: &str) -> Option<bool> {
        let mut schema = flag(&[true, false], true);
        schema["default"] = json!(default);
        self.put(name, schema, says);
        None
    }

    fn seconds(&mut self, name: &'static str, says: &str) -> Option<NonZeroU32> {
        let number = json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX });
        let digits = json!({ "type": "string", "pattern": trimmed(r"0*[1-9][0-9]{0,8}(\.0+)?") });
        self.put(name, json!({ "anyOf": [number, digits, blank()] }), says);
        None
    }
}

/// The texts that a value is read from, blank ones aside. Where a text needs no form, a whole number stands for its digits.
fn text(form: TextForm) -> Map<String, Value> {
    let TextForm { most, pattern, format } = form;
    let types = if pattern.is_some() { json!("string") } else { json!(["string", "integer"]) };
    let mut schema = Map::from_iter([("type".to_owned(), types)]);
    schema.extend(most.map(|most| ("maxLength".to_owned(), json!(most))));
    schema.extend(pattern.map(|pattern| ("pattern".to_owned(), json!(trimmed(&pattern)))));
    schema.extend(format.map(|format| ("format".to_owned(), json!(format))));
    schema
}

/// A field without a value.
fn blank() -> Value {
    json!({ "type": ["string", "null"], "pattern": trimmed("") })
}
