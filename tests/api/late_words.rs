//! What is said after a wrap-up has opened, in the local server: speech-to-text usually ends then.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wrapup_test_support::{Answer, Api, Received, Receiver, Said, Server, external, merged};

use crate::BINARY;

const TRANSCRIPT: &str = "Customer: I was charged twice this month.\nAgent: You get one payment back.";

/// A local server whose AI filler asks a model, and that model, which says what it is made to and counts.
struct Desk {
    server: Server,
    model: Receiver,
    folder: TempDir,
}

/// A model that says this of each conversation.
fn model(says: &Value) -> Receiver {
    let message = json!({"role": "assistant", "content": says.to_string()});
    let answer = json!({
        "id": "1", "object": "chat.completion", "created": 1, "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    });
    Receiver::start(move |_: &Received| Answer::Body(200, answer.to_string()))
}

impl Desk {
    fn open(says: &Value) -> Self {
        let model = model(says);
        let server = start(&["--in-memory"], &model);
        Self { server, model, folder: tempfile::tempdir().expect("a folder") }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        self.server.cli(BINARY, arguments, "").into()
    }

    fn put(&self, command: &str, record: &Value) {
        let file = self.folder.path().join("record.json");
        std::fs::write(&file, record.to_string()).expect("a file");
        self.run(&[command, "put", &file.to_string_lossy()]).fine();
    }

    fn say(&self, transcript: &str) {
        self.put("interaction", &json!({"sys_id": "call", "transcript": transcript, "language": "en"}));
    }

    fn api(&self) -> Api {
        self.server.api()
    }

    /// How often the model was asked about a conversation in which this is said.
    fn asked(&self, words: &str) -> usize {
        asked(&self.model, words)
    }

    /// Waits until the filler has taken all that has been put before: it takes what is said in its order.
    async fn let_the_filler_pass(&self) {
        let api = self.api();
        let fence = json!({"interaction_sys_id": "fence", "agent_sys_id": "fence"});
        let id = format!("FENCE-{}", self.model.received().len());
        open(&api, &id, fence).await;
        let transcript = format!("Customer: {id}.");
        self.put("interaction", &json!({"sys_id": "fence", "transcript": transcript}));
        self.model.wait_until(|asked| asked.iter().any(|asked| asked.event.to_string().contains(&transcript)));
    }
}

/// How often a model was asked about a conversation in which this is said.
fn asked(model: &Receiver, words: &str) -> usize {
    model.received().iter().filter(|asked| asked.event.to_string().contains(words)).count()
}

fn start(arguments: &[&str], model: &Receiver) -> Server {
    let url = model.url("/v1");
    let environment = [("WRAPUP_AI_PROVIDER", "openai"), ("WRAPUP_AI_URL", url.as_str()), ("WRAPUP_AI_MODEL", "fake")];
    Server::start_with(BINARY, arguments, &environment)
}

/// Opens a segment on the interaction `call` that wants everything of the filler; `changes` go over its request.
async fn open(api: &Api, external_segment_id: &str, changes: Value) {
    let wanting = json!({
        "interaction_sys_id": "call",
        "configuration": {
            "enable_codes": true, "default_code": "General Enquiry",
            "allowed_codes": [{"code": "General Enquiry"}, {"code": "Refund"}],
            "enable_ai_code": true, "enable_ai_notes": true, "use_third_party_ai": false,
        },
    });
    api.post("segment/create", &merged(merged(external(external_segment_id), &wanting), &changes)).await.expect(200);
}

async fn get(api: &Api, id: &str) -> Value {
    api.get(&format!("segment/{id}")).await.expect(200)["segment"].clone()
}

/// The segment once it has a field.
async fn with(api: &Api, id: &str, field: &str) -> Value {
    // A minute, which no filler takes.
    for _ in 0..1_200 {
        let segment = get(api, id).await;
        if segment.get(field).is_some() {
            return segment;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} has no {field}: {}", get(api, id).await);
}

#[tokio::test]
async fn a_transcript_that_is_put_after_the_opening_fills_the_segment_within_moments() {
    let desk = Desk::open(&json!({"code": "Refund", "confidence": 0.95, "notes": "Charged twice."}));
    let api = desk.api();
    open(&api, "E-1", json!({})).await;
    open(&api, "CLOSED", json!({})).await;
    let path = "segment/update?external_segment_id=CLOSED";
    let closed = api.put(path, &json!({"wrap_up_code": "General Enquiry"})).await.expect(200)["segment"].clone();
    desk.say(TRANSCRIPT);
    let filled = with(&api, "E-1", "ai_source").await;
    assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_source"]), (&json!("Refund"), &json!("openai")));
    assert_eq!((&filled["ai_notes"], &filled["state"]), (&json!("Charged twice."), &json!("open")));
    let asked = desk.asked("charged twice");
    assert!(asked > 0);
    // Another version, for a segment that lacks nothing; and one that is closed.
    desk.say("Customer: charged twice, and all is well.");
    desk.let_the_filler_pass().await;
    assert_eq!((get(&api, "E-1").await, get(&api, "CLOSED").await), (filled, closed));
    assert_eq!(desk.asked("charged twice"), asked);
}

#[tokio::test]
async fn a_changed_transcript_replaces_nothing_and_the_same_one_is_not_read_again() {
    let desk = Desk::open(&json!({"code": null, "confidence": 0, "notes": "Charged twice."}));
    let api = desk.api();
    open(&api, "E-1", json!({})).await;
    // Until it has been looked at for its opening, both that and what is put may ask.
    desk.let_the_filler_pass().await;
    desk.say(TRANSCRIPT);
    let first = with(&api, "E-1", "ai_notes").await;
    assert_eq!(first.get("ai_wrap_up_code"), None);
    // Put once more as it is: the record is written, and nothing else is said.
    desk.say(TRANSCRIPT);
    desk.let_the_filler_pass().await;
    assert_eq!(desk.asked("charged twice"), 1);
    assert_eq!(get(&api, "E-1").await, first);
    // The code is lacking still: a changed one is read for it, and the notes stay.
    desk.say("Customer: I was charged twice. Now I know more.");
    desk.model.wait_until(|asked| asked.iter().any(|one| one.event.to_string().contains("Now I know more")));
    desk.let_the_filler_pass().await;
    assert_eq!(desk.asked("charged twice"), 2);
    assert_eq!(get(&api, "E-1").await["ai_notes"], first["ai_notes"]);
}

#[tokio::test]
async fn a_segment_is_closed_while_words_come_and_stays_as_the_agent_left_it() {
    let desk = Desk::open(&json!({"code": "Refund", "confidence": 0.95, "notes": "Charged twice."}));
    let api = desk.api();
    let ids: Vec<String> = (0..8).map(|number| format!("E-{number}")).collect();
    for id in &ids {
        open(&api, id, json!({})).await;
    }
    desk.say(TRANSCRIPT);
    let mut closed = Vec::new();
    for id in &ids {
        let path = format!("segment/update?external_segment_id={id}");
        let answer = api.put(&path, &json!({"wrap_up_code": "General Enquiry", "notes": "Mine."})).await.expect(200);
        closed.push(answer["segment"].clone());
    }
    desk.let_the_filler_pass().await;
    for (id, closed) in ids.iter().zip(closed) {
        assert_eq!(get(&api, id).await, closed, "{id}");
        assert_eq!((&closed["code"]["code"], &closed["notes"]), (&json!("General Enquiry"), &json!("Mine.")));
    }
}

#[tokio::test]
async fn what_was_said_before_a_crash_is_read_after_it_and_not_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let model = model(&json!({"code": "Refund", "confidence": 0.95, "notes": "Charged twice."}));
    // From the first start with a filler on, there is a stream to find it in.
    start(&["--data", &data], &model).kill();
    let off = Server::start_with(BINARY, &["--data", &data], &[("WRAPUP_AI_PROVIDER", "off")]);
    let desk = Desk { server: off, model, folder: tempfile::tempdir().expect("a folder") };
    open(&desk.api(), "E-1", json!({})).await;
    desk.say(TRANSCRIPT);
    desk.server.kill();
    let server = start(&["--data", &data], &desk.model);
    with(&server.api(), "E-1", "ai_source").await;
    let before = asked(&desk.model, "charged twice");
    server.kill();
    let desk = Desk { server: start(&["--data", &data], &desk.model), ..desk };
    desk.let_the_filler_pass().await;
    assert_eq!(desk.asked("charged twice"), before);
}

#[tokio::test]
async fn nobody_reads_what_is_said_where_there_is_no_filler() {
    let server = Server::start_with(
        BINARY,
        &["--in-memory", "--webhook", "http://127.0.0.1:9/"],
        &[("WRAPUP_AI_PROVIDER", "off")],
    );
    let described = server.dynamodb().describe_table().table_name("interaction").send().await;
    let table = described.expect("a description").table.expect("a table");
    assert_eq!(table.stream_specification, None);
}

// The operator's command.

#[tokio::test]
async fn an_operator_has_the_filler_read_a_transcript_that_a_segment_table_got_late() {
    let desk = Desk::open(&json!({"code": "Refund", "confidence": 0.95, "notes": "Charged twice."}));
    let api = desk.api();
    let own = json!({
        "segmented": true, "segment_table": "sn_openframe_phone_log", "segment_id": "call-1",
        "external": true,
    });
    open(&api, "E-1", own).await;
    // The filler has found nothing said by then: it takes segments in the order in which they opened.
    desk.put("interaction", &json!({"sys_id": "spoken", "transcript": "Customer: Hello."}));
    open(&api, "FENCE", json!({"interaction_sys_id": "spoken"})).await;
    with(&api, "FENCE", "ai_source").await;
    desk.put("phone-log", &json!({"segment_id": "call-1", "interaction": "call", "transcript": TRANSCRIPT}));
    let url = desk.model.url("/v1");
    let environment = [("WRAPUP_AI_PROVIDER", "openai"), ("WRAPUP_AI_URL", url.as_str()), ("WRAPUP_AI_MODEL", "fake")];
    let fill = || -> Said { desk.server.cli_with(BINARY, &["interaction", "fill", "call"], &environment).into() };
    let sys_id = get(&api, "E-1").await["sys_id"].as_str().expect("a sys_id").to_owned();
    assert_eq!(fill().fine(), format!("{sys_id} filled\n"));
    let filled = get(&api, "E-1").await;
    assert_eq!((&filled["ai_wrap_up_code"], &filled["ai_notes"]), (&json!("Refund"), &json!("Charged twice.")));
    let asked = desk.asked("charged twice");
    assert_eq!(fill().fine(), "", "nothing is lacking");
    assert_eq!(desk.asked("charged twice"), asked);
    let off = [("WRAPUP_AI_PROVIDER", "off")];
    let refused: Said = desk.server.cli_with(BINARY, &["interaction", "fill", "call"], &off).into();
    refused.failed(&["the provider is off"]);
}
