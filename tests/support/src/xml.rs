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
