//! The AI filler as a Lambda function on the segment table's stream: suggests a code and notes for segments
//! that open without, where the configuration wants them and no third party's AI is used.

use std::time::Duration;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use serde_dynamo::AttributeValue;
use tokio::time::{Instant, timeout_at};
use wrapup::ai::{AiSettings, Filler, ProviderKind, aws_of_function};
use wrapup::clock::Clock;
use wrapup::redaction::Redactor;
use wrapup::system::StartError;
use wrapup::watch::{self, CallIds, Reporter};
use wrapup::{System, logging};

/// Segments of a batch that are read at once: waiting for a model is all that takes time.
const AT_ONCE: usize = 10;

/// What is left of an invocation's time when segments are given up, so that the answer still says which.
const MARGIN: Duration = Duration::from_secs(1);

/// The time of an invocation that says none, as under `cargo lambda watch`: in Lambda there is always some left.
const UNSAID: Duration = Duration::from_secs(30);

/// The function. Reads the segment table, configurations' snapshots, interactions, and what the interaction
/// segment tables are kept in; updates the segment table; asks the provider.
pub struct AiFiller {
    filler: Option<Filler>,
    clock: Clock,
    reporter: Option<Reporter>,
}

/// Serves the function with the provider that the environment chooses: all that a `main` does.
pub async fn run(system: System) -> Result<(), StartError> {
    logging::init();
    let clock = Clock::system();
    let provider = AiSettings::from_env(ProviderKind::Extractive)?.provider(&clock, aws_of_function)?;
    let redactor = Redactor::from_env()?;
    let filler = provider.map(|provider| Filler::new(&system, provider).with_redactor(redactor));
    let function = AiFiller::new(filler, clock.clone()).with_reporter(Reporter::stdout(clock));
    Ok(lambda_runtime::run(service_fn(|event| function.handle(event))).await?)
}

impl AiFiller {
    /// The function around a filler; without one, where AI is switched off, it lets all records pass. By the clock
    /// it knows how much of an invocation's time is left.
    pub fn new(filler: Option<Filler>, clock: Clock) -> Self {
        Self { filler, clock, reporter: None }
    }

    /// Reports every segment.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// Fills the segments of a batch of stream records. Answers the records that have to be delivered again.
    pub async fn handle(&self, event: LambdaEvent<Event>) -> Result<DynamoDbEventResponse, Error> {
        let Some(filler) = &self.filler else { return Ok(DynamoDbEventResponse::default()) };
        let LambdaEvent { payload, context } = &event;
        let deadline = self.deadline(context);
        let fillings = payload.records.iter().filter_map(|record| Some((record, opened(record)?)));
        let fillings = fillings.map(|(record, sys_id)| async move {
            let failed = !self.fill(filler, sys_id, deadline, context).await;
            failed.then(|| record.change.sequence_number.clone())
        });
        let fillings: Vec<_> = fillings.collect();
        let failed: Vec<_> = stream::iter(fillings).buffered(AT_ONCE).collect().await;
        let mut response = DynamoDbEventResponse::default();
        response.batch_item_failures = failed
            .into_iter()
            .flatten()
            .map(|sequence_number| {
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = sequence_number;
                failure
            })
            .collect();
        Ok(response)
    }

    /// Fills a segment, and says so in the log. Answers whether it is done with.
    async fn fill(&self, filler: &Filler, segment: &str, deadline: Instant, context: &Context) -> bool {
        let report = self.reporter.as_ref().map(|reporter| reporter.begin(origin(context)));
        let filling = timeout_at(deadline, filler.fill(segment, deadline));
        let (filled, tally) = match &report {
            Some(report) => report.counted(filling).await,
            None => watch::counted(filling).await,
        };
        let outcome = filled.as_ref().ok().and_then(|filled| filled.as_ref().ok()).map_or("failed", |it| it.as_str());
        if let Some(report) = report {
            report.end("ai-filler", outcome, &tally);
        }
        let provider = filler.provider();
        let (source, model) = (provider.source(), provider.model());
        match &filled {
            Ok(Ok(_)) => tracing::info!(segment, outcome, source, model, "segment read"),
            Ok(Err(error)) => tracing::error!(segment, source, model, %error, "segment not filled"),
            Err(_) => tracing::error!(segment, source, model, "segment not filled in time"),
        }
        matches!(filled, Ok(Ok(_)))
    }

    fn deadline(&self, context: &Context) -> Instant {
        let left = Duration::from_millis(context.deadline).saturating_sub(self.clock.since_epoch());
        Instant::now() + if left.is_zero() { UNSAID } else { left.saturating_sub(MARGIN) }
    }
}

fn origin(context: &Context) -> CallIds {
    CallIds {
        request_id: context.request_id.clone(),
        xray_trace_id: context.xray_trace_id.clone(),
        ..CallIds::default()
    }
}

/// The sys_id of a segment that has just opened with something to add. The event source filters by the same, so
/// that other records cost no invocation; a deployment without that filter is right as well.
fn opened(record: &EventRecord) -> Option<&str> {
    let image = record.change.new_image.inner();
    let wanted = record.event_name == "INSERT" && image.get("wants_ai") == Some(&AttributeValue::Bool(true));
    match image.get("sys_id") {
        Some(AttributeValue::S(sys_id)) if wanted => Some(sys_id),
        _ => None,
    }
}
