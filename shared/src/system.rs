//! A deployment's parts, put together once when a function starts.

use aws_credential_types::Credentials;

use crate::clock::Clock;
use crate::codes::Codes;
use crate::configurations::Configurations;
use crate::dynamodb::{self, Connection, Dynamo, Tables};
use crate::language::Language;
use crate::segment_tables::{self, Registry};
use crate::segments::Segments;
use crate::settings::{self, SettingsError};
use crate::users::Users;

/// All that functions are built from. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct System {
    codes: Codes,
    configurations: Configurations,
    segments: Segments,
    users: Users,
    language: Option<Language>,
}

impl System {
    /// The deployment that the environment describes, with the built-in segment tables.
    pub fn from_env() -> Result<Self, SettingsError> {
        let credentials = Credentials::new(
            settings::required("AWS_ACCESS_KEY_ID")?,
            settings::required("AWS_SECRET_ACCESS_KEY")?,
            settings::optional("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        let connection = Connection {
            region: settings::required("AWS_REGION")?,
            endpoint: settings::optional(settings::DYNAMODB_ENDPOINT),
            credentials,
        };
        let tables = Tables::with_prefix(settings::optional(settings::TABLE_PREFIX).unwrap_or_default());
        let dynamo = Dynamo { client: dynamodb::connect(connection), tables };
        let segment_tables = segment_tables::built_in(&dynamo);
        Ok(Self::new(dynamo, segment_tables, Clock::system(), settings::language()?))
    }

    /// A deployment out of its parts. `language` is the one that translations are in where neither
    /// a request nor its user names one.
    pub fn new(dynamo: Dynamo, segment_tables: Registry, clock: Clock, language: Option<Language>) -> Self {
        let codes = Codes::new(dynamo.clone(), clock.clone());
        let configurations = Configurations::new(dynamo.clone(), clock.clone());
        let users = Users::new(dynamo.clone(), clock.clone());
        let segments = Segments::new(dynamo, codes.clone(), configurations.clone(), segment_tables, clock);
        Self { codes, configurations, segments, users, language }
    }

    /// Wrap-up codes.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// Wrap-up configurations.
    pub fn configurations(&self) -> &Configurations {
        &self.configurations
    }

    /// Wrap-up segments.
    pub fn segments(&self) -> &Segments {
        &self.segments
    }

    /// API users.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The deployment's language.
    pub fn language(&self) -> Option<Language> {
        self.language
    }
}
