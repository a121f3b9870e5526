//! Whether an answer of DynamoDB is what the service has sent. One that was cut or spoiled on its way says nothing: neither
//! that a record is not there, nor that a write was not carried out. So it counts as none, and the request is sent again.

use aws_sdk_dynamodb::config::interceptors::{AfterDeserializationInterceptorContextRef, InterceptorContext};
use aws_sdk_dynamodb::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::Deserialize;

/// The header with the CRC-32 of the body, which DynamoDB sends with each answer.
const CHECKSUM: &str = "x-amz-crc32";

/// Compares each answer with its checksum, and with what any answer has.
#[derive(Debug)]
pub struct Checksums;

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
enum Spoiled {
    /// It has no body: the shortest one of DynamoDB is `{}`.
    #[error("the answer is empty")]
    Empty,
    /// Its body is another one than was sent.
    #[error("the answer is not what its checksum is of")]
    Other,
    /// It refuses the request, and does not say why.
    #[error("the answer refuses without an error's name")]
    Nameless,
}

/// What each refusal of DynamoDB says.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    _name: String,
}

/// Whether an answer is one of DynamoDB.
fn check(response: &HttpResponse) -> Result<(), Spoiled> {
    // A body that did not arrive in full has failed already.
    let Some(body) = response.body().bytes() else { return Ok(()) };
    let is_refusal = response.status().as_u16() == 400;
    // Other statuses, of proxies too, say by themselves what becomes of the request.
    if !is_refusal && !response.status().is_success() {
        return Ok(());
    }
    if body.is_empty() {
        return Err(Spoiled::Empty);
    }
    let sent = response.headers().get(CHECKSUM).and_then(|checksum| checksum.parse::<u32>().ok());
    if sent.is_some_and(|sent| crc32fast::hash(body) != sent) {
        return Err(Spoiled::Other);
    }
    if is_refusal && serde_json::from_slice::<Refusal>(body).is_err() {
        return Err(Spoiled::Nameless);
    }
    Ok(())
}

impl Intercept for Checksums {
    fn name(&self) -> &'static str {
        "Checksums"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(check(context.response())?)
    }
}

/// Has a request sent again whose answer is none.
#[derive(Debug)]
pub struct SpoiledIsTransient;

impl ClassifyRetry for SpoiledIsTransient {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        // Of a success that is no answer of the operation the SDK's own reader says so.
        let is_success = context.response().is_some_and(|response| response.status().is_success());
        if is_success || error.is_interceptor_error() {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "SpoiledIsTransient"
    }
}
