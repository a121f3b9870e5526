//! `segment/update`.

use serde_json::{Value, json};

use super::{NOTHING, close, open, open_as, opening, opening_with, refusal};
use crate::commands::conformance::check::{Check, Step, addition, get, put, reference};

/// Updates `{segment}`.
fn update(fields: Value) -> Step {
    put("segment/update?segment_sys_id={segment}", fields)
}

/// Confirms it, and says nothing else.
fn confirm() -> Step {
    update(json!({ "confirmed_on": CONFIRMED }))
}

/// A segment that was closed with this code.
fn code(label: &str) -> Value {
    json!({ "code": { "code": label } })
}

const CONFIRMED: &str = "2024-09-16 18:52:01";

pub fn checks() -> Vec<Check> {
    let mut checks = vec![
        reference("without a code the default stands in")
            .then(open())
            .then(confirm().shows_segment(code("{run} Billing"))),
        reference("without a code the AI's stands in, where use_ai_as_default is true")
            .then(open_as(super::laid_over(
                opening_with(json!({ "enable_ai_code": true, "use_ai_as_default": true, "use_third_party_ai": true })),
                json!({ "ai_wrap_up_code": "{run} Store" }),
            )))
            .then(confirm().shows_segment(code("{run} Store"))),
        addition("an empty wrap_up_code is none, and an empty update closes")
            .then(open())
            .then(update(json!({ "wrap_up_code": "" })).shows_segment(json!({
                "state": "closed", "code": { "code": "{run} Billing" }
            })))
            .then(open_as(opening(json!({ "external_segment_id": "{id}-2" }))))
            .then(update(json!({})).shows_segment(json!({ "state": "closed" }))),
        reference("without confirmed_on an external segment awaits its confirmation")
            .then(open())
            .then(update(json!({ "wrap_up_code": "{run} Store" })).shows_segment(json!({
                "state": "closed", "awaiting_confirmation": true, "submitted_on": "<date-time>",
                "confirmed_on": "<none>"
            })))
            .then(get("segment/{segment}").shows_segment(json!({ "awaiting_confirmation": true }))),
        addition("another update confirms and corrects a segment that awaits it; what it does not name stays")
            .then(open())
            .then(update(json!({ "wrap_up_code": "{run} Store", "notes": "First." })))
            .then(update(json!({ "notes": "Second.", "confirmed_on": CONFIRMED })).shows_segment(json!({
                "awaiting_confirmation": false, "confirmed_on": CONFIRMED, "notes": "Second.",
                "code": { "code": "{run} Store" }
            }))),
        addition("null keeps what is stored, and an empty text clears it")
            .then(open())
            .then(update(json!({ "notes": "Kept." })))
            .then(update(json!({ "notes": null, "wrap_up_code": null })).shows_segment(json!({ "notes": "Kept." })))
            .then(
                update(json!({ "notes": "", "confirmed_on": CONFIRMED })).shows_segment(json!({ "notes": "<none>" })),
            ),
        addition("a segment that is confirmed is final: the same again is 200, another update 400")
            .then(open())
            .then(update(json!({ "wrap_up_code": "{run} Store", "notes": "Final.", "confirmed_on": CONFIRMED })))
            .then(update(json!({ "wrap_up_code": "{run} Store", "notes": "Final.", "confirmed_on": CONFIRMED })))
            .then(update(json!({ "notes": "Another." })).refused("final"))
            .then(get("segment/{segment}").shows_segment(json!({ "notes": "Final." }))),
        addition("a code that is not allowed is 400, and closes nothing")
            .then(open())
            .then(update(json!({ "wrap_up_code": "{run} Unheard" })).refused("wrap_up_code, {run} Unheard"))
            .then(get("segment/{segment}").shows_segment(json!({ "state": "open" })))
            .then(close()),
        reference("an update that names no segment is 400")
            .then(put("segment/update", json!({ "notes": "x" })).has_status(&[400])),
        reference("an update of a segment that there is not is refused")
            .then(
                put(format!("segment/update?segment_sys_id={NOTHING}"), json!({ "notes": "x" }))
                    .has_status(&[400, 404]),
            ),
        addition("an update of a segment that there is not is 404")
            .then(
                put("segment/update?external_segment_id={id}-none", json!({ "notes": "x" }))
                    .answers(&[404], refusal("{id}-none")),
            ),
        reference("where an update names the sys_id, it decides").then(open()).then(
            put(
                "segment/update?segment_sys_id={segment}&agent_sys_id={agent}&interaction_sys_id={interaction}1",
                json!({ "confirmed_on": CONFIRMED }),
            )
            .shows(json!({ "sys_id": "{segment}" })),
        ),
        addition("a parameter that is given twice is 400")
            .then(put("segment/update?segment_sys_id={id}&segment_sys_id={id}", json!({})).refused("segment_sys_id")),
        addition("fields of an update that are all unknown are 400 and close nothing")
            .then(open())
            .then(update(json!({ "note": "Misspelt." })).refused("notes, wrap_up_code, confirmed_on, configuration"))
            .then(get("segment/{segment}").shows_segment(json!({ "state": "open" })))
            .then(close()),
        addition("unknown fields beside known ones are left out")
            .then(open())
            .then(
                update(json!({ "notes": "Sent back.", "colour": "red", "confirmed_on": CONFIRMED }))
                    .shows_segment(json!({ "notes": "Sent back." })),
            ),
        addition("identifiers of an update in the body are told where they belong")
            .then(open())
            .then(
                put("segment/update", json!({ "external_segment_id": "{id}", "notes": "x" }))
                    .refused("external_segment_id, query string"),
            )
            .then(close()),
        addition("notes have at most 65,536 characters")
            .then(open())
            .then(update(json!({ "notes": "ü".repeat(65_537) })).refused("notes"))
            .then(update(json!({ "notes": "ü".repeat(65_536), "confirmed_on": CONFIRMED }))),
        addition("a configuration alone replaces that of an open segment, and leaves it open")
            .then(open())
            .then(update(json!({ "configuration": {
                "enable_codes": true, "allowed_codes": [{ "code": "{run} Store" }], "default_code": "{run} Store"
            } })).shows_segment(json!({
                "state": "open",
                "wrap_up_configuration": {
                    "allowed_codes": [{ "code": "{run} Store" }], "default_code": { "code": "{run} Store" }
                }
            })))
            .then(confirm().shows_segment(code("{run} Store"))),
        addition("a configuration with notes beside it closes by it")
            .then(open())
            .then(update(json!({
                "notes": "Sent back.", "wrap_up_code": "",
                "configuration": {
                    "enable_codes": true, "allowed_codes": [{ "code": "{run} Store" }], "default_code": "{run} Store"
                }
            })).shows_segment(json!({ "state": "closed", "code": { "code": "{run} Store" } })))
            .then(update(json!({ "configuration": { "enable_codes": false } })).refused("configuration"))
            .then(close()),
    ];
    let named = [
        ("segment_sys_id", "segment_sys_id={segment}"),
        ("external_segment_id", "external_segment_id={id}"),
        ("agent_sys_id and interaction_sys_id", "agent_sys_id={agent}&interaction_sys_id={interaction}"),
    ];
    checks.extend(named.into_iter().map(|(name, query)| {
        reference(format!("the segment that {name} in the query string names is closed"))
            .then(open_as(opening(json!({ "opened_on": "2024-09-16 17:52:01" }))))
            .then(
                put(
                    format!("segment/update?{query}"),
                    json!({
                        "wrap_up_code": "{run} Store",
                        "notes": "Customer's credit card expired. Had to switch to another one.",
                        "confirmed_on": CONFIRMED
                    }),
                )
                .shows(json!({
                    "success": true,
                    "message": "Wrap-up segment updated successfully.",
                    "sys_id": "{segment}",
                    "segment": {
                        "agent": "{agent}", "interaction": "{interaction}", "external": true, "state": "closed",
                        "code": { "code": "{run} Store", "active": true, "external": true, "sys_id": "<sys_id>" },
                        "notes": "Customer's credit card expired. Had to switch to another one.",
                        "sys_id": "{segment}", "opened_on": "2024-09-16 17:52:01", "submitted_on": "<date-time>",
                        "confirmed_on": CONFIRMED, "awaiting_confirmation": false
                    }
                })),
            )
    }));
    checks
}
