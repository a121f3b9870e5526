//! The relay: what a bus of EventBridge is told of segments, and what becomes of events that it does not take.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::sync::LazyLock;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use wrapup::aws::EventBus;
use wrapup::clock::Clock;
use wrapup::dynamodb::{Table, Tables};
use wrapup::openapi::EventContract;
use wrapup::segments::EventForm;
use wrapup_functions::BatchResponse;
use wrapup_lambda_tests::{
    Asked, Event, Fault, Instance, Reports, Rule, Scripted, StreamRecord, Turn, World, opening, relay,
};
use wrapup_test_support::{Schema, merged};

/// What is called of EventBridge, as its own model has it. See `make-schema` beside it.
static EVENTBRIDGE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../eventbridge/eventbridge.schema.json")).expect("JSON"));

/// What CloudEvents 1.0 asks of an event in JSON, and of the extension `sequence`: names and types of the attributes, that
/// none of them is empty, and what names an extension may have.
fn cloud_event() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    json!({
        "type": "object",
        "required": ["id", "source", "specversion", "type"],
        "properties": {
            "id": text,
            "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
            "specversion": {"const": "1.0"},
            "type": text,
            "datacontenttype": {"const": "application/json"},
            "subject": text,
            "time": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"},
            "sequence": text,
            "data": {"type": "object"},
        },
        "propertyNames": {"pattern": "^[a-z0-9]+$"},
        "additionalProperties": {"type": ["string", "boolean", "integer"]},
    })
}

/// An event as the contract of the events has it.
fn contract() -> Schema {
    let mut document = serde_json::to_value(EventContract::new()).expect("JSON");
    let messages = document["components"]["messages"].as_object().expect("messages").clone();
    document["oneOf"] = messages.into_iter().map(|(_, message)| message["payload"].clone()).collect();
    Schema::new(document)
}

#[track_caller]
fn assert_valid(operation: &str, part: &str, document: &Value) {
    let mut schema = EVENTBRIDGE.clone();
    schema["allOf"] = json!([{"$ref": format!("#/operations/{operation}/{part}")}]);
    let checked = Schema::new(schema).check(document);
    assert!(checked.is_ok(), "{operation}, {part}: {checked:?} in {document}");
}

/// An answer about entries, of which some are rejected for a reason.
fn answers(rejected: &[Option<&str>]) -> Turn {
    let entries = rejected.iter().enumerate().map(|(index, code)| match code {
        None => json!({"EventId": format!("event-{index}")}),
        Some(code) => json!({"ErrorCode": code, "ErrorMessage": "It is said so."}),
    });
    let failed = rejected.iter().flatten().count();
    let body = json!({"FailedEntryCount": failed, "Entries": entries.collect::<Vec<_>>()});
    assert_valid("PutEvents", "response", &body);
    Turn::json(&body)
}

/// The bus is there.
fn is_there() -> Turn {
    let body =
        json!({"Name": "wrapup-events", "Arn": "arn:aws:events:eu-central-1:123456789012:event-bus/wrapup-events"});
    assert_valid("DescribeEventBus", "response", &body);
    Turn::json(&body)
}

/// It is not.
fn is_gone() -> Turn {
    let message = "Event bus wrapup-events does not exist.";
    Turn::status(400, &json!({"__type": "ResourceNotFoundException", "message": message}))
}

/// It takes a whole call, whatever is in it.
fn takes_all() -> Turn {
    answers(&[None; 10])
}

/// A relay to a bus, in one process.
struct Bus {
    service: Scripted,
    bus: EventBus,
    reports: Reports,
    form: EventForm,
}

impl Bus {
    /// One that is there, and answers so.
    async fn that(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self::of(&[is_there()].into_iter().chain(turns).collect::<Vec<_>>()).await
    }

    /// One of which EventBridge says this.
    async fn of(turns: &[Turn]) -> Self {
        let service = Scripted::start(turns.to_vec()).await;
        let bus = EventBus::new(&service.as_aws(), "wrapup-events".to_owned());
        let form = EventForm::new(&Tables::with_prefix("prod-"), None);
        Self { service, bus, reports: Reports::default(), form }
    }

