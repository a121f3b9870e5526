//! Another configuration for a wrap-up segment that is open, by `segment/update`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{
    AGENT, Api, INTERACTION, Reply, Server, assert_refused, external, id, is_date_time, merged, to_xml_request,
};

use crate::BINARY;

const CODES: &str = "interaction_wrap_up_code";

/// What a body may be written in.
const FORMATS: [&str; 2] = ["json", "xml"];

/// Opens an external segment with two allowed codes; `changes` go over its request.
async fn open(api: &Api, external_segment_id: &str, changes: Value) -> Value {
    let answer = api.post("segment/create", &merged(external(external_segment_id), &changes)).await.expect(200);
    answer["segment"].clone()
}

/// Updates a segment by its external id, with a body in one of the two formats.
async fn update_in(api: &Api, format: &str, external_segment_id: &str, body: &Value) -> Reply {
    let call = api.call(Method::PUT, &format!("segment/update?external_segment_id={external_segment_id}"));
    if format == "xml" { call.xml(&to_xml_request(body)).send().await } else { call.json(body).send().await }
}

async fn update(api: &Api, external_segment_id: &str, body: &Value) -> Reply {
    update_in(api, "json", external_segment_id, body).await
}

async fn get(api: &Api, id: &str) -> Value {
    api.get(&format!("segment/{id}")).await.expect(200)["segment"].clone()
}

async fn put_code(api: &Api, code: Value) -> Value {
    let answer = api.post("code", &json!({"codes": [code]})).await.expect(200);
    answer["result"]["result_map"]["created_wrap_up_codes"][0].clone()
}

/// A configuration with other codes, one of them new, and a time limit.
fn other() -> Value {
    json!({
        "enable_codes": true, "default_code": "Complaint", "duration": 300, "show_timer": true,
        "allowed_codes": [
            {"code": "Store Issue"},
            {"code": "Complaint", "description": "Put it right", "translation": {"language": "de", "code": "Beschwerde"}},
        ],
    })
}

