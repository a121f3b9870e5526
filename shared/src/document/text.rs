use std::fmt;

use serde::{Deserialize, Serialize};

use super::Problem;

/// A value that is written as text and is valid once it exists.
pub trait FromText: Sized {
    /// Reads a text that is not blank, or says which rule it breaks.
    fn from_text(text: &str) -> Result<Self, Problem>;

    /// Which texts it reads, for people and for programs that write them.
    fn form() -> TextForm {
        TextForm::default()
    }
}

/// Which texts a value is read from, blank ones aside. What is absent is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextForm {
    /// The most characters that it may have.
    pub most: Option<usize>,
    /// A regular expression for the whole text. White space around it is trimmed.
    pub pattern: Option<String>,
    /// What programs know the form by, beyond its pattern.
    pub format: Option<&'static str>,
}

/// Whether a text has more than `most` Unicode scalar values.
pub(super) fn longer_than(text: &str, most: usize) -> bool {
    // A text has no more characters than bytes, so most texts need no count.
    text.len() > most && text.chars().nth(most).is_some()
}

/// An identifier that a caller made: opaque, not blank, at most 1,024 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    const MOST: usize = 1024;

    /// The identifier as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromText for Id {
    fn from_text(text: &str) -> Result<Self, Problem> {
        BoundedText::<{ Id::MOST }>::from_text(text).map(|text| Self(text.0))
    }

    fn form() -> TextForm {
        BoundedText::<{ Id::MOST }>::form()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text of at most `MOST` characters.
pub struct BoundedText<const MOST: usize>(pub String);

impl<const MOST: usize> FromText for BoundedText<MOST> {
    fn from_text(text: &str) -> Result<Self, Problem> {
        if longer_than(text, MOST) { Err(Problem::TooLong { most: MOST }) } else { Ok(Self(text.to_owned())) }
    }

    fn form() -> TextForm {
        TextForm { most: Some(MOST), ..TextForm::default() }
    }
}
