//! Logs of a function: one JSON object a line on standard output, where Lambda collects it. What
//! is logged names records and causes; never bodies, notes, transcripts or credentials.

use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings;

/// Chooses what is logged, as directives such as `info` or `wrapup=debug,warn`; `info` where unset.
pub const LOG: &str = "WRAPUP_LOG";

/// Starts logging. To be called once, by a function's `main`.
pub fn init() {
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false);
    let (targets, complaint) = targets("info");
    tracing_subscriber::registry().with(targets).with(lines).init();
    if let Some(error) = complaint {
        tracing::warn!(%error, "environment variable {LOG} is malformed and not obeyed");
    }
}

/// What [`LOG`] asks for, or `unset` where it is unset or cannot be read, and why it cannot be read.
///
/// `Targets` in place of `EnvFilter`, which can ask for fields of spans too, by regular expressions that are
/// half a megabyte of every function.
pub fn targets(unset: &str) -> (Targets, Option<ParseError>) {
    let asked = settings::optional(LOG).map(|directives| directives.parse::<Targets>());
    let (targets, error) = match asked {
        Some(Ok(targets)) => (Some(targets), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    (targets.or_else(|| unset.parse().ok()).unwrap_or_default(), error)
}
