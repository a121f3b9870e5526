//! The examples of the API reference: each request as documented, its answer compared field by field
//! with the documented one, in JSON and in XML, under both forms of the path.
//!
//! With `WRAPUP_TEST_URL` these tests run against a deployment that is up already, any number of
//! times: what an earlier run opened is opened again, which changes nothing.

use std::sync::LazyLock;

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Contract, Deployment, Reply, as_xml, to_xml_request};

use crate::BINARY;

const AGENT: &str = "123412345678567890ab90abcdefcdef";
const INTERACTION: &str = "213412345678567890ab90abcdefcdef";
/// The phone log record that the examples name.
const PHONE_LOG: &str = "dgajbcef12345678defdbxef123435678";
const DESCRIPTION: &str = "A code for billing issues";
const TRANSLATED_DESCRIPTION: &str = "Ein code für Abrechnungsprobleme";

/// How a client words a request: its format, and whether its path names the version.
#[derive(Clone, Copy, Debug)]
struct Way {
    xml: bool,
    versioned: bool,
}

/// What the examples are held against, beside the reference's own answers.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::of(BINARY));

const WAYS: [Way; 4] = [
    Way { xml: false, versioned: true },
    Way { xml: false, versioned: false },
    Way { xml: true, versioned: true },
    Way { xml: true, versioned: false },
];

/// A client that words all its requests in one way.
struct Client {
    deployment: Deployment,
    way: Way,
}

impl Client {
    fn all() -> impl Iterator<Item = Self> {
        WAYS.into_iter().map(|way| Self { deployment: Deployment::start(BINARY), way })
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let version = if self.way.versioned { "/v1" } else { "" };
        let path = format!("/api/now{version}/wrapup/{path}");
        if let Some(body) = body {
            CONTRACT.assert_takes(method.as_str(), &path, body);
        }
        let reply = self.call(method.clone(), &path, body).await;
        if !self.way.xml {
            CONTRACT.assert_answers(method.as_str(), &path, reply.status, &reply.expect(200));
        }
        reply
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let call = self.deployment.api().raw(method, path);
        let call = call.basic_auth("username", "password");
        let call = call.header("Accept", if self.way.xml { "application/xml" } else { "application/json" });
        match body {
            None => call.send().await,
            Some(body) if self.way.xml => call.xml(&to_xml_request(body)).send().await,
            Some(body) => call.json(body).send().await,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.read(self.send(Method::GET, path, None).await)
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.read(self.send(Method::POST, path, Some(body)).await)
    }

    async fn put(&self, path: &str, body: &Value) -> Answer {
        self.read(self.send(Method::PUT, path, Some(body)).await)
    }

    fn read(&self, reply: Reply) -> Answer {
        let mut body = if self.way.xml { reply.expect_xml(200) } else { reply.expect(200) };
        if self.deployment.is_shared() {
            forget_description(&mut body);
        }
        Answer { body, xml: self.way.xml }
    }
}

/// A successful answer.
struct Answer {
    body: Value,
    xml: bool,
}

impl Answer {
    /// The text at a JSON pointer.
    fn text(&self, pointer: &str) -> String {
        let text = self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        assert!(!text.is_empty(), "no text at {pointer} of {}", self.body);
        text.to_owned()
    }

