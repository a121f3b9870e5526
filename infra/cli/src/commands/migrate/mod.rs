//! `wrapup migrate`: codes and configurations of another system, from the files that it exports.

mod genesys;
mod references;
mod servicenow;
mod tables;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{CommandError, name_of, read_file};
use crate::connect::Target;
use crate::import::{self, Record};
use crate::output;
use tables::{Kind, named_file};

/// `wrapup migrate`
#[derive(Subcommand)]
pub enum Command {
    /// Codes, configurations and translations of a ServiceNow instance, as it exports their tables: CSV, JSON or XML
    Servicenow {
        /// Exports of interaction_wrap_up_code, interaction_wrap_up_configuration, the table between them,
        /// sys_translated_text and sys_translated, in any order; - reads standard input
        #[arg(required_unless_present = "named")]
        files: Vec<PathBuf>,
        /// A file whose table neither its name nor its columns tell
        #[arg(long = "as", value_name = "TABLE=FILE", value_parser = named_file)]
        named: Vec<(Kind, PathBuf)>,
        /// Show what is new, the same, changed or refused, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Wrap-up codes of Genesys Cloud, as its API lists them
    Genesys {
        /// JSON with a list "entities", one page or several; - reads standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Show what is new, the same, changed or refused, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    match command {
        Command::Servicenow { files, named, dry_run } => {
            let files = files.into_iter().map(|file| (None, file));
            let files = files.chain(named.into_iter().map(|(kind, file)| (Some(kind), file)));
            servicenow::run(files.collect(), dry_run, target).await
        }
        Command::Genesys { files, dry_run } => genesys::run(&files, dry_run, target).await,
    }
}

/// The records of a file.
fn records(path: &Path, is_table: impl Fn(&str) -> bool) -> Result<Vec<Record>, CommandError> {
    let content = read_file(path)?;
    let text = import::decode(&content).map_err(|error| CommandError::file(path, error))?;
    import::read(&text, is_table).map_err(|error| CommandError::file(path, error))
}

/// Where a record stands, among several files.
fn place_of(path: &Path, record: &Record) -> String {
    format!("{}, {}", name_of(path), record.place)
}

/// Ends a command with two summaries, each of which may be an error.
fn both(one: Result<(), CommandError>, other: Result<(), CommandError>) -> Result<(), CommandError> {
    match (one, other) {
        (Err(one), Err(other)) => {
            output::complain(&one);
            Err(other)
        }
        (one, other) => one.and(other),
    }
}
