//! Opening a wrap-up segment, and reading it back.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{
    AGENT, Api, INTERACTION, Reply, Server, assert_refused, external, id, is_date_time, merged, to_xml_request,
};

use crate::BINARY;

const SEGMENTS: &str = "interaction_wrap_up_segment";
const CODES: &str = "interaction_wrap_up_code";
const CONFIGURATIONS: &str = "interaction_wrap_up_configuration";
const PHONE_LOG: &str = "sn_openframe_phone_log";

/// A request for an external segment with further or other fields; null takes one away.
fn external_with(external_segment_id: &str, changes: Value) -> Value {
    merged(external(external_segment_id), &changes)
}

/// A request for a segment of a workspace's own.
fn internal(configuration: &str) -> Value {
    json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
        "external": false,
        "wrap_up_configuration_sys_id": configuration
    })
}

async fn create(api: &Api, request: &Value) -> Reply {
    api.post("segment/create", request).await
}

/// Opens a segment and answers it.
async fn open(api: &Api, request: &Value) -> Value {
    let answer = create(api, request).await.expect(200);
    assert_eq!(answer["sys_id"], answer["segment"]["sys_id"], "{answer}");
    answer["segment"].clone()
}

/// The segment that GET finds under an id.
async fn get(api: &Api, id: &str) -> Value {
    let answer = api.get(&format!("segment/{id}")).await.expect(200);
    assert_eq!(answer["segment_id"], answer["segment"]["sys_id"], "{answer}");
    answer["segment"].clone()
}

/// The segment that GET finds by agent and interaction.
async fn find(api: &Api, agent: &str, interaction: &str) -> Value {
    api.get(&format!("segment/agent/{agent}/interaction/{interaction}")).await.expect(200)["segment"].clone()
}

async fn close(api: &Api, sys_id: &str) {
    let body = json!({"confirmed_on": "2024-09-16 18:52:01"});
    api.put(&format!("segment/update?segment_sys_id={sys_id}"), &body).await.expect(200);
}

async fn put_code(api: &Api, code: Value) -> Value {
    let answer = api.post("code", &json!({"codes": [code]})).await.expect(200);
    answer["result"]["result_map"]["created_wrap_up_codes"][0].clone()
}

fn labels(segment: &Value) -> Vec<&str> {
    let codes = segment["wrap_up_configuration"]["allowed_codes"].as_array().unwrap();
    codes.iter().map(|code| code["code"].as_str().unwrap()).collect()
}

/// Whether a text is milliseconds since the epoch: thirteen digits from 2001 to 2286.
fn is_epoch_ms(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[tokio::test]
async fn an_opened_segment_is_answered_whole() {
    let server = Server::start(BINARY);
    let api = server.api();
    let billing = put_code(
        &api,
        json!({"code": "Billing Issue", "translations": [{"language": "de", "code": "Abrechnungsproblem"}]}),
    )
    .await;
    let store = put_code(&api, json!({"code": "Store Issue", "description": "About a store"})).await;
    let request = external_with(
        "EXT-SEG-001",
        json!({
            "segmented": true,
            "segment_id": "dgajbcef12345678defdbxef123435678",
            "segment_table": "sn_openframe_phone_log",
            "configuration": {"duration": "315360000", "show_timer": true}
        }),
    );
    let answer = create(&api, &request).await.expect(200);
    let sys_id = answer["sys_id"].as_str().unwrap();
    assert!(sys_id.len() == 32 && sys_id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sys_id}");
    let segment = json!({
        "agent": AGENT,
        "segment_table": "sn_openframe_phone_log",
        "segment_id": "dgajbcef12345678defdbxef123435678",
        "external": true,
        "external_segment_id": "EXT-SEG-001",
        "interaction": INTERACTION,
        "state": "open",
        "wrap_up_configuration": {
            "enable_codes": true,
            "allowed_codes": [billing, store],
            "default_code": billing,
            "duration": "315360000",
            "show_timer": true,
            "enable_ai_code": false,
            "enable_ai_notes": false,
            "use_ai_as_default": false,
            "use_third_party_ai": false
        },
        "segmented": true,
        "sys_id": sys_id,
        "opened_on": "2024-09-16 17:52:01",
        "due_on": "2034-09-14 17:52:01",
        "awaiting_confirmation": false,
        "timed_out": false,
        "sys_created_by": "username",
        "sys_created_on": answer["segment"]["sys_created_on"],
        "sys_updated_by": "username",
        "sys_updated_on": answer["segment"]["sys_created_on"]
    });
    let created = json!({
        "success": true, "message": "Wrap-up segment created successfully.", "sys_id": sys_id, "segment": segment
    });
    assert_eq!(answer, created);
    let retrieved = json!({
        "success": true, "message": "Wrap up segment retrieved successfully.", "segment_id": sys_id, "segment": segment
    });
    for path in [
        format!("segment/{sys_id}"),
        "segment/EXT-SEG-001".to_owned(),
        format!("segment/agent/{AGENT}/interaction/{INTERACTION}"),
    ] {
        assert_eq!(api.get(&path).await.expect(200), retrieved, "{path}");
    }
}

#[tokio::test]
async fn a_segment_shows_every_flag_and_no_field_it_does_not_have() {
    let server = Server::start(BINARY);
    let request = json!({
        "agent_sys_id": AGENT, "interaction_sys_id": INTERACTION, "external": "true",
        "external_segment_id": "EXT-SEG-001", "opened_on": "2024-09-16 17:52:01", "configuration": {}
    });
    let segment = open(&server.api(), &request).await;
    let expected = json!({
        "agent": AGENT,
        "external": true,
        "external_segment_id": "EXT-SEG-001",
        "interaction": INTERACTION,
        "state": "open",
        "wrap_up_configuration": {
            "enable_codes": false,
            "show_timer": false,
            "enable_ai_code": false,
            "enable_ai_notes": false,
            "use_ai_as_default": false,
            "use_third_party_ai": false
        },
        "segmented": false,
        "sys_id": id(&segment),
        "opened_on": "2024-09-16 17:52:01",
        "awaiting_confirmation": false,
        "timed_out": false,
        "sys_created_by": "username",
        "sys_created_on": segment["sys_created_on"],
        "sys_updated_by": "username",
        "sys_updated_on": segment["sys_created_on"]
    });
    assert_eq!(segment, expected);
}

#[tokio::test]
async fn every_rule_of_an_external_request_is_enforced_and_nothing_is_stored() {
    let server = Server::start(BINARY);
    let api = server.api();
    let codes_before = server.stored(CODES).await.len();
    let segmented = json!({"segmented": true, "segment_id": "S-1", "segment_table": PHONE_LOG});
    let segmented_with = |changes: Value| merged(segmented.clone(), &changes);
    let allowed = |codes: Value| json!({"configuration": {"allowed_codes": codes}});
    let translated =
        |translation: Value| allowed(json!([{"code": "Billing Issue"}, {"code": "Tax", "translation": translation}]));
    let cases = [
        (json!({"agent_sys_id": null}), "agent_sys_id"),
        (json!({"agent_sys_id": ""}), "agent_sys_id"),
        (json!({"agent_sys_id": " \t"}), "agent_sys_id"),
        (json!({"agent_sys_id": 0.7}), "agent_sys_id"),
        (json!({"interaction_sys_id": null}), "interaction_sys_id"),
        (json!({"interaction_sys_id": ""}), "interaction_sys_id"),
        (json!({"external": "yes"}), "external"),
        (json!({"external_segment_id": null}), "external_segment_id"),
        (json!({"external_segment_id": " "}), "external_segment_id"),
        (json!({"configuration": null}), "configuration"),
        (json!({"configuration": []}), "configuration"),
        (json!({"configuration": "none"}), "configuration"),
        (allowed(json!(null)), "configuration.allowed_codes"),
        (allowed(json!([])), "configuration.allowed_codes"),
        (allowed(json!("Billing Issue")), "configuration.allowed_codes"),
        (allowed(json!([{"code": "Billing Issue"}, {}])), "configuration.allowed_codes[1].code"),
        (allowed(json!([{"code": "Billing Issue"}, {"code": " "}])), "configuration.allowed_codes[1].code"),
        (allowed(json!([{"code": "Billing Issue"}, 7])), "configuration.allowed_codes[1]"),
        (
            allowed(json!([{"code": "Billing Issue"}, {"code": "Tax"}, {"code": " Tax "}])),
            "configuration.allowed_codes[2].code",
        ),
        (translated(json!({"code": "Steuer"})), "configuration.allowed_codes[1].translation.language"),
        (
            translated(json!({"code": "Steuer", "language": "deu"})),
            "configuration.allowed_codes[1].translation.language",
        ),
        (
            translated(json!([{"code": "Steuer", "language": "de"}, {"code": "Impôts", "language": "5"}])),
            "configuration.allowed_codes[1].translation[1].language",
        ),
        (translated(json!("Steuer")), "configuration.allowed_codes[1].translation"),
        (json!({"configuration": {"default_code": null}}), "configuration.default_code"),
        (json!({"configuration": {"default_code": ""}}), "configuration.default_code"),
        (json!({"configuration": {"default_code": "Tax"}}), "configuration.default_code"),
        // Labels are compared in their exact case.
        (json!({"configuration": {"default_code": "billing issue"}}), "configuration.default_code"),
        (json!({"configuration": {"enable_codes": false, "default_code": "Tax"}}), "configuration.default_code"),
        (json!({"configuration": {"enable_codes": 1}}), "configuration.enable_codes"),
        (json!({"configuration": {"enable_ai_code": "TRUE."}}), "configuration.enable_ai_code"),
        (json!({"configuration": {"enable_ai_notes": []}}), "configuration.enable_ai_notes"),
        (json!({"configuration": {"use_ai_as_default": "1"}}), "configuration.use_ai_as_default"),
        (json!({"configuration": {"use_third_party_ai": {}}}), "configuration.use_third_party_ai"),
        (json!({"configuration": {"show_timer": "maybe"}}), "configuration.show_timer"),
        (json!({"configuration": {"duration": 120}}), "configuration.duration"),
        (json!({"configuration": {"duration": 120, "show_timer": false}}), "configuration.duration"),
        (json!({"configuration": {"duration": 0, "show_timer": true}}), "configuration.duration"),
        (json!({"configuration": {"duration": -1, "show_timer": true}}), "configuration.duration"),
        (json!({"configuration": {"duration": 1.5, "show_timer": true}}), "configuration.duration"),
        (json!({"configuration": {"duration": "2m", "show_timer": true}}), "configuration.duration"),
        (json!({"configuration": {"duration": true, "show_timer": true}}), "configuration.duration"),
        (json!({"opened_on": null, "configuration": {"duration": 120, "show_timer": true}}), "opened_on"),
        (json!({"opened_on": "", "configuration": {"duration": "120", "show_timer": "true"}}), "opened_on"),
        (json!({"opened_on": "16.09.2024 17:52"}), "opened_on"),
        (json!({"opened_on": "2023-02-29 00:00:00"}), "opened_on"),
        (json!({"opened_on": 1752252703}), "opened_on"),
        (json!({"segmented": "perhaps"}), "segmented"),
        (segmented_with(json!({"segment_id": null})), "segment_id"),
        (segmented_with(json!({"segment_id": " "})), "segment_id"),
        (segmented_with(json!({"segment_table": null})), "segment_table"),
        (segmented_with(json!({"segment_table": ""})), "segment_table"),
        (json!({"ai_wrap_up_code": ["Billing Issue"]}), "ai_wrap_up_code"),
        (json!({"ai_notes": 0.5}), "ai_notes"),
    ];
    for (changes, field) in cases {
        let reply = create(&api, &external_with("EXT-SEG-001", changes.clone())).await;
        assert_refused(&reply, 400, &[field], &changes.to_string());
        assert_refused(&api.get("segment/EXT-SEG-001").await, 404, &[], &changes.to_string());
    }
    assert_eq!(server.stored(CODES).await.len(), codes_before, "a refused request adds no codes");
    assert_eq!(server.stored(PHONE_LOG).await.len(), 0, "a refused request creates no phone log record");
    // The request that all of them were made from is fine.
    open(&api, &external("EXT-SEG-001")).await;
    open(&api, &external_with("EXT-SEG-002", segmented)).await;
}

#[tokio::test]
async fn a_required_field_that_is_null_counts_as_absent() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segmented = json!({"segmented": true, "segment_id": "S-1", "segment_table": PHONE_LOG});
    for (pointer, field) in [
        ("/agent_sys_id", "agent_sys_id"),
        ("/interaction_sys_id", "interaction_sys_id"),
        ("/external_segment_id", "external_segment_id"),
        ("/configuration", "configuration"),
        ("/configuration/allowed_codes", "configuration.allowed_codes"),
        ("/configuration/allowed_codes/1/code", "configuration.allowed_codes[1].code"),
        ("/configuration/default_code", "configuration.default_code"),
        ("/segment_id", "segment_id"),
        ("/segment_table", "segment_table"),
        // Then the segment is internal, which takes a configuration's sys_id.
        ("/external", "wrap_up_configuration_sys_id"),
    ] {
        let mut request = external_with("EXT-SEG-001", segmented.clone());
        *request.pointer_mut(pointer).unwrap() = Value::Null;
        assert_refused(&create(&api, &request).await, 400, &[field], pointer);
    }
}

