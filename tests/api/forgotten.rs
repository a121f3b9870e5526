//! What commands say where something was forgotten, misspelt or has not been started.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use wrapup_test_support::{Said, Server, run_cli, run_cli_with_env};

use crate::BINARY;
use crate::desk::Desk;

/// A port on which nobody listens.
fn free_port() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port().to_string()
}

/// The one line of a complaint.
#[track_caller]
fn one_line(said: &Said) -> &str {
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    said.err.trim_end()
}

#[test]
fn aws_that_is_not_set_up_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    for (region, lacks) in [(None, "no "), (Some("eu-central-1"), "no credentials can be found")] {
        let mut command = Command::new(BINARY);
        command.args(["user", "list"]).env_clear().env("HOME", folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
        command.envs(region.map(|region| ("AWS_REGION", region))).stdin(Stdio::null());
        let said: Said = command.output().expect("the binary runs").into();
        let said =
            said.failed(&["AWS is not set up here", lacks, "--local", "WRAPUP_LOCAL=1", "--profile", "--region"]);
        one_line(&said);
    }
}

#[tokio::test]
async fn a_variable_stands_in_for_local() {
    let server = Server::start(BINARY);
    let port = server.dynamodb_port.to_string();
    let list = ["user", "list", "--dynamodb-port", &port];
    let said =
        |arguments: &[&str], value: &str| Said::from(run_cli_with_env(BINARY, arguments, &[("WRAPUP_LOCAL", value)]));
    assert!(said(&list, "1").fine().contains("username"));
    assert!(said(&[&list[..], &["--local"]].concat(), "0").fine().contains("username"));
    said(&list, "0").misused();
    said(&list, "").misused();
    for (arguments, value, words) in [
        (&["user", "list"][..], "yes", "WRAPUP_LOCAL has to be 1 or 0"),
        (&["user", "list", "--region", "eu-central-1"], "1", "--region"),
        (&["user", "list", "--local", "--profile", "desk"], "0", "--profile"),
    ] {
        let said = said(arguments, value);
        assert_eq!(said.status, Some(2), "{said:?}");
        assert!(said.err.contains(words), "{said:?}");
    }
}

#[test]
fn a_local_system_that_does_not_run_is_said_how_to_start() {
    let port = free_port();
    for command in
        ["user list", "code list", "segment list --state open", "segment-table list", "ai learned", "tables create"]
    {
        let arguments: Vec<&str> = command.split(' ').chain(["--local", "--dynamodb-port", &port]).collect();
        let said = Said::from(run_cli(BINARY, &arguments)).failed(&[&port, "`wrapup local`", "--dynamodb-port"]);
        assert!(one_line(&said).starts_with("wrapup: no local system answers on port "), "{command}: {}", said.err);
    }
    // It is for nothing else.
    let said = Said::from(run_cli(BINARY, &["demo", "--dynamodb-port", &port])).failed(&["`wrapup local`"]);
    assert!(one_line(&said).starts_with("wrapup: no local system answers on port "), "{}", said.err);
}

#[tokio::test]
async fn names_that_are_near_are_offered() {
    let desk = Desk::open();
    desk.run("user disable usernmae")
        .failed(&["There is no user 'usernmae'. Did you mean 'username'?", "wrapup user list"]);
    let said = desk.run("user disable somebody").failed(&["There is no user 'somebody'.", "wrapup user list"]);
    assert!(!said.err.contains("Did you mean"), "{}", said.err);
    let name = desk.list("configuration")[0]["name"].as_str().expect("a name").to_owned();
    let near = format!("Did you mean '{name}'?");
    desk.run_with("configuration show", &[&format!("{name}x")], "").failed(&[&near, "wrapup configuration list"]);
    desk.run("segment-table verify sn_openframe_phonelog")
        .failed(&["no segment table 'sn_openframe_phonelog' is served: did you mean 'sn_openframe_phone_log'?"]);
}

