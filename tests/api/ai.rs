//! AI content that an external system pushes onto an open wrap-up segment.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{
    AGENT, Api, INTERACTION, Reply, Server, assert_refused, external, id, merged, to_xml_request,
};

use crate::BINARY;

const FIELDS: [&str; 4] = ["ai_wrap_up_code", "ai_notes", "ai_code_defined_at", "ai_notes_defined_at"];

/// Opens an external segment that takes all AI content from a third party; `changes` go over its request.
async fn open(api: &Api, external_segment_id: &str, changes: Value) -> Value {
    let flags = ["enable_ai_code", "enable_ai_notes", "use_ai_as_default", "use_third_party_ai"];
    let flags: Value = flags.into_iter().map(|flag| (flag.to_owned(), json!(true))).collect();
    let request = merged(external(external_segment_id), &json!({"configuration": flags}));
    let answer = api.post("segment/create", &merged(request, &changes)).await.expect(200);
    answer["segment"].clone()
}

async fn advise(api: &Api, body: &Value) -> Reply {
    api.put("segment/update/ai", body).await
}

/// Pushes AI content onto the segment with an external id and answers the segment.
async fn push(api: &Api, external_segment_id: &str, content: Value) -> Value {
    let body = merged(json!({"external_segment_id": external_segment_id}), &content);
    advise(api, &body).await.expect(200)["segment"].clone()
}

async fn close(api: &Api, external_segment_id: &str, body: Value) -> Value {
    let path = format!("segment/update?external_segment_id={external_segment_id}");
    api.put(&path, &body).await.expect(200)["segment"].clone()
}

async fn get(api: &Api, id: &str) -> Value {
    api.get(&format!("segment/{id}")).await.expect(200)["segment"].clone()
}

/// Milliseconds since the epoch, as the API writes them: a text of digits only.
#[track_caller]
fn epoch_ms(value: &Value) -> u64 {
    let text = value.as_str().unwrap();
    assert!(text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
    text.parse().unwrap()
}

#[tokio::test]
async fn pushed_content_is_stored_with_its_time_and_nothing_else_changes() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({})).await;
    let body = json!({
        "segment_sys_id": id(&opened),
        "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
        "ai_wrap_up_code": "Plan Update",
        "ai_notes": "Customer requested an upgrade to the Premium plan."
    });
    let answer = advise(&api, &body).await.expect(200);
    let segment = &answer["segment"];
    epoch_ms(&segment["ai_code_defined_at"]);
    assert_eq!(segment["ai_code_defined_at"], segment["ai_notes_defined_at"], "one call, one time");
    let advised = merged(
        opened,
        &json!({
            "ai_wrap_up_code": "Plan Update",
            "ai_notes": "Customer requested an upgrade to the Premium plan.",
            "ai_code_defined_at": segment["ai_code_defined_at"],
            "ai_notes_defined_at": segment["ai_notes_defined_at"],
            "sys_updated_on": segment["sys_updated_on"]
        }),
    );
    assert_eq!(*segment, advised);
    assert_eq!(answer["success"], true);
    assert_eq!(answer["message"], "AI wrap-up data updated successfully.");
    assert_eq!(get(&api, "EXT-SEG-001").await, advised);
}

#[tokio::test]
async fn a_push_replaces_what_it_names_and_keeps_the_rest() {
    let server = Server::start(BINARY);
    let api = server.api();
    let given = json!({"ai_wrap_up_code": "Billing Issue", "ai_notes": "A charge."});
    let opened = open(&api, "EXT-SEG-001", given).await;
    let coded = push(&api, "EXT-SEG-001", json!({"ai_wrap_up_code": " Store Issue ", "ai_notes": null})).await;
    assert_eq!(coded["ai_wrap_up_code"], "Store Issue");
    assert_eq!(coded["ai_notes"], "A charge.");
    assert_eq!(coded["ai_notes_defined_at"], opened["ai_notes_defined_at"]);
    assert!(epoch_ms(&coded["ai_code_defined_at"]) >= epoch_ms(&opened["ai_code_defined_at"]));
    let noted = push(&api, "EXT-SEG-001", json!({"ai_notes": "Two charges."})).await;
    assert_eq!(noted["ai_wrap_up_code"], "Store Issue");
    assert_eq!(noted["ai_notes"], "Two charges.");
    assert_eq!(noted["ai_code_defined_at"], coded["ai_code_defined_at"]);
    assert!(epoch_ms(&noted["ai_notes_defined_at"]) >= epoch_ms(&coded["ai_notes_defined_at"]));
    assert_eq!(get(&api, "EXT-SEG-001").await, noted);
}

