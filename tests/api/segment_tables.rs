//! Interaction segment tables: functions beside the local process, DynamoDB tables by configuration,
//! the phone log, and the operator's commands for them.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::HashSet;
use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use hyper::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use wrapup_test_support::{Api, Process, Reply, Said, Server, as_xml, assert_refused, merged, signal};

use crate::BINARY;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/remote-python/segment_table.py");
const PHONE_LOG: &str = "sn_openframe_phone_log";
const WRAPUP_SEGMENTS: &str = "interaction_wrap_up_segment";

/// What the contract asks, as `segment-table verify` prints it.
const CLAUSES: [&str; 8] = [
    "create answers the record that retrieve then sees",
    "a new record has the interaction it was given, or none",
    "create is idempotent for a segment_id",
    "an unknown segment_id is no such record",
    "a segment_id may be any text",
    "ids that look alike name different records",
    "many creators at once make one record",
    "deadlines are honoured",
];

/// A function that breaks the contract in the way that the segment_id asks for.
const MISBEHAVING: &str = r#"
def answer(event):
    segment_id = event.get("segment", event).get("segment_id")
    record = {"id": segment_id, "table": event["segment_table"]}
    return {
        "is fine": {"version": 1, "record": record},
        "another version": {"version": 2, "record": record},
        "another table's": {"version": 1, "record": {**record, "table": "u_other"}},
        "another record": {"version": 1, "record": {**record, "id": "another"}},
        "record without an id": {"version": 1, "record": {"table": event["segment_table"]}},
        "neither record nor error": {"version": 1},
        "unknown error": {"version": 1, "error": {"code": "tired"}},
        "bad input": {"version": 1, "error": {"code": "bad_input", "message": "chats are numbered"}},
        "try again": {"version": 1, "error": {"code": "try_again", "message": "secret-reason"}},
        "a list": ["secret-content"],
        "raises": None,
    }[segment_id] or 1 / 0
"#;

/// A function that is no better whatever it is asked.
const GARBAGE: &str = r#"
def answer(event):
    return {"ticket": "secret-content"}
"#;

/// The example, except that its first call is never answered. It ends with the server, which a test kills.
const SILENT: &str = r#"
import time
sys.path.insert(0, os.path.dirname(os.environ["EXAMPLE"]))
from segment_table import handler

server = os.getppid()

def answer(event):
    try:
        open("has-hung", "x").close()
    except FileExistsError:
        return handler(event, None)
    while os.getppid() == server:
        time.sleep(0.1)
"#;

/// Notes down what it is asked, and answers once it is let go. It ends with the server, which a test kills.
const PATIENT: &str = r#"
import time
server = os.getppid()

def answer(event):
    segment_id = event.get("segment", event)["segment_id"]
    with open("asked", "a") as asked:
        print(segment_id, file=asked)
    while not os.path.exists("go") and os.getppid() == server:
        time.sleep(0.01)
    return {"version": 1, "record": {"id": segment_id, "table": event["segment_table"]}}
"#;

/// The example, except that its process ends in the middle of its first call.
const MORTAL: &str = r#"
sys.path.insert(0, os.path.dirname(os.environ["EXAMPLE"]))
from segment_table import handler

def answer(event):
    try:
        open("has-died", "x").close()
    except FileExistsError:
        return handler(event, None)
    os._exit(3)
"#;

/// A function with much to tell, less than the 6 MB that Lambda takes.
const TALKATIVE: &str = r#"
def answer(event):
    segment_id = event.get("segment", event)["segment_id"]
    record = {"id": segment_id, "table": event["segment_table"], "transcript": "word " * 600_000}
    return {"version": 1, "record": record}
"#;

/// What stands above an `answer(event)`.
const IMPORTS: &str = "
import json, os, sys
from urllib.request import ProxyHandler, build_opener

sys.dont_write_bytecode = True
os.chdir(os.path.dirname(__file__))
";

/// What runs an `answer(event)` as a Lambda function.
const RUNTIME: &str = r#"
if __name__ == "__main__":
    http, api = build_opener(ProxyHandler({})), os.environ["AWS_LAMBDA_RUNTIME_API"]
    while True:
        with http.open(f"http://{api}/2018-06-01/runtime/invocation/next") as call:
            url = f"http://{api}/2018-06-01/runtime/invocation/{call.headers['Lambda-Runtime-Aws-Request-Id']}/"
            try:
                outcome, body = "response", answer(json.load(call))
            except Exception as error:
                outcome, body = "error", {"errorType": type(error).__name__, "errorMessage": "secret-content"}
        http.open(url + outcome, json.dumps(body).encode()).close()
"#;

/// A running server with functions, and the folder that the functions keep their files in.
struct Desk {
    server: Server,
    folder: TempDir,
    segment_tables: String,
}

