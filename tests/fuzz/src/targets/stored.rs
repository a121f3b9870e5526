//! Items as they may stand in a table that others write to, too, and what reads them.

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tracing_subscriber::filter::LevelFilter;
use wrapup::ai::Lessons;
use wrapup::codes::Label;
use wrapup::document::FromText;
use wrapup::dynamodb::{Item, SCHEMA, Table};
use wrapup::interactions::Interactions;
use wrapup::segments::SegmentEvent;
use wrapup_functions::StreamFunction;
use wrapup_lambda_tests::{Event, Log, ScriptedProvider, StreamRecord, World, opening, undelivered};
use wrapup_test_support::merged;

use super::texts::ensure;
use super::world::runtime;
use crate::driver::Target;

pub const WORDS: &[&str] = &[
    "S",
    "N",
    "BOOL",
    "L",
    "M",
    "NULL",
    "SS",
    "B",
    "1",
    "2",
    "999999999999999999999999999999",
    "-1",
    "1.5",
    "",
    "true",
    "sys_schema",
    "sys_id",
    "state",
    "open",
    "closed",
    "notes",
    "wrap_up_code",
    "code",
    "opened_on",
    "submitted_on",
    "confirmed_on",
    "due_on",
    "draft",
    "wrap_up_configuration",
    "allowed_codes",
    "sys_mod_count",
    "active",
    "roles",
    "user_password",
    "expires_at",
    "agent",
    "interaction",
    "2024-09-16 17:52:01",
    "0000-00-00 00:00:00",
    "no moment",
    "é",
    "alias_of",
    "segment-call-0001",
    "segment-internal",
    "code-billing-issue",
    "configuration",
    "user",
    "interaction",
    "phone-log",
    "latest-1beb6fa6",
    "snapshot-25b707bf",
    "client",
    "client_secret",
    "token_stamp",
    "learned-code",
    "learned-share",
    "learned-day",
    "learned-key",
    "learned-record",
    "centroid",
    "life",
    "share",
    "segments",
    "picks",
    "of_version",
];

/// A file's name, and its table and item.
type Named = (String, String, Map<String, Value>);

/// The items that version 1 has written, by the names of their files: table and item.
static ITEMS: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lambda/records/v1/items");
    let files = fs::read_dir(folder).expect("the records of version 1");
    let mut items: Vec<_> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let file: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let table = file["table"].as_str().expect("a table").to_owned();
            (name, table, file["item"].as_object().expect("an item").clone())
        })
        .collect();
    items.sort_by(|one, other| one.0.cmp(&other.0));
    items
});

/// A deployment with them, and with what has no file since chance is in it: an OAuth client, and what was learned of codes.
struct Deployment {
    world: World,
    /// Of each table, in the order of their names.
    items: Vec<Named>,
    /// The client's id and secret.
    client: (String, String),
    /// What the stream tells of segments from which there is something to be learned: one that is learned from already, the
    /// same one corrected, and another one.
    taught: [StreamRecord; 3],
}

/// What of an item another writer has written otherwise: `{"of": FILE, "with": {COLUMN: VALUE}}`, null for a column that is
/// not there.
pub struct Stored {
    runtime: Runtime,
    deployment: Deployment,
    looked: usize,
}

/// After so many a deployment is left for a fresh one: what is read is also changed.
const MOST_LOOKED: usize = 60;

/// What opens segments by the records.
const OPENED_BY: [&str; 2] = ["create-again-internal", "create-again-call-0001"];

impl Stored {
    pub fn new() -> Self {
        let runtime = runtime();
        let deployment = runtime.block_on(Deployment::start());
        Self { runtime, deployment, looked: 0 }
    }
}

