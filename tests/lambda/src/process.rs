//! A function in a process of its own, driven by a Runtime API as Lambda has it.

use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A running function, killed when dropped.
pub struct FunctionProcess {
    child: Child,
    events: Sender<Bytes>,
    answers: Receiver<Answered>,
}

/// What a function did with an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// It answered.
    Response(Value),
    /// It reported a failure, which counts as an error of the function.
    Failure(Value),
}

struct Runtime {
    events: Mutex<Receiver<Bytes>>,
    answers: Sender<Answered>,
}

impl FunctionProcess {
    /// Starts a function whose DynamoDB is at this URL.
    pub async fn start(binary: &str, dynamodb: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, waiting) = channel(1);
        let (answered, answers) = channel(1);
        let runtime = Arc::new(Runtime { events: Mutex::new(waiting), answers: answered });
        tokio::spawn(async move { axum::serve(listener, runtime_api(runtime)).await });
        let mut command = Command::new(binary);
        let child = command
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "function"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("a process");
        Self { child, events, answers }
    }

    /// Hands an event out, and answers what the function did with it.
    pub async fn invoke(&mut self, event: &Value) -> Answered {
        self.events.send(event.to_string().into()).await.expect("a Runtime API that waits");
        tokio::select! {
            answer = self.answers.recv() => answer.expect("an answer"),
            ended = self.child.wait() => panic!("the process has ended ({ended:?}) by {event}"),
        }
    }
}

fn runtime_api(runtime: Arc<Runtime>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
        .layer(DefaultBodyLimit::disable())
        .with_state(runtime)
}

async fn next(State(runtime): State<Arc<Runtime>>) -> impl IntoResponse {
    let event = runtime.events.lock().await.recv().await.unwrap_or_default();
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
        ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:function"),
    ];
    (headers, event)
}

async fn response(State(runtime): State<Arc<Runtime>>, body: Bytes) -> StatusCode {
    answered(&runtime, Answered::Response(serde_json::from_slice(&body).expect("JSON"))).await
}

async fn failure(State(runtime): State<Arc<Runtime>>, body: Bytes) -> StatusCode {
    answered(&runtime, Answered::Failure(serde_json::from_slice(&body).expect("JSON"))).await
}

async fn answered(runtime: &Runtime, answer: Answered) -> StatusCode {
    runtime.answers.send(answer).await.expect("a test that waits");
    StatusCode::ACCEPTED
}
