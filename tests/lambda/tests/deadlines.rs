//! Wrap-ups that end by themselves: what readers and writers see around the deadline, and what is stored when.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join;
use serde_json::{Value, json};
use wrapup::dynamodb::{Item, Table};
use wrapup::interactions::{Interaction, Interactions};
use wrapup_lambda_tests::{
    Event, Fault, Instance, Parts, Reply, Reports, Rule, ScriptedProvider, StreamRecord, World, call_all, filler,
    internal, opening,
};
use wrapup_test_support::merged;

/// When every segment here is due, unless a test says otherwise: a minute after the clock's beginning.
const DUE: &str = "2024-09-16 18:01:00";

/// The time from the clock's beginning to the deadline.
const MINUTE: Duration = Duration::from_secs(60);

/// An external segment that opens now and has a minute, and two codes, of which `Code 000` is the default.
fn timed(external_segment_id: &str) -> Value {
    let limit = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    merged(opening(external_segment_id), &limit)
}

fn update(body: &Value) -> Event {
    Event::put("segment/update?external_segment_id=E-1").json(body)
}

fn draft(body: &Value) -> Event {
    Event::put("segment/draft?external_segment_id=E-1").json(body)
}

fn advise(body: Value) -> Event {
    Event::put("segment/update/ai").json(&merged(body, &json!({"external_segment_id": "E-1"})))
}

/// A deployment with an open segment `E-1`, this long after its deadline.
async fn overdue(milliseconds: u64) -> (World, Instance) {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&timed("E-1")).await;
    world.pass(MINUTE + Duration::from_millis(milliseconds));
    (world, instance)
}

/// The record of the one segment that there is.
async fn record(world: &World) -> Item {
    let mut records = world.records(Table::Segments).await;
    records.retain(|item| item.contains_key("state"));
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0)
}

