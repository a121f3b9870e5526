//! DynamoDB: the client, the tables and their names, and what its failures mean to a caller.

mod answers;
mod attempts;
mod batch;
mod client;
mod error;
mod item;
mod listed;
mod merged;
mod pages;
mod patience;
mod removal;
mod schema;
mod stamp;
pub mod tables;
mod types;
mod unread;
mod write;

pub use attempts::{ATTEMPTS, Attempt, Trace, names};
pub use batch::{batch_get, batch_get_one};
pub use client::{LONGEST_OPERATION, connect};
pub use error::{CorruptRecord, Error, WriteOutcome, cancellation, is_too_large};
pub use item::{Change, Item, check, from_item, is_expired, key, set_expiry, string, to_item};
pub use listed::Listed;
pub use merged::{Budget, Merged, Next, Row};
pub use pages::{Order, Pages, Rows};
pub use patience::Patience;
pub use removal::{NotRemoved, Removal, remove_if_empty};
pub use schema::{NOT_NEWER, RecordProblem, SCHEMA, check_schema, schema};
pub use stamp::{CREATED_BY, CREATED_ON, SYSTEM, Stamp, UPDATED_BY, UPDATED_ON, VERSION};
pub use tables::{Table, Tables};
#[cfg(test)]
pub use types::unsent_update;
pub use types::{ColumnType, of_types};
pub use unread::{Sent, Unread};
pub use write::{Books, Write};

pub use crate::aws::Connection;

use aws_sdk_dynamodb::Client;

/// The client together with the names the tables have in this deployment.
#[derive(Clone, Debug)]
pub struct Dynamo {
    /// The SDK's client, which is cheap to clone.
    pub client: Client,
    /// The deployment's tables.
    pub tables: Tables,
}

impl Dynamo {
    /// The tables that a client reaches.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables }
    }

    /// The item of a table with this `sys_id`. One consistent read.
    pub async fn get(&self, table: &str, sys_id: impl Into<String>) -> Result<Option<Item>, Error> {
        let get = self.client.get_item().table_name(table).set_key(Some(key(sys_id))).consistent_read(true);
        Ok(get.send().await?.item)
    }
}
