use std::time::Duration;

use lambda_runtime::Context;
use tokio::time::Instant;
use wrapup::clock::Clock;
use wrapup::watch::CallIds;

/// What is left of an invocation's time when work is given up, so that the answer still says so.
const MARGIN: Duration = Duration::from_secs(1);

/// The time of an invocation that says none, as under `cargo lambda watch`: in Lambda there is always some left.
const UNSAID: Duration = Duration::from_secs(30);

/// Until when an invocation's work has to be done.
pub fn deadline(context: &Context, clock: &Clock) -> Instant {
    let left = Duration::from_millis(context.deadline).saturating_sub(clock.since_epoch());
    Instant::now() + if left.is_zero() { UNSAID } else { left.saturating_sub(MARGIN) }
}

/// The ids by which an invocation is found in logs and traces.
pub fn call_ids(context: &Context) -> CallIds {
    CallIds {
        request_id: context.request_id.clone(),
        xray_trace_id: context.xray_trace_id.clone(),
        ..CallIds::default()
    }
}
