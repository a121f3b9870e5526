//! Takes down what goes over the API's routes, and changes nothing of it: a body is copied as somebody reads it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use http_body::{Frame, SizeHint};
use wrapup::api::{TOKEN_PATH, method_meant};

use super::exchange::{Exchange, Taken};
use super::ignored::Ignored;
use super::{KnownFields, Traffic};
use crate::local::server::{Unanswered, refuse};

impl Traffic {
    /// These routes, each exchange of which is taken down, with the fields that `known` does not have.
    pub fn taken_down(self: &Arc<Self>, routes: Router, known: &Arc<KnownFields>) -> Router {
        let recorder = Recorder { traffic: Arc::clone(self), known: Arc::clone(known) };
        routes.layer(from_fn_with_state(Arc::new(recorder), take_down))
    }

    /// What answers those whom the guard of a server does not admit: calls of the API are taken down, and nothing else.
    pub fn refusals(self: &Arc<Self>, known: &Arc<KnownFields>) -> Router {
        let mut calls = Router::new();
        for path in ["/api/{*path}", TOKEN_PATH] {
            calls = calls.route(path, any(refuse));
        }
        self.taken_down(calls, known).fallback(refuse)
    }
}

struct Recorder {
    traffic: Arc<Traffic>,
    known: Arc<KnownFields>,
}

/// The header of an answer that names fields of the request that its call does not know.
const IGNORED: HeaderName = HeaderName::from_static("x-wrapup-ignored");

async fn take_down(State(recorder): State<Arc<Recorder>>, request: Request, next: Next) -> Response {
    if is_of_a_page_that_watches(request.headers()) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let copy = BodyCopy::default();
    let open = Open {
        began: recorder.traffic.clock.since_epoch(),
        started: Instant::now(),
        recorder,
        head: Some((head.method.clone(), head.uri.clone(), head.headers.clone())),
        copy: copy.clone(),
    };
    let response = next.run(Request::from_parts(head, Body::new(Copied { body, copy }))).await;
    open.answered(response).await
}

/// Whether the supervisor's page asks, which does so every few seconds, and says that it is the one. Nobody else is taken for
/// it who does not say so himself.
fn is_of_a_page_that_watches(headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
    says("sec-fetch-site", "same-origin") && says("x-requested-with", "wrapup-supervisor")
}

/// A request that is not answered yet. One whose caller goes before is taken down without an answer.
struct Open {
    recorder: Arc<Recorder>,
    began: Duration,
    started: Instant,
    head: Option<(Method, Uri, HeaderMap)>,
    copy: BodyCopy,
}

impl Open {
    async fn answered(mut self, response: Response) -> Response {
        if response.extensions().get::<Unanswered>().is_some() {
            return response;
        }
        let (mut head, body) = response.into_parts();
        // The API makes its answers whole, so that this waits for nothing.
        let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let ignored = self.ignored(head.status);
        if let Ok(value) = HeaderValue::try_from(ignored.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            && !ignored.is_empty()
        {
            head.headers.insert(IGNORED, value);
        }
        if let Some(exchange) = self.exchange() {
            let exchange = Exchange { ignored, ..exchange };
            let mut taken = Taken::default();
            taken.take(&bytes);
            self.recorder.traffic.exchanged(exchange.answered(head.status.as_u16(), &head.headers, &taken));
        }
        Response::from_parts(head, Body::from(bytes))
    }

    /// What of the request its call does not know, where it was read: not of those who may not call.
    fn ignored(&self, status: StatusCode) -> Vec<Ignored> {
        let Some((sent, uri, headers)) =
            self.head.as_ref().filter(|_| status.is_success() || status == 400 || status == 404)
        else {
            return Vec::new();
        };
        let Ok(method) = method_meant(sent, headers) else { return Vec::new() };
        let copy = self.copy.taken();
        self.recorder.known.ignored(&method, uri, copy.whole().unwrap_or_default())
    }

    fn exchange(&mut self) -> Option<Exchange> {
        let (method, uri, headers) = self.head.take()?;
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let exchange = Exchange::new(&method, &uri, &headers, &self.copy.taken());
        Some(Exchange { began_ms: millis(self.began), took_ms: millis(self.started.elapsed()), ..exchange })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(exchange) = self.exchange() {
            self.recorder.traffic.exchanged(exchange);
        }
    }
}

/// What has come of a body.
#[derive(Clone, Default)]
struct BodyCopy(Arc<Mutex<Taken>>);

impl BodyCopy {
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body of which a copy is made as it is read. http-body-util's `map_frame` does not pass the announced size on, by which a
/// body is refused that is too large.
struct Copied {
    body: Body,
    copy: BodyCopy,
}

impl HttpBody for Copied {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(part) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.copy.taken().take(part);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
