//! The local process: what it keeps, how it ends, and what it says when it cannot start.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use wrapup_test_support::{Api, Ended, Process, Server, signal};

use crate::BINARY;

/// An external segment that is open.
fn opening(external_segment_id: &str) -> Value {
    json!({
        "agent_sys_id": "agent", "interaction_sys_id": external_segment_id, "external": true,
        "external_segment_id": external_segment_id,
        "configuration": {
            "enable_codes": true, "allowed_codes": [{"code": "Billing Issue"}], "default_code": "Billing Issue",
        },
    })
}

/// Starts the binary in a folder, and answers it with its API once that listens.
fn start(arguments: &[&str], folder: &Path) -> (Process, Api) {
    let (process, api, _) = start_with_port(arguments, folder);
    (process, api)
}

/// The same with the port of its DynamoDB.
fn start_with_port(arguments: &[&str], folder: &Path) -> (Process, Api, String) {
    let mut process = Process::start(BINARY, arguments, folder);
    let line = process.line_with("Wrap Up API   http://127.0.0.1:");
    let base = line.trim_start_matches("Wrap Up API").trim().trim_end_matches("/api/now/wrapup").to_owned();
    let line = process.line_with("DynamoDB      http://127.0.0.1:");
    let port = line.rsplit(':').next().expect("a port").to_owned();
    (process, Api::new(&base), port)
}

/// Runs the binary, which has to end by itself.
fn run_to_end(arguments: &[&str]) -> Ended {
    Process::start(BINARY, arguments, &std::env::temp_dir()).end()
}

#[track_caller]
fn assert_not_started(ended: &Ended, words: &[&str]) {
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    for word in words {
        assert!(ended.stderr.contains(word), "no '{word}' in: {}", ended.stderr);
    }
    // A message for people, not a value's inside, and nothing that looks like a start.
    assert!(!ended.stderr.contains("panicked") && !ended.stderr.contains("Os {"), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(BINARY, folder.path());
    let api = server.api();
    let code = json!({"codes": [{
        "code": "Billing Issue", "description": "A code for billing issues",
        "translations": [{"language": "de", "code": "Abrechnungsproblem", "description": "Ein Code"}],
    }]});
    let code = api.post("code", &code).await.expect(200)["result"]["result_map"]["created_wrap_up_codes"][0].clone();
    let open = api.post("segment/create", &opening("EXT-1")).await.expect(200)["segment"].clone();
    api.post("segment/create", &opening("EXT-2")).await.expect(200);
    let closed = json!({"notes": "Done.", "confirmed_on": "2024-09-16 18:52:01"});
    let closed = api.put("segment/update?external_segment_id=EXT-2", &closed).await.expect(200)["segment"].clone();
    let internal = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "inside",
        "wrap_up_configuration_sys_id": server.demo_configuration(),
    });
    let internal = api.post("segment/create", &internal).await.expect(200)["segment"].clone();
    let added = server.cli(
        BINARY,
        &["user", "add", "anna", "--role", "interaction_integration_user"],
        "the password of anna\n",
    );
    assert!(added.status.success(), "{added:?}");
    signal(server.pid(), "TERM");
    assert_eq!(server.wait().code(), Some(0));

    let server = Server::start_in(BINARY, folder.path());
    let api = server.api().with_user("anna", "the password of anna");
    let sys_id = code["sys_id"].as_str().expect("a sys_id");
    let found = api.get(&format!("code/{sys_id}")).await.expect(200);
    assert_eq!(found["result"]["result_map"]["wrap_up_code"], code);
    assert_eq!(api.get("segment/EXT-1").await.expect(200)["segment"], open);
    assert_eq!(api.get("segment/EXT-2").await.expect(200)["segment"], closed);
    assert_eq!(api.get("segment/agent/agent/interaction/inside").await.expect(200)["segment"], internal);
    // The same request is still the same request.
    assert_eq!(api.post("segment/create", &opening("EXT-1")).await.expect(200)["segment"], open);
}

