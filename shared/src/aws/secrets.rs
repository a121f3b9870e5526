use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{AwsFailure, Service, ServiceCall, ServiceName};

/// Where Secrets Manager is, if not at the region's own endpoint: the AWS SDKs' variable.
pub const SECRETS_MANAGER_ENDPOINT: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";

const SECRETS_MANAGER: ServiceName =
    ServiceName { id: "Secrets Manager", host: "secretsmanager", signed_for: "secretsmanager", token: None };

/// How long one attempt may take: secrets are small, and a whole answer waits for one.
const ATTEMPT: Duration = Duration::from_secs(3);

/// What there is already, under another text.
const EXISTS: &str = "ResourceExistsException";

/// Secrets Manager, as far as it is used here.
pub struct Secrets {
    service: Service,
}

/// The version of a secret that counts.
pub struct Secret {
    /// What it holds, if that is a text.
    pub text: Option<String>,
    /// The version's name.
    pub version: String,
    /// When that version was stored.
    pub since: Option<OffsetDateTime>,
}

/// What became of a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is the one that counts.
    Stored,
    /// There was a version of that name already, with another text, which stays.
    WasThere,
}

impl Secrets {
    /// Secrets Manager as a configuration has it.
    pub fn new(config: &SdkConfig) -> Self {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(200));
        Self { service: Service::new(&SECRETS_MANAGER, config, retries) }
    }

    /// The version of a secret that counts; `id` is the secret's name or ARN.
    pub async fn get(&self, id: &str) -> Result<Secret, AwsFailure> {
        let answer = self.send("GetSecretValue", "secretsmanager.GetSecretValue", &json!({"SecretId": id})).await?;
        let since = answer["CreatedDate"].as_f64().map(Duration::try_from_secs_f64).and_then(Result::ok);
        Ok(Secret {
            text: answer["SecretString"].as_str().map(str::to_owned),
            version: answer["VersionId"].as_str().unwrap_or_default().to_owned(),
            since: since.map(|since| OffsetDateTime::UNIX_EPOCH + since),
        })
    }

    /// Stores a version under a name that nothing else has, and has it count from now on.
    pub async fn put(&self, id: &str, text: &str, version: &str) -> Result<Put, AwsFailure> {
        let wanted = json!({"SecretId": id, "SecretString": text, "ClientRequestToken": version});
        match self.send("PutSecretValue", "secretsmanager.PutSecretValue", &wanted).await {
            Ok(_) => Ok(Put::Stored),
            Err(failure) if failure.code() == Some(EXISTS) => Ok(Put::WasThere),
            Err(failure) => Err(failure.without_message()),
        }
    }

    async fn send(&self, operation: &'static str, target: &'static str, body: &Value) -> Result<Value, AwsFailure> {
        let call = ServiceCall { within: Some(ATTEMPT), ..ServiceCall::json(operation, target, body) };
        self.service.send(call).await?.json()
    }
}
