use std::fmt;
use std::time::Duration;

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{self, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::{AwsErrorCodeClassifier, TRANSIENT_ERRORS};
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::endpoint::EndpointResolverParams;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::SigningRegion;
use aws_types::{SdkConfig, SigningName};
use lambda_http::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use lambda_http::http::{Method, Request};
use serde_json::Value;

use super::AwsFailure;
use super::endpoint::{ServiceUrl, load};

/// What a service is called, and by whom.
#[derive(Debug)]
pub struct ServiceName {
    /// In the SDKs' own settings, such as the variables that name an endpoint.
    pub id: &'static str,
    /// In the host name of an endpoint.
    pub host: &'static str,
    /// In a signature.
    pub signed_for: &'static str,
    /// In the variable that may hold a token, `AWS_BEARER_TOKEN_NAME`, where the service takes one in place of a
    /// signature.
    pub token: Option<&'static str>,
}

/// A service of which this crate makes one call. The call is signed, sent again and given up by the plumbing of the
/// SDK's clients; the client itself, whose other hundreds of calls take minutes to build, is left out.
#[derive(Clone)]
pub struct Service {
    name: &'static ServiceName,
    plumbing: SharedRuntimePlugin,
    timeouts: TimeoutConfig,
    retries: RetryConfig,
    /// What requests carry in place of a signature.
    token: Option<HeaderValue>,
}

/// A request to a service. It is posted.
pub struct ServiceCall {
    /// The operation's name.
    pub operation: &'static str,
    /// The path, percent-encoded.
    pub path: String,
    /// The headers beside those that every request has.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long one attempt may take; as long as the configuration says where there is none.
    pub within: Option<Duration>,
}

/// What a service answers that has done what it was asked.
pub struct ServiceAnswer {
    headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// Errors that pass though neither their status nor their name says so: Bedrock's, of a model that is being loaded.
const MODEL_NOT_READY: &str = "ModelNotReadyException";

impl Service {
    /// A service as a configuration has it; `retries` says how often and after what pauses a call is sent again.
    pub fn new(name: &'static ServiceName, config: &SdkConfig, retries: RetryConfig) -> Self {
        let token = name.token.and_then(|service| load(service, "AWS_BEARER_TOKEN", "", config));
        let token = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        let token = token.map(|mut token| {
            token.set_sensitive(true);
            token
        });
        let plumbing = SharedRuntimePlugin::new(plumbing(name, config, token.is_none()));
        let timeouts = config.timeout_config().cloned().unwrap_or_else(|| TimeoutConfig::builder().build());
        Self { name, plumbing, timeouts, retries, token }
    }

    /// Makes a call.
    pub async fn send(&self, call: ServiceCall) -> Result<ServiceAnswer, AwsFailure> {
        let token = self.token.clone();
        let mut operation = Operation::builder()
            .service_name(self.name.id)
            .operation_name(call.operation)
            .behavior_version(BehaviorVersion::latest())
            .standard_retry(&self.retries)
            .runtime_plugin(self.plumbing.clone())
            .serializer(move |call| request(call, token.as_ref()))
            .deserializer(answer);
        if self.token.is_some() {
            operation = operation.no_auth();
        }
        let timeouts = match call.within {
            Some(within) => self.timeouts.clone().to_builder().operation_attempt_timeout(within).build(),
            None => self.timeouts.clone(),
        };
        let operation = operation.timeout_config(timeouts).build();
        operation.invoke(call).await.map_err(|error| AwsFailure::of(&error))
    }
}

impl ServiceCall {
    /// A call in the protocol that AWS calls JSON 1.1; `target` names service and operation.
    pub fn json(operation: &'static str, target: &'static str, body: &Value) -> Self {
        Self {
            operation,
            path: "/".to_owned(),
            headers: vec![(CONTENT_TYPE.as_str(), "application/x-amz-json-1.1"), ("x-amz-target", target)],
            body: body.to_string().into_bytes(),
            within: None,
        }
    }
}

impl fmt::Debug for ServiceCall {
    /// Shows what is called, and nothing of what is sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceCall").field("operation", &self.operation).finish_non_exhaustive()
    }
}

impl ServiceAnswer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The body as JSON. Why it is none is not said: the reason might quote it.
    pub fn json(&self) -> Result<Value, AwsFailure> {
        let unreadable = |_| AwsFailure::NotReached("an answer that cannot be read".to_owned());
        serde_json::from_slice(&self.body).map_err(unreadable)
    }
}

