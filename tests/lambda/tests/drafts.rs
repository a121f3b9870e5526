//! What the agent of an open segment has typed so far.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join;
use serde_json::{Value, json};
use wrapup::dynamodb::{Item, Table};
use wrapup::redaction::{Personal, Redactor};
use wrapup_lambda_tests::{Event, Fault, Instance, Parts, Reports, Rule, World, call_all, opening};
use wrapup_test_support::{merged, to_xml_request};

const SEGMENTS: &str = "interaction_wrap_up_segment";

fn draft(body: &Value) -> Event {
    Event::put("segment/draft?external_segment_id=E-1").json(body)
}

fn update(body: &Value) -> Event {
    Event::put("segment/update?external_segment_id=E-1").json(body)
}

/// A deployment with an open segment `E-1`.
async fn opened() -> (World, Instance) {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    (world, instance)
}

/// The same of a segment that may be closed with any code, `Anything` being one.
async fn opened_without_codes() -> (World, Instance) {
    let world = World::start().await;
    let instance = world.instance();
    put_code(&instance, json!({"code": "Anything", "description": "As it was"})).await;
    let configuration = json!({"enable_codes": false, "allowed_codes": null, "default_code": null});
    instance.open(&merged(opening("E-1"), &json!({"configuration": configuration}))).await;
    (world, instance)
}

async fn put_code(instance: &Instance, code: Value) {
    instance.call(&Event::post("code").json(&json!({"codes": [code]}))).await.expect(200);
}

/// The record of the one segment that there is.
async fn record(world: &World) -> Item {
    let mut records = world.records(Table::Segments).await;
    records.retain(|item| item.contains_key("state"));
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

async fn version(world: &World) -> String {
    record(world).await["sys_mod_count"].as_n().expect("a number").clone()
}

#[tokio::test]
async fn a_draft_is_kept_field_by_field_and_changes_nothing_else() {
    let (world, instance) = opened().await;
    let before = instance.read("E-1").await;
    world.pass(Duration::from_secs(10));
    for (index, (body, kept)) in [
        (json!({"notes": "The customer"}), Some(json!({"notes": "The customer"}))),
        (json!({"wrap_up_code": "Code 001"}), Some(json!({"wrap_up_code": "Code 001", "notes": "The customer"}))),
        (
            json!({"wrap_up_code": null, "notes": "The customer was"}),
            Some(json!({"wrap_up_code": "Code 001", "notes": "The customer was"})),
        ),
        (json!({"wrap_up_code": ""}), Some(json!({"notes": "The customer was"}))),
        (json!({"wrap_up_code": " Code 000 ", "notes": ""}), Some(json!({"wrap_up_code": "Code 000"}))),
        (json!({"wrap_up_code": " "}), None),
        (json!({"notes": "Again", "colour": "red"}), Some(json!({"notes": "Again"}))),
        // The same again is one more: nobody has read what was there.
        (json!({"notes": "Again"}), Some(json!({"notes": "Again"}))),
    ]
    .into_iter()
    .enumerate()
    {
        let event = match index % 2 {
            0 => draft(&body),
            _ => draft(&body).body("application/xml", &to_xml_request(&body)),
        };
        let answer = instance.call(&event).await.expect(200);
        assert_eq!(answer["message"], "Draft saved successfully.");
        let mut expected = before.clone();
        if let (Some(kept), Some(segment)) = (kept, expected.as_object_mut()) {
            segment.insert("draft".to_owned(), kept);
        }
        assert_eq!(answer, json!({"success": true, "message": answer["message"], "segment": expected}), "{body}");
        assert_eq!(world.instance().read("E-1").await, expected, "{body}");
        assert_eq!(version(&world).await, (index + 1).to_string(), "{body}");
    }
}

#[tokio::test]
async fn a_draft_goes_to_the_segment_that_its_address_means() {
    let world = World::start().await;
    let instance = world.instance();
    let first = instance.open(&opening("E-1")).await;
    let later = json!({"opened_on": "2024-09-16 17:59:00"});
    let second = instance.open(&merged(opening("E-2"), &later)).await;
    let upper = first.to_uppercase();
    for (query, drafted) in [
        (format!("segment_sys_id={first}"), &first),
        (format!("segment_sys_id={upper}"), &first),
        ("external_segment_id=E-1".to_owned(), &first),
        ("external_segment_id=E-2".to_owned(), &second),
        // The one opened last; and of several identifiers the first counts.
        ("agent_sys_id=agent&interaction_sys_id=interaction".to_owned(), &second),
        (format!("segment_sys_id={first}&external_segment_id=E-2"), &first),
        ("external_segment_id=E-1&agent_sys_id=agent&interaction_sys_id=interaction".to_owned(), &first),
    ] {
        let event = Event::put(&format!("segment/draft?{query}")).json(&json!({"notes": query}));
        let answer = instance.call(&event).await.expect(200);
        assert_eq!(answer["segment"]["sys_id"], json!(drafted), "{query}");
        assert_eq!(world.instance().read(drafted).await["draft"]["notes"], json!(query));
    }
}

#[tokio::test]
async fn a_draft_for_no_segment_is_404_and_makes_none() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    let before = world.records(Table::Segments).await;
    let pointer = before.iter().find_map(|item| item["sys_id"].as_s().ok().filter(|key| key.starts_with("latest:")));
    let pointer = pointer.expect("a record of the latest").clone();
    for query in [
        format!("segment_sys_id={}", "0".repeat(32)),
        "segment_sys_id=E-1".to_owned(),
        format!("segment_sys_id={pointer}"),
        "external_segment_id=NOBODY".to_owned(),
        "agent_sys_id=agent&interaction_sys_id=none".to_owned(),
    ] {
        for body in [json!({"notes": "n"}), json!({"wrap_up_code": "Code 001"})] {
            let answer = instance.call(&Event::put(&format!("segment/draft?{query}")).json(&body)).await.expect(404);
            assert_eq!(answer["success"], false, "{query}");
        }
    }
    assert_eq!(world.records(Table::Segments).await, before);
}

