//! The contract of the events as `wrapup asyncapi` prints it: a whole document, with the schemas of the API's.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use serde_json::{Value, json};
use wrapup_test_support::run_cli;

use crate::BINARY;

fn printed(command: &str) -> Value {
    serde_json::from_slice(&run_cli(BINARY, &[command]).stdout).expect("JSON")
}

/// Every `$ref` in a document.
fn references(document: &Value, found: &mut Vec<String>) {
    match document {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn it_is_an_asyncapi_document_with_a_message_for_each_type() {
    let document = printed("asyncapi");
    assert_eq!(document["asyncapi"], "3.0.0");
    assert_eq!(document["operations"]["tell"]["action"], "send");
    let messages = document["components"]["messages"].as_object().expect("messages");
    let mut names: Vec<_> = messages.values().map(|message| message["name"].as_str().expect("a name")).collect();
    names.sort_unstable();
    let expected = ["ai_suggested", "closed", "configured", "confirmed", "corrected", "erased", "opened"];
    assert_eq!(names, expected.map(|name| format!("segment.{name}")));
    let listed = document["channels"]["segments"]["messages"].as_object().expect("messages");
    assert_eq!(listed.keys().collect::<Vec<_>>(), messages.keys().collect::<Vec<_>>());
    assert_eq!(document["operations"]["tell"]["messages"].as_array().map(Vec::len), Some(messages.len()));
    let mut all = Vec::new();
    references(&document, &mut all);
    for reference in all {
        let place = reference.strip_prefix('#').expect("a place in this document");
        assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn both_documents_say_the_same_of_what_both_have() {
    let (events, api) = (printed("asyncapi"), printed("openapi"));
    let schemas = events["components"]["schemas"].as_object().expect("schemas");
    let shared: Vec<_> = schemas.keys().filter(|name| api["components"]["schemas"].get(*name).is_some()).collect();
    for name in &shared {
        let mut said = api["components"]["schemas"][*name].clone();
        // What a body's root is called in XML, in which no event is written.
        said.as_object_mut().expect("a schema").remove("xml");
        assert_eq!(schemas[*name], said, "{name}");
    }
    let own: Vec<_> = schemas.keys().filter(|name| !shared.contains(name)).collect();
    assert_eq!(own, ["SegmentEvent", "SegmentEventData"]);
}

#[test]
fn what_an_event_has_beside_the_segment_is_said() {
    let document = printed("asyncapi");
    let schemas = &document["components"]["schemas"];
    let required = schemas["SegmentEvent"]["required"].as_array().expect("names");
    for attribute in ["specversion", "id", "source", "type", "subject", "time", "sequence", "data"] {
        assert!(required.contains(&json!(attribute)), "{attribute}");
    }
    let data = &schemas["SegmentEventData"]["properties"];
    let shown =
        printed("openapi")["components"]["schemas"]["Segment"]["properties"].as_object().expect("fields").clone();
    let mut own = data.as_object().expect("fields").clone();
    assert!(own.remove("notes_left_out").is_some());
    assert_eq!(own.keys().collect::<Vec<_>>(), shown.keys().collect::<Vec<_>>(), "the segment as GET shows it");
}
