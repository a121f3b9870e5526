use mediatype::{MediaType, MediaTypeList, ReadParams, names};

use crate::document::is_encoding_read;

/// What an answer or a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
    /// XML under the name `text/xml`.
    TextXml,
}

impl Format {
    /// The value of `Content-Type`. It names the encoding: without that, clients take `text/xml` for Latin-1.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=UTF-8",
            Self::Xml => "application/xml; charset=UTF-8",
            Self::TextXml => "text/xml; charset=UTF-8",
        }
    }

    /// The character that takes most bytes of an answer: in JSON a control character, in XML one that is written as a
    /// reference.
    pub fn widest_character(self) -> char {
        match self {
            Self::Json => '\u{1}',
            Self::Xml | Self::TextXml => '&',
        }
    }

    /// The format that an `Accept` header asks for. Each format has the q-value of the most specific
    /// range that covers it (RFC 9110, 12.5.1); among equals the format that is named more
    /// specifically wins, then the one named earlier, then JSON. `None`: neither is acceptable.
    pub fn accepted(header: Option<&str>) -> Option<Self> {
        match header.filter(|header| !header.trim().is_empty()) {
            Some(header) => best(&ranges(header)).map(|wish| wish.format),
            None => Some(Self::Json),
        }
    }
}

/// Whether an `Accept` header names CSV, and wishes for it more than for JSON and XML. No range covers it: whoever takes
/// anything gets what all operations answer.
pub fn prefers_csv(header: Option<&str>) -> bool {
    let ranges = ranges(header.unwrap_or_default());
    wish(&ranges, covers_csv).is_some_and(|csv| best(&ranges).is_none_or(|best| csv.beats(&best)))
}

fn ranges(header: &str) -> Vec<MediaType<'_>> {
    MediaTypeList::new(header).filter_map(Result::ok).collect()
}

/// JSON or XML, whichever is wished for more.
fn best(ranges: &[MediaType<'_>]) -> Option<Wish<Format>> {
    let mut best: Option<Wish<Format>> = None;
    for covers in [covers_json, covers_xml] {
        if let Some(wish) = wish(ranges, covers)
            && best.as_ref().is_none_or(|best| wish.beats(best))
        {
            best = Some(wish);
        }
    }
    best
}

/// How much that is wished for which these ranges cover; none where it is refused.
fn wish<F>(ranges: &[MediaType<'_>], covers: impl Fn(&MediaType<'_>) -> Option<(u8, F)>) -> Option<Wish<F>> {
    let mut wish: Option<Wish<F>> = None;
    for (position, range) in ranges.iter().enumerate() {
        if let Some((specific, format)) = covers(range)
            && wish.as_ref().is_none_or(|wish| specific > wish.specific)
        {
            wish = Some(Wish { quality: quality(range), specific, position, format });
        }
    }
    wish.filter(|wish| wish.quality > 0.0)
}

/// What the header of a body says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// What it is written in.
    pub format: Format,
    /// Whether the header names its encoding, which outweighs what an XML declaration names.
    pub names_encoding: bool,
}

impl Content {
    /// Reads a `Content-Type`; absent means JSON. `None`: one that is not read.
    pub fn of(header: Option<&str>) -> Option<Self> {
        let Some(header) = header.map(str::trim).filter(|header| !header.is_empty()) else {
            return Some(Self { format: Format::Json, names_encoding: false });
        };
        let media_type = MediaType::parse(header).ok()?;
        let charset = media_type.get_param(names::CHARSET);
        let is_read = charset.is_none_or(|charset| is_encoding_read(charset.unquoted_str().trim()));
        let format = of_media_type(&media_type).filter(|_| is_read)?;
        Some(Self { format, names_encoding: charset.is_some() })
    }
}

/// How much a format is wished for.
struct Wish<F> {
    quality: f32,
    specific: u8,
    position: usize,
    format: F,
}

impl<F> Wish<F> {
    fn beats<O>(&self, other: &Wish<O>) -> bool {
        let order = self.quality.total_cmp(&other.quality).then(self.specific.cmp(&other.specific));
        order.then(other.position.cmp(&self.position)).is_gt()
    }
}

/// How specifically a range names JSON, if it covers it.
fn covers_json(range: &MediaType<'_>) -> Option<(u8, Format)> {
    let specific = match (range.ty.as_str(), range.subty.as_str()) {
        ("*", "*") => 0,
        (main, "*") if main.eq_ignore_ascii_case("application") => 1,
        _ => of_media_type(range).filter(|format| *format == Format::Json).map(|_| 2)?,
    };
    Some((specific, Format::Json))
}

/// How specifically a range names XML, if it covers it, and under which of its names.
fn covers_xml(range: &MediaType<'_>) -> Option<(u8, Format)> {
    match (range.ty.as_str(), range.subty.as_str()) {
        ("*", "*") => Some((0, Format::Xml)),
        (main, "*") if main.eq_ignore_ascii_case("application") => Some((1, Format::Xml)),
        (main, "*") if main.eq_ignore_ascii_case("text") => Some((1, Format::TextXml)),
        _ => of_media_type(range).filter(|format| *format != Format::Json).map(|format| (2, format)),
    }
}