impl Desk {
    /// A server without functions.
    fn open(segment_tables: &Value) -> Self {
        Self::open_with(segment_tables, &[], tempfile::tempdir().expect("a folder"))
    }

    /// A server with the example as the function `chat`.
    fn with_the_example(segment_tables: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let command = example_in(folder.path());
        Self::open_with(segment_tables, &[("chat", &command)], folder)
    }

    /// A server with a Python function of the test's own.
    fn with_function(segment_tables: &Value, name: &str, answer: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let command = function_in(folder.path(), name, answer);
        Self::open_with(segment_tables, &[(name, &command)], folder)
    }

    fn open_with(segment_tables: &Value, functions: &[(&str, &str)], folder: TempDir) -> Self {
        let segment_tables = segment_tables.to_string();
        let functions: Vec<_> = functions.iter().map(|(name, command)| format!("{name}={command}")).collect();
        let mut arguments = vec!["--in-memory", "--lambda-port", "0"];
        arguments.extend(functions.iter().flat_map(|function| ["--function", function]));
        // Wherever all of AWS is said to be, these functions are here.
        let environment = [("WRAPUP_SEGMENT_TABLES", &segment_tables[..]), ("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
        let server = Server::start_with(BINARY, &arguments, &environment);
        Self { server, folder, segment_tables }
    }

    fn api(&self) -> Api {
        self.server.api()
    }

    /// Runs a command against this server, in the environment that the server has.
    fn run(&self, arguments: &[&str]) -> Said {
        let dynamodb_port = self.server.dynamodb_port.to_string();
        let lambda_port = port_behind("Lambda ", &self.server.banner).unwrap_or("1").to_owned();
        let output = Command::new(BINARY)
            .args(arguments)
            .args(["--local", "--dynamodb-port", &dynamodb_port, "--lambda-port", &lambda_port])
            .env("WRAPUP_SEGMENT_TABLES", &self.segment_tables)
            .stdin(Stdio::null())
            .output();
        output.expect("the binary runs").into()
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// What `segment-table verify` prints as JSON: each clause with the problem it has.
    fn clauses(said: &str) -> Vec<(String, Option<String>)> {
        let rows: Vec<Value> = serde_json::from_str(said).expect(said);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let clauses = rows.iter().map(|row| {
            assert_eq!(row["passed"], json!(row["problem"].is_null()), "{row}");
            (text(&row["clause"]).expect("a clause"), text(&row["problem"]))
        });
        clauses.collect()
    }

    /// Opens a segmented wrap-up.
    async fn open_segmented(&self, external_id: &str, table: &str, segment_id: &str) -> Reply {
        self.api().post("segment/create", &segmented(external_id, table, segment_id)).await
    }

    /// The interaction segment that GET includes; null where it includes none.
    async fn included(&self, external_id: &str) -> Value {
        let path = format!("segment/{external_id}?include=interaction_segment");
        self.api().get(&path).await.expect(200)["segment"]["interaction_segment"].take()
    }

    async fn create_table(&self, name: &str, key: &str) {
        let key_schema = KeySchemaElement::builder().attribute_name(key).key_type(KeyType::Hash).build();
        let attribute =
            AttributeDefinition::builder().attribute_name(key).attribute_type(ScalarAttributeType::S).build();
        let create = self.server.dynamodb().create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        let create = create.key_schema(key_schema.expect("a key")).attribute_definitions(attribute.expect("a column"));
        create.send().await.expect("a table");
    }
}

/// The request for a segmented wrap-up.
fn segmented(external_id: &str, table: &str, segment_id: &str) -> Value {
    json!({
        "agent_sys_id": "agent-7",
        "interaction_sys_id": "interaction-42",
        "external": true,
        "external_segment_id": external_id,
        "opened_on": "2024-09-16 17:52:01",
        "segmented": true,
        "segment_table": table,
        "segment_id": segment_id,
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [{"code": "Billing Issue"}],
            "default_code": "Billing Issue"
        }
    })
}

/// The command that runs the example with its file in a folder.
fn example_in(folder: &Path) -> String {
    format!("env SEGMENT_TABLE_FILE='{}/chats.sqlite3' python3 '{EXAMPLE}'", folder.display())
}

/// The command that runs a Python function, which keeps its files in the folder.
fn function_in(folder: &Path, name: &str, answer: &str) -> String {
    let path = folder.join(format!("{name}.py"));
    let program = format!("{IMPORTS}{answer}{RUNTIME}");
    std::fs::write(&path, program).expect("a file");
    format!("env EXAMPLE='{EXAMPLE}' python3 '{}'", path.display())
}

/// The port in the banner's line that begins with a word.
fn port_behind<'a>(word: &str, banner: &'a str) -> Option<&'a str> {
    let line = banner.lines().find(|line| line.starts_with(word))?;
    let rest = line.split("http://127.0.0.1:").nth(1)?;
    rest.split('/').next()
}

