use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use lambda_http::http::HeaderValue;
use serde_json::{Value, json};

pub use crate::aws::SECRETS_MANAGER_ENDPOINT;
use crate::aws::{AwsFailure, Secrets, Service, ServiceCall, ServiceName};
use crate::cache::Cache;
use crate::clock::Clock;

/// Where the SSM Parameter Store is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const SSM_ENDPOINT: &str = "AWS_ENDPOINT_URL_SSM";

const SSM: ServiceName = ServiceName { id: "SSM", host: "ssm", signed_for: "ssm", token: None };

/// How long one attempt to fetch a key may take: it is small, and the whole answer waits for it.
const ATTEMPT: Duration = Duration::from_secs(3);

/// How long a key is remembered. One that is refused before that is fetched anew at once.
const LIFETIME: Duration = Duration::from_secs(300);

/// More than any key has.
const MOST_BYTES: u64 = 16 * 1024;

/// Where a key is kept. Never the key itself: a variable of a function is shown to all who may look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyReference {
    /// A secret of Secrets Manager: its name or ARN.
    SecretsManager(String),
    /// A parameter of the SSM Parameter Store: its name or ARN.
    Ssm(String),
    /// A file that holds the key and nothing else.
    File(PathBuf),
}

/// A text that refers to no key. It may be the key itself, so it is not repeated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "has to say where the key is kept: secretsmanager:NAME, ssm:NAME or file:PATH. The key itself does not belong there"
)]
pub struct NotAReference;

impl FromStr for KeyReference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        match text.trim().split_once(':') {
            Some((_, "")) | None => Err(NotAReference),
            Some(("secretsmanager", id)) => Ok(Self::SecretsManager(id.to_owned())),
            Some(("ssm", name)) => Ok(Self::Ssm(name.to_owned())),
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(_) => Err(NotAReference),
        }
    }
}

