//! Lambda on this machine: the Invoke API in front of functions that run as processes and speak the
//! Lambda Runtime API, as they do in AWS.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{sleep, timeout};
use wrapup::clock::Clock;

use super::LocalError;

/// How long an invocation may take: longer than the API waits for one.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How long a process that has ended stays away.
const RESTART: Duration = Duration::from_secs(1);

/// Bytes that Lambda takes as a payload, either way.
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// A function that is to run: its name, and the command that starts its process.
#[derive(Clone, Debug)]
pub struct Function {
    name: String,
    command: String,
}

impl std::str::FromStr for Function {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, command)) if !name.is_empty() && !command.is_empty() => {
                Ok(Self { name: name.to_owned(), command: command.to_owned() })
            }
            _ => Err("has to be NAME=COMMAND"),
        }
    }
}

/// An invocation on its way to a process.
struct Invocation {
    payload: Bytes,
    answer: oneshot::Sender<Result<Bytes, Bytes>>,
}

/// What the Runtime API of one function knows.
struct Runtime {
    name: String,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    /// By request id: handed to the process, and not answered yet.
    running: Mutex<HashMap<String, oneshot::Sender<Result<Bytes, Bytes>>>>,
    /// The process has not answered in time.
    overdue: Notify,
}

/// Starts the functions, and serves the Invoke API on `listener`.
pub async fn start(listener: TcpListener, functions: Vec<Function>) -> Result<(), LocalError> {
    let mut by_name = HashMap::new();
    for function in functions {
        let (queue, waiting) = mpsc::channel(100);
        let runtime = Runtime {
            name: function.name.clone(),
            waiting: tokio::sync::Mutex::new(waiting),
            running: Mutex::new(HashMap::new()),
            overdue: Notify::new(),
        };
        let runtime = Arc::new(runtime);
        let runtime_listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = runtime_listener.local_addr()?.to_string();
        tokio::spawn(axum::serve(runtime_listener, runtime_api(Arc::clone(&runtime))).into_future());
        tokio::spawn(keep_running(function.clone(), address, runtime));
        by_name.insert(function.name, queue);
    }
    let invoke_api = Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .layer(DefaultBodyLimit::max(LARGEST_PAYLOAD))
        .with_state(Arc::new(by_name));
    tokio::spawn(axum::serve(listener, invoke_api).into_future());
    Ok(())
}

async fn invoke(
    State(functions): State<Arc<HashMap<String, mpsc::Sender<Invocation>>>>,
    Path(name): Path<String>,
    payload: Bytes,
) -> Response {
    let name = name_in(&name);
    let Some(function) = functions.get(name) else {
        let headers = [("x-amzn-errortype", "ResourceNotFoundException")];
        let body = format!(r#"{{"Type":"User","Message":"Function not found: {name}"}}"#);
        return (StatusCode::NOT_FOUND, headers, body).into_response();
    };
    let (answer, answered) = oneshot::channel();
    let answered = async {
        function.send(Invocation { payload, answer }).await.ok()?;
        answered.await.ok()
    };
    let failed = |error_type: &str| {
        let body = format!(r#"{{"errorType":"{error_type}","errorMessage":"the function {name} did not answer"}}"#);
        ([("x-amz-function-error", "Unhandled")], body).into_response()
    };
    match timeout(TIMEOUT, answered).await {
        Ok(Some(Ok(payload))) => payload.into_response(),
        Ok(Some(Err(error))) => ([("x-amz-function-error", "Unhandled")], error).into_response(),
        Ok(None) => failed("Runtime.ExitError"),
        Err(_) => failed("Sandbox.Timedout"),
    }
}

/// The function's own name in what Lambda takes for one: `NAME`, an ARN, or part of one, each with or
/// without a version or alias behind it.
fn name_in(given: &str) -> &str {
    let rest = given.rsplit_once("function:").map_or(given, |(_, rest)| rest);
    rest.split(':').next().unwrap_or_default()
}

fn runtime_api(runtime: Arc<Runtime>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(LARGEST_PAYLOAD))
        .with_state(runtime)
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(Invocation { payload, answer }) = runtime.waiting.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = uuid::Uuid::new_v4().to_string();
    runtime.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), answer);
    tokio::spawn(Arc::clone(&runtime).watch(id.clone()));
    let deadline = (Clock::system().since_epoch() + TIMEOUT).as_millis().to_string();
    let arn = format!("arn:aws:lambda:us-east-1:000000000000:function:{}", runtime.name);
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", arn),
    ];
    (headers, payload).into_response()
}

async fn response(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, payload: Bytes) -> StatusCode {
    runtime.answer(&id, Ok(payload))
}

async fn error(State(runtime): State<Arc<Runtime>>, Path(id): Path<String>, error: Bytes) -> StatusCode {
    runtime.answer(&id, Err(error))
}

async fn init_error(State(runtime): State<Arc<Runtime>>, error: Bytes) -> StatusCode {
    tracing::error!(function = runtime.name, error = %String::from_utf8_lossy(&error), "the function does not start");
    StatusCode::ACCEPTED
}

impl Runtime {
    /// Has a process ended that does not answer in time, as Lambda does: it would take no other call.
    async fn watch(self: Arc<Self>, id: String) {
        sleep(TIMEOUT).await;
        if self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id).is_some() {
            self.overdue.notify_one();
        }
    }

    fn answer(&self, id: &str, answer: Result<Bytes, Bytes>) -> StatusCode {
        match self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(id) {
            // Whoever asked may have gone away: no matter.
            Some(asked) => {
                let _ = asked.send(answer);
                StatusCode::ACCEPTED
            }
            None => StatusCode::BAD_REQUEST,
        }
    }
}

/// Keeps one process of a function running; what a process was working on ends with it.
async fn keep_running(function: Function, address: String, runtime: Arc<Runtime>) {
    loop {
        let child = Command::new("sh")
            // `exec`, so that ending the process ends the function and not a shell around it.
            .args(["-c", &format!("exec {}", function.command)])
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        match child {
            Ok(mut child) => tokio::select! {
                ended = child.wait() => match ended {
                    Ok(status) => tracing::warn!(function = function.name, %status, "the function's process has ended"),
                    Err(error) => tracing::error!(function = function.name, %error, "the function's process is lost"),
                },
                () = runtime.overdue.notified() => {
                    tracing::warn!(function = function.name, "the function did not answer in time; its process is ended");
                    if let Err(error) = child.kill().await {
                        tracing::error!(function = function.name, %error, "the function's process does not end");
                    }
                }
            },
            Err(error) => tracing::error!(function = function.name, %error, "the function's process does not start"),
        }
        runtime.running.lock().unwrap_or_else(PoisonError::into_inner).clear();
        sleep(RESTART).await;
    }
}
