use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region, SharedInterceptor, StalledStreamProtectionConfig};
use aws_smithy_runtime_api::client::retries::classifiers::SharedRetryClassifier;

use super::answers::{Checksums, SpoiledIsTransient};
use crate::aws::{Connection, Roots, https_client};
use crate::watch::CapacityMeter;

/// How long a request is waited for at most, all its attempts together.
pub const LONGEST_OPERATION: Duration = Duration::from_secs(15);

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
                .operation_timeout(LONGEST_OPERATION)
                .build(),
        )
        // The SDK could also watch whether bytes keep coming. No answer is large, so the time limits are enough.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client);
    // Permanent: otherwise the SDK looks in all its settings, at each step of a request, whether this is switched off.
    config.push_interceptor(SharedInterceptor::permanent(CapacityMeter));
    config.push_interceptor(SharedInterceptor::permanent(Checksums));
    config.push_retry_classifier(SharedRetryClassifier::new(SpoiledIsTransient));
    if let Some(endpoint) = connection.endpoint {
        config = config.endpoint_url(endpoint);
    }
    Client::from_conf(config.build())
}
