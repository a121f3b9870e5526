//! API users: who may call, with which secrets, tokens and roles.

mod argon;
mod form;
mod generated;
mod name;
pub mod oauth;
mod password;
mod predictable;
mod queue;
mod sign_in;
mod store;
mod stored;

use serde::{Deserialize, Serialize};

use crate::language::Language;

pub use argon::Argon2Cost;
pub use generated::Generated;
pub use name::{NameRule, UserName};
pub use password::{Password, PasswordRule};
pub use sign_in::{Attempt, SignIn};
pub use store::{Lives, NewSecret, NewUser, SecretListed, UserListed, Users};
pub use stored::SecretStamp;

/// A role that something of the API asks for. Users may have others, which mean nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Systems that open, close and read wrap-ups.
    Integration,
    /// People who look at those of others.
    Supervisor,
}

/// The name of [`Role::Integration`].
pub const INTEGRATION_ROLE: &str = Role::Integration.name();

impl Role {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Integration, Self::Supervisor];

    /// As users' records name it: the platform's name, or one of ours.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integration => "interaction_integration_user",
            Self::Supervisor => "wrapup_supervisor",
        }
    }
}

/// An API user, with the columns of the platform's table. A column that is missing grants nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// sys_id, derived from the user name.
    pub sys_id: String,
    /// The name that the user signs in with.
    pub user_name: String,
    /// Whether the user may sign in.
    #[serde(default)]
    pub active: bool,
    /// What the user may do.
    #[serde(default)]
    pub roles: Vec<String>,
    /// The language of translations where a request names none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preferred_language: Option<Language>,
}

impl User {
    /// The roles of the user's that the API knows.
    pub fn known_roles(&self) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| self.roles.iter().any(|name| name == role.name())).collect()
    }
}
