//! Wrap-up codes: how they are created, updated, refused, translated and read.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Reply, Server, mentions};

use crate::{BINARY, shared};

/// Posts codes and answers what was created.
async fn create(api: &Api, codes: Value) -> Vec<Value> {
    let answer = api.post("code", &json!({"codes": codes})).await.expect(200);
    answer["result"]["result_map"]["created_wrap_up_codes"].as_array().unwrap().clone()
}

/// Posts one code and answers it.
async fn put(api: &Api, code: Value) -> Value {
    let created = create(api, json!([code])).await;
    assert_eq!(created.len(), 1);
    created[0].clone()
}

fn id(code: &Value) -> &str {
    code["sys_id"].as_str().unwrap()
}

/// The code as GET shows it; `""` sends no `Accept-Language`.
async fn get(api: &Api, sys_id: &str, accept_language: &str) -> Value {
    let call = api.call(Method::GET, &format!("code/{sys_id}"));
    let call = if accept_language.is_empty() { call } else { call.header("Accept-Language", accept_language) };
    call.send().await.expect(200)["result"]["result_map"]["wrap_up_code"].clone()
}

fn translated(code: &Value) -> [&str; 2] {
    [code["translated_code"].as_str().unwrap(), code["translated_description"].as_str().unwrap()]
}

/// Asserts a refusal in the envelope of the code endpoints whose message names every field.
#[track_caller]
fn assert_refused(reply: &Reply, fields: &[&str], case: &str) {
    assert_eq!(reply.status, 400, "{case}: {}", reply.text());
    let answer = reply.expect(400);
    assert_eq!(answer["result"]["success"], false, "{case}: {answer}");
    assert_eq!(answer.as_object().unwrap().len(), 1, "{case}: {answer}");
    assert_eq!(answer["result"]["result_map"], Value::Null, "{case}: {answer}");
    let message = answer["result"]["message"].as_str().unwrap();
    for field in fields {
        assert!(mentions(message, field), "{case}: {field} is not in: {message}");
    }
}

/// Adds an API user who prefers a language.
fn add_user(server: &Server, name: &str, language: &str) -> Api {
    let arguments = ["user", "add", name, "--role", "interaction_integration_user", "--language", language];
    let output = server.cli(BINARY, &arguments, "the password of them\n");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.api().with_user(name, "the password of them")
}

#[tokio::test]
async fn a_new_code_is_answered_whole_and_can_be_read_by_its_sys_id() {
    let server = Server::start(BINARY);
    let api = server.api();
    let body = json!({"codes": [{"code": "Billing Issue", "description": "A code for billing issues", "translations": [
        {"language": "de", "code": "Abrechnungsproblem", "description": "Ein code für Abrechnungsprobleme"}
    ]}]});
    let answer = api.post("code", &body).await.expect(200);
    let sys_id = answer["result"]["result_map"]["created_wrap_up_codes"][0]["sys_id"].as_str().unwrap();
    assert!(sys_id.len() == 32 && sys_id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sys_id}");
    let code = json!({
        "code": "Billing Issue",
        "description": "A code for billing issues",
        "active": true,
        "external": true,
        "sys_id": sys_id,
        "translated_code": "Abrechnungsproblem",
        "translated_description": "Ein code für Abrechnungsprobleme"
    });
    let created = json!({"result": {
        "message": "All wrap up codes created successfully.",
        "result_map": {"created_wrap_up_codes": [code]},
        "success": true
    }});
    assert_eq!(answer, created);
    let found = json!({"result": {
        "message": "Wrap up code found.", "result_map": {"wrap_up_code": code}, "success": true
    }});
    assert_eq!(api.get(&format!("code/{sys_id}")).await.expect(200), found);
}

