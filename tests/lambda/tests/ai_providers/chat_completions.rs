use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use wrapup::ai::{AI_MODEL, AI_URL, AiSettings, Provider, ProviderKind, Suggestion};
use wrapup::clock::Clock;
use wrapup::settings::SettingsError;
use wrapup_lambda_tests::{Scripted, Turn};
use wrapup_test_support::Schema;

use super::{AMPLE, SECRET, ask, codes, good, kind, material, suggest, suggest_within};

const MODEL: &str = "qwen3:8b";

/// A completion.
fn completes(content: &str) -> Turn {
    completes_with(json!({"role": "assistant", "content": content}), "stop")
}

fn completes_with(message: Value, finish_reason: &str) -> Turn {
    Turn::json(&json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_726_509_600, "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 700, "completion_tokens": 40, "total_tokens": 740},
    }))
}

fn fills_in(answer: &Value) -> Turn {
    completes(&answer.to_string())
}

fn fails(status: u16, code: &str) -> Turn {
    Turn::status(status, &json!({"error": {"message": SECRET, "type": "some_error", "param": null, "code": code}}))
}

/// The provider as a deployment's settings make it.
pub fn provider(url: &str) -> Arc<dyn Provider> {
    let base = format!("{url}/v1/");
    let settings = AiSettings::read(ProviderKind::OpenAi, |name| match name {
        AI_URL => Some(base.clone()),
        AI_MODEL => Some(MODEL.to_owned()),
        _ => None,
    });
    let no_aws = |_| Err(SettingsError::Missing("AWS_REGION"));
    settings.expect("settings").provider(&Clock::system(), no_aws).expect("a provider").expect("one that is on")
}

async fn endpoint(turns: impl IntoIterator<Item = Turn>) -> (Scripted, Arc<dyn Provider>) {
    let endpoint = Scripted::start(turns).await;
    let provider = provider(endpoint.url());
    (endpoint, provider)
}

// ---- Asked and answered

#[tokio::test]
async fn a_model_is_asked_in_a_frame_that_a_transcript_cannot_leave() {
    let (answer, suggestion) = good();
    let (endpoint, provider) = endpoint([fills_in(&answer)]).await;
    assert_eq!(suggest(&*provider).await.expect("a suggestion"), suggestion);
    assert_eq!((provider.source(), provider.model()), ("openai", MODEL));
    let asked = endpoint.asked();
    let [asked] = &asked[..] else { panic!("one request: {asked:?}") };
    assert_eq!(asked.path, "/v1/chat/completions");
    assert!(!asked.headers.contains_key("authorization"), "there is no key");
    let body = &asked.body;
    let messages = body["messages"].as_array().expect("messages");
    let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap_or_default()).collect();
    assert_eq!(roles, ["system", "user"]);
    let text = messages[1]["content"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), material());
    assert!(!text.contains("<|im_start|>") && !text.contains("[INST]"), "{text}");
    let mut frame = body.clone();
    frame["messages"][1] = Value::Null;
    assert!(!frame.to_string().contains(SECRET), "the conversation is in its message alone: {frame}");
    assert_eq!(body["model"], MODEL);
    assert_eq!(body["temperature"], 0);
    assert_eq!(body["max_tokens"], 2048);
}

#[tokio::test]
async fn the_form_is_what_strict_output_takes_and_a_good_answer_is_of_that_form() {
    let (endpoint, provider) = endpoint([fills_in(&json!({"code": null, "confidence": null, "notes": null}))]).await;
    assert_eq!(suggest(&*provider).await.expect("an answer"), Suggestion::default());
    let format = endpoint.asked().remove(0).body["response_format"].take();
    assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
    let schema = &format["json_schema"]["schema"];
    assert_eq!(schema["additionalProperties"], false);
    let mut names: Vec<_> = schema["properties"].as_object().expect("properties").keys().cloned().collect();
    let mut required: Vec<_> = schema["required"].as_array().expect("names").iter().map(|it| it.to_string()).collect();
    names.sort();
    required.sort();
    assert_eq!(required, names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>(), "strict wants them all");
    let form = Schema::new(schema.clone());
    let label = |label: &str| json!({"code": label, "confidence": 0.5, "notes": "Some."});
    assert_eq!(form.check(&good().0), Ok(()));
    assert_eq!(form.check(&label("Other")), Ok(()));
    form.check(&label("Complaint")).expect_err("only the allowed labels");
    assert_eq!(form.check(&json!({"code": null, "confidence": null, "notes": null})), Ok(()));
}

