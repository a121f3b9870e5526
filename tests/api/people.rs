//! People's data, by the operator's commands: printed, erased, gone after a time.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::path::Path;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};
use wrapup_test_support::{AGENT, Answer, INTERACTION, Receiver, Said, Server, external, merged};

use crate::BINARY;

/// What a person has said, in all the places where it may be kept.
const SAID: &str = "Jane Doe was charged twice";

fn run(server: &Server, arguments: &[&str]) -> Said {
    server.cli(BINARY, arguments, "").into()
}

fn put(server: &Server, folder: &Path, command: &str, record: &Value) {
    let file = folder.join("record.json");
    std::fs::write(&file, record.to_string()).expect("a file");
    run(server, &[command, "put", &file.to_string_lossy()]).fine();
}

fn printed(said: &str) -> Value {
    serde_json::from_str(said).expect("JSON")
}

/// Two wrap-ups with texts everywhere, the first with a phone log record; and one of somebody else.
async fn talkative(server: &Server, folder: &Path) -> [String; 2] {
    let api = server.api();
    let call = json!({"segment_id": "call-1", "interaction": INTERACTION, "transcript": SAID, "call_type": "INBOUND"});
    put(server, folder, "phone-log", &call);
    put(server, folder, "interaction", &json!({"sys_id": INTERACTION, "transcript": SAID, "short_description": SAID}));
    put(server, folder, "interaction", &json!({"sys_id": "another", "transcript": "Somebody else."}));
    let third_party = json!({
        "ai_notes": SAID, "ai_wrap_up_code": "Refund",
        "configuration": {"use_third_party_ai": true, "enable_ai_code": true, "enable_ai_notes": true},
    });
    let segmented = json!({"segmented": true, "segment_id": "call-1", "segment_table": "sn_openframe_phone_log"});
    let of_another = json!({"interaction_sys_id": "another", "agent_sys_id": "another agent"});
    let mut sys_ids = Vec::new();
    for (id, own) in [("CLOSED", segmented), ("OPEN", json!({})), ("ANOTHER", of_another)] {
        let request = merged(merged(external(id), &third_party), &own);
        let opened = api.post("segment/create", &request).await.expect(200);
        sys_ids.push(opened["sys_id"].as_str().expect("a sys_id").to_owned());
        let draft = json!({"notes": SAID});
        api.put(&format!("segment/draft?external_segment_id={id}"), &draft).await.expect(200);
    }
    for id in ["CLOSED", "ANOTHER"] {
        let body = json!({"notes": SAID});
        api.put(&format!("segment/update?external_segment_id={id}"), &body).await.expect(200);
    }
    sys_ids.truncate(2);
    sys_ids.try_into().expect("two")
}

