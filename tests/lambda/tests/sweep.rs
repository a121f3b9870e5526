//! Wrap-ups that end by themselves while nobody looks: the function `close-overdue` stores that, finding them by the index.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, stream};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::time::Instant;
use wrapup::dynamodb::{Item, Table, string};
use wrapup::segments::{SegmentEvent, Swept};
use wrapup_functions::JobFunction;
use wrapup_functions::close_overdue::CloseOverdue;
use wrapup_lambda_tests::{Event, Fault, Instance, Reports, Rule, World, opening};
use wrapup_test_support::merged;

/// An external segment that ends a minute after it has opened; each of an interaction of its own.
fn timed(id: &str) -> Value {
    let own = json!({"interaction_sys_id": id, "opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 60, "show_timer": true}});
    merged(opening(id), &own)
}

/// Opens so many of them.
async fn open(instance: &Instance, count: usize) -> Vec<String> {
    let ids: Vec<String> = (0..count).map(|number| format!("CALL-{number}")).collect();
    // The first one stores what the others share.
    instance.open(&timed(&ids[0])).await;
    stream::iter(&ids).for_each_concurrent(16, |id| async { drop(instance.open(&timed(id)).await) }).await;
    ids
}

/// Sweeps once, with all the time that it may need.
async fn sweep(world: &World) -> Swept {
    let until = Instant::now() + Duration::from_secs(300);
    world.instance().system.segments().close_overdue(until).await.expect("a sweep")
}

/// A record of the segment table, by the external id of its segment.
async fn record(world: &World, external_segment_id: &str) -> Item {
    let records = world.records(Table::Segments).await.into_iter();
    let id = string(external_segment_id);
    records.into_iter().find(|record| record.get("external_segment_id") == Some(&id)).expect("a record")
}

/// Puts a record as it is: what an older version has written.
async fn put(world: &World, record: Item) {
    let table = Table::Segments.platform_name();
    world.client().put_item().table_name(table).set_item(Some(record)).send().await.expect("a put");
}

fn text<'a>(record: &'a Item, column: &str) -> &'a str {
    record.get(column).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

fn version(record: &Item) -> &str {
    record["sys_mod_count"].as_n().expect("a number")
}

#[tokio::test]
async fn after_an_hour_without_a_sweep_all_reads_are_right_and_one_sweep_closes_a_thousand() {
    let world = World::start().await;
    let instance = world.instance();
    let ids = open(&instance, 1_030).await;
    world.pass(Duration::from_secs(3_600));
    let reader = world.instance();
    let mut shown = Vec::new();
    for id in ids.iter().step_by(50) {
        let segment = reader.read(id).await;
        assert_eq!((&segment["state"], &segment["timed_out"]), (&json!("closed"), &json!(true)), "{segment}");
        assert_eq!(segment["submitted_on"], segment["due_on"], "{segment}");
        assert_eq!(segment["awaiting_confirmation"], true, "{segment}");
        shown.push(segment);
    }
    assert_eq!(record(&world, "CALL-0").await["state"], string("open"), "reading stores nothing");

    let wanted = Swept { found: 1_030, closed: 1_030, ..Swept::default() };
    assert_eq!(sweep(&world).await, wanted);
    let keys = world.segment_keys().await.len();
    let records = world.records(Table::Segments).await;
    let closed = records.iter().filter(|record| record.get("state") == Some(&string("closed")));
    let closed: Vec<_> = closed.collect();
    assert_eq!(closed.len(), keys);
    for record in closed {
        assert_eq!((version(record), text(record, "sys_updated_by")), ("1", "system"));
        assert!(text(record, "by_time_shelf").starts_with("awaiting#"), "{record:?}");
    }
    for before in shown {
        let id = before["external_segment_id"].as_str().expect("an id").to_owned();
        assert_eq!(world.instance().read(&id).await, before, "stored as it was shown");
    }
    assert_eq!(sweep(&world).await, Swept::default(), "all are stored");
}

#[tokio::test]
async fn nothing_is_closed_before_writers_take_it_for_closed() {
    let world = World::start().await;
    open(&world.instance(), 3).await;
    // A submission may be under way for two seconds.
    world.pass(Duration::from_millis(61_999));
    assert_eq!(sweep(&world).await, Swept::default());
    world.pass(Duration::from_millis(1));
    assert_eq!(sweep(&world).await, Swept { found: 3, closed: 3, ..Swept::default() });
}

#[tokio::test]
async fn segments_without_a_deadline_and_closed_ones_are_left_alone() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("FOR-EVER")).await;
    instance.open(&timed("DONE")).await;
    instance.call(&Event::put("segment/update?external_segment_id=DONE").json(&json!({}))).await.expect(200);
    world.pass(Duration::from_secs(86_400));
    assert_eq!(sweep(&world).await, Swept::default());
    assert_eq!(instance.read("FOR-EVER").await["state"], "open");
}