#[tokio::test]
async fn what_a_condition_does_not_require_may_be_absent() {
    let server = Server::start(BINARY);
    let api = server.api();
    let configuration = server.demo_configuration();
    let cases = [
        (
            "codes without enable_codes",
            external_with("E-1", json!({"configuration": {"enable_codes": false, "default_code": null}})),
        ),
        (
            "no codes at all",
            external_with(
                "E-2",
                json!({"configuration": {"enable_codes": "false", "allowed_codes": null, "default_code": null}}),
            ),
        ),
        ("a timer without a limit", external_with("E-3", json!({"configuration": {"show_timer": true}}))),
        (
            "a timer with an empty limit",
            external_with("E-4", json!({"configuration": {"duration": "", "show_timer": true}})),
        ),
        ("no limit and no opened_on", external_with("E-5", json!({"opened_on": null}))),
        ("not segmented", external_with("E-6", json!({"segmented": false}))),
        ("fields that nobody knows", external_with("E-7", json!({"colour": "red", "configuration": {"shape": [1]}}))),
        ("segmented but internal", merged(internal(&configuration), &json!({"segmented": true}))),
        ("internal by default", merged(internal(&configuration), &json!({"external": null, "segment_id": "S-9"}))),
    ];
    for (case, request) in cases {
        let reply = create(&api, &request).await;
        assert_eq!(reply.status, 200, "{case}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_segment_is_internal_unless_the_request_says_otherwise() {
    let server = Server::start(BINARY);
    let configuration = server.demo_configuration();
    for (index, external) in [json!(null), json!(false), json!("false")].into_iter().enumerate() {
        let own = json!({"external": external, "interaction_sys_id": format!("interaction-{index}")});
        let segment = open(&server.api(), &merged(internal(&configuration), &own)).await;
        assert_eq!(segment["external"], false, "{external}");
        assert_eq!(labels(&segment), ["Order Status", "Password Reset", "Callback Promised"], "{external}");
        assert_eq!(segment["wrap_up_configuration"]["sys_id"], configuration, "{external}");
        assert_eq!(segment["wrap_up_configuration"]["name"], "Demo", "{external}");
        assert_eq!(segment["wrap_up_configuration"]["default_code"]["code"], "Callback Promised", "{external}");
        assert_eq!(segment["wrap_up_configuration"]["duration"], "120", "{external}");
        assert_eq!(segment["wrap_up_configuration"]["show_timer"], true, "{external}");
        let body = json!({"agent_sys_id": AGENT, "interaction_sys_id": "x", "external": external});
        let reply = create(&server.api(), &body).await;
        assert_refused(&reply, 400, &["wrap_up_configuration_sys_id"], &format!("{external} without configuration"));
    }
}

#[tokio::test]
async fn an_internal_request_ignores_what_only_external_ones_use() {
    let server = Server::start(BINARY);
    let api = server.api();
    let first = open(&api, &internal(&server.demo_configuration())).await;
    // Not even their types are looked at, and they make no different request of it.
    for ignored in [
        json!({
            "external_segment_id": "EXT-SEG-001",
            "configuration": {"enable_codes": false, "allowed_codes": [{"code": "Tax"}]}
        }),
        json!({"external_segment_id": 5, "configuration": {"enable_codes": "perhaps", "duration": -1}}),
        json!({"configuration": "none at all"}),
    ] {
        let segment = open(&api, &merged(internal(&server.demo_configuration()), &ignored)).await;
        assert_eq!(segment, first, "{ignored}");
        assert_eq!(segment["external_segment_id"], Value::Null, "{ignored}");
    }
    assert_refused(&api.get("segment/EXT-SEG-001").await, 404, &["EXT-SEG-001"], "the ignored id");
}

#[tokio::test]
async fn an_unknown_or_inactive_configuration_is_refused() {
    let server = Server::start(BINARY);
    let api = server.api();
    let definition = json!({"name": "Chat", "allowed_codes": ["Order Status"], "default_code": "Order Status"});
    let active = server.put_configuration(BINARY, &definition);
    let inactive = server.put_configuration(BINARY, &merged(definition, &json!({"name": "Old chat", "active": false})));
    // The snapshots' own keys are no configurations.
    open(&api, &internal(&active)).await;
    let stored = server.stored(CONFIGURATIONS).await;
    let keys: Vec<&str> = stored.iter().map(|item| item["sys_id"].as_s().unwrap().as_str()).collect();
    let snapshots: Vec<&str> = keys.into_iter().filter(|key| key.contains(':')).collect();
    assert!(!snapshots.is_empty());
    for configuration in
        [&[inactive.as_str(), "0123456789abcdef0123456789abcdef", "Chat"], snapshots.as_slice()].concat()
    {
        let request = merged(internal(configuration), &json!({"interaction_sys_id": "another"}));
        let reply = create(&api, &request).await;
        assert_refused(&reply, 400, &["wrap_up_configuration_sys_id", configuration], configuration);
    }
    assert_refused(&api.get(&format!("segment/agent/{AGENT}/interaction/another")).await, 404, &[], "nothing stored");
}

#[tokio::test]
async fn allowed_codes_that_are_new_are_added_to_the_code_table() {
    let server = Server::start(BINARY);
    let api = server.api();
    let known = put_code(&api, json!({"code": "Store Issue", "description": "About a store"})).await;
    let changes = json!({"configuration": {"allowed_codes": [
        {"code": " Billing Issue "}, {"code": "Store Issue"}
    ]}});
    let segment = open(&api, &external_with("EXT-SEG-001", changes)).await;
    assert_eq!(labels(&segment), ["Billing Issue", "Store Issue"]);
    let allowed = &segment["wrap_up_configuration"]["allowed_codes"];
    let expected = json!({
        "code": "Billing Issue", "description": "", "active": true, "external": true, "sys_id": id(&allowed[0]),
        "translated_code": "Billing Issue", "translated_description": ""
    });
    assert_eq!(allowed[0], expected);
    assert_eq!(segment["wrap_up_configuration"]["default_code"], expected);
    let stored = api.get(&format!("code/{}", id(&allowed[0]))).await.expect(200);
    assert_eq!(stored["result"]["result_map"]["wrap_up_code"], expected);
    assert_eq!(allowed[1], known);
    // The added code is the one that an upsert of its label finds.
    assert_eq!(id(&put_code(&api, json!({"code": "Billing Issue"})).await), id(&allowed[0]));
}

#[tokio::test]
async fn an_inactive_code_is_refused_and_nothing_is_added() {
    let server = Server::start(BINARY);
    let api = server.api();
    put_code(&api, json!({"code": "Store Issue", "active": false})).await;
    let codes_before = server.stored(CODES).await.len();
    let reply = create(&api, &external("EXT-SEG-001")).await;
    assert_refused(&reply, 400, &["configuration.allowed_codes[1].code", "Store Issue"], "the second code is inactive");
    // Without enable_codes the list is judged all the same.
    let changes = json!({"configuration": {"enable_codes": false}});
    let reply = create(&api, &external_with("EXT-SEG-001", changes)).await;
    assert_refused(&reply, 400, &["configuration.allowed_codes[1].code"], "without enable_codes");
    // A label that stands alone is named where it stands.
    let changes = json!({"configuration": {"allowed_codes": ["Billing Issue", "Store Issue"]}});
    let reply = create(&api, &external_with("EXT-SEG-001", changes)).await;
    let named = "configuration.allowed_codes[1] wrap-up code 'Store Issue' is inactive";
    assert_refused(&reply, 400, &[named], "a label alone");
    assert_eq!(server.stored(CODES).await.len(), codes_before);
    assert_refused(&api.get("segment/EXT-SEG-001").await, 404, &[], "no segment");
}

#[tokio::test]
async fn the_requests_translations_are_laid_over_the_stored_ones_in_this_segment_alone() {
    let server = Server::start(BINARY);
    let api = server.api();
    let stored = put_code(
        &api,
        json!({"code": "Billing Issue", "description": "About bills", "translations": [
            {"language": "de", "code": "Abrechnungsproblem", "description": "Über Rechnungen"},
            {"language": "fr", "code": "Problème de facturation", "description": "Des factures"}
        ]}),
    )
    .await;
    let changes = json!({"configuration": {"allowed_codes": [
        {"code": "Billing Issue", "translation": [
            {"language": "DE", "code": "Rechnungsfrage"}, {"language": "it", "code": "Fatturazione"}
        ]},
        {"code": "Store Issue", "translation": {"language": "de", "code": "Einkaufsproblem"}}
    ]}});
    open(&api, &external_with("EXT-SEG-001", changes)).await;
    let plain = open(&api, &external("EXT-SEG-002")).await;
    let in_language = async |path: &str, language: &str| {
        api.call(Method::GET, path).header("Accept-Language", language).send().await.expect(200)
    };
    for (language, label, description, other) in [
        ("de", "Rechnungsfrage", "Über Rechnungen", "Einkaufsproblem"),
        ("fr", "Problème de facturation", "Des factures", "Store Issue"),
        ("it", "Fatturazione", "About bills", "Store Issue"),
    ] {
        let segment = in_language("segment/EXT-SEG-001", language).await["segment"].clone();
        let allowed = &segment["wrap_up_configuration"]["allowed_codes"];
        assert_eq!(allowed[0]["translated_code"], label, "{language}");
        assert_eq!(allowed[0]["translated_description"], description, "{language}");
        assert_eq!(allowed[0]["code"], "Billing Issue", "{language}");
        assert_eq!(allowed[1]["translated_code"], other, "{language}");
        assert_eq!(segment["wrap_up_configuration"]["default_code"], allowed[0], "{language}");
    }
    // Neither the code itself nor a segment without own translations has changed.
    for (language, label) in [("de", "Abrechnungsproblem"), ("it", "Billing Issue")] {
        let code = in_language(&format!("code/{}", id(&stored)), language).await;
        assert_eq!(code["result"]["result_map"]["wrap_up_code"]["translated_code"], label, "{language}");
        let segment = in_language(&format!("segment/{}", id(&plain)), language).await;
        let allowed = &segment["segment"]["wrap_up_configuration"]["allowed_codes"];
        assert_eq!(allowed[0]["translated_code"], label, "{language}");
    }
}

#[tokio::test]
async fn later_edits_of_codes_do_not_reach_an_opened_segment() {
    let server = Server::start(BINARY);
    let api = server.api();
    put_code(
        &api,
        json!({"code": "Billing Issue", "description": "Old", "translations": [
            {"language": "de", "code": "Alt", "description": "Alt"}
        ]}),
    )
    .await;
    let opened = open(&api, &external("EXT-SEG-001")).await;
    put_code(
        &api,
        json!({"code": "Billing Issue", "description": "New", "active": false, "translations": [
            {"language": "de", "code": "Neu", "description": "Neu"},
            {"language": "fr", "code": "Nouveau", "description": "Nouveau"}
        ]}),
    )
    .await;
    assert_eq!(get(&api, "EXT-SEG-001").await, opened);
    let french = api.call(Method::GET, "segment/EXT-SEG-001").header("Accept-Language", "fr").send().await.expect(200);
    let allowed = &french["segment"]["wrap_up_configuration"]["allowed_codes"];
    assert_eq!(allowed[0]["translated_code"], "Billing Issue", "French came later");
}

#[tokio::test]
async fn later_edits_of_a_configuration_do_not_reach_an_opened_segment() {
    let server = Server::start(BINARY);
    let api = server.api();
    let definition = json!({
        "name": "Chat", "enable_codes": true, "allowed_codes": ["Order Status", "Password Reset"],
        "default_code": "Order Status", "duration": 60, "show_timer": true
    });
    let sys_id = server.put_configuration(BINARY, &definition);
    let opened = open(&api, &internal(&sys_id)).await;
    assert_eq!(opened["wrap_up_configuration"]["duration"], "60");
    assert_eq!(opened["wrap_up_configuration"]["name"], "Chat");
    let changes =
        json!({"active": false, "allowed_codes": ["Password Reset"], "default_code": "Password Reset", "duration": 5});
    assert_eq!(server.put_configuration(BINARY, &merged(definition, &changes)), sys_id);
    assert_eq!(get(&api, id(&opened)).await, opened);
}

#[tokio::test]
async fn allowed_codes_may_bring_descriptions() {
    let server = Server::start(BINARY);
    let api = server.api();
    let known = put_code(
        &api,
        json!({"code": "Store Issue", "description": "About a store", "translations": [
            {"language": "de", "code": "Einkaufsproblem", "description": "Zu einem Laden"}
        ]}),
    )
    .await;
    for (format, label) in [("json", "New by JSON"), ("xml", "New by XML")] {
        let changes = json!({"configuration": {"default_code": label, "allowed_codes": [
            {
                "code": label, "description": "Brand new",
                "translation": {"language": "de", "code": "Neu", "description": "Ganz neu"}
            },
            {
                "code": "Store Issue", "description": "For this segment",
                "translation": {"language": "de", "description": "Zu diesem Abschnitt"}
            }
        ]}});
        let body = external_with(label.split(' ').next_back().unwrap(), changes);
        let call = api.call(Method::POST, "segment/create");
        let call = if format == "xml" { call.xml(&to_xml_request(&body)) } else { call.json(&body) };
        let segment = call.send().await.expect(200)["segment"].clone();
        let allowed = &segment["wrap_up_configuration"]["allowed_codes"];
        let texts = |code: &Value| {
            ["description", "translated_code", "translated_description"].map(|field| code[field].clone())
        };
        assert_eq!(texts(&allowed[0]), ["Brand new", "Neu", "Ganz neu"], "{format}");
        assert_eq!(texts(&allowed[1]), ["For this segment", "Einkaufsproblem", "Zu diesem Abschnitt"], "{format}");
        // Stored on the code that the request has created, and not on the one that was there.
        let stored = async |code: &Value| {
            let answer = api.get(&format!("code/{}", id(code))).await.expect(200);
            answer["result"]["result_map"]["wrap_up_code"].clone()
        };
        assert_eq!(stored(&allowed[0]).await, allowed[0], "{format}");
        assert_eq!(stored(&known).await, known, "{format}");
    }
    let long =
        json!({"configuration": {"allowed_codes": [{"code": "Billing Issue", "description": "é".repeat(4_001)}]}});
    let reply = create(&api, &external_with("long", long)).await;
    assert_refused(&reply, 400, &["configuration.allowed_codes[0].description", "4000"], "too long");
}

#[tokio::test]
async fn use_ai_code_as_default_is_use_ai_as_default() {
    let server = Server::start(BINARY);
    let api = server.api();
    let (one, other) = ("use_ai_as_default", "use_ai_code_as_default");
    for (format, flags, taken) in [
        ("json", json!({other: true}), true),
        ("xml", json!({other: true}), true),
        ("json", json!({other: "true", one: true}), true),
        ("json", json!({other: false}), false),
        ("xml", json!({other: false, one: "false"}), false),
        ("json", json!({other: true, one: null}), true),
        ("xml", json!({other: null, one: true}), true),
    ] {
        let external = format!("{format}-{}", flags.to_string().replace(['"', '{', '}', ':', ','], "-"));
        let mut body = external_with(&external, json!({"ai_wrap_up_code": "Store Issue"}));
        body["configuration"]["enable_ai_code"] = json!(true);
        flags.as_object().unwrap().iter().for_each(|(name, flag)| body["configuration"][name] = flag.clone());
        let call = api.call(Method::POST, "segment/create");
        let call = if format == "xml" { call.xml(&to_xml_request(&body)) } else { call.json(&body) };
        let segment = call.send().await.expect(200)["segment"].clone();
        assert_eq!(segment["wrap_up_configuration"][one], taken, "{flags}");
        assert_eq!(segment["wrap_up_configuration"].get(other), None, "{flags}");
        let path = format!("segment/update?external_segment_id={external}");
        let closed = api.put(&path, &json!({})).await.expect(200);
        let code = if taken { "Store Issue" } else { "Billing Issue" };
        assert_eq!(closed["segment"]["code"]["code"], code, "{flags}");
    }
    for flags in [json!({one: true, other: false}), json!({one: "false", other: "true"})] {
        let body = external_with("EXT-SEG-001", json!({"configuration": flags}));
        let in_xml = api.call(Method::POST, "segment/create").xml(&to_xml_request(&body)).send().await;
        for reply in [create(&api, &body).await, in_xml] {
            let fields = ["configuration.use_ai_as_default", "configuration.use_ai_code_as_default"];
            assert_refused(&reply, 400, &fields, &flags.to_string());
        }
    }
}

#[tokio::test]
async fn a_wrap_up_that_begins_far_ahead_is_refused_with_all_else_that_is_wrong() {
    let server = Server::start(BINARY);
    let api = server.api();
    for opened_on in ["2999-01-01 00:00:00", "2999-01-01T00:00:00+14:00", "9999-12-31 23:59:59"] {
        let body = external_with("EXT-SEG-001", json!({"opened_on": opened_on, "agent_sys_id": null}));
        let in_xml = api.call(Method::POST, "segment/create").xml(&to_xml_request(&body)).send().await;
        for reply in [create(&api, &body).await, in_xml] {
            assert_refused(&reply, 400, &["opened_on", "24 hours", "agent_sys_id"], opened_on);
        }
        let own = merged(internal(&server.demo_configuration()), &json!({"opened_on": opened_on}));
        assert_refused(&create(&api, &own).await, 400, &["opened_on"], opened_on);
    }
    assert_refused(&api.get("segment/EXT-SEG-001").await, 404, &[], "nothing stored");
}

#[tokio::test]
async fn a_sys_id_is_found_in_upper_case_too() {
    let server = Server::start(BINARY);
    let api = server.api();
    let configuration = server.demo_configuration();
    let flags = json!({"configuration": {"enable_ai_notes": true, "use_third_party_ai": true}});
    let segment = open(&api, &external_with("EXT-SEG-001", flags)).await;
    let upper = id(&segment).to_uppercase();
    assert_eq!(get(&api, &upper).await, segment);
    let code = &segment["wrap_up_configuration"]["allowed_codes"][0];
    let found = api.get(&format!("code/{}", id(code).to_uppercase())).await.expect(200);
    assert_eq!(found["result"]["result_map"]["wrap_up_code"], *code);
    let advice = json!({"segment_sys_id": upper, "ai_notes": "A charge."});
    let in_xml = api.call(Method::PUT, "segment/update/ai").xml(&to_xml_request(&advice)).send().await;
    for advised in [api.put("segment/update/ai", &advice).await, in_xml] {
        assert_eq!(advised.expect(200)["segment"]["sys_id"], segment["sys_id"]);
    }
    let closed = api.put(&format!("segment/update?segment_sys_id={upper}"), &json!({"notes": "n"})).await.expect(200);
    assert_eq!(closed["sys_id"], segment["sys_id"]);
    // An internal one by its configuration's, and the same request again in either case.
    let own = open(&api, &internal(&configuration.to_uppercase())).await;
    assert_eq!(own["wrap_up_configuration"]["sys_id"], configuration);
    assert_eq!(open(&api, &internal(&configuration)).await, own);
    // Others' ids keep their case, whatever they look like.
    let agent = AGENT.to_uppercase();
    assert_refused(
        &api.get(&format!("segment/agent/{agent}/interaction/{INTERACTION}")).await,
        404,
        &[&agent],
        "agent",
    );
    let theirs = open(&api, &external("ABCDEF0123456789ABCDEF0123456789")).await;
    assert_eq!(get(&api, "ABCDEF0123456789ABCDEF0123456789").await, theirs);
    assert_refused(&api.get("segment/abcdef0123456789abcdef0123456789").await, 404, &[], "an external id");
}

#[tokio::test]
async fn a_limit_and_its_timer_are_stored_as_given() {
    let server = Server::start(BINARY);
    let api = server.api();
    let cases = [
        (json!({"duration": "90", "show_timer": "true"}), json!("90"), true),
        (json!({"duration": 90, "show_timer": true}), json!("90"), true),
        (json!({"duration": 1, "show_timer": true}), json!("1"), true),
        (json!({"duration": "", "show_timer": true}), Value::Null, true),
        (json!({"duration": "", "show_timer": false}), Value::Null, false),
        (json!({}), Value::Null, false),
    ];
    for (index, (configuration, duration, show_timer)) in cases.into_iter().enumerate() {
        let request = external_with(&format!("E-{index}"), json!({"configuration": configuration}));
        open(&api, &request).await;
        let stored = get(&api, &format!("E-{index}")).await;
        assert_eq!(stored["wrap_up_configuration"]["duration"], duration, "{configuration}");
        assert_eq!(stored["wrap_up_configuration"]["show_timer"], show_timer, "{configuration}");
    }
}

#[tokio::test]
async fn opened_on_is_normalised_and_defaults_to_the_time_of_the_call() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, (given, stored)) in [
        ("2024-09-16 17:52:01", "2024-09-16 17:52:01"),
        ("2024-09-16T17:52:01Z", "2024-09-16 17:52:01"),
        ("2024-09-16T19:52:01.75+02:00", "2024-09-16 17:52:01"),
        ("2024-12-31T23:30:00-01:00", "2025-01-01 00:30:00"),
    ]
    .into_iter()
    .enumerate()
    {
        let segment = open(&api, &external_with(&format!("E-{index}"), json!({"opened_on": given}))).await;
        assert_eq!(segment["opened_on"], stored, "{given}");
    }
    // The time of a call lies between the times of the calls before and after it.
    let submitted_on = async |id: &str| {
        let segment = open(&api, &external(id)).await;
        close(&api, segment["sys_id"].as_str().unwrap()).await;
        get(&api, id).await["submitted_on"].as_str().unwrap().to_owned()
    };
    for (index, absent) in [json!(null), json!(""), json!(" ")].into_iter().enumerate() {
        let before = submitted_on(&format!("before-{index}")).await;
        let request = external_with(&format!("now-{index}"), json!({"opened_on": absent}));
        let segment = open(&api, &request).await;
        let after = submitted_on(&format!("after-{index}")).await;
        assert!(is_date_time(&segment["opened_on"]), "{segment}");
        let opened_on = segment["opened_on"].as_str().unwrap();
        assert!((before.as_str()..=after.as_str()).contains(&opened_on), "{before} {opened_on} {after}");
        assert_eq!(get(&api, &format!("now-{index}")).await["opened_on"], opened_on);
    }
}

