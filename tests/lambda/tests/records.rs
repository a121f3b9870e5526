//! Who made each record and who changed it last, and when: the platform's four columns.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use wrapup::configurations::Definition;
use wrapup::document::{Document, Fields};
use wrapup::dynamodb::{Item, Stamp, Table, string};
use wrapup::interactions::{Interaction, Interactions};
use wrapup::segment_tables::{PhoneLog, PhoneLogRecord};
use wrapup_lambda_tests::{
    Event, Fault, Rule, ScriptedProvider, StreamRecord, World, call_all, filler, internal, opening, segmented,
};
use wrapup_test_support::merged;

const COLUMNS: [&str; 4] = ["sys_created_by", "sys_created_on", "sys_updated_by", "sys_updated_on"];

/// When every test begins.
const BEGIN: &str = "2024-09-16 18:00:00";

/// The event as another user's.
fn by(user: &str, event: Event) -> Event {
    event.authorizer(json!({"wrapup_user": user, "principalId": user}))
}

/// The columns of a record, as they are stored.
fn stored(item: &Item) -> Vec<Option<&str>> {
    COLUMNS.iter().map(|column| item.get(*column).map(|value| value.as_s().expect("a text").as_str())).collect()
}

/// The columns of a segment, as an answer shows them.
fn shown(segment: &Value) -> Vec<Option<&str>> {
    COLUMNS.iter().map(|column| segment.get(*column).map(|value| value.as_str().expect("a text"))).collect()
}

/// All four columns, of a record that one has made and another changed.
fn columns<'a>(created: (&'a str, &'a str), updated: (&'a str, &'a str)) -> Vec<Option<&'a str>> {
    [created.0, created.1, updated.0, updated.1].map(Some).to_vec()
}

async fn item(world: &World, table: Table, is_it: impl Fn(&Item) -> bool) -> Item {
    world.records(table).await.into_iter().find(is_it).expect("a record")
}

async fn segment(world: &World) -> Item {
    item(world, Table::Segments, |item| item.contains_key("state")).await
}

async fn code(world: &World, label: &str) -> Item {
    item(world, Table::Codes, |item| item["code"] == string(label)).await
}

async fn put(world: &World, table: Table, item: Item) {
    let put = world.client().put_item().table_name(table.platform_name()).set_item(Some(item));
    put.send().await.expect("a put");
}

