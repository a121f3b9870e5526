//! The OpenAPI document against the code: the routes that functions have, and the fields that readers read.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wrapup::document::asked;
use wrapup::openapi::{Contract, Documented, Form};
use wrapup_lambda_tests::{Event, Instance, World};
use wrapup_test_support::{field_at, merged, put_at};

const SYSTEM: &str = include_str!("../../../infra/system.json");

/// Every function with an endpoint, by its name.
fn endpoints(instance: &Instance) -> Vec<(&'static str, Box<dyn Documented>)> {
    let names = wrapup_functions::endpoints(&instance.system).into_iter().map(|(name, _)| name);
    names.zip(wrapup_functions::documented(&instance.system)).collect()
}

/// The document in its plain form and in its strict one.
fn documents(instance: &Instance) -> [Value; 2] {
    let endpoints: Vec<_> = endpoints(instance).into_iter().map(|(_, endpoint)| endpoint).collect();
    [Form::Plain, Form::Strict].map(|form| serde_json::to_value(Contract::new(&endpoints, "/", form)).expect("JSON"))
}

/// The operations of both.
fn all_operations(instance: &Instance) -> Vec<Operation> {
    documents(instance).iter().flat_map(operations).collect()
}

/// An operation, its parts resolved.
struct Operation {
    method: String,
    /// Below `/wrapup/`.
    path: String,
    parameters: Vec<Value>,
    /// Every field of the body by its path, without indices, and what is said of it.
    fields: BTreeMap<String, Vec<Value>>,
    examples: Vec<Value>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, methods) in paths {
        let Some(path) = path.strip_prefix("/wrapup/") else { continue };
        for (method, operation) in methods.as_object().expect("methods") {
            let body = resolved(document, &operation["requestBody"])["content"]["application/json"].clone();
            let mut fields = BTreeMap::new();
            collect(document, &body["schema"], "", &mut fields);
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let examples = body["examples"].as_object().into_iter().flatten();
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.to_owned(),
                parameters: parameters.map(|parameter| resolved(document, parameter).clone()).collect(),
                fields,
                examples: examples.map(|(_, example)| example["value"].clone()).collect(),
            });
        }
    }
    assert_eq!(operations.len(), 12);
    operations
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).expect(reference),
        None => value,
    }
}

/// Walks a schema down to every property that it names.
fn collect(document: &Value, schema: &Value, path: &str, fields: &mut BTreeMap<String, Vec<Value>>) {
    let schema = resolved(document, schema);
    for part in ["oneOf", "anyOf"].iter().filter_map(|part| schema[*part].as_array()).flatten() {
        collect(document, part, path, fields);
        if !path.is_empty() {
            fields.entry(path.to_owned()).or_default().push(part.clone());
        }
    }
    if schema["items"].is_object() {
        collect(document, &schema["items"], path, fields);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        fields.entry(path.clone()).or_default().push(property.clone());
        collect(document, property, &path, fields);
    }
}

impl Operation {
    /// Bodies that between them have every field: the examples, and what these leave out.
    fn bodies(&self) -> Vec<Value> {
        let mut bodies = self.examples.clone();
        if self.fields.contains_key("segment_sys_id") {
            bodies.push(json!({ "segment_sys_id": "unknown", "ai_notes": "Notes" }));
        }
        // A second name of a flag, which no example has beside the first.
        if let Some(example) = self.examples.iter().find(|example| example["configuration"].is_object()) {
            let renamed = json!({ "use_ai_as_default": null, "use_ai_code_as_default": true });
            bodies.push(merged(example.clone(), &json!({ "configuration": renamed })));
        }
        bodies
    }

