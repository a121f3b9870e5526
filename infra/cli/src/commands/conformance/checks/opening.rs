//! `segment/create`.

use serde_json::{Value, json};

use super::{close, laid_over, open, open_as, opening, opening_with};
use crate::commands::conformance::check::{Check, addition, get, post, reference};

pub fn checks() -> Vec<Check> {
    let mut checks = external();
    checks.extend(internal());
    checks.extend(required());
    checks.extend(repeated());
    checks.extend(refused());
    checks
}

fn external() -> Vec<Check> {
    let advised = json!({
        "ai_wrap_up_code": "{run} Store", "ai_notes": "Customer called about an incorrect charge on their invoice."
    });
    let code = |label: &str| json!({ "code": label, "active": true, "external": true, "sys_id": "<sys_id>" });
    vec![
        reference("an external segment opens with the codes that the request brings")
            .then(
                post("segment/create", opening(json!({ "opened_on": "2024-09-16 17:52:01" })))
                    .shows(json!({
                        "success": true,
                        "message": "Wrap-up segment created successfully.",
                        "sys_id": "<sys_id>",
                        "segment": {
                            "agent": "{agent}", "interaction": "{interaction}", "external": true, "state": "open",
                            "segmented": false, "sys_id": "<sys_id>", "opened_on": "2024-09-16 17:52:01",
                            "wrap_up_configuration": {
                                "enable_codes": true,
                                "allowed_codes": [code("{run} Billing"), code("{run} Store")],
                                "default_code": code("{run} Billing")
                            }
                        }
                    }))
                    .keeps("segment", "/sys_id"),
            )
            .then(close()),
        reference("without opened_on it is the time of the call")
            .then(
                post("segment/create", opening(json!({})))
                    .shows(json!({ "segment": { "opened_on": "<date-time>" } }))
                    .keeps("segment", "/sys_id"),
            )
            .then(close()),
        reference("AI content that the request brings is stored with its time")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "enable_ai_code": true, "enable_ai_notes": true, "use_ai_as_default": true })),
                    advised.clone(),
                ))
                .shows(json!({ "segment": { "wrap_up_configuration": {
                    "enable_ai_code": true, "enable_ai_notes": true, "use_ai_as_default": true
                } } })),
            )
            .then(get("segment/{segment}").shows(json!({ "segment": {
                "ai_wrap_up_code": "{run} Store",
                "ai_notes": "Customer called about an incorrect charge on their invoice.",
                "ai_code_defined_at": "<milliseconds>",
                "ai_notes_defined_at": "<milliseconds>"
            } })))
            .then(close()),
        addition("AI content whose flag is false is left out")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "enable_ai_code": true, "use_third_party_ai": true })),
                    advised,
                ))
                .shows(json!({ "segment": {
                        "ai_wrap_up_code": "{run} Store", "ai_notes": "<none>", "ai_notes_defined_at": "<none>"
                    } })),
            )
            .then(close()),
        reference("flags of a segment may be texts")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "enable_codes": "true", "enable_ai_code": "false" })),
                    json!({ "external": "true", "segmented": "false" }),
                ))
                .shows(json!({ "segment": {
                    "external": true, "segmented": false,
                    "wrap_up_configuration": { "enable_codes": true, "enable_ai_code": false }
                } })),
            )
            .then(close()),
        reference("a duration goes with show_timer and opened_on")
            .then(open_as(laid_over(
                opening_with(json!({ "duration": "120", "show_timer": true })),
                json!({ "opened_on": "2024-09-16 17:52:01" }),
            )))
            .then(close()),
        addition("duration and timer are shown")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "duration": 120, "show_timer": true })),
                    json!({ "opened_on": "2024-09-16T17:52:01Z" }),
                ))
                .shows(json!({ "segment": {
                    "opened_on": "2024-09-16 17:52:01",
                    "wrap_up_configuration": { "duration": "120", "show_timer": true }
                } })),
            )
            .then(close()),
        reference("a segment without codes needs no list of them")
            .then(
                open_as(opening(json!({ "configuration": { "enable_codes": false } })))
                    .shows(json!({ "segment": { "wrap_up_configuration": { "enable_codes": false } } })),
            )
            .then(close()),
        reference("a code may come with its translation")
            .then(
                open_as(opening_with(json!({ "allowed_codes": [
                    { "code": "{run} Billing", "translation": { "language": "de", "code": "Abrechnungsproblem" } },
                    { "code": "{run} Store" }
                ] })))
                .shows(json!({ "segment": { "wrap_up_configuration": { "allowed_codes": [
                    { "code": "{run} Billing", "translated_code": "<text>" }, { "code": "{run} Store" }
                ] } } })),
            )
            .then(close()),
        addition("a translation is shown to those who wish for its language")
            .then(open_as(opening_with(json!({ "allowed_codes": [
                { "code": "{run} Billing", "translation": { "language": "de", "code": "Abrechnungsproblem" } },
                { "code": "{run} Store", "translation": [
                    { "language": "de", "code": "Einkaufsproblem" }, { "language": "fr", "code": "Achat" }
                ] }
            ] }))))
            .then(get("segment/{segment}").header("accept-language", "de").shows(json!({ "segment": {
                "wrap_up_configuration": { "allowed_codes": [
                    { "translated_code": "Abrechnungsproblem" }, { "translated_code": "Einkaufsproblem" }
                ] }
            } })))
            .then(get("segment/{segment}").header("accept-language", "fr").shows(json!({ "segment": {
                "wrap_up_configuration": { "allowed_codes": [
                    { "translated_code": "{run} Billing" }, { "translated_code": "Achat" }
                ] }
            } })))
            .then(close()),
        reference("a segmented wrap-up names the record of its interaction segment")
            .then(
                open_as(opening(json!({
                    "segmented": true, "segment_id": "{id}-record", "segment_table": "{segment_table}"
                })))
                .shows(json!({ "segment": {
                    "segmented": true, "segment_id": "{id}-record", "segment_table": "{segment_table}"
                } })),
            )
            .then(close()),
    ]
}

