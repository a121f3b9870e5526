//! Callers at the same time, over HTTP: one process with its connections, its caches and its
//! engine. How each race is decided is what `tests/lambda/tests/races.rs` shows, instance by instance.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use futures_util::StreamExt;
use futures_util::future::{join, join_all};
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use wrapup::sys_id::{Kind, derive};
use wrapup_test_support::{Api, Reply, Server};

use crate::BINARY;

/// An external segment that is open, and takes AI content as its default code.
fn opening(external_segment_id: &str) -> Value {
    json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction", "external": true,
        "external_segment_id": external_segment_id, "opened_on": "2024-09-16 17:52:01",
        "configuration": {
            "enable_codes": true, "allowed_codes": [{"code": "Billing Issue"}, {"code": "Store Issue"}],
            "default_code": "Billing Issue",
            "enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true, "use_ai_as_default": true,
        },
    })
}

/// Clients of their own, so that no connection is shared.
fn clients(server: &Server, count: usize) -> Vec<Api> {
    (0..count).map(|_| server.api()).collect()
}

async fn post_all(clients: &[Api], path: &str, body: impl Fn(usize) -> Value) -> Vec<Reply> {
    let calls = clients.iter().enumerate().map(|(index, client)| {
        let body = body(index);
        async move { client.post(path, &body).await }
    });
    join_all(calls).await
}

#[track_caller]
fn the_one<T: Ord + std::fmt::Debug>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: BTreeSet<T> = values.into_iter().collect();
    assert_eq!(values.len(), 1, "{values:?}");
    values.pop_first().expect("a value")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_clients_that_open_one_external_segment_all_get_it() {
    let server = Server::start(BINARY);
    let clients = clients(&server, 10);
    for round in 0..5 {
        let external_id = format!("EXT-{round}");
        let replies = post_all(&clients, "segment/create", |_| opening(&external_id)).await;
        let sys_id = the_one(replies.iter().map(|reply| reply.expect(200)["sys_id"].to_string()));
        the_one(replies.iter().map(Reply::text));
        let found = server.api().get("segment/agent/agent/interaction/interaction").await.expect(200);
        assert_eq!(found["segment_id"].to_string(), sys_id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_see_a_segment_before_or_after_a_close_never_between() {
    let server = Server::start(BINARY);
    let (closer, readers) = (server.api(), clients(&server, 8));
    for round in 0..10 {
        let external_id = format!("EXT-{round}");
        let open = closer.post("segment/create", &opening(&external_id)).await.expect(200)["segment"].clone();
        let path = format!("segment/{external_id}");
        let close = json!({"wrap_up_code": "Store Issue", "notes": "Done.", "confirmed_on": "2024-09-16 18:52:01"});
        let update = format!("segment/update?external_segment_id={external_id}");
        let (closed, seen) =
            join(closer.put(&update, &close), join_all(readers.iter().map(|reader| reader.get(&path)))).await;
        let closed = closed.expect(200)["segment"].clone();
        for reply in seen {
            let segment = reply.expect(200)["segment"].clone();
            assert!(segment == open || segment == closed, "round {round}: {segment}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overlapping_lists_of_codes_are_stored_once_and_answered_in_each_clients_order() {
    let server = Server::start(BINARY);
    let replies = post_all(&clients(&server, 5), "code", |index| {
        let codes = (0..120).map(|code| json!({"code": format!("Code {:03}", (code + index * 24) % 120)}));
        json!({"codes": codes.collect::<Vec<_>>()})
    })
    .await;
    let mut sys_ids = BTreeSet::new();
    for (index, reply) in replies.iter().enumerate() {
        let body = reply.expect(200);
        let created = body["result"]["result_map"]["created_wrap_up_codes"].as_array().expect("codes");
        assert_eq!(created.len(), 120);
        for (code, created) in created.iter().enumerate() {
            assert_eq!(created["code"], json!(format!("Code {:03}", (code + index * 24) % 120)));
            sys_ids.insert(created["sys_id"].to_string());
        }
    }
    assert_eq!(sys_ids.len(), 120);
    let labels = server.code_labels(BINARY);
    assert_eq!(labels.iter().filter(|label| label.starts_with("Code ")).count(), 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_wrap_ups_at_once_do_not_disturb_each_other() {
    let server = Server::start(BINARY);
    let wrap_ups = (0..40).map(|index| {
        let client = server.api();
        async move {
            let external_id = format!("EXT-{index}");
            let mut body = opening(&external_id);
            body["agent_sys_id"] = json!(format!("agent-{index}"));
            let sys_id = client.post("segment/create", &body).await.expect(200)["sys_id"].clone();
            let notes = format!("AI {index}");
            let advice = json!({"segment_sys_id": sys_id, "ai_wrap_up_code": "Store Issue", "ai_notes": notes});
            client.put("segment/update/ai", &advice).await.expect(200);
            let close = json!({"notes": format!("Notes {index}")});
            let path = format!("segment/update?agent_sys_id=agent-{index}&interaction_sys_id=interaction");
            client.put(&path, &close).await.expect(200);
            let found = client.get(&format!("segment/{external_id}")).await.expect(200)["segment"].clone();
            assert_eq!(found["sys_id"], sys_id);
            assert_eq!(found["agent"], json!(format!("agent-{index}")));
            assert_eq!(found["ai_notes"], json!(notes));
            assert_eq!(found["notes"], json!(format!("Notes {index}")));
            assert_eq!(found["code"]["code"], "Store Issue");
            sys_id.to_string()
        }
    });
    let sys_ids: BTreeSet<String> = join_all(wrap_ups).await.into_iter().collect();
    assert_eq!(sys_ids.len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_24_clients_with_5000_codes_each_most_hear_at_once_that_they_have_to_wait() {
    let server = Server::start(BINARY);
    let mut calls: FuturesUnordered<_> = (0..24)
        .map(|caller| {
            let client = server.api();
            let codes: Vec<Value> = (0..5_000).map(|code| json!({"code": format!("Code {caller} {code}")})).collect();
            async move { (caller, client.post("code", &json!({"codes": codes})).await) }
        })
        .collect();
    // One is let in, and takes its time.
    for _ in 0..23 {
        let (caller, reply) = calls.next().await.expect("an answer");
        let body = reply.expect(503);
        assert_eq!(reply.header("retry-after"), "5", "{body}");
        assert!(body["error"]["detail"].as_str().is_some_and(|detail| detail.contains("Nothing is stored")), "{body}");
        let first = derive(Kind::Code, &[&format!("Code {caller} 0")]);
        server.api().get(&format!("code/{first}")).await.expect(404);
    }
    // Meanwhile there is room for the usual calls, those that add codes among them.
    server.api().post("segment/create", &opening("EXT-1")).await.expect(200);
}
