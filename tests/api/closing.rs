//! Closing a wrap-up segment, and confirming or correcting one that is closed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use aws_sdk_dynamodb::types::AttributeValue;
use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{
    AGENT, Api, INTERACTION, Reply, Server, assert_refused, external, id, is_date_time, merged, to_xml_request,
};

use crate::BINARY;

const CONFIRMED: &str = "2024-09-16 18:52:01";

/// Opens an external segment with two allowed codes; `changes` go over its request.
async fn open(api: &Api, external_segment_id: &str, changes: Value) -> Value {
    let answer = api.post("segment/create", &merged(external(external_segment_id), &changes)).await.expect(200);
    answer["segment"].clone()
}

/// Opens an external segment that leaves the choice of a code to the agent.
async fn open_without_codes(api: &Api, external_segment_id: &str) -> Value {
    let configuration = json!({"enable_codes": false, "allowed_codes": null, "default_code": null});
    open(api, external_segment_id, json!({"configuration": configuration})).await
}

/// Opens a segment of a workspace's own.
async fn open_internal(api: &Api, configuration: &str) -> Value {
    let request = json!({
        "agent_sys_id": AGENT, "interaction_sys_id": INTERACTION, "wrap_up_configuration_sys_id": configuration
    });
    api.post("segment/create", &request).await.expect(200)["segment"].clone()
}

async fn update(api: &Api, query: &str, body: &Value) -> Reply {
    api.put(&format!("segment/update?{query}"), body).await
}

/// Updates a segment by its external id and answers it.
async fn close(api: &Api, external_segment_id: &str, body: Value) -> Value {
    let reply = update(api, &format!("external_segment_id={external_segment_id}"), &body).await;
    reply.expect(200)["segment"].clone()
}

async fn get(api: &Api, id: &str) -> Value {
    api.get(&format!("segment/{id}")).await.expect(200)["segment"].clone()
}

async fn put_code(api: &Api, code: Value) -> Value {
    let answer = api.post("code", &json!({"codes": [code]})).await.expect(200);
    answer["result"]["result_map"]["created_wrap_up_codes"][0].clone()
}

#[tokio::test]
async fn a_confirmed_update_closes_the_segment_for_good() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segmented = json!({
        "segmented": true,
        "segment_id": "dgajbcef12345678defdbxef123435678",
        "segment_table": "sn_openframe_phone_log"
    });
    let opened = open(&api, "EXT-SEG-001", segmented).await;
    let notes = "Customer's credit card expired. Had to switch to another one.";
    let body = json!({"wrap_up_code": "Store Issue", "notes": notes, "confirmed_on": CONFIRMED});
    let answer = update(&api, &format!("segment_sys_id={}", id(&opened)), &body).await.expect(200);
    let submitted_on = &answer["segment"]["submitted_on"];
    assert!(is_date_time(submitted_on), "{answer}");
    // Everything else is as it was opened.
    let closed = merged(
        opened.clone(),
        &json!({
            "state": "closed",
            "code": opened["wrap_up_configuration"]["allowed_codes"][1],
            "code_from": "agent",
            "notes": notes,
            "submitted_on": submitted_on,
            "confirmed_on": CONFIRMED,
            "awaiting_confirmation": false,
            "sys_updated_on": submitted_on
        }),
    );
    let expected = json!({
        "success": true,
        "message": "Wrap-up segment updated successfully.",
        "sys_id": id(&opened),
        "segment": closed
    });
    assert_eq!(answer, expected);
    assert_eq!(get(&api, id(&opened)).await, closed);
    assert_eq!(get(&api, "EXT-SEG-001").await, closed);
}

