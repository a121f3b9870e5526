//! The relay on the segment table's stream: tells an event bus of Amazon EventBridge what has happened to segments, as
//! CloudEvents. From there they go wherever a team wants.

use async_trait::async_trait;
use tokio::time::Instant;
use wrapup::aws::{Connection, EVENTBRIDGE_ENDPOINT, EventBus, PutOutcome};
use wrapup::configurations::Configurations;
use wrapup::dynamodb;
use wrapup::redaction::Redactor;
use wrapup::segments::{CloudEvent, EventForm, SegmentEvent};
use wrapup::settings::{self, EVENT_BUS};
use wrapup::system::StartError;
use wrapup::watch::{self, Unit};
use wrapup::{Error, System};
use wrapup_functions::{Again, Consumer, ConsumerParts, Together, consumer};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let bus = EventBus::new(&Connection::from_env(EVENTBRIDGE_ENDPOINT)?.into(), settings::required(EVENT_BUS)?);
    let form = EventForm::from_env(&system.dynamo().tables)?;
    let parts = ConsumerParts {
        system,
        #[cfg(feature = "ai")]
        provider: None,
        #[cfg(feature = "ai")]
        learns: false,
        redactor: Redactor::default(),
        bus: Some((bus, form)),
    };
    consumer::run(Relay::of(&parts)).await
}

/// The consumer. Reads configurations' snapshots; puts events on the bus.
pub struct Relay {
    bus: Option<(EventBus, EventForm)>,
    configurations: Configurations,
}

/// What is told of a change.
enum Told {
    /// This.
    Event(CloudEvent),
    /// Nothing: it is a draft.
    Nothing,
    /// Nothing, for good: what it would be made of cannot be read.
    Unreadable,
}

impl Relay {
    /// The consumer of a deployment; where its events go to no bus, it takes nothing.
    pub fn of(parts: &ConsumerParts) -> Self {
        Self { bus: parts.bus.clone(), configurations: parts.system.configurations().clone() }
    }

    /// What the bus is told of a change.
    async fn told(&self, form: &EventForm, event: &SegmentEvent) -> Result<Told, Again> {
        let segment = event.after.sys_id.as_str();
        let written = match self.configurations.snapshot(&event.after.configuration).await {
            Ok(configuration) => form.of(event, &configuration),
            Err(error) => Err(error),
        };
        match written {
            Ok(event) => Ok(event.map_or(Told::Nothing, Told::Event)),
            // As often as it comes, it is not read; and those behind it would wait.
            Err(error @ (Error::Corrupt(_) | Error::DynamoDb(dynamodb::Error::Record(_)))) => {
                tracing::error!(segment, %error, "the segment's event is left out: send it by wrapup events replay");
                Ok(Told::Unreadable)
            }
            Err(error) => {
                tracing::error!(segment, %error, "the segment's event cannot be written now");
                Err(Again)
            }
        }
    }

    /// Puts what is told of these changes on the bus; answers the places of those that have to come again.
    async fn relay(&self, bus: &EventBus, form: &EventForm, events: &[&SegmentEvent], deadline: Instant) -> Vec<usize> {
        let (mut again, mut put_aside, mut told) = (Vec::new(), 0, Vec::with_capacity(events.len()));
        for (place, event) in events.iter().enumerate() {
            match self.told(form, event).await {
                Ok(Told::Event(event)) => told.push((place, event)),
                Ok(Told::Nothing) => {}
                Ok(Told::Unreadable) => put_aside += 1,
                Err(Again) => again.push(place),
            }
        }
        consumer::count_put_aside(put_aside);
        let entries = told.iter().map(|(_, event)| event.on_bus());
        let PutOutcome { left, because } = bus.put(&entries.collect::<Vec<_>>(), deadline).await;
        if let Some(because) = because {
            let (left, bus) = (left.len(), bus.name());
            tracing::error!(left, bus, error = %because, "events are not on the bus, and come again");
        }
        let sent = u64::try_from(told.len() - left.len()).unwrap_or(u64::MAX);
        watch::note(|tally| tally.count("events_sent", Unit::Count, sent));
        again.extend(left.into_iter().filter_map(|index| Some(told.get(index)?.0)));
        again.sort_unstable();
        again
    }
}

#[async_trait]
impl Consumer for Relay {
    fn name(&self) -> &'static str {
        "relay"
    }

    fn title(&self) -> &'static str {
        "Event bus"
    }

    fn setting(&self) -> String {
        self.bus.as_ref().map_or_else(|| "none".to_owned(), |(bus, _)| bus.name().to_owned())
    }

    fn is_on(&self) -> bool {
        self.bus.is_some()
    }

    fn wants(&self, _: &SegmentEvent) -> bool {
        true
    }

    async fn take(&self, event: &SegmentEvent, deadline: Instant) -> Result<&'static str, Again> {
        match self.take_together(&[event], deadline).await {
            Some(together) if !together.again.is_empty() => Err(Again),
            _ => Ok("sent"),
        }
    }

    async fn take_together(&self, events: &[&SegmentEvent], deadline: Instant) -> Option<Together> {
        let Some((bus, form)) = &self.bus else { return Some(Together { outcome: "off", again: Vec::new() }) };
        let again = self.relay(bus, form, events, deadline).await;
        Some(Together { outcome: if again.is_empty() { "sent" } else { "failed" }, again })
    }

    /// The stream keeps a record for a day, and those behind it would wait for as long.
    fn puts_unreadable_aside(&self) -> bool {
        true
    }
}
