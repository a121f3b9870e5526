//! How segments get into the indexes that a version wrote which knew nothing of them.

use super::{Segment, Segments, State, by_time, index_keys, record};
use crate::Error;
use crate::dynamodb::{self, Books, CorruptRecord, Item, Patience};
use crate::error::Kind;

/// Records that a page of the table has at most: each may be 400 KB, and is in memory until it has been looked at.
const PAGE: i32 = 250;

/// A part of the segment table, of the parts that it is gone through in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which of them, from 0.
    pub number: i32,
    /// How many there are.
    pub of: i32,
    /// The key of the record up to which it is done; none where nothing is.
    pub after: Option<String>,
}

/// What has come of a page of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backfilled {
    /// Segments on it.
    pub seen: u64,
    /// Those of them that were not in an index, or not in their place, and are now.
    pub indexed: u64,
    /// Records that cannot be read, and stay as they are.
    pub unreadable: Vec<CorruptRecord>,
    /// The key of the record up to which the part is done; none where it is done whole.
    pub after: Option<String>,
}

impl Segments {
    /// About how many records the table has, by DynamoDB's count of the last six hours.
    pub async fn about_how_many(&self) -> Result<u64, Error> {
        let described = self.dynamo.client.describe_table().table_name(&self.table).send().await;
        let count = described.map_err(dynamodb::Error::from)?.table.and_then(|table| table.item_count);
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// Gives the segments of the next page of a part of the table their place in the indexes, where they lack it. May run
    /// beside any traffic: each is written only if nobody has changed it since it was read, and nothing of it changes that
    /// anybody is shown.
    pub async fn backfill(&self, part: &Part) -> Result<Backfilled, Error> {
        let scan = self
            .dynamo
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .segment(part.number)
            .total_segments(part.of)
            .limit(PAGE)
            .set_exclusive_start_key(part.after.as_ref().map(dynamodb::key));
        let page = scan.send().await.map_err(dynamodb::Error::from)?;
        let mut done = Backfilled {
            after: page.last_evaluated_key.as_ref().and_then(|key| key.get("sys_id")?.as_s().ok()).cloned(),
            ..Backfilled::default()
        };
        for item in page.items.unwrap_or_default().into_iter().filter(record::is_segment) {
            done.seen += 1;
            match self.put_in_place(item).await {
                Ok(indexed) => done.indexed += u64::from(indexed),
                Err(Error::Corrupt(error)) => done.unreadable.push(error),
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    /// Gives a segment its place in the indexes, with all that they show, unless it has that. Answers whether it
    /// lacked it.
    pub(super) async fn put_in_place(&self, mut item: Item) -> Result<bool, Error> {
        let mut patience = Patience::new(&self.dynamo);
        loop {
            let segment = record::from_item(item.clone())?;
            if index_keys::of(&segment).iter().all(|(column, value)| item.get(column) == Some(value)) {
                return Ok(false);
            }
            let (sys_id, version) = (segment.sys_id.clone(), segment.version);
            let columns = missing(&item, record::to_item(&self.completed(segment).await?)?);
            match self.dynamo.keep_books(&self.table, &sys_id, version, columns).await? {
                Books::Kept => return Ok(true),
                Books::Changed(Some(winner)) => item = winner,
                Books::Changed(None) => return Ok(false),
            }
            patience.wait().await?;
        }
    }

    /// The segment with what its snapshot says of it, and older versions have not noted down.
    async fn completed(&self, mut segment: Segment) -> Result<Segment, Error> {
        let snapshot = match self.configurations.snapshot(&segment.configuration).await {
            Ok(snapshot) => snapshot,
            // A segment whose snapshot is lost still has its place in time.
            Err(error) if error.kind() == Kind::Broken => return Ok(segment),
            Err(error) => return Err(error),
        };
        if segment.configuration_name.is_none() {
            segment.configuration_name.clone_from(&snapshot.name);
        }
        if let State::Closed(closing) = &mut segment.state
            && closing.code_place.is_none()
        {
            closing.code_place = closing.code.as_ref().and_then(|code| snapshot.place(code.label()));
        }
        Ok(segment)
    }
}

/// The columns of the indexes as they are to be: their keys, and of those that one shows the ones that the item lacks.
fn missing(item: &Item, mut wanted: Item) -> Item {
    wanted.retain(|column, _| {
        let column = column.as_str();
        index_keys::COLUMNS.contains(&column) || (by_time::SHOWN.contains(&column) && !item.contains_key(column))
    });
    wanted
}