#[tokio::test]
async fn two_sweeps_at_once_close_each_segment_once() {
    let world = World::start().await;
    open(&world.instance(), 60).await;
    world.pass(Duration::from_secs(600));
    // Both have read all of them before either writes.
    world.fail(Rule::always(Fault::together(2)).on("BatchGetItem").times(2));
    let (one, other) = tokio::join!(sweep(&world), sweep(&world));
    assert_eq!((one.found, other.found), (60, 60));
    assert_eq!((one.closed + other.closed, one.lost + other.lost), (60, 60));
    assert_eq!((one.failed + other.failed, one.mended + other.mended), (0, 0));
    for record in world.records(Table::Segments).await.iter().filter(|record| record.contains_key("state")) {
        assert_eq!(version(record), "1");
    }
}

#[tokio::test]
async fn a_sweep_and_the_updates_that_come_late_close_each_segment_once() {
    let world = World::start().await;
    let ids = open(&world.instance(), 60).await;
    world.pass(Duration::from_secs(600));
    let instance = world.instance();
    let confirm = async |id: &String| {
        let update = Event::put(&format!("segment/update?external_segment_id={id}"));
        let body = json!({"confirmed_on": "2024-09-16 18:10:00"});
        let segment = instance.call(&update.json(&body)).await.expect(200)["segment"].clone();
        assert_eq!((&segment["timed_out"], &segment["confirmed_on"]), (&json!(true), &body["confirmed_on"]));
    };
    let confirming = stream::iter(&ids).for_each_concurrent(8, confirm);
    let (swept, ()) = tokio::join!(sweep(&world), confirming);
    assert_eq!(swept.closed + swept.lost, swept.found);
    assert_eq!((swept.failed, swept.oldest), (0, None));
    for record in world.records(Table::Segments).await.iter().filter(|record| record.contains_key("state")) {
        assert_eq!(version(record), "2", "closed by whoever came first, and confirmed");
        assert!(text(record, "by_time_shelf").starts_with("closed#2024-09-16#"), "{record:?}");
    }
    assert_eq!(sweep(&world).await, Swept::default());
}

#[tokio::test]
async fn a_segment_that_an_older_version_closed_gets_its_place_and_no_other_change() {
    let world = World::start().await;
    let instance = world.instance();
    open(&instance, 2).await;
    let open_one = record(&world, "CALL-0").await;
    let close = Event::put("segment/update?external_segment_id=CALL-0").json(&json!({"wrap_up_code": "Code 001"}));
    instance.call(&close).await.expect(200);
    // That version knew nothing of the index, nor of the code's place.
    let mut stale = record(&world, "CALL-0").await;
    for column in ["by_time_shelf", "by_time_place"] {
        stale.insert(column.to_owned(), open_one[column].clone());
    }
    stale.remove("code_place");
    put(&world, stale.clone()).await;
    world.pass(Duration::from_secs(600));

    assert_eq!(sweep(&world).await, Swept { found: 2, closed: 1, mended: 1, ..Swept::default() });
    let mended = record(&world, "CALL-0").await;
    let sys_id = text(&mended, "sys_id");
    assert_eq!(text(&mended, "by_time_shelf"), format!("awaiting#{}", &sys_id[..1]));
    assert_eq!(text(&mended, "by_time_place"), format!("{}#{sys_id}", text(&mended, "submitted_on")));
    assert_eq!(mended["code_place"], AttributeValue::N("1".to_owned()));
    let others = |record: &Item| {
        let mut record = record.clone();
        record.retain(|column, _| !["by_time_shelf", "by_time_place", "code_place"].contains(&column.as_str()));
        record
    };
    assert_eq!(others(&mended), others(&stale), "who changed it and when is as it was");
    assert_eq!(SegmentEvent::from_images(Some(stale), mended), Ok(None), "it is no event");
    assert_eq!(sweep(&world).await, Swept::default());
}

