//! Fields that nothing reads: what a client sends by a name that its call does not know, as the API's own document says, and
//! which name may be meant. The API passes them over, as the reference has it; whoever writes a client wants to be told.

use std::fmt;

use axum::http::{Method, Uri};
use serde::Serialize;
use serde_json::{Map, Value};
use wrapup::document::Document;
use wrapup::near::Near;

use crate::local::faults::below;

/// Fields that are named of a request, and letters of a name.
const MOST_NAMED: usize = 10;
const LONGEST_NAME: usize = 100;

/// How deep a body is looked into; the API's own go four levels.
const DEEPEST: usize = 8;

/// A field that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// Where it stands, as `configuration.allowed_codes[0].lable`.
    pub field: String,
    /// Names that may be meant by it.
    meant: String,
}

impl fmt::Display for Ignored {
    /// In ASCII, as a header has to be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.field.chars().take(LONGEST_NAME);
        letters.flat_map(char::escape_default).try_for_each(|letter| fmt::Write::write_char(f, letter))?;
        f.write_str(&self.meant)
    }
}

/// What each call reads.
pub struct Known {
    /// The API's document.
    document: Value,
}

impl Known {
    /// As an OpenAPI document says it.
    pub fn by(document: Value) -> Self {
        Self { document }
    }

    /// What of a request its call does not know.
    pub fn ignored(&self, method: &Method, uri: &Uri, body: &[u8]) -> Vec<Ignored> {
        let mut ignored = Vec::new();
        let Some((parameters, call)) = self.call(method, uri.path()) else { return ignored };
        let names: Vec<&str> = self.query_names(parameters).chain(self.query_names(call)).collect();
        for (name, _) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            note(&mut ignored, &name, &name, names.iter().copied());
            if ignored.len() == MOST_NAMED {
                return ignored;
            }
        }
        let schema = self.resolved(&call["requestBody"]).pointer("/content/application~1json/schema");
        if let (Some(schema), Some(fields)) = (schema, read(body)) {
            self.look(schema, &fields, "", DEEPEST, &mut ignored);
        }
        ignored.truncate(MOST_NAMED);
        ignored
    }

    /// A call, behind what all calls of its path have.
    fn call(&self, method: &Method, path: &str) -> Option<(&Value, &Value)> {
        let asked: Vec<&str> = below(path).split('/').collect();
        let is_it = |template: &str| {
            let parts: Vec<&str> = below(template).trim_start_matches("wrapup/").split('/').collect();
            let fits = |(part, asked): (&&str, &&str)| part.starts_with('{') || part == asked;
            parts.len() == asked.len() && parts.iter().zip(&asked).all(fits)
        };
        let paths = self.document["paths"].as_object()?;
        let (_, path) = paths.iter().find(|(template, path)| is_it(template) && path.get(lower(method)).is_some())?;
        Some((path, path.get(lower(method))?))
    }

    fn query_names<'a>(&'a self, of: &'a Value) -> impl Iterator<Item = &'a str> {
        let parameters = of["parameters"].as_array().into_iter().flatten().map(|parameter| self.resolved(parameter));
        parameters.filter(|parameter| parameter["in"] == "query").filter_map(|parameter| parameter["name"].as_str())
    }

    fn look(&self, schema: &Value, fields: &Map<String, Value>, path: &str, depth: usize, ignored: &mut Vec<Ignored>) {
        let Some(properties) = self.resolved(schema)["properties"].as_object() else { return };
        for (name, value) in fields {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match properties.get(name) {
                None => note(ignored, name, &at, properties.keys().map(String::as_str)),
                Some(property) if depth > 0 => self.look_within(property, value, &at, depth - 1, ignored),
                Some(_) => {}
            }
            if ignored.len() > MOST_NAMED {
                return;
            }
        }
    }

    fn look_within(&self, schema: &Value, value: &Value, at: &str, depth: usize, ignored: &mut Vec<Ignored>) {
        let schema = self.resolved(schema);
        let entry = schema.get("items");
        match (value, entry) {
            // XML says a list also by one element with an `<entry>` for each that stands in it.
            (Value::Object(fields), Some(_)) if fields.len() == 1 && fields.contains_key("entry") => {
                let entries = match &fields["entry"] {
                    Value::Array(entries) => Value::Array(entries.clone()),
                    only => Value::Array(vec![only.clone()]),
                };
                self.look_within(schema, &entries, at, depth, ignored);
            }
            (Value::Object(fields), None) => self.look(schema, fields, at, depth, ignored),
            // XML says a list of one as it says what stands in it.
            (Value::Object(fields), Some(entry)) => self.look(entry, fields, at, depth, ignored),
            (Value::Array(entries), Some(entry)) => {
                for (index, value) in entries.iter().enumerate() {
                    self.look_within(entry, value, &format!("{at}[{index}]"), depth, ignored);
                    if ignored.len() > MOST_NAMED {
                        return;
                    }
                }
            }
            _ => {}
        }
    }

    /// What a reference within the document refers to, or the value itself.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let referred = value["$ref"].as_str().and_then(|to| self.document.pointer(to.strip_prefix('#')?));
        referred.unwrap_or(value)
    }
}

