/// Why a request's body is not there, though the request was right up to it. Answered in the format that the caller
/// accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The connection ended, or what came is no body: 400. Where the next request would begin is unknown, so whoever
    /// serves connections ends this one.
    #[error("The body ended before its Content-Length, or one of its chunks is malformed")]
    Broken,
    /// More than [`MOST_BYTES`](super::MOST_BYTES): 413. Whoever reads the body need not read it to its end.
    #[error("A request body has at most {} bytes", super::MOST_BYTES)]
    TooLarge,
    /// The caller took longer to send it than whoever serves connections waits: 408.
    #[error("The body did not arrive in time")]
    TooSlow,
}
