use std::borrow::Cow;

use lambda_http::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::http::{HeaderValue, Method, StatusCode};
use lambda_http::{Body, Response};
use serde::Serialize;

use super::authenticate::Denied;
use super::body::BodyError;
use super::call::Answer;
use super::compression::Compression;
use super::event::Unreadable;
use super::negotiate::Format;
use super::render::render;
use super::route::RouteError;
use super::size::is_too_large;
use crate::Error;
use crate::document::ParseError;
use crate::error::Kind;
use crate::settings::ALLOWED_ORIGINS;
use crate::users::Role;

/// What an endpoint's business errors look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `{"success": false, "message": ".."}`
    Plain,
    /// The same under `result`.
    Result,
}

/// A request that the edge itself answers with an error.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error("User Not Authenticated")]
    NotAuthenticated,
    /// The caller has none of these roles.
    #[error("User Not Authorized")]
    NotAuthorized { roles: &'static [Role] },
    /// A browser says that a page of another site makes this request.
    #[error("Cross-site request refused")]
    CrossSite,
    #[error("Too Many Requests")]
    TooManySignIns,
    #[error("Not Acceptable")]
    NotAcceptable,
    /// Parts of it could not have come over HTTP.
    #[error("Request could not be read")]
    Unreadable(Vec<Unreadable>),
    /// The body did not arrive, or not whole.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// The body is neither JSON nor XML, as its `Content-Type` says.
    #[error("Unsupported Media Type")]
    UnsupportedMediaType { sent: String },
    /// The body is compressed, and not by gzip alone.
    #[error("Unsupported Media Type")]
    UnsupportedCompression,
    /// The body does not come out of the compression that it is said to be in.
    #[error("Request body could not be read")]
    NotGzip,
    #[error("Request body could not be read")]
    Unparsable(#[from] ParseError),
    /// The answer is larger than Lambda carries. One that says why a call failed keeps its status.
    #[error("Answer too large")]
    AnswerTooLarge { status: StatusCode, detail: Cow<'static, str> },
    #[error("Service Unavailable")]
    Unavailable,
    /// This process is busy with other requests, others change the same record, or the deployment has not got yet what is
    /// asked for.
    #[error("Service Unavailable")]
    NotNow { detail: String },
    /// The cause goes to the log, under this request id.
    #[error("Internal Server Error")]
    Internal { request_id: String },
}

/// Seconds after which a caller who got 503 or 429 should call again.
pub(super) const RETRY_SECONDS: &str = "1";

/// The same where other requests keep this process busy, which need some time to finish.
const BUSY_SECONDS: &str = "5";

/// What a caller is told who has asked for too much.
pub const MORE_THAN_AN_ANSWER: &str = "What was asked for has more bytes than an answer can have";

impl From<Denied> for EdgeError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotAuthenticated => Self::NotAuthenticated,
            Denied::TooManySignIns => Self::TooManySignIns,
        }
    }
}

impl EdgeError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Route(RouteError::UnknownPath { .. }) => StatusCode::NOT_FOUND,
            Self::Route(RouteError::UnknownVersion { .. })
            | Self::Unparsable(_)
            | Self::Unreadable(_)
            | Self::NotGzip => StatusCode::BAD_REQUEST,
            Self::Route(RouteError::WrongMethod { .. }) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::NotAuthorized { .. } | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::TooManySignIns => StatusCode::TOO_MANY_REQUESTS,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Body(BodyError::Broken) => StatusCode::BAD_REQUEST,
            Self::Body(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType { .. } | Self::UnsupportedCompression => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::AnswerTooLarge { status, .. } => *status,
            Self::Unavailable | Self::NotNow { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Route(RouteError::UnknownPath { .. }) => "Not Found".to_owned(),
            Self::Route(RouteError::UnknownVersion { .. }) => "Unknown API version".to_owned(),
            Self::Route(RouteError::WrongMethod { .. }) => "Method Not Allowed".to_owned(),
            Self::Body(BodyError::Broken) => "Request body could not be read".to_owned(),
            Self::Body(BodyError::TooLarge) => "Request body too large".to_owned(),
            Self::Body(BodyError::TooSlow) => "Request Timeout".to_owned(),
            _ => self.to_string(),
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Route(error) => error.to_string().into(),
            Self::NotAuthenticated => "Required to provide Auth information".into(),
            Self::NotAuthorized { roles } => {
                let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                format!("The user lacks the role {}", names.join(" or ")).into()
            }
            Self::CrossSite => {
                format!("The page's origin is not among those that may call; {ALLOWED_ORIGINS} lists them").into()
            }
            Self::TooManySignIns => "Too many sign-ins wait to be checked; call again".into(),
            Self::NotAcceptable => "Answers come as application/json or application/xml".into(),
            Self::Unreadable(parts) => parts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ").into(),
            Self::Body(error) => error.to_string().into(),
            Self::UnsupportedMediaType { sent } => unsupported(sent).into(),
            Self::UnsupportedCompression => {
                "Content-Encoding has to be gzip, or absent where the body is not compressed".into()
            }
            Self::NotGzip => "The body is not gzip, or not all of it, although Content-Encoding says so".into(),
            Self::Unparsable(error) => error.to_string().into(),
            Self::AnswerTooLarge { detail, .. } => detail.clone(),
            Self::NotNow { detail } => detail.clone().into(),
            Self::Unavailable => "A service that this one needs did not answer in time; call again".into(),
            Self::Internal { request_id } => format!("Find the cause in the log by request id {request_id}").into(),
        }
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::Route(RouteError::WrongMethod { allow, .. }) => Some((ALLOW, HeaderValue::from_str(allow).ok()?)),
            Self::NotAuthenticated => {
                // The first one is what clients of old take.
                let challenges = r#"Basic realm="wrapup", charset="UTF-8", Bearer realm="wrapup""#;
                Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenges)))
            }
            Self::UnsupportedCompression => Some((ACCEPT_ENCODING, HeaderValue::from_static(Compression::ACCEPTED))),
            Self::Unavailable | Self::TooManySignIns => Some((RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS))),
            Self::NotNow { .. } => Some((RETRY_AFTER, HeaderValue::from_static(BUSY_SECONDS))),
            _ => None,
        }
    }
}