impl Deployment {
    async fn start() -> Self {
        let world = World::start().await;
        let mut items = ITEMS.clone();
        for (_, table, item) in &items {
            put(&world, table, read(item).expect("an item")).await;
        }
        let client = world.add_client("integrator").await;
        let taught = teach(&world).await;
        for table in [Table::Clients, Table::Learned] {
            for record in world.records(table).await {
                let key = record["sys_id"].as_s().expect("a key").split(':').next().unwrap_or_default().to_owned();
                let name = if table == Table::Clients { "client".to_owned() } else { format!("learned-{key}") };
                let item = serde_json::to_value(serde_dynamo::Item::from(record)).expect("JSON");
                items.push((name, table.platform_name().to_owned(), item.as_object().expect("an item").clone()));
            }
        }
        Self { world, items, client, taught }
    }
}

/// Has two segments close, and learns from the first.
async fn teach(world: &World) -> [StreamRecord; 3] {
    let instance = world.instance();
    let of_filler = json!({
        "interaction_sys_id": "interaction-42",
        "configuration": {"use_third_party_ai": false, "enable_ai_notes": false},
    });
    let learner = learner(world);
    let open = async |id: &str| {
        let sys_id = instance.open(&merged(opening(id), &of_filler)).await;
        let opened = StreamRecord::insert(world.segment_record(&sys_id).await);
        assert!(undelivered(&learner, &[opened]).await.is_empty(), "the filler has read {id}");
        sys_id
    };
    let first = open("LEARN-1").await;
    let closed = update(world, &first, json!({"wrap_up_code": "Code 000"})).await;
    assert!(undelivered(&learner, std::slice::from_ref(&closed)).await.is_empty(), "it has learned");
    let corrected = update(world, &first, json!({"wrap_up_code": "Code 001"})).await;
    let other = update(world, &open("LEARN-2").await, json!({"wrap_up_code": "Code 000"})).await;
    [closed, corrected, other]
}

/// Updates a segment, and answers what the stream tells of it.
async fn update(world: &World, sys_id: &str, body: Value) -> StreamRecord {
    let before = world.segment_record(sys_id).await;
    let event = Event::put(&format!("segment/update?segment_sys_id={sys_id}")).json(&body);
    world.instance().call(&event).await.expect(200);
    StreamRecord::modify(before, world.segment_record(sys_id).await)
}

/// An AI filler that has seen nothing, and learns.
fn learner(world: &World) -> StreamFunction {
    let provider = ScriptedProvider::new(Some(("Code 001", 0.9)), None);
    wrapup_lambda_tests::learner(world.instance().system, Arc::new(provider))
}

fn read(item: &Map<String, Value>) -> Option<Item> {
    let item: serde_dynamo::Item = serde_json::from_value(Value::Object(item.clone())).ok()?;
    Some(item.into())
}

async fn put(world: &World, table: &str, item: Item) -> bool {
    world.client().put_item().table_name(table).set_item(Some(item)).send().await.is_ok()
}

async fn stored(world: &World, table: &str, key: &AttributeValue) -> Option<Item> {
    let get = world.client().get_item().table_name(table).key("sys_id", key.clone()).consistent_read(true);
    get.send().await.expect("a get").item
}

