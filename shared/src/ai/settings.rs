use std::io;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use aws_types::SdkConfig;
use lambda_http::http::Uri;

use super::Provider;
use super::bedrock::{BEDROCK_ENDPOINT, Bedrock};
use super::extractive::Extractive;
use super::key::{KeyReference, KeyStore, NotAReference};
use super::openai::OpenAi;
use crate::aws::Connection;
use crate::clock::Clock;
use crate::settings::{self, SettingsError};

/// Which provider suggests codes and notes: `off`, `extractive`, `bedrock` or `openai`.
pub const AI_PROVIDER: &str = "WRAPUP_AI_PROVIDER";

/// The model: for `bedrock` its id, or the id or ARN of an inference profile; for `openai` its name there.
pub const AI_MODEL: &str = "WRAPUP_AI_MODEL";

/// The base URL of `openai`, below which `chat/completions` is, such as `http://127.0.0.1:11434/v1`.
pub const AI_URL: &str = "WRAPUP_AI_URL";

/// Where the key of `openai` is kept: `secretsmanager:NAME`, `ssm:NAME` or `file:PATH`. None where unset.
pub const AI_KEY: &str = "WRAPUP_AI_KEY";

/// A kind of provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// None: nothing is suggested.
    Off,
    /// The embedded one.
    Extractive,
    /// A model of Amazon Bedrock.
    Bedrock,
    /// A model behind a chat-completions endpoint.
    OpenAi,
}

/// A text that names no kind of provider.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("has to be off, extractive, bedrock or openai")]
pub struct NotAProvider;

impl FromStr for ProviderKind {
    type Err = NotAProvider;

    fn from_str(text: &str) -> Result<Self, NotAProvider> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "extractive" => Ok(Self::Extractive),
            "bedrock" => Ok(Self::Bedrock),
            "openai" => Ok(Self::OpenAi),
            _ => Err(NotAProvider),
        }
    }
}

/// What a deployment's provider is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AiSettings {
    /// There is none.
    Off,
    /// The embedded one.
    Extractive,
    /// A model of Amazon Bedrock.
    Bedrock {
        /// Its id, or an inference profile's id or ARN.
        model: String,
    },
    /// A model behind a chat-completions endpoint.
    OpenAi {
        /// The URL that completions are asked for at.
        url: Uri,
        /// The model's name there.
        model: String,
        /// Where the key is kept, if the endpoint wants one.
        key: Option<KeyReference>,
    },
}

/// Why the provider cannot be put together. No value of a variable is repeated: one that was mistaken for
/// another may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum AiSettingsError {
    /// There is no such provider.
    #[error("environment variable {AI_PROVIDER} {0}")]
    Provider(#[from] NotAProvider),
    /// A variable that the provider needs.
    #[error("environment variable {variable} is not set: it has to name {what}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// What it has to name.
        what: &'static str,
    },
    /// The URL is of no use.
    #[error("environment variable {AI_URL} {0}")]
    Url(#[from] UrlProblem),
    /// The key is not referred to.
    #[error("environment variable {AI_KEY} {0}")]
    Key(#[from] NotAReference),
    /// The machine cannot speak TLS.
    #[error("no root certificates to tell by whether {AI_URL} is what it says: {0}")]
    Certificates(io::Error),
    /// What the clients of AWS services need is missing.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

/// What is wrong with a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlProblem {
    /// It is no URL, or not one of HTTP.
    #[error("has to be an http or https URL such as http://127.0.0.1:11434/v1")]
    NotHttp,
    /// It has a user name or password.
    #[error("has credentials in it; they belong behind {AI_KEY}")]
    Credentials,
    /// A key would travel unencrypted to somebody else's machine.
    #[error(
        "has to begin with https:// where {AI_KEY} names a key: http is for localhost and private addresses alone \
         (127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, ::1, fc00::/7), since a key can be read on the way"
    )]
    KeyInTheClear,
    /// It has a query or a fragment.
    #[error("has a query or a fragment; what is behind the base URL's path is chosen for each request")]
    Query,
}

impl AiSettings {
    /// What the environment says; a deployment that says nothing has the provider `unset`.
    pub fn from_env(unset: ProviderKind) -> Result<Self, AiSettingsError> {
        let named = settings::optional(AI_PROVIDER).map(|text| text.parse()).transpose()?;
        Self::of(named.unwrap_or(unset))
    }

    /// What the environment says of a provider that was named elsewhere.
    pub fn of(kind: ProviderKind) -> Result<Self, AiSettingsError> {
        Self::read(kind, settings::optional)
    }

