use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::QueryError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::RecordProblem;
use crate::aws::AwsFailure;
use crate::logging::chain;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What a failed request to DynamoDB means to the caller.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Throttled, unreachable or failing in itself for longer than the retries went on: the same
    /// call may succeed a little later.
    #[error("DynamoDB did not answer in time: {}", chain(.0.as_ref()))]
    Unavailable(#[source] Source),
    /// Refused in a way that no retry mends: a missing table or permission, or a bug.
    #[error("DynamoDB refused the request: {}", chain(.0.as_ref()))]
    Broken(#[source] Source),
    /// The table has no such index: a deployment may go without.
    #[error("This deployment has no index {index} yet, which this call reads; its operator can add it.")]
    NoIndex {
        /// The index's name.
        index: &'static str,
    },
    /// Others were changing the same record in each of many rounds.
    #[error("Others were changing the same record all the time. Nothing of this call is stored; send it again.")]
    Contended,
    /// The answer to a write got lost, and so many others have changed the record since that nothing tells whether it was
    /// carried out.
    #[error(
        "DynamoDB's answer got lost, and others have changed the record since, so that it is not known whether this change \
         was stored before theirs. Read the record, and send the call again if it is still wanted."
    )]
    Uncertain,
    /// The record that stands in the place of what was to be written cannot be read, so it stays.
    #[error(transparent)]
    Record(#[from] CorruptRecord),
}

/// The codes by which DynamoDB alone says "not now", beside those of all services. The SDK has retried them before we
/// see them.
const TRANSIENT: [&str; 4] =
    ["InternalServerError", "ReplicatedWriteConflictException", "ServiceUnavailable", "TransactionConflictException"];

impl Error {
    /// A failure that only a bug explains.
    pub fn broken(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Broken(Box::new(source))
    }
}

impl<E> From<SdkError<E>> for Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E>) -> Self {
        // A function always has what a request is signed with, so one that was not sent may be sent the next time.
        // What cannot be read is no answer of the service.
        let is_spoiled = matches!(error, SdkError::ResponseError(_))
            || error.raw_response().is_some_and(|response| response.status().is_success());
        let transient = is_spoiled
            || matches!(error, SdkError::DispatchFailure(_))
            || AwsFailure::of(&error).is_transient()
            || error.code().is_some_and(|code| TRANSIENT.contains(&code));
        if transient { Self::Unavailable(Box::new(error)) } else { Self::Broken(Box::new(error)) }
    }
}

/// Whether a query was refused because the table has not the index that it names. The service has no code of its own for
/// that.
pub fn lacks_index(error: &SdkError<QueryError>) -> bool {
    error.as_service_error().is_some_and(|error| {
        let text = error.message().unwrap_or_default();
        // One that was made before it showed all that is asked of it is none that can be read, and one that is being
        // filled is none yet.
        let lacks = ["does not have the specified index", "does not project", "backfilling"];
        let lacks = lacks.iter().any(|part| text.contains(part));
        error.code() == Some("ValidationException") && lacks
    })
}

/// A record that cannot be read: it is not what it should be, or a newer version wrote it. Its contents are not part of the
/// message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record '{key}' of table {table}: {problem}")]
pub struct CorruptRecord {
    /// The table.
    pub table: String,
    /// The record's partition key.
    pub key: String,
    /// Why not.
    pub problem: RecordProblem,
}

/// Whether an update was refused because its item would outgrow DynamoDB's 400 KB. The service has no
/// code of its own for that.
pub fn is_too_large(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(|error| {
        let text = error.message().unwrap_or_default();
        error.code() == Some("ValidationException") && text.contains("exceeded the maximum allowed size")
    })
}

/// How a transaction's single writes fared, in their order; `None` where something stopped it that
/// neither a condition nor waiting explains.
pub fn cancellation(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<WriteOutcome>> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) = error.as_service_error()? else {
        return None;
    };
    canceled
        .cancellation_reasons()
        .iter()
        .map(|reason| match reason.code() {
            None | Some("None") => Some(WriteOutcome::Fine),
            Some("ConditionalCheckFailed") => Some(WriteOutcome::Refused(reason.item().cloned())),
            Some("TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded") => {
                Some(WriteOutcome::Busy)
            }
            Some(_) => None,
        })
        .collect()
}

/// How one write of a canceled transaction fared.
#[derive(Debug)]
pub enum WriteOutcome {
    /// Nothing against it.
    Fine,
    /// Its condition failed on this item.
    Refused(Option<super::Item>),
    /// Another request was writing the same item, or there were too many: not now.
    Busy,
}