#[tokio::test]
async fn ai_content_is_stored_where_its_flag_is_true_and_dropped_where_it_is_false() {
    let server = Server::start(BINARY);
    let api = server.api();
    let content = json!({"ai_wrap_up_code": "Plan Update", "ai_notes": "Wants the Premium plan."});
    let cases = [
        (json!({"enable_ai_code": true, "enable_ai_notes": true}), true, true),
        (json!({"enable_ai_code": "true", "enable_ai_notes": "false"}), true, false),
        (json!({"enable_ai_code": false, "enable_ai_notes": true}), false, true),
        (json!({"enable_ai_code": false, "enable_ai_notes": false, "use_ai_as_default": true}), false, false),
        (json!({}), false, false),
        (json!({"enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true}), true, true),
    ];
    let check = |segment: &Value, code: bool, notes: bool, case: &str| {
        let shown = |there: bool, value: &str| if there { json!(value) } else { Value::Null };
        assert_eq!(segment["ai_wrap_up_code"], shown(code, "Plan Update"), "{case}");
        assert_eq!(segment["ai_notes"], shown(notes, "Wants the Premium plan."), "{case}");
        assert_eq!(is_epoch_ms(&segment["ai_code_defined_at"]), code, "{case}: {segment}");
        assert_eq!(is_epoch_ms(&segment["ai_notes_defined_at"]), notes, "{case}: {segment}");
        assert_eq!(segment.get("ai_code_defined_at").is_some(), code, "{case}: {segment}");
        assert_eq!(segment.get("ai_notes_defined_at").is_some(), notes, "{case}: {segment}");
    };
    for (index, (flags, code, notes)) in cases.into_iter().enumerate() {
        let changes = merged(content.clone(), &json!({"configuration": flags}));
        let opened = open(&api, &external_with(&format!("E-{index}"), changes)).await;
        check(&opened, code, notes, &flags.to_string());
        assert_eq!(get(&api, &format!("E-{index}")).await, opened, "{flags}");
        for (flag, value) in flags.as_object().unwrap() {
            let shown = &opened["wrap_up_configuration"][flag];
            assert_eq!(shown.to_string(), value.to_string().replace('"', ""), "{flags}: {flag}");
        }
        // The same flags on a configuration of a workspace.
        let definition = merged(json!({"name": format!("AI {index}")}), &flags);
        let request = internal(&server.put_configuration(BINARY, &definition));
        let own = merged(content.clone(), &json!({"interaction_sys_id": format!("interaction-{index}")}));
        check(&open(&api, &merged(request, &own)).await, code, notes, &format!("internal {flags}"));
    }
}

#[tokio::test]
async fn ai_content_that_is_not_given_is_not_shown() {
    let server = Server::start(BINARY);
    let flags = json!({"configuration": {"enable_ai_code": true, "enable_ai_notes": true}});
    let blank = json!({"ai_wrap_up_code": " ", "ai_notes": ""});
    for (index, changes) in [flags.clone(), merged(flags, &blank)].into_iter().enumerate() {
        let segment = open(&server.api(), &external_with(&format!("E-{index}"), changes)).await;
        for field in ["ai_wrap_up_code", "ai_notes", "ai_code_defined_at", "ai_notes_defined_at"] {
            assert_eq!(segment.get(field), None, "{field}");
        }
    }
}

#[tokio::test]
async fn ai_notes_have_at_most_4000_unicode_scalar_values() {
    let server = Server::start(BINARY);
    let api = server.api();
    // One byte, two, four, and two scalar values for one visible character.
    for (index, (unit, most)) in
        [("x", 4_000), ("ß", 4_000), ("😀", 4_000), ("e\u{301}", 2_000)].into_iter().enumerate()
    {
        let request = |id: &str, count: usize, flag: bool| {
            external_with(id, json!({"ai_notes": unit.repeat(count), "configuration": {"enable_ai_notes": flag}}))
        };
        let fits = open(&api, &request(&format!("E-{index}"), most, true)).await;
        assert_eq!(fits["ai_notes"], unit.repeat(most), "{unit}");
        for flag in [true, false] {
            let reply = create(&api, &request("too-long", most + 1, flag)).await;
            assert_refused(&reply, 400, &["ai_notes", "4000"], &format!("{unit}, enable_ai_notes {flag}"));
        }
    }
    assert_refused(&api.get("segment/too-long").await, 404, &[], "nothing stored");
}

#[tokio::test]
async fn the_same_request_again_gives_the_same_segment() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
        "external": true,
        "external_segment_id": "EXT-SEG-001",
        "opened_on": "2024-09-16 17:52:01",
        "segmented": true,
        "segment_id": "S-1",
        "segment_table": PHONE_LOG,
        "ai_wrap_up_code": "Billing Issue",
        "ai_notes": "An incorrect charge.",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [
                {"code": "Billing Issue", "translation": {"language": "de", "code": "Abrechnung"}},
                {"code": "Store Issue"}
            ],
            "default_code": "Billing Issue",
            "duration": 120,
            "show_timer": true,
            "enable_ai_code": true,
            "enable_ai_notes": true
        }
    });
    let first = open(&api, &request).await;
    let stored_before =
        [server.stored(SEGMENTS).await.len(), server.stored(PHONE_LOG).await.len(), server.stored(CODES).await.len()];
    let allowed = |translation: Value| {
        let codes = json!([{"code": " Billing Issue", "translation": translation}, {"code": "Store Issue\n"}]);
        json!({"configuration": {"allowed_codes": codes}})
    };
    let cases = [
        ("the very same", json!({})),
        (
            "flags as text",
            json!({
                "external": "true",
                "segmented": "true",
                "configuration": {"enable_codes": "true", "show_timer": "true"}
            }),
        ),
        ("duration as text", json!({"configuration": {"duration": "120"}})),
        ("RFC 3339", json!({"opened_on": "2024-09-16T17:52:01Z"})),
        ("RFC 3339 with an offset", json!({"opened_on": "2024-09-16T10:52:01.5-07:00"})),
        ("a translation as a list of one", allowed(json!([{"language": "de", "code": "Abrechnung"}]))),
        ("another case of the language", allowed(json!({"language": "DE", "code": "Abrechnung"}))),
        ("a padded default", json!({"configuration": {"default_code": " Billing Issue "}})),
        ("unknown fields", json!({"colour": "red", "configuration": {"colour": "blue"}})),
    ];
    for (case, changes) in cases {
        let reply = create(&api, &merged(request.clone(), &changes)).await;
        assert_eq!(reply.status, 200, "{case}: {}", reply.text());
        assert_eq!(reply.expect(200)["segment"], first, "{case}");
    }
    // Defaults that are written out make no difference, nor do blank texts or the order of the codes.
    let mut written_out = request.clone();
    for flag in ["use_ai_as_default", "use_ai_code_as_default", "use_third_party_ai"] {
        written_out["configuration"][flag] = json!(false);
    }
    let codes = written_out["configuration"]["allowed_codes"].as_array_mut().unwrap();
    codes[0]["translation"]["description"] = json!("");
    codes[1]["description"] = json!("");
    codes.reverse();
    assert_eq!(open(&api, &written_out).await, first, "written out");
    let in_xml = api.call(Method::POST, "segment/create").xml(&to_xml_request(&written_out)).send().await;
    assert_eq!(in_xml.expect(200)["segment"], first, "written out, in XML");
    // null means absent, so it makes no difference either.
    let mut with_nulls = request.clone();
    for field in ["wrap_up_configuration_sys_id", "colour"] {
        with_nulls[field] = Value::Null;
    }
    with_nulls["configuration"]["use_ai_as_default"] = Value::Null;
    with_nulls["configuration"]["allowed_codes"][1]["translation"] = Value::Null;
    assert_eq!(open(&api, &with_nulls).await, first, "nulls");
    let stored_after =
        [server.stored(SEGMENTS).await.len(), server.stored(PHONE_LOG).await.len(), server.stored(CODES).await.len()];
    assert_eq!(stored_after, stored_before, "nothing is created twice");
}