fn text(item: &Item, column: &str) -> String {
    match item.get(column) {
        Some(AttributeValue::S(text) | AttributeValue::N(text)) => text.clone(),
        Some(AttributeValue::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

/// What is said of how and when a segment was closed, and by whom it was changed last.
fn closing(segment: &Value) -> Value {
    json!({
        "state": segment["state"], "submitted_on": segment["submitted_on"], "timed_out": segment["timed_out"],
        "code": segment["code"]["code"], "code_from": segment["code_from"], "notes": segment["notes"],
        "by": segment["sys_updated_by"], "on": segment["sys_updated_on"],
    })
}

/// The same of one that its deadline has closed with nothing of the agent's.
fn timed_out() -> Value {
    json!({
        "state": "closed", "submitted_on": DUE, "timed_out": true, "code": "Code 000", "code_from": "default",
        "notes": null, "by": "system", "on": DUE,
    })
}

// ---- The deadline itself

#[tokio::test]
async fn a_segment_with_a_duration_says_when_it_ends() {
    let world = World::start().await;
    let instance = world.instance();
    let definition = json!({"duration": 90, "show_timer": true});
    let configuration = world.put_configuration("Calls", 2, &definition).await;
    let duration = |opened_on: Value, seconds: u32| {
        merged(timed("E"), &json!({"opened_on": opened_on, "configuration": {"duration": seconds}}))
    };
    for (index, (body, due_on)) in [
        (timed("E"), json!(DUE)),
        (opening("E"), Value::Null),
        (duration(json!("2024-09-16 17:59:30"), 60), json!("2024-09-16 18:00:30")),
        (duration(json!("2024-09-17 18:00:00"), 60), json!("2024-09-17 18:01:00")),
        // It opened long ago, and is new all the same: nobody could have closed it before.
        (duration(json!("2000-01-01 00:00:00"), 60), json!("2024-09-16 18:00:05")),
        (duration(json!("2024-09-16 18:00:00"), 1), json!("2024-09-16 18:00:05")),
        (internal(&configuration), json!("2024-09-16 18:01:30")),
    ]
    .into_iter()
    .enumerate()
    {
        let own = json!({"interaction_sys_id": format!("interaction-{index}")});
        let body = match body.get("external_segment_id") {
            Some(_) => merged(merged(body, &own), &json!({"external_segment_id": format!("E-{index}")})),
            None => merged(body, &own),
        };
        let created = instance.call(&Event::post("segment/create").json(&body)).await.expect(200)["segment"].clone();
        assert_eq!(created["due_on"], due_on, "{body}");
        let sys_id = created["sys_id"].as_str().expect("a sys_id");
        for path in [sys_id, &format!("agent/agent/interaction/interaction-{index}")] {
            assert_eq!(world.instance().read(path).await, created, "{path}");
        }
        let query = format!("segment/update?segment_sys_id={sys_id}");
        let closed = instance.call(&Event::put(&query).json(&json!({"notes": "Done."}))).await.expect(200);
        assert_eq!((&closed["segment"]["due_on"], &closed["segment"]["timed_out"]), (&due_on, &json!(false)), "{body}");
    }
}

#[tokio::test]
async fn whether_deadlines_count_is_decided_when_a_segment_gets_its_configuration() {
    let world = World::start().await;
    let (on, off) = (world.instance(), Instance::new(world.instance().system.with_deadlines(false), None));
    let create = |id: &str| {
        let body = merged(timed(id), &json!({"interaction_sys_id": id}));
        Event::post("segment/create").json(&body)
    };
    let configure = |id: &str, seconds: u32| {
        let body = json!({"configuration": merged(timed(id)["configuration"].clone(), &json!({"duration": seconds}))});
        Event::put(&format!("segment/update?external_segment_id={id}")).json(&body)
    };
    assert_eq!(on.call(&create("ON")).await.expect(200)["segment"]["due_on"], DUE);
    let without = off.call(&create("OFF")).await.expect(200)["segment"].clone();
    assert_eq!((without.get("due_on"), &without["wrap_up_configuration"]["duration"]), (None, &json!("60")));
    // The same again is answered as it stands, whatever the switch says since.
    assert_eq!(off.call(&create("ON")).await.expect(200)["segment"]["due_on"], DUE);
    assert_eq!(on.call(&create("OFF")).await.expect(200)["segment"].get("due_on"), None);
    // Another configuration goes by the switch as it is then, both ways.
    for id in ["TO-OFF", "TO-ON"] {
        let (first, second) = if id == "TO-OFF" { (&on, &off) } else { (&off, &on) };
        first.call(&create(id)).await.expect(200);
        let due_on = second.call(&configure(id, 120)).await.expect(200)["segment"].get("due_on").cloned();
        assert_eq!(due_on, (id == "TO-ON").then(|| json!("2024-09-16 18:02:00")));
    }
    world.pass(Duration::from_secs(3_600));
    for instance in [&on, &off] {
        for (id, state) in [("ON", "closed"), ("OFF", "open"), ("TO-OFF", "open"), ("TO-ON", "closed")] {
            assert_eq!(instance.read(id).await["state"], state, "{id}");
        }
    }
}

#[tokio::test]
async fn another_configuration_starts_the_time_again_or_takes_it_away() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&timed("E-1")).await;
    let with = |changes: Value| json!({"configuration": merged(timed("E-1")["configuration"].clone(), &changes)});
    let configure =
        async |body: &Value| instance.call(&update(body)).await.expect(200)["segment"].get("due_on").cloned();
    world.pass(Duration::from_secs(30));
    // The one that it has is no other one: whoever sends it twice gets no more time.
    assert_eq!(configure(&with(json!({}))).await, Some(json!(DUE)));
    assert_eq!(configure(&with(json!({"duration": 90}))).await, Some(json!("2024-09-16 18:02:00")));
    world.pass(Duration::from_secs(10));
    assert_eq!(configure(&with(json!({"duration": 90}))).await, Some(json!("2024-09-16 18:02:00")));
    assert_eq!(configure(&with(json!({"duration": null}))).await, None);
    world.pass(Duration::from_secs(600));
    assert_eq!(instance.read("E-1").await["state"], "open");
    assert_eq!(configure(&with(json!({"duration": 20}))).await, Some(json!("2024-09-16 18:11:00")));
    world.pass(Duration::from_secs(25));
    assert_eq!(world.instance().read("E-1").await["submitted_on"], "2024-09-16 18:11:00");
    // It began later than now: its time counts from there.
    let later = merged(timed("E-2"), &json!({"opened_on": "2024-09-17 12:00:00"}));
    instance.open(&later).await;
    let body = json!({"configuration": merged(later["configuration"].clone(), &json!({"duration": 20}))});
    let configured = instance.call(&Event::put("segment/update?external_segment_id=E-2").json(&body)).await;
    assert_eq!(configured.expect(200)["segment"]["due_on"], "2024-09-17 12:00:20");
}

// ---- Readers

#[tokio::test]
async fn readers_show_it_closed_from_five_seconds_after_its_deadline_on() {
    let world = World::start().await;
    let instance = world.instance();
    let sys_id = instance.open(&timed("E-1")).await;
    let opened = instance.read("E-1").await;
    world.pass(MINUTE + Duration::from_millis(4_999));
    let paths = [sys_id.as_str(), "E-1", "agent/agent/interaction/interaction"];
    for path in paths {
        assert_eq!(world.instance().read(path).await, opened, "{path}");
    }
    let stored = record(&world).await;
    world.pass(Duration::from_millis(1));
    let closed = instance.read("E-1").await;
    assert_eq!(closing(&closed), timed_out());
    let (awaiting, created_by) = (&closed["awaiting_confirmation"], &closed["sys_created_by"]);
    assert_eq!((awaiting, created_by, closed.get("draft")), (&json!(true), &opened["sys_created_by"], None));
    for path in paths {
        assert_eq!(world.instance().read(path).await, closed, "{path}");
        let xml = Event::get(&format!("segment/{path}")).header("Accept", "application/xml");
        let xml = instance.call(&xml).await;
        assert!(xml.text().contains("<timed_out>true</timed_out>"), "{}", xml.text());
    }
    // The request that opened it is the same as before, and so is its answer but for the segment.
    let again = instance.call(&Event::post("segment/create").json(&timed("E-1"))).await.expect(200);
    assert_eq!((&again["sys_id"], &again["segment"]), (&json!(sys_id), &closed));
    instance.call(&Event::post("segment/create").json(&opening("E-1"))).await.expect(400);
    world.pass(Duration::from_secs(86_400));
    assert_eq!(world.instance().read("E-1").await, closed, "whenever it is looked at");
    assert_eq!(record(&world).await, stored, "no read stores anything");
}

/// What a read has got may be older than its answer.
#[tokio::test]
async fn a_read_is_judged_by_the_time_when_it_was_asked_for() {
    let (world, reader) = overdue(4_900).await;
    let hold = Fault::together(2);
    world.fail(Rule::once(hold.clone()).on("GetItem"));
    let later = async {
        while world.faults() == 0 {
            tokio::task::yield_now().await;
        }
        world.pass(Duration::from_millis(200));
        world.fail(Rule::once(hold).on("GetItem"));
        world.instance().read("E-1").await
    };
    let (earlier, later) = join(reader.read("E-1"), later).await;
    assert_eq!((&earlier["state"], &later["state"]), (&json!("open"), &json!("closed")));
}

#[tokio::test]
async fn a_segment_of_before_never_ends_by_itself() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&timed("E-1")).await;
    let mut old = record(&world).await;
    let columns = ["due_on", "event_number", "event_type", "by_time_shelf", "by_time_place"];
    old.retain(|column, _| !columns.contains(&column.as_str()));
    let put = world.client().put_item().table_name("interaction_wrap_up_segment").set_item(Some(old));
    put.send().await.expect("a put");
    world.pass(Duration::from_secs(86_400));
    let instance = world.instance();
    let read = instance.read("E-1").await;
    assert_eq!((&read["state"], read.get("due_on")), (&json!("open"), None));
    let drafted = instance.call(&draft(&json!({"notes": "The customer was"}))).await.expect(200);
    assert_eq!(drafted["segment"]["draft"], json!({"notes": "The customer was"}));
    let closed = instance.call(&update(&json!({"wrap_up_code": "Code 001"}))).await.expect(200)["segment"].clone();
    assert_eq!((&closed["timed_out"], &closed["notes"]), (&json!(false), &json!("The customer was")));
    assert_eq!(closed["code_from"], "agent");
}