#[tokio::test]
async fn what_was_answered_survives_a_kill_right_after() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..4 {
        let external_id = format!("EXT-{round}");
        let name = format!("user {round}");
        let label = json!({"codes": [{"code": format!("Code {round}")}]});

        let server = Server::start_in(BINARY, folder.path());
        let api = server.api();
        let kept = match round {
            0 => api.post("code", &label).await.expect(200),
            1 => api.post("segment/create", &opening(&external_id)).await.expect(200),
            2 => {
                api.post("segment/create", &opening(&external_id)).await.expect(200);
                let notes = json!({"notes": "Done."});
                api.put(&format!("segment/update?external_segment_id={external_id}"), &notes).await.expect(200)
            }
            _ => {
                let added = server.cli(
                    BINARY,
                    &["user", "add", &name, "--role", "interaction_integration_user"],
                    "the password of them\n",
                );
                assert!(added.status.success(), "{added:?}");
                Value::Null
            }
        };
        server.kill();

        let server = Server::start_in(BINARY, folder.path());
        let api = server.api();
        match round {
            0 => {
                let code = &kept["result"]["result_map"]["created_wrap_up_codes"][0];
                let sys_id = code["sys_id"].as_str().expect("a sys_id");
                let found = api.get(&format!("code/{sys_id}")).await.expect(200);
                assert_eq!(found["result"]["result_map"]["wrap_up_code"], *code);
            }
            1 | 2 => {
                let found = api.get(&format!("segment/{external_id}")).await.expect(200);
                assert_eq!(found["segment"], kept["segment"]);
            }
            _ => drop(api.with_user(&name, "the password of them").get("code/nothing").await.expect(404)),
        }
        server.kill();
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy();
    let server = Server::start_in(BINARY, folder.path());
    let ended = run_to_end(&["local", "--port", "0", "--dynamodb-port", "0", "--data", &data]);
    assert_not_started(&ended, &[&data, "--data"]);
    // The first goes on, and once it has ended, even by force, the folder is free.
    server.api().get("code/nothing").await.expect(404);
    server.kill();
    let server = Server::start_in(BINARY, folder.path());
    server.api().get("code/nothing").await.expect(404);
}

#[test]
fn a_taken_port_is_named_together_with_the_option_that_chooses_another() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let ended = run_to_end(&["local", "--port", &port, "--dynamodb-port", "0", "--in-memory"]);
    assert_not_started(&ended, &[&port, "--port"]);
    let ended = run_to_end(&["local", "--port", "0", "--dynamodb-port", &port, "--in-memory"]);
    assert_not_started(&ended, &[&port, "--dynamodb-port"]);
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").expect("a file");
    let ended = run_to_end(&["local", "--port", "0", "--dynamodb-port", "0", "--data", &file.to_string_lossy()]);
    assert_not_started(&ended, &[&file.to_string_lossy()]);
}

#[test]
fn a_damaged_database_is_named_with_what_can_be_done_and_works_again_once_that_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    let arguments = [
        "local",
        "--port",
        "0",
        "--dynamodb-port",
        "0",
        "--data",
        &data.to_string_lossy(),
        "--webhook",
        "http://127.0.0.1:9/",
    ];
    let start_and_end = || {
        let (process, _) = start(&arguments, folder.path());
        signal(process.pid(), "TERM");
        assert_eq!(process.end().status.code(), Some(0));
    };
    start_and_end();
    let restore = |from: &Path, to: &Path| {
        let copied = Command::new("sh").args(["-c", r#"rm -rf "$1" && cp -a "$0" "$1""#]).arg(from).arg(to).status();
        assert!(copied.expect("sh runs").success());
    };
    restore(&data, &copy);
    let database = std::fs::read(data.join("dynamodb.sqlite")).expect("a database");
    let garbage = vec![b'x'; 8 * 1024];
    let cut = database[..database.len() / 2].to_vec();
    // The page of the table of users, of which the first record is read at the start.
    let mut a_page = database.clone();
    let page = a_page.windows(8).position(|bytes| bytes == b"username").expect("the demo user") / 4096 * 4096;
    a_page[page..page + 4096].fill(b'x');
    for (what, content) in [("garbage", &garbage), ("cut", &cut), ("a page", &a_page)] {
        std::fs::write(data.join("dynamodb.sqlite"), content).expect("a file");
        let ended = run_to_end(&arguments);
        assert_not_started(&ended, &[&data.to_string_lossy(), "damaged", "copy", "aside"]);
        // No word of what nobody can switch on.
        assert!(!ended.stderr.contains("feature") && !ended.stderr.contains("encrypt"), "{what}: {}", ended.stderr);
        restore(&copy, &data);
        start_and_end();
    }
    std::fs::write(data.join("webhooks.sqlite"), &garbage).expect("a file");
    let ended = run_to_end(&arguments);
    assert_not_started(&ended, &[&data.join("webhooks.sqlite").to_string_lossy(), "damaged", "aside"]);
    std::fs::rename(data.join("webhooks.sqlite"), folder.path().join("aside")).expect("moved aside");
    start_and_end();
}

/// A POST of a code of which the server has read the head, and waits for the body.
struct HalfSent {
    stream: TcpStream,
    body: String,
}

impl HalfSent {
    fn start(base: &str, label: &str) -> Self {
        let address = base.trim_start_matches("http://");
        let body = json!({"codes": [{"code": label}]}).to_string();
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let head = format!(
            "POST /api/now/v1/wrapup/code HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("a head sent");
        // The server asks for the body: from here on the request runs.
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).expect("an interim answer");
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).expect("a body sent");
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).expect("an answer, and the connection's end");
        answer
    }
}