#[tokio::test]
async fn neither_the_order_of_fields_nor_the_notation_makes_another_request() {
    let server = Server::start(BINARY);
    let api = server.api();
    let post = async |content_type: &str, body: &str| {
        let call = api.call(Method::POST, "segment/create").body(content_type, body.to_owned());
        call.send().await.expect(200)["segment"].clone()
    };
    let first = post(
        "application/json",
        r#"{"agent_sys_id": "a", "interaction_sys_id": "i", "external": true, "external_segment_id": "E",
            "configuration": {"enable_codes": true,
            "allowed_codes": [{"code": "Tax", "translation": {"language": "de", "code": "Steuer"}}],
            "default_code": "Tax", "duration": 60, "show_timer": true}, "opened_on": "2024-09-16 17:52:01"}"#,
    )
    .await;
    let reordered = post(
        "application/json",
        r#"{"configuration": {"show_timer": true, "duration": 60, "default_code": "Tax",
            "allowed_codes": [{"translation": {"code": "Steuer", "language": "de"}, "code": "Tax"}],
            "enable_codes": true},
            "opened_on": "2024-09-16 17:52:01", "external_segment_id": "E", "external": true,
            "interaction_sys_id": "i", "agent_sys_id": "a"}"#,
    )
    .await;
    assert_eq!(reordered, first);
    let xml = post(
        "application/xml",
        "<request><agent_sys_id>a</agent_sys_id><interaction_sys_id>i</interaction_sys_id><external>true</external>\
         <external_segment_id>E</external_segment_id><opened_on>2024-09-16 17:52:01</opened_on><configuration>\
         <enable_codes>true</enable_codes><allowed_codes><code>Tax</code><translation><language>de</language>\
         <code>Steuer</code></translation></allowed_codes><default_code>Tax</default_code><duration>60</duration>\
         <show_timer>true</show_timer></configuration></request>",
    )
    .await;
    assert_eq!(xml, first);
}

