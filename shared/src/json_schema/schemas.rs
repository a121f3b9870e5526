use std::collections::BTreeSet;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::Object;
use super::plain::{merged, plain};

/// How much of the truth descriptions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Objects whose fields have one type each, and conditions in words: what clients are generated from.
    Plain,
    /// All that is read, and every condition: what requests can be checked by.
    Strict,
}

/// The document's schemas, collected while endpoints describe themselves.
pub struct Schemas {
    form: Form,
    generator: SchemaGenerator,
    requests: Map<String, Value>,
    unions: Map<String, Value>,
    answers: BTreeSet<String>,
}

impl Schemas {
    /// No schemas yet, which will have this form.
    pub fn new(form: Form) -> Self {
        let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let generator = settings.into_generator();
        Self { form, generator, requests: Map::new(), unions: Map::new(), answers: BTreeSet::new() }
    }

    /// Their form.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The schema of an answer's body: that of the struct which is written.
    pub fn answer<T: JsonSchema>(&mut self) -> Value {
        let schema = self.generator.subschema_for::<T>().to_value();
        self.answers.insert(T::schema_name().into_owned());
        schema
    }

    /// The schema of something else that is written as JSON: that of the struct.
    pub fn written<T: JsonSchema>(&mut self) -> Value {
        self.generator.subschema_for::<T>().to_value()
    }

    /// The schema, by this name, of an answer's body which is one of these.
    pub(crate) fn either(&mut self, name: &str, answers: [Value; 2]) -> Value {
        self.unions.insert(name.to_owned(), json!({ "oneOf": answers, "xml": { "name": "response" } }));
        reference(name)
    }

    /// The schema of a request's body, which is of one of these shapes. In the plain form several are one object, of the name
    /// and with the description that `as_one` has.
    pub(crate) fn request(&mut self, shapes: Vec<Object>, as_one: Option<(&'static str, &str)>) -> Value {
        let mut references = Vec::with_capacity(shapes.len());
        let mut several = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let mut schemas = shape.into_schemas();
            if let (Form::Plain, Some(_)) = (self.form, as_one) {
                several.extend(schemas.pop().map(|(_, schema)| schema));
            } else if let Some((name, schema)) = schemas.last_mut() {
                schema["xml"] = json!({ "name": "request" });
                references.push(reference(name));
            }
            self.requests.extend(schemas.into_iter().map(|(name, schema)| (name.to_owned(), schema)));
        }
        if let (Form::Plain, Some((name, says))) = (self.form, as_one) {
            return self.as_one(name, says, &several);
        }
        if references.len() > 1 {
            return json!({ "oneOf": references, "xml": { "name": "request" } });
        }
        references.pop().unwrap_or_default()
    }

    /// One object, of this name, for several shapes of a request's body.
    pub(crate) fn as_one(&mut self, name: &str, says: &str, shapes: &[Value]) -> Value {
        let mut schema = merged(says, shapes);
        schema["xml"] = json!({ "name": "request" });
        self.requests.insert(name.to_owned(), schema);
        reference(name)
    }

    /// The same schema for a body in XML: without null, which is an attribute there and beyond this schema. The plain form
    /// has no null anywhere.
    pub(crate) fn in_xml(&self, schema: &Value) -> Value {
        match self.form {
            Form::Plain => schema.clone(),
            Form::Strict => without_null(self.inlined(schema)),
        }
    }

    /// The schema in this form.
    pub(crate) fn formed(&self, schema: Value) -> Value {
        match self.form {
            Form::Plain => plain(schema),
            Form::Strict => schema,
        }
    }

    /// All schemas by their names.
    pub(crate) fn into_components(mut self) -> Map<String, Value> {
        let requests = std::mem::take(&mut self.requests).into_iter();
        let mut components: Map<_, _> = requests.map(|(name, schema)| (name, self.formed(schema))).collect();
        components.append(&mut self.unions);
        for (name, schema) in self.generator.take_definitions(true) {
            // Fields without a value are left out of answers.
            let mut schema = self.formed(without_null(schema));
            if self.answers.contains(&name) {
                schema["xml"] = json!({ "name": "response" });
            }
            components.insert(name, schema);
        }
        components
    }

    fn inlined(&self, schema: &Value) -> Value {
        match schema {
            Value::Object(map) => {
                let name = map.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
                let mut rest = map.clone();
                rest.remove("$ref");
                let mut inlined =
                    name.and_then(|name| self.requests.get(name)).map_or(json!({}), |it| self.inlined(it));
                for (key, value) in rest {
                    inlined[key] = self.inlined(&value);
                }
                inlined
            }
            Value::Array(list) => list.iter().map(|entry| self.inlined(entry)).collect(),
            leaf => leaf.clone(),
        }
    }
}

/// The reference to a schema of the document.
pub(crate) fn reference(name: &str) -> Value {
    Schema::new_ref(format!("#/components/schemas/{name}")).to_value()
}

/// The schema of the same values except null.
pub(crate) fn without_null(schema: Value) -> Value {
    match schema {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| {
                let value = match (key.as_str(), value) {
                    ("type" | "enum", Value::Array(mut list)) => {
                        list.retain(|entry| !entry.is_null() && entry != "null");
                        if key == "type" && list.len() == 1 { list.remove(0) } else { Value::Array(list) }
                    }
                    ("anyOf", Value::Array(mut list)) => {
                        list.retain(|schema| *schema != json!({ "type": "null" }));
                        list.into_iter().map(without_null).collect()
                    }
                    (_, value) => without_null(value),
                };
                (key, value)
            })
            .collect(),
        Value::Array(list) => list.into_iter().map(without_null).collect(),
        leaf => leaf,
    }
}
