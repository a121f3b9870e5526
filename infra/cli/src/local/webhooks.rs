//! Webhooks of the local system: each event of a segment is kept for each of them, and posted until it is taken. A call
//! of the API waits for none of it: it is the segment table's stream that is read.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{sleep, timeout};

use super::clock::LocalClock;
use super::engine::{Stream, StreamError, files};
use crate::owned;
use crate::webhook::{Due, KeptEvent, Narrator, NotTaken, Outbox, OutboxError, Poster, WebhookUrl};

/// How long the stream is left alone where there was nothing new: as long as Lambda does.
const PAUSE: Duration = Duration::from_millis(250);

/// How long all waits where the stream, the outbox or a snapshot could not be read.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Records that are read at once.
const BATCH: usize = 25;

/// Events, of a segment each, that are on their way to a webhook at once.
const AT_ONCE: usize = 16;

/// How long the first repetition of an event waits; each further one waits twice as long, up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long a receiver may have itself left alone by `Retry-After`.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(5 * 60);

/// The outbox of a data folder, for its owner's eyes; without a folder it is in memory.
pub fn outbox(data: Option<&Path>) -> Result<Outbox, super::LocalError> {
    let Some(data) = data else { return Ok(Outbox::open(None)?) };
    let file = data.join(files::OUTBOX);
    let failed = |error: io::Error| super::LocalError::Data { path: file.clone(), problem: error.to_string() };
    owned::open(&file).map_err(failed)?;
    Outbox::open(Some(&file)).map_err(|error| match error.is_damage() {
        true => super::LocalError::DamagedOutbox { file },
        false => error.into(),
    })
}

/// Says which webhooks events wait for that are not among those that there are now.
pub fn name_those_that_are_gone(outbox: &Outbox, now: &[WebhookUrl]) -> Result<(), OutboxError> {
    for (webhook, events) in outbox.waiting()? {
        let url: Option<WebhookUrl> = webhook.parse().ok();
        if let Some(webhook) = url.filter(|url| !now.contains(url)) {
            tracing::warn!(%webhook, events, "events are kept for a webhook that is not given now");
        }
    }
    Ok(())
}

/// A webhook, and what is posted to it.
pub struct Webhook {
    outbox: Arc<Outbox>,
    poster: Arc<Poster>,
    stream: Stream,
    narrator: Narrator,
    clock: LocalClock,
    /// How long an event is sent again before it is put aside.
    patience: Duration,
    started: OffsetDateTime,
    /// Something new is in the outbox.
    kept: Notify,
}

/// Why reading or delivering stops for a while.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the segment table's stream: {0}")]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error("what a configuration says: {0}")]
    Snapshot(wrapup::Error),
}

impl Webhook {
    /// A webhook that goes on where the last one of this URL on this data ended; where there was none, it gets what
    /// happens from now on.
    ///
    /// # Errors
    /// Where the stream or the outbox cannot be read or written.
    pub fn new(
        outbox: Arc<Outbox>,
        poster: Poster,
        stream: Stream,
        narrator: Narrator,
        clock: LocalClock,
        patience: Duration,
    ) -> Result<Self, super::LocalError> {
        let now = clock.now();
        if outbox.position(poster.url(), stream.table())?.is_none() {
            outbox.keep(poster.url(), stream.table(), &stream.end()?, &[], now)?;
        }
        outbox.begin_anew(poster.url())?;
        let poster = Arc::new(poster);
        Ok(Self { outbox, poster, stream, narrator, clock, patience, started: now, kept: Notify::new() })
    }

    /// Reads and posts, for good.
    pub async fn run(self) {
        let webhook = self.poster.url();
        let reading = async {
            loop {
                let Err(error) = self.read().await;
                tracing::warn!(%webhook, %error, "events could not be kept for a webhook");
                sleep(PAUSE_AFTER_ERROR).await;
            }
        };
        let posting = async {
            loop {
                let Err(error) = self.post_what_is_due().await;
                tracing::warn!(%webhook, %error, "events could not be posted to a webhook");
                sleep(PAUSE_AFTER_ERROR).await;
            }
        };
        tokio::join!(reading, posting);
    }

