//! When a request's body is read, and what is said of one that does not come.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_http::Body;
use lambda_http::http::{Method, Request};
use serde_json::json;
use wrapup::System;
use wrapup::api::{Api, BodyError, MOST_BYTES};
use wrapup_functions::create_codes::CreateCodes;
use wrapup_functions::get_code::GetCode;
use wrapup_lambda_tests::{Event, Reply, World};

fn api(system: &System) -> Api {
    let endpoints = vec![Box::new(CreateCodes::new(system)) as _, Box::new(GetCode::new(system)) as _];
    Api::new(system, endpoints).expect("two routes")
}

fn head(event: &Event) -> Request<()> {
    event.rest().map(|_| ())
}

fn post() -> Event {
    Event::post("code").json(&json!({"codes": [{"code": "Refund"}]}))
}

#[tokio::test]
async fn a_body_is_read_only_once_all_before_it_is_right() {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    world.add_user("guest", &[], None).await;
    let api = api(&world.instance().system);
    let refused = [
        (post().at("/api/now/wrapup/elsewhere"), 404),
        (post().at("/api/now/v2/wrapup/code"), 400),
        (Event::put("code").json(&json!({})), 405),
        (post().unvouched(), 401),
        (post().unvouched().basic_auth("integrator", "wrong"), 401),
        (post().unvouched().basic_auth("guest", "secret"), 403),
        (post().header("Sec-Fetch-Site", "cross-site"), 403),
        (post().header("Accept", "text/html"), 406),
    ];
    let accepted = [(post(), 200), (post().header("Content-Type", "text/plain"), 415)];
    let calls = refused.into_iter().map(|call| (call, false)).chain(accepted.into_iter().map(|call| (call, true)));
    for ((event, status), wanted) in calls {
        let read = AtomicBool::new(false);
        let (head, body) = event.as_it_comes().into_parts();
        let body = async {
            read.store(true, Ordering::Relaxed);
            Ok(body)
        };
        let reply = Reply { response: api.handle(Request::from_parts(head, ()), body).await };
        assert_eq!(reply.status(), status, "{}", reply.text());
        assert_eq!(read.load(Ordering::Relaxed), wanted, "{event:?}");
    }
    // GET has none, whatever comes.
    let get = Event::get("code/x").header("Accept", "application/json");
    let never = std::future::pending::<Result<Body, BodyError>>();
    assert_eq!(api.handle(head(&get), never).await.status(), 404);
    assert_eq!(get.rest().method(), Method::GET);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_an_error_in_the_callers_format() {
    let world = World::start().await;
    let api = api(&world.instance().system);
    for (error, status, message) in [
        (BodyError::Broken, 400, "Request body could not be read"),
        (BodyError::TooLarge, 413, "Request body too large"),
        (BodyError::TooSlow, 408, "Request Timeout"),
    ] {
        let json = Reply { response: api.handle(head(&post()), ready(Err(error))).await };
        assert_eq!(json.expect(status)["error"]["message"], message);
        let xml = post().header("Accept", "text/xml");
        let xml = Reply { response: api.handle(head(&xml), ready(Err(error))).await };
        assert_eq!(xml.status(), status);
        assert!(xml.text().contains(&format!("<message>{message}</message>")), "{}", xml.text());
        // The size comes before the type, and the type before what is wrong in it.
        let other = post().header("Content-Type", "text/plain");
        let other = Reply { response: api.handle(head(&other), ready(Err(error))).await };
        assert_eq!(other.status(), if error == BodyError::TooLarge { 413 } else { 415 }, "{error:?}");
    }
    assert!(world.keys(wrapup::dynamodb::Table::Codes).await.is_empty());
}

#[tokio::test]
async fn a_body_in_base64_is_as_long_as_its_bytes_and_answered_in_text() {
    let world = World::start().await;
    let instance = world.instance();
    for (media_type, before, after) in [
        ("application/json", r#"{"codes": [{"code": "Refund"}]"#, "}"),
        ("application/xml", "<request><codes><code>Refund</code></codes>", "</request>"),
    ] {
        for (bytes, status) in [(200, 200), (MOST_BYTES, 200), (MOST_BYTES + 1, 413)] {
            let body = format!("{before}{}{after}", " ".repeat(bytes - before.len() - after.len()));
            let event = Event::post("code").header("Accept", media_type).body(media_type, &body).in_base64();
            let whole = event.rest_json().to_string();
            // What Lambda takes of an event.
            assert!(whole.len() < 6 * 1024 * 1024);
            let reply = instance.invoke(&event.rest_json()).await;
            assert_eq!((&reply["statusCode"], &reply["isBase64Encoded"]), (&json!(status), &json!(false)), "{bytes}");
            let text = reply["body"].as_str().expect("a text");
            assert!(text.starts_with(if media_type == "application/json" { "{" } else { "<?xml" }), "{text}");
        }
    }
}
