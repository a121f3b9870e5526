//! Callers that want the same thing at the same time, over HTTP.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Reply, Server};

const BINARY: &str = env!("CARGO_BIN_EXE_wrapup");

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

async fn put_all(clients: &[Api], path: &str, body: impl Fn(usize) -> Value) -> Vec<Reply> {
    let calls = clients.iter().enumerate().map(|(index, client)| {
        let body = body(index);
        async move { client.put(path, &body).await }
    });
    join_all(calls).await
}

#[track_caller]
fn the_one<T: Ord + std::fmt::Debug>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: BTreeSet<T> = values.into_iter().collect();
    assert_eq!(values.len(), 1, "{values:?}");
    values.pop_first().expect("a value")
}

fn winners(replies: &[Reply]) -> Vec<usize> {
    (0..replies.len()).filter(|index| replies[*index].status == 200).collect()
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
async fn of_ten_different_requests_under_one_external_id_one_wins() {
    let server = Server::start(BINARY);
    let clients = clients(&server, 10);
    for round in 0..5 {
        let external_id = format!("EXT-{round}");
        let replies = post_all(&clients, "segment/create", |index| {
            let mut body = opening(&external_id);
            body["interaction_sys_id"] = json!(format!("interaction-{round}-{index}"));
            body
        })
        .await;
        let winners = winners(&replies);
        assert_eq!(winners.len(), 1, "{winners:?}");
        let stored = server.api().get(&format!("segment/{external_id}")).await.expect(200)["segment"].clone();
        assert_eq!(stored["interaction"], json!(format!("interaction-{round}-{}", winners[0])));
        for (index, reply) in replies.iter().enumerate() {
            let path = format!("segment/agent/agent/interaction/interaction-{round}-{index}");
            let found = server.api().get(&path).await;
            if index == winners[0] {
                assert_eq!(found.expect(200)["segment"], stored);
            } else {
                assert_eq!(reply.expect(400)["success"], false);
                found.expect(404);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_clients_that_open_one_internal_segment_all_get_it_each_time() {
    let server = Server::start(BINARY);
    let clients = clients(&server, 10);
    let body = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "inside",
        "wrap_up_configuration_sys_id": server.demo_configuration(),
    });
    let mut all = BTreeSet::new();
    for round in 0..4 {
        let replies = post_all(&clients, "segment/create", |_| body.clone()).await;
        let sys_id = the_one(replies.iter().map(|reply| reply.expect(200)["sys_id"].as_str().map(str::to_owned)));
        let sys_id = sys_id.expect("a sys_id");
        assert!(all.insert(sys_id.clone()), "round {round}: {sys_id} again");
        let found = server.api().get("segment/agent/agent/interaction/inside").await.expect(200)["segment"].clone();
        assert_eq!((&found["sys_id"], &found["state"]), (&json!(sys_id), &json!("open")), "round {round}");
        let notes = json!({"notes": "Done."});
        let replies = put_all(&clients, &format!("segment/update?segment_sys_id={sys_id}"), |_| notes.clone()).await;
        the_one(replies.iter().map(|reply| reply.expect(200)["segment"].to_string()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_ten_clients_that_close_for_good_one_wins_whole() {
    let server = Server::start(BINARY);
    let clients = clients(&server, 10);
    for round in 0..5 {
        let external_id = format!("EXT-{round}");
        server.api().post("segment/create", &opening(&external_id)).await.expect(200);
        let labels = ["Billing Issue", "Store Issue"];
        let path = format!("segment/update?external_segment_id={external_id}");
        let replies = put_all(&clients, &path, |index| {
            json!({
                "wrap_up_code": labels[index % 2], "notes": format!("Notes {index}"),
                "confirmed_on": format!("2024-09-16 18:52:0{index}"),
            })
        })
        .await;
        let winners = winners(&replies);
        assert_eq!(winners.len(), 1, "{winners:?}");
        let winner = winners[0];
        let stored = server.api().get(&format!("segment/{external_id}")).await.expect(200)["segment"].clone();
        assert_eq!(replies[winner].expect(200)["segment"], stored);
        assert_eq!(stored["code"]["code"], labels[winner % 2]);
        assert_eq!(stored["notes"], json!(format!("Notes {winner}")));
        assert_eq!(stored["confirmed_on"], json!(format!("2024-09-16 18:52:0{winner}")));
        for reply in replies.iter().filter(|reply| reply.status != 200) {
            assert_eq!(reply.expect(400)["success"], false);
        }
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
async fn ai_content_that_races_a_close_is_used_by_it_or_refused() {
    let server = Server::start(BINARY);
    let (adviser, closer) = (server.api(), server.api());
    for round in 0..20 {
        let external_id = format!("EXT-{round}");
        closer.post("segment/create", &opening(&external_id)).await.expect(200);
        let advice = json!({"external_segment_id": external_id, "ai_wrap_up_code": "Store Issue", "ai_notes": "AI"});
        let update = format!("segment/update?external_segment_id={external_id}");
        let notes = json!({"notes": "Done."});
        let (advised, closed) = join(adviser.put("segment/update/ai", &advice), closer.put(&update, &notes)).await;
        closed.expect(200);
        let stored = closer.get(&format!("segment/{external_id}")).await.expect(200)["segment"].clone();
        assert_eq!((&stored["state"], &stored["notes"]), (&json!("closed"), &json!("Done.")), "round {round}");
        if advised.status == 200 {
            assert_eq!((&stored["code"]["code"], &stored["ai_notes"]), (&json!("Store Issue"), &json!("AI")));
        } else {
            advised.expect(400);
            assert_eq!(stored["code"]["code"], "Billing Issue", "round {round}");
            assert_eq!(stored.get("ai_wrap_up_code").or(stored.get("ai_notes")), None, "round {round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn upserts_of_one_label_keep_every_clients_translation() {
    let server = Server::start(BINARY);
    let languages = ["de", "fr", "it", "es", "nl", "pl", "sv", "da", "fi", "pt"];
    let clients = clients(&server, languages.len());
    for round in 0..3 {
        let label = format!("Refund {round}");
        let replies = post_all(&clients, "code", |index| {
            let language = languages[index];
            let translation = json!({"language": language, "code": format!("{label} {language}")});
            json!({"codes": [{"code": label, "translations": [translation]}]})
        })
        .await;
        let sys_id = the_one(replies.iter().map(|reply| {
            let created = &reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0];
            created["sys_id"].as_str().expect("a sys_id").to_owned()
        }));
        for language in languages {
            let get = server.api().call(Method::GET, &format!("code/{sys_id}")).header("Accept-Language", language);
            let code = get.send().await.expect(200)["result"]["result_map"]["wrap_up_code"].clone();
            assert_eq!(code["translated_code"], json!(format!("{label} {language}")));
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
