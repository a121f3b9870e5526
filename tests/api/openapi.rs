//! The contract as `wrapup local` serves it and `wrapup openapi` prints it: complete, true to the API that runs, and of
//! use without a network.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Contract, Schema, Server, run_cli};

use crate::{BINARY, shared};

fn printed(args: &[&str]) -> Value {
    serde_json::from_slice(&run_cli(BINARY, args).stdout).expect("JSON")
}

fn urls(document: &Value) -> Vec<&str> {
    let servers = document["servers"].as_array().expect("servers");
    servers.iter().filter_map(|server| server["url"].as_str()).collect()
}

#[tokio::test]
async fn the_served_document_is_the_printed_one_with_the_server_that_serves_it() {
    let server = Server::start(BINARY);
    let mut served = server.api().raw(Method::GET, "/openapi.json").send().await.expect(200);
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!(urls(&served), ["/api/now/v1", "/api/now"]);
    let mut printed = printed(&["openapi"]);
    assert_eq!(urls(&printed), ["http://127.0.0.1:8080/api/now/v1", "http://127.0.0.1:8080/api/now"]);
    // Where tokens are fetched stands beside the API.
    let beside = "/paths/~1oauth_token.do/post/servers";
    assert_eq!(served.pointer(beside), Some(&json!([{ "url": "/" }])));
    assert_eq!(printed.pointer(beside), Some(&json!([{ "url": "http://127.0.0.1:8080" }])));
    for servers in ["/servers", beside] {
        served.pointer_mut(servers).expect(servers).take();
        printed.pointer_mut(servers).expect(servers).take();
    }
    assert_eq!(served, printed);

    let elsewhere = self::printed(&["openapi", "--server", "https://wrapup.example.com/"]);
    assert_eq!(urls(&elsewhere), ["https://wrapup.example.com/api/now/v1", "https://wrapup.example.com/api/now"]);
}

/// Every schema in a document: of parameters, bodies, answers and components.
fn schemas<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        match key.as_str() {
            "schema" | "items" => {
                found.push(value);
                schemas(value, found);
            }
            "schemas" | "properties" => {
                for schema in value.as_object().into_iter().flatten().map(|(_, schema)| schema) {
                    found.push(schema);
                    schemas(schema, found);
                }
            }
            "example" | "examples" => {}
            _ => schemas(value, found),
        }
    }
    value.as_array().into_iter().flatten().for_each(|entry| schemas(entry, found));
}

#[test]
fn generators_of_clients_find_plain_objects_with_one_type_a_field() {
    let plain = printed(&["openapi"]);
    let mut found = Vec::new();
    schemas(&plain, &mut found);
    assert!(found.len() > 150, "{} schemas", found.len());
    for schema in found {
        let is_one = schema["type"].is_string() || schema["$ref"].is_string() || schema["const"].is_string();
        // Two kinds of errors have one status.
        let is_error = schema["oneOf"]
            == json!([
                { "$ref": "#/components/schemas/BusinessError" }, { "$ref": "#/components/schemas/PlatformError" }
            ])
            || schema["oneOf"]
                == json!([
                    { "$ref": "#/components/schemas/CodeError" }, { "$ref": "#/components/schemas/PlatformError" }
                ]);
        assert!(is_one || is_error, "{schema:#}");
        for keyword in ["allOf", "anyOf", "if", "default"] {
            assert!(schema[keyword].is_null(), "{schema:#}");
        }
    }
    let schemas = &plain["components"]["schemas"];
    let configuration = &schemas["NewConfiguration"]["properties"];
    assert_eq!(configuration["enable_codes"]["type"], "boolean");
    assert_eq!(configuration["duration"]["type"], "integer");
    assert_eq!(configuration["allowed_codes"]["items"]["$ref"], "#/components/schemas/AllowedCode");
    assert_eq!(schemas["NewSegment"]["required"], json!(["agent_sys_id", "interaction_sys_id"]));
    assert_eq!(schemas["SegmentState"]["enum"], json!(["open", "closed"]));
    let says = schemas["NewConfiguration"]["description"].as_str().expect("a description");
    assert!(says.contains("- Where `enable_codes` is true: `allowed_codes` and `default_code` are given."), "{says}");
}

#[test]
fn the_names_of_operations_are_those_that_a_person_would_choose() {
    let plain = printed(&["openapi"]);
    let paths = plain["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(_, methods)| methods.as_object().expect("methods"));
    let mut ids: Vec<_> = operations.filter_map(|(_, operation)| operation["operationId"].as_str()).collect();
    ids.sort_unstable();
    let expected = [
        "createCodes",
        "createSegment",
        "fetchToken",
        "findSegment",
        "getCode",
        "getConfiguration",
        "getSegment",
        "listCodes",
        "listConfigurations",
        "listSegments",
        "makeReport",
        "saveDraft",
        "updateSegment",
        "updateSegmentAi",
        "updateSegmentAiDetails",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn what_the_plain_form_has_as_an_example_the_strict_form_allows() {
    let (plain, strict) = (printed(&["openapi"]), Contract::of(BINARY));
    let mut tried = 0;
    for (path, methods) in plain["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let Some(body) = operation["requestBody"]["$ref"].as_str() else { continue };
            let body = plain.pointer(body.trim_start_matches('#')).expect("a body");
            let examples = body["content"]["application/json"]["examples"].as_object().expect("examples");
            for example in examples.values().map(|example| &example["value"]) {
                let schema = &body["content"]["application/json"]["schema"];
                let schema = Schema::new(json!({ "allOf": [schema], "components": plain["components"] }));
                assert!(schema.check(example).is_ok(), "{example:#}");
                strict.assert_takes(&method.to_uppercase(), path, example);
                tried += 1;
            }
        }
    }
    assert!(tried >= 7, "{tried} examples");
}

#[tokio::test]
async fn every_operation_of_the_document_is_served_and_asks_for_credentials() {
    let server = shared();
    let contract = Contract::of(BINARY);
    let operations: Vec<_> =
        contract.operations().into_iter().filter(|(_, path)| !path.ends_with("/oauth_token.do")).collect();
    assert_eq!(operations.len(), 28);
    for (method, path) in operations {
        let url = path.replace(['{', '}'], "");
        let method: Method = method.parse().expect("a method");
        let refused = server.api().raw(method.clone(), &url).send().await;
        assert_eq!(
            refused.header("www-authenticate"),
            r#"Basic realm="wrapup", charset="UTF-8", Bearer realm="wrapup""#,
            "{method} {url}"
        );
        contract.assert_answers(method.as_str(), &path, 401, &refused.expect(401));
        let patched = server.api().raw(Method::PATCH, &url).send().await;
        patched.platform_error(405);
        assert!(patched.header("allow").split(", ").any(|allowed| allowed == method.as_str()), "{method} {url}");
    }
}

#[tokio::test]
async fn the_page_needs_no_other_host() {
    let server = shared();
    let page = server.api().raw(Method::GET, "/try").send().await;
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
    assert_eq!(requests.len(), 19, "every operation, and every example of those that have a body");
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
