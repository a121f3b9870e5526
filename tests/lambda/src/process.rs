//! A function in a process of its own, driven as Lambda drives it: by a Runtime API.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wrapup_local_lambda::{Answered, Invocation, Runtime};

/// Longer than any call takes: a function that is silent for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running function, killed when dropped. One that ends by itself, or is silent, makes whoever waits for it panic.
pub struct FunctionProcess {
    name: String,
    child: Child,
    runtime: Arc<Runtime>,
    invocations: mpsc::Sender<Invocation>,
    server: JoinHandle<()>,
    /// The process's id.
    pub pid: u32,
    /// From the start of the process to its first request for an event.
    pub init: Duration,
}

impl FunctionProcess {
    /// Starts a function with these environment variables, whose DynamoDB is at this URL, and waits until it asks for its
    /// first event.
    pub async fn start(binary: impl AsRef<Path>, dynamodb: &str, variables: &[(&str, String)]) -> Self {
        let binary = binary.as_ref();
        let name = binary.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (invocations, waiting) = mpsc::channel(1);
        let runtime = Arc::new(Runtime::new(name.clone(), PATIENCE, waiting));
        let router = Arc::clone(&runtime).routes();
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
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
            ])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", binary.display()));
        // As in Lambda, its log goes into a pipe that somebody reads.
        let mut log = child.stdout.take().expect("a pipe");
        tokio::spawn(async move { tokio::io::copy(&mut log, &mut tokio::io::sink()).await });
        let pid = child.id().expect("a process that runs");
        let mut function = Self { name, child, runtime, invocations, server, pid, init: Duration::ZERO };
        function.init = function.idle().await.duration_since(started);
        function
    }

    /// Waits until the function has nothing to do; answers since when.
    pub async fn idle(&mut self) -> Instant {
        let runtime = Arc::clone(&self.runtime);
        self.wait(runtime.idle_since()).await
    }

    /// Has an event answered, once the function waits for one.
    pub async fn invoke(&mut self, event: Bytes) -> Answered {
        self.idle().await;
        let (answer, answered) = oneshot::channel();
        self.invocations.send(Invocation { payload: event, answer }).await.expect("a Runtime API that waits");
        self.wait(async { answered.await.ok() }).await
    }

    /// The function's response to an event. One that reports an error instead makes this panic.
    pub async fn respond(&mut self, event: &Value) -> Value {
        match self.invoke(event.to_string().into()).await.result {
            Ok(response) => serde_json::from_slice(&response).expect("JSON"),
            Err(error) => panic!("{} reports {} by {event}", self.name, String::from_utf8_lossy(&error)),
        }
    }

    /// Ends the process, and waits until it is gone.
    pub async fn stop(mut self) {
        self.child.kill().await.expect("a process that can be ended");
    }

    /// Waits for something that the process has to do.
    async fn wait<T>(&mut self, done: impl Future<Output = Option<T>>) -> T {
        tokio::select! {
            done = timeout(PATIENCE, done) => match done {
                Ok(Some(done)) => done,
                _ => panic!("{} did not answer within {PATIENCE:?}", self.name),
            },
            ended = self.child.wait() => panic!("{} has ended by itself: {ended:?}", self.name),
        }
    }
}

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        self.server.abort();
    }
}
