//! The supervisor's page as it is served, and the wrap-ups that `wrapup demo` gives it to show. What the page does in a
//! browser is held by `tests/browser`.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use hyper::Method;
use wrapup_test_support::{Api, Process, run_cli, signal};

use crate::{BINARY, shared};

#[tokio::test]
async fn the_page_and_its_files_are_served_to_everybody_and_hold_a_browser_to_this_host() {
    let api = shared().api();
    for (path, kind) in [
        ("/supervisor", "text/html; charset=UTF-8"),
        ("/supervisor/page.js", "text/javascript; charset=UTF-8"),
        ("/supervisor/page.css", "text/css; charset=UTF-8"),
        ("/supervisor/uplot.js", "text/javascript; charset=UTF-8"),
        ("/supervisor/uplot.css", "text/css; charset=UTF-8"),
    ] {
        let reply = api.raw(Method::GET, path).send().await;
        assert_eq!((reply.status, reply.header("content-type")), (200, kind), "{path}");
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!((reply.header("x-content-type-options"), reply.header("cache-control")), ("nosniff", "no-cache"));
        // What has been loaded is not loaded again, and another version is.
        let tag = reply.header("etag").to_owned();
        for (known, status) in [(tag.as_str(), 304), (&format!("\"x\", W/{tag}"), 304), ("\"x\"", 200)] {
            let again = api.raw(Method::GET, path).header("If-None-Match", known).send().await;
            assert_eq!((again.status, again.text().is_empty()), (status, status == 304), "{path}, {known}");
        }
        let head = api.raw(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.text()), (200, ""), "{path}");
        assert_eq!(head.header("content-length"), reply.text().len().to_string(), "{path}");
    }
    let moved = api.raw(Method::GET, "/supervisor/").send().await;
    assert_eq!((moved.status, moved.header("location")), (308, "../supervisor"));
    for path in [
        "/supervisor/none.js",
        "/supervisor/supervisor",
        "/supervisors",
        "/supervisor/../supervisor.js",
        "/supervisor/page.js/more",
    ] {
        assert_eq!(api.raw(Method::GET, path).send().await.status, 404, "{path}");
    }
    let refused = api.raw(Method::POST, "/supervisor").send().await;
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD"));
}

/// A local system, and the port of its DynamoDB.
fn local() -> (Process, Api, String) {
    let arguments = ["local", "--in-memory", "--port", "0", "--dynamodb-port", "0"];
    let mut process = Process::start(BINARY, &arguments, &std::env::temp_dir());
    let line = process.line_with("Wrap Up API   http://127.0.0.1:");
    let base = line.trim_start_matches("Wrap Up API").trim().trim_end_matches("/api/now/wrapup").to_owned();
    let line = process.line_with("DynamoDB      http://127.0.0.1:");
    let port = line.rsplit(':').next().expect("a port").to_owned();
    process.line_with("Try it");
    (process, Api::new(&base), port)
}

#[tokio::test]
async fn the_demo_makes_wrap_ups_of_two_weeks_once_and_opens_more_until_it_is_told_to_end() {
    let (process, api, port) = local();
    let run = |arguments: &[&str]| {
        let done = run_cli(BINARY, &[&["demo", "--dynamodb-port", &port], arguments].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("UTF-8")
    };
    let said = run(&["--once", "--wrap-ups", "42"]);
    let made: usize = said.strip_suffix(" wrap-ups of 14 days\n").and_then(|made| made.parse().ok()).expect(&said);
    assert!((20..=60).contains(&made), "{said}");
    let again = run(&["--once", "--wrap-ups", "42"]);
    // Meanwhile it may have become time for another one.
    let there = again.split_once("; ").and_then(|(_, there)| there.split(' ').next()).expect(&again);
    assert_eq!(there, made.to_string(), "{again}");

    // All of them are as if they had been made then.
    let supervisor = "report/handle_time?from=2020-01-01%2000:00:00&to=2020-01-02%2000:00:00";
    api.get(supervisor).await.expect(200);
    let mut seen = 0;
    for agent in ["amira.haddad", "grace.lin", "jonas.berg"] {
        let listed = api.get(&format!("segment?agent={agent}&limit=100")).await.expect(200);
        for segment in listed["segments"].as_array().expect("segments") {
            let text = |column: &str| segment[column].as_str().unwrap_or_default();
            assert_eq!((text("sys_created_on"), text("sys_created_by")), (text("opened_on"), "demo"), "{segment}");
            let is_open = segment["state"] == "open";
            assert!(is_open || text("submitted_on") > text("opened_on"), "{segment}");
            assert!(is_open || !segment["code"].is_null(), "{segment}");
            seen += 1;
        }
    }
    assert!(seen > 0);

    let mut live =
        Process::start(BINARY, &["demo", "--wrap-ups", "42", "--dynamodb-port", &port], &std::env::temp_dir());
    live.line_with("until this is ended");
    let open = async || {
        let listed = api.get("segment?state=open&limit=100").await.expect(200);
        let calls =
            listed["segments"].as_array().expect("segments").iter().filter_map(|one| one["interaction"].as_str());
        // Those of the live ones are longer.
        calls.filter(|interaction| interaction.len() > "IMS2078400000".len()).count()
    };
    while open().await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    signal(live.pid(), "INT");
    assert!(live.end().status.success());
    drop(process);
}

#[test]
fn the_demo_says_what_to_start_where_there_is_no_local_system() {
    let done = run_cli(BINARY, &["demo", "--once", "--dynamodb-port", "1"]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success() && said.contains("wrapup local"), "{said}");
}