#[tokio::test]
async fn a_code_that_is_only_a_label_shows_all_seven_fields() {
    let server = Server::start(BINARY);
    let code = put(&server.api(), json!({"code": "Store Issue"})).await;
    let expected = json!({
        "code": "Store Issue",
        "description": "",
        "active": true,
        "external": true,
        "sys_id": id(&code),
        "translated_code": "Store Issue",
        "translated_description": ""
    });
    assert_eq!(code, expected);
    assert_eq!(get(&server.api(), id(&code), "").await, expected);
}

#[tokio::test]
async fn a_label_is_trimmed_and_its_case_counts() {
    let server = Server::start(BINARY);
    let api = server.api();
    let first = put(&api, json!({"code": "Billing Issue"})).await;
    let padded = put(&api, json!({"code": " \t Billing Issue \n", "description": "padded"})).await;
    assert_eq!(padded["code"], "Billing Issue");
    assert_eq!(id(&padded), id(&first));
    let lower = put(&api, json!({"code": "billing issue"})).await;
    assert_eq!(lower["code"], "billing issue");
    assert_ne!(id(&lower), id(&first));
    assert_eq!(get(&api, id(&first), "").await["description"], "padded");
    assert_eq!(get(&api, id(&lower), "").await["description"], "");
}

#[tokio::test]
async fn an_update_keeps_the_sys_id_and_every_field_it_does_not_name() {
    let server = Server::start(BINARY);
    let api = server.api();
    let first = put(
        &api,
        json!({"code": "Refund", "description": "Money back", "active": "false", "translations": [
            {"language": "de", "code": "Erstattung", "description": "Geld zurück"}
        ]}),
    )
    .await;
    assert_eq!(first["active"], false);
    // Every row builds on the rows before it.
    let updates = [
        (json!({}), ("Money back", false, "Erstattung", "Geld zurück")),
        (
            json!({"description": null, "active": null, "translations": null}),
            ("Money back", false, "Erstattung", "Geld zurück"),
        ),
        (json!({"active": true}), ("Money back", true, "Erstattung", "Geld zurück")),
        (json!({"description": "All of it"}), ("All of it", true, "Erstattung", "Geld zurück")),
        (json!({"translations": []}), ("All of it", true, "Erstattung", "Geld zurück")),
        (
            json!({"translations": [{"language": "de", "code": "Rückzahlung"}]}),
            ("All of it", true, "Rückzahlung", "Geld zurück"),
        ),
        (json!({"description": ""}), ("", true, "Rückzahlung", "Geld zurück")),
        (json!({"active": "false"}), ("", false, "Rückzahlung", "Geld zurück")),
    ];
    for (mut update, (description, active, label, explained)) in updates {
        update["code"] = json!("Refund");
        let expected = json!({
            "code": "Refund", "description": description, "active": active, "external": true, "sys_id": id(&first),
            "translated_code": label, "translated_description": explained
        });
        assert_eq!(put(&api, update.clone()).await, expected, "answer to {update}");
        assert_eq!(get(&api, id(&first), "").await, expected, "stored after {update}");
    }
}

#[tokio::test]
async fn an_empty_description_of_a_translation_clears_that_one_alone() {
    let server = Server::start(BINARY);
    let api = server.api();
    let code = put(
        &api,
        json!({"code": "Refund", "description": "Money back", "translations": [
            {"language": "de", "code": "Erstattung", "description": "Geld zurück"},
            {"language": "fr", "code": "Remboursement", "description": "Argent rendu"}
        ]}),
    )
    .await;
    put(&api, json!({"code": "Refund", "translations": [{"language": "de", "code": "Erstattung", "description": ""}]}))
        .await;
    assert_eq!(translated(&get(&api, id(&code), "de").await), ["Erstattung", ""]);
    assert_eq!(translated(&get(&api, id(&code), "fr").await), ["Remboursement", "Argent rendu"]);
    assert_eq!(get(&api, id(&code), "de").await["description"], "Money back");
}

