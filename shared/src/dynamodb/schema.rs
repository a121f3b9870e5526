//! The version of the form that a record is written in.

use std::fmt;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Item;

/// The column that says which version of its form a record has: a number. A record without it is of version 1. It begins as
/// the platform's own columns do, so that no team's column of a phone log or an interaction has its name.
pub const SCHEMA: &str = "sys_schema";

/// The version that this code writes, and the newest that it reads. It grows by one when code of before would read a
/// record wrongly; a column that may be absent, and that code of before may leave as it is, is no reason.
const KNOWN: u32 = 1;

/// What is wrong with a record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordProblem {
    /// A newer version of this code wrote it, so nothing in it is taken for what it looks like, and nothing written
    /// over it.
    Newer {
        /// Its version, as it is stored.
        schema: String,
    },
    /// It is not what this code writes.
    Unreadable(String),
}

impl fmt::Display for RecordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer { schema } => write!(
                f,
                "it is of schema {schema}, which a newer version of this software wrote; this one knows up to {KNOWN}, \
                 and leaves it as it is"
            ),
            Self::Unreadable(problem) => f.write_str(problem),
        }
    }
}

impl From<&str> for RecordProblem {
    fn from(problem: &str) -> Self {
        Self::Unreadable(problem.to_owned())
    }
}

/// The value of [`SCHEMA`] in all that this code writes.
pub fn schema() -> AttributeValue {
    AttributeValue::N(KNOWN.to_string())
}

/// That a record may be read and written by this code.
///
/// # Errors
/// [`RecordProblem::Newer`] where a newer version wrote it.
pub fn check_schema(item: &Item) -> Result<(), RecordProblem> {
    match item.get(SCHEMA) {
        // A number that cannot be read is none that this code has written. A column of another type is somebody else's.
        Some(AttributeValue::N(digits)) if digits.parse().is_ok_and(|schema: u32| schema <= KNOWN) => Ok(()),
        Some(AttributeValue::N(digits)) => Err(RecordProblem::Newer { schema: digits.clone() }),
        _ => Ok(()),
    }
}

/// The condition under which a record may be overwritten: that no newer version has written it since it was read. It
/// takes `#schema`, which is [`SCHEMA`], and `:schema`, which is [`schema`]. It holds where there is no record, too.
pub const NOT_NEWER: &str = "NOT #schema > :schema";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::string;

    #[test]
    fn what_a_newer_version_wrote_is_told_from_all_else() {
        let of = |schema: AttributeValue| check_schema(&Item::from([(SCHEMA.to_owned(), schema)]));
        assert_eq!(check_schema(&Item::new()), Ok(()), "of before there was the column");
        assert_eq!(of(schema()), Ok(()));
        assert_eq!(of(AttributeValue::N("0".to_owned())), Ok(()));
        assert_eq!(of(string("2")), Ok(()), "somebody else's column");
        for newer in ["2", "1.5", "99999999999999999999"] {
            let schema = newer.to_owned();
            assert_eq!(of(AttributeValue::N(schema.clone())), Err(RecordProblem::Newer { schema }), "{newer}");
        }
    }
}
