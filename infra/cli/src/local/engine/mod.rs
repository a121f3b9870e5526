//! The embedded DynamoDB. The API asks it through the same SDK as DynamoDB in AWS (`transport.rs`); over HTTP
//! (`operations.rs`) operator's commands and functions find it.

mod expiry;
pub mod files;
mod operations;
mod stream;
mod tokens;
mod transport;
mod trimming;
mod ttl;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use dynoxide::storage::Storage;
use dynoxide::{Database, DynoxideError};
use wrapup::dynamodb::{Dynamo, Tables};

use super::LocalError;
use super::clock::LocalClock;
use crate::owned;
use expiry::Expiry;
pub use operations::MEND;
use operations::{Operations, is_damage};
pub use stream::{Stream, StreamError};

/// A place of its own where SQLite keeps data in memory that more than one connection of this process can open.
fn in_memory() -> String {
    format!("file:wrapup-{}?mode=memory&cache=shared", uuid::Uuid::new_v4())
}

/// At each write to a table with a stream the engine looks for the stream's last record, and has no index for it: it
/// reads all there are.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS wrapup_stream_records \
                     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// An open database.
pub struct Engine {
    operations: Arc<Operations>,
    /// The data folder, if there is one.
    data: Option<PathBuf>,
    /// A second connection, for what the engine has no operation for.
    beside: Arc<Mutex<Storage>>,
    /// Keeps other processes off the data for as long as this one runs.
    _lock: Option<File>,
}

impl Engine {
    /// Opens the data; without a folder everything is kept in memory.
    pub fn open(data: Option<&Path>) -> Result<Self, LocalError> {
        let ((database, beside), lock) = match data {
            None => (indexed(&in_memory()).map_err(|error| failed(Path::new("memory"), &error))?, None),
            Some(data) => {
                let (opened, lock) = in_folder(data)?;
                (opened, Some(lock))
            }
        };
        let operations = Arc::new(Operations::new(database));
        Ok(Self { operations, data: data.map(Path::to_owned), beside: Arc::new(Mutex::new(beside)), _lock: lock })
    }

    /// DynamoDB's HTTP API.
    pub fn routes(&self) -> Router {
        Arc::clone(&self.operations).routes()
    }

    /// What the API reaches it by.
    pub fn dynamo(&self, tables: Tables) -> Dynamo {
        Dynamo::new(transport::client(Arc::clone(&self.operations)), tables)
    }

    /// Why something failed that asked the database: its damage, if it has shown any.
    pub fn cause_of(&self, error: wrapup::Error) -> LocalError {
        match &self.data {
            Some(data) if self.operations.is_damaged() => LocalError::Damaged { data: data.clone() },
            _ => error.into(),
        }
    }

    /// What removes records whose time is over by this clock.
    pub fn expiry(&self, clock: LocalClock) -> Expiry {
        Expiry::new(Arc::clone(&self.operations), Arc::clone(&self.beside), clock)
    }

    /// Removes old records of streams as if it were `now`, since the Unix epoch; answers how many.
    #[cfg(test)]
    fn trim(&self, now: std::time::Duration) -> Result<usize, DynoxideError> {
        let beside = self.beside.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        trimming::trim(&self.operations, &beside, now)
    }

    /// The stream of a table that has one, for one more reader.
    pub fn stream(&self, table: &str) -> Result<Stream, StreamError> {
        Stream::of(Arc::clone(&self.operations), table)
    }
}

fn in_folder(data: &Path) -> Result<(Opened, File), LocalError> {
    files::make(data).map_err(|error| failed(data, &error))?;
    let lock = owned::open(&data.join(files::LOCK)).map_err(|error| failed(data, &error))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => failed(data, &"another `wrapup local` uses it; choose another folder by --data"),
        TryLockError::Error(error) => failed(data, &error),
    })?;
    files::close(data).map_err(|error| failed(data, &error))?;
    let file = data.join(files::DATABASE);
    let opened = indexed(&file.to_string_lossy()).map_err(|error| match is_damage(&error) {
        true => LocalError::Damaged { data: data.to_owned() },
        false => failed(data, &error),
    })?;
    Ok((opened, lock))
}

/// The database as the engine has it, and a connection beside that.
type Opened = (Database, Storage);

/// The database at this path, with our index.
fn indexed(path: &str) -> Result<Opened, DynoxideError> {
    let beside = Storage::new(path)?;
    beside.conn().execute_batch(INDEX)?;
    // While the first connection is open: data in memory is gone with the last one.
    Ok((Database::new(path)?, beside))
}

fn failed(path: &Path, problem: &dyn std::fmt::Display) -> LocalError {
    LocalError::Data { path: path.to_owned(), problem: problem.to_string() }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_write_reads_all_stream_records() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        for path in [in_memory(), folder.path().join("dynamodb.sqlite").to_string_lossy().into_owned()] {
            let _database = indexed(&path)?;
            // As the engine asks it, on the same data by another connection.
            let plan = Storage::new(&path)?.conn().query_row(
                "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1 \
                 FROM _stream_records WHERE table_name = 'table'",
                (),
                |row| row.get::<_, String>("detail"),
            )?;
            assert!(plan.contains("wrapup_stream_records"), "{path}: {plan}");
        }
        Ok(())
    }
}