    /// Delivers records; answers the numbers of those that come again.
    async fn deliver(&self, world: &World, records: &[StreamRecord]) -> Vec<String> {
        let function = relay(world.instance().system, self.bus.clone(), self.form.clone());
        let function = function.with_reporter(self.reports.reporter(Clock::system()));
        let BatchResponse { batch_item_failures } = function.handle(StreamRecord::event(records)).await;
        batch_item_failures.into_iter().map(|failure| failure.item_identifier.expect("a number")).collect()
    }

    /// What EventBridge was asked since the last time, by operation; each is a request that it takes.
    fn asked(&self) -> Vec<(String, Value)> {
        let checked = |asked: Asked| {
            let text = |name: &str| asked.headers[name].to_str().expect("a text").to_owned();
            let operations = EVENTBRIDGE["operations"].as_object().expect("operations");
            let operation = operations.iter().find(|(_, operation)| operation["target"] == text("x-amz-target"));
            let (operation, _) = operation.expect("an operation");
            assert_valid(operation, "request", &asked.body);
            assert_eq!(text("content-type"), EVENTBRIDGE["content_type"]);
            let signed_for = EVENTBRIDGE["signed_for"].as_str().expect("a text");
            let authorization = text("authorization");
            assert!(authorization.contains(&format!("/eu-central-1/{signed_for}/aws4_request")), "{authorization}");
            (operation.clone(), asked.body)
        };
        self.service.asked().into_iter().map(checked).collect()
    }

    /// The entries of each PutEvents since the last time.
    fn puts(&self) -> Vec<Vec<Value>> {
        let puts = self.asked().into_iter().filter(|(operation, _)| operation == "PutEvents");
        puts.map(|(_, body)| body["Entries"].as_array().expect("entries").clone()).collect()
    }

    /// The same, checked: their details.
    fn calls(&self) -> Vec<Vec<Value>> {
        let (cloud_event, contract) = (Schema::new(cloud_event()), contract());
        let detail = |entry: Value| {
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().expect("a text")).expect("JSON");
            assert_eq!(cloud_event.check(&detail), Ok(()), "{detail}");
            assert_eq!(contract.check(&detail), Ok(()), "{detail}");
            assert_eq!(entry["DetailType"], detail["type"]);
            assert_eq!((&entry["Source"], &detail["source"]), (&json!("/wrapup/prod-"), &json!("/wrapup/prod-")));
            assert_eq!(entry["EventBusName"], "wrapup-events");
            detail
        };
        self.puts().into_iter().map(|entries| entries.into_iter().map(detail).collect()).collect()
    }
}

/// The records of calls that each change the segment of `E-1`.
async fn changes(world: &World, instance: &Instance, sys_id: &str, calls: &[(&str, Value)]) -> Vec<StreamRecord> {
    let mut records = Vec::new();
    let mut before = world.segment_record(sys_id).await;
    for (number, (path, body)) in calls.iter().enumerate() {
        let path = match *path {
            "segment/update/ai" => (*path).to_owned(),
            path => format!("{path}?external_segment_id=E-1"),
        };
        instance.call(&Event::put(&path).json(body)).await.expect(200);
        let after = world.segment_record(sys_id).await;
        records.push(StreamRecord::modify(before, after.clone()).numbered(&format!("2{number:02}")));
        before = after;
    }
    records
}

/// So many segments, and the record of each in the stream.
async fn opened(world: &World, count: usize) -> Vec<StreamRecord> {
    let instance = world.instance();
    let mut records = Vec::new();
    for index in 0..count {
        let sys_id = instance.open(&opening(&format!("E-{index}"))).await;
        records.push(StreamRecord::insert(world.segment_record(&sys_id).await).numbered(&format!("1{index:02}")));
    }
    records
}

