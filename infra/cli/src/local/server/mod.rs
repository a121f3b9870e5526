//! What all local servers have in common: whom they answer, how long a caller may take for what, and how many may be
//! connected. Each server is a router behind [`Server::serve`], and none listens in another way.

mod body;
mod connections;
mod files;
mod guard;
mod refusal;

pub use body::{Pace, read};
pub use guard::Guard;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderMap, HeaderValue, Request, Response};
use axum::response::IntoResponse;
use axum::{Extension, Router};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;
use wrapup::api::Source;

use body::{Arriving, GaveWay};
use connections::{Connections, Seat};
use refusal::HttpRefusal;

/// How long listening pauses after it failed: most likely no file can be opened until another is closed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// How much is read after the last answer of a connection, and how long, so that its caller gets to read the answer:
/// closing earlier would throw it away on the way to one who still sends.
const MOST_AFTERWARDS: u64 = 64 * 1024 * 1024;
const PAUSE_AFTERWARDS: Duration = Duration::from_secs(1);
const LONGEST_AFTERWARDS: Duration = Duration::from_secs(5);

/// How many connections may be told at once that there is no place for them.
const MOST_TURNED_AWAY: usize = 64;

/// Bytes of a request's head, URL and headers together.
const MOST_OF_A_HEAD: usize = 64 * 1024;

/// How long the rest of a head may take once the server is told to end.
const LAST_HEAD: Duration = Duration::from_secs(1);

/// Connections that one server has at once.
const MOST_CONNECTIONS: usize = 1_024;

/// What a caller may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// From a connection's begin, or its last answer, to the end of the next request's head.
    pub head: Duration,
    /// A request's body.
    pub body: Pace,
    /// An answer, from when it is made until it is taken; it may be twice that.
    pub answer: Duration,
}

impl Limits {
    /// What every server here grants: as many connections as this process can open files for, if that is less.
    pub fn of_this_process() -> Self {
        Self {
            connections: files::may_be_open().map_or(MOST_CONNECTIONS, |files| MOST_CONNECTIONS.min(files / 4)),
            head: Duration::from_secs(30),
            // Less than a call may take, so that its caller hears what is wrong.
            body: Pace { pause: Duration::from_secs(10), whole: Duration::from_secs(20) },
            answer: Duration::from_secs(30),
        }
    }
}

/// A local server.
pub struct Server {
    router: Router,
    guard: Guard,
    refusals: Router,
    limits: Limits,
}

impl Server {
    /// Answers by this router whom the guard admits.
    pub fn new(router: Router, guard: Guard, limits: Limits) -> Self {
        Self { router, guard, refusals: Router::new().fallback(refuse), limits }
    }

    /// Has those whom the guard does not admit answered by this router, which does so by [`refuse`].
    pub fn with_refusals(self, refusals: Router) -> Self {
        Self { refusals, ..self }
    }

