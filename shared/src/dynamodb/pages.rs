//! Reading by an index: the rows of one partition in the order of their sort key, page by page.

use super::error::lacks_index;
use super::tables::Index;
use super::{Dynamo, Error, Item, string};

/// Which rows of an index are asked for.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The table's name in DynamoDB.
    pub table: String,
    /// The index.
    pub index: &'static Index,
    /// The partition.
    pub partition: String,
    /// The smallest sort key that is wanted; none where there is no such bound.
    pub from: Option<String>,
    /// The greatest sort key that is wanted; none where there is no such bound.
    pub to: Option<String>,
    /// In which order.
    pub order: Order,
    /// The keys, of index and table, of the row that they follow in that order; none where they begin at a bound.
    pub after: Option<Item>,
    /// How many rows a page has at most.
    pub page: i32,
}

/// In which order rows of an index are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The smallest sort key first.
    Ascending,
    /// The greatest sort key first.
    Descending,
}

/// Rows of an index that are read page by page. What was written a moment ago may be missing,
/// and what is there may be as it was: an index is read eventually consistent alone.
#[derive(Debug)]
pub struct Pages {
    dynamo: Dynamo,
    rows: Rows,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    After(Item),
    Nothing,
}

impl Pages {
    /// None of them is read yet.
    pub fn new(dynamo: Dynamo, mut rows: Rows) -> Self {
        // DynamoDB refuses bounds between which nothing can be.
        let is_empty = rows.from.as_ref().zip(rows.to.as_ref()).is_some_and(|(from, to)| from > to);
        let next = match rows.after.take() {
            _ if is_empty => Next::Nothing,
            Some(after) => Next::After(after),
            None => Next::First,
        };
        Self { dynamo, rows, next }
    }

    /// The next page, which may be empty; none after the last one. One request.
    ///
    /// # Errors
    /// DynamoDB has not answered the request; the same page may be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Item>>, Error> {
        let start = match &self.next {
            Next::First => None,
            Next::After(key) => Some(key.clone()),
            Next::Nothing => return Ok(None),
        };
        let Rows { table, index, partition, from, to, order, page, .. } = &self.rows;
        let within = match (from, to) {
            (None, None) => "",
            (Some(_), None) => " AND #sort >= :from",
            (None, Some(_)) => " AND #sort <= :to",
            (Some(_), Some(_)) => " AND #sort BETWEEN :from AND :to",
        };
        let mut query = self
            .dynamo
            .client
            .query()
            .table_name(table)
            .index_name(index.name)
            .key_condition_expression(format!("#partition = :partition{within}"))
            .expression_attribute_names("#partition", index.partition)
            .expression_attribute_values(":partition", string(partition))
            .scan_index_forward(*order == Order::Ascending)
            .limit(*page)
            .set_exclusive_start_key(start);
        if !within.is_empty() {
            query = query.expression_attribute_names("#sort", index.sort);
        }
        for (name, bound) in [(":from", from), (":to", to)] {
            if let Some(bound) = bound {
                query = query.expression_attribute_values(name, string(bound));
            }
        }
        let answer = query.send().await.map_err(|error| match lacks_index(&error) {
            true => Error::NoIndex { index: index.name },
            false => error.into(),
        })?;
        self.next = match answer.last_evaluated_key {
            Some(key) if !key.is_empty() => Next::After(key),
            _ => Next::Nothing,
        };
        Ok(Some(answer.items.unwrap_or_default()))
    }

    /// The index that is read.
    pub fn index(&self) -> &'static Index {
        self.rows.index
    }

    /// Whether there may be another page.
    pub fn has_more(&self) -> bool {
        !matches!(self.next, Next::Nothing)
    }
}
