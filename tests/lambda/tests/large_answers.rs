//! Answers that Lambda could not carry: known before anything is stored, where that can be known, and always a clear
//! error.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use lambda_http::http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::time::Instant;
use wrapup::api::{Answer, Api, Call, Endpoint, Route};
use wrapup::dynamodb::Table;
use wrapup::segment_tables::{
    Error as TableError, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, Registry,
    WantedInteractionSegment,
};
use wrapup_lambda_tests::{Event, Fault, Instance, Parts, Reply, Rule, World, segmented, sent};

/// What Lambda takes of a function's answer.
const LAMBDA: usize = 6_291_556;

/// Characters of the longest description.
const LONGEST: usize = 4_000;

fn labels(codes: std::ops::Range<usize>) -> Vec<Value> {
    codes.map(|index| json!({"code": format!("Code {index:03}")})).collect()
}

/// The same with this description.
fn described(codes: std::ops::Range<usize>, description: &str) -> Vec<Value> {
    labels(codes)
        .into_iter()
        .map(|mut code| {
            code["description"] = json!(description);
            code
        })
        .collect()
}

fn post(codes: &[Value]) -> Event {
    Event::post("code").json(&json!({"codes": codes}))
}

/// Bytes of an answer as Lambda counts them.
async fn carried(instance: &Instance, event: &Event) -> usize {
    let reply = instance.invoke(&event.rest_json()).await;
    assert_eq!(reply["statusCode"], 200);
    reply.to_string().len()
}

/// How many entries fit, as a refusal says it.
fn fit(refused: &Reply) -> usize {
    let detail = refused.expect(413)["error"]["detail"].clone();
    let words = detail.as_str().expect("a text").split_whitespace().collect::<Vec<_>>();
    let first = words.iter().position(|word| *word == "first").expect("a number");
    words[first + 1].parse().expect("a number")
}

#[tokio::test]
async fn a_request_that_stored_text_makes_too_large_is_refused_before_anything_is_stored() {
    let world = World::start().await;
    let instance = world.instance();
    let quotes = "\"".repeat(LONGEST);
    for part in [0..100, 100..200, 200..300] {
        assert!(carried(&instance, &post(&described(part, &quotes))).await < LAMBDA);
    }
    let before = world.records(Table::Codes).await;
    world.traffic();
    let mut all = labels(0..300);
    all[0]["active"] = json!(false);
    let refused = instance.call(&post(&all)).await;
    let fit = fit(&refused);
    assert_eq!(refused.expect(413)["error"]["message"], "Answer too large");
    assert_eq!(world.traffic().requests, ["BatchGetItem"; 3]);
    assert_eq!(world.records(Table::Codes).await, before);
    // As many as fit do fit, and hardly more would have.
    let bytes = carried(&instance, &post(&all[..fit])).await;
    assert!(bytes < LAMBDA && bytes > LAMBDA - 60_000, "{bytes}");
    assert_eq!(self::fit(&instance.call(&post(&all[..=fit])).await), fit);
}

#[tokio::test]
async fn the_format_decides_what_is_too_large() {
    let world = World::start().await;
    let instance = world.instance();
    let codes = described(0..255, &"&".repeat(LONGEST));
    let refused = instance.call(&post(&codes).header("Accept", "application/xml")).await;
    assert_eq!(refused.status(), 413);
    assert!(refused.text().contains("<message>Answer too large</message>"), "{}", refused.text());
    assert!(world.keys(Table::Codes).await.is_empty());
    assert!(carried(&instance, &post(&codes)).await < LAMBDA);
}

#[tokio::test]
async fn what_is_sure_to_fit_is_not_read() {
    let world = World::start().await;
    let instance = world.instance();
    let reads = async |event: &Event| {
        world.traffic();
        let status = instance.call(event).await.status();
        assert!(status < 300, "{status}");
        world.traffic().requests.iter().filter(|request| *request == "BatchGetItem").count()
    };
    assert_eq!(reads(&post(&labels(0..80))).await, 0);
    // Nobody knows what is stored of these.
    assert_eq!(reads(&post(&labels(0..120))).await, 2);
    // All that is shown is in the request.
    let told = |index: usize| {
        let german = json!({"language": "de", "code": format!("Kode {index}"), "description": "Geld zurück"});
        json!({"code": format!("Code {index:03}"), "description": "Money goes back", "translations": [german]})
    };
    let told: Vec<Value> = (0..1_000).map(told).collect();
    assert_eq!(reads(&post(&told).header("Accept-Language", "de-AT, fr")).await, 0);
    // Of another language, it is not.
    assert_eq!(reads(&post(&told[..200]).header("Accept-Language", "fr")).await, 2);
    // Entries that fail count by what is said of them.
    let mut wrong = labels(0..80);
    wrong.extend((0..200).map(|_| json!({"code": "Code 000"})));
    assert_eq!(reads(&post(&wrong)).await, 0);
}

