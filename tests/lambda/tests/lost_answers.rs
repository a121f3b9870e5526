//! Writes that DynamoDB carries out and whose answers get lost, while others write the same record and are answered: nobody's
//! answered change is taken back by the other's second try, and nobody is refused for what is carried out.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::join;
use serde_json::{Value, json};
use wrapup::dynamodb::Table;
use wrapup::interactions::{Interaction, Interactions};
use wrapup_lambda_tests::{Event, Fault, Held, Instance, Reply, Rule, World, codes_of, opening};
use wrapup_test_support::merged;

/// Does `first`, and loses the first answer to `operation` after it is carried out and `others` are done.
fn with_lost_answer<'a, F>(
    world: &'a World,
    operation: &'static str,
    first: impl Future<Output = F> + 'a,
    others: impl Future<Output = ()> + 'a,
) -> Pin<Box<dyn Future<Output = F> + 'a>> {
    Box::pin(async move {
        let held = Arc::new(Held::default());
        world.fail(Rule::once(Fault::Held(Arc::clone(&held))).on(operation));
        let before = world.faults();
        let others = async {
            held.carried_out().await;
            others.await;
            held.lose();
        };
        let first = async {
            let done = first.await;
            // Where it ends without having asked, nobody is to wait for that.
            held.give_up();
            done
        };
        let (done, ()) = join(first, others).await;
        assert_eq!(world.faults(), before + 1, "an answer got lost");
        world.recover();
        done
    })
}

/// A call, and calls that are answered between it and its second try.
async fn between(world: &World, call: &Event, others: &[Event]) -> Reply {
    let (first, other) = (world.instance(), world.instance());
    let others = async {
        for event in others {
            other.call(event).await.expect(200);
        }
    };
    with_lost_answer(world, "UpdateItem", first.call(call), others).await
}

fn update(body: Value) -> Event {
    Event::put("segment/update?external_segment_id=E-1").json(&body)
}

fn advise(notes: &str) -> Event {
    Event::put("segment/update/ai").json(&json!({"external_segment_id": "E-1", "ai_notes": notes}))
}

fn draft(notes: &str) -> Event {
    Event::put("segment/draft?external_segment_id=E-1").json(&json!({"notes": notes}))
}

fn code(body: Value) -> Event {
    Event::post("code").json(&json!({"codes": [merged(json!({"code": "Refund"}), &body)]}))
}

/// A deployment with an open segment.
async fn opened() -> (World, Instance) {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    (world, instance)
}

async fn refund(world: &World) -> Value {
    let (records, code) = (world.records(Table::Codes).await, "Refund");
    let is_it = |record: &&wrapup::dynamodb::Item| {
        record.get("code").and_then(|label| label.as_s().ok()).is_some_and(|label| label == code)
    };
    let sys_id = records.iter().find(is_it).expect("a code")["sys_id"].as_s().expect("a text").clone();
    world.instance().call(&Event::get(&format!("code/{sys_id}"))).await.expect(200)["result"]["result_map"]["wrap_up_code"].clone()
}

#[tokio::test]
async fn ai_notes_that_others_have_replaced_stay_replaced() {
    for others in 1..=2 {
        let (world, instance) = opened().await;
        let others: Vec<Event> = (1..=others).map(|number| advise(&format!("Other {number}."))).collect();
        let reply = between(&world, &advise("First."), &others).await;
        assert_eq!(reply.expect(200)["segment"]["ai_notes"], "First.", "what was stored then");
        let notes = &instance.read("E-1").await["ai_notes"];
        assert_eq!(notes, &json!(format!("Other {}.", others.len())));
    }
}

