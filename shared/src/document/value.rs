use std::collections::BTreeMap;

use serde_json::Map;

/// Fields by their names.
pub(super) type Object = BTreeMap<String, Value>;

/// What a field of a request says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    /// A number as it is written: what counts as a whole one, and what its digits are, a number in memory no longer
    /// tells.
    Number(String),
    Text(Text),
    List(Vec<Value>),
    Object(Object),
}

/// A text. Half of a surrogate pair, which programs that cut their texts in UTF-16 leave behind, is no character: in its
/// stead stands U+FFFD.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Text {
    pub text: String,
    /// Whether half of a pair stood in it.
    pub has_half: bool,
}

impl Text {
    /// Whether there is nothing in it that says anything.
    pub fn is_blank(&self) -> bool {
        is_blank(&self.text)
    }
}

/// Whether a text is nothing but white space. A byte order mark counts as that: files bring it along, and nobody sees it.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\u{feff}').is_empty()
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { text, has_half: false }
    }
}

impl Value {
    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The digits of a whole number, if it is one; its sign, too.
    pub fn whole(&self) -> Option<&str> {
        let Self::Number(written) = self else { return None };
        let digits = written.strip_prefix('-').unwrap_or(written);
        digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(written)
    }

    /// The same as JSON, in which a number has the digits that fit.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Flag(flag) => (*flag).into(),
            Self::Number(written) => serde_json::from_str(written).unwrap_or_default(),
            Self::Text(text) => text.text.clone().into(),
            Self::List(entries) => entries.iter().map(Self::to_json).collect(),
            Self::Object(fields) => to_json(fields).into(),
        }
    }
}

/// The fields as JSON.
pub(super) fn to_json(fields: &Object) -> Map<String, serde_json::Value> {
    fields.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(flag) => Self::Flag(flag),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text.into()),
            serde_json::Value::Array(entries) => Self::List(entries.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(fields) => Self::Object(from_json(fields)),
        }
    }
}

/// The fields of a JSON object.
pub(super) fn from_json(fields: Map<String, serde_json::Value>) -> Object {
    fields.into_iter().map(|(name, value)| (name, value.into())).collect()
}
