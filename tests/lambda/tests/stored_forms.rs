//! Records as they stand in tables: what version 1 has written reads and answers the same for ever, and what a newer
//! version has written is neither read nor written over.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use wrapup::ai::{Lesson, Lessons};
use wrapup::configurations::Definition;
use wrapup::document::{Document, Fields, FromText, Id};
use wrapup::dynamodb::{Item, SCHEMA, Table};
use wrapup::interactions::{Interaction, Interactions};
use wrapup::segment_tables::{PhoneLog, PhoneLogRecord};
use wrapup::segments::{Erasure, Whose};
use wrapup_lambda_tests::{Event, Reply, World, internal, opening, segmented};
use wrapup_test_support::merged;

/// The secrets of the user whose record is among those of version 1.
const SECRETS: [&str; 2] = ["Wf7-quarz-Nebel-41!", "wu_5r4mwCIJ46rGehlFiu7bwaHFYsOcRqX9bV07jD0POI8UxwhTg"];

/// The files of a folder of version 1's records, by their names.
fn files(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("records/v1").join(folder);
    let files = fs::read_dir(&folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut files: Vec<_> = files
        .map(|file| {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON"))
        })
        .collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(!files.is_empty(), "{folder:?}");
    files
}

/// A deployment whose tables hold what version 1 has written, each item changed as `change` likes it.
async fn world_of_version_1(change: impl Fn(&mut Item)) -> World {
    let world = World::start().await;
    for (name, file) in files("items") {
        let item: serde_dynamo::Item = serde_json::from_value(file["item"].clone()).expect(&name);
        let mut item: Item = item.into();
        change(&mut item);
        put(&world, file["table"].as_str().expect("a table"), item).await;
    }
    world
}

async fn put(world: &World, table: &str, item: Item) {
    world.client().put_item().table_name(table).set_item(Some(item)).send().await.expect("a put");
}

fn read<T>(file: &Value, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> T {
    let document = Document::from_json(file.to_string().as_bytes()).expect("JSON");
    document.read(read).expect("a record")
}

/// Has every answer given that version 1 gave, by an instance that has seen nothing.
async fn answers_as_version_1_did(world: &World) {
    for (name, call) in files("answers") {
        let path = call["path"].as_str().expect("a path");
        let event = match call["method"].as_str() {
            Some("GET") => Event::get(path),
            Some("POST") => Event::post(path).json(&call["body"]),
            _ => Event::put(path).json(&call["body"]),
        };
        let mut answer = world.instance().call(&event).await.expect(200);
        // What answers show since, and version 1 did not from the beginning.
        let said = &call["answer"]["segment"]["timed_out"];
        if let (true, Some(segment)) = (said.is_null(), answer.get_mut("segment").and_then(Value::as_object_mut)) {
            assert_eq!(segment.remove("timed_out"), Some(json!(false)), "{name}");
        }
        assert_eq!(answer, call["answer"], "{name}");
    }
    for secret in SECRETS {
        let event = Event::get("segment/CALL-0001").unvouched().basic_auth("integrator", secret);
        world.instance().call(&event).await.expect(200);
    }
    let interactions = Interactions::new(world.stores().dynamo().clone());
    let interaction = interactions.get("interaction-42").await.expect("an interaction");
    let shown = json!({
        "sys_id": "interaction-42", "short_description": "Charged twice", "language": "en",
        "transcript": "Agent: Hello.\nCustomer: I was charged twice.",
    });
    assert_eq!(json!(interaction), shown);
}

#[tokio::test]
async fn what_version_1_has_written_reads_and_answers_the_same() {
    let world = world_of_version_1(|_| {}).await;
    answers_as_version_1_did(&world).await;
    // Columns that nobody here knows are no reason to read nothing.
    let world = world_of_version_1(|item| {
        // The phone log shows its further columns, which is what they are for.
        if !item.contains_key("phone_number") {
            item.insert("added_later".to_owned(), AttributeValue::Bool(true));
        }
    });
    answers_as_version_1_did(&world.await).await;
}

/// Another sys_id or another hash would leave behind what is stored, and make it once more.
#[tokio::test]
async fn what_version_1_has_written_has_the_keys_of_today() {
    let world = world_of_version_1(|_| {}).await;
    let tables = [Table::Codes, Table::Configurations, Table::PhoneLog];
    let keys = async || {
        let mut keys = Vec::new();
        for table in tables {
            keys.push(world.keys(table).await);
        }
        keys
    };
    let before = keys().await;
    for (name, call) in files("answers").into_iter().filter(|(name, _)| name.starts_with("create-again")) {
        let mut next = call["body"].clone();
        next["agent_sys_id"] = json!("another agent");
        next["external_segment_id"] = json!(format!("{name}-next"));
        let answer = world.instance().call(&Event::post("segment/create").json(&next)).await.expect(200);
        assert_ne!(answer["sys_id"], call["answer"]["sys_id"], "{name}");
    }
    let mut after = keys().await;
    for (before, after) in before.iter().zip(&mut after) {
        assert!(before.iter().all(|key| after.contains(key)), "{after:?}");
        after.retain(|key| !before.contains(key));
    }
    // An administrator's configuration is kept with its name since.
    let new: Vec<_> = after.into_iter().flatten().collect();
    assert!(matches!(new.as_slice(), [snapshot] if snapshot.starts_with("snapshot:")), "{new:?}");
}

#[tokio::test]
async fn a_segment_of_version_1_goes_on_as_one_of_today() {
    let world = world_of_version_1(|_| {}).await;
    let instance = world.instance();
    let answer = async |event: Event| instance.call(&event).await.expect(200)["segment"].clone();
    let advised = answer(
        Event::put("segment/update/ai").json(&json!({"external_segment_id": "CALL-0001", "ai_notes": "A refund."})),
    );
    assert_eq!(advised.await["ai_notes"], "A refund.");
    let closed = answer(Event::put("segment/update?external_segment_id=CALL-0001").json(&json!({})));
    assert_eq!(closed.await["code"]["translated_code"], "Store Issue");
    let confirm = json!({"confirmed_on": "2024-09-16 18:10:00"});
    let confirmed = answer(Event::put("segment/update?external_segment_id=CALL-0002").json(&confirm)).await;
    assert_eq!(
        (&confirmed["code"]["code"], &confirmed["awaiting_confirmation"]),
        (&json!("Anything Else"), &json!(false))
    );
    let opened =
        answer(Event::put("segment/update?agent_sys_id=agent-8&interaction_sys_id=interaction-44").json(&json!({})));
    let closed = opened.await["sys_id"].clone();
    let again = files("answers").into_iter().find(|(name, _)| name == "create-again-internal").expect("an answer").1;
    let next = answer(Event::post("segment/create").json(&again["body"])).await;
    assert_eq!((&next["state"], next["sys_id"] == closed), (&json!("open"), false), "its slot is free");
}

/// Of those that are open, one has a deadline and a draft; the others were opened before there were any.
#[tokio::test]
async fn of_the_segments_of_version_1_those_end_by_themselves_that_say_when() {
    let world = world_of_version_1(|_| {}).await;
    let paths = ["CALL-0001", "CALL-0005", "CALL-0006", "agent/agent-8/interaction/interaction-44"];
    let opened = async || {
        let mut states = Vec::new();
        for path in paths {
            states.push(world.instance().read(path).await["state"].clone());
        }
        states
    };
    assert_eq!(opened().await, ["open"; 4]);
    world.pass(Duration::from_secs(86_400));
    assert_eq!(opened().await, ["open", "open", "closed", "open"]);
    let ended = world.instance().read("CALL-0006").await;
    let with = (&ended["code"]["code"], &ended["code_from"], &ended["notes"], &ended["submitted_on"]);
    let wanted = ("Store Issue", "draft", "The customer was", "2024-09-16 18:00:30");
    assert_eq!(with, (&json!(wanted.0), &json!(wanted.1), &json!(wanted.2), &json!(wanted.3)));
    let confirm = Event::put("segment/update?external_segment_id=CALL-0006");
    let confirm = confirm.json(&json!({"confirmed_on": "2024-09-17 18:00:00"}));
    let confirmed = world.instance().call(&confirm).await.expect(200)["segment"].clone();
    assert_eq!((&confirmed["timed_out"], &confirmed["notes"]), (&json!(true), &json!("The customer was")));
}

/// The requests of before are known by the hash of before; what differs is refused as it was.
#[tokio::test]
async fn a_request_that_differs_from_one_of_version_1_is_refused() {
    let world = world_of_version_1(|_| {}).await;
    for (name, call) in files("answers").into_iter().filter(|(name, _)| name.starts_with("create-again")) {
        let mut other = call["body"].clone();
        other["ai_notes"] = json!("Other notes.");
        let reply = world.instance().call(&Event::post("segment/create").json(&other)).await;
        let message = reply.expect(400)["message"].clone();
        // Of the forms of before nobody knows which field it is.
        let end = if name.ends_with("0005") { "which differs in ai_notes." } else { "a different request." };
        assert!(message.as_str().expect("a message").ends_with(end), "{name}: {message}");
    }
}

/// A segment with a hash of form 2, and none of each field.
#[tokio::test]
async fn a_segment_of_form_2_is_compared_by_what_that_form_knew() {
    let world = World::start().await;
    let body = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true, "external_segment_id": "E-1",
        "configuration": {"enable_codes": false},
    });
    world.instance().open(&body).await;
    let records = world.records(Table::Segments).await.into_iter();
    let mut item = records.into_iter().find(|item| item.contains_key("request_hash")).expect("a segment");
    let hash = "2:85d5423ac2cd3da4dcf4ed79eb7e347bb16ad83e0c9c894c6ada30fb70f01d0a";
    item.insert("request_hash".to_owned(), AttributeValue::S(hash.to_owned()));
    item.remove("request_fields").expect("hashes of each field");
    put(&world, "interaction_wrap_up_segment", item).await;
    let instance = world.instance();
    let create = async |changes: Value| {
        instance.call(&Event::post("segment/create").json(&merged(body.clone(), &changes))).await
    };
    for same in [
        json!({}),
        json!({"segmented": false, "configuration": {"show_timer": false, "allowed_codes": []}}),
        // It was no field when the segment opened.
        json!({"configuration": {"use_ai_code_as_default": true}}),
    ] {
        create(same).await.expect(200);
    }
    for other in [json!({"ai_notes": "Other."}), json!({"configuration": {"use_ai_as_default": true}})] {
        let message = create(other).await.expect(400)["message"].clone();
        assert!(message.as_str().expect("a message").ends_with("a different request."), "{message}");
    }
    // It takes another configuration while it is open, and the same one afterwards.
    let update = async |configuration: Value| {
        let event = Event::put("segment/update?external_segment_id=E-1");
        instance.call(&event.json(&json!({"configuration": configuration, "notes": "Done."}))).await
    };
    let closed = update(json!({"show_timer": true})).await.expect(200);
    assert_eq!(closed["segment"]["wrap_up_configuration"]["show_timer"], true);
    assert_eq!(update(json!({"show_timer": true})).await.expect(200), closed);
    update(json!({"show_timer": false})).await.expect(400);
}

