//! The data of the cases: a segment whose configuration allows ten codes, and the events about it.

use std::sync::Arc;

use serde_json::{Value, json};
use wrapup::configurations::Snapshot;
use wrapup::date_time::DateTime;
use wrapup::document::{FromText, Id};
use wrapup::dynamodb::Stamp;
use wrapup::segments::{Found, Given, Origin, Segment, State};

use crate::case::Kind;

const NOTES: &str = "The customer was charged twice & gets one payment back within five days.";

/// The allowed codes of the segment's configuration.
const CODES: usize = 10;

/// The segment that the calls are about; `None` only if this file is wrong.
pub fn found() -> Option<Found> {
    let codes: Vec<Value> = (0..CODES).map(code).collect();
    let snapshot: Snapshot = serde_json::from_value(json!({
        "enable_codes": true, "default_code": "Code 000", "show_timer": false, "enable_ai_code": true,
        "enable_ai_notes": true, "use_ai_as_default": false, "use_third_party_ai": true, "allowed_codes": codes,
    }))
    .ok()?;
    let opened_on = DateTime::parse("2024-09-16 17:52:01")?;
    let stamp = Stamp { by: "username".to_owned(), at: opened_on };
    let segment = Segment {
        sys_id: "0123456789abcdef0123456789abcdef".to_owned(),
        agent: id("agent")?,
        interaction: id("interaction")?,
        origin: Origin::External { external_segment_id: id("EXT-1")? },
        segmented: false,
        given: Given::default(),
        opened_on,
        due_on: None,
        erased_on: None,
        expires_at: None,
        configuration: "0".repeat(64),
        configuration_name: None,
        ai_code: None,
        ai_notes: None,
        wants_ai: false,
        ai_alternatives: Vec::new(),
        ai_read: None,
        ai_kept_back: None,
        filled_by: None,
        draft: None,
        state: State::Open,
        request_hash: "0".repeat(64),
        request_fields: None,
        configuration_fields: None,
        created: Some(stamp.clone()),
        updated: Some(stamp),
        version: 0,
        last_event: None,
        attempts: Vec::new(),
    };
    Some(Found { segment, configuration: Arc::new(snapshot), interaction_segment: None })
}

fn id(text: &str) -> Option<Id> {
    Id::from_text(text).ok()
}

fn code(index: usize) -> Value {
    json!({
        "sys_id": format!("{index:032x}"), "code": format!("Code {index:03}"), "description": "What it is for",
        "active": true, "external": true,
        "translations": [{"language": "de", "code": format!("Schl\u{fc}ssel {index:03}"), "description": "Wof\u{fc}r"}],
    })
}

/// The event of a REST API behind the authorizer.
pub fn event(kind: Kind, xml: bool) -> Value {
    let (method, path) = match kind {
        Kind::Get => ("GET", "segment/EXT-1"),
        Kind::Create => ("POST", "segment/create"),
        Kind::Update => ("PUT", "segment/update"),
        Kind::UpdateAi => ("PUT", "segment/update/ai"),
    };
    let path = format!("/api/now/v1/wrapup/{path}");
    let media_type = if xml { "application/xml" } else { "application/json" };
    let query = (kind == Kind::Update).then(|| json!({"external_segment_id": "EXT-1"}));
    let queries = (kind == Kind::Update).then(|| json!({"external_segment_id": ["EXT-1"]}));
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Accept": media_type, "Content-Type": media_type, "Accept-Language": "de-AT, en;q=0.5"},
        "multiValueHeaders": {
            "Accept": [media_type], "Content-Type": [media_type], "Accept-Language": ["de-AT, en;q=0.5"],
        },
        "queryStringParameters": query,
        "multiValueQueryStringParameters": queries,
        "pathParameters": {"proxy": path.trim_start_matches('/')},
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "a1b2c3d4e5", "httpMethod": method, "path": format!("/prod{path}"),
            "protocol": "HTTP/1.1", "requestId": "7c1f7b2e-0000-4000-8000-000000000001", "stage": "prod",
            "resourceId": "1f2g3h", "resourcePath": "/{proxy+}", "requestTimeEpoch": 1_726_509_600_000_u64,
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "curl/8.5.0"},
            "authorizer": {"wrapup_user": "integrator", "principalId": "integrator"},
        },
        "body": body(kind).map(|body| if xml { written_as_xml("request", &body) } else { body.to_string() }),
        "isBase64Encoded": false,
    })
}

fn body(kind: Kind) -> Option<Value> {
    match kind {
        Kind::Get => None,
        Kind::Create => Some(json!({
            "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true,
            "external_segment_id": "EXT-1", "opened_on": "2024-09-16 17:52:01",
            "configuration": {
                "enable_codes": true, "default_code": "Code 000", "enable_ai_code": true, "enable_ai_notes": true,
                "use_third_party_ai": true,
                "allowed_codes": (0..CODES).map(|index| json!({"code": format!("Code {index:03}")})).collect::<Vec<_>>(),
            },
        })),
        Kind::Update => {
            Some(json!({"wrap_up_code": "Code 001", "notes": NOTES, "confirmed_on": "2024-09-16 18:00:00"}))
        }
        Kind::UpdateAi => {
            Some(json!({"external_segment_id": "EXT-1", "ai_wrap_up_code": "Code 001", "ai_notes": NOTES}))
        }
    }
}

/// The XML request that says the same; an array is its element repeated.
fn written_as_xml(name: &str, json: &Value) -> String {
    let inner = match json {
        Value::Array(entries) => return entries.iter().map(|entry| written_as_xml(name, entry)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| written_as_xml(name, value)).collect(),
        Value::String(text) => text.replace('&', "&amp;"),
        other => other.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}
