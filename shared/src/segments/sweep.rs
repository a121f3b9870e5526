//! Storing the ends that deadlines have brought and nobody has stored: whoever reads sees them anyway, but only what is
//! stored is an event, and stands in the index where reports look.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::try_join_all;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use super::by_time::{self, PLACE, Shelf};
use super::{Segments, deadline, record};
use crate::Error;
use crate::date_time::DateTime;
use crate::dynamodb::tables::BY_TIME;
use crate::dynamodb::{self, Item, Order, Pages, Rows, key};
use crate::error::Kind;

/// Rows of a shelf that are read at once: of all shelves together a few thousand, half a KB each.
const PAGE: i32 = 250;

/// Segments that are read at once, by one request: each may be 400 KB, and all are in memory.
const CHUNK: usize = 100;

/// How many are written side by side.
const SIDE_BY_SIDE: usize = 32;

/// What a sweep has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows of the index that say that a segment's deadline has passed and nobody has stored its end.
    pub found: u64,
    /// Segments that the sweep has closed.
    pub closed: u64,
    /// Segments that others had closed, changed or removed before the sweep came to them.
    pub lost: u64,
    /// Segments that were closed already, and stood where open ones do: an older version had closed them.
    pub mended: u64,
    /// Segments whose end could not be stored; the log says why.
    pub failed: u64,
    /// The oldest deadline that has passed and whose end is still not stored; none where all are.
    pub oldest: Option<DateTime>,
}

/// What became of one row.
enum Outcome {
    Closed,
    Lost,
    Mended,
    Failed {
        sys_id: String,
        error: Error,
    },
    /// There was no time for it, or DynamoDB in no state.
    Left {
        sys_id: String,
    },
}

/// What the index says of a segment.
struct Row {
    due_on: Option<DateTime>,
    sys_id: String,
}

impl Row {
    fn of(item: &Item) -> Option<Self> {
        let text = |column: &str| item.get(column)?.as_s().ok();
        let (time, _) = text(PLACE)?.split_once('#')?;
        Some(Self { due_on: DateTime::parse(time), sys_id: text("sys_id")?.clone() })
    }
}

impl Segments {
    /// Stores the ends of segments whose deadlines have passed, the oldest first, and begins none after `until`: what is
    /// left then is for the next sweep. Two sweeps at once do no harm.
    ///
    /// # Errors
    /// The index cannot be read. A segment whose end cannot be stored is no error: the others' are.
    pub async fn close_overdue(&self, until: Instant) -> Result<Swept, Error> {
        let last = deadline::open_if_due_after(&self.clock);
        // Behind the time in a sort key stands a sys_id, so none is this time alone.
        let to = last.plus_seconds(1).unwrap_or(last).to_string();
        let mut shelves: Vec<Pages> = by_time::SPREAD
            .chars()
            .map(|digit| {
                let rows = Rows {
                    table: self.table.clone(),
                    index: &BY_TIME,
                    partition: Shelf::Due.key(digit),
                    from: None,
                    to: Some(to.clone()),
                    order: Order::Ascending,
                    after: None,
                    page: PAGE,
                };
                Pages::new(self.dynamo.clone(), rows)
            })
            .collect();
        let mut swept = Swept::default();
        while !shelves.is_empty() {
            let pages = try_join_all(shelves.iter_mut().map(Pages::next)).await?;
            let mut rows: Vec<Row> = pages.iter().flatten().flatten().filter_map(Row::of).collect();
            rows.sort_by_key(|row| row.due_on);
            if !self.store_ends(rows, until, &mut swept).await {
                break;
            }
            shelves.retain(Pages::has_more);
        }
        Ok(swept)
    }

    /// Stores the ends of these segments. Answers whether there is time for more, and DynamoDB in a state to store it.
    async fn store_ends(&self, rows: Vec<Row>, until: Instant, swept: &mut Swept) -> bool {
        swept.found += rows.len() as u64;
        let goes_on = AtomicBool::new(true);
        let has_time = || goes_on.load(Ordering::Relaxed) && Instant::now() < until;
        for chunk in rows.chunks(CHUNK) {
            if !has_time() {
                swept.note_left(chunk.first().and_then(|row| row.due_on));
                break;
            }
            let items = match self.read_all(chunk).await {
                Ok(items) => items,
                Err(error) => {
                    tracing::error!(%error, "segments whose deadlines have passed cannot be read");
                    swept.failed += chunk.len() as u64;
                    swept.note_left(chunk.first().and_then(|row| row.due_on));
                    return false;
                }
            };
            swept.lost += (chunk.len() - items.len()) as u64;
            let outcomes = stream::iter(items).map(async |item: Item| {
                // Looked at anew for each: an end that a throttled table takes slowly is followed by no other.
                let outcome =
                    if has_time() { self.store_end(item).await } else { Outcome::Left { sys_id: sys_id_of(&item) } };
                if matches!(&outcome, Outcome::Failed { error, .. } if error.kind() == Kind::Unavailable) {
                    goes_on.store(false, Ordering::Relaxed);
                }
                outcome
            });
            let due_on = |sys_id: &str| chunk.iter().find(|row| row.sys_id == sys_id).and_then(|row| row.due_on);
            for outcome in outcomes.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await {
                match outcome {
                    Outcome::Closed => swept.closed += 1,
                    Outcome::Lost => swept.lost += 1,
                    Outcome::Mended => swept.mended += 1,
                    Outcome::Failed { sys_id, error } => {
                        tracing::error!(sys_id, %error, "the end of a segment whose deadline has passed is not stored");
                        swept.failed += 1;
                        swept.note_left(due_on(&sys_id));
                    }
                    Outcome::Left { sys_id } => swept.note_left(due_on(&sys_id)),
                }
            }
        }
        has_time()
    }

    /// The segments of these rows as they are; one that is gone is left out.
    async fn read_all(&self, rows: &[Row]) -> Result<Vec<Item>, Error> {
        // A row that has just moved may be seen twice, and a batch takes a key once.
        let sys_ids: BTreeSet<&str> = rows.iter().map(|row| row.sys_id.as_str()).collect();
        let keys = sys_ids.into_iter().map(|sys_id| (self.table.clone(), key(sys_id))).collect();
        Ok(dynamodb::batch_get(&self.dynamo, keys).await?.remove(&self.table).unwrap_or_default())
    }

    async fn store_end(&self, item: Item) -> Outcome {
        let sys_id = sys_id_of(&item);
        let stored = async {
            let segment = record::from_item(item.clone())?;
            if segment.is_overdue_at(self.clock.since_epoch()) {
                let (_, closed) = self.end(segment).await?;
                return Ok(if closed { Outcome::Closed } else { Outcome::Lost });
            }
            // The index is read a little late; it is wrong only where the record says what it says.
            Ok(if self.put_in_place(item).await? { Outcome::Mended } else { Outcome::Lost })
        };
        stored.await.unwrap_or_else(|error| Outcome::Failed { sys_id, error })
    }
}

fn sys_id_of(item: &Item) -> String {
    item.get("sys_id").and_then(|sys_id| sys_id.as_s().ok()).cloned().unwrap_or_default()
}

impl Swept {
    /// Notes that the end of a deadline is not stored.
    fn note_left(&mut self, due_on: Option<DateTime>) {
        self.oldest = self.oldest.into_iter().chain(due_on).min();
    }
}
