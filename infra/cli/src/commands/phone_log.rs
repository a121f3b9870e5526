use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use tokio::time::Instant;
use wrapup::segment_tables::{InteractionSegment, PhoneLog, PhoneLogRecord, WantedInteractionSegment};

use super::{CommandError, read_json};
use crate::connect::Target;
use crate::output;

/// `wrapup phone-log`
#[derive(Subcommand)]
pub enum Command {
    /// Store a record in place of the one with its segment_id
    Put {
        /// JSON: segment_id, call_id, phone_number, call_type (INBOUND or OUTBOUND), agent, contact,
        /// interaction, start_time, end_time, duration, transcript, and any other fields. - reads standard input
        file: PathBuf,
    },
    /// Show the record with a segment_id
    Show {
        /// The segment_id
        segment_id: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let phone_log = PhoneLog::new(target.dynamo().await).with_retention(target.retention()?);
    match command {
        Command::Put { file } => {
            let record = read_json(&file, PhoneLogRecord::read)?;
            phone_log.put(&record, &target.stamp()).await?;
            output::line(record.segment_id())?;
        }
        Command::Show { segment_id } => {
            let deadline = Instant::now() + Duration::from_secs(30);
            // The operator may see any interaction's record, and the phone log does not ask.
            let wanted =
                WantedInteractionSegment { segment_id: &segment_id, interaction: "", caller: &target.stamp().by };
            let record = phone_log.retrieve(&wanted, deadline).await;
            output::json(&record.map_err(|error| error.of(phone_log.segment_table()))?)?;
        }
    }
    Ok(())
}
