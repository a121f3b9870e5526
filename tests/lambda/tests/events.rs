//! Whatever stands in an event: it is answered, in the form that its sender reads, and the function goes on.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use wrapup_functions::StreamEvent;
use wrapup_functions::authorizer::Authorizer;
use wrapup_lambda_tests::{Event, FunctionProcess, Instance, Parts, Reports, World, opening};

/// What is odd in one place or another of a request.
const ODD: [&str; 30] = [
    "",
    " ",
    "a b",
    "a:99999",
    "https,http",
    "foo bar",
    "\0",
    "\n",
    "a\r\nb: c",
    "\u{7f}",
    "é",
    "\u{1F642}",
    "\u{202e}",
    "\u{fffd}",
    "%",
    "%2",
    "%ff",
    "%00",
    "%2F",
    "[::1",
    "a@b",
    "//",
    "..",
    "?",
    "#",
    "\"",
    "a=\"x\"",
    "a=b c",
    "<&>",
    "{x}",
];

fn rest(event: &Event) -> Value {
    event.rest_json()
}

fn url(event: &Event) -> Value {
    event.function_url_json()
}

fn post() -> Event {
    Event::post("code").json(&json!({"codes": [{"code": "Refund"}]})).basic_auth("integrator", "secret")
}

/// The event with something else in one place.
fn with(mut event: Value, place: &str, value: Value) -> Value {
    *event.pointer_mut(place).expect("a place") = value;
    event
}

/// The event with one more header.
fn with_header(mut event: Value, name: &str, value: &str) -> Value {
    event["headers"][name] = json!(value);
    if let Some(lists) = event.get_mut("multiValueHeaders") {
        lists[name] = json!([value]);
    }
    event
}

/// What cannot be read, by the words that say so.
fn unreadable() -> Vec<(Value, &'static str)> {
    let (rest, url) = (rest(&post()), url(&post()));
    let no_base64 = |event: &Value| with(with(event.clone(), "/isBase64Encoded", json!(true)), "/body", json!("no ~"));
    vec![
        (with_header(rest.clone(), "a b", "x"), "Header \"a b\""),
        (with_header(rest.clone(), "", "x"), "Header \"\""),
        (with_header(rest.clone(), "x-odd", "a\nb"), "Header \"x-odd\""),
        (with_header(url.clone(), "x-odd", "\0"), "Header \"x-odd\""),
        (with_header(url.clone(), "ü", "x"), "Header \"ü\""),
        (with(url.clone(), "/rawQueryString", json!("a=b c")), "The query has characters"),
        (with(url.clone(), "/rawQueryString", json!("a=\"x\"")), "The query has characters"),
        (with(url.clone(), "/rawQueryString", json!("a=\n")), "The query has characters"),
        (no_base64(&rest), "no Base64"),
        (no_base64(&url), "no Base64"),
        (with(rest.clone(), "/httpMethod", json!("P ST")), "The method is none"),
        (with(rest.clone(), "/httpMethod", json!("")), "The method is none"),
        (with(rest.clone(), "/httpMethod", Value::Null), "The method is none"),
        (with(rest, "/headers", json!("none")), "not of a form that is known"),
        (with(url, "/requestContext", json!({"http": {"method": "a b"}})), "not of a form that is known"),
    ]
}

#[tokio::test]
async fn what_cannot_be_read_is_400_in_the_platforms_words() {
    let (world, instance) = deployment().await;
    for (event, said) in unreadable() {
        let reply = instance.invoke(&event).await;
        assert_eq!(reply["statusCode"], 400, "{event}");
        let body: Value = serde_json::from_str(reply["body"].as_str().expect("a text")).expect("JSON");
        assert_eq!(
            (&body["error"]["message"], &body["status"]),
            (&json!("Request could not be read"), &json!("failure"))
        );
        assert!(body["error"]["detail"].as_str().is_some_and(|detail| detail.contains(said)), "{said}: {body}");
        assert_eq!(reply.get("multiValueHeaders").is_some(), event.get("multiValueHeaders").is_some(), "{reply}");
    }
    assert!(world.keys(wrapup::dynamodb::Table::Codes).await.is_empty(), "nothing was stored");
    assert_eq!(instance.invoke(&rest(&post())).await["statusCode"], 200);
}