#[tokio::test]
async fn the_first_identifier_that_is_given_wins_and_the_others_are_not_compared() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, query) in [
        "segment_sys_id={sys_id}",
        "segment_sys_id={sys_id}&agent_sys_id={agent}&interaction_sys_id={interaction}x",
        "segment_sys_id={sys_id}&external_segment_id=nobodys",
        "external_segment_id=nobodys&segment_sys_id={sys_id}",
        "segment_sys_id={sys_id}&agent_sys_id={agent}",
        "segment_sys_id={sys_id}&interaction_sys_id=nobodys",
        "external_segment_id={external}",
        "external_segment_id={external}&agent_sys_id=nobodys&interaction_sys_id={interaction}",
        "interaction_sys_id=nobodys&external_segment_id={external}",
        "agent_sys_id={agent}&interaction_sys_id={interaction}",
        "interaction_sys_id={interaction}&agent_sys_id={agent}&colour=red",
    ]
    .into_iter()
    .enumerate()
    {
        let (external, agent, interaction) = (format!("E-{index}"), format!("agent-{index}"), format!("call-{index}"));
        let names = json!({"agent_sys_id": agent, "interaction_sys_id": interaction});
        let segment = open(&api, &external, names).await;
        let filled = query
            .replace("{sys_id}", id(&segment))
            .replace("{external}", &external)
            .replace("{agent}", &agent)
            .replace("{interaction}", &interaction);
        let reply = update(&api, &filled, &json!({"confirmed_on": CONFIRMED})).await;
        assert_eq!(reply.status, 200, "{query}: {}", reply.text());
        assert_eq!(reply.expect(200)["sys_id"], segment["sys_id"], "{query}");
        assert_eq!(get(&api, &external).await["state"], "closed", "{query}");
    }
}

#[tokio::test]
async fn a_segment_that_the_winning_identifier_does_not_name_is_404() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, "EXT-SEG-001", json!({})).await;
    let sys_id = id(&segment);
    for (query, named) in [
        ("segment_sys_id=nope".to_owned(), "nope"),
        (
            "segment_sys_id=0123456789abcdef0123456789abcdef&external_segment_id=EXT-SEG-001".to_owned(),
            "0123456789abcdef0123456789abcdef",
        ),
        // Each identifier is taken for what it is called.
        ("segment_sys_id=EXT-SEG-001".to_owned(), "EXT-SEG-001"),
        (format!("external_segment_id={sys_id}"), sys_id),
        (
            format!("external_segment_id=EXT-SEG-002&agent_sys_id={AGENT}&interaction_sys_id={INTERACTION}"),
            "EXT-SEG-002",
        ),
        (format!("agent_sys_id={INTERACTION}&interaction_sys_id={AGENT}"), INTERACTION),
        (format!("agent_sys_id={AGENT}&interaction_sys_id=another"), "another"),
    ] {
        let reply = update(&api, &query, &json!({"confirmed_on": CONFIRMED})).await;
        assert_refused(&reply, 404, &[named], &query);
        // Whether a code exists is asked only of a segment that does.
        let reply = update(&api, &query, &json!({"wrap_up_code": "Nobody's code"})).await;
        assert_refused(&reply, 404, &[named], &query);
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, segment);
}

#[tokio::test]
async fn missing_identifiers_are_named() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, "EXT-SEG-001", json!({})).await;
    for (query, missing) in [
        ("", "segment_sys_id"),
        ("segment_sys_id=&external_segment_id=&agent_sys_id=", "segment_sys_id"),
        ("colour=red", "segment_sys_id"),
        (&format!("agent_sys_id={AGENT}"), "interaction_sys_id"),
        (&format!("agent_sys_id={AGENT}&interaction_sys_id="), "interaction_sys_id"),
        (&format!("interaction_sys_id={INTERACTION}"), "agent_sys_id"),
        (&format!("agent_sys_id=%20&interaction_sys_id={INTERACTION}"), "agent_sys_id"),
        ("external_segment_id=EXT-SEG-001&external_segment_id=EXT-SEG-001", "external_segment_id"),
    ] {
        let body = json!({"segment_sys_id": null, "external_segment_id": " ", "notes": "n"});
        let reply = update(&api, query, &body).await;
        assert_refused(&reply, 400, &[missing], query);
        assert!(!reply.text().contains("belongs"), "{query}: blank ones are none: {}", reply.text());
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, segment);
}