#[tokio::test]
async fn a_draft_on_a_closed_segment_is_refused() {
    for closing in [json!({}), json!({"confirmed_on": "2024-09-16 18:00:00"})] {
        let (world, instance) = opened().await;
        instance.call(&update(&closing)).await.expect(200);
        let before = record(&world).await;
        let message = instance.call(&draft(&json!({"notes": "Late"}))).await.expect(400)["message"].to_string();
        assert!(message.contains("is closed") && message.contains("a draft"), "{message}");
        assert_eq!(record(&world).await, before);
    }
}

#[tokio::test]
async fn what_a_draft_says_wrong_is_named() {
    let (world, instance) = opened().await;
    let before = record(&world).await;
    let long = "x".repeat(65_537);
    for (body, says) in [
        (json!({}), &["body has to have wrap_up_code or notes, be it empty"][..]),
        (json!({"note": "n"}), &["body has to have wrap_up_code or notes, be it empty"]),
        (json!({"wrap_up_code": null, "notes": null}), &["body has to have wrap_up_code or notes, be it empty"]),
        (json!({"notes": ["n"], "wrap_up_code": {"code": "c"}}), &["notes", "wrap_up_code"]),
        (json!({"notes": true}), &["notes"]),
        (json!({"notes": long}), &["notes", "65536"]),
        (json!({"wrap_up_code": "c".repeat(256)}), &["wrap_up_code", "255"]),
    ] {
        let message = instance.call(&draft(&body)).await.expect(400)["message"].to_string();
        assert!(says.iter().all(|word| message.contains(word)), "{says:?} {message}");
    }
    let nowhere = Event::put("segment/draft").json(&json!({"notes": "n"}));
    let message = instance.call(&nowhere).await.expect(400)["message"].to_string();
    assert!(message.contains("segment_sys_id is required"), "{message}");
    let misplaced = Event::put("segment/draft").json(&json!({"external_segment_id": "E-1", "notes": true}));
    let message = instance.call(&misplaced).await.expect(400)["message"].to_string();
    let both = ["external_segment_id belongs in the query string", "notes"];
    assert!(both.iter().all(|word| message.contains(word)), "one answer names all: {message}");
    assert_eq!(record(&world).await, before);
    // As long as they may be, they fit.
    let longest = json!({"notes": "\u{1f600}".repeat(65_536), "wrap_up_code": "c".repeat(255)});
    let event = draft(&longest);
    assert_eq!(instance.call(&event).await.expect(200)["segment"]["draft"]["notes"], longest["notes"]);
    assert_eq!(instance.call(&update(&json!({}))).await.expect(200)["segment"]["notes"], longest["notes"]);
}