/// Waits until the server takes no more connections.
fn wait_until_refused(base: &str) {
    let address = base.trim_start_matches("http://");
    for _ in 0..2_000 {
        if TcpStream::connect(address).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(TcpStream::connect(address).is_err(), "it goes on taking connections");
}

#[tokio::test]
async fn ctrl_c_and_sigterm_finish_the_running_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let arguments = ["local", "--port", "0", "--dynamodb-port", "0", "--data", &data.to_string_lossy()];
    for (name, label) in [("INT", "Interrupted"), ("TERM", "Terminated")] {
        let (process, api) = start(&arguments, folder.path());
        let base = api.base().to_owned();
        let running = HalfSent::start(&base, label);
        signal(process.pid(), name);
        wait_until_refused(&base);
        let answer = running.finish();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains(label), "{name}: {answer}");
        assert_eq!(process.end().status.code(), Some(0), "{name}");
    }
    let server = Server::start_in(BINARY, &data);
    let listed = server.cli(BINARY, &["code", "list", "--output", "json"], "");
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    assert!(listed.contains("\"Interrupted\"") && listed.contains("\"Terminated\""), "{listed}");
}

#[test]
fn a_second_signal_ends_the_process_in_the_middle_of_a_request() {
    let folder = tempfile::tempdir().expect("a folder");
    for (first, second) in [("INT", "INT"), ("TERM", "INT"), ("INT", "TERM")] {
        let (process, api) = start(&["local", "--port", "0", "--dynamodb-port", "0", "--in-memory"], folder.path());
        let stalled = HalfSent::start(api.base(), "Stalled");
        signal(process.pid(), first);
        wait_until_refused(api.base());
        signal(process.pid(), second);
        let ended = process.end();
        assert_eq!(ended.status.code(), Some(1), "{first}, {second}: {ended:?}");
        assert!(ended.stderr.contains("before all requests were finished"), "{first}, {second}: {}", ended.stderr);
        drop(stalled);
    }
}

