//! What API Gateway answers where no function does, or none in time.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// What a deployment's API Gateway is told to say, by the names that it has for its own answers.
static ANSWERS: LazyLock<HashMap<String, Answer>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../gateway-responses.json")).unwrap_or_default());

/// Which of them has a status; all others have the last one.
const NAMES: [(StatusCode, &str); 2] = [
    (StatusCode::TOO_MANY_REQUESTS, "THROTTLED"),
    // Its own would be 504, which it is told to make 503 of.
    (StatusCode::SERVICE_UNAVAILABLE, "INTEGRATION_TIMEOUT"),
];
const ELSE: &str = "DEFAULT_5XX";

#[derive(Default, Deserialize)]
struct Answer {
    message: String,
    detail: String,
    #[serde(default)]
    headers: HashMap<String, String>,
}

/// The answer with this status to a request with these headers.
pub fn answer(status: StatusCode, asked: &HeaderMap) -> Response {
    let name = NAMES.iter().find(|(of, _)| *of == status).map_or(ELSE, |(_, name)| name);
    let none = Answer::default();
    let said = ANSWERS.get(name).unwrap_or(&none);
    let detail = said.detail.replace("$context.requestId", &uuid::Uuid::new_v4().to_string());
    let accept = asked.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let (content_type, body) = wrapup::api::refusal(accept, &said.message, &detail);
    let fixed = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    let mut response = (status, fixed, body).into_response();
    for (name, value) in &said.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_one_that_a_deployment_gives() {
        for name in NAMES.map(|(_, name)| name).into_iter().chain([ELSE]) {
            assert!(
                ANSWERS.get(name).is_some_and(|said| !said.message.is_empty() && !said.detail.is_empty()),
                "{name}"
            );
        }
    }
}
