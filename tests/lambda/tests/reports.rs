//! The line that a function writes of each call: a log for people, metrics for CloudWatch.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use lambda_http::RequestExt;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Map, Value, json};
use wrapup::dynamodb::Table;
use wrapup::interactions::{Interaction, Interactions};
use wrapup_functions::authorizer::Authorizer;
use wrapup_lambda_tests::{
    Event, Fault, Instance, Parts, Reports, Rule, ScriptedProvider, StreamRecord, World, call_all, filler, opening,
    opening_with, segmented,
};
use wrapup_test_support::merged;

async fn watched() -> (World, Instance, Reports) {
    let world = World::start().await;
    let reports = Reports::default();
    let instance = world.instance_with(Parts { reports: Some(reports.clone()), ..Parts::default() });
    (world, instance, reports)
}

/// The metrics of a line, by name, as CloudWatch reads them: every dimension a text and every metric a number
/// beside `_aws`, each metric once for a set of dimensions.
#[track_caller]
fn metrics(line: &Value) -> Map<String, Value> {
    let aws = &line["_aws"];
    assert!(aws["Timestamp"].as_u64().is_some_and(|at| at > 1_700_000_000_000), "milliseconds: {line}");
    let mut metrics = Map::new();
    for directive in aws["CloudWatchMetrics"].as_array().expect("directives") {
        assert_eq!(directive["Namespace"], "Wrapup");
        let sets = directive["Dimensions"].as_array().expect("sets of dimensions");
        for dimension in sets.iter().flat_map(|set| set.as_array().expect("a set")) {
            let value = &line[dimension.as_str().expect("a name")];
            assert!(value.as_str().is_some_and(|value| !value.is_empty()), "{dimension} in {line}");
        }
        for metric in directive["Metrics"].as_array().expect("metrics") {
            let name = metric["Name"].as_str().expect("a name");
            assert!(["Count", "Seconds"].contains(&metric["Unit"].as_str().expect("a unit")), "{line}");
            assert!(line[name].is_number(), "{name} in {line}");
            assert!(metrics.insert(name.to_owned(), line[name].clone()).is_none(), "{name} twice in {line}");
        }
    }
    metrics
}

fn update(body: &Value) -> Event {
    Event::put("segment/update?external_segment_id=E-1").json(body)
}

#[tokio::test]
async fn a_segments_life_is_counted_once() {
    let (world, instance, reports) = watched().await;
    let create = Event::post("segment/create").json(&merged(opening("E-1"), &json!({"opened_on": null})));
    for opened in [json!({"calls": 1, "opened": 1}), json!({"calls": 1})] {
        instance.call(&create).await.expect(200);
        assert_eq!(json!(metrics(&reports.one())), opened, "the same request again opens nothing");
    }
    world.pass(Duration::from_secs(57));
    instance.call(&update(&json!({"notes": "Done."}))).await.expect(200);
    let closed = json!({"calls": 1, "closed": 1, "seconds_in_wrap_up": 57});
    assert_eq!(json!(metrics(&reports.one())), closed);
    for confirmed in [json!({"calls": 1, "confirmed": 1}), json!({"calls": 1})] {
        instance.call(&update(&json!({"confirmed_on": "2024-09-16 18:52:01"}))).await.expect(200);
        assert_eq!(json!(metrics(&reports.one())), confirmed);
    }
    instance.call(&update(&json!({"notes": "Other."}))).await.expect(400);
    let line = reports.one();
    assert_eq!((json!(metrics(&line)), &line["outcome"]), (json!({"calls": 1}), &json!("400")));
}

#[tokio::test]
async fn closing_and_confirming_at_once_counts_both_and_a_time_ahead_counts_as_none() {
    let (_, instance, reports) = watched().await;
    instance.open(&merged(opening("E-1"), &json!({"opened_on": "2024-09-17 12:00:00"}))).await;
    reports.take();
    instance.call(&update(&json!({"confirmed_on": "2024-09-16 18:52:01"}))).await.expect(200);
    let expected = json!({"calls": 1, "closed": 1, "confirmed": 1, "seconds_in_wrap_up": 0});
    assert_eq!(json!(metrics(&reports.one())), expected);
}

#[tokio::test]
async fn what_became_of_the_ai_code_is_a_metric() {
    let (_, instance, reports) = watched().await;
    instance.open(&merged(opening("E-1"), &json!({"ai_wrap_up_code": "Code 001"}))).await;
    reports.take();
    instance.call(&update(&json!({"wrap_up_code": "Code 000"}))).await.expect(200);
    let line = reports.one();
    assert_eq!((&metrics(&line)["ai_outcomes"], &line["ai_outcome"]), (&json!(1), &json!("another_code")));
}

