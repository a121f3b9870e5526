use std::time::Duration;

use aws_sdk_dynamodb::config::{AsyncSleep, SharedAsyncSleep};

use super::{Dynamo, Error};

/// How long a write waits in all that others get in the way of: a call has to be answered.
const LONGEST: Duration = Duration::from_secs(10);

/// Waits before a write that lost a race to others is tried again, or gives up.
#[derive(Debug)]
pub struct Patience {
    sleep: Option<SharedAsyncSleep>,
    round: u32,
    waited: Duration,
}

impl Patience {
    /// For a write that begins now. It waits as the SDK does between its own tries.
    pub fn new(dynamo: &Dynamo) -> Self {
        Self { sleep: dynamo.client.config().sleep_impl(), round: 0, waited: Duration::ZERO }
    }

    /// Waits: longer each time, and not the same time as the others who wait. Each race has a winner, so that even of a crowd
    /// all come through.
    ///
    /// # Errors
    /// [`Error::Contended`] where it has taken too long.
    pub async fn wait(&mut self) -> Result<(), Error> {
        if self.waited >= LONGEST {
            return Err(Error::Contended);
        }
        let most = 10_u64 << self.round.min(6);
        let time = Duration::from_millis(fastrand::u64(most / 2..=most));
        match &self.sleep {
            Some(sleep) => sleep.sleep(time).await,
            None => tokio::time::sleep(time).await,
        }
        self.round += 1;
        self.waited += time;
        Ok(())
    }
}
