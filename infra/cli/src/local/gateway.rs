//! What API Gateway does: HTTP to the Lambda request, and the response back to HTTP. It knows no
//! endpoint and no rule.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use lambda_http::{Context, RequestExt};
use serde_json::json;
use tokio::net::TcpListener;
use wrapup::api::{Api, MOST_BYTES};

/// Serves the API, and beside it these routes, until `end`, then finishes the requests that run.
pub async fn serve(
    listener: TcpListener,
    api: Arc<Api>,
    beside: Router,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = beside.fallback_service(Router::new().fallback(handle).with_state(api));
    axum::serve(listener, router).with_graceful_shutdown(end).await
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let response = match to_lambda(request).await {
        Ok(request) => api.handle(request).await,
        Err(error) => return broken_body(&error),
    };
    response.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    })
}

/// The answer to a body that cannot be read to its end. Where the next request would begin is unknown,
/// so the connection ends with it.
fn broken_body(error: &axum::Error) -> Response {
    tracing::debug!(%error, "a request body broke off");
    let detail = "The body ended before its Content-Length, or one of its chunks is malformed";
    let body = json!({"error": {"message": "Request body could not be read", "detail": detail}, "status": "failure"});
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (CONNECTION, "close")];
    (StatusCode::BAD_REQUEST, headers, body.to_string()).into_response()
}

async fn to_lambda(request: Request) -> Result<lambda_http::Request, axum::Error> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    let body = lambda_http::Body::Binary(read(body).await?);
    Ok(lambda_http::Request::from_parts(parts, body).with_raw_http_path(path).with_lambda_context(context))
}

/// Bytes of an unwanted rest of a body that are still taken in, so that the caller gets to read why
/// it is unwanted, and can go on with its connection.
const MOST_UNWANTED: usize = 64 * 1024 * 1024;

/// Reads a body, but keeps no more of it than it takes to see that it is too large.
async fn read(body: Body) -> Result<Vec<u8>, axum::Error> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut unwanted = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if bytes.len() <= MOST_BYTES {
            bytes.extend_from_slice(&chunk);
        } else {
            unwanted += chunk.len();
        }
        if unwanted > MOST_UNWANTED {
            break;
        }
    }
    Ok(bytes)
}
