//! Consumers of the segment table's stream: functions that take what becomes of segments.

use std::collections::BTreeMap;
use std::convert::Infallible;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt};
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_dynamo::{AttributeValue, Item};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use wrapup::clock::Clock;
use wrapup::dynamodb::Table;
use wrapup::interactions::{LANGUAGE, SAID};
use wrapup::logging;
use wrapup::segments::SegmentEvent;
use wrapup::system::StartError;
use wrapup::watch::{self, Reporter, Unit};

use crate::invocation::{call_ids, deadline};

/// Segments, or interactions, of a batch whose events are taken at once: waiting for others is all that takes time.
const AT_ONCE: usize = 10;

/// A function that takes what becomes of segments, from the segment table's stream. The events of one segment come in
/// their order; each may come again, and late.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// The function's name, by which its reports go.
    fn name(&self) -> &'static str;

    /// What people call it.
    fn title(&self) -> &'static str;

    /// How it is set up, in a word or two; `off` where it takes nothing.
    fn setting(&self) -> String;

    /// Whether it takes anything: where nobody does, nobody has to read the stream.
    fn is_on(&self) -> bool {
        true
    }

    /// Whether an event concerns it. Any other one costs nothing.
    fn wants(&self, event: &SegmentEvent) -> bool;

    /// Takes an event. At the deadline it is stopped, and the event counts as not taken. Answers what came of it, as reports name it.
    ///
    /// # Errors
    /// The event has to come again; so has every later one of the same segment.
    async fn take(&self, event: &SegmentEvent, deadline: Instant) -> Result<&'static str, Again>;

    /// Takes all events of a batch that concern it together, where it does more with them so than one by one; `None`
    /// where it takes them one by one. What is not done at the deadline counts as not taken.
    async fn take_together(&self, _events: &[&SegmentEvent], _deadline: Instant) -> Option<Together> {
        None
    }

    /// Whether it wants to know when something is said anew of an interaction: then it reads the stream of `interaction`, too.
    fn hears_conversations(&self) -> bool {
        false
    }

    /// Takes an interaction of which something else is said now than before. It may come again, late, or once for several
    /// changes: what is said is what the table says.
    ///
    /// # Errors
    /// It has to come again.
    async fn take_conversation(&self, _interaction: &str, _deadline: Instant) -> Result<&'static str, Again> {
        Ok("not_needed")
    }

    /// Whether a record that cannot be read is put aside at once. Else it comes again, and those behind it wait for it.
    fn puts_unreadable_aside(&self) -> bool {
        false
    }
}

/// What came of events that a consumer has taken together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// As reports name it.
    pub outcome: &'static str,
    /// The places of the events that have to come again.
    pub again: Vec<usize>,
}

/// Counts changes of segments that a consumer leaves out for good, for the batch that is taken.
pub fn count_put_aside(number: usize) {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    if number > 0 {
        watch::note(|tally| tally.count("put_aside", Unit::Count, number));
    }
}

/// An event has to come again; the log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event has to come again")]
pub struct Again;

/// What Lambda hands to a function on a DynamoDB stream, as far as it is read.
#[derive(Clone, Debug, Default)]
pub struct StreamEvent {
    /// The batch, in the order of the changes.
    pub records: Vec<EventRecord>,
}

impl<'de> Deserialize<'de> for StreamEvent {
    /// What has no records, such as a ping that keeps an instance warm, is an empty batch. Records that are none of a
    /// DynamoDB stream are an error, so that nothing is lost that somebody meant to hand over.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut event = Value::deserialize(deserializer)?;
        match event.get_mut("Records").map(Value::take) {
            Some(records) => Vec::deserialize(records).map(|records| Self { records }).map_err(D::Error::custom),
            None => Ok(Self::default()),
        }
    }
}

/// A record of a DynamoDB stream.
#[derive(Clone, Debug, Deserialize)]
pub struct EventRecord {
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[serde(rename = "eventName")]
    pub event_name: String,
    /// What has changed.
    #[serde(rename = "dynamodb")]
    pub change: StreamChange,
    /// The ARN of the stream; one that lacks it is the segment table's.
    #[serde(rename = "eventSourceARN", default)]
    pub stream: Option<String>,
}

/// An item before and after a change, as far as the stream shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamChange {
    /// Before; none where the item is new.
    pub old_image: Option<Item>,
    /// After; none where the item is gone.
    pub new_image: Option<Item>,
    /// The place in the stream.
    pub sequence_number: Option<String>,
}

/// Which records of a batch have to come again: Lambda sends all from the first of them on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// Those records.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A record that has to come again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its sequence number; without one, the whole batch comes again.
    pub item_identifier: Option<String>,
}