    /// The settings of a provider, out of the values of variables.
    pub fn read(
        kind: ProviderKind,
        variable: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, AiSettingsError> {
        let required = |name, what| {
            let value = variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            value.ok_or(AiSettingsError::Missing { variable: name, what })
        };
        Ok(match kind {
            ProviderKind::Off => Self::Off,
            ProviderKind::Extractive => Self::Extractive,
            ProviderKind::Bedrock => Self::Bedrock {
                model: required(AI_MODEL, "a model of Amazon Bedrock, or an inference profile, by its id or ARN")?,
            },
            ProviderKind::OpenAi => {
                let url =
                    completions(&required(AI_URL, "the endpoint's base URL, such as http://127.0.0.1:11434/v1")?)?;
                let model = required(AI_MODEL, "the model, as the endpoint calls it")?;
                let key = variable(AI_KEY).map(|reference| reference.parse()).transpose()?;
                if key.is_some() && !keeps_secrets(&url) {
                    return Err(UrlProblem::KeyInTheClear.into());
                }
                Self::OpenAi { url, model, key }
            }
        })
    }

    /// Whether making the provider takes a client of an AWS service.
    pub fn asks_aws(&self) -> bool {
        match self {
            Self::Bedrock { .. } => true,
            Self::OpenAi { key, .. } => matches!(key, Some(KeyReference::SecretsManager(_) | KeyReference::Ssm(_))),
            Self::Off | Self::Extractive => false,
        }
    }

    /// Makes the provider; `None` where it is off. `aws` is asked for the configuration of clients of AWS
    /// services, by the variable of the service's endpoint, and only where such a client is needed: a function
    /// hands [`aws_of_function`] in, a command a configuration with credentials of its own.
    pub fn provider(
        self,
        clock: &Clock,
        aws: impl Fn(&'static str) -> Result<SdkConfig, SettingsError>,
    ) -> Result<Option<Arc<dyn Provider>>, AiSettingsError> {
        Ok(match self {
            Self::Off => None,
            Self::Extractive => Some(Arc::new(Extractive::new())),
            Self::Bedrock { model } => Some(Arc::new(Bedrock::new(&aws(BEDROCK_ENDPOINT)?, model))),
            Self::OpenAi { url, model, key } => {
                let key = key.map(|reference| KeyStore::open(reference, aws, clock.clone())).transpose()?;
                let provider = OpenAi::new(url, model, key, clock.clone());
                Some(Arc::new(provider.map_err(AiSettingsError::Certificates)?))
            }
        })
    }
}

/// The configuration of AWS clients that Lambda sets for a function; `endpoint` names the variable that may
/// hold another endpoint than the region's own.
pub fn aws_of_function(endpoint: &'static str) -> Result<SdkConfig, SettingsError> {
    Connection::from_env(endpoint).map(Into::into)
}

/// Where a base URL's endpoint is asked for completions.
fn completions(base: &str) -> Result<Uri, UrlProblem> {
    if base.contains(['?', '#']) {
        return Err(UrlProblem::Query);
    }
    let url = format!("{}/chat/completions", base.trim_end_matches('/'));
    let url: Uri = url.parse().map_err(|_| UrlProblem::NotHttp)?;
    match (url.scheme_str(), url.authority()) {
        (_, Some(authority)) if authority.as_str().contains('@') => Err(UrlProblem::Credentials),
        (Some("http" | "https"), Some(_)) => Ok(url),
        _ => Err(UrlProblem::NotHttp),
    }
}

/// Whether what is sent to a URL is read by nobody on the way: it is encrypted, or stays on this machine or in a private
/// network. A name other than `localhost` may lead anywhere, and link-local addresses are everybody's on a link.
fn keeps_secrets(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    url.scheme_str() == Some("https")
        || host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => address.is_loopback() || address.is_private(),
            IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
        })
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    fn read(kind: &str, variables: &[(&str, &str)]) -> Result<AiSettings, String> {
        let value = |name: &'static str| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        let kind = kind.parse().map_err(|error: NotAProvider| error.to_string())?;
        AiSettings::read(kind, value).map_err(|error| error.to_string())
    }

