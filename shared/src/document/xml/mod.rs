mod attributes;
mod nil;
mod steps;
mod text;

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::Event;

use super::value::{Object, Value};
use super::{ParseError, as_utf8, place};
use crate::xml;
use attributes::{Attribute, check_declaration, split_name};
use nil::Prefixes;
use text::Text;

/// As deep as the JSON parser goes.
const DEEPEST: usize = 128;

/// The element that may stand around all fields of a request, and around each entry of a list.
pub const ENTRY: &str = "entry";

const BARE_AMPERSAND: &str = "a bare '&', which is written '&amp;'";
const DOCUMENT_TYPE: &str = "document types are not accepted";
const OUTSIDE: &str = "text outside of the root element";

/// Why a text is no tree, and at which byte that shows.
struct Fault {
    offset: usize,
    problem: Cow<'static, str>,
}

impl Fault {
    fn new(offset: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { offset, problem: problem.into() }
    }
}

/// Reads a `<request>` document to the tree its JSON counterpart has, with all leaves as text or null. `is_utf8` says
/// whether more than the document itself tells that it is UTF-8.
///
/// This is one pass, and what it does for a byte is bounded, whatever the text is. The parser says where a tag, a text
/// or a comment ends, and lets pass much that is not well-formed; what it lets pass is looked at here. Namespaces are
/// not resolved: an element's field is its name without the prefix. Document types are refused, so there are no
/// entities to expand.
pub fn parse(bytes: &[u8], is_utf8: bool) -> Result<Object, ParseError> {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf");
    let (body, marked) = (body.unwrap_or(bytes), body.is_some());
    let root = read(as_utf8(body)?, is_utf8 || marked);
    let Root { start, value } = root.map_err(|Fault { offset, problem }| {
        let (line, column) = place(body, offset);
        ParseError::Malformed { problem: problem.into_owned(), line, column }
    })?;
    let fields = match value {
        Value::Object(mut fields) if fields.len() == 1 => match fields.remove_entry(ENTRY) {
            Some((_, value @ (Value::Object(_) | Value::Null))) => value,
            Some((_, Value::Text(text))) if text.is_blank() => Value::Object(Object::new()),
            entry => {
                fields.extend(entry);
                Value::Object(fields)
            }
        },
        value => value,
    };
    match fields {
        Value::Object(fields) => Ok(fields),
        Value::Text(text) if text.is_blank() => Ok(Object::new()),
        other => {
            let (line, column) = place(body, start);
            Err(ParseError::NotAnObject { line, column, found: other.kind() })
        }
    }
}

/// The root element.
struct Root {
    start: usize,
    value: Value,
}

/// Reads a text that begins behind the byte order mark, if there was one. `is_utf8` says whether that or anything else
/// outside of the text tells its encoding.
fn read(text: &str, is_utf8: bool) -> Result<Root, Fault> {
    // The parser would skip a second one.
    if text.starts_with('\u{feff}') {
        return Err(Fault::new(0, OUTSIDE));
    }
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let start = reader.buffer_position() as usize;
        let event = reader.read_event().map_err(|error| refused(&error, reader.error_position() as usize))?;
        let end = reader.buffer_position() as usize;
        let source = &text[start..end];
        check_characters(source, start)?;
        match event {
            Event::Start(tag) => tree.open(source, tag.name().0.len(), ">", start)?,
            Event::Empty(tag) => {
                tree.open(source, tag.name().0.len(), "/>", start)?;
                tree.close()?;
            }
            // The parser has compared the names.
            Event::End(_) => tree.close()?,
            Event::Text(text) => {
                if let Some(at) = source.find("]]>") {
                    return Err(Fault::new(start + at, "']]>' in a text"));
                }
                tree.text(start, source, &text.xml10_content())?;
            }
            Event::CData(text) => tree.inside(start)?.text.push(&text.xml10_content()),
            Event::GeneralRef(reference) => tree.inside(start)?.text.push_reference(&reference, start)?,
            Event::Comment(comment) => {
                let dashes = comment.find("--").or_else(|| comment.ends_with('-').then(|| comment.len() - 1));
                if let Some(at) = dashes {
                    return Err(Fault::new(start + "<!--".len() + at, "'--' in a comment"));
                }
            }
            Event::PI(instruction) => {
                let target = instruction.target();
                if !xml::is_name(target) || target.eq_ignore_ascii_case("xml") {
                    return Err(Fault::new(start, "a processing instruction with a name that is none"));
                }
            }
            Event::Decl(_) if start == 0 => {
                let name = "<?xml".len();
                check_declaration(&source[name..source.len() - "?>".len()], name, is_utf8)?;
            }
            Event::Decl(_) => return Err(Fault::new(start, "an XML declaration that does not begin the text")),
            Event::DocType(_) => return Err(Fault::new(start, DOCUMENT_TYPE)),
            Event::Eof => return tree.finish(end),
        }
    }
}

fn check_characters(source: &str, start: usize) -> Result<(), Fault> {
    steps::note(1 + source.len());
    if source.bytes().any(xml::may_be_lacking)
        && let Some((at, _)) = source.char_indices().find(|(_, character)| !xml::is_character(*character))
    {
        return Err(Fault::new(start + at, "a character that XML does not have"));
    }
    Ok(())
}