/// A consumer behind Lambda's events of the segment table's stream.
pub struct StreamFunction {
    consumer: Box<dyn Consumer>,
    clock: Clock,
    reporter: Option<Reporter>,
}

/// An event of a segment, and the place of its record in the stream; no event where the record cannot be read.
type Placed<'a> = (&'a Option<String>, Option<SegmentEvent>);

/// Serves a consumer as a Lambda function: all that its `main` does.
pub async fn run(consumer: impl Consumer + 'static) -> Result<(), StartError> {
    logging::init();
    let clock = Clock::system();
    let function = StreamFunction::new(Box::new(consumer), clock.clone()).with_reporter(Reporter::stdout(clock));
    let service = service_fn(async |event| Ok::<_, Infallible>(function.handle(event).await));
    Ok(lambda_runtime::run(service).await?)
}

impl StreamFunction {
    /// The function around a consumer. By the clock it knows how much of an invocation's time is left.
    pub fn new(consumer: Box<dyn Consumer>, clock: Clock) -> Self {
        Self { consumer, clock, reporter: None }
    }

    /// Reports every event that the consumer takes.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// The consumer.
    pub fn consumer(&self) -> &dyn Consumer {
        self.consumer.as_ref()
    }

    /// Has the consumer take the events of a batch that concern it: those of one segment after each other, those of
    /// several at once. Answers the records that have to come again.
    pub async fn handle(&self, event: LambdaEvent<StreamEvent>) -> BatchResponse {
        if !self.consumer.is_on() {
            return BatchResponse::default();
        }
        let LambdaEvent { payload, context } = &event;
        let deadline = deadline(context, &self.clock);
        let mut put_aside = 0;
        let mut placed: Vec<(Option<&str>, Placed<'_>)> = Vec::new();
        let (said, records): (Vec<_>, Vec<_>) =
            payload.records.iter().partition(|record| record.is_of(Table::Interactions));
        let not_said = self.take_conversations(&said, deadline, context).await;
        for record in records {
            let place = &record.change.sequence_number;
            let event = match record.event() {
                Ok(Some(event)) if self.consumer.wants(&event) => Some(event),
                Ok(_) => continue,
                Err(error) => {
                    let segment = record.sys_id();
                    tracing::error!(segment, %error, "a record of the segment table's stream cannot be read");
                    if self.consumer.puts_unreadable_aside() {
                        put_aside += 1;
                        continue;
                    }
                    None
                }
            };
            placed.push((record.sys_id(), (place, event)));
        }
        let failure = |place: &Option<String>| BatchItemFailure { item_identifier: place.clone() };
        if let Some(again) = self.take_together(&placed, put_aside, deadline, context).await {
            return BatchResponse { batch_item_failures: not_said.into_iter().chain(again).map(failure).collect() };
        }
        let mut segments: Vec<(Option<&str>, Vec<Placed<'_>>)> = Vec::new();
        for (segment, event) in placed {
            match segments.iter_mut().find(|(sys_id, _)| *sys_id == segment) {
                Some((_, events)) => events.push(event),
                None => segments.push((segment, vec![event])),
            }
        }
        let taken = segments.into_iter().map(|(_, events)| self.take_in_order(events, deadline, context));
        let failed: Vec<_> = stream::iter(taken.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
        BatchResponse {
            batch_item_failures: not_said.into_iter().chain(failed.into_iter().flatten()).map(failure).collect(),
        }
    }

    /// Has the interactions of a batch taken of which something is said anew, each once: whoever takes it reads what is said
    /// now. Answers the places of those that have to come again.
    async fn take_conversations<'a>(
        &self,
        records: &[&'a EventRecord],
        deadline: Instant,
        context: &Context,
    ) -> Vec<&'a Option<String>> {
        let mut places: BTreeMap<&str, Vec<&Option<String>>> = BTreeMap::new();
        for record in records.iter().filter(|_| self.consumer.hears_conversations()) {
            if let Some(interaction) = record.said_anew() {
                places.entry(interaction).or_default().push(&record.change.sequence_number);
            }
        }
        let taken = places.into_iter().map(async |(interaction, places)| {
            let taking = self.consumer.take_conversation(interaction, deadline);
            match self.report(taking, interaction, deadline, context).await {
                true => Vec::new(),
                false => places,
            }
        });
        let failed: Vec<_> = stream::iter(taken.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
        failed.into_iter().flatten().collect()
    }

    /// Has the events of a batch taken together, and reports that, if the consumer takes them so. Answers the places of
    /// those that have to come again, among them what cannot be read.
    async fn take_together<'a>(
        &self,
        placed: &[(Option<&str>, Placed<'a>)],
        put_aside: usize,
        deadline: Instant,
        context: &Context,
    ) -> Option<Vec<&'a Option<String>>> {
        let (places, events): (Vec<_>, Vec<_>) =
            placed.iter().filter_map(|(_, (place, event))| Some((*place, event.as_ref()?))).unzip();
        if events.is_empty() && put_aside == 0 {
            return None;
        }
        let report = self.reporter.as_ref().map(|reporter| reporter.begin(call_ids(context)));
        let taking = async {
            count_put_aside(put_aside);
            timeout_at(deadline, self.consumer.take_together(&events, deadline)).await
        };
        let (taken, tally) = match &report {
            Some(report) => report.counted(taking).await,
            None => watch::counted(taking).await,
        };
        let Together { outcome, again } = taken.unwrap_or_else(|_| {
            tracing::error!(function = self.consumer.name(), "the segments' events were not taken in time");
            Some(Together { outcome: "failed", again: (0..events.len()).collect() })
        })?;
        if let Some(report) = report {
            report.end(self.consumer.name(), outcome, &tally);
        }
        let unreadable = placed.iter().filter(|(_, (_, event))| event.is_none()).map(|(_, (place, _))| *place);
        Some(again.into_iter().filter_map(|index| places.get(index).copied()).chain(unreadable).collect())
    }

    /// Has the events of one segment taken; answers the places of those that have to come again.
    async fn take_in_order<'a>(
        &self,
        events: Vec<Placed<'a>>,
        deadline: Instant,
        context: &Context,
    ) -> Vec<&'a Option<String>> {
        let mut again = Vec::new();
        for (place, event) in events {
            let done = match &event {
                Some(event) if again.is_empty() => self.take(event, deadline, context).await,
                _ => false,
            };
            if !done {
                again.push(place);
            }
        }
        again
    }

    /// Has an event taken, and reports it. Answers whether it is done with.
    async fn take(&self, event: &SegmentEvent, deadline: Instant, context: &Context) -> bool {
        self.report(self.consumer.take(event, deadline), &event.after.sys_id, deadline, context).await
    }

    /// Has something taken, of the record with this sys_id, and reports it. Answers whether it is done with.
    async fn report(
        &self,
        taking: impl Future<Output = Result<&'static str, Again>>,
        sys_id: &str,
        deadline: Instant,
        context: &Context,
    ) -> bool {
        let report = self.reporter.as_ref().map(|reporter| reporter.begin(call_ids(context)));
        let taking = timeout_at(deadline, taking);
        let (taken, tally) = match &report {
            Some(report) => report.counted(taking).await,
            None => watch::counted(taking).await,
        };
        let taken = taken.unwrap_or_else(|_| {
            tracing::error!(function = self.consumer.name(), sys_id, "an event was not taken in time");
            Err(Again)
        });
        if let Some(report) = report {
            report.end(self.consumer.name(), taken.unwrap_or("failed"), &tally);
        }
        taken.is_ok()
    }
}

impl EventRecord {
    /// Whether it is of this table's stream, whatever stands in front of the table's name.
    fn is_of(&self, table: Table) -> bool {
        let named = self.stream.as_deref().and_then(|arn| arn.split('/').nth(1));
        named.is_some_and(|name| name.ends_with(table.platform_name()))
    }

