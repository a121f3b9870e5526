//! How long is kept what is over: when records get their end, who takes them for gone from then on, and what opens in their
//! place.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::TimeToLiveStatus;
use serde_json::{Value, json};
use tokio::time::Instant;
use wrapup::document::Document;
use wrapup::dynamodb::{Table, key, string, tables};
use wrapup::interactions::Interaction;
use wrapup::retention::Retention;
use wrapup::segment_tables::{InteractionSegment, PhoneLog, PhoneLogRecord, Registry, WantedInteractionSegment};
use wrapup_functions::Job;
use wrapup_functions::close_overdue::CloseOverdue;
use wrapup_lambda_tests::{
    Event, Instance, Parts, ScriptedProvider, StreamRecord, World, filler, internal, opening, segmented,
};
use wrapup_test_support::merged;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The clock's beginning, from the Unix epoch.
const BEGIN: u64 = 1_726_509_600;

/// When goes what is over now, in a deployment that keeps it for 30 days.
const END: u64 = BEGIN + 30 * 24 * 60 * 60;

fn days(days: &str) -> Retention {
    days.parse().expect("days")
}

/// An instance of a deployment that keeps for 30 days what is over.
fn forgetful(world: &World) -> Instance {
    let log = PhoneLog::new(world.instance().system.dynamo().clone()).with_clock(world.clock());
    let parts = Parts { segment_tables: Some(Registry::default().with(log)), ..Parts::default() };
    Instance::new(world.instance_with(parts).system.with_retention(Some(days("30"))), None)
}

/// An external segment that opens now and has a minute.
fn timed(id: &str) -> Value {
    let limit = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    merged(opening(id), &limit)
}

fn update(id: &str, body: &Value) -> Event {
    Event::put(&format!("segment/update?external_segment_id={id}")).json(body)
}

/// When a segment's record goes.
async fn end_of(world: &World, sys_id: &str) -> Option<u64> {
    let record = world.segment_record(sys_id).await;
    record.get("expires_at").map(|end| end.as_n().expect("a number").parse().expect("seconds"))
}

/// What DynamoDB does some time after a record's end.
async fn remove(world: &World, sys_id: &str) {
    let delete = world.client().delete_item().table_name(Table::Segments.platform_name());
    delete.set_key(Some(key(sys_id))).send().await.expect("a deletion");
}

#[tokio::test]
async fn a_segment_gets_its_end_when_it_closes_and_keeps_it() {
    let world = World::start().await;
    let instance = forgetful(&world);
    let sys_id = instance.open(&opening("E-1")).await;
    assert_eq!(end_of(&world, &sys_id).await, None, "open");
    instance.call(&update("E-1", &json!({"notes": "Done."}))).await.expect(200);
    assert_eq!(end_of(&world, &sys_id).await, Some(END));
    world.pass(DAY);
    instance.call(&update("E-1", &json!({"notes": "Done at last."}))).await.expect(200);
    instance.call(&update("E-1", &json!({"confirmed_on": "2024-09-17 18:00:00"}))).await.expect(200);
    assert_eq!(end_of(&world, &sys_id).await, Some(END), "neither correction nor confirmation makes it longer");
    let shown = instance.read(&sys_id).await;
    assert!(shown.get("expires_at").is_none(), "{shown}");
}

#[tokio::test]
async fn whoever_stores_what_a_deadline_has_done_notes_the_end_that_follows_from_the_deadline() {
    let world = World::start().await;
    let due = END + 60;
    for (id, late) in [
        ("UPDATED", Some(update("UPDATED", &json!({"notes": "Late."})))),
        ("DRAFTED", Some(Event::put("segment/draft?external_segment_id=DRAFTED").json(&json!({"notes": "Late."})))),
        (
            "ADVISED",
            Some(Event::put("segment/update/ai").json(&json!({"external_segment_id": "ADVISED", "ai_notes": "x"}))),
        ),
        ("SWEPT", None),
    ] {
        let world = World::start().await;
        let instance = forgetful(&world);
        let sys_id = instance.open(&timed(id)).await;
        world.pass(DAY);
        match late {
            Some(event) => drop(instance.call(&event).await),
            None => drop(CloseOverdue::new(&instance.system).run(Instant::now() + DAY).await.expect("a run")),
        }
        assert_eq!(end_of(&world, &sys_id).await, Some(due), "{id}");
    }
    let configuration = world.put_configuration("Calls", 2, &json!({"duration": 60, "show_timer": true})).await;
    let instance = forgetful(&world);
    let sys_id = instance.open(&internal(&configuration)).await;
    world.pass(DAY);
    assert_ne!(instance.open(&internal(&configuration)).await, sys_id);
    assert_eq!(end_of(&world, &sys_id).await, Some(due), "created");
}

