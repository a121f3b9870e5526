use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use wrapup::ai::{
    AI_KEY, AI_MODEL, AI_URL, AiSettings, Provider, ProviderKind, SECRETS_MANAGER_ENDPOINT, SSM_ENDPOINT,
};
use wrapup::clock::Clock;
use wrapup_lambda_tests::{Scripted, Turn};

use super::{good, kind, suggest};

/// A provider whose key is kept somewhere, and what it asks.
struct Keyed {
    endpoint: Scripted,
    keeper: Arc<Scripted>,
    provider: Arc<dyn Provider>,
    seconds: Arc<AtomicU64>,
}

impl Keyed {
    async fn start(reference: &str, keeper: Vec<Turn>, endpoint: Vec<Turn>) -> Self {
        let (endpoint, keeper) = (Scripted::start(endpoint).await, Arc::new(Scripted::start(keeper).await));
        let settings = AiSettings::read(ProviderKind::OpenAi, |name| match name {
            AI_URL => Some(endpoint.url().to_owned()),
            AI_MODEL => Some("gpt".to_owned()),
            AI_KEY => Some(reference.to_owned()),
            _ => None,
        });
        let seconds = Arc::new(AtomicU64::new(1_726_509_600));
        let shown = Arc::clone(&seconds);
        let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(shown.load(Ordering::SeqCst));
        let expected = match reference.split(':').next() {
            Some("secretsmanager") => SECRETS_MANAGER_ENDPOINT,
            _ => SSM_ENDPOINT,
        };
        let (aws, keeper) = (keeper.as_aws(), keeper);
        let aws = |endpoint| {
            assert_eq!(endpoint, expected);
            Ok(aws.clone())
        };
        let provider = settings.expect("settings").provider(&Clock::from_fn(now), aws);
        let provider = provider.expect("a provider").expect("one that is on");
        Self { endpoint, keeper, provider, seconds }
    }

    /// The keys that the endpoint was sent.
    fn sent(&self) -> Vec<String> {
        let header = |asked: &wrapup_lambda_tests::Asked| {
            asked.headers.get("authorization").map_or(String::new(), |value| value.to_str().expect("text").to_owned())
        };
        self.endpoint.asked().iter().map(header).collect()
    }
}

fn answers() -> Turn {
    Turn::json(&json!({"choices": [{"message": {"content": good().0.to_string()}, "finish_reason": "stop"}]}))
}

fn refuses_the_key() -> Turn {
    Turn::status(401, &json!({"error": {"message": "Incorrect API key: sk-o***", "code": "invalid_api_key"}}))
}

fn secret(key: &str) -> Turn {
    Turn::json(&json!({"Name": "llm", "SecretString": key}))
}

fn parameter(key: &str) -> Turn {
    Turn::json(&json!({"Parameter": {"Name": "/llm", "Type": "SecureString", "Value": key}}))
}

fn aws_error(status: u16, name: &str) -> Turn {
    Turn::status(status, &json!({"__type": name, "message": "as the test wants"}))
}

#[tokio::test]
async fn a_key_is_fetched_where_it_is_kept() {
    for (reference, keeper, target, request) in [
        (
            "secretsmanager:prod/llm",
            secret("sk-one\n"),
            "secretsmanager.GetSecretValue",
            json!({"SecretId": "prod/llm"}),
        ),
        ("ssm:/llm", parameter("sk-one"), "AmazonSSM.GetParameter", json!({"Name": "/llm", "WithDecryption": true})),
    ] {
        let keyed = Keyed::start(reference, vec![keeper], vec![answers()]).await;
        assert_eq!(suggest(&*keyed.provider).await.expect("a suggestion"), good().1);
        assert_eq!(keyed.sent(), ["Bearer sk-one"]);
        let asked = keyed.keeper.asked();
        assert_eq!((asked.len(), &asked[0].body), (1, &request));
        assert_eq!(asked[0].headers["x-amz-target"], target);
        assert_eq!(asked[0].headers["content-type"], "application/x-amz-json-1.1");
        let service = reference.split(':').next().expect("a service");
        let signature = asked[0].headers["authorization"].to_str().expect("a text");
        assert!(signature.contains(&format!("/eu-central-1/{service}/aws4_request")), "{signature}");
    }
}

#[tokio::test]
async fn a_key_whose_keeper_is_busy_is_fetched_at_the_third_attempt_or_not_at_all() {
    let busy = [aws_error(400, "ThrottlingException"), Turn::HangsUp];
    let keyed = Keyed::start("ssm:/llm", [&busy[..], &[parameter("sk-one")]].concat(), vec![answers()]).await;
    assert_eq!(suggest(&*keyed.provider).await.expect("a suggestion"), good().1);
    assert_eq!((keyed.sent(), keyed.keeper.asked().len()), (vec!["Bearer sk-one".to_owned()], 3));

    let keyed = Keyed::start("ssm:/llm", vec![aws_error(500, "InternalServerError")], vec![answers()]).await;
    assert_eq!(kind(suggest(&*keyed.provider).await).0, "unavailable");
    assert_eq!(keyed.keeper.asked().len(), 3);
    let keyed = Keyed::start("ssm:/llm", vec![aws_error(400, "ParameterNotFound")], vec![answers()]).await;
    let (kind, text) = kind(suggest(&*keyed.provider).await);
    assert_eq!((kind, keyed.keeper.asked().len()), ("broken", 1));
    assert!(text.contains("parameter /llm: ParameterNotFound (status 400"), "{text}");
}