/// What is hidden because its time is over is stored until DynamoDB removes it, and so is somebody's data.
#[tokio::test]
async fn what_is_over_and_not_removed_yet_is_printed_and_erased_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_with(BINARY, &["--in-memory"], &[]);
    talkative(&server, folder.path()).await;
    let client = server.dynamodb();
    let mut over = 0;
    for table in ["sn_openframe_phone_log", "interaction"] {
        let found = client.scan().table_name(table).send().await.expect("a scan");
        for mut record in found.items.unwrap_or_default() {
            // As if somebody had set it a while ago; the engine's own sweep has it a little later.
            record.insert("expires_at".to_owned(), AttributeValue::N("1000000000".to_owned()));
            client.put_item().table_name(table).set_item(Some(record)).send().await.expect("a put");
            over += 1;
        }
    }
    assert!(over >= 3);
    let exported = printed(&run(&server, &["segment", "export", "--interaction", INTERACTION]).fine());
    assert!(exported["interactions"][0]["transcript"] == SAID, "{exported}");
    let said = run(&server, &["segment", "erase", "--interaction", INTERACTION, "--yes"]);
    assert_eq!(said.status, Some(0), "{said:?}");
    let erased = printed(&said.out);
    assert_eq!((&erased["interaction_segments_changed"], &erased["interactions_changed"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn all_that_is_stored_of_somebody_is_printed_and_erased_with_a_receipt() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(|_| Answer::Status(204));
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &receiver.url("/")], &[]);
    let sys_ids = talkative(&server, folder.path()).await;
    let of_interaction = ["segment", "export", "--interaction", INTERACTION];

    let exported = printed(&run(&server, &of_interaction).fine());
    let segments = exported["segments"].as_array().expect("segments");
    assert_eq!(segments.len(), 2, "{exported}");
    for (segment, sys_id) in segments.iter().zip(&sys_ids) {
        assert!(sys_ids.contains(&segment["segment"]["sys_id"].as_str().expect("a sys_id").to_owned()), "{sys_id}");
        assert_eq!(segment["segment"]["ai_notes"], SAID);
    }
    let of = |external: &str| {
        let found = segments.iter().find(|segment| segment["segment"]["external_segment_id"] == external);
        found.expect("a segment").clone()
    };
    assert_eq!(of("CLOSED")["segment"]["notes"], SAID);
    assert_eq!(of("CLOSED")["interaction_segment"]["transcript"], SAID);
    assert_eq!(of("OPEN")["segment"]["draft_notes"], SAID);
    assert_eq!(exported["interactions"][0]["transcript"], SAID);
    assert_eq!(exported["interactions"].as_array().map(Vec::len), Some(1));
    for (whose, id) in [("--agent", "nobody"), ("--external-id", "OPNE"), ("--interaction", "none")] {
        for command in [&["segment", "export", whose, id][..], &["segment", "erase", whose, id, "--yes"]] {
            let said = run(&server, command);
            assert!(said.failed(&["nothing is stored by this id"]).out.is_empty(), "{command:?}");
        }
    }
    for (whose, id, count) in [("--agent", AGENT, 2), ("--external-id", "OPEN", 1)] {
        let exported = printed(&run(&server, &["segment", "export", whose, id]).fine());
        assert_eq!(exported["segments"].as_array().map(Vec::len), Some(count), "{whose} {id}");
    }

    // Nobody sits at a terminal here who could be asked.
    let erase = ["segment", "erase", "--interaction", INTERACTION, "--operator", "officer"];
    let refused = run(&server, &erase);
    assert!(refused.failed(&["--yes"]).out.is_empty());
    assert_eq!(printed(&run(&server, &of_interaction).fine())["segments"], exported["segments"]);

    let erased = run(&server, &[&erase[..], &["--yes"]].concat());
    assert_eq!(erased.status, Some(0), "{erased:?}");
    let receipt = printed(&erased.out);
    let mut expected = json!({
        "erased": ["notes", "ai_notes", "drafts", "transcripts"], "erased_on": receipt["erased_on"], "erased_by": "officer",
        "selected_by": "interaction", "segments": receipt["segments"], "segments_changed": 2, "learned_from": 0,
        "interaction_segments_changed": 1, "interactions_changed": 1, "left_to_others": [], "failed": 0,
    });
    assert_eq!(receipt, expected);
    let mut named: Vec<_> =
        receipt["segments"].as_array().expect("sys_ids").iter().map(|id| id.as_str().expect("an id")).collect();
    named.sort_unstable();
    let mut wanted: Vec<_> = sys_ids.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    assert_eq!(named, wanted);
    assert!(!erased.out.contains(INTERACTION) && !erased.out.contains("Jane"), "{}", erased.out);
    // Each record has its line in the log, and none says what was in it.
    let audits: Vec<Value> = erased.err.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(audits.len(), 4, "{}", erased.err);
    for audit in &audits {
        assert_eq!((&audit["audit"]["action"], &audit["audit"]["user"]), (&json!("erase"), &json!("officer")));
    }
    assert!(!erased.err.contains("Jane"), "{}", erased.err);

    let left = run(&server, &of_interaction).fine();
    assert!(!left.contains("Jane"), "{left}");
    let api = server.api();
    let closed = api.get("segment/CLOSED").await.expect(200)["segment"].clone();
    assert_eq!((&closed["state"], &closed["sys_updated_by"]), (&json!("closed"), &json!("officer")));
    assert!(closed["code"]["code"].is_string() && closed["submitted_on"].is_string(), "{closed}");
    assert_eq!(api.get("segment/OPEN").await.expect(200)["segment"]["state"], "open");
    let another = api.get("segment/ANOTHER").await.expect(200)["segment"].clone();
    assert_eq!(another["notes"], SAID);

    // Whoever follows the events hears of it, once, without what was in it.
    let told = receiver
        .wait_until(|received| received.iter().filter(|one| one.event["type"] == "segment.erased").count() >= 2);
    let told: Vec<_> = told.iter().filter(|one| one.event["type"] == "segment.erased").collect();
    assert!(told.iter().all(|one| !one.event.to_string().contains("Jane")), "{told:?}");

    // Done again, it changes nothing, and says so.
    let again = printed(&run(&server, &[&erase[..], &["--yes"]].concat()).fine());
    for changed in ["segments_changed", "interaction_segments_changed", "interactions_changed"] {
        expected[changed] = json!(0);
    }
    expected["erased_on"] = again["erased_on"].clone();
    assert_eq!(again, expected);
}

