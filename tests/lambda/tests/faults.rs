//! What callers see, and what the tables hold, when DynamoDB throttles, fails or falls silent.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tokio::time::Instant;
use wrapup::api::Api;
use wrapup::codes::CodeRequest;
use wrapup::configurations::Definition;
use wrapup::document::Document;
use wrapup::dynamodb::{ATTEMPTS, Item, Table};
use wrapup::segment_tables::{
    Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, Registry, WantedInteractionSegment,
};
use wrapup::sys_id::{Kind, derive};
use wrapup_lambda_tests::{
    Event, Fault, Instance, Parts, Reply, Rule, Spoiling, World, internal, opening, segmented, sent,
};

const SEGMENTS: &str = "interaction_wrap_up_segment";
const PHONE_LOG: &str = "sn_openframe_phone_log";

/// A deployment with a code, a configuration, and an open segment `EXT-1`.
struct Prepared {
    world: World,
    code: String,
    configuration: String,
}

impl Prepared {
    async fn start() -> Self {
        let world = World::start().await;
        let read = |value: Value| Document::from_json(value.to_string().as_bytes()).expect("JSON");
        let code = read(json!({"code": "Callback"})).read(CodeRequest::read).expect("a code");
        let codes = world.stores().codes().clone();
        let stored = codes.admit(1).expect("room").upsert(&[code], false, "operator").await.remove(0).expect("a code");
        let code = stored.sys_id.clone();
        let file =
            json!({"name": "Calls", "enable_codes": true, "allowed_codes": ["Callback"], "default_code": "Callback"});
        let definition = read(file).read(Definition::read).expect("a configuration");
        world.stores().configurations().put(&definition, &world.stamp()).await.expect("a put");
        world.instance().open(&opening("EXT-1")).await;
        world.traffic();
        Self { world, code, configuration: definition.sys_id }
    }

    /// A call of each endpoint, all of which succeed when nothing is wrong.
    fn calls(&self) -> Vec<Event> {
        vec![
            Event::get(&format!("code/{}", self.code)),
            Event::post("code").json(&json!({"codes": [{"code": "Refund"}, {"code": "Complaint"}]})),
            Event::get("segment/EXT-1"),
            Event::get("segment/agent/agent/interaction/interaction"),
            Event::post("segment/create").json(&opening("EXT-2")),
            Event::post("segment/create").json(&internal(&self.configuration)),
            Event::post("segment/create").json(&segmented("EXT-3", "call-3")),
            Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT-1", "ai_notes": "A refund."})),
            Event::put("segment/update?external_segment_id=EXT-1")
                .json(&json!({"wrap_up_code": "Code 001", "notes": "Done."})),
        ]
    }
}

async fn send_all(instance: &Instance, events: &[Event]) -> Vec<Reply> {
    join_all(events.iter().map(|event| instance.call(event))).await
}