#[tokio::test]
async fn what_is_no_answer_of_a_keeper_counts_by_its_status() {
    // A proxy in front of the service says such things.
    for (status, body, expected) in [
        (200, "<html>sk-one</html>", "unavailable"),
        (403, "<html>sk-one</html>", "broken"),
        (502, "{}", "unavailable"),
    ] {
        let keyed = Keyed::start("ssm:/llm", vec![Turn::text(status, body)], vec![answers()]).await;
        let (kind, text) = kind(suggest(&*keyed.provider).await);
        assert_eq!(kind, expected, "{text}");
        assert!(!text.contains("sk-"), "{text}");
    }
}

#[tokio::test]
async fn a_key_may_be_in_a_file() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(file, "sk-file").expect("a written file");
    let reference = format!("file:{}", file.path().display());
    let keyed = Keyed::start(&reference, vec![], vec![answers()]).await;
    suggest(&*keyed.provider).await.expect("a suggestion");
    assert_eq!(keyed.sent(), ["Bearer sk-file"]);
    let keyed = Keyed::start("file:/nowhere/llm", vec![], vec![answers()]).await;
    let (kind, text) = kind(suggest(&*keyed.provider).await);
    assert_eq!(kind, "broken");
    assert!(text.contains("file /nowhere/llm"), "{text}");
    assert!(keyed.sent().is_empty(), "nothing is sent without a key");
}

#[tokio::test]
async fn a_key_is_remembered_for_five_minutes() {
    let keyed = Keyed::start("secretsmanager:llm", vec![secret("sk-one"), secret("sk-two")], vec![answers()]).await;
    for _ in 0..3 {
        suggest(&*keyed.provider).await.expect("a suggestion");
        keyed.seconds.fetch_add(149, Ordering::SeqCst);
    }
    assert_eq!(keyed.keeper.asked().len(), 1);
    suggest(&*keyed.provider).await.expect("a suggestion");
    assert_eq!(keyed.sent().last().map(String::as_str), Some("Bearer sk-two"));
}

#[tokio::test]
async fn a_key_that_was_changed_is_fetched_anew_once() {
    let keys = vec![secret("sk-old"), secret("sk-new"), secret("sk-newer")];
    let keyed = Keyed::start("secretsmanager:llm", keys.clone(), vec![refuses_the_key(), answers()]).await;
    for _ in 0..2 {
        assert_eq!(suggest(&*keyed.provider).await.expect("a suggestion"), good().1);
    }
    assert_eq!(keyed.sent(), ["Bearer sk-old", "Bearer sk-new", "Bearer sk-new"]);
    let keyed = Keyed::start("secretsmanager:llm", keys, vec![refuses_the_key()]).await;
    assert_eq!(kind(suggest(&*keyed.provider).await).0, "broken");
    assert_eq!(keyed.sent(), ["Bearer sk-old", "Bearer sk-new"], "no more than once");
}

#[tokio::test]
async fn a_key_that_is_refused_and_has_not_changed_is_not_sent_again() {
    let keyed = Keyed::start("secretsmanager:llm", vec![secret("sk-old")], vec![refuses_the_key()]).await;
    let (kind, text) = kind(suggest(&*keyed.provider).await);
    assert_eq!(kind, "broken");
    assert!(text.contains("status 401 Unauthorized (invalid_api_key)") && !text.contains("sk-"), "{text}");
    assert_eq!(keyed.sent(), ["Bearer sk-old"]);
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_and_the_reason_is_told() {
    let empty: Value = json!({"Name": "llm", "SecretBinary": "c2s="});
    for (keeper, kind_, told) in [
        (aws_error(400, "AccessDeniedException"), "broken", "AccessDeniedException (status 400"),
        (aws_error(400, "ResourceNotFoundException"), "broken", "secret llm: ResourceNotFoundException"),
        (aws_error(400, "ThrottlingException"), "unavailable", "ThrottlingException"),
        (aws_error(500, "InternalServiceError"), "unavailable", "InternalServiceError"),
        (secret("{\"apiKey\": \"sk-one\"}"), "broken", "store the key alone"),
        (secret(" \n"), "broken", "no text is stored there"),
        (secret("sk-one\nsk-two"), "broken", "cannot be sent as a header"),
        (Turn::json(&empty), "broken", "no text is stored there"),
    ] {
        let keyed = Keyed::start("secretsmanager:llm", vec![keeper], vec![answers()]).await;
        let (kind, text) = kind(suggest(&*keyed.provider).await);
        assert_eq!(kind, kind_, "{text}");
        assert!(text.contains(told) && !text.contains("sk-"), "{text}");
        assert!(keyed.sent().is_empty());
    }
}