#[tokio::test]
async fn only_what_is_wanted_is_asked_for_and_taken() {
    let (answer, suggestion) = good();
    let (endpoint, provider) = endpoint([fills_in(&answer)]).await;
    let code = ask(&*provider, &codes(), false, AMPLE).await.expect("a suggestion");
    assert_eq!(code, Suggestion { code: suggestion.code, ..Suggestion::default() });
    let notes = ask(&*provider, &[], true, AMPLE).await.expect("a suggestion");
    assert_eq!(notes, Suggestion { notes: suggestion.notes, ..Suggestion::default() });
    assert_eq!(ask(&*provider, &[], false, AMPLE).await.expect("nothing"), Suggestion::default());
    let fields: Vec<_> = endpoint
        .asked()
        .iter()
        .map(|asked| asked.body["response_format"]["json_schema"]["schema"]["required"].clone())
        .collect();
    assert_eq!(fields, [json!(["code", "confidence"]), json!(["notes"])]);
}

#[tokio::test]
async fn what_breaks_a_rule_of_the_caller_is_passed_on() {
    let long = "n".repeat(20_000);
    let (_endpoint, provider) =
        endpoint([fills_in(&json!({"code": "Complaint", "confidence": 1, "notes": long}))]).await;
    let suggestion = suggest(&*provider).await.expect("a suggestion");
    assert_eq!(suggestion.code.map(|code| code.label).as_deref(), Some("Complaint"));
    assert_eq!(suggestion.notes, Some(long));
}

#[tokio::test]
async fn json_in_a_fence_is_json() {
    let (answer, suggestion) = good();
    let (_endpoint, provider) = endpoint([completes(&format!("```json\n{answer}\n```\n"))]).await;
    assert_eq!(suggest(&*provider).await.expect("a suggestion"), suggestion);
}

// ---- Answers that are none

#[tokio::test]
async fn refusals_are_declined() {
    let refusal = json!({"role": "assistant", "content": null, "refusal": format!("I cannot help {SECRET}.")});
    let filtered = json!({"role": "assistant", "content": ""});
    for (turn, reason) in [
        (completes_with(refusal, "stop"), "the model refuses"),
        (completes_with(filtered, "content_filter"), "content_filter"),
        (fails(400, "content_filter"), "content_filter"),
        (fails(400, "context_length_exceeded"), "context_length_exceeded"),
    ] {
        let (endpoint, provider) = endpoint([turn]).await;
        let (kind, text) = kind(suggest(&*provider).await);
        assert_eq!(kind, "declined", "{text}");
        assert!(text.contains(reason), "{text}");
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn answers_that_are_not_in_form_are_malformed() {
    let cut = json!({"role": "assistant", "content": "{\"code\": \"Ref"});
    let parts = json!({"role": "assistant", "content": [{"type": "text", "text": SECRET}]});
    for (turn, problem) in [
        (completes_with(cut, "length"), "cut off"),
        (completes_with(parts, "stop"), "the content is no text"),
        (completes_with(json!({"role": "assistant", "content": null}), "stop"), "the content is no text"),
        (completes_with(Value::Null, "stop"), "no choice"),
        (Turn::json(&json!({"choices": []})), "no choice"),
        (Turn::json(&json!([SECRET])), "no choice"),
        (Turn::text(200, &format!("<html>{SECRET}</html>")), "the body is no JSON"),
        (Turn::text(200, ""), "the body is no JSON"),
        (completes(&format!("Surely, {SECRET}!")), "the content is no JSON"),
        (completes("```"), "the content is no JSON"),
        (completes(&json!(SECRET).to_string()), "no JSON object"),
        (fills_in(&json!({"code": [SECRET]})), "'code' is no text"),
        (fills_in(&json!({"notes": {"text": SECRET}})), "'notes' is no text"),
        (Turn::NeverEnds, "more than 1048576 bytes"),
    ] {
        let (endpoint, provider) = endpoint([turn]).await;
        let (kind, text) = kind(suggest(&*provider).await);
        assert_eq!(kind, "malformed", "{text}");
        assert!(text.contains(problem), "{text}");
        assert_eq!(endpoint.asked().len(), 1);
    }
}

// ---- Failures

#[tokio::test]
async fn what_passes_is_tried_again() {
    let busy = fails(429, "rate_limit_exceeded").header("retry-after", "0");
    let (endpoint, provider) = endpoint([busy, fails(503, "loading"), Turn::HangsUp, fills_in(&good().0)]).await;
    assert_eq!(suggest(&*provider).await.expect("a suggestion"), good().1);
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|other| other.body == asked[0].body), "the same request each time");
}