#[tokio::test]
async fn identifiers_in_the_body_are_told_where_they_belong() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, "EXT-SEG-001", json!({})).await;
    let all = json!({
        "segment_sys_id": id(&segment), "external_segment_id": "EXT-SEG-001", "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
    });
    let all_of_them = ["segment_sys_id", "external_segment_id", "agent_sys_id", "interaction_sys_id"];
    let agents = format!("agent_sys_id={AGENT}");
    for (query, body, misplaced) in [
        ("", json!({"external_segment_id": "EXT-SEG-001"}), &["external_segment_id"][..]),
        ("", json!({"external_segment_id": "EXT-SEG-001", "notes": "n"}), &["external_segment_id"]),
        ("", json!({"segment_sys_id": id(&segment), "wrap_up_code": "Store Issue"}), &["segment_sys_id"]),
        ("colour=red&segment_sys_id=%20", all.clone(), &all_of_them),
        (&agents, json!({"interaction_sys_id": INTERACTION}), &["interaction_sys_id"]),
    ] {
        let call = api.call(Method::PUT, &format!("segment/update?{query}"));
        let in_xml = call.xml(&to_xml_request(&body)).send().await;
        for reply in [update(&api, query, &body).await, in_xml] {
            assert_refused(&reply, 400, misplaced, &body.to_string());
            let message = reply.segment_error(400);
            for name in misplaced {
                assert!(message.contains(&format!("{name} belongs in the query string")), "{message}");
            }
        }
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, segment);
    // Beside the right place they are fields that are known, and say nothing.
    let closed = update(&api, "external_segment_id=EXT-SEG-001", &all).await.expect(200);
    assert_eq!(closed["segment"]["state"], "closed");
}

#[tokio::test]
async fn a_body_of_unknown_fields_alone_closes_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, "EXT-SEG-001", json!({})).await;
    for body in [
        json!({"note": "n"}),
        json!({"Notes": "n", "code": "Store Issue"}),
        json!({"wrapUpCode": "Store Issue"}),
        json!({"ai_notes": "n"}),
        json!({"note": null}),
        json!({"notes ": "n"}),
    ] {
        let mut replies = vec![update(&api, "external_segment_id=EXT-SEG-001", &body).await];
        if !body.to_string().contains("notes ") {
            let call = api.call(Method::PUT, "segment/update?external_segment_id=EXT-SEG-001");
            replies.push(call.xml(&to_xml_request(&body)).send().await);
        }
        for reply in replies {
            let fields = ["notes", "wrap_up_code", "confirmed_on", "configuration"];
            assert_refused(&reply, 400, &fields, &body.to_string());
        }
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, segment);
    // With a field that is known beside them, be it null, they are ignored; and a body without fields says nothing.
    for (index, body) in [
        json!({"note": "n", "notes": "kept"}),
        json!({"note": "n", "notes": null}),
        json!({"note": "n", "wrap_up_code": ""}),
        json!({"note": "n", "confirmed_on": CONFIRMED}),
        json!({"note": "n", "external_segment_id": "EXT-SEG-001"}),
        json!({}),
    ]
    .into_iter()
    .enumerate()
    {
        for format in ["json", "xml"] {
            let external = format!("{format}-{index}");
            open(&api, &external, json!({})).await;
            let call = api.call(Method::PUT, &format!("segment/update?external_segment_id={external}"));
            let call = if format == "xml" { call.xml(&to_xml_request(&body)) } else { call.json(&body) };
            assert_eq!(call.send().await.expect(200)["segment"]["state"], "closed", "{format} {body}");
        }
    }
}

#[tokio::test]
async fn agent_and_interaction_mean_the_segment_that_get_would_pick_even_if_it_is_closed() {
    let server = Server::start(BINARY);
    let api = server.api();
    let earlier = open(&api, "E-1", json!({"opened_on": "2024-09-16 12:00:00"})).await;
    let latest = open(&api, "E-2", json!({"opened_on": "2024-09-16 13:00:00"})).await;
    let back_dated = open(&api, "E-3", json!({"opened_on": "2024-09-16 11:00:00"})).await;
    let query = format!("agent_sys_id={AGENT}&interaction_sys_id={INTERACTION}");
    let closed = update(&api, &query, &json!({"notes": "first"})).await.expect(200);
    assert_eq!(closed["sys_id"], latest["sys_id"]);
    // It awaits confirmation, and the same names still mean it.
    let confirmed = update(&api, &query, &json!({"confirmed_on": CONFIRMED})).await.expect(200);
    assert_eq!(confirmed["sys_id"], latest["sys_id"]);
    // Now it is final, and the names do not slip to a segment that is still open.
    let reply = update(&api, &query, &json!({"notes": "second"})).await;
    assert_refused(&reply, 400, &["notes"], "the latest segment is final");
    assert_eq!(get(&api, "E-1").await, earlier);
    assert_eq!(get(&api, "E-3").await, back_dated);
}