#[tokio::test]
async fn another_request_under_the_same_external_id_is_refused_and_changes_nothing() {
    let server = Server::start(BINARY);
    let api = server.api();
    let ai =
        json!({"ai_wrap_up_code": "Billing Issue", "ai_notes": "A charge.", "configuration": {"enable_ai_code": true}});
    let request = external_with("EXT-SEG-001", ai);
    let first = open(&api, &request).await;
    let codes = |codes: Value| json!({"configuration": {"allowed_codes": codes}});
    let translation = json!({"language": "de", "code": "Abrechnung"});
    // Each with the fields that differ, which are named, and no other ones.
    let cases = [
        (json!({"agent_sys_id": "another agent"}), "agent_sys_id"),
        (json!({"interaction_sys_id": "another interaction"}), "interaction_sys_id"),
        (json!({"opened_on": "2024-09-16 17:52:02"}), "opened_on"),
        (json!({"opened_on": null}), "opened_on"),
        (
            json!({"segmented": true, "segment_id": "S-1", "segment_table": PHONE_LOG}),
            "segmented, segment_id, segment_table",
        ),
        (json!({"segment_id": "S-1"}), "segment_id"),
        (json!({"ai_wrap_up_code": "Store Issue"}), "ai_wrap_up_code"),
        (json!({"ai_wrap_up_code": null}), "ai_wrap_up_code"),
        (json!({"ai_notes": "Another charge."}), "ai_notes"),
        (json!({"configuration": {"default_code": "Store Issue"}}), "configuration.default_code"),
        (codes(json!([{"code": "Billing Issue"}])), "configuration.allowed_codes"),
        (codes(json!([{"code": "Billing Issue"}, {"code": "store issue"}])), "configuration.allowed_codes"),
        (
            codes(json!([{"code": "Billing Issue", "translation": translation}, {"code": "Store Issue"}])),
            "configuration.allowed_codes",
        ),
        (
            codes(json!([{"code": "Billing Issue", "description": "Bills"}, {"code": "Store Issue"}])),
            "configuration.allowed_codes",
        ),
        (json!({"configuration": {"enable_codes": false}}), "configuration.enable_codes"),
        (json!({"configuration": {"enable_ai_notes": true}}), "configuration.enable_ai_notes"),
        (json!({"configuration": {"use_ai_as_default": true}}), "configuration.use_ai_as_default"),
        (json!({"configuration": {"use_third_party_ai": true}}), "configuration.use_third_party_ai"),
        (json!({"configuration": {"show_timer": true}}), "configuration.show_timer"),
        (
            json!({"configuration": {"show_timer": true, "duration": 60}}),
            "configuration.duration, configuration.show_timer",
        ),
    ];
    for (changes, fields) in cases {
        let body = merged(request.clone(), &changes);
        let in_xml = api.call(Method::POST, "segment/create").xml(&to_xml_request(&body)).send().await;
        for reply in [create(&api, &body).await, in_xml] {
            assert_refused(&reply, 400, &["EXT-SEG-001"], &changes.to_string());
            let message = reply.segment_error(400);
            assert!(message.ends_with(&format!("a different request, which differs in {fields}.")), "{message}");
        }
    }
    assert_eq!(get(&api, "EXT-SEG-001").await, first);
    let found = api.get("segment/agent/another%20agent/interaction/213412345678567890ab90abcdefcdef").await;
    assert_refused(&found, 404, &[], "the other agent has no segment");
}

