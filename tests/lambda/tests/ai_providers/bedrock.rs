use std::sync::LazyLock;
use std::time::Duration;

use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use wrapup::ai::{Bedrock, Provider, Suggestion};
use wrapup_lambda_tests::{Asked, Scripted, Turn};
use wrapup_test_support::Schema;

use super::{AMPLE, SECRET, ask, codes, good, kind, material, suggest, suggest_within};

const MODEL: &str = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";

/// Converse as Bedrock's own model has it. See `make-schema` beside it.
static CONVERSE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../bedrock/converse.schema.json")).expect("JSON"));

/// Holds a document against the model.
#[track_caller]
fn assert_valid(part: &str, document: &Value) {
    let mut schema = CONVERSE.clone();
    schema["allOf"] = json!([{"$ref": format!("#/{part}")}]);
    let checked = Schema::new(schema).check(document);
    assert!(checked.is_ok(), "{part}: {checked:?} in {document}");
}

/// An answer of a model.
fn says(stop_reason: &str, content: Value) -> Turn {
    let body = json!({
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": stop_reason,
        "usage": {"inputTokens": 700, "outputTokens": 40, "totalTokens": 740},
        "metrics": {"latencyMs": 900},
    });
    assert_valid("response", &body);
    Turn::json(&body)
}

/// An answer that fills in the form.
fn fills_in(input: Value) -> Turn {
    says("tool_use", json!([{"toolUse": {"toolUseId": "tooluse_1", "name": "wrap_up", "input": input}}]))
}

/// An error of the service.
fn fails(error: &str, message: &str) -> Turn {
    let status = CONVERSE["errors"][error].as_u64().expect("an error of the model");
    let status = u16::try_from(status).expect("a status");
    let turn = Turn::status(status, &json!({"message": message}));
    turn.header("x-amzn-errortype", error).header("x-amzn-requestid", "9f7e-request")
}

async fn bedrock(turns: impl IntoIterator<Item = Turn>) -> (Scripted, Bedrock) {
    let service = Scripted::start(turns).await;
    let provider = Bedrock::new(&service.as_aws(), MODEL);
    (service, provider)
}

/// The requests, each of which has to be one that the service takes.
fn requests(service: &Scripted) -> Vec<Value> {
    let valid = |asked: Asked| {
        assert_valid("request", &asked.body);
        asked.body
    };
    service.asked().into_iter().map(valid).collect()
}

// ---- Asked and answered

#[tokio::test]
async fn a_model_is_asked_in_a_frame_that_a_transcript_cannot_leave() {
    let (answer, suggestion) = good();
    let (service, provider) = bedrock([fills_in(answer)]).await;
    assert_eq!(suggest(&provider).await.expect("a suggestion"), suggestion);
    assert_eq!((provider.source(), provider.model()), ("bedrock", MODEL));
    let asked = service.asked();
    let [asked] = &asked[..] else { panic!("one request: {asked:?}") };
    let path = percent_decode_str(&asked.path).decode_utf8().expect("a path");
    assert_eq!(path, CONVERSE["path"].as_str().expect("a path").replace("{modelId}", MODEL));
    assert!(asked.headers["authorization"].to_str().expect("a text").contains("/eu-central-1/bedrock/aws4_request"));
    let body = &asked.body;
    assert_valid("request", body);

    let messages = body["messages"].as_array().expect("messages");
    assert_eq!((messages.len(), &messages[0]["role"]), (1, &json!("user")));
    assert_eq!(messages[0]["content"].as_array().map(Vec::len), Some(1));
    let text = messages[0]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(text).expect("JSON"), material());
    assert!(!text.contains("<|im_start|>") && !text.contains("[INST]"), "{text}");
    let mut frame = body.clone();
    frame["messages"] = Value::Null;
    assert!(!frame.to_string().contains(SECRET), "the conversation is in its message alone: {frame}");

    let tool = &body["toolConfig"]["tools"][0]["toolSpec"];
    let schema = &tool["inputSchema"]["json"];
    assert_eq!(schema["properties"]["code"]["enum"], json!(["Refund", "Other"]));
    assert_eq!(body["toolConfig"]["toolChoice"], json!({"tool": {"name": tool["name"]}}));
    assert_eq!(body["inferenceConfig"], json!({"maxTokens": 2048, "temperature": 0.0}));
}

