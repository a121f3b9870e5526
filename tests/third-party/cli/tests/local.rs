//! The team's segment table in `wrapup local`, and in the operator's commands for segment tables.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use serde_json::{Value, json};
use third_party_segments::chat::{SEGMENT_TABLE, TABLE};
use wrapup_test_support::{Said, Server, external, merged, run_cli};

const BINARY: &str = env!("CARGO_BIN_EXE_third-party-wrapup");

/// A local server where the chat server has its table.
async fn start() -> Server {
    let server = Server::start(BINARY);
    let session =
        AttributeDefinition::builder().attribute_name("session").attribute_type(ScalarAttributeType::S).build();
    let key = KeySchemaElement::builder().attribute_name("session").key_type(KeyType::Hash).build();
    let create = server.dynamodb().create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(session.expect("a definition")).key_schema(key.expect("a key"));
    create.send().await.expect("a table");
    server
}

#[tokio::test]
async fn a_wrap_up_of_a_chat_session_makes_the_session_and_shows_it() {
    let server = start().await;
    let api = server.api();
    let chat = json!({"segmented": true, "segment_id": "s-1", "segment_table": SEGMENT_TABLE});
    let opened = api.post("segment/create", &merged(external("CALL-1"), &chat)).await.expect(200);
    assert_eq!(opened["segment"]["segment_table"], SEGMENT_TABLE);
    let read = api.get("segment/CALL-1?include=interaction_segment").await.expect(200);
    let session = &read["segment"]["interaction_segment"];
    assert_eq!((&session["id"], &session["fields"]["crm_reference"]), (&json!("s-1"), &json!("CALL-1")), "{read}");
    let no_session = merged(external("CALL-2"), &merged(chat, &json!({"segment_id": "a b"})));
    let message = api.post("segment/create", &no_session).await.segment_error(400);
    assert!(message.contains("a chat session's id has up to 64 visible ASCII characters"), "{message}");
}

#[tokio::test]
async fn the_operator_s_commands_know_the_team_s_table() {
    let listed = Said::from(run_cli(BINARY, &["segment-table", "list", "--output", "json"])).fine();
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed, json!([{"segment_table": SEGMENT_TABLE}, {"segment_table": "sn_openframe_phone_log"}]));
    let server = start().await;
    let verify = ["segment-table", "verify", SEGMENT_TABLE, "--output", "json"];
    let verified = Said::from(server.cli(BINARY, &verify, "")).fine();
    let checks: Vec<Value> = serde_json::from_str(&verified).expect("JSON");
    assert!(!checks.is_empty() && checks.iter().all(|check| check["passed"] == true), "{verified}");
    let contract = Said::from(run_cli(BINARY, &["openapi"])).fine();
    assert!(contract.contains(SEGMENT_TABLE), "requests may name it");
}
