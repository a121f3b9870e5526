//! What has to be so: a file a topic. What is there twice, as the reference's and as an addition, the reference leaves
//! wide, and `wrapup` narrows down.

mod access;
mod ai;
mod closing;
mod codes;
mod drafts;
mod fields;
mod formats;
mod opening;
mod reading;

use serde_json::{Value, json};

use super::check::{Check, Step, post};

/// A sys_id that nothing has.
const NOTHING: &str = "00000000000000000000000000000000";

/// All of it.
pub fn all() -> Vec<Check> {
    let topics = [
        access::checks(),
        codes::checks(),
        opening::checks(),
        reading::checks(),
        ai::checks(),
        closing::checks(),
        drafts::checks(),
        formats::checks(),
        fields::checks(),
    ];
    topics.into_iter().flatten().collect()
}

/// A request that opens an external segment with two codes, and these fields in place of its own.
fn opening(other: Value) -> Value {
    let request = json!({
        "agent_sys_id": "{agent}",
        "interaction_sys_id": "{interaction}",
        "external": true,
        "external_segment_id": "{id}",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [{ "code": "{run} Billing" }, { "code": "{run} Store" }],
            "default_code": "{run} Billing"
        }
    });
    laid_over(request, other)
}

/// The same with these fields of its configuration.
fn opening_with(configuration: Value) -> Value {
    let mut request = opening(json!({}));
    request["configuration"] = laid_over(request["configuration"].take(), configuration);
    request
}

/// The first level of fields of one object, and in their place those of another.
fn laid_over(mut fields: Value, other: Value) -> Value {
    if let (Value::Object(fields), Value::Object(other)) = (&mut fields, other) {
        fields.extend(other);
    }
    fields
}

/// Opens that segment, whose sys_id is `{segment}` from then on.
fn open() -> Step {
    open_as(opening(json!({})))
}

/// Opens a segment by this request; `{segment}` is its sys_id from then on.
fn open_as(request: Value) -> Step {
    post("segment/create", request).shows(json!({ "success": true })).keeps("segment", "/sys_id")
}

/// Closes it, so that nothing is left behind that looks as if an agent were at work.
fn close() -> Step {
    super::check::put("segment/update?segment_sys_id={segment}", json!({ "confirmed_on": "2024-09-16 18:52:01" }))
}

/// A refusal by a segment endpoint that mentions this.
fn refusal(mentions: &str) -> Value {
    json!({ "success": false, "message": format!("<mentions {mentions}>") })
}

/// A refusal by a code endpoint that mentions this.
fn code_refusal(mentions: &str) -> Value {
    json!({ "result": { "success": false, "message": format!("<mentions {mentions}>") } })
}

/// A refusal that no endpoint was asked about.
fn platform_error() -> Value {
    json!({ "error": { "message": "<text>", "detail": "<text>" }, "status": "failure" })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_check_is_called_otherwise_and_asks_something() {
        let mut names = HashSet::new();
        for check in all() {
            assert!(!check.steps.is_empty() && !check.ways.is_empty(), "{}", check.says);
            assert!(names.insert(check.says.clone()), "twice: {}", check.says);
        }
    }
}
