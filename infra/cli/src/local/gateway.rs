//! What API Gateway does: HTTP to the Lambda request, and the response back to HTTP. It knows no
//! endpoint and no rule.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use lambda_http::{Context, RequestExt};
use wrapup::api::{Api, BodyError, MOST_BYTES, Page, TOKEN_PATH, TokenEndpoint};

use super::server;

/// The API behind these routes.
pub fn routes(api: Arc<Api>, beside: Router) -> Router {
    beside.fallback_service(Router::new().fallback(handle).with_state(api))
}

/// Where clients fetch tokens.
pub fn token_route(endpoint: Arc<TokenEndpoint>) -> Router {
    let handle = async |State(endpoint): State<Arc<TokenEndpoint>>, request: Request| {
        let (head, body) = received(request);
        sent(endpoint.handle(head, body).await)
    };
    Router::new().route(TOKEN_PATH, any(handle)).route(&format!("{TOKEN_PATH}/"), any(handle)).with_state(endpoint)
}

/// A page beside the API.
pub fn page_routes(page: Arc<Page>) -> Router {
    let handle = async |State(page): State<Arc<Page>>, request: Request| sent(page.handle(received(request).0).await);
    let path = page.path();
    Router::new()
        .route(path, any(handle))
        .route(&format!("{path}/"), any(handle))
        .route(&format!("{path}/{{*file}}"), any(handle))
        .with_state(page)
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (head, body) = received(request);
    sent(api.handle(head, body).await)
}

/// The request as Lambda hands it over, and what its body comes to.
fn received(request: Request) -> (Request<()>, impl Future<Output = Result<lambda_http::Body, BodyError>> + Send) {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut context = Context::default();
    context.request_id = uuid::Uuid::new_v4().to_string();
    let head = Request::from_parts(parts, ()).with_raw_http_path(path).with_lambda_context(context);
    (head, async { server::read(body, MOST_BYTES).await.map(|bytes| lambda_http::Body::Binary(bytes.into())) })
}

fn sent(response: lambda_http::Response<lambda_http::Body>) -> Response {
    response.map(|body| match body {
        lambda_http::Body::Text(text) => Body::from(text),
        lambda_http::Body::Binary(bytes) => Body::from(bytes),
        _ => Body::empty(),
    })
}
