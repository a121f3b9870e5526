//! `wrapup`: the operator's command line, and the whole API on one machine, as a library: a team whose segment tables
//! are Rust has a `wrapup` of its own by a `main` of one line, in which they work like the built-in ones.

mod commands;
mod connect;
mod http;
pub mod import;
mod local;
mod operator;
mod output;
mod owned;
mod span;
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use wrapup::logging;

use commands::{
    ai, code, configuration, conformance, demo, events, export, index, interaction, migrate, oauth_client, openapi,
    phone_log, report, segment, segment_table, tables, user,
};
pub use connect::TeamTables;

use connect::Target;

/// The Wrap Up API on one machine, and the tools of those who operate it.
#[derive(Parser)]
#[command(name = "wrapup", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// What `wrapup` without a command does.
    #[command(flatten)]
    local: local::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Run the API on this machine, on an embedded DynamoDB (the default)
    Local(local::Options),
    /// Print the API's contract: an OpenAPI document, or requests to send
    Openapi(openapi::Options),
    /// Print the contract of the events: an AsyncAPI document
    Asyncapi,
    /// Fill the local system with wrap-ups of two weeks, and go on opening and closing some
    ///
    /// For this machine alone. The conversation of the README's tour is put into a deployment in AWS by `wrapup
    /// interaction demo`.
    Demo(demo::Options),
    /// Ask any Wrap Up API whether it keeps the contract; leaves data that begins with "wrapup-conformance-"
    Conformance(conformance::Options),
    /// API users
    User {
        #[command(subcommand)]
        command: user::Command,
        #[command(flatten)]
        target: Target,
    },
    /// OAuth clients, which fetch tokens for users
    OauthClient {
        #[command(subcommand)]
        command: oauth_client::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Configurations of internal wrap-ups
    Configuration {
        #[command(subcommand)]
        command: configuration::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Wrap-up codes
    Code {
        #[command(subcommand)]
        command: code::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Codes and configurations of another system
    Migrate {
        #[command(subcommand)]
        command: migrate::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Wrap-up segments, and the people whose data they have
    Segment {
        #[command(subcommand)]
        command: segment::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Data for those who analyse it
    Export {
        #[command(subcommand)]
        command: export::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Interaction segment tables
    SegmentTable {
        #[command(subcommand)]
        command: segment_table::Command,
        #[command(flatten)]
        target: Target,
    },
    /// The built-in phone log
    PhoneLog {
        #[command(subcommand)]
        command: phone_log::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Interactions, as the AI filler reads them
    Interaction {
        #[command(subcommand)]
        command: interaction::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Count what was wrapped up
    Report {
        #[command(flatten)]
        options: report::Options,
        #[command(flatten)]
        target: Target,
    },
    /// Suggestions of codes and notes
    Ai {
        #[command(subcommand)]
        command: ai::Command,
    },
    /// The indexes by which lists and reports find segments, codes and configurations
    Index {
        #[command(subcommand)]
        command: index::Command,
        #[command(flatten)]
        target: Target,
    },
    /// What becomes of wrap-ups, as webhooks and buses are told it
    Events {
        #[command(flatten)]
        options: events::Options,
        #[command(flatten)]
        target: Target,
    },
    /// DynamoDB tables
    Tables {
        #[command(subcommand)]
        command: tables::Command,
        #[command(flatten)]
        target: Target,
    },
    /// Print what completes commands and options in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// The port of the local system's DynamoDB, where it is meant for that.
    fn local_port(&self) -> Option<u16> {
        match self {
            Self::Demo(options) => Some(options.dynamodb_port()),
            Self::Local(_) | Self::Openapi(_) | Self::Asyncapi | Self::Conformance(_) | Self::Completions { .. } => {
                None
            }
            Self::User { target, .. }
            | Self::OauthClient { target, .. }
            | Self::Configuration { target, .. }
            | Self::Code { target, .. }
            | Self::Migrate { target, .. }
            | Self::Segment { target, .. }
            | Self::Export { target, .. }
            | Self::SegmentTable { target, .. }
            | Self::PhoneLog { target, .. }
            | Self::Interaction { target, .. }
            | Self::Report { target, .. }
            | Self::Index { target, .. }
            | Self::Events { target, .. }
            | Self::Tables { target, .. } => target.local_port(),
            Self::Ai { command } => command.target().and_then(Target::local_port),
        }
    }
}

/// Does what the process's arguments say: all that a `main` does. `team` adds the team's own segment tables.
#[tokio::main]
pub async fn run(team: TeamTables) -> ExitCode {
    // The embedded DynamoDB warns of every condition that fails, which is how races are decided; the SDK of every place where
    // it finds no credentials, which is said once, when there are none.
    let (targets, complaint) = logging::targets("info,dynoxide=off,aws_config=off");
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    tracing_subscriber::registry().with(targets).with(logging::without_bodies()).with(lines).init();
    let arguments = Arguments::parse();
    if let Some(error) = complaint {
        output::complain(&format!("environment variable {} is malformed and not used: {error}", logging::LOG));
    }
    let local_port = arguments.command.as_ref().and_then(Command::local_port);
    let done = match arguments.command {
        None => local::run(arguments.local, team).await.map_err(Into::into),
        Some(Command::Local(options)) => local::run(options, team).await.map_err(Into::into),
        Some(Command::Openapi(options)) => openapi::run(options, team),
        Some(Command::Asyncapi) => openapi::events(),
        Some(Command::Conformance(options)) => conformance::run(options).await,
        Some(Command::Demo(options)) => demo::run(options).await,
        Some(Command::User { command, target }) => user::run(command, &target).await,
        Some(Command::OauthClient { command, target }) => oauth_client::run(command, &target).await,
        Some(Command::Configuration { command, target }) => configuration::run(command, &target).await,
        Some(Command::Code { command, target }) => code::run(command, &target).await,
        Some(Command::Migrate { command, target }) => migrate::run(command, &target).await,
        Some(Command::Segment { command, target }) => segment::run(command, &target, team).await,
        Some(Command::Export { command, target }) => export::run(command, &target).await,
        Some(Command::SegmentTable { command, target }) => segment_table::run(command, &target, team).await,
        Some(Command::PhoneLog { command, target }) => phone_log::run(command, &target).await,
        Some(Command::Interaction { command, target }) => interaction::run(command, &target, team).await,
        Some(Command::Report { options, target }) => report::run(options, &target).await,
        Some(Command::Ai { command }) => ai::run(command).await,
        Some(Command::Index { command, target }) => index::run(command, &target).await,
        Some(Command::Events { options, target }) => events::run(options, &target).await,
        Some(Command::Tables { command, target }) => tables::run(command, &target).await,
        Some(Command::Completions { shell }) => {
            output::completions(shell, &mut Arguments::command()).map_err(Into::into)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error.of_local_system(local_port));
            ExitCode::FAILURE
        }
    }
}
