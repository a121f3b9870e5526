use std::net::IpAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client of HTTP/1.1 without TLS, which keeps connections; one for each async runtime, since connections end with it.
#[derive(Clone)]
pub struct Http(Client<HttpConnector, Full<Bytes>>);

impl Http {
    /// A client that connects from whichever address of this machine leads there.
    pub fn new() -> Self {
        Self::from(None)
    }

    /// A client that connects from this address of this machine.
    pub fn from_address(address: IpAddr) -> Self {
        Self::from(Some(address))
    }

    fn from(address: Option<IpAddr>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(address);
        connector.set_nodelay(true);
        Self(Client::builder(TokioExecutor::new()).build(connector))
    }

    /// Sends a request, and waits for the whole answer.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let (head, body) = self.0.request(request).await.expect("an answer").into_parts();
        Response::from_parts(head, body.collect().await.expect("a whole answer").to_bytes())
    }

    /// The same; none where no whole answer comes.
    pub async fn try_send(&self, request: Request<Full<Bytes>>) -> Option<Response<Bytes>> {
        let (head, body) = self.0.request(request).await.ok()?.into_parts();
        Some(Response::from_parts(head, body.collect().await.ok()?.to_bytes()))
    }
}

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}
