use std::collections::HashMap;

use clap::{ArgGroup, Args};
use wrapup::date_time::DateTime;
use wrapup::document::{FromText, Id};
use wrapup::segments::{Address, Replay};

use super::failed::PAGE;
use super::target::{NotSent, To};
use super::{CommandError, DataFolder, FormOptions};
use crate::connect::Target;
use crate::output::{self, shown};
use crate::webhook::{KeptEvent, Outbox, PutAside};

/// `wrapup events replay`
#[derive(Args)]
#[command(group = ArgGroup::new("which").required(true).args(["from", "external_ids", "failed"]))]
#[command(group = ArgGroup::new("to_where").args(["url", "bus"]))]
pub struct Options {
    /// The last event of each segment to which it happened since this time, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time, requires = "to_where")]
    from: Option<DateTime>,
    /// And before this one
    #[arg(long, value_name = "TIME", value_parser = time, requires = "from", default_value = NO_END, hide_default_value = true)]
    to: DateTime,
    /// The last event of the segment with this external id; may be repeated
    #[arg(long = "external-id", value_name = "ID", value_parser = external_id, requires = "to_where")]
    external_ids: Vec<Id>,
    /// Those that `wrapup events failed` lists, as they are kept, each to its webhook where neither --url nor --bus is given
    #[arg(long, conflicts_with_all = ["source", "language", "notes"])]
    failed: bool,
    /// Post them to this URL
    #[arg(long)]
    url: Option<String>,
    /// Put them on this event bus of Amazon EventBridge, by its name or ARN, which has to be there
    #[arg(long, value_name = "NAME")]
    bus: Option<String>,
    #[command(flatten)]
    form: FormOptions,
    #[command(flatten)]
    data: DataFolder,
}

/// The latest time there is, for what has happened up to now by any clock.
const NO_END: &str = "9999-12-31 23:59:59";

/// Reads a time, or a day, which begins at midnight UTC.
fn time(text: &str) -> Result<DateTime, &'static str> {
    let at = DateTime::parse(text).or_else(|| DateTime::parse(&format!("{text} 00:00:00")));
    at.ok_or("has to be a time such as 2027-01-31T00:00:00Z, or a day such as 2027-01-31")
}

fn external_id(text: &str) -> Result<Id, String> {
    Id::from_text(text).map_err(|problem| problem.to_string())
}

/// Sends them, and says what became of it.
pub async fn run(options: Options, target: &Target) -> Result<(), CommandError> {
    let mut sent = Sent::default();
    if options.failed {
        let to = match (&options.url, &options.bus) {
            (None, None) => None,
            given => Some(To::of(given, target).await?),
        };
        if let Some(outbox) = options.data.outbox()? {
            send_failed(&outbox, to, &mut sent).await?;
        }
        return sent.end();
    }
    let which = match options.from {
        Some(from) if from >= options.to => {
            return Err(CommandError::refused("--to has to be later than --from"));
        }
        Some(from) => Replay::Between { from, to: options.to },
        None => Replay::Of(options.external_ids.into_iter().map(Address::External).collect()),
    };
    let to = To::of((&options.url, &options.bus), target).await?;
    let system = target.system().await;
    let form = options.form.form(&system.dynamo().tables)?;
    let mut pages = system.segments().last_events(which, &form);
    while let Some(page) = pages.next().await? {
        for missing in &page.missing {
            sent.leave(&shown(&missing.to_string()));
        }
        for unreadable in &page.unreadable {
            sent.leave(&shown(&unreadable.to_string()));
        }
        let events: Vec<_> = page.events.iter().map(KeptEvent::from).collect();
        let outcomes = to.send(&events).await;
        let is_out_of_reach = outcomes.iter().any(|outcome| matches!(outcome, Err(NotSent { out_of_reach: true, .. })));
        for (event, outcome) in events.iter().zip(outcomes) {
            sent.count(event, outcome);
        }
        if is_out_of_reach {
            // Whoever cannot be reached for these will not be for those that come.
            sent.cut_short = true;
            break;
        }
    }
    sent.end()
}

/// Sends what was put aside, and forgets what is taken.
async fn send_failed(outbox: &Outbox, to: Option<To>, sent: &mut Sent) -> Result<(), CommandError> {
    let mut webhooks: HashMap<String, Webhook> = HashMap::new();
    let mut behind = 0;
    loop {
        let page = outbox.all_put_aside(behind, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        behind = last.place;
        let mut by_webhook: Vec<(String, Vec<PutAside>)> = Vec::new();
        for aside in page {
            match by_webhook.iter_mut().find(|(webhook, _)| *webhook == aside.webhook) {
                Some((_, events)) => events.push(aside),
                None => by_webhook.push((aside.webhook.clone(), vec![aside])),
            }
        }
        for (webhook, aside) in by_webhook {
            let key = if to.is_some() { String::new() } else { webhook };
            if !webhooks.contains_key(&key) {
                let own = if to.is_some() { None } else { Some(To::webhook(&key)?) };
                webhooks.insert(key.clone(), Webhook { own, out_of_reach: false });
            }
            let Some(webhook) = webhooks.get_mut(&key) else { continue };
            let Some(to) = to.as_ref().or(webhook.own.as_ref()).filter(|_| !webhook.out_of_reach) else {
                sent.left += aside.len();
                continue;
            };
            let events: Vec<_> = aside.iter().map(|aside| aside.event.clone()).collect();
            let outcomes = to.send(&events).await;
            for (aside, outcome) in aside.iter().zip(outcomes) {
                match &outcome {
                    Ok(()) => outbox.forget(aside)?,
                    Err(not_sent) => webhook.out_of_reach |= not_sent.out_of_reach,
                }
                sent.count(&aside.event, outcome);
            }
        }
    }
}

/// A webhook of a `wrapup local`.
struct Webhook {
    /// It; none where all go elsewhere.
    own: Option<To>,
    /// It could not be reached just now.
    out_of_reach: bool,
}

/// How it went.
#[derive(Default)]
struct Sent {
    sent: usize,
    left: usize,
    cut_short: bool,
}

impl Sent {
    fn count(&mut self, event: &KeptEvent, outcome: Result<(), NotSent>) {
        match outcome {
            Ok(()) => self.sent += 1,
            Err(NotSent { problem, .. }) => {
                self.leave(&format!("event {} of segment {} not sent: {}", event.id, event.subject, shown(&problem)));
            }
        }
    }

    fn leave(&mut self, problem: &str) {
        self.left += 1;
        output::complain(&problem);
    }

    fn end(self) -> Result<(), CommandError> {
        let events = |count: usize| if count == 1 { "1 event".to_owned() } else { format!("{count} events") };
        output::line(format!("sent {}", events(self.sent)))?;
        let Self { sent, left, cut_short } = self;
        match (cut_short, left) {
            (true, _) => Err(CommandError::refused("given up: run the command again once the receiver can be reached")),
            (false, 0) => Ok(()),
            (false, _) => Err(CommandError::refused(format!("{left} of {} not sent", events(sent + left)))),
        }
    }
}
