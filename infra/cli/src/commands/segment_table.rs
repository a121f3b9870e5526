use std::collections::HashSet;
use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use wrapup::near::Near;
use wrapup::segment_tables::contract::{self, Breach, Check};
use wrapup::segment_tables::{InteractionSegment, Remote};

use super::CommandError;
use crate::connect::{Target, TeamTables, unconnected};
use crate::local::served::{self, Unanswered};
use crate::output::{Output, Row};

/// `wrapup segment-table`
#[derive(Subcommand)]
pub enum Command {
    /// List the segment tables that this environment's WRAPUP_SEGMENT_TABLES and the built-in ones make; with --local those
    /// that the running system serves
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
    /// The problem, without a cause that a clause above has named.
    #[serde(skip)]
    in_short: Option<String>,
}

/// The checks as they are printed. A function that is not there is the cause in every clause: people read it once.
fn rows(checks: &[Check]) -> Vec<CheckRow> {
    let mut said = HashSet::new();
    let rows = checks.iter().map(|Check { clause, outcome }| {
        let breach = outcome.as_ref().err();
        let in_short = breach.map(|breach| match &breach.cause {
            Some(cause) if !said.insert(cause) => format!("{} failed with the same", breach.what),
            _ => breach.to_string(),
        });
        CheckRow { clause, passed: breach.is_none(), problem: breach.map(Breach::to_string), in_short }
    });
    rows.collect()
}

impl Row for CheckRow {
    const COLUMNS: &'static [&'static str] = &["clause", "passed", "problem"];

    fn cells(&self) -> Vec<String> {
        let passed = if self.passed { "yes" } else { "NO" };
        vec![self.clause.to_owned(), passed.to_owned(), self.in_short.clone().unwrap_or_default()]
    }
}

/// Runs the command.
pub async fn run(command: Command, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    match command {
        Command::List { output } => {
            let tables: Vec<String> = match target.local_port() {
                Some(port) => served::ask(port).await.map_err(|unanswered| match unanswered {
                    Unanswered::Nobody => CommandError::NoLocalSystem { port },
                    other => CommandError::refused(other),
                })?,
                None => unconnected(team)?.segment_tables().tables().map(str::to_owned).collect(),
            };
            let rows = tables.into_iter().map(|segment_table| TableRow { segment_table });
            output.list(&rows.collect::<Vec<_>>())?;
            Ok(())
        }
        Command::Verify { table, function, output } => {
            let implementation = implementation(&table, function, target, team).await?;
            let report = contract::verify(implementation).await;
            output.list(&rows(report.checks()))?;
            if report.passed() {
                return Ok(());
            }
            Err(CommandError::refused(format!("{table} does not keep the contract of segment tables")))
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
        let near = Near::of(table, tables.tables());
        CommandError::refused(format!(
            "no segment table '{table}' is served{near} There are: {served}. For a Lambda function name it by --function",
            near = if near == Near::default() { ".".to_owned() } else { near.to_string() }
        ))
    })
}
