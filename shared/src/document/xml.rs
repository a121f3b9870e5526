use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::ParseError;

/// As deep as the JSON parser goes.
const DEEPEST: usize = 128;

/// An element whose end has not been read yet.
struct Open {
    name: String,
    text: String,
    children: Map<String, Value>,
}

/// Reads a `<request>` document to the tree its JSON counterpart has, with all leaves as text.
/// Document types are refused, so there are no entities to expand.
pub fn parse(bytes: &[u8]) -> Result<Map<String, Value>, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(bytes, error.valid_up_to(), "invalid UTF-8"))?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    loop {
        let start = position(reader.buffer_position());
        let fail = |problem: &str| malformed(bytes, start, problem);
        let event = reader
            .read_event()
            .map_err(|error| malformed(bytes, position(reader.error_position()), &error.to_string()))?;
        match event {
            Event::Start(element) => {
                if root.is_some() {
                    return Err(fail("a second root element"));
                }
                if open.len() == DEEPEST {
                    return Err(fail("nested too deeply"));
                }
                open.push(Open { name: local_name(&element), text: String::new(), children: Map::new() });
            }
            Event::End(_) => {
                let Some(element) = open.pop() else { return Err(fail("an end tag without a start tag")) };
                if !element.children.is_empty() && !element.text.trim().is_empty() {
                    return Err(fail("text between elements"));
                }
                let value = match element.children.is_empty() {
                    true => Value::String(element.text),
                    false => Value::Object(element.children),
                };
                match open.last_mut() {
                    Some(parent) => add(&mut parent.children, element.name, value),
                    None => root = Some((element.name, value)),
                }
            }
            Event::Text(piece) => push(&mut open, &piece.xml10_content(), &fail)?,
            Event::CData(piece) => push(&mut open, &piece.xml10_content(), &fail)?,
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character),
                    Ok(None) => predefined(&reference.xml10_content()),
                    Err(_) => None,
                };
                let Some(character) = character.filter(|character| is_xml_character(*character)) else {
                    return Err(fail("a reference to an entity that is not defined"));
                };
                push(&mut open, character.encode_utf8(&mut [0; 4]), &fail)?;
            }
            Event::DocType(_) => return Err(fail("document types are not accepted")),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok);
                if encoding.is_some_and(|name| !name.eq_ignore_ascii_case("utf-8")) {
                    return Err(fail("the only encoding accepted is UTF-8"));
                }
            }
            Event::Comment(_) | Event::PI(_) | Event::Empty(_) => {}
            Event::Eof => break,
        }
    }
    if let Some(element) = open.last() {
        return Err(malformed(bytes, bytes.len(), &format!("<{}> is not closed", element.name)));
    }
    let Some((name, value)) = root else { return Err(malformed(bytes, bytes.len(), "no element")) };
    if name != "request" {
        return Err(malformed(bytes, 0, &format!("the root element has to be <request>, and is <{name}>")));
    }
    match value {
        Value::Object(mut fields) => match (fields.len(), fields.get_mut("entry").map(Value::take)) {
            (1, Some(Value::Object(inner))) => Ok(inner),
            (1, Some(Value::String(text))) if text.trim().is_empty() => Ok(Map::new()),
            (_, Some(taken)) => {
                fields.insert("entry".to_owned(), taken);
                Ok(fields)
            }
            (_, None) => Ok(fields),
        },
        Value::String(text) if text.trim().is_empty() => Ok(Map::new()),
        _ => Err(ParseError::NotAnObject { found: "a text" }),
    }
}

fn push(open: &mut [Open], piece: &str, fail: &impl Fn(&str) -> ParseError) -> Result<(), ParseError> {
    if !piece.chars().all(is_xml_character) {
        return Err(fail("a character that XML 1.0 does not allow"));
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(piece),
        // Only white space and a byte order mark may stand outside the root.
        None if piece.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
        None => return Err(fail("text outside the root element")),
    }
    Ok(())
}

/// Adds a child; a name that stands again makes a list.
fn add(children: &mut Map<String, Value>, name: String, value: Value) {
    match children.get_mut(&name) {
        None => {
            children.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => {
            let list = vec![first.take(), value];
            *first = Value::Array(list);
        }
    }
}

fn local_name(element: &BytesStart<'_>) -> String {
    element.local_name().as_ref().to_owned()
}

fn predefined(name: &str) -> Option<char> {
    quick_xml::escape::resolve_predefined_entity(name)?.chars().next()
}

/// Whether XML 1.0 can carry the character (its production `Char`).
pub fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn malformed(bytes: &[u8], offset: usize, problem: &str) -> ParseError {
    let before = &bytes[..offset.min(bytes.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    ParseError::Malformed {
        problem: problem.to_owned(),
        line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
        column: before.len() - line_start + 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(xml: &str) -> Value {
        match parse(xml.as_bytes()) {
            Ok(map) => Value::Object(map),
            Err(error) => Value::String(error.to_string()),
        }
    }

    #[test]
    fn becomes_the_tree_of_its_json_counterpart() {
        let expected = json!({ "codes": [{ "code": "A & B" }, { "code": "<C>\u{1F642}" }], "notes": "" });
        for xml in [
            "<request><codes><code>A &amp; B</code></codes><codes><code>&lt;C&gt;&#x1F642;</code></codes><notes/></request>",
            "<?xml version='1.0' encoding='UTF-8'?>\n<request><entry>\n <codes><code>A &amp; B</code></codes>\n <codes><code><![CDATA[<C>]]>&#128578;</code></codes><!-- c --><notes></notes></entry></request>\n",
        ] {
            assert_eq!(tree(xml), expected, "{xml}");
        }
    }

    #[test]
    fn says_where_it_is_malformed() {
        for (xml, error) in [
            ("<request>\n<notes>x</note></request>", "line 2"),
            ("<request><notes>x</notes>", "line 1, column 26: <request> is not closed"),
            ("", "line 1, column 1: no element"),
            ("<other/>", "line 1, column 1: the root element has to be <request>, and is <other>"),
            ("<request/><request/>", "line 1, column 11: a second root element"),
            ("<request>&bomb;</request>", "line 1, column 10: a reference to an entity that is not defined"),
            ("<request><a>&#0;</a></request>", "line 1, column 13: a reference to an entity that is not defined"),
            ("<!DOCTYPE request [<!ENTITY a 'b'>]><request/>", "line 1, column 1: document types are not accepted"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><request/>", "the only encoding accepted is UTF-8"),
            ("<request>text</request>", "the body has to be an object, and is a text"),
            ("<request><a>x<b/></a></request>", "text between elements"),
        ] {
            let answer = tree(xml);
            assert!(answer.as_str().is_some_and(|text| text.contains(error)), "{xml}: {answer}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |levels| format!("<request>{}{}</request>", "<a>".repeat(levels), "</a>".repeat(levels));
        assert!(parse(deep(127).as_bytes()).is_ok());
        assert!(tree(&deep(128)).as_str().is_some_and(|text| text.contains("nested too deeply")));
    }
}
