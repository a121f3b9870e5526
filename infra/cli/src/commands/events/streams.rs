use std::collections::HashSet;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_types::retry::RetryConfig;
use serde_json::{Value, json};
use wrapup::aws::{AwsFailure, Service, ServiceCall, ServiceName};
use wrapup_functions::{EventRecord, StreamEvent};

/// DynamoDB Streams, which is a service of its own in front of the same tables.
const STREAMS: ServiceName =
    ServiceName { id: "DynamoDB Streams", host: "streams.dynamodb", signed_for: "dynamodb", token: None };

/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Records that are read of a shard at once. With both images of each they stay far below what an answer may hold.
const MOST: usize = 100;

/// A table's stream, read by an operator: whatever is written from now on.
pub struct Follower {
    service: Service,
    arn: String,
    /// Where to read on in the shards that are open.
    open: Vec<(String, String)>,
    /// All shards that have been seen.
    seen: HashSet<String>,
}

impl Follower {
    /// Follows a stream from now on.
    pub async fn begin(config: &SdkConfig, arn: String) -> Result<Self, AwsFailure> {
        let service = Service::new(&STREAMS, config, RetryConfig::standard());
        let mut follower = Self { service, arn, open: Vec::new(), seen: HashSet::new() };
        follower.look_for_shards("LATEST").await?;
        Ok(follower)
    }

    /// What has been written since, as far as it is read at once.
    pub async fn read(&mut self) -> Result<Vec<EventRecord>, AwsFailure> {
        let mut records = Vec::new();
        let mut has_ended = false;
        for (shard, iterator) in std::mem::take(&mut self.open) {
            let request = json!({"ShardIterator": iterator, "Limit": MOST});
            let answer = self.ask("GetRecords", "DynamoDBStreams_20120810.GetRecords", &request).await?;
            match answer["NextShardIterator"].as_str() {
                Some(next) => self.open.push((shard, next.to_owned())),
                None => has_ended = true,
            }
            let read: StreamEvent = serde_json::from_value(answer).map_err(|_| unreadable())?;
            records.extend(read.records);
        }
        if has_ended {
            // What came behind a shard that ended is new from its first record on.
            self.look_for_shards("TRIM_HORIZON").await?;
        }
        Ok(records)
    }

    /// Opens the shards that have not been seen.
    async fn look_for_shards(&mut self, from: &str) -> Result<(), AwsFailure> {
        let mut behind: Option<String> = None;
        loop {
            let mut request = json!({"StreamArn": self.arn});
            if let Some(behind) = behind {
                request["ExclusiveStartShardId"] = json!(behind);
            }
            let answer = self.ask("DescribeStream", "DynamoDBStreams_20120810.DescribeStream", &request).await?;
            let stream = &answer["StreamDescription"];
            for shard in stream["Shards"].as_array().into_iter().flatten() {
                let id = shard["ShardId"].as_str().ok_or_else(unreadable)?;
                // One that has ended answers nothing, and that it has: an engine may say so of one that goes on.
                if self.seen.insert(id.to_owned()) {
                    let iterator = self.iterator(id, from).await?;
                    self.open.push((id.to_owned(), iterator));
                }
            }
            behind = stream["LastEvaluatedShardId"].as_str().map(str::to_owned);
            if behind.is_none() {
                return Ok(());
            }
        }
    }

    async fn iterator(&self, shard: &str, from: &str) -> Result<String, AwsFailure> {
        let request = json!({"StreamArn": self.arn, "ShardId": shard, "ShardIteratorType": from});
        let answer = self.ask("GetShardIterator", "DynamoDBStreams_20120810.GetShardIterator", &request).await?;
        answer["ShardIterator"].as_str().map(str::to_owned).ok_or_else(unreadable)
    }

    async fn ask(&self, operation: &'static str, target: &'static str, body: &Value) -> Result<Value, AwsFailure> {
        let call = ServiceCall {
            headers: vec![("content-type", "application/x-amz-json-1.0"), ("x-amz-target", target)],
            within: Some(ATTEMPT),
            ..ServiceCall::json(operation, target, body)
        };
        self.service.send(call).await?.json()
    }
}

fn unreadable() -> AwsFailure {
    AwsFailure::NotReached("an answer that cannot be read".to_owned())
}
