use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use tokio::time::Instant;
use wrapup::aws::{BusEntry, EventBus, NotPut};

use super::CommandError;
use crate::connect::Target;
use crate::webhook::{KeptEvent, NotTaken, Poster, WebhookUrl};

/// Events that are on their way to a URL at once.
const AT_ONCE: usize = 8;

/// How long a bus is tried for one page of events.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where events are sent.
pub enum To {
    /// By HTTP.
    Url(Box<Poster>),
    /// To an event bus.
    Bus(Box<EventBus>),
}

/// Why an event was not sent.
pub struct NotSent {
    /// What went wrong.
    pub problem: String,
    /// Whether the receiver could not be reached at all, so that others will not reach it either.
    pub out_of_reach: bool,
}

impl To {
    /// Where the options say: to a URL, else to a bus, which has to be there.
    pub async fn of(given: (&Option<String>, &Option<String>), target: &Target) -> Result<Self, CommandError> {
        match given {
            (Some(url), _) => {
                let url: WebhookUrl =
                    url.parse().map_err(|problem| CommandError::refused(format!("--url {problem}")))?;
                Self::url(url)
            }
            (None, Some(name)) => {
                let bus = EventBus::new(&target.aws().await, name.clone());
                let seen = bus.look().await;
                seen.map_err(|failure| CommandError::refused(format!("--bus {name} cannot be seen: {failure}")))?;
                Ok(Self::Bus(Box::new(bus)))
            }
            (None, None) => Err(CommandError::refused("say by --url or --bus where the events are to go")),
        }
    }

    /// To a webhook of a `wrapup local`, by its URL.
    pub fn webhook(url: &str) -> Result<Self, CommandError> {
        Self::url(url.parse().map_err(CommandError::refused)?)
    }

    fn url(url: WebhookUrl) -> Result<Self, CommandError> {
        let shown = url.to_string();
        let poster = Poster::new(url);
        poster
            .map(|poster| Self::Url(Box::new(poster)))
            .map_err(|error| CommandError::refused(format!("{shown} cannot be called: {error}")))
    }

    /// Sends events; answers of each what became of it.
    pub async fn send(&self, events: &[KeptEvent]) -> Vec<Result<(), NotSent>> {
        match self {
            Self::Url(poster) => {
                let posted = events.iter().map(|event| async {
                    poster.post(event.json.clone()).await.map_err(|problem| NotSent {
                        out_of_reach: matches!(problem, NotTaken::Connection(_)),
                        problem: problem.to_string(),
                    })
                });
                stream::iter(posted.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await
            }
            Self::Bus(bus) => {
                let sources: Vec<_> = events.iter().map(source).collect();
                let entries = events.iter().zip(&sources).map(|(event, source)| BusEntry {
                    source,
                    detail_type: &event.kind,
                    detail: &event.json,
                });
                let outcome = bus.put(&entries.collect::<Vec<_>>(), Instant::now() + PATIENCE).await;
                let out_of_reach = matches!(outcome.because, Some(NotPut::Unseen(_) | NotPut::Call(_)));
                let because = outcome.because.map(|because| because.to_string()).unwrap_or_default();
                let of = |index| match outcome.left.contains(&index) {
                    true => Err(NotSent { problem: because.clone(), out_of_reach }),
                    false => Ok(()),
                };
                (0..events.len()).map(of).collect()
            }
        }
    }
}

/// The deployment that an event is from.
fn source(event: &KeptEvent) -> String {
    let event: Value = serde_json::from_str(&event.json).unwrap_or_default();
    event["source"].as_str().unwrap_or_default().to_owned()
}
