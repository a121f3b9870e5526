//! Consumers behind Lambda's events of the segment table's stream: which events they get, in which order, and which
//! records come again.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tokio::time::Instant;
use wrapup::clock::Clock;
use wrapup::dynamodb::Table;
use wrapup::segments::{SegmentEvent, State};
use wrapup_functions::{Again, Consumer, StreamFunction};
use wrapup_lambda_tests::{Event, StreamRecord, World, opening};

/// What a consumer was handed: the segment, and whether it had opened or was closed.
type Taken = (String, &'static str);

/// Takes every event, and refuses those of one segment.
#[derive(Clone, Default)]
struct Keeping {
    taken: Arc<Mutex<Vec<Taken>>>,
    refuses: Option<String>,
}

#[async_trait]
impl Consumer for Keeping {
    fn name(&self) -> &'static str {
        "keeping"
    }

    fn title(&self) -> &'static str {
        "Keeper"
    }

    fn setting(&self) -> String {
        "on".to_owned()
    }

    fn wants(&self, _: &SegmentEvent) -> bool {
        true
    }

    async fn take(&self, event: &SegmentEvent, _: Instant) -> Result<&'static str, Again> {
        let what = match (&event.before, &event.after.state) {
            (None, _) => "opened",
            (Some(before), State::Closed(_)) if before.state == State::Open => "closed",
            _ => "changed",
        };
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push((event.after.sys_id.clone(), what));
        if self.refuses.as_ref() == Some(&event.after.sys_id) { Err(Again) } else { Ok("kept") }
    }
}

/// Two segments, and each record of theirs in the stream: both opened, then both closed.
async fn history(world: &World) -> (Vec<String>, Vec<StreamRecord>) {
    let instance = world.instance();
    let (mut ids, mut opened, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for id in ["E-1", "E-2"] {
        let sys_id = instance.open(&opening(id)).await;
        let before = world.segment_record(&sys_id).await;
        let close = Event::put(&format!("segment/update?external_segment_id={id}")).json(&json!({}));
        instance.call(&close).await.expect(200);
        opened.push(StreamRecord::insert(before.clone()).numbered(&format!("1{}", ids.len())));
        closed.push(
            StreamRecord::modify(before, world.segment_record(&sys_id).await).numbered(&format!("2{}", ids.len())),
        );
        ids.push(sys_id);
    }
    opened.append(&mut closed);
    (ids, opened)
}

/// Delivers records; answers what the consumer was handed, and the sequence numbers that come again.
async fn deliver(consumer: Keeping, records: &[StreamRecord]) -> (Vec<Taken>, Vec<String>) {
    let function = StreamFunction::new(Box::new(consumer.clone()), Clock::system());
    let response = function.handle(StreamRecord::event(records)).await;
    let again = response.batch_item_failures.into_iter().filter_map(|failure| failure.item_identifier).collect();
    let taken = std::mem::take(&mut *consumer.taken.lock().unwrap_or_else(PoisonError::into_inner));
    (taken, again)
}

#[tokio::test]
async fn a_consumer_gets_what_became_of_each_segment_in_its_order() {
    let world = World::start().await;
    let (ids, mut records) = history(&world).await;
    // The records that find segments are no events, nor is a segment that goes.
    for item in world.records(Table::Segments).await {
        if item["sys_id"].as_s().is_ok_and(|key| key.contains(':')) {
            records.push(StreamRecord::insert(item));
        }
    }
    records.push(StreamRecord::remove(world.segment_record(&ids[0]).await));
    let (taken, again) = deliver(Keeping::default(), &records).await;
    assert_eq!(again, Vec::<String>::new());
    for id in &ids {
        let of_it: Vec<_> = taken.iter().filter(|(segment, _)| segment == id).map(|(_, what)| *what).collect();
        assert_eq!(of_it, ["opened", "closed"]);
    }
    assert_eq!(taken.len(), 4);
}

#[tokio::test]
async fn behind_an_event_that_comes_again_the_segments_later_ones_do_too_and_no_others() {
    let world = World::start().await;
    let (ids, records) = history(&world).await;
    let (taken, again) = deliver(Keeping { refuses: Some(ids[0].clone()), ..Keeping::default() }, &records).await;
    assert_eq!(again, ["10", "20"]);
    assert_eq!(taken.iter().filter(|(segment, _)| *segment == ids[0]).count(), 1, "the closing was not handed over");
    assert_eq!(taken.iter().filter(|(segment, _)| *segment == ids[1]).count(), 2);
}

#[tokio::test]
async fn a_record_that_is_none_comes_again_and_holds_up_no_other() {
    let world = World::start().await;
    let (ids, records) = history(&world).await;
    let mut broken = world.segment_record(&ids[0]).await;
    broken.insert("opened_on".to_owned(), AttributeValue::Bool(true));
    let batch = [StreamRecord::insert(broken).numbered("05"), records[1].clone()];
    let (taken, again) = deliver(Keeping::default(), &batch).await;
    assert_eq!((taken, again), (vec![(ids[1].clone(), "opened")], vec!["05".to_owned()]));
}
