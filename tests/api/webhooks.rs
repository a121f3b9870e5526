//! Events of `wrapup local`: what a webhook gets, in which order, and what becomes of what it does not take.
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use wrapup_test_support::{Answer, Api, Received, Receiver, Said, Schema, Server, external, run_cli, signal};

use crate::BINARY;

/// A server with its data in a folder, and webhooks.
fn start(data: &Path, webhooks: &[&str], further: &[&str]) -> Server {
    let data = data.to_string_lossy();
    let mut arguments = vec!["--data", &data];
    arguments.extend(webhooks.iter().flat_map(|url| ["--webhook", url]));
    arguments.extend(further);
    Server::start_with(BINARY, &arguments, &[])
}

/// Opens an external segment without a time limit; answers its sys_id.
async fn open(api: &Api, external_id: &str) -> String {
    let opened = api.post("segment/create", &external(external_id)).await.expect(200);
    opened["segment"]["sys_id"].as_str().expect("a sys_id").to_owned()
}

/// Updates a segment.
async fn update(api: &Api, external_id: &str, body: &Value) {
    api.put(&format!("segment/update?external_segment_id={external_id}"), body).await.expect(200);
}

/// Types and sequences of what was received of a segment, in the order of its coming, repetitions left out.
fn of_segment(received: &[Received], sys_id: &str) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let first = received.iter().filter(|one| one.repeats == 0 && one.event["subject"] == sys_id);
    first.map(|one| (text(&one.event["type"]), text(&one.event["sequence"]))).collect()
}

fn steps(expected: &[(&str, u32)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, sequence)| (format!("segment.{kind}"), format!("{sequence:010}"))).collect()
}

fn has(received: &[Received], kind: &str) -> bool {
    received.iter().any(|one| one.event["type"] == kind)
}

#[tokio::test]
async fn each_change_is_posted_once_to_each_webhook_as_a_cloud_event_and_a_draft_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (Receiver::start(|_| Answer::Status(204)), Receiver::start(|_| Answer::Status(200)));
    let urls = [one.url("/wrap-ups?key=hidden"), other.url("/")];
    let server = start(folder.path(), &[&urls[0], &urls[1]], &[]);
    // What is shown of a URL has no key in it.
    assert!(server.banner.contains(&one.url("/wrap-ups\n")) && !server.banner.contains("hidden"), "{}", server.banner);
    let api = server.api();
    let mut request = external("EXT-1");
    request["configuration"]["enable_ai_notes"] = json!(true);
    request["configuration"]["use_third_party_ai"] = json!(true);
    let opened = api.post("segment/create", &request).await.expect(200);
    let sys_id = opened["segment"]["sys_id"].as_str().expect("a sys_id");
    let draft = json!({"notes": "What the agent types."});
    api.put("segment/draft?external_segment_id=EXT-1", &draft).await.expect(200);
    let advice = json!({"external_segment_id": "EXT-1", "ai_notes": "What the AI says."});
    api.put("segment/update/ai", &advice).await.expect(200);
    // Asked for again, nothing changes.
    api.post("segment/create", &request).await.expect(200);
    update(&api, "EXT-1", &json!({"notes": "Done."})).await;
    update(&api, "EXT-1", &json!({"notes": "Done.", "wrap_up_code": "Store Issue"})).await;
    update(&api, "EXT-1", &json!({"confirmed_on": "2024-09-16 18:52:01"})).await;

    let expected = [("opened", 0), ("ai_suggested", 2), ("closed", 3), ("corrected", 4), ("confirmed", 5)];
    let received = [&one, &other].map(|receiver| receiver.wait_until(|all| has(all, "segment.confirmed")));
    let document: Value = serde_json::from_slice(&run_cli(BINARY, &["asyncapi"]).stdout).expect("JSON");
    let components = &document["components"];
    let contract = Schema::new(json!({"$ref": "#/components/schemas/SegmentEvent", "components": components}));
    for received in &received {
        assert_eq!(of_segment(received, sys_id), steps(&expected));
        assert!(received.iter().all(|one| one.repeats == 0), "each comes once: {received:?}");
        for Received { headers, event, .. } in received {
            let header = |name: &str| headers.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str());
            assert_eq!(header("content-type"), Some("application/cloudevents+json; charset=UTF-8"));
            assert_eq!((&event["specversion"], &event["source"]), (&json!("1.0"), &json!("/wrapup/")));
            assert_eq!(event["data"]["external_segment_id"], "EXT-1");
            contract.check(event).expect("the event is as `wrapup asyncapi` describes it");
            // What somebody has written is for those who ask for it.
            let text = event.to_string();
            assert!(!text.contains("Done.") && !text.contains("types") && !text.contains("AI says"), "{text}");
        }
    }
    assert_eq!(received[0][0].path, "/wrap-ups?key=hidden");
    let events = |received: &[Received]| received.iter().map(|one| one.event.clone()).collect::<Vec<_>>();
    assert_eq!(events(&received[0]), events(&received[1]));
}

