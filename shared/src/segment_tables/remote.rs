use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};

use super::lambda::{Invoked, Lambda};
use super::{Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, WantedInteractionSegment};
use crate::aws::AwsFailure;
use crate::date_time::DateTime;
use crate::document::{BoundedText, Document, Fields, FromText, Problem};

/// The version of the contract with a function. `docs/segment-table.schema.json` is its text.
const VERSION: u8 = 1;

/// How often a function is asked that Lambda does not run yet.
const ATTEMPTS: u32 = 3;

/// A table that a Lambda function serves, in whatever language.
pub struct Remote {
    segment_table: String,
    function: String,
    lambda: Lambda,
}

/// What a function is sent.
#[derive(Serialize)]
struct Request<'a> {
    version: u8,
    segment_table: &'a str,
    /// Milliseconds for which the answer is waited for.
    remaining_ms: u64,
    #[serde(flatten)]
    operation: Operation<'a>,
}

#[derive(Serialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
enum Operation<'a> {
    Create { segment: Created<'a> },
    Retrieve { segment_id: &'a str, interaction: &'a str, caller: &'a str },
}

#[derive(Serialize)]
struct Created<'a> {
    segment_id: &'a str,
    interaction: &'a str,
    agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_segment_id: Option<&'a str>,
    opened_on: DateTime,
    caller: &'a str,
}

/// What a function answers.
enum Response {
    Record(Box<InteractionSegmentRecord>),
    NoSuchRecord,
    BadInput(String),
    TryAgain,
}

impl Remote {
    /// The table that requests call `segment_table`, served by a function's name or ARN.
    pub fn new(segment_table: impl Into<String>, function: impl Into<String>, lambda: Lambda) -> Self {
        Self { segment_table: segment_table.into(), function: function.into(), lambda }
    }

    async fn ask(
        &self,
        id: &str,
        operation: Operation<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let remaining = deadline.saturating_duration_since(Instant::now());
        let request = Request {
            version: VERSION,
            segment_table: &self.segment_table,
            remaining_ms: u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX),
            operation,
        };
        let payload = serde_json::to_vec(&request).map_err(|error| Error::Broken(Box::new(error)))?;
        let answer = timeout_at(deadline, self.invoke(payload)).await.map_err(|_| Error::too_late())??;
        let response = match Document::from_json(&answer) {
            Ok(document) => document.read(Response::read).map_err(|violations| violations.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let broken = |what: String| Error::Broken(self.failure(&format!("breaks the contract: {what}")));
        match response {
            Ok(Response::Record(record)) => {
                record.answers(&self.segment_table, id).map_err(broken)?;
                Ok(*record)
            }
            Ok(Response::NoSuchRecord) => Err(Error::NoSuchRecord { segment_id: id.to_owned() }),
            Ok(Response::BadInput(reason)) => Err(Error::BadInput { reason }),
            Ok(Response::TryAgain) => Err(Error::TryAgain(self.failure("asks to try again"))),
            Err(violation) => Err(broken(violation)),
        }
    }

    /// Invokes the function; only what Lambda refused before anything ran is tried again.
    async fn invoke(&self, payload: Vec<u8>) -> Result<Vec<u8>, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.lambda.invoke(&self.function, payload.clone()).await {
                // Its payload may quote the conversation: not for the log.
                Ok(Invoked { error: Some(kind), .. }) => {
                    return Err(Error::Broken(self.failure(&format!("failed ({kind})"))));
                }
                Ok(Invoked { payload, .. }) => return Ok(payload),
                Err(failure) if is_not_yet(&failure) && attempt < ATTEMPTS => {
                    sleep(Duration::from_millis(100 << attempt)).await;
                }
                Err(failure) => {
                    let passes = is_not_yet(&failure) || failure.is_transient();
                    let failure = self.failure(&failure.to_string());
                    return Err(if passes { Error::TryAgain(failure) } else { Error::Broken(failure) });
                }
            }
        }
    }

    fn failure(&self, what: &str) -> Box<dyn std::error::Error + Send + Sync> {
        format!("function {} {what}", self.function).into()
    }
}

#[async_trait]
impl InteractionSegment for Remote {
    fn segment_table(&self) -> &str {
        &self.segment_table
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let new = Created {
            segment_id: segment.segment_id,
            interaction: segment.interaction,
            agent: segment.agent,
            external_segment_id: segment.external_segment_id,
            opened_on: segment.opened_on,
            caller: segment.caller,
        };
        self.ask(segment.segment_id, Operation::Create { segment: new }, deadline).await
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let WantedInteractionSegment { segment_id, interaction, caller } = *wanted;
        self.ask(segment_id, Operation::Retrieve { segment_id, interaction, caller }, deadline).await
    }
}

impl Response {
    fn read(fields: &Fields<'_>) -> Option<Self> {
        if fields.whole_number("version") != Some(u64::from(VERSION)) {
            fields.violation("version", Problem::NotOneOf { one_of: "1" });
        }
        if fields.has("error") {
            if fields.has("record") {
                fields.violation("record", Problem::OnlyWith { with: "where error is not given" });
            }
            let error = fields.object("error")?;
            let message = error.optional::<Message>("message");
            return match error.as_given("code") {
                Some("no_such_record") => Some(Self::NoSuchRecord),
                Some("bad_input") => {
                    Some(Self::BadInput(message.map_or("no reason is given".to_owned(), |text| text.0)))
                }
                Some("try_again") => Some(Self::TryAgain),
                _ => {
                    error.violation("code", Problem::NotOneOf { one_of: "no_such_record, bad_input, try_again" });
                    None
                }
            };
        }
        if !fields.has("record") {
            fields.violation("record", Problem::RequiredWhen { when: "where error is not given" });
        }
        let record = fields.object("record")?;
        let id = record.required::<Message>("id");
        let table = record.required::<Message>("table");
        let record = InteractionSegmentRecord {
            interaction: record.optional::<Message>("interaction").map(|text| text.0),
            agent: record.optional::<Message>("agent").map(|text| text.0),
            start: record.optional("start"),
            end: record.optional("end"),
            transcript: record.text_up_to("transcript", usize::MAX),
            fields: record.object("fields").map(|fields| fields.all()).unwrap_or_default(),
            id: id?.0,
            table: table?.0,
        };
        Some(Self::Record(Box::new(record)))
    }
}

/// A text of a response: an id, or words for the API's caller.
struct Message(String);

impl FromText for Message {
    fn from_text(text: &str) -> Result<Self, Problem> {
        BoundedText::<1024>::from_text(text).map(|text| Self(text.0))
    }
}

/// Whether Lambda has not run the function, and may run the next: it is too busy, or is updating or initialising it.
fn is_not_yet(failure: &AwsFailure) -> bool {
    let names = ["TooManyRequestsException", "ResourceConflictException", "SnapStartNotReadyException"];
    failure.code().is_some_and(|code| names.contains(&code))
}
