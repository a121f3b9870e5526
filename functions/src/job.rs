//! Jobs: functions that the clock runs.

use std::time::Duration;

use async_trait::async_trait;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use tokio::time::{Instant, timeout_at};
use wrapup::clock::Clock;
use wrapup::logging;
use wrapup::system::StartError;
use wrapup::watch::{self, Reporter};

use crate::invocation::{call_ids, deadline};

/// A function that the clock runs. It may run late, and beside another run of itself.
#[async_trait]
pub trait Job: Send + Sync {
    /// The function's name, by which its reports go.
    fn name(&self) -> &'static str;

    /// How long it is from one run to the next: whole minutes, since EventBridge Scheduler knows nothing shorter.
    fn every(&self) -> Duration;

    /// The same in the local system, whose clock knows seconds, too.
    fn every_locally(&self) -> Duration {
        self.every()
    }

    /// Does what there is to do until the deadline. Answers what came of it, as reports name it.
    ///
    /// # Errors
    /// Something is left undone that the next run has to do; the log says why.
    async fn run(&self, deadline: Instant) -> Result<&'static str, JobFailed>;
}

/// A run has left something undone; the log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run has left something undone; the log says why")]
pub struct JobFailed;

/// A job behind Lambda's events, whatever is in them.
pub struct JobFunction {
    job: Box<dyn Job>,
    clock: Clock,
    reporter: Option<Reporter>,
}

/// Serves a job as a Lambda function: all that its `main` does.
pub async fn run(job: impl Job + 'static) -> Result<(), StartError> {
    logging::init();
    let clock = Clock::system();
    let function = JobFunction::new(Box::new(job), clock.clone()).with_reporter(Reporter::stdout(clock));
    Ok(lambda_runtime::run(service_fn(async |event| function.handle(event).await)).await?)
}

impl JobFunction {
    /// The function around a job. By the clock it knows how much of an invocation's time is left.
    pub fn new(job: Box<dyn Job>, clock: Clock) -> Self {
        Self { job, clock, reporter: None }
    }

    /// Reports every run.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// The job.
    pub fn job(&self) -> &dyn Job {
        self.job.as_ref()
    }

    /// Runs the job once, and reports it.
    ///
    /// # Errors
    /// The run failed or took too long, which counts as an error of the function.
    pub async fn handle(&self, event: LambdaEvent<IgnoredAny>) -> Result<(), Diagnostic> {
        let deadline = deadline(&event.context, &self.clock);
        let report = self.reporter.as_ref().map(|reporter| reporter.begin(call_ids(&event.context)));
        let running = timeout_at(deadline, self.job.run(deadline));
        let (done, tally) = match &report {
            Some(report) => report.counted(running).await,
            None => watch::counted(running).await,
        };
        let (outcome, failure) = match done {
            Ok(Ok(outcome)) => (outcome, None),
            Ok(Err(error)) => ("failed", Some(error.to_string())),
            Err(_) => ("failed", Some("the run took too long".to_owned())),
        };
        if let Some(report) = report {
            report.end(self.job.name(), outcome, &tally);
        }
        match failure {
            Some(error_message) => Err(Diagnostic { error_type: "JobFailed".to_owned(), error_message }),
            None => Ok(()),
        }
    }
}