#[tokio::test]
async fn scheme_and_host_are_decoration() {
    let (_, instance) = deployment().await;
    for event in [rest(&post()), url(&post())] {
        for name in ["Host", "X-Forwarded-Proto", "X-Forwarded-For", "X-Forwarded-Port", "Forwarded", "Via"] {
            for value in ["", "a b", "a:99999", "https,http", "foo bar", "[::1", "//", "a@b", "é"] {
                let reply = instance.invoke(&with_header(event.clone(), name, value)).await;
                assert_eq!(reply["statusCode"], 200, "{name}: {value}: {reply}");
            }
        }
        for host in ["", "a b", "a:99999", "//"] {
            let reply = instance.invoke(&with(event.clone(), "/requestContext/domainName", json!(host))).await;
            assert_eq!(reply["statusCode"], 200, "{host}: {reply}");
        }
    }
}

#[tokio::test]
async fn one_process_outlives_every_event() {
    let (world, _) = deployment().await;
    let mut function = FunctionProcess::start(env!("CARGO_BIN_EXE_one-function"), world.dynamodb_url(), &[]).await;
    let scheme = with_header(rest(&post()), "X-Forwarded-Proto", "https,http");
    let host = with_header(rest(&post()), "Host", "a:99999");
    let events: Vec<Value> = unreadable().into_iter().map(|(event, _)| event).chain([scheme, host]).collect();
    for event in events {
        let reply = function.respond(&event).await;
        assert!(reply["statusCode"].is_u64(), "{event}: {reply}");
        for good in [rest(&post()), url(&post())] {
            let reply = function.respond(&good).await;
            assert_eq!(reply["statusCode"], 200, "{reply}");
        }
    }
    for ping in pings() {
        assert_eq!(function.respond(&ping).await, Value::Null, "{ping}");
    }
}

/// The process itself reads its environment: an empty variable is as good as none.
#[tokio::test]
async fn a_function_finds_dynamodb_where_all_of_aws_is_said_to_be() {
    let (world, _) = deployment().await;
    let url = || world.dynamodb_url().to_owned();
    let nowhere = || "http://127.0.0.1:9".to_owned();
    for (own, all) in [(String::new(), url()), (url(), nowhere())] {
        let variables = [("AWS_ENDPOINT_URL_DYNAMODB", own), ("AWS_ENDPOINT_URL", all)];
        let binary = env!("CARGO_BIN_EXE_one-function");
        let mut function = FunctionProcess::start(binary, world.dynamodb_url(), &variables).await;
        let reply = function.respond(&rest(&post())).await;
        assert_eq!(reply["statusCode"], 200, "{variables:?}: {reply}");
    }
}

/// Events of one shape with something odd in one place, each place in its turn.
fn odd_events() -> Vec<Value> {
    let mut events = Vec::new();
    for event in [rest(&post()), url(&post()), rest(&Event::get("segment/E-1")), url(&Event::get("segment/E-1?a=b"))] {
        for odd in ODD {
            for name in [
                "Accept",
                "Accept-Language",
                "Authorization",
                "Content-Type",
                "Content-Encoding",
                "Cookie",
                "Content-Length",
                "Host",
                "Origin",
                "Sec-Fetch-Site",
                "traceparent",
                "X-Amzn-Trace-Id",
                "X-HTTP-Method-Override",
                "Access-Control-Request-Method",
                "Access-Control-Request-Headers",
            ] {
                events.push(with_header(event.clone(), name, odd));
            }
            events.push(with_header(event.clone(), odd, "x"));
            events.push(with_header(event.clone(), odd, odd));
            for place in [
                "/path",
                "/rawPath",
                "/rawQueryString",
                "/body",
                "/httpMethod",
                "/resource",
                "/routeKey",
                "/version",
                "/requestContext/path",
                "/requestContext/stage",
                "/requestContext/httpMethod",
                "/requestContext/http/method",
                "/requestContext/http/path",
                "/requestContext/resourcePath",
                "/requestContext/domainName",
                "/requestContext/apiId",
                "/requestContext/requestId",
                "/requestContext/identity/sourceIp",
                "/requestContext/http/sourceIp",
                "/requestContext/identity/userAgent",
            ] {
                if event.pointer(place).is_some() {
                    events.push(with(event.clone(), place, json!(odd)));
                }
            }
            for place in ["/path", "/rawPath"] {
                let Some(path) = event.pointer(place).and_then(Value::as_str) else { continue };
                for path in [
                    format!("{odd}{path}"),
                    format!("{path}{odd}"),
                    format!("{path}/{odd}"),
                    format!("/prod{odd}{path}"),
                ] {
                    events.push(with(event.clone(), place, json!(path)));
                }
            }
            if event.get("multiValueHeaders").is_some() {
                let query =
                    with(event.clone(), "/multiValueQueryStringParameters", json!({odd: [odd, odd], "include": [odd]}));
                events.push(with(query, "/queryStringParameters", json!({odd: odd, "include": odd})));
            } else {
                events.push(with(event.clone(), "/rawQueryString", json!(format!("{odd}={odd}&include={odd}"))));
            }
            for base64 in [true, false] {
                events.push(with(with(event.clone(), "/isBase64Encoded", json!(base64)), "/body", json!(odd)));
            }
        }
        let places = event.as_object().expect("an object").keys().map(|name| format!("/{name}"));
        let within = event["requestContext"]
            .as_object()
            .expect("an object")
            .keys()
            .map(|name| format!("/requestContext/{name}"));
        for place in places.chain(within) {
            for other in [
                Value::Null,
                json!(1),
                json!(true),
                json!([]),
                json!({}),
                json!([[1]]),
                json!({"a": [null]}),
                json!("x"),
            ] {
                events.push(with(event.clone(), &place, other));
            }
        }
        // More headers than a map of them can hold.
        let many: serde_json::Map<String, Value> = (0..40_000).map(|name| (format!("x-{name}"), json!("x"))).collect();
        events.push(with(event.clone(), "/headers", Value::Object(many)));
        events.push(with_header(event.clone(), "x-long", &"x".repeat(1_000_000)));
        events.push(with_header(event, &"x".repeat(70_000), "x"));
    }
    events
}