// ---- Writers

#[tokio::test]
async fn a_submission_in_flight_closes_it_until_two_seconds_after_the_deadline() {
    for milliseconds in [0, 1_999] {
        let (world, instance) = overdue(milliseconds).await;
        let body = json!({"wrap_up_code": "Code 001", "notes": "Done."});
        world.traffic();
        let closed = instance.call(&update(&body)).await.expect(200)["segment"].clone();
        assert_eq!(world.traffic().requests, ["BatchGetItem", "UpdateItem"]);
        let (timed_out, code, code_from) = (&closed["timed_out"], &closed["code"]["code"], &closed["code_from"]);
        assert_eq!((timed_out, code, code_from), (&json!(false), &json!("Code 001"), &json!("agent")));
        world.pass(Duration::from_secs(3_600));
        assert_eq!(world.instance().read("E-1").await, closed, "{milliseconds}");
    }
}

#[tokio::test]
async fn a_late_update_of_an_external_segment_corrects_what_the_deadline_has_closed() {
    let world = World::start().await;
    let reports = Reports::default();
    let instance = world.instance_with(Parts { reports: Some(reports.clone()), ..Parts::default() });
    instance.open(&timed("E-1")).await;
    world.pass(MINUTE + Duration::from_secs(2));
    world.traffic();
    reports.take();
    reports.audits();
    let body = json!({"wrap_up_code": "Code 001", "notes": "Done."});
    let corrected = instance.call(&update(&body)).await.expect(200)["segment"].clone();
    assert_eq!(world.traffic().requests, ["BatchGetItem", "UpdateItem", "UpdateItem"]);
    let expected = json!({
        "state": "closed", "submitted_on": DUE, "timed_out": true, "code": "Code 001", "code_from": "agent",
        "notes": "Done.", "by": "integrator", "on": "2024-09-16 18:01:02",
    });
    assert_eq!(closing(&corrected), expected);
    assert_eq!(corrected["awaiting_confirmation"], true);
    // Two changes, each of whoever made it when.
    let audits: Vec<_> =
        reports.audits().iter().map(|line| json!([line["user"], line["version"], line["at"]])).collect();
    assert_eq!(audits, [json!(["system", 1, DUE]), json!(["integrator", 2, "2024-09-16 18:01:02"])]);
    let line = reports.one();
    let counted = ["closed", "timed_out", "seconds_in_wrap_up"].map(|metric| line[metric].clone());
    assert_eq!(counted, [json!(1), json!(1), json!(60)]);
    // And it goes on as any other.
    let confirmed = instance.call(&update(&json!({"confirmed_on": "2024-09-16 18:52:01"}))).await.expect(200);
    assert_eq!(confirmed["segment"]["awaiting_confirmation"], false);
    assert_eq!(
        (text(&record(&world).await, "sys_mod_count"), &reports.one()["confirmed"]),
        ("3".to_owned(), &json!(1))
    );
    instance.call(&update(&json!({"notes": "Other."}))).await.expect(400);
    instance.call(&update(&body)).await.expect(200);
}