#[tokio::test]
async fn a_stored_segment_knows_the_configuration_that_it_was_given_last() {
    let world = world_of_version_1(|_| {}).await;
    let last = json!({
        "enable_codes": true, "default_code": "Store Issue", "show_timer": false,
        "allowed_codes": [{"code": "Store Issue", "description": "Anything about a store"}],
    });
    let instance = world.instance();
    let update = async |body: Value| {
        instance.call(&Event::put("segment/update?external_segment_id=CALL-0005").json(&body)).await
    };
    let closed = update(json!({"notes": "Done."})).await.expect(200);
    assert_eq!(closed["segment"]["code"]["description"], "Anything about a store");
    assert_eq!(update(json!({"configuration": last})).await.expect(200), closed);
    let message = update(json!({"configuration": {"default_code": null}})).await.expect(400)["message"].clone();
    let fields = "configuration.enable_codes, configuration.allowed_codes, configuration.default_code.";
    assert!(message.as_str().is_some_and(|message| message.ends_with(fields)), "{message}");
}

/// What it was told of its configuration when it opened, nobody knows any more.
#[tokio::test]
async fn a_closed_segment_of_version_1_takes_no_configuration() {
    let world = world_of_version_1(|_| {}).await;
    let again = files("answers").into_iter().find(|(name, _)| name == "create-again-call-0002").expect("an answer").1;
    let update = Event::put("segment/update?external_segment_id=CALL-0002");
    let update = update.json(&json!({"configuration": again["body"]["configuration"]}));
    let message = world.instance().call(&update).await.expect(400)["message"].clone();
    assert!(message.as_str().is_some_and(|message| message.contains("configuration cannot change")), "{message}");
}

