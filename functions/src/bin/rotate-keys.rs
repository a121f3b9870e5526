//! Has another key sign OAuth's tokens, once the one of now has done so for 100 days.

use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;
use wrapup::System;
use wrapup::system::StartError;
use wrapup::users::oauth::{KeyRing, Rotation};
use wrapup_functions::job::{Job, JobFailed, run};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    run(RotateKeys::new(&System::from_env()?)).await
}

/// The job. Reads the secret that holds the keys, and writes it where they are old enough.
pub struct RotateKeys {
    ring: Option<KeyRing>,
}

impl RotateKeys {
    /// The job of a deployment, which has nothing to do in one without OAuth.
    pub fn new(system: &System) -> Self {
        Self { ring: system.oauth().map(|oauth| oauth.ring().clone()) }
    }
}

#[async_trait]
impl Job for RotateKeys {
    fn name(&self) -> &'static str {
        "rotate-keys"
    }

    fn every(&self) -> Duration {
        Duration::from_secs(24 * 60 * 60)
    }

    async fn run(&self, _: Instant) -> Result<&'static str, JobFailed> {
        let Some(ring) = &self.ring else { return Ok("no keys") };
        match ring.rotate().await {
            Ok(Rotation::Rotated) => Ok("rotated"),
            Ok(Rotation::NotNow) => Ok("not now"),
            Err(error) => {
                tracing::error!(%error, "the keys were not looked after");
                Err(JobFailed)
            }
        }
    }
}
