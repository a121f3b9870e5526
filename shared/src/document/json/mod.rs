mod written;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::value::{Object, Text, Value};
use super::{ParseError, as_utf8, place};
use written::Written;

/// Reads a JSON object, none of whose objects has a key twice: of two such fields one would be lost without a word, and in
/// XML the same request is refused.
pub(super) fn parse(bytes: &[u8]) -> Result<Object, ParseError> {
    // Editors on Windows put a byte order mark in front, which JSON parsers may skip (RFC 8259, 8.1).
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (text, mut written) = written::scan(as_utf8(bytes)?);
    match read(&text, &mut written) {
        Ok(Value::Object(root)) => Ok(root),
        Ok(other) => {
            let start = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
            let (line, column) = place(bytes, start);
            Err(ParseError::NotAnObject { line, column, found: other.kind() })
        }
        Err(error) => {
            let text = error.to_string();
            let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
            // An empty body ends before its first column.
            Err(ParseError::Malformed { problem, line: error.line(), column: error.column().max(1) })
        }
    }
}

fn read(text: &str, written: &mut Written<'_>) -> serde_json::Result<Value> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Reading(written).deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

/// Reads the next value, and takes what was written in its place.
struct Reading<'w, 't>(&'w mut Written<'t>);

impl Reading<'_, '_> {
    fn number<E>(self) -> Result<Value, E> {
        Ok(Value::Number(self.0.number().to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Reading<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Value, E> {
        self.number()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Value, E> {
        self.number()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Value, E> {
        self.number()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(Text { text, has_half: self.0.string_has_half() }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(Reading(&mut *self.0))? {
            list.push(entry);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Object::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.0.string_has_half();
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format_args!("'{name}' is given twice")));
            }
            let value = entries.next_value_seed(Reading(&mut *self.0))?;
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests;