// A function in another language.

#[test]
fn the_python_example_keeps_the_contract() {
    let desk = Desk::with_the_example(&json!({"u_chat": "chat"}));
    // As a table of what passed.
    let printed = desk.run(&["segment-table", "verify", "u_chat", "--function", "chat"]).fine();
    for clause in CLAUSES {
        let row = printed.lines().find(|line| line.contains(clause)).unwrap_or_default();
        assert!(row.contains(" yes "), "{clause}:\n{printed}");
    }
    assert!(!printed.contains(" NO "), "{printed}");
    // As JSON, and with the function that the environment names.
    let printed = desk.run(&["segment-table", "verify", "u_chat", "--output", "json"]).fine();
    assert_eq!(Desk::clauses(&printed), CLAUSES.map(|clause| (clause.to_owned(), None)));
}

#[test]
fn the_python_example_makes_one_record_where_processes_race() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "import json, os, sys\n\
        sys.path.insert(0, os.path.dirname(os.environ['EXAMPLE']))\n\
        from segment_table import handler\n\
        print(json.dumps(handler(json.load(sys.stdin), None), sort_keys=True))";
    let ask = |event: Value| {
        let mut child = Command::new("python3")
            .args(["-B", "-c", script])
            .env("EXAMPLE", EXAMPLE)
            .env("SEGMENT_TABLE_FILE", folder.path().join("chats.sqlite3"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 starts");
        child.stdin.take().expect("a pipe").write_all(event.to_string().as_bytes()).expect("the event is taken");
        child
    };
    let create = |agent: String| {
        ask(json!({
            "version": 1, "operation": "create", "segment_table": "u_chat", "remaining_ms": 60_000,
            "segment": {
                "segment_id": "chat-1", "interaction": "interaction-42", "agent": agent,
                "opened_on": "2024-09-16 17:52:01", "caller": "username"
            }
        }))
    };
    // All of them start before the first one is waited for.
    let children: Vec<_> = (0..8).map(|number| create(format!("agent-{number}"))).collect();
    let answers: HashSet<_> = children
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().expect("an end").stdout).expect("UTF-8"))
        .collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let retrieve = json!({"version": 1, "operation": "retrieve", "segment_table": "u_chat", "segment_id": "chat-1", "remaining_ms": 60_000});
    let retrieved = ask(retrieve).wait_with_output().expect("an end").stdout;
    assert_eq!(answers.into_iter().next(), String::from_utf8(retrieved.clone()).ok());
    let retrieved: Value = serde_json::from_slice(&retrieved).expect("JSON");
    assert_eq!((&retrieved["version"], &retrieved["record"]["id"]), (&json!(1), &json!("chat-1")), "{retrieved}");
}

#[tokio::test]
async fn opening_creates_the_functions_record_and_get_includes_it() {
    let desk = Desk::with_the_example(&json!({"u_chat": "chat"}));
    let opened = desk.open_segmented("CALL-1", "u_chat", "chat-1").await.expect(200);
    assert_eq!(opened["segment"]["segment_table"], "u_chat");
    assert_eq!(opened["segment"]["segment_id"], "chat-1");
    let record = json!({
        "id": "chat-1", "table": "u_chat", "interaction": "interaction-42", "agent": "agent-7",
        "start": "2024-09-16 17:52:01", "fields": {"opened_by": "username"}
    });
    let sys_id = opened["sys_id"].as_str().expect("a sys_id");
    for path in ["segment/CALL-1", &format!("segment/{sys_id}"), "segment/agent/agent-7/interaction/interaction-42"] {
        let plain = desk.api().get(path).await.expect(200);
        assert_eq!(plain["segment"]["interaction_segment"], Value::Null, "{path}: only where it is asked for");
        let path = format!("{path}?include=interaction_segment");
        let mut including = desk.api().get(&path).await.expect(200);
        let xml = desk.api().call(Method::GET, &path).accept_xml().send().await.expect_xml(200);
        assert_eq!(xml, as_xml(&including), "{path}");
        let included = including["segment"].as_object_mut().expect("a segment").remove("interaction_segment");
        assert_eq!(included.as_ref(), Some(&record), "{path}");
        assert_eq!(including, plain, "{path}: nothing else differs");
    }
    // Another wrap-up of the same chat finds the record there, and leaves it as it is.
    let mut request = segmented("CALL-2", "u_chat", "chat-1");
    request["agent_sys_id"] = json!("agent-8");
    desk.api().post("segment/create", &request).await.expect(200);
    assert_eq!(desk.included("CALL-2").await, record);
}

