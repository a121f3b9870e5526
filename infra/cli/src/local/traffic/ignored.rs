//! Fields that nothing reads: what a client sends by a name that its call does not know, as the API's own document says, and
//! which name may be meant, or where it would be read. The API passes them over, as the reference has it; whoever writes a client wants to be told.

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
    /// Names that may be meant by it, or where it belongs.
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

/// Where fields stand in a body, and which are known there.
struct Place<'a> {
    at: &'a str,
    known: &'a Map<String, Value>,
    above: Above<'a>,
}

/// What is above the fields of a place.
#[derive(Clone, Copy)]
enum Above<'a> {
    /// Nothing: they are the body's own. Beside it are the parameters of the query.
    Query(&'a [&'a str]),
    /// The field that they stand in, and where that stands.
    Field(&'a str, &'a Place<'a>),
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

    /// What of a request its call does not know. The method is the one that the request means.
    pub fn ignored(&self, method: &Method, uri: &Uri, body: &[u8]) -> Vec<Ignored> {
        let mut ignored = Vec::new();
        let Some((parameters, call)) = self.call(method, uri.path()) else { return ignored };
        let names: Vec<&str> = self.query_names(parameters).chain(self.query_names(call)).collect();
        let schema = self.resolved(&call["requestBody"]).pointer("/content/application~1json/schema");
        let fields = schema.and_then(|schema| self.resolved(schema)["properties"].as_object());
        for (name, _) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if names.iter().any(|known| *known == name) {
                continue;
            }
            let meant = match fields.is_some_and(|fields| fields.contains_key(&*name)) {
                true => ": it belongs in the body".to_owned(),
                false => Near::of_fields(&name, names.iter().copied()).to_string(),
            };
            ignored.push(Ignored { field: name.into_owned(), meant });
            if ignored.len() == MOST_NAMED {
                return ignored;
            }
        }
        if let (Some(known), Some(fields)) = (fields, read(body)) {
            self.look(&Place { at: "", known, above: Above::Query(&names) }, &fields, DEEPEST, &mut ignored);
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

    fn look(&self, place: &Place<'_>, fields: &Map<String, Value>, depth: usize, ignored: &mut Vec<Ignored>) {
        for (name, value) in fields {
            let at = if place.at.is_empty() { name.clone() } else { format!("{}.{name}", place.at) };
            match place.known.get(name) {
                None => ignored.push(Ignored { field: at, meant: self.meant(place, name) }),
                Some(property) if depth > 0 => {
                    self.look_within(property, value, &at, &Above::Field(name, place), depth - 1, ignored);
                }
                Some(_) => {}
            }
            if ignored.len() > MOST_NAMED {
                return;
            }
        }
    }

    fn look_within(
        &self,
        schema: &Value,
        value: &Value,
        at: &str,
        above: &Above<'_>,
        depth: usize,
        ignored: &mut Vec<Ignored>,
    ) {
        let schema = self.resolved(schema);
        let entry = schema.get("items");
        match (value, entry) {
            // XML says a list also by one element with an `<entry>` for each that stands in it.
            (Value::Object(fields), Some(_)) if fields.len() == 1 && fields.contains_key("entry") => {
                let entries = match &fields["entry"] {
                    Value::Array(entries) => Value::Array(entries.clone()),
                    only => Value::Array(vec![only.clone()]),
                };
                self.look_within(schema, &entries, at, above, depth, ignored);
            }
            // XML says a list of one as it says what stands in it.
            (Value::Object(fields), entry) => {
                if let Some(known) = self.resolved(entry.unwrap_or(schema))["properties"].as_object() {
                    self.look(&Place { at, known, above: *above }, fields, depth, ignored);
                }
            }
            (Value::Array(entries), Some(entry)) => {
                for (index, value) in entries.iter().enumerate() {
                    self.look_within(entry, value, &format!("{at}[{index}]"), above, depth, ignored);
                    if ignored.len() > MOST_NAMED {
                        return;
                    }
                }
            }
            _ => {}
        }
    }

    /// What may be meant by a name that a place does not know: the same name above it, or one level below, or one that is
    /// nearly written so.
    fn meant(&self, place: &Place<'_>, name: &str) -> String {
        let mut above = &place.above;
        loop {
            match above {
                Above::Field(field, higher) if higher.known.contains_key(name) => {
                    return format!(": it belongs beside '{field}'");
                }
                Above::Field(_, higher) => above = &higher.above,
                Above::Query(names) if names.contains(&name) => return ": it belongs in the query".to_owned(),
                Above::Query(_) => break,
            }
        }
        let below = place.known.iter().find_map(|(field, schema)| {
            let schema = self.resolved(schema);
            let (entries, schema) = schema.get("items").map_or(("", schema), |entry| ("entries of ", entry));
            let fields = self.resolved(schema)["properties"].as_object()?;
            fields.contains_key(name).then(|| format!(": it belongs in {entries}'{field}'"))
        });
        below.unwrap_or_else(|| Near::of_fields(name, place.known.keys().map(String::as_str)).to_string())
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
                    "Update": {"properties": {
                        "notes": {"type": "string"},
                        "codes": {"items": {"$ref": "#/components/schemas/Code"}},
                        "configuration": {"properties": {"timer": {}, "codes": {"items": {"$ref": "#/components/schemas/Code"}}}},
                    }},
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
        assert_eq!(said(&format!("{path}?external_segment_id=1&segmnet=2"), ""), ["segmnet"]);
        assert_eq!(said(&format!("{path}?external_id=1"), ""), ["external_id: did you mean 'external_segment_id'?"]);
        assert_eq!(said("/api/now/wrapup/elsewhere", r#"{"note": "x"}"#), Vec::<String>::new());
        assert_eq!(said(path, "no body at all"), Vec::<String>::new());
    }

    #[test]
    fn what_stands_in_the_wrong_place_is_named_with_the_right_one() {
        let path = "/api/now/v1/wrapup/segment/update";
        for (body, named) in [
            (r#"{"timer": true}"#, "timer: it belongs in 'configuration'"),
            (r#"{"configuration": {"notes": "x"}}"#, "configuration.notes: it belongs beside 'configuration'"),
            (r#"{"code": "A"}"#, "code: it belongs in entries of 'codes'"),
            (
                r#"{"configuration": {"codes": [{"timer": true}]}}"#,
                "configuration.codes[0].timer: it belongs beside 'codes'",
            ),
            (
                r#"{"configuration": {"codes": [{"notes": "x"}]}}"#,
                "configuration.codes[0].notes: it belongs beside 'configuration'",
            ),
            (r#"{"external_segment_id": "1"}"#, "external_segment_id: it belongs in the query"),
            (
                "<request><configuration><notes/></configuration></request>",
                "configuration.notes: it belongs beside 'configuration'",
            ),
        ] {
            assert_eq!(said(path, body), [named], "{body}");
        }
        assert_eq!(said(&format!("{path}?notes=x"), ""), ["notes: it belongs in the body"]);
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
