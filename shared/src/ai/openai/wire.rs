//! What is sent to a chat-completions endpoint, and what it answers.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::ai::ProviderError;
use crate::ai::answer::{cut_off, declined, malformed};
use crate::ai::model::{FORM, MOST_TOKENS};
use crate::ai::prompt::Prompt;

/// Fields of a request in which servers differ. It starts with what all but OpenAI's own newer models take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Whether a temperature may be named.
    pub temperature: bool,
    /// Whether the bound of the answer is `max_tokens`, or `max_completion_tokens`.
    pub max_tokens: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { temperature: true, max_tokens: true }
    }
}

impl Dialect {
    /// What to try after a refusal that names a field; `None` where the refusal has another reason.
    pub fn after(self, refusal: &ErrorBody) -> Option<Self> {
        let names = |field: &str| refusal.message.contains(field) || refusal.parameter == field;
        if self.max_tokens && (names("max_completion_tokens") || refusal.parameter == "max_tokens") {
            return Some(Self { max_tokens: false, ..self });
        }
        (self.temperature && names("temperature")).then_some(Self { temperature: false, ..self })
    }

    /// Remembers what another request has found out; what is refused once stays refused.
    pub fn settle(&mut self, other: Self) {
        self.temperature &= other.temperature;
        self.max_tokens &= other.max_tokens;
    }
}

/// The body of a request.
pub fn request(model: &str, prompt: &Prompt, dialect: Dialect) -> Bytes {
    let mut body = json!({
        "model": model,
        "messages": [
            {"role": "system", "content": format!("{}\nAnswer with one JSON object and nothing else.", prompt.system)},
            {"role": "user", "content": prompt.user},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": FORM, "strict": true, "schema": schema(prompt)},
        },
        "stream": false,
    });
    if dialect.temperature {
        body["temperature"] = json!(0);
    }
    match dialect.max_tokens {
        true => body["max_tokens"] = json!(MOST_TOKENS),
        // Here what the model thinks to itself counts too.
        false => body["max_completion_tokens"] = json!(4 * MOST_TOKENS),
    }
    Bytes::from(body.to_string())
}

/// The answer's schema. `strict` wants every property required, so what there is nothing to say for is null.
fn schema(prompt: &Prompt) -> Value {
    let optional = |schema: &Value| json!({"anyOf": [schema, {"type": "null"}]});
    let properties: Map<_, _> =
        prompt.answer.iter().map(|(name, schema)| ((*name).to_owned(), optional(schema))).collect();
    let names: Vec<_> = prompt.answer.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

/// The JSON document that a completion consists of.
pub fn completion(body: &[u8]) -> Result<Value, ProviderError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed("the body is no JSON"))?;
    let choice = &body["choices"][0];
    let message = &choice["message"];
    if !choice.is_object() || !message.is_object() {
        return Err(malformed("there is no choice with a message"));
    }
    if message["refusal"].as_str().is_some_and(|refusal| !refusal.is_empty()) {
        return Err(declined("the model refuses"));
    }
    match choice["finish_reason"].as_str() {
        Some("length") => return Err(cut_off()),
        Some("content_filter") => return Err(declined("content_filter")),
        _ => {}
    }
    let Some(content) = message["content"].as_str() else { return Err(malformed("the content is no text")) };
    serde_json::from_str(unfenced(content)).map_err(|_| malformed("the content is no JSON"))
}

/// The text without the fence of Markdown that some models cannot but put around JSON.
fn unfenced(content: &str) -> &str {
    let content = content.trim();
    let fenced = content.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    fenced.map_or(content, |inner| inner.strip_prefix("json").unwrap_or(inner))
}

/// What an endpoint says where it refuses. Read, but only names are shown: a message may quote the request.
#[derive(Debug, Default)]
pub struct ErrorBody {
    /// The error's code or type, where it looks like a name.
    pub code: Option<String>,
    message: String,
    parameter: String,
}

impl ErrorBody {
    pub fn read(body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        // Some servers answer the error itself, some in an `error`; some its text alone.
        let error = body.get("error").unwrap_or(&body);
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        let code = [text("code"), text("type")].into_iter().find(|text| is_name(text)).map(str::to_owned);
        let message = error.as_str().unwrap_or(text("message")).to_owned();
        Self { code, message, parameter: text("param").to_owned() }
    }
}

fn is_name(text: &str) -> bool {
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_of_names)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    #[test]
    fn fences_fall_away() {
        for content in ["{\"a\":1}", " {\"a\":1}\n", "```json\n{\"a\":1}\n```", "```\n{\"a\":1}```\n"] {
            let body = json!({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]});
            assert_eq!(completion(body.to_string().as_bytes()).expect("a completion"), json!({"a": 1}), "{content}");
        }
    }

    #[test]
    fn refusals_are_read_in_each_way_that_servers_word_them() {
        let code = |body: Value| ErrorBody::read(body.to_string().as_bytes()).code;
        assert_eq!(
            code(json!({"error": {"code": "model_not_found", "type": "x"}})).as_deref(),
            Some("model_not_found")
        );
        assert_eq!(code(json!({"error": {"code": 404, "type": "NotFoundError"}})).as_deref(), Some("NotFoundError"));
        assert_eq!(code(json!({"object": "error", "type": "BadRequestError"})).as_deref(), Some("BadRequestError"));
        assert_eq!(code(json!({"error": "model 'x' not found"})), None);
        assert_eq!(code(json!({"error": {"code": "Anna Smith said"}})), None);
        assert_eq!(ErrorBody::read(b"<html>").code, None);
    }

    #[test]
    fn a_dialect_changes_by_what_a_refusal_names() {
        let after = |dialect: Dialect, body: Value| dialect.after(&ErrorBody::read(body.to_string().as_bytes()));
        let first = Dialect::default();
        let second = Dialect { max_tokens: false, ..first };
        let text = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.";
        assert_eq!(after(first, json!({"error": {"message": text}})), Some(second));
        assert_eq!(after(first, json!({"error": {"message": "no", "param": "max_tokens"}})), Some(second));
        assert_eq!(after(second, json!({"error": {"message": text}})), None);
        let text = "Unsupported value: 'temperature' does not support 0 with this model.";
        let third = Dialect { temperature: false, ..second };
        assert_eq!(after(second, json!({"error": {"message": text}})), Some(third));
        assert_eq!(after(third, json!({"error": {"message": text}})), None);
        assert_eq!(after(first, json!({"error": "context length exceeded"})), None);
    }
}
