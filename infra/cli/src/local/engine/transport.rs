//! The HTTP client below the API's own SDK client: it hands each request to the database in this process, so no other
//! client can use up its connections. Signatures, retries and timeouts are left out: they are for the way to another
//! machine, and take longer than all the rest. So are the headers by which the SDK introduces itself, which nobody reads,
//! and the store of identities, of which there is one.

use std::sync::Arc;

use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::retry::{ReconnectMode, RetryConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Config, ConfigBag, IdentityCache, Intercept, Region, SharedInterceptor,
    StalledStreamProtectionConfig,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

use super::operations::Operations;

/// The client of the database.
pub fn client(operations: Arc<Operations>) -> Client {
    let connector = SharedHttpConnector::new(Transport(operations));
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_resolver(Here)
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .allow_no_auth()
        .identity_cache(IdentityCache::no_cache())
        // There is no connection that a failure could have spoiled: else each failure is another line of the log.
        .retry_config(RetryConfig::disabled().with_reconnect_mode(ReconnectMode::ReuseAllConnections))
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.push_interceptor(SharedInterceptor::permanent(WithoutHeaders));
    Client::from_conf(config.build())
}

/// A URL that nothing is sent to.
#[derive(Debug)]
struct Here;

impl ResolveEndpoint for Here {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url("http://127.0.0.1").build()))
    }
}

/// Switches off what only writes or reads headers: a seventh of the instructions of a request.
#[derive(Debug)]
struct WithoutHeaders;

impl Intercept for WithoutHeaders {
    fn name(&self) -> &'static str {
        "WithoutHeaders"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const WHY: &str = "a request within this process has no use for headers";
        config
            .interceptor_state()
            .store_put(disable_interceptor::<UserAgentInterceptor>(WHY))
            .store_put(disable_interceptor::<InvocationIdInterceptor>(WHY))
            .store_put(disable_interceptor::<RequestInfoInterceptor>(WHY))
            .store_put(disable_interceptor::<ServiceClockSkewInterceptor>(WHY));
        Ok(())
    }
}

#[derive(Clone)]
struct Transport(Arc<Operations>);

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Transport")
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let transport = self.clone();
        HttpConnectorFuture::new(async move {
            // Nothing else here waits for anything: without this a call that makes thousands of requests would let no
            // other one in between, and no time limit could end it.
            tokio::task::yield_now().await;
            transport.answer(&request).map_err(|error| ConnectorError::other(error, None))
        })
    }
}

impl Transport {
    fn answer(&self, request: &HttpRequest) -> Result<HttpResponse, axum::BoxError> {
        let target = request.headers().get("x-amz-target").ok_or("a request to DynamoDB names its operation")?;
        let body = request.body().bytes().ok_or("a request to DynamoDB is not sent in parts")?;
        let (status, answer) = self.0.answer_own(target, body).ok_or("no request of DynamoDB's API")?;
        let mut response = HttpResponse::new(status.as_u16().try_into()?, SdkBody::from(answer));
        response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use wrapup::dynamodb::Tables;

    use super::super::Engine;

    #[tokio::test]
    async fn whoever_asks_much_lets_others_in_between() -> Result<(), Box<dyn std::error::Error>> {
        let data = tempfile::tempdir()?;
        let dynamo = Engine::open(Some(data.path()))?.dynamo(Tables::default());
        let turns = Arc::new(AtomicUsize::new(0));
        let other = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move {
                loop {
                    turns.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
            }
        });
        for _ in 0..20 {
            dynamo.client.list_tables().send().await?;
        }
        other.abort();
        assert!(turns.load(Ordering::Relaxed) >= 20);
        Ok(())
    }
}
