//! OAuth over HTTP: the demo client, those that operators add, and what a restart leaves.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use hyper::Method;
use serde_json::Value;
use wrapup_test_support::{Api, Reply, Said, Server};

use crate::{BINARY, shared};

const ROLE: &str = "interaction_integration_user";

/// The demo client's id and secret, as the banner has them.
fn demo_client(server: &Server) -> (String, String) {
    let line = server.banner.lines().find(|line| line.starts_with("Demo client")).expect("a demo client");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert!(line.ends_with("/oauth_token.do"), "{line}");
    (words[2].to_owned(), words[5].trim_end_matches(',').to_owned())
}

/// Asks for tokens with these fields of a form, which need no escapes.
async fn ask(api: &Api, fields: &[(&str, &str)]) -> Reply {
    ask_at(api, "/oauth_token.do", fields).await
}

async fn ask_at(api: &Api, path: &str, fields: &[(&str, &str)]) -> Reply {
    let form: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let call = api.raw(Method::POST, path);
    call.body("application/x-www-form-urlencoded", form.join("&")).send().await
}

fn body(reply: &Reply, status: u16) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/json; charset=UTF-8");
    assert_eq!(reply.header("cache-control"), "no-store");
    serde_json::from_slice(&reply.body).expect("JSON")
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

/// The status of a call with a token; 404 is what it is after.
async fn status(api: &Api, token: &str) -> u16 {
    let call = api.raw(Method::GET, "/api/now/v1/wrapup/code/none");
    call.header("Authorization", &format!("Bearer {token}")).send().await.status
}

async fn until(api: &Api, token: &str, expected: u16) {
    let mut last = 0;
    for _ in 0..200 {
        last = status(api, token).await;
        if last == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(last, expected);
}

#[tokio::test]
async fn the_demo_client_gets_tokens_of_each_kind() {
    let server = shared();
    let (id, secret) = demo_client(server);
    let api = server.api();
    let client = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let password = [("grant_type", "password"), ("username", "username"), ("password", "password")];
    let first = body(&ask(&api, &[&password[..], &client].concat()).await, 200);
    assert_eq!(
        (text(&first, "scope"), text(&first, "token_type"), &first["expires_in"]),
        ("useraccount", "Bearer", &1799.into())
    );
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
    let second = body(&ask(&api, &[&refresh[..], &client].concat()).await, 200);
    let by_itself = [&[("grant_type", "client_credentials")][..], &client].concat();
    let own = body(&ask_at(&api, "/oauth_token.do/", &by_itself).await, 200);
    assert_eq!(own.get("refresh_token"), None);
    for given in [&first, &second, &own] {
        assert_eq!(status(&api, text(given, "access_token")).await, 404);
    }
    assert_eq!(status(&api, text(&first, "refresh_token")).await, 401);
    let wrong = [("grant_type", "password"), ("username", "username"), ("password", "wrong")];
    assert_eq!(text(&body(&ask(&api, &[&wrong[..], &client].concat()).await, 400), "error"), "invalid_grant");
    assert_eq!(text(&body(&ask(&api, &password).await, 401), "error"), "invalid_client");
    assert_eq!(text(&body(&ask(&api, &client).await, 400), "error"), "invalid_request");
    let post = || api.raw(Method::POST, "/oauth_token.do");
    let zipped = |coding: &str, form: &str| {
        let form = wrapup_test_support::gzip(form.as_bytes());
        post().header("Content-Encoding", coding).body("application/x-www-form-urlencoded", form).send()
    };
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    assert_eq!(text(&body(&zipped("gzip", &form).await, 200), "scope"), "useraccount");
    body(&zipped("gzip", &format!("{form}&other={}", "x".repeat(65_536))).await, 413);
    let other = zipped("br", &form).await;
    assert_eq!(text(&body(&other, 415), "error"), "invalid_request");
    assert_eq!(other.header("accept-encoding"), "gzip");
    let get = post().header("X-HTTP-Method-Override", "GET").send().await;
    get.platform_error(405);
    assert_eq!(get.header("allow"), "POST");
    let get = api.raw(Method::GET, "/oauth_token.do").send().await;
    get.platform_error(405);
    assert_eq!(get.header("allow"), "POST");
}

#[tokio::test]
async fn operators_add_list_and_disable_clients() {
    let server = Server::start(BINARY);
    let api = server.api();
    let run = |command: &str| -> Said {
        let arguments: Vec<&str> = command.split(' ').collect();
        server.cli(BINARY, &arguments, "").into()
    };
    let added = server.cli(BINARY, &["user", "add", "ccaas", "--role", ROLE], "nine lamps under a green roof");
    assert!(added.status.success());
    let added = server.cli(BINARY, &["oauth-client", "add", "--user", "ccaas"], "");
    assert!(added.status.success());
    // Alone on standard output, for whatever takes them from there.
    let printed = String::from_utf8(added.stdout).expect("UTF-8");
    let [id, secret] = printed.lines().collect::<Vec<_>>()[..] else { panic!("an id and a secret: {printed}") };
    assert!(id.len() == 32 && secret.starts_with("wu_"), "{printed}");
    let own = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let token = body(&ask(&api, &own).await, 200);
    let token = text(&token, "access_token");
    assert_eq!(status(&api, token).await, 404);

    let listed: Vec<Value> = serde_json::from_str(&run("oauth-client list --output json").fine()).expect("JSON");
    let one = listed.iter().find(|client| client["client_id"] == id).expect("the client");
    assert_eq!((&one["user_name"], &one["active"]), (&"ccaas".into(), &true.into()));
    assert_eq!(listed.len(), 2, "the demo's and this one");
    let table = run("oauth-client list").fine();
    assert!(table.contains(id) && !table.contains("sha256") && !table.contains(secret), "{table}");

    run(&format!("oauth-client disable {id}")).fine();
    until(&api, token, 401).await;
    assert_eq!(text(&body(&ask(&api, &own).await, 401), "error"), "invalid_client");
    run(&format!("oauth-client enable {id}")).fine();
    until(&api, text(&until_given(&api, &own).await, "access_token"), 404).await;
    assert_eq!(status(&api, token).await, 401, "what was ended stays so");

    let unknown = run("oauth-client disable 00000000000000000000000000000000");
    unknown.failed(&["no OAuth client '00000000000000000000000000000000'", "wrapup oauth-client list"]);
    run("oauth-client add --user nobody").failed(&["no user 'nobody'", "wrapup user list"]);
    run("oauth-client add").misused();
}

/// What a client is given as soon as it is enabled again.
async fn until_given(api: &Api, fields: &[(&str, &str)]) -> Value {
    for _ in 0..200 {
        let reply = ask(api, fields).await;
        if reply.status == 200 {
            return body(&reply, 200);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    body(&ask(api, fields).await, 200)
}

#[tokio::test]
async fn tokens_outlive_a_restart_and_their_keys_are_the_owners_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(BINARY, folder.path());
    let (id, secret) = demo_client(&server);
    let own = [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", secret.as_str())];
    let given = body(&ask(&server.api(), &own).await, 200);
    server.kill();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let keys = folder.path().join("oauth-keys.json").metadata().expect("a file");
        assert_eq!(keys.permissions().mode() & 0o777, 0o600);
    }
    let server = Server::start_in(BINARY, folder.path());
    assert_eq!(demo_client(&server), (id, secret), "it is offered again");
    assert_eq!(status(&server.api(), text(&given, "access_token")).await, 404);
    // Elsewhere the same client has other tokens.
    assert_eq!(status(&shared().api(), text(&given, "access_token")).await, 401);
}
