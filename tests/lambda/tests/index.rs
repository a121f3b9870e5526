//! The index by time: what it costs, and how records get into it that were there before it.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use serde_json::{Value, json};
use tokio::time::Instant;
use wrapup::dynamodb::tables::{BY_TIME, add_missing_indexes};
use wrapup::dynamodb::{Item, Table, string};
use wrapup::segments::{Backfilled, Part, SegmentEvent, by_time};
use wrapup_lambda_tests::{Event, Fault, Rule, World, internal, opening};
use wrapup_test_support::merged;

fn timed(id: &str) -> Value {
    let own = json!({"interaction_sys_id": id, "opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    merged(opening(id), &own)
}

/// What is found in the index on shelves whose names begin so, by the rows' external ids as their records have them.
async fn shelves(world: &World, beginning: &str) -> Vec<Item> {
    let index = world.client().scan().table_name(Table::Segments.platform_name()).index_name(BY_TIME.name);
    let rows: Vec<Item> = index.send().await.expect("a scan").items.unwrap_or_default();
    rows.into_iter().filter(|row| text(row, BY_TIME.partition).starts_with(beginning)).collect()
}

fn text<'a>(record: &'a Item, column: &str) -> &'a str {
    record.get(column).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

async fn segments(world: &World) -> Vec<Item> {
    let records = world.records(Table::Segments).await.into_iter();
    records.filter(|record| record.contains_key("state")).collect()
}

async fn put(world: &World, record: Item) {
    let table = Table::Segments.platform_name();
    world.client().put_item().table_name(table).set_item(Some(record)).send().await.expect("a put");
}

/// Makes records what an older version would have written: without all that came with the index.
async fn as_of_before(world: &World) -> Vec<Item> {
    let mut records = segments(world).await;
    for record in &mut records {
        for column in [BY_TIME.partition, BY_TIME.sort, "code_place", "configuration_name", "code_from"] {
            record.remove(column);
        }
        put(world, record.clone()).await;
    }
    records
}

#[tokio::test]
async fn a_wrap_ups_life_costs_the_indexes_eight_units_and_a_draft_none() {
    let world = World::start().await;
    let instance = world.instance();
    // What the others share.
    instance.open(&timed("WARM")).await;
    let update = |id: &str| Event::put(&format!("segment/update?external_segment_id={id}"));
    let ai = json!({"external_segment_id": "LIFE", "ai_wrap_up_code": "Code 001", "ai_notes": "A refund."});
    let draft = Event::put("segment/draft?external_segment_id=LIFE").json(&json!({"notes": "So far"}));
    let confirm = json!({"confirmed_on": "2024-09-16 18:52:01"});
    let mut all = 0.0;
    for (what, event, units) in [
        ("create, in each of three", Event::post("segment/create").json(&timed("LIFE")), 3.0),
        ("create again, which writes nothing", Event::post("segment/create").json(&timed("LIFE")), 0.0),
        ("update/ai", Event::put("segment/update/ai").json(&ai), 1.0),
        ("draft", draft, 0.0),
        ("update that closes: from one shelf to another", update("LIFE").json(&json!({"notes": "Done."})), 2.0),
        ("update that confirms: to another one again", update("LIFE").json(&confirm), 2.0),
        ("get", Event::get("segment/LIFE"), 0.0),
    ] {
        world.traffic();
        instance.call(&event).await.expect(200);
        let traffic = world.traffic();
        assert_eq!(traffic.index_write_units, units, "{what}: {:?}", traffic.requests);
        all += traffic.index_write_units;
    }
    assert_eq!(all, 8.0);
    // Beside that life.
    instance.open(&timed("OTHER")).await;
    let configuration =
        merged(timed("OTHER"), &json!({"configuration": {"duration": 120, "show_timer": true}}))["configuration"]
            .clone();
    for (what, event, units) in [
        ("another deadline", update("OTHER").json(&json!({"configuration": configuration})), 2.0),
        ("close", update("OTHER").json(&json!({"wrap_up_code": "Code 000"})), 2.0),
        ("correct the code", update("OTHER").json(&json!({"wrap_up_code": "Code 001"})), 1.0),
        ("correct the notes, which it does not show", update("OTHER").json(&json!({"notes": "Better."})), 0.0),
    ] {
        world.traffic();
        instance.call(&event).await.expect(200);
        let traffic = world.traffic();
        assert_eq!(traffic.index_write_units, units, "{what}: {:?}", traffic.requests);
    }
    world.pass(Duration::from_secs(600));
    world.traffic();
    let until = Instant::now() + Duration::from_secs(60);
    let swept = world.instance().system.segments().close_overdue(until).await.expect("a sweep");
    let traffic = world.traffic();
    assert_eq!((swept.closed, traffic.index_write_units), (1, 2.0), "a deadline costs what an update does");
}

#[tokio::test]
async fn a_segment_stands_on_the_shelf_of_its_state_all_its_life() {
    let world = World::start().await;
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    let instance = world.instance();
    instance.open(&timed("TIMED")).await;
    instance.open(&opening("FOR-EVER")).await;
    let inside = instance.open(&internal(&configuration)).await;
    let count = async |beginning: &str| shelves(&world, beginning).await.len();
    assert_eq!((count("due#").await, count("open#").await), (1, 2));
    for (id, field) in [("TIMED", "external_segment_id"), (inside.as_str(), "segment_sys_id")] {
        instance.call(&Event::put(&format!("segment/update?{field}={id}")).json(&json!({}))).await.expect(200);
    }
    assert_eq!((count("due#").await, count("open#").await), (0, 1));
    assert_eq!((count("awaiting#").await, count("closed#2024-09-16#").await), (1, 1));
    let row = &shelves(&world, "closed#").await[0];
    let wanted = format!("2024-09-16 18:00:00#{inside}");
    assert_eq!((text(row, BY_TIME.sort), text(row, "configuration_name")), (wanted.as_str(), "Calls"));
    assert!(!row.contains_key("notes") && !row.contains_key("request_hash"), "no texts: {row:?}");
}

#[tokio::test]
async fn backfill_puts_what_an_older_version_wrote_into_the_index_and_changes_nothing_else() {
    let world = World::start().await;
    let configuration = world.put_configuration("Calls", 2, &json!({})).await;
    let instance = world.instance();
    instance.open(&opening("OPEN")).await;
    let inside = instance.open(&internal(&configuration)).await;
    let close = json!({"wrap_up_code": "Code 001", "notes": "Done."});
    instance.call(&Event::put(&format!("segment/update?segment_sys_id={inside}")).json(&close)).await.expect(200);
    let before = as_of_before(&world).await;
    assert_eq!(shelves(&world, "").await.len(), 0);

    let whole = Part { number: 0, of: 1, after: None };
    let stores = world.instance();
    world.traffic();
    let done = stores.system.segments().backfill(&whole).await.expect("a page");
    assert_eq!(done, Backfilled { seen: 2, indexed: 2, ..Backfilled::default() });
    assert_eq!(shelves(&world, "").await.len(), 2);
    let row = &shelves(&world, "closed#").await[0];
    assert_eq!(text(row, "configuration_name"), "Calls");
    assert_eq!(row["code_place"], AttributeValue::N("1".to_owned()));
    for (before, after) in before.into_iter().zip(segments(&world).await) {
        for column in ["sys_mod_count", "sys_updated_on", "sys_updated_by", "sys_created_on", "state"] {
            assert_eq!(before.get(column), after.get(column), "{column}");
        }
        assert_eq!(SegmentEvent::from_images(Some(before), after), Ok(None), "it is no event");
    }
    world.traffic();
    let again = stores.system.segments().backfill(&whole).await.expect("a page");
    assert_eq!(again, Backfilled { seen: 2, ..Backfilled::default() });
    assert_eq!(world.traffic().requests, ["Scan"], "what is in its place costs no write");
}

#[tokio::test]
async fn backfill_does_not_write_over_what_changes_beside_it() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&timed("RACE")).await;
    as_of_before(&world).await;
    // Its update waits until the other's has come, too; DynamoDB takes them one after the other.
    world.fail(Rule::always(Fault::together(2)).on("UpdateItem").times(2));
    let part = Part { number: 0, of: 1, after: None };
    let other = world.instance();
    let close = Event::put("segment/update?external_segment_id=RACE").json(&json!({"notes": "Done."}));
    let (done, reply) = tokio::join!(other.system.segments().backfill(&part), instance.call(&close));
    reply.expect(200);
    assert_eq!(done.expect("a page").seen, 1);
    let record = &segments(&world).await[0];
    assert!(text(record, BY_TIME.partition).starts_with("awaiting#"), "{record:?}");
    assert_eq!(record["sys_mod_count"], AttributeValue::N("1".to_owned()));
}

