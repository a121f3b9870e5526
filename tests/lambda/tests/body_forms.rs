//! What bodies look like that clients send, as the events of API Gateway and of function URLs carry them.

use serde_json::{Value, json};
use wrapup_lambda_tests::{Event, Instance, Reply, World, opening};
use wrapup_test_support::{gzip, to_xml_request};

const JSON: &str = "application/json";
const XML: &str = "application/xml";

/// An instance, and a user for function URLs, which no authorizer stands in front of.
async fn start() -> (World, Instance) {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let instance = world.instance();
    (world, instance)
}

/// Sends a call as a REST API's event and as a function URL's, which are answered alike.
async fn both(instance: &Instance, event: &Event) -> Reply {
    let rest = instance.call(event).await;
    let url = instance.handle(event.clone().basic_auth("integrator", "secret").function_url()).await;
    assert_eq!((url.status(), url.text()), (rest.status(), rest.text()));
    assert_eq!(url.header("Content-Type"), rest.header("Content-Type"));
    rest
}

/// The same body as text and as bytes in Base64, compressed and not.
fn carried(event: &Event, content_type: &str, body: &str) -> [Event; 3] {
    [
        event.clone().body(content_type, body),
        event.clone().bytes(content_type, body.as_bytes()),
        event.clone().bytes(content_type, &gzip(body)).header("Content-Encoding", "gzip"),
    ]
}

fn code(reply: &Reply) -> Value {
    reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0].clone()
}

#[tokio::test]
async fn a_null_keeps_what_is_stored_in_either_format_and_however_it_is_carried() {
    let (_world, instance) = start().await;
    let confirmed_on = "2024-09-16 18:52:01";
    let bodies = [
        (JSON, json!({ "notes": null, "confirmed_on": confirmed_on }).to_string()),
        (XML, to_xml_request(&json!({ "notes": null, "confirmed_on": confirmed_on }))),
        (
            "text/xml; charset=utf-8",
            format!(
                r#"<?xml version="1.0" encoding="utf-16"?><request xmlns:p1="http://www.w3.org/2001/XMLSchema-instance"><notes p1:nil="1"/><confirmed_on>{confirmed_on}</confirmed_on></request>"#
            ),
        ),
    ];
    for (index, (content_type, body)) in bodies.iter().enumerate() {
        let update = Event::put(&format!("segment/update?external_segment_id=nil-{index}"));
        instance.open(&opening(&format!("nil-{index}"))).await;
        instance.call(&update.clone().json(&json!({ "notes": "the agent's" }))).await.expect(200);
        // The first confirms, and the others say the same again.
        for event in carried(&update, content_type, body) {
            let segment = both(&instance, &event).await.expect(200)["segment"].clone();
            assert_eq!((&segment["notes"], &segment["confirmed_on"]), (&json!("the agent's"), &json!(confirmed_on)));
        }
    }
}

