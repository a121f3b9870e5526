//! What a local server learns from the codes that agents pick, and what an operator sees and forgets of it.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use wrapup_test_support::{Api, Said, Server, external, merged};

use crate::BINARY;

fn run(server: &Server, arguments: &[&str]) -> Said {
    server.cli(BINARY, arguments, "").into()
}

fn learned(server: &Server) -> Value {
    let printed = run(server, &["ai", "learned", "--output", "json"]).fine();
    serde_json::from_str(&printed).expect("JSON")
}

/// What was learned, once it was learned from so many wrap-ups of a code.
async fn learned_from(server: &Server, code: &str, labels: u64) -> Value {
    // A minute, which nothing takes.
    for _ in 0..300 {
        let learned = learned(server);
        let of_code = learned["codes"].as_array().expect("codes").iter().find(|it| it["code"] == code).cloned();
        if of_code.is_some_and(|it| it["labels"] == labels) {
            return learned;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{labels} of {code} are not learned: {}", learned(server));
}

/// Opens a wrap-up of the demo's call, and closes it with this code.
async fn close(api: &Api, id: &str, code: &str) {
    let wanting = json!({
        "interaction_sys_id": "demo-call",
        "configuration": {
            "enable_codes": true, "default_code": "General Enquiry",
            "allowed_codes": [{"code": "General Enquiry"}, {"code": "Refund"}, {"code": "Delivery Delayed"}],
            "enable_ai_code": true, "use_third_party_ai": false,
        },
    });
    api.post("segment/create", &merged(external(id), &wanting)).await.expect(200);
    let update = format!("segment/update?external_segment_id={id}");
    api.put(&update, &json!({"wrap_up_code": code})).await.expect(200);
}

#[tokio::test]
async fn what_agents_pick_is_learned_shown_and_forgotten() {
    let server = Server::start_with(BINARY, &["--in-memory", "--ai-learn"], &[]);
    assert!(server.banner.contains(", learning"), "{}", server.banner);
    let nothing = run(&server, &["ai", "learned"]).fine();
    assert!(nothing.contains("Nothing was learned yet: that takes WRAPUP_AI_LEARN=on"), "{nothing}");
    let api = server.api();
    close(&api, "E-1", "Refund").await;
    close(&api, "E-2", "Refund").await;
    close(&api, "E-3", "Delivery Delayed").await;
    learned_from(&server, "Delivery Delayed", 1).await;
    let all = learned_from(&server, "Refund", 2).await;
    assert!(all["learned_on"].is_string() && all["silent"] == false, "{all}");
    let shown = run(&server, &["ai", "learned"]).fine();
    for part in
        ["Refund", "Delivery Delayed", "labels", "week from", "it goes on where the AI filler has WRAPUP_AI_LEARN=on"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let csv = run(&server, &["ai", "learned", "--output", "csv"]).fine();
    assert!(csv.contains("code,Refund,2,,,"), "{csv}");

    let erased = run(&server, &["segment", "erase", "--external-id", "E-1", "--yes"]);
    assert_eq!(erased.status, Some(0), "{erased:?}");
    let receipt: Value = serde_json::from_str(&erased.out).expect("JSON");
    assert_eq!(receipt["learned_from"], 1, "{receipt}");
    assert_eq!(
        learned(&server)["codes"],
        json!([
            {"code": "Delivery Delayed", "labels": 1}, {"code": "Refund", "labels": 1},
        ])
    );

    run(&server, &["ai", "learned", "--forget", "Refunds"]).failed(&["nothing was learned of a code Refunds"]);
    run(&server, &["ai", "learned", "--forget", "Refund"]).fine();
    assert_eq!(learned(&server)["codes"], json!([{"code": "Delivery Delayed", "labels": 1}]));
    run(&server, &["ai", "learned", "--reset"]).failed(&["--yes"]);
    assert_eq!(learned(&server)["codes"], json!([{"code": "Delivery Delayed", "labels": 1}]));
    let reset = run(&server, &["ai", "learned", "--reset", "--yes"]).fine();
    assert!(reset.contains("1 codes"), "{reset}");
    assert_eq!(learned(&server)["codes"], json!([]));
}

#[tokio::test]
async fn a_server_learns_only_where_it_is_told_to() {
    let server = Server::start_with(BINARY, &["--in-memory"], &[("WRAPUP_AI_LEARN", "on")]);
    assert!(server.banner.contains(", learning"), "{}", server.banner);
    let server = Server::start(BINARY);
    assert!(!server.banner.contains("learning"), "{}", server.banner);
}
