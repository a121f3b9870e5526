//! Whose segments an operator exports or erases, and the erasing of each.

use super::store::Segments;
use super::{Address, Found, Segment, index_keys, record};
use crate::Error;
use crate::document::Id;
use crate::dynamodb::tables::{BY_AGENT, BY_INTERACTION};
use crate::dynamodb::{self, Order, Pages, Rows, Stamp, key};

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
    /// opened. One that opened a moment ago may be missing.
    pub async fn of(&self, whose: &Whose) -> Result<Vec<Segment>, Error> {
        let (index, id) = match whose {
            Whose::External(id) => {
                let address = Address::External(id.clone());
                let mut segments = Vec::new();
                for sys_id in address.keys() {
                    let item = self.get(sys_id).await?;
                    let segment = item.map(record::from_item).transpose()?;
                    segments.extend(segment.filter(|segment| address.means(segment)));
                }
                return Ok(segments);
            }
            Whose::Interaction(id) => (&BY_INTERACTION, id),
            Whose::Agent(id) => (&BY_AGENT, id),
        };
        let rows = Rows {
            table: self.table.clone(),
            index,
            partition: index_keys::partition(index, id.as_str()),
            from: None,
            to: None,
            order: Order::Ascending,
            after: None,
            page: PAGE,
        };
        let mut pages = Pages::new(self.dynamo.clone(), rows);
        let mut segments = Vec::new();
        while let Some(rows) = pages.next().await? {
            let keys = rows.iter().filter_map(|row| row.get("sys_id")?.as_s().ok());
            let keys: Vec<_> = keys.map(|sys_id| (self.table.clone(), key(sys_id))).collect();
            let items = dynamodb::batch_get(&self.dynamo, keys).await?.remove(&self.table).unwrap_or_default();
            for item in items {
                let segment = record::from_item(item)?;
                // Two ids may share a partition.
                let of = if index.name == BY_AGENT.name { &segment.agent } else { &segment.interaction };
                if of == id {
                    segments.push(segment);
                }
            }
        }
        segments.sort_by(|one, other| (one.opened_on, &one.sys_id).cmp(&(other.opened_on, &other.sys_id)));
        Ok(segments)
    }

    /// Erases the texts of a segment: notes, AI notes and the draft. Codes and times stay. Harmless to repeat.
    pub async fn erase(&self, segment: Segment, stamp: &Stamp) -> Result<(Found, Erasure), Error> {
        let (found, changed) = self.change(segment, stamp, |segment, _| Ok(segment.erased(stamp.at))).await?;
        Ok((found, if changed { Erasure::Erased } else { Erasure::WasErased }))
    }
}