#[test]
fn a_broken_body_is_refused_and_ends_its_connection() {
    let server = Server::start(BINARY);
    let address = server.api().base().trim_start_matches("http://").to_owned();
    let valid = r#"{"notes":"Done."}"#;
    for (framing, body, accept) in [
        ("Transfer-Encoding: chunked", "ZZ\r\n".to_owned()),
        ("Transfer-Encoding: chunked", format!("{:x}\r\n{valid}\r\nZZ\r\n", valid.len())),
        ("Content-Length: 100", valid.to_owned()),
    ]
    .into_iter()
    .flat_map(|(framing, body)| ["application/json", "application/xml"].map(|accept| (framing, body.clone(), accept)))
    {
        let mut stream = TcpStream::connect(&address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let request = format!(
            "PUT /api/now/v1/wrapup/segment/update?external_segment_id=EXT-1 HTTP/1.1\r\nHost: {address}\r\n\
             Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=\r\nContent-Type: application/json\r\nAccept: {accept}\r\n{framing}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("a request sent");
        if framing.starts_with("Content-Length") {
            stream.shutdown(Shutdown::Write).expect("an early end");
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer, and the connection's end");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{framing}: {answer}");
        assert!(head.contains(&format!("content-type: {accept}")), "{framing}: {answer}");
        if accept == "application/xml" {
            assert!(body.contains("<message>Request body could not be read</message>"), "{body}");
            continue;
        }
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(
            (&body["status"], &body["error"]["message"]),
            (&json!("failure"), &json!("Request body could not be read"))
        );
        assert!(body["error"]["detail"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn tables_are_named_with_the_prefix_that_the_environment_gives_to_commands_and_functions() {
    let prefix = [("WRAPUP_TABLE_PREFIX", "test-")];
    let server = Server::start_with(BINARY, &["--in-memory"], &prefix);
    let tables = server.dynamodb().list_tables().send().await.expect("a list").table_names.unwrap_or_default();
    assert!(!tables.is_empty() && tables.iter().all(|table| table.starts_with("test-")), "{tables:?}");
    server.api().get("code/nothing").await.expect(404);
    let port = server.dynamodb_port.to_string();
    let mut list = Command::new(BINARY);
    list.args(["user", "list", "--output", "json", "--local", "--dynamodb-port", &port]).envs(prefix);
    let listed = list.output().expect("the binary runs");
    let users: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    assert_eq!(users[0]["user_name"], "username", "{listed:?}");
}

#[test]
fn a_log_filter_that_cannot_be_read_is_named_and_stops_nothing() {
    let server = Server::start(BINARY);
    let port = server.dynamodb_port.to_string();
    for (filter, words) in [("wrapup=loud", vec!["WRAPUP_LOG", "level"]), ("warn,wrapup=info", vec![]), ("", vec![])] {
        let mut list = Command::new(BINARY);
        list.args(["user", "list", "--local", "--dynamodb-port", &port]).env("WRAPUP_LOG", filter);
        let listed = list.output().expect("the binary runs");
        let complaint = String::from_utf8(listed.stderr).expect("UTF-8");
        assert!(listed.status.success(), "{filter}: {complaint}");
        assert!(words.iter().all(|word| complaint.contains(word)), "{filter}: {complaint}");
        assert_eq!(complaint.is_empty(), words.is_empty(), "{filter}: {complaint}");
    }
}

#[tokio::test]
async fn connections_without_a_running_request_do_not_keep_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let (process, api) = start(&["local", "--port", "0", "--dynamodb-port", "0", "--in-memory"], folder.path());
    // One that has never been used, and the client's own, which it keeps for the next call.
    let unused = TcpStream::connect(api.base().trim_start_matches("http://")).expect("a connection");
    api.get("code/nothing").await.expect(404);
    signal(process.pid(), "INT");
    assert_eq!(process.end().status.code(), Some(0));
    drop(unused);
}

#[tokio::test]
async fn demo_data_comes_with_the_first_start_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(BINARY, folder.path());
    assert!(server.banner.contains("username") && server.banner.contains("password"), "{}", server.banner);
    let api = server.api();
    let configuration = server.demo_configuration();
    let listed = server.cli(BINARY, &["code", "list", "--output", "json"], "");
    let codes: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let label = codes[0]["code"].as_str().expect("a label").to_owned();
    let changed = json!({"codes": [{"code": label, "active": false, "description": "Changed"}]});
    api.post("code", &changed).await.expect(200);
    let disabled = server.cli(BINARY, &["user", "disable", "username"], "");
    assert!(disabled.status.success(), "{disabled:?}");
    signal(server.pid(), "TERM");
    server.wait();

    let data = folder.path().to_string_lossy();
    let arguments = ["local", "--port", "0", "--dynamodb-port", "0", "--data", &data];
    let (process, api, port) = start_with_port(&arguments, folder.path());
    api.get("code/nothing").await.expect(401);
    let local = ["--local", "--dynamodb-port", &port];
    let list = |what: &str| {
        let listed = wrapup_test_support::run_cli(BINARY, &[&[what, "list", "--output", "json"], &local[..]].concat());
        serde_json::from_slice::<Value>(&listed.stdout).expect("JSON")
    };
    let codes = list("code");
    let code = codes.as_array().and_then(|codes| codes.iter().find(|code| code["code"] == json!(label)));
    let code = code.expect("the code");
    assert_eq!((&code["active"], &code["description"]), (&json!(false), &json!("Changed")));
    assert_eq!(list("user").as_array().map(Vec::len), Some(1));
    assert_eq!(list("configuration")[0]["sys_id"], json!(configuration));
    signal(process.pid(), "TERM");
    let ended = process.end();
    // The banner offers no user that cannot sign in.
    assert!(!ended.stdout.contains("curl"), "{}", ended.stdout);
}

#[tokio::test]
async fn the_banner_offers_no_password_that_is_not_the_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_in(BINARY, folder.path());
    let changed = server.cli(BINARY, &["user", "passwd", "username"], "another than that of all\n");
    assert!(changed.status.success(), "{changed:?}");
    signal(server.pid(), "TERM");
    server.wait();
    let data = folder.path().to_string_lossy();
    let arguments = ["local", "--port", "0", "--dynamodb-port", "0", "--data", &data];
    let (process, api) = start(&arguments, folder.path());
    api.get("code/nothing").await.expect(401);
    api.with_user("username", "another than that of all").get("code/nothing").await.expect(404);
    signal(process.pid(), "TERM");
    let banner = process.end().stdout;
    assert!(!banner.contains("username:password"), "{banner}");
}

#[test]
fn no_start_complains_about_what_is_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    for time in ["first", "second"] {
        let (process, _) = start(&["--port", "0", "--dynamodb-port", "0"], folder.path());
        signal(process.pid(), "TERM");
        let stderr = process.end().stderr;
        let says = stderr.starts_with("wrapup: starting the API on port ") && stderr.lines().count() == 1;
        assert!(says, "the {time} time: {stderr}");
    }
}

#[tokio::test]
async fn data_is_kept_in_a_folder_of_its_own_where_the_process_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    // No command means `local`.
    let (process, api) = start(&["--port", "0", "--dynamodb-port", "0"], folder.path());
    api.get("code/nothing").await.expect(404);
    signal(process.pid(), "TERM");
    process.end();
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|file| file.file_name()).collect();
    assert_eq!(names, [".wrapup"]);
}

#[tokio::test]
async fn in_memory_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let (process, api) = start(&["--port", "0", "--dynamodb-port", "0", "--in-memory"], folder.path());
    api.post("segment/create", &opening("EXT-1")).await.expect(200);
    signal(process.pid(), "TERM");
    process.end();
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().map(|file| file.path()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_printed_curl_works_as_it_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    // Also at a later start.
    for _ in 0..2 {
        let server = Server::start_in(BINARY, folder.path());
        let curl = server.banner.lines().find(|line| line.starts_with("curl ")).expect("a curl");
        let ran = Command::new("sh").args(["-c", curl]).output().expect("sh runs");
        let answer: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
        assert_eq!(answer["result"]["message"], "Wrap up code found.", "{ran:?}");
        signal(server.pid(), "TERM");
        server.wait();
    }
}

#[tokio::test]
async fn the_demo_user_and_configuration_open_internal_wrap_ups_in_two_languages() {
    let server = Server::start(BINARY);
    let body = json!({
        "agent_sys_id": "agent", "interaction_sys_id": "interaction",
        "wrap_up_configuration_sys_id": server.demo_configuration(),
    });
    let opened = server.api().post("segment/create", &body).await.expect(200);
    let codes = opened["segment"]["wrap_up_configuration"]["allowed_codes"].as_array().expect("codes").clone();
    assert!(!codes.is_empty());
    for code in &codes {
        // The labels of the reference's examples stay free for who tries them.
        let label = code["code"].as_str().expect("a label");
        assert!(!["Billing Issue", "Store Issue", "Plan Update"].contains(&label), "{label}");
        assert_eq!(code["active"], true);
    }
    let default = codes[0]["sys_id"].as_str().expect("a sys_id");
    let mut translated = Vec::new();
    for language in ["de", "fr"] {
        let call =
            server.api().call(hyper::Method::GET, &format!("code/{default}")).header("Accept-Language", language);
        let code = call.send().await.expect(200)["result"]["result_map"]["wrap_up_code"].clone();
        assert_ne!(code["translated_code"], code["code"], "{language}");
        translated.push(code["translated_code"].clone());
    }
    assert_ne!(translated[0], translated[1]);
}
