//! Erasing: what of a segment goes for good, what stays, and what happens to it later.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wrapup::document::{FromText, Id};
use wrapup::dynamodb::{Item, Stamp, string};
use wrapup::segments::{Erasure, EventKind, Kept, SegmentEvent, Whose};
use wrapup::watch::CallIds;
use wrapup_lambda_tests::{Event, Reports, ScriptedProvider, StreamRecord, World, filler, internal, opening};
use wrapup_test_support::merged;

fn id(text: &str) -> Id {
    Id::from_text(text).expect("an id")
}

fn update(id: &str, body: &Value) -> Event {
    Event::put(&format!("segment/update?external_segment_id={id}")).json(body)
}

/// A data protection officer who erases now.
fn officer(world: &World) -> Stamp {
    Stamp::now("officer", &world.clock())
}

async fn of(world: &World, whose: Whose) -> Vec<Kept> {
    let found = world.stores().segments().of(&whose).await.expect("a read");
    assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
    found.segments
}

/// Erases what an external system calls so, and answers what has become of it.
async fn erase(world: &World, external: &str) -> Erasure {
    let segment = of(world, Whose::External(id(external))).await.remove(0).segment;
    let erased = world.stores().segments().erase(segment, &officer(world)).await;
    erased.expect("an erasure").1
}

/// All columns of a record whose texts could be somebody's.
fn texts(item: &Item) -> Vec<&str> {
    let mut texts: Vec<_> = item.keys().map(String::as_str).filter(|column| column.contains("notes")).collect();
    texts.retain(|column| *column != "ai_notes_defined_at");
    texts.sort_unstable();
    texts
}

#[tokio::test]
async fn notes_and_ai_notes_go_and_code_and_times_stay() {
    let world = World::start().await;
    let instance = world.instance();
    let sys_id = instance
        .open(&merged(opening("E-1"), &json!({"ai_notes": "Jane Doe called.", "ai_wrap_up_code": "Code 001"})))
        .await;
    instance
        .call(&update("E-1", &json!({"notes": "Jane Doe wants a refund.", "wrap_up_code": "Code 001"})))
        .await
        .expect(200);
    let before = instance.read(&sys_id).await;
    let stored = world.segment_record(&sys_id).await;
    assert_eq!(texts(&stored), ["ai_notes", "notes"]);
    world.pass(Duration::from_secs(60));
    assert_eq!(erase(&world, "E-1").await, Erasure::Erased);
    let after = world.instance().read(&sys_id).await;
    let mut expected = before.clone();
    for (field, value) in [
        ("notes", Value::Null),
        ("ai_notes", Value::Null),
        ("sys_updated_by", json!("officer")),
        ("sys_updated_on", json!("2024-09-16 18:01:00")),
    ] {
        match expected.get_mut(field) {
            Some(stored) => *stored = value,
            None => panic!("{field} is not in {before}"),
        }
    }
    let said = |segment: &Value| {
        let mut segment = segment.clone();
        segment.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        segment.as_object_mut().expect("an object").remove("ai_notes_defined_at");
        segment
    };
    assert_eq!(said(&after), said(&expected));
    let erased = world.segment_record(&sys_id).await;
    assert_eq!(texts(&erased), [""; 0]);
    assert!(!format!("{erased:?}").contains("Jane"), "{erased:?}");
    let count = |item: &Item| item["sys_mod_count"].as_n().expect("a number").parse::<u64>().expect("a number");
    assert_eq!(count(&erased), count(&stored) + 1);
    // Both images of that change tell of it, and so does the record itself.
    let event = SegmentEvent::from_images(Some(stored), erased.clone()).expect("segments").expect("an event");
    assert_eq!(event.kind(), Some(EventKind::Erased));
    assert_eq!(erased["event_type"], string("erased"));
    // Done again, it changes nothing.
    world.pass(Duration::from_secs(60));
    assert_eq!(erase(&world, "E-1").await, Erasure::WasErased);
    assert_eq!(world.segment_record(&sys_id).await, erased);
}