#[tokio::test]
async fn only_one_of_the_two_fields_is_needed() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "E-1", json!({})).await;
    let coded = push(&api, "E-1", json!({"ai_wrap_up_code": "Plan Update"})).await;
    assert_eq!(coded["ai_wrap_up_code"], "Plan Update");
    assert_eq!([coded.get("ai_notes"), coded.get("ai_notes_defined_at")], [None, None]);
    open(&api, "E-2", json!({})).await;
    let noted = push(&api, "E-2", json!({"ai_notes": "Notes", "ai_wrap_up_code": ""})).await;
    assert_eq!(noted["ai_notes"], "Notes");
    assert_eq!([noted.get("ai_wrap_up_code"), noted.get("ai_code_defined_at")], [None, None]);
}

#[tokio::test]
async fn a_push_without_content_is_refused() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({"ai_notes": "Kept"})).await;
    for content in [
        json!({}),
        json!({"ai_wrap_up_code": null, "ai_notes": null}),
        json!({"ai_wrap_up_code": "", "ai_notes": ""}),
        json!({"ai_wrap_up_code": " ", "ai_notes": "\n"}),
        json!({"wrap_up_code": "Billing Issue", "notes": "not these"}),
    ] {
        // Not merged, so that the nulls are sent.
        let mut body = content.clone();
        body["external_segment_id"] = json!("EXT-SEG-001");
        let reply = advise(&api, &body).await;
        assert_refused(&reply, 400, &["ai_wrap_up_code", "ai_notes"], &content.to_string());
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, opened);
}

#[tokio::test]
async fn a_field_whose_flag_is_false_is_not_stored() {
    let server = Server::start(BINARY);
    let api = server.api();
    let content = json!({"ai_wrap_up_code": "Plan Update", "ai_notes": "Notes"});
    for (index, (code, notes)) in [(true, true), (true, false), (false, true), (false, false)].into_iter().enumerate() {
        let external = format!("E-{index}");
        let case = format!("enable_ai_code {code}, enable_ai_notes {notes}");
        let flags = json!({"configuration": {"enable_ai_code": code, "enable_ai_notes": notes}});
        open(&api, &external, flags).await;
        let segment = push(&api, &external, content.clone()).await;
        let there = FIELDS.map(|field| segment.get(field).is_some());
        assert_eq!(there, [code, notes, code, notes], "{case}");
        assert_eq!(get(&api, &external).await, segment, "{case}");
    }
}

#[tokio::test]
async fn without_third_party_ai_a_push_is_refused_and_the_flag_is_named() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, off) in [json!(false), json!("false"), json!(null)].into_iter().enumerate() {
        let external = format!("E-{index}");
        let given = json!({"ai_notes": "Kept", "configuration": {"use_third_party_ai": off}});
        let opened = open(&api, &external, given).await;
        let body = json!({"external_segment_id": external, "ai_wrap_up_code": "Plan Update", "ai_notes": "Notes"});
        assert_refused(&advise(&api, &body).await, 400, &["use_third_party_ai"], &off.to_string());
        assert_eq!(get(&api, &external).await, opened, "{off}");
    }
}

#[tokio::test]
async fn a_closed_segment_refuses_a_push_and_its_state_is_named() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (case, external, closing) in [
        ("it awaits confirmation", "E-1", json!({"notes": "n"})),
        ("it is confirmed", "E-2", json!({"notes": "n", "confirmed_on": "2024-09-16 18:52:01"})),
    ] {
        open(&api, external, json!({"ai_wrap_up_code": "Store Issue"})).await;
        let closed = close(&api, external, closing).await;
        let body = json!({"external_segment_id": external, "ai_wrap_up_code": "Billing Issue", "ai_notes": "Late"});
        assert_refused(&advise(&api, &body).await, 400, &["closed"], case);
        // Not even what is stored already.
        let same = json!({"external_segment_id": external, "ai_wrap_up_code": "Store Issue"});
        assert_refused(&advise(&api, &same).await, 400, &["closed"], case);
        assert_eq!(get(&api, external).await, closed, "{case}");
    }
}