#[tokio::test]
async fn a_segment_whose_place_is_mended_while_it_changes_is_put_where_it_belongs_then() {
    let world = World::start().await;
    let instance = world.instance();
    open(&instance, 1).await;
    let open_one = record(&world, "CALL-0").await;
    instance.call(&Event::put("segment/update?external_segment_id=CALL-0").json(&json!({}))).await.expect(200);
    let mut stale = record(&world, "CALL-0").await;
    for column in ["by_time_shelf", "by_time_place"] {
        stale.insert(column.to_owned(), open_one[column].clone());
    }
    put(&world, stale).await;
    world.pass(Duration::from_secs(600));
    // The sweep's update waits until the confirmation's has come, too; DynamoDB takes them one after the other.
    world.fail(Rule::always(Fault::together(2)).on("UpdateItem").times(2));
    let confirm = Event::put("segment/update?external_segment_id=CALL-0");
    let confirm = confirm.json(&json!({"confirmed_on": "2024-09-16 18:10:00"}));
    let (swept, reply) = tokio::join!(sweep(&world), instance.call(&confirm));
    reply.expect(200);
    assert_eq!((swept.found, swept.mended + swept.lost, swept.failed), (1, 1, 0));
    let confirmed = record(&world, "CALL-0").await;
    assert!(text(&confirmed, "by_time_shelf").starts_with("closed#2024-09-16#"), "{confirmed:?}");
    assert_eq!(version(&confirmed), "2");
}

/// Runs the function once as Lambda does, with so many seconds; answers its one line.
async fn run(world: &World, seconds: u64) -> Value {
    let mut lines = run_for_lines(world, seconds).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

/// The same; answers all lines of the run.
async fn run_for_lines(world: &World, seconds: u64) -> Vec<Value> {
    let (reports, clock) = (Reports::default(), wrapup::clock::Clock::system());
    let job = Box::new(CloseOverdue::new(&world.instance().system));
    let function = JobFunction::new(job, clock.clone()).with_reporter(reports.reporter(clock.clone()));
    let mut context = Context::default();
    let deadline = clock.since_epoch() + Duration::from_secs(seconds);
    context.deadline = u64::try_from(deadline.as_millis()).expect("milliseconds");
    let payload = serde_json::from_value(json!({})).expect("any JSON");
    let done = function.handle(LambdaEvent::new(payload, context)).await;
    let lines = reports.take();
    assert_eq!(done.is_ok(), lines[0]["outcome"] != "failed", "{lines:?}");
    lines
}

fn of_line<'a>(line: &'a Value, names: &[&str]) -> Vec<&'a Value> {
    names.iter().map(|name| &line[*name]).collect()
}

#[tokio::test]
async fn what_became_of_ai_codes_is_counted_of_each_that_a_run_closes() {
    let world = World::start().await;
    let instance = world.instance();
    for (id, stands_in) in [("CALL-1", true), ("CALL-2", false), ("CALL-3", true)] {
        let own = json!({"ai_wrap_up_code": "Code 001", "configuration": {"use_ai_code_as_default": stands_in}});
        instance.open(&merged(timed(id), &own)).await;
    }
    world.pass(Duration::from_secs(3_600));
    let mut counted: Vec<(Value, Value)> = Vec::new();
    for line in run_for_lines(&world, 120).await {
        assert_eq!((&line["endpoint"], line["request_id"].is_string()), (&json!("close-overdue"), true), "{line}");
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().expect("metrics");
        let by_outcome = json!(["endpoint", "ai_outcome"]);
        assert!(directives.iter().any(|directive| directive["Dimensions"][0] == by_outcome), "{line}");
        counted.push((line["ai_outcome"].clone(), line["ai_outcomes"].clone()));
    }
    counted.sort_by_key(|(outcome, _)| outcome.to_string());
    assert_eq!(counted, [(json!("ai_code_as_default"), json!(2)), (json!("default_code"), json!(1))]);
}