#[tokio::test]
async fn a_hanging_request_leaves_time_for_another() {
    for hanging in [Turn::Silence, Turn::Stalls] {
        let (endpoint, provider) = endpoint([hanging, fills_in(&good().0)]).await;
        assert_eq!(suggest_within(&*provider, Duration::from_secs(6)).await.expect("a suggestion"), good().1);
        assert_eq!(endpoint.asked().len(), 2);
    }
}

#[tokio::test]
async fn what_does_not_pass_in_time_is_unavailable() {
    for turn in [fails(429, "busy"), fails(500, "oops"), Turn::Silence, Turn::Stalls, Turn::HangsUp] {
        let (_endpoint, provider) = endpoint([turn.clone()]).await;
        let (kind, text) = kind(suggest_within(&*provider, Duration::from_millis(200)).await);
        assert_eq!(kind, "unavailable", "{turn:?}: {text}");
    }
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent() {
    let (endpoint, provider) = endpoint([fills_in(&good().0)]).await;
    for _ in 0..50 {
        assert_eq!(kind(suggest_within(&*provider, Duration::ZERO).await).0, "unavailable");
    }
    assert!(endpoint.asked().is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_each_time_is_unavailable() {
    let (endpoint, provider) = endpoint([Turn::HangsUp]).await;
    assert_eq!(kind(suggest(&*provider).await).0, "unavailable");
    assert_eq!(endpoint.asked().len(), 4);
}

#[tokio::test]
async fn an_endpoint_that_stays_busy_is_asked_four_times() {
    let (endpoint, provider) = endpoint([fails(502, "bad_gateway").header("retry-after", "0")]).await;
    let (kind, text) = kind(suggest(&*provider).await);
    assert_eq!(kind, "unavailable");
    let url = format!("{}/v1/chat/completions, model {MODEL}: status 502 Bad Gateway (bad_gateway)", endpoint.url());
    assert!(text.contains(&url), "{text}");
    assert_eq!(endpoint.asked().len(), 4);
}

#[tokio::test]
async fn an_endpoint_that_wants_to_be_left_alone_past_the_deadline_is() {
    for retry_after in ["3600", "18446744073709551615", "Tue, 31 Dec 2199 23:59:59 GMT"] {
        let (endpoint, provider) = endpoint([fails(429, "busy").header("retry-after", retry_after)]).await;
        assert_eq!(kind(suggest(&*provider).await).0, "unavailable");
        assert_eq!(endpoint.asked().len(), 1, "{retry_after}");
    }
    for retry_after in ["Mon, 16 Sep 2019 18:00:00 GMT", "-1", "soon"] {
        let busy = fails(429, "busy").header("retry-after", retry_after);
        let (endpoint, provider) = endpoint([busy, fills_in(&good().0)]).await;
        assert_eq!(suggest(&*provider).await.expect("a suggestion"), good().1);
        assert_eq!(endpoint.asked().len(), 2, "{retry_after}");
    }
}

#[tokio::test]
async fn an_endpoint_that_asks_for_no_pause_gets_one() {
    for retry_after in ["0", "Mon, 16 Sep 2019 18:00:00 GMT"] {
        let (endpoint, provider) = endpoint([fails(429, "busy").header("retry-after", retry_after)]).await;
        // Less than the shortest pause, so that a second attempt would come too late.
        let answer = suggest_within(&*provider, Duration::from_millis(200)).await;
        assert_eq!(kind(answer).0, "unavailable");
        assert_eq!(endpoint.asked().len(), 1, "{retry_after}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let gone = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", gone.local_addr().expect("an address"));
    drop(gone);
    let (kind, text) = kind(suggest_within(&*provider(&url), Duration::from_secs(2)).await);
    assert_eq!(kind, "unavailable");
    assert!(text.contains("onnection refused"), "{text}");
}

#[tokio::test]
async fn an_endpoint_that_cannot_prove_who_it_is_is_told_nothing() {
    let endpoint = Scripted::start([fills_in(&good().0)]).await;
    let url = endpoint.url().replace("http:", "https:");
    assert_eq!(kind(suggest_within(&*provider(&url), Duration::from_secs(2)).await).0, "unavailable");
    assert!(endpoint.asked().is_empty());
}

#[tokio::test]
async fn what_is_set_up_wrongly_is_broken_and_says_what_to_mend() {
    let text = Turn::status(404, &json!({"error": format!("model '{SECRET}' not found, try pulling it first")}));
    for (turn, hint) in [
        (fails(401, "invalid_api_key"), "status 401 Unauthorized (invalid_api_key)"),
        (fails(403, "forbidden"), "status 403 Forbidden (forbidden)"),
        (fails(404, "model_not_found"), "status 404 Not Found (model_not_found)"),
        (fails(400, SECRET), "status 400 Bad Request (some_error)"),
        (fails(422, "unprocessable"), "status 422"),
        (text, "status 404 Not Found"),
        (Turn::text(405, &format!("<html>{SECRET}</html>")), "status 405"),
    ] {
        let (endpoint, provider) = endpoint([turn]).await;
        let (kind, text) = kind(suggest(&*provider).await);
        assert_eq!(kind, "broken", "{text}");
        assert!(text.contains(hint) && text.contains(MODEL) && text.contains(endpoint.url()), "{text}");
        assert_eq!(endpoint.asked().len(), 1, "there is no point in trying again");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Scripted::start([fills_in(&good().0)]).await;
    for status in [301, 302, 303, 307, 308] {
        let redirect = Turn::text(status, "").header("location", elsewhere.url());
        let (endpoint, provider) = endpoint([redirect]).await;
        let (kind, text) = kind(suggest(&*provider).await);
        assert_eq!(kind, "broken", "{text}");
        assert!(text.contains("redirect"), "{text}");
        assert_eq!(endpoint.asked().len(), 1);
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_field_that_a_model_does_not_take_is_left_out_from_then_on() {
    let tokens = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.";
    let temperature = "Unsupported value: 'temperature' does not support 0 with this model.";
    let refuses = |message: &str| Turn::status(400, &json!({"error": {"message": message}}));
    let (endpoint, provider) = endpoint([refuses(tokens), refuses(temperature), fills_in(&good().0)]).await;
    for _ in 0..2 {
        assert_eq!(suggest(&*provider).await.expect("a suggestion"), good().1);
    }
    let fields = ["temperature", "max_tokens", "max_completion_tokens"];
    let given: Vec<_> = endpoint
        .asked()
        .iter()
        .map(|asked| fields.into_iter().filter(|field| asked.body.get(field).is_some()).collect::<Vec<_>>())
        .collect();
    let last = vec!["max_completion_tokens"];
    let expected =
        [vec!["temperature", "max_tokens"], vec!["temperature", "max_completion_tokens"], last.clone(), last];
    assert_eq!(given, expected);
}