    /// Serves until `end`, then finishes the requests that run.
    pub async fn serve(self, listener: TcpListener, end: impl Future<Output = ()> + Send) {
        let connections = Arc::new(Connections::new(self.limits.connections));
        let turned_away = Arc::new(Semaphore::new(MOST_TURNED_AWAY));
        let server = Arc::new(self);
        let (ending, ended) = watch::channel(false);
        let mut conversations = JoinSet::new();
        let mut end = pin!(end);
        loop {
            let (stream, peer) = tokio::select! {
                biased;
                () = &mut end => break,
                Some(_) = conversations.join_next() => continue,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => (stream, peer),
                    Err(error) if is_the_callers(&error) => continue,
                    Err(error) => {
                        tracing::warn!(%error, "no connection can be taken");
                        connections.close_one();
                        sleep(PAUSE_AFTER_ERROR).await;
                        continue;
                    }
                },
            };
            // Answers are written whole.
            let _ = stream.set_nodelay(true);
            match connections.enter() {
                Some(place) => {
                    conversations.spawn(Arc::clone(&server).converse(stream, peer, place, ended.clone()));
                }
                None => {
                    if let Ok(permit) = Arc::clone(&turned_away).try_acquire_owned() {
                        tokio::spawn(async move {
                            turn_away(stream).await;
                            drop(permit);
                        });
                    }
                }
            }
        }
        drop(listener);
        let _ = ending.send(true);
        while conversations.join_next().await.is_some() {}
    }

    /// Answers the requests of one connection.
    async fn converse<I>(self: Arc<Self>, stream: I, peer: SocketAddr, place: Seat, mut ended: watch::Receiver<bool>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let place = Arc::new(place);
        let answer = {
            let place = Arc::clone(&place);
            let server = Arc::clone(&self);
            move |request| {
                let answered = Arc::clone(&server).answer(request, peer, Arc::clone(&place));
                Box::pin(async move { answered.await.ok_or(GaveWay) })
            }
        };
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head)
            .max_buf_size(MOST_OF_A_HEAD)
            .serve_connection(TokioIo::new(stream), service_fn(answer));
        let mut ending = false;
        let mut last_head = pin!(sleep(Duration::ZERO));
        loop {
            tokio::select! {
                _ = poll_fn(|context| connection.poll_without_shutdown(context)) => break,
                () = place.given_way() => return,
                () = place.stalled(self.limits.answer) => return,
                _ = ended.wait_for(|ended| *ended), if !ending => {
                    ending = true;
                    last_head.set(sleep(LAST_HEAD));
                    Pin::new(&mut connection).graceful_shutdown();
                }
                () = &mut last_head, if ending && place.is_waiting() => return,
            }
        }
        // Whatever is still to come on it, another connection may have its place.
        place.waiting();
        let stream = connection.into_parts().io.into_inner();
        tokio::select! {
            () = hear_out(stream) => {}
            () = place.given_way() => {}
        }
    }

    /// Answers one request; `None` where its connection has given way, or is to be closed.
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
        place: Arc<Seat>,
    ) -> Option<Response<Sent>> {
        if !place.busy() {
            return None;
        }
        let (mut head, body) = request.into_parts();
        head.extensions.insert(Source(peer.ip()));
        let waits = head.headers.contains_key(EXPECT);
        let (body, rest) = Arriving::new(body, Arc::clone(&place), self.limits.body);
        let mut response = match self.guard.admit(&head) {
            Ok(()) => self.router.clone().oneshot(Request::from_parts(head, Body::new(body))).await.into_response(),
            Err(refusal) => {
                drop(body);
                head.extensions.insert(refusal);
                let request = Request::from_parts(head, Body::empty());
                self.refusals.clone().oneshot(request).await.into_response()
            }
        };
        // What a request comes to whose connection gave way before its body was there is no answer to it.
        if response.extensions().get::<Unanswered>().is_some() || !place.busy() {
            return None;
        }
        if !rest.take_in(waits).await {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        place.moving();
        Some(response.map(|body| Sent { body, place }))
    }
}

/// Answers a request that the guard does not admit. Nothing of its body is read.
pub async fn refuse(Extension(refusal): Extension<HttpRefusal>, headers: HeaderMap) -> axum::response::Response {
    refusal.answer(&headers)
}

/// What a router answers in place of an answer: the connection is closed without one.
#[derive(Clone, Copy, Debug)]
pub struct Unanswered;

impl IntoResponse for Unanswered {
    fn into_response(self) -> axum::response::Response {
        let mut response = axum::response::Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

/// An answer's body; when it is gone, the connection waits for the next request.
struct Sent {
    body: Body,
    place: Arc<Seat>,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.place.waiting();
    }
}

/// Whether a connection failed before it was one, and listening goes on.
fn is_the_callers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset
    )
}

/// Says that all connections are busy, and reads nothing of what is asked.
async fn turn_away(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    if timeout(PAUSE_AFTERWARDS, stream.write_all(&HttpRefusal::Busy.as_sent())).await.is_ok_and(|sent| sent.is_ok()) {
        hear_out(stream).await;
    }
}

