//! `wrapup demo`: wrap-ups of two weeks for the local system, so that there is something to see. Each is made by the calls that
//! a contact centre makes, by a clock that shows when it would have made them: so all of it is as it would be.

mod desk;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use clap::Args;
use tokio::task::JoinSet;
use tokio::time::sleep;
use wrapup::clock::{Clock, DAY};
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{self, Dynamo, Tables};
use wrapup::segment_tables::Registry;
use wrapup::{System, settings};

use self::desk::{Desk, Plan};
use super::{CommandError, progress_bar};
use crate::connect::{DYNAMODB_PORT, on_this_machine};
use crate::local::Signals;
use crate::output;

/// Days that have wrap-ups, today among them.
const DAYS: u64 = 14;

/// `wrapup demo`
#[derive(Args)]
pub struct Options {
    /// About how many wrap-ups the two weeks have; those that are there already stay as they are
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    wrap_ups: u64,
    /// End when they are there, instead of opening and closing some until told to end
    #[arg(long)]
    once: bool,
    /// The port of the DynamoDB of the `wrapup local` that runs on this machine
    #[arg(long, default_value_t = DYNAMODB_PORT)]
    dynamodb_port: u16,
}

impl Options {
    /// The port of the local system's DynamoDB.
    pub fn dynamodb_port(&self) -> u16 {
        self.dynamodb_port
    }
}

/// Fills the local system, and goes on.
pub async fn run(options: Options) -> Result<(), CommandError> {
    // Never anywhere but on this machine: nobody's figures are to be made up.
    let tables = Tables::with_prefix(settings::optional(settings::TABLE_PREFIX).unwrap_or_default());
    let dynamo = Dynamo::new(dynamodb::connect(on_this_machine(options.dynamodb_port)), tables);
    let now = Clock::system().since_epoch().as_secs();
    let (made, known) = fill(&dynamo, options.wrap_ups, now).await?;
    let known = if known == 0 { String::new() } else { format!("; {known} more were there already") };
    output::line(format!("{made} wrap-ups of {DAYS} days{known}"))?;
    if options.once {
        return Ok(());
    }
    output::line("More are opened and closed, until this is ended by Ctrl-C")?;
    go_on(&dynamo).await
}

/// Makes those wrap-ups that are not there yet; answers how many it has made, and how many were there.
async fn fill(dynamo: &Dynamo, many: u64, now: u64) -> Result<(u64, u64), CommandError> {
    let second = Arc::new(AtomicU64::new(now));
    let shown = Arc::clone(&second);
    let clock = Clock::from_fn(move || SystemTime::UNIX_EPOCH + Duration::from_secs(shown.load(Ordering::Relaxed)));
    let desk = Desk::open(system(dynamo, clock)).await?;
    let today = now / DAY;
    let plans: Vec<Plan> = (today + 1 - DAYS..=today)
        .flat_map(|day| desk::day(day, many.div_ceil(DAYS)))
        .filter(|plan| plan.opened < now)
        .collect();
    let progress = progress_bar(plans.len(), "wrap-ups");
    let (mut made, mut known) = (0, 0);
    for plan in plans {
        if desk.has(&plan).await? {
            known += 1;
        } else {
            for (at, step) in plan.steps().into_iter().filter(|(at, _)| *at < now) {
                second.store(at, Ordering::Relaxed);
                desk.take(&plan, &step).await?;
            }
            made += 1;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok((made, known))
}

/// Opens wrap-ups now and then, and does with them what agents do.
async fn go_on(dynamo: &Dynamo) -> Result<(), CommandError> {
    let desk = Arc::new(Desk::open(system(dynamo, Clock::system())).await?);
    let mut random = fastrand::Rng::new();
    let mut agents = JoinSet::new();
    let mut signals = Signals::listen()?;
    loop {
        let now = Clock::system().since_epoch().as_secs();
        let plan = desk::any(now, &mut random);
        let desk = Arc::clone(&desk);
        agents.spawn(async move {
            let mut before = now;
            for (at, step) in plan.steps() {
                sleep(Duration::from_secs(at.saturating_sub(before))).await;
                before = before.max(at);
                desk.take(&plan, &step).await?;
            }
            Ok::<_, CommandError>(())
        });
        let pause = Duration::from_millis(random.u64(1_500..6_000));
        tokio::select! {
            () = signals.next() => return Ok(()),
            () = sleep(pause) => {}
        }
        while let Some(done) = agents.try_join_next() {
            done.map_err(CommandError::refused)??;
        }
    }
}

fn system(dynamo: &Dynamo, clock: Clock) -> System {
    System::new(dynamo.clone(), Registry::default(), clock, None)
}

/// A second as the API writes it.
fn written(second: u64) -> Option<String> {
    Some(DateTime::of_millis(second.checked_mul(1_000)?)?.to_string())
}
