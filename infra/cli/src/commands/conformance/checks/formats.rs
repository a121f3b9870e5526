//! What a request and an answer look like on the wire: negotiation, encodings, compression, well-formedness.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{NOTHING, close, open, platform_error};
use crate::commands::conformance::check::{Check, Step, addition, get, post, put, reference};

const CREATED: &str = "All wrap up codes created successfully.";

/// A POST of a code, in bytes of its own.
fn post_code(content_type: &'static str, text: &str, bytes: fn(&str) -> Vec<u8>) -> Step {
    post("code", Value::Null).bytes(content_type, text, bytes)
}

/// The answer to it.
fn created(label: &str) -> Value {
    json!({ "result": {
        "message": CREATED, "success": true, "result_map": { "created_wrap_up_codes": [{ "code": label }] }
    } })
}

fn utf8(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// ISO-8859-1.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}

fn gzipped(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory cannot fail; if it did, the body would be no gzip, and the check would say so.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

/// A text and as many blanks as make it longer than a body may be.
fn too_long(text: &str) -> Vec<u8> {
    let mut bytes = utf8(text);
    bytes.resize(1024 * 1024 + 1, b' ');
    bytes
}

pub fn checks() -> Vec<Check> {
    let code = || get(format!("code/{NOTHING}"));
    let json_code = r#"{ "codes": [{ "code": "{id} Rückruf" }] }"#;
    let xml_code = "<request><codes><code>{id} Rückruf</code></codes></request>";
    let in_line_2 = json!({ "error": { "message": "<text>", "detail": "<mentions line 2>" }, "status": "failure" });
    let mut checks = vec![
        reference("a request in JSON may be answered in XML").in_json().then(
            post_code("application/json", json_code, utf8)
                .header("accept", "application/xml")
                .shows(created("{id} Rückruf")),
        ),
        reference("a request in XML may be answered in JSON").in_xml().then(
            post_code("application/xml", xml_code, utf8)
                .header("accept", "application/json")
                .shows(created("{id} Rückruf")),
        ),
        addition("whoever accepts anything gets JSON")
            .in_json()
            .then(post_code("application/json", json_code, utf8).header("accept", "*/*").shows(created("{id} Rückruf")))
            .then(
                post_code("application/json", json_code, utf8)
                    .header("accept", "text/xml;q=0.5, application/*")
                    .shows(created("{id} Rückruf")),
            ),
        addition("fields of a list may be its element repeated, or entries in one; one entry may stand around all")
            .in_xml()
            .then(
                post("code", Value::Null)
                    .text(
                        "application/xml",
                        "<request><entry><codes><entry><code>{id} A</code></entry><entry><code>{id} B</code></entry>\
                 </codes></entry></request>",
                    )
                    .shows(json!({ "result": { "result_map": { "created_wrap_up_codes": [
                { "code": "{id} A" }, { "code": "{id} B" }
            ] } } })),
            ),
        addition("formats that are neither JSON nor XML are 406 and 415")
            .in_json()
            .then(code().header("accept", "text/html").answers(&[406], platform_error()))
            .then(post("code", Value::Null).text("text/csv", "code").answers(&[415], platform_error())),
        addition("a body that does not parse is 400 that says where")
            .in_json()
            .then(
                post("code", Value::Null).text("application/json", "{\n\"codes\": ").answers(&[400], in_line_2.clone()),
            )
            .then(post("code", Value::Null).text("application/json", "[]").answers(&[400], platform_error()))
            .then(
                post("code", Value::Null)
                    .text("application/xml", "<request>\n<codes></request>")
                    .answers(&[400], in_line_2),
            ),
        addition("document types are 400").in_xml().then(
            post("code", Value::Null)
                .text(
                    "application/xml",
                    "<!DOCTYPE request [<!ENTITY a \"b\">]><request><codes><code>{id} &a;</code></codes></request>",
                )
                .answers(&[400], platform_error()),
        ),
        addition("a body of more than 1 MiB is 413")
            .in_json()
            .then(post_code("application/json", json_code, too_long).has_status(&[413])),
        addition("what XML cannot carry makes no XML that is not well-formed")
            .in_json()
            .then(open())
            .then(put(
                "segment/update?segment_sys_id={segment}",
                json!({
                    "notes": "a\u{1}b\u{ffff}c", "confirmed_on": "2024-09-16 18:52:01"
                }),
            ))
            .then(get("segment/{segment}").header("accept", "application/xml").shows(json!({ "segment": {
                "notes": "<mentions a, b, c>"
            } }))),
    ];
    checks.extend(encodings(json_code, xml_code));
    checks
}

fn encodings(json_code: &str, xml_code: &str) -> Vec<Check> {
    let declared = |encoding: &str| format!(r#"<?xml version="1.0" encoding="{encoding}"?>{xml_code}"#);
    let gzip = |step: Step| step.header("content-encoding", "gzip").unknown_by(&[400, 415]);
    vec![
        addition("every answer says its encoding")
            .then(open().shows_header("content-type", "<mentions charset=utf-8>"))
            .then(get("segment/{id}-none").has_status(&[404]).shows_header("content-type", "<mentions charset=utf-8>"))
            .then(get("nothing").has_status(&[404]).shows_header("content-type", "<mentions charset=utf-8>"))
            .then(close()),
        addition("UTF-8 may be named in any way that there is")
            .in_json()
            .then(post_code("application/json; charset=utf8", json_code, utf8).shows(created("{id} Rückruf")))
            .then(post_code("application/json; charset=\"UTF-8\"", json_code, utf8).shows(created("{id} Rückruf"))),
        addition("an XML declaration may name UTF-8 in any way, and UTF-16 over bytes that are UTF-8")
            .in_xml()
            .then(post_code("application/xml", &declared("UTF8"), utf8).shows(created("{id} Rückruf")))
            .then(post_code("text/xml", &declared("utf-16"), utf8).shows(created("{id} Rückruf")))
            .then(
                post_code("application/xml; charset=utf-8", &declared("ISO-8859-1"), utf8)
                    .shows(created("{id} Rückruf")),
            )
            .then(
                post_code("application/xml", &format!("\u{feff}{}", declared("windows-1252")), utf8)
                    .shows(created("{id} Rückruf")),
            ),
        addition("bytes that are no UTF-8 are 400")
            .in_json()
            .then(post_code("application/json", json_code, latin1).answers(&[400], platform_error()))
            .then(post_code("application/xml", xml_code, latin1).answers(&[400], platform_error())),
        addition("a body in JSON may be compressed by gzip")
            .in_json()
            .then(gzip(post_code("application/json", json_code, gzipped)).shows(created("{id} Rückruf"))),
        addition("a body in XML may be compressed by gzip")
            .in_xml()
            .then(gzip(post_code("application/xml", xml_code, gzipped)).shows(created("{id} Rückruf"))),
        addition("a body that is more than 1 MiB once it is inflated is 413").in_json().then(
            gzip(post_code("application/json", json_code, |text| gzipped(&String::from_utf8_lossy(&too_long(text)))))
                .has_status(&[413]),
        ),
        addition("a body in another coding than gzip is 415 and hears of gzip").in_json().then(
            post_code("application/json", json_code, utf8)
                .header("content-encoding", "br")
                .has_status(&[415])
                .shows_header("accept-encoding", "<mentions gzip>"),
        ),
    ]
}
