//! What tests tell a local system beside its API: to begin anew, and what time it is. Whoever reaches the port may; web pages
//! do not get past the server's guard. Where data is kept nothing here removes any.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use wrapup::date_time::DateTime;

use super::clock::{LocalClock, Move};
use super::faults::Faults;
use super::server;
use super::serving::{Serving, Successors};
use crate::span;

/// Bytes of a request's body.
const MOST_BYTES: usize = 4 * 1024;

/// Whom tests talk to.
pub struct Control {
    /// The system, whose clock is moved.
    pub serving: Arc<Serving>,
    /// What takes its place; none where data is not for tests alone.
    pub successors: Option<Arc<Successors>>,
    /// What is drawn anew then.
    pub faults: Arc<Faults>,
}

impl Control {
    /// `/local/clock` and `/local/reset`.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/local/clock", get(show).post(turn))
            .route("/local/reset", post(reset))
            .with_state(Arc::new(self))
    }
}

/// What the clock is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    /// What it shows from now on.
    set: Option<String>,
    /// How far it goes forward.
    forward: Option<String>,
    /// How fast it goes.
    speed: Option<u32>,
}

/// What the clock shows.
#[derive(Serialize)]
struct Shown {
    now: DateTime,
    speed: u32,
}

async fn show(State(control): State<Arc<Control>>) -> Response {
    shown(&control.serving.clock())
}

async fn turn(State(control): State<Arc<Control>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let refused = |status, detail: &str| refused(&head.headers, status, detail);
    let Ok(body) = server::read(body, MOST_BYTES).await else {
        return refused(StatusCode::BAD_REQUEST, "The body could not be read, or has more than 4096 bytes");
    };
    let turn: Turn = match serde_json::from_slice(&body) {
        Ok(turn) => turn,
        Err(error) => {
            let detail = format!(
                r#"The body has to be JSON such as {{"forward": "2m"}}, with set, forward and speed, or some of them: {error}"#
            );
            return refused(StatusCode::BAD_REQUEST, &detail);
        }
    };
    let forward = turn.forward.as_deref().map(|span| span::parse(span).ok_or(span)).transpose();
    let forward = match forward {
        Ok(forward) => forward.unwrap_or_default(),
        Err(span) => {
            return refused(
                StatusCode::BAD_REQUEST,
                &format!("forward: `{span}` is no time such as 30s, 2m, 1h or 1d"),
            );
        }
    };
    match Move::read(turn.set.as_deref(), forward, turn.speed) {
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        Ok(by) if control.serving.clock().turn(by) => shown(&control.serving.clock()),
        Ok(_) => refused(
            StatusCode::FORBIDDEN,
            "The clock is the machine's: start `wrapup local` with --clock or --for-tests",
        ),
    }
}

async fn reset(State(control): State<Arc<Control>>, request: Request) -> Response {
    let Some(successors) = &control.successors else {
        let detail = "Data is kept here: start `wrapup local` with --for-tests, or empty a data folder by --reset";
        return refused(request.headers(), StatusCode::FORBIDDEN, detail);
    };
    // Whatever becomes of whoever asks, it is done or it is not.
    let begun = tokio::spawn({
        let successors = Arc::clone(successors);
        async move { successors.succeed().await }
    });
    match begun.await {
        Ok(Ok(())) => {
            control.faults.begin_anew();
            StatusCode::NO_CONTENT.into_response()
        }
        Ok(Err(error)) => failed(request.headers(), &error),
        Err(error) => failed(request.headers(), &error),
    }
}

fn failed(asked: &HeaderMap, error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "the system did not begin anew");
    refused(asked, StatusCode::INTERNAL_SERVER_ERROR, "The system did not begin anew; standard error says why")
}

fn shown(clock: &LocalClock) -> Response {
    axum::Json(Shown { now: clock.now().into(), speed: clock.speed() }).into_response()
}

fn refused(asked: &HeaderMap, status: StatusCode, detail: &str) -> Response {
    let accept = asked.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let (content_type, body) = wrapup::api::refusal(accept, status.canonical_reason().unwrap_or_default(), detail);
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (status, headers, body).into_response()
}