fn internal() -> Vec<Check> {
    let request = json!({
        "agent_sys_id": "{agent}", "interaction_sys_id": "{interaction}",
        "wrap_up_configuration_sys_id": "{configuration}"
    });
    vec![
        reference("an internal segment opens with an administrator's configuration")
            .needs("configuration")
            .then(open_as(request.clone()).shows(json!({
                "success": true,
                "message": "Wrap-up segment created successfully.",
                "segment": { "external": false, "state": "open", "agent": "{agent}", "interaction": "{interaction}" }
            })))
            .then(close()),
        addition("an internal segment does not wait for a confirmation")
            .needs("configuration")
            .then(open_as(request))
            .then(
                super::super::check::put("segment/update?segment_sys_id={segment}", json!({}))
                    .shows(json!({ "segment": { "state": "closed", "awaiting_confirmation": false } })),
            ),
        reference("an internal segment needs a configuration that there is").then(
            post(
                "segment/create",
                json!({
                    "agent_sys_id": "{agent}", "interaction_sys_id": "{interaction}",
                    "wrap_up_configuration_sys_id": super::NOTHING
                }),
            )
            .has_status(&[400, 404]),
        ),
    ]
}

/// Each field that the reference requires, where it does.
fn required() -> Vec<Check> {
    let without = |field: &str| {
        let mut request = opening(json!({}));
        if let Some(fields) = request.as_object_mut() {
            fields.remove(field);
        }
        request
    };
    let without_of_configuration = |field: &str| {
        let mut request = opening(json!({}));
        if let Some(fields) = request["configuration"].as_object_mut() {
            fields.remove(field);
        }
        request
    };
    let timed = |configuration: Value, other: Value| laid_over(opening_with(configuration), other);
    let opened_on = json!({ "opened_on": "2024-09-16 17:52:01" });
    [
        ("agent_sys_id", "", without("agent_sys_id")),
        ("interaction_sys_id", "", without("interaction_sys_id")),
        ("external_segment_id", " of an external segment", without("external_segment_id")),
        ("configuration", " of an external segment", without("configuration")),
        ("configuration.allowed_codes", " where enable_codes is true", without_of_configuration("allowed_codes")),
        ("configuration.default_code", " where enable_codes is true", without_of_configuration("default_code")),
        ("configuration.show_timer", " beside a duration", timed(json!({ "duration": "60" }), opened_on)),
        ("opened_on", " beside a duration", timed(json!({ "duration": "60", "show_timer": true }), json!({}))),
        (
            "configuration.allowed_codes[1].code",
            "",
            opening_with(json!({ "allowed_codes": [{ "code": "{run} Billing" }, { "translation": null }] })),
        ),
        (
            "segment_id",
            " where segmented is true",
            opening(json!({ "segmented": true, "segment_table": "{segment_table}" })),
        ),
        ("segment_table", " where segmented is true", opening(json!({ "segmented": true, "segment_id": "{id}" }))),
        (
            "wrap_up_configuration_sys_id",
            " of an internal segment",
            json!({ "agent_sys_id": "{agent}", "interaction_sys_id": "{interaction}", "external": false }),
        ),
    ]
    .into_iter()
    .flat_map(|(field, when, request)| {
        // It is the duration that cannot stand without the flag.
        let named = field.replace("configuration.show_timer", "configuration.duration, show_timer");
        [
            reference(format!("{field}{when} is required"))
                .then(post("segment/create", request.clone()).has_status(&[400])),
            addition(format!("a request without {field}{when} is told so"))
                .then(post("segment/create", request).refused(&named)),
        ]
    })
    .collect()
}