/// What a draft has left can always be closed with it, so its code must leave room for its notes.
#[tokio::test]
async fn a_draft_with_a_code_that_is_too_large_to_be_kept_is_refused() {
    let (world, instance) = opened_without_codes().await;
    let languages = ('a'..='z')
        .map(|letter| json!({"language": format!("a{letter}"), "code": "Large", "description": "x".repeat(3_000)}));
    put_code(&instance, json!({"code": "Large", "translations": languages.collect::<Vec<_>>()})).await;
    let before = record(&world).await;
    let message = instance.call(&draft(&json!({"wrap_up_code": "Large"}))).await.expect(400)["message"].to_string();
    assert!(message.contains("wrap_up_code takes more than 64 KB"), "{message}");
    assert_eq!(record(&world).await, before);
}

#[tokio::test]
async fn a_code_of_a_draft_counts_as_it_was_when_the_draft_was_stored() {
    let (_world, instance) = opened_without_codes().await;
    instance.call(&draft(&json!({"wrap_up_code": "Anything"}))).await.expect(200);
    put_code(&instance, json!({"code": "Anything", "description": "As it is", "active": false})).await;
    let closed = instance.call(&update(&json!({}))).await.expect(200)["segment"].clone();
    let code = (&closed["code"]["code"], &closed["code"]["description"], &closed["code_from"]);
    assert_eq!(code, (&json!("Anything"), &json!("As it was"), &json!("draft")));
}

#[tokio::test]
async fn a_code_that_nobody_may_use_is_kept_in_the_draft_and_closes_nothing() {
    for label in ["Switched off", "Nobody's"] {
        let (_world, instance) = opened_without_codes().await;
        put_code(&instance, json!({"code": "Switched off", "active": false})).await;
        // One that was right before goes with it.
        instance.call(&draft(&json!({"wrap_up_code": "Anything"}))).await.expect(200);
        let drafted = instance.call(&draft(&json!({"wrap_up_code": label}))).await.expect(200);
        assert_eq!(drafted["segment"]["draft"]["wrap_up_code"], label);
        let closed = instance.call(&update(&json!({"notes": "Done."}))).await.expect(200)["segment"].clone();
        assert_eq!((closed.get("code"), closed.get("code_from")), (None, None), "{label}");
    }
}

#[tokio::test]
async fn notes_of_a_draft_are_redacted_where_notes_are() {
    let (world, _) = opened().await;
    let redactor = Some(Redactor::new(Personal::NONE));
    let instance = Instance::new(world.instance().system.with_notes_redactor(redactor), None);
    let drafted = instance.call(&draft(&json!({"notes": "Paid by 4242 4242 4242 4242"}))).await.expect(200);
    assert_eq!(drafted["segment"]["draft"]["notes"], "Paid by [card number]");
    let stored = format!("{:?}", record(&world).await);
    assert!(!stored.contains("4242"), "{stored}");
    let closed = instance.call(&update(&json!({}))).await.expect(200);
    assert_eq!(closed["segment"]["notes"], "Paid by [card number]");
}

// ---- Lost answers, throttles, races

