//! The embedded DynamoDB: its own HTTP server on a loopback port, so that the API writes to it through the same SDK as
//! to DynamoDB in AWS, and operator's commands find it. Single items the API reads by `near.rs`.

use std::fs::{DirBuilder, File, TryLockError};
use std::path::Path;

use dynoxide::storage::Storage;
use dynoxide::{Database, DynoxideError};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::LocalError;

/// Where SQLite keeps data in memory that more than one connection of this process can open.
const MEMORY: &str = "file:wrapup?mode=memory&cache=shared";

/// At each write to a table with a stream the engine looks for the stream's last record, and has no index for it: it
/// reads all there are.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS wrapup_stream_records \
                     ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

/// A running engine.
pub struct Engine {
    /// What its server serves.
    pub database: Database,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
    /// Keeps other processes off the data for as long as this one runs.
    _lock: Option<File>,
}

/// Starts the engine; without `data` it keeps everything in memory.
pub fn start(listener: TcpListener, data: Option<&Path>) -> Result<Engine, LocalError> {
    let (database, lock) = match data {
        None => (indexed(MEMORY).map_err(|error| failed(Path::new("memory"), &error))?, None),
        Some(data) => {
            let (database, lock) = open(data)?;
            (database, Some(lock))
        }
    };
    let (stop, stopped) = oneshot::channel();
    let serving = database.clone();
    let served = tokio::spawn(async move {
        // Ends when told to, and when the sender is gone.
        let stopped = async move { drop(stopped.await) };
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, serving, stopped).await {
            tracing::error!(%error, "the embedded DynamoDB broke down");
        }
    });
    Ok(Engine { database, stop, served, _lock: lock })
}

impl Engine {
    /// Finishes running requests and ends.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.served.await {
            tracing::error!(%error, "the embedded DynamoDB broke down");
        }
    }
}

fn open(data: &Path) -> Result<(Database, File), LocalError> {
    let mut folder = DirBuilder::new();
    folder.recursive(true);
    // Wrap-ups are personal data: for the owner's eyes.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(data).map_err(|error| failed(data, &error))?;
    let lock = File::create(data.join("lock")).map_err(|error| failed(data, &error))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => failed(data, &"another `wrapup local` uses it; choose another folder by --data"),
        TryLockError::Error(error) => failed(data, &error),
    })?;
    let file = data.join("dynamodb.sqlite");
    let database = indexed(&file.to_string_lossy()).map_err(|error| failed(data, &error))?;
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
