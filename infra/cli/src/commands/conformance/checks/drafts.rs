//! `segment/draft`, and when a segment ends by itself.

use serde_json::{Value, json};

use super::{NOTHING, close, open, open_as, opening, opening_with, refusal};
use crate::commands::conformance::check::{Check, Step, addition, get, put};

/// Keeps what the agent of `{segment}` has typed.
fn draft(fields: Value) -> Step {
    put("segment/draft?segment_sys_id={segment}", fields)
}

/// A segment with this draft.
fn drafted(draft: Value) -> Value {
    json!({ "state": "open", "draft": draft })
}

pub fn checks() -> Vec<Check> {
    let ten_years = json!({ "duration": 315_360_000, "show_timer": true });
    let mut timed = opening_with(ten_years);
    timed["opened_on"] = json!("2024-09-16 17:52:01");
    let mut checks = vec![
        addition("a draft is kept field by field: what it does not name stays, an empty text clears")
            .then(open())
            .then(draft(json!({ "notes": "The customer" })).shows(json!({
                "success": true, "message": "Draft saved successfully.",
                "segment": drafted(json!({ "notes": "The customer", "wrap_up_code": "<none>" }))
            })))
            .then(
                draft(json!({ "wrap_up_code": "{run} Store", "notes": null }))
                    .shows_segment(drafted(json!({ "notes": "The customer", "wrap_up_code": "{run} Store" }))),
            )
            .then(
                get("segment/{segment}")
                    .shows_segment(drafted(json!({ "notes": "The customer", "wrap_up_code": "{run} Store" }))),
            )
            .then(draft(json!({ "wrap_up_code": "", "notes": "" })).shows_segment(json!({ "draft": "<none>" })))
            .then(close()),
        addition("what an update does not name is the draft's, and the answer says whose the code is")
            .then(open())
            .then(draft(json!({ "wrap_up_code": "{run} Store", "notes": "The customer was" })))
            .then(put("segment/update?segment_sys_id={segment}", json!({ "notes": "Done." })).shows_segment(json!({
                "state": "closed", "code": { "code": "{run} Store" }, "code_from": "draft", "notes": "Done.",
                "draft": "<none>"
            }))),
        addition("a draft with a code that is not allowed closes nothing with it")
            .then(open())
            .then(
                draft(json!({ "wrap_up_code": "{run} Unheard" }))
                    .shows_segment(drafted(json!({ "wrap_up_code": "{run} Unheard" }))),
            )
            .then(put("segment/update?segment_sys_id={segment}", json!({})).shows_segment(json!({
                "state": "closed", "code": { "code": "{run} Billing" }, "code_from": "default"
            }))),
        addition("a draft that says nothing, or names no segment, is 400")
            .then(open())
            .then(draft(json!({})).refused("wrap_up_code"))
            .then(draft(json!({ "wrap_up_code": null, "notes": null })).refused("wrap_up_code"))
            .then(put("segment/draft", json!({ "notes": "x" })).refused("segment_sys_id"))
            .then(
                put("segment/draft", json!({ "external_segment_id": "{id}", "notes": "x" }))
                    .refused("external_segment_id, query string"),
            )
            .then(close()),
        addition("a draft has notes of at most 65,536 characters")
            .then(open())
            .then(draft(json!({ "notes": "ü".repeat(65_537) })).refused("notes"))
            .then(close()),
        addition("a draft for a segment that there is not is 404").then(
            put(format!("segment/draft?segment_sys_id={NOTHING}"), json!({ "notes": "x" }))
                .answers(&[404], refusal(NOTHING)),
        ),
        addition("a draft on a closed segment is 400")
            .then(open())
            .then(close())
            .then(draft(json!({ "notes": "x" })).refused("is closed")),
        addition("there is no GET segment/draft").then(get("segment/draft").has_status(&[405])),
        addition("a segment with a duration says when it ends by itself")
            .then(open_as(timed).shows_segment(json!({ "state": "open", "due_on": "2034-09-14 17:52:01" })))
            .then(close()),
        addition("one without a duration does not")
            .then(open().shows_segment(json!({ "due_on": "<none>" })))
            .then(close()),
    ];
    let named = [
        ("external_segment_id", "external_segment_id={id}"),
        ("agent_sys_id and interaction_sys_id", "agent_sys_id={agent}&interaction_sys_id={interaction}"),
    ];
    checks.extend(named.into_iter().map(|(name, query)| {
        addition(format!("a draft goes to the segment that {name} in the query string names"))
            .then(open_as(opening(json!({}))))
            .then(put(format!("segment/draft?{query}"), json!({ "notes": "The customer" })).shows_segment(json!({
                "sys_id": "{segment}", "draft": { "notes": "The customer" }
            })))
            .then(close())
    }));
    checks
}
