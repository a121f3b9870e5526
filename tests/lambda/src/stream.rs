use std::sync::Arc;

use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use wrapup::System;
use wrapup::ai::Provider;
use wrapup::aws::EventBus;
use wrapup::clock::Clock;
use wrapup::dynamodb::Item;
use wrapup::redaction::Redactor;
use wrapup::segments::EventForm;
use wrapup_functions::ai_filler::AiFiller;
use wrapup_functions::relay::Relay;
use wrapup_functions::{ConsumerParts, StreamEvent, StreamFunction};

/// The AI filler of a deployment, with this provider.
pub fn filler(system: System, provider: Arc<dyn Provider>) -> StreamFunction {
    filler_that(false, system, provider)
}

/// The same, which learns from what agents pick.
pub fn learner(system: System, provider: Arc<dyn Provider>) -> StreamFunction {
    filler_that(true, system, provider)
}

fn filler_that(learns: bool, system: System, provider: Arc<dyn Provider>) -> StreamFunction {
    let redactor = Redactor::default();
    let parts = ConsumerParts { system, provider: Some(provider), learns, redactor, bus: None };
    StreamFunction::new(Box::new(AiFiller::of(&parts)), Clock::system())
}

/// The relay of a deployment, to this bus.
pub fn relay(system: System, bus: EventBus, form: EventForm) -> StreamFunction {
    let (redactor, bus) = (Redactor::default(), Some((bus, form)));
    let parts = ConsumerParts { system, provider: None, learns: false, redactor, bus };
    StreamFunction::new(Box::new(Relay::of(&parts)), Clock::system())
}

/// Delivers records to a consumer, and answers the sequence numbers of those that have to be delivered again.
pub async fn undelivered(consumer: &StreamFunction, records: &[StreamRecord]) -> Vec<String> {
    let response = consumer.handle(StreamRecord::event(records)).await;
    response.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier).collect()
}

/// A record of a table's stream: of the segment table's, unless it says another one.
#[derive(Clone)]
pub struct StreamRecord {
    table: &'static str,
    event_name: &'static str,
    before: Option<Item>,
    image: Item,
    sequence_number: String,
}

/// What an invocation may take unless a test says otherwise.
const TIMEOUT_MS: u64 = 30_000;

impl StreamRecord {
    /// The record of an item that was put where there was none.
    pub fn insert(image: Item) -> Self {
        let table = "interaction_wrap_up_segment";
        Self { table, event_name: "INSERT", before: None, image, sequence_number: "100000000000000000001".to_owned() }
    }

    /// The record of an item that was changed to this.
    pub fn modify(before: Item, image: Item) -> Self {
        Self { event_name: "MODIFY", before: Some(before), ..Self::insert(image) }
    }

    /// The record of a deleted item.
    pub fn remove(image: Item) -> Self {
        Self { event_name: "REMOVE", ..Self::insert(image) }
    }

    /// Whether it is of the item with this key.
    pub fn is_of(&self, sys_id: &str) -> bool {
        self.image["sys_id"].as_s().is_ok_and(|key| key == sys_id)
    }

    /// Of the stream of another table.
    #[must_use]
    pub fn of_table(self, table: &'static str) -> Self {
        Self { table, ..self }
    }

    /// With another sequence number.
    #[must_use]
    pub fn numbered(self, sequence_number: &str) -> Self {
        Self { sequence_number: sequence_number.to_owned(), ..self }
    }

    /// The invocation that Lambda makes of these records.
    pub fn event(records: &[Self]) -> LambdaEvent<StreamEvent> {
        Self::event_within(records, TIMEOUT_MS)
    }

    /// The same, with so many milliseconds left for the function.
    pub fn event_within(records: &[Self], milliseconds: u64) -> LambdaEvent<StreamEvent> {
        let records: Vec<Value> = records.iter().map(Self::json).collect();
        let payload = serde_json::from_value(json!({"Records": records})).expect("an event");
        let now = u64::try_from(Clock::system().since_epoch().as_millis()).expect("milliseconds");
        let mut context = Context::default();
        context.deadline = now + milliseconds;
        LambdaEvent { payload, context }
    }

    fn json(&self) -> Value {
        let image: serde_dynamo::Item = self.image.clone().into();
        let mut change = json!({
            "ApproximateCreationDateTime": 1_726_509_600,
            "Keys": {"sys_id": image["sys_id"]},
            "SequenceNumber": self.sequence_number,
            "SizeBytes": 1_024,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        });
        match self.event_name {
            "REMOVE" => change["OldImage"] = json!(image),
            _ => change["NewImage"] = json!(image),
        }
        if let Some(before) = self.before.clone() {
            change["OldImage"] = json!(serde_dynamo::Item::from(before));
        }
        json!({
            "eventID": "7de3041dd709b024af6f29e4fa13d34c",
            "eventName": self.event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": change,
            "eventSourceARN": format!(
                "arn:aws:dynamodb:us-east-1:123456789012:table/{}/stream/2024-09-16T18:00:00.000", self.table,
            ),
        })
    }
}