#[tokio::test]
async fn every_record_says_its_schema() {
    let world = world_of_everything().await;
    for table in Table::ALL {
        let records = world.records(table).await;
        // What is learned has tests of its own.
        assert!(!records.is_empty() || table == Table::Learned, "{table:?}");
        for record in records {
            assert_eq!(record.get(SCHEMA), Some(&AttributeValue::N("1".to_owned())), "{table:?} {record:?}");
        }
    }
    // A record of before gets it with its next change.
    for table in Table::ALL {
        for mut record in world.records(table).await {
            record.remove(SCHEMA);
            put(&world, table.platform_name(), record).await;
        }
    }
    let instance = world.instance();
    let described = json!({"codes": [{"code": "Code 000", "description": "Changed"}]});
    instance.call(&Event::post("code").json(&described)).await.expect(200);
    instance.call(&Event::put("segment/update?external_segment_id=EXT-1").json(&json!({}))).await.expect(200);
    world.stores().users().set_active("somebody", false, &world.stamp()).await.expect("a change");
    for (table, of) in [(Table::Codes, "code"), (Table::Segments, "submitted_on"), (Table::Users, "user_name")] {
        let records = world.records(table).await;
        let changed = records.iter().filter(|record| record.contains_key(SCHEMA)).collect::<Vec<_>>();
        assert_eq!(changed.len(), 1, "{table:?}");
        assert!(changed[0].contains_key(of), "{table:?}");
    }
}