#[test]
fn exactly_one_of_the_three_says_whose() {
    for arguments in [&["segment", "export"][..], &["segment", "erase", "--yes", "--agent", "a", "--interaction", "i"]]
    {
        let said: Said = wrapup_test_support::run_cli(BINARY, arguments).into();
        assert!(said.err.contains("--agent"), "{}", said.err);
        said.misused();
    }
}

#[tokio::test]
async fn a_local_server_keeps_what_is_over_for_as_long_as_it_is_told_and_refuses_what_is_no_time() {
    let server = Server::start_with(BINARY, &["--in-memory"], &[("WRAPUP_RETENTION_DAYS", "30")]);
    let api = server.api();
    api.post("segment/create", &external("E-1")).await.expect(200);
    api.put("segment/update?external_segment_id=E-1", &json!({})).await.expect(200);
    let exported = printed(&run(&server, &["segment", "export", "--external-id", "E-1"]).fine());
    let end = exported["segments"][0]["segment"]["expires_at"].as_u64().expect("seconds");
    let closed = api.get("segment/E-1").await.expect(200)["segment"]["submitted_on"].clone();
    let closed = wrapup::date_time::DateTime::parse(closed.as_str().expect("a time")).expect("a time");
    assert_eq!(end, closed.since_epoch().as_secs() + 30 * 24 * 60 * 60);
    let described = server.dynamodb().describe_time_to_live().table_name("interaction_wrap_up_segment").send().await;
    let described = described.expect("a table").time_to_live_description.expect("a description");
    assert_eq!(described.attribute_name.as_deref(), Some("expires_at"));
    // Told again, the tables are as they are.
    assert!(run(&server, &["tables", "create"]).fine().contains("all tables are there already"));
    let refused = std::process::Command::new(BINARY)
        .args(["local", "--in-memory", "--port", "0", "--dynamodb-port", "0"])
        .env("WRAPUP_RETENTION_DAYS", "soon")
        .output()
        .expect("a process");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("WRAPUP_RETENTION_DAYS must be a whole number of days"),
        "{said}"
    );
}

#[tokio::test]
async fn what_goes_by_itself_is_no_event() {
    let receiver = Receiver::start(|_| Answer::Status(204));
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &receiver.url("/")], &[]);
    let api = server.api();
    let mut sys_ids = Vec::new();
    for id in ["GONE", "AFTER"] {
        let opened = api.post("segment/create", &external(id)).await.expect(200);
        sys_ids.push(opened["sys_id"].as_str().expect("a sys_id").to_owned());
        if id == "GONE" {
            // As DynamoDB does it to a record whose time is over.
            let delete = server.dynamodb().delete_item().table_name("interaction_wrap_up_segment");
            delete.set_key(Some(wrapup::dynamodb::key(&sys_ids[0]))).send().await.expect("a deletion");
        }
    }
    let is_of = |event: &Value, sys_id: &str| event["subject"] == sys_id;
    // Which of two segments is told of first is open.
    let told = receiver
        .wait_until(|received| sys_ids.iter().all(|sys_id| received.iter().any(|one| is_of(&one.event, sys_id))));
    let of_gone: Vec<_> =
        told.iter().filter(|one| is_of(&one.event, &sys_ids[0])).map(|one| &one.event["type"]).collect();
    assert_eq!(of_gone, ["segment.opened"]);
}

/// The command knows nothing of a table that only the functions are told of; whoever keeps it has to erase what is there.
#[tokio::test]
async fn what_others_keep_is_named_in_the_receipt() {
    let tables =
        json!({"u_calls": {"dynamodb_table": "calls", "key": "id", "columns": {"transcript": "said"}}}).to_string();
    let server = Server::start_with(BINARY, &["--in-memory"], &[("WRAPUP_SEGMENT_TABLES", &tables)]);
    let column = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    let create = server.dynamodb().create_table().table_name("calls").billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(column.expect("a column")).key_schema(key.expect("a key"));
    create.send().await.expect("a table");
    let request = json!({"segmented": true, "segment_id": "call-1", "segment_table": "u_calls"});
    let opened = server.api().post("segment/create", &merged(external("E-1"), &request)).await.expect(200);
    let erased = run(&server, &["segment", "erase", "--external-id", "E-1", "--yes"]);
    assert_eq!(erased.status, Some(0), "{erased:?}");
    let receipt = printed(&erased.out);
    assert_eq!(receipt["left_to_others"], json!([opened["sys_id"]]));
    assert_eq!((&receipt["segments_changed"], &receipt["failed"]), (&json!(1), &json!(0)));
}
