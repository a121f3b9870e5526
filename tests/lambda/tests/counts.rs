//! What a call costs: DynamoDB requests and capacity units of an instance that is warm.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use wrapup_lambda_tests::{Event, Fault, Instance, Rule, World, codes_of, internal, opening, opening_with, segmented};
use wrapup_test_support::merged;

/// A warm instance, and the sys_id of a segment `EXT-1` that it has opened.
async fn warm(world: &World) -> (Instance, String) {
    let instance = world.instance();
    let sys_id = instance.open(&opening("EXT-1")).await;
    world.traffic();
    (instance, sys_id)
}

/// An active configuration with so many codes, which exist.
async fn configuration(world: &World, codes: usize) -> String {
    let sys_id = world.put_configuration("Calls", codes, &json!({})).await;
    world.traffic();
    sys_id
}

/// The requests of one call that has to succeed.
async fn requests(world: &World, instance: &Instance, event: &Event) -> Vec<String> {
    world.traffic();
    instance.call(event).await.expect(200);
    world.traffic().requests
}

#[tokio::test]
async fn reading_a_code_is_one_request() {
    let world = World::start().await;
    let instance = world.instance();
    let created = instance.call(&Event::post("code").json(&json!({"codes": [{"code": "Billing Issue"}]}))).await;
    let created = created.expect(200);
    let sys_id = created["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"].as_str().expect("a sys_id");
    let get = Event::get(&format!("code/{sys_id}"));
    assert_eq!(requests(&world, &instance, &get).await, ["GetItem"]);
}

#[tokio::test]
async fn reading_a_segment_by_sys_id_or_external_id_is_one_request() {
    let world = World::start().await;
    let (instance, sys_id) = warm(&world).await;
    for id in [sys_id.as_str(), "EXT-1"] {
        let get = Event::get(&format!("segment/{id}"));
        assert_eq!(requests(&world, &instance, &get).await, ["GetItem"], "{id}");
    }
}

#[tokio::test]
async fn an_external_id_shaped_like_a_sys_id_takes_two_requests_to_read() {
    let world = World::start().await;
    let instance = world.instance();
    let external_id = "0123456789abcdef0123456789abcdef";
    instance.open(&opening(external_id)).await;
    let get = Event::get(&format!("segment/{external_id}"));
    assert_eq!(requests(&world, &instance, &get).await, ["GetItem", "GetItem"]);
    // Where the parameter says which id it is, nothing has to be guessed.
    let update = Event::put(&format!("segment/update?external_segment_id={external_id}")).json(&json!({}));
    assert_eq!(requests(&world, &instance, &update).await, ["GetItem", "UpdateItem"]);
}

#[tokio::test]
async fn reading_a_segment_by_agent_and_interaction_is_two_requests() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let find = Event::get("segment/agent/agent/interaction/interaction");
    assert_eq!(requests(&world, &instance, &find).await, ["GetItem", "GetItem"]);
}

#[tokio::test]
async fn closing_is_two_requests_by_id_and_three_by_agent_and_interaction() {
    for (address, wanted) in [
        ("segment_sys_id", 2),
        ("external_segment_id=EXT-1", 2),
        ("agent_sys_id=agent&interaction_sys_id=interaction", 3),
    ] {
        for body in
            [json!({"wrap_up_code": "Code 001", "notes": "Done."}), json!({"confirmed_on": "2024-09-16 18:52:01"})]
        {
            let world = World::start().await;
            let (instance, sys_id) = warm(&world).await;
            let address = if address == "segment_sys_id" { format!("{address}={sys_id}") } else { address.to_owned() };
            let update = Event::put(&format!("segment/update?{address}")).json(&body);
            let requests = requests(&world, &instance, &update).await;
            assert_eq!(requests.len(), wanted, "{address} {body}: {requests:?}");
            assert_eq!(requests.iter().filter(|request| *request == "UpdateItem").count(), 1, "{requests:?}");
        }
    }
}

