//! API users: who may call, with which password and roles.

mod password;
#[expect(clippy::disallowed_methods, reason = "users take their stamps with the next change of their record")]
mod store;

use serde::{Deserialize, Serialize};

use crate::language::Language;

pub use password::Password;
pub use store::{NewUser, Users};

/// The role that the API asks for.
pub const INTEGRATION_ROLE: &str = "interaction_integration_user";

/// An API user, with the columns of the platform's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// sys_id, derived from the user name.
    pub sys_id: String,
    /// The name that the user signs in with.
    pub user_name: String,
    /// Whether the user may sign in.
    pub active: bool,
    /// What the user may do.
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
