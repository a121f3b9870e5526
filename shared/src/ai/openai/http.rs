use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use lambda_http::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use lambda_http::http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, uri};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use crate::ai::key::Key;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(3);

/// The most bytes of an answer that are read: a hundred times what one has.
const MOST_BYTES: usize = 1024 * 1024;

/// Sends JSON to one URL and reads what is answered, up to a bound. It follows no redirects: the key and the
/// conversation go where the settings say, and nowhere else.
pub struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: Uri,
}

/// An answer.
pub struct Reply {
    pub status: StatusCode,
    /// The header `Retry-After`.
    pub retry_after: Option<HeaderValue>,
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoReply {
    /// The connection could not be made, or broke.
    #[error(transparent)]
    Connection(Box<dyn Error + Send + Sync>),
    /// It took too long.
    #[error("no answer in time")]
    TooSlow,
    /// The answer does not end.
    #[error("the answer has more than {MOST_BYTES} bytes")]
    TooLong,
}

impl Http {
    /// The root certificates are the machine's, where `SSL_CERT_FILE` and `SSL_CERT_DIR` do not name others:
    /// an endpoint's may be a company's own.
    pub fn new(url: Uri) -> io::Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.enforce_http(false);
        let provider = ring::default_provider();
        let builder = HttpsConnectorBuilder::new();
        let connector = if url.scheme() == Some(&uri::Scheme::HTTPS) {
            builder.with_provider_and_native_roots(provider)?.https_only().enable_http1().wrap_connector(connector)
        } else {
            // A container that needs no certificates may have none.
            let config = ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
            let config = config.map_err(io::Error::other)?.with_root_certificates(RootCertStore::empty());
            let builder = builder.with_tls_config(config.with_no_client_auth());
            builder.https_or_http().enable_http1().wrap_connector(connector)
        };
        // A new connection is nothing beside the time a model takes, and one that was kept while Lambda froze the
        // function may be dead without anybody having been told.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self { client, url })
    }

    /// Posts a JSON document.
    pub async fn post(&self, body: Bytes, key: Option<&Key>, within: Duration) -> Result<Reply, NoReply> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = lambda_http::http::Method::POST;
        *request.uri_mut() = self.url.clone();
        let headers: &mut HeaderMap = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, key.authorization().clone());
        }
        timeout(within, self.exchange(request)).await.map_err(|_| NoReply::TooSlow)?
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Reply, NoReply> {
        let reply = self.client.request(request).await.map_err(|error| NoReply::Connection(error.into()))?;
        let (head, body) = reply.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(broken_off)?.to_bytes();
        Ok(Reply { status: head.status, retry_after: head.headers.get(RETRY_AFTER).cloned(), body })
    }
}

fn broken_off(error: Box<dyn Error + Send + Sync>) -> NoReply {
    match error.is::<LengthLimitError>() {
        true => NoReply::TooLong,
        false => NoReply::Connection(error),
    }
}
