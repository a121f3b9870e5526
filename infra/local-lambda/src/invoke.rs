//! Lambda's Invoke API.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use wrapup::api::BodyError;

use crate::payload::{LARGEST_PAYLOAD, read};

/// Functions that can be invoked.
pub trait Invoke: Send + Sync + 'static {
    /// What a function answers. It is named as the request names it; [`function_name`] finds its own name in that.
    fn invoke(&self, function: String, payload: Bytes) -> impl Future<Output = Result<Bytes, InvokeError>> + Send;
}

/// Why an invocation has no answer of its function's.
#[derive(Debug)]
pub enum InvokeError {
    /// The function itself has failed, and said so in JSON. To Lambda that is an answer as well.
    Function(Bytes),
    /// Lambda does not have it answer.
    Refused {
        /// The status of the response.
        status: StatusCode,
        /// The name of the error, by which the SDKs know it.
        error_type: &'static str,
        /// What is said of it, in JSON.
        body: String,
    },
}

impl InvokeError {
    /// There is no function with this name.
    pub fn no_such_function(name: &str) -> Self {
        Self::refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", &format!("Function not found: {name}"))
    }

    /// The function's process has given no answer, for a reason that Lambda has a name for, such as
    /// `Runtime.ExitError`.
    pub fn unanswered(error_type: &str, name: &str) -> Self {
        let message = format!("the function {name} did not answer");
        Self::Function(json!({"errorType": error_type, "errorMessage": message}).to_string().into())
    }

    /// The request is at fault.
    fn refused(status: StatusCode, error_type: &'static str, message: &str) -> Self {
        Self::Refused { status, error_type, body: json!({"Type": "User", "Message": message}).to_string() }
    }
}

impl From<BodyError> for InvokeError {
    fn from(error: BodyError) -> Self {
        let unreadable = "InvalidRequestContentException";
        match error {
            BodyError::TooLarge => Self::refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestTooLargeException",
                &format!("A payload has at most {LARGEST_PAYLOAD} bytes"),
            ),
            BodyError::TooSlow => {
                Self::refused(StatusCode::REQUEST_TIMEOUT, unreadable, "The payload did not arrive in time")
            }
            BodyError::Broken => Self::refused(StatusCode::BAD_REQUEST, unreadable, "The payload could not be read"),
        }
    }
}

impl IntoResponse for InvokeError {
    fn into_response(self) -> Response {
        match self {
            Self::Function(error) => ([("x-amz-function-error", "Unhandled")], error).into_response(),
            Self::Refused { status, error_type, body } => {
                (status, [("x-amzn-errortype", error_type)], body).into_response()
            }
        }
    }
}

/// The Invoke API in front of these functions.
pub fn invoke_api(functions: Arc<impl Invoke>) -> Router {
    Router::new().route("/2015-03-31/functions/{name}/invocations", post(invoke)).with_state(functions)
}

async fn invoke<F: Invoke>(
    State(functions): State<Arc<F>>,
    Path(name): Path<String>,
    payload: Body,
) -> Result<Bytes, InvokeError> {
    functions.invoke(name, read(payload).await?).await
}

/// The function's own name in what Lambda takes for one: `NAME`, an ARN, or part of one, each with or
/// without a version or alias behind it.
pub fn function_name(given: &str) -> &str {
    let rest = given.rsplit_once("function:").map_or(given, |(_, rest)| rest);
    rest.split(':').next().unwrap_or_default()
}
