use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use tokio::time::timeout;
use wrapup::logging::chain;

use crate::http::{self, Connections};

/// How long an answer may take: as long as API Gateway waits for one, and a connection.
const PATIENCE: Duration = Duration::from_secs(35);

/// The most bytes of an answer that are read: more than Lambda carries.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// A client of the API that is looked at. It follows no redirects: the credentials go where the arguments say, and
/// nowhere else.
pub struct Client {
    connections: Connections,
    base: String,
    credentials: HeaderValue,
}

/// An answer.
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The value of `Authorization` by which a user signs in.
pub fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The value of `Authorization` by which a token is shown.
pub fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

impl Client {
    /// A client of the API at `url`, to which it shows `credentials`.
    ///
    /// # Errors
    /// Where `url` wants TLS and this machine has no root certificates.
    pub fn new(url: &Uri, credentials: HeaderValue) -> io::Result<Self> {
        let connections = http::connections(url)?;
        Ok(Self { connections, base: url.to_string().trim_end_matches('/').to_owned(), credentials })
    }

    /// Where a path of the API is.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends a request with the credentials.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Reply, String> {
        request.headers_mut().insert(AUTHORIZATION, self.credentials.clone());
        self.send_as_it_is(request).await
    }

    /// Sends a request with the credentials that it has.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn send_as_it_is(&self, request: Request<Full<Bytes>>) -> Result<Reply, String> {
        let exchange = async {
            let reply = self.connections.request(request).await.map_err(|error| chain(&error))?;
            let (head, body) = reply.into_parts();
            let body = Limited::new(body, MOST_BYTES).collect().await.map_err(|error| chain(&*error))?;
            Ok(Reply { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(format!("no answer in {} s", PATIENCE.as_secs())))
    }
}
