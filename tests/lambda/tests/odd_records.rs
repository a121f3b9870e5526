//! Records with columns of another type than this software writes: what would write over them is answered 500, the log names
//! table and key, and the record stays as it was.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wrapup::codes::Label;
use wrapup::configurations::Definition;
use wrapup::document::{Document, Fields, FromText};
use wrapup::dynamodb::{Item, SCHEMA, Table};
use wrapup::interactions::{Interaction, Interactions};
use wrapup_lambda_tests::{Event, Log, World, internal, opening, opening_with};
use wrapup_test_support::merged;

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: &str) -> AttributeValue {
    AttributeValue::N(number.to_owned())
}

/// What nothing of ours is.
fn other_than(value: &AttributeValue) -> AttributeValue {
    match value {
        AttributeValue::S(_) => number("7"),
        _ => text("seven"),
    }
}

async fn put(world: &World, table: Table, item: Item) {
    world.client().put_item().table_name(table.platform_name()).set_item(Some(item)).send().await.expect("a put");
}

fn read<T>(file: &Value, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> T {
    let document = Document::from_json(file.to_string().as_bytes()).expect("JSON");
    document.read(read).expect("a record")
}

fn with(item: &Item, column: &str, value: Option<AttributeValue>) -> Item {
    let mut item = item.clone();
    match value {
        Some(value) => drop(item.insert(column.to_owned(), value)),
        None => drop(item.remove(column)),
    }
    item
}

fn key_of(item: &Item) -> &str {
    item["sys_id"].as_s().expect("a key")
}

/// That a call is answered 500 and says nothing of the record, which its log does, and which stays.
async fn is_kept(world: &World, table: Table, item: Item, call: &Event, what: &str) {
    let key = key_of(&item).to_owned();
    put(world, table, item).await;
    let before = world.records(table).await;
    let log = Log::keep(LevelFilter::INFO);
    let reply = world.instance().call(call).await;
    assert_eq!(reply.status(), 500, "{what}: {}", reply.text());
    let log = log.text();
    assert!(log.contains(table.platform_name()) && log.contains(&key), "{what}: {log}");
    assert_eq!(world.records(table).await, before, "{what}");
}

fn codes(codes: Value) -> Event {
    Event::post("code").json(&json!({"codes": [codes]}))
}

/// A code with a translation, as it is stored.
async fn world_with_a_code() -> (World, Item) {
    let world = World::start().await;
    let code = json!({
        "code": "Refund", "description": "Money goes back",
        "translations": [{"language": "de", "code": "Erstattung", "description": "Geld geht zurück"}],
    });
    world.instance().call(&codes(code)).await.expect(200);
    let item = world.records(Table::Codes).await.remove(0);
    (world, item)
}

#[tokio::test]
async fn a_code_with_a_column_of_another_type_is_not_written_over() {
    let (world, usual) = world_with_a_code().await;
    let many: Vec<Value> = ('a'..='z')
        .map(|letter| json!({"language": format!("{letter}a"), "code": "x"}))
        .chain([json!({"language": "de", "code": "Rückzahlung"})])
        .collect();
    let everything = json!({
        "code": "Refund", "description": "Other", "active": false,
        "translations": [{"language": "de", "code": "Rückzahlung", "description": "Anders"}],
    });
    let calls = [
        ("its label alone", json!({"code": "Refund"})),
        ("all of it", everything),
        ("many translations", json!({"code": "Refund", "translations": many})),
    ];
    for (what, call) in &calls {
        // What is read of each code. Of labels DynamoDB has an index, which keeps them texts.
        for column in ["description", "active", "external"] {
            let odd = with(&usual, column, Some(other_than(&usual[column])));
            is_kept(&world, Table::Codes, odd, &codes(call.clone()), &format!("{column}, {what}")).await;
        }
        let odd = with(&usual, "kept_sys_id", Some(number("7")));
        is_kept(&world, Table::Codes, odd, &codes(call.clone()), &format!("kept_sys_id, {what}")).await;
        // What says nothing of a label is no code of it.
        let odd = with(&usual, "code", None);
        is_kept(&world, Table::Codes, odd, &codes(call.clone()), &format!("no label, {what}")).await;
    }
    // A translation that cannot be read is none, until somebody would write over it.
    for (what, call) in &calls[1..] {
        for column in ["translated_code_de", "translated_since_de"] {
            let odd = with(&usual, column, Some(other_than(&usual[column])));
            is_kept(&world, Table::Codes, odd, &codes(call.clone()), &format!("{column}, {what}")).await;
        }
    }
    let odd = with(&usual, "translated_code_de", Some(number("7")));
    put(&world, Table::Codes, odd.clone()).await;
    let answer = world.instance().call(&codes(json!({"code": "Refund", "active": false}))).await.expect(200);
    assert_eq!(answer["result"]["result_map"]["created_wrap_up_codes"][0]["active"], false);
    let now = world.records(Table::Codes).await.remove(0);
    assert_eq!(now["translated_code_de"], number("7"));
}

/// A column of another type that is read all the same is no reason to refuse.
#[tokio::test]
async fn a_code_whose_kept_sys_id_is_null_is_written() {
    let (world, usual) = world_with_a_code().await;
    put(&world, Table::Codes, with(&usual, "kept_sys_id", Some(AttributeValue::Null(true)))).await;
    let answer = world.instance().call(&codes(json!({"code": "Refund", "description": "Other"}))).await.expect(200);
    assert_eq!(answer["result"]["result_map"]["created_wrap_up_codes"][0]["description"], "Other");
    assert_eq!(world.records(Table::Codes).await[0]["description"], text("Other"));
}

/// What is only another name of a code gives way to the code that has the label: not so what names nothing, and what a
/// newer version wrote.
#[tokio::test]
async fn another_name_of_a_code_that_cannot_be_read_does_not_give_way() {
    let label = Label::from_text("Code 000").expect("a label");
    let alias = Item::from([("sys_id".to_owned(), text(&label.sys_id())), ("alias_of".to_owned(), text("0"))]);
    for (odd, what) in
        [(with(&alias, "alias_of", Some(number("7"))), "a number"), (with(&alias, SCHEMA, Some(number("2"))), "newer")]
    {
        for (call, by) in [
            (codes(json!({"code": "Code 000"})), "POST code"),
            (Event::post("segment/create").json(&opening_with("EXT-1", 1)), "segment/create"),
        ] {
            let world = World::start().await;
            is_kept(&world, Table::Codes, odd.clone(), &call, &format!("{what}, by {by}")).await;
        }
    }
    let world = World::start().await;
    put(&world, Table::Codes, alias).await;
    world.instance().open(&opening_with("EXT-1", 1)).await;
    assert_eq!(world.records(Table::Codes).await.remove(0)["code"], text("Code 000"));
}

#[tokio::test]
async fn a_segment_with_a_column_of_another_type_loses_nothing_by_a_draft() {
    let world = World::start().await;
    let instance = world.instance();
    let sys_id = instance.open(&merged(opening("EXT-1"), &json!({"ai_notes": "A refund."}))).await;
    let draft = Event::put("segment/draft?external_segment_id=EXT-1");
    let draft = draft.json(&json!({"notes": "The customer was", "wrap_up_code": "Code 000"}));
    instance.call(&draft).await.expect(200);
    let usual = world.segment_record(&sys_id).await;
    // What a draft writes stays as it is.
    for column in
        ["draft_code", "draft_code_record", "draft_notes", "sys_mod_count", "sys_updated_by", "sys_updated_on"]
    {
        let odd = with(&usual, column, Some(other_than(&usual[column])));
        is_kept(&world, Table::Segments, odd, &draft, column).await;
    }
    // Beside others it may be stored, and is answered as what cannot be read.
    for column in ["ai_notes", "external", "request_hash", "wrap_up_configuration"] {
        let odd = with(&usual, column, Some(other_than(&usual[column])));
        put(&world, Table::Segments, odd.clone()).await;
        let log = Log::keep(LevelFilter::INFO);
        let reply = world.instance().call(&draft).await;
        assert_eq!(reply.status(), 500, "{column}: {}", reply.text());
        assert!(log.text().contains(&sys_id), "{column}: {}", log.text());
        assert_eq!(world.segment_record(&sys_id).await[column], odd[column]);
    }
    // One that is null is read as one that is not there.
    put(&world, Table::Segments, with(&usual, "draft_notes", Some(AttributeValue::Null(true)))).await;
    world.instance().call(&draft).await.expect(200);
}

/// What finds a segment says which, and when that was opened, or nothing opens beside it: it would not be found.
#[tokio::test]
async fn a_record_that_finds_a_segment_and_cannot_be_read_is_not_written_over() {
    for (column, value) in [("opened_on", None), ("segment", Some(number("7"))), ("segment", None)] {
        let world = World::start().await;
        let seen = world.instance();
        seen.open(&opening("EXT-1")).await;
        let latest = world.keys(Table::Segments).await.into_iter().find(|key| key.starts_with("latest:"));
        let usual = world.record(Table::Segments, &latest.expect("a latest record")).await.expect("it");
        let odd = with(&usual, column, value);
        let create = Event::post("segment/create").json(&opening("EXT-2"));
        is_kept(&world, Table::Segments, odd, &create, column).await;
        // Who has seen all that a segment is made of looks at nothing before.
        let before = world.records(Table::Segments).await;
        assert_eq!(seen.call(&create).await.status(), 500, "{column}");
        assert_eq!(world.records(Table::Segments).await, before, "{column}");
    }
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_referred_to_by_no_segment() {
    let world = World::start().await;
    world.instance().open(&opening("EXT-1")).await;
    let snapshot = world.records(Table::Configurations).await.remove(0);
    for content in [Some(number("7")), Some(text("{}")), None] {
        let odd = with(&snapshot, "content", content);
        let before = world.records(Table::Segments).await;
        let create = Event::post("segment/create").json(&opening("EXT-2"));
        is_kept(&world, Table::Configurations, odd, &create, "content").await;
        assert_eq!(world.records(Table::Segments).await, before);
    }
}

#[tokio::test]
async fn what_operators_change_is_not_written_over_where_it_cannot_be_read() {
    let world = World::start().await;
    let configuration = world.put_configuration("Calls", 1, &json!({})).await;
    world.instance().open(&internal(&configuration)).await;
    world.add_user("somebody", &["interaction_integration_user"], None).await;
    let (client, _) = world.add_client("somebody").await;
    let (stores, stamp) = (world.stores(), world.stamp());
    let interactions = Interactions::new(stores.dynamo().clone());
    let interaction = read(&json!({"sys_id": "i", "transcript": "Hello."}), Interaction::read);
    interactions.put(&interaction, &stamp).await.expect("a put");

    let of = async |table: Table, has: &str| {
        world.records(table).await.into_iter().find(|item| item.contains_key(has)).expect("a record")
    };
    let cases = [
        (Table::Configurations, of(Table::Configurations, "name").await, "enable_codes"),
        (Table::Interactions, of(Table::Interactions, "transcript").await, "transcript"),
        (Table::Users, of(Table::Users, "roles").await, "active"),
        (Table::Users, of(Table::Users, "roles").await, "user_password"),
        (Table::Clients, of(Table::Clients, "user").await, "client_secret"),
        (Table::Clients, of(Table::Clients, "user").await, "active"),
    ];
    for (table, usual, column) in cases {
        put(&world, table, with(&usual, column, Some(other_than(&usual[column])))).await;
        let before = world.records(table).await;
        let definition = json!({"sys_id": configuration, "name": "Calls", "enable_codes": false});
        let changed = match table {
            Table::Configurations => stores.configurations().put(&read(&definition, Definition::read), &stamp).await,
            Table::Interactions => interactions.put(&interaction, &stamp).await,
            Table::Users => stores.users().set_active("somebody", false, &stamp).await.map(drop),
            _ => stores.clients().set_active(&client, false, &stamp).await.map(drop),
        };
        let problem = changed.err().map(|error| error.to_string()).unwrap_or_default();
        let names = problem.contains(table.platform_name()) && problem.contains(key_of(&usual));
        assert!(names, "{table:?} {column}: '{problem}'");
        assert_eq!(world.records(table).await, before, "{table:?} {column}");
        put(&world, table, usual).await;
    }
}
