use serde::Serialize;
use serde_json::{Map, Value, json};

use super::operation::Topic;
use super::{Form, Schemas};
use crate::segments::{CloudEvent, EventKind};

/// The contract of the events: an AsyncAPI 3 document, whose schemas of segments, codes and so on are those of the OpenAPI
/// document in its plain form.
#[derive(Serialize)]
pub struct EventContract {
    asyncapi: &'static str,
    info: Value,
    #[serde(rename = "defaultContentType")]
    default_content_type: &'static str,
    channels: Value,
    operations: Value,
    components: Value,
}

/// CloudEvents' own content type, for an event that is all of a body.
const STRUCTURED: &str = "application/cloudevents+json";

const ABOUT: &str = "\
What happens to wrap-up segments, as CloudEvents 1.0 in JSON, each one whole: the bodies of a webhook's requests, the \
`detail` of what stands on an event bus of Amazon EventBridge, and the lines that `wrapup events --follow` prints.

- Each stored change of a segment is one event, except of a draft.
- At least once, and in no promised order: an event that comes again has the same `id`. Of a `subject` the highest \
`sequence` is the newest, among events of the same `sys_created_on`.
- Notes, drafts and AI notes are there only if the deployment sends them; where an event would be larger than 200 KB with \
them, it goes without and `notes_left_out` is true.
- Fields may come that this document does not have yet.";

impl EventContract {
    /// The document.
    pub fn new() -> Self {
        let mut schemas = Schemas::new(Form::Plain);
        let event = CloudEvent::describe(&mut schemas);
        let messages = EventKind::ALL.map(|kind| (key(kind), message(kind, &event)));
        let names =
            |from: &str| messages.iter().map(|(key, _)| reference(&format!("{from}/{key}"))).collect::<Vec<_>>();
        let in_channel: Map<_, _> =
            messages.iter().map(|(key, _)| (key.clone(), reference(&format!("#/components/messages/{key}")))).collect();
        Self {
            asyncapi: "3.0.0",
            info: json!({
                "title": "Wrap-up events",
                "version": env!("CARGO_PKG_VERSION"),
                "description": ABOUT,
                "tags": [{ "name": Topic::Segments.tag(), "description": Topic::Segments.description() }],
                "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
            }),
            default_content_type: STRUCTURED,
            channels: json!({ "segments": {
                // The deployment says where events go.
                "address": null,
                "title": "Wrap-up segments",
                "description": "What happens to wrap-up segments. A deployment says where they are told of.",
                "messages": in_channel,
            } }),
            operations: json!({ "tell": {
                "action": "send",
                "title": "Tell of a change",
                "summary": "Tells what has happened to a wrap-up segment.",
                "description": "Once the change is stored, and again until it is taken.",
                "channel": reference("#/channels/segments"),
                "messages": names("#/channels/segments/messages"),
            } }),
            components: json!({
                "messages": messages.iter().cloned().collect::<Map<_, _>>(),
                "schemas": schemas.into_components(),
            }),
        }
    }
}

impl Default for EventContract {
    fn default() -> Self {
        Self::new()
    }
}

/// The key of a kind's message.
fn key(kind: EventKind) -> String {
    let words = kind.type_name().split(['.', '_']);
    words
        .map(|word| {
            format!("{}{}", word.get(..1).unwrap_or_default().to_uppercase(), word.get(1..).unwrap_or_default())
        })
        .collect()
}

fn message(kind: EventKind, event: &Value) -> Value {
    let its_own = json!({ "type": "object", "properties": { "type": { "const": kind.type_name() } } });
    json!({
        "name": kind.type_name(),
        "title": key(kind),
        "summary": summary(kind),
        "contentType": STRUCTURED,
        "payload": { "allOf": [event, its_own] },
    })
}

fn summary(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Opened => "A segment is new.",
        EventKind::Configured => "An open segment has got another configuration.",
        EventKind::AiSuggested => "An open segment has got AI content.",
        EventKind::Closed => {
            "A segment has been closed: by the agent, or by its deadline (`timed_out`), and perhaps confirmed with that \
             (`confirmed_on`)."
        }
        EventKind::Confirmed => {
            "The external system has confirmed a closed segment, and perhaps corrected it with that."
        }
        EventKind::Corrected => "Code or notes of a closed segment are others now.",
        EventKind::Erased => {
            "The texts of a segment were erased for good: notes, AI notes and the draft. Whoever has kept them has to do so, too."
        }
    }
}

fn reference(path: &str) -> Value {
    json!({ "$ref": path })
}
