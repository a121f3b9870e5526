use std::cell::RefCell;
use std::sync::Arc;

use serde_json::{Value, json};

use super::audit::{Audited, Call, Line};
use crate::segments::{AiOutcome, Segment, State};

/// What one call did, counted while it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// The endpoint that answered: its documented path.
    pub endpoint: Option<&'static str>,
    /// User name of the caller.
    pub user: Option<String>,
    /// Sign-ins that failed.
    pub failed_sign_ins: u32,
    /// Operations of DynamoDB, however often each was sent.
    pub dynamodb_operations: u32,
    /// Requests to DynamoDB, each try counted.
    pub dynamodb_requests: u32,
    /// Read units that they consumed. A request that failed tells none.
    pub read_units: f64,
    /// Write units that they consumed. A request that failed tells none.
    pub write_units: f64,
    /// Segments opened.
    pub opened: u32,
    /// Segments closed.
    pub closed: u32,
    /// Segments confirmed.
    pub confirmed: u32,
    /// Segments that the AI filler added to.
    pub filled: u32,
    /// From opening to closing, of the segment that was closed.
    pub seconds_in_wrap_up: Option<u64>,
    /// What became of the AI code of the segment that was closed.
    pub ai_outcome: Option<AiOutcome>,
}

/// Where the lines of the audit go while a call runs.
pub(super) struct Sink {
    pub write: Arc<dyn Fn(Value) + Send + Sync>,
    pub request_id: String,
}

/// A call that runs.
struct Running {
    tally: RefCell<Tally>,
    sink: Option<Sink>,
}

tokio::task_local! {
    static RUNNING: Running;
}

/// Runs a call whose changes are none or nobody's business, and answers with what it did.
pub async fn counted<F: Future>(call: F) -> (F::Output, Tally) {
    counted_into(None, call).await
}

/// Runs a call, and answers with what it did.
pub(super) async fn counted_into<F: Future>(sink: Option<Sink>, call: F) -> (F::Output, Tally) {
    RUNNING
        .scope(Running { tally: RefCell::default(), sink }, async {
            let output = call.await;
            (output, RUNNING.with(|running| running.tally.take()))
        })
        .await
}

/// Adds to the tally of the call that runs, if one does.
pub fn note(add: impl FnOnce(&mut Tally)) {
    // Where no call runs, as in an operator's command, nobody counts.
    let _ = RUNNING.try_with(|running| add(&mut running.tally.borrow_mut()));
}

/// Writes the line of a change that is stored, where a call runs that reports.
pub fn audit(change: &Audited<'_>) {
    let _ = RUNNING.try_with(|running| {
        if let Some(Sink { write, request_id }) = &running.sink {
            write(json!(Line { audit: Call { request_id, change } }));
        }
    });
}

/// Whether the call that runs has had a request to DynamoDB sent more than once.
pub fn resent() -> bool {
    let resent = |running: &Running| {
        let tally = running.tally.borrow();
        tally.dynamodb_requests > tally.dynamodb_operations
    };
    RUNNING.try_with(resent).unwrap_or(false)
}

impl Tally {
    /// Counts what a change made of a segment.
    pub(crate) fn changed(&mut self, before: &Segment, after: &Segment) {
        if before.filled_by != after.filled_by {
            self.filled += 1;
        }
        let State::Closed(closing) = &after.state else { return };
        let was_confirmed = match &before.state {
            State::Open => {
                self.closed += 1;
                self.seconds_in_wrap_up = Some(before.opened_on.seconds_until(closing.submitted_on));
                self.ai_outcome = closing.ai_outcome;
                false
            }
            State::Closed(earlier) => earlier.confirmation.is_confirmed(),
        };
        if closing.confirmation.is_confirmed() && !was_confirmed {
            self.confirmed += 1;
        }
    }
}