#[tokio::test]
async fn without_the_setting_nothing_ends() {
    let world = World::start().await;
    let instance = world.instance();
    let sys_id = instance.open(&segmented("E-1", "call-1")).await;
    instance.call(&update("E-1", &json!({}))).await.expect(200);
    world.pass(40 * 365 * DAY);
    assert_eq!(end_of(&world, &sys_id).await, None);
    assert!(!world.records(Table::PhoneLog).await[0].contains_key("expires_at"));
    instance.read("E-1").await;
}

#[tokio::test]
async fn what_has_expired_is_hidden_from_every_read_though_it_is_still_there() {
    let world = World::start().await;
    let instance = forgetful(&world);
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = instance.open(&merged(opening("E-1"), &wanting)).await;
    let opened = StreamRecord::insert(world.segment_record(&sys_id).await);
    instance.call(&update("E-1", &json!({"notes": "Done."}))).await.expect(200);
    let kept = instance.open(&merged(opening("KEPT"), &json!({"interaction_sys_id": "other"}))).await;
    world.pass(DAY);
    instance.call(&update("KEPT", &json!({}))).await.expect(200);
    let reads = [
        Event::get(&format!("segment/{sys_id}")),
        Event::get("segment/E-1"),
        Event::get("segment/agent/agent/interaction/interaction"),
        update("E-1", &json!({"notes": "Anew."})),
        Event::put(&format!("segment/update?segment_sys_id={sys_id}")).json(&json!({})),
        Event::put("segment/draft?external_segment_id=E-1").json(&json!({"notes": "Anew."})),
        Event::put("segment/update/ai").json(&json!({"external_segment_id": "E-1", "ai_notes": "x"})),
    ];
    let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
    let report = Event::get("report/handle_time?from=2024-09-16%2000:00:00&to=2024-11-01%2000:00:00");
    let report = report.authorizer(supervisor);
    let lists = [
        "segment?agent=agent",
        "segment?state=awaiting_confirmation",
        "segment?from=2024-09-16%2000:00:00&to=2024-09-18%2000:00:00",
    ];
    // The last second, and the first one after it.
    world.pass(29 * DAY - Duration::from_secs(1));
    for event in &reads[..3] {
        // Anybody still sees it, also where the setting is not known.
        world.instance().call(event).await.expect(200);
    }
    let counted = async || world.instance().call(&report).await.expect(200)["report"]["rows"][0]["count"].clone();
    assert_eq!(counted().await, 2);
    world.pass(Duration::from_secs(1));
    for event in &reads {
        for instance in [forgetful(&world), world.instance()] {
            instance.call(event).await.expect(404);
        }
    }
    for list in lists {
        let listed = world.instance().call(&Event::get(list)).await.expect(200)["segments"].clone();
        let listed: Vec<_> =
            listed.as_array().expect("a list").iter().map(|segment| segment["sys_id"].clone()).collect();
        assert_eq!(listed, [kept.as_str()], "{list}");
    }
    assert_eq!(counted().await, 1);
    let provider = Arc::new(ScriptedProvider::new(Some(("Code 001", 1.0)), None));
    world.traffic();
    filler(world.instance().system, provider).handle(StreamRecord::event(&[opened])).await;
    assert_eq!(world.traffic().requests, ["GetItem"], "the filler leaves it alone");
}

#[tokio::test]
async fn an_external_id_names_its_segment_until_that_is_removed() {
    let world = World::start().await;
    let instance = forgetful(&world);
    let sys_id = instance.open(&opening("E-1")).await;
    instance.call(&update("E-1", &json!({}))).await.expect(200);
    world.pass(31 * DAY);
    let before = world.records(Table::Segments).await;
    for instance in [instance, forgetful(&world)] {
        // The same request, and another one.
        for body in [opening("E-1"), merged(opening("E-1"), &json!({"agent_sys_id": "another"}))] {
            let refused = instance.call(&Event::post("segment/create").json(&body)).await.expect(400);
            let message = refused["message"].as_str().expect("a message");
            assert!(message.contains("external_segment_id 'E-1'") && message.contains("retention"), "{message}");
        }
        instance.call(&Event::get("segment/E-1")).await.expect(404);
    }
    assert_eq!(world.records(Table::Segments).await, before, "nothing was written");
    remove(&world, &sys_id).await;
    let instance = forgetful(&world);
    assert_eq!(instance.open(&opening("E-1")).await, sys_id);
    let found = instance.read("agent/agent/interaction/interaction").await;
    assert_eq!((&found["sys_id"], &found["state"]), (&json!(sys_id), &json!("open")));
}

