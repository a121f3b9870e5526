use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region, SharedHttpClient, StalledStreamProtectionConfig};
use aws_smithy_http_client::tls;

use super::Roots;
use crate::settings::{self, SettingsError};
use crate::watch::CapacityMeter;

/// Where an AWS service is, and as whom it is called.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The AWS region.
    pub region: String,
    /// A local engine's or an interface endpoint's URL; `None` means the region's own.
    pub endpoint: Option<String>,
    /// Whose permissions apply.
    pub credentials: Credentials,
}

impl Connection {
    /// What Lambda sets for a function. `endpoint` names the variable that may hold another endpoint
    /// than the region's own.
    pub fn from_env(endpoint: &'static str) -> Result<Self, SettingsError> {
        let credentials = Credentials::new(
            settings::required("AWS_ACCESS_KEY_ID")?,
            settings::required("AWS_SECRET_ACCESS_KEY")?,
            settings::optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        Ok(Self { region: settings::required("AWS_REGION")?, endpoint: settings::optional(endpoint), credentials })
    }
}

/// A client for a function: no profile files, no calls for credentials, so that it starts fast.
pub fn connect(connection: Connection) -> Client {
    let http_client = https_client(Roots::of(&connection));
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(connection.region))
        .credentials_provider(connection.credentials)
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        // A request that hangs is given up while the function still has time to try again:
        // API Gateway waits 29 s for an answer.
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(5))
                .operation_timeout(Duration::from_secs(15))
                .build(),
        )
        .interceptor(CapacityMeter)
        // Watches whether bytes flow, which the time limits make needless: no answer is large.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client);
    if let Some(endpoint) = connection.endpoint {
        config = config.endpoint_url(endpoint);
    }
    Client::from_conf(config.build())
}

/// The HTTP client of every SDK client here: ring in place of the SDK's default, whose C library
/// takes longer to build than all the rest of a function.
pub fn https_client(roots: Roots) -> SharedHttpClient {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring));
    match tls::TlsContext::builder().with_trust_store(roots.trust_store()).build() {
        Ok(context) => client.tls_context(context).build_https(),
        // Nothing that rustls minds; the system's roots are never wrong, only slow.
        Err(_) => client.build_https(),
    }
}
