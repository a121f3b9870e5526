//! `wrapup conformance`: what it says of a server that keeps the contract, and of one that does not.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::net::SocketAddr;
use std::process::Output;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{ACCEPT, CONTENT_LENGTH, HOST};
use serde_json::Value;
use wrapup_test_support::{Http, Server, run_cli, run_cli_with_input};

use crate::BINARY;

/// Runs the command against a URL, and reads the rows that it prints.
fn rows(url: &str, arguments: &[&str]) -> (Output, Vec<Value>) {
    let output = run_cli(BINARY, &[&["conformance", "--url", url, "--output", "json"], arguments].concat());
    let rows = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output, rows)
}

/// What it came to, of those rows that came to it.
fn with_outcome<'a>(rows: &'a [Value], outcome: &str) -> Vec<&'a Value> {
    rows.iter().filter(|row| row["outcome"] == outcome).collect()
}

/// A server that answers as another does, but for what is changed in its answers.
struct Faulty {
    address: SocketAddr,
}

#[derive(Clone)]
struct Fault {
    client: Http,
    behind: String,
    /// What is changed in answers, headers and bodies alike, and into what.
    changes: &'static [(&'static str, &'static str)],
    /// What paths end in that are unknown.
    lacks: Option<&'static str>,
}

impl Faulty {
    async fn start(behind: &Server, changes: &'static [(&'static str, &'static str)]) -> Self {
        Self::with(Fault { client: Http::new(), behind: behind.api().base().to_owned(), changes, lacks: None }).await
    }

    /// One that does not know a path.
    async fn lacking(behind: &Server, path: &'static str) -> Self {
        Self::with(Fault {
            client: Http::new(),
            behind: behind.api().base().to_owned(),
            changes: &[],
            lacks: Some(path),
        })
        .await
    }

    async fn with(fault: Fault) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(pass).with_state(fault);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Fault {
    fn changed(&self, text: &str) -> String {
        self.changes.iter().fold(text.to_owned(), |text, (right, wrong)| text.replace(right, wrong))
    }
}

async fn pass(State(fault): State<Fault>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    if fault.lacks.is_some_and(|path| head.uri.path().ends_with(path)) {
        let mut reply = Response::new(Body::empty());
        *reply.status_mut() = StatusCode::NOT_FOUND;
        return reply;
    }
    let body = to_bytes(body, usize::MAX).await.expect("a whole request");
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = format!("{}{path}", fault.behind).parse().expect("a URL");
    head.headers.remove(HOST);
    head.headers.entry(ACCEPT).or_insert("*/*".parse().expect("a header"));
    let reply = fault.client.send(Request::from_parts(head, Full::new(body))).await;
    let (mut head, body) = reply.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    for value in head.headers.values_mut() {
        *value = fault.changed(value.to_str().expect("a text header")).parse().expect("a header");
    }
    let body = fault.changed(std::str::from_utf8(&body).expect("UTF-8"));
    Response::from_parts(head, Body::from(body))
}

#[test]
fn a_local_system_keeps_the_contract_and_lacks_nothing_of_it() {
    let server = Server::start(BINARY);
    // The secret of the demo system's client.
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "wu_TheDemoClientsSecretThatEverybodyMayKnow000eGgSbG\n").expect("it can be written");
    let arguments = [
        "--configuration",
        &server.demo_configuration(),
        "--client",
        "de30c11e47000000000000000000c0de",
        "--client-secret-file",
        &secret.path().to_string_lossy(),
    ];
    let (output, rows) = rows(server.api().base(), &arguments);
    let others = rows.iter().filter(|row| row["outcome"] != "same").map(Value::to_string);
    let others: Vec<String> = others.collect();
    assert!(others.is_empty(), "{}", others.join("\n"));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // Both sources, in both formats.
    for (field, value) in [("source", "reference"), ("source", "addition"), ("format", "JSON"), ("format", "XML")] {
        assert!(rows.iter().filter(|row| row[field] == value).count() > 20, "{field} {value}");
    }
}