#[tokio::test]
async fn a_segments_events_wait_for_one_that_fails_and_other_segments_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let others = Arc::new(AtomicUsize::new(0));
    // The first event of one segment is taken only once there is another one's.
    let came = Arc::clone(&others);
    let receiver = Receiver::start(move |received| {
        let is_held = received.event["data"]["external_segment_id"] == "HELD";
        match (is_held, came.load(Ordering::SeqCst)) {
            (true, 0..10) => Answer::Status(500),
            (true, _) => Answer::Status(200),
            (false, _) => {
                came.fetch_add(1, Ordering::SeqCst);
                Answer::Status(200)
            }
        }
    });
    let server = start(folder.path(), &[&receiver.url("/")], &[]);
    let api = server.api();
    let held = open(&api, "HELD").await;
    update(&api, "HELD", &json!({"notes": "Done."})).await;
    receiver.wait_until(|all| !all.is_empty());
    for other in 0..5 {
        let external_id = format!("EXT-{other}");
        open(&api, &external_id).await;
        update(&api, &external_id, &json!({"confirmed_on": "2024-09-16 18:52:01"})).await;
    }
    let received = receiver.wait_until(|all| of_segment(all, &held).len() == 2);
    assert_eq!(of_segment(&received, &held), steps(&[("opened", 0), ("closed", 1)]));
    // The second was not sent before the first was taken.
    let held: Vec<_> = received.iter().filter(|one| one.event["subject"] == held.as_str()).collect();
    assert!(
        held.len() > 2 && held[..held.len() - 1].iter().all(|one| one.event["id"] == held[0].event["id"]),
        "{held:?}"
    );
    assert_eq!(others.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn whatever_is_no_success_is_posted_again_and_no_redirect_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let elsewhere = Receiver::start(|_| Answer::Status(200));
    let location = elsewhere.url("/");
    let answers = vec![
        Answer::Status(500),
        Answer::With(302, "Location", location.clone()),
        Answer::With(308, "Location", location),
        Answer::Status(304),
        Answer::Status(404),
        Answer::Status(410),
        Answer::With(429, "Retry-After", "2".to_owned()),
        Answer::With(503, "Retry-After", "soon".to_owned()),
        Answer::Close,
    ];
    let segments = answers.len();
    let receiver = Receiver::start(move |received| {
        let external_id = received.event["data"]["external_segment_id"].as_str().expect("an id");
        let number: usize = external_id.trim_start_matches("EXT-").parse().expect("a number");
        if received.repeats == 0 { answers[number].clone() } else { Answer::Status(202) }
    });
    let server = start(folder.path(), &[&receiver.url("/")], &[]);
    for number in 0..segments {
        open(&server.api(), &format!("EXT-{number}")).await;
    }
    let received = receiver.wait_until(|all| all.len() >= 2 * segments);
    let (first, again): (Vec<_>, Vec<_>) = received.iter().partition(|one| one.repeats == 0);
    assert_eq!((first.len(), again.len()), (segments, segments));
    assert!(again.iter().all(|again| first.iter().any(|first| first.event == again.event)), "{received:?}");
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn no_call_waits_for_a_webhook_that_does_not_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    // More segments than there may be events on their way at once, each of which takes until it is given up.
    let receiver = Receiver::start(|received| match (received.repeats, received.event["type"].as_str()) {
        (0, Some("segment.opened")) => Answer::Nothing,
        _ => Answer::Status(200),
    });
    let server = start(folder.path(), &[&receiver.url("/")], &[]);
    let api = server.api();
    let mut opened = Vec::new();
    for number in 0..17 {
        opened.push(open(&api, &format!("EXT-{number}")).await);
        update(&api, &format!("EXT-{number}"), &json!({"notes": "Done."})).await;
    }
    assert!(receiver.received().len() <= 16, "so many are on their way");
    let received = receiver.wait_until(|all| opened.iter().all(|sys_id| of_segment(all, sys_id).len() == 2));
    assert!(opened.iter().all(|sys_id| of_segment(&received, sys_id) == steps(&[("opened", 0), ("closed", 1)])));
}

