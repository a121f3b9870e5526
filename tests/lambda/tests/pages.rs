//! What web pages of other sites get to do: nothing, unless the deployment names their origins.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::process::{Command, Stdio};

use lambda_http::Request;
use serde_json::json;
use wrapup::System;
use wrapup::api::{Api, Origins};
use wrapup::dynamodb::Table;
use wrapup_functions::create_codes::CreateCodes;
use wrapup_functions::get_code::GetCode;
use wrapup_functions::update_segment::UpdateSegment;
use wrapup_lambda_tests::{Event, Reply, World, opening, sent};

fn api(system: &System, origins: &str) -> Api {
    let endpoints = vec![
        Box::new(CreateCodes::new(system)) as _,
        Box::new(GetCode::new(system)) as _,
        Box::new(UpdateSegment::new(system)) as _,
    ];
    let origins = Origins::parse(origins).expect("origins");
    Api::new(system, endpoints).expect("routes").with_origins(origins)
}

fn post() -> Event {
    Event::post("code").json(&json!({"codes": [{"code": "Refund"}]})).basic_auth("integrator", "secret")
}

async fn status(api: &Api, request: Request) -> u16 {
    sent(api, request).await.status().as_u16()
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    world.instance().open(&opening("EXT-1")).await;
    let codes = world.keys(Table::Codes).await;
    let api = api(&world.instance().system, "https://desk.example, http://localhost:3000");
    let close = Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"notes": "Gone."}));
    let cross = |event: Event| event.header("Sec-Fetch-Site", "cross-site");
    for event in [cross(post()), cross(close.basic_auth("integrator", "secret"))] {
        for origin in ["https://evil.example", "null", "https://desk.example.evil.example", "http://desk.example", ""] {
            let event = event.clone().header("Origin", origin);
            for request in [event.rest(), event.function_url()] {
                let reply = Reply { response: sent(&api, request).await };
                let error = reply.expect(403)["error"].clone();
                assert_eq!(error["message"], "Cross-site request refused", "{origin}");
                assert!(
                    error["detail"].as_str().is_some_and(|text| text.contains("WRAPUP_ALLOWED_ORIGINS")),
                    "{error}"
                );
            }
        }
        assert_eq!(status(&api, event.rest()).await, 403, "a page that does not say where it is from");
    }
    assert_eq!(world.keys(Table::Codes).await, codes);
    assert_eq!(world.instance().read("EXT-1").await["state"], "open");
    // An origin that stands beside an allowed one is none.
    let mut two = cross(post()).rest();
    for origin in ["https://desk.example", "https://evil.example"] {
        two.headers_mut().append("origin", origin.parse().expect("a header"));
    }
    assert_eq!(status(&api, two).await, 403);
    // Who is not known hears that first.
    assert_eq!(status(&api, cross(post().unvouched().basic_auth("integrator", "wrong")).rest()).await, 401);
}

#[tokio::test]
async fn whoever_may_call_is_let_in() {
    let world = World::start().await;
    let api = api(&world.instance().system, "https://desk.example,http://localhost:3000");
    for origin in ["https://desk.example", "http://localhost:3000"] {
        let event = post().header("Sec-Fetch-Site", "cross-site").header("Origin", origin);
        assert_eq!(status(&api, event.rest()).await, 200, "{origin}");
    }
    for site in ["same-origin", "same-site", "none", ""] {
        assert_eq!(status(&api, post().header("Sec-Fetch-Site", site).rest()).await, 200, "{site}");
    }
    // No browser at all.
    assert_eq!(status(&api, post().header("Origin", "https://evil.example").rest()).await, 200);
    // What changes nothing shows a page nothing either, since no header lets it read the answer.
    let get = Event::get("code/x").header("Sec-Fetch-Site", "cross-site").header("Origin", "https://evil.example");
    let reply = Reply { response: sent(&api, get.rest()).await };
    assert_eq!((reply.status(), reply.header("access-control-allow-origin")), (404, ""));
    // A deployment may name even pages without an origin of their own.
    let any = Origins::parse("null").expect("an origin");
    let api = Api::new(&world.instance().system, vec![Box::new(CreateCodes::new(&world.instance().system))]);
    let api = api.expect("a route").with_origins(any);
    let sandboxed = post().header("Sec-Fetch-Site", "cross-site").header("Origin", "null");
    assert_eq!(status(&api, sandboxed.rest()).await, 200);
}