#[tokio::test]
async fn a_configuration_is_put_and_shown_by_its_name() {
    let desk = Desk::open();
    let put = |file: &Value| desk.run_with("configuration put", &[&desk.file("one.json", file.to_string())], "");
    let sys_id = put(&json!({"name": "Calls"})).did(&["wrapup: created Calls"]);
    assert_eq!(sys_id.trim().len(), 32, "the sys_id stands alone: {sys_id}");
    assert_eq!(put(&json!({"name": "Calls"})).did(&["wrapup: unchanged: Calls"]), sys_id);
    assert_eq!(put(&json!({"name": "Calls", "active": false})).did(&["wrapup: updated Calls"]), sys_id);
    let shown = desk.run("configuration show Calls").fine();
    assert_eq!(shown, desk.run(&format!("configuration show {}", sys_id.trim())).fine());
    let another = "0123456789abcdef0123456789abcdef";
    put(&json!({"name": "Calls", "sys_id": another})).did(&["created"]);
    desk.run("configuration show Calls").failed(&["several configurations are named 'Calls'", sys_id.trim(), another]);
}

#[tokio::test]
async fn segment_tables_are_those_that_the_running_system_serves() {
    let tables = [("WRAPUP_SEGMENT_TABLES", r#"{"u_chat": "chat"}"#)];
    let server = Server::start_with(BINARY, &["--in-memory"], &tables);
    let list = ["segment-table", "list", "--output", "json"];
    let names = |said: Said| -> Value { serde_json::from_str(&said.fine()).expect("JSON") };
    let both = json!([{"segment_table": "sn_openframe_phone_log"}, {"segment_table": "u_chat"}]);
    assert_eq!(names(server.cli(BINARY, &list, "").into()), both);
    // Without a local system it is what the environment makes.
    assert_eq!(names(run_cli(BINARY, &list).into()), json!([{"segment_table": "sn_openframe_phone_log"}]));
    // Whatever else answers there is not believed.
    let port = server.api().base().rsplit(':').next().expect("a port").to_owned();
    let other = ["segment-table", "list", "--local", "--dynamodb-port", &port];
    Said::from(run_cli(BINARY, &other)).failed(&["does not say which segment tables it serves", "404"]);
}

#[tokio::test]
async fn a_function_that_cannot_start_is_named_and_the_rest_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, log) = (folder.path().join("wrapup"), folder.path().join("log"));
    let mut file = std::fs::File::create(&script).expect("a file");
    write!(file, "#!/bin/sh\nexec {BINARY} \"$@\" 2>{}\n", log.display()).expect("a script");
    file.set_permissions(PermissionsExt::from_mode(0o700)).expect("a script that runs");
    drop(file);
    let functions =
        ["--in-memory", "--lambda-port", "0", "--function", "chat=no-such-program-here", "--function", "mail=false"];
    let server = Server::start_with(&script.to_string_lossy(), &functions, &[]);
    server.api().get("code/nothing").await.expect(404);
    let named = [
        "--function chat: `no-such-program-here`",
        "'no-such-program-here' is no command here",
        "--function mail: `false`",
    ];
    let said = || std::fs::read_to_string(&log).expect("what was said");
    for _ in 0..200 {
        if named.iter().all(|words| said().contains(words)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for words in named {
        assert!(said().contains(words), "no '{words}' in: {}", said());
    }
}

#[test]
fn an_evaluation_ends_where_the_provider_refuses_the_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.jsonl");
    let row = json!({"transcript": "Customer: I want my money back.", "code": "Refund", "allowed_codes": [{"code": "Refund"}, {"code": "Tax"}]});
    std::fs::write(&file, format!("{row}\n{row}\n{row}\n")).expect("a file");
    let url = format!("http://127.0.0.1:{}/v1", free_port());
    let environment = [("WRAPUP_AI_URL", url.as_str()), ("WRAPUP_AI_MODEL", "a-model")];
    let arguments = ["ai", "evaluate", &file.to_string_lossy(), "--provider", "openai"];
    let said = Said::from(run_cli_with_env(BINARY, &arguments, &environment));
    let said = said.failed(&["cannot be reached", "from line 1 on", &url]);
    assert_eq!((one_line(&said).is_empty(), said.out.as_str()), (false, ""));
}

#[test]
fn shells_take_the_completions() {
    for (shell, words) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef wrapup"),
        ("fish", "complete -c wrapup"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = Said::from(run_cli(BINARY, &["completions", shell])).fine();
        assert!(script.contains(words) && script.contains("configuration"), "{shell}");
        if shell == "bash" {
            let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().expect("bash");
            bash.stdin.take().expect("a pipe").write_all(script.as_bytes()).expect("it reads");
            assert!(bash.wait().expect("it ends").success());
        }
    }
    Said::from(run_cli(BINARY, &["completions", "csh"])).misused();
}
