//! `wrapup events`: what becomes of wrap-ups, seen and sent again by an operator.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use wrapup_test_support::{Api, Said, Server, external, run_cli};

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
        &["events"][..],
        &["events", "--type", "segment.closed"],
        &["events", "--follow", "--type", "segment.draft"],
        &["events", "replay"],
    ] {
        Said::from(run_cli(BINARY, arguments)).misused();
    }
    for (url, words) in [("desk", "URL such as"), ("http://anna:hidden@desk.example/", "no user name or password")] {
        let said = Said::from(run_cli(BINARY, &["events", "replay", "--failed", "--url", url]));
        assert!(!said.failed(&["--url", words]).err.contains("hidden"));
    }
}
