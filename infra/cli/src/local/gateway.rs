//! What API Gateway does: HTTP to the Lambda request, and the response back to HTTP. It knows no
//! endpoint and no rule.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use lambda_http::{Context, RequestExt};
use wrapup::api::{Api, MOST_BYTES};

use super::server;

/// The API, and beside it these routes.
pub fn routes(api: Arc<Api>, beside: Router) -> Router {
    beside.fallback_service(Router::new().fallback(handle).with_state(api))
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    let head = Request::from_parts(parts, ()).with_raw_http_path(path).with_lambda_context(context);
    let body = async { server::read(body, MOST_BYTES).await.map(|bytes| lambda_http::Body::Binary(bytes.into())) };
    api.handle(head, body).await.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    })
}
