//! What the agent of an open segment has typed so far, and when a segment ends, over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{AGENT, Api, INTERACTION, Reply, assert_refused, external, merged, to_xml_request};

use crate::shared;

/// What a body may be written in.
const FORMATS: [&str; 2] = ["json", "xml"];

/// Opens an external segment with two allowed codes; `changes` go over its request.
async fn open(api: &Api, external_segment_id: &str, changes: Value) -> Value {
    let own = json!({"interaction_sys_id": format!("interaction of {external_segment_id}")});
    let request = merged(merged(external(external_segment_id), &own), &changes);
    api.post("segment/create", &request).await.expect(200)["segment"].clone()
}

async fn draft_in(api: &Api, format: &str, query: &str, body: &Value) -> Reply {
    let call = api.call(Method::PUT, &format!("segment/draft?{query}"));
    if format == "xml" { call.xml(&to_xml_request(body)).send().await } else { call.json(body).send().await }
}

async fn get(api: &Api, id: &str) -> Value {
    api.get(&format!("segment/{id}")).await.expect(200)["segment"].clone()
}

#[tokio::test]
async fn what_the_agent_has_typed_is_shown_and_closes_the_segment() {
    let api = shared().api();
    for format in FORMATS {
        let name = format!("draft-{format}");
        let opened = open(&api, &name, json!({})).await;
        let query = format!("external_segment_id={name}");
        let mut expected = opened.clone();
        for (body, draft) in [
            (json!({"notes": "The customer"}), json!({"notes": "The customer"})),
            (json!({"wrap_up_code": "Store Issue"}), json!({"wrap_up_code": "Store Issue", "notes": "The customer"})),
            (
                json!({"notes": "The customer was", "wrap_up_code": null}),
                json!({"wrap_up_code": "Store Issue", "notes": "The customer was"}),
            ),
        ] {
            let answer = draft_in(&api, format, &query, &body).await.expect(200);
            expected["draft"] = draft;
            assert_eq!(
                answer,
                json!({"success": true, "message": "Draft saved successfully.", "segment": expected}),
                "{body}"
            );
            assert_eq!(get(&api, &name).await, expected, "{body}");
        }
        let in_xml = api.call(Method::GET, &format!("segment/{name}")).accept_xml().send().await.expect_xml(200);
        assert_eq!(in_xml["segment"]["draft"], expected["draft"]);
        let closed = api.put(&format!("segment/update?{query}"), &json!({})).await.expect(200)["segment"].clone();
        let with = (&closed["code"]["code"], &closed["code_from"], &closed["notes"], closed.get("draft"));
        assert_eq!(with, (&json!("Store Issue"), &json!("draft"), &json!("The customer was"), None));
        let refused = draft_in(&api, format, &query, &json!({"notes": "Late"})).await;
        assert_refused(&refused, 400, &["is closed"], format);
        assert_eq!(get(&api, &name).await, closed);
    }
}

#[tokio::test]
async fn what_is_cleared_is_gone() {
    let api = shared().api();
    for format in FORMATS {
        let name = format!("cleared-{format}");
        let opened = open(&api, &name, json!({})).await;
        let query = format!("external_segment_id={name}");
        let all = json!({"wrap_up_code": "Store Issue", "notes": "The customer"});
        draft_in(&api, format, &query, &all).await.expect(200);
        let half = draft_in(&api, format, &query, &json!({"notes": ""})).await.expect(200);
        assert_eq!(half["segment"]["draft"], json!({"wrap_up_code": "Store Issue"}));
        assert_eq!(draft_in(&api, format, &query, &json!({"wrap_up_code": ""})).await.expect(200)["segment"], opened);
        let closed = api.put(&format!("segment/update?{query}"), &json!({})).await.expect(200)["segment"].clone();
        assert_eq!((&closed["code_from"], closed.get("notes")), (&json!("default"), None));
    }
}

