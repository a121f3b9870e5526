use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::Builder;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::timeout::TimeoutConfig;
use aws_sdk_bedrockruntime::error::{BuildError, SdkError};
use aws_sdk_bedrockruntime::operation::converse::{ConverseError, ConverseOutput};
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, ConverseOutput as Output, InferenceConfiguration, Message, SpecificToolChoice,
    StopReason, SystemContentBlock, Tool, ToolChoice, ToolConfiguration, ToolInputSchema, ToolSpecification,
};
use aws_smithy_types::{Document, Number};
use aws_types::SdkConfig;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::answer::{cut_off, declined, malformed, suggestion};
use super::model::{FORM, MOST_TOKENS, attempt_within, before};
use super::prompt::Prompt;
use super::{Provider, ProviderError, Suggestion, Task};
use crate::aws::AwsFailure;

/// Where Bedrock is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const BEDROCK_ENDPOINT: &str = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME";

/// How often Bedrock is asked that throttles, fails, or does not answer.
const ATTEMPTS: u32 = 4;

/// A model of Amazon Bedrock, asked through the Converse API. It answers by filling in the input of a tool,
/// whose schema has the allowed labels.
pub struct Bedrock {
    client: Client,
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
        let config = Builder::from(config).retry_config(retries).build();
        Self { client: Client::from_conf(config), model: model.into(), without: Without::default() }
    }

    async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<ConverseOutput, ProviderError> {
        loop {
            let temperature = !self.without.temperature.load(Ordering::Relaxed);
            let tool_choice = !self.without.tool_choice.load(Ordering::Relaxed);
            let (system, message, tools) = request(prompt, tool_choice).map_err(|error| self.broken(error))?;
            let limits = InferenceConfiguration::builder().max_tokens(MOST_TOKENS);
            let limits = limits.set_temperature(temperature.then_some(0.0)).build();
            let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt_within(deadline)).build();
            let sent = self
                .client
                .converse()
                .model_id(&self.model)
                .system(system)
                .messages(message)
                .tool_config(tools)
                .inference_config(limits)
                .customize()
                .config_override(Builder::new().timeout_config(timeouts))
                .send()
                .await;
            match sent {
                Ok(answer) => return Ok(answer),
                Err(error) if temperature && refuses(&error, &["temperature"]) => {
                    self.without.temperature.store(true, Ordering::Relaxed);
                }
                Err(error) if tool_choice && refuses(&error, &["toolChoice", "tool_choice"]) => {
                    self.without.tool_choice.store(true, Ordering::Relaxed);
                }
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    fn failed(&self, error: &SdkError<ConverseError>) -> ProviderError {
        let failure = AwsFailure::of(error);
        let failure = match error.as_service_error() {
            // These are said before a model has seen anything, of ids, permissions and quotas.
            Some(
                ConverseError::AccessDeniedException(_)
                | ConverseError::ResourceNotFoundException(_)
                | ConverseError::ThrottlingException(_),
            ) => failure,
            _ => failure.without_message(),
        };
        // A model that failed at a request may succeed at it later, though not at once.
        let passes = error.as_service_error().is_some_and(ConverseError::is_model_error_exception);
        match passes || failure.is_transient() {
            true => ProviderError::Unavailable(Box::new(BedrockFailure { model: self.model.clone(), failure })),
            false => ProviderError::Broken(Box::new(BedrockFailure { model: self.model.clone(), failure })),
        }
    }

    fn broken(&self, error: BuildError) -> ProviderError {
        let failure = AwsFailure::NotSent(error.to_string());
        ProviderError::Broken(Box::new(BedrockFailure { model: self.model.clone(), failure }))
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
        suggestion(&filled_in(answer)?, task)
    }
}

/// The parts of a request that a prompt makes.
fn request(prompt: &Prompt, tool_choice: bool) -> Result<(SystemContentBlock, Message, ToolConfiguration), BuildError> {
    let message = Message::builder().role(ConversationRole::User).content(ContentBlock::Text(prompt.user.clone()));
    let tool = ToolSpecification::builder()
        .name(FORM)
        .description("Takes the wrap-up of the conversation.")
        .input_schema(ToolInputSchema::Json(schema(prompt)))
        .build()?;
    let choice = SpecificToolChoice::builder().name(FORM).build()?;
    let tools = ToolConfiguration::builder()
        .tools(Tool::ToolSpec(tool))
        .set_tool_choice(tool_choice.then_some(ToolChoice::Tool(choice)))
        .build()?;
    let system = format!("{}\nAnswer by calling the tool {FORM}, once.", prompt.system);
    Ok((SystemContentBlock::Text(system), message.build()?, tools))
}

/// The tool's input. A code is not required, for there may be none to give, and neither is the confidence
/// that goes with it: of the keywords that could say so otherwise, not every model takes each.
fn schema(prompt: &Prompt) -> Document {
    let properties = prompt.answer.iter().map(|(name, schema)| ((*name).to_owned(), document(schema))).collect();
    let mut schema = HashMap::from([
        ("type".to_owned(), Document::String("object".to_owned())),
        ("properties".to_owned(), Document::Object(properties)),
    ]);
    if prompt.answer.iter().any(|(name, _)| *name == "notes") {
        schema.insert("required".to_owned(), Document::Array(vec![Document::String("notes".to_owned())]));
    }
    Document::Object(schema)
}

/// What the model put into the tool's input.
fn filled_in(answer: ConverseOutput) -> Result<Value, ProviderError> {
    match answer.stop_reason {
        StopReason::MaxTokens => return Err(cut_off()),
        StopReason::ModelContextWindowExceeded => return Err(declined("model_context_window_exceeded")),
        StopReason::GuardrailIntervened => return Err(declined("guardrail_intervened")),
        StopReason::ContentFiltered => return Err(declined("content_filtered")),
        StopReason::MalformedModelOutput => return Err(malformed("malformed_model_output")),
        StopReason::MalformedToolUse => return Err(malformed("malformed_tool_use")),
        _ => {}
    }
    let Some(Output::Message(Message { content, .. })) = answer.output else {
        return Err(malformed("it has no message"));
    };
    let used = content.iter().filter_map(|block| block.as_tool_use().ok()).find(|used| used.name == FORM);
    match used {
        Some(used) => Ok(value(&used.input)),
        // It was to use a tool and talks instead: what it says, it says to explain itself.
        None if content.iter().any(ContentBlock::is_text) => Err(declined("it talks and does not fill in the form")),
        None => Err(malformed("the form is not filled in")),
    }
}

/// Whether Bedrock refuses a request for one of these fields. The message is read, and never shown.
fn refuses(error: &SdkError<ConverseError>, fields: &[&str]) -> bool {
    let Some(ConverseError::ValidationException(refused)) = error.as_service_error() else { return false };
    refused.message().is_some_and(|message| fields.iter().any(|field| message.contains(field)))
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

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or(f64::NAN)),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(values) => Document::Array(values.iter().map(document).collect()),
        Value::Object(fields) => {
            Document::Object(fields.iter().map(|(name, value)| (name.clone(), document(value))).collect())
        }
    }
}

fn value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(flag) => Value::Bool(*flag),
        Document::Number(Number::PosInt(number)) => Value::from(*number),
        Document::Number(Number::NegInt(number)) => Value::from(*number),
        Document::Number(Number::Float(number)) => Value::from(*number),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(values) => Value::Array(values.iter().map(value).collect()),
        Document::Object(fields) => {
            Value::Object(fields.iter().map(|(name, field)| (name.clone(), value(field))).collect::<Map<_, _>>())
        }
    }
}