#[tokio::test]
async fn a_late_update_that_says_nothing_else_only_stores_the_closing() {
    for body in [json!({}), json!({"wrap_up_code": ""}), json!({"wrap_up_code": "Code 000"})] {
        let (world, instance) = overdue(2_000).await;
        let closed = instance.call(&update(&body)).await.expect(200)["segment"].clone();
        assert_eq!(closing(&closed), timed_out(), "{body}");
        assert_eq!(text(&record(&world).await, "sys_mod_count"), "1", "{body}");
    }
}

#[tokio::test]
async fn what_comes_late_and_is_refused_has_stored_the_closing_all_the_same() {
    let another = json!({"enable_codes": true, "allowed_codes": ["Nobody's"], "default_code": "Nobody's"});
    for (late, named) in [
        (update(&json!({"wrap_up_code": "Nobody's"})), "wrap_up_code"),
        (update(&json!({"configuration": another})), "configuration"),
        (update(&json!({"configuration": another, "wrap_up_code": "Anything"})), "configuration"),
        (advise(json!({"ai_notes": "A refund."})), "is closed"),
        (draft(&json!({"notes": "The customer was"})), "is closed"),
        (draft(&json!({"wrap_up_code": "Code 001"})), "is closed"),
    ] {
        let (world, instance) = overdue(2_000).await;
        let message = instance.call(&late).await.expect(400)["message"].to_string();
        assert!(message.contains(named), "{message}");
        let stored = record(&world).await;
        let columns =
            ["state", "sys_mod_count", "sys_updated_by", "sys_updated_on"].map(|column| text(&stored, column));
        assert_eq!(columns, ["closed", "1", "system", DUE], "{late:?}");
        assert_eq!(closing(&world.instance().read("E-1").await), timed_out(), "{late:?}");
        // What a refused configuration would have brought along is nowhere.
        assert_eq!(world.keys(Table::Codes).await.len(), 2, "{late:?}");
        assert_eq!(world.keys(Table::Configurations).await.len(), 1, "{late:?}");
    }
}

#[tokio::test]
async fn a_timed_out_segment_knows_its_last_configuration_as_any_closed_one() {
    let (world, instance) = overdue(10_000).await;
    let same = json!({"configuration": timed("E-1")["configuration"], "notes": "Done."});
    let corrected = instance.call(&update(&same)).await.expect(200)["segment"].clone();
    assert_eq!((&corrected["timed_out"], &corrected["notes"]), (&json!(true), &json!("Done.")));
    assert_eq!(corrected["due_on"], DUE);
    assert_eq!(world.keys(Table::Configurations).await.len(), 1);
}

