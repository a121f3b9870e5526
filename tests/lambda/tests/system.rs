//! `infra/system.json`, by which the templates are made and judged, against the code: what each function asks of
//! DynamoDB, tables, environment variables, and the stream's filter.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::time::Instant;
use wrapup::ai::{AI_KEY, AI_MODEL, AI_PROVIDER, AI_URL};
use wrapup::api::TOKEN_PATH;
use wrapup::aws::{EventBus, Secrets};
use wrapup::dynamodb::{Table, Tables, string};
use wrapup::logging;
use wrapup::redaction::Redactor;
use wrapup::segment_tables::SEGMENT_TABLES;
use wrapup::segments::EventForm;
use wrapup::settings::{self, DEADLINES, OAUTH_KEYS, REDACT_NOTES, REDACT_PERSONAL, RETENTION_DAYS};
use wrapup::users::oauth::SecretKeeper;
use wrapup_functions::authorizer::Authorizer;
use wrapup_functions::close_overdue::CloseOverdue;
use wrapup_functions::rotate_keys::RotateKeys;
use wrapup_functions::{BatchResponse, ConsumerParts, Job};
use wrapup_lambda_tests::{
    Event, Fault, Instance, Rule, Scripted, ScriptedProvider, StreamRecord, Turn, World, filler, internal, opening,
    opening_with, relay, segmented,
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
    let get_configuration = format!("configuration/{calls}");
    let get_code = format!("code/{}", "0".repeat(32));
    let close_internal = "segment/update?agent_sys_id=agent&interaction_sys_id=interaction";
    let draft_any_code = "segment/draft?external_segment_id=ANY";
    let draft_internal = "segment/draft?agent_sys_id=agent&interaction_sys_id=interaction";
    let steps = [
        ("create-codes", codes),
        // So many that what is stored may make the answer too large.
        ("create-codes", Event::post("code").json(&json!({"codes": many}))),
        ("get-code", Event::get(&get_code)),
        ("list-codes", Event::get("code?limit=1")),
        ("list-configurations", Event::get("configuration?limit=1")),
        ("get-configuration", Event::get(&get_configuration)),
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
        ("list-segments", Event::get("segment?agent=agent")),
        ("list-segments", Event::get("segment?interaction=interaction&limit=1")),
        ("list-segments", Event::get("segment?state=open")),
        ("save-draft", Event::put(draft_any_code).json(&json!({"wrap_up_code": "Anything"}))),
        ("save-draft", Event::put(draft_internal).json(&json!({"notes": "The customer was"}))),
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
    // Everything that comes after a deadline, and stores first what that has done.
    let timed = world.put_configuration("Timed", 2, &json!({"duration": 60, "show_timer": true})).await;
    for (function, late) in [
        (
            "create-segment",
            Event::post("segment/create").json(&merged(internal(&timed), &json!({"segment_id": "late"}))),
        ),
        ("update-segment", Event::put("segment/update?agent_sys_id=agent&interaction_sys_id=late").json(&json!({}))),
        ("save-draft", Event::put("segment/draft?external_segment_id=LATE%20save-draft").json(&json!({"notes": "x"}))),
        (
            "update-segment-ai",
            Event::put("segment/update/ai")
                .json(&json!({"external_segment_id": "LATE update-segment-ai", "ai_notes": "x"})),
        ),
    ] {
        let instance = world.instance();
        if function == "create-segment" {
            instance.call(&late).await.expect(200);
        } else {
            let limit = json!({"configuration": {"duration": 60, "show_timer": true}});
            let own = json!({"external_segment_id": format!("LATE {function}"), "interaction_sys_id": "late"});
            instance.open(&merged(merged(opening("LATE"), &limit), &own)).await;
        }
        world.pass(std::time::Duration::from_secs(62));
        world.traffic();
        world.instance().call(&late).await;
        let used_by_it = world.traffic().permissions;
        assert!(
            used_by_it.contains(&("interaction_wrap_up_segment".to_owned(), "UpdateItem".to_owned())),
            "{function}"
        );
        used.entry(function).or_default().extend(used_by_it);
    }
    // The interaction segment that a wrap-up found by agent and interaction refers to.
    let later = merged(segmented("LATER", "call-2"), &json!({"interaction_sys_id": "other"}));
    world.instance().open(&later).await;
    let instance = world.instance();
    world.traffic();
    instance.read("agent/agent/interaction/other?include=interaction_segment").await;
    used.entry("find-segment").or_default().extend(world.traffic().permissions);
    used.insert("report", counts(&world).await);
    used.insert("authorizer", authorizers(&world).await);
    used.insert("oauth-token", tokens(&world).await);
    // It asks nobody.
    used.insert("console", Permissions::new());
    // What it uses is no table.
    used.insert("rotate-keys", rotations(&world).await);
    used.insert("close-overdue", sweeps(&world).await);
    used.insert("ai-filler", fillers(&world).await);
    used.insert("relay", relays(&world).await);
    let expected: BTreeMap<&str, Permissions> = used.keys().map(|function| (*function, allowed(function))).collect();
    assert_eq!(used, expected);
    let listed = system()["functions"].as_object().expect("functions").len();
    assert_eq!(used.len(), listed, "every function was called");
}

/// What is looked for after an answer got lost, and before a write that is too large to be judged by itself.
#[tokio::test]
async fn functions_use_nothing_else_where_answers_get_lost() {
    let world = World::start().await;
    world.instance().open(&opening("EXT")).await;
    let many: Vec<Value> = ('a'..='z').map(|letter| json!({"language": format!("{letter}a"), "code": "x"})).collect();
    let codes = |codes: Value| Event::post("code").json(&json!({"codes": [codes]}));
    let update = |path: &str, body: Value| Event::put(&format!("{path}?external_segment_id=EXT")).json(&body);
    for (function, event) in [
        ("create-codes", codes(json!({"code": "Refund"}))),
        ("create-codes", codes(json!({"code": "Refund", "translations": many}))),
        ("save-draft", update("segment/draft", json!({"notes": "The customer", "wrap_up_code": "Code 001"}))),
        (
            "update-segment-ai",
            Event::put("segment/update/ai").json(&json!({"external_segment_id": "EXT", "ai_notes": "A refund."})),
        ),
        ("update-segment", update("segment/update", json!({"notes": "Done."}))),
        ("create-segment", Event::post("segment/create").json(&opening("EXT-2"))),
    ] {
        world.traffic();
        let operation = if function == "create-segment" { "TransactWriteItems" } else { "UpdateItem" };
        world.fail(Rule::once(Fault::LostAnswer).on(operation));
        world.instance().call(&event).await.expect(200);
        let used = world.traffic().permissions;
        assert!(used.is_subset(&allowed(function)), "{function} uses {used:?}");
    }
    assert_eq!(world.faults(), 6, "an answer of each was lost");
}

/// Counts one whose deadline has passed and whose end nobody has stored.
async fn counts(world: &World) -> Permissions {
    let timed = json!({"configuration": {"duration": 60, "show_timer": true}});
    let instance = world.instance();
    instance.open(&merged(opening("COUNTED"), &timed)).await;
    world.pass(Duration::from_secs(3_600));
    let supervisor = json!({"wrapup_user": "sue", "wrapup_roles": "wrapup_supervisor", "principalId": "sue"});
    let event = Event::get("report/codes?from=2024-09-16%2000:00:00&to=2024-09-18%2000:00:00").authorizer(supervisor);
    world.traffic();
    world.instance().call(&event).await.expect(200);
    world.traffic().permissions
}

/// By HTTP Basic and by a token.
async fn authorizers(world: &World) -> Permissions {
    let authorizer = Authorizer::new(&world.instance().system);
    let event = include_str!("../events/authorizer.json");
    let mut request: Value = serde_json::from_str(event).expect("an event");
    world.add_user("by token", &[], None).await;
    let form = form_of(world, "by token", &[("grant_type", "client_credentials")]).await;
    let token = world.instance().ask_for_token(&form).await.expect(200)["access_token"].clone();
    world.traffic();
    drop(authorizer.handle(LambdaEvent::new(request.clone(), Context::default())).await);
    request["multiValueHeaders"] = json!({"Authorization": [format!("Bearer {}", token.as_str().expect("a token"))]});
    authorizer.handle(LambdaEvent::new(request, Context::default())).await.expect("a deny");
    world.traffic().permissions
}

/// Each grant, at an instance of its own.
async fn tokens(world: &World) -> Permissions {
    world.add_user("for tokens", &[], None).await;
    let password = [("grant_type", "password"), ("username", "for tokens"), ("password", "secret")];
    let password = form_of(world, "for tokens", &password).await;
    let given = world.instance().ask_for_token(&password).await.expect(200);
    let refresh =
        [("grant_type", "refresh_token"), ("refresh_token", given["refresh_token"].as_str().expect("a token"))];
    let refresh = form_of(world, "for tokens", &refresh).await;
    let own = form_of(world, "for tokens", &[("grant_type", "client_credentials")]).await;
    world.traffic();
    for event in [password, refresh, own] {
        world.instance().ask_for_token(&event).await;
    }
    world.traffic().permissions
}

async fn form_of(world: &World, user: &str, fields: &[(&str, &str)]) -> Event {
    let (id, secret) = world.add_client(user).await;
    Event::token(&[fields, &[("client_id", &id), ("client_secret", &secret)]].concat())
}

async fn rotations(world: &World) -> Permissions {
    world.traffic();
    let job = RotateKeys::new(&world.instance().system);
    job.run(Instant::now()).await.expect("a run");
    world.traffic().permissions
}

/// Closes a segment whose deadline has passed.
async fn sweeps(world: &World) -> Permissions {
    let timed = json!({"configuration": {"duration": 60, "show_timer": true}});
    let instance = world.instance();
    instance.open(&merged(opening("OVERDUE"), &timed)).await;
    world.pass(Duration::from_secs(3_600));
    let job = CloseOverdue::new(&world.instance().system);
    world.traffic();
    job.run(Instant::now() + Duration::from_secs(60)).await.expect("a run");
    world.traffic().permissions
}

/// Fills one segment whose interaction segment has no transcript.
async fn fillers(world: &World) -> Permissions {
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = world.instance().open(&merged(segmented("FILL", "call-3"), &wanting)).await;
    let mut used = filled(world, StreamRecord::insert(world.segment_record(&sys_id).await)).await;
    // What is said of a segment that lacks something still.
    let lacking = merged(opening("LATE WORDS"), &json!({"interaction_sys_id": "spoken"}));
    world.instance().open(&merged(lacking, &wanting)).await;
    let mut item = wrapup::dynamodb::key("spoken");
    item.insert("transcript".to_owned(), string("Customer: Hello."));
    let put = world.client().put_item().table_name("interaction").set_item(Some(item.clone()));
    put.send().await.expect("a put");
    used.extend(filled(world, StreamRecord::insert(item).of_table("interaction")).await);
    used
}

/// Tells of a segment that has opened.
async fn relays(world: &World) -> Permissions {
    let sys_id = world.instance().open(&opening("RELAY")).await;
    let record = StreamRecord::insert(world.segment_record(&sys_id).await);
    // To either question.
    let service = Scripted::start([Turn::json(&json!({"Name": "wrapup-events", "Entries": [{"EventId": "1"}]}))]).await;
    let bus = EventBus::new(&service.as_aws(), "wrapup-events".to_owned());
    let relay = relay(world.instance().system, bus, EventForm::new(&Tables::default(), None));
    world.traffic();
    assert_eq!(relay.handle(StreamRecord::event(&[record])).await, BatchResponse::default());
    let allowed = system()["functions"]["relay"]["bus"].clone();
    let used = service.asked().into_iter().map(|asked| {
        let target = asked.headers["x-amz-target"].to_str().expect("a text").to_owned();
        json!(target.trim_start_matches("AWSEvents."))
    });
    assert_eq!(used.collect::<Value>(), allowed);
    world.traffic().permissions
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

/// Each function is of one kind: an endpoint has routes, a consumer a stream, a job a schedule; the authorizer has
/// neither, and where tokens are fetched a route that nobody has to sign in for.
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
    let (system, redactor) = (deployment.clone(), Redactor::default());
    let parts = ConsumerParts { system, provider: None, learns: false, redactor, bus: None };
    let consumers = wrapup_functions::consumers(&parts).into_iter().map(|consumer| consumer.name().to_owned());
    assert_eq!(with("stream").into_keys().collect::<BTreeSet<_>>(), consumers.collect());
    let jobs = wrapup_functions::jobs(&deployment).into_iter().map(|job| {
        let minutes = job.every().as_secs() / 60;
        (job.name().to_owned(), json!(format!("rate({minutes} minute{})", if minutes == 1 { "" } else { "s" })))
    });
    assert_eq!(with("schedule"), jobs.collect());
    let of_no_kind = functions.iter().filter(|(_, function)| {
        ["routes", "public_routes", "stream", "schedule"].iter().filter(|key| function.get(**key).is_some()).count()
            != 1
    });
    assert_eq!(of_no_kind.map(|(name, _)| name).collect::<Vec<_>>(), ["authorizer"]);
    let page = wrapup_functions::console::PATH;
    let public = [
        ("console".to_owned(), json!([format!("GET {page}"), format!("GET {page}/{{file}}")])),
        ("oauth-token".to_owned(), json!([format!("POST {TOKEN_PATH}")])),
    ];
    assert_eq!(with("public_routes"), BTreeMap::from(public));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/src/bin");
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").file_name());
    let names = files.map(|file| file.to_string_lossy().trim_end_matches(".rs").to_owned());
    assert_eq!(functions.keys().cloned().collect::<BTreeSet<_>>(), names.collect(), "a binary each");
}

/// What is asked of Secrets Manager is what the list allows: whoever reads tokens reads the keys, and the job that
/// rotates them puts new ones.
#[tokio::test]
async fn keys_are_read_and_put_by_those_who_may() {
    let (created, key) = (1_600_000_000, "k".repeat(64));
    let secret = json!({"SecretString": json!({"key": key}).to_string(), "VersionId": "one", "CreatedDate": created});
    let world = World::start().await;
    for (function, listed) in system()["functions"].as_object().expect("functions") {
        let keeper = Scripted::start(vec![Turn::json(&secret), Turn::json(&json!({}))]).await;
        let secrets = Secrets::new(&keeper.as_aws());
        let deployment = world.stores().with_oauth(Arc::new(SecretKeeper::new(secrets, "oauth-keys")));
        match function.as_str() {
            "rotate-keys" => drop(RotateKeys::new(&deployment).run(Instant::now()).await.expect("a run")),
            "authorizer" => {
                let request = json!({"headers": {"Authorization": "Bearer a.e30.e30"}});
                drop(Authorizer::new(&deployment).handle(LambdaEvent::new(request, Context::default())).await);
            }
            "list-codes" | "list-configurations" | "list-segments" => {
                let path = match function.as_str() {
                    "list-codes" => "code?",
                    "list-configurations" => "configuration?",
                    _ => "segment?state=open&",
                };
                let event = Event::get(&format!("{path}cursor=a.e30.e30"));
                Instance::new(deployment, None).call(&event).await.expect(400);
            }
            "oauth-token" => {
                let (id, secret) = {
                    world.add_user("u", &[], None).await;
                    world.add_client("u").await
                };
                let form = Event::token(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", &id),
                    ("client_secret", &secret),
                ]);
                Instance::new(deployment, None).ask_for_token(&form).await.expect(200);
            }
            _ => {}
        }
        let asked = keeper.asked();
        let used = asked.iter().map(|asked| {
            assert_eq!(asked.body["SecretId"], "oauth-keys");
            asked.headers["x-amz-target"].to_str().expect("a text").trim_start_matches("secretsmanager.").to_owned()
        });
        let allowed = listed["secrets"]["oauth-keys"].as_array().into_iter().flatten();
        let allowed = allowed.map(|action| action.as_str().expect("an action").to_owned());
        assert_eq!(used.collect::<BTreeSet<_>>(), allowed.collect(), "{function}");
        // Whoever replaces one version asks for one and the same, of which the old key is a part.
        if let Some(put) = asked.iter().find(|asked| asked.body.get("SecretString").is_some()) {
            assert_eq!(put.body["ClientRequestToken"].as_str().map(str::len), Some(36));
            let stored: Value = serde_json::from_str(put.body["SecretString"].as_str().expect("a text")).expect("JSON");
            assert_eq!(stored["previous"], key);
            assert!(stored["key"].as_str().is_some_and(|key| key.starts_with("wu_")));
        }
    }
}

