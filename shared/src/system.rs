//! A deployment's parts, put together once when a function starts; and the start of one that serves an endpoint.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use lambda_http::{lambda_runtime, service_fn};

use crate::api::{Api, Callers, Endpoint, Origins, RouteConflict};
use crate::aws::{Connection, SECRETS_MANAGER_ENDPOINT, Secrets};
use crate::clock::Clock;
use crate::codes::Codes;
use crate::configurations::Configurations;
use crate::cursors::Cursors;
use crate::dynamodb::{self, Dynamo, Tables};
use crate::interactions::Interactions;
use crate::language::Language;
use crate::redaction::Redactor;
use crate::reports::Reports;
use crate::retention::Retention;
use crate::segment_tables::{Registry, SegmentTablesError};
use crate::segments::Segments;
use crate::settings::{self, SettingsError};
use crate::users::Users;
use crate::users::oauth::{Clients, KeyKeeper, KeyRing, OAuth, SecretKeeper};
use crate::watch::Reporter;

/// All that functions are built from. Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub struct System {
    codes: Codes,
    configurations: Configurations,
    segments: Segments,
    users: Users,
    clients: Clients,
    oauth: Option<OAuth>,
    cursors: Cursors,
    clock: Clock,
    segment_tables: Registry,
    dynamo: Dynamo,
    language: Option<Language>,
    retention: Option<Retention>,
}

impl System {
    /// The deployment that the environment describes, without segment tables: the functions that
    /// use them hand them in by [`System::with_segment_tables`], and the others stay small.
    pub fn from_env() -> Result<Self, SettingsError> {
        let connection = Connection::from_env(settings::DYNAMODB_ENDPOINT)?;
        let tables = Tables::with_prefix(settings::optional(settings::TABLE_PREFIX).unwrap_or_default());
        let dynamo = Dynamo::new(dynamodb::connect(connection), tables);
        let system = Self::new(dynamo, Registry::default(), Clock::system(), Language::from_env()?);
        let Some(secret) = settings::optional(settings::OAUTH_KEYS) else { return Ok(system) };
        let secrets = Secrets::new(&Connection::from_env(SECRETS_MANAGER_ENDPOINT)?.into());
        Ok(system.with_oauth(Arc::new(SecretKeeper::new(secrets, secret))))
    }

    /// A deployment out of its parts. `language` is the one that translations are in where neither
    /// a request nor its user names one.
    pub fn new(dynamo: Dynamo, segment_tables: Registry, clock: Clock, language: Option<Language>) -> Self {
        let codes = Codes::new(dynamo.clone(), clock.clone());
        let configurations = Configurations::new(dynamo.clone(), clock.clone());
        let users = Users::new(dynamo.clone(), clock.clone());
        let clients = Clients::new(dynamo.clone(), clock.clone());
        let segments = Segments::new(dynamo.clone(), codes.clone(), configurations.clone(), clock.clone());
        let cursors = Cursors::of_a_table(dynamo.clone(), clock.clone());
        let oauth = None;
        Self {
            codes,
            configurations,
            segments,
            users,
            clients,
            oauth,
            cursors,
            clock,
            segment_tables,
            dynamo,
            language,
            retention: None,
        }
    }

    /// The same deployment with OAuth, whose tokens are signed with the keys that `keeper` has.
    #[must_use]
    pub fn with_oauth(self, keeper: Arc<dyn KeyKeeper>) -> Self {
        let ring = KeyRing::new(keeper, self.clock.clone());
        let cursors = Cursors::new(ring.clone(), self.clock.clone());
        let oauth = OAuth::new(self.users.clone(), self.clients.clone(), ring);
        Self { oauth: Some(oauth), cursors, ..self }
    }

    /// The same deployment with these interaction segment tables.
    #[must_use]
    pub fn with_segment_tables(self, segment_tables: Registry) -> Self {
        Self { segment_tables, ..self }
    }

    /// The same deployment, which takes secrets out of agents' notes before it stores them.
    #[must_use]
    pub fn with_notes_redactor(self, redactor: Option<Redactor>) -> Self {
        Self { segments: self.segments.with_notes_redactor(redactor), ..self }
    }