/// What is said of a `Content-Type` that is not read. What curl sends by itself is told how to be said right.
fn unsupported(sent: &str) -> String {
    let read = "Request bodies are read as application/json or application/xml, in UTF-8";
    let said = match sent.char_indices().nth(LONGEST_SENT) {
        _ if sent.is_empty() => return read.to_owned(),
        Some((end, _)) => format!("{}...", &sent[..end]),
        None => sent.to_owned(),
    };
    format!("{read}; this one says Content-Type: {said}. With curl, add --header 'Content-Type: application/json'")
}

/// Characters of a `Content-Type` that an answer repeats.
const LONGEST_SENT: usize = 100;

/// What the platform refuses: credentials, routes, formats, bodies that do not parse; and its own failures.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct PlatformError<'a> {
    error: MessageAndDetail<'a>,
    /// `failure`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = "failure")))]
    status: &'static str,
}

/// What went wrong.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ErrorDetail"))]
struct MessageAndDetail<'a> {
    /// In a few words.
    message: &'a str,
    /// What to do about it, or where it is.
    detail: &'a str,
}

/// What the rules of wrap-ups refuse.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct BusinessError<'a> {
    /// `false`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = false)))]
    success: bool,
    /// Every field that breaks a rule, by its path in the request; or the record or the state that stands against it.
    message: &'a str,
}

/// What the rules of wrap-up codes refuse.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CodeError"))]
pub(crate) struct UnderResult<'a> {
    result: BusinessError<'a>,
}

/// What stands in the platform's place where a request is refused before the API sees it: the `Content-Type` and the body,
/// in the format that `accept`, the header's value, asks for; in JSON where it asks for none of ours.
pub fn refusal(accept: Option<&str>, message: &str, detail: &str) -> (&'static str, Vec<u8>) {
    let format = Format::accepted(accept).unwrap_or(Format::Json);
    let body = PlatformError { error: MessageAndDetail { message, detail }, status: "failure" };
    (format.content_type(), render(format, &body).unwrap_or_default())
}

