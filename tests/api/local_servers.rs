//! The servers of `wrapup local`: whom they answer, and that nobody who is connected keeps others out.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use wrapup_test_support::{Api, Process, Server, signal};

use crate::BINARY;

/// Tells where its Runtime API is, and asks it for nothing. It ends with the server.
const QUIET: &str = r#"sh -c 'echo "$AWS_LAMBDA_RUNTIME_API" > "$1.new"; mv "$1.new" "$1"; while kill -0 "$0" 2> /dev/null; do sleep 0.1; done' $PPID"#;

/// A request with which something would be done at a server.
struct Asked {
    server: &'static str,
    address: String,
    request: &'static str,
    lines: &'static str,
    body: &'static str,
    /// The status where it is answered.
    answered: u16,
}

impl Asked {
    /// Sends it with these lines beside its own. Answers the status, and the whole answer.
    fn send(&self, version: &str, target: Option<&str>, lines: &str) -> (u16, String) {
        let (method, path) = self.request.split_once(' ').expect("method and path");
        let path = target.map_or_else(|| path.to_owned(), |target| format!("{target}{path}"));
        let length = self.body.len();
        let head = format!(
            "{method} {path} HTTP/{version}\r\n{lines}{}Content-Length: {length}\r\nConnection: close\r\n\r\n",
            self.lines
        );
        let answer = exchange(&self.address, &(head + self.body));
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        // What is no answer has no status.
        (status.unwrap_or(0), answer)
    }

    fn with(&self, lines: &str) -> u16 {
        self.send("1.1", None, &format!("Host: {}\r\n{lines}", self.address)).0
    }

    fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("a port")
    }
}

/// Sends bytes, and reads what comes until the connection ends.
fn exchange(address: &str, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream.write_all(sent.as_bytes()).expect("a request sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the connection's end");
    answer
}

/// A `wrapup local` with all its servers, and a request to each.
fn all_servers(folder: &Path, environment: &[(&str, &str)]) -> (Server, [Asked; 4]) {
    let runtime = folder.join("runtime");
    let function = format!("quiet={QUIET} '{}'", runtime.display());
    let server =
        Server::start_with(BINARY, &["--in-memory", "--lambda-port", "0", "--function", &function], environment);
    let lambda =
        server.banner.lines().find_map(|line| line.strip_prefix("Lambda        http://")).expect("a port").to_owned();
    while !runtime.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let asked = [
        Asked {
            server: "API",
            address: server.api().base().trim_start_matches("http://").to_owned(),
            request: "POST /api/now/v1/wrapup/code",
            lines: "Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=\r\nContent-Type: application/json\r\n",
            body: r#"{"codes":[{"code":"From outside"}]}"#,
            answered: 200,
        },
        Asked {
            server: "DynamoDB",
            address: format!("127.0.0.1:{}", server.dynamodb_port),
            request: "POST /",
            lines: "X-Amz-Target: DynamoDB_20120810.Scan\r\nContent-Type: application/x-amz-json-1.0\r\n\
                    X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, \
                    SignedHeaders=host;x-amz-date, Signature=00\r\n",
            body: r#"{"TableName":"sys_user"}"#,
            answered: 200,
        },
        Asked {
            server: "Lambda Invoke API",
            address: lambda,
            request: "POST /2015-03-31/functions/nobody/invocations",
            lines: "Content-Type: text/plain\r\n",
            body: "{}",
            answered: 404,
        },
        Asked {
            server: "Lambda Runtime API",
            address: fs::read_to_string(runtime).expect("an address").trim().to_owned(),
            request: "POST /2018-06-01/runtime/init/error",
            lines: "Content-Type: text/plain\r\n",
            body: "{}",
            answered: 202,
        },
    ];
    (server, asked)
}

