use super::negotiate::{Content, Format};
use crate::document::{Document, ParseError};

/// Bytes that a request body may have.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Reads a body.
pub fn decode(content: Content, body: &[u8]) -> Result<Document, ParseError> {
    match content.format {
        Format::Json => Document::from_json(body),
        Format::Xml | Format::TextXml if content.names_encoding => Document::from_xml_in_utf8(body),
        Format::Xml | Format::TextXml => Document::from_xml(body),
    }
}

/// Percent-decodes a path parameter once; `None` where that is no UTF-8.
pub fn percent_decode(value: &str) -> Option<String> {
    percent_encoding::percent_decode_str(value).decode_utf8().ok().map(|text| text.into_owned())
}

/// The parameters of a query as it stands in a URL; `None` for a value that is no UTF-8. The usual
/// parsers of queries replace such bytes, and would find another record than the one that was meant.
pub fn query_parameters(query: &str) -> impl Iterator<Item = (String, Option<String>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| percent_decode(&text.replace('+', " "));
        (decode(name).unwrap_or_else(|| name.to_owned()), decode(value))
    })
}
