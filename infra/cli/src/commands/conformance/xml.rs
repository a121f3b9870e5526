//! The API's XML, as a client of it has it: requests are written, and answers read by another parser than the API's.

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// The namespace in which an element is said to be null.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The XML request that says the same as a JSON one: a list is its element repeated, null is what serialisers of Java
/// and .NET write for it.
pub fn request(fields: &Value) -> String {
    let mut text = r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned();
    write(&mut text, "request", fields);
    text
}

fn write(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Array(list) => list.iter().for_each(|entry| write(text, name, entry)),
        Value::Null => text.push_str(&format!(r#"<{name} xmlns:xsi="{INSTANCE}" xsi:nil="true"/>"#)),
        value => {
            text.push_str(&format!("<{name}>"));
            match value {
                Value::Object(fields) => fields.iter().for_each(|(name, value)| write(text, name, value)),
                Value::String(leaf) => {
                    text.push_str(&leaf.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
                }
                other => text.push_str(&other.to_string()),
            }
            text.push_str(&format!("</{name}>"));
        }
    }
}

/// An XML answer as the JSON that it stands for: an element that is repeated is a list, every leaf is text.
///
/// # Errors
/// What is wrong with it.
pub fn answer(text: &str) -> Result<Value, String> {
    let document = Document::parse(text).map_err(|error| format!("XML that is not well-formed: {error}"))?;
    let root = document.root_element();
    match root.tag_name().name() {
        "response" => Ok(read(root)),
        other => Err(format!("the root element <{other}>")),
    }
}

fn read(node: Node<'_, '_>) -> Value {
    let mut children = node.children().filter(Node::is_element).peekable();
    if children.peek().is_none() {
        return Value::String(node.text().unwrap_or_default().to_owned());
    }
    let mut object = Map::new();
    for child in children {
        let (name, value) = (child.tag_name().name(), read(child));
        match object.get_mut(name) {
            None => drop(object.insert(name.to_owned(), value)),
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(object)
}

/// What [`answer`] reads from the XML answer that says the same as this JSON one: leaves are text, a list of one is its
/// entry.
pub fn as_read(json: &Value) -> Value {
    match json {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), as_read(value))).collect(),
        Value::Array(list) => match list.as_slice() {
            [only] => as_read(only),
            list => list.iter().map(as_read).collect(),
        },
        Value::Bool(_) | Value::Number(_) => Value::String(json.to_string()),
        Value::String(_) | Value::Null => json.clone(),
    }
}