#[tokio::test]
async fn a_request_is_compared_before_its_defaults_are_filled_in() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = external_with("EXT-SEG-001", json!({"opened_on": null}));
    let first = open(&api, &request).await;
    assert_eq!(open(&api, &request).await, first, "absent equals absent, and keeps the first call's time");
    // To name the very time that was filled in is to ask for something else.
    let named = merged(request, &json!({"opened_on": first["opened_on"]}));
    assert_refused(&create(&api, &named).await, 400, &["EXT-SEG-001"], "opened_on named");
}

#[tokio::test]
async fn a_refused_request_leaves_no_interaction_segment_behind() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segmented = |segment_id: &str| {
        external_with("EXT-SEG-001", json!({"segmented": true, "segment_id": segment_id, "segment_table": PHONE_LOG}))
    };
    open(&api, &segmented("S-1")).await;
    assert_refused(&create(&api, &segmented("S-2")).await, 400, &["EXT-SEG-001"], "another segment_id");
    let records = server.stored(PHONE_LOG).await;
    let ids: Vec<&str> = records.iter().map(|record| record["segment_id"].as_s().unwrap().as_str()).collect();
    assert_eq!(ids, ["S-1"]);
}

#[tokio::test]
async fn an_external_id_names_its_segment_even_after_it_is_closed() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = external("EXT-SEG-001");
    let first = open(&api, &request).await;
    close(&api, id(&first)).await;
    let again = open(&api, &request).await;
    assert_eq!(id(&again), id(&first));
    assert_eq!(again, get(&api, "EXT-SEG-001").await);
    assert_eq!(again["state"], "closed");
    let other = external_with("EXT-SEG-001", json!({"opened_on": "2025-01-01 00:00:00"}));
    assert_refused(&create(&api, &other).await, 400, &["EXT-SEG-001"], "another request");
}

