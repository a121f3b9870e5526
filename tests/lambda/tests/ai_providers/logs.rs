use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wrapup::ai::{Bedrock, Provider};
use wrapup_lambda_tests::{Log, Scripted, Turn};

use super::{SECRET, good, suggest_within};

/// Asks for suggestions, well and ill.
async fn suggest_this_and_that() {
    let said = json!({"output": {"message": {"role": "assistant", "content": [{"text": SECRET}]}},
        "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1}});
    let refused = Turn::status(400, &json!({"message": SECRET})).header("x-amzn-errortype", "ValidationException");
    let service = Scripted::start([Turn::json(&said), refused, Turn::text(200, SECRET)]).await;
    let provider = Bedrock::new(&service.as_aws(), "amazon.nova-lite-v1:0");
    for _ in 0..3 {
        suggest_within(&provider, Duration::from_secs(2)).await.expect_err("no suggestion");
    }
    let choice = json!({"message": {"content": good().0.to_string()}, "finish_reason": "stop"});
    let endpoint =
        Scripted::start([Turn::json(&json!({"choices": [choice]})), Turn::status(400, &json!({"error": SECRET}))])
            .await;
    let provider: Arc<dyn Provider> = super::chat_completions::provider(endpoint.url());
    suggest_within(&*provider, Duration::from_secs(9)).await.expect("a suggestion");
    suggest_within(&*provider, Duration::from_secs(9)).await.expect_err("no suggestion");
}

#[tokio::test]
async fn nothing_that_was_said_is_logged_at_any_level() {
    let ours = Log::of_a_function(LevelFilter::TRACE);
    tracing::debug!(target: "wrapup::ai", "a word of our own");
    suggest_this_and_that().await;
    assert!(ours.text().contains("a word of our own"), "{}", ours.text());
    assert!(!ours.text().contains("Quastenflosser"), "{}", ours.text());
    drop(ours);

    // The same without the guard: what it is there for.
    let all = Log::keep(LevelFilter::TRACE);
    suggest_this_and_that().await;
    assert!(all.text().contains("Quastenflosser"), "the SDK shows no bodies any more: the guard is of no use");
}