    /// Every documented field is there with the documented value; more fields may be there.
    #[track_caller]
    fn assert_shows(&self, documented: &Value) {
        let documented = if self.xml { as_xml(documented) } else { documented.clone() };
        assert_shows(&documented, &self.body, "");
    }
}

#[track_caller]
fn assert_shows(documented: &Value, actual: &Value, path: &str) {
    match (documented, actual) {
        (Value::Object(fields), Value::Object(_)) => {
            for (name, value) in fields {
                assert_shows(value, &actual[name], &format!("{path}/{name}"));
            }
        }
        (Value::Array(documented), Value::Array(actual)) => {
            assert_eq!(documented.len(), actual.len(), "entries of {path}");
            for (index, (documented, actual)) in documented.iter().zip(actual).enumerate() {
                assert_shows(documented, actual, &format!("{path}/{index}"));
            }
        }
        _ => assert_eq!(documented, actual, "{path}"),
    }
}

/// The examples of segments have 'Billing Issue' without the description that the example of codes
/// gives it: where both were run before, either is right.
fn forget_description(body: &mut Value) {
    match body {
        Value::Array(list) => list.iter_mut().for_each(forget_description),
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "wrap_up_code" | "created_wrap_up_codes" => {}
                    "description" if value == DESCRIPTION => *value = Value::from(""),
                    "translated_description" if value == TRANSLATED_DESCRIPTION || value == DESCRIPTION => {
                        *value = Value::from("");
                    }
                    _ => forget_description(value),
                }
            }
        }
        _ => {}
    }
}

#[track_caller]
fn assert_sys_id(text: &str) {
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    assert!(text.len() == 32 && text.bytes().all(hex), "no sys_id: {text}");
}

#[track_caller]
fn assert_date_time(text: &str) {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(shape, "9999-99-99 99:99:99", "no date and time: {text}");
}

#[track_caller]
fn assert_epoch_milliseconds(text: &str) {
    // 1752252703000 is what the reference shows; every moment that a test can run at is later.
    let milliseconds = text.parse::<u64>();
    assert!(milliseconds.is_ok_and(|ms| (1_752_252_703_000..10_000_000_000_000).contains(&ms)), "no moment: {text}");
}

/// A code of the examples of segments, none of which has a description.
fn code(label: &str, translated: &str, sys_id: &str) -> Value {
    json!({
        "code": label, "description": "", "active": true, "external": true, "sys_id": sys_id,
        "translated_code": translated, "translated_description": ""
    })
}

#[tokio::test]
async fn a_code_with_a_translation_is_created_and_retrieved() {
    for client in Client::all() {
        let request = json!({ "codes": [{
            "code": "Billing Issue",
            "description": DESCRIPTION,
            "translations": [
                { "language": "de", "code": "Abrechnungsproblem", "description": TRANSLATED_DESCRIPTION }
            ]
        }] });
        let created = client.post("code", &request).await;
        let entry = if client.way.xml { "" } else { "/0" };
        let sys_id = created.text(&format!("/result/result_map/created_wrap_up_codes{entry}/sys_id"));
        assert_sys_id(&sys_id);
        let billing_issue = json!({
            "code": "Billing Issue",
            "description": "A code for billing issues",
            "active": true,
            "external": true,
            "sys_id": sys_id,
            "translated_code": "Abrechnungsproblem",
            "translated_description": "Ein code für Abrechnungsprobleme"
        });
        created.assert_shows(&json!({ "result": {
            "message": "All wrap up codes created successfully.",
            "result_map": { "created_wrap_up_codes": [billing_issue] },
            "success": true
        } }));

        let found = client.get(&format!("code/{sys_id}")).await;
        found.assert_shows(&json!({ "result": {
            "message": "Wrap up code found.",
            "result_map": { "wrap_up_code": billing_issue },
            "success": true
        } }));
    }
}

/// The request of both examples of `segment/create`.
fn create_example() -> Value {
    json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": INTERACTION,
        "external": true,
        "external_segment_id": "EXT-SEG-001",
        "ai_wrap_up_code": "Billing Issue",
        "ai_notes": "Customer called about an incorrect charge on their invoice.",
        "configuration": {
            "enable_codes": true,
            "enable_ai_code": true,
            "enable_ai_notes": true,
            "use_ai_as_default": true,
            "allowed_codes": [{ "code": "Billing Issue" }, { "code": "Store Issue" }],
            "default_code": "Billing Issue"
        }
    })
}

