//! Reading by an index: the rows of one partition in the order of their sort key, page by page.

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
    /// What the sort keys are all smaller than.
    pub before: String,
    /// How many rows a page has at most.
    pub page: i32,
}

/// Rows of an index that are read page by page, the smallest sort key first. What was written a moment ago may be missing,
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
    pub fn new(dynamo: Dynamo, rows: Rows) -> Self {
        Self { dynamo, rows, next: Next::First }
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
        let Rows { table, index, partition, before, page } = &self.rows;
        let query = self
            .dynamo
            .client
            .query()
            .table_name(table)
            .index_name(index.name)
            .key_condition_expression("#partition = :partition AND #sort < :before")
            .expression_attribute_names("#partition", index.partition)
            .expression_attribute_names("#sort", index.sort)
            .expression_attribute_values(":partition", string(partition))
            .expression_attribute_values(":before", string(before))
            .limit(*page)
            .set_exclusive_start_key(start);
        let answer = query.send().await?;
        self.next = match answer.last_evaluated_key {
            Some(key) if !key.is_empty() => Next::After(key),
            _ => Next::Nothing,
        };
        Ok(Some(answer.items.unwrap_or_default()))
    }

    /// Whether there may be another page.
    pub fn has_more(&self) -> bool {
        !matches!(self.next, Next::Nothing)
    }
}
