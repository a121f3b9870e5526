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
    /// All shards that were there at the begin, or have been opened since.
    seen: HashSet<String>,
    /// A shard has ended, and what came behind it has not been looked for.
    has_ended: bool,
}

/// A part of a stream, which goes on for some hours, and then in its children.
struct Shard {
    id: String,
    parent: Option<String>,
}

impl Follower {
    /// Follows a stream from now on.
    pub async fn begin(config: &SdkConfig, arn: String) -> Result<Self, AwsFailure> {
        let service = Service::new(&STREAMS, config, RetryConfig::standard());
        let mut follower = Self { service, arn, open: VecDeque::new(), seen: HashSet::new(), has_ended: false };
        let shards = follower.shards_of_stream().await?;
        let parents: HashSet<_> = shards.iter().filter_map(|shard| shard.parent.clone()).collect();
        for shard in shards {
            // A shard with a child has ended. Whether another has shows when it is read: what the list says of that is not
            // the same with each engine.
            if !parents.contains(&shard.id) {
                follower.open(&shard.id, "LATEST").await?;
            }
            follower.seen.insert(shard.id);
        }
        Ok(follower)
    }

    /// How many reads it takes until each shard has had its turn.
    pub fn shards(&self) -> usize {
        self.open.len()
    }

    /// What has been written to the shard whose turn it is, as far as it is read at once.
    pub async fn read(&mut self) -> Result<Vec<EventRecord>, AwsFailure> {
        if self.has_ended {
            self.open_new_shards().await?;
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

    /// Opens the shards that were not there before, from their first record on.
    async fn open_new_shards(&mut self) -> Result<(), AwsFailure> {
        let new = self.shards_of_stream().await?.into_iter().filter(|shard| !self.seen.contains(&shard.id));
        let new: Vec<_> = new.collect();
        for Shard { id, parent } in &new {
            // What a parent still has comes before what its child has, which is found once the parent has ended.
            let waits = parent.as_ref().is_some_and(|parent| {
                self.open.iter().any(|(open, _)| open == parent)
                    || new.iter().any(|shard| shard.id == *parent && !self.seen.contains(parent))
            });
            if !waits {
                self.open(id, "TRIM_HORIZON").await?;
                self.seen.insert(id.clone());
            }
        }
        Ok(())
    }

    /// All shards that the stream keeps, those that have ended among them.
    async fn shards_of_stream(&self) -> Result<Vec<Shard>, AwsFailure> {
        let mut shards = Vec::new();
        let mut behind: Option<String> = None;
        loop {
            let mut request = json!({"StreamArn": self.arn});
            if let Some(behind) = behind {
                request["ExclusiveStartShardId"] = json!(behind);
            }
            let answer = self.ask("DescribeStream", "DynamoDBStreams_20120810.DescribeStream", &request).await?;
            let stream = &answer["StreamDescription"];
            for shard in stream["Shards"].as_array().into_iter().flatten() {
                let id = shard["ShardId"].as_str().ok_or_else(unreadable)?.to_owned();
                shards.push(Shard { id, parent: shard["ParentShardId"].as_str().map(str::to_owned) });
            }
            behind = stream["LastEvaluatedShardId"].as_str().map(str::to_owned);
            if behind.is_none() {
                return Ok(shards);
            }
        }
    }

    async fn open(&mut self, shard: &str, from: &str) -> Result<(), AwsFailure> {
        let iterator = self.iterator(shard, from).await?;
        self.open.push_back((shard.to_owned(), iterator));
        Ok(())
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

    /// A stream of some hours: `old` and its child `a`, which is open, and ends after two records; then it goes on as `b`,
    /// and that as `c`, which is there as early.
    fn answer(asked: &Received, described: &AtomicUsize) -> Value {
        let body = &asked.event;
        let target = asked.headers.iter().find(|(name, _)| name == "x-amz-target").map(|(_, target)| target.as_str());
        let operation = target.and_then(|target| target.rsplit('.').next()).unwrap_or_default();
        let record = |number: &str| json!({"eventName": "MODIFY", "dynamodb": {"SequenceNumber": number}});
        let shard = |id: &str, parent: &str| {
            json!({
                "ShardId": id, "ParentShardId": parent, "SequenceNumberRange": {"StartingSequenceNumber": "1"},
            })
        };
        match (operation, body["ExclusiveStartShardId"].as_str(), body["ShardIterator"].as_str()) {
            ("DescribeStream", None, _) => {
                described.fetch_add(1, Ordering::SeqCst);
                let shards = [shard("old", "trimmed"), shard("a", "old")];
                json!({"StreamDescription": {"Shards": shards, "LastEvaluatedShardId": "a"}})
            }
            ("DescribeStream", Some("a"), _) if described.load(Ordering::SeqCst) < 2 => {
                json!({"StreamDescription": {"Shards": []}})
            }
            ("DescribeStream", Some("a"), _) => {
                json!({"StreamDescription": {"Shards": [shard("c", "b"), shard("b", "a")]}})
            }
            ("GetShardIterator", ..) => {
                let text = |name: &str| body[name].as_str().unwrap_or_default();
                json!({"ShardIterator": format!("{} {}", text("ShardId"), text("ShardIteratorType"))})
            }
            ("GetRecords", _, Some("a LATEST")) => json!({"Records": [record("1")], "NextShardIterator": "a on"}),
            ("GetRecords", _, Some("a on")) => json!({"Records": [record("2")]}),
            ("GetRecords", _, Some("b TRIM_HORIZON")) => json!({"Records": [record("3")]}),
            ("GetRecords", _, Some("c TRIM_HORIZON")) => {
                json!({"Records": [record("4")], "NextShardIterator": "c on"})
            }
            ("GetRecords", _, Some("c on")) => json!({"Records": [], "NextShardIterator": "c on"}),
            // What was there before.
            ("GetRecords", _, Some("old LATEST")) => json!({"Records": []}),
            ("GetRecords", _, Some("old TRIM_HORIZON")) => json!({"Records": [record("0")]}),
            ("GetRecords", _, Some("a TRIM_HORIZON")) => json!({"Records": [record("0")], "NextShardIterator": "a on"}),
            _ => json!({"unknown": body}),
        }
    }

    #[tokio::test]
    async fn a_stream_is_followed_from_now_on_from_one_shard_into_the_next() -> Result<(), Box<dyn std::error::Error>> {
        let described = AtomicUsize::new(0);
        let engine = Receiver::start(move |asked| Answer::Body(200, answer(asked, &described).to_string()));
        let connection = Connection { endpoint: Some(engine.url("/")), ..on_this_machine(0) };
        let mut follower = Follower::begin(&connection.into(), "arn".to_owned()).await?;
        let mut read = Vec::new();
        for _ in 0..10 {
            read.extend(follower.read().await?.into_iter().filter_map(|record| record.change.sequence_number));
        }
        assert_eq!(read, ["1", "2", "3", "4"], "each once, in their order, and nothing that was there before");
        assert_eq!(follower.open, [("c".to_owned(), "c on".to_owned())]);
        Ok(())
    }
}
