//! What stands between a client and the functions: methods that a POST names, slashes, and web pages.

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Reply, Server};

use crate::{BINARY, shared};

const OVERRIDE: &str = "X-HTTP-Method-Override";
const DESK: &str = "https://desk.example";

fn opening(id: &str) -> Value {
    json!({
        "agent_sys_id": "gateway", "interaction_sys_id": id, "external": true, "external_segment_id": id,
        "configuration": {"enable_codes": true, "default_code": "A", "allowed_codes": [{"code": "A"}]},
    })
}

async fn segment(api: &Api, id: &str) -> Value {
    api.get(&format!("segment/{id}")).await.expect(200)["segment"].clone()
}

#[tokio::test]
async fn whoever_may_send_a_post_alone_reads_and_closes_by_it() {
    let api = shared().api();
    let opened = api.post("segment/create", &opening("POST-1")).await.expect(200);
    let post = |path: &str, method: &str| api.call(Method::POST, path).header(OVERRIDE, method);
    for method in ["GET", "get", " Get "] {
        let read = post("segment/POST-1", method).send().await;
        assert_eq!(read.expect(200)["segment"], opened["segment"], "{method:?}");
        let read = post("segment/POST-1", method).accept_xml().send().await;
        assert_eq!(read.expect_xml(200)["segment"]["external_segment_id"], "POST-1");
        // What comes with it is nobody's.
        let read = post("segment/POST-1", method).body("text/plain", "{").send().await;
        assert_eq!(read.expect(200)["segment"], opened["segment"]);
    }
    let head = post("segment/POST-1", "HEAD").send().await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let update = "segment/update?external_segment_id=POST-1";
    let closed = post(update, "PUT").json(&json!({"notes": "By JSON."})).send().await.expect(200);
    assert_eq!(closed["segment"]["notes"], "By JSON.");
    let corrected = post(update, "put").xml("<request><notes>By XML.</notes></request>").send().await;
    assert_eq!(corrected.expect(200)["segment"]["notes"], "By XML.");
}

#[tokio::test]
async fn a_post_names_a_method_that_the_path_has() {
    let api = shared().api();
    for accept in ["application/json", "application/xml"] {
        for (path, method, status, allow) in [
            ("segment/x", "PUT", 405, "GET, HEAD"),
            ("segment/x", "DELETE", 405, "GET, HEAD"),
            ("segment/update", "GET", 405, "PUT"),
            ("code", "PUT", 405, "GET, HEAD, POST"),
            ("segment/x", "", 400, ""),
            ("segment/x", "GET, PUT", 400, ""),
            ("segment/x", "G\u{e9}T", 400, ""),
        ] {
            // Before anybody is asked who calls.
            let call = api.raw(Method::POST, &format!("/api/now/wrapup/{path}")).header("Accept", accept);
            let reply = call.header(OVERRIDE, method).send().await;
            reply.platform_error(status);
            assert_eq!(reply.header("allow"), allow, "{path} {method:?}");
        }
        let twice = api.call(Method::POST, "segment/x").header(OVERRIDE, "GET").header(OVERRIDE, "GET");
        let (message, detail) = twice.header("Accept", accept).send().await.platform_error(400);
        assert_eq!(message, "Request could not be read");
        assert!(detail.contains(OVERRIDE), "{detail}");
    }
    // Without a name it is the POST that it is, and no other method is what the header says.
    api.call(Method::POST, "segment/x").send().await.platform_error(405);
    api.call(Method::GET, "segment/none-such").header(OVERRIDE, "DELETE").send().await.expect(404);
    api.call(Method::DELETE, "segment/x").header(OVERRIDE, "GET").send().await.platform_error(405);
    let get = api.call(Method::GET, "segment/update?external_segment_id=x").header(OVERRIDE, "PUT").json(&json!({}));
    get.send().await.platform_error(405);
}

#[tokio::test]
async fn a_path_may_end_in_one_slash() {
    let api = shared().api();
    let opened = api.post("segment/create/", &opening("SLASH-1")).await.expect(200);
    assert_eq!(segment(&api, "SLASH-1/").await, opened["segment"]);
    let found = api.get("segment/agent/gateway/interaction/SLASH-1/").await.expect(200);
    assert_eq!(found["segment"], opened["segment"]);
    let in_xml = api.call(Method::GET, "segment/SLASH-1/").accept_xml().send().await;
    assert_eq!(in_xml.expect_xml(200)["segment"]["external_segment_id"], "SLASH-1");
    api.raw(Method::GET, "/api/now/wrapup/segment/SLASH-1/")
        .basic_auth("username", "password")
        .send()
        .await
        .expect(200);
    let update = "segment/update/?external_segment_id=SLASH-1";
    assert_eq!(api.put(update, &json!({"notes": "n"})).await.expect(200)["segment"]["state"], "closed");
    let xml = api.call(Method::PUT, update).xml("<request><notes>m</notes></request>").send().await;
    assert_eq!(xml.expect(200)["segment"]["notes"], "m");
    for path in ["segment/SLASH-1//", "segment//", "segment//SLASH-1", "code//"] {
        api.get(path).await.platform_error(404);
    }
    api.get("code/").await.expect(200);
    // A slash that belongs to an id is encoded.
    api.post("segment/create", &opening("SLASH-2/")).await.expect(200);
    for path in ["SLASH-2%2F", "SLASH-2%2F/"] {
        assert_eq!(segment(&api, path).await["external_segment_id"], "SLASH-2/", "{path}");
    }
    api.get("segment/SLASH-2/").await.expect(404);
}

