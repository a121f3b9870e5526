//! Requests as trees of fields, whatever they were written in, and readers that name every field
//! that breaks a rule.
//!
//! JSON, XML and query parameters become a [`Document`]; [`Document::read`] hands out its
//! [`Fields`]. A read that fails notes a [`Violation`] and answers `None`, so that one pass finds
//! all violations of a request.

#[cfg(feature = "openapi")]
pub mod asked;
mod encoding;
mod fields;
mod json;
mod text;
mod value;
mod violation;
mod visitor;
mod xml;

use std::cell::RefCell;

use serde_json::Map;

use value::{Object, Value};

pub use encoding::is_encoding_read;
pub use fields::{Fields, ObjectOrText};
pub use text::{BoundedText, FromText, Id, TextForm};
pub use violation::{Problem, Violation, Violations};
pub use visitor::Visitor;

/// How a document was written, which decides what counts as a list or an empty object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Json,
    /// All leaves are text or null; a list is its element repeated, or one element around `<entry>`s.
    Xml,
}

/// A request body, or a request's parameters.
#[derive(Debug)]
pub struct Document {
    notation: Notation,
    root: Object,
    violations: Vec<Violation>,
    /// Parameters whose values are no UTF-8: violations of whoever reads them.
    not_utf8: Vec<String>,
}

/// Why a text is no document.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseError {
    /// Not well-formed, or more than a request may be.
    #[error("line {line}, column {column}: {problem}")]
    Malformed {
        /// What is wrong.
        problem: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// Well-formed, but not an object of fields.
    #[error("line {line}, column {column}: the body has to be an object, and is {found}")]
    NotAnObject {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// What it is.
        found: &'static str,
    },
}

impl Document {
    /// Reads a JSON object.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ParseError> {
        let root = json::parse(bytes)?;
        Ok(Self::of(Notation::Json, root))
    }

    /// Takes an object that has been parsed already, such as an entry of an import file.
    pub fn from_object(root: Map<String, serde_json::Value>) -> Self {
        Self::of(Notation::Json, value::from_json(root))
    }

    /// Reads an XML document with the root `<request>`, optionally with one `<entry>` around the fields. An element
    /// with the attribute `nil` of XML Schema is null.
    pub fn from_xml(bytes: &[u8]) -> Result<Self, ParseError> {
        let root = xml::parse(bytes, false)?;
        Ok(Self::of(Notation::Xml, root))
    }

    /// The same of what is said to be UTF-8 by more than itself, such as a header: its declaration does not count then
    /// (RFC 7303, 3).
    pub fn from_xml_in_utf8(bytes: &[u8]) -> Result<Self, ParseError> {
        let root = xml::parse(bytes, true)?;
        Ok(Self::of(Notation::Xml, root))
    }

    /// Takes the parameters of a path or a query; `None` stands for a value that is no UTF-8, which is a violation only
    /// where the parameter is read. One that is given twice always is.
    pub fn from_parameters(parameters: impl IntoIterator<Item = (String, Option<String>)>) -> Self {
        let mut document = Self::empty();
        for (name, value) in parameters {
            if document.root.contains_key(&name) || document.not_utf8.contains(&name) {
                let violation = Violation { field: name, problem: Problem::GivenTwice };
                if !document.violations.contains(&violation) {
                    document.violations.push(violation);
                }
                continue;
            }
            match value {
                Some(value) => drop(document.root.insert(name, Value::Text(value.into()))),
                None => document.not_utf8.push(name),
            }
        }
        document
    }

    fn of(notation: Notation, root: Object) -> Self {
        Self { notation, root, violations: Vec::new(), not_utf8: Vec::new() }
    }

    /// A document without fields.
    pub fn empty() -> Self {
        Self::of(Notation::Json, Object::new())
    }

    /// Reads this document alone; see [`read_all`].
    pub fn read<T>(&self, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, Violations> {
        read_all([self], |[fields]| read(fields))
    }
}

/// Reads several documents of one request, so that their violations come back together. `read` may
/// answer `None` only after a violation was noted.
pub fn read_all<T, const N: usize>(
    documents: [&Document; N],
    read: impl FnOnce(&[Fields<'_>; N]) -> Option<T>,
) -> Result<T, Violations> {
    let noted = RefCell::new(documents.iter().flat_map(|document| document.violations.iter().cloned()).collect());
    let fields = documents.map(|document| Fields::root(document.notation, &document.root, &document.not_utf8, &noted));
    let result = read(&fields);
    drop(fields);
    match (result, Violations::new(noted.into_inner())) {
        (_, Some(violations)) => Err(violations),
        (Some(value), None) => Ok(value),
        (None, None) => Err(Violations::one("request", Problem::Unreadable)),
    }
}

/// The line and the column of a byte, both counted from 1.
fn place(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    (before.iter().filter(|byte| **byte == b'\n').count() + 1, before.len() - line_start + 1)
}

/// The text that bytes are in UTF-8, the one encoding that is read: others would have to be guessed.
fn as_utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = place(bytes, error.valid_up_to());
        let problem = "bytes that are not UTF-8, which a body has to be in".to_owned();
        ParseError::Malformed { problem, line, column }
    })
}
