use roxmltree::{Document, Node, NodeType};
use serde_json::{Map, Value};

use super::{ParseError, place};

/// As deep as the JSON parser goes.
const DEEPEST: usize = 128;

/// Reads a `<request>` document to the tree its JSON counterpart has, with all leaves as text.
/// Document types are refused, so there are no entities to expand.
pub fn parse(bytes: &[u8]) -> Result<Map<String, Value>, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| malformed(bytes, error.valid_up_to(), "invalid UTF-8"))?;
    if let Some(encoding) = declared_encoding(text)
        && !encoding.eq_ignore_ascii_case("utf-8")
    {
        return Err(malformed(bytes, 0, "the only encoding accepted is UTF-8"));
    }
    if let Some(offset) = too_many_attributes(text) {
        return Err(malformed(bytes, offset, "more attributes than a request can need"));
    }
    let document = Document::parse(text).map_err(|error| {
        let position = error.pos();
        let (line, column) = (position.row as usize, position.col as usize);
        ParseError::Malformed { problem: reason(&error), line, column }
    })?;
    let root = document.root_element();
    let name = root.tag_name().name();
    if name != "request" {
        let problem = format!("the root element has to be <request>, and is <{name}>");
        return Err(malformed(bytes, root.range().start, &problem));
    }
    match value(bytes, root, 1)? {
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
        _ => {
            let (line, column) = place(bytes, root.range().start);
            Err(ParseError::NotAnObject { line, column, found: "a text" })
        }
    }
}

/// An element: its children as an object, a name that is repeated as a list, or its text.
fn value(bytes: &[u8], element: Node<'_, '_>, depth: usize) -> Result<Value, ParseError> {
    if depth > DEEPEST {
        return Err(malformed(bytes, element.range().start, "nested too deeply"));
    }
    let mut children = Map::new();
    let mut text = String::new();
    for node in element.children() {
        match node.node_type() {
            NodeType::Element => {
                let child = value(bytes, node, depth + 1)?;
                match children.get_mut(node.tag_name().name()) {
                    None => {
                        children.insert(node.tag_name().name().to_owned(), child);
                    }
                    Some(Value::Array(list)) => list.push(child),
                    Some(first) => {
                        let list = vec![first.take(), child];
                        *first = Value::Array(list);
                    }
                }
            }
            NodeType::Text => {
                let piece = node.text().unwrap_or_default();
                if piece.contains(char::REPLACEMENT_CHARACTER) && refers_to_no_character(&bytes[node.range()]) {
                    return Err(malformed(bytes, node.range().start, "a reference to what is no character"));
                }
                text.push_str(piece);
            }
            NodeType::Root | NodeType::Comment | NodeType::PI => {}
        }
    }
    match (children.is_empty(), text.trim().is_empty()) {
        (true, _) => Ok(Value::String(text)),
        (false, true) => Ok(Value::Object(children)),
        (false, false) => Err(malformed(bytes, element.range().start, "text between elements")),
    }
}

/// Whether a text holds a numeric reference to a surrogate or beyond Unicode: the parser replaces those.
fn refers_to_no_character(source: &[u8]) -> bool {
    let source = String::from_utf8_lossy(source);
    source.split("&#").skip(1).any(|rest| {
        let digits = rest.split(';').next().unwrap_or_default();
        let number = digits.strip_prefix('x').map_or_else(|| digits.parse(), |hex| u32::from_str_radix(hex, 16));
        number.is_ok_and(|number| char::from_u32(number).is_none())
    })
}

/// Attributes that one element, and namespaces that one document may have. A request needs none; the
/// parser compares each with each, so that 100,000 of them would keep it busy for minutes.
const MOST_ATTRIBUTES: usize = 64;

/// Where a tag has too many attributes, or one namespace declaration too many stands.
fn too_many_attributes(text: &str) -> Option<usize> {
    let mut namespaces = 0;
    let mut offset = 0;
    while let Some(start) = text[offset..].find('<').map(|start| offset + start) {
        let rest = &text[start..];
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        let skipped = skipped.into_iter().find(|(opening, _)| rest.starts_with(opening));
        let length = match skipped {
            Some((_, closing)) => rest.find(closing),
            None => {
                let tag = scan_tag(rest);
                namespaces += tag.namespaces;
                if namespaces > MOST_ATTRIBUTES || tag.attributes > MOST_ATTRIBUTES {
                    return Some(start);
                }
                Some(tag.length)
            }
        };
        // What does not end is the parser's to refuse.
        offset = start + length?.max(1);
    }
    None
}