#[tokio::test]
async fn requests_and_units_are_those_that_dynamodb_saw() {
    let (world, instance, reports) = watched().await;
    let create = Event::post("segment/create").json(&opening_with("E-1", 40));
    let code = Event::post("code").json(&json!({"codes": [{"code": "A"}, {"code": "B", "description": "x"}]}));
    let calls = [
        code,
        create.clone(),
        create,
        Event::post("segment/create").json(&opening_with("E-2", 40)),
        Event::get("segment/E-1"),
        Event::get("segment/agent/agent/interaction/interaction"),
        Event::put("segment/update/ai").json(&json!({"external_segment_id": "E-1", "ai_notes": "x".repeat(4_000)})),
        update(&json!({"wrap_up_code": "Code 001"})),
    ];
    world.traffic();
    for call in calls {
        instance.call(&call).await.expect(200);
        let (line, traffic) = (reports.one(), world.traffic());
        assert_eq!(line["dynamodb_requests"], json!(traffic.requests.len()), "{line}");
        let units = |name: &str| line[name].as_f64().expect("a number");
        // An idempotent put that is refused is an error, which tells no units.
        if !traffic.requests.contains(&"TransactWriteItems".to_owned()) || line.get("opened").is_some() {
            assert!((units("read_units") - traffic.read_units).abs() < 1e-9, "{line} {traffic:?}");
            assert!(
                (units("write_units") - traffic.write_units - traffic.index_write_units).abs() < 1e-9,
                "{line} {traffic:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_try_of_a_request_counts() {
    let (world, instance, reports) = watched().await;
    instance.open(&opening("E-1")).await;
    reports.take();
    world.fail(Rule::once(Fault::Throttled).on("GetItem"));
    instance.call(&Event::get("segment/E-1")).await.expect(200);
    assert_eq!(reports.one()["dynamodb_requests"], 2);
}

#[tokio::test]
async fn a_line_names_who_called_what_and_where_else_to_look() {
    let (_, instance, reports) = watched().await;
    let mut request = Event::get("segment/E-1").header("traceparent", TRACE).rest();
    let mut context = Context::default();
    context.request_id = "invocation".to_owned();
    context.xray_trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".to_owned());
    request = request.with_lambda_context(context);
    assert_eq!(instance.handle(request).await.status(), 404);
    let line = reports.one();
    let expected = json!({
        "endpoint": "wrapup/segment/{segment_id}", "outcome": "404", "user": "integrator",
        "request_id": "invocation", "api_request_id": "7c1f7b2e-0000-4000-8000-000000000001",
        "xray_trace_id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1", "traceparent": TRACE,
        "dynamodb_requests": 1, "calls": 1,
    });
    for (name, value) in expected.as_object().expect("fields") {
        assert_eq!(&line[name], value, "{name}");
    }
    assert!(line["took_ms"].is_u64(), "{line}");
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[tokio::test]
async fn what_is_no_trace_is_not_logged() {
    let (_, instance, reports) = watched().await;
    for trace in ["secret", "00-4bf9-00f0-01", &TRACE.replace('f', "g"), &format!("{TRACE}-secret"), ""] {
        instance.call(&Event::get("segment/E-1").header("traceparent", trace)).await;
        assert_eq!(reports.one().get("traceparent"), None, "{trace}");
    }
}

#[tokio::test]
async fn calls_that_reach_no_endpoint_or_have_no_user_are_reported_too() {
    let (world, instance, reports) = watched().await;
    instance.call(&Event::get("nothing")).await.expect(404);
    let line = reports.one();
    assert_eq!((&line["endpoint"], &line["outcome"], line.get("user")), (&json!("none"), &json!("404"), None));
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let refused = Event::get("segment/E-1").unvouched().basic_auth("integrator", "wrong");
    instance.call(&refused).await.expect(401);
    let line = reports.one();
    assert_eq!((&line["outcome"], line.get("user")), (&json!("401"), None));
    assert_eq!(line["dynamodb_requests"], 1, "the user's record");
}

#[tokio::test]
async fn nothing_that_was_said_or_kept_secret_is_in_a_line() {
    let (world, instance, reports) = watched().await;
    let secret = "unspeakable";
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let open = merged(opening("E-1"), &json!({"ai_notes": secret, "ai_wrap_up_code": secret, "agent_sys_id": secret}));
    let calls = [
        Event::post("segment/create").json(&open),
        Event::get(&format!("segment/E-1?{secret}={secret}")),
        Event::get(&format!("segment/{secret}")),
        Event::get(&format!("segment/agent/{secret}/interaction/{secret}")),
        Event::put("segment/draft?external_segment_id=E-1").json(&json!({"notes": secret, "wrap_up_code": secret})),
        update(&json!({"notes": secret, "wrap_up_code": secret})),
        update(&json!({"notes": secret})),
        Event::post("code").body("application/json", &format!("{{{secret}")),
        Event::get("segment/E-1").unvouched().basic_auth("integrator", secret),
        Event::get("segment/E-1").header("Accept", secret),
        Event::get(secret),
    ];
    for call in calls {
        instance.call(&call).await;
        let line = reports.one().to_string();
        assert!(!line.contains(secret), "{line}");
    }
    let audits = reports.audits();
    assert!(!audits.is_empty() && !json!(audits).to_string().contains(secret), "{audits:?}");
}

// ---- The audit

const CODES: &str = "interaction_wrap_up_code";
const CONFIGURATIONS: &str = "interaction_wrap_up_configuration";
const SEGMENTS: &str = "interaction_wrap_up_segment";
const PHONE_LOG: &str = "sn_openframe_phone_log";

/// Of each line of the audit: who did what in which table, and the record's version after it.
type Said = (String, String, String, Option<u64>);

#[track_caller]
fn said(reports: &Reports) -> Vec<Said> {
    let said = reports.audits().into_iter().map(|audit| {
        let text = |name: &str| audit[name].as_str().unwrap_or_else(|| panic!("no {name} in {audit}")).to_owned();
        assert!(!text("sys_id").is_empty() && !text("at").is_empty(), "{audit}");
        (text("user"), text("action"), text("table"), audit.get("version").and_then(Value::as_u64))
    });
    // Codes are stored side by side.
    let mut said: Vec<_> = said.collect();
    said.sort();
    said
}

fn by(user: &str, done: &[(&str, &str, Option<u64>)]) -> Vec<Said> {
    let of = |(action, table, version): &(&str, &str, Option<u64>)| {
        (user.to_owned(), (*action).to_owned(), (*table).to_owned(), *version)
    };
    done.iter().map(of).collect()
}

#[tokio::test]
async fn each_stored_change_is_a_line_of_the_audit_and_nothing_else_is() {
    let (world, instance, reports) = watched().await;
    let create = Event::post("segment/create").json(&segmented("E-1", "call-1"));
    let as_user =
        |user: &str, event: &Event| event.clone().authorizer(json!({"wrapup_user": user, "principalId": user}));
    let opened = [
        ("create", CODES, None),
        ("create", CODES, None),
        ("create", CONFIGURATIONS, None),
        ("create", SEGMENTS, Some(0)),
        ("create", PHONE_LOG, None),
    ];
    let advise = Event::put("segment/update/ai").json(&json!({"external_segment_id": "E-1", "ai_notes": "A refund."}));
    let draft = Event::put("segment/draft?external_segment_id=E-1").json(&json!({"notes": "The customer"}));
    let code = |entry: Value| Event::post("code").json(&json!({"codes": [entry]}));
    let changed = |version| [("update", SEGMENTS, Some(version))];
    for (event, status, done) in [
        (&create, 200, &opened[..]),
        (&create, 200, &[]),
        (&Event::post("segment/create").json(&opening("E-1")), 400, &[]),
        (&Event::post("segment/create").json(&opening("E-2")), 200, &[("create", SEGMENTS, Some(0))]),
        (&advise, 200, &changed(1)),
        (&Event::get("segment/E-1?include=interaction_segment"), 200, &[]),
        (&draft, 200, &[("update", SEGMENTS, None)]),
        (&update(&json!({"notes": "Done."})), 200, &changed(3)),
        (&draft, 400, &[]),
        (&update(&json!({"notes": "Done."})), 200, &[]),
        (&advise, 400, &[]),
        (&update(&json!({"confirmed_on": "2024-09-16 18:52:01"})), 200, &changed(4)),
        (&update(&json!({"notes": "Too late."})), 400, &[]),
        (&code(json!({"code": "Code 000"})), 200, &[]),
        (&code(json!({"code": "Code 000", "active": false})), 200, &[("update", CODES, None)]),
        (&code(json!({"code": "Code 000", "active": false})), 200, &[]),
        (&code(json!({"code": "New"})), 200, &[("create", CODES, None)]),
        (&code(json!({"code": ""})), 400, &[]),
    ] {
        instance.call(&as_user("somebody", event)).await.expect(status);
        assert_eq!(said(&reports), by("somebody", done), "{event:?}");
    }
    drop(world);
}

#[tokio::test]
async fn a_line_of_the_audit_says_which_record_and_which_call() {
    let (world, instance, reports) = watched().await;
    instance.open(&opening("E-1")).await;
    reports.audits();
    world.pass(Duration::from_secs(10));
    let mut request = update(&json!({"notes": "Done."})).rest();
    let mut context = Context::default();
    context.request_id = "invocation".to_owned();
    request = request.with_lambda_context(context);
    let sys_id = instance.handle(request).await.expect(200)["sys_id"].clone();
    let audits = reports.audits();
    let expected = json!([{
        "user": "integrator", "action": "update", "table": SEGMENTS, "sys_id": sys_id, "version": 1,
        "request_id": "invocation", "at": "2024-09-16 18:00:10",
    }]);
    assert_eq!(json!(audits), expected);
}

#[tokio::test]
async fn what_was_stored_is_in_the_audit_though_its_call_failed() {
    let (world, instance, reports) = watched().await;
    world.fail(Rule::always(Fault::Denied).on("TransactWriteItems"));
    instance.call(&Event::post("segment/create").json(&opening("E-1"))).await.expect(500);
    let done = [("create", CODES, None), ("create", CODES, None), ("create", CONFIGURATIONS, None)];
    assert_eq!(said(&reports), by("integrator", &done));
    world.recover();

    // Of three codes one is stored, then DynamoDB refuses the others.
    world.fail(Rule::always(Fault::Denied).on("UpdateItem").after(1));
    let codes = json!({"codes": [{"code": "A"}, {"code": "B"}, {"code": "C"}]});
    instance.call(&Event::post("code").json(&codes)).await.expect(500);
    assert_eq!(said(&reports), by("integrator", &[("create", CODES, None)]));
}

#[tokio::test]
async fn a_change_whose_answer_got_lost_has_its_line_once() {
    for (operation, table) in [
        ("PutItem", CODES),
        ("PutItem", CONFIGURATIONS),
        ("PutItem", PHONE_LOG),
        ("PutItem", SEGMENTS),
        ("TransactWriteItems", SEGMENTS),
        ("UpdateItem", SEGMENTS),
        ("UpdateItem", CODES),
    ] {
        let mut told = Vec::new();
        for lost in [false, true] {
            let (world, instance, reports) = watched().await;
            if lost {
                let rule = Rule::once(Fault::LostAnswer).on(operation);
                world.fail(if operation == "TransactWriteItems" { rule } else { rule.of(table) });
            }
            for event in [
                Event::post("segment/create").json(&segmented("E-1", "call-1")),
                Event::post("segment/create")
                    .json(&merged(opening("E-2"), &json!({"opened_on": "2024-09-16 10:00:00"}))),
                update(&json!({"notes": "Done."})),
                Event::post("code").json(&json!({"codes": [{"code": "New", "description": "x"}]})),
                Event::post("code").json(&json!({"codes": [{"code": "New", "description": "y"}]})),
            ] {
                instance.call(&event).await.expect(200);
            }
            assert_eq!(world.faults(), usize::from(lost), "{operation} {table}");
            told.push(said(&reports));
        }
        assert_eq!(told[0], told[1], "{operation} {table}");
    }
}

#[tokio::test]
async fn of_many_who_do_the_same_at_once_one_has_a_line() {
    let (world, instance, reports) = watched().await;
    instance.open(&opening("E-1")).await;
    reports.audits();
    let instances: Vec<_> =
        (0..8).map(|_| world.instance_with(Parts { reports: Some(reports.clone()), ..Parts::default() })).collect();
    for event in [
        update(&json!({"notes": "Done."})),
        Event::post("segment/create").json(&opening("E-2")),
        Event::post("code").json(&json!({"codes": [{"code": "New", "description": "x"}]})),
    ] {
        for reply in call_all(&instances, |_| event.clone()).await {
            reply.expect(200);
        }
        assert_eq!(reports.audits().len(), 1, "{event:?}");
    }
}

#[tokio::test]
async fn the_authorizers_verdicts_are_reported() {
    let (world, _, reports) = watched().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    world.add_user("other", &[], None).await;
    let authorizer = Authorizer::new(&world.instance().system).with_reporter(reports.reporter(world.clock()));
    for (user, password, outcome, named) in [
        ("integrator", "secret", "allowed", Some(json!("integrator"))),
        ("other", "secret", "denied", None),
        ("integrator", "wrong", "unauthenticated", None),
    ] {
        let event = LambdaEvent::new(authorizer_event(user, password), Context::default());
        drop(authorizer.handle(event).await);
        let line = reports.one();
        metrics(&line);
        assert_eq!((&line["endpoint"], &line["outcome"]), (&json!("authorizer"), &json!(outcome)));
        assert_eq!(line.get("user"), named.as_ref());
        assert_eq!(failed_sign_ins(&line), (outcome == "unauthenticated").then_some(1));
        assert!(!line.to_string().contains("Basic"), "{line}");
    }
}

/// The failed sign-ins that a line counts, by endpoint alone.
fn failed_sign_ins(line: &Value) -> Option<u64> {
    let metric = json!({"Name": "failed_sign_ins", "Unit": "Count"});
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().expect("directives");
    let told =
        directives.iter().find(|directive| directive["Metrics"].as_array().is_some_and(|all| all.contains(&metric)));
    assert_eq!(told.is_some(), line.get("failed_sign_ins").is_some(), "{line}");
    if let Some(directive) = told {
        assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Wrapup"), &json!([["endpoint"]])));
    }
    line.get("failed_sign_ins").and_then(Value::as_u64)
}

#[tokio::test]
async fn a_failed_sign_in_at_a_function_is_counted() {
    let (world, instance, reports) = watched().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    world.add_user("other", &[], None).await;
    let call = Event::get("code/x").unvouched();
    for (call, status, failed) in [
        (call.clone().basic_auth("integrator", "secret"), "404", None),
        (call.clone().basic_auth("integrator", "wrong"), "401", Some(1)),
        // The second time it is remembered, and fails all the same.
        (call.clone().basic_auth("integrator", "wrong"), "401", Some(1)),
        (call.clone().basic_auth("nobody", "wrong"), "401", Some(1)),
        // The password was right.
        (call.clone().basic_auth("other", "secret"), "403", None),
        // Nobody has tried to sign in.
        (call.clone(), "401", None),
        (call.header("Authorization", "Bearer x"), "401", None),
    ] {
        instance.call(&call).await;
        let line = reports.one();
        assert_eq!((line["outcome"].as_str(), failed_sign_ins(&line)), (Some(status), failed), "{call:?}");
    }
}

fn authorizer_event(user: &str, password: &str) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("../events/authorizer.json")).expect("JSON");
    let basic = Event::get("").basic_auth(user, password).rest();
    let header = basic.headers()["authorization"].to_str().expect("a text").to_owned();
    for name in ["headers", "multiValueHeaders"] {
        let headers = event[name].as_object_mut().expect("headers");
        headers.retain(|name, _| !name.eq_ignore_ascii_case("authorization"));
        let value = if name == "headers" { json!(header) } else { json!([header]) };
        headers.insert("Authorization".to_owned(), value);
    }
    event
}

#[tokio::test]
async fn what_the_filler_does_is_reported() {
    let (world, instance, reports) = watched().await;
    let system = world.instance().system;
    let interaction = Interaction {
        sys_id: "said".to_owned(),
        short_description: Some("unspeakable".to_owned()),
        transcript: None,
        language: None,
    };
    Interactions::new(system.dynamo().clone()).put(&interaction, &world.stamp()).await.expect("a put");
    let provider = Arc::new(ScriptedProvider::new(Some(("Code 001", 0.9)), Some("unspeakable")));
    let filler = filler(system, provider).with_reporter(reports.reporter(world.clock()));
    for (interaction, outcome, filled) in [("said", "filled", Some(json!(1))), ("silent", "no_conversation", None)] {
        let wanting = json!({"interaction_sys_id": interaction, "configuration": {"use_third_party_ai": false}});
        let sys_id = instance.open(&merged(opening(interaction), &wanting)).await;
        let items = world.records(Table::Segments).await;
        let record = items.into_iter().map(StreamRecord::insert).find(|record| record.is_of(&sys_id));
        reports.take();
        reports.audits();
        world.traffic();
        filler.handle(StreamRecord::event(&[record.expect("a segment")])).await;
        let line = reports.one();
        assert_eq!(metrics(&line).get("filled"), filled.as_ref());
        assert_eq!((&line["endpoint"], &line["outcome"]), (&json!("ai-filler"), &json!(outcome)));
        assert_eq!(line["dynamodb_requests"], json!(world.traffic().requests.len()));
        assert!(!line.to_string().contains("unspeakable"), "{line}");
        let done: &[_] = if filled.is_some() { &[("update", SEGMENTS, Some(1))] } else { &[] };
        assert_eq!(said(&reports), by("system", done));
    }
}