#[tokio::test]
async fn records_of_the_python_example_outlive_its_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let command = example_in(folder.path());
    let tables = json!({"u_chat": "chat"});
    let desk = Desk::open_with(&tables, &[("chat", &command)], folder);
    desk.open_segmented("CALL-1", "u_chat", "chat-1").await.expect(200);
    let before = desk.included("CALL-1").await;
    let Desk { server, folder, .. } = desk;
    server.kill();

    // The wrap-ups were in memory and are gone: what the next one finds was in the function's file.
    let desk = Desk::open_with(&tables, &[("chat", &command)], folder);
    let mut request = segmented("CALL-1", "u_chat", "chat-1");
    request["agent_sys_id"] = json!("agent-8");
    desk.api().post("segment/create", &request).await.expect(200);
    let after = desk.included("CALL-1").await;
    assert_eq!((&after, &after["agent"]), (&before, &json!("agent-7")));
}

#[tokio::test]
async fn a_function_may_be_named_by_arn_version_and_alias() {
    let tables = json!({
        "u_arn": "arn:aws:lambda:eu-central-1:123456789012:function:chat",
        "u_alias": {"function": "arn:aws:lambda:eu-central-1:123456789012:function:chat:live"},
        "u_part": "123456789012:function:chat",
        "u_version": "chat:7"
    });
    let desk = Desk::with_the_example(&tables);
    for table in ["u_arn", "u_alias", "u_part", "u_version"] {
        // One function that serves several tables keeps them apart.
        desk.open_segmented(table, table, "chat-1").await.expect(200);
        assert_eq!(desk.included(table).await["table"], table);
    }
}

#[tokio::test]
async fn what_a_function_gets_wrong_is_answered_as_documented_and_opens_nothing() {
    let desk = Desk::with_function(&json!({"u_odd": "odd", "u_absent": "absent"}), "odd", MISBEHAVING);
    desk.open_segmented("CALL-0", "u_odd", "is fine").await.expect(200);
    let before = desk.server.stored(WRAPUP_SEGMENTS).await.len();
    for (table, segment_id, status) in [
        ("u_odd", "another version", 500),
        ("u_odd", "another table's", 500),
        ("u_odd", "another record", 500),
        ("u_odd", "record without an id", 500),
        ("u_odd", "neither record nor error", 500),
        ("u_odd", "unknown error", 500),
        ("u_odd", "a list", 500),
        ("u_odd", "raises", 500),
        ("u_odd", "bad input", 400),
        ("u_odd", "try again", 503),
        ("u_absent", "is fine", 500),
    ] {
        let reply = desk.open_segmented("CALL-1", table, segment_id).await;
        assert!(!reply.text().contains("secret"), "{segment_id}: {}", reply.text());
        match status {
            400 => assert_refused(&reply, 400, &["segment_id", "chats are numbered"], segment_id),
            503 => {
                reply.platform_error(503);
                assert_ne!(reply.header("retry-after"), "", "{segment_id}");
            }
            status => drop(reply.platform_error(status)),
        }
        desk.api().get("segment/CALL-1").await.segment_error(404);
        assert_eq!(desk.server.stored(WRAPUP_SEGMENTS).await.len(), before, "{table}, {segment_id}");
    }
}

#[tokio::test]
async fn a_function_may_answer_a_long_transcript() {
    let desk = Desk::with_function(&json!({"u_chat": "talkative"}), "talkative", TALKATIVE);
    desk.open_segmented("CALL-1", "u_chat", "chat-1").await.expect(200);
    assert_eq!(desk.included("CALL-1").await["transcript"], "word ".repeat(600_000));
}

#[tokio::test]
async fn a_function_that_does_not_answer_is_given_up_and_runs_again() {
    let desk = Desk::with_function(&json!({"u_chat": "silent"}), "silent", SILENT);
    let reply = desk.open_segmented("CALL-1", "u_chat", "chat-1").await;
    reply.platform_error(503);
    assert_ne!(reply.header("retry-after"), "");
    desk.api().get("segment/CALL-1").await.segment_error(404);
    // A caller who tries again waits for the new process.
    desk.open_segmented("CALL-1", "u_chat", "chat-1").await.expect(200);
    assert_eq!(desk.included("CALL-1").await["id"], "chat-1");
}