#[tokio::test]
async fn a_segment_is_the_latest_where_the_one_that_was_has_expired_however_early_it_began() {
    for removed in [false, true] {
        for warm in [false, true] {
            let world = World::start().await;
            let instance = forgetful(&world);
            let first = instance.open(&merged(opening("LATER"), &json!({"opened_on": "2024-09-17 00:00:00"}))).await;
            instance.call(&update("LATER", &json!({}))).await.expect(200);
            let early = |id: &str| merged(opening(id), &json!({"opened_on": "2020-01-01 00:00:00"}));
            let before = instance.open(&early("BEFORE")).await;
            let found = instance.read("agent/agent/interaction/interaction").await;
            assert_eq!(found["sys_id"], first, "the one that began last, while it is there");
            world.pass(31 * DAY);
            if removed {
                remove(&world, &first).await;
            }
            instance.call(&Event::get("segment/agent/agent/interaction/interaction")).await.expect(404);
            let instance = if warm { instance } else { forgetful(&world) };
            let second = instance.open(&early("SECOND")).await;
            let found = world.instance().read("agent/agent/interaction/interaction").await;
            assert_eq!(found["sys_id"], second, "removed: {removed}, warm: {warm}");
            assert_ne!(second, before);
            // From then on it is as ever.
            let third = instance.open(&merged(opening("THIRD"), &json!({"opened_on": "2020-01-02 00:00:00"}))).await;
            let fourth = instance.open(&early("FOURTH")).await;
            let found = world.instance().read("agent/agent/interaction/interaction").await;
            assert_eq!(found["sys_id"], third, "and not {fourth}");
        }
    }
}

#[tokio::test]
async fn an_internal_segment_follows_the_one_that_has_expired_in_its_slot() {
    for removed in [false, true] {
        let world = World::start().await;
        let configuration = world.put_configuration("Calls", 2, &json!({})).await;
        let instance = forgetful(&world);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let sys_id = instance.open(&internal(&configuration)).await;
            assert!(!seen.contains(&sys_id), "a sys_id of its own");
            assert_eq!(instance.open(&internal(&configuration)).await, sys_id, "the same request again");
            let found = instance.read("agent/agent/interaction/interaction").await;
            assert_eq!(found["sys_id"], sys_id);
            let close = Event::put(&format!("segment/update?segment_sys_id={sys_id}")).json(&json!({}));
            instance.call(&close).await.expect(200);
            world.pass(31 * DAY);
            if removed {
                remove(&world, &sys_id).await;
            }
            seen.push(sys_id);
        }
    }
}

#[tokio::test]
async fn only_a_back_dated_segment_costs_a_read_more_where_records_expire() {
    let world = World::start().await;
    for (instance, more) in [(world.instance(), 0), (forgetful(&world), 1)] {
        let own = |id: &str, opened_on: &str| {
            merged(opening(id), &json!({"opened_on": opened_on, "interaction_sys_id": more.to_string()}))
        };
        instance.open(&own(&format!("A-{more}"), "2024-09-16 12:00:00")).await;
        world.traffic();
        instance.open(&own(&format!("B-{more}"), "2024-09-16 13:00:00")).await;
        assert_eq!(world.traffic().requests, ["TransactWriteItems"]);
        instance.open(&own(&format!("C-{more}"), "2024-09-16 11:00:00")).await;
        let requests = world.traffic().requests;
        assert_eq!(requests.iter().filter(|request| *request == "GetItem").count(), more, "{requests:?}");
        assert_eq!(requests.len(), 2 + more, "{requests:?}");
    }
}

fn interaction() -> Interaction {
    let file = json!({"sys_id": "interaction", "transcript": "Customer: Hello."}).to_string();
    Document::from_json(file.as_bytes()).expect("JSON").read(Interaction::read).expect("an interaction")
}

fn phone_log_record() -> PhoneLogRecord {
    let file = json!({"segment_id": "call-1", "interaction": "interaction", "transcript": "Customer: Hello."});
    let document = Document::from_json(file.to_string().as_bytes()).expect("JSON");
    document.read(PhoneLogRecord::read).expect("a record")
}