#[tokio::test]
async fn each_change_of_a_segment_is_told_once_and_a_draft_is_not() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let instance = world.instance();
    let sys_id = instance.open(&opening("E-1")).await;
    let mut records = vec![StreamRecord::insert(world.segment_record(&sys_id).await).numbered("100")];
    let configuration =
        json!({"configuration": merged(opening("E-1")["configuration"].clone(), &json!({"show_timer": true}))});
    let steps = [
        ("segment/update/ai", json!({"external_segment_id": "E-1", "ai_notes": "Charged twice."})),
        ("segment/update", configuration),
        ("segment/draft", json!({"notes": "The customer"})),
        ("segment/update", json!({"wrap_up_code": "Code 001", "notes": "Refund sent."})),
        ("segment/update", json!({"notes": "Refund sent today."})),
        ("segment/update", json!({"confirmed_on": "2024-09-16 18:00:00"})),
    ];
    records.extend(changes(&world, &instance, &sys_id, &steps).await);
    // What finds segments is none, and what goes is no event.
    for item in world.records(Table::Segments).await {
        if item["sys_id"].as_s().is_ok_and(|key| key.contains(':')) {
            records.push(StreamRecord::insert(item));
        }
    }
    records.push(StreamRecord::remove(world.segment_record(&sys_id).await));
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    let calls = bus.calls();
    let [events] = &calls[..] else { panic!("one call: {calls:?}") };
    let told: Vec<_> = events.iter().map(|event| (event["type"].as_str(), event["sequence"].as_str())).collect();
    let expected = [
        ("segment.opened", "0000000000"),
        ("segment.ai_suggested", "0000000001"),
        ("segment.configured", "0000000002"),
        // The draft is number 3.
        ("segment.closed", "0000000004"),
        ("segment.corrected", "0000000005"),
        ("segment.confirmed", "0000000006"),
    ];
    assert_eq!(told, expected.map(|(kind, sequence)| (Some(kind), Some(sequence))));
    for event in events {
        assert_eq!(event["subject"], json!(sys_id));
        assert_eq!(event["time"], "2024-09-16T18:00:00Z");
        let text = event.to_string();
        for said in ["Charged twice.", "The customer", "Refund sent", "allowed_codes"] {
            assert!(!text.contains(said), "{said} in {text}");
        }
    }
    // What is told of the last change is what GET shows, but for what events leave out.
    let mut shown = instance.read("E-1").await;
    let shown_fields = shown.as_object_mut().expect("a segment");
    shown_fields.retain(|name, _| !["notes", "ai_notes"].contains(&name.as_str()));
    shown["wrap_up_configuration"].as_object_mut().expect("a configuration").remove("allowed_codes");
    assert_eq!(events[5]["data"], shown);
    let report = bus.reports.one();
    assert_eq!(
        (&report["endpoint"], &report["outcome"], &report["events_sent"]),
        (&json!("relay"), &json!("sent"), &json!(6))
    );
}

#[tokio::test]
async fn whatever_comes_again_is_the_same_event() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let records = opened(&world, 2).await;
    for _ in 0..2 {
        assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    }
    let calls = bus.puts();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0], calls[1], "to the byte: a detail is a text");
}

#[tokio::test]
async fn a_call_has_ten_entries() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let records = opened(&world, 23).await;
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    let mut sizes: Vec<_> = bus.calls().iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [3, 10, 10]);
}

#[tokio::test]
async fn what_the_bus_rejects_is_sent_again_and_nothing_else() {
    let turns = [answers(&[None, Some("ThrottlingException"), None]), answers(&[Some("InternalFailure")]), takes_all()];
    let (world, bus) = (World::start().await, Bus::that(turns).await);
    let records = opened(&world, 3).await;
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    let ids = |call: &Vec<Value>| call.iter().map(|event| event["id"].clone()).collect::<Vec<_>>();
    let calls: Vec<_> = bus.calls().iter().map(ids).collect();
    assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 1]);
    assert_eq!((&calls[1][0], &calls[2][0]), (&calls[0][1], &calls[0][1]));
    assert_eq!(bus.reports.one()["events_sent"], 3);
}

#[tokio::test]
async fn only_what_cannot_go_out_comes_again() {
    // The same answer to each call: it is the first of each that is rejected.
    let (world, bus) = (World::start().await, Bus::that([answers(&[Some("InternalFailure"), None, None])]).await);
    let records = opened(&world, 3).await;
    assert_eq!(bus.deliver(&world, &records).await, ["100"]);
    let report = bus.reports.one();
    assert_eq!((&report["outcome"], &report["events_sent"]), (&json!("failed"), &json!(2)));
}

