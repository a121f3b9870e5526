use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::negotiate::Format;
use crate::xml::{self, continues_name, starts_name};

/// Why an answer could not be written: a bug of the type that was to be written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RenderError(#[from] serde_json::Error);

/// Writes an answer. XML says what the JSON says, and is written from it: the root is `<response>`, a
/// key an element, an array its element repeated, null is left out.
pub fn render<T: Serialize>(format: Format, value: &T) -> Result<Vec<u8>, RenderError> {
    let json = serde_json::to_vec(value)?;
    match format {
        Format::Json => Ok(json),
        Format::Xml | Format::TextXml => Ok(write_xml("response", &json)?.into_bytes()),
    }
}

/// Writes JSON as an XML document.
pub(super) fn write_xml(root: &str, json: &[u8]) -> Result<String, RenderError> {
    let mut text = String::with_capacity(2 * json.len());
    text.push_str(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
    let root = Element { text: &mut text, name: root, in_list: false };
    root.deserialize(&mut serde_json::Deserializer::from_slice(json))?;
    Ok(text)
}

/// Where the next JSON value is written: an element with this name.
struct Element<'t> {
    text: &'t mut String,
    name: &'t str,
    /// Whether it is an entry of a list, whose own entries, if it is a list too, are `<entry>`s in it.
    in_list: bool,
}

