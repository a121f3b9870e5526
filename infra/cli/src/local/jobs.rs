//! What EventBridge Scheduler does: runs jobs by the clock.

use std::time::Duration;

use lambda_http::LambdaEvent;
use serde::de::IgnoredAny;
use tokio::time::sleep;
use wrapup_functions::JobFunction;

use super::clock::LocalClock;
use super::invocation;

/// How long it is from one run to the next at least, however fast the clock is.
const SHORTEST: Duration = Duration::from_millis(50);

/// Runs a job now, and again each time its time has come by this clock, for good. Of runs that were missed one is made up
/// for.
pub async fn keep_running(function: JobFunction, clock: LocalClock) {
    loop {
        // From one begin to the next, as EventBridge Scheduler has it.
        let next = async { tokio::join!(clock.sleep(function.job().every_locally()), sleep(SHORTEST)) };
        tokio::join!(run(&function), next);
    }
}

async fn run(function: &JobFunction) {
    if let Err(failure) = function.handle(LambdaEvent::new(IgnoredAny, invocation())).await {
        tracing::error!(function = function.job().name(), error = failure.error_message, "the job failed");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use async_trait::async_trait;
    use tokio::sync::Semaphore;
    use tokio::time::Instant;
    use wrapup::clock::Clock;
    use wrapup_functions::{Job, JobFailed};

    use super::*;

    /// Has a permit for each run that has begun. Every other one fails.
    struct Counting(Arc<Semaphore>);

    #[async_trait]
    impl Job for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn every(&self) -> Duration {
            Duration::from_millis(1)
        }

        async fn run(&self, _: Instant) -> Result<&'static str, JobFailed> {
            self.0.add_permits(1);
            if self.0.available_permits().is_multiple_of(2) { Err(JobFailed) } else { Ok("counted") }
        }
    }

    #[tokio::test]
    async fn a_job_runs_again_and_again_whatever_became_of_the_last_run() -> Result<(), Box<dyn std::error::Error>> {
        let runs = Arc::new(Semaphore::new(0));
        let job = Box::new(Counting(Arc::clone(&runs)));
        let running = tokio::spawn(keep_running(JobFunction::new(job, Clock::system()), LocalClock::of_the_machine()));
        let _four = runs.acquire_many(4).await?;
        running.abort();
        Ok(())
    }
}
