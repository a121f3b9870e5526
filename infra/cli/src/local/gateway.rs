//! What API Gateway does: HTTP to the Lambda request, and the response back to HTTP. It knows no
//! endpoint and no rule.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use futures_util::StreamExt;
use lambda_http::{Context, RequestExt};
use tokio::net::TcpListener;
use wrapup::api::{Api, BodyError, MOST_BYTES};

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
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    let head = Request::from_parts(parts, ()).with_raw_http_path(path).with_lambda_context(context);
    let broken = AtomicBool::new(false);
    let body = async {
        let read = read(body).await;
        broken.store(read.is_err(), Ordering::Relaxed);
        read
    };
    let response = api.handle(head, body).await;
    let mut response = response.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    });
    if broken.load(Ordering::Relaxed) {
        // Where the next request would begin is unknown.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Bytes of an unwanted rest of a body that are still taken in, so that the caller gets to read why
/// it is unwanted, and can go on with its connection.
const MOST_UNWANTED: usize = 64 * 1024 * 1024;

/// Reads a body, but keeps no more of it than it takes to see that it is too large.
async fn read(body: Body) -> Result<lambda_http::Body, BodyError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut unwanted = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| {
            tracing::debug!(%error, "a request body broke off");
            BodyError::Broken
        })?;
        if bytes.len() <= MOST_BYTES {
            bytes.extend_from_slice(&chunk);
        } else {
            unwanted += chunk.len();
        }
        if unwanted > MOST_UNWANTED {
            break;
        }
    }
    Ok(lambda_http::Body::Binary(bytes))
}