#[tokio::test]
async fn backfill_passes_by_what_it_cannot_read_and_needs_no_snapshot() {
    let world = World::start().await;
    let instance = world.instance();
    for id in ["BROKEN", "LOST", "WHOLE"] {
        instance.open(&timed(id)).await;
    }
    for mut record in as_of_before(&world).await {
        match text(&record, "external_segment_id") {
            "BROKEN" => drop(record.remove("agent")),
            "LOST" => drop(record.insert("wrap_up_configuration".to_owned(), string("0".repeat(64)))),
            _ => {}
        }
        put(&world, record).await;
    }
    let part = Part { number: 0, of: 1, after: None };
    let done = world.instance().system.segments().backfill(&part).await.expect("a page");
    assert_eq!((done.seen, done.indexed, done.unreadable.len()), (3, 2, 1));
    assert_eq!(shelves(&world, "due#").await.len(), 2);
}

#[tokio::test]
async fn backfill_goes_on_where_it_was_in_each_of_its_parts() {
    let world = World::start().await;
    let instance = world.instance();
    // More than a page of records: an external segment has one of its own, and one that finds it.
    for number in 0..280 {
        instance.open(&timed(&format!("CALL-{number}"))).await;
    }
    as_of_before(&world).await;
    let (mut seen, mut pages) = (0, 0);
    for number in 0..2 {
        let mut after = None;
        loop {
            // Each by an instance of its own: all that it knows of the page before is the key.
            let part = Part { number, of: 2, after };
            let done = world.instance().system.segments().backfill(&part).await.expect("a page");
            (seen, pages, after) = (seen + done.seen, pages + 1, done.after);
            if after.is_none() {
                break;
            }
        }
    }
    assert_eq!(seen, 280);
    assert!(pages > 2, "{pages}");
    assert_eq!(shelves(&world, "due#").await.len(), 280);
}

#[tokio::test]
async fn a_table_of_before_gets_the_index_and_dynamodb_fills_it() {
    let world = World::start().await;
    world.instance().open(&timed("BEFORE")).await;
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name(BY_TIME.name).build().expect("a deletion");
    let update = world.client().update_table().table_name(Table::Segments.platform_name());
    let update = update.global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().delete(delete).build());
    update.send().await.expect("an update");
    let dynamo = world.stores().dynamo().clone();
    let added = add_missing_indexes(&dynamo).await.expect("an index");
    assert_eq!(added, [format!("{}/{}", Table::Segments.platform_name(), BY_TIME.name)]);
    assert_eq!(shelves(&world, "due#").await.len(), 1);
    assert_eq!(add_missing_indexes(&dynamo).await.expect("nothing"), Vec::<String>::new());
}

#[test]
fn shelves_are_as_many_as_the_first_digits_of_sys_ids() {
    let shelves: Vec<String> = by_time::SPREAD.chars().map(|digit| by_time::Shelf::Due.key(digit)).collect();
    assert_eq!(shelves.len(), 16);
    assert_eq!((shelves[0].as_str(), shelves[15].as_str()), ("due#0", "due#f"));
}
