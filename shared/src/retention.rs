//! How long is kept what is over: segments from their end on, interactions and phone logs from when they were written last.
//! What has come to its end may still be there for days, until DynamoDB removes it; reads take it for gone.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::clock::DAY;
use crate::settings::{self, RETENTION_DAYS, SettingsError};

/// The column that says when a record goes, in seconds since the Unix epoch: DynamoDB removes it some time later.
pub const EXPIRES_AT: &str = "expires_at";

/// For how long a deployment keeps what is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention(NonZeroU32);

/// What is no number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number of days from 1 to 36500")]
pub struct NotDays;

impl Retention {
    /// Days that it may be at most: a hundred years.
    const MOST: u32 = 36_500;

    /// What the environment says; none where what is over is kept for good.
    pub fn from_env() -> Result<Option<Self>, SettingsError> {
        settings::read(RETENTION_DAYS, |text| text.parse())
    }

    /// When something goes that is over since then, both in time from the Unix epoch; the former in whole seconds.
    pub fn end(self, since: Duration) -> u64 {
        since.as_secs() + u64::from(self.0.get()) * DAY
    }
}

impl std::str::FromStr for Retention {
    type Err = NotDays;

    fn from_str(text: &str) -> Result<Self, NotDays> {
        let days: NonZeroU32 = text.trim().parse().map_err(|_| NotDays)?;
        if days.get() > Self::MOST { Err(NotDays) } else { Ok(Self(days)) }
    }
}
