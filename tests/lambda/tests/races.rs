//! Callers that want the same thing at the same time, each served by an instance of its own.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use wrapup::dynamodb::Table;
use wrapup_lambda_tests::{Event, Fault, Instance, Rule, World, call_all, internal, opening, segmented};

const SEGMENTS: &str = "interaction_wrap_up_segment";

fn instances(world: &World, count: usize) -> Vec<Instance> {
    (0..count).map(|_| world.instance()).collect()
}

/// Lets the first so many requests of an operation on the segment table pass only together: nobody
/// writes before everybody has looked.
fn meet(world: &World, operation: &'static str, callers: usize) {
    world.fail(Rule::once(Fault::together(callers)).on(operation).of(SEGMENTS).times(callers));
}

fn create(body: &Value) -> Event {
    Event::post("segment/create").json(body)
}

/// Stores an active configuration, whose codes are added too.
async fn configuration(world: &World, name: &str) -> String {
    world.put_configuration(name, 2, &json!({})).await
}

/// The one value that all have in common.
#[track_caller]
fn the_one<T: Ord + std::fmt::Debug>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: BTreeSet<T> = values.into_iter().collect();
    assert_eq!(values.len(), 1, "{values:?}");
    values.pop_first().expect("a value")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_callers_that_open_one_external_segment_all_get_it() {
    let world = World::start().await;
    meet(&world, "BatchGetItem", 10);
    meet(&world, "TransactWriteItems", 10);
    let replies = call_all(&instances(&world, 10), |_| create(&segmented("EXT-1", "call-1"))).await;
    let sys_id = the_one(replies.iter().map(|reply| reply.expect(200)["sys_id"].to_string()));
    the_one(replies.iter().map(|reply| reply.text()));
    assert_eq!(world.faults(), 20);

    let segments = world.segment_keys().await;
    assert_eq!(json!(segments).to_string(), format!("[{sys_id}]"));
    // The segment and the record of the latest; both codes; one snapshot; one call.
    assert_eq!(world.keys(Table::Segments).await.len(), 2);
    assert_eq!(world.keys(Table::Codes).await.len(), 2);
    assert_eq!(world.keys(Table::Configurations).await.len(), 1);
    assert_eq!(world.keys(Table::PhoneLog).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_different_requests_under_one_external_id_one_wins() {
    let world = World::start().await;
    meet(&world, "TransactWriteItems", 10);
    let replies = call_all(&instances(&world, 10), |index| {
        let mut body = opening("EXT-1");
        body["agent_sys_id"] = json!(format!("agent {index}"));
        create(&body)
    })
    .await;
    let winners: Vec<usize> = (0..10).filter(|index| replies[*index].status() == 200).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let stored = world.instance().read("EXT-1").await;
    assert_eq!(stored["agent"], json!(format!("agent {}", winners[0])));
    for (index, reply) in replies.iter().enumerate() {
        let find = Event::get(&format!("segment/agent/agent%20{index}/interaction/interaction"));
        let found = world.instance().call(&find).await;
        if winners.contains(&index) {
            assert_eq!(found.expect(200)["segment"], stored);
        } else {
            let message = reply.expect(400)["message"].to_string();
            assert!(message.contains("EXT-1"), "{message}");
            // Nothing points from the loser's agent to the winner's segment.
            found.expect(404);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_callers_that_open_one_internal_segment_all_get_it() {
    let world = World::start().await;
    let configuration = configuration(&world, "Calls").await;
    let callers = instances(&world, 10);
    let mut previous = Vec::new();
    // The first round finds an empty place, the others one whose segment is closed.
    for round in 0..3 {
        meet(&world, "TransactWriteItems", 10);
        let replies = call_all(&callers, |_| create(&internal(&configuration))).await;
        world.recover();
        let sys_id = the_one(replies.iter().map(|reply| reply.expect(200)["sys_id"].as_str().map(str::to_owned)));
        let sys_id = sys_id.expect("a sys_id");
        assert!(!previous.contains(&sys_id), "round {round}: {sys_id} again");
        let found = world.instance().read("agent/agent/interaction/interaction").await;
        assert_eq!((&found["sys_id"], &found["state"]), (&json!(sys_id), &json!("open")), "round {round}");
        previous.push(sys_id.clone());
        assert_eq!(world.segment_keys().await.len(), previous.len(), "round {round}");
        let close = Event::put(&format!("segment/update?segment_sys_id={sys_id}")).json(&json!({}));
        callers[0].call(&close).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_different_internal_requests_for_one_place_one_wins() {
    let world = World::start().await;
    let configurations = [configuration(&world, "Calls").await, configuration(&world, "Chats").await];
    meet(&world, "TransactWriteItems", 10);
    let replies = call_all(&instances(&world, 10), |index| create(&internal(&configurations[index % 2]))).await;
    let (won, lost): (Vec<usize>, Vec<usize>) = (0..10).partition(|index| replies[*index].status() == 200);
    let winner = the_one(won.iter().map(|index| index % 2));
    for index in lost {
        assert_ne!(index % 2, winner);
        replies[index].expect(400);
    }
    assert_eq!(won.len(), 5);
    assert_eq!(world.segment_keys().await.len(), 1);
    let stored = world.instance().read("agent/agent/interaction/interaction").await;
    assert_eq!(stored["wrap_up_configuration"]["sys_id"], json!(configurations[winner]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opening_while_the_internal_segment_is_being_closed_gives_the_old_or_a_new_one() {
    let world = World::start().await;
    let configuration = configuration(&world, "Calls").await;
    let (opener, closer) = (world.instance(), world.instance());
    let mut current = opener.open(&internal(&configuration)).await;
    let mut all = BTreeSet::from([current.clone()]);
    for round in 0..12 {
        let close = Event::put(&format!("segment/update?segment_sys_id={current}")).json(&json!({"notes": "Done."}));
        let open = create(&internal(&configuration));
        let (opened, closed) = join(opener.call(&open), closer.call(&close)).await;
        assert_eq!(closed.expect(200)["segment"]["state"], "closed", "round {round}");
        let opened = opened.expect(200);
        // Judged before the close it is the old one, judged after it a new one; open either way.
        assert_eq!(opened["segment"]["state"], "open", "round {round}");
        let mut sys_id = opened["sys_id"].as_str().expect("a sys_id").to_owned();
        if sys_id == current {
            assert_eq!(closer.read(&sys_id).await["state"], "closed", "round {round}");
            sys_id = opener.open(&internal(&configuration)).await;
        }
        assert!(all.insert(sys_id.clone()), "round {round}: {sys_id} again");
        assert_eq!(closer.read(&sys_id).await["state"], "open", "round {round}");
        assert_eq!(closer.read("agent/agent/interaction/interaction").await["sys_id"], json!(sys_id), "round {round}");
        assert_eq!(closer.read(&current).await["notes"], "Done.", "round {round}");
        current = sys_id;
    }
    assert_eq!(world.segment_keys().await.len(), all.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_callers_that_close_for_good_one_wins() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    meet(&world, "UpdateItem", 10);
    let replies = call_all(&instances(&world, 10), |index| {
        Event::put("segment/update?external_segment_id=EXT-1").json(&json!({
            "wrap_up_code": format!("Code 00{}", index % 2),
            "notes": format!("Notes {index}"),
            "confirmed_on": format!("2024-09-16 18:52:0{index}"),
        }))
    })
    .await;
    let winners: Vec<usize> = (0..10).filter(|index| replies[*index].status() == 200).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let winner = winners[0];
    let stored = world.instance().read("EXT-1").await;
    assert_eq!(replies[winner].json()["segment"], stored);
    assert_eq!(stored["code"]["code"], json!(format!("Code 00{}", winner % 2)));
    assert_eq!(stored["notes"], json!(format!("Notes {winner}")));
    assert_eq!(stored["confirmed_on"], json!(format!("2024-09-16 18:52:0{winner}")));
    for (index, reply) in replies.iter().enumerate().filter(|(index, _)| *index != winner) {
        assert_eq!(reply.expect(400)["success"], false, "{index}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_say_the_same_while_closing_all_succeed() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    meet(&world, "UpdateItem", 6);
    let body = json!({"wrap_up_code": "Code 001", "notes": "Done.", "confirmed_on": "2024-09-16 18:52:01"});
    let replies =
        call_all(&instances(&world, 6), |_| Event::put("segment/update?external_segment_id=EXT-1").json(&body)).await;
    for reply in &replies {
        reply.expect(200);
    }
    the_one(replies.iter().map(|reply| reply.text()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_callers_that_close_a_segment_awaiting_confirmation_are_never_mixed() {
    for round in 0..6 {
        let world = World::start().await;
        world.instance().open(&opening("EXT-1")).await;
        meet(&world, "UpdateItem", 2);
        let replies = call_all(&instances(&world, 2), |index| {
            let body = json!({"wrap_up_code": format!("Code 00{index}"), "notes": format!("Notes {index}")});
            Event::put("segment/update?external_segment_id=EXT-1").json(&body)
        })
        .await;
        // Each answer is its caller's own; the one that came second has corrected the first.
        for (index, reply) in replies.iter().enumerate() {
            let segment = &reply.expect(200)["segment"];
            assert_eq!(segment["code"]["code"], json!(format!("Code 00{index}")), "round {round}");
            assert_eq!(segment["notes"], json!(format!("Notes {index}")), "round {round}");
        }
        let stored = world.instance().read("EXT-1").await;
        let last = replies.iter().filter(|reply| reply.json()["segment"] == stored).count();
        assert_eq!(last, 1, "round {round}: {stored}");
    }
}

/// Whoever comes second is judged by the codes that the first has left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_configuration_that_races_a_close_is_there_before_it_or_refused() {
    let mut seen = BTreeSet::new();
    for round in 0..10 {
        let world = World::start().await;
        world.instance().open(&opening("EXT-1")).await;
        meet(&world, "UpdateItem", 2);
        let callers = instances(&world, 2);
        let update = |body: &Value| Event::put("segment/update?external_segment_id=EXT-1").json(body);
        let configuration = json!({"enable_codes": true, "allowed_codes": ["Code 000", "New"], "default_code": "New"});
        let configure = update(&json!({"configuration": configuration}));
        // The old configuration allows this code alone, the new one the default.
        let close = update(&json!({"notes": "Done."}));
        let (configured, closed) = join(callers[0].call(&configure), callers[1].call(&close)).await;
        closed.expect(200);
        let stored = world.instance().read("EXT-1").await;
        assert_eq!(closed.json()["segment"], stored, "round {round}");
        let default = &stored["wrap_up_configuration"]["default_code"]["code"];
        assert_eq!(&stored["code"]["code"], default, "round {round}");
        assert_eq!(default == "New", configured.status() == 200, "round {round}");
        assert!([200, 400].contains(&configured.status()), "round {round}: {}", configured.text());
        seen.insert(configured.status());
    }
    assert!(!seen.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_that_give_one_configuration_at_once_all_get_it() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    meet(&world, "UpdateItem", 6);
    let configuration = json!({"allowed_codes": ["One", "Two"], "show_timer": true});
    let update = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"configuration": configuration}));
    let replies = call_all(&instances(&world, 6), |_| update.clone()).await;
    for reply in &replies {
        reply.expect(200);
    }
    the_one(replies.iter().map(|reply| reply.text()));
    assert_eq!(world.keys(Table::Codes).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ai_content_that_races_a_close_is_used_by_it_or_refused() {
    for round in 0..10 {
        let world = World::start().await;
        let mut body = opening("EXT-1");
        body["configuration"]["use_ai_as_default"] = json!(true);
        world.instance().open(&body).await;
        meet(&world, "UpdateItem", 2);
        let callers = instances(&world, 2);
        let advise = Event::put("segment/update/ai")
            .json(&json!({"external_segment_id": "EXT-1", "ai_wrap_up_code": "Code 001", "ai_notes": "A refund."}));
        let close = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"notes": "Done."}));
        let (advised, closed) = join(callers[0].call(&advise), callers[1].call(&close)).await;
        closed.expect(200);
        let stored = world.instance().read("EXT-1").await;
        assert_eq!((&stored["state"], &stored["notes"]), (&json!("closed"), &json!("Done.")), "round {round}");
        assert_eq!(closed.json()["segment"], stored, "round {round}");
        if advised.status() == 200 {
            assert_eq!(stored["code"]["code"], "Code 001", "round {round}");
            assert_eq!(stored["ai_notes"], "A refund.", "round {round}");
        } else {
            advised.expect(400);
            assert_eq!(stored["code"]["code"], "Code 000", "round {round}");
            assert_eq!(stored.get("ai_wrap_up_code").or(stored.get("ai_notes")), None, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_upserts_of_one_label_keep_all_translations() {
    let world = World::start().await;
    let languages = ["de", "fr", "it", "es", "nl", "pl", "sv", "da", "fi", "pt"];
    world.fail(Rule::once(Fault::together(10)).on("UpdateItem").times(10));
    let replies = call_all(&instances(&world, 10), |index| {
        let language = languages[index];
        let translation = json!({"language": language, "code": format!("Refund {language}")});
        Event::post("code").json(&json!({"codes": [{"code": "Refund", "translations": [translation]}]}))
    })
    .await;
    let sys_id = the_one(replies.iter().map(|reply| {
        let created = &reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0];
        created["sys_id"].as_str().expect("a sys_id").to_owned()
    }));
    assert_eq!(world.keys(Table::Codes).await, std::slice::from_ref(&sys_id));
    let reader = world.instance();
    for language in languages {
        let get = Event::get(&format!("code/{sys_id}")).header("Accept-Language", language);
        let code = reader.call(&get).await.expect(200)["result"]["result_map"]["wrap_up_code"].clone();
        assert_eq!(code["translated_code"], json!(format!("Refund {language}")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_stored_while_a_segment_opens_with_it_is_one_code() {
    for round in 0..6 {
        let world = World::start().await;
        let mut body = opening("EXT-1");
        body["configuration"]["allowed_codes"] =
            json!([{"code": "Refund", "translation": {"language": "de", "code": "Erstattung"}}]);
        body["configuration"]["default_code"] = json!("Refund");
        let post = Event::post("code").json(&json!({"codes": [{
            "code": "Refund", "description": "Money back",
            "translations": [{"language": "fr", "code": "Remboursement", "description": "Argent rendu"}],
        }]}));
        let callers = instances(&world, 2);
        let (opened, stored) = join(callers[0].call(&create(&body)), callers[1].call(&post)).await;
        stored.expect(200);
        // The segment shows its own translation, whoever was first.
        let shown = &opened.expect(200)["segment"]["wrap_up_configuration"]["default_code"];
        let sys_id = shown["sys_id"].as_str().expect("a sys_id").to_owned();
        let in_german = Event::get("segment/EXT-1").header("Accept-Language", "de");
        let segment = callers[0].call(&in_german).await.expect(200)["segment"].clone();
        assert_eq!(segment["wrap_up_configuration"]["default_code"]["translated_code"], "Erstattung", "round {round}");
        assert_eq!(world.keys(Table::Codes).await, std::slice::from_ref(&sys_id), "round {round}");
        let in_french = Event::get(&format!("code/{sys_id}")).header("Accept-Language", "fr");
        let code = callers[1].call(&in_french).await.expect(200)["result"]["result_map"]["wrap_up_code"].clone();
        assert_eq!(code["description"], "Money back", "round {round}");
        assert_eq!(code["translated_code"], "Remboursement", "round {round}");
        assert_eq!(code["translated_description"], "Argent rendu", "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_segments_that_open_at_once_the_latest_is_found_by_agent_and_interaction() {
    let world = World::start().await;
    meet(&world, "TransactWriteItems", 10);
    let callers = instances(&world, 10);
    let replies = call_all(&callers, |index| {
        let mut body = opening(&format!("EXT-{index}"));
        // 7 is prime to 10, so every minute stands once, in no order.
        body["opened_on"] = json!(format!("2024-09-16 17:0{}:00", index * 7 % 10));
        create(&body)
    })
    .await;
    for reply in &replies {
        reply.expect(200);
    }
    let latest = world.instance().read("agent/agent/interaction/interaction").await;
    assert_eq!(latest["opened_on"], "2024-09-16 17:09:00");
    assert_eq!(world.segment_keys().await.len(), 10);
    let found = join_all((0..10).map(|index| {
        let caller = &callers[index];
        async move { caller.read(&format!("EXT-{index}")).await["opened_on"].clone() }
    }))
    .await;
    let minutes: BTreeSet<String> = found.iter().map(Value::to_string).collect();
    assert_eq!(minutes.len(), 10, "{minutes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_segments_opened_in_the_same_second_the_one_created_last_is_found() {
    let world = World::start().await;
    let instance = world.instance();
    for index in 0..5 {
        let sys_id = instance.open(&opening(&format!("EXT-{index}"))).await;
        let found = world.instance().read("agent/agent/interaction/interaction").await;
        assert_eq!(found["sys_id"], json!(sys_id), "{index}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answered_open_is_seen_at_once_by_every_identifier_from_every_instance() {
    let world = World::start().await;
    let readers = instances(&world, 3);
    for index in 0..5 {
        let external_id = format!("EXT-{index}");
        let sys_id = world.instance().open(&opening(&external_id)).await;
        let paths = [sys_id.as_str(), &external_id, "agent/agent/interaction/interaction"];
        for (reader, path) in readers.iter().zip(paths) {
            assert_eq!(reader.read(path).await["sys_id"], json!(sys_id), "{path}");
        }
    }
}

/// Fifty that write the same segment, each something of its own: all are answered, one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_that_write_one_segment_at_once_are_all_answered() {
    let world = World::start().await;
    world.instance().open(&opening("E-1")).await;
    // However busy this machine is: what is shown is that nobody gives up for the others.
    let crowd = || (0..50).map(|_| world.patient_instance()).collect::<Vec<_>>();
    let advise = |number: usize| {
        let body = json!({"external_segment_id": "E-1", "ai_notes": format!("Notes {number}.")});
        Event::put("segment/update/ai").json(&body)
    };
    for (number, reply) in call_all(&crowd(), advise).await.iter().enumerate() {
        assert_eq!(reply.expect(200)["segment"]["ai_notes"], format!("Notes {number}."));
    }
    let draft = |number: usize| {
        let body = json!({"notes": format!("Draft {number}.")});
        Event::put("segment/draft?external_segment_id=E-1").json(&body)
    };
    for (number, reply) in call_all(&crowd(), draft).await.iter().enumerate() {
        assert_eq!(reply.expect(200)["segment"]["draft"]["notes"], format!("Draft {number}."));
    }
    let records = world.records(Table::Segments).await;
    let segment = records.iter().find(|record| record.contains_key("sys_mod_count")).expect("a segment");
    assert_eq!(segment["sys_mod_count"].as_n().expect("a number"), "100");
}

/// Where others never leave a segment alone, nothing is stored, and the answer says so.
#[tokio::test]
async fn a_write_that_loses_every_race_says_that_nothing_is_stored() {
    let world = World::start().await;
    world.instance().open(&opening("E-1")).await;
    world.fail(Rule::always(Fault::Conflict).on("UpdateItem"));
    let close = Event::put("segment/update?external_segment_id=E-1").json(&json!({"notes": "Done."}));
    let reply = world.instance().call(&close).await;
    let told = reply.expect(503).to_string();
    assert!(told.contains("Nothing of this call is stored"), "{told}");
    assert_eq!(world.instance().read("E-1").await["state"], "open");
}

/// The clock of an instance is set back: what opens then is still what its agent and interaction mean.
#[tokio::test]
async fn a_segment_that_opens_after_the_clock_was_set_back_is_the_latest() {
    let world = World::start().await;
    let configuration = configuration(&world, "Calls").await;
    let instance = world.instance();
    let first = instance.open(&internal(&configuration)).await;
    let close = Event::put(&format!("segment/update?segment_sys_id={first}")).json(&json!({"notes": "Done."}));
    instance.call(&close).await.expect(200);
    world.set_back(std::time::Duration::from_secs(3_600));
    for instance in [instance, world.instance()] {
        let second = instance.open(&internal(&configuration)).await;
        assert_ne!(second, first);
        let latest = instance.read("agent/agent/interaction/interaction").await;
        assert_eq!((&latest["sys_id"], &latest["state"]), (&json!(second), &json!("open")));
    }
}