#[tokio::test]
async fn with_enable_codes_the_code_is_one_of_the_allowed() {
    let server = Server::start(BINARY);
    let api = server.api();
    put_code(&api, json!({"code": "Tax Issue"})).await;
    for (case, code) in [
        ("exists, but is not allowed", "Tax Issue"),
        ("does not exist", "Nobody's code"),
        ("allowed in another case", "billing issue"),
    ] {
        let opened = open(&api, "EXT-SEG-001", json!({})).await;
        let reply = update(&api, "external_segment_id=EXT-SEG-001", &json!({"wrap_up_code": code})).await;
        assert_refused(&reply, 400, &["wrap_up_code", code], case);
        assert_eq!(get(&api, "EXT-SEG-001").await, opened, "{case}");
    }
    for (index, code) in ["Billing Issue", "Store Issue", " Store Issue "].into_iter().enumerate() {
        let external = format!("E-{index}");
        let opened = open(&api, &external, json!({})).await;
        let closed = close(&api, &external, json!({"wrap_up_code": code})).await;
        let position = usize::from(code.trim() != "Billing Issue");
        assert_eq!(closed["code"], opened["wrap_up_configuration"]["allowed_codes"][position], "{code}");
    }
}

#[tokio::test]
async fn an_allowed_code_stays_allowed_as_the_segments_snapshot_has_it() {
    let server = Server::start(BINARY);
    let api = server.api();
    put_code(&api, json!({"code": "Store Issue", "description": "Old"})).await;
    open(&api, "EXT-SEG-001", json!({})).await;
    put_code(&api, json!({"code": "Store Issue", "description": "New", "active": false})).await;
    let closed = close(&api, "EXT-SEG-001", json!({"wrap_up_code": "Store Issue", "confirmed_on": CONFIRMED})).await;
    assert_eq!(closed["code"]["description"], "Old");
    assert_eq!(closed["code"]["active"], true);
}

#[tokio::test]
async fn where_no_code_is_given_the_ai_code_or_the_default_stands_in() {
    let server = Server::start(BINARY);
    let api = server.api();
    let ai = |code: &str, as_default: bool, enabled: bool| {
        let configuration = json!({"use_ai_as_default": as_default, "enable_ai_code": enabled});
        json!({"ai_wrap_up_code": code, "configuration": configuration})
    };
    let cases = [
        ("no AI code", json!({}), "Billing Issue"),
        (
            "no AI code, though one would do",
            json!({"configuration": {"use_ai_as_default": true, "enable_ai_code": true}}),
            "Billing Issue",
        ),
        ("an allowed AI code", ai("Store Issue", true, true), "Store Issue"),
        ("an AI code that is only a suggestion", ai("Store Issue", false, true), "Billing Issue"),
        ("an AI code that was dropped", ai("Store Issue", true, false), "Billing Issue"),
        ("an AI code outside the allowed ones", ai("Tax Issue", true, true), "Billing Issue"),
        ("an AI code in another case", ai("store issue", true, true), "Billing Issue"),
    ];
    let bodies = [json!({}), json!({"wrap_up_code": null}), json!({"wrap_up_code": ""}), json!({"wrap_up_code": "  "})];
    // The code outside the allowed ones exists, so it is not its absence that keeps it out.
    put_code(&api, json!({"code": "Tax Issue"})).await;
    for (row, (case, changes, expected)) in cases.into_iter().enumerate() {
        for (column, body) in bodies.iter().enumerate() {
            let external = format!("E-{row}-{column}");
            let opened = open(&api, &external, changes.clone()).await;
            let closed = close(&api, &external, body.clone()).await;
            assert_eq!(closed["code"]["code"], expected, "{case}, {body}");
            assert_eq!(closed["ai_wrap_up_code"], opened["ai_wrap_up_code"], "{case}, {body}");
        }
        // What the agent picks goes first in any case.
        let external = format!("E-{row}-picked");
        open(&api, &external, changes).await;
        for code in ["Store Issue", "Billing Issue"] {
            assert_eq!(close(&api, &external, json!({"wrap_up_code": code})).await["code"]["code"], code, "{case}");
        }
    }
}