/// A configuration that the segments of these tests do not open with.
fn another(codes: usize) -> Value {
    let codes = codes_of(codes);
    json!({"enable_codes": true, "allowed_codes": codes, "default_code": "Code 000", "duration": 60, "show_timer": true})
}

#[tokio::test]
async fn another_configuration_that_was_seen_is_two_requests_by_id_and_three_by_agent_and_interaction() {
    for (address, wanted) in [
        ("segment_sys_id", &["GetItem", "UpdateItem"][..]),
        ("external_segment_id=EXT-1", &["GetItem", "UpdateItem"]),
        ("agent_sys_id=agent&interaction_sys_id=interaction", &["GetItem", "GetItem", "UpdateItem"]),
    ] {
        for beside in [json!({}), json!({"notes": "Done."})] {
            let world = World::start().await;
            let (instance, sys_id) = warm(&world).await;
            let mut seen = opening("SEEN");
            seen["configuration"] = another(2);
            seen["interaction_sys_id"] = json!("another interaction");
            instance.open(&seen).await;
            let address = if address == "segment_sys_id" { format!("{address}={sys_id}") } else { address.to_owned() };
            let update = Event::put(&format!("segment/update?{address}"));
            let update = update.json(&merged(beside, &json!({"configuration": another(2)})));
            assert_eq!(requests(&world, &instance, &update).await, wanted, "{address}");
        }
    }
}

#[tokio::test]
async fn another_configuration_that_is_new_takes_a_read_for_100_codes_and_what_is_missing() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let update = |codes: usize, show_timer: bool| {
        let configuration = merged(another(codes), &json!({"show_timer": show_timer, "duration": null}));
        Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"configuration": configuration}))
    };
    // Its codes were seen a moment ago, and its snapshot is not there.
    let wanted = ["GetItem", "GetItem", "PutItem", "UpdateItem"];
    assert_eq!(requests(&world, &instance, &update(2, true)).await, wanted);
    // One code is new, and so is the snapshot.
    let wanted = ["BatchGetItem", "GetItem", "GetItem", "PutItem", "PutItem", "UpdateItem"];
    assert_eq!(requests(&world, &instance, &update(3, true)).await, wanted);
    // The same once more changes nothing.
    assert_eq!(requests(&world, &instance, &update(3, true)).await, ["GetItem"]);
    world.instance().open(&merged(opening_with("EXT-2", 150), &json!({"interaction_sys_id": "another"}))).await;
    let wanted = ["BatchGetItem", "BatchGetItem", "GetItem", "GetItem", "PutItem", "UpdateItem"];
    assert_eq!(requests(&world, &instance, &update(150, false)).await, wanted);
    // Where a closed segment is told its last configuration again, nothing is looked for.
    let close = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"notes": "Done."}));
    instance.call(&close).await.expect(200);
    assert_eq!(requests(&world, &instance, &update(150, false)).await, ["GetItem"]);
    instance.call(&update(160, false)).await.expect(400);
    assert_eq!(world.traffic().requests, ["GetItem"]);
}

#[tokio::test]
async fn closing_with_any_code_of_the_table_is_two_requests() {
    let world = World::start().await;
    let instance = world.instance();
    instance.call(&Event::post("code").json(&json!({"codes": [{"code": "Anything"}]}))).await.expect(200);
    let mut body = opening("EXT-1");
    body["configuration"] = json!({"enable_codes": false});
    instance.open(&body).await;
    let update = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"wrap_up_code": "Anything"}));
    assert_eq!(requests(&world, &instance, &update).await, ["BatchGetItem", "UpdateItem"]);
}

