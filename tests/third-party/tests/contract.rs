//! The team's table keeps the contract, works behind the API, and its functions are ones that Lambda
//! can start.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use serde_json::{Value, json};
use third_party_segments::chat::{ChatSessions, SEGMENT_TABLE, TABLE};
use third_party_segments::registry;
use wrapup::dynamodb::Table;
use wrapup::segment_tables::contract;
use wrapup_lambda_tests::{Event, FunctionProcess, Instance, Parts, World, segmented};

#[tokio::test]
async fn the_team_s_table_keeps_the_contract() {
    let world = start().await;
    contract::verify(Arc::new(ChatSessions::new(world.client().clone()))).await.assert_passed();
}

#[tokio::test]
async fn the_team_s_table_stands_beside_the_built_in_ones() {
    let world = start().await;
    let registry = registry(world.stores().dynamo()).expect("a registry");
    assert_eq!(registry.tables().collect::<Vec<_>>(), [SEGMENT_TABLE, "sn_openframe_phone_log"]);
}

#[tokio::test]
async fn a_wrap_up_of_a_new_chat_session_makes_the_session() {
    let world = start().await;
    let instance = instance(&world);
    let opened = instance.call(&Event::post("segment/create").json(&chat("EXT-1", "s-1"))).await.expect(200);
    assert_eq!(
        (&opened["segment"]["segment_id"], &opened["segment"]["segment_table"]),
        (&json!("s-1"), &json!(SEGMENT_TABLE))
    );
    for path in ["EXT-1", "agent/agent/interaction/interaction"] {
        assert_eq!(
            instance.read(&format!("{path}?include=interaction_segment")).await["interaction_segment"],
            json!({
                "id": "s-1",
                "table": SEGMENT_TABLE,
                "interaction": "interaction",
                "agent": "agent",
                "start": "2024-09-16 17:52:01",
                "fields": {"channel": "web", "crm_reference": "EXT-1"},
            })
        );
    }
}

#[tokio::test]
async fn a_wrap_up_of_a_chat_session_that_is_over_shows_what_was_said() {
    let world = start().await;
    put_session(&world).await;
    let instance = instance(&world);
    instance.open(&chat("EXT-1", "s-1")).await;
    assert_eq!(
        instance.read("EXT-1?include=interaction_segment").await["interaction_segment"],
        json!({
            "id": "s-1",
            "table": SEGMENT_TABLE,
            "agent": "somebody",
            "end": "2024-09-16 17:50:00",
            "transcript": "Hello.\nGood bye.",
            "fields": {"channel": "app"},
        })
    );
}

#[tokio::test]
async fn an_id_that_the_chat_server_cannot_hold_is_refused_in_the_team_s_words() {
    let world = start().await;
    for id in ["x".repeat(65), "two words".to_owned(), "caf\u{e9}".to_owned()] {
        let answer = instance(&world).call(&Event::post("segment/create").json(&chat("EXT-1", &id))).await.expect(400);
        let message = "segment_id is refused by its table: a chat session's id has up to 64 visible ASCII characters";
        assert_eq!(answer, json!({"success": false, "message": message}), "{id}");
    }
    assert!(world.records(Table::Segments).await.is_empty());
    instance(&world).open(&chat("EXT-1", &"x".repeat(64))).await;
}

#[tokio::test]
async fn the_team_s_functions_run_on_lambda() {
    let world = start().await;
    put_session(&world).await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let url = world.dynamodb_url();
    let mut create = FunctionProcess::start(env!("CARGO_BIN_EXE_third-party-create-segment"), url, &[]).await;
    let mut get = FunctionProcess::start(env!("CARGO_BIN_EXE_third-party-get-segment"), url, &[]).await;
    let mut find = FunctionProcess::start(env!("CARGO_BIN_EXE_third-party-find-segment"), url, &[]).await;

    let opened = invoke(&mut create, Event::post("segment/create").json(&chat("EXT-1", "s-1"))).await;
    assert_eq!(opened["segment"]["segment_table"], SEGMENT_TABLE, "{opened}");
    let including = |path: &str| Event::get(&format!("segment/{path}?include=interaction_segment"));
    let got = invoke(&mut get, including("EXT-1")).await;
    let found = invoke(&mut find, including("agent/agent/interaction/interaction")).await;
    for answer in [&got, &found] {
        assert_eq!(answer["segment"]["interaction_segment"]["transcript"], "Hello.\nGood bye.", "{answer}");
    }
}

/// A deployment where the chat server has its table.
async fn start() -> World {
    let world = World::start().await;
    let session =
        AttributeDefinition::builder().attribute_name("session").attribute_type(ScalarAttributeType::S).build();
    let key = KeySchemaElement::builder().attribute_name("session").key_type(KeyType::Hash).build();
    let create = world.client().create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(session.expect("a definition")).key_schema(key.expect("a key"));
    create.send().await.expect("a table");
    world
}

fn instance(world: &World) -> Instance {
    let registry = registry(world.stores().dynamo()).expect("a registry");
    world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() })
}

/// Opens a segment that wraps up a chat session.
fn chat(external_segment_id: &str, session: &str) -> Value {
    let mut body = segmented(external_segment_id, session);
    body["segment_table"] = json!(SEGMENT_TABLE);
    body
}

/// A session as the chat server writes it.
async fn put_session(world: &World) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = world
        .client()
        .put_item()
        .table_name(TABLE)
        .item("session", text("s-1"))
        .item("handled_by", text("somebody"))
        .item("ended", text("2024-09-16 17:50:00"))
        .item("channel", text("app"))
        .item("lines", AttributeValue::L(vec![text("Hello."), text("Good bye.")]));
    put.send().await.expect("a session");
}

/// Has a function answer the event of a function URL by a success; answers its body.
async fn invoke(function: &mut FunctionProcess, event: Event) -> Value {
    // The function itself asks who calls: nobody stands in front of it.
    let event = event.unvouched().basic_auth("integrator", "secret").function_url_json();
    let answer = function.respond(&event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().expect("a text")).expect("JSON")
}