/// The calls that come by an item of a file.
fn calls(name: &str, item: &Map<String, Value>) -> Vec<Event> {
    let text = |column: &str| item.get(column).and_then(|value| value["S"].as_str()).unwrap_or_default().to_owned();
    let get = |path: String| Event::get(&path);
    let id = text("sys_id");
    let update = json!({"notes": "Other notes.", "confirmed_on": "2024-09-16 18:30:00"});
    let created = |file: &&str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lambda/records/v1/answers");
        let answer = fs::read(folder.join(format!("{file}.json"))).expect("an answer");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        Event::post("segment/create").json(&answer["body"])
    };
    match name.split('-').next().unwrap_or_default() {
        "code" => vec![
            get(format!("code/{id}")),
            get("code".to_owned()),
            Event::post("code").json(&json!({"codes": [{"code": text("code"), "description": "Other"}]})),
            get("segment/CALL-0001".to_owned()),
        ],
        "configuration" | "snapshot" => {
            let mut calls: Vec<Event> = OPENED_BY.iter().map(created).collect();
            calls.extend(["configuration", "segment/CALL-0001", "segment/CALL-0005"].map(Event::get));
            calls.push(get(format!("configuration/{id}")));
            calls
        }
        "segment" => {
            let external = text("external_segment_id");
            let query = match external.as_str() {
                "" => format!("segment_id={id}"),
                external => format!("external_segment_id={external}"),
            };
            vec![
                get(format!("segment/{id}")),
                get("segment?state=open".to_owned()),
                get(format!("segment/agent/{}/interaction/{}", text("agent"), text("interaction"))),
                Event::put(&format!("segment/draft?{query}")).json(&json!({"notes": "Drafted."})),
                Event::put(&format!("segment/update/ai?{query}")).json(&json!({"notes": "Suggested."})),
                Event::put(&format!("segment/update?{query}")).json(&update),
            ]
        }
        "latest" | "slot" => {
            let mut calls: Vec<Event> = OPENED_BY.iter().map(created).collect();
            calls.extend(
                ["agent-8/interaction/interaction-44", "agent-7/interaction/interaction-42"]
                    .map(|path| Event::get(&format!("segment/agent/{path}"))),
            );
            calls
        }
        // They are no calls of the API.
        "client" | "learned" => Vec::new(),
        "user" => vec![Event::get("segment/CALL-0001").unvouched().basic_auth("integrator", "Wf7-quarz-Nebel-41!")],
        _ => vec![Event::get("segment/CALL-0001?include=interaction_segment")],
    }
}

impl Target for Stored {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        self.looked += 1;
        if self.looked.is_multiple_of(MOST_LOOKED) {
            *self = Self::new();
        }
        let Ok(input) = serde_json::from_slice::<Value>(input) else { return Ok("no JSON".to_owned()) };
        let Deployment { world, items, client, taught } = &self.deployment;
        let found = items.iter().find(|(name, _, _)| input["of"] == name.as_str());
        let (Some((name, table, item)), Some(with)) = (found, input["with"].as_object()) else {
            return Ok("no item".to_owned());
        };
        let mut odd = item.clone();
        for (column, value) in with.iter().filter(|(column, _)| *column != "sys_id") {
            match value {
                Value::Null => drop(odd.remove(column)),
                value => drop(odd.insert(column.clone(), value.clone())),
            }
        }
        let (Some(odd), Some(usual)) = (read(&odd), read(item)) else { return Ok("no values".to_owned()) };
        // Whether it can be read is all that is asked.
        let told = match name.starts_with("segment") {
            true => SegmentEvent::from_images(None, odd.clone()).map(|event| event.is_some()),
            false => Ok(false),
        };
        if let Err(corrupt) = &told {
            names(&corrupt.to_string(), table, item)?;
        }
        let mut seen = format!(
            "{name} {}",
            told.map_err(|corrupt| corrupt.problem.to_string()).map_or_else(|problem| problem, |_| "told".to_owned())
        );
        let key = odd.get("sys_id").cloned().expect("a key");
        let outcome = self.runtime.block_on(async {
            let schema = odd.get(SCHEMA).and_then(|value| value.as_n().ok()).and_then(|schema| schema.parse().ok());
            let is_newer = schema.is_some_and(|schema: f64| schema > 1.0);
            for event in calls(name, item) {
                if !put(world, table, odd.clone()).await {
                    return Ok("no item of a table".to_owned());
                }
                let log = Log::keep(LevelFilter::INFO);
                let reply = world.instance().call(&event).await;
                seen.push_str(&format!(" {}", reply.status()));
                let now = stored(world, table, &key).await;
                if reply.status() >= 500 {
                    names(&log.text(), table, item)
                        .map_err(|wrong| format!("{event:?} is answered {}: {wrong}", reply.text()))?;
                    let is_kept = now.as_ref().is_some_and(|now| {
                        // A draft is put beside what is of the right type and says nothing, such as a time that is none.
                        let drafted = is_draft(&event).then(|| without_draft(now) == without_draft(&odd));
                        drafted.unwrap_or(now == &odd)
                    });
                    ensure(is_kept, &format!("written over though it cannot be read: {event:?}"))?;
                }
                if is_newer {
                    ensure(
                        now.as_ref() == Some(&odd),
                        &format!("written over though it is of a newer schema: {event:?}"),
                    )?;
                }
            }
            if name == "client" || name.starts_with("learned") {
                let mut outcomes = Vec::new();
                let turns = if name == "client" { 2 } else { taught.len() + 2 };
                for turn in 0..turns {
                    for (_, table, item) in items.iter().filter(|(name, _, _)| name.starts_with("learned")) {
                        put(world, table, read(item).expect("an item")).await;
                    }
                    if !put(world, table, odd.clone()).await {
                        return Ok("no item of a table".to_owned());
                    }
                    let log = Log::keep(LevelFilter::INFO);
                    let done = match (name.as_str(), turn) {
                        ("client", 0) => fetch_token(world, client).await?,
                        ("client", _) => {
                            let clients = world.stores().clients().clone();
                            clients
                                .set_active(&client.0, false, &world.stamp())
                                .await
                                .map(drop)
                                .map_err(|e| e.to_string())
                        }
                        (_, turn) if turn < taught.len() => {
                            let late = undelivered(&learner(world), &taught[turn..=turn]).await;
                            if late.is_empty() { Ok(()) } else { Err(log.text()) }
                        }
                        (_, turn) => {
                            let lessons = Lessons::new(world.stores().dynamo().clone(), world.clock());
                            let labels =
                                ["Code 000", "Code 001"].map(|label| Label::from_text(label).expect("a label"));
                            let labels: Vec<&Label> = labels.iter().collect();
                            match turn == taught.len() {
                                true => lessons.knowledge(&labels).await.map(drop).map_err(|error| error.to_string()),
                                false => lessons.overview().await.map(drop).map_err(|error| error.to_string()),
                            }
                        }
                    };
                    let now = stored(world, table, &key).await;
                    if let Err(error) = &done {
                        names(error, table, item)?;
                        ensure(now.as_ref() == Some(&odd), "written over though it cannot be read")?;
                    }
                    if is_newer {
                        ensure(now.as_ref() == Some(&odd), "written over though it is of a newer schema")?;
                    }
                    outcomes.push(done.is_ok());
                }
                seen.push_str(&format!(" {outcomes:?}"));
            }
            if name == "interaction" {
                let id = item["sys_id"]["S"].as_str().unwrap_or_default();
                let interactions = Interactions::new(world.stores().dynamo().clone());
                if let Err(error) = interactions.get(id).await {
                    names(&error.to_string(), table, item)?;
                    seen.push_str(" unreadable");
                }
            }
            Ok(seen)
        });
        self.runtime.block_on(put(world, table, usual));
        outcome
    }
}