#[tokio::test]
async fn instructions_are_the_same_whatever_was_said() {
    let (service, provider) = bedrock([fills_in(json!({"notes": ""}))]).await;
    suggest(&provider).await.expect("a suggestion");
    let harmless = wrapup::ai::Said { transcript: Some("Customer: hello".to_owned()), ..Default::default() };
    let harmless = wrapup::ai::Conversation::redacted(harmless, wrapup::redaction::Redactor::default());
    let codes = codes();
    let task = wrapup::ai::Task { conversation: &harmless, codes: &codes, notes: true };
    provider.suggest(&task, tokio::time::Instant::now() + AMPLE).await.expect("a suggestion");
    let mut asked = requests(&service);
    for body in &mut asked {
        body["messages"][0]["content"][0]["text"] = Value::Null;
    }
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn only_what_is_wanted_is_asked_for_and_taken() {
    let (answer, suggestion) = good();
    let (service, provider) = bedrock([fills_in(answer)]).await;
    let code = ask(&provider, &codes(), false, AMPLE).await.expect("a suggestion");
    assert_eq!(code, Suggestion { code: suggestion.code, ..Suggestion::default() });
    let notes = ask(&provider, &[], true, AMPLE).await.expect("a suggestion");
    assert_eq!(notes, Suggestion { notes: suggestion.notes, ..Suggestion::default() });
    assert_eq!(ask(&provider, &[], false, AMPLE).await.expect("nothing"), Suggestion::default());
    let asked = requests(&service);
    let fields = |body: &Value| {
        let schema = &body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"];
        let mut names: Vec<_> = schema["properties"].as_object().expect("fields").keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(asked.iter().map(fields).collect::<Vec<_>>(), [vec!["code", "confidence"], vec!["notes"]]);
}

#[tokio::test]
async fn a_model_may_find_no_code() {
    for answer in [json!({"notes": "Hung up."}), json!({"code": null, "confidence": null, "notes": "Hung up."})] {
        let (_service, provider) = bedrock([fills_in(answer)]).await;
        let expected = Suggestion { notes: Some("Hung up.".to_owned()), ..Suggestion::default() };
        assert_eq!(suggest(&provider).await.expect("a suggestion"), expected);
    }
}

#[tokio::test]
async fn what_breaks_a_rule_of_the_caller_is_passed_on() {
    let long = "n".repeat(20_000);
    let answer = json!({"code": "Complaint", "confidence": 1, "notes": long});
    let (_service, provider) = bedrock([fills_in(answer)]).await;
    let suggestion = suggest(&provider).await.expect("a suggestion");
    assert_eq!(suggestion.code.map(|code| code.label).as_deref(), Some("Complaint"));
    assert_eq!(suggestion.notes, Some(long));
}

#[tokio::test]
async fn an_inference_profile_is_called_by_its_arn() {
    let arn = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3d4e5f6";
    let service = Scripted::start([fills_in(good().0)]).await;
    suggest(&Bedrock::new(&service.as_aws(), arn)).await.expect("a suggestion");
    let path = service.asked().remove(0).path;
    assert_eq!(path.split('/').count(), 4, "the slash of the ARN does not make another path: {path}");
    assert_eq!(percent_decode_str(&path).decode_utf8().expect("a path"), format!("/model/{arn}/converse"));
}

// ---- Answers that are none

#[tokio::test]
async fn refusals_are_declined() {
    for (turn, reason) in [
        (says("end_turn", json!([{"text": format!("I cannot help {SECRET}.")}])), "does not fill in the form"),
        (says("guardrail_intervened", json!([{"text": SECRET}])), "guardrail_intervened"),
        (says("content_filtered", json!([])), "content_filtered"),
        (says("model_context_window_exceeded", json!([])), "model_context_window_exceeded"),
    ] {
        let (service, provider) = bedrock([turn]).await;
        let (kind, text) = kind(suggest(&provider).await);
        assert_eq!(kind, "declined", "{text}");
        assert!(text.contains(reason), "{text}");
        assert_eq!(requests(&service).len(), 1);
    }
}

#[tokio::test]
async fn answers_that_are_not_in_form_are_malformed() {
    let cut = json!([{"toolUse": {"toolUseId": "t", "name": "wrap_up", "input": {"code": "Refund"}}}]);
    let other = json!([{"toolUse": {"toolUseId": "t", "name": "other", "input": {"notes": SECRET}}}]);
    for (turn, problem) in [
        (says("max_tokens", cut), "cut off"),
        (says("malformed_tool_use", json!([])), "malformed_tool_use"),
        (says("malformed_model_output", json!([])), "malformed_model_output"),
        (says("tool_use", json!([])), "not filled in"),
        (says("tool_use", other), "not filled in"),
        (fills_in(json!(SECRET)), "no JSON object"),
        (fills_in(json!({"code": [SECRET]})), "'code' is no text"),
        (fills_in(json!({"notes": {"text": SECRET}})), "'notes' is no text"),
    ] {
        let (service, provider) = bedrock([turn]).await;
        let (kind, text) = kind(suggest(&provider).await);
        assert_eq!(kind, "malformed", "{text}");
        assert!(text.contains(problem), "{text}");
        assert_eq!(requests(&service).len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_is_no_answer_at_all_is_not_quoted() {
    for body in [format!("<html>{SECRET}</html>"), format!("{{\"output\": \"{SECRET}\"}}"), String::new()] {
        let (_service, provider) = bedrock([Turn::text(200, &body)]).await;
        suggest_within(&provider, Duration::from_secs(2)).await.expect_err("no answer");
    }
}

// ---- Failures

#[tokio::test]
async fn what_passes_is_tried_again() {
    let turns = [
        fails("ThrottlingException", "Too many requests"),
        fails("ServiceUnavailableException", "Later"),
        Turn::HangsUp,
        fills_in(good().0),
    ];
    let (service, provider) = bedrock(turns).await;
    assert_eq!(suggest(&provider).await.expect("a suggestion"), good().1);
    let asked = requests(&service);
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().all(|body| body == &asked[0]), "the same request each time");
}

#[tokio::test]
async fn a_hanging_request_leaves_time_for_another() {
    let (service, provider) = bedrock([Turn::Silence, fills_in(good().0)]).await;
    assert_eq!(suggest_within(&provider, Duration::from_secs(9)).await.expect("a suggestion"), good().1);
    assert_eq!(service.asked().len(), 2);
}

#[tokio::test]
async fn what_does_not_pass_in_time_is_unavailable() {
    for turn in [
        fails("ThrottlingException", "Too many requests"),
        fails("InternalServerException", SECRET),
        Turn::Silence,
        Turn::Stalls,
        Turn::HangsUp,
    ] {
        let (_service, provider) = bedrock([turn.clone()]).await;
        let (kind, text) = kind(suggest_within(&provider, Duration::from_millis(300)).await);
        assert_eq!(kind, "unavailable", "{turn:?}: {text}");
    }
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent() {
    let (service, provider) = bedrock([fills_in(good().0)]).await;
    for _ in 0..50 {
        assert_eq!(kind(suggest_within(&provider, Duration::ZERO).await).0, "unavailable");
    }
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_each_time_is_unavailable() {
    let (service, provider) = bedrock([Turn::HangsUp]).await;
    let (kind, text) = kind(suggest(&provider).await);
    assert_eq!(kind, "unavailable", "{text}");
    assert_eq!(service.asked().len(), 4);
}

#[tokio::test]
async fn a_service_that_stays_busy_is_asked_four_times() {
    let (service, provider) = bedrock([fails("ThrottlingException", "Too many tokens, wait.")]).await;
    let (kind, text) = kind(suggest(&provider).await);
    assert_eq!(kind, "unavailable");
    assert!(text.contains("ThrottlingException (status 429, request 9f7e-request): Too many tokens, wait."), "{text}");
    assert_eq!(service.asked().len(), 4);
}

#[tokio::test]
async fn failures_that_may_pass_later_but_not_at_once_are_unavailable() {
    for error in ["ModelErrorException", "ModelTimeoutException"] {
        let (service, provider) = bedrock([fails(error, SECRET)]).await;
        assert_eq!(kind(suggest(&provider).await).0, "unavailable", "{error}");
        assert_eq!(service.asked().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn what_is_set_up_wrongly_is_broken_and_says_what_to_mend() {
    for (turn, hint) in [
        (fails("AccessDeniedException", "You don't have access to the model."), "You don't have access to the model."),
        (fails("ResourceNotFoundException", "No such model."), "No such model."),
        (fails("ValidationException", SECRET), "the model's id may be wrong"),
    ] {
        let (service, provider) = bedrock([turn]).await;
        let (kind, text) = kind(suggest(&provider).await);
        assert_eq!(kind, "broken", "{text}");
        assert!(text.contains(hint) && text.contains(MODEL) && text.contains("9f7e-request"), "{text}");
        assert_eq!(service.asked().len(), 1, "there is no point in trying again");
    }
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let service = Scripted::start([fills_in(good().0)]).await;
    let mut config = service.as_aws().into_builder();
    config.set_credentials_provider(None);
    let (kind, text) = kind(suggest(&Bedrock::new(&config.build(), MODEL)).await);
    assert_eq!(kind, "broken", "{text}");
    assert!(text.contains("credentials") || text.contains("identity"), "{text}");
    assert!(service.asked().is_empty());
}

/// An environment in which `AWS_BEARER_TOKEN_BEDROCK` is set.
#[derive(Debug)]
struct WithToken;

impl LoadServiceConfig for WithToken {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let known = (key.service_id(), key.env()) == ("bedrock", "AWS_BEARER_TOKEN");
        known.then(|| "bedrock-api-key".to_owned())
    }
}

#[tokio::test]
async fn a_key_of_bedrock_in_the_environment_goes_before_credentials() {
    let service = Scripted::start([fills_in(good().0)]).await;
    let mut config = service.as_aws().into_builder().service_config(WithToken);
    config.set_credentials_provider(None);
    suggest(&Bedrock::new(&config.build(), MODEL)).await.expect("a suggestion");
    assert_eq!(service.asked()[0].headers["authorization"], "Bearer bedrock-api-key");
}

#[tokio::test]
async fn a_field_that_a_model_does_not_take_is_left_out_from_then_on() {
    for (refusal, field) in [
        (
            "The model returned the following errors: `temperature` is deprecated for this model.",
            "/inferenceConfig/temperature",
        ),
        ("This model doesn't support the toolConfig.toolChoice.tool field.", "/toolConfig/toolChoice"),
    ] {
        let (service, provider) = bedrock([fails("ValidationException", refusal), fills_in(good().0)]).await;
        for _ in 0..2 {
            assert_eq!(suggest(&provider).await.expect("a suggestion"), good().1);
        }
        let given: Vec<_> = requests(&service).iter().map(|body| body.pointer(field).is_some()).collect();
        assert_eq!(given, [true, false, false], "{field}");
    }
    let refusal = fails("ValidationException", "temperature, toolChoice");
    let (service, provider) = bedrock([refusal]).await;
    assert_eq!(kind(suggest(&provider).await).0, "broken");
    assert_eq!(service.asked().len(), 3, "each field is left out once");
}
