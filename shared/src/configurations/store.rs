use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use super::snapshot::Sealed;
use super::{Definition, Snapshot};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::dynamodb::tables::BY_NAME;
use crate::dynamodb::{self, Dynamo, Item, Listed, SCHEMA, Stamp, Table, Write, key, schema, string};
use crate::error::{CorruptRecord, NotFound};
use crate::sys_id;

/// How old what an instance knows of an administrator's configuration may be, when a segment opens by it.
const SEEN_FOR: Duration = Duration::from_secs(60);

/// Configurations an instance remembers; each is a few KB at most.
const REMEMBERED: usize = 500;

/// Bytes of snapshots an instance remembers, as stored; in memory, with what is written of them for answers,
/// they take about six times that.
const REMEMBERED_SNAPSHOTS: usize = 4 * 1024 * 1024;

/// The one shelf of the index by name.
pub(super) const SHELF: &str = "configuration";

/// The table `interaction_wrap_up_configuration`: administrators' configurations by sys_id, and
/// snapshots under `snapshot:` and their hash.
#[derive(Clone)]
pub struct Configurations {
    pub(super) dynamo: Dynamo,
    pub(super) table: String,
    definitions: Arc<Cache<String, Arc<Definition>>>,
    snapshots: Arc<Cache<String, Arc<Snapshot>>>,
}

