//! The page to try the API on, and the document that it is made from. They are the local server's, not the API's.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};

/// Nothing from another host. Swagger UI sets styles on its elements, and has its icons in data URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the document is.
pub const DOCUMENT: &str = "/openapi.json";

/// Where the page is.
pub const PATH: &str = "/try";

/// The page, what it loads, and the document.
pub fn routes(document: String) -> Router {
    let script = "text/javascript; charset=UTF-8";
    let file = |content_type, text| file(POLICY, content_type, text);
    Router::new()
        .route(PATH, file("text/html; charset=UTF-8", include_str!("../../swagger-ui/index.html")))
        .route("/swagger-ui/start.js", file(script, include_str!("../../swagger-ui/start.js")))
        .route("/swagger-ui/swagger-ui-bundle.js", file(script, include_str!("../../swagger-ui/swagger-ui-bundle.js")))
        .route(
            "/swagger-ui/swagger-ui.css",
            file("text/css; charset=UTF-8", include_str!("../../swagger-ui/swagger-ui.css")),
        )
        .route(DOCUMENT, get(async || (headers(POLICY, "application/json; charset=UTF-8"), document)))
}

/// A file of a page that may load and do what this policy says.
pub fn file(policy: &'static str, content_type: &'static str, text: &'static str) -> MethodRouter {
    get(async move || (headers(policy, content_type), text).into_response())
}

fn headers(policy: &'static str, content_type: &'static str) -> [(HeaderName, &'static str); 4] {
    [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Another version of this program may listen here next.
        (CACHE_CONTROL, "no-cache"),
    ]
}