    /// Keeps what the stream tells, and with it how far it has been read.
    async fn read(&self) -> Result<Infallible, Trouble> {
        let (webhook, stream) = (self.poster.url(), self.stream.table());
        let mut iterator = match self.outbox.position(webhook, stream)? {
            Some(kept) => kept,
            None => self.stream.behind(None)?,
        };
        loop {
            let batch = self.stream.read(iterator.clone(), BATCH)?;
            if batch.last.is_none() {
                sleep(PAUSE).await;
                continue;
            }
            let mut events = Vec::new();
            for record in &batch.event.records {
                match self.narrator.tell(record).await {
                    Ok(event) => events.extend(event.as_ref().map(KeptEvent::from)),
                    Err(error) if error.kind() == wrapup::error::Kind::Unavailable => {
                        return Err(Trouble::Snapshot(error));
                    }
                    Err(error) => tracing::error!(%error, "a record of the segment table's stream cannot be read"),
                }
            }
            self.outbox.keep(webhook, stream, &batch.next, &events, self.clock.now())?;
            iterator = batch.next;
            if !events.is_empty() {
                self.kept.notify_one();
            }
            // What nobody wants is read without a pause, and others have to have their turn, too.
            yield_now().await;
        }
    }

    /// Posts whatever is due: of a segment one event at a time, of several segments at once.
    async fn post_what_is_due(&self) -> Result<Infallible, OutboxError> {
        let webhook = self.poster.url();
        let mut on_the_way = JoinSet::new();
        let mut segments: HashSet<String> = HashSet::new();
        let mut looked_on = self.clock.now();
        loop {
            let now = self.clock.now();
            if now < looked_on {
                // The clock was put back: what was to be sent again soon would wait until it is as late once more.
                self.outbox.begin_anew(webhook)?;
            }
            looked_on = now;
            if on_the_way.len() < AT_ONCE {
                // As many more as may be of segments that have one on its way.
                let due = self.outbox.due(webhook, now, AT_ONCE + segments.len())?;
                let due = due.into_iter().filter(|due| !segments.contains(&due.subject));
                for due in due.take(AT_ONCE - on_the_way.len()).collect::<Vec<_>>() {
                    segments.insert(due.subject.clone());
                    let poster = Arc::clone(&self.poster);
                    on_the_way.spawn(async move {
                        let posted = poster.post(due.json.clone()).await;
                        (due, posted)
                    });
                }
            }
            let next = self.outbox.next_due(webhook, now)?;
            let wait = next.map_or(PAUSE_AFTER_ERROR, |next| (next - now).try_into().unwrap_or(Duration::ZERO));
            tokio::select! {
                Some(posted) = on_the_way.join_next() => {
                    // Nothing panics in it; and if it did, the event would come again after the next start.
                    if let Ok((due, posted)) = posted {
                        segments.remove(&due.subject);
                        self.settle(&due, posted)?;
                    }
                }
                _ = timeout(PAUSE_AFTER_ERROR, async {
                    tokio::select! {
                        () = self.kept.notified() => {}
                        () = self.clock.sleep(wait) => {}
                    }
                }) => {}
            }
        }
    }

    /// Draws the consequence of what became of an attempt.
    fn settle(&self, due: &Due, posted: Result<(), NotTaken>) -> Result<(), OutboxError> {
        let (webhook, now) = (self.poster.url(), self.clock.now());
        let Err(problem) = posted else { return self.outbox.taken(webhook, due, now) };
        // While nobody tried, no time was given: what is older than this process begins with it.
        let tried_for = now - due.kept_on.max(self.started);
        if tried_for >= self.patience {
            tracing::error!(%webhook, event = due.id, segment = due.subject, %problem, "an event was put aside: see wrapup events failed");
            return self.outbox.put_aside(webhook, due, &problem.to_string(), now);
        }
        if due.failures == 0 {
            tracing::warn!(%webhook, event = due.id, segment = due.subject, %problem, "an event is posted again");
        }
        self.outbox.again(webhook, due, now + wait(due.failures, problem.retry_after()))
    }
}

/// How long an event waits that was posted in vain, after so many that were, too.
fn wait(failures: u32, retry_after: Option<Duration>) -> Duration {
    let own = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_WAIT);
    retry_after.map_or(own, |wanted| wanted.min(LONGEST_RETRY_AFTER).max(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_come_ever_later_and_as_late_as_the_receiver_wants() {
        let seconds = |failures, wanted: Option<u64>| wait(failures, wanted.map(Duration::from_secs)).as_secs();
        let waits: Vec<_> = (0..8).map(|failures| seconds(failures, None)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(seconds(u32::MAX, None), 60);
        // Never earlier than of its own accord, and not as late as it likes.
        assert_eq!((seconds(0, Some(30)), seconds(7, Some(30)), seconds(0, Some(u64::MAX))), (30, 60, 300));
    }
}
