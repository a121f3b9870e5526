//! The console at `/`: its files, which everybody may load, and what they show, which supervisors may read.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Serialize;
use wrapup::System;
use wrapup::api::{Callers, Credentials, Denied, Source, authenticate, refusal};
use wrapup::users::Role;

use super::{Known, News, Traffic};
use crate::local::page::file;

/// Nothing from another host, no script and no style but the page's files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A user whose password everybody knows.
#[derive(Serialize)]
pub struct DemoUser {
    /// The user's name.
    pub user: &'static str,
    /// The user's password.
    pub password: &'static str,
}

/// What the console shows.
pub struct Console {
    /// What happens.
    pub traffic: Arc<Traffic>,
    /// The system that serves now, whose users may read it; none at the end.
    pub system: Box<dyn Fn() -> Option<System> + Send + Sync>,
    /// The demo user, where it can sign in.
    pub demo: Option<DemoUser>,
    /// What runs: names, and what they are set to.
    pub facts: Vec<(String, String)>,
}

impl Console {
    /// The page and its data.
    pub fn routes(self) -> Router {
        let html = include_str!("../../../console/index.html");
        let (css, script) = (include_str!("../../../console/page.css"), include_str!("../../../console/page.js"));
        let data = Router::new()
            .route("/console/start", get(start))
            .route("/console/facts", get(facts))
            .route("/console/news", get(news))
            .with_state(Arc::new(self));
        data.route("/", file(POLICY, "text/html; charset=UTF-8", html))
            .route("/console/page.css", file(POLICY, "text/css; charset=UTF-8", css))
            .route("/console/page.js", file(POLICY, "text/javascript; charset=UTF-8", script))
    }

    /// What somebody is answered who may not read; none where that is not so.
    async fn refusal(&self, headers: &HeaderMap, source: IpAddr) -> Option<Response> {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let credentials = match (lines.next(), lines.next()) {
            (Some(line), None) => line.to_str().ok().and_then(Credentials::from_header),
            _ => None,
        };
        let refused = |status: StatusCode, message, detail: &str| {
            let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
            let (content_type, body) = refusal(accept, message, detail);
            Some((status, [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store")], body).into_response())
        };
        let request_id = uuid::Uuid::new_v4().to_string();
        let Some(system) = (self.system)() else {
            return refused(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "It ends");
        };
        match authenticate(&Callers::from(&system), credentials, Some(source), &request_id).await {
            Ok(Ok(caller)) if caller.roles.contains(&Role::Supervisor) => None,
            Ok(Ok(_)) => {
                let detail = format!("The user lacks the role {}", Role::Supervisor.name());
                refused(StatusCode::FORBIDDEN, "User Not Authorized", &detail)
            }
            Ok(Err(Denied::NotAuthenticated)) => {
                refused(StatusCode::UNAUTHORIZED, "User Not Authenticated", "Required to provide Auth information")
            }
            Ok(Err(Denied::TooManySignIns)) => {
                let refused = refused(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "Too many sign-ins wait");
                refused.map(|response| ([(RETRY_AFTER, "1")], response).into_response())
            }
            Err(error) => {
                tracing::error!(request_id, %error, "the console could not check who asks");
                refused(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "Call again")
            }
        }
    }
}

/// What is new, and what time it is by the system's clock, which may be another one than the page's.
#[derive(Serialize)]
struct Told {
    now_ms: Option<u64>,
    #[serde(flatten)]
    news: News,
}

/// What everybody may know.
async fn start(State(console): State<Arc<Console>>) -> Response {
    json(&console.demo)
}

async fn facts(
    State(console): State<Arc<Console>>,
    Extension(source): Extension<Source>,
    headers: HeaderMap,
) -> Response {
    match console.refusal(&headers, source.0).await {
        None => json(&console.facts),
        Some(refused) => refused,
    }
}

async fn news(
    State(console): State<Arc<Console>>,
    Extension(source): Extension<Source>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = console.refusal(&headers, source.0).await {
        return refused;
    }
    let news = console.traffic.news(&known(uri.query().unwrap_or_default())).await;
    let now = (console.system)().map(|system| system.clock().since_epoch().as_millis());
    json(&Told { now_ms: now.and_then(|now| u64::try_from(now).ok()), news })
}

/// What a page says that it has. What cannot be read counts as nothing.
fn known(query: &str) -> Known {
    let value = |name| query.split('&').find_map(|pair| pair.split_once('=').filter(|(other, _)| *other == name));
    let number = |name| value(name).and_then(|(_, text)| text.parse().ok()).unwrap_or(0);
    let run = value("run").map_or_else(String::new, |(_, run)| run.to_owned());
    Known { run, exchange: number("exchange"), event: number("event") }
}

fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => {
            let content_type = "application/json; charset=UTF-8";
            let headers =
                [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "what the console shows cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
