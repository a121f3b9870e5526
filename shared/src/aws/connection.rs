use aws_credential_types::Credentials;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::sdk_config::SharedCredentialsProvider;

use super::Roots;
use crate::settings::{self, SettingsError};

/// The variable that names an endpoint for all services.
const OF_ALL: &str = "AWS_ENDPOINT_URL";

/// The variable that has the endpoints of all others ignored.
const IGNORED: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

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
    /// What Lambda sets for a function. `endpoint` names the service's variable that may hold another endpoint than the
    /// region's own; as the AWS SDKs have it, `AWS_ENDPOINT_URL` holds one for all services that have none of theirs,
    /// and neither counts where `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`.
    pub fn from_env(endpoint: &'static str) -> Result<Self, SettingsError> {
        let credentials = Credentials::new(
            settings::required("AWS_ACCESS_KEY_ID")?,
            settings::required("AWS_SECRET_ACCESS_KEY")?,
            settings::optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let endpoint = chosen_endpoint(&[endpoint, OF_ALL], settings::optional);
        Ok(Self { region: settings::required("AWS_REGION")?, endpoint, credentials })
    }
}

/// The endpoint that the environment names for this service alone: for whoever knows a better place to look for it than
/// the endpoint of all services.
pub fn own_endpoint(of_service: &'static str) -> Option<String> {
    chosen_endpoint(&[of_service], settings::optional)
}

/// The first endpoint that one of the variables names; none where the environment says that such are to be ignored.
fn chosen_endpoint(names: &[&'static str], set: impl Fn(&'static str) -> Option<String>) -> Option<String> {
    if set(IGNORED).is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        return None;
    }
    names.iter().find_map(|name| set(name))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_where_its_own_variable_says_or_the_one_of_all() {
        let chosen = |names: &[&'static str], set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            chosen_endpoint(names, value)
        };
        let found = |set: &[(&str, &str)]| chosen(&["AWS_ENDPOINT_URL_LAMBDA", OF_ALL], set);
        let (own, all) = (("AWS_ENDPOINT_URL_LAMBDA", "http://own"), ("AWS_ENDPOINT_URL", "http://all"));
        let ignored = |text| ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", text);
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[own]).as_deref(), Some("http://own"));
        assert_eq!(found(&[all]).as_deref(), Some("http://all"));
        assert_eq!(found(&[own, all]).as_deref(), Some("http://own"));
        assert_eq!(found(&[("AWS_ENDPOINT_URL_SSM", "http://other")]), None);
        assert_eq!(found(&[own, all, ignored("True")]), None);
        assert_eq!(found(&[all, ignored("false")]).as_deref(), Some("http://all"));
        // Whoever asks for a service's own is not told the one of all.
        let own_alone = |set: &[(&str, &str)]| chosen(&["AWS_ENDPOINT_URL_LAMBDA"], set);
        assert_eq!(own_alone(&[own, all]).as_deref(), Some("http://own"));
        assert_eq!(own_alone(&[all]), None);
        assert_eq!(own_alone(&[own, ignored("true")]), None);
    }
}