fn labels(segment: &Value) -> Vec<&str> {
    let codes = segment["wrap_up_configuration"]["allowed_codes"].as_array().unwrap();
    codes.iter().map(|code| code["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_configuration_alone_leaves_the_segment_open_with_other_codes_and_another_time_limit() {
    let server = Server::start(BINARY);
    let api = server.api();
    for format in FORMATS {
        let opened = open(&api, format, json!({"opened_on": "2024-09-16 17:52:01"})).await;
        // Null, and a code that is none, are not beside it.
        for body in [
            json!({"configuration": other()}),
            json!({"configuration": other(), "wrap_up_code": "", "notes": null, "confirmed_on": null}),
            json!({"configuration": other(), "wrap_up_code": " ", "colour": "red"}),
        ] {
            let answer = update_in(&api, format, format, &body).await.expect(200);
            assert_eq!(answer["message"], "Wrap-up segment updated successfully.");
            assert_eq!(answer["sys_id"], opened["sys_id"]);
            let segment = &answer["segment"];
            assert_eq!(segment["state"], "open", "{body}");
            let shown = &segment["wrap_up_configuration"];
            assert_eq!(labels(segment), ["Store Issue", "Complaint"], "{body}");
            assert_eq!(shown["default_code"]["code"], "Complaint", "{body}");
            assert_eq!(shown["allowed_codes"][1]["description"], "Put it right", "{body}");
            assert_eq!(shown["allowed_codes"][1]["translated_code"], "Beschwerde", "{body}");
            assert_eq!([&shown["duration"], &shown["show_timer"]], [&json!("300"), &json!(true)], "{body}");
            let expected = merged(
                opened.clone(),
                &json!({
                    "wrap_up_configuration": shown, "sys_updated_on": segment["sys_updated_on"],
                    "due_on": segment["due_on"],
                }),
            );
            assert!(is_date_time(&segment["due_on"]), "{body}");
            assert_eq!(*segment, expected, "nothing else changes");
            assert_eq!(get(&api, format).await, *segment, "{body}");
        }
        // The new code is one like any other, and the old one is allowed no more.
        let complaint = get(&api, format).await["wrap_up_configuration"]["allowed_codes"][1].clone();
        let stored = api.get(&format!("code/{}", id(&complaint))).await.expect(200);
        assert_eq!(stored["result"]["result_map"]["wrap_up_code"], complaint);
        let reply = update_in(&api, format, format, &json!({"wrap_up_code": "Billing Issue"})).await;
        assert_refused(&reply, 400, &["wrap_up_code", "Billing Issue"], format);
        let closed = update_in(&api, format, format, &json!({"notes": "n"})).await.expect(200);
        assert_eq!(closed["segment"]["code"], complaint, "the new default");
    }
}

#[tokio::test]
async fn with_what_closes_beside_it_the_segment_is_closed_by_the_new_configuration() {
    let server = Server::start(BINARY);
    let api = server.api();
    let without_codes = json!({"enable_codes": false, "allowed_codes": ["Brand New"]});
    for format in FORMATS {
        for (index, (configuration, beside, code)) in [
            (other(), json!({"wrap_up_code": "Store Issue"}), json!("Store Issue")),
            (other(), json!({"wrap_up_code": "Complaint"}), json!("Complaint")),
            (other(), json!({"notes": ""}), json!("Complaint")),
            (other(), json!({"notes": "Done."}), json!("Complaint")),
            (other(), json!({"confirmed_on": "2024-09-16 18:52:01"}), json!("Complaint")),
            // A code that the request itself brings along.
            (without_codes.clone(), json!({"wrap_up_code": "Brand New"}), json!("Brand New")),
            (json!({}), json!({"notes": "Done."}), Value::Null),
        ]
        .into_iter()
        .enumerate()
        {
            let external = format!("{format}-{index}");
            open(&api, &external, json!({})).await;
            let body = merged(beside, &json!({"configuration": configuration}));
            let closed = update_in(&api, format, &external, &body).await.expect(200)["segment"].clone();
            assert_eq!(closed["state"], "closed", "{body}");
            assert_eq!(closed["code"]["code"], code, "{body}");
            assert_eq!(closed["awaiting_confirmation"], body.get("confirmed_on").is_none(), "{body}");
            assert_eq!(get(&api, &external).await, closed, "{body}");
        }
        // Judged by the new configuration, not by the old one; and what is refused changes nothing.
        let opened = open(&api, format, json!({})).await;
        for code in ["Billing Issue", "Nobody's code"] {
            let body = json!({"configuration": other(), "wrap_up_code": code});
            assert_refused(&update_in(&api, format, format, &body).await, 400, &["wrap_up_code", code], code);
        }
        assert_eq!(get(&api, format).await, opened);
    }
}

#[tokio::test]
async fn a_configuration_is_validated_as_on_create_and_a_refused_one_stores_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({"opened_on": null})).await;
    put_code(&api, json!({"code": "Old", "active": false})).await;
    let codes_before = server.stored(CODES).await.len();
    let allowed = |codes: Value| merged(other(), &json!({"allowed_codes": codes}));
    let new = json!({"code": "Not stored"});
    for (configuration, field) in [
        (json!("none"), "configuration"),
        (json!([]), "configuration"),
        (json!({"enable_codes": true}), "configuration.allowed_codes"),
        (merged(other(), &json!({"default_code": null})), "configuration.default_code"),
        (merged(other(), &json!({"default_code": "Billing Issue"})), "configuration.default_code"),
        (merged(other(), &json!({"show_timer": false})), "configuration.duration"),
        (merged(other(), &json!({"show_timer": "perhaps"})), "configuration.show_timer"),
        (allowed(json!([new, {"code": "Complaint"}, {"code": "Complaint"}])), "configuration.allowed_codes[2].code"),
        (allowed(json!([new, {"code": "Complaint"}, {"code": "Old"}])), "configuration.allowed_codes[2].code"),
        (
            allowed(json!([new, {"code": "Complaint", "translation": {"language": "deu"}}])),
            "configuration.allowed_codes[1].translation.language",
        ),
        (
            merged(other(), &json!({"use_ai_as_default": true, "use_ai_code_as_default": false})),
            "configuration.use_ai_code_as_default",
        ),
    ] {
        for body in [json!({"configuration": configuration}), json!({"configuration": configuration, "notes": "n"})] {
            assert_refused(&update(&api, "EXT-SEG-001", &body).await, 400, &[field], &body.to_string());
        }
    }
    // Nor is a code that none of its own are.
    let body = json!({"configuration": allowed(json!([new, {"code": "Complaint"}])), "wrap_up_code": "Nowhere"});
    assert_refused(&update(&api, "EXT-SEG-001", &body).await, 400, &["wrap_up_code", "Nowhere"], "another code");
    let large = (0..50).map(|index| json!({"code": format!("Large {index}"), "description": "x".repeat(4_000)}));
    let large = json!({"configuration": {"allowed_codes": large.clone().chain(large.map(|mut code| {
        code["code"] = json!(format!("{} more", code["code"]));
        code
    })).collect::<Vec<_>>()}});
    assert_refused(&update(&api, "EXT-SEG-001", &large).await, 400, &["configuration.allowed_codes"], "too large");
    assert_eq!(get(&api, "EXT-SEG-001").await, opened);
    assert_eq!(server.stored(CODES).await.len(), codes_before);
    // A time limit needs no opened_on here: the segment has one.
    update(&api, "EXT-SEG-001", &json!({"configuration": other()})).await.expect(200);
    // Of a segment that is not there it is judged first what the body says.
    assert_refused(&update(&api, "nope", &json!({"configuration": other()})).await, 404, &["nope"], "unknown");
    assert_eq!(server.stored(CODES).await.len(), codes_before + 1, "Complaint");
}

