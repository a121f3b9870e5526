use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use futures_util::StreamExt;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{AwsFailure, Service, ServiceCall, ServiceName};

/// Where EventBridge is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const EVENTBRIDGE_ENDPOINT: &str = "AWS_ENDPOINT_URL_EVENTBRIDGE";

const EVENTBRIDGE: ServiceName = ServiceName { id: "EventBridge", host: "events", signed_for: "events", token: None };

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Entries that one call takes.
const MOST_ENTRIES: usize = 10;

/// Bytes of all entries of one call: less than EventBridge takes, which counts a little more than these.
const MOST_BYTES: usize = 200 * 1024;

/// Calls that are made at once.
const AT_ONCE: usize = 4;

/// How often an entry is sent that EventBridge rejects. A call as a whole is sent again by the plumbing below, too.
const ROUNDS: u32 = 4;

/// The pause before an entry is sent again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(200);

/// How long a bus that was there is taken to be there still.
const THERE_FOR: Duration = Duration::from_secs(60);

/// An event bus of Amazon EventBridge.
#[derive(Clone)]
pub struct EventBus {
    service: Service,
    name: String,
    /// When EventBridge last said that it is there.
    was_there: Arc<Mutex<Option<Instant>>>,
}

/// What is put on a bus.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BusEntry<'a> {
    /// Who says it.
    pub source: &'a str,
    /// What kind of thing it is.
    pub detail_type: &'a str,
    /// The thing itself, a JSON object.
    pub detail: &'a str,
}

/// Why an entry is not on the bus.
#[derive(Debug, thiserror::Error)]
pub enum NotPut {
    /// EventBridge does not say that the bus is there.
    #[error("the bus cannot be seen: {0}")]
    Unseen(#[source] AwsFailure),
    /// EventBridge did not take the call.
    #[error("EventBridge did not take the call: {0}")]
    Call(#[from] AwsFailure),
    /// It took the call, and not all of its entries.
    #[error("EventBridge rejected an entry: {0}")]
    Entry(String),
}

/// What came of entries that were to be put on a bus.
#[derive(Debug, Default)]
pub struct PutOutcome {
    /// The places of those that are not on the bus, in their order.
    pub left: Vec<usize>,
    /// Why not, of one of them.
    pub because: Option<NotPut>,
}

/// What EventBridge answers.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Entries", default)]
    entries: Vec<AnswerEntry>,
}

/// What it answers about an entry, in the order of the entries.
#[derive(Deserialize)]
struct AnswerEntry {
    #[serde(rename = "EventId")]
    event_id: Option<String>,
    #[serde(rename = "ErrorCode")]
    error_code: Option<String>,
}

impl EventBus {
    /// A bus as a configuration reaches it; `name` is its name or ARN.
    pub fn new(config: &SdkConfig, name: String) -> Self {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(200));
        Self { service: Service::new(&EVENTBRIDGE, config, retries), name, was_there: Arc::default() }
    }

    /// Its name or ARN.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks EventBridge whether the bus is there, unless it has said so within a minute. What is put on a bus that is not
    /// there is taken and thrown away, and the answer looks as any other.
    ///
    /// # Errors
    /// It is not there, or nobody can say so.
    pub async fn look(&self) -> Result<(), AwsFailure> {
        let was_there = || self.was_there.lock().unwrap_or_else(PoisonError::into_inner);
        if was_there().is_some_and(|at| at.elapsed() < THERE_FOR) {
            return Ok(());
        }
        let asked_at = Instant::now();
        let body = json!({"Name": self.name});
        let call = ServiceCall::json("DescribeEventBus", "AWSEvents.DescribeEventBus", &body);
        self.service.send(ServiceCall { within: Some(ATTEMPT), ..call }).await?;
        *was_there() = Some(asked_at);
        Ok(())
    }