/// A platform error that tells a caller nothing about what is behind the API.
#[track_caller]
fn assert_opaque(reply: &Reply, status: u16) {
    let body = reply.expect(status);
    assert_eq!(body["status"], "failure");
    let error = body["error"].as_object().expect("an error object");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    assert!(error["detail"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    assert_eq!((body.as_object().map(|body| body.len()), error.len()), (Some(2), 2), "{body}");
    let text = reply.text().to_ascii_lowercase();
    for secret in [
        "dynamodb",
        "throttl",
        "interaction_wrap_up",
        "sys_user",
        "phone_log",
        "accessdenied",
        "notfound",
        "127.0.0.1",
        "test wants",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn a_throttle_that_outlasts_the_retries_is_answered_503_with_retry_after() {
    let checks = [Fault::Throttled, Fault::ThroughputExceeded].map(|fault| async move {
        let prepared = Prepared::start().await;
        let instance = prepared.world.instance();
        prepared.world.fail(Rule::always(fault));
        let (calls, in_xml) = (prepared.calls(), Event::get("segment/EXT-1").header("Accept", "application/xml"));
        let (replies, in_xml) = join(send_all(&instance, &calls), instance.call(&in_xml)).await;
        for reply in &replies {
            assert_opaque(reply, 503);
        }
        assert!(in_xml.text().contains("<status>failure</status>"), "{}", in_xml.text());
        for reply in replies.iter().chain([&in_xml]) {
            assert_eq!(reply.status(), 503, "{}", reply.text());
            let seconds = reply.header("retry-after").parse::<u32>();
            assert!(seconds.is_ok_and(|seconds| seconds > 0), "{}", reply.header("retry-after"));
        }
        prepared.world.recover();
        for reply in send_all(&instance, &calls).await {
            reply.expect(200);
        }
    });
    join_all(checks).await;
}

#[tokio::test]
async fn a_fault_that_passes_is_not_seen_by_the_caller() {
    let faults = [Fault::Throttled, Fault::ThroughputExceeded, Fault::ServerError, Fault::LostRequest];
    let checks = faults.iter().flat_map(|fault| (0..9).map(move |call| (fault.clone(), call)));
    let checks = checks.map(|(fault, call)| async move {
        let prepared = Prepared::start().await;
        let event = prepared.calls().swap_remove(call);
        prepared.world.fail(Rule::once(fault.clone()));
        let reply = prepared.world.instance().call(&event).await;
        assert_eq!(reply.status(), 200, "{fault:?}, call {call}: {}", reply.text());
        assert_eq!(prepared.world.faults(), 1, "{fault:?}, call {call}");
    });
    join_all(checks).await;
}

/// An answer that was spoiled on its way says nothing: no call takes it for "no such record" or for a failure.
#[tokio::test]
async fn an_answer_that_is_spoiled_once_is_asked_for_again() {
    let checks = Spoiling::ALL.map(|spoiling| async move {
        for index in 0..9 {
            let prepared = Prepared::start().await;
            let call = prepared.calls().swap_remove(index);
            prepared.world.fail(Rule::once(Fault::Spoiled(spoiling)));
            let reply = prepared.world.instance().call(&call).await;
            assert_eq!(reply.status(), 200, "{spoiling:?}, call {index}: {}", reply.text());
            assert_eq!(prepared.world.faults(), 1, "{spoiling:?}, call {index}");
        }
    });
    join_all(checks).await;
}

/// A refusal says as little, where it cannot be read: whether the condition failed or the request was wrong.
#[tokio::test]
async fn a_refusal_that_is_spoiled_is_asked_for_again() {
    let checks = Spoiling::ALL.map(|spoiling| async move {
        let prepared = Prepared::start().await;
        let code = Event::post("code").json(&json!({"codes": [{"code": "Twice", "description": "The same again."}]}));
        let instance = prepared.world.instance();
        let first = instance.call(&code).await.expect(200);
        prepared.world.fail(Rule::once(Fault::Spoiled(spoiling)).on("UpdateItem"));
        let again = instance.call(&code).await;
        assert_eq!(again.expect(200), first, "{spoiling:?}");
        assert_eq!(prepared.world.faults(), 1, "{spoiling:?}");
    });
    join_all(checks).await;
}

#[tokio::test]
async fn answers_that_stay_spoiled_are_a_503() {
    let checks = Spoiling::ALL.map(|spoiling| async move {
        let prepared = Prepared::start().await;
        for call in prepared.calls() {
            prepared.world.fail(Rule::always(Fault::Spoiled(spoiling)));
            assert_opaque(&prepared.world.instance().call(&call).await, 503);
            prepared.world.recover();
        }
    });
    join_all(checks).await;
}

#[tokio::test]
async fn an_engine_that_stays_broken_or_silent_is_told_without_internals() {
    let checks = [Fault::ServerError, Fault::LostRequest].map(|fault| async move {
        let prepared = Prepared::start().await;
        let instance = prepared.world.instance();
        prepared.world.fail(Rule::always(fault));
        for reply in send_all(&instance, &prepared.calls()).await {
            assert!(matches!(reply.status(), 500 | 503), "{}", reply.text());
            assert_opaque(&reply, reply.status());
        }
    });
    join_all(checks).await;
}

#[tokio::test]
async fn a_500_names_the_request_id_and_nothing_else() {
    let prepared = Prepared::start().await;
    let instance = prepared.world.instance();
    prepared.world.fail(Rule::always(Fault::Denied));
    for reply in send_all(&instance, &prepared.calls()).await {
        assert_opaque(&reply, 500);
        let body = reply.json();
        let detail = body["error"]["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(Event::REQUEST_ID), "{detail}");
    }
}

#[tokio::test]
async fn missing_tables_are_a_500() {
    let prepared = Prepared::start().await;
    let empty = World::without_tables().await;
    let instance = empty.instance();
    for reply in send_all(&instance, &prepared.calls()).await {
        assert_opaque(&reply, 500);
    }
    let own_credentials = Event::get("segment/EXT-1").unvouched().basic_auth("integrator", "secret");
    assert_opaque(&instance.call(&own_credentials).await, 500);
}

#[tokio::test]
async fn credentials_that_cannot_be_checked_are_a_503_and_no_401() {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let instance = world.instance();
    let event = Event::get("code/nothing").unvouched().basic_auth("integrator", "secret");
    world.fail(Rule::always(Fault::Throttled).of("sys_user"));
    assert_opaque(&instance.call(&event).await, 503);
    world.recover();
    instance.call(&event).await.expect(404);
}

#[tokio::test]
async fn a_transaction_that_meets_others_is_tried_again() {
    let prepared = Prepared::start().await;
    let instance = prepared.world.instance();
    for body in [opening("EXT-2"), internal(&prepared.configuration)] {
        let before = prepared.world.faults();
        prepared.world.fail(Rule::once(Fault::Canceled("TransactionConflict")).on("TransactWriteItems").times(3));
        let sys_id = instance.open(&body).await;
        assert_eq!(prepared.world.faults() - before, 3);
        assert_eq!(instance.read(&sys_id).await["state"], "open");
    }
}

#[tokio::test]
async fn a_single_write_that_meets_a_transaction_is_tried_again() {
    let prepared = Prepared::start().await;
    let instance = prepared.world.instance();
    let mut earlier = opening("EXT-2");
    earlier["opened_on"] = json!("2024-09-16 10:00:00");
    for (operation, event) in [
        ("UpdateItem", Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT-1", "ai_notes": "A"}))),
        ("UpdateItem", Event::put("segment/draft?external_segment_id=EXT-1").json(&json!({"notes": "The customer"}))),
        ("UpdateItem", Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"notes": "Done."}))),
        ("PutItem", Event::post("segment/create").json(&earlier)),
    ] {
        let before = prepared.world.faults();
        prepared.world.fail(Rule::once(Fault::Conflict).on(operation).of(SEGMENTS).times(2));
        let reply = instance.call(&event).await;
        assert_eq!(reply.status(), 200, "{operation}: {}", reply.text());
        assert_eq!(prepared.world.faults() - before, 2, "{operation}");
    }
}

#[tokio::test]
async fn a_throttled_transaction_is_tried_again() {
    let world = World::start().await;
    let instance = world.instance();
    for (index, reason) in ["ThrottlingError", "ProvisionedThroughputExceeded"].into_iter().enumerate() {
        world.fail(Rule::once(Fault::Canceled(reason)).on("TransactWriteItems"));
        let create = Event::post("segment/create").json(&opening(&format!("EXT-{index}")));
        let reply = instance.call(&create).await;
        assert_eq!(reply.status(), 200, "{reason}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_transaction_that_stays_throttled_is_answered_503() {
    let checks = ["ThrottlingError", "ProvisionedThroughputExceeded"].map(|reason| async move {
        let world = World::start().await;
        world.fail(Rule::always(Fault::Canceled(reason)).on("TransactWriteItems"));
        let reply = world.instance().call(&Event::post("segment/create").json(&opening("EXT-1"))).await;
        assert_opaque(&reply, 503);
        assert_ne!(reply.header("retry-after"), "");
        assert!(world.segment_keys().await.is_empty());
    });
    join_all(checks).await;
}

#[tokio::test]
async fn what_never_ends_is_given_up_with_503() {
    let (conflicting, unprocessed) = (World::start().await, World::start().await);
    conflicting.fail(Rule::always(Fault::Canceled("TransactionConflict")).on("TransactWriteItems"));
    unprocessed.fail(Rule::always(Fault::Unprocessed).on("BatchGetItem"));
    let create = Event::post("segment/create").json(&opening("EXT-1"));
    let instances = (conflicting.instance(), unprocessed.instance());
    let (conflict, batch) = join(instances.0.call(&create), instances.1.call(&create)).await;
    for reply in [conflict, batch] {
        assert_opaque(&reply, 503);
        assert_ne!(reply.header("retry-after"), "");
    }
}

#[tokio::test]
async fn codes_left_unprocessed_are_asked_for_again() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    world.traffic();
    world.fail(Rule::once(Fault::PartlyUnprocessed).on("BatchGetItem"));
    let instance = world.instance();
    instance.open(&opening("EXT-2")).await;
    assert_eq!(world.faults(), 1);
    let requests = world.traffic().requests;
    // Both codes were found, so none was written.
    assert_eq!(requests.iter().filter(|request| *request == "BatchGetItem").count(), 2, "{requests:?}");
    assert!(!requests.contains(&"PutItem".to_owned()), "{requests:?}");
    let codes = &instance.read("EXT-2").await["wrap_up_configuration"]["allowed_codes"];
    assert_eq!((&codes[0]["code"], &codes[1]["code"]), (&json!("Code 000"), &json!("Code 001")));
}

#[tokio::test]
async fn a_segment_or_its_code_left_unprocessed_is_asked_for_again() {
    for fault in [Fault::PartlyUnprocessed, Fault::Unprocessed] {
        let prepared = Prepared::start().await;
        let instance = prepared.world.instance();
        let mut body = opening("EXT-2");
        body["configuration"] = json!({"enable_codes": false});
        instance.open(&body).await;
        prepared.world.fail(Rule::once(fault).on("BatchGetItem"));
        let close = Event::put("segment/update?external_segment_id=EXT-2").json(&json!({"wrap_up_code": "Callback"}));
        let closed = instance.call(&close).await.expect(200);
        assert_eq!(closed["segment"]["code"]["sys_id"], prepared.code.as_str());
        assert_eq!(prepared.world.faults(), 1);
    }
}

/// A write whose answer gets lost: how it is prepared, the call, the operation, and what has to
/// hold afterwards.
struct Write {
    name: &'static str,
    before: Vec<Event>,
    call: Event,
    operation: &'static str,
}

fn writes(configuration: &str) -> Vec<Write> {
    let create = |body: Value| Event::post("segment/create").json(&body);
    let mut earlier = opening("EXT-2");
    earlier["opened_on"] = json!("2024-09-16 10:00:00");
    let close_internal =
        |body: Value| Event::put("segment/update?agent_sys_id=agent&interaction_sys_id=inside").json(&body);
    let mut inside = internal(configuration);
    inside["interaction_sys_id"] = json!("inside");
    inside["opened_on"] = json!("2024-09-16 17:52:01");
    let update = |body: Value| Event::put("segment/update?external_segment_id=EXT-1").json(&body);
    let full = json!({"wrap_up_code": "Code 001", "notes": "Done.", "confirmed_on": "2024-09-16 18:52:01"});
    let transact = "TransactWriteItems";
    let write = |name, before: &[&Event], call: Event, operation| Write {
        name,
        before: before.iter().map(|event| (*event).clone()).collect(),
        call,
        operation,
    };
    let open_inside = create(inside);
    let close_inside = close_internal(json!({"notes": "Done."}));
    vec![
        write("create", &[], create(opening("EXT-2")), transact),
        write("create, segmented", &[], create(segmented("EXT-2", "call-2")), transact),
        write("create, before the latest", &[], create(earlier), "PutItem"),
        write("create, internal", &[], open_inside.clone(), transact),
        write("create, internal again", &[&open_inside, &close_inside], open_inside.clone(), transact),
        write("close", &[], update(json!({"wrap_up_code": "Code 001", "notes": "Done."})), "UpdateItem"),
        write("close and confirm", &[], update(full.clone()), "UpdateItem"),
        write("confirm", &[&update(json!({"notes": "Done."}))], update(full), "UpdateItem"),
        write("close without a word", &[], update(json!({})), "UpdateItem"),
        write("close, internal", &[&open_inside], close_inside.clone(), "UpdateItem"),
        write(
            "AI content",
            &[],
            Event::put("segment/update/ai")
                .json(&json!({"external_segment_id": "EXT-1", "ai_wrap_up_code": "Code 001", "ai_notes": "A refund."})),
            "UpdateItem",
        ),
        write(
            "codes",
            &[],
            Event::post("code").json(&json!({"codes": [{
                "code": "Refund", "description": "Money back",
                "translations": [{"language": "de", "code": "Erstattung", "description": "Geld zurück"}],
            }]})),
            "UpdateItem",
        ),
    ]
}

/// Everything that the tables of segments, codes and phone calls hold, but for the names of single attempts.
async fn stored(world: &World) -> Vec<Vec<wrapup::dynamodb::Item>> {
    let mut stored = join_all([Table::Segments, Table::Codes, Table::PhoneLog].map(|table| world.records(table))).await;
    for item in stored.iter_mut().flatten() {
        item.retain(|column, _| !ATTEMPTS.contains(&column.as_str()));
    }
    stored
}

/// The answer, and what is stored, when nothing goes wrong.
async fn undisturbed(index: usize) -> (Value, Vec<Vec<wrapup::dynamodb::Item>>) {
    let prepared = Prepared::start().await;
    let instance = prepared.world.instance();
    let write = writes(&prepared.configuration).swap_remove(index);
    for event in &write.before {
        instance.call(event).await.expect(200);
    }
    let answer = instance.call(&write.call).await.expect(200);
    let state = &answer["segment"]["state"];
    let expected = match write.name {
        "codes" => Value::Null,
        name if name.starts_with("cl") || name == "confirm" => json!("closed"),
        _ => json!("open"),
    };
    assert_eq!(*state, expected, "{}", write.name);
    (answer, stored(&prepared.world).await)
}

#[tokio::test]
async fn an_answer_lost_once_changes_nothing_for_the_caller_or_the_tables() {
    let checks = (0..writes("").len()).map(|index| async move {
        let (expected, expected_records) = undisturbed(index).await;
        let prepared = Prepared::start().await;
        let instance = prepared.world.instance();
        let write = writes(&prepared.configuration).swap_remove(index);
        for event in &write.before {
            instance.call(event).await.expect(200);
        }
        prepared.world.fail(Rule::once(Fault::LostAnswer).on(write.operation));
        let reply = instance.call(&write.call).await;
        assert_eq!(reply.status(), 200, "{}: {}", write.name, reply.text());
        assert_eq!(prepared.world.faults(), 1, "{}", write.name);
        assert_eq!(reply.json(), expected, "{}", write.name);
        assert_eq!(stored(&prepared.world).await, expected_records, "{}", write.name);
    });
    join_all(checks).await;
}

#[tokio::test]
async fn a_caller_that_asks_again_after_lost_answers_gets_the_one_outcome() {
    let checks = (0..writes("").len()).map(|index| async move {
        let (expected, expected_records) = undisturbed(index).await;
        let prepared = Prepared::start().await;
        let write = writes(&prepared.configuration).swap_remove(index);
        let instance = prepared.world.instance();
        for event in &write.before {
            instance.call(event).await.expect(200);
        }
        prepared.world.fail(Rule::always(Fault::LostAnswer).on(write.operation));
        let reply = instance.call(&write.call).await;
        // A code is looked for.
        if write.name != "codes" {
            assert_opaque(&reply, 503);
        }
        prepared.world.recover();
        // What is there already keeps its times. AI content is stored once more; and who never hears that an internal
        // segment's place is taken has not opened the next one yet.
        if !["AI content", "create, internal again"].contains(&write.name) {
            prepared.world.pass(Duration::from_secs(5));
        }
        // Another instance, whose caches know nothing.
        let reply = prepared.world.instance().call(&write.call).await;
        assert_eq!(reply.status(), 200, "{}: {}", write.name, reply.text());
        assert_eq!(reply.json(), expected, "{}", write.name);
        assert_eq!(stored(&prepared.world).await, expected_records, "{}", write.name);
    });
    join_all(checks).await;
}

#[tokio::test]
async fn a_segment_opened_again_whose_answer_got_lost_is_the_one_that_the_caller_gets() {
    let prepared = Prepared::start().await;
    let world = &prepared.world;
    let instance = world.instance();
    let first = instance.open(&internal(&prepared.configuration)).await;
    let close = Event::put(&format!("segment/update?segment_sys_id={first}")).json(&json!({}));
    instance.call(&close).await.expect(200);
    let before = world.segment_keys().await.len();

    let create = Event::post("segment/create").json(&internal(&prepared.configuration));
    world.fail(Rule::always(Fault::LostSuccess).on("TransactWriteItems"));
    assert_opaque(&instance.call(&create).await, 503);
    world.recover();
    let second = instance.open(&internal(&prepared.configuration)).await;
    assert_ne!(second, first);
    assert_eq!(world.instance().open(&internal(&prepared.configuration)).await, second);
    assert_eq!(world.segment_keys().await.len(), before + 1);
    assert_eq!(instance.read(&second).await["state"], "open");
    assert_eq!(instance.read(&first).await["state"], "closed");
    assert_eq!(instance.read("agent/agent/interaction/interaction").await["sys_id"], json!(second));
}

/// Lets a cold instance crash after each of its requests in turn, and asks again on a fresh one.
/// Answers how many requests the whole takes.
async fn crash_after_each_request(name: &str, segmented: bool, body: impl Fn(&Prepared) -> Value) -> usize {
    for requests in 0..32 {
        let prepared = Prepared::start().await;
        let world = &prepared.world;
        let body = body(&prepared);
        let create = Event::post("segment/create").json(&body);
        world.fail(Rule::always(Fault::Denied).after(requests));
        let crashed = world.instance().call(&create).await;
        world.recover();
        let case = format!("{name}, crash after {requests} requests");
        if world.faults() == 0 {
            crashed.expect(200);
            return requests;
        }

        // Whatever the crash has left is never half a segment: all ways to it agree.
        let (agent, interaction) = (&body["agent_sys_id"], &body["interaction_sys_id"]);
        let find =
            format!("agent/{}/interaction/{}", agent.as_str().expect("text"), interaction.as_str().expect("text"));
        let reader = world.instance();
        let by_interaction = reader.call(&Event::get(&format!("segment/{find}"))).await;
        let segments = world.segment_keys().await;
        assert_eq!(by_interaction.status() == 200, segments.len() == 2, "{case}: {segments:?}");

        let again = world.instance();
        let sys_id = again.open(&body).await;
        assert_eq!(world.instance().open(&body).await, sys_id, "{case}");
        assert_eq!(world.segment_keys().await.len(), 2, "{case}");
        let mut paths = vec![sys_id.clone(), find];
        paths.extend(body["external_segment_id"].as_str().map(str::to_owned));
        for path in paths {
            let found = reader.read(&path).await;
            assert_eq!((&found["sys_id"], &found["state"]), (&json!(sys_id), &json!("open")), "{case}: {path}");
            let codes = found["wrap_up_configuration"]["allowed_codes"].as_array().map_or(0, Vec::len);
            assert!(codes > 0, "{case}: {path}");
        }
        assert_eq!(world.keys(Table::PhoneLog).await.len(), usize::from(segmented), "{case}");
    }
    0
}

/// Three codes, none of which is in the code table yet.
fn unseen(mut body: Value) -> Value {
    body["interaction_sys_id"] = json!("another interaction");
    body["configuration"]["allowed_codes"] = json!([{"code": "One"}, {"code": "Two"}, {"code": "Three"}]);
    body["configuration"]["default_code"] = json!("Two");
    body
}

#[tokio::test]
async fn a_crash_between_two_requests_leaves_nothing_that_the_retry_trips_over() {
    let external = crash_after_each_request("external", false, |_| unseen(opening("EXT-2"))).await;
    let with_call = crash_after_each_request("segmented", true, |_| unseen(segmented("EXT-2", "call-2"))).await;
    let internal = crash_after_each_request("internal", false, |prepared| {
        let mut body = internal(&prepared.configuration);
        body["interaction_sys_id"] = json!("another interaction");
        body
    })
    .await;
    // A crash that never came would prove nothing.
    assert!(external >= 5 && with_call > external && internal >= 3, "{external} {with_call} {internal}");
}

#[tokio::test]
async fn after_a_crash_a_different_request_may_take_the_external_id() {
    for requests in 0..4 {
        let world = World::start().await;
        world.fail(Rule::always(Fault::Denied).after(requests));
        world.instance().call(&Event::post("segment/create").json(&unseen(opening("EXT-1")))).await.expect(500);
        world.recover();
        let mut other = unseen(opening("EXT-1"));
        other["agent_sys_id"] = json!("another agent");
        let sys_id = world.instance().open(&other).await;
        assert_eq!(world.segment_keys().await, [sys_id], "after {requests} requests");
    }
}

/// A segment table that always fails in one way.
struct Failing(fn() -> Error);

#[async_trait]
impl InteractionSegment for Failing {
    fn segment_table(&self) -> &str {
        "incident_call"
    }

    async fn create(&self, _: &NewInteractionSegment<'_>, _: Instant) -> Result<InteractionSegmentRecord, Error> {
        Err(self.0())
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        _: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        Err(Error::NoSuchRecord { segment_id: wanted.segment_id.to_owned() })
    }
}

#[tokio::test]
async fn a_segment_table_that_fails_leaves_no_segment_and_no_code() {
    for (failure, status) in [
        ((|| Error::BadInput { reason: "calls have ten digits".to_owned() }) as fn() -> Error, 400),
        (|| Error::TryAgain("the line is busy".into()), 503),
        (|| Error::Broken("the line is cut".into()), 500),
    ] {
        let world = World::start().await;
        let segment_tables = Some(Registry::default().with(Failing(failure)));
        let instance = world.instance_with(Parts { segment_tables, ..Parts::default() });
        let mut body = unseen(segmented("EXT-1", "call-1"));
        body["segment_table"] = json!("incident_call");
        let reply = instance.call(&Event::post("segment/create").json(&body)).await;
        match status {
            400 => {
                let message = reply.expect(400)["message"].as_str().unwrap_or_default().to_owned();
                assert!(message.contains("segment_id") && message.contains("calls have ten digits"), "{message}");
            }
            status => assert_opaque(&reply, status),
        }
        assert!(!reply.text().contains("the line"), "{}", reply.text());
        assert!(world.records(Table::Segments).await.is_empty(), "{status}");
        assert!(world.records(Table::Codes).await.is_empty(), "{status}");
        instance.call(&Event::get("segment/EXT-1")).await.expect(404);
    }
}

#[tokio::test]
async fn a_phone_log_that_fails_leaves_no_segment_and_serves_the_retry() {
    let cases =
        [(Fault::Denied, 500, 0), (Fault::Denied, 500, 1), (Fault::Throttled, 503, 0), (Fault::Throttled, 503, 1)];
    let checks = cases.map(|(fault, status, before)| async move {
        let world = World::start().await;
        let instance = world.instance();
        // With a segment before, the instance is warm.
        for index in 0..before {
            instance.open(&opening(&format!("EXT-0{index}"))).await;
        }
        let create = Event::post("segment/create").json(&segmented("EXT-1", "call-1"));
        world.fail(Rule::always(fault.clone()).of(PHONE_LOG));
        assert_opaque(&instance.call(&create).await, status);
        assert_eq!(world.segment_keys().await.len(), before, "{fault:?}, {before} before");
        world.recover();
        instance.call(&create).await.expect(200);
        assert_eq!(world.segment_keys().await.len(), before + 1, "{fault:?}, {before} before");
        assert_eq!(world.keys(Table::PhoneLog).await.len(), 1, "{fault:?}, {before} before");
    });
    join_all(checks).await;
}

#[tokio::test]
async fn a_phone_log_record_whose_answer_got_lost_is_used() {
    let world = World::start().await;
    world.fail(Rule::once(Fault::LostAnswer).on("PutItem").of(PHONE_LOG));
    let instance = world.instance();
    instance.open(&segmented("EXT-1", "call-1")).await;
    assert_eq!(world.faults(), 1);
    assert_eq!(world.keys(Table::PhoneLog).await.len(), 1);
    assert_eq!(instance.read("EXT-1").await["segment_id"], "call-1");
}

#[tokio::test]
async fn a_segment_is_never_taken_for_the_one_with_another_external_id() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    // As if the two ids had one hash: the other's key holds this segment.
    let found = world.records(Table::Segments).await;
    let is_segment = |item: &&Item| item.contains_key("external_segment_id");
    let mut item = found.iter().find(is_segment).expect("a segment").clone();
    let other = derive(Kind::ExternalSegment, &["EXT-2"]);
    item.insert("sys_id".to_owned(), AttributeValue::S(other));
    world.client().put_item().table_name(SEGMENTS).set_item(Some(item)).send().await.expect("a put");
    let close = Event::put("segment/update?external_segment_id=EXT-2").json(&json!({"notes": "Whose?"}));
    world.instance().call(&close).await.expect(404);
    world.instance().call(&Event::get("segment/EXT-2")).await.expect(404);
    assert_eq!(world.instance().read("EXT-1").await["state"], "open");
}

#[tokio::test]
async fn a_close_that_outgrows_a_record_is_refused_and_a_shorter_one_is_not() {
    let world = World::start().await;
    let instance = world.instance();
    let text = "\u{1F642}".repeat(4_000);
    let languages = ["de", "fr", "it", "es", "pt", "nl", "pl", "sv", "da", "fi", "cs", "hu", "ro", "bg", "el", "tr"];
    let translation = |language: &&str| json!({"language": language, "code": "X", "description": text});
    for half in languages.chunks(8) {
        let code = json!({"code": "Wordy", "translations": half.iter().map(translation).collect::<Vec<_>>()});
        instance.call(&Event::post("code").json(&json!({"codes": [code]}))).await.expect(200);
    }
    let mut request = opening("EXT-1");
    request["configuration"] = json!({"enable_codes": false});
    instance.open(&request).await;
    let close = |notes: &str| {
        let body = json!({"wrap_up_code": "Wordy", "notes": notes});
        Event::put("segment/update?external_segment_id=EXT-1").json(&body)
    };
    let refused = instance.call(&close(&"\u{1F642}".repeat(65_536))).await;
    assert!(refused.expect(400)["message"].as_str().expect("a message").contains("notes"), "{}", refused.text());
    assert_eq!(instance.call(&close("Done.")).await.expect(200)["segment"]["code"]["code"], "Wordy");
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_given_up_and_can_be_sent_again() {
    let world = World::start().await;
    let system = world.instance().system;
    let endpoint = wrapup_functions::create_segment::CreateSegment::new(&system);
    let api = Api::new(&system, vec![Box::new(endpoint)]).expect("a route").with_patience(Duration::from_millis(50));
    // A second request that never comes is what this one waits for.
    world.fail(Rule::once(Fault::together(2)).on("TransactWriteItems"));
    let create = Event::post("segment/create").json(&opening("EXT-1"));
    let response = sent(&api, create.rest()).await;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    world.recover();
    world.instance().open(&opening("EXT-1")).await;
    assert_eq!(world.segment_keys().await.len(), 1);
}

#[tokio::test]
async fn no_id_is_too_long_to_be_looked_for() {
    let world = World::start().await;
    let long = "%F0%9F%99%82".repeat(1_024);
    for path in [format!("code/{long}"), format!("segment/{long}"), format!("segment/agent/{long}/interaction/{long}")]
    {
        world.instance().call(&Event::get(&path)).await.expect(404);
    }
}

#[tokio::test]
async fn a_head_request_has_the_length_that_get_would_have() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    let get = Event::get("segment/EXT-1").rest();
    let mut head = Event::get("segment/EXT-1").rest();
    *head.method_mut() = lambda_http::http::Method::HEAD;
    let (get, head) = (world.instance().handle(get).await, world.instance().handle(head).await);
    assert_eq!(head.status(), 200);
    assert_eq!(head.text(), "");
    assert_eq!(head.header("content-length"), get.text().len().to_string());
}
