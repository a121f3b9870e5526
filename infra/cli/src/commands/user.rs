use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use clap::Subcommand;
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;
use wrapup::document::{FromText, Problem};
use wrapup::error::NotFound;
use wrapup::language::Language;
use wrapup::users::{Generated, Lives, NewSecret, NewUser, Password, Role, SecretListed, User, UserListed, UserName};
use zeroize::Zeroizing;

use super::{CommandError, offering, print_list};
use crate::connect::Target;
use crate::output::{self, Output, Row, shown};
use crate::span;

/// `wrapup user`
#[derive(Subcommand)]
pub enum Command {
    /// Add a user, with a generated secret or a password from a prompt or standard input
    Add {
        /// The name to sign in with
        name: String,
        /// What the user may do: interaction_integration_user for systems that wrap up, wrapup_supervisor for people who
        /// look at the wrap-ups of others; may be repeated
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Language of translations where a request names none, two letters
        #[arg(long, value_parser = language)]
        language: Option<Language>,
        /// Make a secret for a machine, and print it: nobody can show it again
        #[arg(long)]
        generate: bool,
        /// When the secret ends: after 12h, 90d or the like, or at a time such as 2027-01-31T00:00:00Z
        #[arg(long, value_name = "WHEN")]
        expires: Option<When>,
    },
    /// List the users
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Let a user sign in again
    Enable {
        /// The name
        name: String,
    },
    /// Switch a user off
    Disable {
        /// The name
        name: String,
    },
    /// Give a user roles, and take others
    Role {
        /// The name
        name: String,
        /// A role to give; may be repeated
        #[arg(long, value_name = "ROLE", required_unless_present = "remove")]
        add: Vec<String>,
        /// A role to take; may be repeated
        #[arg(long, value_name = "ROLE")]
        remove: Vec<String>,
    },
    /// Give a user a new secret: a generated one, or a password from a prompt or standard input
    Passwd {
        /// The name
        name: String,
        /// Make a secret for a machine, and print it: nobody can show it again
        #[arg(long)]
        generate: bool,
        /// When the new secret ends: after 12h, 90d or the like, or at a time such as 2027-01-31T00:00:00Z
        #[arg(long, value_name = "WHEN")]
        expires: Option<When>,
        /// Until when the secret of now works beside the new one, written as for --expires; without this it ends at once
        #[arg(long, value_name = "WHEN")]
        old_expires: Option<When>,
        /// Give no new secret, only end the one that --old-expires has kept
        #[arg(long, conflicts_with_all = ["generate", "expires", "old_expires"])]
        end_old: bool,
    },
}

fn language(text: &str) -> Result<Language, Problem> {
    Language::from_text(text)
}

/// A time that is written as such, or as how long it is until then.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// That time.
    At(DateTime),
    /// After so long.
    In(Duration),
}

impl std::str::FromStr for When {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(at) = DateTime::parse(text) {
            return Ok(Self::At(at));
        }
        span::parse(text)
            .map(Self::In)
            .ok_or("is neither a time, such as 2027-01-31T00:00:00Z, nor how long until then, such as 30m, 12h or 90d")
    }
}

impl When {
    /// As a moment, which has to come.
    fn resolve(self, clock: &Clock) -> Result<DateTime, CommandError> {
        let now = clock.now();
        let at = match self {
            Self::At(at) => Some(at),
            Self::In(time) => now.checked_add(time.try_into().unwrap_or(time::Duration::MAX)).map(DateTime::from),
        };
        at.filter(|at| *at > now.into())
            .ok_or_else(|| CommandError::refused("--expires and --old-expires name times to come"))
    }
}

/// Runs the command.
pub async fn run(command: Command, target: &Target) -> Result<(), CommandError> {
    let system = target.system().await;
    match done(command, target, &system).await {
        Err(CommandError::Wrapup(wrapup::Error::NotFound(NotFound::User { name }))) => {
            let names = async {
                let listed = system.users().list().await?;
                Ok(listed.records.into_iter().map(|listed| listed.user.user_name).collect())
            };
            let named = name.clone();
            Err(offering(NotFound::User { name }.into(), &named, names).await)
        }
        done => done,
    }
}

