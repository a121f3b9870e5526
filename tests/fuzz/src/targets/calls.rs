//! Calls as API Gateway and function URLs hand them on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup_functions::StreamEvent;
use wrapup_functions::authorizer::Authorizer;
use wrapup_lambda_tests::{Event, Log};
use wrapup_test_support::gzip;

use super::texts::ensure;
use super::world::{Answer, Place, check_log};
use crate::driver::Target;
use crate::mutate::head_and_body;
use crate::work::{self, Work};

pub const WORDS: &[&str] = &[
    "GET ",
    "PUT ",
    "POST ",
    "HEAD ",
    "OPTIONS ",
    "segment/",
    "code/",
    "configuration/",
    "report/codes",
    "segment/agent/agent/interaction/interaction",
    "?",
    "&",
    "=",
    "%FF",
    "%00",
    "%2F",
    "%",
    "+",
    "external_segment_id=E-1",
    "segment_id=",
    "limit=",
    "offset=",
    "after=",
    "state=open",
    "from=2024-09-16 00:00:00",
    "to=2024-09-17",
    "include=interaction_segment",
    "Accept: application/xml\n",
    "Accept: text/csv\n",
    "Accept: */*;q=0.1, application/json;q=0\n",
    "q=0.5",
    "Accept-Language: ",
    "de-DE,de;q=0.9,*;q=0",
    "Content-Type: application/xml\n",
    "Content-Type: application/json; charset=utf-16\n",
    "Content-Encoding: gzip\n",
    "X-HTTP-Method-Override: PUT\n",
    "Origin: http://a.example\n",
    "Sec-Fetch-Site: cross-site\n",
    "Access-Control-Request-Method: PUT\n",
    "traceparent: 00-0-0-01\n",
    "\"notes\":\"q7canary\"",
    "<notes>q7canary</notes>",
    "null",
    "true",
    "\u{0}",
    "é",
    "\u{7f}",
    "😀",
    ";",
    ",",
    "\"",
    "\\",
];

pub const CREDENTIAL_WORDS: &[&str] = &[
    "Basic ",
    "Bearer ",
    "basic ",
    "aW50ZWdyYXRvcjpzZWNyZXQ=",
    "integrator",
    "secret",
    ":",
    "=",
    ".",
    "\n",
    "grant_type=password",
    "&username=integrator",
    "&password=secret",
    "&client_id=",
    "&client_secret=q7canary",
    "&refresh_token=",
    "%",
    "%FF",
    "+",
    "é",
    "\u{0}",
    "==",
    "-",
    "_",
];

pub const EVENT_WORDS: &[&str] = &[
    "httpMethod",
    "path",
    "rawPath",
    "rawQueryString",
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "requestContext",
    "authorizer",
    "lambda",
    "wrapup_user",
    "wrapup_roles",
    "integrator",
    "body",
    "isBase64Encoded",
    "version",
    "2.0",
    "1.0",
    "http",
    "method",
    "stage",
    "resource",
    "pathParameters",
    "proxy",
    "methodArn",
    "Records",
    "dynamodb",
    "eventName",
    "NewImage",
    "OldImage",
    "eventSourceARN",
    "S",
    "N",
    "M",
    "",
    "/",
    "/prod",
    "%",
    "%FF",
    "é",
    "\u{0}",
    "a\r\nb",
    "/api/now/v1/wrapup/segment/E-1",
    "/api/now/wrapup/code",
    "GET",
    "PUT",
    "e30=",
    "\\ud800",
    "true",
    "source",
    "aws.events",
    "detail-type",
];

