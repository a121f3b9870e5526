use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use lambda_http::http::header::CONTENT_TYPE;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::{AwsFailure, Connection, Service, ServiceCall, ServiceName};

const NAME: ServiceName = ServiceName { id: "Lambda", host: "lambda", signed_for: "lambda", token: None };

/// What of a function's name or ARN is encoded in a path.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Lambda, which runs functions. What is tried again, and until when, the caller decides.
#[derive(Clone)]
pub struct Lambda(Service);

/// What a function that was run has answered.
pub struct Invoked {
    /// How it failed, if it did; the payload says more then, and may quote what the function was sent.
    pub error: Option<String>,
    /// Its answer.
    pub payload: Vec<u8>,
}

impl Lambda {
    /// Lambda as a configuration has it.
    pub fn new(config: &SdkConfig) -> Self {
        Self(Service::new(&NAME, config, RetryConfig::disabled()))
    }

    /// Runs a function, by its name or ARN, and waits for its answer.
    pub async fn invoke(&self, function: &str, payload: Vec<u8>) -> Result<Invoked, AwsFailure> {
        let function = utf8_percent_encode(function, IN_A_PATH);
        let call = ServiceCall {
            operation: "Invoke",
            path: format!("/2015-03-31/functions/{function}/invocations"),
            headers: vec![(CONTENT_TYPE.as_str(), "application/octet-stream")],
            body: payload,
            within: None,
        };
        let answer = self.0.send(call).await?;
        Ok(Invoked { error: answer.header("x-amz-function-error").map(str::to_owned), payload: answer.body })
    }
}

/// Lambda at a connection.
pub fn connect(connection: Connection) -> Lambda {
    Lambda::new(&connection.into())
}
