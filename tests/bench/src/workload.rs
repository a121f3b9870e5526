//! A deployment with data in it, and the events that the functions are measured by.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use serde_json::{Value, json};
use wrapup::users::{INTEGRATION_ROLE, NewSecret, NewUser, Password, UserName};
use wrapup_lambda_tests::{Event, Instance, Traffic, World, opening_with};
use wrapup_test_support::to_xml_request;

use crate::subject::{Call, Format, Subject};

/// What API Gateway sends to the authorizer.
const AUTHORIZER_EVENT: &str = include_str!("../../lambda/events/authorizer.json");

const SEGMENTS: &str = "interaction_wrap_up_segment";

/// An embedded DynamoDB with users, codes and segments, and the events that refer to them.
pub struct Workload {
    world: World,
    /// Makes what an event needs, in this process.
    instance: Instance,
    /// sys_id of the code that is read.
    code: String,
    /// Makes names that were not there before.
    next: AtomicUsize,
}

impl Workload {
    /// Fills an embedded DynamoDB.
    pub async fn prepare() -> Self {
        let world = World::start().await;
        let stores = world.stores();
        let Ok(user_name) = UserName::new("username") else { unreachable!("the demo user's name") };
        let user = NewUser {
            user_name,
            roles: vec![INTEGRATION_ROLE.to_owned()],
            language: None,
            secret: NewSecret::known_to_everybody(Password::new("password")),
            expires_on: None,
        };
        assert!(matches!(stores.users().add(user, &world.stamp()).await, Ok(true)), "a new user");
        let instance = Instance::new(stores, None);
        let codes = instance.call(&Event::post("code").json(&json!({"codes": [code("Billing Issue")]}))).await;
        let created = &codes.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0];
        let code = created["sys_id"].as_str().unwrap_or_default().to_owned();
        let workload = Self { world, instance, code, next: AtomicUsize::new(0) };
        for codes in [10, 200] {
            workload.instance.open(&opened(&to_read(codes), codes)).await;
        }
        workload
    }

    /// Where the functions find DynamoDB.
    pub fn dynamodb(&self) -> &str {
        self.world.engine_url()
    }

    /// Where they find it if what they ask it is to be counted.
    pub fn counted_dynamodb(&self) -> &str {
        self.world.url()
    }

    /// What was asked on the counted way since this was called last.
    pub fn traffic(&self) -> Traffic {
        self.world.traffic()
    }

    /// The variables that a subject's binary needs beside those of a deployment.
    pub async fn variables(&self, subject: Subject) -> Vec<(&'static str, String)> {
        match subject.call {
            Call::GetItem => {
                let segment = self.instance.read(&to_read(subject.codes)).await;
                let key = segment["sys_id"].as_str().unwrap_or_default().to_owned();
                vec![("FLOOR_TABLE", SEGMENTS.to_owned()), ("FLOOR_KEY", key)]
            }
            _ => Vec::new(),
        }
    }

    /// So many events for a subject. What they need is made first: every update closes a segment of its own.
    pub async fn events(&self, subject: Subject, count: usize) -> Vec<Bytes> {
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            let event = match subject.call {
                Call::Authorize => AUTHORIZER_EVENT.to_owned(),
                _ => self.event(subject).await.rest_json().to_string(),
            };
            events.push(Bytes::from(event));
        }
        events
    }

    /// An event that creates so many codes that are not there.
    pub fn new_codes(&self, count: usize) -> Bytes {
        let codes: Vec<Value> = (0..count).map(|_| code(&self.unique("Code"))).collect();
        Bytes::from(Event::post("code").json(&json!({"codes": codes})).rest_json().to_string())
    }

    async fn event(&self, subject: Subject) -> Event {
        let segment = to_read(subject.codes);
        match subject.call {
            Call::Constant | Call::GetItem | Call::GetSegment | Call::Authorize => {
                read(subject.format, &format!("segment/{segment}"))
            }
            Call::FindSegment => read(subject.format, &format!("segment/agent/agent/interaction/{segment}")),
            Call::GetCode => read(subject.format, &format!("code/{}", self.code)),
            Call::CreateCode => {
                let body = json!({"codes": [code(&self.unique("Code"))]});
                write(subject.format, Event::post("code"), &body)
            }
            Call::CreateSegment => {
                write(subject.format, Event::post("segment/create"), &opened(&self.unique("NEW"), subject.codes))
            }
            Call::SaveDraft => {
                let event = Event::put(&format!("segment/draft?external_segment_id={}", self.open(subject).await));
                let notes = "The customer was charged twice and gets one payment back within";
                write(subject.format, event, &json!({"wrap_up_code": "Code 001", "notes": notes}))
            }
            Call::UpdateSegment => {
                let event = Event::put(&format!("segment/update?external_segment_id={}", self.open(subject).await));
                let notes = "The customer was charged twice and gets one payment back within five days.";
                write(subject.format, event, &json!({"wrap_up_code": "Code 001", "notes": notes}))
            }
            Call::UpdateSegmentAi => {
                let body = json!({
                    "external_segment_id": self.open(subject).await,
                    "ai_wrap_up_code": "Code 001",
                    "ai_notes": "The customer was charged twice and gets one payment back within five days.",
                });
                write(subject.format, Event::put("segment/update/ai"), &body)
            }
        }
    }

    /// Opens a segment, and answers its external id.
    async fn open(&self, subject: Subject) -> String {
        let external_id = self.unique("OPEN");
        self.instance.open(&opened(&external_id, subject.codes)).await;
        external_id
    }

    fn unique(&self, text: &str) -> String {
        format!("{text} {:07}", self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// The external id of the segment that is read.
fn to_read(codes: usize) -> String {
    format!("READ-{codes:03}")
}

/// A request for a segment, of an interaction of its own.
fn opened(external_id: &str, codes: usize) -> Value {
    let mut body = opening_with(external_id, codes);
    body["interaction_sys_id"] = json!(external_id);
    body
}

fn code(label: &str) -> Value {
    json!({
        "code": label,
        "description": "What the customer was charged, and whether that was right",
        "translations": [
            {"language": "de", "code": "Abrechnung", "description": "Was berechnet wurde, und ob es richtig war"},
        ],
    })
}

fn read(format: Format, path: &str) -> Event {
    match format {
        Format::Json => Event::get(path),
        Format::Xml => Event::get(path).header("Accept", "application/xml"),
    }
}

fn write(format: Format, event: Event, body: &Value) -> Event {
    match format {
        Format::Json => event.json(body),
        Format::Xml => event.header("Accept", "application/xml").body("application/xml", &to_xml_request(body)),
    }
}
