//! An operator beside a running server.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use serde_json::Value;
use tempfile::TempDir;
use wrapup_test_support::{Api, Said, Server};

use crate::BINARY;

/// A running server, and a folder for the files that commands read.
pub struct Desk {
    pub server: Server,
    pub folder: TempDir,
}

impl Desk {
    pub fn open() -> Self {
        Self { server: Server::start(BINARY), folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn api(&self) -> Api {
        self.server.api()
    }

    /// Runs a command of words without spaces.
    pub fn run(&self, command: &str) -> Said {
        self.run_with(command, &[], "")
    }

    /// Runs a command with further arguments, and a text on its standard input.
    pub fn run_with(&self, command: &str, arguments: &[&str], input: &str) -> Said {
        let arguments: Vec<&str> = command.split(' ').chain(arguments.iter().copied()).collect();
        self.server.cli(BINARY, &arguments, input).into()
    }

    /// Writes a file, and answers its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_string_lossy().into_owned()
    }

    /// What a list command prints as JSON.
    pub fn list(&self, what: &str) -> Vec<Value> {
        let printed = self.run(&format!("{what} list --output json")).fine();
        serde_json::from_str(&printed).expect("a JSON array")
    }

    /// Imports a file of codes.
    pub fn import(&self, path: &str) -> Said {
        self.run_with("code import", &[path], "")
    }

    /// The code with this label, as `code list` prints it.
    pub fn code(&self, label: &str) -> Value {
        let codes = self.list("code");
        let code = codes.iter().find(|code| code["code"] == label);
        assert!(code.is_some(), "no {label} in {codes:?}");
        code.cloned().unwrap_or_default()
    }

    /// The code with a sys_id, as the API shows it in a language.
    pub async fn shown(&self, sys_id: &str, language: &str) -> Value {
        let api = self.api();
        let get = api.call(Method::GET, &format!("code/{sys_id}")).header("Accept-Language", language);
        get.send().await.expect(200)["result"]["result_map"]["wrap_up_code"].clone()
    }
}