impl Configurations {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Configurations);
        let definitions = Arc::new(Cache::new(REMEMBERED, Some(SEEN_FOR), clock.clone()));
        // Snapshots never change, so they are kept until others push them out.
        let snapshots = Arc::new(Cache::new(REMEMBERED_SNAPSHOTS, None, clock));
        Self { dynamo, table, definitions, snapshots }
    }

    /// The configuration as it was within the last minute, if it was seen then.
    pub fn recall(&self, sys_id: &str) -> Option<Arc<Definition>> {
        self.definitions.get(&*sys_id::ours(sys_id)?)
    }

    /// The configuration as it was when it was last seen, however long ago: a guess.
    pub fn recall_even_old(&self, sys_id: &str) -> Option<Arc<Definition>> {
        self.definitions.get_even_old(&*sys_id::ours(sys_id)?)
    }

    /// The table and the key of the configuration with this sys_id, for a read that fetches other
    /// records too; none where no configuration can have it.
    pub fn key_of(&self, sys_id: &str) -> Option<(String, Item)> {
        sys_id::ours(sys_id).map(|sys_id| (self.table.clone(), key(sys_id)))
    }

    /// Takes the one configuration out of what such a read has found.
    pub fn take(&self, found: &mut HashMap<String, Vec<Item>>) -> Result<Option<Arc<Definition>>, Error> {
        let item = found.remove(&self.table).and_then(|mut items| items.pop());
        item.map(|item| self.remember(item)).transpose()
    }

    fn remember(&self, item: Item) -> Result<Arc<Definition>, Error> {
        let definition: Arc<Definition> = Arc::new(dynamodb::from_item(Table::Configurations, item)?);
        let weight = 1 + definition.allowed_codes.len() / 50;
        self.definitions.put(definition.sys_id.clone(), Arc::clone(&definition), weight);
        Ok(definition)
    }

    /// Stores an administrator's configuration in place of what has its sys_id.
    pub async fn put(&self, definition: &Definition, stamp: &Stamp) -> Result<(), Error> {
        let write =
            Write { stamp, table: &self.table, sys_id: &definition.sys_id, version: None, within: None, attempt: None };
        let mut item: Item = dynamodb::to_item(definition)?;
        item.insert(BY_NAME.partition.to_owned(), string(SHELF));
        self.dynamo
            .replace(write, item, |stored| dynamodb::from_item::<Definition>(Table::Configurations, stored).map(drop))
            .await?;
        Ok(())
    }

    /// Gives the configurations their place in the index by name that an older version stored without one, and answers how
    /// many. Reads the whole table: for operators.
    pub async fn backfill(&self) -> Result<u64, Error> {
        Ok(self.dynamo.complete_index(&self.table, &BY_NAME, |_| SHELF.to_owned()).await?)
    }

    /// The configuration with this sys_id, for an operator.
    pub async fn get(&self, sys_id: &str) -> Result<Arc<Definition>, Error> {
        let item = match sys_id::ours(sys_id) {
            Some(sys_id) => self.dynamo.get(&self.table, sys_id).await?,
            None => None,
        };
        match item {
            Some(item) => self.remember(item),
            None => Err(NotFound::Configuration { sys_id: sys_id.to_owned() }.into()),
        }
    }

    /// Every configuration by name, without the snapshots. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<Listed<Definition>, Error> {
        let scan = self
            .dynamo
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression("attribute_exists(#name)")
            .expression_attribute_names("#name", "name");
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        let mut listed = Listed::of(items, |item| dynamodb::from_item::<Definition>(Table::Configurations, item));
        listed.records.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    /// The snapshot with this hash: one read where this instance has not seen it.
    pub async fn snapshot(&self, hash: &str) -> Result<Arc<Snapshot>, Error> {
        if let Some(snapshot) = self.snapshots.get(hash) {
            return Ok(snapshot);
        }
        let item = self
            .dynamo
            .get(&self.table, snapshot_key(hash))
            .await?
            .ok_or_else(|| self.corrupt(hash, "a segment refers to it, and it is not there"))?;
        dynamodb::check(Table::Configurations, &item)?;
        let Some(AttributeValue::S(content)) = item.get("content") else {
            return Err(self.corrupt(hash, "it has no content").into());
        };
        let snapshot: Snapshot =
            serde_json::from_str(content).map_err(|error| self.corrupt(hash, &error.to_string()))?;
        let snapshot = Arc::new(snapshot);
        self.snapshots.put(hash.to_owned(), Arc::clone(&snapshot), content.len());
        Ok(snapshot)
    }

    /// The snapshot, if this instance knows that it is stored.
    pub fn stored(&self, sealed: &Sealed) -> Option<Arc<Snapshot>> {
        self.snapshots.get(&sealed.hash)
    }

    /// Makes sure that the snapshot is stored. Looks first: a read unit covers 4 KB, a write unit
    /// 1 KB and costs five times as much, and most snapshots that are new to an instance are not
    /// new to the table.
    pub async fn store(&self, snapshot: &Arc<Snapshot>, sealed: &Sealed, stamp: &Stamp) -> Result<(), Error> {
        if self.stored(sealed).is_some() {
            return Ok(());
        }
        let key = snapshot_key(&sealed.hash);
        let mut there = self.dynamo.get(&self.table, &key).await?;
        if there.is_none() {
            let mut item = dynamodb::key(&key);
            item.insert("content".to_owned(), string(&sealed.content));
            // It never changes, so there is nobody to name who changed it.
            item.extend(stamp.created().map(|(column, value)| (column.to_owned(), value)));
            item.insert(SCHEMA.to_owned(), schema());
            let write = Write { stamp, table: &self.table, sys_id: &key, version: None, within: None, attempt: None };
            let put = self.dynamo.put_new(write, item, |put| put.condition_expression("attribute_not_exists(sys_id)"));
            match put.await {
                Ok(_) => {}
                // Whoever else puts this key puts the same content.
                Err(error) => match error.as_service_error() {
                    Some(PutItemError::ConditionalCheckFailedException(failed)) => there.clone_from(&failed.item),
                    _ => return Err(dynamodb::Error::from(error).into()),
                },
            }
        }
        // A segment that refers to what this version cannot read could not be shown.
        if let Some(there) = there {
            dynamodb::check(Table::Configurations, &there)?;
            if there.get("content") != Some(&string(&sealed.content)) {
                return Err(self.corrupt(&sealed.hash, "its content is not what its hash is of").into());
            }
        }
        self.snapshots.put(sealed.hash.clone(), Arc::clone(snapshot), sealed.content.len());
        Ok(())
    }

    fn corrupt(&self, hash: &str, problem: &str) -> CorruptRecord {
        CorruptRecord { table: self.table.clone(), key: snapshot_key(hash), problem: problem.into() }
    }
}

fn snapshot_key(hash: &str) -> String {
    format!("snapshot:{hash}")
}
