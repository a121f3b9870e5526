use std::io;

use clap::Subcommand;
use wrapup::users::Generated;
use wrapup::users::oauth::{Client, NewClient};

use super::CommandError;
use crate::connect::Target;
use crate::output::{self, Output, Row, shown};

/// `wrapup oauth-client`
#[derive(Subcommand)]
pub enum Command {
    /// Add a client, and print its id and its secret: nobody can show the secret again
    Add {
        /// The user that it belongs to, as whom it acts where nobody else signs in
        #[arg(long, value_name = "NAME")]
        user: String,
    },
    /// List the clients
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Let a client have tokens again
    Enable {
        /// The client's id
        id: String,
    },
    /// Give a client no more tokens, and end those that it has, for good
    Disable {
        /// The client's id
        id: String,
    },
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    let (clients, stamp) = (system.clients(), target.stamp());
    match command {
        Command::Add { user } => {
            let secret = Generated::make().map_err(|error| io::Error::other(format!("no randomness: {error}")))?;
            let client = clients.add(system.users(), NewClient::of(&user, &secret), &stamp).await?;
            let user = shown(&client.user_name);
            output::complain(&format!("added a client of {user}; its id, and its secret, which is shown only now:"));
            output::line(&client.id)?;
            output::line(secret.reveal())?;
        }
        Command::List { output } => {
            let listed = clients.list().await?;
            for error in &listed.unreadable {
                output::complain(&shown(&error.to_string()));
            }
            output.list(&listed.clients)?;
        }
        Command::Enable { id } => {
            let client = clients.set_active(&id, true, &stamp).await?;
            output::line(format!("enabled {} of {}", client.id, shown(&client.user_name)))?;
        }
        Command::Disable { id } => {
            let client = clients.set_active(&id, false, &stamp).await?;
            output::line(format!("disabled {} of {}, and ended its tokens", client.id, shown(&client.user_name)))?;
        }
    }
    Ok(())
}

impl Row for Client {
    const COLUMNS: &'static [&'static str] = &["client_id", "user_name", "active", "created_on"];

    fn cells(&self) -> Vec<String> {
        let Self { id, user_name, active, created_on } = self;
        let created_on = created_on.map(|moment| moment.to_string()).unwrap_or_default();
        vec![id.clone(), user_name.clone(), active.to_string(), created_on]
    }
}