#[tokio::test]
async fn an_ai_code_that_came_after_the_opening_stands_in_as_well() {
    let server = Server::start(BINARY);
    let api = server.api();
    let flags = json!({"enable_ai_code": true, "use_ai_as_default": true, "use_third_party_ai": true});
    open(&api, "EXT-SEG-001", json!({"ai_wrap_up_code": "Billing Issue", "configuration": flags})).await;
    let advice = json!({"external_segment_id": "EXT-SEG-001", "ai_wrap_up_code": "Store Issue"});
    api.put("segment/update/ai", &advice).await.expect(200);
    assert_eq!(close(&api, "EXT-SEG-001", json!({})).await["code"]["code"], "Store Issue");
}

#[tokio::test]
async fn without_enable_codes_a_given_code_has_to_exist_and_be_active() {
    let server = Server::start(BINARY);
    let api = server.api();
    let known = put_code(
        &api,
        json!({"code": "Tax Issue", "description": "About taxes", "translations": [
            {"language": "de", "code": "Steuerfrage", "description": "Über Steuern"}
        ]}),
    )
    .await;
    put_code(&api, json!({"code": "Fax Issue", "active": false})).await;
    let opened = open_without_codes(&api, "EXT-SEG-001").await;
    for code in ["Nobody's code", "Fax Issue", "tax issue"] {
        let reply = update(&api, "external_segment_id=EXT-SEG-001", &json!({"wrap_up_code": code})).await;
        assert_refused(&reply, 400, &["wrap_up_code", code], code);
        assert_eq!(get(&api, "EXT-SEG-001").await, opened, "{code}");
    }
    let closed = close(&api, "EXT-SEG-001", json!({"wrap_up_code": " Tax Issue", "confirmed_on": CONFIRMED})).await;
    assert_eq!(closed["code"], known);
    // The closed segment keeps the code as it was.
    put_code(&api, json!({"code": "Tax Issue", "description": "New", "active": false})).await;
    assert_eq!(get(&api, "EXT-SEG-001").await, closed);
}

#[tokio::test]
async fn without_enable_codes_the_allowed_ones_do_not_limit_the_agent() {
    let server = Server::start(BINARY);
    let api = server.api();
    let known = put_code(&api, json!({"code": "Tax Issue"})).await;
    let changes = json!({"configuration": {"enable_codes": false}});
    open(&api, "E-1", changes.clone()).await;
    assert_eq!(close(&api, "E-1", json!({"wrap_up_code": "Tax Issue"})).await["code"], known);
    open(&api, "E-2", changes.clone()).await;
    assert_eq!(close(&api, "E-2", json!({"wrap_up_code": "Store Issue"})).await["code"]["code"], "Store Issue");
    // A default that is configured is used where the agent picks none.
    open(&api, "E-3", changes).await;
    assert_eq!(close(&api, "E-3", json!({})).await["code"]["code"], "Billing Issue");
    open_without_codes(&api, "E-4").await;
    assert_eq!(close(&api, "E-4", json!({})).await.get("code"), None, "no code anywhere");
}

#[tokio::test]
async fn an_external_segment_awaits_confirmation_and_an_internal_one_does_not() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({})).await;
    assert_eq!(opened["awaiting_confirmation"], false, "an open segment has nothing to confirm yet");
    let closed = close(&api, "EXT-SEG-001", json!({"notes": "n"})).await;
    assert_eq!(closed["state"], "closed");
    assert_eq!(closed["awaiting_confirmation"], true);
    assert_eq!(closed.get("confirmed_on"), None);
    assert!(is_date_time(&closed["submitted_on"]), "{closed}");

    let own = open_internal(&api, &server.demo_configuration()).await;
    let closed = update(&api, &format!("segment_sys_id={}", id(&own)), &json!({})).await.expect(200)["segment"].clone();
    assert_eq!(closed["state"], "closed");
    assert_eq!(closed["awaiting_confirmation"], false);
    assert_eq!(closed.get("confirmed_on"), None);
    assert_eq!(closed["code"]["code"], "Callback Promised");
    assert!(is_date_time(&closed["submitted_on"]), "{closed}");
}

