use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use wrapup::segment_tables::{InteractionSegment, Remote, contract};

use super::CommandError;
use crate::connect::{Target, TeamTables, unconnected};
use crate::output::{Output, Row};

/// `wrapup segment-table`
#[derive(Subcommand)]
pub enum Command {
    /// List the segment tables that this environment's WRAPUP_SEGMENT_TABLES and the built-in ones make
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Put a segment table through the contract; creates records under ids that start with "contract-"
    Verify {
        /// The table, as requests name it in segment_table
        table: String,
        /// The Lambda function that serves it; without it, WRAPUP_SEGMENT_TABLES says what does
        #[arg(long)]
        function: Option<String>,
        /// How to print what came out
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
}

#[derive(Serialize)]
struct TableRow {
    segment_table: String,
}

impl Row for TableRow {
    const COLUMNS: &'static [&'static str] = &["segment_table"];

    fn cells(&self) -> Vec<String> {
        vec![self.segment_table.clone()]
    }
}

#[derive(Serialize)]
struct CheckRow {
    clause: &'static str,
    passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Row for CheckRow {
    const COLUMNS: &'static [&'static str] = &["clause", "passed", "problem"];

    fn cells(&self) -> Vec<String> {
        let passed = if self.passed { "yes" } else { "NO" };
        vec![self.clause.to_owned(), passed.to_owned(), self.problem.clone().unwrap_or_default()]
    }
}

/// Runs the command.
pub async fn run(command: Command, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    match command {
        Command::List { output } => {
            let system = unconnected(team)?;
            let rows = system.segment_tables().tables().map(|table| TableRow { segment_table: table.to_owned() });
            output.list(&rows.collect::<Vec<_>>())?;
            Ok(())
        }
        Command::Verify { table, function, output } => {
            let implementation = implementation(&table, function, target, team).await?;
            let report = contract::verify(implementation).await;
            let rows = report.checks().iter().map(|check| CheckRow {
                clause: check.clause,
                passed: check.outcome.is_ok(),
                problem: check.outcome.as_ref().err().cloned(),
            });
            output.list(&rows.collect::<Vec<_>>())?;
            if report.passed() { Ok(()) } else { Err(CommandError::ContractBroken { table }) }
        }
    }
}

async fn implementation(
    table: &str,
    function: Option<String>,
    target: &Target,
    team: TeamTables,
) -> Result<Arc<dyn InteractionSegment>, CommandError> {
    if let Some(function) = function {
        return Ok(Arc::new(Remote::new(table, function, target.lambda().await)));
    }
    let tables = target.segment_tables(team).await?;
    tables.get(table).cloned().ok_or_else(|| {
        let served = tables.tables().collect::<Vec<_>>().join(", ");
        CommandError::UnknownSegmentTable { table: table.to_owned(), served }
    })
}
