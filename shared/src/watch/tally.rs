use std::cell::{Cell, RefCell};
use std::sync::Arc;

use serde_json::{Value, json};

use super::audit::{Audited, Call, Line};

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
    /// What the call has counted of what it is about, such as the segments that it has opened.
    counts: Vec<Count>,
    /// What alarms look at, whatever the call's outcome is.
    pub(super) measures: Vec<Count>,
    /// What metrics of the call are told apart by.
    pub(super) labels: Vec<Label>,
}

/// What a call has counted under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The metric's name, and that of the line's field.
    pub name: &'static str,
    /// What it counts in.
    pub unit: Unit,
    /// How much, in all.
    pub value: u64,
}

/// What a metric counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Times.
    Count,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// As CloudWatch names it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }
}

/// What one of a call's metrics is told apart by, besides the call's endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// The line's field.
    pub name: &'static str,
    /// What the field says.
    pub value: Value,
    /// The metric.
    pub counted: &'static str,
    /// How much it counts.
    pub times: u64,
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

tokio::task_local! {
    /// How often the request that is under way was sent.
    static TRIES: Cell<u32>;
}

/// Sends a request to DynamoDB, and answers beside its answer whether it was sent more than once.
pub async fn counting_tries<F: Future>(request: F) -> (F::Output, bool) {
    // On the heap, or it stands on the stack of whoever waits.
    let request = Box::pin(request);
    let (output, tries) = TRIES
        .scope(Cell::new(0), async {
            let output = request.await;
            (output, TRIES.with(Cell::get))
        })
        .await;
    // Whoever counts around this one counts these, too.
    add_tries(tries);
    (output, tries > 1)
}

/// Says that a request was sent so often.
pub(super) fn add_tries(tries: u32) {
    // Most are nobody's to count.
    let _ = TRIES.try_with(|counted| counted.set(counted.get() + tries));
}

impl Tally {
    /// Adds to what the call's metric of this name counts.
    pub fn count(&mut self, name: &'static str, unit: Unit, value: u64) {
        match self.counts.iter_mut().find(|count| count.name == name) {
            Some(count) => count.value += value,
            None => self.counts.push(Count { name, unit, value }),
        }
    }

    /// Says what an alarm looks at: a metric of the call's endpoint, whatever its outcome is, there though it is 0.
    pub fn measure(&mut self, name: &'static str, unit: Unit, value: u64) {
        self.measures.push(Count { name, unit, value });
    }

    /// Has the metric `counted` count one more by what the field `name` of the call's line says. Where one call counts by
    /// several values, each further one has a line of its own.
    pub fn count_by(&mut self, name: &'static str, value: Value, counted: &'static str) {
        match self.labels.iter_mut().find(|label| label.name == name && label.value == value) {
            Some(label) => label.times += 1,
            None => self.labels.push(Label { name, value, counted, times: 1 }),
        }
    }

    /// What the call has counted, in the order in which it was counted first.
    pub fn counts(&self) -> impl Iterator<Item = &Count> {
        self.counts.iter()
    }
}