#[tokio::test]
async fn an_internal_segment_is_final_at_once() {
    let server = Server::start(BINARY);
    let api = server.api();
    let definition = json!({
        "name": "Chat",
        "enable_codes": true,
        "allowed_codes": ["Order Status", "Password Reset"],
        "default_code": "Order Status"
    });
    let configuration = server.put_configuration(BINARY, &definition);
    let query = format!("segment_sys_id={}", id(&open_internal(&api, &configuration).await));
    let closing = json!({"wrap_up_code": "Password Reset", "notes": "n"});
    let closed = update(&api, &query, &closing).await.expect(200);
    for (changes, field) in [
        (json!({"wrap_up_code": "Order Status"}), "wrap_up_code"),
        (json!({"notes": "other"}), "notes"),
        (json!({"notes": ""}), "notes"),
        (json!({"confirmed_on": CONFIRMED}), "confirmed_on"),
    ] {
        let case = changes.to_string();
        assert_refused(&update(&api, &query, &changes).await, 400, &[field], &case);
        assert_refused(&update(&api, &query, &merged(closing.clone(), &changes)).await, 400, &[field], &case);
    }
    for same in [closing, json!({"notes": "n"}), json!({"wrap_up_code": "Password Reset"}), json!({})] {
        assert_eq!(update(&api, &query, &same).await.expect(200), closed, "{same}");
    }
}

#[tokio::test]
async fn an_internal_segment_may_be_confirmed_by_the_update_that_closes_it() {
    let server = Server::start(BINARY);
    let api = server.api();
    let own = open_internal(&api, &server.demo_configuration()).await;
    let body = json!({"confirmed_on": CONFIRMED});
    let answer = update(&api, &format!("segment_sys_id={}", id(&own)), &body).await.expect(200);
    assert_eq!(answer["segment"]["confirmed_on"], CONFIRMED);
    assert_eq!(answer["segment"]["awaiting_confirmation"], false);
}

#[tokio::test]
async fn a_confirmation_keeps_everything_it_does_not_name() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    let closed = close(&api, "EXT-SEG-001", json!({"wrap_up_code": "Store Issue", "notes": "n"})).await;
    let confirmed = close(&api, "EXT-SEG-001", json!({"confirmed_on": "2024-09-16T20:52:01+02:00"})).await;
    let now = json!({"awaiting_confirmation": false, "sys_updated_on": confirmed["sys_updated_on"]});
    let expected = merged(merged(closed, &json!({"confirmed_on": CONFIRMED})), &now);
    assert_eq!(confirmed, expected);
    assert_eq!(get(&api, "EXT-SEG-001").await, expected);
}

#[tokio::test]
async fn a_segment_that_awaits_confirmation_can_be_corrected() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    let closed = close(&api, "EXT-SEG-001", json!({"wrap_up_code": "Store Issue", "notes": "n"})).await;
    // Every row builds on the rows before it.
    let corrections = [
        (json!({}), "Store Issue", json!("n")),
        (json!({"wrap_up_code": "Billing Issue"}), "Billing Issue", json!("n")),
        (json!({"notes": "better"}), "Billing Issue", json!("better")),
        (json!({"wrap_up_code": "", "notes": null}), "Billing Issue", json!("better")),
        (json!({"wrap_up_code": "Store Issue", "notes": "best"}), "Store Issue", json!("best")),
        (json!({"notes": ""}), "Store Issue", Value::Null),
        (json!({"notes": ""}), "Store Issue", Value::Null),
        (json!({"notes": "again"}), "Store Issue", json!("again")),
    ];
    for (body, code, notes) in corrections {
        let corrected = close(&api, "EXT-SEG-001", body.clone()).await;
        assert_eq!(corrected["code"]["code"], code, "{body}");
        assert_eq!(corrected["notes"], notes, "{body}");
        assert_eq!(corrected["awaiting_confirmation"], true, "{body}");
        assert_eq!(corrected["submitted_on"], closed["submitted_on"], "{body}");
        assert_eq!(corrected.get("notes").is_none(), notes.is_null(), "{body}");
        assert_eq!(get(&api, "EXT-SEG-001").await, corrected, "{body}");
    }
    let before = get(&api, "EXT-SEG-001").await;
    let reply =
        update(&api, "external_segment_id=EXT-SEG-001", &json!({"wrap_up_code": "Tax Issue", "notes": "x"})).await;
    assert_refused(&reply, 400, &["wrap_up_code", "Tax Issue"], "a correction is judged as the closing was");
    assert_eq!(get(&api, "EXT-SEG-001").await, before);
    // Correct and confirm at once.
    let last = json!({"wrap_up_code": "Billing Issue", "notes": "", "confirmed_on": CONFIRMED});
    let confirmed = close(&api, "EXT-SEG-001", last).await;
    assert_eq!(confirmed["code"]["code"], "Billing Issue");
    assert_eq!(confirmed.get("notes"), None);
    assert_eq!(confirmed["confirmed_on"], CONFIRMED);
    assert_eq!(confirmed["awaiting_confirmation"], false);
}

