//! Which method a request means: what was sent, or what a POST names in `X-HTTP-Method-Override`.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::future::pending;

use lambda_http::Body;
use lambda_http::http::header::HeaderValue;
use serde_json::json;
use wrapup::System;
use wrapup::api::{Api, BodyError};
use wrapup_functions::get_segment::GetSegment;
use wrapup_lambda_tests::{Event, Instance, Reply, World, opening, sent};

const OVERRIDE: &str = "X-HTTP-Method-Override";

async fn deployment() -> (World, Instance) {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    (world, instance)
}

/// The same as the event of a REST API and as that of a function URL.
async fn both(instance: &Instance, event: &Event) -> [Reply; 2] {
    let url = event.clone().unvouched().basic_auth("integrator", "secret");
    [instance.call(event).await, instance.handle(url.function_url()).await]
}

#[tokio::test]
async fn a_post_is_what_it_names() {
    let (_, instance) = deployment().await;
    for accept in ["application/json", "application/xml"] {
        let post = |path: &str| Event::post(path).header("Accept", accept);
        let plain = instance.call(&Event::get("segment/E-1").header("Accept", accept)).await;
        for value in ["GET", "get", "Get", " GET "] {
            for reply in both(&instance, &post("segment/E-1").header(OVERRIDE, value)).await {
                assert_eq!((reply.status(), reply.text()), (200, plain.text()), "{value:?}");
                assert_eq!(reply.header("content-type"), plain.header("content-type"));
            }
        }
        for reply in both(&instance, &post("segment/E-1").header(OVERRIDE, "head")).await {
            assert_eq!((reply.status(), reply.text()), (200, ""));
            // Whoever has sent a POST would wait for a body of that length.
            assert_eq!(reply.header("content-length"), "");
        }
        for reply in both(&instance, &post("segment/none").header(OVERRIDE, "HEAD")).await {
            assert_eq!((reply.status(), reply.text()), (404, ""));
        }
    }
    let update = Event::post("segment/update?external_segment_id=E-1").header(OVERRIDE, "Put");
    for (sent, notes) in [
        (update.clone().json(&json!({"notes": "From JSON."})), "From JSON."),
        (update.clone().body("text/xml", "<request><notes>From XML.</notes></request>"), "From XML."),
    ] {
        for reply in both(&instance, &sent).await {
            assert_eq!(reply.expect(200)["segment"]["notes"], notes);
        }
    }
    assert_eq!(instance.read("E-1").await["state"], "closed");
    // Its own name changes nothing of a POST.
    let code = Event::post("code").json(&json!({"codes": [{"code": "Refund"}]})).header(OVERRIDE, "POST");
    instance.call(&code).await.expect(200);
}

#[tokio::test]
async fn a_method_that_the_path_does_not_have_is_405() {
    let (world, instance) = deployment().await;
    world.traffic();
    for (path, value, allow) in [
        ("segment/E-1", "PUT", "GET, HEAD"),
        ("segment/E-1", "DELETE", "GET, HEAD"),
        ("segment/E-1", "POST", "GET, HEAD"),
        ("segment/update", "GET", "PUT"),
        ("segment/update", "OPTIONS", "PUT"),
        ("segment/create", "PUT", "POST"),
        ("segment/create", "head", "POST"),
        ("code", "BREW", "GET, HEAD, POST"),
    ] {
        let post = Event::post(path).json(&opening("E-2")).header(OVERRIDE, value).unvouched();
        for reply in [instance.call(&post).await, instance.handle(post.function_url()).await] {
            assert_eq!((reply.status(), reply.header("Allow")), (405, allow), "{path} {value}");
        }
    }
    // Nobody has been asked who they are, and nothing has been looked up.
    assert_eq!(world.traffic().requests, Vec::<String>::new());
}

#[tokio::test]
async fn what_names_no_method_or_two_is_400() {
    let (_, instance) = deployment().await;
    let said = |reply: &Reply| reply.expect(400)["error"]["detail"].as_str().expect("a detail").to_owned();
    for value in ["", " ", "GET, GET", "GET PUT", "PUT;", "\u{e9}"] {
        for reply in both(&instance, &Event::post("segment/E-1").header(OVERRIDE, value)).await {
            assert_eq!(said(&reply), "The header X-HTTP-Method-Override has to name one method", "{value:?}");
        }
    }
    let mut twice = Event::post("segment/E-1").header(OVERRIDE, "GET").rest();
    twice.headers_mut().append("x-http-method-override", HeaderValue::from_static("GET"));
    assert!(said(&instance.handle(twice).await).contains("has to name one method"));
}

#[tokio::test]
async fn on_another_method_the_header_says_nothing() {
    let (_, instance) = deployment().await;
    for value in ["PUT", "DELETE", "", "GET, PUT"] {
        let get = Event::get("segment/E-1").header(OVERRIDE, value);
        assert_eq!(instance.call(&get).await.expect(200)["segment"]["state"], "open", "{value}");
    }
    let get = Event::get("segment/update?external_segment_id=E-1").json(&json!({})).header(OVERRIDE, "PUT");
    instance.call(&get).await.expect(405);
    assert_eq!(instance.read("E-1").await["state"], "open");
    let put = Event::put("segment/update?external_segment_id=E-1").json(&json!({})).header(OVERRIDE, "GET");
    assert_eq!(instance.call(&put).await.expect(200)["segment"]["state"], "closed");
}

fn api(system: &System) -> Api {
    Api::new(system, vec![Box::new(GetSegment::new(system)) as _]).expect("one route")
}

#[tokio::test]
async fn a_post_that_means_get_is_not_asked_for_its_body() {
    let (_, instance) = deployment().await;
    let get = Event::post("segment/E-1").header(OVERRIDE, "GET").header("Content-Type", "text/plain");
    let never = pending::<Result<Body, BodyError>>();
    let reply = Reply { response: api(&instance.system).handle(get.rest().map(|_| ()), never).await };
    assert_eq!(reply.expect(200)["segment"]["external_segment_id"], "E-1");
}

#[tokio::test]
async fn whoever_calls_is_asked_for_as_ever() {
    let (world, instance) = deployment().await;
    let get = Event::post("segment/E-1").header(OVERRIDE, "GET");
    // Behind the authorizer, the function looks up no user.
    let system = world.instance().system;
    world.traffic();
    assert_eq!(sent(&api(&system), get.rest()).await.status(), 200);
    let tables: Vec<String> = world.traffic().permissions.into_iter().map(|(table, _)| table).collect();
    assert!(!tables.is_empty() && !tables.contains(&"sys_user".to_owned()), "{tables:?}");
    instance.handle(get.clone().unvouched().function_url()).await.expect(401);
    let wrong = get.clone().unvouched().basic_auth("integrator", "wrong");
    instance.handle(wrong.function_url()).await.expect(401);
    // A page of another site may not send a POST, whatever it names.
    let refused = instance.call(&get.header("Sec-Fetch-Site", "cross-site")).await.expect(403);
    assert_eq!(refused["error"]["message"], "Cross-site request refused");
}
