//! The process of a function.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, sleep};
use wrapup_local_lambda::Runtime;

use super::Function;
use crate::output;

/// What is said of a function whose process has ended without having asked for work or answered: usually it cannot start at
/// all, and whoever has just typed its command looks at the terminal.
fn does_not_start(function: &Function, ended: &str, pause: Duration) -> String {
    let Function { name, command } = function;
    let program = command.split_whitespace().next().unwrap_or_default();
    let why = match ended.contains(&format!("exit status: {NO_SUCH_COMMAND}")) {
        true => format!(": '{program}' is no command here"),
        false => String::new(),
    };
    format!(
        "--function {name}: `{command}` {ended} without having answered anything{why}. It is started again in {} s, then less \
         and less often; the rest runs on",
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
                ended = child.wait() => match ended {
                    Ok(status) => format!("has ended ({status})"),
                    Err(error) => format!("is lost: {error}"),
                },
                () = overdue.notified() => match child.kill().await {
                    Ok(()) => "did not answer in time and was ended".to_owned(),
                    Err(error) => format!("did not answer in time and does not end: {error}"),
                },
            },
            Err(error) => format!("does not start: {error}"),
        };
        if runtime.process_ended() || begin.elapsed() >= LONG_ENOUGH {
            (pause, in_vain) = (SHORTEST_PAUSE, 0);
        } else {
            in_vain = in_vain.saturating_add(1);
        }
        if in_vain == 1 {
            output::complain(&does_not_start(&function, &ended, pause));
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