#[tokio::test]
async fn an_internal_segment_is_opened_once_while_it_is_open() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = merged(internal(&server.demo_configuration()), &json!({"segment_id": "S-1"}));
    let first = open(&api, &request).await;
    assert_eq!(open(&api, &request).await, first, "the same request again");
    let as_text = merged(request.clone(), &json!({"external": "false"}));
    assert_eq!(open(&api, &as_text).await, first, "the same in other words");
    let another = server.put_configuration(BINARY, &json!({"name": "Another"}));
    for changes in [
        json!({"opened_on": "2024-09-16 17:52:01"}),
        json!({"wrap_up_configuration_sys_id": another}),
        json!({"segment_table": PHONE_LOG}),
        json!({"ai_notes": "Notes"}),
    ] {
        let reply = create(&api, &merged(request.clone(), &changes)).await;
        let field = changes.as_object().unwrap().keys().next().unwrap();
        assert_refused(&reply, 400, &[id(&first), field], &changes.to_string());
    }
    // Each of the three parts of the key makes another segment.
    let mut ids = vec![id(&first).to_owned()];
    for changes in [
        json!({"segment_id": "S-2"}),
        json!({"segment_id": null}),
        json!({"agent_sys_id": "another agent"}),
        json!({"interaction_sys_id": "another interaction"}),
    ] {
        let segment = open(&api, &merged(request.clone(), &changes)).await;
        assert_eq!(open(&api, &merged(request.clone(), &changes)).await, segment, "{changes}");
        assert!(!ids.contains(&id(&segment).to_owned()), "{changes}");
        ids.push(id(&segment).to_owned());
    }
    assert_eq!(get(&api, id(&first)).await, first);
}

#[tokio::test]
async fn an_internal_segment_that_was_closed_makes_room_for_a_new_one() {
    let server = Server::start(BINARY);
    let api = server.api();
    let request = internal(&server.demo_configuration());
    let mut earlier: Vec<String> = Vec::new();
    for round in 0..4 {
        let segment = open(&api, &request).await;
        assert_eq!(segment["state"], "open", "round {round}");
        assert_eq!(segment["submitted_on"], Value::Null, "round {round}");
        assert!(!earlier.contains(&id(&segment).to_owned()), "round {round}: {}", id(&segment));
        assert_eq!(open(&api, &request).await, segment, "round {round}, asked again");
        assert_eq!(find(&api, AGENT, INTERACTION).await, segment, "round {round}, by agent and interaction");
        close(&api, id(&segment)).await;
        earlier.push(id(&segment).to_owned());
    }
    // A different request is no conflict either once the place is free.
    let dated = merged(request, &json!({"opened_on": "2024-09-16 17:52:01"}));
    let last = open(&api, &dated).await;
    assert_eq!(last["opened_on"], "2024-09-16 17:52:01");
    assert!(!earlier.contains(&id(&last).to_owned()));
    for closed in &earlier {
        assert_eq!(get(&api, closed).await["state"], "closed");
    }
}

#[tokio::test]
async fn a_segmented_wrap_up_creates_its_phone_log_record() {
    let server = Server::start(BINARY);
    let api = server.api();
    let changes = json!({"segmented": true, "segment_id": "call 7/ü", "segment_table": PHONE_LOG});
    let segment = open(&api, &external_with("EXT-SEG-001", changes.clone())).await;
    assert_eq!(segment["segmented"], true);
    assert_eq!(segment["segment_id"], "call 7/ü");
    assert_eq!(segment["segment_table"], PHONE_LOG);
    let records = server.stored(PHONE_LOG).await;
    assert_eq!(records.len(), 1);
    for (column, value) in [("segment_id", "call 7/ü"), ("agent", AGENT), ("interaction", INTERACTION)] {
        assert_eq!(records[0][column].as_s().unwrap(), value, "{column}");
    }
    // A second wrap-up of the same call retrieves the record and leaves it as it is.
    let second = merged(changes, &json!({"agent_sys_id": "another agent"}));
    open(&api, &external_with("EXT-SEG-002", second)).await;
    assert_eq!(server.stored(PHONE_LOG).await, records);
    // An internal one has its record made as well.
    let changes = json!({"segmented": true, "segment_id": "call 8", "segment_table": PHONE_LOG});
    open(&api, &merged(internal(&server.demo_configuration()), &changes)).await;
    assert_eq!(server.stored(PHONE_LOG).await.len(), 2);
    // One that is not segmented has none.
    open(&api, &external_with("EXT-SEG-003", json!({"segmented": false, "segment_id": "call 9"}))).await;
    assert_eq!(server.stored(PHONE_LOG).await.len(), 2);
}

#[tokio::test]
async fn a_segment_table_that_nothing_implements_is_refused_by_name() {
    let server = Server::start(BINARY);
    let api = server.api();
    for table in ["x_acme_call", "interaction_wrap_up_segment", "SN_OPENFRAME_PHONE_LOG"] {
        let changes = json!({"segmented": true, "segment_id": "S-1", "segment_table": table});
        let reply = create(&api, &external_with("EXT-SEG-001", changes.clone())).await;
        assert_refused(&reply, 400, &["segment_table", table], &format!("external, {table}"));
        let reply = create(&api, &merged(internal(&server.demo_configuration()), &changes)).await;
        assert_refused(&reply, 400, &["segment_table", table], &format!("internal, {table}"));
    }
    assert_refused(&api.get("segment/EXT-SEG-001").await, 404, &[], "nothing stored");
}

#[tokio::test]
async fn a_repeated_request_succeeds_after_its_code_was_switched_off() {
    let server = Server::start(BINARY);
    let api = server.api();
    let first = open(&api, &external("EXT-SEG-001")).await;
    put_code(&api, json!({"code": "Billing Issue", "active": false})).await;
    assert_eq!(open(&api, &external("EXT-SEG-001")).await, first);
}

