//! What DynamoDB does in the background: removes the records whose time is over, of tables with a TTL attribute and of
//! streams.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval};

use wrapup::clock::Clock;

use super::operations::Operations;
use super::trimming::trim;

/// How long it is from one look to the next: streams are not read for it.
const EVERY: Duration = Duration::from_secs(10);

/// Looks from one to the next at which the tables are looked at, too.
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
        let removed = spawn_blocking(move || database.sweep_ttl()).await;
        self.note(removed, "records whose time is over");
    }

    async fn remove_from_streams(&self) {
        let (operations, beside) = (Arc::clone(&self.operations), Arc::clone(&self.beside));
        let trimmed = spawn_blocking(move || {
            let beside = beside.lock().unwrap_or_else(PoisonError::into_inner);
            trim(&operations, &beside, Clock::system().since_epoch())
        });
        self.note(trimmed.await, "stream records of a day ago");
    }

    fn note(&self, outcome: Result<Result<usize, DynoxideError>, JoinError>, what: &str) {
        match outcome {
            Ok(Ok(0)) => {}
            Ok(Ok(removed)) => tracing::info!(removed, "removed: {what}"),
            Ok(Err(error)) => {
                self.operations.look_for_damage(&error);
                tracing::error!(%error, "cannot be removed: {what}");
            }
            Err(error) => tracing::error!(%error, "were not removed: {what}"),
        }
    }
}
