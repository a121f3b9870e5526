use std::fmt;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::form::composed;
use crate::dynamodb::SYSTEM;

/// Characters that a new user name has at most.
const MOST: usize = 64;

/// The name of a user to add: one that HTTP Basic can carry, and that no other name looks like in a list or a log.
/// In NFC. Users that older versions made may have other names, and sign in with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserName(String);

/// Which rule a new name breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameRule {
    /// Nothing to sign in with.
    #[error("a user name is not empty")]
    Empty,
    /// The name that records have where no user changed them.
    #[error("no user is called {SYSTEM}: records name it where nobody asked for a change")]
    Reserved,
    /// What a colon ends (RFC 7617).
    #[error("a user name has no colon: HTTP Basic ends it there")]
    Colon,
    /// Longer than anybody types.
    #[error("a user name has at most {MOST} characters; this one has {has}")]
    TooLong {
        /// Its characters.
        has: usize,
    },
    /// White space that nobody sees.
    #[error("a user name has no white space at its ends, and none but plain spaces inside")]
    WhiteSpace,
    /// A character that writes nothing, or changes how others are written.
    #[error("a user name has no control characters or invisible ones; this one has U+{0:04X}", u32::from(*.character))]
    Invisible {
        /// The first of them.
        character: char,
    },
}

impl UserName {
    /// Takes a name in any form.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn new(text: &str) -> Result<Self, NameRule> {
        let name = composed(text).map_or_else(|| text.to_owned(), |composed| composed.to_string());
        if name.is_empty() {
            return Err(NameRule::Empty);
        }
        let has = name.chars().count();
        if has > MOST {
            return Err(NameRule::TooLong { has });
        }
        if let Some(character) = name.chars().find(|character| is_invisible(*character)) {
            return Err(NameRule::Invisible { character });
        }
        if name.trim() != name || name.chars().any(|character| character.is_whitespace() && character != ' ') {
            return Err(NameRule::WhiteSpace);
        }
        if name.contains(':') {
            return Err(NameRule::Colon);
        }
        if name.eq_ignore_ascii_case(SYSTEM) {
            return Err(NameRule::Reserved);
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

/// Whether a character shows nothing itself: `jane` and `jane` with one of them look the same.
fn is_invisible(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_people_and_machines() {
        for name in
            ["jane", "a@example.com", "two words", "J\u{fc}rgen", "\u{5d3}\u{5d5}\u{5d3}", "\u{1F642}", "ccaas-1"]
        {
            assert_eq!(UserName::new(name).map(String::from).as_deref(), Ok(name));
        }
        assert_eq!(UserName::new("Ju\u{308}rgen").map(String::from).as_deref(), Ok("J\u{fc}rgen"));
        assert!(UserName::new(&"\u{fc}".repeat(64)).is_ok());
        assert!(UserName::new(&"u\u{308}".repeat(64)).is_ok());
    }

    #[test]
    fn refuses_what_cannot_be_told_apart() {
        for (name, rule) in [
            ("", NameRule::Empty),
            ("an:na", NameRule::Colon),
            ("system", NameRule::Reserved),
            ("System", NameRule::Reserved),
            (" ", NameRule::WhiteSpace),
            ("username ", NameRule::WhiteSpace),
            (" username", NameRule::WhiteSpace),
            ("user\u{a0}name", NameRule::WhiteSpace),
            ("user\u{2003}name", NameRule::WhiteSpace),
            ("user\tname", NameRule::Invisible { character: '\t' }),
            ("user\u{1b}[31m", NameRule::Invisible { character: '\u{1b}' }),
            ("user\u{7f}", NameRule::Invisible { character: '\u{7f}' }),
            ("user\u{9b}2J", NameRule::Invisible { character: '\u{9b}' }),
            ("user\u{200b}name", NameRule::Invisible { character: '\u{200b}' }),
            ("user\u{202e}name", NameRule::Invisible { character: '\u{202e}' }),
            ("user\u{ad}name", NameRule::Invisible { character: '\u{ad}' }),
            ("user\u{fe0f}", NameRule::Invisible { character: '\u{fe0f}' }),
            ("user\u{3164}", NameRule::Invisible { character: '\u{3164}' }),
            ("user\u{feff}", NameRule::Invisible { character: '\u{feff}' }),
            ("user\u{2028}", NameRule::Invisible { character: '\u{2028}' }),
            ("user\u{e0041}", NameRule::Invisible { character: '\u{e0041}' }),
        ] {
            assert_eq!(UserName::new(name), Err(rule), "{name:?}");
        }
        assert_eq!(UserName::new(&"n".repeat(65)), Err(NameRule::TooLong { has: 65 }));
    }
}
