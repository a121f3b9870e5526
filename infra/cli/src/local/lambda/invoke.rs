//! Lambda's Invoke API.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use wrapup::api::BodyError;

use super::super::server;
use super::{Invocation, LARGEST_PAYLOAD, TIMEOUT};

/// The functions' queues, by their names.
type Queues = HashMap<String, mpsc::Sender<Invocation>>;

pub fn routes(functions: Queues) -> Router {
    Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(Arc::new(functions))
}

async fn invoke(State(functions): State<Arc<Queues>>, Path(name): Path<String>, payload: Body) -> Response {
    let name = name_in(&name);
    let Some(function) = functions.get(name) else {
        let message = format!("Function not found: {name}");
        return refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let payload = match server::read(payload, LARGEST_PAYLOAD).await {
        Ok(payload) => payload,
        Err(BodyError::TooLarge) => {
            let message = format!("A payload has at most {LARGEST_PAYLOAD} bytes");
            return refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", &message);
        }
        Err(BodyError::TooSlow) => {
            return refused(
                StatusCode::REQUEST_TIMEOUT,
                "InvalidRequestContentException",
                "The payload did not arrive in time",
            );
        }
        Err(BodyError::Broken) => {
            return refused(StatusCode::BAD_REQUEST, "InvalidRequestContentException", "The payload could not be read");
        }
    };
    let (answer, answered) = oneshot::channel();
    let answered = async {
        function.send(Invocation { payload, answer }).await.ok()?;
        answered.await.ok()
    };
    match timeout(TIMEOUT, answered).await {
        Ok(Some(Ok(payload))) => payload.into_response(),
        Ok(Some(Err(error))) => failed(error),
        Ok(None) => failed(not_answered("Runtime.ExitError", name)),
        Err(_) => failed(not_answered("Sandbox.Timedout", name)),
    }
}

fn not_answered(error_type: &str, name: &str) -> String {
    json!({"errorType": error_type, "errorMessage": format!("the function {name} did not answer")}).to_string()
}

/// The function's own failure, which is an answer of Lambda's all the same.
fn failed(error: impl IntoResponse) -> Response {
    ([("x-amz-function-error", "Unhandled")], error).into_response()
}

fn refused(status: StatusCode, error_type: &'static str, message: &str) -> Response {
    let body = json!({"Type": "User", "Message": message}).to_string();
    (status, [("x-amzn-errortype", error_type)], body).into_response()
}

/// The function's own name in what Lambda takes for one: `NAME`, an ARN, or part of one, each with or
/// without a version or alias behind it.
fn name_in(given: &str) -> &str {
    let rest = given.rsplit_once("function:").map_or(given, |(_, rest)| rest);
    rest.split(':').next().unwrap_or_default()
}