/// More others than a record keeps names of: nothing tells any more, so nothing is written and the caller is told so.
#[tokio::test]
async fn where_nothing_tells_any_more_the_caller_is_told_so_and_the_others_stay() {
    let others = [1, 2, 3, 4].map(|number| advise(&format!("Other {number}.")));
    let (world, instance) = opened().await;
    let reply = between(&world, &advise("First."), &others).await;
    assert!(
        reply.expect(503).to_string().contains("it is not known whether this change was stored"),
        "{}",
        reply.text()
    );
    assert_eq!(reply.header("retry-after"), "5");
    assert_eq!(instance.read("E-1").await["ai_notes"], "Other 4.");

    let (world, instance) = opened().await;
    let others = [1, 2, 3, 4].map(|number| draft(&format!("Other {number}.")));
    between(&world, &draft("First."), &others).await.expect(503);
    assert_eq!(instance.read("E-1").await["draft"]["notes"], "Other 4.");

    let world = World::start().await;
    let others = [1, 2, 3, 4].map(|number| code(json!({"description": format!("Other {number}.")})));
    between(&world, &code(json!({"description": "First."})), &others).await.expect(503);
    assert_eq!(refund(&world).await["description"], "Other 4.");
}

/// So many others, and yet the record that the first came behind is among the last names: it was not carried out.
#[tokio::test]
async fn a_crowd_without_lost_answers_is_told_apart() {
    let (world, instance) = opened().await;
    world.fail(Rule::once(Fault::LostRequest).on("UpdateItem"));
    let (first, other) = (world.instance(), world.instance());
    let calls = [advise("Other 1."), advise("Other 2.")];
    let others = async {
        for call in &calls {
            other.call(call).await.expect(200);
        }
    };
    let call = advise("First.");
    let (reply, ()) = join(first.call(&call), others).await;
    reply.expect(200);
    assert!(instance.read("E-1").await["ai_notes"].is_string());
}

#[tokio::test]
async fn a_call_that_took_effect_is_not_refused_for_what_came_after_it() {
    let (world, instance) = opened().await;
    let close = update(json!({"wrap_up_code": "Code 001", "notes": "Closed."}));
    let reply = between(&world, &advise("First."), std::slice::from_ref(&close)).await;
    assert_eq!(reply.expect(200)["segment"]["ai_notes"], "First.");
    let segment = instance.read("E-1").await;
    assert_eq!((&segment["notes"], &segment["ai_notes"]), (&json!("Closed."), &json!("First.")));

    let (world, instance) = opened().await;
    let confirm = update(json!({"confirmed_on": "2024-09-16 18:52:01"}));
    let reply = between(&world, &close, &[confirm]).await;
    assert_eq!(reply.expect(200)["segment"]["state"], "closed");
    let segment = instance.read("E-1").await;
    assert_eq!((&segment["notes"], &segment["awaiting_confirmation"]), (&json!("Closed."), &json!(false)));

    let (world, instance) = opened().await;
    let reply = between(&world, &draft("First."), std::slice::from_ref(&close)).await;
    assert_eq!(reply.status(), 200, "{}", reply.text());
    assert_eq!(instance.read("E-1").await["notes"], "Closed.");
}

#[tokio::test]
async fn a_close_takes_back_no_correction() {
    let (world, instance) = opened().await;
    let close = update(json!({"wrap_up_code": "Code 000", "notes": "Closed."}));
    let correction = update(json!({"wrap_up_code": "Code 001", "notes": "Corrected."}));
    between(&world, &close, &[correction]).await.expect(200);
    let segment = instance.read("E-1").await;
    assert_eq!((&segment["notes"], &segment["code"]["code"]), (&json!("Corrected."), &json!("Code 001")));
}

#[tokio::test]
async fn a_draft_takes_back_no_other() {
    for others in 1..=2 {
        let (world, instance) = opened().await;
        let others: Vec<Event> = (1..=others).map(|number| draft(&format!("Other {number}."))).collect();
        between(&world, &draft("First."), &others).await.expect(200);
        let segment = instance.read("E-1").await;
        assert_eq!(segment["draft"]["notes"], format!("Other {}.", others.len()));
        // Each is carried out once.
        let record = world.segment_record(segment["sys_id"].as_str().expect("a sys_id")).await;
        assert_eq!(record["sys_mod_count"].as_n().expect("a number"), &(others.len() + 1).to_string());
    }
}