    fn openai(url: &str) -> Result<String, String> {
        match read("openai", &[(AI_URL, url), (AI_MODEL, "llama")])? {
            AiSettings::OpenAi { url, .. } => Ok(url.to_string()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_provider_needs_what_it_needs_and_nothing_else() {
        assert_eq!(read("off", &[]), Ok(AiSettings::Off));
        assert_eq!(read("extractive", &[]), Ok(AiSettings::Extractive));
        let bedrock = AiSettings::Bedrock { model: "eu.amazon.nova-lite-v1:0".to_owned() };
        assert_eq!(read("bedrock", &[(AI_MODEL, "eu.amazon.nova-lite-v1:0")]), Ok(bedrock));
        let local = AiSettings::OpenAi {
            url: Uri::from_static("http://127.0.0.1:11434/v1/chat/completions"),
            model: "llama".to_owned(),
            key: Some(KeyReference::Ssm("/llm".to_owned())),
        };
        let variables = [(AI_URL, "http://127.0.0.1:11434/v1/"), (AI_MODEL, " llama"), (AI_KEY, "ssm:/llm")];
        assert_eq!(read("openai", &variables), Ok(local));
    }

    #[test]
    fn what_is_missing_is_named() {
        for (kind, variables, named) in [
            ("bedrock", vec![], AI_MODEL),
            ("bedrock", vec![(AI_MODEL, " ")], AI_MODEL),
            ("openai", vec![(AI_MODEL, "llama")], AI_URL),
            ("openai", vec![(AI_URL, "http://127.0.0.1/v1")], AI_MODEL),
        ] {
            let error = read(kind, &variables).expect_err("a variable is missing");
            assert!(error.starts_with(&format!("environment variable {named} is not set")), "{error}");
        }
        assert_eq!(read("gpt", &[]), Err("has to be off, extractive, bedrock or openai".to_owned()));
    }

    #[test]
    fn a_base_url_is_plain_http() {
        assert_eq!(openai("https://llm.example.com").as_deref(), Ok("https://llm.example.com/chat/completions"));
        assert_eq!(openai("http://10.0.0.7:8000/v1").as_deref(), Ok("http://10.0.0.7:8000/v1/chat/completions"));
        assert_eq!(openai("http://[::1]:8000").as_deref(), Ok("http://[::1]:8000/chat/completions"));
        for (url, problem) in [
            ("llm.example.com/v1", UrlProblem::NotHttp),
            ("/v1", UrlProblem::NotHttp),
            ("ftp://example.com", UrlProblem::NotHttp),
            ("http://", UrlProblem::NotHttp),
            ("http://ex ample", UrlProblem::NotHttp),
            ("https://user:secret@example.com/v1", UrlProblem::Credentials),
            ("https://example.com/v1?key=secret", UrlProblem::Query),
            ("https://example.com/v1#secret", UrlProblem::Query),
        ] {
            assert_eq!(openai(url), Err(AiSettingsError::Url(problem).to_string()), "{url}");
        }
    }

    #[test]
    fn a_key_does_not_travel_in_the_clear() {
        let read = |url: &str| read("openai", &[(AI_URL, url), (AI_MODEL, "llama"), (AI_KEY, "ssm:/llm")]).map(drop);
        for url in [
            "https://llm.example.com/v1",
            "https://203.0.113.7/v1",
            "http://127.0.0.1:11434/v1",
            "http://127.255.255.254/v1",
            "http://localhost:11434/v1",
            "http://LOCALHOST/v1",
            "http://10.0.0.7:8000/v1",
            "http://172.16.0.1/v1",
            "http://172.31.255.254/v1",
            "http://192.168.1.2/v1",
            "http://[::1]:8000/v1",
            "http://[fd12:3456::1]/v1",
            "http://[::ffff:10.0.0.7]/v1",
        ] {
            assert_eq!(read(url), Ok(()), "{url}");
        }
        let message = AiSettingsError::Url(UrlProblem::KeyInTheClear).to_string();
        assert!(message.starts_with("environment variable WRAPUP_AI_URL has to begin with https://"), "{message}");
        for url in [
            "http://llm.example.com/v1",
            "http://llm.internal/v1",
            "http://ollama:11434/v1",
            "http://localhost.example.com/v1",
            "http://10.example.com/v1",
            "http://203.0.113.7/v1",
            "http://172.32.0.1/v1",
            "http://100.64.0.1/v1",
            "http://169.254.0.1/v1",
            "http://0.0.0.0/v1",
            "http://[2001:db8::1]/v1",
            "http://[fe80::1]/v1",
            "http://[::ffff:203.0.113.7]/v1",
        ] {
            assert_eq!(read(url), Err(message.clone()), "{url}");
            assert!(openai(url).is_ok(), "without a key: {url}");
        }
    }

    #[test]
    fn a_key_is_never_repeated() {
        let variables = [(AI_URL, "http://127.0.0.1/v1"), (AI_MODEL, "llama"), (AI_KEY, "sk-very-private")];
        let error = read("openai", &variables).expect_err("a key in place of a reference");
        assert!(error.starts_with(AI_KEY) || error.contains(AI_KEY), "{error}");
        assert!(!error.contains("very-private"), "{error}");
    }
}