#[tokio::test]
async fn what_its_callers_have_given_up_is_dropped_and_what_has_begun_is_finished() {
    let desk = Desk::with_function(&json!({"u_chat": "patient"}), "patient", PATIENT);
    let asked = || std::fs::read_to_string(desk.folder.path().join("asked")).unwrap_or_default();
    let opening = |id: &str| {
        let (api, body) = (desk.api(), segmented(id, "u_chat", id));
        tokio::spawn(async move { api.post("segment/create", &body).await })
    };
    let begun = opening("begun");
    while asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // By the API, and by whoever invokes the function: both wait behind the first one, and hang up.
    let given_up: Vec<_> = (0..5).map(|number| opening(&format!("given up {number}"))).collect();
    let lambda = format!("127.0.0.1:{}", port_behind("Lambda ", &desk.server.banner).expect("a port"));
    let event = r#"{"segment_table":"u_chat","segment_id":"given up, too"}"#;
    let mut invoking = TcpStream::connect(&lambda).expect("a connection");
    let head = format!(
        "POST /2015-03-31/functions/patient/invocations HTTP/1.1\r\nHost: {lambda}\r\nContent-Length: {}\r\n\r\n",
        event.len()
    );
    invoking.write_all((head + event).as_bytes()).expect("an invocation");
    tokio::time::sleep(Duration::from_millis(500)).await;
    given_up.iter().for_each(tokio::task::JoinHandle::abort);
    drop(invoking);
    for one in given_up {
        assert!(one.await.is_err_and(|error| error.is_cancelled()));
    }
    let waiting = opening("waiting");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(asked(), "begun\n");
    std::fs::write(desk.folder.path().join("go"), "").expect("a file");
    begun.await.expect("no panic").expect(200);
    waiting.await.expect("no panic").expect(200);
    assert_eq!(asked(), "begun\nwaiting\n");
}

#[tokio::test]
async fn a_function_whose_process_dies_in_a_call_runs_again() {
    let desk = Desk::with_function(&json!({"u_chat": "mortal"}), "mortal", MORTAL);
    desk.open_segmented("CALL-1", "u_chat", "chat-1").await.platform_error(500);
    desk.api().get("segment/CALL-1").await.segment_error(404);
    // A caller who tries again waits for the new process, and gets what the first call was about.
    desk.open_segmented("CALL-1", "u_chat", "chat-1").await.expect(200);
    assert_eq!(desk.included("CALL-1").await["id"], "chat-1");
}

// A DynamoDB table by configuration.

#[tokio::test]
async fn a_dynamodb_table_serves_by_configuration_alone() {
    let desk = Desk::open(&json!({"u_ticket": {
        "dynamodb_table": "team-tickets",
        "key": "ticket",
        "columns": {
            "interaction": "conversation", "agent": "owner", "start": "began", "end": "ended",
            "transcript": "words", "external_segment_id": "call"
        }
    }}));
    desk.create_table("team-tickets", "ticket").await;
    let printed = desk.run(&["segment-table", "verify", "u_ticket", "--output", "json"]).fine();
    assert_eq!(Desk::clauses(&printed), CLAUSES.map(|clause| (clause.to_owned(), None)));

    // A record that opening makes stands in the team's own columns.
    desk.open_segmented("CALL-1", "u_ticket", "T-1").await.expect(200);
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let rows = desk.server.stored("team-tickets").await;
    let row = rows.into_iter().find(|row| row["ticket"] == text("T-1")).expect("a row");
    let expected = [
        ("ticket", "T-1"),
        ("conversation", "interaction-42"),
        ("owner", "agent-7"),
        ("began", "2024-09-16 17:52:01"),
        ("call", "CALL-1"),
    ];
    assert_eq!(row, expected.map(|(column, value)| (column.to_owned(), text(value))).into());

    // One that the team has made is shown as it is.
    let put = desk.server.dynamodb().put_item().table_name("team-tickets").item("ticket", text("T-2"));
    let put = put.item("words", text("Hello <you>")).item("began", text("2024-09-16T19:52:01+02:00"));
    let put = put.item("ended", text("2024-09-16 17:55:00")).item("priority", AttributeValue::N("2".to_owned()));
    put.item("2nd line", AttributeValue::Bool(true)).send().await.expect("a row");
    desk.open_segmented("CALL-2", "u_ticket", "T-2").await.expect(200);
    assert_eq!(
        desk.included("CALL-2").await,
        json!({
            "id": "T-2", "table": "u_ticket", "start": "2024-09-16 17:52:01", "end": "2024-09-16 17:55:00",
            "transcript": "Hello <you>", "fields": {"2nd line": true, "priority": 2}
        })
    );
    let path = "segment/CALL-2?include=interaction_segment";
    let xml = desk.api().call(Method::GET, path).accept_xml().send().await.expect_xml(200);
    assert_eq!(xml["segment"]["interaction_segment"]["fields"], json!({"_2nd_line": "true", "priority": "2"}));

    // One that the team has deleted since is left out.
    let key = ("ticket", text("T-2"));
    desk.server.dynamodb().delete_item().table_name("team-tickets").key(key.0, key.1).send().await.expect("a deletion");
    assert_eq!(desk.included("CALL-2").await, Value::Null);
}

#[tokio::test]
async fn a_dynamodb_table_that_is_not_there_is_an_internal_error() {
    let desk = Desk::open(&json!({"u_ticket": {"dynamodb_table": "team-tickets", "key": "ticket"}}));
    desk.open_segmented("CALL-1", "u_ticket", "T-1").await.platform_error(500);
    desk.api().get("segment/CALL-1").await.segment_error(404);
    desk.create_table("team-tickets", "ticket").await;
    desk.open_segmented("CALL-1", "u_ticket", "T-1").await.expect(200);
}

