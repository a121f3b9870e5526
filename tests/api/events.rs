//! `wrapup events`: what becomes of wrap-ups, seen and sent again by an operator.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::io::{BufRead, BufReader, Lines};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::Full;
use serde_json::{Value, json};
use wrapup_test_support::{Answer, Api, Http, Process, Received, Receiver, Said, Server, external, run_cli};

use crate::BINARY;

/// A running `wrapup events --follow`, killed when dropped.
struct Following {
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Following {
    /// Starts it, and waits until it misses nothing more.
    fn start(server: &Server, further: &[&str]) -> Self {
        let port = server.dynamodb_port.to_string();
        let mut command = Command::new(BINARY);
        command.args(["events", "--follow", "--local", "--dynamodb-port", &port]).args(further);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut said = String::new();
        BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut said).expect("a line");
        assert!(said.contains("from now on"), "{said}");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        Self { child, lines: Some(lines) }
    }

    fn line(&mut self) -> String {
        self.lines.as_mut().and_then(Iterator::next).expect("it goes on").expect("UTF-8")
    }

    fn event(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("a line of JSON")
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens an external segment and closes it.
async fn open_and_close(api: &Api, external_id: &str) {
    api.post("segment/create", &external(external_id)).await.expect(200);
    let path = format!("segment/update?external_segment_id={external_id}");
    api.put(&path, &json!({"notes": "Done."})).await.expect(200);
}

#[tokio::test]
async fn events_are_printed_as_they_come() {
    let server = Server::start(BINARY);
    let api = server.api();
    open_and_close(&api, "BEFORE").await;
    let mut all = Following::start(&server, &[]);
    let mut closed = Following::start(&server, &["--type", "segment.closed", "--type", "segment.corrected"]);
    let mut table = Following::start(&server, &["--output", "table"]);
    open_and_close(&api, "EXT-1").await;
    open_and_close(&api, "EXT-2").await;

    let seen: Vec<_> = (0..4).map(|_| all.event()).collect();
    let types: Vec<_> = seen.iter().map(|event| (&event["type"], &event["data"]["external_segment_id"])).collect();
    let (opened, ended) = (json!("segment.opened"), json!("segment.closed"));
    let (one, two) = (json!("EXT-1"), json!("EXT-2"));
    assert_eq!(types, [(&opened, &one), (&ended, &one), (&opened, &two), (&ended, &two)]);
    assert!(seen.iter().all(|event| event["specversion"] == "1.0" && event["id"].is_string()), "{seen:?}");
    assert_eq!([closed.event(), closed.event()], [seen[1].clone(), seen[3].clone()]);
    assert_eq!(table.line().split_whitespace().next(), Some("time"));
    let row = table.line();
    let cells: Vec<_> = row.split_whitespace().collect();
    let text = |name: &str| seen[0][name].as_str().expect("a text");
    assert_eq!(cells, [text("time"), "segment.opened", text("subject"), "0000000000", "EXT-1"]);
}

#[tokio::test]
async fn following_ends_with_whoever_reads_it() {
    let server = Server::start(BINARY);
    let mut following = Following::start(&server, &[]);
    open_and_close(&server.api(), "EXT-1").await;
    following.line();
    // As behind `| head -1`.
    following.lines = None;
    open_and_close(&server.api(), "EXT-2").await;
    assert_eq!(following.child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn what_cannot_be_followed_or_sent_is_named() {
    for arguments in [
        &["events", "--type", "segment.closed"][..],
        &["events", "--follow", "--type", "segment.draft"],
        &["events", "replay"],
        &["events", "replay", "--from", "2026-01-01"],
        &["events", "replay", "--from", "soon", "--url", "http://desk.example/"],
        &["events", "replay", "--external-id", "EXT-1"],
        &["events", "replay", "--external-id", "EXT-1", "--url", "http://desk.example/", "--source", "a b"],
        &["events", "replay", "--external-id", "EXT-1", "--url", "http://desk.example/", "--language", "german"],
        &["events", "replay", "--failed", "--notes", "on"],
        &["events", "replay", "--failed", "--external-id", "EXT-1", "--url", "http://desk.example/"],
        &["events", "replay", "--failed", "--url", "http://desk.example/", "--bus", "wrap-ups"],
    ] {
        Said::from(run_cli(BINARY, arguments)).misused();
    }
    let back = ["events", "replay", "--from", "2026-01-02", "--to", "2026-01-01", "--url", "http://desk.example/"];
    Said::from(run_cli(BINARY, &back)).failed(&["--to has to be later than --from"]);
    let said = Said::from(run_cli(BINARY, &["events"]));
    assert!(["--follow", "failed", "replay", "--help"].iter().all(|way| said.err.contains(way)), "{said:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let typo = folder.path().join("typo").to_string_lossy().into_owned();
    Said::from(run_cli(BINARY, &["events", "failed", "--data", &typo])).failed(&["typo", "--data"]);
    for (url, words) in [("desk", "URL such as"), ("http://anna:hidden@desk.example/", "no user name or password")] {
        let said = Said::from(run_cli(BINARY, &["events", "replay", "--failed", "--url", url]));
        assert!(!said.failed(&["--url", words]).err.contains("hidden"));
    }
}

/// The last event of each segment is the one that a webhook has got of it before.
#[tokio::test]
async fn a_replay_sends_the_last_event_of_each_segment_as_it_was_sent_before() {
    let webhook = Receiver::start(|_| Answer::Status(200));
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &webhook.url("/")], &[]);
    let api = server.api();
    open_and_close(&api, "EXT-1").await;
    api.post("segment/create", &external("EXT-2")).await.expect(200);
    let sent = webhook.wait_until(|all| all.len() == 3);
    let last = |external_id: &str| {
        let mut of = sent.iter().filter(|one| one.event["data"]["external_segment_id"] == external_id);
        of.next_back().expect("an event").event.clone()
    };
    let receiver = Receiver::start(|_| Answer::Status(200));
    let replay = |further: &[&str]| -> Said {
        server.cli(BINARY, &[&["events", "replay", "--url", &receiver.url("/")], further].concat(), "").into()
    };

    assert_eq!(replay(&["--external-id", "EXT-1"]).fine(), "sent 1 event\n");
    assert_eq!(receiver.received()[0].event, last("EXT-1"));
    let said =
        replay(&["--external-id", "EXT-2", "--external-id", "NONE"]).failed(&["'NONE'", "1 of 2 events not sent"]);
    assert_eq!(said.out, "sent 1 event\n");
    assert_eq!(receiver.received()[1].event, last("EXT-2"));

    assert_eq!(replay(&["--from", "2026-01-01"]).fine(), "sent 2 events\n");
    let again: Vec<_> = receiver.received()[2..].iter().map(|one| one.event.clone()).collect();
    assert!(again.contains(&last("EXT-1")) && again.contains(&last("EXT-2")), "{again:?}");
    assert_eq!(replay(&["--from", "2026-01-01", "--to", "2026-01-02T00:00:00Z"]).fine(), "sent 0 events\n");
}

/// A bus is AWS's, wherever the segments are.
#[tokio::test]
async fn a_replay_puts_events_on_a_bus() {
    let server = Server::start(BINARY);
    open_and_close(&server.api(), "EXT-1").await;
    let denied = AtomicBool::new(false);
    let bus = Receiver::start(move |asked| match (operation(asked), asked.event["Name"].as_str()) {
        ("DescribeEventBus", Some("wrap-ups")) => Answer::Body(200, r#"{"Name":"wrap-ups"}"#.to_owned()),
        ("DescribeEventBus", _) => Answer::Body(400, r#"{"__type":"ResourceNotFoundException"}"#.to_owned()),
        // One that is not there takes all, as EventBridge does.
        _ if !denied.swap(true, Ordering::SeqCst) => {
            Answer::Body(200, r#"{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}"#.to_owned())
        }
        _ => Answer::Body(400, r#"{"__type":"AccessDeniedException","message":"not you"}"#.to_owned()),
    });
    let replay = |name: &str| {
        let port = server.dynamodb_port.to_string();
        let mut command = Command::new(BINARY);
        command.args(["events", "replay", "--external-id", "EXT-1", "--bus", name]);
        command.args(["--local", "--dynamodb-port", &port]);
        command.env("AWS_ENDPOINT_URL_EVENTBRIDGE", bus.url("/")).env("AWS_REGION", "eu-central-1");
        command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
        Said::from(command.output().expect("the binary runs"))
    };
    let said = replay("wrap-up").failed(&["--bus wrap-up cannot be seen", "ResourceNotFoundException"]);
    assert_eq!(said.out, "");
    assert!(bus.received().iter().all(|asked| operation(asked) == "DescribeEventBus"));
    assert_eq!(replay("wrap-ups").fine(), "sent 1 event\n");
    let put = bus.received().into_iter().find(|asked| operation(asked) == "PutEvents").expect("a call");
    let entry = put.event["Entries"][0].clone();
    let said = ["EventBusName", "Source", "DetailType"].map(|name| entry[name].as_str().expect("a text").to_owned());
    assert_eq!(said, ["wrap-ups", "/wrapup/", "segment.closed"]);
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().expect("a text")).expect("JSON");
    assert_eq!((&detail["type"], &detail["data"]["external_segment_id"]), (&json!("segment.closed"), &json!("EXT-1")));
    replay("wrap-ups").failed(&["AccessDeniedException"]);
}

/// Segments are looked up 25 at a time.
#[tokio::test]
async fn an_event_that_a_bus_rejects_keeps_none_from_being_sent_that_comes_behind_it() {
    let server = Server::start(BINARY);
    let ids: Vec<_> = (0..30).map(|number| format!("EXT-{number}")).collect();
    for id in &ids {
        server.api().post("segment/create", &external(id)).await.expect(200);
    }
    let bus = Receiver::start(|asked| {
        let entries = asked.event["Entries"].as_array().into_iter().flatten();
        let answers = entries.map(|entry| match entry["Detail"].as_str() {
            Some(detail) if detail.contains("\"EXT-0\"") => json!({"ErrorCode": "MalformedDetail"}),
            _ => json!({"EventId": "1"}),
        });
        Answer::Body(200, json!({"Entries": answers.collect::<Value>()}).to_string())
    });
    let port = server.dynamodb_port.to_string();
    let mut command = Command::new(BINARY);
    command.args(["events", "replay", "--bus", "wrap-ups", "--local", "--dynamodb-port", &port]);
    command.args(ids.iter().flat_map(|id| ["--external-id", id]));
    command.env("AWS_ENDPOINT_URL_EVENTBRIDGE", bus.url("/")).env("AWS_REGION", "eu-central-1");
    command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any");
    let said = Said::from(command.output().expect("the binary runs"));
    assert_eq!(said.failed(&["MalformedDetail", "1 of 30 events not sent"]).out, "sent 29 events\n");
}

/// What a service of AWS's is asked.
fn operation(asked: &Received) -> &str {
    let target = asked.headers.iter().find(|(name, _)| name == "x-amz-target");
    target.and_then(|(_, target)| target.rsplit('.').next()).unwrap_or_default()
}

/// Which source, language and texts events have, the deployment alone knows.
#[tokio::test]
async fn whoever_replays_says_how_the_deployment_writes_its_events() {
    let webhook = Receiver::start(|_| Answer::Status(200));
    let environment = [("WRAPUP_EVENT_SOURCE", "urn:desk"), ("WRAPUP_EVENT_NOTES", "on"), ("WRAPUP_LANGUAGE", "fr")];
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &webhook.url("/")], &environment);
    open_and_close(&server.api(), "EXT-1").await;
    let told = webhook.wait_until(|all| all.len() == 2)[1].event.clone();
    assert_eq!((&told["source"], &told["data"]["notes"]), (&json!("urn:desk"), &json!("Done.")));
    let receiver = Receiver::start(|_| Answer::Status(200));
    let replay = |further: &[&str]| -> Value {
        let arguments = ["events", "replay", "--external-id", "EXT-1", "--url", &receiver.url("/")];
        let said = Said::from(server.cli(BINARY, &[&arguments[..], further].concat(), ""));
        assert_eq!(said.fine(), "sent 1 event\n");
        receiver.received().last().expect("an event").event.clone()
    };
    assert_eq!(replay(&["--source", "urn:desk", "--notes", "on", "--language", "fr"]), told);
    let other = replay(&[]);
    assert_eq!((&other["source"], &other["data"]["notes"]), (&json!("/wrapup/"), &Value::Null));
}

#[tokio::test]
async fn a_replay_to_whom_nobody_reaches_says_so_and_ends() {
    let server = Server::start(BINARY);
    open_and_close(&server.api(), "EXT-1").await;
    let nobody = format!("http://127.0.0.1:{}/?key=hidden", free_port());
    let arguments = ["events", "replay", "--external-id", "EXT-1", "--url", &nobody];
    let said = Said::from(server.cli(BINARY, &arguments, "")).failed(&["refused", "run the command again"]);
    assert!(said.out == "sent 0 events\n" && !said.err.contains("hidden"), "{said:?}");
}

/// The program of the page takes what was closed, and confirms it; also where it was not there at first, and where an event
/// comes again.
#[tokio::test]
async fn the_confirmation_handshake_works_as_printed() {
    let page = include_str!("../../docs/events.md");
    let (_, program) = page.split_once("```python\n").expect("a program");
    let (program, _) = program.split_once("```").expect("its end");
    let lines = program.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 35, "it is short: {lines}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("confirm.py");
    std::fs::write(&file, program).expect("a file");

    let port = free_port().to_string();
    let url = format!("http://127.0.0.1:{port}/");
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &url], &[]);
    let api = server.api();
    open_and_close(&api, "EXT-1").await;
    let base = format!("{}/api/now/v1/wrapup", api.base());
    let file = file.to_string_lossy();
    let mut program = Process::start("python3", &[&file, &port, &base], folder.path());
    assert_eq!(program.line_with("takes"), "takes EXT-1 with Billing Issue");
    let confirmed = confirmed(&api, "EXT-1").await;

    // Its closing comes again, after it is confirmed.
    let closing = json!({"type": "segment.closed", "data": {
        "external_segment_id": "EXT-1", "awaiting_confirmation": true, "code": {"code": "Billing Issue"},
    }});
    let request = hyper::Request::post(&url).body(Full::from(closing.to_string())).expect("a request");
    let answered = Http::new().send(request).await;
    assert_eq!(answered.status(), 204);
    assert_eq!(api.get("segment/EXT-1").await.expect(200)["segment"], confirmed);
}

/// A segment, once it is confirmed.
async fn confirmed(api: &Api, external_id: &str) -> Value {
    for _ in 0..600 {
        let segment = api.get(&format!("segment/{external_id}")).await.expect(200)["segment"].clone();
        if segment["confirmed_on"].is_string() {
            assert_eq!(segment["awaiting_confirmation"], false);
            return segment;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{external_id} is not confirmed");
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
