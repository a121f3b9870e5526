//! Logs of a function: one JSON object a line on standard output, where Lambda collects it. What
//! is logged names records and causes; never bodies, notes, transcripts or credentials.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// Chooses what is logged, as `tracing` directives such as `info` or `wrapup=debug`; `info` where unset.
pub const LOG: &str = "WRAPUP_LOG";

/// Starts logging. To be called once, by a function's `main`.
pub fn init() {
    subscriber(filter("info"), std::io::stdout).init();
    if let Some(error) = complaint() {
        tracing::warn!(error, "environment variable {LOG} is malformed and not obeyed");
    }
}

/// What a function's logs are written by.
pub fn subscriber<W>(filter: EnvFilter, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = fmt().json().flatten_event(true).with_current_span(false).with_writer(writer);
    lines.with_env_filter(filter).finish().with(without_bodies())
}

/// The filter that [`LOG`] asks for, or another where it is unset or cannot be read.
pub fn filter(unset: &str) -> EnvFilter {
    EnvFilter::try_from_env(LOG).unwrap_or_else(|_| EnvFilter::new(unset))
}

/// Leaves out what libraries say below `info`, whatever [`LOG`] asks for: there the AWS SDK and the Lambda
/// runtime show whole requests and answers, with the notes, transcripts and credentials in them.
pub fn without_bodies() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|event| *event.level() <= Level::INFO || is_ours(event.target()))
}

/// Whether a module is of this workspace's crates that log.
fn is_ours(target: &str) -> bool {
    target.split("::").next() == Some("wrapup")
}

/// Why [`LOG`] cannot be read, if it is set and cannot.
fn complaint() -> Option<String> {
    let directives = std::env::var(LOG).ok()?;
    EnvFilter::builder().parse(directives).err().map(|error| error.to_string())
}
