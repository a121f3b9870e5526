//! The contract as `wrapup local` serves it and `wrapup openapi` prints it: complete, true to the API that runs, and of
//! use without a network.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::Value;
use wrapup_test_support::{Contract, Server, run_cli};

use crate::{BINARY, shared};

#[tokio::test]
async fn the_served_document_is_the_printed_one_with_the_server_that_serves_it() {
    let server = Server::start(BINARY);
    let mut served = server.api().raw(Method::GET, "/openapi.json").send().await.expect(200);
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!(served["servers"][0]["url"], "/");
    let mut printed = Contract::of(BINARY).document().clone();
    assert_eq!(printed["servers"][0]["url"], "http://127.0.0.1:8080");
    served["servers"].take();
    printed["servers"].take();
    assert_eq!(served, printed);

    let elsewhere = run_cli(BINARY, &["openapi", "--server", "https://wrapup.example.com/"]);
    let elsewhere: Value = serde_json::from_slice(&elsewhere.stdout).expect("JSON");
    assert_eq!(elsewhere["servers"][0]["url"], "https://wrapup.example.com");
}

#[tokio::test]
async fn every_operation_of_the_document_is_served_and_asks_for_credentials() {
    let server = shared();
    let contract = Contract::of(BINARY);
    let operations: Vec<_> = contract.operations().into_iter().filter(|(_, path)| *path != "/oauth_token.do").collect();
    assert_eq!(operations.len(), 16);
    for (method, path) in operations {
        let url = path.replace(['{', '}'], "");
        let method: Method = method.parse().expect("a method");
        let refused = server.api().raw(method.clone(), &url).send().await;
        assert_eq!(
            refused.header("www-authenticate"),
            r#"Basic realm="wrapup", charset="UTF-8", Bearer realm="wrapup""#,
            "{method} {url}"
        );
        contract.assert_answers(method.as_str(), path, 401, &refused.expect(401));
        let patched = server.api().raw(Method::PATCH, &url).send().await;
        patched.platform_error(405);
        assert!(patched.header("allow").split(", ").any(|allowed| allowed == method.as_str()), "{method} {url}");
    }
}

#[tokio::test]
async fn the_page_needs_no_other_host() {
    let server = shared();
    let page = server.api().raw(Method::GET, "/").send().await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=UTF-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("http") && policy.contains("connect-src 'self'"), "{policy}");
    let mut loaded: Vec<_> = ["src=\"", "href=\""].iter().flat_map(|link| page.text().split(link).skip(1)).collect();
    loaded.retain(|link| !link.starts_with("data:"));
    assert_eq!(loaded.len(), 3, "a style sheet and two scripts");
    for link in loaded {
        let path = format!("/{}", link.split('"').next().expect("an end"));
        let file = server.api().raw(Method::GET, &path).send().await;
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        let expected =
            if path.ends_with(".css") { "text/css; charset=UTF-8" } else { "text/javascript; charset=UTF-8" };
        assert_eq!(file.header("content-type"), expected, "{path}");
    }
}

#[tokio::test]
async fn the_page_takes_nothing_away_from_the_api() {
    let server = shared();
    for path in ["/openapi", "/swagger-ui", "/swagger-ui/", "/api", "/api/now/wrapup"] {
        let (message, detail) = server.api().raw(Method::GET, path).send().await.platform_error(404);
        assert_eq!(message, "Not Found");
        assert!(detail.ends_with(path), "{detail}");
    }
}

#[tokio::test]
async fn the_http_file_succeeds_from_top_to_bottom() {
    let server = Server::start(BINARY);
    let printed = run_cli(BINARY, &["openapi", "--format", "http", "--server", server.api().base()]);
    let text = String::from_utf8(printed.stdout).expect("UTF-8");
    let requests: Vec<_> = text.split("\n### ").skip(1).collect();
    assert_eq!(requests.len(), 11, "every operation, and every example of those that have a body");
    let variables = text.split("\n### ").next().expect("variables");
    assert_eq!(variables.trim(), format!("@server = {}\n@user = username\n@password = password", server.api().base()));
    for request in requests {
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let mut lines = head.lines();
        let (title, line) = (lines.next().expect("a title"), lines.next().expect("a request line"));
        let (method, url) = line.split_once(' ').expect("a method");
        let path = url.strip_prefix("{{server}}").expect("the variable");
        let headers: Vec<_> = lines.map(|line| line.split_once(": ").expect("a header")).collect();
        assert_eq!(headers[0], ("Authorization", "Basic {{user}} {{password}}"));
        let mut call = server.api().raw(method.parse().expect("a method"), path).basic_auth("username", "password");
        for (name, value) in &headers[1..] {
            call = call.header(name, value);
        }
        let answer = if body.is_empty() { call.send().await } else { call.untyped_body(body.to_owned()).send().await };
        assert_eq!(answer.status, 200, "{title}: {}", answer.text());
        Contract::of(BINARY).assert_answers(method, path, 200, &answer.expect(200));
    }
}
