//! Items as they may stand in a table that others write to, too, and what reads them.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use tracing_subscriber::filter::LevelFilter;
use wrapup::dynamodb::{Item, SCHEMA};
use wrapup::interactions::Interactions;
use wrapup::segments::SegmentEvent;
use wrapup_lambda_tests::{Event, Log, World};

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

/// What of an item another writer has written otherwise: `{"of": FILE, "with": {COLUMN: VALUE}}`, null for a column that is
/// not there.
pub struct Stored {
    runtime: Runtime,
    world: World,
    looked: usize,
}

/// After so many a deployment is left for a fresh one: what is read is also changed.
const MOST_LOOKED: usize = 60;

/// What opens segments by the records.
const OPENED_BY: [&str; 2] = ["create-again-internal", "create-again-call-0001"];

impl Stored {
    pub fn new() -> Self {
        let runtime = runtime();
        let world = runtime.block_on(async {
            let world = World::start().await;
            for (_, table, item) in ITEMS.iter() {
                put(&world, table, read(item).expect("an item")).await;
            }
            world
        });
        Self { runtime, world, looked: 0 }
    }
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
        "user" => vec![Event::get("segment/CALL-0001").unvouched().basic_auth("integrator", "Wf7-quarz-Nebel-41!")],
        _ => vec![Event::get("segment/CALL-0001?include=interaction_segment")],
    }
}

// A code is written without a read before it, so what of its record is odd shows in the answer alone: what it does not name
// stays, but what it names is written.
impl Target for Stored {
    fn look(&mut self, input: &[u8]) -> Result<String, String> {
        self.looked += 1;
        if self.looked.is_multiple_of(MOST_LOOKED) {
            *self = Self::new();
        }
        let Ok(input) = serde_json::from_slice::<Value>(input) else { return Ok("no JSON".to_owned()) };
        let found = ITEMS.iter().find(|(name, _, _)| input["of"] == name.as_str());
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
                if !put(&self.world, table, odd.clone()).await {
                    return Ok("no item of a table".to_owned());
                }
                let log = Log::keep(LevelFilter::INFO);
                let reply = self.world.instance().call(&event).await;
                seen.push_str(&format!(" {}", reply.status()));
                let now = stored(&self.world, table, &key).await;
                if reply.status() >= 500 {
                    names(&log.text(), table, item)
                        .map_err(|wrong| format!("{event:?} is answered {}: {wrong}", reply.text()))?;
                    let is_kept = now.as_ref() == Some(&odd) || name.starts_with("code");
                    ensure(is_kept, &format!("written over though it cannot be read: {event:?}"))?;
                }
                if is_newer {
                    ensure(
                        now.as_ref() == Some(&odd),
                        &format!("written over though it is of a newer schema: {event:?}"),
                    )?;
                }
            }
            if name == "interaction" {
                let id = item["sys_id"]["S"].as_str().unwrap_or_default();
                let interactions = Interactions::new(self.world.stores().dynamo().clone());
                if let Err(error) = interactions.get(id).await {
                    names(&error.to_string(), table, item)?;
                    seen.push_str(" unreadable");
                }
            }
            Ok(seen)
        });
        self.runtime.block_on(put(&self.world, table, usual));
        outcome
    }
}

/// Whether a text names the table and the key of an item.
fn names(text: &str, table: &str, item: &Map<String, Value>) -> Result<(), String> {
    let key = item["sys_id"]["S"].as_str().unwrap_or_default();
    ensure(text.contains(table) && text.contains(key), &format!("does not name {table} and {key}: '{text}'"))
}
