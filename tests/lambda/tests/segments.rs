//! What requests about segments mean, where the time or the kind of event could make a difference.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use serde_json::{Value, json};
use wrapup_lambda_tests::{Event, Instance, World, internal, opening};
use wrapup_test_support::{merged, to_xml_request};

/// A deployment whose function URLs know the caller, too.
async fn deployment() -> (World, Instance) {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let instance = world.instance();
    (world, instance)
}

/// The same request in JSON and in XML, from a REST API and from a function URL, with the status that all have to have.
async fn answers(instance: &Instance, event: &Event, body: &Value, status: u16) -> Vec<Value> {
    let mut answers = Vec::new();
    for event in [event.clone().json(body), event.clone().body("application/xml", &to_xml_request(body))] {
        for request in [event.rest(), event.basic_auth("integrator", "secret").function_url()] {
            answers.push(instance.handle(request).await.expect(status));
        }
    }
    answers
}

/// The same, of requests that are refused; the message of each.
async fn messages(instance: &Instance, event: &Event, body: &Value) -> Vec<String> {
    let answers = answers(instance, event, body, 400).await;
    answers.iter().map(|answer| answer["message"].as_str().expect("a message").to_owned()).collect()
}

#[tokio::test]
async fn a_wrap_up_begins_at_most_24_hours_ahead() {
    // The clock stands at 2024-09-16 18:00:00.
    let (world, instance) = deployment().await;
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    for (opened_on, fits) in [
        ("2024-09-17 18:00:00", true),
        ("2024-09-17T20:00:00+02:00", true),
        ("2000-01-01 00:00:00", true),
        ("2024-09-17 18:00:01", false),
        ("2024-09-17T20:00:01+02:00", false),
        ("2025-09-16 18:00:00", false),
    ] {
        let own = merged(internal(&configuration), &json!({"segment_id": opened_on}));
        for body in [opening(opened_on), own] {
            let body = merged(body, &json!({"opened_on": opened_on}));
            let create = Event::post("segment/create");
            if fits {
                answers(&instance, &create, &body, 200).await;
            } else {
                let said = messages(&instance, &create, &body).await;
                assert_eq!(said, ["opened_on is more than 24 hours ahead"; 4], "{opened_on}");
            }
        }
    }
    // Four requests of each say the same, and open one segment.
    assert_eq!(world.segment_keys().await.len(), 6);
}

#[tokio::test]
async fn what_opens_now_does_not_hide_what_is_said_to_open_later() {
    let (_world, instance) = deployment().await;
    instance.open(&merged(opening("LATER"), &json!({"opened_on": "2024-09-17 12:00:00"}))).await;
    instance.open(&merged(opening("NOW"), &json!({"opened_on": null}))).await;
    let latest = instance.read("agent/agent/interaction/interaction").await;
    assert_eq!(latest["external_segment_id"], "LATER");
    assert_eq!(instance.read("NOW").await["opened_on"], "2024-09-16 18:00:00");
}

#[tokio::test]
async fn identifiers_in_the_wrong_place_are_told_where_they_belong() {
    let (_world, instance) = deployment().await;
    instance.open(&opening("EXT-1")).await;
    let opened = instance.read("EXT-1").await;
    let misplaced = json!({"external_segment_id": "EXT-1", "notes": "n"});
    let said = messages(&instance, &Event::put("segment/update"), &misplaced).await;
    assert_eq!(said, ["external_segment_id belongs in the query string"; 4]);
    let advice = json!({"ai_notes": "n"});
    for path in ["segment/update/ai", "segment/update/aidetails"] {
        let event = Event::put(&format!("{path}?agent_sys_id=agent&interaction_sys_id=interaction"));
        let said = messages(&instance, &event, &advice).await;
        assert_eq!(said, ["agent_sys_id belongs in the body; interaction_sys_id belongs in the body"; 4], "{path}");
    }
    assert_eq!(instance.read("EXT-1").await, opened);
}

#[tokio::test]
async fn a_misspelt_field_alone_closes_nothing() {
    let (_world, instance) = deployment().await;
    instance.open(&opening("EXT-1")).await;
    let opened = instance.read("EXT-1").await;
    let update = Event::put("segment/update?external_segment_id=EXT-1");
    for said in messages(&instance, &update, &json!({"note": "n"})).await {
        let fields = "notes, wrap_up_code, confirmed_on, configuration";
        assert_eq!(said, format!("body has to have one of {fields}, or no field at all, and has only others"));
    }
    assert_eq!(instance.read("EXT-1").await, opened);
    for answer in answers(&instance, &update, &json!({}), 200).await {
        assert_eq!(answer["segment"]["state"], "closed");
    }
}

#[tokio::test]
async fn another_configuration_leaves_a_segment_open_whatever_the_event() {
    let (world, instance) = deployment().await;
    instance.open(&opening("EXT-1")).await;
    let update = Event::put("segment/update?external_segment_id=EXT-1");
    let body = json!({"configuration": {"allowed_codes": [{"code": "New", "description": "d"}], "show_timer": true}});
    for answer in answers(&instance, &update, &body, 200).await {
        let segment = &answer["segment"];
        assert_eq!((&segment["state"], &segment["timed_out"]), (&json!("open"), &json!(false)));
        assert_eq!(segment["wrap_up_configuration"]["allowed_codes"][0]["description"], "d");
    }
    assert_eq!(world.instance().read("EXT-1").await["wrap_up_configuration"]["show_timer"], true);
}

#[tokio::test]
async fn a_repeated_create_that_differs_names_what_differs_on_every_instance() {
    let (world, _) = deployment().await;
    world.instance().open(&opening("EXT-1")).await;
    let other = merged(opening("EXT-1"), &json!({"ai_notes": "n", "configuration": {"show_timer": true}}));
    for said in messages(&world.instance(), &Event::post("segment/create"), &other).await {
        assert!(said.ends_with("which differs in ai_notes, configuration.show_timer."), "{said}");
    }
}