#[tokio::test]
async fn ai_content_stays_whatever_the_new_flags_say() {
    let server = Server::start(BINARY);
    let api = server.api();
    let flags = json!({"enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true});
    let content = json!({"ai_wrap_up_code": "Store Issue", "ai_notes": "A charge.", "configuration": flags});
    for (index, (flags, code)) in [
        (json!({}), "Complaint"),
        (json!({"use_ai_code_as_default": true}), "Store Issue"),
        (json!({"enable_ai_code": true, "use_ai_as_default": true, "use_third_party_ai": true}), "Store Issue"),
    ]
    .into_iter()
    .enumerate()
    {
        let external = format!("E-{index}");
        let opened = open(&api, &external, content.clone()).await;
        let body = json!({"configuration": merged(other(), &flags)});
        let segment = update(&api, &external, &body).await.expect(200)["segment"].clone();
        for field in ["ai_wrap_up_code", "ai_notes", "ai_code_defined_at", "ai_notes_defined_at"] {
            assert_eq!(segment[field], opened[field], "{flags} {field}");
        }
        let closed = update(&api, &external, &json!({})).await.expect(200);
        assert_eq!(closed["segment"]["code"]["code"], code, "{flags}");
    }
}

#[tokio::test]
async fn on_a_closed_segment_the_configuration_that_was_given_last_counts_as_not_named() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (given, changes) in [(false, json!({"configuration": {"show_timer": true}})), (true, json!({}))] {
        let external_id = if given { "by-update" } else { "by-create" };
        let opening = merged(external(external_id), &changes);
        open(&api, external_id, changes).await;
        let last = if given { other() } else { opening["configuration"].clone() };
        if given {
            update(&api, external_id, &json!({"configuration": other()})).await.expect(200);
        }
        let closed = update(&api, external_id, &json!({"notes": "n"})).await.expect(200)["segment"].clone();
        let another = merged(last.clone(), &json!({"enable_ai_notes": true}));
        let reordered = {
            let mut reordered = last.clone();
            reordered["allowed_codes"].as_array_mut().unwrap().reverse();
            reordered["use_third_party_ai"] = json!(false);
            reordered
        };
        for format in FORMATS {
            for same in [&last, &reordered] {
                let answer = update_in(&api, format, external_id, &json!({"configuration": same})).await.expect(200);
                assert_eq!(answer["segment"], closed, "{same}");
            }
            for body in [json!({"configuration": another}), json!({"configuration": another, "notes": "n"})] {
                let reply = update_in(&api, format, external_id, &body).await;
                assert_refused(&reply, 400, &["configuration", "configuration.enable_ai_notes"], &body.to_string());
            }
        }
        // The rest is judged as for any closed segment: corrected, confirmed, and then final.
        let corrected = update(&api, external_id, &json!({"configuration": last, "notes": "better"})).await.expect(200);
        assert_eq!(corrected["segment"]["notes"], "better");
        let confirm = json!({"configuration": last, "confirmed_on": "2024-09-16 18:52:01"});
        let confirmed = update(&api, external_id, &confirm).await.expect(200);
        assert_eq!(confirmed["segment"]["awaiting_confirmation"], false);
        assert_eq!(update(&api, external_id, &confirm).await.expect(200), confirmed);
        let reply = update(&api, external_id, &json!({"configuration": last, "notes": "best"})).await;
        assert_refused(&reply, 400, &["notes"], "final");
        assert_eq!(get(&api, external_id).await, confirmed["segment"]);
    }
}

#[tokio::test]
async fn the_same_configuration_again_changes_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    let opened = open(&api, "EXT-SEG-001", json!({})).await;
    let of_the_opening = external("EXT-SEG-001")["configuration"].clone();
    let stored = || server.stored("interaction_wrap_up_segment");
    let before = stored().await;
    let answer = update(&api, "EXT-SEG-001", &json!({"configuration": of_the_opening})).await.expect(200);
    assert_eq!(answer["segment"], opened);
    assert_eq!(stored().await, before);
    let configured = update(&api, "EXT-SEG-001", &json!({"configuration": other()})).await.expect(200);
    let before = stored().await;
    assert_eq!(update(&api, "EXT-SEG-001", &json!({"configuration": other()})).await.expect(200), configured);
    assert_eq!(stored().await, before);
}