fn read<T>(file: &Value, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> T {
    let document = Document::from_json(file.to_string().as_bytes()).expect("JSON");
    document.read(read).expect("a record")
}

fn stamp(by: &str, world: &World) -> Stamp {
    Stamp::now(by, &world.clock())
}

#[tokio::test]
async fn a_segment_says_who_opened_and_who_changed_it_in_every_answer_and_in_its_record() {
    let world = World::start().await;
    let instance = world.instance();
    let created = ("opener", BEGIN);
    let answer = instance.call(&by("opener", Event::post("segment/create").json(&opening("E-1")))).await.expect(200);
    assert_eq!(shown(&answer["segment"]), columns(created, created));
    assert_eq!(stored(&segment(&world).await), columns(created, created));
    let update = Event::put("segment/update?external_segment_id=E-1");
    for (user, at, event) in [
        (
            "adviser",
            "2024-09-16 18:00:10",
            Event::put("segment/update/ai").json(&json!({"external_segment_id": "E-1", "ai_notes": "A refund."})),
        ),
        ("closer", "2024-09-16 18:00:20", update.clone().json(&json!({"notes": "Done."}))),
        ("corrector", "2024-09-16 18:00:30", update.clone().json(&json!({"notes": "Better."}))),
        ("confirmer", "2024-09-16 18:00:40", update.json(&json!({"confirmed_on": "2024-09-16 18:00:00"}))),
    ] {
        world.pass(Duration::from_secs(10));
        let expected = columns(created, (user, at));
        let answer = instance.call(&by(user, event.clone())).await.expect(200);
        assert_eq!(shown(&answer["segment"]), expected, "{user}");
        assert_eq!(stored(&segment(&world).await), expected, "{user}");
        for path in ["E-1", "agent/agent/interaction/interaction"] {
            assert_eq!(shown(&world.instance().read(path).await), expected, "{user}, {path}");
        }
        // The same again, later and by somebody else, changes nothing. AI content is stored once more.
        if user != "adviser" {
            world.pass(Duration::from_millis(1));
            let answer = instance.call(&by("repeater", event)).await.expect(200);
            assert_eq!(shown(&answer["segment"]), expected, "{user}, repeated");
        }
    }
    world.pass(Duration::from_secs(10));
    let before = segment(&world).await;
    let again = by("repeater", Event::post("segment/create").json(&opening("E-1")));
    assert_eq!(shown(&instance.call(&again).await.expect(200)["segment"])[0], Some("opener"));
    assert_eq!(segment(&world).await, before);
}

#[tokio::test]
async fn what_the_filler_adds_is_the_systems_change() {
    let world = World::start().await;
    let interaction = read(&json!({"sys_id": "interaction", "transcript": "Hello."}), Interaction::read);
    Interactions::new(world.stores().dynamo().clone()).put(&interaction, &world.stamp()).await.expect("a put");
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    world.instance().open(&merged(opening("E-1"), &wanting)).await;
    let provider = Arc::new(ScriptedProvider::new(Some(("Code 001", 0.9)), None));
    let filler = filler(world.instance().system, provider);
    let record = StreamRecord::insert(segment(&world).await);
    world.pass(Duration::from_secs(5));
    filler.handle(StreamRecord::event(&[record])).await;
    let expected = columns(("integrator", BEGIN), ("system", "2024-09-16 18:00:05"));
    assert_eq!(shown(&world.instance().read("E-1").await), expected);
}

#[tokio::test]
async fn the_records_that_find_a_segment_name_nobody() {
    let world = World::start().await;
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    world.instance().open(&internal(&configuration)).await;
    let pointers = world.records(Table::Segments).await.into_iter().filter(|item| !item.contains_key("state"));
    let pointers: Vec<_> = pointers.map(|item| stored(&item).iter().all(Option::is_none)).collect();
    assert_eq!(pointers, [true, true], "latest and slot");
}

#[tokio::test]
async fn a_segment_of_before_is_read_and_changed_and_its_beginning_stays_unsaid() {
    let world = World::start().await;
    world.instance().open(&opening("E-1")).await;
    let mut old = segment(&world).await;
    old.retain(|name, _| !COLUMNS.contains(&name.as_str()));
    put(&world, Table::Segments, old).await;
    let instance = world.instance();
    for path in ["E-1", "agent/agent/interaction/interaction"] {
        assert_eq!(shown(&instance.read(path).await), [None; 4], "{path}");
    }
    let again = Event::post("segment/create").json(&opening("E-1"));
    assert_eq!(shown(&instance.call(&again).await.expect(200)["segment"]), [None; 4]);
    let close = by("closer", Event::put("segment/update?external_segment_id=E-1").json(&json!({})));
    let closed = instance.call(&close).await.expect(200);
    assert_eq!(shown(&closed["segment"]), [None, None, Some("closer"), Some(BEGIN)]);
}

#[tokio::test]
async fn a_record_that_lacks_flags_is_read_by_what_the_rest_of_it_says() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    let close = Event::put("segment/update?external_segment_id=E-1");
    let reads = async |external: bool, awaiting: bool| {
        let mut old = segment(&world).await;
        for flag in ["external", "segmented", "awaiting_confirmation"] {
            old.remove(flag);
        }
        put(&world, Table::Segments, old).await;
        let segment = world.instance().read("E-1").await;
        let flags = ["external", "segmented", "awaiting_confirmation"].map(|flag| segment[flag].clone());
        assert_eq!(flags, [json!(external), json!(false), json!(awaiting)]);
    };
    reads(true, false).await;
    instance.call(&close.clone().json(&json!({"notes": "Done."}))).await.expect(200);
    reads(true, true).await;
    instance.call(&close.json(&json!({"confirmed_on": BEGIN}))).await.expect(200);
    reads(true, false).await;

    // Codes and configurations, and the snapshots of both.
    let mut old = code(&world, "Code 000").await;
    old.retain(|name, _| ["sys_id", "code"].contains(&name.as_str()));
    put(&world, Table::Codes, old.clone()).await;
    let sys_id = old["sys_id"].as_s().expect("a sys_id");
    let read = world.instance().call(&Event::get(&format!("code/{sys_id}"))).await.expect(200);
    let read = &read["result"]["result_map"]["wrap_up_code"];
    assert_eq!((&read["active"], &read["external"], &read["description"]), (&json!(true), &json!(false), &json!("")));
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    let mut old = item(&world, Table::Configurations, |item| item.contains_key("name")).await;
    old.retain(|name, _| ["sys_id", "name", "allowed_codes"].contains(&name.as_str()));
    put(&world, Table::Configurations, old).await;
    let opened = world.instance().call(&Event::post("segment/create").json(&internal(&configuration))).await;
    let configuration = &opened.expect(200)["segment"]["wrap_up_configuration"];
    assert_eq!((&configuration["enable_codes"], &configuration["show_timer"]), (&json!(false), &json!(false)));
}

