//! Logs of a function: one JSON object a line on standard output, where Lambda collects it. What
//! is logged names records and causes; never bodies, notes, transcripts or credentials.

use tracing_subscriber::EnvFilter;

/// Chooses what is logged, as `tracing` directives such as `info` or `wrapup=debug`; `info` where unset.
pub const LOG: &str = "WRAPUP_LOG";

/// Starts logging. To be called once, by a function's `main`.
pub fn init() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(filter("info"))
        .init();
    if let Some(error) = complaint() {
        tracing::warn!(error, "environment variable {LOG} is malformed and not obeyed");
    }
}

/// The filter that [`LOG`] asks for, or another where it is unset or cannot be read.
pub fn filter(unset: &str) -> EnvFilter {
    EnvFilter::try_from_env(LOG).unwrap_or_else(|_| EnvFilter::new(unset))
}

/// Why [`LOG`] cannot be read, if it is set and cannot.
fn complaint() -> Option<String> {
    let directives = std::env::var(LOG).ok()?;
    EnvFilter::builder().parse(directives).err().map(|error| error.to_string())
}