#[tokio::test]
async fn nothing_odd_in_any_place_is_more_than_a_refusal() {
    let (_, instance) = deployment().await;
    let mut answered = 0;
    for event in odd_events() {
        let reply = instance.invoke(&event).await;
        // Without a path it is no request, and without a context of its kind it may be that of the other.
        if reply.is_null() {
            assert!(event["rawPath"].is_null() && event["path"].is_null() && event["httpMethod"].is_null(), "{event}");
            continue;
        }
        let status = reply["statusCode"].as_u64().expect("a status");
        assert!((200..500).contains(&status), "{status}: {event}");
        answered += 1;
    }
    assert!(answered > 4_000, "{answered}");
    assert_eq!(instance.invoke(&rest(&post())).await["statusCode"], 200);
}

#[tokio::test]
async fn a_request_is_refused_for_its_credentials_before_its_headers_are_looked_at() {
    let (_, instance) = deployment().await;
    let stranger = post().unvouched().basic_auth("integrator", "wrong");
    for event in [rest(&stranger), url(&stranger)] {
        let reply = instance.invoke(&with_header(event, "a b", "x")).await;
        assert_eq!(reply["statusCode"], 401);
    }
    let elsewhere = with_header(rest(&Event::get("nowhere")), "a b", "x");
    assert_eq!(instance.invoke(&elsewhere).await["statusCode"], 404);
    let xml = with_header(rest(&post().header("Accept", "text/xml")), "a b", "x");
    let reply = instance.invoke(&xml).await;
    assert_eq!(reply["statusCode"], 400);
    assert!(reply["body"].as_str().is_some_and(|body| body.starts_with("<?xml")), "{reply}");
}

/// Events that no caller of the API has sent.
fn pings() -> Vec<Value> {
    let scheduled = json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": "123456789012", "time": "2015-10-08T16:53:06Z", "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"], "detail": {},
    });
    let records = json!({"Records": [{"eventSource": "aws:sqs", "body": "{\"path\": \"/\"}"}]});
    vec![json!({}), json!(null), json!("ping"), json!([]), json!(1), json!({"warmer": true}), scheduled, records]
}

#[tokio::test]
async fn what_is_no_request_is_answered_and_not_counted() {
    let (world, _) = deployment().await;
    let reports = Reports::default();
    let instance = world.instance_with(Parts { reports: Some(reports.clone()), ..Parts::default() });
    for ping in pings() {
        assert_eq!(instance.invoke(&ping).await, Value::Null, "{ping}");
    }
    assert_eq!(reports.take(), Vec::<Value>::new());
    instance.invoke(&rest(&post())).await;
    assert_eq!(reports.one()["outcome"], "200");
}

#[tokio::test]
async fn the_authorizer_answers_a_ping_and_lets_nobody_in() {
    let (world, instance) = deployment().await;
    let reports = Reports::default();
    let authorizer = Authorizer::new(&instance.system).with_reporter(reports.reporter(world.clock()));
    world.traffic();
    let mut known = rest(&post());
    known["type"] = json!("REQUEST");
    for event in pings().into_iter().chain([known.clone(), json!([known.clone()])]) {
        let verdict = authorizer.invoke(LambdaEvent::new(event.clone(), Context::default())).await.expect("no failure");
        assert_eq!(serde_json::to_value(verdict).expect("JSON"), Value::Null, "{event}");
    }
    assert_eq!((reports.take(), world.traffic().requests), (Vec::<Value>::new(), Vec::new()));
    // What asks for a verdict gets one, or hears that nobody is known.
    known["methodArn"] = json!("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/POST/api/now/wrapup/code");
    let verdict = authorizer.invoke(LambdaEvent::new(known.clone(), Context::default())).await;
    assert!(verdict.expect("a verdict").is_some());
    known["headers"] = json!({});
    known["multiValueHeaders"] = Value::Null;
    let failure = authorizer.invoke(LambdaEvent::new(known, Context::default())).await;
    assert_eq!(failure.expect_err("nobody").error_message, "Unauthorized");
}

