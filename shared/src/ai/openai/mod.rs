mod http;
mod wire;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use lambda_http::http::{HeaderValue, StatusCode, Uri};
use tokio::time::{Instant, sleep};

use self::http::{Http, NoReply, Reply};
use self::wire::{Dialect, ErrorBody};
use super::answer::{declined, malformed, suggestion};
use super::key::{Key, KeyError, KeyStore};
use super::model::{attempt_within, before};
use super::prompt::Prompt;
use super::{Provider, ProviderError, Suggestion, Task};
use crate::clock::Clock;

/// How often an endpoint is asked that is busy, fails, or does not answer.
const ATTEMPTS: u32 = 4;

/// The longest wait before the second attempt; it doubles with each.
const PAUSE: Duration = Duration::from_millis(500);

/// A model behind a chat-completions endpoint, as OpenAI, vLLM, Ollama, llama.cpp and gateways have it. It
/// answers JSON by a schema that has the allowed labels.
pub struct OpenAi {
    http: Http,
    url: Uri,
    model: String,
    key: Option<KeyStore>,
    clock: Clock,
    dialect: Mutex<Dialect>,
}

/// Why an endpoint suggests nothing.
#[derive(Debug, thiserror::Error)]
#[error("{url}, model {model}")]
pub struct OpenAiFailure {
    /// What was asked.
    pub url: Uri,
    /// The model's name.
    pub model: String,
    /// What went wrong.
    #[source]
    pub failure: EndpointFailure,
}

/// What went wrong with a chat-completions endpoint. Nothing of its answer is part of it but names.
#[derive(Debug, thiserror::Error)]
pub enum EndpointFailure {
    /// The connection could not be made or broke, or there was no answer in time.
    #[error(transparent)]
    NoReply(Box<dyn std::error::Error + Send + Sync>),
    /// It answered with a redirect, which is not followed.
    #[error("status {0} is a redirect, which is not followed: the settings have to name where it leads to")]
    Redirect(StatusCode),
    /// It answered with another status than success.
    #[error("status {status}{}", in_brackets(.code.as_deref()))]
    Refused {
        /// The status.
        status: StatusCode,
        /// The error's name, where it has one.
        code: Option<String>,
    },
}

/// Why an attempt has led to nothing.
enum Failed {
    /// The same attempt may succeed, not before this time.
    ForNow(ProviderError, Option<Duration>),
    /// The key is refused.
    Key(ProviderError),
    /// A field of the request is refused; another dialect may do.
    Dialect(Dialect),
    /// There is no point in trying again.
    ForGood(ProviderError),
}

impl OpenAi {
    /// A model of the endpoint `url`, which ends in `/chat/completions`.
    ///
    /// # Errors
    /// Where `url` wants TLS and this machine has no root certificates.
    pub fn new(url: Uri, model: String, key: Option<KeyStore>, clock: Clock) -> std::io::Result<Self> {
        Ok(Self { http: Http::new(url.clone())?, url, model, key, clock, dialect: Mutex::default() })
    }

    async fn ask(&self, prompt: &Prompt, task: &Task<'_>, deadline: Instant) -> Result<Suggestion, ProviderError> {
        let mut key = self.stored_key().await?;
        let (mut attempt, mut key_is_new) = (1, false);
        loop {
            let failed = match self.attempt(prompt, key.as_ref(), deadline).await {
                Ok(reply) => return suggestion(&wire::completion(&reply)?, task),
                Err(failed) => failed,
            };
            match failed {
                Failed::ForGood(error) => return Err(error),
                Failed::Dialect(other) => self.dialect().settle(other),
                Failed::Key(error) if key_is_new => return Err(error),
                Failed::Key(error) => {
                    let other = self.key_other_than(key.as_ref()).await?;
                    (key, key_is_new) = (Some(other.ok_or(error)?), true);
                }
                Failed::ForNow(error, not_before) => {
                    // An endpoint that asks for less patience than ours, or for none, is left alone as long all the same.
                    let pause = pause_after(attempt).max(not_before.unwrap_or_default());
                    if attempt == ATTEMPTS || deadline.saturating_duration_since(Instant::now()) <= pause {
                        return Err(error);
                    }
                    attempt += 1;
                    sleep(pause).await;
                }
            }
        }
    }