// The phone log.

#[tokio::test]
async fn a_phone_log_record_that_an_operator_puts_is_shown_and_included() {
    let desk = Desk::open(&json!({}));
    let record = json!({
        "segment_id": "phone-1", "call_id": "CA-9", "phone_number": "+49 30 1234567", "call_type": "INBOUND",
        "agent": "agent-7", "contact": "contact-3", "interaction": "interaction-42",
        "start_time": "2024-09-16 17:52:01", "end_time": "2024-09-16T19:57:01+02:00", "duration": "300",
        "transcript": "Agent: Hello.\nCaller: My bill is <wrong>.", "queue": "Billing", "skills": ["de", "en"],
        "nothing": null
    });
    let put = desk.run(&["phone-log", "put", &desk.file("call.json", &record.to_string())]);
    assert_eq!(put.fine(), "phone-1\n");
    let shown = json!({
        "id": "phone-1", "table": PHONE_LOG, "interaction": "interaction-42", "agent": "agent-7",
        "start": "2024-09-16 17:52:01", "end": "2024-09-16 17:57:01",
        "transcript": "Agent: Hello.\nCaller: My bill is <wrong>.",
        "fields": {
            "call_id": "CA-9", "phone_number": "+49 30 1234567", "call_type": "INBOUND",
            "contact": "contact-3", "duration": 300, "queue": "Billing", "skills": ["de", "en"]
        }
    });
    let printed: Value = serde_json::from_str(&desk.run(&["phone-log", "show", "phone-1"]).fine()).expect("JSON");
    assert_eq!(printed, shown);

    desk.open_segmented("CALL-1", PHONE_LOG, "phone-1").await.expect(200);
    assert_eq!(desk.included("CALL-1").await, shown);
    let path = "segment/CALL-1?include=interaction_segment";
    let json = desk.api().get(path).await.expect(200);
    let xml = desk.api().call(Method::GET, path).accept_xml().send().await.expect_xml(200);
    assert_eq!(xml, as_xml(&json));

    // Another put takes the record's place.
    let file = desk.file("call.json", r#"{"segment_id": "phone-1", "call_type": "OUTBOUND"}"#);
    desk.run(&["phone-log", "put", &file]).fine();
    let included = desk.included("CALL-1").await;
    assert_eq!((&included["fields"]["call_type"], &included["transcript"]), (&json!("OUTBOUND"), &Value::Null));
}

#[tokio::test]
async fn an_operator_sees_the_phone_log_record_that_opening_made() {
    let desk = Desk::open(&json!({}));
    desk.run(&["phone-log", "show", "phone-1"]).failed(&[PHONE_LOG, "no record 'phone-1'"]);
    desk.open_segmented("CALL-1", PHONE_LOG, "phone-1").await.expect(200);
    let printed: Value = serde_json::from_str(&desk.run(&["phone-log", "show", "phone-1"]).fine()).expect("JSON");
    assert_eq!(printed, desk.included("CALL-1").await);
    assert_eq!((&printed["agent"], &printed["fields"]["call_id"]), (&json!("agent-7"), &json!("CALL-1")));
    let printed = desk.run(&["segment-table", "verify", PHONE_LOG, "--output", "json"]).fine();
    assert_eq!(Desk::clauses(&printed), CLAUSES.map(|clause| (clause.to_owned(), None)));
}

#[tokio::test]
async fn every_bad_field_of_a_phone_log_record_is_named_and_nothing_is_stored() {
    let desk = Desk::open(&json!({}));
    let put = |content: &str| desk.run(&["phone-log", "put", &desk.file("call.json", content)]);
    let bad = json!({
        "segment_id": "phone-1", "call_id": 0.9, "phone_number": ["+49"], "call_type": "inbound", "agent": true,
        "contact": {}, "interaction": 1.5, "start_time": "yesterday", "end_time": "2024-02-30 00:00:00",
        "duration": 0, "transcript": ["Hello"]
    });
    let fields: Vec<_> = bad.as_object().expect("fields").keys().filter(|name| *name != "segment_id").collect();
    let fields: Vec<_> = fields.iter().map(|name| format!("{name} has")).collect();
    let fields: Vec<_> = fields.iter().map(String::as_str).collect();
    put(&bad.to_string()).failed(&[&["call.json", "INBOUND, OUTBOUND"], &fields[..]].concat());
    put(r#"{"call_type": "INBOUND"}"#).failed(&["call.json", "segment_id is required"]);
    let long = json!({"segment_id": "phone-1", "transcript": "x".repeat(400 * 1024)}).to_string();
    put(&long).failed(&["call.json", "transcript"]);
    put("{\n  \"segment_id\": }").failed(&["call.json", "line 2"]);
    put("[]").failed(&["call.json", "object"]);
    desk.run(&["phone-log", "put", "no-such-file.json"]).failed(&["no-such-file.json"]);
    assert_eq!(desk.server.stored(PHONE_LOG).await.len(), 0);
}

// The operator's commands.

#[test]
fn segment_tables_that_are_served_are_listed() {
    let desk = Desk::open(&json!({"u_ticket": {"dynamodb_table": "t", "key": "k"}, "u_chat": "chat"}));
    let printed = desk.run(&["segment-table", "list", "--output", "json"]).fine();
    let listed: Value = serde_json::from_str(&printed).expect("JSON");
    let expected = [PHONE_LOG, "u_chat", "u_ticket"].map(|table| json!({"segment_table": table}));
    assert_eq!(listed, json!(expected));
    let printed = desk.run(&["segment-table", "list"]).fine();
    assert!(printed.contains("u_ticket") && !printed.contains('{'), "{printed}");
}

#[test]
fn verifying_names_every_clause_that_is_broken_and_fails() {
    let desk = Desk::with_function(&json!({"u_chat": "garbage"}), "garbage", GARBAGE);
    let printed =
        desk.run(&["segment-table", "verify", "u_chat", "--output", "json"]).failed(&["u_chat", "contract"]).out;
    let clauses = Desk::clauses(&printed);
    assert_eq!(clauses.iter().map(|(clause, _)| clause.as_str()).collect::<Vec<_>>(), CLAUSES);
    for (clause, problem) in &clauses {
        let problem = problem.as_deref().unwrap_or_default();
        assert!(problem.contains("function garbage breaks the contract"), "{clause}: {problem}");
        assert!(!problem.contains("secret"), "{clause}: {problem}");
    }
    assert!(clauses[0].1.as_ref().is_some_and(|problem| problem.contains("version")), "{clauses:?}");
    let printed = desk.run(&["segment-table", "verify", "u_chat"]).failed(&["u_chat", "contract"]).out;
    assert_eq!(printed.matches(" NO ").count(), CLAUSES.len(), "{printed}");
}

#[test]
fn verifying_what_is_not_there_says_so() {
    let desk = Desk::open(&json!({"u_chat": "chat"}));
    let said =
        desk.run(&["segment-table", "verify", "u_nothing"]).failed(&["'u_nothing'", "u_chat", PHONE_LOG, "--function"]);
    assert_eq!(said.out, "");
    // No such function, or nobody who listens: no clause is kept, and people read once why.
    let serving = Desk::with_function(&json!({}), "garbage", GARBAGE);
    let absent = serving.run(&["segment-table", "verify", "u_chat", "--function", "absent"]);
    let unheard = desk.run(&["segment-table", "verify", "u_chat"]);
    for (said, cause) in [(absent, "Function not found: absent"), (unheard, "function chat dispatch failure")] {
        let printed = said.failed(&["u_chat", "contract"]).out;
        assert_eq!(printed.matches(" NO ").count(), CLAUSES.len(), "{printed}");
        assert_eq!(printed.matches(cause).count(), 1, "{printed}");
        // Where nobody listens, a call that is too late rightly ends with "try again".
        assert!(printed.matches("failed with the same").count() >= CLAUSES.len() - 2, "{printed}");
    }
    // For programs each clause says all of it.
    let printed = desk.run(&["segment-table", "verify", "u_chat", "--output", "json"]).failed(&["contract"]).out;
    for (clause, problem) in Desk::clauses(&printed) {
        assert!(
            problem.is_some_and(|problem| problem.contains("function chat dispatch failure")),
            "{clause}: {printed}"
        );
    }
}

#[test]
fn a_bad_description_of_segment_tables_fails_the_start_and_says_where() {
    for (json, place) in [
        ("{", "line 1, column 1"),
        ("{\n  \"u_chat\": chat}", "line 2, column"),
        ("[]", "object"),
        (r#"{"u_chat": 0.7}"#, "u_chat has to be"),
        (r#"{"u_chat": ""}"#, "u_chat is required"),
        (r#"{"u_chat": {"key": "k"}}"#, "u_chat.dynamodb_table is required"),
        (r#"{"u_chat": {"dynamodb_table": "t"}}"#, "u_chat.key is required"),
        (r#"{"u_chat": {"dynamodb_table": "t", "key": "k", "columns": {"began": "b"}}}"#, "u_chat.columns.began"),
        (r#"{"u_chat": {"dynamodb_table": "t", "key": "k", "columns": {"start": 1.5}}}"#, "u_chat.columns.start"),
    ] {
        for command in
            [&["local", "--in-memory", "--port", "0", "--dynamodb-port", "0"][..], &["segment-table", "list"]]
        {
            let output = Command::new(BINARY).args(command).env("WRAPUP_SEGMENT_TABLES", json).output();
            let said = Said::from(output.expect("the binary ends"));
            let out = said.failed(&["WRAPUP_SEGMENT_TABLES", place]).out;
            assert_eq!(out, "", "{json}: nothing has started");
        }
    }
}

#[test]
fn a_function_that_is_no_name_and_command_is_refused() {
    for function in ["chat", "=python3 chat.py", "chat="] {
        let output = Command::new(BINARY).args(["local", "--in-memory", "--function", function]).output();
        let said = Said::from(output.expect("the binary ends"));
        assert_eq!((said.status, said.err.contains("NAME=COMMAND")), (Some(2), true), "{said:?}");
    }
}

// The guide.

const GUIDE: &str = include_str!("../../docs/segment-tables.md");

/// What the workspace's own test run covers; cargo in cargo would wait for itself.
const RUN_ELSEWHERE: &str = "cargo test -p third-party-segments -p third-party-wrapup\n";

/// Commands of the guide, and what it prints right below them.
struct Step<'a> {
    commands: &'a str,
    format: &'a str,
    shown: &'a str,
}

/// The guide's shell blocks in order. Another block that follows with nothing but white space
/// between is what the commands print.
fn steps() -> Vec<Step<'static>> {
    // Odd parts are blocks, even ones the text around them.
    let parts: Vec<_> = GUIDE.split("```").collect();
    let block = |index: usize| parts.get(index).and_then(|block| block.split_once('\n')).unwrap_or_default();
    let shell = (1..parts.len()).step_by(2).filter(|index| block(*index).0 == "sh");
    let steps = shell.map(|index| {
        let follows = parts.get(index + 1).is_some_and(|between| between.trim().is_empty());
        let (format, shown) = if follows { block(index + 2) } else { ("", "") };
        assert_ne!(format, "sh", "say what the second block does");
        Step { commands: block(index).1, format, shown }
    });
    steps.collect()
}

#[test]
fn the_guide_works_as_it_is_printed() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().expect("a folder");
    // A clone as far as the guide's commands look at it: what they leave behind goes with the folder.
    std::os::unix::fs::symlink(repository.join("tests"), folder.path().join("tests")).expect("a link");
    let mut server: Option<(Process, String)> = None;
    let mut run = 0;
    for Step { commands, format, shown } in steps() {
        if commands == RUN_ELSEWHERE {
            continue;
        }
        run += 1;
        let local = "cargo run -- local ";
        if commands.contains(local) {
            if let Some((running, _)) = server.take() {
                // Ctrl-C.
                signal(running.pid(), "INT");
                assert!(running.end().status.success());
            }
            let ports = format!("{BINARY} local --port 0 --dynamodb-port 0 --lambda-port 0 ");
            let command = format!("exec env {}", commands.replace(local, &ports));
            let mut running = Process::start("sh", &["-c", &command], folder.path());
            let banner = ["Wrap Up API ", "DynamoDB ", "Lambda "].map(|word| running.line_with(word)).join("\n");
            running.line_with("curl ");
            server = Some((running, banner));
            continue;
        }
        let (_, banner) = server.as_ref().expect("the guide has started the API");
        let port = |word: &str| port_behind(word, banner).expect("a port");
        let (dynamodb, lambda) = (port("DynamoDB "), port("Lambda "));
        let command = commands
            .replace("cargo run --", BINARY)
            .replace("--local", &format!("--local --dynamodb-port {dynamodb} --lambda-port {lambda}"))
            .replace("http://127.0.0.1:8080", &format!("http://127.0.0.1:{}", port("Wrap Up API ")))
            .replace("http://127.0.0.1:8000", &format!("http://127.0.0.1:{dynamodb}"));
        // The program is the binary under test; `-e` ends a block at its first command that fails.
        let shell = Command::new("sh").args(["-ec", &command]).current_dir(folder.path()).output();
        let said = Said::from(shell.expect("a shell"));
        assert_eq!(said.status, Some(0), "{command}\n{said:?}");
        assert!(!said.out.contains("Exception"), "{command}\n{}", said.out);
        match format {
            "json" => {
                let printed: Value = serde_json::from_str(&said.out).expect(&said.out);
                let shown: Value = serde_json::from_str(shown).expect(shown);
                // Laying what is shown over what is printed changes nothing.
                assert_eq!(merged(printed.clone(), &shown), printed, "{command}");
            }
            "text" => {
                let mut printed = said.out.lines();
                for line in shown.lines() {
                    let found = printed.any(|printed| printed.trim_end_matches(',') == line.trim_end_matches(','));
                    assert!(found, "{command}\nno '{line}', in this order, in:\n{}", said.out);
                }
            }
            format => assert_eq!(format, "", "{command}"),
        }
    }
    assert_eq!(run, 10, "a block that is not run shows nothing");
}
