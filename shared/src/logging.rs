//! Logs of a function: one JSON object a line on standard output, where Lambda collects it. What
//! is logged names records and causes; never bodies, notes, transcripts or credentials.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, ParseError, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings;

/// Chooses what is logged, as directives such as `info` or `wrapup=debug,warn`; `info` where unset.
pub const LOG: &str = "WRAPUP_LOG";

/// Starts logging. To be called once, by a function's `main`.
pub fn init() {
    let (targets, complaint) = targets("info");
    subscriber(targets, std::io::stdout).init();
    if let Some(error) = complaint {
        tracing::warn!(%error, "environment variable {LOG} is malformed and not obeyed");
    }
}

/// What a function's logs are written by.
pub fn subscriber<W>(targets: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false);
    tracing_subscriber::registry().with(targets).with(without_bodies()).with(lines.with_writer(writer))
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

/// Leaves out what libraries say below `info`, whatever [`LOG`] asks for: there the AWS SDK and the Lambda
/// runtime show whole requests and answers, with the notes, transcripts and credentials in them.
pub fn without_bodies() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|event| *event.level() <= Level::INFO || is_ours(event.target()))
}

/// Whether a module is of one of this workspace's crates: those are named after the product, and `ai_filler`.
fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    name == "wrapup" || name.starts_with("wrapup_") || name == "ai_filler"
}

/// An error with all its causes on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
