//! Trying things out with `wrapup local`: faults on purpose, a clock that is set, beginning anew, and what those are told who
//! start it.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Answer, Api, Ended, Process, Receiver, Reply, Server, external, merged, signal};

use crate::{BINARY, shared};

const ON_FREE_PORTS: [&str; 5] = ["local", "--port", "0", "--dynamodb-port", "0"];

/// A server with its data in memory, and these options.
fn start(options: &[&str]) -> Server {
    Server::start_with(BINARY, options, &[])
}

/// Runs `wrapup local` to its end, which comes at once where it is refused.
fn refused(options: &[&str]) -> String {
    let ended = run_to_end(options);
    assert!(!ended.status.success(), "{}", ended.stdout);
    ended.stderr
}

fn run_to_end(options: &[&str]) -> Ended {
    Process::start(BINARY, &[&ON_FREE_PORTS, options].concat(), Path::new(".")).end()
}

/// The answer to a call to which this is to happen; none where the connection was closed without one.
async fn with_fault(api: &Api, method: &str, path: &str, fault: &str, body: &Value) -> Option<(u16, Value)> {
    let call = api.call(Method::from_bytes(method.as_bytes()).expect("a method"), path).header("X-Wrapup-Fault", fault);
    let answer = call.json(body).try_send().await?;
    Some((answer.status, serde_json::from_slice(&answer.body).unwrap_or_default()))
}

async fn control(api: &Api, method: Method, path: &str, body: &str) -> Reply {
    api.raw(method, path).body("application/json", body.to_owned()).send().await
}

/// Moves the clock of a server, and answers what it shows then.
async fn turn(api: &Api, by: &str) -> String {
    let reply = control(api, Method::POST, "/local/clock", by).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let shown: Value = serde_json::from_slice(&reply.body).expect("JSON");
    shown["now"].as_str().expect("a time").to_owned()
}

async fn begin_anew(api: &Api) {
    assert_eq!(control(api, Method::POST, "/local/reset", "").await.status, 204);
}

// Faults.

#[tokio::test]
async fn a_call_suffers_the_fault_that_it_asks_for() {
    let api = shared().api();
    for (status, message, retry) in [
        ("429", "Too Many Requests", true),
        ("500", "Internal Server Error", false),
        ("502", "Internal Server Error", false),
        ("503", "Service Unavailable", true),
        ("504", "Internal Server Error", false),
    ] {
        let call = api.call(Method::POST, "segment/create").header("X-Wrapup-Fault", status);
        let reply = call.json(&external(&format!("FAULT-{status}"))).send().await;
        let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
        assert_eq!((reply.status.to_string().as_str(), &body["error"]["message"]), (status, &json!(message)));
        assert_eq!(body["status"], "failure");
        assert_eq!(reply.headers.contains_key("retry-after"), retry, "{status}");
        assert_eq!(reply.header("x-wrapup-fault"), status);
        // It was not done.
        api.get(&format!("segment/FAULT-{status}")).await.segment_error(404);
    }
    let in_xml = api.call(Method::GET, "code").header("X-Wrapup-Fault", "503").header("Accept", "application/xml");
    assert!(in_xml.send().await.text().contains("<message>Service Unavailable</message>"));
    let delayed = api.call(Method::GET, "code").header("X-Wrapup-Fault", "delay 20ms").send().await;
    assert_eq!((delayed.status, delayed.header("x-wrapup-fault")), (200, "delay 20ms"));
    let token = api.raw(Method::POST, "/oauth_token.do").header("X-Wrapup-Fault", "502").send().await;
    assert_eq!(token.status, 502);
    // Pages have none.
    assert_eq!(api.raw(Method::GET, "/openapi.json").header("X-Wrapup-Fault", "503").send().await.status, 200);
}

#[tokio::test]
async fn faults_are_those_of_the_method_that_a_call_means() {
    let server = start(&["--in-memory", "--fault", "PUT segment/update: 503"]);
    let api = server.api();
    let update = |method: &str| {
        let call = api.call(Method::POST, "segment/update?external_segment_id=NONE");
        call.header("X-HTTP-Method-Override", method).json(&json!({})).send()
    };
    let meant = update("put").await;
    assert_eq!((meant.status, meant.header("x-wrapup-fault")), (503, "503"));
    assert!(update("GET").await.status < 500);
}