#[tokio::test]
async fn a_runs_line_says_what_it_found_and_the_alarm_has_its_metric_also_where_nothing_was_due() {
    let world = World::start().await;
    open(&world.instance(), 5).await;
    let names = ["outcome", "found", "oldest_overdue_seconds"];
    let nothing = [json!("nothing due"), json!(0), json!(0)];
    let line = run(&world, 120).await;
    assert_eq!(of_line(&line, &names), nothing.iter().collect::<Vec<_>>());
    assert_eq!(line["dynamodb_requests"], 16, "a query for each of its shelves");
    world.pass(Duration::from_secs(600));
    let line = run(&world, 120).await;
    let all = [json!("all stored"), json!(5), json!(0)];
    assert_eq!(of_line(&line, &names), all.iter().collect::<Vec<_>>());
    assert_eq!(of_line(&line, &["endpoint", "closed", "timed_out"]), [&json!("close-overdue"), &json!(5), &json!(5)]);
    // What did not happen is no metric, which would be paid for.
    assert!(["lost_races", "mended", "not_stored"].iter().all(|name| line.get(*name).is_none()), "{line}");
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().expect("directives");
    let by_endpoint = directives.iter().find(|one| one["Dimensions"] == json!([["endpoint"]])).expect("by endpoint");
    assert_eq!(by_endpoint["Metrics"], json!([{"Name": "oldest_overdue_seconds", "Unit": "Seconds"}]));
}

#[tokio::test]
async fn what_there_is_no_time_for_is_left_to_the_next_run_and_counted_as_late() {
    let world = World::start().await;
    open(&world.instance(), 5).await;
    world.pass(Duration::from_secs(660));
    // Of its time a run keeps what its last request may take.
    let line = run(&world, 10).await;
    let of = of_line(&line, &["outcome", "oldest_overdue_seconds"]);
    assert_eq!(of, [&json!("some left"), &json!(600)]);
    assert_eq!(run(&world, 120).await["outcome"], "all stored");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_keeps_no_other_from_its_end() {
    let world = World::start().await;
    open(&world.instance(), 5).await;
    let mut broken = record(&world, "CALL-3").await;
    broken.remove("agent");
    put(&world, broken.clone()).await;
    world.pass(Duration::from_secs(660));
    let line = run(&world, 120).await;
    let of = of_line(&line, &["outcome", "found", "closed", "not_stored", "oldest_overdue_seconds"]);
    assert_eq!(of, [&json!("some left"), &json!(5), &json!(4), &json!(1), &json!(600)]);
    assert_eq!(record(&world, "CALL-3").await, broken);
}

#[tokio::test]
async fn a_run_that_cannot_read_the_index_fails_and_says_nothing_of_what_is_late() {
    let world = World::start().await;
    world.fail(Rule::always(Fault::Denied).on("Query"));
    let line = run(&world, 120).await;
    assert_eq!((&line["outcome"], line.get("oldest_overdue_seconds")), (&json!("failed"), None));
}

#[tokio::test]
async fn where_dynamodb_stores_nothing_a_run_gives_up_and_the_next_one_stores_all() {
    let world = World::start().await;
    open(&world.instance(), 5).await;
    world.pass(Duration::from_secs(660));
    world.fail(Rule::always(Fault::ServerError).on("UpdateItem"));
    let line = run(&world, 120).await;
    let of = of_line(&line, &["outcome", "not_stored", "oldest_overdue_seconds"]);
    assert_eq!(of, [&json!("some left"), &json!(5), &json!(600)]);
    world.recover();
    assert_eq!(run(&world, 120).await["outcome"], "all stored");
}
