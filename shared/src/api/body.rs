/// Why a request's body cannot be read. Path, caller and `Accept` were right by then, so this is answered in the format
/// that the caller accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The connection ended early, or what came is not formed like a body: 400. Nobody knows where the next request
    /// would begin, so the connection has to be closed.
    #[error("The body ended before its Content-Length, or one of its chunks is malformed")]
    Broken,
    /// More than [`MOST_BYTES`](super::MOST_BYTES), as it came or inflated: 413. The rest of the body need not be read.
    #[error("A request body has at most {} bytes", super::MOST_BYTES)]
    TooLarge,
    /// The caller took longer to send it than the server waits: 408.
    #[error("The body did not arrive in time")]
    TooSlow,
}
