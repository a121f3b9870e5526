use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use tokio::time::timeout;
use wrapup::logging::chain;

use super::WebhookUrl;
use crate::http::{self, Connections};

/// The form of a CloudEvent that is all of a body.
const STRUCTURED: HeaderValue = HeaderValue::from_static("application/cloudevents+json; charset=UTF-8");

const WHO: HeaderValue = HeaderValue::from_static(concat!("wrapup/", env!("CARGO_PKG_VERSION")));

/// How long a receiver may take to answer, its connection included.
const PATIENCE: Duration = Duration::from_secs(10);

/// The most bytes of an answer that are read, so that its connection can be used again. What it says is of no interest.
const MOST_BYTES: usize = 64 * 1024;

/// Posts events to one receiver. It follows no redirects: events go where the operator says, and nowhere else.
pub struct Poster {
    connections: Connections,
    url: WebhookUrl,
}

/// Why a receiver has not taken an event.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It has answered, but not with a status of success.
    #[error("it answered {}{}", .status.as_u16(), if .status.is_redirection() { ", and redirects are not followed" } else { "" })]
    Answered {
        /// The status.
        status: StatusCode,
        /// How long it wants to be left alone, in seconds, if it says so.
        retry_after: Option<Duration>,
    },
    /// It cannot be reached, or the connection broke.
    #[error("{0}")]
    Connection(String),
    /// It takes too long.
    #[error("no answer in {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Poster {
    /// Posts to this receiver.
    ///
    /// # Errors
    /// Where the receiver wants TLS and this machine has no root certificates.
    pub fn new(url: WebhookUrl) -> io::Result<Self> {
        Ok(Self { connections: http::connections(url.uri())?, url })
    }

    /// Where the receiver is.
    pub fn url(&self) -> &WebhookUrl {
        &self.url
    }

    /// Posts a CloudEvent in structured mode. The receiver has taken it once it answers with a status of success.
    ///
    /// # Errors
    /// Why it has not.
    pub async fn post(&self, event: String) -> Result<(), NotTaken> {
        let mut request = Request::new(Full::new(Bytes::from(event)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.uri().clone();
        request.headers_mut().insert(CONTENT_TYPE, STRUCTURED);
        request.headers_mut().insert(USER_AGENT, WHO);
        let exchange = async {
            let answer = self.connections.request(request).await;
            let (head, body) = answer.map_err(|error| NotTaken::Connection(chain(&error)))?.into_parts();
            let seconds = head.headers.get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
            Ok((head.status, seconds.map(Duration::from_secs), body))
        };
        let (status, retry_after, body) = timeout(PATIENCE, exchange).await.map_err(|_| NotTaken::TooSlow)??;
        // Whatever becomes of the rest, the status has said it. A body that does not come costs its connection.
        let _ = timeout(PATIENCE, Limited::new(body, MOST_BYTES).collect()).await;
        if status.is_success() { Ok(()) } else { Err(NotTaken::Answered { status, retry_after }) }
    }
}

impl NotTaken {
    /// How long the receiver wants to be left alone, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answered { retry_after, .. } => *retry_after,
            Self::Connection(_) | Self::TooSlow => None,
        }
    }
}
