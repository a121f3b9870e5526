//! `segment/update/ai`.

use serde_json::{Value, json};

use super::{close, laid_over, open, open_as, opening_with, refusal};
use crate::commands::conformance::check::{Check, Step, addition, get, put, reference};

/// Opens a segment that takes a third party's AI content.
fn open_for_ai() -> Step {
    open_as(opening_with(json!({
        "enable_ai_code": true, "enable_ai_notes": true, "use_ai_as_default": true, "use_third_party_ai": true
    })))
}

/// What is pushed, to the segment that these name.
fn pushed(identifiers: Value) -> Value {
    laid_over(
        json!({ "ai_wrap_up_code": "{run} Store", "ai_notes": "Customer requested an upgrade to the Premium plan." }),
        identifiers,
    )
}

pub fn checks() -> Vec<Check> {
    let stored = json!({
        "success": true,
        "message": "AI wrap-up data updated successfully.",
        "segment": {
            "sys_id": "{segment}", "agent": "{agent}", "interaction": "{interaction}",
            "ai_wrap_up_code": "{run} Store", "ai_notes": "Customer requested an upgrade to the Premium plan.",
            "ai_code_defined_at": "<milliseconds>", "ai_notes_defined_at": "<milliseconds>"
        }
    });
    let ai = "segment/update/ai";
    let mut checks = vec![
        reference("AI content is shown by the segment from then on")
            .then(open_for_ai())
            .then(put(ai, pushed(json!({ "segment_sys_id": "{segment}" }))))
            .then(get("segment/{segment}").shows(json!({ "segment": {
                "ai_wrap_up_code": "{run} Store", "ai_notes": "Customer requested an upgrade to the Premium plan.",
                "ai_code_defined_at": "<milliseconds>", "ai_notes_defined_at": "<milliseconds>",
                "wrap_up_configuration": {
                    "enable_ai_code": true, "enable_ai_notes": true, "use_ai_as_default": true,
                    "use_third_party_ai": true
                }
            } })))
            .then(close()),
        addition("segment/update/aidetails is another name of segment/update/ai")
            .then(open_for_ai())
            .then(
                put("segment/update/aidetails", pushed(json!({ "segment_sys_id": "{segment}" })))
                    .shows(stored.clone())
                    .unknown_by(&[404, 405]),
            )
            .then(close()),
        reference("a segment whose AI is not a third party's takes no AI content")
            .then(open_as(opening_with(json!({ "enable_ai_code": true, "use_third_party_ai": false }))))
            .then(put(ai, pushed(json!({ "segment_sys_id": "{segment}" }))).has_status(&[400]))
            .then(close()),
        addition("a segment whose AI is not a third party's says so by use_third_party_ai")
            .then(open())
            .then(put(ai, pushed(json!({ "segment_sys_id": "{segment}" }))).refused("use_third_party_ai"))
            .then(close()),
        reference("a segment that is closed takes no AI content")
            .then(open_for_ai())
            .then(close())
            .then(put(ai, pushed(json!({ "segment_sys_id": "{segment}" }))).has_status(&[400])),
        addition("AI content that is pushed though its flag is false is left out")
            .then(open_as(opening_with(json!({ "enable_ai_code": true, "use_third_party_ai": true }))))
            .then(put(ai, pushed(json!({ "segment_sys_id": "{segment}" }))).shows(json!({ "segment": {
                "ai_wrap_up_code": "{run} Store", "ai_notes": "<none>", "ai_notes_defined_at": "<none>"
            } })))
            .then(close()),
        reference("ai_notes that are pushed have at most 4,000 characters")
            .then(open_for_ai())
            .then(put(ai, json!({ "segment_sys_id": "{segment}", "ai_notes": "ü".repeat(4_000) })))
            .then(put(ai, json!({ "segment_sys_id": "{segment}", "ai_notes": "ü".repeat(4_001) })).has_status(&[400]))
            .then(close()),
        addition("AI content with neither code nor notes is 400")
            .then(open_for_ai())
            .then(put(ai, json!({ "segment_sys_id": "{segment}" })).refused("ai_wrap_up_code, ai_notes"))
            .then(close()),
        reference("AI content that names no segment is 400").then(put(ai, pushed(json!({}))).has_status(&[400])),
        addition("identifiers of AI content in the query string are told where they belong")
            .then(open_for_ai())
            .then(
                put("segment/update/ai?external_segment_id={id}", pushed(json!({})))
                    .refused("external_segment_id, body"),
            )
            .then(close()),
        addition("AI content for a segment that there is not is 404")
            .then(put(ai, pushed(json!({ "external_segment_id": "{id}-none" }))).answers(&[404], refusal("{id}-none"))),
        addition("an AI code that is not allowed is shown, and is never the default")
            .then(open_for_ai())
            .then(put(ai, json!({ "segment_sys_id": "{segment}", "ai_wrap_up_code": "{run} Unheard" })).shows(json!({
                "segment": { "ai_wrap_up_code": "{run} Unheard" }
            })))
            .then(
                put("segment/update?segment_sys_id={segment}", json!({ "confirmed_on": "2024-09-16 18:52:01" }))
                    .shows(json!({ "segment": { "code": { "code": "{run} Billing" } } })),
            ),
    ];
    let named = [
        ("segment_sys_id", json!({ "segment_sys_id": "{segment}" })),
        ("external_segment_id", json!({ "external_segment_id": "{id}" })),
        (
            "agent_sys_id and interaction_sys_id",
            json!({ "agent_sys_id": "{agent}", "interaction_sys_id": "{interaction}" }),
        ),
    ];
    checks.extend(named.into_iter().map(|(name, identifiers)| {
        reference(format!("AI content is stored on the segment that {name} in the body names"))
            .then(open_for_ai())
            .then(put(ai, pushed(identifiers)).shows(stored.clone()))
            .then(close())
    }));
    checks
}