struct Tag {
    length: usize,
    attributes: usize,
    namespaces: usize,
}

/// Counts the attributes of the tag that a text begins with.
fn scan_tag(text: &str) -> Tag {
    let mut tag = Tag { length: text.len(), attributes: 0, namespaces: 0 };
    let mut quote = None;
    let mut name_start = 0;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => {
                tag.length = index;
                break;
            }
            (None, b'=') => {
                tag.attributes += 1;
                tag.namespaces += usize::from(text[name_start..].starts_with("xmlns"));
            }
            (None, b' ' | b'\t' | b'\r' | b'\n') => name_start = index + 1,
            (None, _) => {}
        }
    }
    tag
}

/// What the XML declaration says of the encoding.
fn declared_encoding(text: &str) -> Option<&str> {
    let declaration = text.trim_start_matches('\u{feff}').strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|character| matches!(character, '"' | '\''))?;
    value.get(1..)?.split(quote).next()
}

/// The parser's words without the position, which stands in front already.
fn reason(error: &roxmltree::Error) -> String {
    match error {
        roxmltree::Error::DtdDetected => "document types are not accepted".to_owned(),
        error => {
            let text = error.to_string();
            text.rsplit_once(" at ").map_or(text.as_str(), |(reason, _)| reason).to_owned()
        }
    }
}

fn malformed(bytes: &[u8], offset: usize, problem: &str) -> ParseError {
    let (line, column) = place(bytes, offset);
    ParseError::Malformed { problem: problem.to_owned(), line, column }
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
            ("<request>\n<notes>x</note></request>", "line 2, column 9: "),
            ("<request><notes>x</notes>", "line 1, "),
            ("", "line 1, column 1: "),
            ("<other/>", "line 1, column 1: the root element has to be <request>, and is <other>"),
            ("<request/><request/>", "line 1, column 11: "),
            ("<request>&bomb;</request>", "line 1, column 10: "),
            ("<request><a>&#0;</a></request>", "line 1, column 13: "),
            ("<request>\n<a>&#xD800;</a></request>", "line 2, column 4: a reference to what is no character"),
            ("<request><a>&#1114112;</a></request>", "line 1, column 13: a reference to what is no character"),
            ("<!DOCTYPE request [<!ENTITY a 'b'>]><request/>", "line 1, column 1: document types are not accepted"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><request/>", "the only encoding accepted is UTF-8"),
            ("<request>text</request>", "line 1, column 1: the body has to be an object, and is a text"),
            ("<request>\n <a>x<b/></a></request>", "line 2, column 2: text between elements"),
        ] {
            let answer = tree(xml);
            assert!(answer.as_str().is_some_and(|text| text.contains(error)), "{xml}: {answer}");
        }
    }

    #[test]
    fn attributes_are_bounded() {
        let with = |attributes: &str| format!("<request><!-- a=b --><notes {attributes}>a=b</notes></request>");
        let numbered = |name: &str, count| (0..count).map(|n| format!("{name}{n}='{n}' ")).collect::<String>();
        let refused = |xml: String| tree(&xml).as_str().is_some_and(|text| text.contains("more attributes"));
        assert_eq!(tree(&with(&numbered("a", 64))), json!({ "notes": "a=b" }));
        assert!(refused(with(&numbered("a", 65))));
        assert!(refused(with(&format!("first='>' {}", numbered("a", 100_000)))), "a quoted > ends no tag");
        let nested = |count| (0..count).map(|n| format!("<a xmlns:n{n}='urn:{n}'>")).collect::<String>();
        assert!(refused(format!("<request>{}", nested(65))));
        assert_eq!(tree(&format!("<request><notes>{}</notes></request>", "=".repeat(100)))["notes"], "=".repeat(100));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |levels| format!("<request>{}{}</request>", "<a>".repeat(levels), "</a>".repeat(levels));
        assert!(parse(deep(127).as_bytes()).is_ok());
        assert!(tree(&deep(128)).as_str().is_some_and(|text| text.contains("nested too deeply")));
        assert!(parse(deep(140_000).as_bytes()).is_err());
    }
}