#[tokio::test]
async fn texts_flags_and_numbers_are_read_in_every_form() {
    let (_world, instance) = start().await;
    let post = Event::post("code");
    for (content_type, body, label, description) in [
        (
            JSON,
            r#"{"codes": [{"code": "Cut", "description": "cut \ud83d", "active": " TRUE "}]}"#,
            "Cut",
            "cut \u{fffd}",
        ),
        (
            XML,
            "<request><codes><code>\u{feff}Cut</code><description>cut &#xD83D;</description><active>True</active></codes></request>",
            "Cut",
            "cut \u{fffd}",
        ),
        (
            JSON,
            r#"{"codes": [{"code": 12345678901234567890123, "description": 5, "active": "true"}]}"#,
            "12345678901234567890123",
            "5",
        ),
    ] {
        for event in carried(&post, content_type, body) {
            let code = code(&both(&instance, &event).await);
            assert_eq!((&code["code"], &code["description"]), (&json!(label), &json!(description)), "{body}");
            assert_eq!(code["active"], true);
        }
    }
    for (content_type, body) in [
        (JSON, r#"{"codes": [{"code": "cut \ud83d"}]}"#),
        (XML, "<request><codes><code>cut &#xD83D;</code></codes></request>"),
    ] {
        for event in carried(&post, content_type, body) {
            let message = both(&instance, &event).await.expect(400)["result"]["message"].clone();
            assert!(message.as_str().is_some_and(|text| text.contains("codes[0].code has half of a")), "{message}");
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_are_refused_and_never_replaced() {
    let (world, instance) = start().await;
    for (content_type, body) in [
        (JSON, &b"{\"codes\": [{\"code\": \"Latin\", \"description\": \"M\xfcller\"}]}"[..]),
        (XML, b"<request><codes><code>Latin</code><description>M\xfcller</description></codes></request>"),
        (JSON, b"{\"codes\": [{\"code\": \"Latin \xed\xa0\xbd\"}]}"),
    ] {
        for event in [
            Event::post("code").bytes(content_type, body),
            Event::post("code").bytes(content_type, &gzip(body)).header("Content-Encoding", "gzip"),
        ] {
            let error = both(&instance, &event).await.expect(400)["error"].clone();
            assert!(error["detail"].as_str().is_some_and(|detail| detail.contains("not UTF-8")), "{error}");
        }
    }
    assert!(world.keys(wrapup::dynamodb::Table::Codes).await.is_empty());
}

#[tokio::test]
async fn compressed_bodies_are_bounded_and_other_compressions_are_refused() {
    let (_world, instance) = start().await;
    let body = json!({ "codes": [{ "code": "Inflated" }] }).to_string();
    let padded = |length: usize| body.clone() + &" ".repeat(length - body.len());
    let compressed = |body: &[u8]| Event::post("code").bytes(JSON, body).header("Content-Encoding", "gzip");
    both(&instance, &compressed(&gzip(padded(1024 * 1024)))).await.expect(200);
    let too_large = compressed(&gzip(padded(1024 * 1024 + 1)));
    for event in [too_large.clone(), too_large.header("Content-Type", "text/plain")] {
        let error = both(&instance, &event).await.expect(413)["error"].clone();
        assert_eq!(error["message"], "Request body too large");
    }
    for encoding in ["br", "deflate", "gzip, gzip"] {
        let reply = both(&instance, &compressed(&gzip(&body)).header("Content-Encoding", encoding)).await;
        assert_eq!((reply.status(), reply.header("Accept-Encoding")), (415, "gzip"), "{encoding}");
    }
    for broken in [body.as_bytes(), &gzip(&body)[..20], b""] {
        let error = both(&instance, &compressed(broken)).await.expect(400)["error"].clone();
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains("gzip")), "{error}");
    }
    // What is said to be Base64 and is not is no body at all.
    let mut event = compressed(&gzip(&body)).rest_json();
    event["body"] = json!("no base64!");
    let reply = instance.invoke(&event).await;
    assert_eq!(reply["statusCode"], 400, "{reply}");
    assert!(reply["body"].as_str().is_some_and(|body| body.contains("Base64")), "{reply}");
}

#[tokio::test]
async fn every_answer_says_which_encoding_it_is_in() {
    let (_world, instance) = start().await;
    for accept in [JSON, XML, "text/xml"] {
        for (event, status) in [
            (Event::post("code").json(&json!({ "codes": [{ "code": "Rückruf" }] })), 200),
            (Event::get("code/unknown"), 404),
            (Event::post("code").body(JSON, "{"), 400),
            (Event::post("code").body("text/plain", "{}"), 415),
            (Event::put("code").json(&json!({})), 405),
        ] {
            let reply = both(&instance, &event.header("Accept", accept)).await;
            assert_eq!(
                (reply.status(), reply.header("Content-Type")),
                (status, format!("{accept}; charset=UTF-8").as_str())
            );
        }
    }
    let unknown = Event::get("code/unknown");
    let refused = instance.call(&unknown.clone().unvouched()).await;
    assert_eq!((refused.status(), refused.header("Content-Type")), (401, "application/json; charset=UTF-8"));
    let refused = both(&instance, &unknown.header("Accept", "text/html")).await;
    assert_eq!((refused.status(), refused.header("Content-Type")), (406, "application/json; charset=UTF-8"));
}
