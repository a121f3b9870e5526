use aws_credential_types::Credentials;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;

use super::Roots;
use crate::settings::{self, SettingsError};

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

impl From<Connection> for SdkConfig {
    /// A configuration for a function: no profile files, no calls for credentials, so that it starts fast.
    fn from(connection: Connection) -> Self {
        let http_client = https_client(Roots::of(&connection));
        let mut config = Self::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(connection.region))
            .credentials_provider(SharedCredentialsProvider::new(connection.credentials))
            .http_client(http_client);
        config.set_endpoint_url(connection.endpoint);
        config.build()
    }
}

/// The HTTP client by which every AWS service is reached: ring in place of the SDK's default, whose C library
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