fn repeated() -> Vec<Check> {
    let same = |request: Value| post("segment/create", request).shows(json!({ "sys_id": "{segment}" }));
    vec![
        addition("the same segment/create again is answered with the same segment")
            .then(open())
            .then(same(opening(json!({}))))
            .then(close()),
        addition("what is written out though it is the default is no difference, nor is the order of codes")
            .then(open())
            .then(same(opening_with(
                json!({ "allowed_codes": [{ "code": "{run} Store" }, { "code": "{run} Billing" }] }),
            )))
            .then(same(laid_over(
                opening_with(json!({ "use_third_party_ai": false, "show_timer": "false", "duration": "" })),
                json!({ "segmented": false, "opened_on": null, "ai_notes": null }),
            )))
            .then(close()),
        addition("another request under the same id is 400 and names the fields that differ")
            .then(open())
            .then(
                post(
                    "segment/create",
                    laid_over(
                        opening_with(json!({ "default_code": "{run} Store" })),
                        json!({
                            "agent_sys_id": "{id}-another"
                        }),
                    ),
                )
                .refused("agent_sys_id, configuration.default_code"),
            )
            .then(close()),
    ]
}

fn refused() -> Vec<Check> {
    vec![
        reference("ai_notes of a segment that opens have at most 4,000 characters")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "enable_ai_notes": true, "use_third_party_ai": true })),
                    json!({ "ai_notes": "ü".repeat(4_000) }),
                ))
                .shows(json!({ "segment": { "ai_notes": "ü".repeat(4_000) } })),
            )
            .then(close())
            .then(
                post(
                    "segment/create",
                    laid_over(
                        opening_with(json!({ "enable_ai_notes": true, "use_third_party_ai": true })),
                        json!({ "external_segment_id": "{id}-2", "ai_notes": "ü".repeat(4_001) }),
                    ),
                )
                .has_status(&[400]),
            ),
        addition("one answer names all that is wrong with a request").then(
            post(
                "segment/create",
                json!({
                    "interaction_sys_id": "{interaction}", "external": "perhaps", "opened_on": "yesterday"
                }),
            )
            .refused("agent_sys_id, external, opened_on"),
        ),
        addition("a segment table that nothing serves is 400").then(
            post(
                "segment/create",
                opening(json!({
                    "segmented": true, "segment_id": "{id}", "segment_table": "{run}_table"
                })),
            )
            .refused("segment_table, {run}_table"),
        ),
        addition("a default that is not allowed, and a code twice, are 400")
            .then(
                post(
                    "segment/create",
                    opening_with(json!({
                        "allowed_codes": [{ "code": "{run} Store" }, { "code": "{run} Other" }]
                    })),
                )
                .refused("configuration.default_code"),
            )
            .then(
                post(
                    "segment/create",
                    opening_with(json!({
                        "allowed_codes": [{ "code": "{run} Billing" }, { "code": "{run} Billing" }]
                    })),
                )
                .refused("configuration.allowed_codes[1].code"),
            ),
        addition("a code that is switched off is 400")
            .then(post("code", json!({ "codes": [{ "code": "{id} Off", "active": false }] })))
            .then(
                post(
                    "segment/create",
                    opening_with(json!({
                        "allowed_codes": [{ "code": "{run} Billing" }, { "code": "{id} Off" }]
                    })),
                )
                .refused("configuration.allowed_codes[1].code, inactive"),
            ),
        addition("a time that is more than a day ahead is 400")
            .then(post("segment/create", opening(json!({ "opened_on": "2999-01-01 00:00:00" }))).refused("opened_on")),
    ]
}