#[tokio::test]
async fn interactions_and_phone_logs_end_so_long_after_they_were_written_last() {
    let world = World::start().await;
    let system = world.stores().with_retention(Some(days("30")));
    let interactions = system.interactions();
    let log = PhoneLog::new(system.dynamo().clone()).with_retention(Some(days("30"))).with_clock(world.clock());
    let wanted = WantedInteractionSegment { segment_id: "call-1", interaction: "interaction", caller: "c" };
    for _ in 0..2 {
        interactions.put(&interaction(), &world.stamp()).await.expect("a put");
        log.put(&phone_log_record(), &world.stamp()).await.expect("a put");
        world.pass(20 * DAY);
    }
    // 40 days after the first time, 20 after the last.
    let stored = || async {
        let retrieved = log.retrieve(&wanted, Instant::now() + DAY).await;
        (interactions.find("interaction").await.expect("a read").is_some(), retrieved.is_ok())
    };
    assert_eq!(stored().await, (true, true));
    let retrieved = log.retrieve(&wanted, Instant::now() + DAY).await.expect("a record");
    assert!(!retrieved.fields.contains_key("expires_at"), "{:?}", retrieved.fields);
    world.pass(10 * DAY);
    assert_eq!(stored().await, (false, false));
    assert_eq!(world.keys(Table::Interactions).await, ["interaction"], "still there");
    // Written again, they are there again; without the setting for good.
    let system = world.stores();
    world.stores().interactions().put(&interaction(), &world.stamp()).await.expect("a put");
    let log = PhoneLog::new(system.dynamo().clone()).with_clock(world.clock());
    log.put(&phone_log_record(), &world.stamp()).await.expect("a put");
    for table in [Table::Interactions, Table::PhoneLog] {
        assert!(world.records(table).await.iter().all(|item| !item.contains_key("expires_at")));
    }
}

#[tokio::test]
async fn a_call_that_is_wrapped_up_after_its_records_end_gets_a_new_one() {
    let world = World::start().await;
    let instance = forgetful(&world);
    instance.open(&segmented("E-1", "call-1")).await;
    let written = world.records(Table::PhoneLog).await;
    assert_eq!(written[0]["expires_at"].as_n(), Ok(&END.to_string()));
    world.pass(30 * DAY);
    let read = instance.read("E-1?include=interaction_segment").await;
    assert!(read.get("interaction_segment").is_none_or(Value::is_null), "{read}");
    instance.open(&merged(segmented("E-2", "call-1"), &json!({"interaction_sys_id": "another"}))).await;
    let written = world.records(Table::PhoneLog).await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0]["interaction"], string("another"));
    assert_eq!(written[0]["expires_at"].as_n(), Ok(&(END + 30 * 24 * 60 * 60).to_string()));
}

#[tokio::test]
async fn dynamodb_is_told_once_which_records_go() {
    let world = World::start().await;
    let dynamo = world.stores().dynamo().clone();
    let told = ["interaction_wrap_up_segment", "sn_openframe_phone_log", "interaction", "ai_learned"];
    assert_eq!(tables::enable_expiry(&dynamo).await.expect("tables"), told);
    for table in Table::ALL {
        let name = table.platform_name();
        let described = world.client().describe_time_to_live().table_name(name).send().await.expect("a table");
        let described = described.time_to_live_description.expect("a description");
        let is_on = described.time_to_live_status == Some(TimeToLiveStatus::Enabled);
        assert_eq!(is_on, told.contains(&name), "{name}");
        assert_eq!(described.attribute_name.as_deref(), is_on.then_some("expires_at"), "{name}");
    }
    assert_eq!(tables::enable_expiry(&dynamo).await.expect("tables"), [""; 0]);
}

#[test]
fn the_setting_is_a_whole_number_of_days() {
    for (text, is_one) in [
        ("1", true),
        ("30", true),
        (" 365 ", true),
        ("36500", true),
        ("36501", false),
        ("0", false),
        ("-1", false),
        ("1.5", false),
        ("30d", false),
        ("", false),
        ("off", false),
    ] {
        let read = text.parse::<Retention>();
        assert_eq!(read.is_ok(), is_one, "{text}");
        let said = read.err().map(|error| error.to_string());
        assert!(said.is_none_or(|said| said == "must be a whole number of days from 1 to 36500"), "{text}");
    }
}
