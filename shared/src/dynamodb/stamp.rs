use aws_sdk_dynamodb::types::AttributeValue;

use super::{ATTEMPTS, Item, SCHEMA, schema, string};
use crate::clock::Clock;
use crate::date_time::DateTime;

/// The columns that say who made a record and who changed it last, and when: the platform's names.
pub const CREATED_BY: &str = "sys_created_by";
/// See [`CREATED_BY`].
pub const CREATED_ON: &str = "sys_created_on";
/// See [`CREATED_BY`].
pub const UPDATED_BY: &str = "sys_updated_by";
/// See [`CREATED_BY`].
pub const UPDATED_ON: &str = "sys_updated_on";

/// Counts the changes of a record, as on the platform; not every table has it.
pub const VERSION: &str = "sys_mod_count";

/// Who changes what no user has asked to be changed: the AI filler, and whoever stores the demo data.
pub const SYSTEM: &str = "system";

/// Who changes a record, and when. It is written with the change, in the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// A user's name, an operator's, or [`SYSTEM`].
    pub by: String,
    /// When the call began that changes it.
    pub at: DateTime,
}

impl Stamp {
    /// Somebody who changes records now.
    pub fn now(by: impl Into<String>, clock: &Clock) -> Self {
        Self { by: by.into(), at: clock.now().into() }
    }

    /// The stamp that two columns hold; none where a record that an older version wrote lacks them.
    pub fn of(by: Option<String>, at: Option<DateTime>) -> Option<Self> {
        by.zip(at).map(|(by, at)| Self { by, at })
    }

    /// Adds all four columns, and that of the form, to a record that is new.
    pub fn create(&self, item: &mut Item) {
        for (column, value) in self.created().into_iter().chain(self.updated()) {
            item.insert(column.to_owned(), value);
        }
    }

    /// The two columns that a record gets when it is made, and keeps.
    pub fn created(&self) -> [(&'static str, AttributeValue); 2] {
        [(CREATED_BY, string(&self.by)), (CREATED_ON, string(self.at))]
    }

    /// The columns that every change of a record sets: who and when, and the form that the record has from then on.
    pub fn updated(&self) -> [(&'static str, AttributeValue); 3] {
        [(UPDATED_BY, string(&self.by)), (UPDATED_ON, string(self.at)), (SCHEMA, schema())]
    }

    /// Whether a column is one of the four, says the form, or names a write: those are this crate's to write, whatever a
    /// file says.
    pub fn has_column(name: &str) -> bool {
        [CREATED_BY, CREATED_ON, UPDATED_BY, UPDATED_ON, SCHEMA].contains(&name) || ATTEMPTS.contains(&name)
    }
}