#[test]
fn every_server_answers_under_loopback_names_with_its_own_port_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, asked) = all_servers(folder.path(), &[]);
    for asked in &asked {
        let (name, port) = (asked.server, asked.port());
        for host in ["127.0.0.1", "localhost", "LOCALHOST", "127.1.2.3", "[::1]"] {
            let (status, answer) = asked.send("1.1", None, &format!("Host: {host}:{port}\r\n"));
            assert_eq!(status, asked.answered, "{name} {host}: {answer}");
        }
        let other_port = if port == "9" { "10" } else { "9" };
        for host in [
            &format!("rebound.example:{port}"),
            "rebound.example",
            "127.0.0.1",
            &format!("localhost:{other_port}"),
            &format!("127.0.0.1.rebound.example:{port}"),
            &format!("0.0.0.0:{port}"),
            &format!("localhost.:{port}"),
        ] {
            let (status, answer) = asked.send("1.1", None, &format!("Host: {host}\r\n"));
            assert_eq!(status, 421, "{name} {host}: {answer}");
            assert!(!answer.contains("username") && answer.contains(port), "{name}: {answer}");
        }
        let ours = format!("Host: 127.0.0.1:{port}\r\n");
        for (what, (status, answer), expected) in [
            ("no Host", asked.send("1.1", None, ""), 400),
            ("no Host in HTTP/1.0", asked.send("1.0", None, ""), 421),
            ("HTTP/1.0", asked.send("1.0", None, &ours), asked.answered),
            ("two hosts", asked.send("1.1", None, &format!("{ours}Host: rebound.example:{port}\r\n")), 400),
            ("the same twice", asked.send("1.1", None, &format!("{ours}{ours}")), 400),
            ("a user", asked.send("1.1", None, &format!("Host: user@127.0.0.1:{port}\r\n")), 400),
            ("our URL", asked.send("1.1", Some(&format!("http://localhost:{port}")), &ours), asked.answered),
            ("another URL", asked.send("1.1", Some(&format!("http://rebound.example:{port}")), &ours), 421),
        ] {
            assert_eq!(status, expected, "{name}, {what}: {answer}");
        }
    }
    assert!(server.code_labels(BINARY).contains(&"From outside".to_owned()));
}

#[test]
fn whoever_is_refused_reads_why_in_the_format_of_accept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, asked) = all_servers(folder.path(), &[]);
    for asked in &asked {
        let (name, here) = (asked.server, format!("Host: {}\r\n", asked.address));
        for (lines, status, message) in [
            ("Host: rebound.example\r\n", 421, "Misdirected Request"),
            (&format!("{here}Origin: https://elsewhere.example\r\n"), 403, "Forbidden"),
        ] {
            for (accept, content_type, begin) in [
                ("", "application/json; charset=UTF-8", "{\"error\":{\"message\":\""),
                ("Accept: image/png\r\n", "application/json; charset=UTF-8", "{\"error\":{\"message\":\""),
                (
                    "Accept: application/xml\r\n",
                    "application/xml; charset=UTF-8",
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><response><error><message>",
                ),
            ] {
                let (answered, answer) = asked.send("1.1", None, &format!("{lines}{accept}"));
                assert_eq!(answered, status, "{name} {accept}: {answer}");
                assert!(answer.contains(&format!("content-type: {content_type}\r\n")), "{name} {accept}: {answer}");
                assert!(answer.contains(&format!("\r\n\r\n{begin}{message}")), "{name} {accept}: {answer}");
            }
        }
    }
}

