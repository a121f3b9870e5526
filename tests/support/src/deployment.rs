use std::hash::{BuildHasher, RandomState};

use crate::{Api, Server};

/// What a test runs against: a process of its own, or the deployment that the environment variable
/// `WRAPUP_TEST_URL` names.
pub struct Deployment {
    own: Option<Server>,
    api: Api,
    run: String,
}

impl Deployment {
    /// Starts the binary, unless there is a deployment to test instead.
    pub fn start(binary: &str) -> Self {
        // Two runs against one deployment never draw the same number.
        let run = format!("{:016x}", RandomState::new().hash_one("run"));
        match std::env::var("WRAPUP_TEST_URL") {
            Ok(url) => Self { own: None, api: Api::new(url.trim_end_matches('/')), run },
            Err(_) => {
                let server = Server::start(binary);
                Self { api: server.api(), own: Some(server), run }
            }
        }
    }

    /// The API as the demo user calls it.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Whether others, or earlier runs, may have left data there.
    pub fn is_shared(&self) -> bool {
        self.own.is_none()
    }

    /// The text itself where nobody else can use it, else one that only this run uses.
    pub fn own(&self, text: &str) -> String {
        if self.is_shared() { format!("{text}-{}", self.run) } else { text.to_owned() }
    }
}