fn lower(method: &Method) -> &'static str {
    match *method {
        Method::GET | Method::HEAD => "get",
        Method::POST => "post",
        Method::PUT => "put",
        _ => "",
    }
}

/// A body's fields, in JSON or XML; none where it cannot be read.
fn read(body: &[u8]) -> Option<Map<String, Value>> {
    let is_xml = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
    let document = if is_xml { Document::from_xml(body) } else { Document::from_json(body) };
    document.ok()?.read(|fields| Some(fields.all())).ok()
}

fn note<'a>(ignored: &mut Vec<Ignored>, name: &str, at: &str, known: impl Iterator<Item = &'a str> + Clone) {
    if !known.clone().any(|known| known == name) {
        ignored.push(Ignored { field: at.to_owned(), meant: Near::of(name, known).to_string() });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> Known {
        let text = |name: &str| json!({"in": "query", "name": name});
        Known::by(json!({
            "paths": {"/wrapup/segment/update": {"put": {
                "parameters": [text("external_segment_id"), {"$ref": "#/components/parameters/language"}],
                "requestBody": {"$ref": "#/components/requestBodies/update"},
            }}},
            "components": {
                "parameters": {"language": {"in": "header", "name": "Accept-Language"}},
                "requestBodies": {"update": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Update"}}}}},
                "schemas": {
                    "Update": {"properties": {"notes": {"type": "string"}, "codes": {"items": {"$ref": "#/components/schemas/Code"}}}},
                    "Code": {"properties": {"code": {"type": "string"}}},
                },
            },
        }))
    }

    fn said(uri: &str, body: &str) -> Vec<String> {
        let uri = uri.parse().unwrap_or_default();
        known().ignored(&Method::PUT, &uri, body.as_bytes()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_no_call_reads_is_named_with_what_may_be_meant() {
        let path = "/api/now/v1/wrapup/segment/update";
        assert_eq!(said(path, r#"{"notes": "x", "codes": [{"code": "A"}, "B"]}"#), Vec::<String>::new());
        assert_eq!(said(path, r#"{"note": "x"}"#), ["note: did you mean 'notes'?"]);
        assert_eq!(said(path, "<request><note>x</note></request>"), ["note: did you mean 'notes'?"]);
        assert_eq!(said(path, r#"{"codes": [{"code": "A"}, {"cod": "B"}]}"#), ["codes[1].cod: did you mean 'code'?"]);
        assert_eq!(said(path, "<request><codes><code>A</code><x>B</x></codes></request>"), ["codes.x"]);
        for (entries, named) in [
            ("<entry><code>A</code></entry>", &[][..]),
            ("<entry><code>A</code></entry><entry><cod>B</cod></entry>", &["codes[1].cod: did you mean 'code'?"]),
        ] {
            assert_eq!(said(path, &format!("<request><codes>{entries}</codes></request>")), named, "{entries}");
        }
        assert_eq!(said(&format!("{path}?external_segment_id=1&segment=2"), ""), ["segment"]);
        assert_eq!(said("/api/now/wrapup/elsewhere", r#"{"note": "x"}"#), Vec::<String>::new());
        assert_eq!(said(path, "no body at all"), Vec::<String>::new());
    }

    #[test]
    fn names_are_fit_for_a_header_and_few() {
        let many: Map<String, Value> = (0..500).map(|number| (format!("field{number}"), json!(1))).collect();
        assert_eq!(said("/api/now/wrapup/segment/update", &Value::Object(many).to_string()).len(), MOST_NAMED);
        let query = (0..500).map(|number| format!("field{number}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(said(&format!("/api/now/wrapup/segment/update?{query}"), r#"{"note": 1}"#).len(), MOST_NAMED);
        let odd = json!({"a\r\nSet-Cookie: b=\u{e9}": 1, "x".repeat(5_000): 1}).to_string();
        let named = said("/api/now/wrapup/segment/update", &odd);
        assert_eq!(named.iter().map(String::len).max(), Some(LONGEST_NAME));
        assert!(named.iter().all(|name| name.bytes().all(|byte| (b' '..=b'~').contains(&byte))), "{named:?}");
    }
}