/// An input as the event of a call: a line with method and path, lines of headers, an empty line, and the body.
fn event_of(input: &[u8]) -> Value {
    let (head, body) = match head_and_body(input) {
        (b"", all) => (all, &b""[..]),
        both => both,
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let (method, path) = lines.next().unwrap_or_default().split_once(' ').unwrap_or(("GET", ""));
    let event = match method {
        "POST" => Event::post(path),
        "PUT" => Event::put(path),
        _ => Event::get(path),
    };
    let event =
        lines.filter_map(|line| line.split_once(": ")).fold(event, |event, (name, value)| event.header(name, value));
    let mut json = match input.len() % 2 {
        0 => event.rest_json(),
        _ => event.function_url_json(),
    };
    let is_v2 = json["version"] == "2.0";
    let at = if is_v2 { "/requestContext/http/method" } else { "/httpMethod" };
    if is_v2 {
        json["rawQueryString"] = json!(path.split_once('?').map_or("", |(_, query)| query));
    }
    if let Some(place) = json.pointer_mut(at) {
        *place = json!(method);
    }
    if !body.is_empty() {
        json["isBase64Encoded"] = json!(!input.len().is_multiple_of(3));
        json["body"] = match input.len() % 3 {
            0 => json!(String::from_utf8_lossy(body)),
            _ => json!(STANDARD.encode(body)),
        };
    }
    json
}

/// A call.
pub struct Requests(Place);

impl Requests {
    pub fn new() -> Self {
        Self(Place::new())
    }
}

impl Target for Requests {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        self.0.renew();
        let event = event_of(input);
        let (answer, log) = self.0.invoke(&event);
        check_log(&log)?;
        answer.check()?;
        if answer.is_xml() && (answer.status >= 400 || input.starts_with(b"GET")) {
            says_the_same(&self.0, event, &answer)?;
        }
        Ok(format!("{} {} {}", answer.status, answer.media_type, answer.text.chars().take(160).collect::<String>()))
    }
}

/// Whether the JSON answer says what the XML one does.
fn says_the_same(place: &Place, mut event: Value, answer: &Answer) -> Result<(), String> {
    for headers in ["headers", "multiValueHeaders"] {
        let Some(headers) = event.get_mut(headers).and_then(Value::as_object_mut) else { continue };
        for (name, value) in headers.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("accept")) {
            let _ = name;
            *value = if value.is_array() { json!(["application/json"]) } else { json!("application/json") };
        }
    }
    let (other, _) = place.invoke(&event);
    if other.is_xml() {
        return Ok(());
    }
    let (xml, json) = (answer.said()?, other.said()?);
    ensure(other.status == answer.status, "another status in JSON")?;
    ensure(xml == json, &format!("XML says {xml}, and JSON {json}"))
}

/// A compressed body.
pub struct Compressed(Place);

impl Compressed {
    pub fn new() -> Self {
        Self(Place::new())
    }
}

/// Bytes that a compressed body may have when it is not compressed any more.
const MOST_INFLATED: u64 = 1024 * 1024;

impl Target for Compressed {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        self.0.renew();
        let post = |bytes: &[u8]| {
            Event::post("code").bytes("application/json", bytes).header("Content-Encoding", "gzip").rest_json()
        };
        let ((answer, log), work) = work::of(|| self.0.invoke(&post(input)));
        check_log(&log)?;
        answer.check()?;
        // What it comes to is bounded, whatever it says that it comes to; so is what a call takes beside.
        ensure(work.allocated < 40 * MOST_INFLATED, &format!("{work:?} for a body of {} bytes", input.len()))?;
        // The same bytes, compressed by us, are what they are without.
        let (whole, _) = self.0.invoke(&post(&gzip(input)));
        let plain = Event::post("code").bytes("application/json", input).rest_json();
        let (bare, _) = self.0.invoke(&plain);
        ensure(whole == bare, &format!("compressed {whole:?}, else {bare:?}"))?;
        Ok(format!("{} {}", answer.status, answer.text))
    }
}

/// An event of any kind.
pub struct Events {
    place: Place,
    authorizer: Authorizer,
}

impl Events {
    pub fn new() -> Self {
        let place = Place::new();
        let authorizer = Authorizer::new(&place.instance.system);
        Self { place, authorizer }
    }
}

