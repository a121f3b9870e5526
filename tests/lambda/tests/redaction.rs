//! What is secret in agents' notes, in what the AI filler reads, and in what it stores.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use wrapup::ai::{Bedrock, Conversation, Extractive, Provider, Said, Task};
use wrapup::clock::Clock;
use wrapup::codes::{Code, Label};
use wrapup::document::FromText;
use wrapup::dynamodb::Table;
use wrapup::interactions::{Interaction, Interactions};
use wrapup::redaction::{Personal, Redactor};
use wrapup_lambda_tests::{
    Event, Instance, Scripted, ScriptedProvider, StreamRecord, Turn, World, filler, opening, undelivered,
};
use wrapup_test_support::merged;

/// A caller who reads out what nobody should find again, some of it over several turns.
const TRANSCRIPT: &str = "Agent: Which card is the refund for?\n\
    Customer: I was charged twice, please refund me. It's four one one one\n\
    Agent: Mhm.\n\
    Customer: one one one one, one one one one, one one one one. My PIN is 7391 and the password is Tomato!Vine77.\n\
    Agent: I have sent the refund to DE89 3704 0044 0532 0130 00. And your mother's maiden name?\n\
    Customer: Hathersage. Order 4471208 was charged twice.";

/// What of it must be found nowhere.
const SECRETS: &[&str] = &["one one one", "7391", "Tomato", "Vine77", "3704", "Hathersage"];

#[track_caller]
fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

// ---- Agents' notes

const NOTES: &str = "Paid by 4242 4242 4242 4242, exp 04/29, order 4471208.";
const REDACTED: &str = "Paid by [card number], exp [expiry date], order 4471208.";

fn redacting(world: &World) -> Instance {
    let redactor = Some(Redactor::new(Personal::NONE));
    Instance::new(world.instance().system.with_notes_redactor(redactor), None)
}

async fn close(instance: &Instance, status: u16, body: Value) -> Value {
    let event = Event::put("segment/update?external_segment_id=E-1").json(&body);
    instance.call(&event).await.expect(status)["segment"].clone()
}

#[tokio::test]
async fn notes_are_stored_as_they_are_sent_where_nothing_is_said() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&opening("E-1")).await;
    assert_eq!(close(&instance, 200, json!({"notes": NOTES})).await["notes"], NOTES);
}

#[tokio::test]
async fn notes_are_stored_redacted_and_an_update_can_be_repeated() {
    let world = World::start().await;
    let instance = redacting(&world);
    instance.open(&opening("E-1")).await;
    let body = json!({"notes": NOTES, "confirmed_on": "2026-01-05 10:30:00"});
    assert_eq!(close(&instance, 200, body.clone()).await["notes"], REDACTED);
    let stored = format!("{:?}", world.records(Table::Segments).await);
    assert!(!stored.contains("4242") && stored.contains("[card number]"), "{stored}");
    // The segment is final: an update that says the same is no change, be it as it was sent or as it is stored.
    assert_eq!(close(&instance, 200, body).await["notes"], REDACTED);
    close(&instance, 200, json!({"notes": REDACTED})).await;
    let event = Event::put("segment/update?external_segment_id=E-1").json(&json!({"notes": "Other notes."}));
    instance.call(&event).await.expect(400);
}

// ---- The AI filler

async fn filled(provider: Arc<dyn Provider>) -> Value {
    let world = World::start().await;
    let instance = world.instance();
    let interaction = Interaction {
        sys_id: "interaction".to_owned(),
        short_description: Some("Refund to 4111 1111 1111 1111".to_owned()),
        transcript: Some(TRANSCRIPT.to_owned()),
        language: "en".to_owned().try_into().ok(),
    };
    Interactions::new(world.stores().dynamo().clone()).put(&interaction, &world.stamp()).await.expect("a put");
    let wanting = json!({"configuration": {"use_third_party_ai": false}});
    let sys_id = instance.open(&merged(opening("E-1"), &wanting)).await;
    let filler = filler(world.instance().system, provider);
    let record = StreamRecord::insert(world.segment_record(&sys_id).await);
    assert!(undelivered(&filler, &[record]).await.is_empty());
    instance.read("E-1").await
}

#[tokio::test]
async fn a_provider_is_shown_no_secret() {
    let provider = ScriptedProvider::new(None, Some("Charged twice."));
    filled(Arc::new(provider.clone())).await;
    let asked = format!("{:?}", provider.asked());
    assert_no_secret(&asked);
    assert!(asked.contains("Refund to [card number]") && asked.contains("Order 4471208"), "{asked}");
}

#[tokio::test]
async fn what_a_provider_answers_is_vetted() {
    let notes = "Card 4242 4242 4242 4242, CVC 382; password: Tomato!Vine77. Order 4471208 is refunded.";
    let provider = ScriptedProvider::new(None, Some(notes));
    let segment = filled(Arc::new(provider)).await;
    let expected = "Card [card number], CVC [security code]; password: [password]. Order 4471208 is refunded.";
    assert_eq!(segment["ai_notes"], expected);
}

#[tokio::test]
async fn notes_of_the_embedded_provider_hold_no_secret() {
    let segment = filled(Arc::new(Extractive::new())).await;
    let notes = segment["ai_notes"].as_str().expect("notes");
    assert_no_secret(notes);
    assert!(notes.contains("charged twice"), "{notes}");
}

// ---- What is sent to a model

fn conversation() -> Conversation {
    let said = Said { transcript: Some(TRANSCRIPT.to_owned()), ..Said::default() };
    Conversation::redacted(said, Redactor::default())
}

async fn asked(service: &Scripted, provider: &dyn Provider) -> String {
    let conversation = conversation();
    let codes = [Arc::new(Code::new_external(Label::from_text("Refund").expect("a label")))];
    let task = Task { conversation: &conversation, codes: &codes, notes: true };
    // What it makes of the answer is of no interest here.
    let _ = provider.suggest(&task, Instant::now() + Duration::from_secs(30)).await;
    let asked: Vec<String> = service.asked().iter().map(|asked| asked.body.to_string()).collect();
    assert!(!asked.is_empty());
    asked.join("\n")
}

#[tokio::test]
async fn requests_to_bedrock_hold_no_secret() {
    let service = Scripted::start([Turn::json(&json!({}))]).await;
    let provider = Bedrock::new(&service.as_aws(), "amazon.nova-lite-v1:0");
    let sent = asked(&service, &provider).await;
    assert_no_secret(&sent);
    assert!(sent.contains("card number]") && sent.contains("Order 4471208"), "{sent}");
}

#[tokio::test]
async fn requests_to_a_chat_completions_endpoint_hold_no_secret() {
    use wrapup::ai::{AI_MODEL, AI_URL, AiSettings, ProviderKind};
    use wrapup::settings::SettingsError;

    let service = Scripted::start([Turn::json(&json!({}))]).await;
    let settings = AiSettings::read(ProviderKind::OpenAi, |name| match name {
        AI_URL => Some(service.url().to_owned()),
        AI_MODEL => Some("qwen3:8b".to_owned()),
        _ => None,
    });
    let no_aws = |_| Err(SettingsError::Missing("AWS_REGION"));
    let provider = settings.expect("settings").provider(&Clock::system(), no_aws);
    let sent = asked(&service, &*provider.expect("a provider").expect("one that is on")).await;
    assert_no_secret(&sent);
    assert!(sent.contains("card number]") && sent.contains("Order 4471208"), "{sent}");
}