async fn done(command: Command, target: &Target, system: &System) -> Result<(), CommandError> {
    let users = system.users();
    let (clock, stamp) = (Clock::system(), target.stamp());
    let moment = |when: Option<When>| when.map(|when| when.resolve(&clock)).transpose();
    match command {
        Command::Add { name, roles, language, generate, expires } => {
            let name = UserName::new(&name).map_err(CommandError::refused)?;
            note_role(&roles);
            let expires_on = moment(expires)?;
            let (secret, generated) = new_secret(generate, name.as_str())?;
            let user = NewUser { user_name: name.clone(), roles, language, secret, expires_on };
            if !users.add(user, &stamp).await? {
                return Err(CommandError::refused(format!(
                    "user '{name}' exists already; `wrapup user passwd {name}` changes the password"
                )));
            }
            report(format!("added {name}"), generated.as_ref())?;
        }
        Command::List { output } => {
            print_list(&users.list().await?, output)?;
        }
        Command::Enable { name } => {
            let user = users.set_active(&name, true, &stamp).await?;
            note_role(&user.roles);
            output::line(format!("enabled {}", shown(&user.user_name)))?;
        }
        Command::Disable { name } => {
            let user = users.set_active(&name, false, &stamp).await?;
            output::line(format!("disabled {}", shown(&user.user_name)))?;
        }
        Command::Role { name, add, remove } => {
            let user = users.change_roles(&name, &add, &remove, &stamp).await?;
            note_role(&user.roles);
            let roles = if user.roles.is_empty() { "no roles".to_owned() } else { user.roles.join(", ") };
            output::line(format!("{} has {}", shown(&user.user_name), shown(&roles)))?;
        }
        Command::Passwd { name, end_old: true, .. } => {
            let (user, was_there) = users.end_old_secret(&name, &stamp).await?;
            let name = shown(&user.user_name);
            output::line(if was_there {
                format!("ended the old secret of {name}")
            } else {
                format!("{name} has no old secret")
            })?;
        }
        Command::Passwd { name, generate, expires, old_expires, end_old: false } => {
            let lives = Lives { expires_on: moment(expires)?, keep_old_until: moment(old_expires)? };
            let (secret, generated) = new_secret(generate, &name)?;
            let user = users.change_secret(&name, secret, lives, &stamp).await?;
            let name = shown(&user.user_name);
            report(
                format!("changed the {} of {name}", if generate { "secret" } else { "password" }),
                generated.as_ref(),
            )?;
            if !user.active {
                output::complain(&format!(
                    "note: {name} is disabled and cannot sign in; `wrapup user enable` ends that"
                ));
            }
        }
    }
    Ok(())
}

/// Says where a user has none of the roles without which there is nothing to sign in for.
fn note_role(roles: &[String]) {
    if !Role::ALL.iter().any(|known| roles.iter().any(|role| role == known.name())) {
        let names = Role::ALL.map(Role::name).join(" or ");
        output::complain(&format!("note: without the role {names} the API answers this user 403"));
    }
}

/// Says what was done. A generated secret stands alone on standard output, for whatever takes it from there.
fn report(done: String, generated: Option<&Generated>) -> Result<(), CommandError> {
    match generated {
        Some(secret) => {
            output::complain(&format!("{done}; this secret is shown only now:"));
            output::line(secret.reveal())?;
        }
        None => output::line(done)?,
    }
    Ok(())
}

/// The secret that a user is to have, and itself where it was made here.
fn new_secret(generate: bool, name: &str) -> Result<(NewSecret, Option<Generated>), CommandError> {
    if generate {
        let secret = Generated::make().map_err(|error| io::Error::other(format!("no randomness: {error}")))?;
        return Ok((NewSecret::generated(&secret), Some(secret)));
    }
    let chosen = NewSecret::chosen(read_password()?, name);
    let chosen = chosen.map_err(|rule| CommandError::refused(format!("{rule}; nothing was changed")))?;
    Ok((chosen, None))
}

/// Asks twice at a terminal, reads one line otherwise. Never an argument: those show in the
/// machine's list of processes and in the shell's history.
fn read_password() -> Result<Password, CommandError> {
    let password = if io::stdin().is_terminal() {
        let password = Password::new(rpassword::prompt_password("Password, 15 characters or more: ")?);
        if password != Password::new(rpassword::prompt_password("Again: ")?) {
            return Err(CommandError::refused("the passwords differ; nothing was changed"));
        }
        password
    } else {
        // Longer than any line that somebody means, so that it is not moved, and no copy is left behind.
        let mut line = Zeroizing::new(String::with_capacity(64 * 1024));
        io::stdin().lock().read_line(&mut line)?;
        Password::new(line.trim_end_matches(['\r', '\n']))
    };
    if password.is_blank() {
        return Err(CommandError::refused("the password is empty; type one, or send one line on standard input"));
    }
    Ok(password)
}

impl Row for UserListed {
    const COLUMNS: &'static [&'static str] =
        &["user_name", "active", "roles", "preferred_language", "secrets", "sys_id"];

    fn cells(&self) -> Vec<String> {
        let User { sys_id, user_name, active, roles, preferred_language } = &self.user;
        vec![
            user_name.clone(),
            active.to_string(),
            roles.join(", "),
            preferred_language.map(|language| language.to_string()).unwrap_or_default(),
            self.secrets.iter().map(in_words).collect::<Vec<_>>().join("; "),
            sys_id.clone(),
        ]
    }
}

/// `argon2id m=19456,t=2,p=1 until 2027-01-31 00:00:00`
fn in_words(secret: &SecretListed) -> String {
    let SecretListed { kind, outdated, expires_on, expired } = secret;
    let outdated = if *outdated { ", outdated" } else { "" };
    let end = match expires_on {
        Some(end) if *expired => format!(", expired {end}"),
        Some(end) => format!(" until {end}"),
        None => String::new(),
    };
    format!("{kind}{outdated}{end}")
}