    /// The same deployment; whether wrap-ups end by themselves that open from now on, or get another configuration.
    #[must_use]
    pub fn with_deadlines(self, deadlines: bool) -> Self {
        Self { segments: self.segments.with_deadlines(deadlines), ..self }
    }

    /// The same deployment, with deadlines or without, as the environment says.
    pub fn with_deadlines_from_env(self) -> Result<Self, SettingsError> {
        Ok(self.with_deadlines(settings::switch(settings::DEADLINES)?.unwrap_or(true)))
    }

    /// The same deployment; how long is kept what is over from now on, for good where that is none.
    #[must_use]
    pub fn with_retention(self, retention: Option<Retention>) -> Self {
        Self { segments: self.segments.with_retention(retention), retention, ..self }
    }

    /// The same deployment, which keeps what is over for as long as the environment says.
    pub fn with_retention_from_env(self) -> Result<Self, SettingsError> {
        Ok(self.with_retention(Retention::from_env()?))
    }

    /// The interaction segment tables that requests may name.
    pub fn segment_tables(&self) -> &Registry {
        &self.segment_tables
    }

    /// The deployment's DynamoDB, for segment tables that live there too.
    pub fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }

    /// The deployment's clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
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

    /// Interactions.
    pub fn interactions(&self) -> Interactions {
        Interactions::new(self.dynamo.clone()).with_retention(self.retention).with_clock(self.clock.clone())
    }

    /// API users.
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// OAuth clients.
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What gives tokens and checks them; none in a deployment without OAuth.
    pub fn oauth(&self) -> Option<&OAuth> {
        self.oauth.as_ref()
    }

    /// What lists go on by.
    pub fn cursors(&self) -> &Cursors {
        &self.cursors
    }

    /// Reports.
    pub fn reports(&self) -> Reports {
        Reports::new(self.segments.clone(), self.configurations.clone(), self.clock.clone())
    }

    /// The deployment's language.
    pub fn language(&self) -> Option<Language> {
        self.language
    }
}

impl From<&System> for Callers {
    fn from(system: &System) -> Self {
        Self { users: system.users.clone(), oauth: system.oauth.clone(), language: system.language }
    }
}

#[cfg(feature = "ai")]
impl From<&System> for crate::ai::Stores {
    fn from(system: &System) -> Self {
        Self {
            segments: system.segments.clone(),
            segment_tables: system.segment_tables.clone(),
            interactions: system.interactions(),
        }
    }
}

/// Why a function cannot start.
#[derive(thiserror::Error)]
pub enum StartError {
    /// The environment lacks something.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The segment tables are not described well.
    #[error(transparent)]
    SegmentTables(#[from] SegmentTablesError),
    /// The AI provider is not described well.
    #[cfg(feature = "ai")]
    #[error(transparent)]
    Ai(#[from] crate::ai::AiSettingsError),
    /// Two endpoints want the same path.
    #[error(transparent)]
    Routes(#[from] RouteConflict),
    /// The Lambda runtime gave up.
    #[error("Lambda runtime: {0}")]
    Runtime(#[from] lambda_http::Error),
}

impl fmt::Debug for StartError {
    /// A `main` that fails prints this form of its error: the words, not the type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Serves one endpoint as a Lambda function: all that a function's `main` does.
pub async fn run<E: Endpoint + 'static>(system: System, endpoint: E) -> Result<(), StartError> {
    crate::logging::init();
    let api = Api::new(&system, vec![Box::new(endpoint)])?
        .with_origins(Origins::from_env()?)
        .with_reporter(Reporter::stdout(Clock::system()));
    let api = Arc::new(api);
    let service = service_fn(move |event| {
        let api = Arc::clone(&api);
        // In a box, so that the futures of the runtime around it stay as small as their types.
        Box::pin(async move { Ok::<_, Infallible>(api.invoke(event).await) })
    });
    Ok(lambda_runtime::run(service).await?)
}
