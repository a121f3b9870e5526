//! Lambda's Runtime API, towards the process of one function.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::sleep;
use uuid::Uuid;
use wrapup::api::BodyError;
use wrapup::clock::Clock;

use crate::payload::read;

/// An invocation on its way to a process.
#[derive(Debug)]
pub struct Invocation {
    /// The event.
    pub payload: Bytes,
    /// Where it goes what becomes of it. It is dropped where the process ends first, or does not answer in time; an
    /// invocation that nobody waits for any more is handed to no process.
    pub answer: oneshot::Sender<Answered>,
}

/// What a function made of an invocation.
#[derive(Debug)]
pub struct Answered {
    /// From handing the event out to having the whole answer.
    pub took: Duration,
    /// The response, or the error that the function has reported.
    pub result: Result<Bytes, Bytes>,
}

/// The Runtime API of one function, which has one process at a time.
pub struct Runtime {
    name: String,
    timeout: Duration,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    process: Mutex<Process>,
}

/// What is known of the process that runs now. Nothing of it outlives it.
#[derive(Default)]
struct Process {
    /// By request id: handed to it, and not answered yet.
    running: HashMap<String, Running>,
    /// When it asked for the invocation that it waits for.
    asked: watch::Sender<Option<Instant>>,
    /// It has not answered in time.
    overdue: Arc<Notify>,
    has_answered: bool,
}

struct Running {
    answer: oneshot::Sender<Answered>,
    handed_out: Instant,
}

impl Runtime {
    /// The Runtime API of a function with this name, whose invocations come from this queue and may take so long.
    pub fn new(name: String, timeout: Duration, waiting: mpsc::Receiver<Invocation>) -> Self {
        Self { name, timeout, waiting: tokio::sync::Mutex::new(waiting), process: Mutex::default() }
    }

    /// What has to be served at the address that the process finds in `AWS_LAMBDA_RUNTIME_API`.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(self)
    }

    /// A new process runs from now on; what is answered is told when it has not answered an invocation in time.
    pub fn process_begins(&self) -> Arc<Notify> {
        let mut process = self.process();
        *process = Process::default();
        Arc::clone(&process.overdue)
    }

    /// The process has ended, and with it what it was working on. Whether it had answered anything.
    pub fn process_ended(&self) -> bool {
        std::mem::take(&mut *self.process()).has_answered
    }

    /// Waits until the process has nothing to do; since when it has been asking for an invocation. None where it ends.
    pub async fn idle_since(&self) -> Option<Instant> {
        let mut asked = self.process().asked.subscribe();
        asked.wait_for(Option::is_some).await.ok().and_then(|asked| *asked)
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next invocation that somebody still waits for.
    async fn next(&self) -> Option<Invocation> {
        let mut waiting = self.waiting.lock().await;
        loop {
            let invocation = waiting.recv().await?;
            if !invocation.answer.is_closed() {
                return Some(invocation);
            }
        }
    }

    /// Has the process ended that does not answer in time, as Lambda does: it would take no other call.
    async fn watch(self: Arc<Self>, id: String, overdue: Arc<Notify>) {
        sleep(self.timeout).await;
        if self.process().running.remove(&id).is_some() {
            overdue.notify_one();
        }
    }

    async fn answer(&self, id: &str, body: Body, to_result: fn(Bytes) -> Result<Bytes, Bytes>) -> StatusCode {
        let result = match read(body).await {
            Ok(body) => to_result(body),
            Err(BodyError::TooLarge) => return StatusCode::PAYLOAD_TOO_LARGE,
            Err(BodyError::TooSlow) => return StatusCode::REQUEST_TIMEOUT,
            Err(BodyError::Broken) => return StatusCode::BAD_REQUEST,
        };
        let mut process = self.process();
        let Some(Running { answer, handed_out }) = process.running.remove(id) else { return StatusCode::BAD_REQUEST };
        process.has_answered = true;
        // Whoever asked may have gone away: no matter.
        let _ = answer.send(Answered { took: handed_out.elapsed(), result });
        StatusCode::ACCEPTED
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    runtime.process().asked.send_replace(Some(Instant::now()));
    let Some(Invocation { payload, answer }) = runtime.next().await else { return StatusCode::GONE.into_response() };
    let id = Uuid::new_v4();
    let now = Clock::system().since_epoch();
    let deadline = (now + runtime.timeout).as_millis().to_string();
    let trace = trace_id(now, id);
    let id = id.to_string();
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{}", runtime.name);
    let overdue = {
        let mut process = runtime.process();
        process.asked.send_replace(None);
        process.running.insert(id.clone(), Running { answer, handed_out: Instant::now() });
        Arc::clone(&process.overdue)
    };
    tokio::spawn(Arc::clone(&runtime).watch(id.clone(), overdue));
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", arn),
        ("lambda-runtime-trace-id", trace),
    ];
    (headers, payload).into_response()
}

/// What X-Ray would know the invocation by, if it were to trace it.
fn trace_id(now: Duration, id: Uuid) -> String {
    let (high, low) = id.as_u64_pair();
    format!("Root=1-{:08x}-{:08x}{high:016x};Parent={low:016x};Sampled=0", now.as_secs(), low >> 32)
}

async fn response(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, payload: Body) -> StatusCode {
    runtime.answer(&id, payload, Ok).await
}

async fn error(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, error: Body) -> StatusCode {
    runtime.answer(&id, error, Err).await
}

async fn init_error(State(runtime): State<Arc<Runtime>>, error: Body) -> StatusCode {
    let error = read(error).await.unwrap_or_default();
    tracing::error!(function = runtime.name, error = %String::from_utf8_lossy(&error), "the function does not start");
    StatusCode::ACCEPTED
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn what_its_caller_has_given_up_is_handed_to_nobody() -> Result<(), Box<dyn std::error::Error>> {
        let (queue, waiting) = mpsc::channel(10);
        let runtime = Arc::new(Runtime::new("chat".to_owned(), LONG, waiting));
        let mut callers = Vec::new();
        for payload in ["given up", "waits"] {
            let (answer, answered) = oneshot::channel();
            queue.send(Invocation { payload: Bytes::from(payload), answer }).await?;
            callers.push(answered);
        }
        drop(callers.remove(0));
        let handed = next(State(Arc::clone(&runtime))).await;
        assert_eq!(axum::body::to_bytes(handed.into_body(), 100).await?, "waits");
        assert!(next(State(runtime)).now_or_never().is_none());
        Ok(())
    }

    #[tokio::test]
    async fn no_process_is_ended_for_what_another_did_not_answer() {
        let (_queue, waiting) = mpsc::channel(1);
        let runtime = Runtime::new("chat".to_owned(), LONG, waiting);
        let first = runtime.process_begins();
        // It ends by itself in the very moment in which it is overdue.
        first.notify_one();
        assert!(!runtime.process_ended());
        let second = runtime.process_begins();
        assert!(second.notified().now_or_never().is_none());
    }
}