#[tokio::test]
async fn a_code_that_another_has_switched_on_again_stays_on() {
    for others in [1, 2] {
        let world = World::start().await;
        world.instance().call(&code(json!({"description": "Money."}))).await.expect(200);
        let mut calls = vec![code(json!({"active": true})); 1];
        calls.extend((1..others).map(|_| code(json!({"description": "Other."}))));
        let reply = between(&world, &code(json!({"active": false})), &calls).await;
        assert_eq!(reply.status(), 200, "{}", reply.text());
        assert_eq!(refund(&world).await["active"], true, "{others}");
    }
}

#[tokio::test]
async fn a_new_code_whose_answer_got_lost_is_the_one_that_others_have_changed_since() {
    let world = World::start().await;
    let german = json!({"translations": [{"language": "de", "code": "Erstattung", "description": "Geld."}]});
    let reply = between(
        &world,
        &code(merged(json!({"description": "First."}), &german)),
        &[code(json!({"description": "Other."}))],
    )
    .await;
    assert_eq!(reply.status(), 200, "{}", reply.text());
    let stored = refund(&world).await;
    assert_eq!(stored["description"], "Other.");
    assert_eq!(stored["translated_code"], "Erstattung", "{stored}");
}

#[tokio::test]
async fn codes_of_one_request_whose_answers_get_lost_are_each_stored_once() {
    let world = World::start().await;
    world.fail(Rule::once(Fault::LostAnswer).on("UpdateItem").times(5));
    let many = Event::post("code").json(&json!({"codes": codes_of(20)}));
    world.instance().call(&many).await.expect(200);
    assert_eq!((world.faults(), world.keys(Table::Codes).await.len()), (5, 20));
}

#[tokio::test]
async fn a_user_that_another_operator_has_locked_out_stays_so() {
    let world = World::start().await;
    world.add_user("jane", &["interaction_integration_user"], None).await;
    let (stamp, away) = (world.stamp(), world.stores());
    away.users().set_active("jane", false, &stamp).await.expect("a change");
    let system = world.instance().system;
    let first = async { system.users().set_active("jane", true, &stamp).await };
    let others = async { drop(away.users().set_active("jane", false, &stamp).await.expect("a change")) };
    with_lost_answer(&world, "PutItem", first, others).await.expect("what was done");
    let listed = away.users().list().await.expect("users").records;
    assert!(!listed.iter().find(|listed| listed.user.user_name == "jane").expect("the user").user.active);
}

#[tokio::test]
async fn a_client_that_another_operator_has_locked_out_stays_so() {
    let world = World::start().await;
    let (stamp, away) = (world.stamp(), world.stores());
    world.add_user("jane", &["interaction_integration_user"], None).await;
    let (id, _) = world.add_client("jane").await;
    away.clients().set_active(&id, false, &stamp).await.expect("a change");
    let system = world.instance().system;
    let first = async { system.clients().set_active(&id, true, &stamp).await };
    let others = async { drop(away.clients().set_active(&id, false, &stamp).await.expect("a change")) };
    with_lost_answer(&world, "PutItem", first, others).await.expect("what was done");
    assert!(!away.clients().list().await.expect("clients").clients[0].active);
}

#[tokio::test]
async fn an_interaction_that_another_has_put_since_stays_as_that_one_is() {
    let world = World::start().await;
    let said = |transcript: &str| Interaction {
        sys_id: "call".to_owned(),
        short_description: None,
        transcript: Some(transcript.to_owned()),
        language: None,
    };
    let stamp = world.stamp();
    let away = Interactions::new(world.stores().dynamo().clone());
    let near = Interactions::new(world.instance().system.dynamo().clone());
    for before in [None, Some("Before.")] {
        if let Some(before) = before {
            away.put(&said(before), &stamp).await.expect("a put");
        }
        let (one, other) = (said("First."), said("Second."));
        with_lost_answer(&world, "PutItem", near.put(&one, &stamp), async {
            away.put(&other, &stamp).await.expect("a put")
        })
        .await
        .expect("what was done");
        let found = away.find("call").await.expect("a read").expect("an interaction");
        assert_eq!(found.transcript.as_deref(), Some("Second."));
    }
}
