//! `code` and `code/{code_id}`.

use serde_json::{Value, json};

use super::{NOTHING, code_refusal};
use crate::commands::conformance::check::{Check, addition, get, post, reference};

/// Where an answer has the sys_id of the first code.
const FIRST: &str = "/result/result_map/created_wrap_up_codes/0/sys_id";

/// The answer to a POST of these codes.
fn created(codes: Value) -> Value {
    json!({ "result": {
        "message": "All wrap up codes created successfully.",
        "result_map": { "created_wrap_up_codes": codes },
        "success": true
    } })
}

/// The answer to a GET of this code.
fn found(code: Value) -> Value {
    json!({ "result": {
        "message": "Wrap up code found.",
        "result_map": { "wrap_up_code": code },
        "success": true
    } })
}

pub fn checks() -> Vec<Check> {
    let billing = |translated: &str, translated_description: &str| {
        json!({
            "code": "{id} Billing", "description": "A code for billing issues", "active": true, "external": true,
            "sys_id": "<sys_id>", "translated_code": translated, "translated_description": translated_description
        })
    };
    let in_german = json!({
        "language": "de", "code": "Abrechnungsproblem", "description": "Ein code für Abrechnungsprobleme"
    });
    let new = |more: Value| {
        super::laid_over(json!({ "code": "{id} Billing", "description": "A code for billing issues" }), more)
    };
    let codes = |list: &[Value]| json!({ "codes": list });
    let translated =
        |translation: Value| post("code", codes(&[json!({ "code": "{id} Billing", "translations": [translation] })]));
    vec![
        reference("a code is created, and found by its sys_id, with all of its fields")
            .then(
                post("code", codes(&[new(json!({ "translations": [in_german] }))]))
                    .shows(created(json!([billing("<string>", "<string>")])))
                    .keeps("code", FIRST),
            )
            .then(
                get("code/{code}")
                    .shows(found(super::laid_over(billing("<string>", "<string>"), json!({ "sys_id": "{code}" })))),
            ),
        reference("a code is active and external, and without a description, unless the request says otherwise").then(
            post("code", codes(&[json!({ "code": "{id} Billing" })])).shows(created(json!([{
                "code": "{id} Billing", "description": "", "active": true, "external": true
            }]))),
        ),
        reference("a code that there is is updated under its sys_id, and keeps what the request leaves out")
            .then(post("code", codes(&[new(json!({}))])).shows(created(json!([{}]))).keeps("code", FIRST))
            .then(post("code", codes(&[json!({ "code": "{id} Billing", "active": false })])).shows(created(json!([{
                "sys_id": "{code}", "active": false
            }]))))
            .then(get("code/{code}").shows(found(json!({ "code": "{id} Billing", "active": false })))),
        reference("flags of a code may be texts").then(
            post("code", codes(&[json!({ "code": "{id} Billing", "active": "false" })])).shows(created(json!([{
                "active": false
            }]))),
        ),
        reference("several codes are answered together").then(
            post("code", codes(&[json!({ "code": "{id} A" }), json!({ "code": "{id} B" })])).shows(created(json!([
                { "code": "{id} A" }, { "code": "{id} B" }
            ]))),
        ),
        reference("where some codes are wrong the others are created, with status 207").then(
            post("code", codes(&[json!({ "code": "{id} A" }), json!({ "description": "without a label" })])).answers(
                &[207],
                json!({ "result": {
                        "success": true, "result_map": { "created_wrap_up_codes": [{ "code": "{id} A" }] }
                    } }),
            ),
        ),
        addition("codes that are wrong stand beside those that are created").then(
            post(
                "code",
                codes(&[
                    json!({ "description": "no label" }),
                    json!({ "code": "{id} A" }),
                    json!({ "code": "{id} A" }),
                ]),
            )
            .answers(
                &[207],
                json!({ "result": {
                        "success": true,
                        "result_map": {
                            "created_wrap_up_codes": [{ "code": "{id} A" }],
                            "failed_wrap_up_codes": [
                                { "index": 0, "message": "<mentions code, required>" },
                                { "index": 2, "code": "{id} A", "message": "<mentions repeats>" }
                            ]
                        }
                    } }),
            ),
        ),
        reference("a request without codes is 400")
            .then(post("code", json!({})).has_status(&[400]))
            .then(post("code", codes(&[json!({ "active": true })])).has_status(&[400])),
        reference("a translation needs a language, a label, and a description where the code has one")
            .then(translated(json!({ "code": "Rechnung" })).has_status(&[400]))
            .then(translated(json!({ "language": "de" })).has_status(&[400]))
            .then(
                post("code", codes(&[new(json!({ "translations": [{ "language": "de", "code": "Rechnung" }] }))]))
                    .has_status(&[400]),
            ),
        addition("a translation that lacks something is told so")
            .then(
                translated(json!({ "code": "Rechnung" }))
                    .answers(&[400], code_refusal("codes[0].translations[0].language")),
            )
            .then(
                translated(json!({ "language": "deutsch", "code": "Rechnung" }))
                    .answers(&[400], code_refusal("codes[0].translations[0].language")),
            ),
        addition("a request for codes that is refused hears which field it is")
            .then(post("code", json!({})).answers(&[400], code_refusal("codes is required")))
            .then(
                post("code", codes(&[json!({ "active": "maybe" })]))
                    .answers(&[400], code_refusal("codes[0].code, codes[0].active")),
            ),
        reference("a code that there is not is not found").then(get(format!("code/{NOTHING}")).has_status(&[400, 404])),
        addition("a code that there is not is 404")
            .then(get(format!("code/{NOTHING}")).answers(&[404], code_refusal(NOTHING))),
        addition("a code is shown in the language that is wished for, else as it is")
            .then(post("code", codes(&[new(json!({ "translations": [in_german] }))])).keeps("code", FIRST))
            .then(
                get("code/{code}")
                    .header("accept-language", "fr;q=0.2, de-AT")
                    .shows(found(billing("Abrechnungsproblem", "Ein code für Abrechnungsprobleme"))),
            )
            .then(
                get("code/{code}")
                    .header("accept-language", "fr")
                    .shows(found(billing("{id} Billing", "A code for billing issues"))),
            ),
        addition("translations are merged by language, and within one field by field")
            .then(post("code", codes(&[new(json!({ "translations": [in_german] }))])).keeps("code", FIRST))
            .then(post(
                "code",
                codes(&[json!({ "code": "{id} Billing", "translations": [
                { "language": "fr", "code": "Facturation", "description": "Un code" },
                { "language": "de", "code": "Rechnung" }
            ] })]),
            ))
            .then(get("code/{code}").header("accept-language", "fr").shows(found(billing("Facturation", "Un code"))))
            .then(
                get("code/{code}")
                    .header("accept-language", "de")
                    .shows(found(billing("Rechnung", "Ein code für Abrechnungsprobleme"))),
            ),
        addition("labels lose the blanks around them").then(
            post("code", codes(&[json!({ "code": "  {id} Billing " })]))
                .shows(created(json!([{ "code": "{id} Billing" }]))),
        ),
    ]
}