#[tokio::test]
async fn a_repeated_request_succeeds_on_another_instance_after_codes_and_configuration_were_switched_off() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_in(BINARY, folder.path());
    let api = server.api();
    let definition = json!({"name": "Chat", "allowed_codes": ["Order Status"]});
    let own = internal(&server.put_configuration(BINARY, &definition));
    let (first_external, first_internal) = (open(&api, &external("EXT-SEG-001")).await, open(&api, &own).await);
    put_code(&api, json!({"code": "Billing Issue", "active": false})).await;
    server.put_configuration(BINARY, &merged(definition, &json!({"active": false})));
    server.kill();

    // Another process remembers neither the code nor the configuration as they were.
    let server = Server::start_in(BINARY, folder.path());
    let api = server.api();
    let fresh = [external("EXT-SEG-002"), merged(own.clone(), &json!({"interaction_sys_id": "another"}))];
    for (request, field) in fresh.iter().zip(["configuration.allowed_codes[0].code", "wrap_up_configuration_sys_id"]) {
        assert_refused(&create(&api, request).await, 400, &[field], "a new request meets the switched-off state");
    }
    assert_eq!(open(&api, &external("EXT-SEG-001")).await, first_external);
    assert_eq!(open(&api, &own).await, first_internal);
}

#[tokio::test]
async fn a_segment_is_found_by_its_external_id_whatever_that_looks_like() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (external_segment_id, path) in [
        ("EXT-SEG-001", "EXT-SEG-001"),
        // Shaped like a sys_id, in lower and in upper case.
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
        ("0123456789ABCDEF0123456789ABCDEF", "0123456789ABCDEF0123456789ABCDEF"),
        ("a/b c?d#e", "a%2Fb%20c%3Fd%23e"),
        ("100%25", "100%2525"),
        ("Überweisung+1", "%C3%9Cberweisung+1"),
        ("latest:x", "latest:x"),
        ("slot:x", "slot%3Ax"),
    ] {
        let segment = open(&api, &external(external_segment_id)).await;
        assert_eq!(segment["external_segment_id"], external_segment_id);
        assert_eq!(get(&api, path).await, segment, "{path}");
        assert_eq!(get(&api, id(&segment)).await, segment, "{path} by sys_id");
    }
    // Ids are opaque: case and every character count.
    for other in ["ext-seg-001", "EXT-SEG-0010", "0123456789abcdef0123456789ABCDEF", "%20EXT-SEG-001"] {
        assert_refused(&api.get(&format!("segment/{other}")).await, 404, &[], other);
    }
}

#[tokio::test]
async fn an_id_that_is_both_names_the_segment_whose_sys_id_it_is() {
    let server = Server::start(BINARY);
    let api = server.api();
    let first = open(&api, &external("EXT-SEG-001")).await;
    let second = open(&api, &external(id(&first))).await;
    assert_ne!(id(&second), id(&first));
    assert_eq!(get(&api, id(&first)).await, first);
    assert_eq!(get(&api, id(&second)).await, second);
    // An update says which of the two it means.
    close(&api, id(&first)).await;
    assert_eq!(get(&api, id(&second)).await["state"], "open");
    let path = format!("segment/update?external_segment_id={}", id(&first));
    let updated = api.put(&path, &json!({"notes": "the second"})).await.expect(200);
    assert_eq!(updated["sys_id"], second["sys_id"]);
}

#[tokio::test]
async fn agent_and_interaction_find_the_segment_opened_last() {
    let server = Server::start(BINARY);
    let api = server.api();
    // Each row opens a segment and says which one is the latest from then on.
    let rows = [
        ("E-1", "2024-09-16 12:00:00", "E-1"),
        ("E-2", "2024-09-16 13:00:00", "E-2"),
        // Back-dated: created later, opened earlier.
        ("E-3", "2024-09-16 11:00:00", "E-2"),
        ("E-4", "2024-09-16 12:59:59", "E-2"),
        // Opened in the same second: the one created later.
        ("E-5", "2024-09-16 13:00:00", "E-5"),
        ("E-6", "2024-09-16 13:00:00", "E-6"),
        ("E-7", "2024-09-16T15:00:01+02:00", "E-7"),
        ("E-8", "2024-09-16T14:30:00+02:00", "E-7"),
    ];
    for (external_segment_id, opened_on, latest) in rows {
        open(&api, &external_with(external_segment_id, json!({"opened_on": opened_on}))).await;
        let found = find(&api, AGENT, INTERACTION).await;
        assert_eq!(found["external_segment_id"], latest, "after {external_segment_id}");
        assert_eq!(found, get(&api, latest).await, "after {external_segment_id}");
    }
    // A repeated request opens nothing, so it moves nothing.
    open(&api, &external_with("E-1", json!({"opened_on": "2024-09-16 12:00:00"}))).await;
    assert_eq!(find(&api, AGENT, INTERACTION).await["external_segment_id"], "E-7");
    // Internal segments compete on the same terms.
    let own = merged(
        internal(&server.demo_configuration()),
        &json!({"opened_on": "2024-09-16 10:00:00", "segment_id": "S-1"}),
    );
    open(&api, &own).await;
    assert_eq!(find(&api, AGENT, INTERACTION).await["external_segment_id"], "E-7");
    let own = merged(own, &json!({"opened_on": "2024-09-16 13:00:01", "segment_id": "S-2"}));
    let latest = open(&api, &own).await;
    assert_eq!(find(&api, AGENT, INTERACTION).await, latest);
    // Closing does not hide it.
    close(&api, id(&latest)).await;
    assert_eq!(id(&find(&api, AGENT, INTERACTION).await), id(&latest));
}

#[tokio::test]
async fn agent_and_interaction_are_not_mixed_up() {
    let server = Server::start(BINARY);
    let api = server.api();
    for (index, (agent, interaction)) in [("a", "bc"), ("ab", "c"), ("bc", "a"), ("a/b", "c d")].into_iter().enumerate()
    {
        let changes = json!({"agent_sys_id": agent, "interaction_sys_id": interaction});
        open(&api, &external_with(&format!("E-{index}"), changes)).await;
    }
    for (agent, interaction, expected) in
        [("a", "bc", "E-0"), ("ab", "c", "E-1"), ("bc", "a", "E-2"), ("a%2Fb", "c%20d", "E-3")]
    {
        assert_eq!(find(&api, agent, interaction).await["external_segment_id"], expected);
    }
    for (agent, interaction) in [("a", "c"), ("A", "bc"), ("abc", "d")] {
        let reply = api.get(&format!("segment/agent/{agent}/interaction/{interaction}")).await;
        assert_refused(&reply, 404, &[agent, interaction], "nobody's segment");
    }
}

#[tokio::test]
async fn what_is_not_a_segment_is_404() {
    let server = Server::start(BINARY);
    let api = server.api();
    let segment = open(&api, &internal(&server.demo_configuration())).await;
    let cut = &id(&segment)[1..];
    for unknown in ["nope", "0123456789abcdef0123456789abcdef", cut, AGENT, INTERACTION] {
        assert_refused(&api.get(&format!("segment/{unknown}")).await, 404, &[unknown], unknown);
    }
}

#[tokio::test]
async fn the_tables_own_records_are_never_found_as_segments() {
    let server = Server::start(BINARY);
    let api = server.api();
    open(&api, &internal(&server.demo_configuration())).await;
    let stored = server.stored(SEGMENTS).await;
    let keys: Vec<&str> = stored.iter().map(|item| item["sys_id"].as_s().unwrap().as_str()).collect();
    let own: Vec<&str> = keys.into_iter().filter(|key| key.contains(':')).collect();
    assert!(!own.is_empty());
    let body = json!({"notes": "n"});
    for key in own {
        assert_refused(&api.get(&format!("segment/{key}")).await, 404, &[key], key);
        for name in ["segment_sys_id", "external_segment_id"] {
            let reply = api.put(&format!("segment/update?{name}={key}"), &body).await;
            assert_refused(&reply, 404, &[key], key);
            let reply = api.put("segment/update/ai", &json!({name: key, "ai_notes": "n"})).await;
            assert_refused(&reply, 404, &[key], key);
        }
    }
}
