use serde_json::{Value, json};

use super::{Object, Schemas};
use crate::api::Endpoint;
use crate::json_schema::without_null;

/// An endpoint that says what it takes and answers.
pub trait Documented: Endpoint {
    /// Its part of the document. What all endpoints have in common is not in it.
    fn describe(&self, schemas: &mut Schemas) -> Operation;

    /// The operation's name under the second of its route's paths, where there is one.
    fn second_id(&self) -> Option<&'static str> {
        None
    }
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Wrap-up codes.
    Codes,
    /// Wrap-up segments.
    Segments,
    /// Wrap-up configurations.
    Configurations,
}

impl Topic {
    /// The tag of the operations about it.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Codes => "Wrap-up codes",
            Self::Segments => "Wrap-up segments",
            Self::Configurations => "Wrap-up configurations",
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Codes => "What agents say with that an interaction was about.",
            Self::Segments => "Wrap-ups of interactions: opened, filled by AI, closed and confirmed.",
            Self::Configurations => {
                "What an administrator keeps for internal wrap-ups: their codes, time limit and AI."
            }
        }
    }
}

/// What an endpoint takes and answers.
pub struct Operation {
    /// Its name in clients that are generated from the document.
    pub id: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What else there is to know, in Markdown.
    pub description: &'static str,
    /// Of the path and of the query.
    pub parameters: Vec<Parameter>,
    /// The request's body, where it has one.
    pub body: Option<Body>,
    /// Statuses of answers that are no errors, what each means, and its body's schema.
    pub answers: Vec<(u16, &'static str, Value)>,
    /// What a 404 means, where a record is addressed.
    pub not_found: Option<&'static str>,
    /// What can be called with what is answered.
    pub links: Vec<Link>,
}

/// A parameter of a path or of a query.
pub struct Parameter {
    pub(super) name: String,
    pub(super) place: &'static str,
    pub(super) required: bool,
    pub(super) schema: Value,
    pub(super) example: Option<Value>,
}

impl Parameter {
    /// The parameters of a path: the fields that its reader reads.
    pub fn of_path(fields: Object) -> Vec<Self> {
        Self::all("path", fields)
    }

    /// The parameters of a query: the fields that its reader reads.
    pub fn of_query(fields: Object) -> Vec<Self> {
        Self::all("query", fields)
    }

    /// Gives one of the parameters the value that it has in the examples.
    #[must_use]
    pub fn with_example(mut parameters: Vec<Self>, name: &str, example: impl Into<Value>) -> Vec<Self> {
        if let Some(parameter) = parameters.iter_mut().find(|parameter| parameter.name == name) {
            parameter.example = Some(example.into());
        }
        parameters
    }

    fn all(place: &'static str, fields: Object) -> Vec<Self> {
        let (fields, required) = fields.into_fields();
        let parameters = fields.into_iter().map(|(name, schema)| {
            let required = required.contains(&name.as_str());
            // Parameters are texts.
            Self { name, place, required, schema: without_null(schema), example: None }
        });
        parameters.collect()
    }

    pub(super) fn into_value(self, schemas: &Schemas) -> Value {
        let Self { name, place, required, schema, example } = self;
        let mut schema = schemas.formed(schema);
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter =
            json!({ "name": name, "in": place, "required": required, "description": description, "schema": schema });
        if let Some(example) = example {
            parameter["example"] = example;
        }
        parameter
    }
}

/// A request's body.
pub struct Body {
    pub(super) shapes: Vec<Object>,
    pub(super) as_one: Option<(&'static str, &'static str)>,
    pub(super) examples: Vec<(&'static str, &'static str, Value)>,
}

impl Body {
    /// A body that has one of these shapes.
    pub fn new(shapes: impl IntoIterator<Item = Object>) -> Self {
        Self { shapes: shapes.into_iter().collect(), as_one: None, examples: Vec::new() }
    }

    /// Makes one object of several shapes in the plain form: its name, and what it is.
    #[must_use]
    pub fn as_one(self, name: &'static str, says: &'static str) -> Self {
        Self { as_one: Some((name, says)), ..self }
    }

    /// Adds an example: its key, what it shows, and the body.
    #[must_use]
    pub fn example(mut self, key: &'static str, shows: &'static str, body: Value) -> Self {
        self.examples.push((key, shows, body));
        self
    }
}

/// What can be called with what an answer holds.
pub struct Link {
    /// Its key.
    pub name: &'static str,
    /// The operation that it leads to.
    pub operation: &'static str,
    /// That operation's parameters, as runtime expressions on the answer.
    pub parameters: Value,
}
