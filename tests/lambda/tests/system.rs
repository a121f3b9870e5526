//! `infra/system.json`, by which the templates are made and judged, against the code: what each function asks of
//! DynamoDB, tables, environment variables, and the stream's filter.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use wrapup::ai::{AI_KEY, AI_MODEL, AI_PROVIDER, AI_URL};
use wrapup::dynamodb::{Item, Table, string};
use wrapup::logging;
use wrapup::redaction::Redactor;
use wrapup::segment_tables::SEGMENT_TABLES;
use wrapup::settings::{self, REDACT_NOTES, REDACT_PERSONAL};
use wrapup_functions::ConsumerParts;
use wrapup_functions::authorizer::Authorizer;
use wrapup_lambda_tests::{
    Event, ScriptedProvider, StreamRecord, World, filler, internal, opening, opening_with, segmented,
};
use wrapup_test_support::merged;

fn system() -> Value {
    serde_json::from_str(include_str!("../../../infra/system.json")).expect("JSON")
}

type Permissions = BTreeSet<(String, String)>;

/// What the list allows a function.
fn allowed(function: &str) -> Permissions {
    let tables = system()["functions"][function]["dynamodb"].as_object().expect("tables").clone();
    let actions = tables.into_iter().flat_map(|(table, actions)| {
        let actions = actions.as_array().expect("actions").clone();
        actions.into_iter().map(move |action| (table.clone(), action.as_str().expect("an action").to_owned()))
    });
    actions.collect()
}

/// Every way that the endpoints ask DynamoDB: each call on an instance of its own, which remembers nothing, and once
/// more on the same, which does.
#[tokio::test]
async fn functions_use_what_they_are_allowed_and_nothing_else() {
    let world = World::start().await;
    let calls = world.put_configuration("Calls", 2, &json!({})).await;
    let codes = Event::post("code").json(&json!({"codes": [{"code": "Anything"}]}));
    let many: Vec<Value> = (0..120).map(|index| json!({"code": format!("One of many {index}")})).collect();
    let any_code = merged(opening("ANY"), &json!({"configuration": {"enable_codes": false, "default_code": null}}));
    let back_dated = merged(opening("OLD"), &json!({"opened_on": "2020-01-01 00:00:00"}));
    let conversations = merged(internal(&calls), &json!({"segment_id": "one"}));
    let get_code = format!("code/{}", "0".repeat(32));
    let close_internal = "segment/update?agent_sys_id=agent&interaction_sys_id=interaction";
    let steps = [
        ("create-codes", codes),
        // So many that what is stored may make the answer too large.
        ("create-codes", Event::post("code").json(&json!({"codes": many}))),
        ("get-code", Event::get(&get_code)),
        // With a code that is not there yet.
        ("create-segment", Event::post("segment/create").json(&opening_with("EXT", 3))),
        ("create-segment", Event::post("segment/create").json(&any_code)),
        ("create-segment", Event::post("segment/create").json(&back_dated)),
        ("create-segment", Event::post("segment/create").json(&segmented("CALL", "call-1"))),
        ("create-segment", Event::post("segment/create").json(&conversations)),
        ("update-segment", Event::put(close_internal).json(&json!({"notes": "Done."}))),
        // After one that was closed.
        ("create-segment", Event::post("segment/create").json(&conversations)),
        ("get-segment", Event::get("segment/CALL?include=interaction_segment")),
        ("find-segment", Event::get("segment/agent/agent/interaction/interaction?include=interaction_segment")),
        ("find-segment", Event::get("segment/agent/nobody/interaction/none")),
        (
            "update-segment-ai",
            Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT", "ai_notes": "x"})),
        ),
        // With codes that are not there yet.
        (
            "update-segment",
            Event::put("segment/update?external_segment_id=EXT")
                .json(&json!({"configuration": opening_with("EXT", 4)["configuration"]})),
        ),
        (
            "update-segment",
            Event::put("segment/update?external_segment_id=EXT").json(&json!({"wrap_up_code": "Code 001"})),
        ),
        (
            "update-segment",
            Event::put("segment/update?external_segment_id=ANY").json(&json!({"wrap_up_code": "Anything"})),
        ),
    ];
    let mut used: BTreeMap<&str, Permissions> = BTreeMap::new();
    for (function, event) in steps {
        let instance = world.instance();
        world.traffic();
        for _ in 0..2 {
            let reply = instance.call(&event).await;
            assert!([200, 404].contains(&reply.status()), "{}", reply.text());
        }
        used.entry(function).or_default().extend(world.traffic().permissions);
    }
    // The interaction segment that a wrap-up found by agent and interaction refers to.
    let later = merged(segmented("LATER", "call-2"), &json!({"interaction_sys_id": "other"}));
    world.instance().open(&later).await;
    let instance = world.instance();
    world.traffic();
    instance.read("agent/agent/interaction/other?include=interaction_segment").await;
    used.entry("find-segment").or_default().extend(world.traffic().permissions);
    used.insert("authorizer", authorizers(&world).await);
    used.insert("ai-filler", fillers(&world).await);
    let expected: BTreeMap<&str, Permissions> = used.keys().map(|function| (*function, allowed(function))).collect();
    assert_eq!(used, expected);
    let listed = system()["functions"].as_object().expect("functions").len();
    assert_eq!(used.len(), listed, "every function was called");
}

