use std::borrow::Cow;

use super::text::{NO_CHARACTER, Text};
use super::{Fault, steps};
use crate::document::is_encoding_read;
use crate::xml::{self, BLANKS};

/// Attributes that one element may have. A request needs none but what declares namespaces and nulls.
const MOST: usize = 64;

/// An attribute, as it stands in a tag or an XML declaration.
pub(super) struct Attribute<'a> {
    pub(super) prefix: Option<&'a str>,
    pub(super) local: &'a str,
    /// Where it begins.
    pub(super) start: usize,
    value: &'a str,
    value_start: usize,
}

impl<'a> Attribute<'a> {
    /// Reads `text`, which begins at `offset` behind the name of a tag.
    pub(super) fn all(text: &'a str, offset: usize) -> Result<Vec<Self>, Fault> {
        let mut found: Vec<Self> = Vec::new();
        let mut rest = text;
        loop {
            let next = rest.trim_start_matches(BLANKS);
            let start = offset + text.len() - next.len();
            if next.is_empty() {
                return Ok(found);
            }
            if next.len() == rest.len() {
                return Err(Fault::new(start, "no blank in front of an attribute"));
            }
            if found.len() == MOST {
                return Err(Fault::new(start, "more attributes than a request can need"));
            }
            let (attribute, after) = Self::first(next, start)?;
            steps::note(1 + found.len());
            if found.iter().any(|other| (other.prefix, other.local) == (attribute.prefix, attribute.local)) {
                return Err(Fault::new(start, "an attribute that is given twice"));
            }
            found.push(attribute);
            rest = after;
        }
    }

    /// The attribute that `text` begins with, and what follows.
    fn first(text: &'a str, start: usize) -> Result<(Self, &'a str), Fault> {
        let fault = |problem| Fault::new(start, problem);
        let no_value = || fault("an attribute without a value");
        let end = text.find(|character| character == '=' || BLANKS.contains(&character)).ok_or_else(no_value)?;
        let (name, rest) = text.split_at(end);
        let (prefix, local) = split_name(name).ok_or_else(|| fault("an attribute with a name that is none"))?;
        let rest = rest.trim_start_matches(BLANKS).strip_prefix('=').ok_or_else(no_value)?;
        let rest = rest.trim_start_matches(BLANKS);
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let quote = quote.ok_or_else(|| fault("an attribute's value without quotes"))?;
        let (value, after) = rest[1..].split_once(quote).ok_or_else(|| fault("an attribute's value without an end"))?;
        let value_start = start + text.len() - rest.len() + 1;
        if let Some(place) = value.find('<') {
            return Err(Fault::new(value_start + place, "'<' in an attribute's value"));
        }
        Ok((Self { prefix, local, start, value, value_start }, after))
    }

    /// The value as XML means it.
    pub(super) fn value(&self) -> Result<Cow<'a, str>, Fault> {
        if !self.value.contains(['&', '\t', '\r', '\n']) {
            return Ok(Cow::Borrowed(self.value));
        }
        let mut text = Text::default();
        let mut rest = self.value;
        while let Some(at) = rest.find('&') {
            let (before, reference) = rest.split_at(at);
            if !before.is_empty() {
                text.push(&before.replace(BLANKS, " "));
            }
            let start = self.value_start + self.value.len() - reference.len();
            let (name, after) = reference[1..].split_once(';').ok_or(Fault::new(start, super::BARE_AMPERSAND))?;
            text.push_reference(name, start)?;
            rest = after;
        }
        if !rest.is_empty() {
            text.push(&rest.replace(BLANKS, " "));
        }
        let value = text.finish();
        // What an attribute says is never free text.
        if value.has_half { Err(Fault::new(self.value_start, NO_CHARACTER)) } else { Ok(Cow::Owned(value.text)) }
    }
}

/// The prefix, if there is one, and the rest of a name; `None` for what is no name.
pub(super) fn split_name(name: &str) -> Option<(Option<&str>, &str)> {
    let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    (prefix.is_none_or(xml::is_name) && xml::is_name(local)).then_some((prefix, local))
}

/// Reads what an XML declaration says behind its `<?xml`. The encoding that it names has to be UTF-8, unless a byte
/// order mark or a header has said so already. UTF-16 is taken, too: that is what programs that keep their texts in it
/// write, and it cannot be true, since these bytes have been read.
pub(super) fn check_declaration(text: &str, offset: usize, is_utf8: bool) -> Result<(), Fault> {
    let mut order = ["version", "encoding", "standalone"].into_iter();
    let attributes = Attribute::all(text, offset)?;
    // XML wants a version in front; some clients name the encoding alone, which says no less of what follows.
    let begins = |first: &Attribute<'_>| first.prefix.is_none() && matches!(first.local, "version" | "encoding");
    if !attributes.first().is_some_and(begins) {
        return Err(Fault::new(offset, "an XML declaration has to begin with its version"));
    }
    for attribute in attributes {
        let value = attribute.value;
        let problem = match attribute.prefix.xor(order.find(|name| *name == attribute.local)) {
            Some("version") => {
                let minor = value.strip_prefix("1.").unwrap_or_default();
                let known = !minor.is_empty() && minor.bytes().all(|digit| digit.is_ascii_digit());
                (!known).then_some("the only version accepted is XML 1.0")
            }
            Some("encoding") => {
                let utf_16 =
                    ["utf-16", "utf-16le", "utf-16be"].into_iter().any(|name| name.eq_ignore_ascii_case(value));
                let read = is_utf8 || utf_16 || is_encoding_read(value);
                (!read).then_some("the only encoding accepted is UTF-8")
            }
            Some("standalone") => (!matches!(value, "yes" | "no")).then_some("'standalone' has to be 'yes' or 'no'"),
            _ => return Err(Fault::new(attribute.start, "what an XML declaration does not say, or not here")),
        };
        if let Some(problem) = problem {
            return Err(Fault::new(attribute.value_start, problem));
        }
    }
    Ok(())
}
