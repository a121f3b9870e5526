//! What DynamoDB does in the background for tables with a TTL attribute: removes the records whose time is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use super::operations::Operations;

/// How long it is from one look to the next.
const EVERY: Duration = Duration::from_secs(60);

/// Removes records whose time is over.
pub struct Expiry(Arc<Operations>);

impl Expiry {
    pub fn new(operations: Arc<Operations>) -> Self {
        Self(operations)
    }

    /// Does so now, and again each minute, for good.
    pub async fn keep_removing(self) {
        let mut clock = interval(EVERY);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            clock.tick().await;
            let database = self.0.database.clone();
            // The engine reads whole tables for it, page by page, and lets others in between.
            match spawn_blocking(move || database.sweep_ttl()).await {
                Ok(Ok(removed)) if removed > 0 => tracing::info!(removed, "records are removed whose time is over"),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::error!(%error, "records whose time is over cannot be removed"),
                Err(error) => tracing::error!(%error, "records whose time is over were not removed"),
            }
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