/// The snapshot takes its time, and meanwhile it is too late.
#[tokio::test]
async fn an_update_that_gets_late_on_its_way_is_judged_again() {
    let (world, _) = overdue(1_900).await;
    let (cold, other) = (world.instance(), world.instance());
    let hold = Fault::together(2);
    world.fail(Rule::once(hold.clone()).on("GetItem").of("interaction_wrap_up_configuration"));
    let event = update(&json!({"wrap_up_code": "Code 001"}));
    let release = async {
        while world.faults() == 0 {
            tokio::task::yield_now().await;
        }
        world.pass(Duration::from_millis(200));
        world.fail(Rule::once(hold).on("GetItem").of("interaction_wrap_up_configuration"));
        other.read("E-1").await
    };
    let (updated, _) = join(cold.call(&event), release).await;
    let updated = updated.expect(200)["segment"].clone();
    assert_eq!((&updated["timed_out"], &updated["code"]["code"]), (&json!(true), &json!("Code 001")));
    assert_eq!(text(&record(&world).await, "sys_mod_count"), "2");
}

#[tokio::test]
async fn an_update_near_the_deadline_lives_through_what_dynamodb_refuses_for_a_moment() {
    for fault in [Fault::Throttled, Fault::ServerError, Fault::LostRequest, Fault::LostAnswer, Fault::LostSuccess] {
        let (world, instance) = overdue(0).await;
        world.fail(Rule::once(fault.clone()).on("UpdateItem"));
        let closed = instance.call(&update(&json!({"notes": "Done."}))).await.expect(200)["segment"].clone();
        assert_eq!((&closed["timed_out"], &closed["notes"]), (&json!(false), &json!("Done.")), "{fault:?}");
        assert_eq!(text(&record(&world).await, "sys_mod_count"), "1", "{fault:?}");
        assert_eq!(world.instance().read("E-1").await, closed, "{fault:?}");
    }
}

/// The first attempt is carried out, its answer lost, and then it is too late for another one.
#[tokio::test]
async fn what_was_carried_out_in_time_without_an_answer_counts() {
    let world = World::start().await;
    let reports = Reports::default();
    let instance = world.instance_with(Parts { reports: Some(reports.clone()), ..Parts::default() });
    instance.open(&timed("E-1")).await;
    world.pass(MINUTE + Duration::from_millis(1_900));
    reports.take();
    reports.audits();
    world.fail(Rule::once(Fault::LostAnswer).on("UpdateItem"));
    let event = advise(json!({"ai_wrap_up_code": "Code 001"}));
    let too_late = async {
        while world.faults() == 0 {
            tokio::task::yield_now().await;
        }
        world.pass(Duration::from_millis(200));
    };
    let (advised, ()) = join(instance.call(&event), too_late).await;
    let advised = advised.expect(200)["segment"].clone();
    assert_eq!((&advised["state"], &advised["ai_wrap_up_code"]), (&json!("open"), &json!("Code 001")));
    let versions: BTreeSet<_> = reports.audits().iter().map(|line| line["version"].to_string()).collect();
    assert_eq!(versions, BTreeSet::from(["1".to_owned(), "2".to_owned()]));
    let read = world.instance().read("E-1").await;
    assert_eq!((&read["state"], &read["ai_wrap_up_code"]), (&json!("closed"), &json!("Code 001")));
}

/// Somebody else's change comes between the first attempt, whose answer gets lost, and its repetition.
#[tokio::test]
async fn a_repeated_attempt_does_not_undo_what_came_between() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    let hold = Fault::together(2);
    world.fail(Rule::once(Fault::LostAnswer).on("UpdateItem"));
    world.fail(Rule::once(hold.clone()).on("UpdateItem"));
    let event = update(&json!({"notes": "First."}));
    let between = async {
        while world.faults() < 2 {
            tokio::task::yield_now().await;
        }
        let other = world.instance();
        other.call(&update(&json!({"notes": "Second."}))).await.expect(200);
        world.fail(Rule::once(hold).on("GetItem"));
        other.read("E-1").await
    };
    let (first, between) = join(instance.call(&event), between).await;
    assert_eq!(first.expect(200)["segment"]["notes"], "First.", "as it was then");
    assert_eq!(between["notes"], "Second.");
    assert_eq!(world.instance().read("E-1").await, between);
    assert_eq!(text(&record(&world).await, "sys_mod_count"), "2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_many_come_late_it_is_closed_once() {
    let (world, _) = overdue(2_000).await;
    let instances: Vec<_> = (0..10).map(|_| world.instance()).collect();
    let segments = "interaction_wrap_up_segment";
    world.fail(Rule::once(Fault::together(10)).on("UpdateItem").of(segments).times(10));
    let replies = call_all(&instances, |_| advise(json!({"ai_notes": "A refund."}))).await;
    assert!(replies.iter().all(|reply| reply.status() == 400));
    assert_eq!(text(&record(&world).await, "sys_mod_count"), "1");
    assert_eq!(closing(&world.instance().read("E-1").await), timed_out());
}