#[test]
fn no_page_of_another_site_reads_or_writes_at_any_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, asked) = all_servers(folder.path(), &[]);
    for asked in &asked {
        let (name, port) = (asked.server, asked.port());
        for origin in ["http://127.0.0.1", "http://localhost", "http://[::1]"] {
            assert_eq!(asked.with(&format!("Origin: {origin}:{port}\r\n")), asked.answered, "{name} {origin}");
        }
        for lines in [
            "Origin: https://elsewhere.example\r\n",
            "Origin: null\r\n",
            "Origin: \r\n",
            "Origin: http://localhost\r\n",
            &format!("Origin: https://localhost:{port}\r\n"),
            &format!("Origin: http://rebound.example:{port}\r\n"),
            &format!("Origin: http://localhost:{port}\r\nOrigin: https://elsewhere.example\r\n"),
            // A form of another site that says nothing more of itself.
            "Sec-Fetch-Site: cross-site\r\n",
            "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: no-cors\r\n",
        ] {
            assert_eq!(asked.with(lines), 403, "{name} {lines}");
        }
        for lines in ["Sec-Fetch-Site: none\r\n", "Sec-Fetch-Site: same-origin\r\n"] {
            assert_eq!(asked.with(lines), asked.answered, "{name} {lines}");
        }
        let (method, path) = asked.request.split_once(' ').expect("method and path");
        let preflight = format!(
            "OPTIONS {path} HTTP/1.1\r\nHost: {}\r\nOrigin: https://elsewhere.example\r\nAccess-Control-Request-Method: {method}\r\n\
             Access-Control-Request-Headers: x-amz-target,authorization\r\nConnection: close\r\n\r\n",
            asked.address
        );
        let answer = exchange(&asked.address, &preflight);
        assert!(
            answer.starts_with("HTTP/1.1 403 ") && !answer.to_lowercase().contains("access-control"),
            "{name}: {answer}"
        );
    }
}

#[test]
fn an_allowed_page_may_call_the_api_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, asked) =
        all_servers(folder.path(), &[("WRAPUP_ALLOWED_ORIGINS", "https://desk.example, http://localhost:3000")]);
    for asked in &asked {
        let expected = if asked.server == "API" { asked.answered } else { 403 };
        for lines in [
            "Origin: https://desk.example\r\nSec-Fetch-Site: cross-site\r\n",
            "Origin: http://localhost:3000\r\nSec-Fetch-Site: same-site\r\n",
        ] {
            assert_eq!(asked.with(lines), expected, "{} {lines}", asked.server);
        }
        for lines in ["Origin: https://desk.example.elsewhere.example\r\n", "Origin: https://elsewhere.example\r\n"] {
            assert_eq!(asked.with(lines), 403, "{} {lines}", asked.server);
        }
    }
}

#[tokio::test]
async fn a_link_from_anywhere_leads_to_the_page_and_no_further() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, asked) = all_servers(folder.path(), &[]);
    let page = server.api().raw(Method::GET, "/").header("Sec-Fetch-Site", "cross-site").send().await;
    assert_eq!(page.status, 200, "{}", page.text());
    // What an image of another site's page asks for would take an invocation away.
    let runtime = &asked[3].address;
    let next = format!(
        "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {runtime}\r\nSec-Fetch-Site: cross-site\r\n\
         Sec-Fetch-Mode: no-cors\r\nConnection: close\r\n\r\n"
    );
    assert!(exchange(runtime, &next).starts_with("HTTP/1.1 403 "));
}

