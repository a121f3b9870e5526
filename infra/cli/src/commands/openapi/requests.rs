use std::fmt::Write;

use serde_json::Value;
use wrapup::api::PREFIXES;
use wrapup::openapi::Contract;

/// The document's examples as an `.http` file, each operation under its versioned path. Sent from top to bottom to a
/// fresh local server, all of them succeed.
pub fn written(document: &Contract, server: &str) -> String {
    let mut text = format!("@server = {server}\n@user = username\n@password = password\n");
    let mut done = Vec::new();
    for (method, path, operation) in document.operations() {
        // Another name of the same operation is nothing new to try.
        let summary = text_of(&operation["summary"]);
        if !done.contains(&summary) {
            done.push(summary);
            let path = format!("{}{path}", PREFIXES[1].trim_end_matches('/'));
            write_operation(&mut text, document, &method.to_uppercase(), &path, operation);
        }
    }
    text
}

fn write_operation(text: &mut String, document: &Contract, method: &str, path: &str, operation: &Value) {
    let url = url(path, operation);
    let summary = text_of(&operation["summary"]);
    if operation["requestBody"].is_null() {
        write_request(text, summary, method, &url, None);
    }
    for (shows, body) in document.examples(operation) {
        write_request(text, &format!("{summary}: {shows}"), method, &url, Some(body));
    }
}

fn write_request(text: &mut String, title: &str, method: &str, url: &str, body: Option<&Value>) {
    // Writing into a String cannot fail.
    let _ = write!(text, "\n### {title}\n{method} {{{{server}}}}{url}\n");
    text.push_str("Authorization: Basic {{user}} {{password}}\nAccept: application/json\n");
    if let Some(body) = body {
        let _ = write!(text, "Content-Type: application/json\n\n{body:#}\n");
    }
}

/// The path with the examples of its parameters.
fn url(path: &str, operation: &Value) -> String {
    let mut url = path.to_owned();
    let mut separator = '?';
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, example) = (text_of(&parameter["name"]), text_of(&parameter["example"]));
        match text_of(&parameter["in"]) {
            "path" => url = url.replace(&format!("{{{name}}}"), example),
            "query" if !example.is_empty() => {
                let _ = write!(url, "{separator}{name}={example}");
                separator = '&';
            }
            _ => {}
        }
    }
    url
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