#[tokio::test]
async fn whatever_configuration_came_later_the_request_that_opened_the_segment_is_the_same_again() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, "EXT-SEG-001", json!({})).await;
    let configured = update(&api, "EXT-SEG-001", &json!({"configuration": other()})).await.expect(200);
    let again = api.post("segment/create", &external("EXT-SEG-001")).await.expect(200);
    assert_eq!(again["segment"], configured["segment"]);
    let with_the_later_one = merged(external("EXT-SEG-001"), &json!({"configuration": other()}));
    let reply = api.post("segment/create", &with_the_later_one).await;
    assert_refused(&reply, 400, &["configuration.duration", "configuration.allowed_codes"], "the later one");
}

#[tokio::test]
async fn an_internal_segment_takes_no_configuration() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = json!({
        "agent_sys_id": AGENT, "interaction_sys_id": INTERACTION,
        "wrap_up_configuration_sys_id": server.demo_configuration(),
    });
    let opened = api.post("segment/create", &request).await.expect(200)["segment"].clone();
    let path = format!("segment/update?segment_sys_id={}", id(&opened));
    for body in [
        json!({"configuration": other()}),
        json!({"configuration": other(), "notes": "n"}),
        json!({"configuration": {}}),
    ] {
        assert_refused(&api.put(&path, &body).await, 400, &["configuration"], &body.to_string());
        let in_xml = api.call(Method::PUT, &path).xml(&to_xml_request(&body)).send().await;
        assert_refused(&in_xml, 400, &["configuration"], &body.to_string());
    }
    assert_eq!(get(&api, id(&opened)).await, opened);
    let closed = api.put(&path, &json!({"notes": "n"})).await.expect(200)["segment"].clone();
    assert_refused(&api.put(&path, &json!({"configuration": other()})).await, 400, &["configuration"], "closed");
    assert_eq!(get(&api, id(&opened)).await, closed);
}
