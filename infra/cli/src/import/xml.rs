use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{Cell, NoCells, Place, Record, Unreadable};

/// Reads the records of an export: whatever the root element is, each element in it is a record of the table that it is
/// named after, and each element in that a column. A reference's attribute `display_value` says what people are shown.
///
/// # Errors
/// Where the text is not well-formed, or has a document type, which none of these exports has.
pub fn read(text: &str) -> Result<Vec<Record>, Unreadable> {
    let mut reader = Reader::from_str(text);
    let mut records = Vec::new();
    let mut open = Open { depth: 0, record: None, column: None };
    let (mut counted, mut line) = (0, 1);
    loop {
        let start = reader.buffer_position() as usize;
        line += text.as_bytes().get(counted..start).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count()
            as u64;
        counted = start;
        let malformed = |problem: String| Unreadable::Malformed { line, problem };
        match reader.read_event().map_err(|error| malformed(error.to_string()))? {
            Event::Start(tag) => open.enter(&tag, line).map_err(malformed)?,
            Event::Empty(tag) => {
                open.enter(&tag, line).map_err(malformed)?;
                records.extend(open.leave());
            }
            Event::End(_) => records.extend(open.leave()),
            Event::Text(text) => open.text(&text.xml10_content()),
            Event::CData(text) => open.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text =
                    resolved(&reference).ok_or_else(|| malformed("a reference that XML does not have".to_owned()))?;
                open.text(&text);
            }
            Event::DocType(_) => return Err(malformed("document types are not accepted".to_owned())),
            Event::Eof if open.depth > 0 => return Err(malformed("the file ends within an element".to_owned())),
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
        }
    }
    if records.is_empty() {
        return Err(Unreadable::NoRecords("has no records".to_owned()));
    }
    Ok(records)
}

/// The elements around the place that is read.
struct Open {
    depth: usize,
    record: Option<Record>,
    column: Option<(String, Cell)>,
}

impl Open {
    fn enter(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), String> {
        self.depth += 1;
        let name = tag.local_name().as_ref().to_owned();
        match self.depth {
            2 => {
                let deleted = attribute(tag, "action")?.is_some_and(|action| action.eq_ignore_ascii_case("delete"));
                let cells = if deleted { Err(NoCells::Deleted) } else { Ok(Vec::new()) };
                self.record = Some(Record { place: Place::Line(line), table: Some(name), cells });
            }
            3 => self.column = Some((name, Cell { value: String::new(), shown: attribute(tag, "display_value")? })),
            _ => {}
        }
        Ok(())
    }

    /// Takes the end of an element; the record that ends with it.
    fn leave(&mut self) -> Option<Record> {
        // The parser refuses an end without a beginning.
        self.depth = self.depth.saturating_sub(1);
        match self.depth {
            1 => self.record.take(),
            2 => {
                if let (Some(Record { cells: Ok(cells), .. }), Some(column)) = (&mut self.record, self.column.take()) {
                    cells.push(column);
                }
                None
            }
            _ => None,
        }
    }

    fn text(&mut self, text: &str) {
        if let (3, Some((_, cell))) = (self.depth, &mut self.column) {
            cell.value.push_str(text);
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_ref() == name {
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// The text of a reference, such as `&amp;` and `&#252;`.
fn resolved(reference: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character.to_string());
    }
    quick_xml::escape::resolve_predefined_entity(reference).map(str::to_owned)
}
