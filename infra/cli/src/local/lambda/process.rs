//! The process of a function.

use std::fmt;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep};
use wrapup_local_lambda::Runtime;

use super::Function;
use crate::output;

/// What became of a process.
enum Ended {
    /// It ended by itself, before it had answered anything or after that.
    ByItself { status: ExitStatus, has_answered: bool },
    /// It did not answer in time; none where it could be ended.
    Overdue(Option<io::Error>),
    /// Nobody knows.
    Lost(io::Error),
    /// There was none.
    NotStarted(io::Error),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByItself { status, has_answered: true } => write!(f, "has ended ({status})"),
            Self::ByItself { status, has_answered: false } => {
                write!(f, "has ended without having answered anything ({status})")
            }
            Self::Overdue(None) => f.write_str("did not answer in time and was ended"),
            Self::Overdue(Some(error)) => write!(f, "did not answer in time and does not end: {error}"),
            Self::Lost(error) => write!(f, "is lost: {error}"),
            Self::NotStarted(error) => write!(f, "does not start: {error}"),
        }
    }
}

/// What is said of a function whose process is of no use: usually it cannot start at all, and whoever has just typed its
/// command looks at the terminal.
fn of_no_use(function: &Function, ended: &Ended, pause: Duration) -> String {
    let Function { name, command } = function;
    let program = command.split_whitespace().next().unwrap_or_default();
    let why = match ended {
        Ended::ByItself { status, .. } if status.code() == Some(NO_SUCH_COMMAND) => {
            format!(": '{program}' is no command here")
        }
        _ => String::new(),
    };
    format!(
        "--function {name}: `{command}` {ended}{why}. It is started again in {} s, then less and less often; the rest runs on",
        pause.as_secs()
    )
}

/// What a shell answers that finds no such command.
const NO_SUCH_COMMAND: i32 = 127;

/// How long a process that has ended stays away: the first time, and at most.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long a process has to live to count as one that works, if it has answered nothing.
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// Keeps one process of a function running; what a process was working on ends with it. One that ends again and again
/// without ever having answered is started less and less often.
pub async fn keep_running(function: Function, address: String, runtime: Arc<Runtime>) {
    let mut pause = SHORTEST_PAUSE;
    let mut in_vain = 0_u32;
    loop {
        let overdue = runtime.process_begins();
        let begin = Instant::now();
        let child = Command::new("sh")
            // `exec`, so that ending the process ends the function and not a shell around it.
            .args(["-c", &format!("exec {}", function.command)])
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .env("AWS_LAMBDA_FUNCTION_NAME", &function.name)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let ended = match child {
            Ok(mut child) => tokio::select! {
                ended = child.wait() => ended.map_err(Ended::Lost),
                () = overdue.notified() => Err(Ended::Overdue(child.kill().await.err())),
            },
            Err(error) => Err(Ended::NotStarted(error)),
        };
        let has_answered = runtime.process_ended();
        let ended = ended.map_or_else(|ended| ended, |status| Ended::ByItself { status, has_answered });
        if has_answered || begin.elapsed() >= LONG_ENOUGH {
            (pause, in_vain) = (SHORTEST_PAUSE, 0);
        } else {
            in_vain = in_vain.saturating_add(1);
        }
        if in_vain == 1 {
            output::complain(&of_no_use(&function, &ended, pause));
        } else {
            tracing::warn!(
                function = function.name,
                in_vain,
                "the function's process {ended}; the next one starts in {} s",
                pause.as_secs()
            );
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
