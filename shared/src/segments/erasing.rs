//! Whose segments an operator exports or erases, and the erasing of each.

use serde_json::{Map, Value};

use super::store::Segments;
use super::{Address, Found, Segment, index_keys, record};
use crate::Error;
use crate::document::Id;
use crate::dynamodb::tables::{BY_AGENT, BY_INTERACTION};
use crate::dynamodb::{self, CorruptRecord, Item, Order, Pages, Rows, Stamp, Table, key};

/// Rows of an index that are read at once, and segments by one request.
const PAGE: i32 = 100;

/// Whose segments are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that an external system calls so.
    External(Id),
    /// All of an interaction.
    Interaction(Id),
    /// All of an agent.
    Agent(Id),
}

/// A segment with all that its record has.
#[derive(Debug)]
pub struct Kept {
    /// The segment.
    pub segment: Segment,
    /// The columns of its record.
    pub columns: Map<String, Value>,
}

/// What there is of somebody.
#[derive(Debug, Default)]
pub struct KeptOf {
    /// The segments.
    pub segments: Vec<Kept>,
    /// Those that cannot be read.
    pub unreadable: Vec<CorruptRecord>,
}

/// What has become of a segment that was to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// Its texts are gone.
    Erased,
    /// They were gone already.
    WasErased,
}

impl Segments {
    /// The segments of somebody, those whose time is over and that are still there included, in the order in which they
    /// opened. One that opened a moment ago may be missing. A request for 100 of the index, and one for 100 records.
    pub async fn of(&self, whose: &Whose) -> Result<KeptOf, Error> {
        let mut found = KeptOf::default();
        match whose {
            Whose::External(id) => {
                let address = Address::External(id.clone());
                for sys_id in address.keys() {
                    let item = self.get(sys_id).await?;
                    found.add(item, |segment| address.means(segment));
                }
            }
            Whose::Interaction(id) => {
                let rows = self.rows_of(&BY_INTERACTION, id.as_str());
                self.each_of(rows, |item| found.add(Some(item), |segment| segment.interaction == *id)).await?;
            }
            Whose::Agent(id) => {
                let rows = self.rows_of(&BY_AGENT, id.as_str());
                self.each_of(rows, |item| found.add(Some(item), |segment| segment.agent == *id)).await?;
            }
        }
        found.segments.sort_by(|one, other| {
            let place = |kept: &Kept| (kept.segment.opened_on, kept.segment.sys_id.clone());
            place(one).cmp(&place(other))
        });
        Ok(found)
    }

    pub(super) fn rows_of(&self, index: &'static dynamodb::tables::Index, id: &str) -> Rows {
        Rows {
            table: self.table.clone(),
            index,
            partition: index_keys::partition(index, id),
            from: None,
            to: None,
            order: Order::Ascending,
            after: None,
            page: PAGE,
        }
    }

    pub(super) async fn each_of(&self, rows: Rows, mut add: impl FnMut(Item)) -> Result<(), Error> {
        let mut pages = Pages::new(self.dynamo.clone(), rows);
        while let Some(rows) = pages.next().await? {
            let keys = rows.iter().filter_map(|row| row.get("sys_id")?.as_s().ok());
            let keys: Vec<_> = keys.map(|sys_id| (self.table.clone(), key(sys_id))).collect();
            let items = dynamodb::batch_get(&self.dynamo, keys).await?.remove(&self.table);
            items.unwrap_or_default().into_iter().for_each(&mut add);
        }
        Ok(())
    }

    /// Erases the texts of a segment: notes, AI notes and the draft. Codes and times stay. Harmless to repeat.
    pub async fn erase(&self, segment: Segment, stamp: &Stamp) -> Result<(Found, Erasure), Error> {
        let erased = self.change(segment, stamp, |segment, _| Ok(segment.erased(stamp.at)));
        let (found, changed) = Box::pin(erased).await?;
        Ok((found, if changed { Erasure::Erased } else { Erasure::WasErased }))
    }
}

impl KeptOf {
    /// Whether there is nothing.
    pub fn is_nothing(&self) -> bool {
        self.segments.is_empty() && self.unreadable.is_empty()
    }

    /// Adds a record, if there is one; two ids may share a partition of an index, and `is_meant` tells them apart.
    fn add(&mut self, item: Option<Item>, is_meant: impl FnOnce(&Segment) -> bool) {
        let Some(item) = item else { return };
        let read = || {
            let columns = dynamodb::from_item(Table::Segments, item.clone())?;
            Ok(Kept { segment: record::from_item(item)?, columns })
        };
        match read() {
            Ok(kept) if is_meant(&kept.segment) => self.segments.push(kept),
            Ok(_) => {}
            Err(error) => self.unreadable.push(error),
        }
    }
}