/// Ends a connection so that its caller can read the last answer: says first that nothing more comes, and closes when
/// the caller has closed, or has sent enough.
async fn hear_out(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let heard = async {
        stream.shutdown().await?;
        let mut buffer = vec![0; 16 * 1024];
        let mut left = MOST_AFTERWARDS;
        while left > 0 {
            match timeout(PAUSE_AFTERWARDS, stream.read(&mut buffer)).await {
                Ok(Ok(length @ 1..)) => left = left.saturating_sub(length as u64),
                _ => break,
            }
        }
        io::Result::Ok(())
    };
    // Neither an error nor too long a time is news: it was closed anyway.
    let _ = timeout(LONGEST_AFTERWARDS, heard).await;
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use tokio::net::TcpStream;
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;
    use wrapup::api::BodyError;

    use super::*;

    type Tested<T = ()> = Result<T, Box<dyn std::error::Error>>;

    /// Nothing is waited for in vain: what a test is about is set shorter.
    const PATIENT: Limits = Limits {
        connections: 1_000,
        head: Duration::from_secs(60),
        body: Pace { pause: Duration::from_secs(60), whole: Duration::from_secs(60) },
        answer: Duration::from_secs(60),
    };
    const SHORT: Duration = Duration::from_millis(100);

    /// A running server.
    struct Running {
        address: SocketAddr,
        /// Has a permit for each call of `/wait` that has begun.
        begun: Arc<Semaphore>,
        /// Lets all of them be answered.
        let_go: Arc<Notify>,
        end: oneshot::Sender<()>,
        served: JoinHandle<()>,
    }

    async fn started(limits: Limits) -> Tested<Running> {
        let let_go = Arc::new(Notify::new());
        let begun = Arc::new(Semaphore::new(0));
        let (begins, waiting) = (Arc::clone(&begun), Arc::clone(&let_go));
        let router = Router::new()
            .route("/", get(async || "fine"))
            .route("/body", post(take))
            .route("/unwanted", post(async || StatusCode::UNAUTHORIZED))
            .route("/large", get(async || vec![b' '; 64 * 1024 * 1024]))
            .route("/wait", get(async move || wait(&begins, &waiting).await));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel::<()>();
        let server = Server::new(router, Guard::for_programs(address.port()), limits);
        let served = tokio::spawn(server.serve(listener, async { drop(ended.await) }));
        Ok(Running { address, begun, let_go, end, served })
    }

    async fn wait(begins: &Semaphore, let_go: &Notify) {
        let mut let_go = pin!(let_go.notified());
        let_go.as_mut().enable();
        begins.add_permits(1);
        let_go.await;
    }

    async fn take(body: Body) -> StatusCode {
        match read(body, 1_000).await {
            Ok(_) => StatusCode::OK,
            Err(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Err(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Err(BodyError::Broken) => StatusCode::BAD_REQUEST,
        }
    }

    impl Running {
        /// A connection over which this was sent.
        async fn send(&self, text: &str) -> Tested<TcpStream> {
            let mut stream = TcpStream::connect(self.address).await?;
            stream.write_all(text.as_bytes()).await?;
            Ok(stream)
        }

        /// A request's head, with these lines in it.
        fn head(&self, request: &str, lines: &str) -> String {
            format!("{request} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", self.address)
        }

        /// The status of a request on a connection of its own.
        async fn status(&self, request: &str) -> Tested<u16> {
            let mut stream = self.send(&self.head(request, "Connection: close\r\n")).await?;
            status(&to_the_end(&mut stream).await?)
        }
    }

    async fn to_the_end(stream: &mut TcpStream) -> Tested<String> {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8(answer)?)
    }

    fn status(answer: &str) -> Tested<u16> {
        Ok(answer.split(' ').nth(1).ok_or("no answer")?.parse()?)
    }

    #[tokio::test]
    async fn a_connection_without_a_request_is_closed() -> Tested {
        let server = started(Limits { head: SHORT, ..PATIENT }).await?;
        for sent in ["", "GET / HT", &server.head("GET /", "X: y\r\n")[..40], &server.head("GET /", "")] {
            let answer = to_the_end(&mut server.send(sent).await?).await?;
            assert_eq!(answer.contains("fine"), sent.ends_with("\r\n\r\n"), "{sent}: {answer}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_head_sent_byte_by_byte_has_no_longer() -> Tested {
        let server = started(Limits { head: SHORT, ..PATIENT }).await?;
        let mut stream = server.send("GET / HTTP/1.1\r\n").await?;
        // Until the server has had enough of it.
        while stream.write_all(b"X: y\r\n").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_slow_body_is_given_up_with_408() -> Tested {
        let post = |server: &Running| server.head("POST /body", "Content-Length: 500\r\n");
        let pause = started(Limits { body: Pace { pause: SHORT, ..PATIENT.body }, ..PATIENT }).await?;
        let answer = to_the_end(&mut pause.send(&(post(&pause) + "abc")).await?).await?;
        assert_eq!(status(&answer)?, 408);
        assert!(answer.contains("connection: close"), "{answer}");
        let whole = started(Limits { body: Pace { whole: SHORT, ..PATIENT.body }, ..PATIENT }).await?;
        let (mut reading, mut writing) = whole.send(&post(&whole)).await?.into_split();
        tokio::spawn(async move {
            while writing.write_all(b"a").await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        });
        let mut answer = vec![0; 12];
        reading.read_exact(&mut answer).await?;
        assert_eq!(answer, b"HTTP/1.1 408");
        Ok(())
    }

    #[tokio::test]
    async fn a_body_is_read_no_further_than_it_may_be_long() -> Tested {
        let server = started(PATIENT).await?;
        // Of what is announced as too long nothing is waited for.
        let announced = server.head("POST /body", "Content-Length: 1001\r\n");
        assert_eq!(status(&to_the_end(&mut server.send(&announced).await?).await?)?, 413);
        let chunked =
            server.head("POST /body", "Transfer-Encoding: chunked\r\n") + &format!("3e9\r\n{}\r\n", " ".repeat(1001));
        assert_eq!(status(&to_the_end(&mut server.send(&chunked).await?).await?)?, 413);
        let broken = server.head("POST /body", "Transfer-Encoding: chunked\r\n") + "zz\r\n";
        assert_eq!(status(&to_the_end(&mut server.send(&broken).await?).await?)?, 400);
        Ok(())
    }

    #[tokio::test]
    async fn idle_and_slow_connections_keep_nobody_out() -> Tested {
        let server = started(Limits { connections: 8, ..PATIENT }).await?;
        let (answered, not_taken) = (server.head("GET /", ""), server.head("GET /large", ""));
        let not_sent = server.head("POST /body", "Content-Length: 500\r\n") + "abc";
        let sent = [String::new(), "GET / HTTP/1.1\r\nHost: ".to_owned(), answered, not_taken, not_sent];
        let mut idle = Vec::new();
        for count in 0..100 {
            idle.push(server.send(&sent[count % 5]).await?);
            assert_eq!(server.status("GET /").await?, 200, "{count} idle connections");
        }
        Ok(())
    }

    #[tokio::test]
    async fn where_all_are_busy_others_hear_so_at_once() -> Tested {
        let server = started(Limits { connections: 2, ..PATIENT }).await?;
        let wait = server.head("GET /wait", "Connection: close\r\n");
        let mut busy = [server.send(&wait).await?, server.send(&wait).await?];
        let _both = server.begun.acquire_many(2).await?;
        let mut third = server.send(&server.head("GET /", "Connection: close\r\n")).await?;
        let refused = to_the_end(&mut third).await?;
        assert_eq!(status(&refused)?, 503);
        assert!(refused.contains("retry-after: 1\r\n") && refused.ends_with('}'), "{refused}");
        server.let_go.notify_waiters();
        for stream in &mut busy {
            assert_eq!(status(&to_the_end(stream).await?)?, 200);
        }
        assert_eq!(server.status("GET /").await?, 200);
        Ok(())
    }

    #[tokio::test]
    async fn a_refusal_is_read_by_whoever_still_sends() -> Tested {
        let server = started(PATIENT).await?;
        for (megabytes, path) in
            [(0, "/unwanted"), (1, "/unwanted"), (16, "/unwanted"), (16, "/nowhere"), (16, "/body")]
        {
            let length = megabytes * 1024 * 1024 + 2_000;
            let head = server.head(&format!("POST {path}"), &format!("Content-Length: {length}\r\n"));
            let mut stream = server.send(&head).await?;
            // All of it first, as Python's `requests` does.
            stream.write_all(&vec![b' '; length]).await?;
            let mut answer = vec![0; 12];
            stream.read_exact(&mut answer).await?;
            assert!(answer.starts_with(b"HTTP/1.1 4"), "{path} {megabytes}: {}", String::from_utf8_lossy(&answer));
        }
        // Who asks first whether to send it is not told to.
        let head = server.head("POST /unwanted", "Content-Length: 500\r\nExpect: 100-continue\r\n");
        let answer = to_the_end(&mut server.send(&head).await?).await?;
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("connection: close"), "{answer}");
        Ok(())
    }

    #[tokio::test]
    async fn a_small_body_that_nobody_wants_ends_no_connection() -> Tested {
        let server = started(PATIENT).await?;
        let first = server.head("POST /unwanted", "Content-Length: 500\r\n") + &" ".repeat(500);
        let second = server.head("GET /", "Connection: close\r\n");
        let answers = to_the_end(&mut server.send(&(first + &second)).await?).await?;
        assert!(answers.starts_with("HTTP/1.1 401 ") && answers.ends_with("fine"), "{answers}");
        Ok(())
    }

    #[tokio::test]
    async fn the_end_waits_for_requests_and_for_nothing_else() -> Tested {
        let server = started(Limits { answer: SHORT, ..PATIENT }).await?;
        let (unused, begun) = (server.send("").await?, server.send("GET / HTTP/1.1\r\nHost: ").await?);
        let (kept, not_taken) =
            (server.send(&server.head("GET /", "")).await?, server.send(&server.head("GET /large", "")).await?);
        let mut running = server.send(&server.head("GET /wait", "")).await?;
        let _one = server.begun.acquire().await?;
        drop(server.end);
        while TcpStream::connect(server.address).await.is_ok() {
            sleep(Duration::from_millis(5)).await;
        }
        assert!(!server.served.is_finished());
        server.let_go.notify_one();
        assert_eq!(status(&to_the_end(&mut running).await?)?, 200);
        server.served.await?;
        drop((unused, begun, kept, not_taken));
        Ok(())
    }
}