    /// The sys_id of the interaction of which something else is said now than before, if it is one.
    fn said_anew(&self) -> Option<&str> {
        let is_blank = |value: &AttributeValue| !matches!(value, AttributeValue::S(text) if !text.trim().is_empty());
        let new = self.change.new_image.as_ref()?;
        let of = |image: &Item| SAID.map(|column| image.get(column).cloned().filter(|value| !is_blank(value)));
        let said = of(new);
        let is_silent = said.iter().zip(SAID).all(|(value, column)| value.is_none() || column == LANGUAGE);
        let as_before = self.change.old_image.as_ref().is_some_and(|old| of(old) == said);
        self.sys_id().filter(|_| !is_silent && !as_before)
    }

    /// The key of the item that has changed.
    fn sys_id(&self) -> Option<&str> {
        match self.change.new_image.as_ref()?.get("sys_id") {
            Some(AttributeValue::S(sys_id)) => Some(sys_id),
            _ => None,
        }
    }

    /// What became of a segment; none where the record is of something else, or of a segment that is gone.
    ///
    /// # Errors
    /// Where an image is of a segment and cannot be read as one.
    pub fn event(&self) -> Result<Option<SegmentEvent>, wrapup::Error> {
        let Some(new) = &self.change.new_image else { return Ok(None) };
        let old = match (self.event_name.as_str(), &self.change.old_image) {
            ("INSERT", _) => None,
            (_, None) => {
                tracing::warn!("a record of the stream does not say what has changed: it shows the new image alone");
                return Ok(None);
            }
            (_, Some(old)) => Some(old.clone().into()),
        };
        Ok(SegmentEvent::from_images(old, new.clone().into())?)
    }
}