#[tokio::test]
async fn an_open_segment_stays_open_without_its_draft_and_is_not_filled_again() {
    let world = World::start().await;
    let instance = world.instance();
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = instance.open(&merged(opening("E-1"), &wanting)).await;
    instance
        .call(
            &Event::put("segment/draft?external_segment_id=E-1")
                .json(&json!({"notes": "Jane", "wrap_up_code": "Code 001"})),
        )
        .await
        .expect(200);
    let opened = world.segment_record(&sys_id).await;
    assert_eq!(erase(&world, "E-1").await, Erasure::Erased);
    let shown = instance.read(&sys_id).await;
    assert_eq!((&shown["state"], shown.get("draft")), (&json!("open"), None));
    assert!(!format!("{:?}", world.segment_record(&sys_id).await).contains("Jane"));
    // Neither what the stream has told before, nor another configuration, has anything made of it.
    let filled = async || {
        let provider = Arc::new(ScriptedProvider::new(Some(("Code 001", 1.0)), Some("Jane")));
        let records = [StreamRecord::insert(opened.clone()), StreamRecord::insert(world.segment_record(&sys_id).await)];
        filler(world.instance().system, provider).handle(StreamRecord::event(&records)).await;
        let segment = world.instance().read(&sys_id).await;
        segment["ai_notes"].is_string() || segment["ai_code"].is_object()
    };
    assert!(!filled().await);
    let mut another = merged(opening("E-1"), &wanting)["configuration"].clone();
    another["default_code"] = json!("Code 001");
    instance.call(&update("E-1", &json!({"configuration": another}))).await.expect(200);
    assert!(!filled().await);
    // It closes as any other: with the default, since the draft is gone.
    let closed = instance.call(&update("E-1", &json!({}))).await.expect(200)["segment"].clone();
    assert_eq!((&closed["code"]["code"], &closed["code_from"]), (&json!("Code 001"), &json!("default")));
    // What has been said since can be erased, too.
    instance.call(&update("E-1", &json!({"notes": "Jane again."}))).await.expect(200);
    assert_eq!(erase(&world, "E-1").await, Erasure::Erased);
}

#[tokio::test]
async fn one_whose_deadline_has_passed_is_closed_first() {
    let world = World::start().await;
    let instance = world.instance();
    let limit = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    let sys_id = instance.open(&merged(opening("E-1"), &limit)).await;
    instance
        .call(
            &Event::put("segment/draft?external_segment_id=E-1")
                .json(&json!({"notes": "Jane", "wrap_up_code": "Code 001"})),
        )
        .await
        .expect(200);
    world.pass(Duration::from_secs(3_600));
    assert_eq!(erase(&world, "E-1").await, Erasure::Erased);
    let shown = instance.read(&sys_id).await;
    let said = (&shown["state"], &shown["timed_out"], &shown["submitted_on"], &shown["code"]["code"], &shown["notes"]);
    assert_eq!(said, (&json!("closed"), &json!(true), &json!("2024-09-16 18:01:00"), &json!("Code 001"), &Value::Null));
    assert_eq!(shown["sys_updated_by"], "officer");
    let count = world.segment_record(&sys_id).await["sys_mod_count"].clone();
    assert_eq!(count.as_n().expect("a number"), "3", "a draft, the end, the erasing");
}

/// An update is judged by what is stored: notes that are sent again are notes that are new.
#[tokio::test]
async fn an_update_that_comes_again_is_judged_by_what_is_left() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("FINAL")).await;
    let update_of_final = json!({"notes": "Jane", "confirmed_on": "2024-09-16 18:00:00"});
    instance.call(&update("FINAL", &update_of_final)).await.expect(200);
    assert_eq!(erase(&world, "FINAL").await, Erasure::Erased);
    let refused = instance.call(&update("FINAL", &update_of_final)).await.expect(400);
    assert!(refused["message"].as_str().is_some_and(|message| message.contains("notes")), "{refused}");
    instance.call(&update("FINAL", &json!({"confirmed_on": "2024-09-16 18:00:00"}))).await.expect(200);
    // One that still may be corrected is corrected.
    instance.open(&merged(opening("AWAITING"), &json!({"interaction_sys_id": "another"}))).await;
    instance.call(&update("AWAITING", &json!({"notes": "Jane"}))).await.expect(200);
    assert_eq!(erase(&world, "AWAITING").await, Erasure::Erased);
    let corrected = instance.call(&update("AWAITING", &json!({"notes": "Jane"}))).await.expect(200);
    assert_eq!(corrected["segment"]["notes"], "Jane");
    assert_eq!(erase(&world, "AWAITING").await, Erasure::Erased);
    // The same create again is still the same one.
    instance.open(&opening("FINAL")).await;
}

