//! Going through all wrap-ups that ended within a time, each once, for whoever counts them.

use std::collections::HashSet;
use std::time::Duration;

use super::by_time::Shelf;
use super::{Counted, Segment, Segments, record};
use crate::Error;
use crate::clock::DAY;
use crate::date_time::DateTime;
use crate::dynamodb::tables::BY_TIME;
use crate::dynamodb::{self, Item, Order, Pages, Rows, key};
use crate::error::Kind;

/// Rows that are read at once, if DynamoDB hands out as many: it ends a page at 1 MB.
const PAGE: i32 = 4_000;

/// Segments that are read at once.
pub(super) const CHUNK: usize = 100;

/// A time, and the wrap-ups that ended within it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The first moment that counts.
    pub from: DateTime,
    /// The first one after it that does not.
    pub to: DateTime,
    /// When counting began, from the Unix epoch: what ended later does not count.
    pub as_of: Duration,
    /// Whether those alone are wanted that may await their confirmation, which are on few shelves; some of them may not.
    pub may_await: bool,
    /// The columns of the index that are counted, beside the place: what is not asked for takes no time to read.
    pub columns: Vec<&'static str>,
}

impl Ended {
    /// The last moment that counts, if there is one.
    fn last(&self) -> Option<DateTime> {
        let before_end = self.to.minus_seconds(1)?;
        let now = DateTime::of_millis(u64::try_from(self.as_of.as_millis()).ok()?)?;
        Some(before_end.min(now)).filter(|last| *last >= self.from)
    }
}

impl Segments {
    /// Hands each wrap-up that ended within a time to `count`, of those whose sys_id begins with this digit, once. One query
    /// for about 1 MB of the index; those whose deadline has passed and whose end nobody has stored are read, 100 by a request.
    /// `count` answers whether to go on.
    ///
    /// A segment goes from shelf to shelf in one direction, and they are gone through in that: so one that moves meanwhile is
    /// met twice at most, and never missed.
    ///
    /// # Errors
    /// DynamoDB has not answered.
    pub async fn each_ended(
        &self,
        digit: char,
        ended: &Ended,
        mut count: impl FnMut(Counted) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(last) = ended.last() else { return Ok(()) };
        // Those that may be met again.
        let mut met: HashSet<String> = HashSet::new();
        let is_within = |counted: &Counted| {
            let is_expired = counted.expires_at.is_some_and(|end| ended.as_of.as_secs() >= end);
            !is_expired && (ended.from..=last).contains(&counted.submitted_on)
        };
        let mut pages = self.ended_shelf(Shelf::Due, digit, ended, last);
        while let Some(rows) = pages.next().await? {
            let sys_ids: Vec<String> = rows.iter().filter_map(|row| row.get("sys_id")?.as_s().ok()).cloned().collect();
            for chunk in sys_ids.chunks(CHUNK) {
                for segment in self.judged(chunk, ended.as_of).await? {
                    let counted = Counted::of(&segment).filter(is_within);
                    if let Some(counted) = counted.filter(|counted| met.insert(counted.sys_id.clone())) {
                        count(counted)?;
                    }
                }
            }
        }
        let mut shelf = |rows: Vec<Item>, remember: bool| -> Result<(), Error> {
            for row in rows {
                match Counted::of_row(row) {
                    Ok(counted) if is_within(&counted) && !met.contains(&counted.sys_id) => {
                        if remember {
                            met.insert(counted.sys_id.clone());
                        }
                        count(counted)?;
                    }
                    Ok(_) => {}
                    Err(error) => tracing::error!(%error, "a segment that cannot be read is not counted"),
                }
            }
            Ok(())
        };
        let mut pages = self.ended_shelf(Shelf::Awaiting, digit, ended, last);
        while let Some(rows) = pages.next().await? {
            shelf(rows, true)?;
        }
        if ended.may_await {
            return Ok(());
        }
        let mut day = ended.from.start_of_day();
        while day <= last {
            let mut pages = self.ended_shelf(Shelf::Closed(&day.day()), digit, ended, last);
            while let Some(rows) = pages.next().await? {
                shelf(rows, false)?;
            }
            let Some(next) = day.plus_seconds(DAY) else { break };
            day = next;
        }
        Ok(())
    }

    fn ended_shelf(&self, shelf: Shelf<'_>, digit: char, ended: &Ended, last: DateTime) -> Pages {
        let rows = Rows {
            table: self.table.clone(),
            index: &BY_TIME,
            partition: shelf.key(digit),
            from: Some(ended.from.to_string()),
            // Behind the time in a place stands a sys_id.
            to: last.plus_seconds(1).map(|end| end.to_string()),
            order: Order::Ascending,
            after: None,
            page: PAGE,
        };
        let own = if matches!(shelf, Shelf::Due) { "sys_id" } else { BY_TIME.sort };
        let columns = if matches!(shelf, Shelf::Due) { &[][..] } else { &ended.columns };
        let always = [own, "expires_at"].into_iter();
        Pages::new(self.dynamo.clone(), rows).showing(always.chain(columns.iter().copied()))
    }

    /// These segments as whoever asks at this time is shown them.
    pub(super) async fn judged(&self, sys_ids: &[String], as_of: Duration) -> Result<Vec<Segment>, Error> {
        let keys = sys_ids.iter().map(|sys_id| (self.table.clone(), key(sys_id))).collect();
        let items = dynamodb::batch_get(&self.dynamo, keys).await?.remove(&self.table).unwrap_or_default();
        let mut segments = Vec::with_capacity(items.len());
        for item in items {
            let judged = async {
                let segment = record::from_item(item)?;
                let snapshot = self.configurations.snapshot(&segment.configuration).await?;
                Ok::<_, Error>(segment.shown_at(as_of, &snapshot))
            };
            match judged.await {
                Ok(segment) => segments.push(segment),
                Err(error) if error.kind() == Kind::Broken => {
                    tracing::error!(%error, "a segment that cannot be read is not counted");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(segments)
    }
}
