//! What DynamoDB does in the background: removes the records whose time is over, of tables with a TTL attribute and of
//! streams.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::storage::Storage;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use wrapup::clock::Clock;

use super::operations::Operations;
use super::trimming::trim;

/// How long it is from one look to the next: streams are not read for it.
const EVERY: Duration = Duration::from_secs(10);

/// At how manieth look each the tables are looked at, too.
const TABLES: u64 = 6;

/// Removes records whose time is over.
pub struct Expiry {
    operations: Arc<Operations>,
    beside: Arc<Mutex<Storage>>,
}

impl Expiry {
    /// What does so on a database, by the engine and by a connection beside it.
    pub fn new(operations: Arc<Operations>, beside: Arc<Mutex<Storage>>) -> Self {
        Self { operations, beside }
    }

    /// Does so now, and again and again, for good. Never both at once, since they work by two connections.
    pub async fn keep_removing(self) {
        let mut clock = interval(EVERY);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in 0_u64.. {
            clock.tick().await;
            if look.is_multiple_of(TABLES) {
                self.remove_from_tables().await;
            }
            self.remove_from_streams().await;
        }
    }

    async fn remove_from_tables(&self) {
        let database = self.operations.database.clone();
        // The engine reads whole tables for it, page by page, and lets others in between.
        match spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(removed)) if removed > 0 => tracing::info!(removed, "records are removed whose time is over"),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                self.operations.look_for_damage(&error);
                tracing::error!(%error, "records whose time is over cannot be removed");
            }
            Err(error) => tracing::error!(%error, "records whose time is over were not removed"),
        }
    }

    async fn remove_from_streams(&self) {
        let (operations, beside) = (Arc::clone(&self.operations), Arc::clone(&self.beside));
        let trimmed = spawn_blocking(move || {
            let beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
            trim(&operations, &beside, Clock::system().since_epoch())
        });
        match trimmed.await {
            Ok(Ok(removed)) if removed > 0 => tracing::info!(removed, "stream records of a day ago are removed"),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                self.operations.look_for_damage(&error);
                tracing::error!(%error, "old stream records cannot be removed");
            }
            Err(error) => tracing::error!(%error, "old stream records were not removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use wrapup::dynamodb::{Item, Table, Tables, key, set_expiry, tables};

    use super::super::Engine;

    #[tokio::test]
    async fn records_go_whose_time_is_over() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let engine = Engine::open(Some(folder.path()))?;
        let dynamo = engine.dynamo(Tables::default());
        tables::create_missing(&dynamo).await?;
        tables::enable_expiry(&dynamo).await?;
        let name = Table::Interactions.platform_name();
        let put = async |sys_id: &str, expires_at: Option<u64>| {
            let mut item: Item = key(sys_id);
            set_expiry(&mut item, expires_at);
            let put = dynamo.client.put_item().table_name(name).set_item(Some(item));
            put.send().await
        };
        // A year beyond the last one that has four digits.
        for (sys_id, expires_at) in [("over", Some(1_000_000_000)), ("not over", Some(253_402_300_800)), ("kept", None)]
        {
            put(sys_id, expires_at).await?;
        }
        let removing = tokio::spawn(engine.expiry().keep_removing());
        while dynamo.get(name, "over").await?.is_some() {
            tokio::task::yield_now().await;
        }
        removing.abort();
        for sys_id in ["not over", "kept"] {
            assert!(dynamo.get(name, sys_id).await?.is_some(), "{sys_id}");
        }
        Ok(())
    }
}
