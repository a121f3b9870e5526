//! DynamoDB: the client, the tables and their names, and what its failures mean to a caller.

mod batch;
mod client;
mod error;
mod item;
pub mod tables;

pub use batch::batch_get;
pub use client::{Connection, connect, https_client};
pub use error::{Error, Outcome, cancellation};
pub use item::{Change, Item, from_item, key, string, to_item};
pub use tables::{Table, Tables};

use aws_sdk_dynamodb::Client;

/// The client together with the names the tables have in this deployment.
#[derive(Clone, Debug)]
pub struct Dynamo {
    /// The SDK's client, which is cheap to clone.
    pub client: Client,
    /// The deployment's tables.
    pub tables: Tables,
}
