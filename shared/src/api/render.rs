use std::fmt;

use serde::Serialize;

use super::negotiate::Format;
/// Why an answer could not be written: a bug of the type that was to be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Xml(#[from] quick_xml::SeError),
}

/// Writes an answer. In XML the root is `<response>`, a key an element, an array its element repeated.
pub fn render<T: Serialize>(format: Format, value: &T) -> Result<Vec<u8>, RenderError> {
    match format {
        Format::Json => Ok(serde_json::to_vec(value)?),
        Format::Xml | Format::TextXml => {
            let mut text = XmlText(String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#));
            value.serialize(quick_xml::se::Serializer::with_root(&mut text, Some("response"))?)?;
            Ok(text.0.into_bytes())
        }
    }
}

/// Text of an XML document, in which characters that XML 1.0 cannot carry become U+FFFD. A carriage
/// return is written as a reference, since parsers turn a bare one into a line feed.
struct XmlText(String);

impl fmt::Write for XmlText {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let plain = |character: char| is_xml_character(character) && character != '\r';
        let mut rest = piece;
        while let Some(at) = rest.find(|character| !plain(character)) {
            let (before, from) = rest.split_at(at);
            self.0.push_str(before);
            self.0.push_str(if from.starts_with('\r') { "&#13;" } else { "\u{fffd}" });
            rest = from.get(from.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
        }
        self.0.push_str(rest);
        Ok(())
    }
}

/// Whether XML 1.0 can carry the character (its production `Char`).
fn is_xml_character(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
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
}