#[tokio::test]
async fn the_first_identifier_in_the_body_wins_and_the_others_are_not_compared() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, names) in [
        json!({"segment_sys_id": "{sys_id}"}),
        json!({
            "segment_sys_id": "{sys_id}",
            "external_segment_id": "nobodys",
            "agent_sys_id": "nobody",
            "interaction_sys_id": "none"
        }),
        json!({"segment_sys_id": "{sys_id}", "interaction_sys_id": "none"}),
        json!({"external_segment_id": "{external}"}),
        json!({"external_segment_id": "{external}", "agent_sys_id": "nobody", "interaction_sys_id": "{interaction}"}),
        json!({"external_segment_id": "{external}", "agent_sys_id": "nobody"}),
        json!({"agent_sys_id": "{agent}", "interaction_sys_id": "{interaction}"}),
    ]
    .into_iter()
    .enumerate()
    {
        let (external, agent, interaction) = (format!("E-{index}"), format!("agent-{index}"), format!("call-{index}"));
        let segment = open(&api, &external, json!({"agent_sys_id": agent, "interaction_sys_id": interaction})).await;
        let filled = names
            .to_string()
            .replace("{sys_id}", id(&segment))
            .replace("{external}", &external)
            .replace("{agent}", &agent)
            .replace("{interaction}", &interaction);
        let mut body: Value = serde_json::from_str(&filled).unwrap();
        body["ai_notes"] = json!(format!("Notes {index}"));
        let reply = advise(&api, &body).await;
        assert_eq!(reply.status, 200, "{names}: {}", reply.text());
        assert_eq!(reply.expect(200)["segment"]["sys_id"], segment["sys_id"], "{names}");
        assert_eq!(get(&api, &external).await["ai_notes"], format!("Notes {index}"), "{names}");
    }
}

#[tokio::test]
async fn agent_and_interaction_mean_the_segment_that_was_opened_last() {
    let server = Server::start(BINARY);
    let api = server.api();
    let earlier = open(&api, "E-1", json!({"opened_on": "2024-09-16 12:00:00"})).await;
    let latest = open(&api, "E-2", json!({"opened_on": "2024-09-16 13:00:00"})).await;
    open(&api, "E-3", json!({"opened_on": "2024-09-16 11:00:00"})).await;
    let body = json!({"agent_sys_id": AGENT, "interaction_sys_id": INTERACTION, "ai_notes": "Notes"});
    assert_eq!(advise(&api, &body).await.expect(200)["segment"]["sys_id"], latest["sys_id"]);
    // Once it is closed, the names do not slip to a segment that is still open.
    close(&api, "E-2", json!({})).await;
    assert_refused(&advise(&api, &body).await, 400, &["closed"], "the latest is closed");
    assert_eq!(get(&api, "E-1").await, earlier);
}

#[tokio::test]
async fn missing_identifiers_are_named_and_a_query_does_not_supply_them() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({})).await;
    for (names, missing) in [
        (json!({}), "segment_sys_id"),
        (json!({"segment_sys_id": null, "external_segment_id": ""}), "segment_sys_id"),
        (json!({"agent_sys_id": AGENT}), "interaction_sys_id"),
        (json!({"agent_sys_id": AGENT, "interaction_sys_id": " "}), "interaction_sys_id"),
        (json!({"interaction_sys_id": INTERACTION}), "agent_sys_id"),
        (json!({"segment_sys_id": 0.5}), "segment_sys_id"),
    ] {
        let mut body = names.clone();
        body["ai_notes"] = json!("Notes");
        assert_refused(&advise(&api, &body).await, 400, &[missing], &names.to_string());
    }
    // Nor are they taken out of the query, where they are told where they belong.
    for (query, body, misplaced) in [
        ("external_segment_id=EXT-SEG-001", json!({}), "external_segment_id"),
        ("segment_sys_id=x&colour=red", json!({"external_segment_id": " "}), "segment_sys_id"),
        ("interaction_sys_id=i", json!({"agent_sys_id": AGENT}), "interaction_sys_id"),
    ] {
        let path = format!("segment/update/ai?{query}");
        let body = merged(body, &json!({"ai_notes": "Notes"}));
        let in_xml = api.call(Method::PUT, &path).xml(&to_xml_request(&body)).send().await;
        for reply in [api.put(&path, &body).await, in_xml] {
            let message = reply.segment_error(400);
            assert_eq!(message, format!("{misplaced} belongs in the body"));
        }
    }
    // Identifiers and content are complained of together.
    let fields = ["interaction_sys_id", "ai_wrap_up_code", "ai_notes"];
    let body = json!({"agent_sys_id": AGENT, "ai_wrap_up_code": 0.5, "ai_notes": true});
    assert_refused(&advise(&api, &body).await, 400, &fields, "everything is wrong");
    assert_eq!(get(&api, "EXT-SEG-001").await, opened);
}

