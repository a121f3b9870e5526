//! The embedded DynamoDB. The API asks it through the same SDK as DynamoDB in AWS (`transport.rs`); over HTTP
//! (`operations.rs`) operator's commands and functions find it.

mod expiry;
pub mod files;
mod operations;
mod stream;
mod tokens;
mod transport;

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use dynoxide::storage::Storage;
use dynoxide::{Database, DynoxideError};
use wrapup::dynamodb::{Dynamo, Tables};

use super::LocalError;
use expiry::Expiry;
use operations::Operations;
pub use stream::{Stream, StreamError};

/// Where SQLite keeps data in memory that more than one connection of this process can open.
const MEMORY: &str = "file:wrapup?mode=memory&cache=shared";

/// At each write to a table with a stream the engine looks for the stream's last record, and has no index for it: it
/// reads all there are.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS wrapup_stream_records \
                     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// An open database.
pub struct Engine {
    operations: Arc<Operations>,
    /// Keeps other processes off the data for as long as this one runs.
    _lock: Option<File>,
}

impl Engine {
    /// Opens the data; without a folder everything is kept in memory.
    pub fn open(data: Option<&Path>) -> Result<Self, LocalError> {
        let (database, lock) = match data {
            None => (indexed(MEMORY).map_err(|error| failed(Path::new("memory"), &error))?, None),
            Some(data) => {
                let (database, lock) = in_folder(data)?;
                (database, Some(lock))
            }
        };
        Ok(Self { operations: Arc::new(Operations::new(database)), _lock: lock })
    }

    /// DynamoDB's HTTP API.
    pub fn routes(&self) -> Router {
        Arc::clone(&self.operations).routes()
    }

    /// What the API reaches it by.
    pub fn dynamo(&self, tables: Tables) -> Dynamo {
        Dynamo::new(transport::client(Arc::clone(&self.operations)), tables)
    }

    /// What removes records whose time is over.
    pub fn expiry(&self) -> Expiry {
        Expiry::new(Arc::clone(&self.operations))
    }

    /// The stream of a table that has one.
    pub fn stream(&self, table: &str) -> Result<Stream, StreamError> {
        Stream::of(Arc::clone(&self.operations), table)
    }
}

fn in_folder(data: &Path) -> Result<(Database, File), LocalError> {
    files::make(data).map_err(|error| failed(data, &error))?;
    let lock = files::open(&data.join(files::LOCK)).map_err(|error| failed(data, &error))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => failed(data, &"another `wrapup local` uses it; choose another folder by --data"),
        TryLockError::Error(error) => failed(data, &error),
    })?;
    files::close(data).map_err(|error| failed(data, &error))?;
    let database = indexed(&data.join(files::DATABASE).to_string_lossy()).map_err(|error| failed(data, &error))?;
    Ok((database, lock))
}

/// The database at this path, with our index.
fn indexed(path: &str) -> Result<Database, DynoxideError> {
    let storage = Storage::new(path)?;
    storage.conn().execute_batch(INDEX)?;
    // While the first connection is open: data in memory is gone with the last one.
    Database::new(path)
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
        for path in [MEMORY, &folder.path().join("dynamodb.sqlite").to_string_lossy()] {
            let _database = indexed(path)?;
            // As the engine asks it, on the same data by another connection.
            let plan = Storage::new(path)?.conn().query_row(
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
