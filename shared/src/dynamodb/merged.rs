//! Several partitions of an index as one list: each is in order, and so is what is merged of them.

use std::collections::VecDeque;

use futures_util::future::try_join_all;

use super::{Dynamo, Error, Item, Order, Pages, Rows};

/// What a call may still ask of indexes, so that none takes longer or costs more the more there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Queries.
    pub queries: usize,
    /// Rows.
    pub rows: usize,
}

impl Budget {
    /// What a call may ask.
    pub const OF_A_CALL: Self = Self { queries: 64, rows: 1_000 };
}

/// Rows of several partitions, in the order of their sort keys and then of their sys_ids.
#[derive(Debug)]
pub struct Merged {
    dynamo: Dynamo,
    order: Order,
    shelves: Vec<Partition>,
}

/// A partition of which some rows are read.
#[derive(Debug)]
struct Partition {
    pages: Pages,
    page: usize,
    rows: VecDeque<Row>,
}

/// A row of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The partition that it stands in.
    pub partition: String,
    /// Its sort key.
    pub place: String,
    /// The record's sys_id.
    pub sys_id: String,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// This one.
    Row(T),
    /// Nothing.
    End,
    /// Nobody knows: the budget is spent.
    OverBudget,
}

impl Merged {
    /// None of these partitions is read yet; all are in this order.
    pub fn new(dynamo: Dynamo, order: Order, shelves: impl IntoIterator<Item = Rows>) -> Self {
        let mut merged = Self { dynamo, order, shelves: Vec::new() };
        merged.add(shelves);
        merged
    }

    /// Adds partitions. What has been taken already has to come before all of their rows.
    pub fn add(&mut self, shelves: impl IntoIterator<Item = Rows>) {
        self.shelves.extend(shelves.into_iter().map(|rows| Partition {
            page: usize::try_from(rows.page).unwrap_or(0),
            pages: Pages::new(self.dynamo.clone(), rows),
            rows: VecDeque::new(),
        }));
    }

    /// Where the next row stands.
    pub async fn peek(&mut self, budget: &mut Budget) -> Result<Next<&str>, Error> {
        loop {
            // No row is the next one as long as a partition has some that nobody has seen.
            let mut empty: Vec<&mut Partition> =
                self.shelves.iter_mut().filter(|shelf| shelf.rows.is_empty() && shelf.pages.has_more()).collect();
            if empty.is_empty() {
                break;
            }
            let rows = empty.iter().map(|shelf| shelf.page).sum::<usize>();
            if empty.len() > budget.queries || rows > budget.rows {
                return Ok(Next::OverBudget);
            }
            budget.queries -= empty.len();
            let read = try_join_all(empty.iter_mut().map(|shelf| shelf.read())).await?;
            budget.rows = budget.rows.saturating_sub(read.into_iter().sum());
        }
        self.shelves.retain(|shelf| !shelf.rows.is_empty() || shelf.pages.has_more());
        Ok(self.first().and_then(|shelf| shelf.rows.front()).map_or(Next::End, |row| Next::Row(row.place.as_str())))
    }

    /// Takes the next row.
    pub async fn next(&mut self, budget: &mut Budget) -> Result<Next<Row>, Error> {
        match self.peek(budget).await? {
            Next::OverBudget => Ok(Next::OverBudget),
            Next::End => Ok(Next::End),
            Next::Row(_) => Ok(self.take_first().map_or(Next::End, Next::Row)),
        }
    }

    fn first(&self) -> Option<&Partition> {
        let shelves = self.shelves.iter().filter(|shelf| !shelf.rows.is_empty());
        match self.order {
            Order::Ascending => shelves.min_by(|one, other| one.key().cmp(&other.key())),
            Order::Descending => shelves.max_by(|one, other| one.key().cmp(&other.key())),
        }
    }

    fn take_first(&mut self) -> Option<Row> {
        let first = self.first()?.key().map(|(place, sys_id)| (place.to_owned(), sys_id.to_owned()));
        let is_first =
            |shelf: &&mut Partition| shelf.key().map(|(place, sys_id)| (place.to_owned(), sys_id.to_owned())) == first;
        self.shelves.iter_mut().find(is_first)?.rows.pop_front()
    }
}

impl Partition {
    /// Place and sys_id of its first row.
    fn key(&self) -> Option<(&str, &str)> {
        self.rows.front().map(|row| (row.place.as_str(), row.sys_id.as_str()))
    }

    /// Reads the next page, and answers how many rows that has.
    async fn read(&mut self) -> Result<usize, Error> {
        let items = self.pages.next().await?.unwrap_or_default();
        let read = items.len();
        self.rows.extend(items.into_iter().filter_map(|item| self.pages.row(item)));
        Ok(read)
    }
}

impl Pages {
    /// The row that an item of the index is.
    pub fn row(&self, mut item: Item) -> Option<Row> {
        let mut text = |column: &str| match item.remove(column) {
            Some(aws_sdk_dynamodb::types::AttributeValue::S(text)) => Some(text),
            _ => None,
        };
        let index = self.index();
        Some(Row { partition: text(index.partition)?, place: text(index.sort)?, sys_id: text("sys_id")? })
    }
}
