use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use lambda_http::http::header::CONTENT_TYPE;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::answer::{cut_off, declined, malformed, suggestion};
use super::model::{FORM, MOST_TOKENS, attempt_within, before};
use super::prompt::Prompt;
use super::{Provider, ProviderError, Suggestion, Task};
use crate::aws::{AwsFailure, Service, ServiceCall, ServiceName};

/// Where Bedrock is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const BEDROCK_ENDPOINT: &str = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME";

const NAME: ServiceName =
    ServiceName { id: "Bedrock Runtime", host: "bedrock-runtime", signed_for: "bedrock", token: Some("bedrock") };

/// What of a model's id or ARN is encoded in a path.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How often Bedrock is asked that throttles, fails, or does not answer.
const ATTEMPTS: u32 = 4;

/// A model of Amazon Bedrock, asked through the Converse API. It answers by filling in the input of a tool,
/// whose schema has the allowed labels.
pub struct Bedrock {
    service: Service,
    model: String,
    /// What this model does not take, learnt from its refusals.
    without: Without,
}

/// Fields of a request that some models refuse.
#[derive(Default)]
struct Without {
    /// Newer models refuse to be told a temperature.
    temperature: AtomicBool,
    /// Some models that know tools cannot be made to use one.
    tool_choice: AtomicBool,
}

/// Why Bedrock suggests nothing.
#[derive(Debug, thiserror::Error)]
#[error("Amazon Bedrock, model {model}: {failure}{}", hint(.failure))]
pub struct BedrockFailure {
    /// The model's id.
    pub model: String,
    /// What went wrong.
    pub failure: AwsFailure,
}

impl Bedrock {
    /// A model by its id, or the id or ARN of an inference profile.
    pub fn new(config: &SdkConfig, model: impl Into<String>) -> Self {
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(Duration::from_millis(500))
            .with_max_backoff(Duration::from_secs(8));
        let service = Service::new(&NAME, config, retries);
        Self { service, model: model.into(), without: Without::default() }
    }

    async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<Value, ProviderError> {
        loop {
            let temperature = !self.without.temperature.load(Ordering::Relaxed);
            let tool_choice = !self.without.tool_choice.load(Ordering::Relaxed);
            let sent = self.service.send(ServiceCall {
                operation: "Converse",
                path: format!("/model/{}/converse", utf8_percent_encode(&self.model, IN_A_PATH)),
                headers: vec![(CONTENT_TYPE.as_str(), "application/json")],
                body: request(prompt, temperature, tool_choice).to_string().into_bytes(),
                within: Some(attempt_within(deadline)),
            });
            match sent.await.and_then(|answer| answer.json()) {
                Ok(answer) => return Ok(answer),
                Err(failure) if temperature && refuses(&failure, &["temperature"]) => {
                    self.without.temperature.store(true, Ordering::Relaxed);
                }
                Err(failure) if tool_choice && refuses(&failure, &["toolChoice", "tool_choice"]) => {
                    self.without.tool_choice.store(true, Ordering::Relaxed);
                }
                Err(failure) => return Err(self.failed(failure)),
            }
        }
    }

    fn failed(&self, failure: AwsFailure) -> ProviderError {
        // A model that failed at a request may succeed at it later, though not at once.
        let passes = failure.code() == Some("ModelErrorException") || failure.is_transient();
        let failure = match failure.code() {
            // These are said before a model has seen anything, of ids, permissions and quotas.
            Some("AccessDeniedException" | "ResourceNotFoundException" | "ThrottlingException") => failure,
            _ => failure.without_message(),
        };
        let failure = Box::new(BedrockFailure { model: self.model.clone(), failure });
        if passes { ProviderError::Unavailable(failure) } else { ProviderError::Broken(failure) }
    }
}

#[async_trait]
impl Provider for Bedrock {
    fn source(&self) -> &'static str {
        "bedrock"
    }

    fn model(&self) -> &str {
        &self.model
    }

    async fn suggest(&self, task: &Task<'_>, deadline: Instant) -> Result<Suggestion, ProviderError> {
        let Some(prompt) = Prompt::of(task) else { return Ok(Suggestion::default()) };
        let answer = before(deadline, self.ask(&prompt, deadline)).await?;
        suggestion(filled_in(&answer)?, task)
    }
}

/// The request that a prompt makes, in Converse's words.
fn request(prompt: &Prompt, temperature: bool, tool_choice: bool) -> Value {
    let mut request = json!({
        "system": [{"text": format!("{}\nAnswer by calling the tool {FORM}, once.", prompt.system)}],
        "messages": [{"role": "user", "content": [{"text": prompt.user}]}],
        "toolConfig": {"tools": [{"toolSpec": {
            "name": FORM,
            "description": "Takes the wrap-up of the conversation.",
            "inputSchema": {"json": schema(prompt)},
        }}]},
        "inferenceConfig": {"maxTokens": MOST_TOKENS},
    });
    if temperature {
        request["inferenceConfig"]["temperature"] = json!(0.0);
    }
    if tool_choice {
        request["toolConfig"]["toolChoice"] = json!({"tool": {"name": FORM}});
    }
    request
}

/// The tool's input. A code is not required, for there may be none to give, and neither is the confidence
/// that goes with it: of the keywords that could say so otherwise, not every model takes each.
fn schema(prompt: &Prompt) -> Value {
    let properties: Map<_, _> =
        prompt.answer.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if prompt.answer.iter().any(|(name, _)| *name == "notes") {
        schema["required"] = json!(["notes"]);
    }
    schema
}

/// What the model put into the tool's input.
fn filled_in(answer: &Value) -> Result<&Value, ProviderError> {
    match answer["stopReason"].as_str() {
        Some("max_tokens") => return Err(cut_off()),
        Some(reason @ ("model_context_window_exceeded" | "guardrail_intervened" | "content_filtered")) => {
            return Err(declined(reason));
        }
        Some(reason @ ("malformed_model_output" | "malformed_tool_use")) => return Err(malformed(reason)),
        _ => {}
    }
    let Some(content) = answer["output"]["message"]["content"].as_array() else {
        return Err(malformed("it has no message"));
    };
    let used = content.iter().map(|block| &block["toolUse"]).find(|used| used["name"] == FORM);
    match used {
        Some(used) => Ok(&used["input"]),
        // It was to use a tool and talks instead: what it says, it says to explain itself.
        None if content.iter().any(|block| block["text"].is_string()) => {
            Err(declined("it talks and does not fill in the form"))
        }
        None => Err(malformed("the form is not filled in")),
    }
}

/// Whether Bedrock refuses a request for one of these fields. The message is read, and never shown.
fn refuses(failure: &AwsFailure, fields: &[&str]) -> bool {
    let AwsFailure::Answered { code, message: Some(message), .. } = failure else { return false };
    code == "ValidationException" && fields.iter().any(|field| message.contains(field))
}

/// What to look at where Bedrock's own words are not shown.
fn hint(failure: &AwsFailure) -> &'static str {
    match failure {
        AwsFailure::Answered { code, .. } if code == "ValidationException" => {
            "; the model's id may be wrong or need an inference profile's in its place, the model may not take tools, \
             or the conversation may be longer than it takes"
        }
        _ => "",
    }
}
