use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use serde_json::Value;
use wrapup::dynamodb::{Connection, connect};

use crate::Api;

/// How the binary serves the API without being in another's way.
const ON_FREE_PORTS: [&str; 5] = ["local", "--port", "0", "--dynamodb-port", "0"];

/// A running `wrapup local`, killed when dropped.
pub struct Server {
    child: Child,
    /// What the process printed when it was ready.
    pub banner: String,
    base: String,
    /// The port of its DynamoDB.
    pub dynamodb_port: u16,
}

impl Server {
    /// Starts the binary with its data in memory, on free ports.
    pub fn start(binary: &str) -> Self {
        Self::start_with(binary, &["--in-memory"], &[])
    }

    /// Starts the binary with its data in a folder, on free ports.
    pub fn start_in(binary: &str, data: &Path) -> Self {
        Self::start_with(binary, &["--data", &data.to_string_lossy()], &[])
    }

    /// Starts the binary with arguments and environment variables, on free ports.
    pub fn start_with(binary: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(binary);
        Self::run(command.args(ON_FREE_PORTS).args(arguments).envs(environment.iter().copied()))
    }

    /// Starts the binary with its data in memory, on free ports, for as long as this process runs: it ends behind it even
    /// if nobody drops this, as nobody does with what a static holds.
    pub fn of_the_process(binary: &str) -> Self {
        // The pipe to the shell closes with this process, whatever ends it.
        let script = r#""$@" & exec >&-; read -r _; kill "$!""#;
        let mut command = Command::new("sh");
        let command = command.args(["-c", script, "sh", binary]).args(ON_FREE_PORTS).arg("--in-memory");
        Self::run(command.stdin(Stdio::piped()))
    }

    fn run(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the binary starts");
        let mut banner = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        // The banner's last line is the curl to paste.
        while !banner.contains("curl ") {
            match lines.next() {
                Some(Ok(line)) => banner.push_str(&(line + "\n")),
                _ => panic!("the server ended early; it printed:\n{banner}"),
            }
        }
        // Keeps reading, so that the process never waits for its output to be taken.
        std::thread::spawn(move || lines.for_each(drop));
        let after = |text: &str| {
            let rest = banner.split(text).nth(1).unwrap_or_else(|| panic!("no {text} in:\n{banner}"));
            rest.chars().take_while(char::is_ascii_digit).collect::<String>()
        };
        let base = format!("http://127.0.0.1:{}", after("Wrap Up API   http://127.0.0.1:"));
        let dynamodb_port = after("DynamoDB      http://127.0.0.1:").parse().expect("a port");
        Self { child, base, dynamodb_port, banner }
    }

    /// The API as the demo user calls it.
    pub fn api(&self) -> Api {
        Api::new(&self.base)
    }

    /// The sys_id of the demo configuration for internal wrap-ups.
    pub fn demo_configuration(&self) -> String {
        let line =
            self.banner.lines().find(|line| line.starts_with("Demo configuration")).expect("a demo configuration");
        line.rsplit(' ').next().expect("a sys_id").to_owned()
    }

    /// The SDK on this server's DynamoDB.
    pub fn dynamodb(&self) -> Client {
        connect(Connection {
            region: "us-east-1".to_owned(),
            endpoint: Some(format!("http://127.0.0.1:{}", self.dynamodb_port)),
            credentials: Credentials::new("local", "local", None, None, "test"),
        })
    }

    /// Runs an operator's command against this server.
    pub fn cli(&self, binary: &str, arguments: &[&str], input: &str) -> Output {
        let port = self.dynamodb_port.to_string();
        let arguments = [arguments, &["--local", "--dynamodb-port", &port]].concat();
        run_cli_with_input(binary, &arguments, input)
    }

    /// The same with further variables in its environment, and nothing on its standard input.
    pub fn cli_with(&self, binary: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let port = self.dynamodb_port.to_string();
        let mut command = Command::new(binary);
        command.args(arguments).args(["--local", "--dynamodb-port", &port]);
        command.envs(environment.iter().copied()).stdin(Stdio::null()).output().expect("the binary runs")
    }

    /// The labels of all wrap-up codes that are stored.
    pub fn code_labels(&self, binary: &str) -> Vec<String> {
        let output = self.cli(binary, &["code", "list", "--output", "json"], "");
        let codes: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a JSON list of codes");
        codes.iter().map(|code| code["code"].as_str().expect("a label").to_owned()).collect()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills the process as `kill -9` does, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
    }

    /// Waits until the process has ended by itself.
    pub fn wait(mut self) -> std::process::ExitStatus {
        self.child.wait().expect("the process ends")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end.
pub fn run_cli(binary: &str, arguments: &[&str]) -> Output {
    run_cli_with_input(binary, arguments, "")
}

/// Runs the binary to its end, with these variables beside the others.
pub fn run_cli_with_env(binary: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary);
    command.args(arguments).envs(environment.iter().copied());
    command.output().expect("the binary runs")
}

/// Runs the binary to its end, with a text on its standard input.
pub fn run_cli_with_input(binary: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(binary)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A process that does not read its input may close it: no matter.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the binary ends")
}