impl fmt::Display for KeyReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretsManager(id) => write!(f, "secret {id}"),
            Self::Ssm(name) => write!(f, "parameter {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// A key as the header that it is sent in.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(HeaderValue);

impl Key {
    /// Takes a stored text for a key.
    fn read(text: &str) -> Result<Self, KeyProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(KeyProblem::Empty);
        }
        // Secrets Manager's console makes an object of what is entered as key and value.
        if text.starts_with('{') {
            return Err(KeyProblem::AnObject);
        }
        let mut header = HeaderValue::try_from(format!("Bearer {text}")).map_err(|_| KeyProblem::NoHeader)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The value of the header `Authorization`.
    pub fn authorization(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for Key {
    /// Shows nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[error("the key of {reference}: {problem}")]
pub struct KeyError {
    /// Where it should be.
    pub reference: KeyReference,
    /// What is wrong.
    pub problem: KeyProblem,
}

/// What is wrong with a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// The service that keeps it does not hand it out.
    #[error(transparent)]
    Aws(AwsFailure),
    /// The file cannot be read.
    #[error(transparent)]
    File(io::Error),
    /// Nothing is stored there, or no text.
    #[error("no text is stored there")]
    Empty,
    /// A JSON object is stored there.
    #[error("a JSON object is stored there; store the key alone, as plain text")]
    AnObject,
    /// It has characters that no key has.
    #[error("what is stored there cannot be sent as a header")]
    NoHeader,
}

impl KeyError {
    /// Whether it may be there later.
    pub fn is_transient(&self) -> bool {
        matches!(&self.problem, KeyProblem::Aws(failure) if failure.is_transient())
    }
}

/// Fetches a key from where it is kept, and remembers it for a while.
pub struct KeyStore {
    reference: KeyReference,
    keeper: Keeper,
    remembered: Cache<(), Key>,
}

/// Who is asked for it.
enum Keeper {
    SecretsManager { secrets: Secrets, id: String },
    Ssm { service: Service, name: String },
    File(PathBuf),
}

impl KeyStore {
    /// A key that is kept in the place that its reference names. `aws` is asked for the configuration of
    /// clients, by the variable of the service's endpoint.
    pub fn open<E>(
        reference: KeyReference,
        aws: impl Fn(&'static str) -> Result<SdkConfig, E>,
        clock: Clock,
    ) -> Result<Self, E> {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(200));
        let keeper = match &reference {
            KeyReference::SecretsManager(id) => {
                Keeper::SecretsManager { secrets: Secrets::new(&aws(SECRETS_MANAGER_ENDPOINT)?), id: id.clone() }
            }
            KeyReference::Ssm(name) => {
                Keeper::Ssm { service: Service::new(&SSM, &aws(SSM_ENDPOINT)?, retries), name: name.clone() }
            }
            KeyReference::File(path) => Keeper::File(path.clone()),
        };
        Ok(Self { reference, keeper, remembered: Cache::new(1, Some(LIFETIME), clock) })
    }

    /// The key.
    pub async fn key(&self) -> Result<Key, KeyError> {
        match self.remembered.get(&()) {
            Some(key) => Ok(key),
            None => self.fetch().await,
        }
    }

    /// The key that is there by now, after one was refused; `None` where it is still that one.
    pub async fn other_than(&self, refused: &Key) -> Result<Option<Key>, KeyError> {
        Ok(Some(self.fetch().await?).filter(|key| key != refused))
    }

    async fn fetch(&self) -> Result<Key, KeyError> {
        let text = self.keeper.ask().await;
        let key = text.and_then(|text| Key::read(&text.ok_or(KeyProblem::Empty)?));
        let key = key.map_err(|problem| KeyError { reference: self.reference.clone(), problem })?;
        self.remembered.put((), key.clone(), 1);
        Ok(key)
    }
}

impl Keeper {
    /// The text that is stored there, if there is any.
    async fn ask(&self) -> Result<Option<String>, KeyProblem> {
        match self {
            Self::SecretsManager { secrets, id } => {
                secrets.get(id).await.map(|secret| secret.text).map_err(KeyProblem::Aws)
            }
            Self::Ssm { service, name } => {
                let wanted = json!({"Name": name, "WithDecryption": true});
                let answer =
                    answered(service, ServiceCall::json("GetParameter", "AmazonSSM.GetParameter", &wanted)).await?;
                Ok(answer["Parameter"]["Value"].as_str().map(str::to_owned))
            }
            Self::File(path) => {
                let mut text = String::new();
                // A small file of this machine: not worth a thread.
                let read = File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
                read.map(|_| Some(text)).map_err(KeyProblem::File)
            }
        }
    }
}

/// What a service answers that keeps keys.
async fn answered(service: &Service, call: ServiceCall) -> Result<Value, KeyProblem> {
    let answer = service.send(ServiceCall { within: Some(ATTEMPT), ..call }).await;
    answer.and_then(|answer| answer.json()).map_err(KeyProblem::Aws)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_a_place() {
        let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:llm-AbCdEf";
        for (text, reference) in [
            ("secretsmanager:prod/llm", KeyReference::SecretsManager("prod/llm".to_owned())),
            (&format!("secretsmanager:{arn}"), KeyReference::SecretsManager(arn.to_owned())),
            ("ssm:/prod/llm ", KeyReference::Ssm("/prod/llm".to_owned())),
            ("file:/run/secrets/llm", KeyReference::File("/run/secrets/llm".into())),
        ] {
            assert_eq!(text.parse(), Ok(reference));
        }
    }

    #[test]
    fn a_key_in_place_of_a_reference_is_not_repeated() {
        for text in ["sk-secret", "sk:secret", "", "ssm:", "Bearer: secret", "https://secret"] {
            let error = text.parse::<KeyReference>().expect_err("no reference");
            assert!(!format!("{error} {error:?}").contains("secret:"), "{error}");
            assert!(!format!("{error} {error:?}").contains("sk"), "{error}");
        }
    }

    #[test]
    fn a_key_is_a_line_of_text_and_shows_itself_to_nobody() {
        let key = Key::read(" sk-secret\n").expect("a key");
        assert_eq!(key.authorization(), "Bearer sk-secret");
        assert_eq!(format!("{key:?} {:?}", key.authorization()), "Key Sensitive");
        for (text, problem) in [
            ("", "no text is stored there"),
            (" \n", "no text is stored there"),
            ("{\"key\":\"sk-secret\"}", "a JSON object is stored there; store the key alone, as plain text"),
            ("sk-secret\nsecond line", "what is stored there cannot be sent as a header"),
        ] {
            assert_eq!(Key::read(text).expect_err("no key").to_string(), problem);
        }
    }
}
