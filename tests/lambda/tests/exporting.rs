//! What analysts take elsewhere: the wrap-ups that ended within a time, each once.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use wrapup::date_time::DateTime;
use wrapup::segments::by_time::SPREAD;
use wrapup::segments::{Ended, Segment};
use wrapup_lambda_tests::{Event, Instance, World, opening};
use wrapup_test_support::merged;

fn at(time: &str) -> DateTime {
    DateTime::parse(time).expect("a time")
}

fn external(id: &str, own: &Value) -> Value {
    merged(merged(opening(id), &json!({"interaction_sys_id": id, "opened_on": "2024-09-16 18:00:00"})), own)
}

async fn close(instance: &Instance, id: &str, body: &Value) {
    instance.call(&Event::put(&format!("segment/update?external_segment_id={id}")).json(body)).await.expect(200);
}

/// The external ids of those that ended within a time, as they are handed out.
async fn ended(world: &World, from: &str, to: &str) -> Vec<String> {
    let ended =
        Ended { from: at(from), to: at(to), as_of: world.clock().since_epoch(), may_await: false, columns: Vec::new() };
    let mut ids = Vec::new();
    for digit in SPREAD.chars() {
        let segments = world.stores().segments().ended(digit, &ended).await.expect("a read");
        assert!(segments.iter().all(|segment| segment.sys_id.starts_with(digit)));
        ids.extend(segments.iter().map(id_of));
    }
    ids.sort_unstable();
    ids
}

fn id_of(segment: &Segment) -> String {
    match &segment.origin {
        wrapup::segments::Origin::External { external_segment_id } => external_segment_id.to_string(),
        wrapup::segments::Origin::Internal => segment.sys_id.clone(),
    }
}

#[tokio::test]
async fn each_that_ended_is_handed_out_once_stored_or_not_and_no_other() {
    let world = World::start().await;
    let instance = world.instance();
    let limit = json!({"configuration": {"duration": 60, "show_timer": true}});
    for id in ["AWAITING", "CONFIRMED", "OPEN"] {
        instance.open(&external(id, &json!({}))).await;
    }
    instance.open(&external("TIMED-OUT", &limit)).await;
    close(&instance, "AWAITING", &json!({})).await;
    close(&instance, "CONFIRMED", &json!({"confirmed_on": "2024-09-16 18:00:00"})).await;
    assert_eq!(ended(&world, "2024-09-16 00:00:00", "2024-09-17 00:00:00").await, ["AWAITING", "CONFIRMED"]);
    // Its deadline has passed, and nobody has stored that.
    world.pass(Duration::from_secs(3_600));
    let all = ["AWAITING", "CONFIRMED", "TIMED-OUT"];
    assert_eq!(ended(&world, "2024-09-16 00:00:00", "2024-09-17 00:00:00").await, all);
    assert_eq!(ended(&world, "2024-09-16 18:01:00", "2024-09-16 18:01:01").await, ["TIMED-OUT"]);
    assert_eq!(ended(&world, "2024-09-16 18:00:00", "2024-09-16 18:01:00").await, ["AWAITING", "CONFIRMED"]);
    assert_eq!(ended(&world, "2024-09-17 00:00:00", "2024-09-18 00:00:00").await, [""; 0]);
    // Days later it is confirmed, and stays with its day.
    world.pass(Duration::from_secs(3 * 24 * 60 * 60));
    close(&instance, "AWAITING", &json!({"confirmed_on": "2024-09-19 18:00:00"})).await;
    close(&instance, "TIMED-OUT", &json!({"confirmed_on": "2024-09-19 18:00:00"})).await;
    close(&instance, "OPEN", &json!({})).await;
    assert_eq!(ended(&world, "2024-09-16 00:00:00", "2024-09-17 00:00:00").await, all);
    assert_eq!(ended(&world, "2024-09-19 00:00:00", "2024-09-20 00:00:00").await, ["OPEN"]);
}

#[tokio::test]
async fn what_has_expired_is_handed_out_no_more() {
    let world = World::start().await;
    let instance = Instance::new(world.instance().system.with_retention("1".parse().ok()), None);
    instance.open(&external("E-1", &json!({}))).await;
    close(&instance, "E-1", &json!({})).await;
    world.pass(Duration::from_secs(24 * 60 * 60 - 1));
    assert_eq!(ended(&world, "2024-09-16 00:00:00", "2024-09-17 00:00:00").await, ["E-1"]);
    world.pass(Duration::from_secs(1));
    assert_eq!(ended(&world, "2024-09-16 00:00:00", "2024-09-17 00:00:00").await, [""; 0]);
}
