//! The HTTP client of commands and webhooks.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// Connections to servers, which are kept for the next request.
pub type Connections = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Connections to where `url` is. Certificates are believed by the machine's roots, where `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` do not name others.
///
/// # Errors
/// Where `url` wants TLS and this machine has no root certificates.
pub fn connections(url: &Uri) -> io::Result<Connections> {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT));
    connector.enforce_http(false);
    let provider = ring::default_provider();
    let builder = HttpsConnectorBuilder::new();
    let connector = if url.scheme_str() == Some("https") {
        builder.with_provider_and_native_roots(provider)?.https_only().enable_http1().wrap_connector(connector)
    } else {
        // A machine that needs no certificates may have none.
        let config = ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
        let config = config.map_err(io::Error::other)?.with_root_certificates(RootCertStore::empty());
        builder.with_tls_config(config.with_no_client_auth()).https_or_http().enable_http1().wrap_connector(connector)
    };
    Ok(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector))
}
