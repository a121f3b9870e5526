use super::{Segment, record};
use crate::dynamodb::Item;
use crate::error::CorruptRecord;

/// What became of a segment: what the segment table's stream says by two images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentEvent {
    /// The segment before; none where it has just opened.
    pub before: Option<Segment>,
    /// The segment after.
    pub after: Segment,
}

impl SegmentEvent {
    /// Reads an item of the segment table before and after a change; `None` where it is no segment but a record that
    /// finds one.
    ///
    /// # Errors
    /// One of the images is not what this crate writes.
    pub fn from_images(old: Option<Item>, new: Item) -> Result<Option<Self>, CorruptRecord> {
        // The key of a record that finds segments says of what it is, and a colon.
        if new.get("sys_id").and_then(|key| key.as_s().ok()).is_some_and(|key| key.contains(':')) {
            return Ok(None);
        }
        let before = old.map(record::from_item).transpose()?;
        Ok(Some(Self { before, after: record::from_item(new)? }))
    }
}
