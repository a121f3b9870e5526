//! Which segment tables a running local system serves, for commands of another process: they have another environment, and
//! may be another binary, of a team that adds tables of its own.

use axum::routing::get;
use axum::{Json, Router};
use http_body_util::{BodyExt, Limited};
use hyper::{StatusCode, Uri};
use wrapup::segment_tables::Registry;

use crate::http::connections;

/// Where the list is, beside DynamoDB: commands know that port.
const PATH: &str = "/segment-tables";

/// Bytes that the list may have.
const MOST_BYTES: usize = 1024 * 1024;

/// Tells the names of these tables.
pub fn routes(tables: &Registry) -> Router {
    let names: Vec<String> = tables.tables().map(str::to_owned).collect();
    Router::new().route(PATH, get(async move || Json(names)))
}

/// Why a local system did not say what it serves.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody listens there.
    #[error("nobody answers")]
    Nobody,
    /// Something else does.
    #[error("what answers on port {port} does not say which segment tables it serves: {problem}")]
    Another {
        /// The port.
        port: u16,
        /// What it said instead.
        problem: String,
    },
}

/// The names of the tables that the local system serves whose DynamoDB has this port.
pub async fn ask(port: u16) -> Result<Vec<String>, Unanswered> {
    let another = |problem: String| Unanswered::Another { port, problem };
    let url: Uri = format!("http://127.0.0.1:{port}{PATH}").parse().map_err(|error| another(format!("{error}")))?;
    let client = connections(&url).map_err(|error| another(error.to_string()))?;
    let answer = client.get(url).await.map_err(|error| match error.is_connect() {
        true => Unanswered::Nobody,
        false => another(error.to_string()),
    })?;
    if answer.status() != StatusCode::OK {
        return Err(another(answer.status().to_string()));
    }
    let body =
        Limited::new(answer.into_body(), MOST_BYTES).collect().await.map_err(|error| another(error.to_string()))?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| another(error.to_string()))
}