/// A deployment with records of every type, each written by its own store.
async fn world_of_everything() -> World {
    let world = World::start().await;
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    let instance = world.instance();
    instance.open(&segmented("EXT-1", "call-1")).await;
    instance.open(&internal(&configuration)).await;
    world.add_user("somebody", &["interaction_integration_user"], None).await;
    world.add_client("somebody").await;
    let interaction = read(&json!({"sys_id": "i", "transcript": "Hello."}), Interaction::read);
    Interactions::new(world.stores().dynamo().clone()).put(&interaction, &world.stamp()).await.expect("a put");
    let external = Whose::External(Id::from_text("EXT-1").expect("an id"));
    let segment = world.stores().segments().of(&external).await.expect("a read").segments.remove(0).segment;
    let lessons = Lessons::new(world.stores().dynamo().clone(), world.clock());
    let lesson = Lesson { segment: &segment, picked: None, pick: None, stamp: &world.stamp() };
    lessons.prepare(&lesson).await.expect("a key");
    world
}

/// Makes every record of the tables one that a newer version wrote.
async fn renew(world: &World, tables: &[Table], is_it: impl Fn(&Item) -> bool) {
    for table in tables {
        for mut record in world.records(*table).await.into_iter().filter(|record| is_it(record)) {
            record.insert(SCHEMA.to_owned(), AttributeValue::N("2".to_owned()));
            put(world, table.platform_name(), record).await;
        }
    }
}