#[test]
fn the_list_has_the_tables_streams_indexes_and_expiry_of_the_code() {
    let listed: BTreeMap<String, Value> = system()["tables"]
        .as_object()
        .expect("tables")
        .iter()
        .map(|(name, table)| (name.clone(), table.clone()))
        .collect();
    let coded = Table::ALL.into_iter().map(|table| {
        let mut described = json!({});
        if let Some(column) = table.expiry() {
            described["ttl"] = json!(column);
        }
        if let Some(view) = table.stream() {
            described["stream"] = json!(view.as_str());
        }
        for index in table.indexes() {
            let mut keys = json!({"partition": index.partition, "sort": index.sort});
            if !index.shown.is_empty() {
                keys["shown"] = json!(index.shown);
            }
            described["indexes"][index.name] = keys;
        }
        (table.platform_name().to_owned(), described)
    });
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
            "create-segment" => named(&[SEGMENT_TABLES, DEADLINES, RETENTION_DAYS]),
            "get-segment" | "find-segment" => named(&[SEGMENT_TABLES]),
            "authorizer" | "oauth-token" | "rotate-keys" => named(&[OAUTH_KEYS]),
            "list-codes" | "list-configurations" | "list-segments" => named(&[OAUTH_KEYS]),
            "update-segment" => named(&[DEADLINES, REDACT_NOTES, REDACT_PERSONAL, RETENTION_DAYS]),
            "save-draft" => named(&[REDACT_NOTES, REDACT_PERSONAL, RETENTION_DAYS]),
            "update-segment-ai" | "close-overdue" => named(&[RETENTION_DAYS]),
            "relay" => named(&[settings::EVENT_BUS, settings::EVENT_SOURCE, settings::EVENT_NOTES]),
            "ai-filler" => {
                let of_ai = named(&[AI_PROVIDER, AI_MODEL, AI_URL, AI_KEY, "WRAPUP_AI_LEARN"]);
                &of_ai | &named(&[SEGMENT_TABLES, REDACT_PERSONAL, RETENTION_DAYS])
            }
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
    let record = StreamRecord::insert(world.segment_record(&wanting).await);
    filled(&world, record).await;
    assert_eq!(passing().await, Vec::<String>::new());
    let update = |body: &Value| Event::put("segment/update?external_segment_id=THIRD-PARTY").json(body);
    let configuration = merged(opening("THIRD-PARTY"), &own)["configuration"].clone();
    instance.call(&update(&json!({"configuration": configuration}))).await.expect(200);
    assert_eq!(passing().await, [changing]);
    instance.call(&update(&json!({}))).await.expect(200);
    assert_eq!(passing().await, Vec::<String>::new());
}

/// The relay's event source leaves out what is no segment; what of the rest is no event costs a look.
#[tokio::test]
async fn the_streams_filter_lets_segments_pass_to_the_relay() {
    let world = World::start().await;
    let opened = [world.instance().open(&opening("ONE")).await, world.instance().open(&segmented("TWO", "call")).await];
    let filter = &system()["functions"]["relay"]["stream"]["filter"];
    assert_eq!(filter["eventName"], json!(["INSERT", "MODIFY"]), "what TTL removes is no event");
    let wanted = filter["dynamodb"]["NewImage"].clone();
    assert_eq!(wanted, json!({"state": {"S": [{"exists": true}]}}));
    let records = world.records(Table::Segments).await.into_iter().filter(|item| item.contains_key("state"));
    let passing: BTreeSet<_> = records.map(|item| item["sys_id"].as_s().expect("a key").clone()).collect();
    assert_eq!(passing, opened.into_iter().collect());
    assert!(world.keys(Table::Segments).await.len() > passing.len());
}