async fn authorizers(world: &World) -> Permissions {
    let authorizer = Authorizer::new(&world.instance().system);
    let event = include_str!("../events/authorizer.json");
    let request: Value = serde_json::from_str(event).expect("an event");
    world.traffic();
    drop(authorizer.handle(LambdaEvent::new(request, Context::default())).await);
    world.traffic().permissions
}

/// Fills one segment whose interaction segment has no transcript.
async fn fillers(world: &World) -> Permissions {
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = world.instance().open(&merged(segmented("FILL", "call-3"), &wanting)).await;
    filled(world, StreamRecord::insert(segment(world, &sys_id).await)).await
}

/// Has a filler take a record, which suggests a code for it.
async fn filled(world: &World, record: StreamRecord) -> Permissions {
    let interaction = json!({"sys_id": "interaction", "transcript": "Customer: Hello."}).to_string();
    let document = wrapup::document::Document::from_json(interaction.as_bytes()).expect("JSON");
    let interaction = document.read(wrapup::interactions::Interaction::read).expect("an interaction");
    let stores = world.stores();
    wrapup::interactions::Interactions::new(stores.dynamo().clone())
        .put(&interaction, &world.stamp())
        .await
        .expect("a put");
    let provider = Arc::new(ScriptedProvider::new(Some(("Code 001", 1.0)), None));
    let filler = filler(world.instance().system, provider);
    world.traffic();
    filler.handle(StreamRecord::event(&[record])).await;
    world.traffic().permissions
}