#[tokio::test]
async fn a_segment_is_opened_for_an_interaction_once_however_often_the_example_is_sent() {
    for client in Client::all() {
        let created = client.post("segment/create", &create_example()).await;
        let sys_id = created.text("/sys_id");
        assert_sys_id(&sys_id);
        created.assert_shows(&json!({
            "success": true,
            "message": "Wrap-up segment created successfully.",
            "sys_id": sys_id,
            "segment": {
                "agent": AGENT,
                "external": true,
                "interaction": INTERACTION,
                "state": "open",
                "sys_id": sys_id,
                "wrap_up_configuration": {
                    "enable_codes": true,
                    "enable_ai_code": true,
                    "enable_ai_notes": true,
                    "use_ai_as_default": true,
                    "use_third_party_ai": false,
                    "allowed_codes": [{ "code": "Billing Issue" }, { "code": "Store Issue" }],
                    "default_code": { "code": "Billing Issue" }
                },
                "segmented": false,
                "ai_wrap_up_code": "Billing Issue",
                "ai_notes": "Customer called about an incorrect charge on their invoice."
            }
        }));
        assert_date_time(&created.text("/segment/opened_on"));
        assert_epoch_milliseconds(&created.text("/segment/ai_code_defined_at"));
        assert_epoch_milliseconds(&created.text("/segment/ai_notes_defined_at"));

        // The example of a segment with AI recommendations sends the same request once more.
        let again = client.post("segment/create", &create_example()).await;
        assert_eq!(again.body, created.body);
    }
}

/// Opens the segment of the examples that show a closed one.
async fn open_segmented(client: &Client, external_segment_id: &str, interaction: &str, segment_id: &str) -> Answer {
    let request = json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": interaction,
        "external": true,
        "external_segment_id": external_segment_id,
        "segmented": true,
        "segment_id": segment_id,
        "segment_table": "sn_openframe_phone_log",
        "opened_on": "2024-09-16 17:52:01",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [
                { "code": "Billing Issue", "translation": { "language": "de", "code": "Abrechnungsproblem" } },
                { "code": "Store Issue", "translation": { "language": "de", "code": " Einkaufsproblem" } }
            ],
            "default_code": "Billing Issue"
        }
    });
    client.post("segment/create", &request).await
}

/// The request of the example that closes a segment.
fn update_example() -> Value {
    json!({
        "wrap_up_code": "Billing Issue",
        "notes": "Customer's credit card expired. Had to switch to another one.",
        "confirmed_on": "2024-09-16 18:52:01"
    })
}

/// `segment` of the examples that show a closed one, with the ids that `opened` gave.
fn closed_segment(opened: &Answer, interaction: &str, segment_id: &str) -> Value {
    let of = |entry: &str| opened.text(&format!("/segment/wrap_up_configuration/{entry}/sys_id"));
    let billing_issue = code("Billing Issue", "Abrechnungsproblem", &of("allowed_codes/0"));
    let store_issue = code("Store Issue", " Einkaufsproblem", &of("allowed_codes/1"));
    json!({
        "agent": AGENT,
        "segment_table": "sn_openframe_phone_log",
        "segment_id": segment_id,
        "external": true,
        "interaction": interaction,
        "state": "closed",
        "wrap_up_configuration": {
            "enable_codes": true,
            "allowed_codes": [billing_issue, store_issue],
            "default_code": billing_issue
        },
        "code": billing_issue,
        "notes": "Customer's credit card expired. Had to switch to another one.",
        "segmented": true,
        "sys_id": opened.text("/sys_id"),
        "opened_on": "2024-09-16 17:52:01",
        "confirmed_on": "2024-09-16 18:52:01",
        "awaiting_confirmation": false
    })
}

