use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// An XML answer as the JSON it stands for: `<response>`'s children as an object, an element that
/// is repeated as an array, every leaf as text. Panics where the text is not well-formed XML 1.0.
#[track_caller]
pub fn xml_to_json(text: &str) -> Value {
    assert!(text.starts_with(r#"<?xml version="1.0" encoding="UTF-8"?>"#), "{text}");
    let document = Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(document.root_element().tag_name().name(), "response", "{text}");
    value(document.root_element())
}

fn value(node: Node<'_, '_>) -> Value {
    let children: Vec<_> = node.children().filter(Node::is_element).collect();
    if children.is_empty() {
        return Value::String(node.text().unwrap_or_default().to_owned());
    }
    let mut object = Map::new();
    for child in children {
        let name = child.tag_name().name().to_owned();
        match object.get_mut(&name) {
            None => {
                object.insert(name, value(child));
            }
            Some(Value::Array(list)) => list.push(value(child)),
            Some(first) => {
                let list = vec![first.take(), value(child)];
                *first = Value::Array(list);
            }
        }
    }
    Value::Object(object)
}

/// What [`xml_to_json`] reads from the XML answer that says the same as this JSON answer: leaves are
/// text, a list of one is its entry, an empty list is not there.
pub fn as_xml(json: &Value) -> Value {
    match json {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()));
            Value::Object(fields.map(|(name, value)| (name.clone(), as_xml(value))).collect())
        }
        Value::Array(list) => match list.as_slice() {
            [only] => as_xml(only),
            list => Value::Array(list.iter().map(as_xml).collect()),
        },
        Value::String(text) => Value::String(text.clone()),
        other => Value::String(other.to_string()),
    }
}

/// The XML request that says the same as a JSON one, an array being its element repeated, null what serialisers make of
/// it.
pub fn to_xml_request(json: &Value) -> String {
    let mut text = r#"<?xml version="1.0" encoding="UTF-8"?>"#.to_owned();
    write_element(&mut text, "request", json);
    text
}

fn write_element(text: &mut String, name: &str, json: &Value) {
    if let Value::Array(list) = json {
        list.iter().for_each(|entry| write_element(text, name, entry));
        return;
    }
    if json.is_null() {
        let instance = "http://www.w3.org/2001/XMLSchema-instance";
        text.push_str(&format!(r#"<{name} xmlns:xsi="{instance}" xsi:nil="true" />"#));
        return;
    }
    text.push_str(&format!("<{name}>"));
    match json {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| write_element(text, name, value)),
        Value::String(leaf) => text.push_str(&leaf.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
        other => text.push_str(&other.to_string()),
    }
    text.push_str(&format!("</{name}>"));
}
