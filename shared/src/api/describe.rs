//! What the OpenAPI document takes from the edge: its errors and what they look like.

use lambda_http::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::MOST_BYTES;
use super::answer::{EdgeError, MORE_THAN_AN_ANSWER, platform_error};
use super::body::BodyError;
use super::negotiate::Format;
use super::render::write_xml;
pub(crate) use super::token::{Failed as TokenFailed, Granted as Tokens};
use crate::users::Role;

/// An error that any endpoint may answer.
pub struct Sample {
    /// What the document calls it.
    pub name: &'static str,
    /// Whether only requests with a body meet it.
    pub needs_body: bool,
    /// The status.
    pub status: u16,
    /// When it is answered.
    pub when: String,
    /// The headers that it comes with.
    pub headers: HeaderMap,
    /// The body in JSON.
    pub json: Value,
    /// The body in XML.
    pub xml: String,
}

/// The edge's errors, as it answers them on every path.
pub fn edge_errors() -> Vec<Sample> {
    let request_id = "8f0c2d6e-3b7a-4c1d-9e5f-2a6b4c8d0e1f".to_owned();
    let mib = MOST_BYTES / (1024 * 1024);
    let too_large = format!("The body has more than {mib} MiB; or the answer would have more bytes than one can have.");
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    let answer_too_large = EdgeError::AnswerTooLarge { status, detail: MORE_THAN_AN_ANSWER.into() };
    let forbidden = "The user lacks the role that the operation asks for; or a browser says that a page of another site, of \
                     an origin that is not allowed, makes a request that changes something.";
    let late = "DynamoDB or a segment table stays throttled or does not answer in time; or this instance is busy.";
    let sample = |needs_body, name, when: &str, error| sample(needs_body, name, when, &error);
    // Of two with one status, an operation with a body has the later one.
    vec![
        sample(false, "NotAuthenticated", "There are no credentials, or wrong ones.", EdgeError::NotAuthenticated),
        sample(false, "NotAuthorized", forbidden, EdgeError::NotAuthorized { roles: &[Role::Integration] }),
        sample(
            false,
            "TooManySignIns",
            "Too many sign-ins wait to be checked, of this caller or in all. Who has signed in before is not concerned.",
            EdgeError::TooManySignIns,
        ),
        sample(false, "NotAcceptable", "`Accept` takes neither JSON nor XML.", EdgeError::NotAcceptable),
        sample(true, "BodyTooSlow", "The body does not arrive in time.", BodyError::TooSlow.into()),
        sample(false, "AnswerTooLarge", "The answer would have more bytes than one can have.", answer_too_large),
        sample(true, "TooLarge", &too_large, BodyError::TooLarge.into()),
        sample(
            true,
            "UnsupportedMediaType",
            "The body is neither JSON nor XML in UTF-8, or it is compressed by other means than gzip.",
            EdgeError::UnsupportedMediaType { sent: "text/plain".to_owned() },
        ),
        sample(false, "Internal", "An unexpected error; the log has its cause.", EdgeError::Internal { request_id }),
        sample(false, "Unavailable", late, EdgeError::Unavailable),
    ]
}

fn sample(needs_body: bool, name: &'static str, when: &str, error: &EdgeError) -> Sample {
    let json = platform_error(Format::Json, error);
    let xml = platform_error(Format::Xml, error);
    Sample {
        name,
        needs_body,
        status: json.status().as_u16(),
        when: when.to_owned(),
        headers: json.headers().clone(),
        json: serde_json::from_slice(json.body()).unwrap_or_default(),
        xml: String::from_utf8_lossy(xml.body()).into_owned(),
    }
}

/// A request's body in XML.
pub fn xml_request<T: Serialize>(body: &T) -> String {
    let json = serde_json::to_vec(body).unwrap_or_default();
    write_xml("request", &json).unwrap_or_default()
}
