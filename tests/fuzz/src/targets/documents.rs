//! Bodies as trees of fields.

use serde::de::IgnoredAny;
use wrapup::document::{Document, ParseError};

use crate::driver::Target;
use crate::work::{self, Work};

pub const JSON_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "null",
    "true",
    "-0",
    "1e999",
    "0.1",
    "12345678901234567890123",
    "\\ud83d",
    "\\ude00",
    "\\u0000",
    "\\",
    "\"codes\":",
    "\u{feff}",
    "é",
    "😀",
    "\u{0}",
    "[[[[[[[[",
    "{\"a\":",
    " ",
    "\r\n",
];

pub const XML_WORDS: &[&str] = &[
    "<request>",
    "</request>",
    "<entry>",
    "</entry>",
    "<a>",
    "</a>",
    "<a/>",
    "<a b=\"c\"/>",
    " xsi:nil=\"true\"",
    " nil='1'",
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
    "xmlns=\"\"",
    "<!--",
    "-->",
    "--",
    "<![CDATA[",
    "]]>",
    "<?a b?>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "<!DOCTYPE request>",
    "&amp;",
    "&lt;",
    "&#xD83D;",
    "&#128512;",
    "&#0;",
    "&#x110000;",
    "&",
    ";",
    "p:",
    "\u{feff}",
    "\u{fffe}",
    "é",
    "\r\n",
    "\t",
    "\u{85}",
    " standalone='no'",
];

/// A JSON body.
pub struct Json;

impl Target for Json {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let read = Document::from_json(input);
        let bare = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
        let other = serde_json::from_slice::<serde_json::Value>(bare);
        // Another reader has no halves of surrogate pairs, nor numbers of any size, and takes a name twice.
        let halves = input.windows(2).any(|two| two == b"\\u");
        match (&read, &other) {
            (Ok(_), Err(error)) if !halves && !error.to_string().contains("number out of range") => {
                return Err(format!("taken, and not well-formed: {error}"));
            }
            (Err(error), Ok(serde_json::Value::Object(_))) if !error.to_string().ends_with("is given twice") => {
                return Err(format!("refused, and well-formed: {error}"));
            }
            (Err(ParseError::NotAnObject { .. }), _) if serde_json::from_slice::<IgnoredAny>(bare).is_err() => {
                return Err("said to be another value, and is none".to_owned());
            }
            _ => {}
        }
        seen(input, &read)
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        Some(work::of(|| drop(Document::from_json(input))).1)
    }
}

/// An XML body.
pub struct Xml;

/// What another reader refuses for, and this one has no need of: namespaces are not resolved, the encoding that a body names
/// is looked at with its header's, and half of a surrogate pair is U+FFFD.
const MAY_BE_TAKEN: [&str; 4] = ["namespace", "prefix", "malformed entity reference", "unknown token"];

impl Target for Xml {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let read = Document::from_xml(input);
        let text = std::str::from_utf8(input).ok();
        let other = text.map(roxmltree::Document::parse);
        if let (Ok(_), Some(Err(error))) = (&read, &other) {
            let error = error.to_string();
            let half = input.windows(3).any(|three| three == b"&#x" || three == b"&#5");
            if !(MAY_BE_TAKEN[..2].iter().any(|may| error.contains(may)) || half) {
                return Err(format!("taken, and not well-formed: {error}"));
            }
        }
        if let (Ok(_), None) = (&read, &other) {
            return Err("taken, and not UTF-8".to_owned());
        }
        if let (Err(ParseError::Malformed { problem, .. }), Some(Ok(_))) = (&read, &other)
            && !REASONS.iter().any(|reason| problem.contains(reason))
        {
            return Err(format!("refused, and well-formed: {problem}"));
        }
        seen(input, &read)
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        Some(work::of(|| drop(Document::from_xml(input))).1)
    }
}

/// Why a body is refused that the other reader takes: it is no request, or that reader lets pass what is not well-formed, as a
/// processing instruction whose name is none.
const REASONS: [&str; 12] = [
    "what an XML declaration does not say",
    "a reference to what is no character",
    "a processing instruction with a name that is none",
    "the root element has to be",
    "nested too deeply",
    "document types are not accepted",
    "'nil'",
    "nil",
    "text between elements",
    "encoding",
    "version",
    "namespace",
];

/// What came of it; a place has to be one of the text.
fn seen(input: &[u8], read: &Result<Document, ParseError>) -> Result<String, String> {
    let (line, column) = match read {
        Ok(_) => return Ok("read".to_owned()),
        Err(ParseError::Malformed { line, column, .. } | ParseError::NotAnObject { line, column, .. }) => {
            (*line, *column)
        }
    };
    let said = read.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let length = input.split(|byte| *byte == b'\n').nth(line.wrapping_sub(1)).map(<[u8]>::len);
    match length {
        Some(length) if (1..=length + 1).contains(&column) => Ok(said),
        _ => Err(format!("names a place that there is not: {said}")),
    }
}
