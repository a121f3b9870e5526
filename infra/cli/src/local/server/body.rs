//! A request's body: in time, not larger than it may be, and what becomes of one that nobody wants.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures_util::StreamExt;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use wrapup::api::BodyError;

use super::connections::Seat;

/// Bytes of a body that nobody wants that are taken in before the answer, so that the connection can go on.
const MOST_UNWANTED: usize = 1024 * 1024;

/// Bytes that there is room made for because they are announced.
const MOST_TRUSTED: usize = 64 * 1024;

/// How long that may take: what is on its way already is there by then.
const MOMENT: Duration = Duration::from_millis(50);

/// How long a caller may take to send a body, from when somebody waits for it.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From one part of it to the next.
    pub pause: Duration,
    /// All of it.
    pub whole: Duration,
}

/// The connection of a request has given way to another one.
#[derive(Debug, thiserror::Error)]
#[error("the connection has given way to another one")]
pub struct GaveWay;

/// A body on its way, which breaks off where it is too slow, as [`io::ErrorKind::TimedOut`].
pub struct Arriving<B> {
    body: Option<B>,
    place: Arc<Seat>,
    pace: Pace,
    /// The next moment at which it is too slow, and the last one, once somebody waits for it.
    due: Option<(Pin<Box<Sleep>>, Instant)>,
    rest: Rest<B>,
}

/// Where a body goes that is dropped before its end.
pub struct Rest<B>(Arc<Mutex<Left<B>>>);

struct Left<B> {
    body: Option<B>,
    asked_for: bool,
    failed: bool,
}

impl<B> Rest<B> {
    fn left(&self) -> MutexGuard<'_, Left<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B> Arriving<B> {
    /// A body that has to keep this pace, of a connection that is busy but where it waits for it.
    pub fn new(body: B, place: Arc<Seat>, pace: Pace) -> (Self, Rest<B>) {
        let left = Arc::new(Mutex::new(Left { body: None, asked_for: false, failed: false }));
        (Self { body: Some(body), place, pace, due: None, rest: Rest(Arc::clone(&left)) }, Rest(left))
    }
}

impl<B> HttpBody for Arriving<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let pause = this.pace.pause;
        let (due, end) = this.due.get_or_insert_with(|| {
            this.rest.left().asked_for = true;
            this.place.moving();
            let now = Instant::now();
            (Box::pin(sleep_until(now + pause)), now + this.pace.whole)
        });
        let frame = match Pin::new(body).poll_frame(context) {
            Poll::Ready(frame) => frame.map(|frame| frame.map_err(Into::into)),
            Poll::Pending => {
                ready!(due.as_mut().poll(context));
                Some(Err(io::Error::from(io::ErrorKind::TimedOut).into()))
            }
        };
        due.as_mut().reset((Instant::now() + pause).min(*end));
        match &frame {
            Some(Ok(_)) => return Poll::Ready(frame),
            Some(Err(_)) => this.rest.left().failed = true,
            None => this.body = None,
        }
        // Nobody would read what comes of a request whose connection has given way: it is not carried out.
        Poll::Ready(if this.place.busy() { frame } else { Some(Err(GaveWay.into())) })
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl<B> Drop for Arriving<B> {
    fn drop(&mut self) {
        self.place.busy();
        self.rest.left().body = self.body.take();
    }
}

impl<B: HttpBody + Unpin> Rest<B> {
    /// Takes in what is left of the body where that is little and on its way; whether the body has come to its end, so
    /// that another request can follow. A caller who `waits` to be told to send it is told nothing.
    pub async fn take_in(self, waits: bool) -> bool {
        let (body, asked_for, failed) = {
            let mut left = self.left();
            (left.body.take(), left.asked_for, left.failed)
        };
        let Some(mut body) = body else { return !failed };
        if failed || body.is_end_stream() || (waits && !asked_for) {
            return !failed && body.is_end_stream();
        }
        let taken_in = async {
            let mut taken = 0;
            while let Some(frame) = body.frame().await {
                let Ok(frame) = frame else { return false };
                taken += frame.data_ref().map_or(0, bytes::Buf::remaining);
                if taken > MOST_UNWANTED {
                    return false;
                }
            }
            true
        };
        timeout(MOMENT, taken_in).await.unwrap_or(false)
    }
}

/// Reads a body that has at most so many bytes. No more of one than that is read, and nothing of one that says so.
pub async fn read(body: Body, most: usize) -> Result<Bytes, BodyError> {
    let announced = body.size_hint();
    if announced.lower() > most as u64 {
        return Err(BodyError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(announced.lower()).unwrap_or_default().min(MOST_TRUSTED));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            tracing::debug!(%error, "a request body broke off");
            let too_slow = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
            if error.into_inner().downcast_ref().is_some_and(too_slow) { BodyError::TooSlow } else { BodyError::Broken }
        })?;
        if bytes.len() + chunk.len() > most {
            return Err(BodyError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
