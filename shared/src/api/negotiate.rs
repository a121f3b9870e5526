use mediatype::{MediaType, MediaTypeList, ReadParams, names};

/// What an answer or a body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
    /// XML under the name `text/xml`.
    TextXml,
}

impl Format {
    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::TextXml => "text/xml",
        }
    }

    /// The format that an `Accept` header asks for, by its q-values; among equals the more specific
    /// wish wins, then the earlier one. `None`: nothing that there is.
    pub fn accepted(header: Option<&str>) -> Option<Self> {
        let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return Some(Self::Json) };
        let wishes: Vec<_> = MediaTypeList::new(header).filter_map(Result::ok).map(Wish::of).collect();
        // A refusal (q=0) counts against a format even where a wider wish covers it.
        let refused = |format| {
            let named = wishes.iter().filter(|wish| wish.format == Some(format));
            let best = named.max_by_key(|wish| wish.specific);
            best.is_some_and(|wish| wish.quality <= 0.0)
        };
        let mut best: Option<(f32, u8, Self)> = None;
        for wish in &wishes {
            let format = match wish.format {
                Some(format) => format,
                // Anything goes: JSON, unless JSON itself was refused.
                None if wish.any && !refused(Self::Json) => Self::Json,
                None if wish.any && !refused(Self::Xml) => Self::Xml,
                None => continue,
            };
            let better = best.is_none_or(|(quality, specific, _)| {
                wish.quality > quality || (wish.quality == quality && wish.specific > specific)
            });
            if wish.quality > 0.0 && better {
                best = Some((wish.quality, wish.specific, format));
            }
        }
        best.map(|(_, _, format)| format)
    }

    /// The format of a body with this `Content-Type`; absent means JSON. `None`: one that is not read.
    pub fn of_content(header: Option<&str>) -> Option<Self> {
        let Some(header) = header.filter(|header| !header.trim().is_empty()) else { return Some(Self::Json) };
        let media_type = MediaType::parse(header).ok()?;
        let charset = media_type.get_param(names::CHARSET).map(|charset| charset.unquoted_str().to_ascii_lowercase());
        let readable = charset.is_none_or(|charset| matches!(charset.as_str(), "utf-8" | "utf8" | "us-ascii"));
        of_media_type(&media_type).filter(|_| readable)
    }
}

struct Wish {
    /// What is named; none for wildcards and for what there is not.
    format: Option<Format>,
    any: bool,
    specific: u8,
    quality: f32,
}

impl Wish {
    fn of(media_type: MediaType<'_>) -> Self {
        let quality = media_type.get_param(names::Q);
        let quality = quality.map_or(Some(1.0), |q| q.unquoted_str().parse().ok()).unwrap_or(0.0);
        let (main, sub) = (media_type.ty.as_str(), media_type.subty.as_str());
        let (format, any, specific) = match (main.to_ascii_lowercase().as_str(), sub) {
            ("*", "*") => (None, true, 0),
            ("application", "*") => (None, true, 1),
            ("text", "*") => (Some(Format::TextXml), false, 1),
            _ => (of_media_type(&media_type), false, 2),
        };
        Self { format, any, specific, quality }
    }
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
    use super::Format;

    #[test]
    fn accept_is_obeyed() {
        for (header, format) in [
            (None, Some(Format::Json)),
            (Some(""), Some(Format::Json)),
            (Some("*/*"), Some(Format::Json)),
            (Some("application/*"), Some(Format::Json)),
            (Some("application/json"), Some(Format::Json)),
            (Some("APPLICATION/XML"), Some(Format::Xml)),
            (Some("text/xml"), Some(Format::TextXml)),
            (Some("text/*"), Some(Format::TextXml)),
            (Some("application/problem+json"), Some(Format::Json)),
            (Some("application/soap+xml"), Some(Format::Xml)),
            (Some("application/json;q=0.2, application/xml;q=0.9"), Some(Format::Xml)),
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
    fn content_types_that_are_read() {
        for (header, format) in [
            (None, Some(Format::Json)),
            (Some("application/json; charset=UTF-8"), Some(Format::Json)),
            (Some("application/vnd.api+json"), Some(Format::Json)),
            (Some("text/xml; charset=\"utf-8\""), Some(Format::TextXml)),
            (Some("application/json; charset=iso-8859-1"), None),
            (Some("application/x-www-form-urlencoded"), None),
            (Some("text/plain"), None),
            (Some("json"), None),
        ] {
            assert_eq!(Format::of_content(header), format, "{header:?}");
        }
    }
}
