//! What an invocation carries, either way.

use std::error::Error;
use std::io;
use std::iter::successors;

use axum::body::{Body, Bytes, to_bytes};
use http_body_util::LengthLimitError;
use wrapup::api::BodyError;

/// Bytes that Lambda takes as a payload, either way.
pub const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// Reads a payload. A server that gives a body so much time lets it fail by [`io::ErrorKind::TimedOut`].
pub async fn read(body: Body) -> Result<Bytes, BodyError> {
    to_bytes(body, LARGEST_PAYLOAD).await.map_err(|error| {
        let causes = || successors(Some(&error as &(dyn Error + 'static)), |&error| error.source());
        let late = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
        if causes().any(|error| error.is::<LengthLimitError>()) {
            BodyError::TooLarge
        } else if causes().filter_map(|error| error.downcast_ref()).any(late) {
            BodyError::TooSlow
        } else {
            BodyError::Broken
        }
    })
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn what_cannot_be_read_is_told_apart() {
        let largest = Body::from(vec![b' '; LARGEST_PAYLOAD]);
        assert!(read(largest).await.is_ok());
        let too_large = Body::from(vec![b' '; LARGEST_PAYLOAD + 1]);
        assert!(matches!(read(too_large).await, Err(BodyError::TooLarge)));
        let broken_by = |kind: io::ErrorKind| Body::from_stream(stream::iter([Ok("{"), Err(io::Error::from(kind))]));
        assert!(matches!(read(broken_by(io::ErrorKind::TimedOut)).await, Err(BodyError::TooSlow)));
        assert!(matches!(read(broken_by(io::ErrorKind::ConnectionReset)).await, Err(BodyError::Broken)));
    }
}
