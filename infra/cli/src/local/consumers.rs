//! What Lambda's event source mappings do: each reads a table's stream for one consumer, and hands it the
//! records as the events that Lambda would make of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lambda_http::LambdaEvent;
use tokio::task::yield_now;
use tokio::time::sleep;
use wrapup::dynamodb::Table;
use wrapup_functions::{StreamEvent, StreamFunction};

use super::engine::{Stream, StreamError, files};
use super::invocation;

/// How long a mapping waits where there was nothing new: as long as Lambda does.
const PAUSE: Duration = Duration::from_millis(250);

/// How long it waits where reading failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Records of one event: as many as the templates say.
const BATCH: usize = 10;

/// How often a record is handed over before it is given up.
const ATTEMPTS: u32 = 3;

/// A consumer, and how far it has come in the stream.
pub struct EventSource {
    stream: Stream,
    function: Arc<StreamFunction>,
    position: Position,
}

/// Up to where the stream has been read, kept beside the data so that a restart goes on from there.
struct Position {
    file: Option<PathBuf>,
}

impl EventSource {
    /// A mapping that goes on where the last one of this consumer and table on this data ended.
    pub fn new(table: Table, stream: Stream, function: Arc<StreamFunction>, data: Option<&Path>) -> Self {
        let consumer = function.consumer().name();
        let reader = match table {
            Table::Segments => consumer.to_owned(),
            other => format!("{consumer}-{}", other.platform_name()),
        };
        let file = data.map(|data| data.join(files::position_of(&reader)));
        Self { stream, function, position: Position { file } }
    }

    /// Hands the consumer whatever comes, for good.
    pub async fn run(self) {
        loop {
            let Err(error) = self.read().await;
            let function = self.function.consumer().name();
            tracing::warn!(function, table = self.stream.table(), %error, "a stream could not be read");
            sleep(PAUSE_AFTER_ERROR).await;
        }
    }

    async fn read(&self) -> Result<std::convert::Infallible, StreamError> {
        let mut iterator = self.begin()?;
        loop {
            let batch = self.stream.read(iterator, BATCH)?;
            iterator = batch.next;
            match batch.last {
                Some(last) => {
                    self.hand_over(batch.event).await;
                    self.position.keep(&last)?;
                    // What nobody wants is read without a pause, and others have to have their turn, too.
                    yield_now().await;
                }
                None => sleep(PAUSE).await,
            }
        }
    }

    fn begin(&self) -> Result<String, StreamError> {
        if let Some(kept) = self.position.kept()? {
            match self.stream.behind(Some(kept)) {
                Ok(iterator) => return Ok(iterator),
                Err(error) => {
                    tracing::warn!(table = self.stream.table(), %error, "a stream is read from its begin again")
                }
            }
        }
        self.stream.behind(None)
    }

    /// Hands a batch over, and from its first failed record on again, as Lambda does. A record that fails each time
    /// is given up, which Lambda would send to the dead-letter queue.
    async fn hand_over(&self, mut event: StreamEvent) {
        let mut attempts = 0;
        while !event.records.is_empty() {
            let response = self.function.handle(LambdaEvent::new(event.clone(), invocation())).await;
            let failed: Vec<_> =
                response.batch_item_failures.into_iter().map(|failed| failed.item_identifier).collect();
            let first = event.records.iter().position(|record| failed.contains(&record.change.sequence_number));
            let Some(first) = first else { return };
            event.records.drain(..first);
            attempts = if first == 0 { attempts + 1 } else { 1 };
            if attempts == ATTEMPTS {
                tracing::error!(function = self.function.consumer().name(), "a stream record was given up");
                event.records.remove(0);
                attempts = 0;
            } else {
                sleep(Duration::from_secs(1) * attempts).await;
            }
        }
    }
}

impl Position {
    fn kept(&self) -> io::Result<Option<String>> {
        let Some(file) = &self.file else { return Ok(None) };
        match fs::read_to_string(file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn keep(&self, sequence_number: &str) -> io::Result<()> {
        match &self.file {
            Some(file) => files::replace(file, sequence_number),
            None => Ok(()),
        }
    }
}
