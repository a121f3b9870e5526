use std::error::Error;

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use crate::logging::chain;

/// Why an AWS service did not do its part. Bodies of requests and answers are not part of it.
#[derive(Debug, thiserror::Error)]
pub enum AwsFailure {
    /// It was not reached, the connection broke, or what came back is no answer of an AWS service.
    #[error("{0}")]
    NotReached(String),
    /// The request could not be sent, for want of credentials for example.
    #[error("{0}")]
    NotSent(String),
    /// It refused or failed.
    #[error("{code} (status {status}, request {request}){}", after_colon(.message.as_deref()))]
    Answered {
        /// The error's name.
        code: String,
        /// The HTTP status.
        status: u16,
        /// What the service's own logs call the request; empty where it does not tell.
        request: String,
        /// The service's words.
        message: Option<String>,
    },
}

impl AwsFailure {
    /// What an SDK's error means, in the service's words.
    pub fn of<E: ProvideErrorMetadata + Error + Send + Sync + 'static>(error: &SdkError<E, HttpResponse>) -> Self {
        match error {
            SdkError::ServiceError(refused) => Self::Answered {
                code: refused.err().code().unwrap_or("an unknown error").to_owned(),
                status: refused.raw().status().as_u16(),
                request: error.request_id().unwrap_or_default().to_owned(),
                message: refused.err().message().map(str::to_owned),
            },
            SdkError::ConstructionFailure(_) => Self::NotSent(chain(error)),
            // The SDK calls it a failure to dispatch where credentials or a signature are missing, and where a
            // connection breaks or carries no HTTP; only of the latter it says what kind it was.
            SdkError::DispatchFailure(failure)
                if !failure.is_timeout() && !failure.is_io() && !failure.is_user() && failure.as_other().is_none() =>
            {
                Self::NotSent(chain(error))
            }
            // Why an answer cannot be read is left out: the reason might quote it.
            SdkError::ResponseError(answer) => {
                Self::NotReached(format!("an answer that cannot be read (status {})", answer.raw().status()))
            }
            _ => Self::NotReached(chain(error)),
        }
    }

    /// The error's name, where the service has answered with one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Answered { code, .. } => Some(code),
            Self::NotReached(_) | Self::NotSent(_) => None,
        }
    }

    /// Without the service's words, where these might quote what it was sent.
    #[must_use]
    pub fn without_message(self) -> Self {
        match self {
            Self::Answered { code, status, request, .. } => Self::Answered { code, status, request, message: None },
            other => other,
        }
    }

    /// Whether the same request may succeed later: a service that fails, or is asked too often, says so by its status
    /// or by one of the names that all services share.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotReached(_) => true,
            Self::NotSent(_) => false,
            Self::Answered { code, status, .. } => matches!(*status, 408 | 429 | 500..) || is_throttled(code),
        }
    }
}

/// Whether an error of this name says that the service was asked too often, and has done nothing.
pub fn is_throttled(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code)
}

fn after_colon(message: Option<&str>) -> String {
    message.map(|message| format!(": {message}")).unwrap_or_default()
}