/// How specifically a range names CSV.
fn covers_csv(range: &MediaType<'_>) -> Option<(u8, ())> {
    let is_csv = range.ty.as_str().eq_ignore_ascii_case("text") && range.subty.as_str().eq_ignore_ascii_case("csv");
    (is_csv && range.suffix.is_none()).then_some((2, ()))
}

/// A range's q-value; one that is no number refuses.
fn quality(range: &MediaType<'_>) -> f32 {
    range.get_param(names::Q).map_or(1.0, |q| q.unquoted_str().parse().unwrap_or(0.0))
}

fn of_media_type(media_type: &MediaType<'_>) -> Option<Format> {
    let main = media_type.ty.as_str().to_ascii_lowercase();
    let sub = media_type.subty.as_str().to_ascii_lowercase();
    let suffix = media_type.suffix.map(|suffix| suffix.as_str().to_ascii_lowercase());
    match (main.as_str(), sub.as_str(), suffix.as_deref()) {
        ("application", "json", None) | (_, _, Some("json")) => Some(Format::Json),
        ("application", "xml", None) | (_, _, Some("xml")) => Some(Format::Xml),
        ("text", "xml", None) => Some(Format::TextXml),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Format, prefers_csv};

    #[test]
    fn accept_is_obeyed() {
        for (header, format) in [
            (None, Some(Format::Json)),
            (Some(""), Some(Format::Json)),
            (Some("*/*"), Some(Format::Json)),
            (Some("application/*"), Some(Format::Json)),
            (Some("application/json"), Some(Format::Json)),
            (Some("Application/*"), Some(Format::Json)),
            (Some("APPLICATION/XML"), Some(Format::Xml)),
            (Some("text/xml"), Some(Format::TextXml)),
            (Some("text/*"), Some(Format::TextXml)),
            (Some("application/problem+json"), Some(Format::Json)),
            (Some("application/soap+xml"), Some(Format::Xml)),
            (Some("application/json;q=0.2, application/xml;q=0.9"), Some(Format::Xml)),
            (Some("*/*;q=0.9, application/json;q=0.2, application/xml;q=0.3"), Some(Format::Xml)),
            (Some("application/json;q=0.1, */*"), Some(Format::Xml)),
            (Some("application/xml, application/json"), Some(Format::Xml)),
            (Some("text/xml, application/xml;q=0.5"), Some(Format::TextXml)),
            (Some("text/html, application/xml;q=0.9, */*;q=0.8"), Some(Format::Xml)),
            (Some("application/xml, */*"), Some(Format::Xml)),
            (Some("application/json;q=0, */*"), Some(Format::Xml)),
            (Some("application/json;q=0, application/xml;q=0, */*"), None),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("image/png, ;;, application/json;q=0.1"), Some(Format::Json)),
        ] {
            assert_eq!(Format::accepted(header), format, "{header:?}");
        }
    }

    #[test]
    fn csv_is_answered_to_whoever_names_it() {
        for (header, is_csv) in [
            (None, false),
            (Some("*/*"), false),
            (Some("text/*"), false),
            (Some("text/csv"), true),
            (Some("Text/CSV; header=present"), true),
            (Some("text/csv;q=0"), false),
            (Some("text/csv, */*"), true),
            (Some("text/csv;q=0.5, */*;q=0.8"), false),
            (Some("application/json, text/csv"), false),
            (Some("text/csv, application/json"), true),
            (Some("application/json;q=0.9, application/xml, text/csv"), false),
        ] {
            assert_eq!(prefers_csv(header), is_csv, "{header:?}");
        }
    }

    #[test]
    fn content_types_that_are_read() {
        for (header, content) in [
            (None, Some((Format::Json, false))),
            (Some(" "), Some((Format::Json, false))),
            (Some("application/json;"), Some((Format::Json, false))),
            (Some("application/json; charset=UTF-8"), Some((Format::Json, true))),
            (Some(" application/json ;Charset=utf8; "), Some((Format::Json, true))),
            (Some("application/vnd.api+json"), Some((Format::Json, false))),
            (Some("text/xml; charset=\"utf-8\""), Some((Format::TextXml, true))),
            (Some("application/soap+xml;charset=\"US-ASCII\";action=\"close\""), Some((Format::Xml, true))),
            (Some("application/json; charset=iso-8859-1"), None),
            (Some("application/xml; charset=\"utf-16\""), None),
            (Some("text/xml; charset=windows-1252"), None),
            (Some("application/json; charset="), None),
            (Some("application/x-www-form-urlencoded"), None),
            (Some("text/plain"), None),
            (Some("json"), None),
        ] {
            let read = Content::of(header).map(|content| (content.format, content.names_encoding));
            assert_eq!(read, content, "{header:?}");
        }
    }
}
