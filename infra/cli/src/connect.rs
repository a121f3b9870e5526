//! Which deployment a command is meant for.

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use clap::Args;
use wrapup::System;
use wrapup::ai::{AiSettings, AiSettingsError, Provider};
use wrapup::aws::{Connection, Roots, https_client};
use wrapup::clock::Clock;
use wrapup::dynamodb::{self, Dynamo, Stamp, Tables};
use wrapup::retention::Retention;
use wrapup::segment_tables::{self, Described, Lambda, Registry, SegmentTablesError};
use wrapup::settings::{self, SettingsError};

use crate::operator;

/// The port of the embedded DynamoDB where none is chosen.
pub const DYNAMODB_PORT: u16 = 8000;

/// The port of the Lambda Invoke API where none is chosen: the one that `sam local start-lambda` takes.
pub const LAMBDA_PORT: u16 = 3001;

/// The variable that stands in for `--local`.
const LOCAL: &str = "WRAPUP_LOCAL";

/// Its name, unless it says that `--local` is not meant: then it is no argument at all, and excludes no other.
fn local_variable() -> Option<&'static str> {
    settings::optional(LOCAL).filter(|value| is_local(value) != Ok(false)).map(|_| LOCAL)
}

/// Reads what stands in for `--local`; the option itself comes as `true`, and its absence as `false`.
fn is_local(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err("WRAPUP_LOCAL has to be 1 or 0"),
    }
}

/// Adds a team's own segment tables to those that the environment describes; they may keep their records in the
/// deployment's DynamoDB.
pub type TeamTables = fn(&Dynamo, Registry) -> Registry;

/// The deployment: in AWS by the default credential chain, or on this machine.
#[derive(Args)]
#[command(next_help_heading = "Deployment")]
pub struct Target {
    /// Use the running `wrapup local` of this machine instead of AWS; WRAPUP_LOCAL=1 says it for all commands
    #[arg(
        long,
        global = true,
        conflicts_with_all = ["profile", "region"],
        env = local_variable(),
        hide_env = true,
        value_parser = is_local
    )]
    local: bool,
    /// The port of its DynamoDB
    #[arg(long, global = true, default_value_t = DYNAMODB_PORT, requires = "local")]
    dynamodb_port: u16,
    /// The port of its Lambda Invoke API
    #[arg(long, global = true, default_value_t = LAMBDA_PORT, requires = "local")]
    lambda_port: u16,
    /// Profile of the AWS configuration files
    #[arg(long, global = true)]
    profile: Option<String>,
    /// AWS region
    #[arg(long, global = true)]
    region: Option<String>,
    /// Prefix of the deployment's table names
    #[arg(long, global = true, env = wrapup::settings::TABLE_PREFIX, default_value = "", hide_env_values = true)]
    table_prefix: String,
    /// Whose name the records keep that the command changes [default: the login name]
    #[arg(long, global = true, env = operator::OPERATOR, hide_env_values = true, value_parser = operator::name)]
    operator: Option<String>,
}

impl Target {
    /// The deployment's DynamoDB.
    pub async fn dynamo(&self) -> Dynamo {
        let tables = Tables::with_prefix(&self.table_prefix);
        let client = match self.local {
            true => dynamodb::connect(on_this_machine(self.dynamodb_port)),
            false => aws_sdk_dynamodb::Client::new(&self.aws().await),
        };
        Dynamo::new(client, tables)
    }

    /// The deployment's Lambda.
    pub async fn lambda(&self) -> Lambda {
        match self.local {
            true => segment_tables::connect(on_this_machine(self.lambda_port)),
            false => Lambda::new(&self.aws().await),
        }
    }

    /// The deployment.
    pub async fn system(&self) -> System {
        System::new(self.dynamo().await, Registry::default(), Clock::system(), None)
    }

    /// How long the deployment keeps what is over, as the environment says.
    pub fn retention(&self) -> Result<Option<Retention>, SettingsError> {
        Retention::from_env()
    }

    /// Who changes records now.
    pub fn stamp(&self) -> Stamp {
        Stamp::now(operator::or_login(self.operator.as_deref()), &Clock::system())
    }

    /// The deployment's segment tables.
    pub async fn segment_tables(&self, team: TeamTables) -> Result<Registry, SegmentTablesError> {
        self.segment_tables_with(segment_tables::built_in, team).await
    }

    /// The same, where the built-in ones are something of their own.
    pub async fn segment_tables_with(
        &self,
        built_in: impl FnOnce(&Dynamo) -> Registry,
        team: TeamTables,
    ) -> Result<Registry, SegmentTablesError> {
        let dynamo = self.dynamo().await;
        let described = Described::from_env()?;
        let lambda = if described.need_lambda() { Some(self.lambda().await) } else { None };
        Ok(team(&dynamo, described.added_to(built_in(&dynamo), &dynamo, lambda)))
    }

    /// Whether it is the one on this machine.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// The port of its DynamoDB, where it is on this machine.
    pub fn local_port(&self) -> Option<u16> {
        self.local.then_some(self.dynamodb_port)
    }

    /// What calls of DynamoDB's other services are made by.
    pub async fn sdk_config(&self) -> SdkConfig {
        if self.local { on_this_machine(self.dynamodb_port).into() } else { self.aws().await }
    }

    /// AWS, also where the deployment is on this machine: by the default credential chain.
    pub async fn aws(&self) -> SdkConfig {
        aws_defaults(self.profile.as_deref(), self.region.as_deref()).await
    }
}

/// The segment tables that the environment describes, and the team's.
pub fn registry(
    dynamo: &Dynamo,
    lambda: impl FnOnce() -> Lambda,
    team: TeamTables,
) -> Result<Registry, SegmentTablesError> {
    let described = Described::from_env()?;
    let lambda = described.need_lambda().then(lambda);
    Ok(team(dynamo, described.registry(dynamo, lambda)))
}

/// A deployment for commands that only need the names of its segment tables: nothing is connected to.
pub fn unconnected(team: TeamTables) -> Result<System, SegmentTablesError> {
    let dynamo = Dynamo::new(dynamodb::connect(on_this_machine(DYNAMODB_PORT)), Tables::default());
    let tables = registry(&dynamo, || segment_tables::connect(on_this_machine(LAMBDA_PORT)), team)?;
    Ok(System::new(dynamo, tables, Clock::system(), None))
}

/// What suggests codes and notes; `None` where it is off.
pub async fn ai_provider(settings: AiSettings) -> Result<Option<Arc<dyn Provider>>, AiSettingsError> {
    // Looking for AWS takes seconds on a machine that is not set up for it.
    let aws = if settings.asks_aws() { aws_defaults(None, None).await } else { SdkConfig::builder().build() };
    settings.provider(&Clock::system(), |_| Ok(aws.clone()))
}

/// AWS by the default credential chain.
async fn aws_defaults(profile: Option<&str>, region: Option<&str>) -> SdkConfig {
    // An operator's machine may reach AWS through a proxy whose root the system knows.
    let http_client = https_client(Roots::System);
    let mut config = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client);
    if let Some(profile) = profile {
        config = config.profile_name(profile);
    }
    if let Some(region) = region {
        config = config.region(Region::new(region.to_owned()));
    }
    config.load().await
}

/// A service of the `wrapup local` on this machine, which takes any credentials.
pub fn on_this_machine(port: u16) -> Connection {
    Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        credentials: Credentials::new("local", "local", None, None, "local"),
    }
}
