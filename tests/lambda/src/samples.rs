//! Request bodies that the tests open segments with.

use serde_json::{Value, json};

/// An external segment with two codes, taking AI content from outside.
pub fn opening(external_segment_id: &str) -> Value {
    opening_with(external_segment_id, 2)
}

/// The same with so many allowed codes, `Code 000` being the default.
pub fn opening_with(external_segment_id: &str, codes: usize) -> Value {
    json!({
        "agent_sys_id": "agent",
        "interaction_sys_id": "interaction",
        "external": true,
        "external_segment_id": external_segment_id,
        "opened_on": "2024-09-16 17:52:01",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": codes_of(codes),
            "default_code": "Code 000",
            "enable_ai_code": true,
            "enable_ai_notes": true,
            "use_third_party_ai": true,
        },
    })
}

/// So many codes, as `allowed_codes` and POST code take them.
pub fn codes_of(count: usize) -> Vec<Value> {
    (0..count).map(|index| json!({"code": format!("Code {index:03}")})).collect()
}

/// An internal segment by an administrator's configuration.
pub fn internal(configuration: &str) -> Value {
    json!({
        "agent_sys_id": "agent",
        "interaction_sys_id": "interaction",
        "wrap_up_configuration_sys_id": configuration,
    })
}

/// An external segment that wraps up one phone call of the interaction.
pub fn segmented(external_segment_id: &str, segment_id: &str) -> Value {
    let mut body = opening(external_segment_id);
    body["segmented"] = json!(true);
    body["segment_id"] = json!(segment_id);
    body["segment_table"] = json!("sn_openframe_phone_log");
    body
}
