//! What one process takes on at once: whoever is let in gets done, and whoever is not hears so at once.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Barrier;
use wrapup::sys_id::{Kind, derive};
use wrapup_lambda_tests::{Event, Fault, Instance, Rule, World, opening_with};

/// A request with so many codes of a caller's own.
fn post(caller: &str, codes: usize) -> Event {
    let codes: Vec<Value> = (0..codes).map(|index| json!({"code": format!("{caller} {index}")})).collect();
    Event::post("code").json(&json!({"codes": codes}))
}

/// An instance whose requests are all held back at their first write, and what lets them go on. It gives none of them up
/// meanwhile: however slow the machine is, they are under way until they may go on.
async fn held(world: &World, calls: &[Event]) -> (Arc<Instance>, Vec<tokio::task::JoinHandle<u16>>, Arc<Barrier>) {
    let instance = Arc::new(world.patient_instance());
    let gate = Arc::new(Barrier::new(calls.len() + 1));
    let mut running = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        // One write a call: the others of it come behind.
        let (caller, call) = (Arc::clone(&instance), call.clone());
        world.fail(Rule::once(Fault::Together(Arc::clone(&gate))).on("UpdateItem"));
        running.push(tokio::spawn(async move { caller.call(&call).await.status() }));
        while world.faults() <= index {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    (instance, running, gate)
}

#[tokio::test]
async fn calls_beyond_what_a_process_gets_done_are_refused_at_once_and_store_nothing() {
    let world = World::start().await;
    let calls: Vec<Event> = [post("A", 5_000), post("B", 2_500)].into();
    let (instance, running, gate) = held(&world, &calls).await;
    for refused in [
        instance.call(&post("D", 5_000)).await,
        instance.call(&post("D", 1)).await,
        instance.call(&Event::post("segment/create").json(&opening_with("EXT-1", 3))).await,
    ] {
        let body = refused.expect(503);
        assert_eq!(refused.header("retry-after"), "5");
        assert!(body["error"]["detail"].as_str().is_some_and(|detail| detail.contains("Nothing is stored")), "{body}");
    }
    let sys_id = derive(Kind::Code, &["D 0"]);
    instance.call(&Event::get(&format!("code/{sys_id}"))).await.expect(404);
    // What writes no code is none of that.
    let none = json!({"configuration": {"allowed_codes": [], "enable_codes": false, "default_code": null}});
    let no_codes = wrapup_test_support::merged(opening_with("EXT-2", 1), &none);
    instance.call(&Event::post("segment/create").json(&no_codes)).await.expect(200);
    // However a call ends, there is room again behind it.
    world.fail(Rule::always(Fault::Denied).on("UpdateItem"));
    gate.wait().await;
    for call in running {
        assert_eq!(call.await.expect("an answer"), 500);
    }
    world.recover();
    instance.call(&post("D", 10)).await.expect(200);
    assert_eq!(world.segment_keys().await.len(), 1);
}
