//! Stores the ends of wrap-ups whose deadlines have passed, where nobody else has.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::dynamodb::LONGEST_OPERATION;
use wrapup::segments::{Segments, Swept};
use wrapup::system::StartError;
use wrapup::watch::{self, Unit};
use wrapup_functions::job::{Job, JobFailed, run};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    run(CloseOverdue::new(&System::from_env()?.with_retention_from_env()?)).await
}

/// The job. Finds open segments by the index, reads them, and where it has not seen the snapshot the configuration table;
/// updates the segment table.
pub struct CloseOverdue {
    segments: Segments,
    clock: Clock,
}

impl CloseOverdue {
    /// The job of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone(), clock: system.clock().clone() }
    }

    /// Says what the run's line has of a sweep.
    fn report(&self, swept: &Swept) {
        let now = self.clock.now().into();
        watch::note(|tally| {
            tally.count("found", Unit::Count, swept.found);
            // Each is a metric, which is paid for while it is written.
            for (name, count) in [("lost_races", swept.lost), ("mended", swept.mended), ("not_stored", swept.failed)] {
                if count > 0 {
                    tally.count(name, Unit::Count, count);
                }
            }
            let oldest = swept.oldest.map_or(0, |due_on| due_on.seconds_until(now));
            tally.measure("oldest_overdue_seconds", Unit::Seconds, oldest);
        });
    }
}

#[async_trait]
impl Job for CloseOverdue {
    fn name(&self) -> &'static str {
        "close-overdue"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn every_locally(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn run(&self, deadline: Instant) -> Result<&'static str, JobFailed> {
        // What is begun last has the time that a request may take.
        let until = deadline.checked_sub(LONGEST_OPERATION).unwrap_or(deadline);
        match self.segments.close_overdue(until).await {
            Ok(swept) => {
                self.report(&swept);
                Ok(match swept {
                    Swept { found: 0, .. } => "nothing due",
                    Swept { oldest: None, .. } => "all stored",
                    _ => "some left",
                })
            }
            Err(error) => {
                tracing::error!(%error, "the segments whose deadlines have passed cannot be found");
                Err(JobFailed)
            }
        }
    }
}
