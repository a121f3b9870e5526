//! Both GETs of segments.

use serde_json::{Value, json};

use super::{NOTHING, close, open, open_as, opening, refusal};
use crate::commands::conformance::check::{Check, addition, get, put, reference};

/// The answer to a GET of `{segment}`, whose segment shows this too.
fn retrieved(segment: Value) -> Value {
    json!({
        "success": true,
        "message": "Wrap up segment retrieved successfully.",
        "segment_id": "{segment}",
        "segment": super::laid_over(
            json!({ "sys_id": "{segment}", "agent": "{agent}", "interaction": "{interaction}", "external": true }),
            segment
        )
    })
}

pub fn checks() -> Vec<Check> {
    let code = json!({
        "code": "{run} Billing", "description": "<string>", "active": true, "external": true, "sys_id": "<sys_id>",
        "translated_code": "<string>", "translated_description": "<string>"
    });
    let dated = json!({ "opened_on": "2024-09-16 17:52:01" });
    let closed = retrieved(json!({
        "state": "closed", "segmented": false, "awaiting_confirmation": false,
        "opened_on": "2024-09-16 17:52:01", "submitted_on": "<date-time>", "confirmed_on": "2024-09-16 18:52:01",
        "wrap_up_configuration": {
            "enable_codes": true,
            "allowed_codes": [code, super::laid_over(code.clone(), json!({ "code": "{run} Store" }))],
            "default_code": code
        }
    }));
    let find = "segment/agent/{agent}/interaction/{interaction}";
    vec![
        reference("an open segment is found by its sys_id, its external id, and its agent and interaction")
            .then(open())
            .then(get("segment/{segment}").shows(retrieved(json!({ "state": "open" }))))
            .then(get("segment/{id}").shows(retrieved(json!({ "state": "open" }))))
            .then(get(find).shows(retrieved(json!({ "state": "open" }))))
            .then(close()),
        reference("a closed segment is found by all of these too")
            .then(open_as(opening(dated.clone())))
            .then(close())
            .then(get("segment/{segment}").shows(closed.clone()))
            .then(get("segment/{id}").shows(closed.clone()))
            .then(get(find).shows(closed)),
        addition("flags of a segment are always shown, other fields where it has them")
            .then(open())
            .then(get("segment/{segment}").shows(retrieved(json!({
                "awaiting_confirmation": false, "segmented": false, "submitted_on": "<none>", "confirmed_on": "<none>",
                "notes": "<none>", "ai_notes": "<none>",
                "wrap_up_configuration": {
                    "enable_codes": true, "enable_ai_code": false, "enable_ai_notes": false, "use_ai_as_default": false,
                    "use_third_party_ai": false, "show_timer": false, "duration": "<none>"
                }
            }))))
            .then(close()),
        addition("a GET shows the code, the notes and the external id too")
            .then(open())
            .then(put(
                "segment/update?segment_sys_id={segment}",
                json!({
                    "wrap_up_code": "{run} Store", "notes": "Sent back.", "confirmed_on": "2024-09-16 18:52:01"
                }),
            ))
            .then(get("segment/{segment}").shows(retrieved(json!({
                "code": { "code": "{run} Store" }, "notes": "Sent back.", "external_segment_id": "{id}"
            })))),
        addition("by agent and interaction it is the segment that opened last")
            .then(open_as(opening(json!({ "external_segment_id": "{id}-new" }))).keeps("new", "/sys_id"))
            .then(open_as(opening(json!({ "external_segment_id": "{id}-old", "opened_on": "2024-09-16 17:52:01" }))))
            .then(get(find).shows(json!({ "segment_id": "{new}" })))
            .then(close())
            .then(put("segment/update?segment_sys_id={new}", json!({ "confirmed_on": "2024-09-16 18:52:01" }))),
        reference("a segment that there is not is not found")
            .then(get(format!("segment/{NOTHING}")).has_status(&[400, 404]))
            .then(get("segment/agent/{id}/interaction/{id}").has_status(&[400, 404])),
        addition("a segment that there is not is 404")
            .then(get("segment/{id}-none").answers(&[404], refusal("{id}-none")))
            .then(
                get("segment/agent/{id}/interaction/{id}")
                    .answers(&[404], json!({ "success": false, "message": "<text>" })),
            ),
        addition("when and by whom a segment was changed is shown")
            .then(open())
            .then(get("segment/{segment}").shows(json!({ "segment": {
                "sys_created_by": "<text>", "sys_created_on": "<date-time>",
                "sys_updated_by": "<text>", "sys_updated_on": "<date-time>"
            } })))
            .then(close()),
    ]
}