#[tokio::test]
async fn a_code_that_was_switched_off_a_moment_ago_closes_nothing() {
    let world = World::start().await;
    let (instance, other) = (world.instance(), world.instance());
    let code = |active: bool| Event::post("code").json(&json!({"codes": [{"code": "Anything", "active": active}]}));
    instance.call(&code(true)).await.expect(200);
    let mut body = opening("EXT-1");
    body["configuration"] = json!({"enable_codes": false});
    instance.open(&body).await;
    other.call(&code(false)).await.expect(200);
    let update = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"wrap_up_code": "Anything"}));
    instance.call(&update).await.expect(400);
}

#[tokio::test]
async fn confirming_a_closed_segment_is_two_requests() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let update = Event::put("segment/update?external_segment_id=EXT-1");
    instance.call(&update.clone().json(&json!({"notes": "Done."}))).await.expect(200);
    let confirm = update.json(&json!({"confirmed_on": "2024-09-16 18:52:01"}));
    assert_eq!(requests(&world, &instance, &confirm).await.len(), 2);
    // Said again, it changes nothing, so nothing is written.
    assert!(!requests(&world, &instance, &confirm).await.contains(&"UpdateItem".to_owned()));
}

#[tokio::test]
async fn ai_content_is_two_requests_by_id_and_three_by_agent_and_interaction() {
    for (address, wanted) in [
        (json!({"external_segment_id": "EXT-1"}), 2),
        (json!({"segment_sys_id": null}), 2),
        (json!({"agent_sys_id": "agent", "interaction_sys_id": "interaction"}), 3),
    ] {
        let world = World::start().await;
        let (instance, sys_id) = warm(&world).await;
        let mut body = address.clone();
        if body.get("segment_sys_id").is_some() {
            body["segment_sys_id"] = Value::from(sys_id);
        }
        body["ai_wrap_up_code"] = json!("Code 001");
        body["ai_notes"] = json!("The customer asked for a refund.");
        let advise = Event::put("segment/update/ai").json(&body);
        let requests = requests(&world, &instance, &advise).await;
        assert_eq!(requests.len(), wanted, "{address}: {requests:?}");
    }
}

#[tokio::test]
async fn a_draft_is_one_request_by_id_and_two_by_agent_and_interaction_or_with_a_code() {
    let (notes, code) = (json!({"notes": "The customer was"}), json!({"wrap_up_code": "Code 001", "notes": "n"}));
    for (address, body, wanted, read_units) in [
        ("segment_sys_id", &notes, &["UpdateItem"][..], 0.0),
        ("external_segment_id=EXT-1", &notes, &["UpdateItem"], 0.0),
        ("agent_sys_id=agent&interaction_sys_id=interaction", &notes, &["BatchGetItem", "UpdateItem"], 1.0),
        ("segment_sys_id", &code, &["BatchGetItem", "UpdateItem"], 1.0),
        ("external_segment_id=EXT-1", &code, &["BatchGetItem", "UpdateItem"], 1.0),
        // The code comes with what says which segment it is.
        ("agent_sys_id=agent&interaction_sys_id=interaction", &code, &["BatchGetItem", "UpdateItem"], 2.0),
    ] {
        let world = World::start().await;
        let (instance, sys_id) = warm(&world).await;
        let address = if address == "segment_sys_id" { format!("{address}={sys_id}") } else { address.to_owned() };
        instance.call(&Event::put(&format!("segment/draft?{address}")).json(body)).await.expect(200);
        let traffic = world.traffic();
        assert_eq!(traffic.requests, wanted, "{address} {body}");
        assert_eq!((traffic.read_units, traffic.write_units), (read_units, 1.0), "{address} {body}");
    }
}