#[tokio::test]
async fn an_unknown_segment_is_404_unless_the_body_is_wrong_already() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({})).await;
    for (names, named) in [
        (json!({"segment_sys_id": "nope"}), "nope"),
        (json!({"segment_sys_id": "EXT-SEG-001"}), "EXT-SEG-001"),
        (json!({"segment_sys_id": "nope", "external_segment_id": "EXT-SEG-001"}), "nope"),
        (json!({"external_segment_id": id(&opened)}), id(&opened)),
        (
            json!({"external_segment_id": "EXT-SEG-002", "agent_sys_id": AGENT, "interaction_sys_id": INTERACTION}),
            "EXT-SEG-002",
        ),
        (json!({"agent_sys_id": INTERACTION, "interaction_sys_id": AGENT}), AGENT),
    ] {
        let body = merged(names.clone(), &json!({"ai_notes": "Notes"}));
        assert_refused(&advise(&api, &body).await, 404, &[named], &names.to_string());
        assert_refused(&advise(&api, &names).await, 400, &["ai_notes"], &format!("{names} without content"));
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, opened);
}

#[tokio::test]
async fn ai_notes_have_at_most_4000_unicode_scalar_values() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({})).await;
    // One byte, four bytes, and two scalar values for one visible character.
    let units = [("x", 4_000), ("😀", 4_000), ("e\u{301}", 2_000)];
    for (unit, most) in units {
        let body =
            json!({"external_segment_id": "EXT-SEG-001", "ai_wrap_up_code": "Tax", "ai_notes": unit.repeat(most + 1)});
        assert_refused(&advise(&api, &body).await, 400, &["ai_notes", "4000"], unit);
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, opened, "the code beside too long notes is not stored either");
    for (unit, most) in units {
        let segment = push(&api, "EXT-SEG-001", json!({"ai_notes": unit.repeat(most)})).await;
        assert_eq!(segment["ai_notes"], unit.repeat(most));
    }
}

#[tokio::test]
async fn an_ai_code_outside_the_allowed_ones_is_shown_but_never_used() {
    let server = Server::start(BINARY);
    let api = server.api();
    let codes = json!({"codes": [{"code": "Plan Update"}]});
    api.post("code", &codes).await.expect(200);
    let codes_before = server.stored("interaction_wrap_up_code").await.len();
    // One exists in the code table and one does not; neither is allowed.
    for (index, code) in ["Plan Update", "Nobody's code", "store issue"].into_iter().enumerate() {
        let external = format!("E-{index}");
        open(&api, &external, json!({})).await;
        assert_eq!(push(&api, &external, json!({"ai_wrap_up_code": code})).await["ai_wrap_up_code"], code);
        let closed = close(&api, &external, json!({})).await;
        assert_eq!(closed["code"]["code"], "Billing Issue", "{code}");
        assert_eq!(closed["ai_wrap_up_code"], code);
        assert_eq!(get(&api, &external).await, closed);
    }
    // A suggestion is no code: it adds none to the table.
    open(&api, "E-3", json!({})).await;
    push(&api, "E-3", json!({"ai_wrap_up_code": "Another code"})).await;
    let labels_added = server.stored("interaction_wrap_up_code").await.len() - codes_before;
    assert_eq!(labels_added, 2, "only the two codes that the segments allow");
    // An allowed one does stand in.
    push(&api, "E-3", json!({"ai_wrap_up_code": "Store Issue"})).await;
    assert_eq!(close(&api, "E-3", json!({})).await["code"]["code"], "Store Issue");
}

#[tokio::test]
async fn an_internal_segment_takes_third_party_content_too() {
    let server = Server::start(BINARY);
    let api = server.api();
    let definition =
        json!({"name": "Chat", "enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true});
    let request = json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
        "wrap_up_configuration_sys_id": server.put_configuration(BINARY, &definition)
    });
    let opened = api.post("segment/create", &request).await.expect(200);
    let body = json!({"segment_sys_id": opened["sys_id"], "ai_wrap_up_code": "Order Status", "ai_notes": "Notes"});
    let segment = advise(&api, &body).await.expect(200)["segment"].clone();
    assert_eq!(segment["ai_wrap_up_code"], "Order Status");
    assert_eq!(segment["ai_notes"], "Notes");
}

