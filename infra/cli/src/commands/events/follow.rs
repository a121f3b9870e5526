use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::Value;
use tokio::time::sleep;
use wrapup::dynamodb::{Dynamo, Table, tables};
use wrapup::segments::{CloudEvent, EventKind};

use super::streams::Follower;
use super::{CommandError, FormOptions};
use crate::connect::Target;
use crate::output;
use crate::webhook::Narrator;

/// How long the stream is left alone where there was nothing new: what a shard may be asked is shared with the functions
/// that read it.
const PAUSE: Duration = Duration::from_secs(1);

/// How long it is left alone where it could not be read, and how often that may be in a row.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);
const MOST_FAILURES: u32 = 12;

/// How events are printed.
#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// For people.
    Table,
    /// For programs: a line each.
    Json,
}

/// `wrapup events --follow`
#[derive(Args)]
pub struct Options {
    /// Print the events of wrap-ups as they come, from now on, until the command is ended
    #[arg(long, required = true)]
    follow: bool,
    /// Those of this type alone, such as segment.closed; may be repeated
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    types: Vec<EventKind>,
    /// How to print them [default: a line of JSON each, on a terminal a table]
    #[arg(long, value_enum)]
    output: Option<Form>,
    #[command(flatten)]
    form: FormOptions,
}

/// Reads an event's type.
fn kind(text: &str) -> Result<EventKind, String> {
    let known = || EventKind::ALL.map(EventKind::type_name).join(", ");
    EventKind::ALL
        .into_iter()
        .find(|kind| kind.type_name() == text)
        .ok_or_else(|| format!("has to be one of {}", known()))
}

/// Prints them, for good; or until nobody reads it any more.
pub async fn run(options: Options, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    let dynamo = system.dynamo();
    if target.is_local() {
        tables::enable_streams(dynamo, &[Table::Segments]).await?;
    }
    let form = options.form.form(&dynamo.tables)?;
    let narrator = Narrator::new(system.configurations().clone(), form);
    let arn = stream_of_segments(dynamo).await?;
    let mut follower = Follower::begin(&target.sdk_config().await, arn).await.map_err(unreadable)?;
    let output = options.output.unwrap_or_else(|| match io::stdout().is_terminal() {
        true => Form::Table,
        false => Form::Json,
    });
    // On standard error, for whoever has to know from when on nothing is missed.
    output::complain(&"follows what becomes of wrap-ups from now on");
    if matches!(output, Form::Table) && !print(&head())? {
        return Ok(());
    }
    let (mut failures, mut idle) = (0, 0);
    loop {
        let records = match follower.read().await {
            Ok(records) => records,
            // Functions that read the same shards leave little room, and a server may be started again.
            Err(failure) if failure.is_transient() && failures < MOST_FAILURES => {
                failures += 1;
                sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
            Err(failure) => return Err(unreadable(failure)),
        };
        failures = 0;
        for record in &records {
            let event = match narrator.tell(record).await {
                Ok(Some(event)) => event,
                Ok(None) => continue,
                Err(error) => {
                    output::complain(&format!("an event cannot be shown: {error}"));
                    continue;
                }
            };
            if !options.types.is_empty() && !options.types.contains(&event.kind()) {
                continue;
            }
            let text = match output {
                Form::Json => event.json().to_owned(),
                Form::Table => row(&event),
            };
            if !print(&text)? {
                return Ok(());
            }
        }
        idle = if records.is_empty() { idle + 1 } else { 0 };
        if idle >= follower.shards() {
            sleep(PAUSE).await;
            idle = 0;
        }
    }
}

/// The stream of the segment table.
async fn stream_of_segments(dynamo: &Dynamo) -> Result<String, CommandError> {
    let name = dynamo.tables.name(Table::Segments);
    let described = dynamo.client.describe_table().table_name(&name).send().await;
    let described = described.map_err(wrapup::dynamodb::Error::from)?;
    let on =
        described.table().and_then(|table| table.stream_specification()).is_some_and(|stream| stream.stream_enabled());
    let arn = described.table().and_then(|table| table.latest_stream_arn()).filter(|_| on);
    arn.map(str::to_owned).ok_or_else(|| {
        CommandError::refused(format!(
            "table {name} has no stream, so nobody is told what becomes of wrap-ups: deploy with events or an AI provider"
        ))
    })
}

fn unreadable(failure: wrapup::aws::AwsFailure) -> CommandError {
    CommandError::refused(format!("the segment table's stream cannot be read: {failure}"))
}

/// Prints a line; answers whether anybody reads on.
fn print(text: &str) -> io::Result<bool> {
    match output::flowing_line(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        done => done.map(|()| true),
    }
}

fn head() -> String {
    cells(["time", "type", "segment", "sequence", "external_segment_id"])
}

fn row(event: &CloudEvent) -> String {
    let data: Value = serde_json::from_str(event.json()).unwrap_or_default();
    let external = data["data"]["external_segment_id"].as_str().unwrap_or_default();
    cells([event.time(), event.type_name(), event.subject(), event.sequence(), &output::shown(external)])
}

/// A line of columns as wide as what stands in them.
fn cells([time, kind, segment, sequence, external]: [&str; 5]) -> String {
    format!("{time:20}  {kind:20}  {segment:32}  {sequence:10}  {external}").trim_end().to_owned()
}