/// Each call on a segment whose deadline has passed, as long ago as nobody has stored it; and once more.
#[tokio::test]
async fn whoever_writes_after_a_deadline_makes_one_request_more_and_whoever_reads_makes_none() {
    let limit = json!({"configuration": {"duration": 60, "show_timer": true}});
    let late = json!({"external_segment_id": "EXT-1", "ai_notes": "Late."});
    let update = Event::put("segment/update?external_segment_id=EXT-1");
    let update_found = Event::put("segment/update?agent_sys_id=agent&interaction_sys_id=interaction");
    for (event, status, first, then) in [
        (Event::get("segment/EXT-1"), 200, &["GetItem"][..], &["GetItem"][..]),
        (
            Event::get("segment/agent/agent/interaction/interaction"),
            200,
            &["GetItem", "GetItem"],
            &["GetItem", "GetItem"],
        ),
        (
            update.clone().json(&json!({"notes": "Late."})),
            200,
            &["GetItem", "UpdateItem", "UpdateItem"],
            // It says what is stored.
            &["GetItem"],
        ),
        (update.clone().json(&json!({})), 200, &["GetItem", "UpdateItem"], &["GetItem"]),
        (
            update_found.json(&json!({"notes": "Late."})),
            200,
            &["GetItem", "GetItem", "UpdateItem", "UpdateItem"],
            &["GetItem", "GetItem"],
        ),
        (update.json(&json!({"configuration": another(5)})), 400, &["GetItem", "UpdateItem"], &["GetItem"]),
        (Event::put("segment/update/ai").json(&late), 400, &["GetItem", "UpdateItem"], &["GetItem"]),
        (
            Event::put("segment/draft?external_segment_id=EXT-1").json(&json!({"notes": "Late."})),
            400,
            &["UpdateItem", "UpdateItem"],
            &["UpdateItem"],
        ),
    ] {
        let world = World::start().await;
        let instance = world.instance();
        instance.open(&merged(opening("EXT-1"), &limit)).await;
        world.pass(Duration::from_secs(10));
        for wanted in [first, then] {
            world.traffic();
            instance.call(&event).await.expect(status);
            assert_eq!(world.traffic().requests, wanted, "{event:?}");
        }
    }
}

#[tokio::test]
async fn opening_in_the_place_of_one_that_is_due_is_one_request_more() {
    let world = World::start().await;
    let limit = json!({"duration": 10, "show_timer": true});
    let body = internal(&world.put_configuration("Calls", 3, &limit).await);
    let instance = world.instance();
    instance.open(&body).await;
    for _ in 0..2 {
        world.pass(Duration::from_secs(12));
        let create = Event::post("segment/create").json(&body);
        let wanted = ["GetItem", "TransactWriteItems", "TransactWriteItems", "UpdateItem"];
        assert_eq!(requests(&world, &instance, &create).await, wanted);
    }
}

#[tokio::test]
async fn opening_with_a_configuration_that_was_seen_is_one_transaction() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let create = |id: &str| Event::post("segment/create").json(&opening(id));
    assert_eq!(requests(&world, &instance, &create("EXT-2")).await, ["TransactWriteItems"]);
    // The same again is answered from what the refused transaction says.
    assert_eq!(requests(&world, &instance, &create("EXT-2")).await, ["TransactWriteItems"]);
}

#[tokio::test]
async fn refusing_another_request_under_a_taken_external_id_is_one_transaction() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let mut other = opening("EXT-1");
    other["agent_sys_id"] = json!("another agent");
    instance.call(&Event::post("segment/create").json(&other)).await.expect(400);
    assert_eq!(world.traffic().requests, ["TransactWriteItems"]);
}

#[tokio::test]
async fn opening_a_segment_that_began_before_the_latest_is_two_requests() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let mut earlier = opening("EXT-2");
    earlier["opened_on"] = json!("2024-09-16 10:00:00");
    let create = Event::post("segment/create").json(&earlier);
    assert_eq!(requests(&world, &instance, &create).await, ["PutItem", "TransactWriteItems"]);
    let found = instance.read("agent/agent/interaction/interaction").await;
    assert_eq!(found["external_segment_id"], "EXT-1");
}