/// The response to a request that failed at the edge.
pub fn platform_error(format: Format, error: &EdgeError) -> Response<Body> {
    let (message, detail) = (error.message(), error.detail());
    let body = PlatformError { error: MessageAndDetail { message: &message, detail: &detail }, status: "failure" };
    let mut response = response(format, error.status(), render(format, &body).unwrap_or_default());
    if let Some((name, value)) = error.header() {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The response to what an endpoint answered. The one place where errors become statuses.
pub fn of(outcome: Result<Answer, Error>, format: Format, envelope: Envelope, request_id: &str) -> Response<Body> {
    let internal = |error: &dyn std::error::Error| {
        tracing::error!(request_id, error = %error, "the call failed");
        platform_error(format, &EdgeError::Internal { request_id: request_id.to_owned() })
    };
    let unavailable = |error: &dyn std::error::Error| {
        tracing::warn!(request_id, error = %error, "the call was given up");
        platform_error(format, &EdgeError::Unavailable)
    };
    match outcome {
        Ok(Answer { status, body: Ok(body), csv }) => {
            let mut response = response(format, status, body);
            if csv {
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=UTF-8"));
            }
            response
        }
        Ok(Answer { body: Err(error), .. }) => internal(&error),
        Err(error) => match error.kind() {
            Kind::Invalid | Kind::Refused => business_error(format, envelope, StatusCode::BAD_REQUEST, &error),
            Kind::NotFound => business_error(format, envelope, StatusCode::NOT_FOUND, &error),
            Kind::Unavailable => unavailable(&error),
            Kind::TooLarge => {
                let (status, detail) = (StatusCode::PAYLOAD_TOO_LARGE, error.to_string().into());
                platform_error(format, &EdgeError::AnswerTooLarge { status, detail })
            }
            Kind::Busy | Kind::Contended | Kind::NotThereYet => {
                platform_error(format, &EdgeError::NotNow { detail: error.to_string() })
            }
            Kind::Broken => internal(&error),
        },
    }
}

/// The response, or in its place an error where Lambda could not carry it.
pub fn carried(response: Response<Body>, method: &Method, format: Format) -> Response<Body> {
    if !is_too_large(response.body()) {
        return response;
    }
    let status = response.status();
    let (status, detail) = match (status.is_success(), method.is_safe()) {
        (true, true) => (StatusCode::PAYLOAD_TOO_LARGE, MORE_THAN_AN_ANSWER),
        (true, false) => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "Everything is stored that was to be stored; only the answer that shows it has more bytes than one can have",
        ),
        (false, _) => (status, "The request fails, and the reasons have more bytes than an answer can have"),
    };
    platform_error(format, &EdgeError::AnswerTooLarge { status, detail: detail.into() })
}

fn business_error(format: Format, envelope: Envelope, status: StatusCode, error: &Error) -> Response<Body> {
    let message = error.to_string();
    let error = BusinessError { success: false, message: &message };
    let body = match envelope {
        Envelope::Plain => render(format, &error),
        Envelope::Result => render(format, &UnderResult { result: error }),
    };
    response(format, status, body.unwrap_or_default())
}

fn response(format: Format, status: StatusCode, body: Vec<u8>) -> Response<Body> {
    // Both renderers write UTF-8, and a text body reaches API Gateway without base64.
    let body = String::from_utf8(body).map_or_else(|error| Body::Binary(error.into_bytes()), Body::Text);
    let mut response = bare(status, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    response
}

/// A response with the headers that every one has, whatever it says.
pub fn bare(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Wrap-ups are personal data, and change.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Notes are stored as they were sent: a browser must not take an answer with markup in it for a page.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Authorization, Origin"));
    response
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What API Gateway is told to answer where it asks no function.
    const OF_THE_GATEWAY: &str = include_str!("../../../infra/gateway-responses.json");

    fn text(response: &Response<Body>) -> &str {
        match response.body() {
            Body::Text(text) => text,
            _ => "",
        }
    }

    /// The answer in JSON and in XML, of a message and a detail that need no escapes.
    fn written(message: &str, detail: &str) -> [String; 2] {
        [
            format!(r#"{{"error":{{"message":"{message}","detail":"{detail}"}},"status":"failure"}}"#),
            format!(
                concat!(
                    r#"<?xml version="1.0" encoding="UTF-8"?><response><error><message>{}</message>"#,
                    "<detail>{}</detail></error><status>failure</status></response>"
                ),
                message, detail
            ),
        ]
    }

    #[test]
    fn api_gateway_answers_in_the_words_of_the_functions() {
        let of_the_gateway: Value = serde_json::from_str(OF_THE_GATEWAY).expect("JSON");
        // It is told no path, which it would put into the answer as the caller wrote it.
        let unknown_path = || RouteError::UnknownPath { path: "/elsewhere".to_owned() };
        for (kind, error) in [
            ("UNAUTHORIZED", EdgeError::NotAuthenticated),
            ("ACCESS_DENIED", EdgeError::NotAuthorized { roles: &Role::ALL }),
            ("MISSING_AUTHENTICATION_TOKEN", unknown_path().into()),
            ("INVALID_SIGNATURE", unknown_path().into()),
            ("RESOURCE_NOT_FOUND", unknown_path().into()),
            ("REQUEST_TOO_LARGE", BodyError::TooLarge.into()),
            ("UNSUPPORTED_MEDIA_TYPE", EdgeError::UnsupportedMediaType { sent: String::new() }),
            ("INTEGRATION_TIMEOUT", EdgeError::Unavailable),
            ("DEFAULT_5XX", EdgeError::Internal { request_id: "$context.requestId".to_owned() }),
        ] {
            let told = &of_the_gateway[kind];
            let [message, detail] = ["message", "detail"].map(|field| told[field].as_str().expect("a text"));
            // It also refuses addresses, which no function does.
            let detail = detail.trim_end_matches(", or calls from an address that may not");
            let formats = [Format::Json, Format::Xml];
            for (format, body) in formats.into_iter().zip(written(message, detail)) {
                let response = platform_error(format, &error);
                assert_eq!(text(&response).replace(": /elsewhere", ""), body, "{kind}");
                // A default response keeps the status of the occasion.
                let status = told["status"].as_u64();
                assert!(status.is_none_or(|status| status == u64::from(response.status().as_u16())), "{kind}");
                if let Some((name, value)) = error.header() {
                    let headers = told["headers"].as_object().expect("headers");
                    let header = headers.iter().find(|(told, _)| told.eq_ignore_ascii_case(name.as_str()));
                    assert_eq!(header.and_then(|(_, value)| value.as_str()), value.to_str().ok(), "{kind}");
                }
            }
        }
    }
}