#[tokio::test]
async fn a_code_keeps_who_made_it_and_says_who_changed_it() {
    let world = World::start().await;
    let instance = world.instance();
    let post = |user: &str, entry: Value| by(user, Event::post("code").json(&json!({"codes": [entry]})));
    let german = json!({"language": "de", "code": "Erstattung"});
    let created = ("maker", BEGIN);
    instance.call(&post("maker", json!({"code": "Refund", "translations": [german]}))).await.expect(200);
    assert_eq!(stored(&code(&world, "Refund").await), columns(created, created));
    let mut updated = created;
    for (at, user, entry, changes) in [
        // What is there already is no change, in whole or in part.
        ("2024-09-16 18:00:10", "one", json!({"code": "Refund", "translations": [german]}), false),
        ("2024-09-16 18:00:20", "two", json!({"code": " Refund "}), false),
        ("2024-09-16 18:00:30", "three", json!({"code": "Refund", "active": true}), false),
        ("2024-09-16 18:00:40", "four", json!({"code": "Refund", "active": false}), true),
        ("2024-09-16 18:00:50", "five", json!({"code": "Refund", "active": false}), false),
        ("2024-09-16 18:01:00", "six", json!({"code": "Refund", "description": ""}), true),
        ("2024-09-16 18:01:10", "seven", json!({"code": "Refund", "description": ""}), false),
        ("2024-09-16 18:01:20", "eight", json!({"code": "Refund", "description": "Money"}), true),
        (
            "2024-09-16 18:01:30",
            "nine",
            json!({"code": "Refund", "translations": [{"language": "de", "code": "Rückzahlung"}]}),
            true,
        ),
        (
            "2024-09-16 18:01:40",
            "ten",
            json!({"code": "Refund", "translations": [german, {"language": "fr", "code": "Remboursement"}]}),
            true,
        ),
        (
            "2024-09-16 18:01:50",
            "eleven",
            json!({"code": "Refund", "active": false, "translations": [
                {"language": "fr", "code": "Remboursement"}, german,
            ]}),
            false,
        ),
    ] {
        world.pass(Duration::from_secs(10));
        let before = code(&world, "Refund").await;
        let answer = instance.call(&post(user, entry)).await.expect(200);
        let after = code(&world, "Refund").await;
        if changes {
            updated = (user, at);
        } else {
            assert_eq!(after, before, "{user}");
        }
        assert_eq!(stored(&after), columns(created, updated), "{user}");
        let codes = &answer["result"]["result_map"]["created_wrap_up_codes"];
        let get = Event::get(&format!("code/{}", codes[0]["sys_id"].as_str().expect("an id")));
        let read = world.instance().call(&get).await;
        assert_eq!(codes[0], read.expect(200)["result"]["result_map"]["wrap_up_code"], "{user}");
        assert_eq!(codes[0].as_object().map(serde_json::Map::len), Some(7), "{user}");
    }
}

#[tokio::test]
async fn callers_that_write_one_code_at_once_make_it_once() {
    let world = World::start().await;
    let instances: Vec<_> = (0..8).map(|_| world.instance()).collect();
    let post = |index: usize| {
        let language = ["de", "fr", "it", "es"][index % 4];
        let translation = json!({"language": language, "code": language});
        let codes = json!({"codes": [{"code": "Refund", "translations": [translation]}]});
        by(&format!("user-{index}"), Event::post("code").json(&codes))
    };
    for reply in call_all(&instances, post).await {
        reply.expect(200);
    }
    let code = code(&world, "Refund").await;
    let languages = ["de", "fr", "it", "es"].map(|language| format!("translated_code_{language}"));
    assert!(languages.iter().all(|column| code.contains_key(column)), "{code:?}");
    assert!(stored(&code).iter().all(Option::is_some), "{code:?}");
}

#[tokio::test]
async fn a_code_of_before_is_answered_as_before() {
    let world = World::start().await;
    let instance = world.instance();
    let post = |entry: Value| by("later", Event::post("code").json(&json!({"codes": [entry]})));
    let before = instance.call(&post(json!({"code": "Refund"}))).await.expect(200);
    let mut old = code(&world, "Refund").await;
    old.retain(|name, _| !COLUMNS.contains(&name.as_str()));
    put(&world, Table::Codes, old.clone()).await;
    assert_eq!(world.instance().call(&post(json!({"code": "Refund"}))).await.expect(200), before);
    assert_eq!(code(&world, "Refund").await, old, "nothing has changed");
    instance.call(&post(json!({"code": "Refund", "active": false}))).await.expect(200);
    assert_eq!(stored(&code(&world, "Refund").await)[2..], [Some("later"), Some(BEGIN)]);
}

