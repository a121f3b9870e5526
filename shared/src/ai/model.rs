use std::time::Duration;

use tokio::time::Instant;

/// The name of what a model fills in.
pub const FORM: &str = "wrap_up";

/// The most tokens of an answer: some 8,000 characters of English, and what each model of today lets be.
pub const MOST_TOKENS: i32 = 2_048;

/// There was no answer before the deadline.
#[derive(Debug, thiserror::Error)]
#[error("no answer before the deadline")]
pub struct TooLate;

/// How long one attempt may take: two thirds of the time that is left, so that a connection which hangs
/// leaves time for another.
pub fn attempt_within(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()) * 2 / 3
}