/// Has the client fetch a token: who is none is refused, and where that is its record's fault the log names it.
async fn fetch_token(world: &World, (id, secret): &(String, String)) -> Result<Result<(), String>, String> {
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let log = Log::keep(LevelFilter::INFO);
    let reply = world.instance().ask_for_token(&Event::token(&form)).await;
    let log = log.text();
    ensure(reply.status() < 500, &format!("a token is answered {}: {}", reply.status(), reply.text()))?;
    Ok(if log.contains("cannot be read") { Err(log) } else { Ok(()) })
}

/// Whether a call keeps a draft.
fn is_draft(event: &Event) -> bool {
    format!("{event:?}").contains("segment/draft")
}

/// An item without what a draft writes.
fn without_draft(item: &Item) -> Item {
    let mut item = item.clone();
    let of_drafts = |column: &String| {
        column.starts_with("draft_")
            || column.starts_with("attempt_")
            || [SCHEMA, "sys_mod_count"].contains(&column.as_str())
    };
    item.retain(|column, _| !of_drafts(column));
    item
}

/// Whether a text names the table and the key of an item.
fn names(text: &str, table: &str, item: &Map<String, Value>) -> Result<(), String> {
    let key = item["sys_id"]["S"].as_str().unwrap_or_default();
    ensure(text.contains(table) && text.contains(key), &format!("does not name {table} and {key}: '{text}'"))
}