impl Element<'_> {
    /// Writes the element around its content; one without any is `<name/>`.
    fn around<E>(self, write_content: impl FnOnce(&mut String) -> Result<(), E>) -> Result<(), E> {
        let Self { text, name, .. } = self;
        text.push('<');
        text.push_str(name);
        let start = text.len();
        text.push('>');
        write_content(text)?;
        if text.len() == start + 1 {
            text.truncate(start);
            text.push_str("/>");
        } else {
            text.push_str("</");
            text.push_str(name);
            text.push('>');
        }
        Ok(())
    }

    fn leaf<E>(self, leaf: &str) -> Result<(), E> {
        self.around(|text| {
            write_text(text, leaf);
            Ok(())
        })
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.leaf(if flag { "true" } else { "false" })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.leaf(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.leaf(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        // As JSON writes it, which is shorter than all its digits.
        match Number::from_f64(number) {
            Some(number) => self.leaf(&number.to_string()),
            None => Ok(()),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.leaf(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut write = |text: &mut String, name| {
            while entries.next_element_seed(Element { text, name, in_list: true })?.is_some() {}
            Ok(())
        };
        if self.in_list { self.around(|text| write(text, "entry")) } else { write(self.text, self.name) }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        self.around(|text| {
            while let Some(Key(key)) = fields.next_key::<Key<'de>>()? {
                fields.next_value_seed(Element { text, name: &element_name(&key), in_list: false })?;
            }
            Ok(())
        })
    }
}

/// A key, which stands in the JSON as it is unless something in it is escaped.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Characters that XML 1.0 cannot carry become U+FFFD. A carriage return is written as a reference,
/// since parsers turn a bare one into a line feed.
fn write_text(text: &mut String, leaf: &str) {
    let mut rest = leaf;
    while let Some(plain) = rest.bytes().position(may_be_special) {
        let (before, special) = rest.split_at(plain);
        text.push_str(before);
        let mut characters = special.chars();
        match characters.next() {
            Some('<') => text.push_str("&lt;"),
            Some('>') => text.push_str("&gt;"),
            Some('&') => text.push_str("&amp;"),
            Some('\r') => text.push_str("&#13;"),
            Some(character) if xml::is_character(character) => text.push(character),
            _ => text.push('\u{fffd}'),
        }
        rest = characters.as_str();
    }
    text.push_str(rest);
}

/// Whether a character that begins with this byte may not stand for itself.
fn may_be_special(byte: u8) -> bool {
    matches!(byte, b'<' | b'>' | b'&' | b'\r') || xml::may_be_lacking(byte)
}

/// The name of a key's element. A segment table's further fields can be called anything; what no name
/// can have in it becomes `_`, the colon too, which would announce a namespace.
fn element_name(key: &str) -> Cow<'_, str> {
    let first = key.chars().next();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let valid = key.bytes().all(plain) || key.chars().all(continues_name);
    if valid && first.is_some_and(starts_name) {
        return Cow::Borrowed(key);
    }
    let mut name = String::with_capacity(key.len() + 1);
    // `2nd` becomes `_2nd`.
    if first.is_none_or(|first| continues_name(first) && !starts_name(first)) {
        name.push('_');
    }
    name.extend(key.chars().map(|character| if continues_name(character) { character } else { '_' }));
    Cow::Owned(name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Serialize)]
    struct Sample<'a> {
        flag: bool,
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        absent: Option<&'a str>,
        list: Vec<Entry<'a>>,
    }

    #[derive(Serialize)]
    struct Entry<'a> {
        code: &'a str,
    }

    fn xml(text: &str) -> String {
        let sample = Sample { flag: true, text, absent: None, list: vec![Entry { code: "A" }, Entry { code: "" }] };
        String::from_utf8(render(Format::Xml, &sample).unwrap_or_default()).unwrap_or_default()
    }

    #[test]
    fn writes_elements_and_repeats_lists() {
        assert_eq!(
            xml("a < b & \"c\" > 'd'"),
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?><response><flag>true</flag>"#,
                r#"<text>a &lt; b &amp; "c" &gt; 'd'</text><list><code>A</code></list><list><code/></list></response>"#
            )
        );
    }

    #[test]
    fn what_xml_cannot_carry_is_replaced() {
        let text = xml("nul\u{0} bell\u{7} fffe\u{fffe} tab\t line\nreturn\r\u{1F642}\u{5d0}");
        assert!(
            text.contains("<text>nul\u{fffd} bell\u{fffd} fffe\u{fffd} tab\t line\nreturn&#13;\u{1F642}\u{5d0}</text>"),
            "{text}"
        );
    }

    #[test]
    fn white_space_at_the_ends_is_kept() {
        assert!(xml(" two  ").contains("<text> two  </text>"), "{}", xml(" two  "));
    }

    /// What a segment table's further fields look like in XML, once a parser has found it well-formed.
    fn fields(fields: Value) -> String {
        let answer = String::from_utf8(render(Format::Xml, &fields).unwrap_or_default()).unwrap_or_default();
        let parsed =
            roxmltree::Document::parse(&answer).map(|document| document.root_element().has_tag_name("response"));
        assert_eq!(parsed.ok(), Some(true), "{answer}");
        let inner = answer.split_once("<response>").and_then(|(_, rest)| rest.strip_suffix("</response>"));
        inner.unwrap_or(&answer).to_owned()
    }

    #[test]
    fn a_key_that_is_no_name_becomes_one() {
        for (key, element) in [
            ("plain_name-2.x", "plain_name-2.x"),
            ("with space", "with_space"),
            ("2nd", "_2nd"),
            ("-dash", "_-dash"),
            ("", "_"),
            ("@attribute", "_attribute"),
            ("$text", "_text"),
            ("$value", "_value"),
            ("name:space", "name_space"),
            (":", "_"),
            ("a<b>&\"c\"/", "a_b___c__"),
            ("nul\u{0}\u{fffe}", "nul__"),
            ("\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
            ("\u{1F642}", "\u{1F642}"),
            ("\u{d7}", "_"),
            ("a\u{f0000}", "a_"),
        ] {
            assert_eq!(fields(json!({ key: "x" })), format!("<{element}>x</{element}>"), "{key:?}");
        }
    }

    #[test]
    fn null_is_left_out_and_a_nested_list_has_entries() {
        assert_eq!(fields(json!({ "a": null, "b": [1, null, 2], "c": [] })), "<b>1</b><b>2</b>");
        assert_eq!(
            fields(json!({ "a": [[1, [2, 3]], [], [{ "b": true }]] })),
            "<a><entry>1</entry><entry><entry>2</entry><entry>3</entry></entry></a><a/><a><entry><b>true</b></entry></a>"
        );
        assert_eq!(fields(json!({ "a": {}, "b": { "c": null } })), "<a/><b/>");
    }

    #[test]
    fn numbers_are_written_as_in_json() {
        assert_eq!(
            fields(json!({ "a": [0, -5, 1.5, 1e300, u64::MAX] })),
            "<a>0</a><a>-5</a><a>1.5</a><a>1e+300</a><a>18446744073709551615</a>"
        );
    }
}
