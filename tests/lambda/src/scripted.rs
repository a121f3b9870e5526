use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use aws_types::SdkConfig;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use futures_util::stream::StreamExt;
use serde_json::Value;
use tokio::net::TcpListener;
use wrapup::dynamodb::Connection;

/// An HTTP server that answers one turn after the other, and the last one for good.
pub struct Scripted {
    url: String,
    script: Arc<Script>,
}

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Turn {
    /// It answers.
    Says {
        /// The status.
        status: u16,
        /// The headers.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: String,
    },
    /// It never answers.
    Silence,
    /// It answers the beginning of something, and then nothing.
    Stalls,
    /// It answers the beginning of something, and closes the connection.
    HangsUp,
    /// It answers without an end.
    NeverEnds,
}

/// A request that it got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path, as it stands in the URL.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where it is no JSON.
    pub body: Value,
}

#[derive(Default)]
struct Script {
    turns: Mutex<VecDeque<Turn>>,
    asked: Mutex<Vec<Asked>>,
}

impl Scripted {
    /// Starts it.
    pub async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        let script = Arc::new(Script { turns: Mutex::new(turns.into_iter().collect()), asked: Mutex::default() });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&script));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, script }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The configuration by which clients of AWS services take it for their service.
    pub fn as_aws(&self) -> SdkConfig {
        let connection = Connection {
            region: "eu-central-1".to_owned(),
            endpoint: Some(self.url.clone()),
            credentials: Credentials::new("test", "test", None, None, "test"),
        };
        connection.into()
    }

    /// What it has been asked since the last time this was called.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.script.asked))
    }
}

impl Turn {
    /// It answers JSON.
    pub fn json(body: &Value) -> Self {
        Self::status(200, body)
    }

    /// It answers JSON with another status than 200.
    pub fn status(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string()).header("content-type", "application/json")
    }

    /// It answers a text.
    pub fn text(status: u16, body: &str) -> Self {
        Self::Says { status, headers: Vec::new(), body: body.to_owned() }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Says { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(script): State<Arc<Script>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    lock(&script.asked).push(Asked { path: uri.path().to_owned(), headers, body });
    let turn = {
        let mut turns = lock(&script.turns);
        if turns.len() > 1 { turns.pop_front() } else { turns.front().cloned() }
    };
    let beginning = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{\"choices\": ["))]);
    match turn {
        Some(Turn::Says { status, headers, body }) => {
            let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().expect("a header's value"));
            }
            response
        }
        Some(Turn::Stalls) => Body::from_stream(beginning.chain(stream::pending())).into_response(),
        Some(Turn::HangsUp) => {
            let end = stream::iter([Err(std::io::Error::other("so the test wants"))]);
            Body::from_stream(beginning.chain(end)).into_response()
        }
        Some(Turn::NeverEnds) => {
            let spaces = Bytes::from_static(&[b' '; 16 * 1024]);
            Body::from_stream(stream::repeat(Ok::<_, Infallible>(spaces))).into_response()
        }
        Some(Turn::Silence) | None => std::future::pending().await,
    }
}