#[tokio::test]
async fn a_segment_is_closed_and_retrieved_by_either_of_its_ids() {
    for client in Client::all() {
        let external_segment_id = "dgajbcef12345678defdbxef123435678";
        let opened = open_segmented(&client, external_segment_id, INTERACTION, PHONE_LOG).await;
        let (sys_id, segment) = (opened.text("/sys_id"), closed_segment(&opened, INTERACTION, PHONE_LOG));

        // The interaction lacks its last digit, as in the reference: the segment's own id decides.
        let path = format!(
            "segment/update?segment_sys_id={sys_id}&agent_sys_id={AGENT}&interaction_sys_id=213412345678567890ab90abcdefcde"
        );
        let updated = client.put(&path, &update_example()).await;
        updated.assert_shows(&json!({
            "success": true,
            "message": "Wrap-up segment updated successfully.",
            "sys_id": sys_id,
            "segment": segment
        }));
        let submitted_on = updated.text("/segment/submitted_on");
        assert_date_time(&submitted_on);

        for id in [external_segment_id, &sys_id] {
            let found = client.get(&format!("segment/{id}")).await;
            found.assert_shows(&json!({
                "success": true,
                "message": "Wrap up segment retrieved successfully.",
                "segment_id": sys_id,
                "segment": segment
            }));
            assert_eq!(found.text("/segment/submitted_on"), submitted_on);
        }
    }
}

#[tokio::test]
async fn a_closed_segment_is_retrieved_by_its_agent_and_interaction() {
    for client in Client::all() {
        // The other examples open later segments for this interaction, if they run in the same place.
        let interaction = client.deployment.own(INTERACTION);
        let external_segment_id = client.deployment.own("EXT-SEG-002");
        // Whose phone log record is another interaction's is refused.
        let segment_id = client.deployment.own(PHONE_LOG);
        let opened = open_segmented(&client, &external_segment_id, &interaction, &segment_id).await;
        let path = format!("segment/update?agent_sys_id={AGENT}&interaction_sys_id={interaction}");
        client.put(&path, &update_example()).await;

        let found = client.get(&format!("segment/agent/{AGENT}/interaction/{interaction}")).await;
        found.assert_shows(&json!({
            "success": true,
            "message": "Wrap up segment retrieved successfully.",
            "segment_id": opened.text("/sys_id"),
            "segment": closed_segment(&opened, &interaction, &segment_id)
        }));
    }
}

/// Opens a segment whose request brings AI content along.
async fn open_advised(client: &Client, external_segment_id: &str, agent: &str, interaction: &str, notes: &str) {
    let request = json!({
        "agent_sys_id": agent,
        "interaction_sys_id": interaction,
        "external": true,
        "external_segment_id": external_segment_id,
        "ai_wrap_up_code": "Billing Issue",
        "ai_notes": notes,
        "configuration": { "enable_ai_code": true, "enable_ai_notes": true, "use_ai_as_default": true }
    });
    client.post("segment/create", &request).await;
}

#[tokio::test]
async fn a_closed_segment_shows_its_ai_recommendations() {
    for client in Client::all() {
        let id = "abcd1234abcd1234abcd1234abcd1234";
        let notes = "Customer called about an incorrect charge.";
        open_advised(&client, id, AGENT, INTERACTION, notes).await;
        client.put(&format!("segment/update?external_segment_id={id}"), &json!({ "notes": "" })).await;
        let found = client.get(&format!("segment/{id}")).await;
        found.assert_shows(&json!({
            "success": true,
            "segment": {
                "agent": AGENT,
                "state": "closed",
                "ai_wrap_up_code": "Billing Issue",
                "ai_notes": notes,
                "wrap_up_configuration": {
                    "enable_ai_code": true,
                    "enable_ai_notes": true,
                    "use_ai_as_default": true,
                    "use_third_party_ai": false
                }
            }
        }));
        assert_sys_id(&found.text("/segment_id"));
        assert_eq!(found.text("/segment_id"), found.text("/segment/sys_id"));
        assert_epoch_milliseconds(&found.text("/segment/ai_code_defined_at"));
        assert_epoch_milliseconds(&found.text("/segment/ai_notes_defined_at"));
    }
}

