use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::operation::{Body, Documented, Link, Operation, Topic};
use super::{Form, Schemas, errors, oauth};
use crate::api::describe::xml_request;
use crate::api::{Endpoint, PREFIXES};

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

- Every path exists with the version (`/api/now/v1`) and without it; `v1` is the only version, any other is 400.
- Requests and answers are JSON or XML, by `Content-Type` and `Accept`; JSON is the default. `text/xml` and media types \
that end in `+json` or `+xml` count too. XML says what the JSON says: a key is an element, a list its element repeated, \
the root is `<request>` or `<response>`. An element with `xsi:nil=\"true\"` is null.
- Unknown fields are ignored; an update whose fields are all unknown is 400. null means absent; what is absent is left \
out of answers. Flags are booleans or the strings `\"true\"` and `\"false\"`, in any case.
- One 400 names all fields that are wrong, by their paths.
- `HEAD` works wherever `GET` does. A `POST` may name another method in `X-HTTP-Method-Override`. Other methods are 405 \
with `Allow`.
- A character is a Unicode scalar value.";

impl Contract {
    /// The document, in this form, of an API with these endpoints, which is reached at `server`, a URL without `/api`.
    pub fn new(endpoints: &[Box<dyn Documented>], server: &str, form: Form) -> Self {
        let mut schemas = Schemas::new(form);
        let responses = errors::of_the_edge(&mut schemas);
        let mut bodies = Map::new();
        let mut paths: Vec<(String, Map<String, Value>)> = Vec::new();
        for endpoint in endpoints {
            let route = endpoint.route();
            for (position, path) in route.paths.iter().enumerate() {
                let mut operation = endpoint.describe(&mut schemas);
                if let Some(body) = operation.body.take() {
                    bodies.insert(operation.id.to_owned(), request_body(body, &mut schemas));
                }
                let id = endpoint.second_id().filter(|_| position > 0).unwrap_or(operation.id);
                let operation = describe(operation, id, &bodies, &**endpoint, &mut schemas);
                let path = format!("/{path}");
                let method = route.method.as_str().to_lowercase();
                match paths.iter_mut().find(|(known, _)| *known == path) {
                    Some((_, methods)) => drop(methods.insert(method, operation)),
                    None => paths.push((path, Map::from_iter([(method, operation)]))),
                }
            }
        }
        paths.push(oauth::token_path(server, &mut schemas));
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
            servers: servers(server),
            security: json!([{ "basic": [] }, { oauth::SCHEME: [oauth::SCOPE] }]),
            tags: [Topic::Codes, Topic::Segments, Topic::Configurations]
                .map(|topic| json!({ "name": topic.tag(), "description": topic.description() }))
                .into_iter()
                .chain([json!({ "name": oauth::TAG, "description": "Tokens for OAuth clients." })])
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
    /// Method, path below a server's, and description of every operation, in the order of the document.
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

/// Both forms of the paths. The first, which generated clients take, has the version, so that they stay with it.
fn servers(server: &str) -> Value {
    let [without, with] =
        PREFIXES.map(|prefix| format!("{}{}", server.trim_end_matches('/'), prefix.trim_end_matches('/')));
    json!([
        { "url": with, "description": "With the version." },
        { "url": without, "description": "Without it; the same." },
    ])
}

fn describe(
    operation: Operation,
    id: &str,
    bodies: &Map<String, Value>,
    endpoint: &dyn Endpoint,
    schemas: &mut Schemas,
) -> Value {
    let envelope = endpoint.envelope();
    let has_body = bodies.contains_key(operation.id);
    let mut responses = Map::new();
    for (status, description, schema) in operation.answers {
        let mut response = errors::response(description, &schema);
        if endpoint.has_csv() {
            response["content"]["text/csv"] = json!({ "schema": { "type": "string" } });
        }
        if !operation.links.is_empty() {
            response["links"] = links(&operation.links);
        }
        responses.insert(status.to_string(), response);
    }
    responses.insert("400".to_owned(), errors::bad_request(schemas, envelope, has_body));
    if let Some(description) = operation.not_found {
        responses.insert("404".to_owned(), errors::not_found(schemas, envelope, description));
    }
    responses.extend(errors::references(has_body));
    let mut parameters: Vec<Value> =
        operation.parameters.into_iter().map(|parameter| parameter.into_value(schemas)).collect();
    parameters.push(json!({ "$ref": "#/components/parameters/AcceptLanguage" }));
    let mut described = json!({
        "operationId": id,
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
        // Linters hold an example in XML against the schema as if it were JSON.
        let as_xml = match schemas.form() {
            Form::Plain => value.clone(),
            Form::Strict => xml_request(&value).into(),
        };
        in_xml.insert(key.to_owned(), json!({ "summary": shows, "value": as_xml }));
        in_json.insert(key.to_owned(), json!({ "summary": shows, "value": value }));
    }
    let schema = schemas.request(body.shapes, body.as_one);
    let xml_schema = schemas.in_xml(&schema);
    json!({ "required": true, "content": {
        "application/json": { "schema": schema, "examples": in_json },
        "application/xml": { "schema": xml_schema, "examples": in_xml },
    } })
}

fn links(links: &[Link]) -> Value {
    let links = links.iter().map(|link| {
        let target = json!({ "operationId": link.operation, "parameters": link.parameters });
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