#[test]
fn what_it_leaves_behind_can_be_found() {
    let server = Server::start(BINARY);
    let before = server.code_labels(BINARY);
    let (_, rows) = rows(server.api().base(), &["--only", "reference"]);
    let data = rows.iter().find_map(|row| row["data"].as_str()).expect("a check that was made");
    let run = data.rsplit_once('-').map_or(data, |(run, _)| run);
    assert!(run.starts_with("wrapup-conformance-"), "{data}");
    let new: Vec<_> = server.code_labels(BINARY).into_iter().filter(|label| !before.contains(label)).collect();
    assert!(!new.is_empty());
    for label in new {
        assert!(label.starts_with(run), "{label}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_wrong_is_named_with_what_was_expected_and_seen() {
    let server = Server::start(BINARY);
    let faulty = Faulty::start(&server, &[("Wrap-up segment updated successfully.", "Updated.")]).await;
    let url = faulty.url();
    let asked = move || rows(&url, &["--only", "reference"]);
    let (output, rows) = tokio::task::spawn_blocking(asked).await.expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("does not keep the contract"), "{complaint}");

    let different = with_outcome(&rows, "DIFFERENT");
    assert_eq!(different.len(), 6, "three ways to name a segment, in two formats: {different:#?}");
    for row in different {
        assert_eq!(row["source"], "reference");
        assert!(
            row["check"].as_str().is_some_and(|check| check.ends_with("in the query string names is closed")),
            "{row}"
        );
        let expected = row["expected"].as_str().expect("a text");
        assert!(expected.starts_with("PUT segment/update?"), "{row}");
        assert!(expected.ends_with(r#": message: "Wrap-up segment updated successfully.""#), "{row}");
        assert_eq!(row["seen"], r#""Updated.""#);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_another_api_the_reference_alone_is_asked_unless_all_is_asked_for() {
    // It has another realm, and does not show what the reference does not have it show.
    const ANOTHER: &[(&str, &str)] =
        &[(r#"realm="wrapup""#, r#"realm="Service-now""#), (r#""external_segment_id":"#, r#""outside_id":"#)];
    let server = Server::start(BINARY);
    let another = Faulty::start(&server, ANOTHER).await.url();
    let (reference, all) =
        tokio::task::spawn_blocking(move || (rows(&another, &[]), rows(&another, &["--only", "all"])))
            .await
            .expect("it ends");
    let (output, rows) = reference;
    assert_eq!(output.status.code(), Some(0), "{:#?}", with_outcome(&rows, "DIFFERENT"));
    for row in rows.iter().filter(|row| row["source"] == "addition") {
        assert_eq!(row["outcome"], "not asked", "{row}");
    }
    assert!(rows.iter().any(|row| row["source"] == "reference" && row["outcome"] == "same"));

    let (output, rows) = all;
    assert_eq!(output.status.code(), Some(1));
    let different: Vec<_> = with_outcome(&rows, "DIFFERENT").iter().map(|row| row["check"].clone()).collect();
    assert!(different.contains(&"a GET shows the code, the notes and the external id too".into()), "{different:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_addition_that_the_other_side_does_not_have_is_no_difference() {
    let server = Server::start(BINARY);
    let older = Faulty::lacking(&server, "aidetails").await.url();
    let (_, rows) = tokio::task::spawn_blocking(move || rows(&older, &[])).await.expect("it ends");
    let about: Vec<_> = rows
        .iter()
        .filter(|row| row["check"] == "segment/update/aidetails is another name of segment/update/ai")
        .collect();
    assert_eq!(about.len(), 2, "in two formats");
    for row in about {
        assert_eq!((&row["outcome"], &row["seen"]), (&"not there".into(), &"status 404".into()), "{row}");
    }
}

#[test]
fn whoever_is_not_let_in_hears_how_to_say_who_he_is() {
    let url = crate::shared().api().base().to_owned();
    let wrong = run_cli_with_input(BINARY, &["conformance", "--url", &url, "--user", "username"], "wrong\n");
    assert_eq!(wrong.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(complaint.contains("status 401") && complaint.contains("--user"), "{complaint}");

    let nobody = run_cli_with_input(BINARY, &["conformance", "--url", &url, "--user", "username"], "");
    let complaint = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(complaint.contains("standard input: the first line is empty"), "{complaint}");
}

#[test]
fn a_url_that_leads_nowhere_is_named() {
    for (url, said) in
        [("http://127.0.0.1:1", "http://127.0.0.1:1/"), ("ftp://host", "https://host"), ("host", "https://host")]
    {
        let output = run_cli(BINARY, &["conformance", "--url", url]);
        assert!(!output.status.success());
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(complaint.contains(said), "{complaint}");
    }
}