#[tokio::test]
async fn aidetails_is_a_second_name_of_the_same_endpoint() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    for (index, path) in [
        "/api/now/v1/wrapup/segment/update/ai",
        "/api/now/v1/wrapup/segment/update/aidetails",
        "/api/now/wrapup/segment/update/ai",
        "/api/now/wrapup/segment/update/aidetails",
    ]
    .into_iter()
    .enumerate()
    {
        let put =
            async |body: Value| api.raw(Method::PUT, path).basic_auth("username", "password").json(&body).send().await;
        let notes = format!("Notes {index}");
        let reply = put(json!({"external_segment_id": "EXT-SEG-001", "ai_notes": notes})).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let answer = reply.expect(200);
        assert_eq!(answer["message"], "AI wrap-up data updated successfully.", "{path}");
        assert_eq!(answer["segment"]["ai_notes"], notes, "{path}");
        assert_eq!(get(&api, "EXT-SEG-001").await, answer["segment"], "{path}");
        // It has the same rules, too.
        assert_refused(&put(json!({"external_segment_id": "EXT-SEG-001"})).await, 400, &["ai_notes"], path);
        assert_refused(&put(json!({"segment_sys_id": "nope", "ai_notes": "n"})).await, 404, &["nope"], path);
    }
}

#[tokio::test]
async fn closing_records_what_became_of_the_ai_code() {
    let server = Server::start(BINARY);
    let api = server.api();
    let stand_in = json!({"configuration": {"use_ai_as_default": true}});
    let keep_out = json!({"configuration": {"use_ai_as_default": false}});
    let no_default =
        json!({"configuration": {"use_ai_as_default": false, "enable_codes": false, "default_code": null}});
    // What the configuration says, the AI code, the agent's, and what is recorded.
    let cases = [
        (&stand_in, Some("Store Issue"), Some("Store Issue"), Some("ai_code")),
        (&stand_in, Some("Store Issue"), Some("Billing Issue"), Some("another_code")),
        (&stand_in, Some("Store Issue"), None, Some("ai_code_as_default")),
        (&stand_in, Some("Not Allowed"), None, Some("default_code")),
        (&stand_in, None, Some("Store Issue"), None),
        (&keep_out, Some("Store Issue"), None, Some("default_code")),
        (&keep_out, Some("Billing Issue"), None, Some("default_code")),
        (&no_default, Some("Store Issue"), None, Some("no_code")),
    ];
    for (index, (configuration, ai_code, picked, outcome)) in cases.into_iter().enumerate() {
        let id = format!("E-{index}");
        let given = ai_code.map_or_else(|| json!({}), |code| json!({"ai_wrap_up_code": code}));
        let opened = open(&api, &id, merged(configuration.clone(), &given)).await;
        assert_eq!(opened.get("ai_outcome"), None);
        let body = picked.map_or_else(|| json!({}), |code| json!({"wrap_up_code": code}));
        let closed = close(&api, &id, body).await;
        assert_eq!(closed.get("ai_outcome"), outcome.map(|outcome| json!(outcome)).as_ref(), "{id}");
        assert_eq!(get(&api, &id).await, closed);
    }
}

#[tokio::test]
async fn a_correction_records_what_became_of_the_ai_code_anew() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "E-1", json!({"ai_wrap_up_code": "Store Issue"})).await;
    assert_eq!(close(&api, "E-1", json!({})).await["ai_outcome"], "ai_code_as_default");
    // What is not corrected stays.
    assert_eq!(close(&api, "E-1", json!({"notes": "More."})).await["ai_outcome"], "ai_code_as_default");
    assert_eq!(close(&api, "E-1", json!({"wrap_up_code": "Billing Issue"})).await["ai_outcome"], "another_code");
    assert_eq!(close(&api, "E-1", json!({"wrap_up_code": "Store Issue"})).await["ai_outcome"], "ai_code");
    let confirmed = close(&api, "E-1", json!({"confirmed_on": "2026-01-05 10:30:00"})).await;
    assert_eq!(confirmed["ai_outcome"], "ai_code");
}
