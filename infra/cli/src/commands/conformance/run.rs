//! Sends what a check consists of, and says what came out.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Method, Request};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::check::{Body, Caller, Check, Step, Way};
use super::client::{Client, Reply, basic};
use super::compare::{Names, at, difference, filled, filled_value, is_or_fits};
use super::xml;

/// What came out of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is as expected; the statuses that were seen.
    Same(Vec<u16>),
    /// This was expected, that was seen.
    Different { expected: String, seen: String },
    /// The other side does not have what it is about, by this status.
    NotThere(u16),
}

/// What is no part of a path's segment.
const NOT_IN_A_SEGMENT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'/').add(b'<').add(b'>').add(b'?').add(b'+');

/// Makes a check in one way.
pub async fn run(client: &Client, check: &Check, way: Way, mut names: Names) -> Outcome {
    let mut statuses = Vec::with_capacity(check.steps.len());
    for step in &check.steps {
        match make(client, step, way, &mut names).await {
            Ok(status) => statuses.push(status),
            Err(outcome) => return outcome,
        }
    }
    Outcome::Same(statuses)
}

async fn make(client: &Client, step: &Step, way: Way, names: &mut Names) -> Result<u16, Outcome> {
    // Which of a check's requests it was.
    let called = format!("{} {}", step.method, filled(&step.path, names));
    let different =
        |expected: String, seen: String| Outcome::Different { expected: format!("{called}: {expected}"), seen };
    let statuses = || step.statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");

    let request = request(client, step, way, names).map_err(|problem| different("a request".to_owned(), problem))?;
    let reply = match step.caller {
        Caller::User => client.send(request).await,
        Caller::Nobody | Caller::Stranger => client.send_as_it_is(request).await,
    };
    let reply = reply.map_err(|problem| different(format!("status {}", statuses()), problem))?;
    let status = reply.status.as_u16();
    if !step.statuses.contains(&status) {
        if step.unknown_by.contains(&status) {
            return Err(Outcome::NotThere(status));
        }
        // A token is not for a report.
        let has_token = step.keeps.iter().any(|(name, _)| *name == "token");
        let shown = if has_token { String::new() } else { excerpt(&reply.body) };
        return Err(different(format!("status {}", statuses()), format!("{status} {shown}").trim_end().to_owned()));
    }
    for (name, value) in &step.shows_headers {
        let value = filled(value, names);
        let all: Vec<_> =
            reply.headers.get_all(*name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        if !all.iter().any(|seen| is_or_fits(&value, seen)) {
            let seen = if all.is_empty() { "not there".to_owned() } else { all.join("; ") };
            return Err(different(format!("header {name}: {value}"), seen));
        }
    }
    if step.shows.is_null() && step.keeps.is_empty() {
        return Ok(status);
    }
    let format = format_asked_for(step, way);
    let seen = read(&reply, format).map_err(|(expected, seen)| different(expected, seen))?;
    let expected = filled_value(&step.shows, names);
    let expected = if format == Way::Xml { xml::as_read(&expected) } else { expected };
    if let Some(difference) = difference(&expected, Some(&seen), "") {
        return Err(different(difference.expected, difference.seen));
    }
    for (name, pointer) in &step.keeps {
        match at(&seen, pointer).and_then(Value::as_str) {
            Some(text) => names.insert(name, text.to_owned()),
            None => return Err(different(format!("a text at {pointer}"), excerpt(&reply.body))),
        };
    }
    Ok(status)
}

/// The request of a step.
fn request(client: &Client, step: &Step, way: Way, names: &Names) -> Result<Request<Full<Bytes>>, String> {
    let encoded = names.iter().map(|(name, value)| (*name, utf8_percent_encode(value, NOT_IN_A_SEGMENT).to_string()));
    let path = filled(&step.path, &encoded.collect());
    let path = match (path.starts_with('/'), way) {
        (true, _) => path,
        (false, Way::Json) => format!("/api/now/v1/wrapup/{path}"),
        (false, Way::Xml) => format!("/api/now/wrapup/{path}"),
    };
    let media_type = match way {
        Way::Json => "application/json",
        Way::Xml => "application/xml",
    };
    let (content_type, body) = match &step.body {
        Body::None => (None, Vec::new()),
        Body::Fields(fields) => {
            let fields = filled_value(fields, names);
            let text = if way == Way::Xml { xml::request(&fields) } else { fields.to_string() };
            (Some(media_type), text.into_bytes())
        }
        Body::Text { content_type, text, bytes } => (Some(*content_type), bytes(&filled(text, names))),
    };
    let mut request = Request::new(Full::new(Bytes::from(body)));
    *request.method_mut() = step.method.clone();
    *request.uri_mut() = client.url(&path).parse().map_err(|error| format!("{path} is no path: {error}"))?;
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(media_type));
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if step.caller == Caller::Stranger
        && let Some(credentials) = basic(&filled("{id}", names), "somebody else's password")
    {
        headers.insert(AUTHORIZATION, credentials);
    }
    for (name, value) in &step.headers {
        let value = HeaderValue::try_from(filled(value, names)).map_err(|error| format!("header {name}: {error}"))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(request)
}

/// The format in which an answer has to come.
fn format_asked_for(step: &Step, way: Way) -> Way {
    match step.headers.iter().find(|(name, _)| *name == ACCEPT) {
        Some((_, accept)) if accept == "application/xml" => Way::Xml,
        // Also where it is one of several: it is what whoever accepts more gets.
        Some(_) => Way::Json,
        None => way,
    }
}

/// An answer's body in the format that it has to have; else what was expected, and what was seen.
fn read(reply: &Reply, format: Way) -> Result<Value, (String, String)> {
    let content_type = reply.headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let content_type = content_type.unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let right = match format {
        Way::Json => media_type == "application/json",
        Way::Xml => matches!(media_type, "application/xml" | "text/xml"),
    };
    let name = if format == Way::Json { "JSON" } else { "XML" };
    if !right {
        return Err((format!("an answer in {name}"), format!("Content-Type: {content_type}")));
    }
    let text = std::str::from_utf8(&reply.body);
    let text = text.map_err(|_| (format!("{name} in UTF-8"), excerpt(&reply.body)))?;
    let read = match format {
        Way::Json => serde_json::from_str(text).map_err(|error| format!("JSON that cannot be read: {error}")),
        Way::Xml => xml::answer(text),
    };
    read.map_err(|problem| (format!("an answer in {name}"), problem))
}

/// The beginning of a body, for people.
fn excerpt(body: &[u8]) -> String {
    const MOST: usize = 300;
    let text = String::from_utf8_lossy(body);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into_owned(),
    }
}

/// Whether the other side is a `wrapup`: it says so where somebody without credentials asks it something.
///
/// # Errors
/// Why there is no answer.
pub async fn is_wrapup(client: &Client) -> Result<bool, String> {
    let nobodys = Step::new(Method::GET, "code/00000000000000000000000000000000").by(Caller::Nobody);
    let reply = client.send_as_it_is(request(client, &nobodys, Way::Json, &Names::new())?).await?;
    let asks = reply.headers.get_all("www-authenticate").iter();
    Ok(asks.map(|value| String::from_utf8_lossy(value.as_bytes())).any(|value| value.contains(r#"realm="wrapup""#)))
}

/// The status with which the other side answers the user a question that changes nothing.
///
/// # Errors
/// Why there is no answer.
pub async fn status_for_user(client: &Client) -> Result<u16, String> {
    let question = Step::new(Method::GET, "code/00000000000000000000000000000000");
    let reply = client.send(request(client, &question, Way::Json, &Names::new())?).await?;
    Ok(reply.status.as_u16())
}
