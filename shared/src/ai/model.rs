use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::ProviderError;

/// The name of what a model fills in.
pub const FORM: &str = "wrap_up";

/// The most tokens of an answer: some 8,000 characters of English, and what each model of today lets be.
pub const MOST_TOKENS: i32 = 2_048;

/// There was no answer before the deadline.
#[derive(Debug, thiserror::Error)]
#[error("no answer before the deadline")]
pub struct TooLate;

/// Does what has to be done before a deadline. After it, nothing is begun: a timer alone would let through
/// what is faster than a millisecond.
pub async fn before<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    let too_late = || ProviderError::Unavailable(Box::new(TooLate));
    if deadline <= Instant::now() {
        return Err(too_late());
    }
    timeout_at(deadline, work).await.map_err(|_| too_late())?
}

/// How long one attempt may take: two thirds of the time that is left, so that a connection which hangs
/// leaves time for another.
pub fn attempt_within(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()) * 2 / 3
}
