//! Fields as clients of many languages write them.

use serde_json::{Value, json};

use super::{close, laid_over, open, open_as, opening, opening_with};
use crate::commands::conformance::check::{Check, addition, post, put};

pub fn checks() -> Vec<Check> {
    let notes = |text: &str| json!({ "success": true, "segment": { "notes": text } });
    vec![
        addition("flags are read in any case and with blanks around them")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "enable_codes": "True", "show_timer": " false " })),
                    json!({ "external": "TRUE" }),
                ))
                .shows(json!({ "segment": { "external": true, "wrap_up_configuration": { "enable_codes": true } } })),
            )
            .then(close()),
        addition("flags that are numbers are 400")
            .then(post("segment/create", opening(json!({ "segmented": "1" }))).refused("segmented"))
            .then(post("segment/create", opening(json!({ "segmented": 0 }))).refused("segmented")),
        addition("whole numbers stand for their digits")
            .then(
                open_as(opening(json!({ "agent_sys_id": 12345, "ai_notes": null })))
                    .shows(json!({ "segment": { "agent": "12345" } })),
            )
            .then(close()),
        addition("a duration of 120.0 is 120; others than whole ones above 0 are 400")
            .then(
                open_as(laid_over(
                    opening_with(json!({ "duration": 120.0, "show_timer": true })),
                    json!({ "opened_on": "2024-09-16 17:52:01" }),
                ))
                .shows(json!({ "segment": { "wrap_up_configuration": { "duration": "120" } } })),
            )
            .then(close())
            .then(
                post(
                    "segment/create",
                    laid_over(
                        opening_with(json!({ "duration": 1.5, "show_timer": true })),
                        json!({ "external_segment_id": "{id}-2", "opened_on": "2024-09-16 17:52:01" }),
                    ),
                )
                .refused("configuration.duration"),
            ),
        addition("labels lose byte order marks with the blanks around them").then(
            post("code", json!({ "codes": [{ "code": "\u{feff} {id} Billing\u{feff}" }] })).shows(json!({ "result": {
                "result_map": { "created_wrap_up_codes": [{ "code": "{id} Billing" }] }
            } })),
        ),
        addition("half of a surrogate pair in notes is U+FFFD").in_json().then(open()).then(
            put("segment/update?segment_sys_id={segment}", Value::Null)
                .text("application/json", r#"{ "notes": "cut \ud83d", "confirmed_on": "2024-09-16 18:52:01" }"#)
                .shows(notes("cut \u{fffd}")),
        ),
        addition("half of a surrogate pair in XML is U+FFFD; two references that make a pair are its character")
            .in_xml()
            .then(open())
            .then(
                put("segment/update?segment_sys_id={segment}", Value::Null)
                    .text(
                        "application/xml",
                        "<request><notes>whole &#xD83D;&#xDE00; cut &#xD83D;</notes>\
                         <confirmed_on>2024-09-16 18:52:01</confirmed_on></request>",
                    )
                    .shows(notes("whole \u{1f600} cut \u{fffd}")),
            ),
        addition("half of a surrogate pair in a label is 400").in_json().then(
            post("code", Value::Null)
                .text("application/json", r#"{ "codes": [{ "code": "{id} \ud83d" }] }"#)
                .answers(&[400], super::code_refusal("codes[0].code")),
        ),
        addition("xsi:nil is null, whatever its prefix")
            .in_xml()
            .then(open())
            .then(put("segment/update?segment_sys_id={segment}", json!({ "notes": "Kept." })))
            .then(
                put("segment/update?segment_sys_id={segment}", Value::Null)
                    .text(
                        "application/xml",
                        "<request xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><notes i:nil=\"1\"/>\
                         <confirmed_on>2024-09-16 18:52:01</confirmed_on></request>",
                    )
                    .shows(notes("Kept.")),
            ),
        addition("use_ai_code_as_default is use_ai_as_default")
            .then(
                open_as(opening_with(json!({ "use_ai_code_as_default": true, "use_third_party_ai": true })))
                    .shows(json!({ "segment": { "wrap_up_configuration": { "use_ai_as_default": true } } })),
            )
            .then(close())
            .then(
                post(
                    "segment/create",
                    laid_over(
                        opening_with(json!({ "use_ai_code_as_default": true, "use_ai_as_default": false })),
                        json!({ "external_segment_id": "{id}-2" }),
                    ),
                )
                .refused("configuration.use_ai_as_default"),
            ),
        addition("a description that comes with an allowed code is kept, and stored on a code that is new")
            .then(
                open_as(opening_with(json!({
                    "allowed_codes": [
                        { "code": "{id} New", "description": "Said first",
                          "translation": { "language": "de", "code": "Neu", "description": "Zuerst gesagt" } },
                        { "code": "{run} Billing" }
                    ],
                    "default_code": "{run} Billing"
                })))
                .header("accept-language", "de")
                .shows(json!({ "segment": { "wrap_up_configuration": { "allowed_codes": [
                    { "description": "Said first", "translated_description": "Zuerst gesagt" }, {}
                ] } } })),
            )
            .then(close()),
        addition("segments show timed_out")
            .then(open().shows(json!({ "success": true, "segment": { "timed_out": false } })))
            .then(close()),
        addition("what is blank is not there where it is required")
            .then(post("segment/create", opening(json!({ "agent_sys_id": "  " }))).refused("agent_sys_id")),
    ]
}
