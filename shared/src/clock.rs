//! The time, as a value that is handed in, so that a test can set it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

/// Seconds of a day.
pub const DAY: u64 = 24 * 60 * 60;

/// Tells the time. The only place of the project that asks the machine for it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn system() -> Self {
        Self(Arc::new(SystemTime::now))
    }

    /// A clock that shows what `now` answers.
    pub fn from_fn(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now, UTC.
    pub fn now(&self) -> OffsetDateTime {
        (self.0)().into()
    }

    /// Time since the Unix epoch.
    pub fn since_epoch(&self) -> Duration {
        (self.0)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
