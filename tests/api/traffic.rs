//! What `wrapup local` tells of each request, on a terminal and at its console.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::path::Path;

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Ended, Process, Server, external, merged, signal};

use crate::BINARY;

/// What a log says of calls that hold a person's words and a secret.
async fn logged(options: &[&str]) -> Ended {
    let local = ["local", "--port", "0", "--dynamodb-port", "0", "--in-memory"];
    let mut server = Process::start(BINARY, &[&local[..], options].concat(), Path::new("/"));
    let line = server.line_with("Console ");
    let base = line.split_whitespace().last().expect("a URL").trim_end_matches('/').to_owned();
    server.line_with("curl ");
    let api = Api::new(&base);
    api.post("segment/create", &external("LOGGED")).await.expect(200);
    let draft = "segment/draft?external_segment_id=LOGGED&x=quite-personal";
    let reply = api.put(draft, &json!({"notes": "She has moved.", "note": "Twice."})).await;
    assert_eq!(reply.header("x-wrapup-ignored"), "x, note: did you mean 'notes'?");
    reply.expect(200);
    let wrong = merged(external("WRONG"), &json!({"external": "quite personal"}));
    api.post("segment/create", &wrong).await.expect(400);
    let form = "grant_type=password&client_id=1&client_secret=a-secret&username=jane&password=another";
    let token = api.raw(Method::POST, "/oauth_token.do").body("application/x-www-form-urlencoded", form).send().await;
    assert_eq!(token.status, 401, "{}", token.text());
    signal(server.pid(), "TERM");
    server.end()
}

/// Lines behind what is printed at the start.
fn lines(ended: &Ended) -> Vec<&str> {
    let (_, behind) = ended.stdout.split_once("Try it:").expect("a start");
    behind.lines().filter(|line| line.contains("/api/now/v1/") && !line.contains("curl")).collect()
}

#[tokio::test]
async fn a_line_of_each_request_says_why_it_was_refused_and_nothing_that_people_have_said() {
    let ended = logged(&["--log", "lines"]).await;
    let told = lines(&ended);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains(" 200 ") && told[0].contains("POST") && told[0].contains("/segment/create"), "{told:?}");
    assert!(told[1].contains("ignored note: did you mean 'notes'?"), "{told:?}");
    assert!(told[2].contains(" 400 ") && told[2].contains("external has to be"), "{told:?}");
    for secret in ["moved", "Twice", "personal", "a-secret", "another", "dXNlcm5hbWU6cGFzc3dvcmQ"] {
        assert!(!ended.stdout.contains(secret) && !ended.stderr.contains(secret), "{secret}: {ended:?}");
    }
    // No terminal, no colours.
    assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
}

#[tokio::test]
async fn bodies_are_told_where_somebody_asks_for_them_and_credentials_never() {
    let ended = logged(&["--log", "json", "--log-bodies"]).await;
    let told: Vec<Value> = lines(&ended).iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(told[1]["status"], 200);
    assert_eq!(told[1]["ignored"], json!(["x", "note: did you mean 'notes'?"]));
    assert!(told[1]["request"]["body"].as_str().expect("a text").contains("She has moved."));
    assert!(ended.stdout.contains("quite-personal") && ended.stdout.contains("username=jane"), "{}", ended.stdout);
    for secret in ["a-secret", "another", "dXNlcm5hbWU6cGFzc3dvcmQ"] {
        assert!(!ended.stdout.contains(secret), "{secret}: {}", ended.stdout);
    }
}

/// What the console shows of a server's traffic.
async fn news(api: &Api) -> Value {
    let reply = api.raw(Method::GET, "/console/news?run=none").basic_auth("username", "password").send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.body).expect("JSON")
}

/// Status and path of each exchange that the console shows, with the fields that were passed over.
fn shown(news: &Value) -> Vec<(u64, String)> {
    let exchanges = news["exchanges"].as_array().expect("exchanges").iter().map(|entry| &entry[1]);
    let path = |exchange: &Value| exchange["path"].as_str().unwrap_or_default().replace("/api/now/v1/wrapup/", "");
    exchanges.map(|exchange| (exchange["answer"]["status"].as_u64().unwrap_or_default(), path(exchange))).collect()
}

#[tokio::test]
async fn a_field_in_the_wrong_place_is_named_with_the_right_one() {
    let server = Server::start(BINARY);
    let api = server.api();
    let codes = json!([{"code": "Refund", "language": "en"}]);
    let misplaced = merged(
        external("MISPLACED"),
        &json!({"allowed_codes": codes, "configuration": {"interaction_sys_id": "i", "enable_codes": true, "default_code": "Refund", "allowed_codes": codes}}),
    );
    let opened = api.post("segment/create", &misplaced).await;
    assert_eq!(
        opened.header("x-wrapup-ignored"),
        "allowed_codes: it belongs in 'configuration', \
         configuration.allowed_codes[0].language: it belongs in 'translation', \
         configuration.interaction_sys_id: it belongs beside 'configuration'"
    );
    opened.expect(200);
    let path = "segment/update?external_segment_id=MISPLACED&notes=x";
    // Whatever method a proxy lets through: the one that is meant says what is known.
    for sent in [Method::PUT, Method::POST] {
        let body = json!({"confirmed_on": "2026-01-05 10:30:00", "configuration": {"wrap_up_code": "Refund"}});
        let reply = api.call(sent, path).header("X-HTTP-Method-Override", "put").json(&body).send().await;
        assert_eq!(
            reply.header("x-wrapup-ignored"),
            "notes: it belongs in the body, configuration.wrap_up_code: it belongs beside 'configuration'",
            "{}",
            reply.text()
        );
    }
    let told = news(&api).await;
    let ignored = &told["exchanges"][0][1]["ignored"][0];
    assert_eq!(ignored, &json!({"field": "allowed_codes", "meant": ": it belongs in 'configuration'"}));
}

#[tokio::test]
async fn calls_that_the_server_s_guard_refuses_are_shown_and_whatever_else_it_refuses_is_not() {
    let server = Server::start(BINARY);
    let api = server.api();
    let get = |path: &str, name: &str, value: &str| api.raw(Method::GET, path).header(name, value).send();
    let code = "/api/now/v1/wrapup/code";
    assert_eq!(get(code, "Host", "wrapup.example:8080").await.status, 421);
    assert_eq!(get(code, "Origin", "http://elsewhere.example").await.status, 403);
    assert_eq!(get("/oauth_token.do", "Host", "wrapup.example").await.status, 421);
    assert_eq!(get("/console/news", "Origin", "http://elsewhere.example").await.status, 403);
    // Of a page that does not say whence it asks, and of the supervisors' page, which asks every few seconds.
    let same_origin = || api.call(Method::GET, "configuration").header("Sec-Fetch-Site", "same-origin");
    assert_eq!(same_origin().send().await.status, 200);
    assert_eq!(same_origin().header("X-Requested-With", "wrapup-supervisor").send().await.status, 200);
    let told = news(&api).await;
    let expected = [(421, "code"), (403, "code"), (421, "/oauth_token.do"), (200, "configuration")];
    assert_eq!(shown(&told), expected.map(|(status, path)| (status, path.to_owned())));
    let answer = &told["exchanges"][0][1]["answer"]["body"];
    assert!(
        answer.as_str().is_some_and(|body| body.contains("requests are answered for http://127.0.0.1:")),
        "{answer}"
    );
}

#[tokio::test]
async fn no_line_is_said_where_nobody_asks_and_there_is_no_terminal() {
    for options in [&[][..], &["--log", "off"]] {
        assert_eq!(lines(&logged(options).await), Vec::<&str>::new());
    }
}