#[tokio::test]
async fn ai_recommendations_are_found_by_agent_and_interaction() {
    for client in Client::all() {
        let (agent, interaction) = ("987698761234123456xy12ghijklmnoqrst", "879065432198432109xy34mnopqrstuv");
        let notes = "Customer called about incorrect charge.";
        open_advised(&client, "EXT-SEG-003", agent, interaction, notes).await;
        let found = client.get(&format!("segment/agent/{agent}/interaction/{interaction}")).await;
        found.assert_shows(&json!({
            "success": true,
            "segment": {
                "ai_wrap_up_code": "Billing Issue",
                "ai_notes": notes,
                "wrap_up_configuration": {
                    "enable_ai_code": true,
                    "enable_ai_notes": true,
                    "use_ai_as_default": true,
                    "use_third_party_ai": false
                }
            }
        }));
        assert_epoch_milliseconds(&found.text("/segment/ai_code_defined_at"));
        assert_epoch_milliseconds(&found.text("/segment/ai_notes_defined_at"));
    }
}

#[tokio::test]
async fn an_external_system_pushes_ai_content_under_either_name_of_the_path() {
    for client in Client::all() {
        let created = client
            .post(
                "segment/create",
                &json!({
                    "agent_sys_id": AGENT,
                    "interaction_sys_id": INTERACTION,
                    "external": true,
                    "external_segment_id": "EXT-SEG-004",
                    "opened_on": "2024-09-16 17:52:01",
                    "configuration": { "enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": true }
                }),
            )
            .await;
        let sys_id = created.text("/sys_id");
        for path in ["segment/update/ai", "segment/update/aidetails"] {
            let pushed = client
                .put(
                    path,
                    &json!({
                        "segment_sys_id": sys_id,
                        "agent_sys_id": AGENT,
                        "interaction_sys_id": INTERACTION,
                        "ai_wrap_up_code": "Plan Update",
                        "ai_notes": "Customer requested an upgrade to the Premium plan."
                    }),
                )
                .await;
            pushed.assert_shows(&json!({
                "success": true,
                "message": "AI wrap-up data updated successfully.",
                "segment": {
                    "sys_id": sys_id,
                    "agent": AGENT,
                    "interaction": INTERACTION,
                    "ai_wrap_up_code": "Plan Update",
                    "ai_notes": "Customer requested an upgrade to the Premium plan."
                }
            }));
            assert_epoch_milliseconds(&pushed.text("/segment/ai_code_defined_at"));
            assert_epoch_milliseconds(&pushed.text("/segment/ai_notes_defined_at"));
        }
    }
}

#[tokio::test]
async fn the_four_calls_of_an_ai_assisted_wrap_up_follow_each_other() {
    for client in Client::all() {
        let external_segment_id = client.deployment.own("EXT-SEG-005");
        let created = client
            .post(
                "segment/create",
                &json!({
                    "agent_sys_id": AGENT,
                    "interaction_sys_id": client.deployment.own("the four calls"),
                    "external": true,
                    "external_segment_id": external_segment_id,
                    "configuration": {
                        "enable_codes": true,
                        "allowed_codes": [{ "code": "Billing Issue" }, { "code": "Store Issue" }],
                        "default_code": "Billing Issue",
                        "enable_ai_code": true,
                        "enable_ai_notes": true,
                        "use_ai_as_default": true,
                        "use_third_party_ai": true
                    }
                }),
            )
            .await;
        let sys_id = created.text("/sys_id");
        let pushed =
            json!({ "segment_sys_id": sys_id, "ai_wrap_up_code": "Store Issue", "ai_notes": "A parcel was lost." });
        client.put("segment/update/ai", &pushed).await;
        let closed = client
            .put(&format!("segment/update?segment_sys_id={sys_id}"), &json!({ "confirmed_on": "2024-09-16 18:52:01" }))
            .await;
        let found = client.get(&format!("segment/{external_segment_id}")).await;
        assert_eq!(found.body["segment"], closed.body["segment"]);
        found.assert_shows(&json!({ "segment": {
            "state": "closed",
            "code": { "code": "Store Issue" },
            "ai_wrap_up_code": "Store Issue",
            "ai_notes": "A parcel was lost.",
            "confirmed_on": "2024-09-16 18:52:01"
        } }));
    }
}

