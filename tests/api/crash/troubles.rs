//! Where the machine lets the process down: callers hear so by a 503, nothing that was answered is lost, and once the cause is
//! gone all goes on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Process, Server};

use super::caller::external;
use crate::BINARY;

/// A process that was started by a shell, which has taken something from it.
struct Limited {
    child: Child,
    api: Api,
}

impl Limited {
    /// Runs the binary on this folder behind these commands of the shell.
    fn start(before: &str, data: &Path) -> Self {
        let command = format!(r#"{before} && exec "$0" local --port 0 --dynamodb-port 0 --data "$1""#);
        let mut child = Command::new("sh");
        let child = child.args(["-c", &command, BINARY, &data.to_string_lossy()]).stdout(Stdio::piped());
        let mut child = child.stderr(Stdio::null()).spawn().expect("the shell starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("Wrap Up API")).expect("a banner");
        let base = line.trim_start_matches("Wrap Up API").trim().trim_end_matches("/api/now/wrapup").to_owned();
        lines.find(|line| line.starts_with("curl ")).expect("the whole banner");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, api: Api::new(&base) }
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a wrap-up, with a long draft. Its id and what was answered last, if anything was; and what was not answered by 200.
async fn write(api: &Api, id: &str) -> (Option<Value>, Vec<(u16, String)>) {
    let mut shown = None;
    let mut refused = Vec::new();
    let open = api.call(Method::POST, "segment/create").json(&external("agent", id));
    let draft = json!({"notes": "What the agent types. ".repeat(500)});
    let draft = api.call(Method::PUT, &format!("segment/draft?external_segment_id={id}")).json(&draft);
    for call in [open, draft] {
        let reply = call.send().await;
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        match reply.status {
            200 => shown = Some(body["segment"].clone()),
            // What was not opened cannot be found.
            404 if shown.is_none() => {}
            status => refused.push((status, reply.text().to_owned())),
        }
    }
    (shown, refused)
}

/// Everything that was answered is there, whole.
async fn assert_kept(api: &Api, answered: &BTreeMap<String, Value>) {
    for (id, shown) in answered {
        assert_eq!(api.get(&format!("segment/{id}")).await.expect(200)["segment"], *shown, "{id}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_a_503_until_there_is_room_again() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let folder = tempfile::tempdir().expect("a folder");
    drop(Server::start_in(BINARY, folder.path()));
    // No file may grow beyond 1 MiB: what a full disk is to whoever writes, and needs no disk of its own.
    let limited = Limited::start("trap '' XFSZ && ulimit -S -f 2048", folder.path());
    let (mut answered, mut refused) = (BTreeMap::new(), Vec::new());
    for number in 0..400 {
        let id = format!("BEFORE-{number}");
        let (shown, not) = write(&limited.api, &id).await;
        answered.extend(shown.map(|shown| (id, shown)));
        refused.extend(not);
        if refused.len() > 20 {
            break;
        }
    }
    assert!(!answered.is_empty() && refused.len() > 20, "{} answered, {} refused", answered.len(), refused.len());
    for (status, body) in &refused {
        assert!(*status == 503 && body.contains("error"), "{status}: {body}");
    }
    // Who reads is answered all the same.
    assert_kept(&limited.api, &answered).await;
    let pid = i32::try_from(limited.child.id()).ok().and_then(Pid::from_raw);
    prlimit(pid, Resource::Fsize, Rlimit { current: None, maximum: None }).expect("the limit is taken away");
    for number in 0..10 {
        let id = format!("AFTER-{number}");
        let (shown, refused) = write(&limited.api, &id).await;
        assert_eq!(refused, []);
        answered.extend(shown.map(|shown| (id, shown)));
    }
    assert_kept(&limited.api, &answered).await;
    drop(limited);
    let server = Server::start_in(BINARY, folder.path());
    assert_kept(&server.api(), &answered).await;
    let expected = answered.values().filter_map(|shown| shown["sys_id"].as_str().map(str::to_owned)).collect();
    assert_eq!(super::audit::of_store(&server, &expected).await, Vec::<String>::new());
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_read_only_is_named_at_the_start_and_works_once_it_is_not() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let mode = |mode: u32| std::fs::set_permissions(folder.path(), Permissions::from_mode(mode)).expect("a mode");
    mode(0o555);
    let data = folder.path().to_string_lossy();
    let local = ["local", "--port", "0", "--dynamodb-port", "0", "--data", &data];
    // Whoever may do everything may write there, too.
    let ended = match rustix::process::getuid().is_root() {
        true => {
            let as_others = ["--bounding-set=-dac_override,-dac_read_search", BINARY];
            Process::start("setpriv", &[&as_others[..], &local[..]].concat(), Path::new("/")).end()
        }
        false => Process::start(BINARY, &local, Path::new("/")).end(),
    };
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains(&*data) && ended.stderr.contains("Permission denied"), "{}", ended.stderr);
    // What it was about to do, and why it did not.
    assert_eq!((ended.stdout.as_str(), ended.stderr.lines().count()), ("", 2), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    mode(0o755);
    let server = Server::start_in(BINARY, folder.path());
    assert_eq!(write(&server.api(), "ONE").await.1, []);
}

#[tokio::test]
async fn two_on_one_folder_are_one_and_a_refusal_while_callers_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(BINARY, folder.path());
    let data = folder.path().to_string_lossy().into_owned();
    let others = (0..3).map(|_| {
        let data = data.clone();
        tokio::task::spawn_blocking(move || {
            let local = ["local", "--port", "0", "--dynamodb-port", "0", "--data", &data];
            Process::start(BINARY, &local, Path::new("/")).end()
        })
    });
    let others: Vec<_> = others.collect();
    let api = server.api();
    let mut answered = BTreeMap::new();
    for number in 0..30 {
        let id = format!("WRAP-{number}");
        let (shown, refused) = write(&api, &id).await;
        assert_eq!(refused, []);
        answered.extend(shown.map(|shown| (id, shown)));
    }
    for other in others {
        let ended = other.await.expect("it ends");
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains("another `wrapup local` uses it"), "{}", ended.stderr);
    }
    server.kill();
    assert_kept(&Server::start_in(BINARY, folder.path()).api(), &answered).await;
}

#[cfg(unix)]
#[tokio::test]
async fn two_hundred_callers_on_64_files_are_answered_or_told_to_come_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let limited = Limited::start("ulimit -n 64", folder.path());
    let base = limited.api.base().to_owned();
    // Each on a connection of its own, all at once, until it is answered.
    let callers = (0..200).map(|number| {
        let base = base.clone();
        async move {
            let id = format!("WRAP-{number}");
            let mut refused = Vec::new();
            for _ in 0..600 {
                let call = Api::new(&base).call(Method::POST, "segment/create").json(&external("agent", &id));
                // A connection that gave way is a connection without an answer.
                match call.try_send().await.map(|reply| (reply.status, reply.text().to_owned())) {
                    Some((200, body)) => {
                        let body: Value = serde_json::from_str(&body).expect("JSON");
                        return (refused, Some((id, body["segment"].clone())));
                    }
                    Some(other) => refused.push(other),
                    None => {}
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            (refused, None)
        }
    });
    let mut answered = BTreeMap::new();
    for (refused, shown) in join_all(callers).await {
        for (status, body) in &refused {
            assert!(*status == 503 && body.contains("error"), "{status}: {body}");
        }
        answered.extend(Some(shown.expect("an answer in the end")));
    }
    assert_eq!(answered.len(), 200);
    assert_kept(&Api::new(&base), &answered).await;
    drop(limited);
    let server = Server::start_in(BINARY, folder.path());
    assert_kept(&server.api(), &answered).await;
    let expected = answered.values().filter_map(|shown| shown["sys_id"].as_str().map(str::to_owned)).collect();
    assert_eq!(super::audit::of_store(&server, &expected).await, Vec::<String>::new());
}

#[test]
fn what_the_machine_of_crashes_is_told_wrongly_it_refuses_in_words() {
    let binary = std::env::current_exe().expect("this program");
    for (name, said) in [("WRAPUP_CRASH_ROUNDS", "many"), ("WRAPUP_CRASH_ROUNDS", "0"), ("WRAPUP_CRASH_SEED", "-1")] {
        let folder = tempfile::tempdir().expect("a folder");
        let one = ["--exact", "--nocapture", "crash::what_was_answered_is_there_however_often_the_process_is_killed"];
        let mut run = Command::new(&binary);
        let ended = run.args(one).env(name, said).env("TMPDIR", folder.path()).output().expect("it runs");
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && words.contains(&format!("{name} has to be a number from")), "{words}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "{name}");
    }
    // No room, as on a full disk: no file may have a byte.
    let folder = tempfile::tempdir().expect("a folder");
    let command = r#"trap '' XFSZ && ulimit -f 0 && exec "$0" --exact --nocapture crash::what_was_answered_is_there_however_often_the_process_is_killed"#;
    let ended = Command::new("sh").args(["-c", command]).arg(&binary).env("TMPDIR", folder.path()).output();
    let ended = ended.expect("it runs");
    let words = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && words.contains("has no room for") && words.contains("TMPDIR"), "{words}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
