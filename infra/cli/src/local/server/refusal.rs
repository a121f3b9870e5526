use axum::http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a local server answers nothing of what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpRefusal {
    /// HTTP/1.1 asks for it (RFC 9112, 3.2).
    #[error("A request names the host it is meant for, in the header Host")]
    NoHost,
    /// There are two of them, or what is named is no host.
    #[error("The header Host, or the URL, does not name one host and its port")]
    MalformedHost,
    /// The request is meant for another host, or for one of another name.
    #[error("Here requests are answered for http://127.0.0.1:{port} and http://localhost:{port} alone")]
    Misdirected { port: u16 },
    /// It comes from a page that is not ours.
    #[error("The page's origin may not call this server")]
    ForeignOrigin,
    /// The same, by a request that does not say which page it is.
    #[error("A page of another site may not call this server")]
    FromElsewhere,
    /// As many connections are open as may be, and every one of them is answered right now.
    #[error("All connections are busy")]
    Busy,
}

impl HttpRefusal {
    /// The status of its answer.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NoHost | Self::MalformedHost => StatusCode::BAD_REQUEST,
            Self::Misdirected { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin | Self::FromElsewhere => StatusCode::FORBIDDEN,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn headers(self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self == Self::Busy {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        headers
    }

    /// In the form of the API's own errors, and in JSON: what is meant for another host may want any format.
    fn body(self) -> String {
        let message = self.status().canonical_reason().unwrap_or_default();
        json!({"error": {"message": message, "detail": self.to_string()}, "status": "failure"}).to_string()
    }

    /// The whole answer as it goes over a connection that nothing is read from.
    pub fn as_sent(self) -> Vec<u8> {
        let mut answer = format!("HTTP/1.1 {}\r\n", self.status()).into_bytes();
        let body = self.body();
        for (name, value) in &self.headers() {
            answer.extend_from_slice(name.as_str().as_bytes());
            answer.extend_from_slice(b": ");
            answer.extend_from_slice(value.as_bytes());
            answer.extend_from_slice(b"\r\n");
        }
        answer.extend_from_slice(format!("content-length: {}\r\n\r\n{body}", body.len()).as_bytes());
        answer
    }
}

impl IntoResponse for HttpRefusal {
    fn into_response(self) -> Response {
        (self.status(), self.headers(), self.body()).into_response()
    }
}