#[tokio::test]
async fn a_correction_without_enable_codes_needs_a_code_that_exists_and_is_active() {
    let server = Server::start(BINARY);
    let api = server.api();
    put_code(&api, json!({"code": "Tax Issue"})).await;
    put_code(&api, json!({"code": "Fax Issue", "active": false})).await;
    open_without_codes(&api, "EXT-SEG-001").await;
    let closed = close(&api, "EXT-SEG-001", json!({"notes": "n"})).await;
    assert_eq!(closed.get("code"), None);
    for code in ["Nobody's code", "Fax Issue"] {
        let reply = update(&api, "external_segment_id=EXT-SEG-001", &json!({"wrap_up_code": code})).await;
        assert_refused(&reply, 400, &["wrap_up_code", code], code);
    }
    let corrected = close(&api, "EXT-SEG-001", json!({"wrap_up_code": "Tax Issue"})).await;
    assert_eq!(corrected["code"]["code"], "Tax Issue");
    assert_eq!(corrected["notes"], "n");
}

#[tokio::test]
async fn a_final_segment_answers_what_it_is_and_refuses_anything_else() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    let closing = json!({"wrap_up_code": "Store Issue", "notes": "n", "confirmed_on": CONFIRMED});
    let closed = close(&api, "EXT-SEG-001", closing.clone()).await;
    for same in [
        closing.clone(),
        json!({}),
        json!({"wrap_up_code": " Store Issue "}),
        json!({"wrap_up_code": ""}),
        json!({"notes": "n", "colour": "red"}),
        json!({"confirmed_on": "2024-09-16T18:52:01Z"}),
        json!({"confirmed_on": null, "notes": null}),
    ] {
        assert_eq!(close(&api, "EXT-SEG-001", same.clone()).await, closed, "{same}");
    }
    for (changes, field) in [
        (json!({"wrap_up_code": "Billing Issue"}), "wrap_up_code"),
        (json!({"wrap_up_code": "Nobody's code"}), "wrap_up_code"),
        (json!({"notes": "N"}), "notes"),
        (json!({"notes": "n "}), "notes"),
        (json!({"notes": ""}), "notes"),
        (json!({"confirmed_on": "2024-09-16 18:52:02"}), "confirmed_on"),
    ] {
        let case = changes.to_string();
        for body in [changes.clone(), merged(closing.clone(), &changes)] {
            let reply = update(&api, "external_segment_id=EXT-SEG-001", &body).await;
            assert_refused(&reply, 400, &[field], &case);
        }
    }
    let other = json!({"wrap_up_code": "Billing Issue", "notes": "N", "confirmed_on": "2024-09-16 18:52:02"});
    let reply = update(&api, "external_segment_id=EXT-SEG-001", &other).await;
    assert_refused(&reply, 400, &["wrap_up_code, notes, confirmed_on cannot change any more"], "all of them");
    assert_eq!(get(&api, "EXT-SEG-001").await, closed);
}

#[tokio::test]
async fn a_final_segment_without_code_or_notes_takes_none_later() {
    let server = Server::start(BINARY);
    let api = server.api();
    put_code(&api, json!({"code": "Tax Issue"})).await;
    open_without_codes(&api, "EXT-SEG-001").await;
    let closed = close(&api, "EXT-SEG-001", json!({"confirmed_on": CONFIRMED})).await;
    assert_eq!(close(&api, "EXT-SEG-001", json!({"notes": ""})).await, closed, "no notes equal no notes");
    for (body, field) in [(json!({"wrap_up_code": "Tax Issue"}), "wrap_up_code"), (json!({"notes": "n"}), "notes")] {
        let reply = update(&api, "external_segment_id=EXT-SEG-001", &body).await;
        assert_refused(&reply, 400, &[field], &body.to_string());
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, closed);
}

