use std::cell::RefCell;
use std::num::NonZeroU32;

use serde_json::Map;

use super::text::longer_than;
use super::value::{Object, Text, Value, is_blank, to_json};
use super::xml::ENTRY;
use super::{FromText, Notation, Problem, Violation, Violations};

/// The fields of one object of a document. Unknown fields are ignored, null means absent.
pub struct Fields<'a> {
    notation: Notation,
    path: String,
    map: &'a Object,
    /// Fields that are given, and whose values are no UTF-8.
    not_utf8: &'a [String],
    noted: &'a RefCell<Vec<Violation>>,
}

/// An entry of a list: an object, or a text that says what the object's one field would, with the entry's index.
pub enum ObjectOrText<'a, T> {
    /// An object.
    Object(Fields<'a>),
    /// A text.
    Text(usize, T),
}

static NO_FIELDS: Object = Object::new();

impl<'a> Fields<'a> {
    pub(super) fn root(
        notation: Notation,
        map: &'a Object,
        not_utf8: &'a [String],
        noted: &'a RefCell<Vec<Violation>>,
    ) -> Self {
        let fields = Self { notation, path: String::new(), map, not_utf8, noted };
        if let Some(violation) = fields.stray_entry() {
            fields.note_once(violation);
        }
        fields
    }

    /// The path of a field of this object.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Notes that the field breaks a rule.
    pub fn violation(&self, name: &str, problem: impl Into<Problem>) {
        self.noted.borrow_mut().push(Violation { field: self.path_of(name), problem: problem.into() });
    }

    /// How many violations have been noted so far, anywhere in the request.
    pub fn noted(&self) -> usize {
        self.noted.borrow().len()
    }

    /// Whether the field is there, be it blank; null is not.
    pub fn is_given(&self, name: &str) -> bool {
        self.is_not_utf8(name) || self.value(name).is_some()
    }

    /// Whether the field has a value, even one that is wrong; blank is none.
    pub fn has(&self, name: &str) -> bool {
        match self.value(name) {
            None => self.is_not_utf8(name),
            Some(Value::Text(text)) => !text.is_blank(),
            Some(Value::List(list)) => !list.is_empty(),
            Some(_) => true,
        }
    }

    /// A value that has to be given.
    pub fn required<T: FromText>(&self, name: &str) -> Option<T> {
        self.required_when(name, Problem::Required)
    }

    /// A value that has to be given for the reason that `problem` says.
    pub fn required_when<T: FromText>(&self, name: &str, problem: Problem) -> Option<T> {
        if !self.has(name) {
            self.violation(name, problem);
            return None;
        }
        self.optional(name)
    }

    /// A value that may be absent, null or blank. It identifies something, or has a form: half of a surrogate pair in it
    /// is a violation, since with another character in its place it would be another value.
    pub fn optional<T: FromText>(&self, name: &str) -> Option<T> {
        let text = self.text(name).filter(|text| !is_blank(text))?;
        let has_half = matches!(self.map.get(name), Some(Value::Text(text)) if text.has_half);
        let value = if has_half { Err(Problem::HalfAPair) } else { T::from_text(text) };
        value.map_err(|problem| self.violation(name, problem)).ok()
    }

    /// A free text of at most `most` characters, `""` included; absent and null are `None`. Half of a surrogate pair in it
    /// is U+FFFD.
    pub fn text_up_to(&self, name: &str, most: usize) -> Option<String> {
        let text = self.text(name)?;
        if longer_than(text, most) {
            self.violation(name, Problem::TooLong { most });
            return None;
        }
        Some(text.to_owned())
    }