/// The elements that are open, and what has been read of them.
#[derive(Default)]
struct Tree<'a> {
    open: Vec<Element<'a>>,
    prefixes: Prefixes<'a>,
    root: Option<Root>,
}

struct Element<'a> {
    /// The name without its prefix.
    name: &'a str,
    start: usize,
    null: bool,
    children: Object,
    text: Text,
    /// What the prefixes meant outside of it.
    prefixes: usize,
}

impl<'a> Tree<'a> {
    /// Takes a start tag: `source` from `<` to `end`.
    fn open(&mut self, source: &'a str, name_length: usize, end: &str, start: usize) -> Result<(), Fault> {
        let (name, attributes) = source[1..source.len() - end.len()].split_at(name_length);
        let (_, local) = split_name(name).ok_or(Fault::new(start, "an element with a name that is none"))?;
        if self.root.is_some() {
            return Err(Fault::new(start, "a second root element"));
        }
        if self.open.is_empty() && local != "request" {
            let problem = format!("the root element has to be <request>, and is <{}>", shown(local));
            return Err(Fault::new(start, problem));
        }
        if self.open.len() == DEEPEST {
            return Err(Fault::new(start, "nested too deeply"));
        }
        let prefixes = self.prefixes.mark();
        let attributes = Attribute::all(attributes, start + 1 + name_length)?;
        let null = self.prefixes.enter(&attributes)?;
        let (children, text) = Default::default();
        self.open.push(Element { name: local, start, null, children, text, prefixes });
        Ok(())
    }

    /// Takes an end tag.
    fn close(&mut self) -> Result<(), Fault> {
        // The parser refuses an end tag that nothing was opened for.
        let Some(element) = self.open.pop() else { return Ok(()) };
        self.prefixes.back_to(element.prefixes);
        let (name, start) = (element.name, element.start);
        let value = element.value()?;
        match self.open.last_mut() {
            Some(parent) => parent.add(name, value),
            None => self.root = Some(Root { start, value }),
        }
        Ok(())
    }

    /// Takes a text, and how it stands in the source.
    fn text(&mut self, start: usize, source: &str, text: &str) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(element) => {
                element.text.push(text);
                Ok(())
            }
            // White space may stand around the root.
            None => source
                .find(|character| !xml::BLANKS.contains(&character))
                .map_or(Ok(()), |at| self.inside(start + at).map(|_| ())),
        }
    }

    /// The element that something at `start` stands in.
    fn inside(&mut self, start: usize) -> Result<&mut Element<'a>, Fault> {
        self.open.last_mut().ok_or(Fault::new(start, OUTSIDE))
    }

    /// Takes the end of the whole text.
    fn finish(self, end: usize) -> Result<Root, Fault> {
        match self.open.last() {
            Some(element) => Err(Fault::new(element.start, format!("<{}> has no end tag", shown(element.name)))),
            None => self.root.ok_or(Fault::new(end, "no root element")),
        }
    }
}

impl Element<'_> {
    /// Adds a child. One whose name is there already makes a list of both.
    fn add(&mut self, name: &str, child: Value) {
        steps::note(1 + name.len());
        match self.children.get_mut(name) {
            None => {
                self.children.insert(name.to_owned(), child);
            }
            Some(Value::List(list)) => list.push(child),
            Some(first) => {
                let list = vec![std::mem::replace(first, Value::Null), child];
                *first = Value::List(list);
            }
        }
    }

    /// Its children as an object, or its text, or null.
    fn value(self) -> Result<Value, Fault> {
        let text = self.text.finish();
        steps::note(1 + text.text.len());
        match (self.null, self.children.is_empty(), text.text.trim().is_empty()) {
            (true, true, true) => Ok(Value::Null),
            (true, _, _) => Err(Fault::new(self.start, "an element with 'nil' that is not empty")),
            (false, true, _) => Ok(Value::Text(text)),
            (false, false, true) => Ok(Value::Object(self.children)),
            (false, false, false) => Err(Fault::new(self.start, "text between elements")),
        }
    }
}

/// What the parser refused, in words for the caller.
fn refused(error: &Error, offset: usize) -> Fault {
    let problem = match error {
        Error::Syntax(SyntaxError::UnclosedDoctype) | Error::IllFormed(IllFormedError::MissingDoctypeName) => {
            DOCUMENT_TYPE.into()
        }
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, .. }) => {
            format!("another end tag than </{}>", shown(expected)).into()
        }
        Error::IllFormed(IllFormedError::UnmatchedEndTag(_)) => "an end tag without a start tag".into(),
        Error::IllFormed(IllFormedError::UnclosedReference) => BARE_AMPERSAND.into(),
        Error::Syntax(error) => error.to_string().into(),
        other => other.to_string().into(),
    };
    Fault { offset, problem }
}

/// The beginning of a name, to show it to the caller again.
fn shown(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(64) {
        Some((end, _)) => format!("{}...", &name[..end]).into(),
        None => name.into(),
    }
}

#[cfg(test)]
mod tests;