#[tokio::test]
async fn what_happens_before_a_receiver_is_there_waits_for_it_over_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/");
    let server = start(folder.path(), &[], &[]);
    open(&server.api(), "BEFORE").await;
    server.kill();
    let server = start(folder.path(), &[&url], &[]);
    let first = open(&server.api(), "EXT-1").await;
    signal(server.pid(), "TERM");
    server.wait();
    // Without the webhook nothing is lost, either.
    let server = start(folder.path(), &[], &[]);
    let second = open(&server.api(), "EXT-2").await;
    server.kill();
    let _server = start(folder.path(), &[&url], &[]);
    let receiver = Receiver::start_on(port, |_| Answer::Status(200));
    let received = receiver.wait_until(|all| all.len() >= 2);
    // What had happened before the webhook was given for the first time is no news.
    let subjects: BTreeSet<_> = received.iter().map(|one| one.event["subject"].as_str().expect("a text")).collect();
    assert_eq!(subjects, BTreeSet::from([first.as_str(), second.as_str()]));
}

/// A port on which nobody listens.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn what_is_refused_for_too_long_is_put_aside_and_sent_by_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let events =
        |arguments: &[&str]| -> Said { run_cli(BINARY, &[&["events"], arguments, &["--data", &data]].concat()).into() };
    assert_eq!(events(&["failed", "--output", "json"]).fine(), "[]\n");
    assert!(std::fs::read_dir(folder.path()).expect("a folder").next().is_none(), "asking makes nothing");
    let works = Arc::new(AtomicUsize::new(0));
    let worked = Arc::clone(&works);
    let receiver = Receiver::start(move |received| {
        let refused = received.event["type"] == "segment.opened" && worked.load(Ordering::SeqCst) == 0;
        Answer::Status(if refused { 500 } else { 200 })
    });
    let url = receiver.url("/wrap-ups?key=hidden");
    let server = start(folder.path(), &[&url], &["--webhook-patience", "2s"]);
    let api = server.api();
    let sys_id = open(&api, "EXT-1").await;
    update(&api, "EXT-1", &json!({"notes": "Done."})).await;
    // The next event of the segment goes on once the first is put aside.
    receiver.wait_until(|all| has(all, "segment.closed"));
    // Beside the server that runs.
    let failed: Value = serde_json::from_str(&events(&["failed", "--output", "json"]).fine()).expect("JSON");
    assert_eq!(failed[0]["external_segment_id"], "EXT-1");
    let said: Vec<_> = ["type", "segment", "sequence", "problem", "webhook"].map(|name| failed[0][name].clone()).into();
    let shown = receiver.url("/wrap-ups");
    assert_eq!(
        said,
        [json!("segment.opened"), json!(sys_id), json!("0000000000"), json!("it answered 500"), json!(shown)]
    );
    let table = events(&["failed"]).fine();
    assert!(table.contains("segment.opened") && !table.contains("hidden"), "{table}");

    // As long as it is refused, it stays.
    let seen = receiver.received().len();
    let said = events(&["replay", "--failed"]).failed(&["1 of 1 event not sent", "it answered 500"]);
    assert!(!said.err.contains("hidden"), "{said:?}");
    assert_eq!(receiver.received().len(), seen + 1);
    works.store(1, Ordering::SeqCst);
    assert_eq!(events(&["replay", "--failed"]).fine(), "sent 1 event\n");
    let received = receiver.wait_until(|all| all.len() == seen + 2);
    assert_eq!(received.last().map(|one| &one.event), received.first().map(|one| &one.event));
    assert_eq!(events(&["failed", "--output", "json"]).fine(), "[]\n");
    assert_eq!(events(&["replay", "--failed"]).fine(), "sent 0 events\n");
}

