//! A table's stream, read in this process.

use std::sync::Arc;

use dynoxide::DynoxideError;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::{GetShardIteratorRequest, decode_shard_iterator};
use serde_json::{Value, json};
use wrapup_functions::StreamEvent;

use super::operations::Operations;
use super::trimming::Passed;

/// The stream of a table, which has one shard that never ends, for one reader: what it has not come to is kept for it.
pub struct Stream {
    operations: Arc<Operations>,
    table: String,
    arn: String,
    shard: String,
    passed: Passed,
}

/// Records that were read, and where to read on.
pub struct Batch {
    pub event: StreamEvent,
    /// The sequence number of the last record; none where there was nothing new.
    pub last: Option<String>,
    pub next: String,
}

/// Why a stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The table has no stream.
    #[error("the table has none")]
    Missing,
    /// The engine refuses it.
    #[error(transparent)]
    Engine(#[from] DynoxideError),
    /// What the engine answers is no stream's.
    #[error("the engine's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
    /// The place to read on at cannot be kept.
    #[error("how far it has been read cannot be kept: {0}")]
    Place(#[from] std::io::Error),
}

impl Stream {
    /// The stream of the table of this name.
    pub(super) fn of(operations: Arc<Operations>, table: &str) -> Result<Self, StreamError> {
        let database = &operations.database;
        let described = json!(database.describe_table(serde_json::from_value(json!({"TableName": table}))?)?);
        let arn = text(&described, "/Table/LatestStreamArn")?;
        let described = json!(database.describe_stream(serde_json::from_value(json!({"StreamArn": arn}))?)?);
        let shard = text(&described, "/StreamDescription/Shards/0/ShardId")?;
        let passed = operations.readers.another(table);
        Ok(Self { operations, table: table.to_owned(), arn, shard, passed })
    }

    /// The table's name. A place in the stream means the same for as long as there is a table of this name.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Where to read on behind the record with this sequence number, or from the first one that is kept.
    pub fn behind(&self, sequence_number: Option<String>) -> Result<String, StreamError> {
        let kind = if sequence_number.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        self.iterator(kind, sequence_number)
    }

    /// Where to read on behind all that is there.
    pub fn end(&self) -> Result<String, StreamError> {
        self.iterator("LATEST", None)
    }

    fn iterator(&self, kind: &str, sequence_number: Option<String>) -> Result<String, StreamError> {
        let request = GetShardIteratorRequest {
            stream_arn: self.arn.clone(),
            shard_id: self.shard.clone(),
            shard_iterator_type: kind.to_owned(),
            sequence_number,
        };
        let _together = self.operations.together();
        let answer = self.operations.database.get_shard_iterator(request)?;
        answer.shard_iterator.ok_or(StreamError::Missing)
    }

    /// The next records, in the form in which Lambda hands them to functions. Whoever asks has dealt with all that is before
    /// them, and kept that: it may go.
    pub fn read(&self, iterator: String, most: usize) -> Result<Batch, StreamError> {
        let place = decode_shard_iterator(&iterator).map_or(0, |(_, _, place)| place);
        self.passed.set(place);
        let _together = self.operations.together();
        let request = GetRecordsRequest { shard_iterator: iterator, limit: Some(most) };
        let answer = self.operations.database.get_records(request)?;
        let last = answer.records.last().map(|record| record.dynamodb.sequence_number.clone());
        let mut event: StreamEvent = serde_json::from_value(json!(answer))?;
        for record in &mut event.records {
            record.stream = Some(self.arn.clone());
        }
        Ok(Batch { event, last, next: answer.next_shard_iterator.ok_or(StreamError::Missing)? })
    }
}

fn text(answer: &Value, place: &str) -> Result<String, StreamError> {
    answer.pointer(place).and_then(Value::as_str).map(str::to_owned).ok_or(StreamError::Missing)
}