#[tokio::test]
async fn what_the_ai_filler_finds_after_the_deadline_is_too_late() {
    let world = World::start().await;
    let instance = world.instance();
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    instance.open(&merged(timed("E-1"), &wanting)).await;
    let interactions = Interactions::new(world.stores().dynamo().clone());
    let interaction = json!({"sys_id": "interaction", "transcript": "Customer: I was charged twice."}).to_string();
    let document = wrapup::document::Document::from_json(interaction.as_bytes()).expect("JSON");
    let interaction = document.read(Interaction::read).expect("an interaction");
    interactions.put(&interaction, &world.stamp()).await.expect("a put");
    let provider = Arc::new(ScriptedProvider::new(Some(("Code 001", 1.0)), Some("A refund.")));
    let filler = filler(world.instance().system, provider.clone());
    let opened = StreamRecord::insert(record(&world).await);
    // Where the deadline passes while the provider is asked, and long after it, when nobody is asked any more.
    for (passes, asked) in [(MINUTE + Duration::from_secs(2), 1), (Duration::from_secs(60), 0)] {
        world.pass(passes);
        filler.handle(StreamRecord::event(std::slice::from_ref(&opened))).await;
        assert_eq!(provider.asked().len(), asked);
        let read = instance.read("E-1").await;
        assert_eq!((closing(&read), read.get("ai_wrap_up_code"), read.get("ai_notes")), (timed_out(), None, None));
    }
    assert_eq!(text(&record(&world).await, "sys_mod_count"), "1");
}

// ---- Internal segments

/// A deployment with an open internal segment, this long after its deadline.
async fn overdue_internal(milliseconds: u64) -> (World, Instance, Value, String) {
    let world = World::start().await;
    let flags = json!({"duration": 60, "show_timer": true});
    let body = internal(&world.put_configuration("Calls", 2, &flags).await);
    let instance = world.instance();
    let sys_id = instance.open(&body).await;
    world.pass(MINUTE + Duration::from_millis(milliseconds));
    (world, instance, body, sys_id)
}

async fn update_internal(instance: &Instance, body: Value) -> Reply {
    instance.call(&Event::put("segment/update?agent_sys_id=agent&interaction_sys_id=interaction").json(&body)).await
}

#[tokio::test]
async fn an_internal_segment_takes_updates_for_a_minute_after_its_deadline() {
    for milliseconds in [2_000, 30_000, 59_999] {
        let (world, instance, _, _) = overdue_internal(milliseconds).await;
        for notes in ["Done.", "Done, and said so."] {
            let body = json!({"wrap_up_code": "Code 001", "notes": notes});
            let updated = update_internal(&instance, body).await.expect(200)["segment"].clone();
            let flags = (&updated["timed_out"], &updated["awaiting_confirmation"], &updated["submitted_on"]);
            assert_eq!(flags, (&json!(true), &json!(false), &json!(DUE)), "{milliseconds}");
            let said = (&updated["code"]["code"], &updated["code_from"], &updated["notes"]);
            assert_eq!(said, (&json!("Code 001"), &json!("agent"), &json!(notes)), "{milliseconds}");
        }
        world.pass(Duration::from_secs(60));
        let stored = record(&world).await;
        update_internal(&instance, json!({"notes": "Other."})).await.expect(400);
        // What it says is stored already.
        update_internal(&instance, json!({"notes": "Done, and said so."})).await.expect(200);
        assert_eq!(record(&world).await, stored);
    }
}

#[tokio::test]
async fn an_internal_segment_is_final_a_minute_after_its_deadline_stored_or_not() {
    let (world, instance, _, _) = overdue_internal(60_000).await;
    update_internal(&instance, json!({"notes": "Done."})).await.expect(400);
    assert_eq!(text(&record(&world).await, "state"), "closed");
    assert_eq!(closing(&instance.read("agent/agent/interaction/interaction").await), timed_out());
    update_internal(&instance, json!({"wrap_up_code": "Code 000"})).await.expect(200);
    assert_eq!(text(&record(&world).await, "sys_mod_count"), "1");
}

