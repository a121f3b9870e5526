//! The index by time: where a segment stands in it follows from the segment, so no write has to think of it.

use super::{Confirmation, Segment, State};
use crate::dynamodb::tables::BY_TIME;
use crate::dynamodb::{Item, string};

/// The index's partition key: a shelf, such as `due#7`.
pub const SHELF: &str = BY_TIME.partition;

/// The index's sort key: a time, `#` and the sys_id.
pub const PLACE: &str = BY_TIME.sort;

/// On how many partitions the segments of one state are spread: as many as hexadecimal digits, the first of the sys_id.
pub const SPREAD: &str = "0123456789abcdef";

/// The columns that the index shows beside its keys.
pub const SHOWN: &[&str] = BY_TIME.shown;

/// The segments that stand together on shelves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf<'a> {
    /// Open, with a deadline: by that.
    Due,
    /// Open, without: by when they opened.
    Open,
    /// Closed, waiting for the external system's confirmation: by when they closed.
    Awaiting,
    /// Closed on this day, `yyyy-MM-dd`, waiting for nothing: by when.
    Closed(&'a str),
}

impl Shelf<'_> {
    /// The partition key of this shelf's part for sys_ids with this first digit.
    pub fn key(self, digit: char) -> String {
        match self {
            Self::Due => format!("due#{digit}"),
            Self::Open => format!("open#{digit}"),
            Self::Awaiting => format!("awaiting#{digit}"),
            Self::Closed(day) => format!("closed#{day}#{digit}"),
        }
    }
}

/// The index keys of a segment.
pub fn keys(segment: &Segment) -> Item {
    let digit = segment.sys_id.chars().next().unwrap_or('0');
    let (shelf, time) = match &segment.state {
        State::Open => match segment.due_on {
            Some(due_on) => (Shelf::Due.key(digit), due_on),
            None => (Shelf::Open.key(digit), segment.opened_on),
        },
        State::Closed(closing) if closing.confirmation == Confirmation::Awaited => {
            (Shelf::Awaiting.key(digit), closing.submitted_on)
        }
        State::Closed(closing) => {
            let submitted_on = closing.submitted_on.to_string();
            let day = submitted_on.split(' ').next().unwrap_or_default();
            (Shelf::Closed(day).key(digit), closing.submitted_on)
        }
    };
    let place = format!("{time}#{}", segment.sys_id);
    Item::from([(SHELF.to_owned(), string(shelf)), (PLACE.to_owned(), string(place))])
}