#[tokio::test]
async fn a_connection_ends_before_the_call_is_done_or_after_it() {
    let api = shared().api();
    let path = "segment/create";
    assert_eq!(with_fault(&api, "POST", path, "drop", &external("FAULT-DROP")).await, None);
    api.get("segment/FAULT-DROP").await.segment_error(404);
    assert_eq!(with_fault(&api, "POST", path, "delay 10ms, drop-after", &external("FAULT-AFTER")).await, None);
    let stored = api.get("segment/FAULT-AFTER").await.expect(200);
    // What a client does then gets the segment that is there.
    let again = api.post(path, &external("FAULT-AFTER")).await.expect(200);
    assert_eq!(again["segment"]["sys_id"], stored["segment"]["sys_id"]);
}

#[tokio::test]
async fn a_fault_that_is_none_is_refused_with_those_that_there_are() {
    let api = shared().api();
    for wrong in ["", "404", "drop after", "503 10%", "delay", "delay 1h", "503,", "drop-after;503", &"503,".repeat(20)]
    {
        let (status, body) = with_fault(&api, "GET", "code", wrong, &Value::Null).await.expect("an answer");
        let detail = body["error"]["detail"].as_str().unwrap_or_default();
        assert!(
            status == 400 && detail.contains("drop-after") && detail.contains("429, 500"),
            "{wrong}: {status} {detail}"
        );
    }
}

