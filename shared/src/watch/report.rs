use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::tally::{Count, Label, Sink, Tally, Unit, counted_into};
use crate::clock::Clock;

/// The CloudWatch namespace of all metrics.
const NAMESPACE: &str = "Wrapup";

/// Counts that are told apart by endpoint alone, beside failed sign-ins: one alarm sees them all, whatever the outcome.
const BY_ENDPOINT: [&str; 1] = ["put_aside"];

/// The ids of a call: what finds it in other logs and traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallIds {
    /// Lambda's id of the invocation.
    pub request_id: String,
    /// API Gateway's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_request_id: Option<String>,
    /// X-Ray's trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xray_trace_id: Option<String>,
    /// The caller's trace, as W3C Trace Context writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// Says what each call did.
pub struct Reporter {
    clock: Clock,
    write: Arc<dyn Fn(Value) + Send + Sync>,
}

/// A call that runs.
pub struct Watched<'a> {
    reporter: &'a Reporter,
    begun: Instant,
    ids: CallIds,
}

impl Reporter {
    /// Writes the lines to standard output, where Lambda collects them.
    pub fn stdout(clock: Clock) -> Self {
        // A log that cannot be written to is no reason to fail a call.
        Self::new(clock, |line| drop(writeln!(io::stdout().lock(), "{line}")))
    }

    /// Hands the lines to `write`: one for each record that a call changes, and one for the call.
    pub fn new(clock: Clock, write: impl Fn(Value) + Send + Sync + 'static) -> Self {
        Self { clock, write: Arc::new(write) }
    }

    /// A call that begins now.
    pub fn begin(&self, ids: CallIds) -> Watched<'_> {
        Watched { reporter: self, begun: Instant::now(), ids }
    }
}

impl Watched<'_> {
    /// Runs the call, and answers with what it did. Each record that it changes gets its line at once, so that the log
    /// has it even if the call is cut short.
    pub async fn counted<F: Future>(&self, call: F) -> (F::Output, Tally) {
        let write = Arc::clone(&self.reporter.write);
        counted_into(Some(Sink { write, request_id: self.ids.request_id.clone() }), call).await
    }

    /// Reports a call that has ended. `endpoint` is a path of the API or a function's name, `outcome` a status or a word.
    pub fn end(self, endpoint: &str, outcome: &str, tally: &Tally) {
        let (took_ms, at_ms) = (self.begun.elapsed().as_millis(), self.reporter.clock.since_epoch().as_millis());
        (self.reporter.write)(line(&self.ids, endpoint, outcome, took_ms, at_ms, tally));
        for label in tally.labels.iter().skip(1) {
            let mut line = json!(self.ids);
            line["endpoint"] = json!(endpoint);
            let directive = labelled(&mut line, label);
            line["_aws"] = json!({"Timestamp": at_ms, "CloudWatchMetrics": [directive]});
            (self.reporter.write)(line);
        }
    }
}

fn line(ids: &CallIds, endpoint: &str, outcome: &str, took_ms: u128, at_ms: u128, tally: &Tally) -> Value {
    let mut line = json!(ids);
    line["endpoint"] = json!(endpoint);
    line["outcome"] = json!(outcome);
    line["took_ms"] = json!(took_ms);
    if let Some(user) = &tally.user {
        line["user"] = json!(user);
    }
    line["dynamodb_requests"] = json!(tally.dynamodb_requests);
    line["read_units"] = json!(tally.read_units);
    line["write_units"] = json!(tally.write_units);
    let mut metrics = vec![metric("calls", Unit::Count.as_str())];
    line["calls"] = json!(1);
    let mut by_endpoint = Vec::new();
    for Count { name, unit, value } in tally.counts() {
        line[*name] = json!(value);
        let of = if BY_ENDPOINT.contains(name) { &mut by_endpoint } else { &mut metrics };
        of.push(metric(name, unit.as_str()));
    }
    let mut directives = vec![directive(&["endpoint", "outcome"], metrics)];
    directives.extend(tally.labels.first().map(|label| labelled(&mut line, label)));
    // By endpoint alone: one alarm sees them all, whatever they were answered.
    let mut by_endpoint = Vec::new();
    if tally.failed_sign_ins > 0 {
        line["failed_sign_ins"] = json!(tally.failed_sign_ins);
        by_endpoint.push(metric("failed_sign_ins", Unit::Count.as_str()));
    }
    for Count { name, unit, value } in &tally.measures {
        line[*name] = json!(value);
        by_endpoint.push(metric(name, unit.as_str()));
    }
    if !by_endpoint.is_empty() {
        directives.push(directive(&["endpoint"], by_endpoint));
    }
    line["_aws"] = json!({"Timestamp": at_ms, "CloudWatchMetrics": directives});
    line
}

/// Says in a line what a metric is told apart by. A line can do so for one value alone.
fn labelled(line: &mut Value, Label { name, value, counted, times }: &Label) -> Value {
    line[*name] = value.clone();
    line[*counted] = json!(times);
    directive(&["endpoint", name], vec![metric(counted, Unit::Count.as_str())])
}

fn directive(dimensions: &[&str], metrics: Vec<Value>) -> Value {
    json!({"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics})
}

fn metric(name: &str, unit: &str) -> Value {
    json!({"Name": name, "Unit": unit})
}