#[tokio::test]
async fn what_has_no_right_to_the_bus_asks_once_and_all_comes_again() {
    let denied = Turn::status(400, &json!({"__type": "AccessDeniedException", "Message": "no"}));
    let (world, bus) = (World::start().await, Bus::that([denied]).await);
    let records = opened(&world, 2).await;
    assert_eq!(bus.deliver(&world, &records).await, ["100", "101"]);
    assert_eq!(bus.calls().len(), 1);
}

/// EventBridge takes what is put on a bus that is not there, says that it is fine, and throws it away.
#[tokio::test]
async fn a_bus_that_is_not_there_is_told_nothing_and_all_comes_again() {
    let (world, bus) = (World::start().await, Bus::of(&[is_gone(), is_gone(), is_there(), takes_all()]).await);
    let records = opened(&world, 2).await;
    for _ in 0..2 {
        assert_eq!(bus.deliver(&world, &records).await, ["100", "101"]);
        assert_eq!(bus.asked(), [("DescribeEventBus".to_owned(), json!({"Name": "wrapup-events"}))]);
        let report = bus.reports.one();
        assert_eq!((&report["outcome"], &report["events_sent"]), (&json!("failed"), &json!(0)));
    }
    // It is made, and gets all that has happened.
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    assert_eq!(bus.calls().concat().len(), 2);
}

#[tokio::test]
async fn a_process_asks_once_in_a_while_whether_the_bus_is_there() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let records = opened(&world, 2).await;
    for _ in 0..3 {
        assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    }
    let operations: Vec<_> = bus.asked().into_iter().map(|(operation, _)| operation).collect();
    assert_eq!(operations, ["DescribeEventBus", "PutEvents", "PutEvents", "PutEvents"]);
}

#[tokio::test]
async fn a_bus_that_is_down_for_a_moment_loses_nothing() {
    let down = Turn::status(503, &json!({"__type": "InternalException"}));
    let (world, bus) = (World::start().await, Bus::that([down.clone(), down, takes_all()]).await);
    let records = opened(&world, 2).await;
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_holds_up_no_other() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let records = opened(&world, 2).await;
    let mut broken = world.segment_record(&world.segment_keys().await[0]).await;
    let mut of_no_snapshot = broken.clone();
    broken.insert("opened_on".to_owned(), AttributeValue::Bool(true));
    of_no_snapshot.insert("wrap_up_configuration".to_owned(), AttributeValue::S("0".repeat(64)));
    let batch = [
        StreamRecord::insert(broken).numbered("050"),
        StreamRecord::insert(of_no_snapshot).numbered("051"),
        records[0].clone(),
        records[1].clone(),
    ];
    assert_eq!(bus.deliver(&world, &batch).await, Vec::<String>::new());
    assert_eq!(bus.calls().concat().len(), 2);
    let report = bus.reports.one();
    assert_eq!((&report["events_sent"], &report["put_aside"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn what_cannot_be_written_while_dynamodb_is_down_comes_again() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let records = opened(&world, 2).await;
    world.fail(Rule::always(Fault::Throttled).on("GetItem"));
    assert_eq!(bus.deliver(&world, &records).await, ["100", "101"]);
    world.recover();
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_relay_reads_each_configuration_once_and_writes_nothing() {
    let (world, bus) = (World::start().await, Bus::that([takes_all()]).await);
    let records = opened(&world, 3).await;
    world.traffic();
    bus.deliver(&world, &records).await;
    let traffic = world.traffic();
    assert_eq!(traffic.requests, ["GetItem"], "three segments of one configuration");
    assert!(traffic.read_units <= 1.0 && traffic.write_units == 0.0, "{traffic:?}");
}

#[tokio::test]
async fn notes_are_told_of_where_the_deployment_says_so() {
    let (world, mut bus) = (World::start().await, Bus::that([takes_all()]).await);
    bus.form = bus.form.with_notes(true);
    let instance = world.instance();
    let sys_id = instance.open(&opening("E-1")).await;
    let close = [("segment/update", json!({"notes": "Refund sent."}))];
    let records = changes(&world, &instance, &sys_id, &close).await;
    assert_eq!(bus.deliver(&world, &records).await, Vec::<String>::new());
    assert_eq!(bus.calls()[0][0]["data"]["notes"], "Refund sent.");
}