/// Each function is of one kind: an endpoint has routes, a consumer a stream, a job a schedule; the authorizer has neither.
#[tokio::test]
async fn the_list_has_the_functions_of_the_code_and_their_kinds() {
    let world = World::start().await;
    let (system, deployment) = (system(), world.stores());
    let functions = system["functions"].as_object().expect("functions");
    let with = |key: &str| -> BTreeMap<String, Value> {
        let of_kind = functions.iter().filter(|(_, function)| function.get(key).is_some());
        of_kind.map(|(name, function)| (name.clone(), function[key].clone())).collect()
    };
    let routes = wrapup_functions::endpoints(&deployment).into_iter().map(|(name, endpoint)| {
        let route = endpoint.route();
        let routes: Vec<_> = route.paths.iter().map(|path| format!("{} {path}", route.method)).collect();
        (name.to_owned(), json!(routes))
    });
    assert_eq!(with("routes"), routes.collect());
    let parts = ConsumerParts { system: deployment.clone(), provider: None, redactor: Redactor::default() };
    let consumers = wrapup_functions::consumers(&parts).into_iter().map(|consumer| consumer.name().to_owned());
    assert_eq!(with("stream").into_keys().collect::<BTreeSet<_>>(), consumers.collect());
    let jobs = wrapup_functions::jobs(&deployment).into_iter().map(|job| {
        let minutes = job.every().as_secs() / 60;
        (job.name().to_owned(), json!(format!("rate({minutes} minute{})", if minutes == 1 { "" } else { "s" })))
    });
    assert_eq!(with("schedule"), jobs.collect());
    let of_no_kind = functions.iter().filter(|(_, function)| {
        ["routes", "stream", "schedule"].iter().filter(|key| function.get(**key).is_some()).count() != 1
    });
    assert_eq!(of_no_kind.map(|(name, _)| name).collect::<Vec<_>>(), ["authorizer"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/src/bin");
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").file_name());
    let names = files.map(|file| file.to_string_lossy().trim_end_matches(".rs").to_owned());
    assert_eq!(functions.keys().cloned().collect::<BTreeSet<_>>(), names.collect(), "a binary each");
}

#[test]
fn the_list_has_the_tables_and_streams_of_the_code() {
    let listed: BTreeMap<String, Option<String>> = system()["tables"]
        .as_object()
        .expect("tables")
        .iter()
        .map(|(name, table)| (name.clone(), table["stream"].as_str().map(str::to_owned)))
        .collect();
    let tables = Table::ALL.into_iter();
    let coded =
        tables.map(|table| (table.platform_name().to_owned(), table.stream().map(|view| view.as_str().to_owned())));
    assert_eq!(listed, coded.collect());
}

#[test]
fn the_list_has_the_environment_variables_of_the_code() {
    let texts = |value: &Value| -> BTreeSet<String> {
        let texts = value.as_array().into_iter().flatten();
        texts.map(|text| text.as_str().expect("a name").to_owned()).collect()
    };
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let system = system();
    let of_all = [settings::TABLE_PREFIX, settings::LANGUAGE, settings::ALLOWED_ORIGINS, logging::LOG];
    assert_eq!(texts(&system["environment"]), named(&of_all));
    for (function, listed) in system["functions"].as_object().expect("functions") {
        let own = match function.as_str() {
            "create-segment" | "get-segment" | "find-segment" => named(&[SEGMENT_TABLES]),
            "update-segment" => named(&[REDACT_NOTES, REDACT_PERSONAL]),
            "ai-filler" => named(&[SEGMENT_TABLES, AI_PROVIDER, AI_MODEL, AI_URL, AI_KEY, REDACT_PERSONAL]),
            _ => BTreeSet::new(),
        };
        assert_eq!(texts(&listed["environment"]), own, "{function}");
    }
}

#[tokio::test]
async fn the_streams_filter_lets_those_records_pass_that_the_filler_acts_on() {
    let world = World::start().await;
    let instance = world.instance();
    let own = json!({"configuration": {"use_third_party_ai": false}});
    let wanting = instance.open(&merged(opening("WANTING"), &own)).await;
    let changing = instance.open(&opening("THIRD-PARTY")).await;
    let filter = &system()["functions"]["ai-filler"]["stream"]["filter"];
    // A segment that opens, and one that changes.
    assert_eq!(filter["eventName"], json!(["INSERT", "MODIFY"]));
    let wanted = filter["dynamodb"]["NewImage"].as_object().expect("columns");
    let passing = async || {
        let passing = world.records(Table::Segments).await.into_iter().filter(|item| {
            let item: serde_dynamo::Item = (*item).clone().into();
            let item = json!(item);
            // A column's value passes where the filter lists it, by its type.
            wanted.iter().all(|(column, of_type)| {
                of_type
                    .as_object()
                    .expect("a type")
                    .iter()
                    .all(|(name, values)| values.as_array().expect("values").contains(&item[column][name]))
            })
        });
        passing.map(|item| item["sys_id"].as_s().expect("a key").clone()).collect::<Vec<String>>()
    };
    assert_eq!(passing().await, [wanting.as_str()]);
    // What is filled, or closed, passes no more; what gets a configuration that wants something does.
    let record = StreamRecord::insert(segment(&world, &wanting).await);
    filled(&world, record).await;
    assert_eq!(passing().await, Vec::<String>::new());
    let update = |body: &Value| Event::put("segment/update?external_segment_id=THIRD-PARTY").json(body);
    let configuration = merged(opening("THIRD-PARTY"), &own)["configuration"].clone();
    instance.call(&update(&json!({"configuration": configuration}))).await.expect(200);
    assert_eq!(passing().await, [changing]);
    instance.call(&update(&json!({}))).await.expect(200);
    assert_eq!(passing().await, Vec::<String>::new());
}

async fn segment(world: &World, sys_id: &str) -> Item {
    let records = world.records(Table::Segments).await;
    records.into_iter().find(|item| item["sys_id"] == string(sys_id)).expect("a segment")
}