#[tokio::test]
async fn opening_an_internal_segment_is_one_transaction_once_its_configuration_was_seen() {
    let world = World::start().await;
    let configuration = configuration(&world, 3).await;
    let instance = world.instance();
    instance.open(&internal(&configuration)).await;
    let mut other = internal(&configuration);
    other["interaction_sys_id"] = json!("another interaction");
    let create = Event::post("segment/create").json(&other);
    assert_eq!(requests(&world, &instance, &create).await, ["TransactWriteItems"]);
    // Asked for again while it is open: the transaction is refused, and its holder is the answer.
    assert!(requests(&world, &instance, &create).await.len() <= 2);
}

#[tokio::test]
async fn opening_an_internal_segment_again_after_it_was_closed_is_three_requests() {
    let world = World::start().await;
    let configuration = configuration(&world, 3).await;
    let instance = world.instance();
    let mut previous = instance.open(&internal(&configuration)).await;
    // More than once, so that the segment before is not only ever the first one.
    for round in 0..3 {
        let close = Event::put(&format!("segment/update?segment_sys_id={previous}")).json(&json!({}));
        instance.call(&close).await.expect(200);
        world.traffic();
        let sys_id = instance.open(&internal(&configuration)).await;
        let requests = world.traffic().requests;
        assert_ne!(sys_id, previous, "round {round}");
        assert!(requests.len() <= 3, "round {round}: {requests:?}");
        assert_eq!(instance.read(&sys_id).await["state"], "open", "round {round}");
        previous = sys_id;
    }
}

#[tokio::test]
async fn opening_stays_at_two_requests_when_what_was_seen_has_grown_old() {
    let world = World::start().await;
    let instance = world.instance();
    // One batch reads a hundred records: the codes, the segment if it is there, and the latest one.
    instance.open(&opening_with("EXT-1", 98)).await;
    world.pass(Duration::from_secs(61));
    let create = Event::post("segment/create").json(&opening_with("EXT-2", 98));
    let requests = requests(&world, &instance, &create).await;
    assert!(requests.len() <= 2, "{requests:?}");
}

#[tokio::test]
async fn opening_an_internal_segment_stays_at_two_requests_when_what_was_seen_has_grown_old() {
    let world = World::start().await;
    let configuration = configuration(&world, 3).await;
    let instance = world.instance();
    instance.open(&internal(&configuration)).await;
    world.pass(Duration::from_secs(61));
    let mut other = internal(&configuration);
    other["interaction_sys_id"] = json!("another interaction");
    let create = Event::post("segment/create").json(&other);
    let requests = requests(&world, &instance, &create).await;
    assert!(requests.len() <= 2, "{requests:?}");
}

#[tokio::test]
async fn what_grew_old_is_read_again_so_a_code_switched_off_is_refused() {
    let world = World::start().await;
    let (instance, _) = warm(&world).await;
    let off = json!({"codes": [{"code": "Code 001", "active": false}]});
    world.instance().call(&Event::post("code").json(&off)).await.expect(200);
    world.pass(Duration::from_secs(61));
    let answer = instance.call(&Event::post("segment/create").json(&opening("EXT-2"))).await.expect(400);
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(message.contains("configuration.allowed_codes[1].code"), "{message}");
}

#[tokio::test]
async fn storing_a_code_with_many_languages_is_a_read_and_an_update() {
    let world = World::start().await;
    let instance = world.instance();
    let languages: Vec<Value> =
        ('a'..='z').map(|letter| json!({"language": format!("{letter}a"), "code": "x"})).collect();
    for (count, expected) in [(12, &["UpdateItem"][..]), (13, &["BatchGetItem", "UpdateItem"])] {
        let code = json!({"code": "Refund", "translations": languages[..count]});
        let post = Event::post("code").json(&json!({"codes": [code]}));
        assert_eq!(requests(&world, &instance, &post).await, expected, "{count} languages");
    }
}

