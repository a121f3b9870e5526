//! Lists of segments. Which they are, and in which order, an index says; what they are now, their records do, which are read
//! consistently: one that no longer stands where the index says is left out, and comes where it stands by then.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use super::by_time::{SPREAD, Shelf};
use super::list_request::{ListRequest, Question, Selector, StateAsked};
use super::{Found, Segment, Segments, index_keys, record};
use crate::Error;
use crate::clock::DAY;
use crate::configurations::Snapshot;
use crate::date_time::DateTime;
use crate::dynamodb::tables::{BY_AGENT, BY_INTERACTION, BY_TIME, Index};
use crate::dynamodb::{self, Budget, Item, Merged, Next, Order, Row, Rows, key, string};
use crate::error::Kind;

/// Codes that the configurations of a page may have together, so that they fit into the memory of a function: each may have a
/// thousand.
const MOST_CODES: usize = 5_000;

/// Snapshots that are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// Seconds after its deadline for which a segment is looked at all the same: writers may still close it, and readers show it
/// open, for some seconds.
const LATE: u64 = 60;

/// What stands behind every place of a second, in the order of texts.
const AFTER_ALL: &str = "~";

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which part of the list it is in, of those that have several.
    #[serde(rename = "s")]
    part: Part,
    /// The place up to which it is done; none where nothing is.
    #[serde(rename = "p")]
    place: Option<String>,
    /// The sys_id of the segment that stands there, where several may.
    #[serde(rename = "i", skip_serializing_if = "Option::is_none", default)]
    sys_id: Option<String>,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// The only one, or the first.
    First,
    /// Of open segments: those without a deadline.
    Untimed,
}

/// A segment of a list, and where the list goes on after it.
#[derive(Debug)]
pub struct Listed {
    /// The segment, as whoever asks is shown it.
    pub found: Found,
    /// Where the list goes on.
    pub after: Position,
}

/// A page of a list.
#[derive(Debug)]
pub struct ListedSegments {
    /// As many segments as were wanted, or fewer.
    pub segments: Vec<Listed>,
    /// Where the list goes on; none where it has ended.
    pub next: Option<Position>,
}

impl Segments {
    /// The page of a list at a position; the first one where that is none. At most 64 queries and 1,000 rows of an index, one
    /// read for 100 of them, and one for each snapshot that this instance does not know: so a page may have fewer segments
    /// than are wanted, or none, and the list goes on all the same.
    pub async fn list(&self, request: &ListRequest, position: Option<Position>) -> Result<ListedSegments, Error> {
        let asked = self.clock.since_epoch();
        let mut walk = Walk::begin(self, &request.question, position, request.paging.limit)?;
        let mut budget = Budget::OF_A_CALL;
        let mut page = ListedSegments { segments: Vec::new(), next: None };
        let mut known = Known::default();
        loop {
            let wanted = request.paging.limit - page.segments.len();
            let mut rows = Vec::with_capacity(wanted);
            let mut ended = None;
            while rows.len() < wanted && ended.is_none() {
                match walk.next(&mut budget).await? {
                    Next::Row(row) => rows.push((row, walk.position.clone())),
                    Next::End => ended = Some(None),
                    Next::OverBudget => ended = Some(Some(walk.position.clone())),
                }
            }
            let cut = self.judge(rows, request, asked, &mut known, &mut page).await?;
            if let Some(position) = cut {
                page.next = Some(position);
                return Ok(page);
            }
            if let Some(next) = ended {
                page.next = next;
                return Ok(page);
            }
            if page.segments.len() >= request.paging.limit {
                page.next = Some(walk.position);
                return Ok(page);
            }
        }
    }

    /// Reads the segments of these rows, and adds those to a page that are asked for. Answers where the list goes on where
    /// the page can have no more.
    async fn judge(
        &self,
        rows: Vec<(Row, Position)>,
        request: &ListRequest,
        asked: Duration,
        known: &mut Known,
        page: &mut ListedSegments,
    ) -> Result<Option<Position>, Error> {
        let sys_ids: HashSet<&str> = rows.iter().map(|(row, _)| row.sys_id.as_str()).collect();
        let keys = sys_ids.into_iter().map(|sys_id| (self.table.clone(), key(sys_id))).collect();
        let items = dynamodb::batch_get(&self.dynamo, keys).await?.remove(&self.table).unwrap_or_default();
        let mut stored: HashMap<String, Item> = HashMap::with_capacity(items.len());
        for item in items {
            if let Some(sys_id) = item.get("sys_id").and_then(|sys_id| sys_id.as_s().ok()).cloned() {
                stored.insert(sys_id, item);
            }
        }
        let index = request.question.selector.index();
        let mut segments = Vec::with_capacity(rows.len());
        for (row, after) in rows {
            // An index that is read a little late may have it at two places; a record has it at one. On which shelf it stands
            // there is no matter: one that has just been confirmed is at its place on another, which may not show it yet.
            let stands = |item: &Item| item.get(index.sort) == Some(&string(&row.place));
            let Some(item) = stored.get(&row.sys_id).filter(|item| stands(item)) else { continue };
            match record::from_item(item.clone()) {
                Ok(segment) if segment.is_expired_at(asked) => {}
                Ok(segment) => segments.push((segment, after)),
                Err(error) => tracing::error!(%error, "a segment that cannot be read is not listed"),
            }
        }
        known.read(self, &segments).await?;
        let overdue_since = match request.question.selector {
            Selector::State(StateAsked::Overdue(minutes)) => self.minutes_ago(minutes),
            _ => self.now(),
        };
        let mut before: Option<Position> = page.segments.last().map(|listed| listed.after.clone());
        for (segment, after) in segments {
            let Some(snapshot) = known.get(&segment.configuration) else { continue };
            let segment = segment.shown_at(asked, &snapshot);
            if request.question.asks_for(&segment, overdue_since) {
                if !known.fits(&segment.configuration, &snapshot) {
                    return Ok(before);
                }
                page.segments.push(Listed { found: Found::new(segment, snapshot), after: after.clone() });
            }
            before = Some(after);
        }
        Ok(None)
    }

