//! What Lambda's event source mapping does: reads the segment table's stream, and hands its records to the AI
//! filler as the event that Lambda would make of them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ai_filler::AiFiller;
use aws_lambda_events::dynamodb::{Event, EventRecord, StreamRecord, StreamViewType};
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::config::{BehaviorVersion, Config, Region, SharedHttpClient};
use aws_sdk_dynamodbstreams::types::{AttributeValue, Record, ShardIteratorType};
use lambda_runtime::{Context, LambdaEvent};
use tokio::time::sleep;
use wrapup::clock::Clock;
use wrapup::dynamodb::{Connection, Dynamo, Error, Table};

use super::engine::files;

/// How long the reader waits where there was nothing new: as long as Lambda does.
const PAUSE: Duration = Duration::from_millis(250);

/// How long it waits where reading failed.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(5);

/// Records of one event: as many as the templates say.
const BATCH: i32 = 10;

/// What the function may take for one event.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How often a record is handed over before it is given up.
const ATTEMPTS: u32 = 3;

/// A reader of the segment table's stream.
pub struct Reader {
    client: Client,
    arn: String,
    shard: String,
    position: Position,
    clock: Clock,
}

/// Up to where the stream has been read, kept beside the data so that a restart goes on from there.
struct Position {
    file: Option<PathBuf>,
}

impl Reader {
    /// A reader that goes on where the last one on this data ended.
    pub async fn new(dynamo: &Dynamo, client: Client, data: Option<&Path>, clock: Clock) -> Result<Self, Error> {
        let described = dynamo.client.describe_table().table_name(dynamo.tables.name(Table::Segments)).send().await?;
        let arn =
            described.table.and_then(|table| table.latest_stream_arn).ok_or_else(|| broken("it has no stream"))?;
        let described = client.describe_stream().stream_arn(&arn).send().await?;
        // The embedded engine keeps a stream in one shard that never ends.
        let shard = described.stream_description.and_then(|stream| stream.shards?.into_iter().next()?.shard_id);
        let shard = shard.ok_or_else(|| broken("the stream has no shard"))?;
        let position = Position { file: data.map(|data| data.join("ai-filler.position")) };
        Ok(Self { client, arn, shard, position, clock })
    }

    /// Hands the function whatever comes, for good.
    pub async fn run(self, function: AiFiller) {
        loop {
            if let Err(error) = self.read(&function).await {
                tracing::warn!(%error, "the segment table's stream could not be read");
                sleep(PAUSE_AFTER_ERROR).await;
            }
        }
    }

    async fn read(&self, function: &AiFiller) -> Result<(), Error> {
        let mut iterator = self.first_iterator().await?;
        while let Some(current) = iterator {
            let read = self.client.get_records().shard_iterator(current).limit(BATCH).send().await?;
            iterator = read.next_shard_iterator;
            let records = read.records.unwrap_or_default();
            let Some(last) = records.last().and_then(sequence_number).map(str::to_owned) else {
                sleep(PAUSE).await;
                continue;
            };
            self.hand_over(function, records.into_iter().map(|record| self.event_record(record)).collect()).await;
            self.position.keep(&last).map_err(Error::broken)?;
        }
        Ok(())
    }

    async fn first_iterator(&self) -> Result<Option<String>, Error> {
        let iterator = self.client.get_shard_iterator().stream_arn(&self.arn).shard_id(&self.shard);
        if let Some(kept) = self.position.kept().map_err(Error::broken)? {
            let after =
                iterator.clone().shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(kept);
            match after.send().await {
                Ok(answer) => return Ok(answer.shard_iterator),
                Err(error) => tracing::warn!(%error, "the segment table's stream is read from its begin again"),
            }
        }
        Ok(iterator.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await?.shard_iterator)
    }

    /// Hands a batch over, and from its first failed record on again, as Lambda does. A record that fails each time
    /// is given up, which Lambda would send to the dead-letter queue.
    async fn hand_over(&self, function: &AiFiller, mut records: Vec<EventRecord>) {
        let mut attempts = 0;
        while !records.is_empty() {
            let mut context = Context::default();
            context.request_id = uuid::Uuid::new_v4().to_string();
            context.deadline = u64::try_from((self.clock.since_epoch() + TIMEOUT).as_millis()).unwrap_or(u64::MAX);
            let mut payload = Event::default();
            payload.records.clone_from(&records);
            let Ok(response) = function.handle(LambdaEvent { payload, context }).await else { return };
            let failed: Vec<_> =
                response.batch_item_failures.into_iter().map(|failed| failed.item_identifier).collect();
            let first = records.iter().position(|record| failed.contains(&record.change.sequence_number));
            let Some(first) = first else { return };
            records.drain(..first);
            attempts = if first == 0 { attempts + 1 } else { 1 };
            if attempts == ATTEMPTS {
                tracing::error!("the AI filler gave a stream record up");
                records.remove(0);
                attempts = 0;
            } else {
                sleep(Duration::from_secs(1) * attempts).await;
            }
        }
    }

    fn event_record(&self, record: Record) -> EventRecord {
        let mut shown = EventRecord::default();
        shown.event_id = record.event_id.unwrap_or_default();
        shown.event_name = record.event_name.map(|name| name.as_str().to_owned()).unwrap_or_default();
        shown.event_version = record.event_version;
        shown.event_source = record.event_source;
        shown.event_source_arn = Some(self.arn.clone());
        shown.aws_region = record.aws_region.unwrap_or_default();
        let Some(change) = record.dynamodb else { return shown };
        let mut stream_record = StreamRecord::default();
        stream_record.keys = item(change.keys);
        stream_record.new_image = item(change.new_image);
        stream_record.sequence_number = change.sequence_number;
        stream_record.size_bytes = change.size_bytes.unwrap_or_default();
        stream_record.stream_view_type = Some(StreamViewType::NewImage);
        shown.change = stream_record;
        shown
    }
}

impl Position {
    fn kept(&self) -> io::Result<Option<String>> {
        let Some(file) = &self.file else { return Ok(None) };
        match fs::read_to_string(file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn keep(&self, sequence_number: &str) -> io::Result<()> {
        match &self.file {
            Some(file) => files::replace(file, sequence_number),
            None => Ok(()),
        }
    }
}

/// A client of the database's streams.
pub fn connect(connection: Connection, http_client: SharedHttpClient) -> Client {
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(connection.region))
        .credentials_provider(connection.credentials)
        .http_client(http_client);
    if let Some(endpoint) = connection.endpoint {
        config = config.endpoint_url(endpoint);
    }
    Client::from_conf(config.build())
}

fn sequence_number(record: &Record) -> Option<&str> {
    record.dynamodb()?.sequence_number()
}

fn item(image: Option<HashMap<String, AttributeValue>>) -> serde_dynamo::Item {
    image.unwrap_or_default().into()
}

fn broken(problem: &'static str) -> Error {
    Error::Broken(format!("the segment table's stream: {problem}").into())
}
