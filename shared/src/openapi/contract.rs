use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::operation::{Body, Documented, Link, Operation, Topic};
use super::{Schemas, errors, oauth};
use crate::api::describe::xml_request;
use crate::api::{Envelope, PREFIXES};

/// The whole contract. Serializes as an OpenAPI 3.1 document, paths in the order of the endpoints.
#[derive(Serialize)]
pub struct Contract {
    openapi: &'static str,
    info: Value,
    servers: Value,
    security: Value,
    tags: Value,
    #[serde(serialize_with = "as_map")]
    paths: Vec<(String, Map<String, Value>)>,
    components: Value,
}

const ABOUT: &str = "\
ServiceNow's Wrap Up API, self-hosted. When an agent ends a conversation, a wrap-up segment is opened; the agent picks \
a wrap-up code and writes notes, and the segment is closed.

- Every path exists with the version (`/api/now/v1/`) and without it; `v1` is the only version, any other is 400.
- Requests and answers are JSON or XML, by `Content-Type` and `Accept`; JSON is the default. `text/xml` and media types \
that end in `+json` or `+xml` count too. XML says what the JSON says: a key is an element, a list its element repeated, \
the root is `<request>` or `<response>`. An element with `xsi:nil=\"true\"` is null.
- Unknown fields are ignored. null means absent. Flags are booleans or the strings `\"true\"` and `\"false\"`.
- One 400 names all fields that are wrong, by their paths.
- `HEAD` works wherever `GET` does. Other methods are 405 with `Allow`.
- A character is a Unicode scalar value.";

impl Contract {
    /// The document of an API with these endpoints, which is reached at `server`, a URL without `/api`.
    pub fn new(endpoints: &[Box<dyn Documented>], server: &str) -> Self {
        let mut schemas = Schemas::default();
        let responses = errors::of_the_edge(&mut schemas);
        let mut bodies = Map::new();
        let mut paths: Vec<(String, Map<String, Value>)> = Vec::new();
        for endpoint in endpoints {
            let route = endpoint.route();
            for (position, path) in route.paths.iter().enumerate() {
                for prefix in PREFIXES {
                    let way = Way { alias: position > 0, versioned: prefix == PREFIXES[1] };
                    let mut operation = endpoint.describe(&mut schemas);
                    if let Some(body) = operation.body.take() {
                        bodies.insert(operation.id.to_owned(), request_body(body, &mut schemas));
                    }
                    let has_body = bodies.contains_key(operation.id);
                    let operation = describe(operation, has_body, way, endpoint.envelope(), &mut schemas);
                    let path = format!("{prefix}{path}");
                    let method = route.method.as_str().to_lowercase();
                    match paths.iter_mut().find(|(known, _)| *known == path) {
                        Some((_, methods)) => drop(methods.insert(method, operation)),
                        None => paths.push((path, Map::from_iter([(method, operation)]))),
                    }
                }
            }
        }
        paths.push(oauth::token_path(&mut schemas));
        let basic = json!({ "type": "http", "scheme": "basic", "description": "A user with the role \
            `interaction_integration_user`." });
        Self {
            openapi: "3.1.0",
            info: json!({
                "title": "Wrap Up API",
                "version": env!("CARGO_PKG_VERSION"),
                "summary": "Wrap-up codes and wrap-up segments of contact-centre interactions",
                "description": ABOUT,
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            }),
            servers: json!([{ "url": server }]),
            security: json!([{ "basic": [] }, { oauth::SCHEME: [oauth::SCOPE] }]),
            tags: [Topic::Codes.tag(), Topic::Segments.tag(), oauth::TAG]
                .map(|tag| json!({ "name": tag }))
                .into_iter()
                .collect(),
            paths,
            components: json!({
                "securitySchemes": { "basic": basic, oauth::SCHEME: oauth::scheme() },
                "headers": errors::headers(),
                "requestBodies": bodies,
                "responses": responses,
                "parameters": { "AcceptLanguage": accept_language() },
                "schemas": schemas.into_components(),
            }),
        }
    }
}

impl Contract {
    /// Method, path and description of every operation, in the order of the document.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.paths.iter().flat_map(|(path, methods)| {
            methods.iter().map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
    }
}

impl Contract {
    /// What each example of an operation's JSON body shows, and the body.
    pub fn examples<'a>(&'a self, operation: &'a Value) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let reference = operation["requestBody"]["$ref"].as_str().and_then(|path| path.strip_prefix("#/components"));
        let body = reference.and_then(|path| self.components.pointer(path)).unwrap_or(&Value::Null);
        let examples = body["content"]["application/json"]["examples"].as_object().into_iter().flatten();
        examples.map(|(_, example)| (example["summary"].as_str().unwrap_or_default(), &example["value"]))
    }
}

/// Under which of its names an operation is described.
#[derive(Clone, Copy)]
struct Way {
    alias: bool,
    versioned: bool,
}

impl Way {
    fn id(self, id: &str) -> String {
        format!("{id}{}{}", if self.alias { "Alias" } else { "" }, if self.versioned { "V1" } else { "" })
    }
}

fn describe(operation: Operation, has_body: bool, way: Way, envelope: Envelope, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for (status, description, schema) in operation.answers {
        let mut response = errors::response(description, &schema);
        if !operation.links.is_empty() {
            response["links"] = links(&operation.links, way);
        }
        responses.insert(status.to_string(), response);
    }
    responses.insert("400".to_owned(), errors::bad_request(schemas, envelope, has_body));
    if let Some(description) = operation.not_found {
        responses.insert("404".to_owned(), errors::not_found(schemas, envelope, description));
    }
    responses.extend(errors::references(has_body));
    let mut parameters: Vec<Value> = operation.parameters.into_iter().map(|parameter| parameter.into_value()).collect();
    parameters.push(json!({ "$ref": "#/components/parameters/AcceptLanguage" }));
    let mut described = json!({
        "operationId": way.id(operation.id),
        "tags": [operation.topic.tag()],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters,
        "responses": responses,
    });
    if has_body {
        described["requestBody"] = json!({ "$ref": format!("#/components/requestBodies/{}", operation.id) });
    }
    described
}

fn request_body(body: Body, schemas: &mut Schemas) -> Value {
    let (mut in_json, mut in_xml) = (Map::new(), Map::new());
    for (key, shows, value) in body.examples {
        in_xml.insert(key.to_owned(), json!({ "summary": shows, "value": xml_request(&value) }));
        in_json.insert(key.to_owned(), json!({ "summary": shows, "value": value }));
    }
    let schema = schemas.request(body.shapes);
    let xml_schema = schemas.in_xml(&schema);
    json!({ "required": true, "content": {
        "application/json": { "schema": schema, "examples": in_json },
        "application/xml": { "schema": xml_schema, "examples": in_xml },
    } })
}

fn links(links: &[Link], way: Way) -> Value {
    let way = Way { alias: false, ..way };
    let links = links.iter().map(|link| {
        let target = json!({ "operationId": way.id(link.operation), "parameters": link.parameters });
        (link.name.to_owned(), target)
    });
    Value::Object(links.collect())
}

fn accept_language() -> Value {
    json!({
        "name": "Accept-Language",
        "in": "header",
        "description": "Languages of `translated_code` and `translated_description`, best first; q-values are obeyed, \
            and `de-AT` falls back to `de`. Absent: the user's language, else the deployment's.",
        "schema": { "type": "string" },
        "example": "de-AT, fr;q=0.8",
    })
}

fn as_map<S: Serializer>(paths: &[(String, Map<String, Value>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(paths.iter().map(|(path, methods)| (path, methods)))
}