#[tokio::test]
async fn a_thousand_idle_connections_keep_nobody_out() {
    // More than a process has files for, and so more than may be connected at all.
    let mut limited = Command::new("sh")
        .args(["-c", r#"ulimit -n 400 && exec "$0" local --port 0 --dynamodb-port 0 --in-memory"#, BINARY])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(limited.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut address = |name: &str| {
        let line = lines.find(|line| line.starts_with(name)).expect("a banner");
        line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").to_owned()
    };
    let (api, dynamodb) = (address("Wrap Up API"), address("DynamoDB"));
    let honest = Api::new(&format!("http://{api}"));
    let mut idle = Vec::new();
    for count in 0..1_000 {
        let address = if count % 2 == 0 { &api } else { &dynamodb };
        let mut stream = TcpStream::connect(address).expect("a connection");
        let begun = ["", "POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"][count % 3];
        // One that has given way already takes nothing more.
        let _ = stream.write_all(begun.as_bytes());
        // So that this process has files enough itself, the oldest are those that the server has ended.
        idle.push(stream);
        if idle.len() == 500 {
            idle.remove(0);
        }
        if count % 50 == 0 {
            // Each on a connection of its own, like a caller who comes anew.
            Api::new(honest.base()).get("code/nothing").await.expect(404);
        }
    }
    let code = json!({"codes": [{"code": "Still here"}]});
    Api::new(honest.base()).post("code", &code).await.expect(200);
    limited.kill().expect("the process can be killed");
    limited.wait().expect("the process ends");
}

#[tokio::test]
async fn whoever_is_refused_reads_why_however_much_is_still_to_be_sent() {
    let server = Server::start(BINARY);
    let api = server.api().with_user("username", "wrong");
    let megabyte = 1024 * 1024;
    for length in [megabyte, 8 * megabyte] {
        let body = vec![b' '; length];
        api.call(Method::POST, "code").body("application/json", body.clone()).send().await.platform_error(401);
        let url = format!("{}/api/now/v1/wrapup/code", api.base());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("body");
        fs::write(&file, &body).expect("a file");
        let data = format!("@{}", file.display());
        let curl = [
            "--silent",
            "--show-error",
            "--user",
            "username:wrong",
            "--data-binary",
            &data,
            "--write-out",
            "%{http_code}",
            &url,
        ];
        let ran = Command::new("curl").args(["--noproxy", "*"]).args(curl).output().expect("curl runs");
        let (said, complaint) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(said.ends_with("401") && said.contains("User Not Authenticated"), "{length}: {said} {complaint}");
        // It sends all before it reads.
        let python = "import http.client, sys\n\
                      connection = http.client.HTTPConnection(sys.argv[1])\n\
                      connection.request('POST', '/api/now/v1/wrapup/code', open(sys.argv[2], 'rb').read())\n\
                      print(connection.getresponse().status)";
        let address = api.base().trim_start_matches("http://");
        let ran = Command::new("python3").args(["-c", python, address]).arg(&file).output().expect("python3 runs");
        assert_eq!(
            String::from_utf8_lossy(&ran.stdout).trim(),
            "401",
            "{length}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
    }
    // Nothing of the body is waited for.
    let address = api.base().trim_start_matches("http://");
    let head = format!(
        "POST /api/now/v1/wrapup/code HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
    );
    assert!(exchange(address, &head).starts_with("HTTP/1.1 401 "));
}

#[tokio::test]
async fn a_failed_sign_in_is_logged_with_the_address_that_it_came_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut process =
        Process::start(BINARY, &["local", "--port", "0", "--dynamodb-port", "0", "--in-memory"], folder.path());
    let line = process.line_with("Wrap Up API   http://127.0.0.1:");
    let base = line.trim_start_matches("Wrap Up API").trim().trim_end_matches("/api/now/wrapup").to_owned();
    process.line_with("curl ");
    let refused = Api::new(&base).with_user("username", "wrong");
    // What a header says of it is not believed.
    let call = refused.call(Method::GET, "code/x").header("X-Forwarded-For", "203.0.113.9");
    call.send().await.platform_error(401);
    signal(process.pid(), "TERM");
    let log = process.end().stderr;
    assert!(log.contains("127.0.0.1") && !log.contains("203.0.113.9"), "{log}");
}

/// The mode of each file of a folder.
#[cfg(unix)]
fn modes(folder: &Path) -> Vec<(String, u32)> {
    use std::os::unix::fs::PermissionsExt;

    let mode = |entry: &fs::DirEntry| entry.metadata().expect("metadata").permissions().mode() & 0o7777;
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), mode(&entry))).collect()
}