#[tokio::test]
async fn what_others_write_meanwhile_is_erased_too_and_nothing_of_it_is_lost() {
    let world = World::start().await;
    let instance = world.instance();
    let sys_id = instance.open(&opening("E-1")).await;
    let read = of(&world, Whose::External(id("E-1"))).await.remove(0).segment;
    instance.call(&update("E-1", &json!({"notes": "Jane", "wrap_up_code": "Code 001"}))).await.expect(200);
    world.stores().segments().erase(read, &officer(&world)).await.expect("an erasure");
    let shown = instance.read(&sys_id).await;
    assert_eq!((&shown["state"], &shown["code"]["code"]), (&json!("closed"), &json!("Code 001")));
    assert_eq!(texts(&world.segment_record(&sys_id).await), [""; 0]);
}

#[tokio::test]
async fn the_segments_of_an_agent_an_interaction_and_an_external_id_are_found_and_no_others() {
    let world = World::start().await;
    let instance = world.instance();
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    let mut of_agent = Vec::new();
    for (name, agent, interaction) in [("A", "agent", "one"), ("B", "agent", "two"), ("C", "other", "one")] {
        let own = json!({"agent_sys_id": agent, "interaction_sys_id": interaction});
        let sys_id = instance.open(&merged(opening(name), &own)).await;
        of_agent.extend((agent == "agent").then_some(sys_id));
    }
    of_agent.push(instance.open(&merged(internal(&configuration), &json!({"interaction_sys_id": "two"}))).await);
    let sys_ids = |kept: Vec<Kept>| -> Vec<String> {
        let mut sys_ids: Vec<_> = kept.into_iter().map(|kept| kept.segment.sys_id).collect();
        sys_ids.sort();
        sys_ids
    };
    of_agent.sort();
    assert_eq!(sys_ids(of(&world, Whose::Agent(id("agent"))).await), of_agent);
    for (whose, count) in [
        (Whose::Interaction(id("one")), 2),
        (Whose::Interaction(id("two")), 2),
        (Whose::Agent(id("other")), 1),
        (Whose::External(id("B")), 1),
        (Whose::Agent(id("nobody")), 0),
        (Whose::Interaction(id("agent")), 0),
        (Whose::External(id("one")), 0),
    ] {
        assert_eq!(of(&world, whose.clone()).await.len(), count, "{whose:?}");
    }
    // All columns are there, what no answer shows included.
    let kept = of(&world, Whose::External(id("A"))).await.remove(0);
    for column in ["sys_id", "agent", "request_hash", "by_time_place", "sys_mod_count"] {
        assert!(kept.columns.contains_key(column), "{column}");
    }
}

#[tokio::test]
async fn erasing_is_counted_and_audited_as_what_it_is() {
    let world = World::start().await;
    let sys_id = world.instance().open(&merged(opening("E-1"), &json!({"ai_notes": "Jane"}))).await;
    let reports = Reports::default();
    let reporter = reports.reporter(world.clock());
    let call = reporter.begin(CallIds { request_id: "one".to_owned(), ..CallIds::default() });
    let (_, tally) = Box::pin(call.counted(erase(&world, "E-1"))).await;
    call.end("erase", "done", &tally);
    let audits = reports.audits();
    let audit = json!({
        "request_id": "one", "user": "officer", "action": "erase", "table": "interaction_wrap_up_segment", "sys_id": sys_id,
        "version": 1, "at": "2024-09-16 18:00:00",
    });
    assert_eq!(audits, [audit]);
    assert_eq!(reports.one()["erased"], 1);
}
