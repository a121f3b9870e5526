//! The team's table keeps the contract, works behind the API, and its functions are ones that Lambda
//! can start.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use third_party_segments::chat::{ChatSessions, SEGMENT_TABLE, TABLE};
use third_party_segments::registry;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;
use wrapup::dynamodb::Table;
use wrapup::segment_tables::contract;
use wrapup_lambda_tests::{Event, Instance, Parts, World, segmented};

/// Longer than any function takes to start: one that does not fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let create = Function::start(env!("CARGO_BIN_EXE_third-party-create-segment"), &world).await;
    let get = Function::start(env!("CARGO_BIN_EXE_third-party-get-segment"), &world).await;
    let find = Function::start(env!("CARGO_BIN_EXE_third-party-find-segment"), &world).await;

    let opened = create.invoke("POST", "segment/create", &chat("EXT-1", "s-1")).await;
    assert_eq!(opened["segment"]["segment_table"], SEGMENT_TABLE, "{opened}");
    let got = get.invoke("GET", "segment/EXT-1", &Value::Null).await;
    let found = find.invoke("GET", "segment/agent/agent/interaction/interaction", &Value::Null).await;
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

/// A function's process, and the Runtime API by which Lambda would talk to it.
struct Function {
    events: mpsc::Sender<Value>,
    answers: Mutex<mpsc::Receiver<Value>>,
    process: Child,
}

struct Runtime {
    events: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Value>,
}

impl Function {
    async fn start(binary: &str, world: &World) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, received) = mpsc::channel(1);
        let (answered, answers) = mpsc::channel(1);
        let runtime = Arc::new(Runtime { events: Mutex::new(received), answers: answered });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(outcome))
            .with_state(runtime);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let process = Command::new(binary)
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "third-party")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_ENDPOINT_URL_DYNAMODB", world.url())
            .env_remove("WRAPUP_SEGMENT_TABLES")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary starts");
        Self { events, answers: Mutex::new(answers), process }
    }

    /// Sends the event of a function URL, and answers the body of a success.
    async fn invoke(&self, method: &str, path: &str, body: &Value) -> Value {
        let path = format!("/api/now/v1/wrapup/{path}");
        let event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "include=interaction_segment",
            "headers": {
                "content-type": "application/json",
                // The base64 of integrator:secret.
                "authorization": "Basic aW50ZWdyYXRvcjpzZWNyZXQ=",
            },
            "requestContext": {
                "accountId": "anonymous",
                "apiId": "furl",
                "domainName": "furl.lambda-url.us-east-1.on.aws",
                "domainPrefix": "furl",
                "http": {
                    "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test",
                },
                "requestId": "1",
                "routeKey": "$default",
                "stage": "$default",
                "time": "16/Sep/2024:18:00:00 +0000",
                "timeEpoch": 1_726_509_600_000_u64,
            },
            "body": (!body.is_null()).then(|| body.to_string()),
            "isBase64Encoded": false,
        });
        self.events.send(event).await.expect("the function waits");
        let mut answers = self.answers.lock().await;
        let answer = timeout(PATIENCE, answers.recv()).await.expect("an answer at last").expect("an answer");
        assert_eq!(answer["statusCode"], 200, "{answer}");
        serde_json::from_str(answer["body"].as_str().expect("a text")).expect("JSON")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(event) = runtime.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:third-party"),
    ];
    (headers, event.to_string()).into_response()
}

async fn outcome(State(runtime): State<Arc<Runtime>>, answer: Bytes) -> StatusCode {
    let answer = serde_json::from_slice(&answer).expect("JSON");
    runtime.answers.send(answer).await.expect("the test waits");
    StatusCode::ACCEPTED
}
