//! Jobs behind Lambda's events: whatever is in these, a run is a run, and is reported.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::time::Instant;
use wrapup::clock::Clock;
use wrapup_functions::{Job, JobFailed, JobFunction};
use wrapup_lambda_tests::Reports;

/// A job that does what it is told.
enum ScriptedJob {
    Counts,
    Fails,
    NeverEnds,
}

#[async_trait]
impl Job for ScriptedJob {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn run(&self, _: Instant) -> Result<&'static str, JobFailed> {
        match self {
            Self::Counts => Ok("counted"),
            Self::Fails => Err(JobFailed),
            Self::NeverEnds => std::future::pending().await,
        }
    }
}

/// Runs a job once; answers its failure, and its line.
async fn run(job: ScriptedJob, event: &Value, milliseconds: u64) -> (Option<String>, Value) {
    let reports = Reports::default();
    let function = JobFunction::new(Box::new(job), Clock::system()).with_reporter(reports.reporter(Clock::system()));
    let now = u64::try_from(Clock::system().since_epoch().as_millis()).expect("milliseconds");
    let mut context = Context::default();
    context.deadline = now + milliseconds;
    let payload = serde_json::from_str(&event.to_string()).expect("any JSON");
    let done = function.handle(LambdaEvent::new(payload, context)).await;
    (done.err().map(|failure| failure.error_message), reports.one())
}

#[tokio::test]
async fn a_run_is_reported_whatever_the_event_says() {
    for event in [json!({"version": "0", "detail-type": "Scheduled Event"}), json!(null), json!("now"), json!([])] {
        let (failure, line) = run(ScriptedJob::Counts, &event, 30_000).await;
        assert_eq!(failure, None);
        assert_eq!((&line["endpoint"], &line["outcome"]), (&json!("scripted"), &json!("counted")));
    }
}

#[tokio::test]
async fn a_run_that_fails_or_takes_too_long_is_an_error_of_the_function() {
    for (job, words) in [(ScriptedJob::Fails, "left something undone"), (ScriptedJob::NeverEnds, "too long")] {
        let (failure, line) = run(job, &json!({}), 1_200).await;
        assert!(failure.expect("an error").contains(words));
        assert_eq!(line["outcome"], "failed");
    }
}
