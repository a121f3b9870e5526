use std::collections::{HashMap, HashSet};

use clap::Args;

use super::failed::PAGE;
use super::{CommandError, DataFolder};
use crate::connect::Target;
use crate::output;
use crate::webhook::{NotTaken, Outbox, Poster, WebhookUrl};

/// `wrapup events replay`
#[derive(Args)]
pub struct Options {
    /// Those that `wrapup events failed` lists, each to the webhook that it was for, or to --url
    #[arg(long, required = true)]
    failed: bool,
    /// Where to post them
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    data: DataFolder,
}

/// Sends them, and says what became of it.
pub async fn run(options: Options, _target: &Target) -> Result<(), CommandError> {
    let url = options.url.as_deref().map(str::parse::<WebhookUrl>).transpose();
    let url = url.map_err(|problem| CommandError::refused(format!("--url {problem}")))?;
    let mut sent = Sent::default();
    if let Some(outbox) = options.data.outbox()? {
        send_failed(&outbox, url, &mut sent).await?;
    }
    sent.end()
}

/// Sends what was put aside, and forgets what is taken.
async fn send_failed(outbox: &Outbox, url: Option<WebhookUrl>, sent: &mut Sent) -> Result<(), CommandError> {
    let mut posters: HashMap<String, Poster> = HashMap::new();
    let mut out_of_reach: HashSet<String> = HashSet::new();
    let mut behind = 0;
    loop {
        let page = outbox.all_put_aside(behind, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        behind = last.place;
        for aside in &page {
            let target = url.as_ref().map_or_else(|| aside.webhook.clone(), |url| url.uri().to_string());
            if out_of_reach.contains(&target) {
                sent.left += 1;
                continue;
            }
            if !posters.contains_key(&target) {
                let url = target.parse::<WebhookUrl>().map_err(CommandError::refused)?;
                posters.insert(target.clone(), Poster::new(url)?);
            }
            let Some(poster) = posters.get(&target) else { continue };
            match poster.post(aside.event.json.clone()).await {
                Ok(()) => {
                    outbox.forget(aside)?;
                    sent.sent += 1;
                }
                Err(problem) => {
                    sent.refuse(&aside.event.id, poster.url(), &problem);
                    // Whoever cannot be reached, or does not answer, will not be for the next one.
                    if !matches!(problem, NotTaken::Answered { .. }) {
                        out_of_reach.insert(target);
                    }
                }
            }
        }
    }
}

/// How it went.
#[derive(Default)]
struct Sent {
    sent: usize,
    left: usize,
}

impl Sent {
    fn refuse(&mut self, id: &str, url: &WebhookUrl, problem: &NotTaken) {
        self.left += 1;
        output::complain(&format!("event {id} was not taken by {url}: {problem}"));
    }

    fn end(self) -> Result<(), CommandError> {
        let events = |count: usize| if count == 1 { "1 event".to_owned() } else { format!("{count} events") };
        output::line(format!("sent {}", events(self.sent)))?;
        match self.left {
            0 => Ok(()),
            left => {
                let all = events(self.sent + left);
                Err(CommandError::refused(format!("{left} of {all} not sent; run the command again to send the rest")))
            }
        }
    }
}