#[test]
fn a_consumer_takes_a_ping_for_an_empty_batch_and_foreign_records_for_a_mistake() {
    for ping in pings() {
        let read = serde_json::from_str::<StreamEvent>(&ping.to_string());
        match ping.get("Records") {
            None => assert!(read.is_ok_and(|event| event.records.is_empty()), "{ping}"),
            // Whoever handed them over wants them taken.
            Some(_) => assert!(read.is_err(), "{ping}"),
        }
    }
    for records in [json!(null), json!("x"), json!([1]), json!([{}]), json!([{"eventName": "INSERT"}])] {
        let event = json!({"Records": records}).to_string();
        assert!(serde_json::from_str::<StreamEvent>(&event).is_err(), "{event}");
    }
    assert!(serde_json::from_str::<StreamEvent>(r#"{"Records": []}"#).is_ok_and(|event| event.records.is_empty()));
}

/// The event of an HTTP API: decoded once by API Gateway, and behind the stage.
fn http_api(event: &Event, stage: &str, decoded_path: &str) -> Value {
    let mut event = url(event);
    event["rawPath"] =
        json!(if stage == "$default" { decoded_path.to_owned() } else { format!("/{stage}{decoded_path}") });
    event["routeKey"] = json!("ANY /{proxy+}");
    let context = &mut event["requestContext"];
    context["domainName"] = json!("a1b2c3d4e5.execute-api.us-east-1.amazonaws.com");
    context["stage"] = json!(stage);
    context["routeKey"] = json!("ANY /{proxy+}");
    event
}

#[tokio::test]
async fn an_http_apis_path_is_decoded_once_and_read_without_its_stage() {
    let (_, instance) = deployment().await;
    let ids = ["E 1", "E%201", "100%", "a+b", "ü?#", "/api/now/", "%2F"];
    for id in ids {
        instance.open(&opening(id)).await;
    }
    let get = Event::get("").basic_auth("integrator", "secret");
    for stage in ["prod", "$default", "api"] {
        for base in ["/api/now/wrapup/segment", "/api/now/v1/wrapup/segment"] {
            for id in ids.into_iter().filter(|id| !id.contains('/')) {
                let reply = instance.invoke(&http_api(&get, stage, &format!("{base}/{id}"))).await;
                // What stands in for API Gateway reads it as this.
                serde_json::from_value::<ApiGatewayV2httpResponse>(reply.clone()).expect("a response of an HTTP API");
                assert_eq!(external_id(&reply), id, "{stage} {base}");
            }
        }
    }
    // Behind a domain of one's own the path may be without its stage, whatever that is called.
    let mut unstaged = http_api(&get, "api", "");
    unstaged["rawPath"] = json!("/api/now/wrapup/segment/E 1");
    assert_eq!(external_id(&instance.invoke(&unstaged).await), "E 1");
    // A custom domain's base path stands in front.
    let mapped = http_api(&get, "$default", "/contact-centre/api/now/wrapup/segment/E 1");
    assert_eq!(external_id(&instance.invoke(&mapped).await), "E 1");
    // Payload format 1.0 is that of a REST API with a version.
    let mut first = rest(&get);
    first["version"] = json!("1.0");
    first["path"] = json!("/api/now/wrapup/segment/E%201");
    assert_eq!(external_id(&instance.invoke(&first).await), "E%201");
    // REST APIs and function URLs hand the path on as it stands in the URL.
    for event in
        [rest(&Event::get("segment/E%201")), url(&Event::get("segment/E%201").basic_auth("integrator", "secret"))]
    {
        assert_eq!(external_id(&instance.invoke(&event).await), "E 1");
    }
}

fn external_id(reply: &Value) -> Value {
    assert_eq!(reply["statusCode"], 200, "{reply}");
    let body: Value = serde_json::from_str(reply["body"].as_str().expect("a text")).expect("JSON");
    body["segment"]["external_segment_id"].clone()
}

async fn deployment() -> (World, Instance) {
    let world = World::start().await;
    world.add_user("integrator", &["interaction_integration_user"], None).await;
    let instance = world.instance();
    (world, instance)
}
