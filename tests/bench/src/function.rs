//! A function's process, driven as Lambda drives it: by a Runtime API of its own.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::BenchError;

/// Longer than any call takes: a function that is silent for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running function.
pub struct Function {
    name: String,
    child: Child,
    pid: u32,
    server: JoinHandle<()>,
    events: UnboundedSender<Bytes>,
    asked: UnboundedReceiver<Instant>,
    answers: UnboundedReceiver<Answer>,
    idle: bool,
    /// From the start of the process to its first request for an event.
    pub init: Duration,
}

/// What a function made of an event.
pub struct Answer {
    /// From handing the event out to having the whole answer.
    pub took: Duration,
    /// The response; none where the function has reported an error.
    pub response: Option<Bytes>,
}

/// The Runtime API's side.
struct Runtime {
    events: tokio::sync::Mutex<UnboundedReceiver<Bytes>>,
    handed_out: Mutex<Instant>,
    asked: UnboundedSender<Instant>,
    answers: UnboundedSender<Answer>,
}

impl Function {
    /// Starts a process, and waits until it asks for its first event.
    pub async fn start(binary: &Path, dynamodb: &str, variables: &[(&str, String)]) -> Result<Self, BenchError> {
        let name = binary.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (events, waiting) = mpsc::unbounded_channel();
        let (asks, asked) = mpsc::unbounded_channel();
        let (answered, answers) = mpsc::unbounded_channel();
        let runtime = Runtime {
            events: tokio::sync::Mutex::new(waiting),
            handed_out: Mutex::new(Instant::now()),
            asked: asks,
            answers: answered,
        };
        let router = runtime_api(Arc::new(runtime));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        let started = Instant::now();
        let mut child = Command::new(binary)
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", &name),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "bench"),
                ("AWS_SECRET_ACCESS_KEY", "bench"),
                ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| BenchError::Start { program: name.clone(), source })?;
        // As in Lambda, its log goes into a pipe that somebody reads.
        if let Some(mut log) = child.stdout.take() {
            tokio::spawn(async move { tokio::io::copy(&mut log, &mut tokio::io::sink()).await });
        }
        let pid = child.id().unwrap_or_default();
        let init = Duration::ZERO;
        let mut function = Self { name, child, pid, server, events, asked, answers, idle: false, init };
        function.init = function.idle().await?.duration_since(started);
        Ok(function)
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until the function has asked for an event that it has not got yet.
    pub async fn idle(&mut self) -> Result<Instant, BenchError> {
        if self.idle {
            return Ok(Instant::now());
        }
        let asked = wait(&self.name, &mut self.child, self.asked.recv()).await?;
        self.idle = true;
        Ok(asked)
    }

    /// Has an event answered.
    pub async fn invoke(&mut self, event: Bytes) -> Result<Answer, BenchError> {
        self.idle().await?;
        self.idle = false;
        let silent = |_| BenchError::Silent { name: self.name.clone(), problem: "takes no event" };
        self.events.send(event).map_err(silent)?;
        wait(&self.name, &mut self.child, self.answers.recv()).await
    }

    /// Ends the process.
    pub async fn stop(mut self) -> Result<(), BenchError> {
        Ok(self.child.kill().await?)
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Waits for something that a function's process has to do.
async fn wait<T>(name: &str, child: &mut Child, done: impl Future<Output = Option<T>>) -> Result<T, BenchError> {
    let silent = |problem| BenchError::Silent { name: name.to_owned(), problem };
    tokio::select! {
        done = timeout(PATIENCE, done) => match done {
            Ok(Some(done)) => Ok(done),
            Ok(None) => Err(silent("lost its Runtime API")),
            Err(_) => Err(silent("did not answer within 30 seconds")),
        },
        _ = child.wait() => Err(silent("ended by itself")),
    }
}

fn runtime_api(runtime: Arc<Runtime>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .layer(DefaultBodyLimit::disable())
        .with_state(runtime)
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    // Nobody listens any more once the figures are taken.
    let _ = runtime.asked.send(Instant::now());
    let Some(event) = runtime.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        // Far in the future: the runtime takes it as it is.
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"),
    ];
    *runtime.handed_out.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    (headers, event).into_response()
}

async fn response(State(runtime): State<Arc<Runtime>>, response: Bytes) -> StatusCode {
    runtime.answered(Some(response))
}

async fn error(State(runtime): State<Arc<Runtime>>) -> StatusCode {
    runtime.answered(None)
}

impl Runtime {
    fn answered(&self, response: Option<Bytes>) -> StatusCode {
        let took = self.handed_out.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        let _ = self.answers.send(Answer { took, response });
        StatusCode::ACCEPTED
    }
}
