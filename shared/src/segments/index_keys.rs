//! Where a segment stands in the table's indexes: that follows from the segment, so no write has to think of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::{Segment, by_time};
use crate::dynamodb::tables::{BY_AGENT, BY_INTERACTION, Index};
use crate::dynamodb::{Item, string};

/// The columns that place a segment in the indexes and say nothing else. The sort key of [`BY_AGENT`] and
/// [`BY_INTERACTION`] is a column that every segment has.
pub const COLUMNS: [&str; 4] = [by_time::SHELF, by_time::PLACE, BY_AGENT.partition, BY_INTERACTION.partition];

/// Those columns of a segment.
pub fn of(segment: &Segment) -> Item {
    let mut keys = by_time::keys(segment);
    for (index, id) in [(&BY_AGENT, segment.agent.as_str()), (&BY_INTERACTION, segment.interaction.as_str())] {
        keys.insert(index.partition.to_owned(), string(partition(index, id)));
    }
    keys
}

/// The partition of [`BY_AGENT`] or [`BY_INTERACTION`] in which the segments of an id stand: a hash of it, since ids may be
/// longer than a partition key, and a short one, since every segment keeps two. Whoever reads by it compares the ids.
pub fn partition(index: &Index, id: &str) -> String {
    let hash = Sha256::new().chain_update(index.name).chain_update([0]).chain_update(id).finalize();
    URL_SAFE_NO_PAD.encode(&hash[..5])
}