#[tokio::test]
async fn calls_suffer_what_the_start_says_and_the_same_again_by_the_same_seed() {
    let options = [
        "--in-memory",
        "--fault",
        "GET code: 503 40%",
        "--fault",
        "PUT segment/update: drop-after",
        "--fault-seed",
        "42",
    ];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = start(&options);
        let told = |line: &str| server.banner.contains(line);
        assert!(told("Faults        GET code: 503 40%") && told("Faults        PUT segment/update: drop-after 100%"));
        assert!(told("--fault-seed 42"), "{}", server.banner);
        let api = server.api();
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(api.get("code").await.status);
            // Another endpoint's calls change nothing of it.
            api.get("configuration").await.expect(200);
        }
        assert!(statuses.contains(&503) && statuses.contains(&200), "{statuses:?}");
        // Whoever wants none gets none.
        for _ in 0..20 {
            let call = api.call(Method::GET, "code").header("X-Wrapup-Fault", "none").send().await;
            assert_eq!((call.status, call.headers.contains_key("x-wrapup-fault")), (200, false));
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn faults_that_are_none_are_refused_at_the_start() {
    for (rule, said) in [
        ("PUT segment/update", "colon"),
        ("PUT segment/update: 503 10%, slow", "at character 30"),
        ("PUT segment/update: 503 200%", "`200%`"),
        ("PUT segment/updat: 503", "PUT segment/update"),
        ("put segment/update: 503", "names no calls"),
    ] {
        let stderr = refused(&["--in-memory", "--fault", rule]);
        assert!(stderr.contains(said), "{rule}: {stderr}");
    }
    assert!(refused(&["--in-memory", "--fault-seed", "1"]).contains("--fault"));
}

// The clock.

/// A wrap-up that ends a minute after eight, and is kept for a day then.
fn of_a_minute(id: &str) -> Value {
    let own = json!({"opened_on": "2026-01-05 08:00:00", "configuration": {"duration": 60, "show_timer": true}});
    merged(external(id), &own)
}

#[tokio::test]
async fn deadlines_and_expiry_come_when_the_clock_is_moved() {
    let receiver = Receiver::start(|_| Answer::Status(204));
    let options = ["--for-tests", "--clock", "2026-01-05 08:00:00 x0", "--webhook", &receiver.url("/events")];
    let server = Server::start_with(BINARY, &options, &[("WRAPUP_RETENTION_DAYS", "1")]);
    assert!(server.banner.contains("Clock         2026-01-05 08:00:00 UTC, and stands still"), "{}", server.banner);
    let api = server.api();
    let opened = api.post("segment/create", &of_a_minute("TIMED")).await.expect(200)["segment"].clone();
    assert_eq!((&opened["sys_created_on"], &opened["state"]), (&json!("2026-01-05 08:00:00"), &json!("open")));
    assert_eq!(turn(&api, r#"{"forward": "2m"}"#).await, "2026-01-05 08:02:00");
    let closed = api.get("segment/TIMED").await.expect(200)["segment"].clone();
    assert_eq!((&closed["state"], &closed["timed_out"]), (&json!("closed"), &json!(true)));
    // The job has stored it, and told of it.
    receiver.wait_until(|received| received.iter().any(|one| one.event["data"]["state"] == "closed"));
    turn(&api, r#"{"forward": "2d"}"#).await;
    let mut left = 1;
    for _ in 0..600 {
        left =
            server.stored("interaction_wrap_up_segment").await.iter().filter(|one| one.contains_key("state")).count();
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(left, 0, "what is over is still there");
}

#[tokio::test]
async fn a_token_ends_by_the_clock() {
    let server = start(&["--in-memory", "--clock", "2026-01-05 08:00:00"]);
    let api = server.api();
    let form = "grant_type=client_credentials&client_id=de30c11e47000000000000000000c0de\
                &client_secret=wu_TheDemoClientsSecretThatEverybodyMayKnow000eGgSbG";
    let call = api.raw(Method::POST, "/oauth_token.do").body("application/x-www-form-urlencoded", form.to_owned());
    let granted: Value = serde_json::from_slice(&call.send().await.body).expect("JSON");
    let token = format!("Bearer {}", granted["access_token"].as_str().expect("a token"));
    let status =
        async || api.raw(Method::GET, "/api/now/v1/wrapup/code").header("Authorization", &token).send().await.status;
    assert_eq!(status().await, 200);
    let later = turn(&api, r#"{"forward": "1h", "speed": 60}"#).await;
    assert!(later.as_str() >= "2026-01-05 09:00:00", "{later}");
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn a_faster_clock_brings_deadlines_sooner() {
    let server = start(&["--in-memory", "--clock", "2026-01-05 08:00:00 x600"]);
    let api = server.api();
    api.post("segment/create", &of_a_minute("FAST")).await.expect(200);
    let mut stored = Vec::new();
    for _ in 0..600 {
        stored = server.stored("interaction_wrap_up_segment").await;
        stored.retain(|one| one.get("state") == Some(&AttributeValue::S("closed".to_owned())));
        if !stored.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stored.len(), 1, "nobody has stored its end");
}

#[tokio::test]
async fn a_clock_is_moved_by_what_it_takes_and_the_machines_by_nothing() {
    let api = shared().api();
    let reply = control(&api, Method::POST, "/local/clock", r#"{"forward": "2m"}"#).await;
    assert!(reply.status == 403 && reply.text().contains("--clock or --for-tests"), "{}", reply.text());
    let reply = control(&api, Method::POST, "/local/reset", "").await;
    assert!(reply.status == 403 && reply.text().contains("--for-tests"), "{}", reply.text());
    let shown = control(&api, Method::GET, "/local/clock", "").await;
    assert!(shown.status == 200 && shown.text().contains(r#""speed":1"#), "{}", shown.text());

    let server = start(&["--for-tests"]);
    let api = server.api();
    for (body, said) in [
        ("", "forward"),
        ("2m", "forward"),
        (r#"{"forward": "2 minutes"}"#, "2 minutes"),
        (r#"{"forward": 2}"#, "forward"),
        (r#"{"backward": "2m"}"#, "backward"),
        (r#"{"set": "2026-13-05 08:00:00"}"#, "2026-13-05"),
        (r#"{"speed": 1000000}"#, "x1000000"),
        (&format!(r#"{{"set": "{}"}}"#, "2".repeat(5_000)), "4096"),
    ] {
        let reply = control(&api, Method::POST, "/local/clock", body).await;
        assert!(reply.status == 400 && reply.text().contains(said), "{said}: {} {}", reply.status, reply.text());
    }
    assert_eq!(
        turn(&api, r#"{"set": "2030-01-01 00:00:00", "forward": "1d", "speed": 0}"#).await,
        "2030-01-02 00:00:00"
    );
    // Not to a page of another site.
    let page = api.raw(Method::POST, "/local/reset").header("Origin", "https://example.com").send().await;
    assert_eq!(page.status, 403);
}

#[test]
fn a_clock_that_is_none_is_refused_at_the_start() {
    for (clock, said) in
        [("yesterday", "yyyy-MM-dd HH:mm:ss"), ("x-1", "x60"), ("x60 2026-01-05 08:00:00", "the time first")]
    {
        let stderr = refused(&["--in-memory", "--clock", clock]);
        assert!(stderr.contains(said), "{clock}: {stderr}");
    }
}

#[test]
fn a_clock_ahead_of_what_is_kept_asks_first_and_says_what_it_may_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let data = data.to_str().expect("a path");
    let run = |options: &[&str]| {
        let all = [&ON_FREE_PORTS[..], &["--data", data], options].concat();
        let mut server = Process::start(BINARY, &all, folder.path());
        server.line_with("Try it");
        signal(server.pid(), "TERM");
        server.end()
    };
    let warning = "is ended or removed for good";
    // Nothing is there yet.
    let first = run(&["--clock", "2040-01-01 00:00:00"]);
    assert!(first.status.success() && first.stderr.contains(warning), "{}", first.stderr);
    for clock in ["2040-01-01 00:00:00", "2040-01-01 00:00:00 x60"] {
        let stderr = refused(&["--data", data, "--clock", clock]);
        assert!(stderr.contains(data) && stderr.contains("say --yes") && stderr.contains("--in-memory"), "{stderr}");
    }
    assert!(run(&["--clock", "2040-01-01 00:00:00", "--yes"]).status.success());
    let fast = run(&["--clock", "x60"]);
    assert!(fast.status.success() && fast.stderr.contains(warning), "{}", fast.stderr);
    let plain = run(&[]);
    assert!(plain.status.success() && !plain.stderr.contains(warning), "{}", plain.stderr);
    assert!(refused(&["--data", data, "--yes"]).contains("--yes"));
}

// Beginning anew.

#[tokio::test]
async fn tests_begin_anew_with_the_demo_data_the_clock_and_the_faults_of_the_start() {
    let server = start(&[
        "--for-tests",
        "--clock",
        "2026-01-05 08:00:00 x0",
        "--fault",
        "GET code: 503 50%",
        "--fault-seed",
        "7",
    ]);
    let api = server.api();
    let mut runs = Vec::new();
    let mut first = Value::Null;
    let console = async || {
        let reply = api.raw(Method::GET, "/console/news").basic_auth("username", "password").send().await;
        serde_json::from_slice::<Value>(&reply.body).expect("JSON")
    };
    let mut before = console().await["run"].clone();
    for round in 0..3 {
        api.get("segment/ANEW").await.segment_error(404);
        let opened = api.post("segment/create", &external("ANEW")).await.expect(200);
        // One internal wrap-up, whose configuration and codes are remembered from call to call.
        let internal = json!({
            "agent_sys_id": "agent-7", "interaction_sys_id": "interaction-1",
            "wrap_up_configuration_sys_id": server.demo_configuration(),
        });
        let internal = api.post("segment/create", &internal).await.expect(200)["segment"].clone();
        let shown = api.get(&format!("segment/{}", internal["sys_id"].as_str().expect("a sys_id"))).await.expect(200);
        assert_eq!(shown["segment"]["wrap_up_configuration"], internal["wrap_up_configuration"]);
        if first.is_null() {
            first = opened["segment"]["sys_created_on"].clone();
        }
        assert_eq!(opened["segment"]["sys_created_on"], first);
        turn(&api, r#"{"forward": "1h"}"#).await;
        let code = json!({"codes": [{"code": "Of one test alone"}]});
        api.post("code", &code).await.expect(200);
        let mut statuses = Vec::new();
        for _ in 0..20 {
            statuses.push(api.get("code").await.status);
        }
        runs.push(statuses);
        begin_anew(&api).await;
        // Segments are gone, and so are their events at the console; what clients have sent is not.
        let now = console().await;
        assert_eq!((&now["events"], now["run"] == before), (&json!([]), false));
        assert!(now["exchanges"].as_array().is_some_and(|all| all.len() > 20 * (round + 1)), "{now}");
        before = now["run"].clone();
        let labels = server.code_labels(BINARY);
        assert!(labels.len() == 3 && !labels.contains(&"Of one test alone".to_owned()), "{labels:?}");
    }
    assert!(runs[0] == runs[1] && runs[1] == runs[2], "{runs:?}");
}

#[tokio::test]
async fn calls_that_run_while_tests_begin_anew_end_well() {
    let server = start(&["--for-tests"]);
    let calls = (0..4).map(|caller| {
        let api = server.api();
        tokio::spawn(async move {
            for number in 0..25 {
                api.post("segment/create", &external(&format!("BUSY-{caller}-{number}"))).await.expect(200);
            }
        })
    });
    let calls: Vec<_> = calls.collect();
    for _ in 0..5 {
        begin_anew(&server.api()).await;
    }
    for call in calls {
        call.await.expect("every call is answered");
    }
    begin_anew(&server.api()).await;
    assert!(server.stored("interaction_wrap_up_segment").await.is_empty());
}

// Starting.

/// The JSON of a ready file, once it is there.
fn ready(file: &Path) -> Value {
    for _ in 0..3_000 {
        if let Ok(text) = fs::read(file) {
            return serde_json::from_slice(&text).expect("a whole file");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Value::Null
}

#[tokio::test]
async fn a_ready_file_says_where_everything_is_for_as_long_as_it_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ready.json");
    // One that a process has left that was killed.
    fs::write(&file, r#"{"base_url": "http://127.0.0.1:1", "pid": 1}"#).expect("a file");
    let options = ["--for-tests", "--ready-file", &file.to_string_lossy()];
    let mut process = Process::start(BINARY, &[&ON_FREE_PORTS[..], &options].concat(), folder.path());
    process.line_with("Wrap Up API");
    let ready = ready(&file);
    assert_eq!((&ready["pid"], &ready["user"]), (&json!(process.pid()), &json!("username")));
    let (base, password) =
        (ready["base_url"].as_str().expect("a URL"), ready["password"].as_str().expect("a password"));
    let api = Api::new(base).with_user("username", password);
    api.get("code").await.expect(200);
    assert_eq!(ready["api_url"], format!("{base}/api/now/v1/wrapup"));
    assert_eq!(ready["base_url"], format!("http://127.0.0.1:{}", ready["port"]));
    assert_eq!(ready["dynamodb_url"], format!("http://127.0.0.1:{}", ready["dynamodb_port"]));
    let configuration = ready["configuration"].as_str().expect("a sys_id");
    api.get(&format!("configuration/{configuration}")).await.expect(200);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    signal(process.pid(), "TERM");
    let ended = process.end();
    assert!(ended.status.success() && !file.exists(), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("wrapup: starting the API on port "), "{}", ended.stderr);
}

#[test]
fn a_file_that_is_no_ready_file_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.json");
    fs::write(&file, r#"{"notes": "mine"}"#).expect("a file");
    let stderr = refused(&["--in-memory", "--ready-file", &file.to_string_lossy()]);
    assert!(stderr.contains("notes.json"), "{stderr}");
    assert_eq!(fs::read_to_string(&file).expect("a file"), r#"{"notes": "mine"}"#);
}

#[test]
fn whoever_has_a_port_is_named_where_the_system_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start_in(BINARY, &data);
    let port = server.api().base().rsplit(':').next().expect("a port").to_owned();
    let ended = Process::start(BINARY, &["local", "--port", &port, "--in-memory"], folder.path()).end();
    assert!(
        ended.stderr.contains(&format!("port {port} is taken")) && ended.stderr.contains("--port"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("another program"), "{}", ended.stderr);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let others = listener.local_addr().expect("an address").port().to_string();
    let by_other = Process::start(BINARY, &["local", "--port", &others, "--in-memory"], folder.path()).end();
    if cfg!(target_os = "linux") {
        let (pid, data) = (format!("process {}", server.pid()), data.canonicalize().expect("a folder"));
        let said = &ended.stderr;
        assert!(
            said.contains("wrapup local") && said.contains(&pid) && said.contains(&*data.to_string_lossy()),
            "{said}"
        );
        let said = &by_other.stderr;
        assert!(said.contains(&format!("process {}", std::process::id())) && !said.contains("wrapup local"), "{said}");
    }
}

#[tokio::test]
async fn a_data_folder_is_emptied_of_what_is_ours_before_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start_in(BINARY, &data);
    server.api().post("segment/create", &external("BEFORE")).await.expect(200);
    let in_folder = data.to_string_lossy().into_owned();
    // Not while it is used, and not without a word.
    let stderr = refused(&["--data", &in_folder, "--reset", "--yes"]);
    assert!(stderr.contains("a `wrapup local` uses it"), "{stderr}");
    server.api().get("segment/BEFORE").await.expect(200);
    server.kill();
    fs::write(data.join("mine.txt"), "kept").expect("a file");
    let stderr = refused(&["--data", &in_folder, "--reset"]);
    assert!(stderr.contains("--yes"), "{stderr}");
    let server = Server::start_in(BINARY, &data);
    server.api().get("segment/BEFORE").await.expect(200);
    server.kill();

    let server = Server::start_with(BINARY, &["--data", &in_folder, "--reset", "--yes"], &[]);
    server.api().get("segment/BEFORE").await.segment_error(404);
    assert_eq!(server.code_labels(BINARY).len(), 3);
    assert_eq!(fs::read_to_string(data.join("mine.txt")).expect("a file"), "kept");
    drop(server);
    // What was never used needs no reset.
    let fresh = folder.path().join("fresh").to_string_lossy().into_owned();
    Server::start_with(BINARY, &["--data", &fresh, "--reset"], &[]).api().get("code").await.expect(200);

    let foreign = folder.path().join("foreign");
    fs::create_dir(&foreign).expect("a folder");
    fs::write(foreign.join("lock"), "somebody's").expect("a file");
    let stderr = refused(&["--data", &foreign.to_string_lossy(), "--reset", "--yes"]);
    assert!(stderr.contains("no data folder"), "{stderr}");
    assert_eq!(fs::read_to_string(foreign.join("lock")).expect("a file"), "somebody's");
}