    fn minutes_ago(&self, minutes: usize) -> DateTime {
        let minutes = u64::try_from(minutes).unwrap_or(u64::MAX);
        self.now().minus_seconds(minutes.saturating_mul(60)).unwrap_or_else(|| self.now())
    }
}

/// The snapshots of a page.
#[derive(Default)]
struct Known {
    snapshots: HashMap<String, Arc<Snapshot>>,
    shown: HashSet<String>,
    codes: usize,
}

impl Known {
    /// Reads the snapshots of these segments, each once.
    async fn read(&mut self, stores: &Segments, segments: &[(Segment, Position)]) -> Result<(), Error> {
        let wanted: HashSet<&String> = segments.iter().map(|(segment, _)| &segment.configuration).collect();
        let wanted: Vec<String> =
            wanted.into_iter().filter(|hash| !self.snapshots.contains_key(*hash)).cloned().collect();
        let reads = wanted.into_iter().map(async |hash| {
            let snapshot = stores.configurations.snapshot(&hash).await;
            (hash, snapshot)
        });
        for (hash, snapshot) in stream::iter(reads).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<_>>().await {
            match snapshot {
                Ok(snapshot) => drop(self.snapshots.insert(hash, snapshot)),
                Err(error) if error.kind() == Kind::Broken => {
                    tracing::error!(%error, "segments whose configuration cannot be read are not listed");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn get(&self, hash: &str) -> Option<Arc<Snapshot>> {
        self.snapshots.get(hash).cloned()
    }

    /// Whether a page may show one more segment with this snapshot; it always may show the first.
    fn fits(&mut self, hash: &str, snapshot: &Snapshot) -> bool {
        if self.shown.contains(hash) {
            return true;
        }
        let codes = self.codes + snapshot.allowed_codes.len();
        if !self.shown.is_empty() && codes > MOST_CODES {
            return false;
        }
        self.codes = codes;
        self.shown.insert(hash.to_owned())
    }
}

impl Selector {
    /// The index that has its segments.
    const fn index(&self) -> &'static Index {
        match self {
            Self::Agent(..) => &BY_AGENT,
            Self::Interaction(..) => &BY_INTERACTION,
            Self::State(_) | Self::Submitted(..) => &BY_TIME,
        }
    }
}

/// The rows of a list, in its order.
struct Walk<'a> {
    segments: &'a Segments,
    merged: Merged,
    page: i32,
    left: Left,
    /// The place that it begins behind, where only one segment can stand there.
    begun: Option<String>,
    /// Where the last row stood, and whose it was.
    last: Option<(String, String)>,
    /// Up to where it is done.
    position: Position,
}

/// What comes when the partitions that are read have ended.
enum Left {
    Nothing,
    /// Open segments without a deadline.
    Untimed,
    /// Days before this one, whose segments are read, down to the other.
    Days {
        day: DateTime,
        first: DateTime,
    },
}

impl<'a> Walk<'a> {
    /// Begins behind a position.
    fn begin(
        segments: &'a Segments,
        question: &Question,
        position: Option<Position>,
        limit: usize,
    ) -> Result<Self, Error> {
        let position = position.unwrap_or(Position { part: Part::First, place: None, sys_id: None });
        // Sixteen shelves have a page together; those that have more of it are asked again.
        let page = i32::try_from(limit / 8 + 4).unwrap_or(16);
        let merged = Merged::new(segments.dynamo.clone(), Order::Ascending, []);
        let begun = position.place.clone().filter(|_| position.sys_id.is_none());
        let mut walk = Self { segments, merged, page, left: Left::Nothing, begun, last: None, position };
        let place = walk.position.place.clone();
        match &question.selector {
            Selector::State(StateAsked::Open) if walk.position.part == Part::Untimed => {
                walk.merged.add(walk.shelves(Shelf::Open, Order::Ascending, place, None));
            }
            Selector::State(StateAsked::Open) => {
                // Those whose deadline has passed long ago are shown closed.
                let since = segments.now().minus_seconds(LATE).map(|since| since.to_string());
                let from = place.max(since);
                walk.merged.add(walk.shelves(Shelf::Due, Order::Ascending, from, None));
                walk.left = Left::Untimed;
            }
            Selector::State(state) => {
                let to = match state {
                    StateAsked::Overdue(minutes) => segments.minutes_ago(*minutes),
                    _ => segments.now(),
                };
                let to = Some(to.to_string());
                for shelf in [Shelf::Awaiting, Shelf::Due] {
                    let to = to.clone().filter(|_| shelf == Shelf::Due || matches!(state, StateAsked::Overdue(_)));
                    walk.merged.add(walk.shelves(shelf, Order::Ascending, place.clone(), to));
                }
            }
            Selector::Submitted(from, to) => {
                walk.merged = Merged::new(segments.dynamo.clone(), Order::Descending, []);
                let end = place.unwrap_or_else(|| to.to_string());
                let due = end.clone().min(segments.now().to_string() + AFTER_ALL);
                let first = Some(from.to_string());
                walk.merged.add(walk.shelves(Shelf::Awaiting, Order::Descending, first.clone(), Some(end.clone())));
                walk.merged.add(walk.shelves(Shelf::Due, Order::Descending, first.clone(), Some(due)));
                // A place that is a time alone is what everything before it has to be earlier than.
                let (time, is_alone) = end.split_once('#').map_or((end.as_str(), true), |(time, _)| (time, false));
                let time = DateTime::parse(time).unwrap_or(*to);
                let last = if is_alone { time.minus_seconds(1).unwrap_or(time) } else { time };
                let day = last.start_of_day();
                let shelves = walk.shelves(Shelf::Closed(&day.day()), Order::Descending, first, Some(end));
                walk.merged.add(shelves);
                walk.left = Left::Days { day, first: *from };
            }
            Selector::Agent(id, from, to) | Selector::Interaction(id, from, to) => {
                let index = question.selector.index();
                let partition = index_keys::partition(index, id.as_str());
                let after = place.zip(walk.position.sys_id.clone()).map(|(place, sys_id)| {
                    let mut after = key(sys_id);
                    after.insert(index.partition.to_owned(), string(&partition));
                    after.insert(index.sort.to_owned(), string(place));
                    after
                });
                let rows = Rows {
                    table: segments.table.clone(),
                    index,
                    partition,
                    from: from.map(|from| from.to_string()),
                    to: to.and_then(|to| to.minus_seconds(1)).map(|to| to.to_string()),
                    order: Order::Descending,
                    after,
                    page: i32::try_from(limit).unwrap_or(100),
                };
                walk.merged = Merged::new(segments.dynamo.clone(), Order::Descending, [rows]);
            }
        }
        Ok(walk)
    }

    fn shelves(&self, shelf: Shelf<'_>, order: Order, from: Option<String>, to: Option<String>) -> Vec<Rows> {
        let rows = |digit| Rows {
            table: self.segments.table.clone(),
            index: &BY_TIME,
            partition: shelf.key(digit),
            from: from.clone(),
            to: to.clone(),
            order,
            after: None,
            page: self.page,
        };
        SPREAD.chars().map(rows).collect()
    }

    /// The next row.
    async fn next(&mut self, budget: &mut Budget) -> Result<Next<Row>, Error> {
        loop {
            let ended = match self.merged.peek(budget).await? {
                Next::OverBudget => return Ok(Next::OverBudget),
                Next::End => true,
                Next::Row(place) => match &self.left {
                    // It may be that some of the day before come first.
                    Left::Days { day, first } => day > first && *place < *day.to_string(),
                    _ => false,
                },
            };
            match &mut self.left {
                Left::Untimed if ended => {
                    self.left = Left::Nothing;
                    self.position = Position { part: Part::Untimed, place: None, sys_id: None };
                    self.merged.add(self.shelves(Shelf::Open, Order::Ascending, None, None));
                    continue;
                }
                Left::Days { day, first } if ended && day.gt(&first) => {
                    let (done, first) = (*day, *first);
                    let before = done.minus_seconds(DAY).unwrap_or(first);
                    *day = before;
                    let (from, to) = (Some(first.to_string()), Some(done.to_string()));
                    self.position.place.clone_from(&to);
                    let shelves = self.shelves(Shelf::Closed(&before.day()), Order::Descending, from, to);
                    self.merged.add(shelves);
                    continue;
                }
                _ => {}
            }
            let Next::Row(row) = self.merged.next(budget).await? else { return Ok(Next::End) };
            // Bounds are within a range of places; and one that goes to another shelf may be seen on both for a moment.
            let here = (row.place.clone(), row.sys_id.clone());
            if self.begun.as_ref() == Some(&row.place) || self.last.as_ref() == Some(&here) {
                continue;
            }
            self.last = Some(here);
            self.position.place = Some(row.place.clone());
            self.position.sys_id = (!row.place.contains('#')).then(|| row.sys_id.clone());
            return Ok(Next::Row(row));
        }
    }
}
