//! The file by which a local system tells those who have started it, such as tests, that it serves, and where.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::LocalError;
use super::demo::{self, Demo};
use super::engine::files;

/// Below what the API's paths stand.
const API: &str = "/api/now/v1/wrapup";

/// What stands in the file.
#[derive(Serialize)]
pub struct Ready {
    /// Where the local system is.
    pub base_url: String,
    /// Where its API is.
    pub api_url: String,
    /// Where its DynamoDB is.
    pub dynamodb_url: String,
    /// Where functions are invoked, if there are any.
    pub lambda_url: Option<String>,
    /// The port of the API.
    pub port: u16,
    /// The port of the DynamoDB.
    pub dynamodb_port: u16,
    /// The port of the Lambda Invoke API, if there are functions.
    pub lambda_port: Option<u16>,
    /// The demo user; none where it cannot sign in.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// The demo user's OAuth client; none where it gets no tokens.
    pub client_id: Option<String>,
    /// The client's secret.
    pub client_secret: Option<String>,
    /// sys_id of the demo configuration for internal wrap-ups.
    pub configuration: Option<String>,
    /// The process that serves.
    pub pid: u32,
}

impl Ready {
    /// What there is to know of a system on these ports, those of API, DynamoDB and functions.
    pub fn new(base: &str, (port, dynamodb_port, lambda_port): (u16, u16, Option<u16>), demo: Option<&Demo>) -> Self {
        let known = |text: &str| demo.map(|_| text.to_owned());
        let of_client = |text: &str| demo.filter(|demo| demo.client).map(|_| text.to_owned());
        let on = |port: u16| format!("http://127.0.0.1:{port}");
        Self {
            base_url: base.to_owned(),
            api_url: format!("{base}{API}"),
            dynamodb_url: on(dynamodb_port),
            lambda_url: lambda_port.map(on),
            port,
            dynamodb_port,
            lambda_port,
            user: known(demo::USER),
            password: known(demo::PASSWORD),
            client_id: of_client(demo::CLIENT),
            client_secret: of_client(demo::CLIENT_SECRET),
            configuration: demo.map(|demo| demo.configuration.clone()),
            pid: std::process::id(),
        }
    }
}

/// What shows that a file is one of these.
#[derive(Deserialize)]
#[expect(dead_code, reason = "that they are there is what shows it")]
struct Mark {
    base_url: String,
    pid: u32,
}

/// The file, which goes when this is dropped.
pub struct ReadyFile {
    path: PathBuf,
    written: bool,
}

impl ReadyFile {
    /// The file at this place, where nothing stands yet: what an earlier process has left there would be believed.
    pub fn at(path: &Path) -> Result<Self, LocalError> {
        match fs::read(path) {
            Ok(text) if serde_json::from_slice::<Mark>(&text).is_ok() => {
                fs::remove_file(path).map_err(|source| failed(path, &source))?;
            }
            Ok(_) => return Err(failed(path, &"another file is there; choose another place")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(path, &error)),
        }
        Ok(Self { path: path.to_owned(), written: false })
    }

    /// Writes it, whole at once, for its owner's eyes.
    pub fn write(&mut self, ready: &Ready) -> Result<(), LocalError> {
        let text = serde_json::to_string_pretty(ready).map_err(|error| failed(&self.path, &error))?;
        files::replace(&self.path, &(text + "\n")).map_err(|error| failed(&self.path, &error))?;
        self.written = true;
        Ok(())
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if self.written {
            // It is looked at again by the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn failed(path: &Path, problem: &dyn std::fmt::Display) -> LocalError {
    LocalError::ReadyFile { path: path.to_owned(), problem: problem.to_string() }
}
