//! Wrap-ups that end by themselves in the local system: the clock stores that, be it that the process was down meanwhile.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use serde_json::{Value, json};
use wrapup_test_support::{Server, external, merged};

use crate::BINARY;
use crate::desk::Desk;

const SEGMENTS: &str = "interaction_wrap_up_segment";

/// A wrap-up that ends five seconds after it is created: its time was up before.
fn overdue(id: &str) -> Value {
    let own = json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    merged(external(id), &own)
}

/// The segments' records, by their external ids.
async fn records(server: &Server) -> HashMap<String, HashMap<String, AttributeValue>> {
    let records = server.stored(SEGMENTS).await.into_iter();
    records.filter(|record| record.contains_key("state")).map(|one| (text(&one, "external_segment_id"), one)).collect()
}

fn text(record: &HashMap<String, AttributeValue>, column: &str) -> String {
    record.get(column).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// Waits until the ends of these are stored, and answers their records.
async fn stored_ends(server: &Server, ids: &[&str]) -> Vec<HashMap<String, AttributeValue>> {
    for _ in 0..600 {
        let mut records = records(server).await;
        if ids.iter().all(|id| records.get(*id).is_some_and(|record| text(record, "state") == "closed")) {
            return ids.iter().filter_map(|id| records.remove(*id)).collect();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Vec::new()
}

#[tokio::test]
async fn a_wrap_up_that_nobody_submits_ends_by_itself_and_so_it_is_stored() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = api.post("segment/create", &overdue("ALONE")).await.expect(200)["segment"].clone();
    api.post("segment/create", &external("FOR-EVER")).await.expect(200);
    let ended = stored_ends(&server, &["ALONE"]).await;
    assert_eq!(ended.len(), 1, "nobody has stored its end");
    assert_eq!(json!(text(&ended[0], "submitted_on")), opened["due_on"]);
    assert_eq!(text(&ended[0], "sys_updated_by"), "system");
    let shown = api.get("segment/ALONE").await.expect(200)["segment"].clone();
    assert_eq!((&shown["state"], &shown["timed_out"]), (&json!("closed"), &json!(true)));
    assert_eq!(api.get("segment/FOR-EVER").await.expect(200)["segment"]["state"], "open");
}

/// The folder is one of before the index, too: the next start gives it that.
#[tokio::test]
async fn what_fell_due_while_the_process_was_killed_is_closed_after_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(BINARY, folder.path());
    for id in ["ONE", "TWO"] {
        server.api().post("segment/create", &overdue(id)).await.expect(200);
    }
    let draft = json!({"notes": "What I had typed"});
    server.api().put("segment/draft?external_segment_id=ONE", &draft).await.expect(200);
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("by_time").build().expect("a deletion");
    let update = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    let update = server.dynamodb().update_table().table_name(SEGMENTS).global_secondary_index_updates(update);
    update.send().await.expect("an update");
    server.kill();
    // Beyond the deadline, and what a submission under way may take.
    tokio::time::sleep(Duration::from_secs(8)).await;

    let server = Server::start_in(BINARY, folder.path());
    let ended = stored_ends(&server, &["ONE", "TWO"]).await;
    assert_eq!(ended.len(), 2, "nobody has stored their ends");
    assert_eq!(ended[0]["notes"], AttributeValue::S("What I had typed".to_owned()));
    for record in ended {
        assert_eq!(text(&record, "submitted_on"), text(&record, "due_on"));
    }
}

/// Makes all segments' records what an older version would have written.
async fn as_of_before(server: &Server) {
    for (_, mut record) in records(server).await {
        for column in ["by_time_shelf", "by_time_place", "configuration_name", "code_place"] {
            record.remove(column);
        }
        let put = server.dynamodb().put_item().table_name(SEGMENTS).set_item(Some(record));
        put.send().await.expect("a put");
    }
}

/// How many segments have a place in the index.
async fn indexed(server: &Server) -> usize {
    records(server).await.values().filter(|record| record.contains_key("by_time_place")).count()
}

#[tokio::test]
async fn backfill_puts_older_segments_into_the_index_and_goes_on_from_its_position() {
    let desk = Desk::open();
    for number in 0..12 {
        desk.api().post("segment/create", &external(&format!("OLD-{number}"))).await.expect(200);
    }
    as_of_before(&desk.server).await;
    assert_eq!(indexed(&desk.server).await, 0);
    let said = desk.run("index backfill").fine();
    let others = "0 codes and 0 configurations put into their place in the index\n";
    assert_eq!(said, format!("{others}12 segments looked at, 12 of them put into their place in the index\n"));
    assert_eq!(indexed(&desk.server).await, 12);
    assert_eq!(desk.run("index backfill").fine(), said.replace(", 12 of", ", 0 of"));

    as_of_before(&desk.server).await;
    let position = desk.folder.path().join("position.json").to_string_lossy().into_owned();
    let with_position = ["--position", position.as_str()];
    assert_eq!(desk.run_with("index backfill --parts 2", &with_position, "").fine(), said);
    // All is done, so there is nothing that it would go on with.
    as_of_before(&desk.server).await;
    let done = desk.run_with("index backfill", &with_position, "").fine();
    assert_eq!(done, format!("{position} says that all is done; remove it to begin again\n"));
    // One part is: the rest is gone through.
    let kept: Value = serde_json::from_slice(&std::fs::read(&position).expect("a file")).expect("JSON");
    let half = json!({"table": kept["table"], "parts": [kept["parts"][0], {"from": {"after": null}}]});
    std::fs::write(&position, half.to_string()).expect("a file");
    desk.run_with("index backfill", &with_position, "").fine();
    let of_half = indexed(&desk.server).await;
    assert!(of_half < 12, "{of_half}");
    std::fs::write(
        &position,
        json!({"table": kept["table"], "parts": [{"from": {"after": null}}, kept["parts"][1]]}).to_string(),
    )
    .expect("a file");
    desk.run_with("index backfill", &with_position, "").fine();
    assert_eq!(indexed(&desk.server).await, 12);
}

#[tokio::test]
async fn backfill_names_what_is_wrong_with_a_position_and_with_records() {
    let desk = Desk::open();
    desk.api().post("segment/create", &external("WHOLE")).await.expect(200);
    desk.api().post("segment/create", &external("BROKEN")).await.expect(200);
    let of_other = desk.file("other.json", json!({"table": "other", "parts": ["done"]}).to_string());
    desk.run_with("index backfill --position", &[&of_other], "").failed(&[&of_other, "of the table other"]);
    let no_position = desk.file("none.json", "{}");
    desk.run_with("index backfill --position", &[&no_position], "").failed(&[&no_position, "no position"]);
    desk.run("index backfill --parts 0").misused();

    as_of_before(&desk.server).await;
    let mut broken = records(&desk.server).await.remove("BROKEN").expect("a record");
    broken.remove("agent");
    let sys_id = text(&broken, "sys_id");
    let put = desk.server.dynamodb().put_item().table_name(SEGMENTS).set_item(Some(broken));
    put.send().await.expect("a put");
    let said = desk.run("index backfill").failed(&[&sys_id, "cannot be read, and are as they were: 1"]);
    assert!(
        said.out.ends_with("\n2 segments looked at, 1 of them put into their place in the index\n"),
        "{}",
        said.out
    );
    assert_eq!(indexed(&desk.server).await, 1);
}

#[tokio::test]
async fn tables_create_adds_the_index_that_an_older_version_created_the_table_without() {
    let desk = Desk::open();
    assert_eq!(desk.run("tables create").fine(), "all tables are there already\n");
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("by_time").build().expect("a deletion");
    let update = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    let update = desk.server.dynamodb().update_table().table_name(SEGMENTS).global_secondary_index_updates(update);
    update.send().await.expect("an update");
    let said = desk.run("tables create").fine();
    assert!(said.starts_with(&format!("added its index to {SEGMENTS}")), "{said}");
    assert!(said.contains("wrapup index backfill"), "{said}");
}