#[tokio::test]
async fn what_opening_adds_says_who_opened() {
    let world = World::start().await;
    let request = by("opener", Event::post("segment/create").json(&segmented("E-1", "call-1")));
    world.instance().call(&request).await.expect(200);
    let all = columns(("opener", BEGIN), ("opener", BEGIN));
    assert_eq!(stored(&code(&world, "Code 000").await), all);
    assert_eq!(stored(&item(&world, Table::PhoneLog, |_| true).await), all);
    let snapshot = item(&world, Table::Configurations, |_| true).await;
    assert_eq!(stored(&snapshot), [Some("opener"), Some(BEGIN), None, None], "it never changes");

    // Whoever comes to the same snapshot later leaves it as it is, in a race too.
    world.pass(Duration::from_secs(10));
    world.fail(Rule::once(Fault::together(2)).on("GetItem").of("interaction_wrap_up_configuration").times(2));
    let instances = [world.instance(), world.instance()];
    let create = |index: usize| {
        let mut body = opening(&format!("RACE-{index}"));
        body["configuration"]["show_timer"] = json!(true);
        by(&format!("racer-{index}"), Event::post("segment/create").json(&body))
    };
    for reply in call_all(&instances, create).await {
        reply.expect(200);
    }
    assert_eq!(world.records(Table::Configurations).await.len(), 2);
    assert!(world.records(Table::Configurations).await.contains(&snapshot));
}

#[tokio::test]
async fn what_operators_put_keeps_who_made_it_and_the_same_again_changes_nothing() {
    let world = World::start().await;
    let stores = world.stores();
    let (interactions, log) = (Interactions::new(stores.dynamo().clone()), PhoneLog::new(stores.dynamo().clone()));
    let all = async |by: &str, description: &str, transcript: Option<&str>| {
        let stamp = stamp(by, &world);
        let flags = json!({"name": "Calls", "enable_codes": false, "show_timer": description == "Second"});
        stores.configurations().put(&read(&flags, Definition::read), &stamp).await.expect("a put");
        let mut interaction = json!({"sys_id": "i", "short_description": description});
        let mut record = json!({"segment_id": "call-1", "queue": description});
        if let Some(transcript) = transcript {
            interaction["transcript"] = json!(transcript);
            record["transcript"] = json!(transcript);
        }
        interactions.put(&read(&interaction, Interaction::read), &stamp).await.expect("a put");
        log.put(&read(&record, PhoneLogRecord::read), &stamp).await.expect("a put");
    };
    let tables = [Table::Configurations, Table::Interactions, Table::PhoneLog];
    let check = async |updated: (&str, &str)| {
        for table in tables {
            let item = item(&world, table, |_| true).await;
            assert_eq!(stored(&item), columns(("first", BEGIN), updated), "{table:?}");
        }
    };
    all("first", "First", Some("Hello.")).await;
    check(("first", BEGIN)).await;
    world.pass(Duration::from_secs(10));
    all("second", "First", Some("Hello.")).await;
    check(("first", BEGIN)).await;
    world.pass(Duration::from_secs(10));
    all("third", "Second", None).await;
    check(("third", "2024-09-16 18:00:20")).await;
    for table in [Table::Interactions, Table::PhoneLog] {
        assert!(!item(&world, table, |_| true).await.contains_key("transcript"), "{table:?}: put takes its place");
    }
    // One that somebody else has written, or a version before this one.
    for table in tables {
        let mut old = item(&world, table, |_| true).await;
        old.retain(|name, _| !COLUMNS.contains(&name.as_str()));
        put(&world, table, old).await;
    }
    all("fourth", "Fourth", None).await;
    for table in tables {
        let expected = [None, None, Some("fourth"), Some("2024-09-16 18:00:20")];
        assert_eq!(stored(&item(&world, table, |_| true).await), expected, "{table:?}");
    }
}

#[tokio::test]
async fn operators_that_put_one_record_at_once_make_it_once() {
    let world = World::start().await;
    let stores = world.stores();
    let puts = (0..8).map(|index| {
        let (world, interactions) = (&world, Interactions::new(stores.dynamo().clone()));
        async move {
            let interaction = json!({"sys_id": "i", "short_description": format!("{index}")});
            let interaction = read(&interaction, Interaction::read);
            interactions.put(&interaction, &stamp(&format!("operator-{index}"), world)).await
        }
    });
    for put in join_all(puts).await {
        put.expect("a put");
    }
    let item = item(&world, Table::Interactions, |_| true).await;
    assert!(stored(&item).iter().all(Option::is_some), "{item:?}");
}
