use serde_json::{Value, json};

/// The agent of the reference's examples.
pub const AGENT: &str = "123412345678567890ab90abcdefcdef";
/// The interaction of the reference's examples.
pub const INTERACTION: &str = "213412345678567890ab90abcdefcdef";

/// A request for an external segment with two allowed codes.
pub fn external(external_segment_id: &str) -> Value {
    json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
        "external": true,
        "external_segment_id": external_segment_id,
        "opened_on": "2024-09-16 17:52:01",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [{"code": "Billing Issue"}, {"code": "Store Issue"}],
            "default_code": "Billing Issue"
        }
    })
}

/// The sys_id of a record that was answered.
pub fn id(record: &Value) -> &str {
    record["sys_id"].as_str().expect("a sys_id")
}

/// Whether a text is a date-time as the API writes it.
pub fn is_date_time(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00 00:00:00"
}
