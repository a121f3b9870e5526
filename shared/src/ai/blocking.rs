use std::panic::resume_unwind;

use tokio::task::spawn_blocking;

/// Does work that takes a processor's time where it holds up nothing that waits: on a thread of its own.
pub async fn off_runtime<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        // It is never cancelled, so it has panicked: as if it had here.
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => std::future::pending().await,
        },
    }
}