#[tokio::test]
async fn confirming_a_timed_out_internal_segment_makes_it_final_at_once() {
    let (_world, instance, _, _) = overdue_internal(10_000).await;
    let confirm = json!({"notes": "Done.", "confirmed_on": "2024-09-16 18:01:09"});
    let confirmed = update_internal(&instance, confirm.clone()).await.expect(200)["segment"].clone();
    assert_eq!((&confirmed["timed_out"], &confirmed["confirmed_on"]), (&json!(true), &json!("2024-09-16 18:01:09")));
    update_internal(&instance, json!({"notes": "Other."})).await.expect(400);
    assert_eq!(update_internal(&instance, confirm).await.expect(200)["segment"], confirmed);
}

#[tokio::test]
async fn one_that_the_agent_has_closed_is_final_at_once_as_ever() {
    let (_world, instance, _, _) = overdue_internal(0).await;
    update_internal(&instance, json!({"notes": "Done."})).await.expect(200);
    update_internal(&instance, json!({"notes": "Other."})).await.expect(400);
}

#[tokio::test]
async fn a_create_in_the_place_of_one_that_is_due_opens_the_next_one_at_once() {
    for milliseconds in [2_000, 3_600_000] {
        let (world, instance, body, due) = overdue_internal(milliseconds).await;
        for opener in [&instance, &world.instance()] {
            let next = opener.call(&Event::post("segment/create").json(&body)).await.expect(200)["segment"].clone();
            assert_eq!((&next["state"], next["sys_id"] == json!(due)), (&json!("open"), false), "{milliseconds}");
            assert_eq!(world.instance().read("agent/agent/interaction/interaction").await, next);
        }
        assert_eq!(world.segment_keys().await.len(), 2, "{milliseconds}");
        assert_eq!(closing(&world.instance().read(&due).await), timed_out(), "stored, so that all agree at once");
    }
    // Until then it is the one that there is.
    let (_world, instance, body, due) = overdue_internal(1_999).await;
    assert_eq!(instance.open(&body).await, due);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_creates_in_the_place_of_one_that_is_due_open_one() {
    let (world, _, body, due) = overdue_internal(2_000).await;
    let instances: Vec<_> = (0..10).map(|_| world.instance()).collect();
    let replies = call_all(&instances, |_| Event::post("segment/create").json(&body)).await;
    let opened: BTreeSet<_> = replies.iter().map(|reply| reply.expect(200)["sys_id"].to_string()).collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
    let keys = world.segment_keys().await;
    assert_eq!((keys.len(), keys.contains(&due)), (2, true));
}

// ---- What it closes with

/// What stands on the segment, what an update says, and the code, whose it is, notes, and what became of the AI code: of an
/// update in time; and, where the update says nothing, of the deadline, too.
#[tokio::test]
async fn what_a_segment_closes_with_is_the_updates_else_the_drafts_else_the_ais_else_the_default() {
    let standing_in = json!({"configuration": {"use_ai_as_default": true}});
    let drafted = json!({"wrap_up_code": "Code 001", "notes": "The customer was"});
    let only_notes = json!({"notes": "The customer was"});
    let nobodys = json!({"wrap_up_code": "Nobody's"});
    let ai = json!({"ai_wrap_up_code": "Code 001"});
    for (with, draft_of_it, advice, says, expected) in [
        (json!({}), None, None, json!({}), json!(["Code 000", "default", null, null])),
        (json!({}), Some(&drafted), None, json!({}), json!(["Code 001", "draft", "The customer was", null])),
        (
            json!({}),
            Some(&drafted),
            None,
            json!({"wrap_up_code": "", "notes": null, "confirmed_on": null}),
            json!(["Code 001", "draft", "The customer was", null]),
        ),
        (
            json!({}),
            Some(&drafted),
            None,
            json!({"wrap_up_code": "Code 000"}),
            json!(["Code 000", "agent", "The customer was", null]),
        ),
        (json!({}), Some(&drafted), None, json!({"notes": ""}), json!(["Code 001", "draft", null, null])),
        (json!({}), Some(&drafted), None, json!({"notes": "Done."}), json!(["Code 001", "draft", "Done.", null])),
        (
            standing_in.clone(),
            Some(&drafted),
            Some(&ai),
            json!({}),
            json!(["Code 001", "draft", "The customer was", "ai_code"]),
        ),
        (
            standing_in.clone(),
            Some(&json!({"wrap_up_code": "Code 000"})),
            Some(&ai),
            json!({}),
            json!(["Code 000", "draft", null, "another_code"]),
        ),
        (
            standing_in.clone(),
            Some(&only_notes),
            Some(&ai),
            json!({}),
            json!(["Code 001", "ai", "The customer was", "ai_code_as_default"]),
        ),
        (
            standing_in.clone(),
            Some(&nobodys),
            Some(&ai),
            json!({}),
            json!(["Code 001", "ai", null, "ai_code_as_default"]),
        ),
        (json!({}), Some(&nobodys), Some(&ai), json!({}), json!(["Code 000", "default", null, "default_code"])),
        (
            standing_in.clone(),
            None,
            Some(&json!({"ai_wrap_up_code": "Nobody's"})),
            json!({}),
            json!(["Code 000", "default", null, "default_code"]),
        ),
        (
            standing_in.clone(),
            Some(&drafted),
            Some(&ai),
            json!({"wrap_up_code": "Code 000", "notes": "Done."}),
            json!(["Code 000", "agent", "Done.", "another_code"]),
        ),
    ] {
        let says_nothing = says == json!({});
        for by_deadline in [false, true].into_iter().filter(|by_deadline| says_nothing || !by_deadline) {
            let world = World::start().await;
            let instance = world.instance();
            instance.open(&merged(timed("E-1"), &with)).await;
            if let Some(body) = draft_of_it {
                instance.call(&draft(body)).await.expect(200);
            }
            if let Some(body) = advice {
                instance.call(&advise(body.clone())).await.expect(200);
            }
            let closed = if by_deadline {
                world.pass(MINUTE + Duration::from_secs(5));
                let shown = instance.read("E-1").await;
                // Whoever stores it stores what was shown.
                instance.call(&advise(json!({"ai_notes": "Late."}))).await.expect(400);
                assert_eq!(world.instance().read("E-1").await, shown);
                shown
            } else {
                instance.call(&update(&says)).await.expect(200)["segment"].clone()
            };
            let with = [&closed["code"]["code"], &closed["code_from"], &closed["notes"], &closed["ai_outcome"]];
            assert_eq!(json!(with), expected, "{draft_of_it:?} {advice:?} {says} {by_deadline}");
            assert_eq!((&closed["timed_out"], closed.get("draft")), (&json!(by_deadline), None));
            let stored = record(&world).await;
            assert!(stored.keys().all(|column| !column.starts_with("draft_")), "{stored:?}");
        }
    }
}

#[tokio::test]
async fn a_draft_is_judged_by_the_configuration_that_the_segment_closes_with() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&timed("E-1")).await;
    instance.call(&draft(&json!({"wrap_up_code": "Code 001", "notes": "The customer was"}))).await.expect(200);
    let allowed = json!({"enable_codes": true, "allowed_codes": ["Code 007", "Code 008"], "default_code": "Code 008"});
    let timed = json!({"duration": 60, "show_timer": true});
    let configured = instance.call(&update(&json!({"configuration": merged(allowed, &timed)}))).await.expect(200);
    let kept = json!({"wrap_up_code": "Code 001", "notes": "The customer was"});
    assert_eq!(configured["segment"]["draft"], kept, "a draft is what the agent has typed, whatever is allowed");
    world.pass(MINUTE + Duration::from_secs(5));
    let closed = instance.read("E-1").await;
    let ends_with = (&closed["code"]["code"], &closed["code_from"], &closed["notes"]);
    assert_eq!(ends_with, (&json!("Code 008"), &json!("default"), &json!("The customer was")));
}