async fn everything(world: &World) -> Vec<Vec<Item>> {
    let mut all = Vec::new();
    for table in Table::ALL {
        all.push(world.records(table).await);
    }
    all
}

fn is_internal_error(reply: &Reply, what: &str) {
    assert_eq!(reply.status(), 500, "{what}: {}", reply.text());
    assert!(!reply.text().contains("schema"), "{what}: {}", reply.text());
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_not_read_and_not_written_over() {
    let has =
        |prefix: &'static str| move |record: &Item| record["sys_id"].as_s().is_ok_and(|key| key.starts_with(prefix));
    let create = |body: Value| Event::post("segment/create").json(&body);
    let update = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({}));
    let codes = |codes: Value| Event::post("code").json(&json!({ "codes": codes }));
    for (table, prefix, calls) in [
        (
            Table::Segments,
            "",
            vec![
                Event::get("segment/EXT-1"),
                Event::get("segment/agent/agent/interaction/interaction"),
                update.clone(),
                Event::put("segment/draft?external_segment_id=EXT-1").json(&json!({"notes": "The customer"})),
                Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT-1", "ai_notes": "A refund."})),
                create(segmented("EXT-1", "call-1")),
            ],
        ),
        (
            Table::Segments,
            "latest:",
            vec![create(opening("EXT-2")), Event::get("segment/agent/agent/interaction/interaction")],
        ),
        (
            Table::Codes,
            "",
            vec![
                codes(json!([{"code": "Code 000", "active": false}])),
                create(merged(opening("EXT-2"), &json!({"configuration": {"show_timer": true}}))),
            ],
        ),
        (Table::Configurations, "snapshot:", vec![Event::get("segment/EXT-1"), create(opening("EXT-2"))]),
        (
            Table::PhoneLog,
            "",
            vec![Event::get("segment/EXT-1?include=interaction_segment"), create(segmented("EXT-2", "call-1"))],
        ),
    ] {
        let world = world_of_everything().await;
        renew(&world, &[table], has(prefix)).await;
        let before = everything(&world).await;
        for call in calls {
            is_internal_error(&world.instance().call(&call).await, &format!("{table:?} {prefix} {call:?}"));
        }
        assert_eq!(everything(&world).await, before, "{table:?} {prefix}");
    }
}