#[cfg(unix)]
#[tokio::test]
async fn data_is_for_the_owners_eyes_whatever_the_folder_is() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let (shared, made) = (folder.path().join("shared"), folder.path().join("made/for/it"));
    fs::create_dir(&shared).expect("a folder");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::write(shared.join("not ours"), "").expect("a file");
    fs::set_permissions(shared.join("not ours"), fs::Permissions::from_mode(0o644)).expect("a mode");
    for data in [&shared, &made] {
        // The second time its files have been opened to all, as former versions made them.
        for time in ["first", "second"] {
            let command =
                r#"umask 0 && exec "$0" local --port 0 --dynamodb-port 0 --data "$1" --webhook http://127.0.0.1:9/"#;
            let arguments = ["-c", command, BINARY, &data.to_string_lossy()];
            let mut process = Process::start("sh", &arguments, folder.path());
            let line = process.line_with("Wrap Up API   http://127.0.0.1:");
            let base = line.trim_start_matches("Wrap Up API").trim().trim_end_matches("/api/now/wrapup").to_owned();
            process.line_with("curl ");
            let segment = json!({
                "agent_sys_id": "agent", "interaction_sys_id": "demo-call", "external": true, "external_segment_id": time,
                "configuration": {
                    "enable_codes": true, "default_code": "A", "allowed_codes": [{"code": "A"}],
                    "enable_ai_code": true, "enable_ai_notes": true,
                },
            });
            Api::new(&base).post("segment/create", &segment).await.expect(200);
            while !data.join("ai-filler.position").exists() {
                std::thread::sleep(Duration::from_millis(10));
            }
            for (name, mode) in modes(data) {
                assert_eq!(mode, if name == "not ours" { 0o644 } else { 0o600 }, "{time} time: {name} is {mode:o}");
            }
            assert!(modes(data).len() >= 8, "{:?}", modes(data));
            signal(process.pid(), "TERM");
            process.end();
            for (name, _) in modes(data) {
                if name != "not ours" {
                    fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o666)).expect("a mode");
                }
            }
        }
    }
    let mode = |folder: &Path| fs::metadata(folder).expect("a folder").permissions().mode() & 0o777;
    assert_eq!((mode(&shared), mode(&made)), (0o755, 0o700));
}

#[test]
fn a_function_has_a_name_of_its_own_that_lambda_takes() {
    let run = |arguments: &[&str]| {
        let arguments =
            [&["local", "--port", "0", "--dynamodb-port", "0", "--lambda-port", "0", "--in-memory"], arguments]
                .concat();
        let ended = Process::start(BINARY, &arguments, &std::env::temp_dir()).end();
        assert!(!ended.status.success(), "{ended:?}");
        ended.stderr
    };
    let twice = run(&["--function", "chat=sleep 60", "--function", "mail=sleep 6", "--function", "chat=sleep 61"]);
    for words in ["two functions are named chat", "`sleep 60`", "`sleep 61`"] {
        assert!(twice.contains(words), "{twice}");
    }
    for name in ["", "a b", "a\"b", "a/b", "ch\u{e4}t", &"a".repeat(65)] {
        let refused = run(&["--function", &format!("{name}=sleep 60")]);
        assert!(refused.contains("NAME=COMMAND"), "{name}: {refused}");
    }
}

#[test]
fn what_lambda_says_is_json_whatever_it_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_server, asked) = all_servers(folder.path(), &[]);
    let lambda = &asked[2].address;
    let request = format!(
        "POST /2015-03-31/functions/a%22%5Cb%0A/invocations HTTP/1.1\r\nHost: {lambda}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let answer = exchange(lambda, &request);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 404 "), "{answer}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["Message"], "Function not found: a\"\\b\n");
}

#[test]
fn a_function_that_does_not_run_is_started_less_and_less_often() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = [
        "local",
        "--port",
        "0",
        "--dynamodb-port",
        "0",
        "--lambda-port",
        "0",
        "--in-memory",
        "--function",
        "chat=false",
    ];
    let mut started = Command::new(BINARY)
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let lines = BufReader::new(started.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    let ends: Vec<_> = lines.filter(|line| line.contains("has ended")).take(2).collect();
    started.kill().expect("the process can be killed");
    started.wait().expect("the process ends");
    assert!(ends[0].contains("in 1 s") && ends[1].contains("in 2 s"), "{ends:?}");
    // Whoever has typed the command hears of the first end; the log tells of those behind it.
    assert!(ends[0].contains("--function chat: `false`") && ends[1].contains("in_vain=2"), "{ends:?}");
}