/// Killed again and again while callers change segments and events are on their way to a receiver that fails now and then.
#[tokio::test]
async fn every_event_of_an_answered_change_arrives_whenever_the_process_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = Receiver::start(|received| match received.event["id"].as_str().map(|id| id.as_bytes()[0] % 8) {
        Some(0) if received.repeats == 0 => Answer::Nothing,
        Some(1) if received.repeats == 0 => Answer::Status(503),
        Some(2) if received.repeats == 0 => Answer::Close,
        _ => Answer::Status(200),
    });
    let url = receiver.url("/");
    // How many changes of each segment were answered.
    let answered: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    for round in 0..5 {
        let server = start(folder.path(), &[&url], &[]);
        let before: usize = answered.lock().expect("no caller panicked").values().sum();
        let mut callers = JoinSet::new();
        for caller in 0..4 {
            let (api, answered) = (server.api(), Arc::clone(&answered));
            callers.spawn(async move {
                for number in 0.. {
                    let external_id = format!("EXT-{round}-{caller}-{number}");
                    let sys_id = open(&api, &external_id).await;
                    let count = |changes| answered.lock().expect("no caller panicked").insert(sys_id.clone(), changes);
                    count(1);
                    update(&api, &external_id, &json!({"notes": "Done."})).await;
                    count(2);
                    update(&api, &external_id, &json!({"notes": "Better."})).await;
                    count(3);
                }
            });
        }
        while answered.lock().expect("no caller panicked").values().sum::<usize>() < before + 40 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Some calls are cut short by it; events are on their way, in the outbox, or not yet read.
        callers.abort_all();
        server.kill();
    }
    let answered = answered.lock().expect("no caller panicked").clone();
    let _server = start(folder.path(), &[&url], &[]);
    let received =
        receiver.wait_until(|all| answered.iter().all(|(sys_id, changes)| of_segment(all, sys_id).len() >= *changes));
    let mut ids: BTreeMap<(String, String), String> = BTreeMap::new();
    for one in &received {
        let text = |name: &str| one.event[name].as_str().expect("a text").to_owned();
        let id = ids.entry((text("subject"), text("sequence"))).or_insert_with(|| text("id"));
        assert_eq!(*id, text("id"), "a repetition has the same id");
    }
    assert_eq!(ids.values().collect::<BTreeSet<_>>().len(), ids.len(), "each change has its own");
    let all = steps(&[("opened", 0), ("closed", 1), ("corrected", 2)]);
    for sys_id in answered.keys() {
        let came = of_segment(&received, sys_id);
        assert_eq!(came, all[..came.len()], "none is missing, and they came in their order");
    }
}

#[test]
fn a_webhook_that_is_no_url_is_refused_at_the_start_without_showing_it() {
    for (arguments, words) in [
        (vec!["desk.example"], "URL such as https://desk.example/wrap-ups"),
        (vec!["ftp://desk.example/"], "URL such as"),
        (vec!["http://"], "URL such as"),
        (vec!["https://anna:hidden@desk.example/"], "no user name or password"),
        (
            vec!["http://desk.example/?key=hidden", "http://desk.example/?key=hidden"],
            "two webhooks are http://desk.example/;",
        ),
    ] {
        let webhooks: Vec<_> = arguments.iter().flat_map(|url| ["--webhook", url]).collect();
        let local = ["local", "--port", "0", "--dynamodb-port", "0", "--in-memory"];
        let said: Said = run_cli(BINARY, &[&local[..], &webhooks].concat()).into();
        let said = said.failed(&["webhook", words]);
        assert!(!said.err.contains("hidden") && said.out.is_empty(), "{said:?}");
    }
    let said: Said = run_cli(BINARY, &["local", "--in-memory", "--webhook-patience", "soon"]).into();
    said.misused();
    // How events are written is looked at where nobody is told of any, too.
    let mut command = Command::new(BINARY);
    command.args(["local", "--port", "0", "--dynamodb-port", "0", "--in-memory"]).env("WRAPUP_EVENT_NOTES", "true");
    let said: Said = command.output().expect("the binary runs").into();
    said.failed(&["WRAPUP_EVENT_NOTES", "on or off"]);
}

#[tokio::test]
async fn a_deployment_that_wants_notes_in_its_events_gets_them() {
    let receiver = Receiver::start(|_| Answer::Status(200));
    let environment = [("WRAPUP_EVENT_NOTES", "on"), ("WRAPUP_EVENT_SOURCE", "https://wrap-ups.example/")];
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &receiver.url("/")], &environment);
    open(&server.api(), "EXT-1").await;
    update(&server.api(), "EXT-1", &json!({"notes": "Done."})).await;
    let received = receiver.wait_until(|all| has(all, "segment.closed"));
    let closed = &received.last().expect("an event").event;
    assert_eq!((&closed["source"], &closed["data"]["notes"]), (&json!("https://wrap-ups.example/"), &json!("Done.")));
}

#[tokio::test]
async fn in_memory_says_that_what_is_not_taken_is_lost() {
    let receiver = Receiver::start(|_| Answer::Status(200));
    let server = Server::start_with(BINARY, &["--in-memory", "--webhook", &receiver.url("/")], &[]);
    assert!(server.banner.contains("lost at the end)"), "{}", server.banner);
    let sys_id = open(&server.api(), "EXT-1").await;
    let received = receiver.wait_until(|all| !all.is_empty());
    assert_eq!(of_segment(&received, &sys_id), steps(&[("opened", 0)]));
}
