//! What DynamoDB does in the background: removes the records whose time is over, of tables with a TTL attribute and of
//! streams.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::sleep;
use wrapup::clock::Clock;

use super::super::clock::LocalClock;
use super::operations::Operations;
use super::trimming::trim;
use super::ttl;

/// How long it is from one look at the streams to the next, by the machine's clock, which is what they are written by.
const STREAMS: Duration = Duration::from_secs(10);

/// How long it is from one look at the tables to the next, by the local system's clock.
const TABLES: Duration = Duration::from_secs(60);

/// How long it is at least, however fast that is.
const SHORTEST: Duration = Duration::from_millis(250);

/// Removes records whose time is over.
pub struct Expiry {
    operations: Arc<Operations>,
    beside: Arc<Mutex<Storage>>,
    clock: LocalClock,
}

impl Expiry {
    /// What does so on a database, by the engine and by a connection beside it.
    pub fn new(operations: Arc<Operations>, beside: Arc<Mutex<Storage>>, clock: LocalClock) -> Self {
        Self { operations, beside, clock }
    }

    /// Does so now, and again and again, for good. Never both at once, since they work by two connections.
    pub async fn keep_removing(self) {
        let mut tables = pin!(self.clock.sleep(Duration::ZERO));
        loop {
            let tables_are_due = tokio::select! {
                () = &mut tables => true,
                () = sleep(STREAMS) => false,
            };
            if tables_are_due {
                // From its begin on: a clock that is moved meanwhile has it come again, even one that stands still then.
                tables.set(self.clock.sleep(TABLES));
                self.remove_from_tables().await;
            }
            self.remove_from_streams().await;
            sleep(SHORTEST).await;
        }
    }

    async fn remove_from_tables(&self) {
        let now = self.clock.is_set().then(|| self.clock.shows());
        let (operations, beside) = (Arc::clone(&self.operations), Arc::clone(&self.beside));
        let removed = spawn_blocking(move || match now {
            // The engine reads whole tables for it, page by page, and lets others in between.
            None => operations.database.sweep_ttl(),
            // It goes by the machine's clock.
            Some(now) => ttl::sweep(&operations, &beside, now),
        });
        self.note(removed.await, "records whose time is over");
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