#[tokio::test]
async fn translations_merge_by_language_and_field_by_field() {
    let server = Server::start(BINARY);
    let api = server.api();
    let code = put(
        &api,
        json!({"code": "Refund", "translations": [
            {"language": "de", "code": "Erstattung", "description": "Geld zurück"}
        ]}),
    )
    .await;
    put(&api, json!({"code": "Refund", "translations": [{"language": "fr", "code": "Remboursement"}]})).await;
    put(&api, json!({"code": "Refund", "translations": [{"language": "de", "code": "Rückzahlung"}]})).await;
    put(
        &api,
        json!({"code": "Refund", "translations": [
            {"language": "fr", "code": "Remboursement", "description": "Argent rendu"},
            {"language": "it", "code": "Rimborso"}
        ]}),
    )
    .await;
    for (language, expected) in [
        ("de", ["Rückzahlung", "Geld zurück"]),
        ("fr", ["Remboursement", "Argent rendu"]),
        // Italian has a label only, so the description is the code's own, which is unset.
        ("it", ["Rimborso", ""]),
    ] {
        assert_eq!(translated(&get(&api, id(&code), language).await), expected, "{language}");
    }
}

#[tokio::test]
async fn a_language_is_kept_in_lower_case() {
    let server = Server::start(BINARY);
    let api = server.api();
    let code = put(
        &api,
        json!({"code": "Refund", "translations": [{"language": "DE", "code": "Erstattung", "description": "Geld"}]}),
    )
    .await;
    // The same language in another case is the same language.
    put(&api, json!({"code": "Refund", "translations": [{"language": "de", "code": "Rückzahlung"}]})).await;
    for accept_language in ["de", "DE", "De-at"] {
        let code = get(&api, id(&code), accept_language).await;
        assert_eq!(translated(&code), ["Rückzahlung", "Geld"], "{accept_language}");
    }
}