#[tokio::test]
async fn entries_that_fail_can_be_too_much_as_well() {
    let world = World::start().await;
    let instance = world.instance();
    // In XML a quote is one byte, and in what Lambda carries four, said twice.
    let entry = format!("<codes><code>{}</code></codes>", "\"".repeat(255));
    let body = format!("<request>{}</request>", entry.repeat(3_600));
    let event = Event::post("code").body("application/xml", &body);
    let refused = instance.call(&event).await;
    assert!(fit(&refused) > 2_000);
    assert!(world.keys(Table::Codes).await.is_empty());
    // With one code the fewer, another repeats the first all the same, and the answer is one that can be sent.
    let body = format!("<request>{}</request>", entry.repeat(2_000));
    let reply = instance.invoke(&Event::post("code").body("application/xml", &body).rest_json()).await;
    assert_eq!(reply["statusCode"], 207);
    assert!(reply.to_string().len() < LAMBDA);
}

#[tokio::test]
async fn text_that_comes_in_between_makes_an_error_that_says_what_is_stored() {
    let world = Arc::new(World::start().await);
    let instance = world.instance();
    instance.call(&post(&labels(0..300))).await;
    world.traffic();
    // The first write waits until a read comes by.
    let gate = Fault::Together(Arc::new(Barrier::new(2)));
    world.fail(Rule::once(gate.clone()).on("UpdateItem"));
    world.fail(Rule::once(gate).on("GetItem"));
    let mut codes = labels(0..300);
    codes[299]["active"] = json!(false);
    let slow = tokio::spawn(async move { instance.call(&post(&codes)).await });
    let mut seen = Vec::new();
    while !seen.contains(&"UpdateItem".to_owned()) {
        seen.extend(world.traffic().requests);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Another caller, past the gate.
    let quotes = "\"".repeat(LONGEST);
    // All at once, before the client of the held call loses its patience.
    let others = world.keys(Table::Codes).await.into_iter().map(|key| {
        let update = world.client().update_item().table_name("interaction_wrap_up_code");
        let update = update.key("sys_id", AttributeValue::S(key)).update_expression("SET description = :description");
        update.expression_attribute_values(":description", AttributeValue::S(quotes.clone())).send()
    });
    try_join_all(others).await.expect("updates");
    let sys_id = wrapup::sys_id::derive(wrapup::sys_id::Kind::Code, &["Code 299"]);
    world.instance().call(&Event::get(&format!("code/{sys_id}"))).await.expect(200);
    let reply = slow.await.expect("an answer");
    assert_eq!(reply.status(), 413);
    let error = reply.json()["error"].clone();
    assert_eq!(error["message"], "Answer too large");
    assert!(error["detail"].as_str().is_some_and(|detail| detail.starts_with("Everything is stored")), "{error}");
    let code = world.instance().call(&Event::get(&format!("code/{sys_id}"))).await.expect(200);
    assert_eq!(code["result"]["result_map"]["wrap_up_code"]["active"], false, "{code}");
}

/// Answers with as much text as it is told to.
struct Talkative {
    method: Method,
    status: StatusCode,
    bytes: usize,
    text: &'static str,
}

#[async_trait]
impl Endpoint for Talkative {
    fn route(&self) -> Route {
        Route { method: self.method.clone(), paths: &["wrapup/anything"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, wrapup::Error> {
        Ok(call.answer(self.status, &json!({"text": self.text.repeat(self.bytes)})))
    }
}

#[tokio::test]
async fn no_answer_is_larger_than_lambda_carries() {
    let system = World::start().await.instance().system;
    let event = |method: &Method| match *method {
        Method::GET => Event::get("anything"),
        Method::PUT => Event::put("anything").json(&json!({})),
        _ => Event::post("anything").json(&json!({})),
    };
    for (method, status, answered, said) in [
        (Method::GET, StatusCode::OK, 413, "What was asked for"),
        (Method::PUT, StatusCode::OK, 413, "Everything is stored"),
        (Method::POST, StatusCode::MULTI_STATUS, 413, "Everything is stored"),
        (Method::POST, StatusCode::BAD_REQUEST, 400, "The request fails"),
    ] {
        for (bytes, text, fits) in [
            (6_200_000, "x", true),
            (6_300_000, "x", false),
            (1_500_000, "\"", true),
            (1_600_000, "\"", false),
            (2_050_000, "\n", true),
            (2_110_000, "\n", false),
        ] {
            let endpoint = Talkative { method: method.clone(), status, bytes, text };
            let api = Api::new(&system, vec![Box::new(endpoint)]).expect("a route");
            let reply = Reply { response: sent(&api, event(&method).rest()).await };
            if fits {
                assert_eq!(reply.status(), status.as_u16(), "{method} {bytes} of {text:?}");
                let carried = json!({"statusCode": 200, "body": reply.text()}).to_string().len();
                assert!(carried < LAMBDA, "{carried}");
            } else {
                let error = reply.expect(answered)["error"].clone();
                assert!(error["detail"].as_str().is_some_and(|detail| detail.starts_with(said)), "{method}: {error}");
            }
        }
    }
}

/// As much text as a configuration can have, each of its characters as wide as any, with as many notes.
#[tokio::test]
async fn the_largest_segment_that_there_can_be_is_shown() {
    let world = World::start().await;
    let instance = world.instance();
    let wide = |characters: usize| "&".repeat(characters);
    let codes: Vec<Value> =
        (0..87).map(|index| json!({"code": format!("Code {index:03}"), "description": wide(3_950)})).collect();
    let mut request = wrapup_lambda_tests::opening("EXT-1");
    request["configuration"] = json!({"allowed_codes": codes, "default_code": "Code 000", "show_timer": true});
    for event in [
        Event::post("segment/create").json(&request),
        Event::put("segment/update?external_segment_id=EXT-1")
            .json(&json!({"configuration": request["configuration"]})),
        Event::put("segment/update?external_segment_id=EXT-1").json(&json!({"notes": wide(65_536)})),
        Event::get("segment/EXT-1"),
    ] {
        let bytes = carried(&instance, &event.header("Accept", "application/xml")).await;
        assert!(bytes > 3_000_000 && bytes < LAMBDA, "{bytes}");
    }
    codes_are_at_the_limit(&instance, request).await;
}

/// One description more is more than a configuration can have.
async fn codes_are_at_the_limit(instance: &Instance, mut request: Value) {
    request["external_segment_id"] = json!("EXT-2");
    let codes = request["configuration"]["allowed_codes"].as_array_mut().expect("codes");
    codes.push(json!({"code": "One more", "description": "&".repeat(LONGEST)}));
    let refused = instance.call(&Event::post("segment/create").json(&request)).await.expect(400);
    assert!(refused["message"].as_str().is_some_and(|message| message.contains("350 KB")), "{refused}");
}

/// A table whose records are as large as a remote function's answers can be.
struct Verbose;

#[async_trait]
impl InteractionSegment for Verbose {
    fn segment_table(&self) -> &str {
        "u_verbose"
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, TableError> {
        self.retrieve(&segment.wanted(), deadline).await
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        _: Instant,
    ) -> Result<InteractionSegmentRecord, TableError> {
        Ok(InteractionSegmentRecord {
            id: wanted.segment_id.to_owned(),
            table: "u_verbose".to_owned(),
            interaction: None,
            agent: None,
            start: None,
            end: None,
            transcript: Some("\"".repeat(2_000_000)),
            fields: serde_json::Map::new(),
        })
    }
}

#[tokio::test]
async fn a_segment_whose_record_is_too_large_is_shown_without_it() {
    let world = World::start().await;
    let parts = Parts { segment_tables: Some(Registry::default().with(Verbose)), ..Parts::default() };
    let instance = world.instance_with(parts);
    let mut request = segmented("EXT-1", "call-1");
    request["segment_table"] = json!("u_verbose");
    instance.open(&request).await;
    for path in ["segment/EXT-1", "segment/agent/agent/interaction/interaction"] {
        instance.call(&Event::get(path)).await.expect(200);
        let refused = instance.call(&Event::get(&format!("{path}?include=interaction_segment"))).await;
        assert_eq!(refused.expect(413)["error"]["message"], "Answer too large");
    }
}