#[tokio::test]
async fn storing_codes_is_one_update_a_code() {
    let world = World::start().await;
    let instance = world.instance();
    for count in [1, 3, 80] {
        let post = Event::post("code").json(&json!({"codes": codes_of(count)}));
        assert_eq!(requests(&world, &instance, &post).await, vec!["UpdateItem"; count]);
    }
    // Of so many, what is stored may make the answer too large: that is read first, 100 a request.
    let post = Event::post("code").json(&json!({"codes": codes_of(250)}));
    let wanted = [vec!["BatchGetItem"; 3], vec!["UpdateItem"; 250]].concat();
    assert_eq!(requests(&world, &instance, &post).await, wanted);
}

#[tokio::test]
async fn storing_codes_that_are_there_already_is_one_request_a_code_too() {
    let world = World::start().await;
    let instance = world.instance();
    let post = Event::post("code").json(&json!({"codes": codes_of(3)}));
    for _ in 0..2 {
        assert_eq!(requests(&world, &instance, &post).await, ["UpdateItem"; 3]);
    }
}

#[tokio::test]
async fn the_columns_that_say_who_and_when_leave_a_write_within_its_kilobyte() {
    let world = World::start().await;
    let configuration = configuration(&world, 3).await;
    let instance = world.instance();
    // Names and ids as long as they usually are.
    let user = "n".repeat(8);
    let by = |event: Event| event.authorizer(json!({"wrapup_user": user, "principalId": user}));
    let id = |kind: char| kind.to_string().repeat(32);
    let limit = json!({"configuration": {"duration": 60, "show_timer": true}});
    let mut external = merged(opening(&id('e')), &limit);
    (external["agent_sys_id"], external["interaction_sys_id"]) = (json!(id('a')), json!(id('i')));
    let mut own = internal(&configuration);
    // The first opening by a configuration stores codes and a snapshot, too.
    instance.open(&merged(opening("WARM"), &limit)).await;
    instance.open(&own).await;
    own["agent_sys_id"] = json!(id('a'));
    let close = Event::put(&format!("segment/update?external_segment_id={}", id('e')));
    for (event, units) in [
        (Event::post("segment/create").json(&external), 4.0),
        (close.json(&json!({"wrap_up_code": "Code 001", "confirmed_on": "2024-09-16 18:52:01"})), 1.0),
        (Event::post("segment/create").json(&own), 6.0),
        (Event::post("code").json(&json!({"codes": [{"code": id('c'), "description": "What it is for."}]})), 1.0),
    ] {
        world.traffic();
        instance.call(&by(event)).await.expect(200);
        let traffic = world.traffic();
        assert_eq!(traffic.write_units, units, "{:?}", traffic.requests);
    }
}

#[tokio::test]
async fn the_updates_of_many_codes_run_side_by_side() {
    let world = World::start().await;
    // None of the eight passes before all are there: one after the other would never end.
    world.fail(Rule::once(Fault::together(8)).on("UpdateItem").times(8));
    let post = Event::post("code").json(&json!({"codes": codes_of(8)}));
    world.instance().call(&post).await.expect(200);
    assert_eq!(world.faults(), 8);
}

#[tokio::test]
async fn a_segmented_wrap_up_is_two_requests_beside_its_tables_own_whatever_the_codes() {
    for codes in [2, 200] {
        let world = World::start().await;
        let instance = world.instance();
        let request = |external_segment_id: &str, segment_id: &str| {
            let mut request = segmented(external_segment_id, segment_id);
            request["configuration"]["allowed_codes"] = json!(codes_of(codes));
            request
        };
        instance.open(&request("EXT-1", "S-1")).await;
        let create = Event::post("segment/create").json(&request("EXT-2", "S-2"));
        // The phone log is looked into, and gets its record.
        let expected = ["BatchGetItem", "GetItem", "PutItem", "TransactWriteItems"];
        assert_eq!(requests(&world, &instance, &create).await, expected, "{codes} codes");
    }
}