    /// Puts entries on the bus, if it [is there](EventBus::look), in as few calls as take them, and sends again what is
    /// rejected, a few times, and not after the deadline.
    pub async fn put(&self, entries: &[BusEntry<'_>], deadline: Instant) -> PutOutcome {
        let mut outcome = PutOutcome { left: (0..entries.len()).collect(), because: None };
        if entries.is_empty() {
            return outcome;
        }
        if let Err(failure) = self.look().await {
            return PutOutcome { because: Some(NotPut::Unseen(failure)), ..outcome };
        }
        for round in 0..ROUNDS {
            let pause = PAUSE * 2_u32.pow(round);
            if round > 0 {
                if Instant::now() + pause >= deadline {
                    break;
                }
                sleep(pause).await;
            }
            let calls = calls(entries, &outcome.left).into_iter().map(|places| self.put_once(entries, places));
            let answers: Vec<_> = stream::iter(calls.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
            outcome = PutOutcome::default();
            let mut is_hopeless = false;
            for PutOutcome { left, because } in answers {
                outcome.left.extend(left);
                is_hopeless |= matches!(&because, Some(NotPut::Call(failure)) if !failure.is_transient());
                outcome.because = because.or(outcome.because);
            }
            if outcome.left.is_empty() || is_hopeless {
                break;
            }
        }
        outcome
    }

    /// One call with the entries at these places.
    async fn put_once(&self, entries: &[BusEntry<'_>], places: Vec<usize>) -> PutOutcome {
        let sent: Vec<_> = places.iter().filter_map(|place| entries.get(*place)).collect();
        let sent = sent.into_iter().map(|entry| {
            let mut sent = json!(entry);
            sent["EventBusName"] = json!(self.name);
            sent
        });
        let body = json!({"Entries": sent.collect::<Vec<_>>()});
        let call =
            ServiceCall { within: Some(ATTEMPT), ..ServiceCall::json("PutEvents", "AWSEvents.PutEvents", &body) };
        let answer: Answer = match self.service.send(call).await.and_then(|answer| answer.json()) {
            Ok(answer) => serde_json::from_value(answer).unwrap_or(Answer { entries: Vec::new() }),
            Err(failure) => return PutOutcome { left: places, because: Some(failure.into()) },
        };
        let mut outcome = PutOutcome::default();
        for (index, place) in places.into_iter().enumerate() {
            let answered = answer.entries.get(index);
            if answered.is_some_and(|answered| answered.event_id.is_some()) {
                continue;
            }
            let code = answered.and_then(|answered| answered.error_code.clone());
            outcome.left.push(place);
            outcome.because = Some(NotPut::Entry(code.unwrap_or_else(|| "it says nothing of it".to_owned())));
        }
        outcome
    }
}

impl BusEntry<'_> {
    fn bytes(&self) -> usize {
        self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// The entries at these places, call by call.
fn calls(entries: &[BusEntry<'_>], places: &[usize]) -> Vec<Vec<usize>> {
    let mut calls: Vec<(Vec<usize>, usize)> = Vec::new();
    for place in places {
        let bytes = entries.get(*place).map_or(0, BusEntry::bytes);
        match calls.last_mut() {
            Some((call, all)) if call.len() < MOST_ENTRIES && *all + bytes <= MOST_BYTES => {
                call.push(*place);
                *all += bytes;
            }
            _ => calls.push((vec![*place], bytes)),
        }
    }
    calls.into_iter().map(|(call, _)| call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_ten_entries_or_200_kb() {
        let small = BusEntry { source: "s", detail_type: "t", detail: "{}" };
        let large = "x".repeat(MOST_BYTES / 2);
        let large = BusEntry { detail: &large, ..small };
        let sizes = |entries: &[BusEntry<'_>]| -> Vec<usize> {
            let places: Vec<_> = (0..entries.len()).collect();
            let calls = calls(entries, &places);
            assert_eq!(calls.concat(), places, "each once, in their order");
            calls.iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(&[]), Vec::<usize>::new());
        assert_eq!(sizes(&[small; 10]), [10]);
        assert_eq!(sizes(&[small; 23]), [10, 10, 3]);
        assert_eq!(sizes(&[large; 3]), [1, 1, 1], "what stands around a detail counts");
        assert_eq!(sizes(&[large, small, small, large]), [3, 1]);
    }
}
