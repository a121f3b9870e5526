//! Which deployment a command is meant for.

use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use clap::Args;
use wrapup::System;
use wrapup::clock::Clock;
use wrapup::dynamodb::{self, Connection, Dynamo, Tables};
use wrapup::segment_tables;

/// The deployment: in AWS by the default credential chain, or on this machine.
#[derive(Args)]
#[command(next_help_heading = "Deployment")]
pub struct Target {
    /// Use the running `wrapup local` of this machine instead of AWS
    #[arg(long, global = true, conflicts_with_all = ["profile", "region"])]
    local: bool,
    /// The port of its DynamoDB
    #[arg(long, global = true, default_value_t = crate::local::DYNAMODB_PORT, requires = "local")]
    dynamodb_port: u16,
    /// Profile of the AWS configuration files
    #[arg(long, global = true)]
    profile: Option<String>,
    /// AWS region
    #[arg(long, global = true)]
    region: Option<String>,
    /// Prefix of the deployment's table names
    #[arg(long, global = true, env = wrapup::settings::TABLE_PREFIX, default_value = "", hide_env_values = true)]
    table_prefix: String,
}

impl Target {
    /// The deployment's DynamoDB.
    pub async fn dynamo(&self) -> Dynamo {
        let tables = Tables::with_prefix(&self.table_prefix);
        if self.local {
            return Dynamo { client: dynamodb::connect(embedded(self.dynamodb_port)), tables };
        }
        let mut config = aws_config::defaults(BehaviorVersion::latest()).http_client(dynamodb::https_client());
        if let Some(profile) = &self.profile {
            config = config.profile_name(profile);
        }
        if let Some(region) = &self.region {
            config = config.region(Region::new(region.clone()));
        }
        Dynamo { client: Client::new(&config.load().await), tables }
    }

    /// The deployment.
    pub async fn system(&self) -> System {
        let dynamo = self.dynamo().await;
        let segment_tables = segment_tables::built_in(&dynamo);
        System::new(dynamo, segment_tables, Clock::system(), None)
    }
}

/// The embedded DynamoDB on this machine, which takes any credentials.
pub fn embedded(port: u16) -> Connection {
    Connection {
        region: "us-east-1".to_owned(),
        endpoint: Some(format!("http://127.0.0.1:{port}")),
        credentials: Credentials::new("local", "local", None, None, "embedded"),
    }
}