#[tokio::test]
async fn an_instance_that_has_seen_all_writes_over_nothing_newer_either() {
    let create = |body: Value| Event::post("segment/create").json(&body);
    // Those that one transaction or one update writes without a read.
    let world = world_of_everything().await;
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    let instance = world.instance();
    let open = async |body: Value| instance.open(&body).await;
    open(opening("EXT-2")).await;
    let slot = merged(internal(&configuration), &json!({"agent_sys_id": "another"}));
    let closed = open(slot.clone()).await;
    instance.call(&Event::put(&format!("segment/update?segment_sys_id={closed}")).json(&json!({}))).await.expect(200);
    renew(&world, &[Table::Segments], |record| !record.contains_key("state")).await;
    let before = everything(&world).await;
    for body in [opening("EXT-3"), slot] {
        is_internal_error(&instance.call(&create(body.clone())).await, &body.to_string());
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn what_operators_put_writes_over_nothing_newer() {
    let world = world_of_everything().await;
    let (stores, stamp) = (world.stores(), world.stamp());
    let tables = [Table::Configurations, Table::Interactions, Table::PhoneLog, Table::Users];
    renew(&world, &tables, |_| true).await;
    let before = everything(&world).await;
    let newer = |done: Result<(), wrapup::Error>, what: &str| {
        let problem = done.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(problem.contains("it is of schema 2, which a newer version"), "{what}: {problem}");
    };
    let definition = read(&json!({"name": "Calls", "enable_codes": false}), Definition::read);
    newer(stores.configurations().put(&definition, &stamp).await, "configuration");
    let interactions = Interactions::new(stores.dynamo().clone());
    newer(interactions.put(&read(&json!({"sys_id": "i"}), Interaction::read), &stamp).await, "interaction");
    newer(interactions.get("i").await.map(drop), "interaction");
    let record = read(&json!({"segment_id": "call-1"}), PhoneLogRecord::read);
    newer(PhoneLog::new(stores.dynamo().clone()).put(&record, &stamp).await, "phone log");
    newer(stores.users().set_active("somebody", false, &stamp).await.map(drop), "user");
    // Whoever signs in learns no more than of a user who is not there.
    let sign_in = Event::get("segment/EXT-1").unvouched().basic_auth("somebody", "secret");
    world.instance().call(&sign_in).await.expect(401);
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn a_newer_record_is_named_beside_the_others_of_its_list() {
    let world = world_of_everything().await;
    let stores = world.stores();
    world.put_configuration("Calls", 2, &json!({})).await;
    let lists = async || {
        let users = stores.users().list().await.expect("a list");
        let codes = stores.codes().list().await.expect("a list");
        let configurations = stores.configurations().list().await.expect("a list");
        [
            (users.records.len(), users.unreadable),
            (codes.records.len(), codes.unreadable),
            (configurations.records.len(), configurations.unreadable),
        ]
    };
    let before = lists().await;
    let one_of = |keys: Vec<String>| keys.into_iter().find(|key| !key.contains(':')).expect("a record");
    for (table, index) in [(Table::Users, 0), (Table::Codes, 1), (Table::Configurations, 2)] {
        let newer = one_of(world.keys(table).await);
        renew(&world, &[table], |record| record["sys_id"].as_s().is_ok_and(|key| *key == newer)).await;
        let (listed, unreadable) = &lists().await[index];
        assert_eq!(*listed, before[index].0 - 1, "{table:?}");
        let keys: Vec<_> = unreadable.iter().map(|unread| &unread.key).collect();
        assert_eq!(keys, [&newer], "{table:?}: {unreadable:?}");
        let unread = &unreadable[0];
        assert!(unread.to_string().contains("it is of schema 2, which a newer version"), "{unread}");
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_no_version() {
    let world = world_of_everything().await;
    let interactions = Interactions::new(world.stores().dynamo().clone());
    let mut item = world.records(Table::Interactions).await.remove(0);
    item.insert(SCHEMA.to_owned(), AttributeValue::S("v2".to_owned()));
    put(&world, Table::Interactions.platform_name(), item).await;
    assert_eq!(json!(interactions.get("i").await.expect("an interaction"))["transcript"], "Hello.");
    let changed = read(&json!({"sys_id": "i", "transcript": "Goodbye."}), Interaction::read);
    interactions.put(&changed, &world.stamp()).await.expect("a put");
    assert_eq!(json!(interactions.get("i").await.expect("an interaction"))["transcript"], "Goodbye.");
}

/// Records of before lack much of what later ones have, and are erased all the same.
#[tokio::test]
async fn what_version_1_has_written_is_erased() {
    let world = world_of_version_1(|_| {}).await;
    let segments = world.stores().segments().clone();
    let records = world.records(Table::Segments).await;
    let mut ids: Vec<_> = records.iter().filter_map(|item| item.get("external_segment_id")?.as_s().ok()).collect();
    ids.sort_unstable();
    assert!(ids.len() > 3, "{ids:?}");
    for id in ids {
        let id = wrapup::document::FromText::from_text(id).expect("an id");
        let found = segments.of(&Whose::External(id)).await.expect("a read");
        assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
        for kept in found.segments {
            let before = kept.segment.clone();
            let (after, erasure) = segments.erase(kept.segment, &world.stamp()).await.expect("an erasure");
            assert_eq!(erasure, Erasure::Erased, "{}", before.sys_id);
            assert!(!after.segment.has_texts());
            // Its deadline may have closed it first.
            assert_eq!(after.segment.opened_on, before.opened_on);
        }
    }
}
