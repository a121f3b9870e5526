//! The names of a record's last writes. DynamoDB may carry a write out and its answer get lost; then it is sent again, and
//! others may have written meanwhile. By its name in the record a write knows that it has been carried out, and by those of
//! others that it has not been, so that nobody's answered change is taken back by another's second try.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use uuid::Uuid;

use super::{Item, LONGEST_OPERATION, string};
use crate::clock::Clock;

/// The columns with the names of the last writes of a record, the newest first; not every table has them.
pub const ATTEMPTS: [&str; 3] = ["attempt_1", "attempt_2", "attempt_3"];

/// How long after it has begun a write may still be carried out, together with how far the clocks of instances differ.
const UNDER_WAY: Duration = Duration::from_secs(LONGEST_OPERATION.as_secs() + 5);

/// Digits of a name that say when its write has begun, in seconds from the Unix epoch.
const BEGUN: usize = 8;

/// A write, by the name that its record keeps; see [`ATTEMPTS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    name: String,
    begun: Duration,
}

/// What a record tells of a write whose answer got lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It has been carried out.
    There,
    /// It has not been.
    Absent,
    /// So many others have written since that nothing tells.
    Covered,
}

impl Attempt {
    /// A write that begins now, under a name that no other of the same record has.
    pub fn new(clock: &Clock) -> Self {
        Self::begun(clock.since_epoch())
    }

    /// A write of a call that began then, since the Unix epoch.
    pub fn begun(begun: Duration) -> Self {
        // Each record keeps three, so they are short.
        let chance = u32::from_be_bytes(std::array::from_fn(|at| Uuid::new_v4().as_bytes()[at]));
        Self { name: format!("{:0BEGUN$x}{chance:08x}", begun.as_secs()), begun }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a record tells by the names of its last writes, if this write was judged by a record with the names `before`:
    /// as long as one of those is left, all writes since are there.
    pub fn trace_behind(&self, names: &[String], before: &[String]) -> Trace {
        let is_seen = before.first().map_or(names.len() < ATTEMPTS.len(), |last| names.contains(last));
        self.trace(names, is_seen)
    }

    /// The same of a write that was sent without a look at the record. What began long before this one was carried out
    /// before it; as long as such a name is left, all writes since are there.
    pub fn trace_in(&self, item: &Item) -> Trace {
        let names = names(item);
        let is_old = |name: &String| {
            let begun = name.get(..BEGUN).and_then(|digits| u64::from_str_radix(digits, 16).ok());
            begun.is_none_or(|begun| begun + UNDER_WAY.as_secs() < self.begun.as_secs())
        };
        self.trace(&names, names.len() < ATTEMPTS.len() || names.iter().any(is_old))
    }

    fn trace(&self, names: &[String], is_seen: bool) -> Trace {
        match names.contains(&self.name) {
            true => Trace::There,
            false if is_seen => Trace::Absent,
            false => Trace::Covered,
        }
    }

    /// The names of a record once this write is carried out, by those that it has.
    pub fn before(&self, mut names: Vec<String>) -> Vec<String> {
        names.insert(0, self.name.clone());
        names.truncate(ATTEMPTS.len());
        names
    }

    /// The columns of a record once this write is carried out, by those that it has.
    pub fn columns(&self, item: &Item) -> impl Iterator<Item = (String, AttributeValue)> {
        let names = self.before(names(item));
        ATTEMPTS.into_iter().zip(names).map(|(column, name)| (column.to_owned(), string(name)))
    }
}

/// The names of a record's last writes, the newest first.
pub fn names(item: &Item) -> Vec<String> {
    let names = ATTEMPTS.iter().map_while(|column| item.get(*column)?.as_s().ok());
    names.filter(|name| !name.is_empty()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Attempt {
        Attempt { name: format!("{seconds:08x}0000000{}", seconds % 10), begun: Duration::from_secs(seconds) }
    }

    fn names_of(attempts: &[u64]) -> Vec<String> {
        attempts.iter().map(|seconds| at(*seconds).name).collect()
    }

    fn item(attempts: &[u64]) -> Item {
        let names = ATTEMPTS.into_iter().zip(names_of(attempts));
        names.map(|(column, name)| (column.to_owned(), string(name))).collect()
    }

    #[test]
    fn a_write_is_known_by_its_name_or_by_the_one_that_it_came_behind() {
        let (mine, before) = (at(1_000), names_of(&[990, 980, 970]));
        for (names, trace) in [
            (&[1_000, 990, 980][..], Trace::There),
            (&[1_002, 1_001, 1_000], Trace::There),
            (&[990, 980, 970], Trace::Absent),
            (&[1_002, 1_001, 990], Trace::Absent),
            (&[1_003, 1_002, 1_001], Trace::Covered),
        ] {
            assert_eq!(mine.trace_behind(&names_of(names), &before), trace, "{names:?}");
        }
        assert_eq!(mine.trace_behind(&names_of(&[1_001]), &[]), Trace::Absent);
        assert_eq!(mine.trace_behind(&names_of(&[1_003, 1_002, 1_001]), &[]), Trace::Covered);
    }

    #[test]
    fn a_write_that_has_seen_no_record_is_known_by_names_that_are_old_enough() {
        let mine = at(1_000);
        for (names, trace) in [
            (&[][..], Trace::Absent),
            (&[1_001, 1_002], Trace::Absent),
            (&[1_003, 1_000, 1_001], Trace::There),
            (&[1_002, 1_001, 900], Trace::Absent),
            (&[1_002, 1_001, 990], Trace::Covered),
        ] {
            assert_eq!(mine.trace_in(&item(names)), trace, "{names:?}");
        }
    }
}