impl Target for Events {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        if self.place.renew() {
            self.authorizer = Authorizer::new(&self.place.instance.system);
        }
        let text = String::from_utf8_lossy(input);
        let read = serde_json::from_str::<wrapup::api::Event>(&text)
            .map(|event| event.into_request(Context::default()).is_some());
        let Ok(event) = serde_json::from_str::<Value>(&text) else { return Ok("no JSON".to_owned()) };
        let is_request = read.map_err(|error| format!("JSON that is no event: {error}"))?;
        let (answer, log) = self.place.invoke(&event);
        check_log(&log)?;
        if is_request {
            ensure(answer.status != 0, "a request without an answer")?;
            answer.check()?;
        }
        let batch = serde_json::from_str::<StreamEvent>(&text).map(|event| {
            event.records.iter().map(|record| record.event().is_ok()).filter(|is_event| *is_event).count()
        });
        // Without credentials nobody gets in.
        let mut bare = event;
        for headers in ["headers", "multiValueHeaders"] {
            if let Some(headers) = bare.get_mut(headers).and_then(Value::as_object_mut) {
                headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
            }
        }
        let verdict = self
            .place
            .runtime
            .block_on(async { self.authorizer.invoke(LambdaEvent::new(bare, Context::default())).await });
        ensure(verdict.as_ref().map_or(true, Option::is_none), "let in without credentials")?;
        Ok(format!("{} {batch:?} {} {}", is_request, verdict.is_ok(), answer.status) + &answer.text)
    }

    fn work(&self, input: &[u8]) -> Option<Work> {
        let text = std::str::from_utf8(input).ok()?;
        let read = || {
            serde_json::from_str::<wrapup::api::Event>(text)
                .map(|event| event.into_request(Context::default()).is_some())
        };
        Some(work::of(|| drop(read())).1)
    }
}

/// Credentials: the first line is the value of `Authorization`, the rest the form that asks for a token.
pub struct SignIns {
    place: Place,
    authorizer: Authorizer,
}

impl SignIns {
    pub fn new() -> Self {
        let place = Place::new();
        let authorizer = Authorizer::new(&place.instance.system);
        Self { place, authorizer }
    }
}

impl Target for SignIns {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        let text = String::from_utf8_lossy(input);
        let (value, form) = text.split_once('\n').unwrap_or((&text, ""));
        let event = Event::get("segment/E-1").unvouched().header("Authorization", value);
        let (answer, log) = self.place.invoke(&event.function_url_json());
        check_log(&log)?;
        answer.check()?;
        ensure(!log.contains("secret"), &format!("a password in the log: {log}"))?;
        ensure([200, 400, 401].contains(&answer.status), &format!("answered {}: {}", answer.status, answer.text))?;
        // The only ones that are right.
        let is_right = value.trim_matches(' ').split_once(' ').is_some_and(|(scheme, rest)| {
            let decoded = STANDARD.decode(rest.trim()).or_else(|_| {
                base64::engine::general_purpose::STANDARD_NO_PAD.decode(rest.trim().trim_end_matches('='))
            });
            scheme.eq_ignore_ascii_case("basic") && decoded.is_ok_and(|decoded| decoded == b"integrator:secret")
        });
        ensure(answer.status != 200 || is_right, "let in by what is not the user's")?;
        let event = json!({"type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/prod/GET/x", "headers": {"Authorization": value}});
        let log = Log::keep(LevelFilter::INFO);
        let verdict = self
            .place
            .runtime
            .block_on(async { self.authorizer.invoke(LambdaEvent::new(event, Context::default())).await });
        check_log(&log.text())?;
        ensure(
            verdict.is_ok() == (answer.status == 200),
            &format!("the authorizer says another thing than the function: {verdict:?}, {answer:?}"),
        )?;
        let asked = Event::post("").at("/oauth_token.do").through("/oauth_token.do").unvouched();
        let asked = asked.header("Authorization", value).body("application/x-www-form-urlencoded", form);
        let reply = self.place.runtime.block_on(async { self.place.instance.ask_for_token(&asked).await });
        check_log(&log.text())?;
        let status = reply.status();
        ensure(status < 500, &format!("asked for a token, answered {status}: {}", reply.text()))?;
        serde_json::from_str::<Value>(reply.text()).map_err(|error| format!("{error}: {}", reply.text()))?;
        Ok(format!("{} {status} {}", answer.status, reply.text()))
    }
}
