//! Events that are sent again: of each segment the last one, as it was told of before.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use wrapup::date_time::DateTime;
use wrapup::document::{FromText, Id};
use wrapup::dynamodb::{Table, Tables, string};
use wrapup::segments::{Address, EventForm, Replay, ReplayPage, SegmentEvent};
use wrapup_lambda_tests::{Event, World, opening};
use wrapup_test_support::merged;

fn form() -> EventForm {
    EventForm::new(&Tables::with_prefix("prod-"), None)
}

fn between(from: &str, to: &str) -> Replay {
    let at = |time: &str| DateTime::from_text(&format!("2024-09-16 {time}")).expect("a time");
    Replay::Between { from: at(from), to: at(to) }
}

fn of(external_ids: &[&str]) -> Replay {
    Replay::Of(external_ids.iter().map(|id| Address::External(Id::from_text(id).expect("an id"))).collect())
}

/// All pages as one.
async fn replayed(world: &World, replay: Replay) -> ReplayPage {
    let (stores, form) = (world.stores(), form());
    let mut pages = stores.segments().last_events(replay, &form);
    let mut all = ReplayPage::default();
    while let Some(page) = pages.next().await.expect("a page") {
        all.events.extend(page.events);
        all.read += page.read;
        all.missing.extend(page.missing);
        all.unreadable.extend(page.unreadable);
    }
    all
}

/// Opens three segments a minute after each other, closes the second one, and stores a draft of the third one; answers, by
/// external id, what the stream tells of their last events.
async fn three(world: &World) -> BTreeMap<&'static str, String> {
    let (instance, form) = (world.instance(), form());
    let mut told = BTreeMap::new();
    for id in ["E-1", "E-2", "E-3"] {
        let sys_id = instance.open(&opening(id)).await;
        let mut before = None;
        let mut after = world.segment_record(&sys_id).await;
        if id == "E-2" {
            before = Some(after);
            let close = Event::put("segment/update?external_segment_id=E-2").json(&json!({"notes": "Done."}));
            instance.call(&close).await.expect(200);
            after = world.segment_record(&sys_id).await;
        }
        let event = SegmentEvent::from_images(before, after).expect("images").expect("an event");
        let configuration = world.stores().configurations().snapshot(&event.after.configuration).await;
        let event = form.of(&event, &configuration.expect("a snapshot")).expect("JSON").expect("an event");
        told.insert(id, event.json().to_owned());
        if id == "E-3" {
            let draft = Event::put("segment/draft?external_segment_id=E-3").json(&json!({"notes": "The customer"}));
            instance.call(&draft).await.expect(200);
        }
        world.pass(Duration::from_secs(60));
    }
    told
}

fn json_of(page: &ReplayPage) -> Vec<&str> {
    let mut all: Vec<_> = page.events.iter().map(|event| event.json()).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn the_last_event_of_each_segment_is_the_one_that_was_told_of() {
    let world = World::start().await;
    let told = three(&world).await;
    let page = replayed(&world, between("00:00:00", "23:59:59")).await;
    let mut expected: Vec<_> = told.values().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(json_of(&page), expected, "to the byte, also where a draft has come since");
    assert_eq!((page.read, page.missing.len(), page.unreadable.len()), (3, 0, 0));
}

#[tokio::test]
async fn only_what_happened_in_the_time_is_sent_again() {
    let world = World::start().await;
    let told = three(&world).await;
    for (from, to, expected) in [
        ("18:00:00", "18:01:00", vec![&told["E-1"]]),
        ("18:01:00", "18:02:01", vec![&told["E-2"], &told["E-3"]]),
        ("18:02:01", "19:00:00", vec![]),
    ] {
        let page = replayed(&world, between(from, to)).await;
        let mut expected: Vec<_> = expected.into_iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert_eq!((json_of(&page), page.read), (expected, 3), "{from} {to}");
    }
}

#[tokio::test]
async fn segments_may_be_named_and_those_that_are_not_there_are_told() {
    let world = World::start().await;
    let told = three(&world).await;
    let page = replayed(&world, of(&["E-2", "NONE"])).await;
    assert_eq!(json_of(&page), [told["E-2"].as_str()]);
    assert_eq!(
        page.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["There is no wrap-up segment 'NONE'."]
    );
    let many: Vec<_> = ["E-1"; 60].to_vec();
    assert_eq!(replayed(&world, of(&many)).await.events.len(), 60, "page by page");
}

#[tokio::test]
async fn a_segment_that_cannot_be_read_keeps_no_other_from_being_told_of() {
    let world = World::start().await;
    let told = three(&world).await;
    let first = world.segment_keys().await.remove(0);
    let mut broken = world.segment_record(&first).await;
    broken.insert("sys_id".to_owned(), string("0".repeat(32)));
    broken.insert("segmented".to_owned(), string("perhaps"));
    world
        .client()
        .put_item()
        .table_name(Table::Segments.platform_name())
        .set_item(Some(broken))
        .send()
        .await
        .expect("a put");
    let page = replayed(&world, between("00:00:00", "23:59:59")).await;
    assert_eq!(page.events.len(), told.len());
    assert_eq!(page.unreadable.iter().map(|record| record.key.as_str()).collect::<Vec<_>>(), ["0".repeat(32)]);
}

#[tokio::test]
async fn a_deadline_that_nobody_has_stored_is_not_told_of() {
    let world = World::start().await;
    let timed = json!({"opened_on": null, "configuration": {"show_timer": true, "duration": 30}});
    let timed = merged(merged(opening("TIMED"), &timed), &json!({"opened_on": "2024-09-16 18:00:00"}));
    world.instance().open(&timed).await;
    world.pass(Duration::from_secs(60));
    let shown = world.instance().read("TIMED").await;
    assert_eq!((&shown["state"], &shown["timed_out"]), (&json!("closed"), &json!(true)));
    let page = replayed(&world, of(&["TIMED"])).await;
    let event: Value = page.events[0].json().parse().expect("JSON");
    assert_eq!((&event["type"], &event["data"]["state"]), (&json!("segment.opened"), &json!("open")));
}