#[tokio::test]
async fn a_segment_shows_every_documented_field_in_its_documented_type() {
    let deployment = Deployment::start(BINARY);
    let api = deployment.api();
    let request = json!({
        "agent_sys_id": AGENT,
        "interaction_sys_id": deployment.own("every field"),
        "external": true,
        "external_segment_id": deployment.own("EXT-SEG-006"),
        "segmented": true,
        "segment_id": deployment.own("every field"),
        "segment_table": "sn_openframe_phone_log",
        "opened_on": "2024-09-16 17:52:01",
        "ai_wrap_up_code": "Billing Issue",
        "ai_notes": "Customer called about an incorrect charge.",
        "configuration": {
            "enable_codes": true,
            "allowed_codes": [{ "code": "Billing Issue" }],
            "default_code": "Billing Issue",
            "duration": "120",
            "show_timer": true,
            "enable_ai_code": true,
            "enable_ai_notes": true,
            "use_ai_as_default": true
        }
    });
    let created = api.post("segment/create", &request).await.expect(200);
    let sys_id = created["sys_id"].as_str().unwrap_or_default();
    let path = format!("segment/update?segment_sys_id={sys_id}");
    let updated = api.put(&path, &update_example()).await.expect(200);
    let found = api.get(&format!("segment/{sys_id}")).await.expect(200);
    assert_eq!(updated["segment"], found["segment"]);

    for (pointer, is_flag) in [
        ("/success", true),
        ("/message", false),
        ("/segment_id", false),
        ("/segment/agent", false),
        ("/segment/ai_code_defined_at", false),
        ("/segment/ai_notes", false),
        ("/segment/ai_notes_defined_at", false),
        ("/segment/ai_wrap_up_code", false),
        ("/segment/awaiting_confirmation", true),
        ("/segment/confirmed_on", false),
        ("/segment/external", true),
        ("/segment/external_segment_id", false),
        ("/segment/interaction", false),
        ("/segment/notes", false),
        ("/segment/opened_on", false),
        ("/segment/segmented", true),
        ("/segment/segment_id", false),
        ("/segment/segment_table", false),
        ("/segment/state", false),
        ("/segment/submitted_on", false),
        ("/segment/sys_id", false),
        ("/segment/wrap_up_configuration/enable_ai_code", true),
        ("/segment/wrap_up_configuration/enable_ai_notes", true),
        ("/segment/wrap_up_configuration/enable_codes", true),
        ("/segment/wrap_up_configuration/use_ai_as_default", true),
        ("/segment/wrap_up_configuration/use_third_party_ai", true),
        ("/segment/wrap_up_configuration/show_timer", true),
        ("/segment/wrap_up_configuration/duration", false),
    ] {
        let value = found.pointer(pointer).unwrap_or(&Value::Null);
        assert!(if is_flag { value.is_boolean() } else { value.is_string() }, "{pointer} is {value}");
    }
    for pointer in [
        "/segment/wrap_up_configuration/allowed_codes/0",
        "/segment/wrap_up_configuration/default_code",
        "/segment/code",
    ] {
        let code = found.pointer(pointer).unwrap_or(&Value::Null);
        for name in ["active", "external"] {
            assert!(code[name].is_boolean(), "{name} of {pointer} is {}", code[name]);
        }
        for name in ["code", "description", "sys_id", "translated_code", "translated_description"] {
            assert!(code[name].is_string(), "{name} of {pointer} is {}", code[name]);
        }
    }
}