#[tokio::test]
async fn each_call_consumes_these_units_and_no_more() {
    let world = World::start().await;
    let configuration = configuration(&world, 3).await;
    let (instance, _) = warm(&world).await;
    let mut another = internal(&configuration);
    another["interaction_sys_id"] = json!("one of its own");
    instance.open(&another).await;
    let created = instance.call(&Event::post("code").json(&json!({"codes": [{"code": "Billing Issue"}]}))).await;
    let created = created.expect(200);
    let code = created["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"].as_str().expect("a sys_id");
    another["interaction_sys_id"] = json!("another interaction");
    let seen = self::another(2);
    let mut with_it = merged(opening("SEEN"), &json!({"interaction_sys_id": "a third one"}));
    with_it["configuration"] = seen.clone();
    instance.open(&with_it).await;
    let close = |id: &str| {
        let update = Event::put(&format!("segment/update?external_segment_id={id}"));
        update.json(&json!({"wrap_up_code": "Code 001", "notes": "Done."}))
    };
    let create = |id: &str| Event::post("segment/create").json(&opening(id));
    // A consistent read of up to 4 KB is 1 unit, a write of up to 1 KB is 1 unit, in a transaction 2.
    for (what, event, units) in [
        ("get code", Event::get(&format!("code/{code}")), (1.0, 0.0)),
        ("get segment", Event::get("segment/EXT-1"), (1.0, 0.0)),
        ("find segment", Event::get("segment/agent/agent/interaction/interaction"), (2.0, 0.0)),
        ("create a code", Event::post("code").json(&json!({"codes": [{"code": "New"}]})), (0.0, 1.0)),
        ("the same again, which writes nothing", Event::post("code").json(&json!({"codes": codes_of(1)})), (0.0, 0.0)),
        ("create, external: segment and latest", create("EXT-2"), (0.0, 4.0)),
        ("create, internal: segment, slot and latest", Event::post("segment/create").json(&another), (0.0, 6.0)),
        (
            "update/ai",
            Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT-1", "ai_notes": "A refund."})),
            (1.0, 1.0),
        ),
        (
            "draft",
            Event::put("segment/draft?external_segment_id=EXT-1").json(&json!({"notes": "The customer was"})),
            (0.0, 1.0),
        ),
        (
            "update with a configuration that was seen",
            Event::put("segment/update?external_segment_id=EXT-2").json(&json!({"configuration": seen})),
            (1.0, 1.0),
        ),
        ("update with a code: segment and code", close("EXT-1"), (2.0, 1.0)),
    ] {
        world.traffic();
        instance.call(&event).await.expect(200);
        let traffic = world.traffic();
        assert_eq!((traffic.read_units, traffic.write_units), units, "{what}: {:?}", traffic.requests);
    }
}

#[tokio::test]
async fn two_hundred_allowed_codes_cost_no_more_units_than_two() {
    let mut costs = Vec::new();
    for codes in [2, 200] {
        let world = World::start().await;
        let instance = world.instance();
        instance.open(&opening_with("EXT-1", codes)).await;
        let mut cost = Vec::new();
        for event in [
            Event::post("segment/create").json(&opening_with("EXT-2", codes)),
            Event::get("segment/EXT-2"),
            Event::get("segment/agent/agent/interaction/interaction"),
            Event::put("segment/update/ai")
                .json(&json!({"external_segment_id": "EXT-2", "ai_wrap_up_code": "Code 001"})),
            Event::put("segment/update?external_segment_id=EXT-2").json(&json!({"wrap_up_code": "Code 001"})),
        ] {
            world.traffic();
            instance.call(&event).await.expect(200);
            let traffic = world.traffic();
            let units = (traffic.read_units, traffic.write_units);
            assert!(units != (0.0, 0.0), "the engine reports no units");
            cost.push(units);
        }
        costs.push(cost);
    }
    assert_eq!(costs[0], costs[1]);
}