/// How a draft fares whose first attempt fails like this; the times that the segment was changed.
#[tokio::test]
async fn a_draft_whose_answer_is_lost_is_carried_out_once() {
    for fault in [Fault::LostAnswer, Fault::LostSuccess, Fault::LostRequest, Fault::Throttled, Fault::ServerError] {
        let (world, _) = opened().await;
        let reports = Reports::default();
        let instance = world.instance_with(Parts { reports: Some(reports.clone()), ..Parts::default() });
        world.fail(Rule::once(fault.clone()).on("UpdateItem").of(SEGMENTS));
        let drafted = instance.call(&draft(&json!({"notes": "The customer was"}))).await.expect(200);
        assert_eq!(drafted["segment"]["draft"]["notes"], "The customer was");
        assert_eq!((version(&world).await, world.faults()), ("1".to_owned(), 1), "{fault:?}");
        let actions: Vec<_> = reports.audits().iter().map(|line| line["action"].clone()).collect();
        assert_eq!(actions, ["update"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_draft_that_was_kept_before_the_segment_was_closed_is_answered_so() {
    let (world, instance) = opened().await;
    let hold = Fault::together(2);
    world.fail(Rule::once(Fault::LostAnswer).on("UpdateItem"));
    // What looks for the draft comes after the close.
    world.fail(Rule::once(hold.clone()).on("BatchGetItem"));
    let event = draft(&json!({"notes": "The customer was"}));
    let closing = async {
        while world.faults() < 2 {
            tokio::task::yield_now().await;
        }
        let other = world.instance();
        let closed = other.call(&update(&json!({}))).await.expect(200)["segment"].clone();
        world.fail(Rule::once(hold).on("GetItem"));
        other.read("E-1").await;
        closed
    };
    let (drafted, closed) = join(instance.call(&event), closing).await;
    assert_eq!((&drafted.expect(200)["segment"], &closed["notes"]), (&closed, &json!("The customer was")));
}

#[tokio::test]
async fn a_throttle_that_outlasts_the_retries_of_a_draft_is_answered_503() {
    let (world, instance) = opened().await;
    world.fail(Rule::always(Fault::Throttled).on("UpdateItem"));
    let reply = instance.call(&draft(&json!({"notes": "n"}))).await;
    assert_eq!((reply.status(), reply.header("retry-after").is_empty()), (503, false), "{}", reply.text());
    assert!(world.faults() >= 3, "{}", world.faults());
    world.recover();
    instance.call(&draft(&json!({"notes": "n"}))).await.expect(200);
}

/// Whoever is answered 200 finds his draft in what the segment closed with, or in the draft of one who came later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_draft_that_was_answered_is_lost_to_a_close_beside_it() {
    for round in 0..6 {
        let (world, _) = opened().await;
        let instances: Vec<_> = (0..6).map(|_| world.instance()).collect();
        let replies = call_all(&instances, |index| match index {
            0 => update(&json!({"wrap_up_code": "Code 001"})),
            _ => draft(&json!({"notes": format!("Draft {index}")})),
        });
        let replies = replies.await;
        let closed = replies[0].expect(200)["segment"].clone();
        let kept: Vec<_> = (1..6).filter(|index| replies[*index].status() == 200).collect();
        assert_eq!(world.instance().read("E-1").await, closed, "round {round}");
        match closed["notes"].as_str() {
            None => assert!(kept.is_empty(), "round {round}: {kept:?}"),
            Some(notes) => assert!(kept.iter().any(|index| notes == format!("Draft {index}")), "{round}: {closed}"),
        }
        for reply in replies.iter().skip(1).filter(|reply| reply.status() != 200) {
            reply.expect(400);
        }
        assert_eq!(version(&world).await, (kept.len() + 1).to_string(), "round {round}");
    }
}

#[tokio::test]
async fn a_draft_is_no_event_and_tells_the_ai_filler_nothing() {
    let (world, instance) = opened().await;
    let before = record(&world).await;
    instance.call(&draft(&json!({"notes": "n"}))).await.expect(200);
    let after = record(&world).await;
    let event = wrapup::segments::SegmentEvent::from_images(Some(before.clone()), after.clone());
    assert_eq!(event.expect("images"), None);
    // What says who changed it and when, and its last event, is as it was.
    for column in [
        "sys_created_by",
        "sys_created_on",
        "sys_updated_by",
        "sys_updated_on",
        "event_number",
        "event_type",
        "event_time",
    ] {
        assert_eq!(before.get(column), after.get(column), "{column}");
    }
    assert_eq!(after["event_number"], AttributeValue::N("0".to_owned()));
}

#[tokio::test]
async fn a_record_of_a_newer_version_takes_no_draft() {
    let (world, instance) = opened().await;
    let mut newer = record(&world).await;
    newer.insert("sys_schema".to_owned(), AttributeValue::N("99".to_owned()));
    world.client().put_item().table_name(SEGMENTS).set_item(Some(newer.clone())).send().await.expect("a put");
    assert_eq!(instance.call(&draft(&json!({"notes": "n"}))).await.status(), 500);
    assert_eq!(record(&world).await, newer);
}
