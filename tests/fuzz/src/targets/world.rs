//! A deployment that calls are sent to, and what holds of every answer.

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::filter::LevelFilter;
use wrapup_lambda_tests::{Event, Instance, Log, World, internal, opening};
use wrapup_test_support::{as_xml, xml_to_json};

use super::texts::ensure;

/// What bodies have in them that no line of a log may have.
pub const CANARY: &str = "q7canary";

/// A runtime in which all happens on this thread.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A deployment with some segments, and how many calls it has had.
pub struct Place {
    pub runtime: Runtime,
    pub world: World,
    pub instance: Instance,
    pub configuration: String,
    calls: usize,
}

/// Calls after which a deployment is left for a fresh one, in which segments are open again.
const MOST_CALLS: usize = 150;

/// What a function answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u64,
    pub media_type: String,
    pub text: String,
}

impl Place {
    pub fn new() -> Self {
        let runtime = runtime();
        let (world, instance, configuration) = runtime.block_on(async {
            let world = World::start().await;
            world.add_user("integrator", &["interaction_integration_user"], Some("de")).await;
            let configuration = world.put_configuration("Calls", 2, &json!({})).await;
            let instance = world.instance();
            for external in ["E-1", "E-2", "E-3"] {
                instance.open(&opening(external)).await;
            }
            instance.open(&internal(&configuration)).await;
            let close =
                Event::put("segment/update?external_segment_id=E-2").json(&json!({"notes": "Closed <&> \"it\"."}));
            instance.call(&close).await.expect(200);
            (world, instance, configuration)
        });
        Self { runtime, world, instance, configuration, calls: 0 }
    }

    /// The same, or a fresh one once it has had its calls.
    pub fn renew(&mut self) -> bool {
        self.calls += 1;
        let is_over = self.calls > MOST_CALLS;
        if is_over {
            *self = Self::new();
        }
        is_over
    }

    /// What the functions answer an event with, and what they log above debug meanwhile.
    pub fn invoke(&self, event: &Value) -> (Answer, String) {
        let log = Log::keep(LevelFilter::INFO);
        let reply = self.runtime.block_on(async { self.instance.invoke(event).await });
        (Answer::of(&reply), log.text())
    }
}

impl Answer {
    fn of(reply: &Value) -> Self {
        let header = |headers: &Value, name: &str| {
            let value = &headers[name];
            value.as_str().or(value[0].as_str()).unwrap_or_default().to_owned()
        };
        let headers = if reply["headers"].is_object() { &reply["headers"] } else { &reply["multiValueHeaders"] };
        Self {
            status: reply["statusCode"].as_u64().unwrap_or_default(),
            media_type: header(headers, "content-type"),
            text: reply["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    pub fn is_xml(&self) -> bool {
        self.media_type.contains("/xml") && !self.text.is_empty()
    }

    /// What it says, as a tree in which all leaves are text.
    ///
    /// # Errors
    /// Where it does not parse.
    pub fn said(&self) -> Result<Value, String> {
        if self.is_xml() {
            let parsed = roxmltree::Document::parse(&self.text).map_err(|error| format!("{error}: {}", self.text))?;
            ensure(parsed.root_element().tag_name().name() == "response", "another root element than <response>")?;
            return Ok(xml_to_json(&self.text));
        }
        let json: Value = serde_json::from_str(&self.text).map_err(|error| format!("{error}: {}", self.text))?;
        // What XML has no character for is U+FFFD in it.
        let in_xml = |character: char| match character {
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            character => character,
        };
        Ok(with_texts(as_xml(&json), &|text| text.chars().map(in_xml).collect()))
    }

    /// What holds of every answer: it is no failure of ours, it parses, and whoever is refused hears for which field or
    /// where.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self) -> Result<(), String> {
        ensure(self.status < 500, &format!("answered {}: {}", self.status, self.text))?;
        if self.text.is_empty() || self.media_type.starts_with("text/csv") || self.media_type.starts_with("text/html") {
            return Ok(());
        }
        let said = self.said()?;
        if self.status == 400 {
            let platform = said["error"]["detail"].as_str();
            let business = said["message"].as_str().or(said["result"]["message"].as_str());
            let token = said["error_description"].as_str();
            let names = |message: &str| {
                message.contains('\'')
                    || message.split("; ").all(|clause| clause.contains(' ') && !clause.starts_with("request "))
            };
            let helps = match (platform, business.or(token)) {
                (Some(detail), _) => detail.len() > 10,
                (None, Some(message)) => names(message),
                _ => false,
            };
            ensure(helps, &format!("a 400 that does not help: {}", self.text))?;
        }
        Ok(())
    }
}

/// The same tree with other texts.
fn with_texts(json: Value, other: &impl Fn(&str) -> String) -> Value {
    match json {
        Value::String(text) => Value::String(other(&text)),
        Value::Array(list) => list.into_iter().map(|entry| with_texts(entry, other)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, with_texts(value, other))).collect(),
        leaf => leaf,
    }
}

/// Whether a log has nothing of a body.
pub fn check_log(log: &str) -> Result<(), String> {
    let line = log.lines().find(|line| line.to_lowercase().contains(CANARY));
    line.map_or(Ok(()), |line| Err(format!("what was sent is in the log: {line}")))
}
