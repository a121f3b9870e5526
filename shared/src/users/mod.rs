//! API users: who may call, with which secrets and roles.

mod argon;
mod form;
mod generated;
mod name;
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

/// The role that the API asks for.
pub const INTEGRATION_ROLE: &str = "interaction_integration_user";

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
    /// Whether the user may call the API.
    pub fn may_integrate(&self) -> bool {
        self.roles.iter().any(|role| role == INTEGRATION_ROLE)
    }
}
