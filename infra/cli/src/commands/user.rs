use std::io::{self, BufRead, IsTerminal};

use clap::Subcommand;
use wrapup::document::{FromText, Problem};
use wrapup::language::Language;
use wrapup::users::{INTEGRATION_ROLE, NewUser, Password, User};

use super::CommandError;
use crate::connect::Target;
use crate::output::{self, Output, Row};

/// `wrapup user`
#[derive(Subcommand)]
pub enum Command {
    /// Add a user; the password comes from a prompt or from standard input
    Add {
        /// The name to sign in with
        name: String,
        /// What the user may do: the API needs interaction_integration_user
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Language of translations where a request names none, two letters
        #[arg(long, value_parser = language)]
        language: Option<Language>,
    },
    /// List the users
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Switch a user off
    Disable {
        /// The name
        name: String,
    },
    /// Change a user's password; it comes from a prompt or from standard input
    Passwd {
        /// The name
        name: String,
    },
}

fn language(text: &str) -> Result<Language, Problem> {
    Language::from_text(text)
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    let users = system.users();
    match command {
        Command::Add { name, roles, language } => {
            if name.trim().is_empty() || name.contains(':') {
                return Err(CommandError::UserName);
            }
            if !roles.iter().any(|role| role == INTEGRATION_ROLE) {
                output::complain(&format!("note: without the role {INTEGRATION_ROLE} the API answers this user 403"));
            }
            let password = read_password()?;
            let user = NewUser { user_name: name.clone(), roles, language, password };
            if !users.add(user).await? {
                return Err(CommandError::UserExists(name));
            }
            output::line(format!("added {name}"))?;
        }
        Command::List { output } => output.list(&users.list().await?)?,
        Command::Disable { name } => {
            users.disable(&name).await?;
            output::line(format!("disabled {name}"))?;
        }
        Command::Passwd { name } => {
            users.set_password(&name, read_password()?).await?;
            output::line(format!("changed the password of {name}"))?;
        }
    }
    Ok(())
}

/// Asks twice at a terminal, reads one line otherwise. Never an argument: those show in the
/// machine's list of processes and in the shell's history.
fn read_password() -> Result<Password, CommandError> {
    let password = if io::stdin().is_terminal() {
        let password = Password::new(rpassword::prompt_password("Password: ")?);
        if password != Password::new(rpassword::prompt_password("Again: ")?) {
            return Err(CommandError::PasswordsDiffer);
        }
        password
    } else {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Password::new(line.trim_end_matches(['\r', '\n']))
    };
    if password.is_blank() { Err(CommandError::NoPassword) } else { Ok(password) }
}

impl Row for User {
    const COLUMNS: &'static [&'static str] = &["user_name", "active", "roles", "preferred_language", "sys_id"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.user_name.clone(),
            self.active.to_string(),
            self.roles.join(", "),
            self.preferred_language.map(|language| language.to_string()).unwrap_or_default(),
            self.sys_id.clone(),
        ]
    }
}