#[tokio::test]
async fn a_draft_that_is_wrong_is_refused_by_all_that_is_wrong_and_kept_nowhere() {
    let api = shared().api();
    let opened = open(&api, "wrong-draft", json!({})).await;
    let long = "ü".repeat(65_537);
    for format in FORMATS {
        for (query, body, says) in [
            ("external_segment_id=wrong-draft", json!({}), &["wrap_up_code", "notes"][..]),
            ("external_segment_id=wrong-draft", json!({"note": "misspelt"}), &["wrap_up_code", "notes"]),
            ("external_segment_id=wrong-draft", json!({"notes": null}), &["wrap_up_code", "notes"]),
            ("external_segment_id=wrong-draft", json!({"notes": {"text": "n"}}), &["notes"]),
            ("external_segment_id=wrong-draft", json!({"wrap_up_code": ["a", "b"]}), &["wrap_up_code"]),
            ("external_segment_id=wrong-draft", json!({"notes": long}), &["notes", "65536"]),
            (
                "external_segment_id=wrong-draft",
                json!({"notes": long, "wrap_up_code": "c".repeat(256)}),
                &["notes", "65536", "wrap_up_code", "255"],
            ),
            ("", json!({"notes": "n"}), &["segment_sys_id"]),
            ("agent_sys_id=agent", json!({"notes": "n"}), &["interaction_sys_id"]),
            ("", json!({"external_segment_id": "wrong-draft", "notes": "n"}), &["external_segment_id", "query string"]),
            (
                "external_segment_id=wrong-draft&external_segment_id=other",
                json!({"notes": "n"}),
                &["external_segment_id"],
            ),
        ] {
            let reply = draft_in(&api, format, query, &body).await;
            assert_refused(&reply, 400, says, &format!("{format} {query} {says:?}"));
        }
        let nobodys = draft_in(&api, format, "external_segment_id=nobody's", &json!({"notes": "n"})).await;
        assert_refused(&nobodys, 404, &["nobody's"], format);
    }
    assert_eq!(get(&api, "wrong-draft").await, opened);
}

#[tokio::test]
async fn of_two_identifiers_the_first_that_is_given_counts() {
    let api = shared().api();
    let first = open(&api, "two-ids-1", json!({})).await;
    open(&api, "two-ids-2", json!({})).await;
    let sys_id = first["sys_id"].as_str().unwrap();
    for query in [
        format!("segment_sys_id={sys_id}&external_segment_id=two-ids-2"),
        format!("segment_sys_id=&external_segment_id=two-ids-1&agent_sys_id={AGENT}&interaction_sys_id={INTERACTION}"),
        format!("agent_sys_id={AGENT}&interaction_sys_id=interaction%20of%20two-ids-1"),
    ] {
        let drafted = api.put(&format!("segment/draft?{query}"), &json!({"notes": query})).await.expect(200);
        assert_eq!(drafted["segment"]["sys_id"], sys_id, "{query}");
    }
    assert_eq!(get(&api, "two-ids-2").await.get("draft"), None);
}

#[tokio::test]
async fn a_draft_is_put_and_nothing_else() {
    let api = shared().api();
    for path in
        ["/api/now/wrapup/segment/draft", "/api/now/v1/wrapup/segment/draft", "/api/now/v1/wrapup/segment/draft/"]
    {
        for method in [Method::GET, Method::HEAD, Method::DELETE, Method::PATCH] {
            let reply = api.raw(method.clone(), path).basic_auth("username", "password").send().await;
            assert_eq!((reply.status, reply.header("allow")), (405, "PUT"), "{method} {path}");
        }
    }
    open(&api, "overridden", json!({})).await;
    let post = api.call(Method::POST, "segment/draft?external_segment_id=overridden");
    let post = post.header("X-HTTP-Method-Override", "PUT").json(&json!({"notes": "n"}));
    assert_eq!(post.send().await.expect(200)["segment"]["draft"]["notes"], "n");
}

#[tokio::test]
async fn a_segment_with_a_time_limit_says_when_it_ends() {
    let api = shared().api();
    let timed = json!({
        "opened_on": "2024-09-16 17:52:01", "configuration": {"duration": 315_360_000, "show_timer": true}
    });
    let opened = open(&api, "timed", timed.clone()).await;
    assert_eq!((&opened["state"], &opened["due_on"]), (&json!("open"), &json!("2034-09-14 17:52:01")));
    assert_eq!(get(&api, "timed").await, opened);
    let in_xml = api.call(Method::GET, "segment/timed").accept_xml().send().await.expect_xml(200);
    assert_eq!(in_xml["segment"]["due_on"], "2034-09-14 17:52:01");
    assert_eq!(open(&api, "untimed", json!({})).await.get("due_on"), None);
}
