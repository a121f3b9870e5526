//! What happens on the local system, for whoever develops a client against it: each exchange with the API as it was sent
//! and answered, and each event as webhooks get it. All of it is in memory alone and bounded, and read by supervisors
//! at the console ([`page`]); a terminal is told a line of each exchange, without what people have said ([`log`]).

mod events;
mod exchange;
mod ignored;
mod log;
mod masks;
mod page;
mod recorder;
mod ring;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use wrapup::clock::Clock;

pub use events::Feed;
use exchange::Exchange;
pub use ignored::Known as KnownFields;
use log::{Log, LogForm};
pub use page::{Console, DemoUser};
use ring::Ring;

/// Exchanges that are kept, and bytes that all of them have.
const MOST_EXCHANGES: usize = 500;
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Events that are kept, and bytes that all of them have.
const MOST_EVENTS: usize = 500;
const MOST_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of a single answer to the console; what is beyond is asked for next.
const MOST_OF_AN_ANSWER: usize = 2 * 1024 * 1024;

/// How long the console waits for something new, and how many pages do at once; others are answered without waiting.
const WAIT: Duration = Duration::from_secs(20);
const MOST_WAITING: usize = 32;

/// What `wrapup local` takes of it.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// How each request is told of on standard output: lines on a terminal, off elsewhere, unless this says otherwise
    #[arg(long, value_name = "FORM")]
    log: Option<LogForm>,
    /// Have the log say queries, bodies and whole messages, too: they are personal data
    #[arg(long)]
    log_bodies: bool,
}

/// The exchanges and events that are kept.
pub struct Traffic {
    clock: Clock,
    log: Option<Log>,
    kept: Mutex<Kept>,
    changed: watch::Sender<bool>,
    waiting: Semaphore,
}

struct Kept {
    /// Of this process and the system that serves: what a page knows from an earlier one counts for nothing.
    run: String,
    exchanges: Ring<Exchange>,
    events: Ring<String>,
}

/// What a page has already.
pub struct Known {
    run: String,
    exchange: u64,
    event: u64,
}

/// What is new.
#[derive(Serialize)]
struct News {
    run: String,
    exchanges: Vec<(u64, Arc<Exchange>)>,
    events: Vec<(u64, Arc<String>)>,
    /// Whether there is more already.
    more: bool,
}

impl Traffic {
    /// Nothing yet.
    pub fn new(options: &Options, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            clock,
            log: Log::start(options),
            kept: Mutex::new(Kept {
                run: new_run(),
                exchanges: Ring::new(MOST_EXCHANGES, MOST_BYTES),
                events: no_events(),
            }),
            changed: watch::Sender::new(false),
            waiting: Semaphore::new(MOST_WAITING),
        })
    }

    /// Answers the pages that wait, and lets none wait any more.
    pub fn end(&self) {
        self.changed.send_replace(true);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exchanged(&self, exchange: Exchange) {
        if let Some(log) = &self.log {
            log.tell(&exchange);
        }
        let bytes = exchange.bytes();
        self.kept().exchanges.push(exchange, bytes);
        self.changed.send_modify(|_| {});
    }

    /// Forgets the events of the system that has served, since its segments are gone. What clients have sent is kept. Answers
    /// by which name the events of the next system are told.
    fn begin_anew(&self) -> String {
        let run = new_run();
        let mut kept = self.kept();
        kept.run.clone_from(&run);
        kept.events = no_events();
        drop(kept);
        self.changed.send_modify(|_| {});
        run
    }

    /// Keeps an event of the system of this name; one of an earlier system is not of interest any more.
    fn happened(&self, run: &str, event: &str) {
        let mut kept = self.kept();
        if kept.run == run {
            kept.events.push(event.to_owned(), event.len());
            drop(kept);
            self.changed.send_modify(|_| {});
        }
    }

    /// What is new to a page, which is waited for.
    async fn news(&self, known: &Known) -> News {
        let mut changed = self.changed.subscribe();
        let ended = *changed.borrow_and_update();
        let news = self.news_now(known);
        if ended || news.run != known.run || !news.exchanges.is_empty() || !news.events.is_empty() {
            return news;
        }
        let Ok(_place) = self.waiting.try_acquire() else { return news };
        // That nothing came in time is no error.
        let _ = timeout(WAIT, changed.changed()).await;
        self.news_now(known)
    }

    fn news_now(&self, known: &Known) -> News {
        let kept = self.kept();
        let (exchange, event) = match known.run == kept.run {
            true => (known.exchange, known.event),
            false => (0, 0),
        };
        let (exchanges, more_exchanges) = kept.exchanges.behind(exchange, MOST_OF_AN_ANSWER);
        let (events, more_events) = kept.events.behind(event, MOST_OF_AN_ANSWER);
        News { run: kept.run.clone(), exchanges, events, more: more_exchanges || more_events }
    }
}

fn new_run() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn no_events() -> Ring<String> {
    Ring::new(MOST_EVENTS, MOST_EVENT_BYTES)
}