/// What a page may send, as browsers compare it.
const SENT: [&str; 7] = [
    "authorization",
    "content-type",
    "accept",
    "accept-language",
    "content-encoding",
    "x-http-method-override",
    "traceparent",
];

/// What a browser asks before a page's request.
fn preflight(path: &str, origin: &str) -> Event {
    let asked = Event::get("").at(path).method("OPTIONS").unvouched().header("Accept", "*/*");
    asked.header("Origin", origin).header("Access-Control-Request-Method", "PUT").header("Sec-Fetch-Site", "cross-site")
}

/// The names in a list, in small letters.
fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn tells_of_pages(reply: &Reply) -> bool {
    reply.response.headers().keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_page_that_may_call_hears_what_it_may_send() {
    let world = World::start().await;
    let system = world.instance().system;
    for (_, endpoint) in wrapup_functions::endpoints(&system) {
        let route = endpoint.route();
        let allow = match route.method.as_str() {
            "GET" => "GET, HEAD",
            // A page may list codes, too, which another function does.
            "POST" if !endpoint.served_beside().is_empty() => "GET, HEAD, POST",
            method => method,
        };
        let origins = Origins::parse("https://desk.example,http://localhost:3000").expect("origins");
        let api = Api::new(&system, vec![endpoint]).expect("a route").with_origins(origins);
        for path in route.paths.iter().flat_map(|path| ["", "v1/"].map(|version| format!("/api/now/{version}{path}"))) {
            for origin in ["https://desk.example", "http://localhost:3000"] {
                let asked = preflight(&path, origin);
                for request in [asked.rest(), asked.function_url()] {
                    let reply = Reply { response: sent(&api, request).await };
                    assert_eq!((reply.status(), reply.text()), (204, ""), "{path}");
                    assert_eq!(reply.header("access-control-allow-origin"), origin);
                    assert_eq!(reply.header("access-control-allow-methods"), allow);
                    assert!(reply.header("access-control-max-age").parse::<u32>().is_ok_and(|seconds| seconds > 0));
                    let may_send = names(reply.header("access-control-allow-headers"));
                    assert!(SENT.iter().all(|name| may_send.contains(&(*name).to_owned())), "{may_send:?}");
                    assert!(names(reply.header("vary")).contains(&"origin".to_owned()));
                    assert_eq!((reply.header("content-type"), reply.header("x-content-type-options")), ("", "nosniff"));
                    // Credentials are the page's own, in the header: none that a browser keeps.
                    assert_eq!(reply.header("access-control-allow-credentials"), "");
                }
            }
            // What else a page's libraries send, is no harm.
            let traced = preflight(&path, "https://desk.example")
                .header("Access-Control-Request-Headers", "authorization,x-datadog-trace-id");
            let reply = Reply { response: sent(&api, traced.rest()).await };
            let may_send = names(reply.header("access-control-allow-headers"));
            assert!(may_send.contains(&"x-datadog-trace-id".to_owned()), "{may_send:?}");
        }
    }
    assert_eq!(world.traffic().requests, Vec::<String>::new(), "nobody is asked who calls");
}

#[tokio::test]
async fn any_other_page_hears_nothing() {
    let world = World::start().await;
    let system = world.instance().system;
    let path = "/api/now/wrapup/segment/update";
    for (origins, origin) in [
        ("", "https://desk.example"),
        ("https://desk.example", "https://evil.example"),
        ("https://desk.example", "http://desk.example"),
        ("https://desk.example", "https://desk.example.evil.example"),
        ("https://desk.example", "null"),
        ("https://desk.example", ""),
    ] {
        let api = api(&system, origins);
        let reply = Reply { response: sent(&api, preflight(path, origin).rest()).await };
        assert_eq!(reply.expect(403)["error"]["message"], "Cross-site request refused", "{origin}");
        assert!(!tells_of_pages(&reply), "{origin}");
        let get = Event::get("code/x").header("Origin", origin);
        let reply = Reply { response: sent(&api, get.rest()).await };
        assert_eq!((reply.status(), tells_of_pages(&reply)), (404, false), "{origin}");
        // A cache may not hand it to a page that may read it, or the other way.
        assert!(names(reply.header("vary")).contains(&"origin".to_owned()));
    }
    // Of two origins, none counts.
    let api = api(&system, "https://desk.example");
    let mut two = preflight(path, "https://desk.example").rest();
    two.headers_mut().append("origin", "https://desk.example".parse().expect("a header"));
    let reply = Reply { response: sent(&api, two).await };
    assert_eq!((reply.status(), tells_of_pages(&reply)), (403, false));
}

#[tokio::test]
async fn what_is_no_preflight_is_a_wrong_method() {
    let world = World::start().await;
    let api = api(&world.instance().system, "https://desk.example");
    let options = Event::get("").at("/api/now/wrapup/segment/update").method("OPTIONS");
    for event in [
        options.clone(),
        options.clone().header("Origin", "https://desk.example"),
        options.header("Access-Control-Request-Method", "PUT"),
    ] {
        let reply = Reply { response: sent(&api, event.rest()).await };
        assert_eq!((reply.status(), reply.header("Allow")), (405, "PUT"));
    }
    // Path and version come first, as for any method.
    for (path, status) in [("/api/now/wrapup/elsewhere", 404), ("/api/now/v2/wrapup/segment/update", 400)] {
        let reply = Reply { response: sent(&api, preflight(path, "https://desk.example").rest()).await };
        assert_eq!(reply.status(), status);
        assert_eq!(reply.header("access-control-allow-origin"), "https://desk.example");
    }
}

#[tokio::test]
async fn a_page_that_may_call_may_read_every_answer() {
    let world = World::start().await;
    let api = api(&world.instance().system, "https://desk.example, null");
    for (event, answered) in [
        (post(), 200),
        (Event::get("code/x"), 404),
        (Event::get("elsewhere"), 404),
        (Event::get("").at("/api/now/v2/wrapup/code/x"), 400),
        (Event::put("code"), 405),
        (Event::get("code/x").unvouched(), 401),
        (Event::get("code/x").header("Accept", "text/html"), 406),
        (Event::post("code").json(&json!({})), 400),
        (Event::post("code").body("application/json", "{"), 400),
        (Event::post("code").body("application/json", &" ".repeat(1024 * 1024 + 1)), 413),
        (Event::post("code").body("text/plain", ""), 415),
        (Event::post("code").header("X-HTTP-Method-Override", "a b"), 400),
    ] {
        for (accept, origin) in [("application/json", "https://desk.example"), ("application/xml", "null")] {
            let event = if answered == 406 { event.clone() } else { event.clone().header("Accept", accept) };
            let event = event.header("Origin", origin).header("Sec-Fetch-Site", "cross-site");
            for request in [event.rest(), event.clone().unvouched().function_url()] {
                let reply = Reply { response: sent(&api, request).await };
                assert_eq!(reply.header("access-control-allow-origin"), origin, "{answered}");
                let exposed = names(reply.header("access-control-expose-headers"));
                for name in ["allow", "retry-after", "www-authenticate", "accept-encoding"] {
                    assert!(exposed.contains(&name.to_owned()), "{exposed:?}");
                }
            }
            let reply = Reply { response: sent(&api, event.rest()).await };
            assert_eq!(reply.status(), answered);
        }
    }
}

#[test]
fn a_function_does_not_start_with_an_origin_that_is_none() {
    for origins in ["desk.example", "https://desk.example/app", "*"] {
        let mut function = Command::new(env!("CARGO_BIN_EXE_one-function"));
        let function = function.env_clear().stdin(Stdio::null()).envs([
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("WRAPUP_ALLOWED_ORIGINS", origins),
        ]);
        let ended = function.output().expect("the binary runs");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success());
        assert!(said.contains("WRAPUP_ALLOWED_ORIGINS has '") && said.contains(origins), "{said}");
    }
}

#[tokio::test]
async fn no_answer_lets_a_browser_guess_what_it_is() {
    let world = World::start().await;
    let api = api(&world.instance().system, "");
    for (event, answered) in [
        (post(), 200),
        (Event::get("code/x"), 404),
        (Event::get("elsewhere"), 404),
        (Event::put("code"), 405),
        (Event::get("code/x").unvouched(), 401),
        (Event::get("code/x").header("Accept", "text/html"), 406),
        (Event::post("code").json(&json!({})), 400),
        (Event::post("code").body("application/json", "{"), 400),
        (Event::post("code").body("text/plain", ""), 415),
    ] {
        for accept in ["application/json", "application/xml"] {
            let event = if answered == 406 { event.clone() } else { event.clone().header("Accept", accept) };
            let reply = Reply { response: sent(&api, event.rest()).await };
            assert_eq!(reply.status(), answered);
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{answered}");
        }
    }
}