    async fn attempt(&self, prompt: &Prompt, key: Option<&Key>, deadline: Instant) -> Result<Bytes, Failed> {
        let dialect = *self.dialect();
        let body = wire::request(&self.model, prompt, dialect);
        let Reply { status, retry_after, body } = match self.http.post(body, key, attempt_within(deadline)).await {
            Ok(reply) => reply,
            Err(NoReply::TooLong) => return Err(Failed::ForGood(malformed(NoReply::TooLong.to_string()))),
            Err(error) => {
                return Err(Failed::ForNow(self.unavailable(EndpointFailure::NoReply(error.into())), None));
            }
        };
        if status.is_success() {
            return Ok(body);
        }
        if status.is_redirection() {
            return Err(Failed::ForGood(self.broken(EndpointFailure::Redirect(status))));
        }
        let refusal = ErrorBody::read(&body);
        let failure = EndpointFailure::Refused { status, code: refusal.code.clone() };
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Failed::ForNow(self.unavailable(failure), self.wait(retry_after.as_ref()))
            }
            _ if status.is_server_error() => Failed::ForNow(self.unavailable(failure), self.wait(retry_after.as_ref())),
            StatusCode::UNAUTHORIZED => Failed::Key(self.broken(failure)),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => match dialect.after(&refusal) {
                Some(other) => Failed::Dialect(other),
                None => Failed::ForGood(match refusal.code {
                    Some(code) if DECLINING.contains(&code.as_str()) => declined(code),
                    _ => self.broken(failure),
                }),
            },
            _ => Failed::ForGood(self.broken(failure)),
        })
    }

    fn dialect(&self) -> MutexGuard<'_, Dialect> {
        self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long an endpoint wants to be left alone; none where it does not say.
    fn wait(&self, retry_after: Option<&HeaderValue>) -> Option<Duration> {
        let text = retry_after?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(until.saturating_sub(self.clock.since_epoch()))
    }

    async fn stored_key(&self) -> Result<Option<Key>, ProviderError> {
        match &self.key {
            Some(store) => store.key().await.map(Some).map_err(no_key),
            None => Ok(None),
        }
    }

    async fn key_other_than(&self, refused: Option<&Key>) -> Result<Option<Key>, ProviderError> {
        match (&self.key, refused) {
            (Some(store), Some(refused)) => store.other_than(refused).await.map_err(no_key),
            _ => Ok(None),
        }
    }

    fn unavailable(&self, failure: EndpointFailure) -> ProviderError {
        ProviderError::Unavailable(Box::new(self.failure(failure)))
    }

    fn broken(&self, failure: EndpointFailure) -> ProviderError {
        ProviderError::Broken(Box::new(self.failure(failure)))
    }

    fn failure(&self, failure: EndpointFailure) -> OpenAiFailure {
        OpenAiFailure { url: self.url.clone(), model: self.model.clone(), failure }
    }
}

/// Refusals that are about what was said, and not about how the endpoint is set up.
const DECLINING: [&str; 3] = ["content_filter", "content_policy_violation", "context_length_exceeded"];

#[async_trait]
impl Provider for OpenAi {
    fn source(&self) -> &'static str {
        "openai"
    }

    fn model(&self) -> &str {
        &self.model
    }

    async fn suggest(&self, task: &Task<'_>, deadline: Instant) -> Result<Suggestion, ProviderError> {
        let Some(prompt) = Prompt::of(task) else { return Ok(Suggestion::default()) };
        before(deadline, self.ask(&prompt, task, deadline)).await
    }
}

/// Twice as long with each attempt, and less by chance, so that those who were refused together do not
/// come back together.
fn pause_after(attempt: u32) -> Duration {
    PAUSE.saturating_mul(1 << (attempt - 1)).mul_f64(0.5 + fastrand::f64() / 2.0)
}

fn no_key(error: KeyError) -> ProviderError {
    match error.is_transient() {
        true => ProviderError::Unavailable(Box::new(error)),
        false => ProviderError::Broken(Box::new(error)),
    }
}

fn in_brackets(code: Option<&str>) -> String {
    code.map(|code| format!(" ({code})")).unwrap_or_default()
}
