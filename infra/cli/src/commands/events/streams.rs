use std::collections::{HashSet, VecDeque};
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

/// A table's stream, read by an operator: whatever is written from now on. A failure loses nothing: the same is asked again.
pub struct Follower {
    service: Service,
    arn: String,
    /// The shards that go on, each with where to read on in it, in the order of their turns.
    open: VecDeque<(String, String)>,
    /// All shards that have been opened.
    seen: HashSet<String>,
    /// A shard has ended, and what came behind it has not been looked for.
    has_ended: bool,
}

impl Follower {
    /// Follows a stream from now on.
    pub async fn begin(config: &SdkConfig, arn: String) -> Result<Self, AwsFailure> {
        let service = Service::new(&STREAMS, config, RetryConfig::standard());
        let mut follower = Self { service, arn, open: VecDeque::new(), seen: HashSet::new(), has_ended: false };
        follower.look_for_shards("LATEST").await?;
        Ok(follower)
    }

    /// How many reads it takes until each shard has had its turn.
    pub fn shards(&self) -> usize {
        self.open.len()
    }

    /// What has been written to the shard whose turn it is, as far as it is read at once.
    pub async fn read(&mut self) -> Result<Vec<EventRecord>, AwsFailure> {
        if self.has_ended {
            // What came behind a shard that ended is new from its first record on.
            self.look_for_shards("TRIM_HORIZON").await?;
            self.has_ended = false;
        }
        let Some((_, iterator)) = self.open.front() else { return Ok(Vec::new()) };
        let request = json!({"ShardIterator": iterator, "Limit": MOST});
        let answer = self.ask("GetRecords", "DynamoDBStreams_20120810.GetRecords", &request).await?;
        let next = answer["NextShardIterator"].as_str().map(str::to_owned);
        let read: StreamEvent = serde_json::from_value(answer).map_err(|_| unreadable())?;
        match (self.open.pop_front(), next) {
            (Some((shard, _)), Some(next)) => self.open.push_back((shard, next)),
            _ => self.has_ended = true,
        }
        Ok(read.records)
    }

    /// Opens the shards that have not been opened.
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
                // What a parent still has comes before what its child has, which is found once the parent has ended.
                let parent = shard["ParentShardId"].as_str();
                let waits = self.open.iter().any(|(open, _)| Some(open.as_str()) == parent);
                // One that has ended answers nothing, and that it has: an engine may say so of one that goes on.
                if !waits && !self.seen.contains(id) {
                    let iterator = self.iterator(id, from).await?;
                    self.seen.insert(id.to_owned());
                    self.open.push_back((id.to_owned(), iterator));
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use wrapup::aws::Connection;
    use wrapup_test_support::{Answer, Received, Receiver};

    use super::*;
    use crate::connect::on_this_machine;

    /// A stream whose shard `a` ends after two records, and goes on as `b`; `old` had ended before.
    fn answer(asked: &Received, described: &AtomicUsize) -> Value {
        let body = &asked.event;
        let target = asked.headers.iter().find(|(name, _)| name == "x-amz-target").map(|(_, target)| target.as_str());
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
        let record = |number: &str| json!({"eventName": "MODIFY", "dynamodb": {"SequenceNumber": number}});
        let shard = |id: &str| json!({"ShardId": id, "SequenceNumberRange": {"StartingSequenceNumber": "1"}});
        match (operation, body["ExclusiveStartShardId"].as_str(), body["ShardIterator"].as_str()) {
            ("DescribeStream", None, _) => {
                described.fetch_add(1, Ordering::SeqCst);
                json!({"StreamDescription": {"Shards": [shard("old"), shard("a")], "LastEvaluatedShardId": "a"}})
            }
            ("DescribeStream", Some("a"), _) if described.load(Ordering::SeqCst) < 2 => {
                json!({"StreamDescription": {"Shards": []}})
            }
            ("DescribeStream", Some("a"), _) => {
                let mut child = shard("b");
                child["ParentShardId"] = json!("a");
                json!({"StreamDescription": {"Shards": [child]}})
            }
            ("GetShardIterator", ..) => {
                let text = |name: &str| body[name].as_str().unwrap_or_default();
                json!({"ShardIterator": format!("{} {}", text("ShardId"), text("ShardIteratorType"))})
            }
            ("GetRecords", _, Some("a LATEST")) => json!({"Records": [record("1")], "NextShardIterator": "a on"}),
            ("GetRecords", _, Some("a on")) => json!({"Records": [record("2")]}),
            ("GetRecords", _, Some("b TRIM_HORIZON")) => {
                json!({"Records": [record("3")], "NextShardIterator": "b on"})
            }
            ("GetRecords", _, Some("b on")) => json!({"Records": [], "NextShardIterator": "b on"}),
            ("GetRecords", _, Some("old LATEST")) => json!({"Records": []}),
            _ => json!({"unknown": body}),
        }
    }

    #[tokio::test]
    async fn a_stream_is_followed_from_one_shard_into_the_next() -> Result<(), Box<dyn std::error::Error>> {
        let described = AtomicUsize::new(0);
        let engine = Receiver::start(move |asked| Answer::Body(200, answer(asked, &described).to_string()));
        let connection = Connection { endpoint: Some(engine.url("/")), ..on_this_machine(0) };
        let mut follower = Follower::begin(&connection.into(), "arn".to_owned()).await?;
        let mut read = Vec::new();
        for _ in 0..10 {
            read.extend(follower.read().await?.into_iter().filter_map(|record| record.change.sequence_number));
        }
        assert_eq!(read, ["1", "2", "3"], "each once");
        assert_eq!(follower.open, [("b".to_owned(), "b on".to_owned())]);
        Ok(())
    }
}
