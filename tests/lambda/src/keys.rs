use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use wrapup::clock::Clock;
use wrapup::users::oauth::{Kept, KeyKeeper, Keys, KeysError};

/// What keeps OAuth's keys for a test, counts how often it is asked, and is out of reach when the test wants it.
pub struct HeldKeys {
    clock: Clock,
    held: Mutex<Held>,
}

struct Held {
    text: String,
    since: Duration,
    asked: usize,
    failing: bool,
}

impl HeldKeys {
    /// New keys, since now.
    pub fn new(clock: Clock) -> Self {
        let text = Keys::first().expect("a key").to_string();
        let since = clock.since_epoch();
        Self { clock, held: Mutex::new(Held { text, since, asked: 0, failing: false }) }
    }

    /// How often they were read since the last time this was called.
    pub fn asked(&self) -> usize {
        std::mem::take(&mut self.held().asked)
    }

    /// Puts them out of reach, or within it again.
    pub fn fail(&self, failing: bool) {
        self.held().failing = failing;
    }

    /// Puts new ones in their place, of which none is an old one.
    pub fn put_new(&self) {
        let text = Keys::first().expect("a key").to_string();
        self.put(&text);
    }

    /// Puts any text in their place.
    pub fn put(&self, text: &str) {
        let since = self.clock.since_epoch();
        let mut held = self.held();
        (held.text, held.since) = (text.to_owned(), since);
    }

    /// As they are written.
    pub fn text(&self) -> String {
        self.held().text.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyKeeper for HeldKeys {
    async fn read(&self) -> Result<Kept, KeysError> {
        let mut held = self.held();
        held.asked += 1;
        if held.failing {
            return Err(KeysError::Aws {
                secret: "keys".to_owned(),
                failure: wrapup::aws::AwsFailure::NotReached("as the test wants".to_owned()),
            });
        }
        let since = (SystemTime::UNIX_EPOCH + held.since).into();
        Ok(Kept { text: held.text.clone().into(), version: format!("{:?}", held.since), since })
    }

    async fn replace(&self, read: &Kept, text: zeroize::Zeroizing<String>) -> Result<bool, KeysError> {
        let still = format!("{:?}", self.held().since) == read.version;
        if still {
            self.put(&text);
        }
        Ok(still)
    }
}
