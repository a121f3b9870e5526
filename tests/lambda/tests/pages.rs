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