    /// A boolean, or its name as a text: the platform's own samples send `"true"`, and Python writes `True`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let flag = match self.value(name)? {
            Value::Flag(flag) => Some(*flag),
            Value::Text(text) => {
                let is = |name: &str| text.text.trim().eq_ignore_ascii_case(name);
                if is("true") { Some(true) } else { is("false").then_some(false) }
            }
            _ => None,
        };
        if flag.is_none() {
            self.violation(name, Problem::NotAFlag);
        }
        flag
    }

    /// Whole seconds above 0, as a number or a text; a blank one means none. `120.0`, which languages write that know
    /// but one kind of numbers, is 120.
    pub fn seconds(&self, name: &str) -> Option<NonZeroU32> {
        let written = match self.value(name)? {
            Value::Text(text) if text.is_blank() => return None,
            Value::Text(text) => Some(text.text.trim()),
            Value::Number(written) => Some(written.as_str()),
            _ => None,
        };
        let seconds = written.and_then(whole).and_then(NonZeroU32::new);
        if seconds.is_none() {
            self.violation(name, Problem::NotSeconds);
        }
        seconds
    }

    /// A nested object that has to be given for the reason that `problem` says.
    pub fn required_object(&self, name: &str, problem: Problem) -> Option<Fields<'a>> {
        if self.value(name).is_none() {
            self.violation(name, problem);
        }
        self.object(name)
    }

    /// A nested object. In XML an empty element is one without fields.
    pub fn object(&self, name: &str) -> Option<Fields<'a>> {
        match self.value(name)? {
            Value::Text(text) if self.notation == Notation::Xml && text.is_blank() => {
                Some(self.nested(self.path_of(name), &NO_FIELDS))
            }
            Value::Object(map) => self.inner(self.path_of(name), map).map_err(|stray| self.note_once(stray)).ok(),
            other => {
                self.wrong_type(name, "an object", other);
                None
            }
        }
    }

    /// A list of objects; entries of another type are violations and left out.
    pub fn objects(&self, name: &str) -> Option<Vec<Fields<'a>>> {
        let entries = self.each_object(name)?.into_iter().filter_map(|entry| match entry {
            Ok(object) => Some(object),
            Err(violation) => {
                self.noted.borrow_mut().push(violation);
                None
            }
        });
        Some(entries.collect())
    }

    /// A list of objects, or of texts in place of objects that would have one field; entries that are neither are
    /// violations and left out.
    pub fn objects_or_texts<T: FromText>(&self, name: &str) -> Option<Vec<ObjectOrText<'a, T>>> {
        let entries = self.list(name)?.into_iter().enumerate().filter_map(|(index, entry)| {
            let name = format!("{name}[{index}]");
            match entry {
                Value::Object(map) => {
                    let object = self.inner(self.path_of(&name), map).map_err(|stray| self.note_once(stray));
                    object.ok().map(ObjectOrText::Object)
                }
                Value::Text(text) => self.entry(&name, text).map(|value| ObjectOrText::Text(index, value)),
                other => {
                    self.wrong_type(&name, "an object or a text", other);
                    None
                }
            }
        });
        Some(entries.collect())
    }

    /// A list of objects, with a violation in place of each entry of another type.
    pub fn each_object(&self, name: &str) -> Option<Vec<Result<Fields<'a>, Violation>>> {
        let entries = self.list(name)?.into_iter().enumerate().map(|(index, entry)| {
            let field = self.path_of(&format!("{name}[{index}]"));
            match entry {
                Value::Object(map) => self.inner(field, map),
                other => {
                    Err(Violation { field, problem: Problem::WrongType { expected: "an object", found: other.kind() } })
                }
            }
        });
        Some(entries.collect())
    }

    /// Reads something whose violations stay its own instead of failing the whole request.
    pub fn attempt<T>(&self, read: impl FnOnce(&Self) -> Option<T>) -> Result<T, Violations> {
        let before = self.noted();
        let value = read(self);
        let own = self.noted.borrow_mut().split_off(before);
        match (value, Violations::new(own)) {
            (_, Some(violations)) => Err(violations),
            (Some(value), None) => Ok(value),
            (None, None) => Err(Violations::one(&self.path, Problem::Unreadable)),
        }
    }

    /// A number without a sign and without a fraction.
    pub fn whole_number(&self, name: &str) -> Option<u64> {
        let value = self.value(name)?;
        let number = value.whole().and_then(|digits| digits.parse().ok());
        if number.is_none() {
            self.wrong_type(name, "a whole number", value);
        }
        number
    }

    /// The names of all fields, known or not.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.map.keys().map(String::as_str)
    }

    /// All fields, known or not, as JSON.
    pub fn all(&self) -> Map<String, serde_json::Value> {
        to_json(self.map)
    }

    /// What stands in a field, to show it to the caller again; `None` where it is no text.
    pub fn as_given(&self, name: &str) -> Option<&'a str> {
        self.value(name).and_then(text_of)
    }

    /// A list of objects, or one object that stands for a list of one.
    pub fn object_or_objects(&self, name: &str) -> Option<Vec<Fields<'a>>> {
        match self.value(name)? {
            Value::Object(_) if self.notation == Notation::Json => Some(vec![self.object(name)?]),
            _ => self.objects(name),
        }
    }

    /// A list's entry that is a text, which has to say something.
    fn entry<T: FromText>(&self, name: &str, text: &Text) -> Option<T> {
        let value = match text {
            text if text.is_blank() => Err(Problem::Required),
            text if text.has_half => Err(Problem::HalfAPair),
            text => T::from_text(&text.text),
        };
        value.map_err(|problem| self.violation(name, problem)).ok()
    }

    fn list(&self, name: &str) -> Option<Vec<&'a Value>> {
        let value = self.value(name)?;
        match (self.notation, value) {
            (_, Value::List(entries)) => Some(entries.iter().collect()),
            (Notation::Xml, Value::Text(text)) if text.is_blank() => Some(Vec::new()),
            (Notation::Xml, Value::Object(map)) => match (map.len(), map.get(ENTRY)) {
                (1, Some(Value::List(entries))) => Some(entries.iter().collect()),
                (1, Some(entry)) => Some(vec![entry]),
                (_, None) => Some(vec![value]),
                // To read one of the two would lose the other.
                (_, Some(_)) => {
                    self.violation(name, Problem::EntryBesideOthers);
                    None
                }
            },
            (Notation::Xml, text) => Some(vec![text]),
            (Notation::Json, other) => {
                self.wrong_type(name, "an array", other);
                None
            }
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.value(name)?;
        let text = text_of(value);
        if text.is_none() {
            self.wrong_type(name, "a text", value);
        }
        text
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        #[cfg(feature = "openapi")]
        super::asked::note(|| self.path_of(name));
        if self.is_not_utf8(name) {
            self.note_once(Violation { field: self.path_of(name), problem: Problem::NotUtf8 });
        }
        self.map.get(name).filter(|value| **value != Value::Null)
    }

    fn is_not_utf8(&self, name: &str) -> bool {
        self.not_utf8.iter().any(|other| other == name)
    }

    fn note_once(&self, violation: Violation) {
        let mut noted = self.noted.borrow_mut();
        if !noted.contains(&violation) {
            noted.push(violation);
        }
    }

    fn wrong_type(&self, name: &str, expected: &'static str, found: &Value) {
        self.violation(name, Problem::WrongType { expected, found: found.kind() });
    }

    fn nested(&self, path: String, map: &'a Object) -> Fields<'a> {
        Fields { notation: self.notation, path, map, not_utf8: &[], noted: self.noted }
    }

    /// The fields of an object that stands in this one.
    fn inner(&self, path: String, map: &'a Object) -> Result<Fields<'a>, Violation> {
        let inner = self.nested(path, map);
        inner.stray_entry().map_or(Ok(inner), Err)
    }

    /// An `<entry>` among the fields of an object that has elements in it: whoever wrote them means them to be read, and here
    /// they would be ignored as an unknown field is.
    fn stray_entry(&self) -> Option<Violation> {
        let has_elements = |entry: &Value| match entry {
            Value::Object(_) => true,
            Value::List(entries) => entries.iter().any(|entry| matches!(entry, Value::Object(_))),
            _ => false,
        };
        let strays = self.notation == Notation::Xml && self.map.get(ENTRY).is_some_and(has_elements);
        strays.then(|| Violation { field: self.path_of(ENTRY), problem: Problem::StrayEntry })
    }
}

/// A text, or the digits of a whole number in its place: whoever has numbers for ids sends them so.
fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(&text.text),
        other => other.whole(),
    }
}

/// A number that is written as a whole one, be it with zeros behind a point.
fn whole(written: &str) -> Option<u32> {
    let (digits, zeros) = written.split_once('.').unwrap_or((written, "0"));
    let is_whole =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
    digits.parse().ok().filter(|_| is_whole)
}