#[tokio::test]
async fn submitted_on_is_the_time_of_the_update_that_closes() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    // A segment without `opened_on` gets the time of its call.
    let before = open(&api, "before", json!({"opened_on": null})).await;
    let closed = close(&api, "EXT-SEG-001", json!({"confirmed_on": CONFIRMED})).await;
    let after = open(&api, "after", json!({"opened_on": null})).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let submitted_on = text(&closed["submitted_on"]);
    let between = text(&before["opened_on"])..=text(&after["opened_on"]);
    assert!(between.contains(&submitted_on), "{submitted_on} is not in {between:?}");
}

#[tokio::test]
async fn neither_a_correction_nor_a_confirmation_is_a_new_submission() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    let closed = close(&api, "EXT-SEG-001", json!({"notes": "n"})).await;
    // Puts the submission into the past, where the clock cannot be by chance.
    let submitted_on = "2024-09-16 18:51:59";
    let update = server.dynamodb().update_item().table_name("interaction_wrap_up_segment");
    let update = update.key("sys_id", AttributeValue::S(id(&closed).to_owned()));
    let update = update.update_expression("SET submitted_on = :submitted_on");
    let update = update.expression_attribute_values(":submitted_on", AttributeValue::S(submitted_on.to_owned()));
    update.send().await.unwrap();
    for body in [json!({"notes": "better"}), json!({"confirmed_on": CONFIRMED}), json!({"confirmed_on": CONFIRMED})] {
        assert_eq!(close(&api, "EXT-SEG-001", body.clone()).await["submitted_on"], submitted_on, "{body}");
        assert_eq!(get(&api, "EXT-SEG-001").await["submitted_on"], submitted_on, "{body}");
    }
}

#[tokio::test]
async fn notes_have_at_most_65536_characters() {
    let server = Server::start(BINARY);
    let api = server.api();
    // One, two and four bytes a character.
    for (index, unit) in ["x", "ß", "😀"].into_iter().enumerate() {
        let external = format!("E-{index}");
        let opened = open(&api, &external, json!({})).await;
        let long = json!({"notes": unit.repeat(65_537)});
        let reply = update(&api, &format!("external_segment_id={external}"), &long).await;
        assert_refused(&reply, 400, &["notes", "65536"], unit);
        assert_eq!(get(&api, &external).await, opened, "{unit}");
        let notes = unit.repeat(65_536);
        assert!(close(&api, &external, json!({"notes": notes})).await["notes"] == notes, "{unit}");
        assert!(get(&api, &external).await["notes"] == notes, "{unit}");
    }
}

#[tokio::test]
async fn notes_are_kept_to_the_letter() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, notes) in
        ["  padded \n", "\"quoted\" \\ / \u{7f}", "line\r\nline\ttab", "<b>&amp;</b>", " "].into_iter().enumerate()
    {
        let external = format!("E-{index}");
        open(&api, &external, json!({})).await;
        assert_eq!(close(&api, &external, json!({"notes": notes})).await["notes"], notes);
        assert_eq!(get(&api, &external).await["notes"], notes);
    }
}

#[tokio::test]
async fn what_the_body_breaks_is_named_all_at_once_before_the_segment_is_looked_for() {
    let server = Server::start(BINARY);
    let body = json!({"wrap_up_code": 0.5, "notes": ["n"], "confirmed_on": "soon"});
    let fields = ["wrap_up_code", "notes", "confirmed_on"];
    assert_refused(&update(&server.api(), "segment_sys_id=nope", &body).await, 400, &fields, "an unknown segment");
    let fields = ["agent_sys_id", "wrap_up_code", "notes", "confirmed_on"];
    assert_refused(&update(&server.api(), "interaction_sys_id=i", &body).await, 400, &fields, "query and body");
    for confirmed_on in ["2024-09-16", "2024-02-30 00:00:00", "2024-09-16 24:00:01", "1752252703000"] {
        let reply = update(&server.api(), "segment_sys_id=nope", &json!({"confirmed_on": confirmed_on})).await;
        assert_refused(&reply, 400, &["confirmed_on"], confirmed_on);
    }
}