    /// A request with these parameters and this body.
    fn event(&self, parameters: &BTreeMap<String, String>, body: Option<&Value>) -> Event {
        let mut path = self.path.clone();
        let mut separator = '?';
        for parameter in self.parameters.iter().filter(|parameter| parameter["in"] != "header") {
            let name = parameter["name"].as_str().unwrap_or_default();
            let given = parameters.get(name).map(String::as_str).or(parameter["example"].as_str());
            let Some(value) = given else { continue };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), value);
            } else {
                path.push_str(&format!("{separator}{name}={value}"));
                separator = '&';
            }
        }
        let event = match self.method.as_str() {
            "GET" => Event::get(&path),
            "POST" => Event::post(&path),
            _ => Event::put(&path),
        };
        let roles = "interaction_integration_user,wrapup_supervisor";
        let event = event.authorizer(json!({"wrapup_user": "both", "wrapup_roles": roles, "principalId": "both"}));
        match body {
            Some(body) => event.json(body),
            None => event,
        }
    }

    async fn answer(&self, instance: &Instance, body: &Value) -> String {
        let reply = instance.call(&self.event(&BTreeMap::new(), Some(body))).await;
        let text = reply.text().to_owned();
        // Of several codes one that is wrong fails alone.
        if reply.status() == 207 || reply.status() == 400 { text } else { String::new() }
    }
}

