//! The contracts of the API and of the events, for other programs.

mod requests;

use clap::{Args, ValueEnum};
use wrapup::openapi::{Contract, EventContract, Form};
use wrapup_functions::documented;

use super::CommandError;
use crate::connect::{TeamTables, unconnected};
use crate::output;

/// What `wrapup openapi` takes.
#[derive(Args)]
pub struct Options {
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Say all that is read, in whichever type, and every condition between fields: to check requests by, where the document
    /// is otherwise one to generate clients from
    #[arg(long)]
    strict: bool,
    /// Where the API is: scheme, host and port
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    server: String,
}

/// How the contract is written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// An OpenAPI 3.1 document
    #[default]
    Json,
    /// An `.http` file: the examples as requests, for the REST clients of editors
    Http,
}

/// Prints the contract. Nothing is connected to: only the names of segment tables come from the environment.
pub fn run(options: Options, team: TeamTables) -> Result<(), CommandError> {
    let system = unconnected(team)?;
    let server = options.server.trim_end_matches('/');
    let form = if options.strict { Form::Strict } else { Form::Plain };
    let document = Contract::new(&documented(&system), server, form);
    match options.format {
        Format::Json => output::json(&document)?,
        Format::Http => output::line(requests::written(&document, server).trim_end())?,
    }
    Ok(())
}

/// Prints the contract of the events.
pub fn events() -> Result<(), CommandError> {
    output::json(&EventContract::new())?;
    Ok(())
}
