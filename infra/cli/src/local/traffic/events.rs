use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::sleep;

use super::Traffic;
use crate::local::engine::{Stream, StreamError};
use crate::webhook::Narrator;

/// How long the stream is left alone where there was nothing new, and where it could not be read.
const PAUSE: Duration = Duration::from_millis(250);
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Records that are read at once.
const BATCH: usize = 25;

/// Reads the events that happen from now on.
pub struct Feed {
    traffic: Arc<Traffic>,
    /// The system's name, by which its events are told.
    run: String,
    stream: Stream,
    narrator: Narrator,
}

impl Feed {
    /// From the segment table's stream, in the form in which webhooks get them. Those of the system before are forgotten.
    pub fn new(traffic: Arc<Traffic>, stream: Stream, narrator: Narrator) -> Self {
        let run = traffic.begin_anew();
        Self { traffic, run, stream, narrator }
    }

    /// Reads, for good.
    pub async fn run(self) {
        loop {
            let Err(error) = self.read().await;
            tracing::warn!(%error, "the console's events could not be read");
            sleep(PAUSE_AFTER_ERROR).await;
        }
    }

    async fn read(&self) -> Result<Infallible, StreamError> {
        let mut iterator = self.stream.end()?;
        loop {
            let batch = self.stream.read(iterator, BATCH)?;
            iterator = batch.next;
            if batch.last.is_none() {
                sleep(PAUSE).await;
                continue;
            }
            for record in &batch.event.records {
                match self.narrator.tell(record).await {
                    Ok(Some(event)) => self.traffic.happened(&self.run, event.json()),
                    Ok(None) => {}
                    Err(error) => tracing::warn!(%error, "an event is not shown at the console"),
                }
            }
            yield_now().await;
        }
    }
}