/// What a browser asks before a request of a page.
async fn preflight(api: &Api, path: &str, origin: &str) -> Reply {
    let asked = api.raw(Method::OPTIONS, &format!("/api/now/v1/wrapup/{path}")).header("Origin", origin);
    let asked = asked.header("Access-Control-Request-Method", "PUT").header("Sec-Fetch-Site", "cross-site");
    asked.header("Access-Control-Request-Headers", "authorization,content-type,x-trace").send().await
}

fn tells_of_pages(reply: &Reply) -> bool {
    reply.headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_calls_and_reads_every_answer() {
    let server = Server::start_with(BINARY, &["--in-memory"], &[("WRAPUP_ALLOWED_ORIGINS", DESK)]);
    let api = server.api();
    for (path, allow) in [
        ("code", "GET, HEAD, POST"),
        ("code/x", "GET, HEAD"),
        ("segment/create", "POST"),
        ("segment/draft", "PUT"),
        ("segment/update", "PUT"),
        ("segment/update/ai", "PUT"),
        ("segment/update/aidetails/", "PUT"),
        ("segment/x", "GET, HEAD"),
        ("segment/agent/x/interaction/y", "GET, HEAD"),
    ] {
        let reply = preflight(&api, path, DESK).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), DESK);
        assert_eq!(reply.header("access-control-allow-methods"), allow);
        let may_send = reply.header("access-control-allow-headers").to_ascii_lowercase();
        for name in ["authorization", "content-type", "accept", "content-encoding", "x-http-method-override", "x-trace"]
        {
            assert!(
                may_send.split(", ").flat_map(|names| names.split(',')).any(|one| one == name),
                "{name}: {may_send}"
            );
        }
        assert!(reply.header("vary").contains("Origin"));
    }
    let from_page = |method: Method, path: &str| {
        api.call(method, path).header("Origin", DESK).header("Sec-Fetch-Site", "cross-site")
    };
    for (reply, status) in [
        (from_page(Method::POST, "segment/create").json(&opening("PAGE-1")).send().await, 200),
        (from_page(Method::GET, "segment/PAGE-1").send().await, 200),
        (from_page(Method::GET, "segment/PAGE-1").accept_xml().send().await, 200),
        (from_page(Method::PUT, "segment/update").json(&json!({"x": 1})).send().await, 400),
        (from_page(Method::GET, "segment/none").send().await, 404),
        (from_page(Method::GET, "elsewhere").send().await, 404),
        (from_page(Method::DELETE, "code").send().await, 405),
        (from_page(Method::GET, "code/x").header("Accept", "text/html").send().await, 406),
        (from_page(Method::POST, "code").body("application/json", "{").send().await, 400),
        (from_page(Method::POST, "code").body("text/plain", "{").send().await, 415),
        (api.raw(Method::GET, "/api/now/wrapup/code/x").header("Origin", DESK).send().await, 401),
    ] {
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, DESK), "{}", reply.text());
        assert!(reply.header("access-control-expose-headers").contains("WWW-Authenticate"));
    }
    // Where it fetches its tokens, too.
    let asks =
        |method| api.raw(method, "/oauth_token.do").header("Origin", DESK).header("Sec-Fetch-Site", "cross-site");
    let asked = asks(Method::OPTIONS).header("Access-Control-Request-Method", "POST").send().await;
    assert_eq!((asked.status, asked.header("access-control-allow-methods")), (204, "POST"));
    assert_eq!(asked.header("access-control-allow-origin"), DESK);
    let refused = asks(Method::POST).body("application/x-www-form-urlencoded", "grant_type=password").send().await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, DESK), "{}", refused.text());
    // No other page, and no OPTIONS that is none of a browser's.
    let asked = api.raw(Method::OPTIONS, "/oauth_token.do").header("Origin", "https://evil.example");
    let refused = asked.header("Access-Control-Request-Method", "POST").send().await;
    assert_eq!((refused.status, tells_of_pages(&refused)), (403, false));
    let refused = preflight(&api, "code", "https://evil.example").await;
    assert_eq!((refused.status, tells_of_pages(&refused)), (403, false));
    let plain = api.get("segment/PAGE-1").await;
    assert_eq!((plain.status, tells_of_pages(&plain)), (200, false));
    let options = api.raw(Method::OPTIONS, "/api/now/wrapup/code").header("Origin", DESK).send().await;
    options.platform_error(405);
    assert_eq!(options.header("allow"), "GET, HEAD, POST");
}

#[tokio::test]
async fn no_page_may_call_unless_its_origin_is_listed() {
    let api = shared().api();
    for path in ["code", "segment/x", "elsewhere"] {
        let refused = preflight(&api, path, DESK).await;
        assert_eq!((refused.status, tells_of_pages(&refused)), (403, false), "{path}");
    }
}