/// JSON pointers to every field of a body.
fn pointers(body: &Value, pointer: &str, found: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                let pointer = format!("{pointer}/{name}");
                pointers(value, &pointer, found);
                found.push(pointer);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                pointers(entry, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn pointers_of(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    pointers(body, "", &mut found);
    found
}

/// A field's path without the positions in lists.
fn without_indices(field: &str) -> String {
    field.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
}

fn limit(said: &[Value], keyword: &str) -> Option<usize> {
    said.iter().find_map(|schema| schema[keyword].as_u64()).and_then(|most| usize::try_from(most).ok())
}

#[tokio::test]
async fn functions_the_document_and_the_list_of_the_system_have_the_same_routes() {
    let instance = World::start().await.instance();
    let system: Value = serde_json::from_str(SYSTEM).expect("JSON");
    let mut routes = BTreeMap::new();
    for (function, endpoint) in endpoints(&instance) {
        let route = endpoint.route();
        let named: BTreeSet<_> = route.paths.iter().map(|path| format!("{} {path}", route.method)).collect();
        routes.insert(function.to_owned(), named);
    }
    let functions = system["functions"].as_object().expect("functions").iter();
    let listed: BTreeMap<_, BTreeSet<_>> = functions
        .filter_map(|(name, function)| {
            let routes =
                function["routes"].as_array()?.iter().map(|route| route.as_str().unwrap_or_default().to_owned());
            Some((name.clone(), routes.collect()))
        })
        .collect();
    assert_eq!(listed, routes, "infra/system.json and the functions");

    for document in documents(&instance) {
        let mut described = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for method in methods.as_object().expect("methods").keys() {
                described.insert(format!("{} {}", method.to_uppercase(), path.trim_start_matches('/')));
            }
        }
        let public = system["functions"].as_object().expect("functions").values();
        let public = public.filter_map(|function| function["public_route"].as_str());
        let public = public.map(|route| route.replace(" /", " "));
        let routes = routes.values().flatten().cloned().chain(public).collect();
        assert_eq!(described, routes, "the document and the functions");
        let servers: Vec<_> =
            document["servers"].as_array().into_iter().flatten().map(|server| &server["url"]).collect();
        assert_eq!(servers, ["/api/now/v1", "/api/now"]);
    }
}

#[tokio::test]
async fn what_is_read_is_described_and_what_is_described_is_read() {
    let instance = World::start().await.instance();
    for operation in all_operations(&instance) {
        let parameters = operation.parameters.iter().filter(|parameter| parameter["in"] != "header");
        let names = parameters.map(|parameter| parameter["name"].as_str().unwrap_or_default().to_owned());
        let described: BTreeSet<String> = names.chain(operation.fields.keys().cloned()).collect();

        asked::keep();
        if operation.examples.is_empty() {
            instance.call(&operation.event(&BTreeMap::new(), None)).await;
        }
        for body in operation.bodies() {
            instance.call(&operation.event(&BTreeMap::new(), Some(&body))).await;
            // The fields of a query that names nothing, too.
            let blank = operation.parameters.iter().map(|parameter| parameter["name"].as_str().unwrap_or_default());
            let blank = blank.map(|name| (name.to_owned(), String::new())).collect();
            instance.call(&operation.event(&blank, Some(&body))).await;
        }
        let read: BTreeSet<String> = asked::take().iter().map(|field| without_indices(field)).collect();
        assert_eq!(read, described, "{} {}", operation.method, operation.path);
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_type_is_named_for_every_field_that_is_described() {
    let instance = World::start().await.instance();
    for operation in all_operations(&instance) {
        let mut tried = BTreeSet::new();
        for body in operation.bodies() {
            for pointer in pointers_of(&body) {
                let mut wrong = body.clone();
                let is_leaf = body.pointer(&pointer).is_some_and(|value| !value.is_object() && !value.is_array());
                put_at(&mut wrong, &pointer, if is_leaf { json!({ "wrong": 1 }) } else { json!(5) });
                let answer = operation.answer(&instance, &wrong).await;
                let field = field_at(&pointer);
                assert!(answer.contains(&format!("{field} has to be ")), "{field}: {answer}");
                tried.insert(without_indices(&field));
            }
        }
        let described: BTreeSet<_> = operation.fields.keys().cloned().collect();
        assert_eq!(tried, described, "{} {}", operation.method, operation.path);
    }
}

#[tokio::test]
async fn the_described_limits_of_fields_are_those_that_are_kept() {
    let instance = World::start().await.instance();
    let mut tried = 0;
    for operation in all_operations(&instance) {
        for body in operation.bodies() {
            for pointer in pointers_of(&body) {
                let field = field_at(&pointer);
                let said = &operation.fields[&without_indices(&field)];
                let (most, unit) = match (limit(said, "maxLength"), limit(said, "maxItems")) {
                    (Some(most), _) => (most, "characters"),
                    (None, Some(most)) => (most, "entries"),
                    (None, None) => continue,
                };
                let refused = format!("{field} has more than {most} {unit}");
                for (size, is_refused) in [(most, false), (most + 1, true)] {
                    // Entries without fields, so that a full list of them is no body that is too large.
                    let value = if unit == "entries" { json!(vec![json!({}); size]) } else { json!("é".repeat(size)) };
                    let mut changed = body.clone();
                    put_at(&mut changed, &pointer, value);
                    let answer = operation.answer(&instance, &changed).await;
                    assert_eq!(answer.contains(&refused), is_refused, "{size} {unit}: {answer:.300}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 30, "{tried} limits");
}

#[tokio::test]
async fn the_described_limits_of_parameters_are_those_that_are_kept() {
    let instance = World::start().await.instance();
    let mut tried = 0;
    for operation in all_operations(&instance) {
        for parameter in &operation.parameters {
            let (name, said) = (parameter["name"].as_str().unwrap_or_default(), &parameter["schema"]);
            let Some(most) = limit(std::slice::from_ref(said), "maxLength") else { continue };
            for (size, is_refused) in [(most, false), (most + 1, true)] {
                let mut parameters = BTreeMap::from([(name.to_owned(), "x".repeat(size))]);
                if parameter["in"] == "query" && name != "external_segment_id" {
                    parameters.insert("external_segment_id".to_owned(), String::new());
                }
                let reply = instance.call(&operation.event(&parameters, operation.examples.first())).await;
                let refused = reply.text().contains(&format!("{name} has more than {most} characters"));
                assert_eq!(refused, is_refused, "{name} of {size}: {}", reply.text());
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 36, "the ids of three paths and of two queries, and the texts of two lists, in both forms");
}
