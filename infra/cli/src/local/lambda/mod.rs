//! Lambda on this machine: the Invoke API in front of functions that run as processes and speak the
//! Lambda Runtime API, as they do in AWS. Both are `wrapup-local-lambda`'s; here stand queues, and processes that
//! are started again.

mod invoke;
mod process;

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use wrapup_local_lambda::{Runtime, invoke_api};

use super::LocalError;
use super::server::{Guard, Limits, Server};
use invoke::Queues;

/// How long an invocation may take: longer than the API waits for one.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Invocations that wait for one function.
const LONGEST_QUEUE: usize = 100;

/// Connections to one function's Runtime API: its process needs one or two.
const RUNTIME_CONNECTIONS: usize = 32;

/// A function that is to run: its name, and the command that starts its process.
#[derive(Clone, Debug)]
pub struct Function {
    name: String,
    command: String,
}

impl std::str::FromStr for Function {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, command)) if is_name(name) && !command.trim().is_empty() => {
                Ok(Self { name: name.to_owned(), command: command.to_owned() })
            }
            _ => Err("has to be NAME=COMMAND, where NAME is up to 64 letters, digits, hyphens and underscores"),
        }
    }
}

/// Whether Lambda takes this as a function's name.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Refuses functions of which two have one name: whoever invokes it would reach one of them, and not know which.
pub fn refuse_same_names(functions: &[Function]) -> Result<(), LocalError> {
    for (index, second) in functions.iter().enumerate() {
        if let Some(first) = functions[..index].iter().find(|first| first.name == second.name) {
            let (first, name, second) = (first.command.clone(), second.name.clone(), second.command.clone());
            return Err(LocalError::FunctionTwice { name, first, second });
        }
    }
    Ok(())
}

/// Starts the functions, each of another name, and serves the Invoke API on `listener`.
pub async fn start(listener: TcpListener, functions: Vec<Function>, limits: Limits) -> Result<(), LocalError> {
    let mut queues = HashMap::new();
    for function in functions {
        let (queue, waiting) = mpsc::channel(LONGEST_QUEUE);
        queues.insert(function.name.clone(), queue);
        let runtime = Arc::new(Runtime::new(function.name.clone(), TIMEOUT, waiting));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let limits = Limits { connections: RUNTIME_CONNECTIONS, ..limits };
        let server = Server::new(Arc::clone(&runtime).routes(), Guard::for_programs(address.port()), limits);
        tokio::spawn(server.serve(listener, pending()));
        tokio::spawn(process::keep_running(function, address.to_string(), runtime));
    }
    let guard = Guard::for_programs(listener.local_addr()?.port());
    tokio::spawn(Server::new(invoke_api(Arc::new(Queues(queues))), guard, limits).serve(listener, pending()));
    Ok(())
}
