//! The API's contract, for other programs.

mod requests;

use clap::{Args, ValueEnum};
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::dynamodb::{self, Dynamo, Tables};
use wrapup::openapi::Contract;
use wrapup::segment_tables;
use wrapup::settings;

use super::CommandError;
use crate::connect::{DYNAMODB_PORT, LAMBDA_PORT, on_this_machine};
use crate::endpoints::endpoints;
use crate::output;

/// What `wrapup openapi` takes.
#[derive(Args)]
pub struct Options {
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
pub fn run(options: Options) -> Result<(), CommandError> {
    let dynamo = Dynamo::new(dynamodb::connect(on_this_machine(DYNAMODB_PORT)), Tables::default());
    let connect_lambda = || segment_tables::connect(on_this_machine(LAMBDA_PORT));
    let segment_tables = match settings::optional(segment_tables::SEGMENT_TABLES) {
        Some(json) => segment_tables::from_json(&json, &dynamo, connect_lambda)?,
        None => segment_tables::built_in(&dynamo),
    };
    let system = System::new(dynamo, segment_tables, Clock::system(), None);
    let server = options.server.trim_end_matches('/');
    let document = Contract::new(&endpoints(&system), server);
    match options.format {
        Format::Json => output::json(&document)?,
        Format::Http => output::line(requests::written(&document, server).trim_end())?,
    }
    Ok(())
}