impl fmt::Debug for ServiceAnswer {
    /// Shows that there is one, and nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAnswer").finish_non_exhaustive()
    }
}

/// All that calls of a service share, as the SDK's clients put it together.
fn plumbing(name: &'static ServiceName, config: &SdkConfig, signed: bool) -> StaticRuntimePlugin {
    let mut settings = Layer::new(name.id);
    settings.store_put(ApiMetadata::new(name.id, env!("CARGO_PKG_VERSION")));
    settings.store_put(SigningName::from_static(name.signed_for));
    if let Some(region) = config.region() {
        settings.store_put(region.clone());
        settings.store_put(SigningRegion::from(region.clone()));
    }
    settings.store_put(SigV4OperationSigningConfig::default());
    settings.store_put(EndpointResolverParams::new(()));
    settings.store_put(AuthSchemeOptionResolverParams::new(()));
    settings.store_put(SensitiveOutput);

    let passing: Vec<_> = TRANSIENT_ERRORS.iter().copied().chain([MODEL_NOT_READY]).collect();
    let mut parts = RuntimeComponentsBuilder::new(name.id)
        .with_http_client(config.http_client())
        .with_endpoint_resolver(Some(ServiceUrl::of(name, config)))
        .with_interceptor(ConnectionPoisoningInterceptor::new())
        .with_interceptor(ServiceClockSkewInterceptor::new())
        .with_interceptor(RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(InvocationIdInterceptor::new())
        .with_interceptor(RecursionDetectionInterceptor::new())
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::builder().transient_errors(passing).build())
        .with_retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new());
    parts.set_sleep_impl(config.sleep_impl());
    parts.set_time_source(config.time_source());
    parts.set_identity_cache(config.identity_cache());
    if signed {
        parts.set_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![sigv4::SCHEME_ID])));
        parts.push_auth_scheme(SigV4AuthScheme::new());
        if let Some(credentials) = config.credentials_provider() {
            parts.set_identity_resolver(sigv4::SCHEME_ID, credentials);
        }
    }
    StaticRuntimePlugin::new().with_config(settings.freeze()).with_runtime_components(parts)
}

fn request(call: ServiceCall, token: Option<&HeaderValue>) -> Result<HttpRequest, BoxError> {
    let mut request = Request::builder().method(Method::POST).uri(call.path);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, token);
    }
    Ok(HttpRequest::try_from(request.body(SdkBody::from(call.body))?)?)
}

/// What a response says: an answer, or an error by its name. What has no name did not come from the service, but from what
/// stands in front of it, and counts by its status.
fn answer(response: &HttpResponse) -> Result<ServiceAnswer, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    let headers = response.headers();
    if response.status().is_success() {
        return Ok(ServiceAnswer { headers: headers.clone(), body: body.to_vec() });
    }
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| told[*name].as_str());
    let mut error = ErrorMetadata::builder();
    if let Some(code) = headers.get("x-amzn-errortype").or_else(|| text(&["code", "__type"])) {
        error = error.code(plain(code));
    }
    if let Some(message) = text(&["message", "Message", "errorMessage"]) {
        error = error.message(message);
    }
    Err(OrchestratorError::operation(error.build()))
}

/// An error's name without the namespace in front of it and the URL behind it that some services add.
fn plain(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn errors_are_known_by_their_names_alone() {
        for code in [
            "ValidationException",
            "ValidationException:http://internal.amazon.com/coral/com.amazon.coral.validate/",
            "com.amazonaws.ssm#ValidationException",
            "com.amazonaws.ssm#ValidationException:http://internal.amazon.com/",
        ] {
            assert_eq!(plain(code), "ValidationException");
        }
    }
}
