use aws_sdk_dynamodb::types::{KeyType, TableDescription, TableStatus};
use tokio::time::sleep;

use super::tables::{POLL, wait_until_active};
use super::{Dynamo, Error, Table};

/// What has become of a table that was to go if it is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It was empty, and is gone.
    Removed,
    /// It has a record, and stays.
    HasRecords,
    /// It has the name of one of this system's and not their key: it is somebody else's, and stays.
    NotOurs,
    /// There was none.
    NotThere,
}

/// Why a table is still there that may be empty.
#[derive(Debug, thiserror::Error)]
#[error("{because}{}", warning(.unprotected))]
pub struct NotRemoved {
    /// What DynamoDB would not do.
    #[source]
    pub because: Error,
    /// Whether its protection was taken off for this, and could not be put back.
    pub unprotected: bool,
}

fn warning(unprotected: &bool) -> &'static str {
    if *unprotected { "; its protection from deletion is off now, and could not be put back" } else { "" }
}

impl From<Error> for NotRemoved {
    /// A failure before anything was changed.
    fn from(because: Error) -> Self {
        Self { because, unprotected: false }
    }
}

/// Removes a table if it has no record, protected or not. A record whose time is over, and which DynamoDB has not got to
/// yet, is one. DynamoDB has no removal on a condition, so nobody may be writing: what is written between the last look
/// and the removal goes with the table.
pub async fn remove_if_empty(dynamo: &Dynamo, table: Table) -> Result<Removal, NotRemoved> {
    let name = dynamo.tables.name(table);
    let Some(described) = settled(dynamo, &name).await? else { return Ok(Removal::NotThere) };
    if !has_our_key(&described) {
        return Ok(Removal::NotOurs);
    }
    if has_records(dynamo, &name).await? {
        return Ok(Removal::HasRecords);
    }
    let is_protected = described.deletion_protection_enabled() == Some(true);
    let done = remove(dynamo, &name, is_protected).await;
    if is_protected && !matches!(done, Ok(Removal::Removed)) {
        // Whatever stays is as it was. A table that never lost its protection minds no second one.
        let restored = protect(dynamo, &name, true).await;
        return match (done, restored) {
            (done, Ok(())) => Ok(done?),
            (Ok(_), Err(because)) | (Err(because), Err(_)) => Err(NotRemoved { because, unprotected: true }),
        };
    }
    Ok(done?)
}

/// Removes a table that was seen to be empty, unless it no longer is, and waits until it is gone.
async fn remove(dynamo: &Dynamo, name: &str, is_protected: bool) -> Result<Removal, Error> {
    if is_protected {
        protect(dynamo, name, false).await?;
        // That takes its time, in which somebody may have written.
        if has_records(dynamo, name).await? {
            return Ok(Removal::HasRecords);
        }
    }
    let asked = dynamo.client.delete_table().table_name(name).send().await;
    // Where the answer to it was lost, the second try is told that there is no such table, or that it is going.
    if settled(dynamo, name).await?.is_some() {
        asked?;
    }
    Ok(Removal::Removed)
}

/// Sets whether a table is protected from deletion, and waits until it is so.
async fn protect(dynamo: &Dynamo, name: &str, protected: bool) -> Result<(), Error> {
    dynamo.client.update_table().table_name(name).deletion_protection_enabled(protected).send().await?;
    wait_until_active(dynamo, name).await
}

/// What a table is once nobody is making, changing or removing it; none where there is none.
async fn settled(dynamo: &Dynamo, name: &str) -> Result<Option<TableDescription>, Error> {
    loop {
        let table = described(dynamo, name).await?;
        let status = table.as_ref().and_then(|table| table.table_status());
        if !matches!(status, Some(TableStatus::Creating | TableStatus::Updating | TableStatus::Deleting)) {
            return Ok(table);
        }
        sleep(POLL).await;
    }
}

async fn described(dynamo: &Dynamo, name: &str) -> Result<Option<TableDescription>, Error> {
    match dynamo.client.describe_table().table_name(name).send().await {
        Ok(answer) => Ok(answer.table),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Without a prefix the names are the platform's, such as `interaction`, which others may use, too.
fn has_our_key(table: &TableDescription) -> bool {
    matches!(table.key_schema(), [key] if key.attribute_name() == "sys_id" && *key.key_type() == KeyType::Hash)
}

/// Whether a table has a record, whatever a page of DynamoDB's leaves out.
async fn has_records(dynamo: &Dynamo, name: &str) -> Result<bool, Error> {
    let mut start = None;
    loop {
        let scan = dynamo.client.scan().table_name(name).consistent_read(true).limit(1).set_exclusive_start_key(start);
        let page = scan.send().await?;
        if !page.items().is_empty() {
            return Ok(true);
        }
        match page.last_evaluated_key.filter(|key| !key.is_empty()) {
            Some(key) => start = Some(key),
            None => return Ok(false),
        }
    }
}