#[tokio::test]
async fn an_operators_code_stays_internal_when_the_api_updates_it() {
    let server = Server::start(BINARY);
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(file.path(), "code\nLost Parcel\n").unwrap();
    let output = server.cli(BINARY, &["code", "import", &file.path().to_string_lossy()], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let updated = put(&server.api(), json!({"code": "Lost Parcel", "description": "Never came"})).await;
    assert_eq!(updated["external"], false);
    assert_eq!(updated["description"], "Never came");
    // What a caller says of `external` is an unknown field.
    let claimed = put(&server.api(), json!({"code": "Late Parcel", "external": false})).await;
    assert_eq!(claimed["external"], true);
}

#[tokio::test]
async fn a_thousand_codes_in_one_request_come_back_in_its_order() {
    let server = Server::start(BINARY);
    let api = server.api();
    // 617 and 1,000 share no factor, so this visits every number once and is not sorted.
    let labels: Vec<String> = (0..1_000).map(|step| format!("Code {:03}", step * 617 % 1_000)).collect();
    let codes: Vec<Value> = labels
        .iter()
        .map(|label| {
            json!({"code": label, "description": format!("All about {label}"), "translations": [
                {
                    "language": "de",
                    "code": format!("{label} auf Deutsch"),
                    "description": format!("Alles über {label}")
                }
            ]})
        })
        .collect();
    let created = create(&api, json!(codes)).await;
    let answered: Vec<&str> = created.iter().map(|code| code["code"].as_str().unwrap()).collect();
    assert_eq!(answered, labels);
    let ids: std::collections::HashSet<&str> = created.iter().map(id).collect();
    assert_eq!(ids.len(), 1_000);
    for index in [0, 1, 499, 998, 999] {
        let stored = get(&api, id(&created[index]), "").await;
        assert_eq!(stored, created[index]);
        assert_eq!(stored["translated_description"], format!("Alles über {}", labels[index]));
    }
    assert_eq!(create(&api, json!(codes)).await, created, "the same thousand again are the same thousand");
}

#[tokio::test]
async fn some_invalid_codes_give_207_and_the_valid_ones_are_stored_in_order() {
    let server = Server::start(BINARY);
    let api = server.api();
    let body = json!({"codes": [
        {"code": "First"},
        {"description": "no label"},
        {"code": "Second", "description": "two"},
        {"code": "Broken", "translations": [{"language": "german", "code": "Kaputt"}]},
        "no object",
        {"code": "Third", "active": "perhaps"},
        {"code": "Fourth"}
    ]});
    let answer = api.post("code", &body).await.expect(207);
    assert_eq!(answer["result"]["success"], true);
    let result_map = &answer["result"]["result_map"];
    let created = result_map["created_wrap_up_codes"].as_array().unwrap();
    let labels: Vec<&str> = created.iter().map(|code| code["code"].as_str().unwrap()).collect();
    assert_eq!(labels, ["First", "Second", "Fourth"]);
    for code in created {
        assert_eq!(get(&api, id(code), "").await, *code);
    }
    let failed = result_map["failed_wrap_up_codes"].as_array().unwrap();
    let expected = [
        (1, Value::Null, "codes[1].code"),
        (3, json!("Broken"), "codes[3].translations[0].language"),
        (4, Value::Null, "codes[4]"),
        (5, json!("Third"), "codes[5].active"),
    ];
    assert_eq!(failed.len(), expected.len(), "{failed:?}");
    for (failed, (index, code, field)) in failed.iter().zip(expected) {
        assert_eq!(failed["index"], index);
        assert_eq!(failed["code"], code);
        assert!(mentions(failed["message"].as_str().unwrap(), field), "{failed}");
    }
    // The refused ones left nothing behind: they come back as new codes, without what was refused.
    let broken = put(&api, json!({"code": "Broken"})).await;
    assert_eq!(translated(&broken), ["Broken", ""]);
}

#[tokio::test]
async fn only_invalid_codes_give_400_that_names_each_of_them() {
    let server = shared();
    let body = json!({"codes": [{"description": "no label"}, {"code": "Broken", "active": 1}, null]});
    let reply = server.api().post("code", &body).await;
    assert_refused(&reply, &["codes[0].code", "codes[1].active", "codes[2]"], "three invalid codes");
}

#[tokio::test]
async fn of_a_label_given_twice_the_later_one_fails() {
    let server = Server::start(BINARY);
    let api = server.api();
    let body = json!({"codes": [
        {"code": "Refund", "description": "first"},
        {"code": "refund", "description": "another case"},
        {"code": " Refund ", "description": "second"},
        {"code": "Refund", "description": "third"}
    ]});
    let answer = api.post("code", &body).await.expect(207);
    let created = answer["result"]["result_map"]["created_wrap_up_codes"].as_array().unwrap();
    assert_eq!(created.iter().map(|code| &code["description"]).collect::<Vec<_>>(), ["first", "another case"]);
    let failed = answer["result"]["result_map"]["failed_wrap_up_codes"].as_array().unwrap();
    assert_eq!(failed.iter().map(|failed| &failed["index"]).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(get(&api, id(&created[0]), "").await["description"], "first");
}

#[tokio::test]
async fn a_request_without_a_list_of_codes_is_refused() {
    let server = shared();
    for body in [
        json!({}),
        json!({"codes": null}),
        json!({"codes": []}),
        json!({"codes": ""}),
        json!({"codes": "Refund"}),
        json!({"codes": {"code": "Refund"}}),
    ] {
        let reply = server.api().post("code", &body).await;
        assert_refused(&reply, &["codes"], &body.to_string());
    }
}

#[tokio::test]
async fn what_the_reference_requires_of_a_translation_is_enforced() {
    let server = Server::start(BINARY);
    let api = server.api();
    let german = json!({"language": "de", "code": "Erstattung"});
    let cases = [
        (json!({"translations": [{"language": "de"}]}), "codes[0].translations[0].code"),
        (json!({"translations": [{"language": "de", "code": null}]}), "codes[0].translations[0].code"),
        (json!({"translations": [{"language": "de", "code": " "}]}), "codes[0].translations[0].code"),
        (json!({"translations": [german, {"code": "Remboursement"}]}), "codes[0].translations[1].language"),
        (json!({"translations": [{"language": "", "code": "x"}]}), "codes[0].translations[0].language"),
        (json!({"translations": [{"language": "deu", "code": "x"}]}), "codes[0].translations[0].language"),
        (json!({"translations": [{"language": "d", "code": "x"}]}), "codes[0].translations[0].language"),
        (json!({"translations": [{"language": "d1", "code": "x"}]}), "codes[0].translations[0].language"),
        (json!({"translations": [{"language": "de-AT", "code": "x"}]}), "codes[0].translations[0].language"),
        (json!({"translations": [{"language": "ß", "code": "x"}]}), "codes[0].translations[0].language"),
        (json!({"description": "Money back", "translations": [german]}), "codes[0].translations[0].description"),
        (json!({"translations": "de"}), "codes[0].translations"),
        (json!({"translations": ["de"]}), "codes[0].translations[0]"),
    ];
    for (mut code, field) in cases {
        code["code"] = json!("Refund");
        let reply = api.post("code", &json!({"codes": [code]})).await;
        assert_refused(&reply, &[field], &code.to_string());
    }
    // Without a description of the code, none is needed of the translation.
    for code in [
        json!({"code": "Refund", "translations": [german]}),
        json!({"code": "Refund", "description": "", "translations": [german]}),
    ] {
        assert_eq!(put(&api, code).await["translated_code"], "Erstattung");
    }
}

#[tokio::test]
async fn one_answer_names_every_violation_of_a_code() {
    let server = shared();
    let body = json!({"codes": [{"active": "yes", "description": "d", "translations": [{"language": "x"}]}]});
    let reply = server.api().post("code", &body).await;
    let translation = "codes[0].translations[0]";
    let fields = [
        "codes[0].code".to_owned(),
        "codes[0].active".to_owned(),
        format!("{translation}.code"),
        format!("{translation}.language"),
        format!("{translation}.description"),
    ];
    assert_refused(&reply, &fields.each_ref().map(String::as_str), "five violations");
}

#[tokio::test]
async fn accept_language_picks_the_translation() {
    let server = Server::start(BINARY);
    let api = server.api();
    let code = put(
        &api,
        json!({"code": "Refund", "description": "Money back", "translations": [
            {"language": "de", "code": "Erstattung", "description": "Geld zurück"},
            {"language": "fr", "code": "Remboursement", "description": "Argent rendu"},
            {"language": "pt", "code": "Reembolso", "description": "Dinheiro de volta"}
        ]}),
    )
    .await;
    let (own, de, fr) = (["Refund", "Money back"], ["Erstattung", "Geld zurück"], ["Remboursement", "Argent rendu"]);
    let pt = ["Reembolso", "Dinheiro de volta"];
    for (accept_language, expected) in [
        ("fr", fr),
        ("FR", fr),
        ("fr-CA", fr),
        ("fr-CA, de", fr),
        ("de;q=0.5, fr;q=0.9", fr),
        ("de;q=0.9, fr;q=0.5", de),
        ("fr;q=0.5, de", de),
        ("fr; q=0.1 , pt ; q=0.2", pt),
        // What is not stored is passed over for the next best.
        ("es, it;q=0.9, fr;q=0.1", fr),
        ("de;q=0, fr;q=0.1", fr),
        // Wished for but not stored: the label itself.
        ("es", own),
        ("en-GB, en;q=0.9", own),
        // Nobody names a language: the translation stored first.
        ("*", de),
        ("", de),
    ] {
        assert_eq!(translated(&get(&api, id(&code), accept_language).await), expected, "{accept_language:?}");
    }
}

#[tokio::test]
async fn the_answer_to_an_upsert_is_translated_as_well() {
    let server = Server::start(BINARY);
    let body = json!({"codes": [{"code": "Refund", "translations": [
        {"language": "de", "code": "Erstattung"}, {"language": "fr", "code": "Remboursement"}
    ]}]});
    let reply = server.api().call(Method::POST, "code").header("Accept-Language", "fr").json(&body).send().await;
    let created = &reply.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0];
    assert_eq!(translated(created), ["Remboursement", ""]);
}

#[tokio::test]
async fn the_first_of_request_user_and_deployment_that_names_a_language_decides() {
    let server = Server::start_with(BINARY, &["--in-memory"], &[("WRAPUP_LANGUAGE", "fr")]);
    let nobody = server.api();
    let (german, spaniard) = (add_user(&server, "german", "de"), add_user(&server, "spaniard", "es"));
    let code = put(
        &nobody,
        json!({"code": "Refund", "translations": [
            {"language": "it", "code": "Rimborso"},
            {"language": "de", "code": "Erstattung"},
            {"language": "fr", "code": "Remboursement"}
        ]}),
    )
    .await;
    for (who, api, accept_language, expected) in [
        ("a user without a language", &nobody, "", "Remboursement"),
        ("a user without a language", &nobody, "*", "Remboursement"),
        ("a user without a language", &nobody, "it", "Rimborso"),
        ("a German", &german, "", "Erstattung"),
        ("a German", &german, "*", "Erstattung"),
        ("a German", &german, "it", "Rimborso"),
        // The request decides, even for a language that is not stored.
        ("a German", &german, "es", "Refund"),
        // The user decides, even though the deployment's language would be there.
        ("a Spaniard", &spaniard, "", "Refund"),
        ("a Spaniard", &spaniard, "de", "Erstattung"),
    ] {
        let code = get(api, id(&code), accept_language).await;
        assert_eq!(code["translated_code"], expected, "{who} who sends {accept_language:?}");
    }
}

#[tokio::test]
async fn where_nobody_wishes_the_translation_stored_first_is_shown() {
    let server = Server::start(BINARY);
    let api = server.api();
    let code = put(
        &api,
        json!({"code": "Refund", "translations": [
            {"language": "pt", "code": "Reembolso"}, {"language": "de", "code": "Erstattung"}
        ]}),
    )
    .await;
    assert_eq!(translated(&code), ["Reembolso", ""]);
    // Neither a later language nor an update of another one takes its place.
    for (language, label) in [("ar", "Istirdad"), ("de", "Rückzahlung")] {
        let body = json!({"code": "Refund", "translations": [{"language": language, "code": label}]});
        assert_eq!(translated(&put(&api, body).await), ["Reembolso", ""], "after {language}");
    }
    let body = json!({"code": "Refund", "translations": [{"language": "pt", "code": "Devolução"}]});
    put(&api, body).await;
    assert_eq!(translated(&get(&api, id(&code), "").await), ["Devolução", ""]);
}

#[tokio::test]
async fn an_unknown_code_is_404_in_the_result_envelope() {
    let server = Server::start(BINARY);
    let api = server.api();
    let code = put(&api, json!({"code": "Refund"})).await;
    let unknown =
        ["0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF", "nope", "Refund", &id(&code)[1..]];
    for sys_id in unknown {
        let answer = api.get(&format!("code/{sys_id}")).await.expect(404);
        let message = answer["result"]["message"].as_str().unwrap();
        assert_eq!(answer, json!({"result": {"success": false, "message": message}}));
        assert!(message.contains(sys_id), "{message}");
    }
    // A sys_id is found in upper case, too, and shown as it is.
    let found = api.get(&format!("code/{}", id(&code).to_uppercase())).await.expect(200);
    assert_eq!(found["result"]["result_map"]["wrap_up_code"], code);
}