#[tokio::test]
async fn the_code_of_a_closed_segment_says_whose_it_is_after_corrections_too() {
    let (world, instance) = overdue(5_000).await;
    let from = async |body: Value| instance.call(&update(&body)).await.expect(200)["segment"]["code_from"].clone();
    assert_eq!(from(json!({})).await, "default");
    assert_eq!(from(json!({"notes": "Done."})).await, "default");
    assert_eq!(from(json!({"wrap_up_code": "Code 001"})).await, "agent");
    assert_eq!(from(json!({"confirmed_on": "2024-09-16 18:52:01"})).await, "agent");
    assert_eq!(world.instance().read("E-1").await["code_from"], "agent");
}

/// The second of two equal updates changes nothing, also of a segment that a version before closed.
#[tokio::test]
async fn an_update_that_is_repeated_changes_nothing_of_a_segment_that_was_closed_before() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    let body = json!({"wrap_up_code": "Code 001", "notes": "Done."});
    instance.call(&update(&body)).await.expect(200);
    let mut old = record(&world).await;
    let columns =
        ["code_from", "code_place", "event_number", "event_type", "by_time_shelf", "by_time_place", "attempt_1"];
    old.retain(|column, _| !columns.contains(&column.as_str()));
    let put = world.client().put_item().table_name("interaction_wrap_up_segment").set_item(Some(old.clone()));
    put.send().await.expect("a put");
    let again = world.instance().call(&update(&body)).await.expect(200)["segment"].clone();
    assert_eq!((again.get("code_from"), record(&world).await), (None, old));
}
