//! The local process on a machine whose clock is set, back and forth. The binary has no clock of its own that a test could set:
//! what it asks the C library for is answered by one that a test compiles.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wrapup_test_support::{Answer, Api, Receiver, Server, external, merged};

use crate::BINARY;

/// Answers the machine's time, and as many seconds more as a file says. Nothing else is told another time.
const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const volatile long long *ahead;
static int (*machines)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    machines = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int file = open(getenv("SECONDS_AHEAD"), O_RDONLY);
    void *mapped = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0 && mapped != MAP_FAILED) ahead = mapped;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!machines) begin();
    int failed = machines(clock, time);
    if (!failed && clock == CLOCK_REALTIME && ahead) time->tv_sec += *ahead;
    return failed;
}
"#;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// A clock that a test sets.
struct SetClock {
    folder: TempDir,
}

impl SetClock {
    fn new() -> Self {
        let clock = Self { folder: tempfile::tempdir().expect("a folder") };
        let source = clock.file("clock.c");
        fs::write(&source, SHIM).expect("a file");
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-o"]).arg(clock.file("clock.so")).arg(&source).arg("-ldl");
        let compiled = compile.output().expect("a C compiler");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        clock.is_ahead(0);
        clock
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// From now on the process sees the machine's time and so many seconds more.
    fn is_ahead(&self, seconds: i64) {
        use std::os::unix::fs::FileExt;

        // In place, and in one piece: the process reads it by its memory.
        let file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(self.file("ahead"));
        file.and_then(|file| file.write_all_at(&seconds.to_ne_bytes(), 0)).expect("a file");
    }

    fn start(&self, arguments: &[&str]) -> Server {
        let (shim, ahead) = (self.file("clock.so"), self.file("ahead"));
        let environment = [("LD_PRELOAD", &*shim.to_string_lossy()), ("SECONDS_AHEAD", &*ahead.to_string_lossy())]
            .map(|(name, value)| (name, value.to_owned()));
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Server::start_with(BINARY, arguments, &environment)
    }
}

/// How many records the stream of the segment table keeps.
async fn stream_records(server: &Server) -> usize {
    let dynamodb = Api::new(&format!("http://127.0.0.1:{}", server.dynamodb_port));
    let ask = async |operation: &str, body: Value| {
        let call = dynamodb.raw(hyper::Method::POST, "/").body("application/x-amz-json-1.0", body.to_string());
        let call = call.header("X-Amz-Target", operation).header("X-Amz-Date", "20260101T000000Z").header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
        );
        let reply = call.send().await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        serde_json::from_slice::<Value>(&reply.body).expect("JSON")
    };
    let table = ask("DynamoDB_20120810.DescribeTable", json!({"TableName": "interaction_wrap_up_segment"})).await;
    let arn = &table["Table"]["LatestStreamArn"];
    let stream = ask("DynamoDBStreams_20120810.DescribeStream", json!({"StreamArn": arn})).await;
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let begin = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = ask("DynamoDBStreams_20120810.GetShardIterator", begin).await["ShardIterator"].clone();
    let read = ask("DynamoDBStreams_20120810.GetRecords", json!({"ShardIterator": iterator})).await;
    read["Records"].as_array().map_or(0, Vec::len)
}

/// Waits until the stream keeps so many records; how many it does keep.
async fn until_records(server: &Server, expected: usize) -> usize {
    let mut kept = 0;
    for _ in 0..600 {
        kept = stream_records(server).await;
        if kept == expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    kept
}

async fn open_with_drafts(api: &Api, count: usize) {
    for number in 0..count {
        let id = format!("OLD-{number}");
        api.post("segment/create", &external(&id)).await.expect(200);
        let draft = json!({"notes": "What the agent types."});
        api.put(&format!("segment/draft?external_segment_id={id}"), &draft).await.expect(200);
    }
}

#[tokio::test]
async fn stream_records_that_all_have_read_go_after_a_day() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["--in-memory"][..], &["--data", &folder.path().to_string_lossy()]] {
        let clock = SetClock::new();
        let server = clock.start(arguments);
        open_with_drafts(&server.api(), 6).await;
        // A segment, what its interaction means, and a draft each.
        assert_eq!(stream_records(&server).await, 18);
        clock.is_ahead(DAY + HOUR);
        assert_eq!(until_records(&server, 1).await, 1, "{arguments:?}");
        open_with_drafts(&server.api(), 1).await;
        server.api().get("segment/OLD-5").await.expect(200);
    }
}

#[tokio::test]
async fn stream_records_stay_for_a_webhook_that_has_not_read_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_string_lossy().into_owned();
    let clock = SetClock::new();
    let receiver = Receiver::start(|_| Answer::Status(204));
    let with_webhook = ["--data", &data, "--webhook", &receiver.url("/")];
    // It gets what happens from its first start on, and so what happens while it is not given.
    drop(clock.start(&with_webhook));
    let server = clock.start(&["--data", &data]);
    open_with_drafts(&server.api(), 6).await;
    server.kill();
    // What is older than a day when the process starts is told all the same to who comes to it only now.
    clock.is_ahead(2 * DAY);
    let server = clock.start(&with_webhook);
    let told = receiver.wait_until(|all| all.len() >= 6);
    assert!(told.iter().take(6).all(|told| told.event["type"] == "segment.opened"), "{told:?}");
    assert_eq!(until_records(&server, 1).await, 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_and_forth_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = SetClock::new();
    let receiver = Receiver::start(|_| Answer::Status(204));
    let data = folder.path().to_string_lossy().into_owned();
    let arguments = ["--data", &data, "--webhook", &receiver.url("/")];
    let mut server = clock.start(&arguments);
    let mut answered: Vec<(String, Value)> = Vec::new();
    for (step, ahead) in [0, HOUR, -2 * HOUR, 3 * DAY, -DAY, 0].into_iter().enumerate() {
        clock.is_ahead(ahead);
        let api = server.api();
        for number in 0..3 {
            let id = format!("STEP-{step}-{number}");
            let own = json!({"interaction_sys_id": id});
            api.post("segment/create", &merged(external(&id), &own)).await.expect(200);
            let path = format!("segment/update?external_segment_id={id}");
            let closed = api.put(&path, &json!({"notes": format!("Notes {id}")})).await.expect(200);
            answered.push((id, closed["segment"].clone()));
        }
        if step % 2 == 1 {
            server.kill();
            server = clock.start(&arguments);
        }
        for (id, closed) in &answered {
            let api = server.api();
            assert_eq!(api.get(&format!("segment/{id}")).await.expect(200)["segment"], *closed, "{id} at {ahead}");
            let sys_id = closed["sys_id"].as_str().expect("a sys_id");
            for path in
                [format!("segment/{sys_id}"), format!("segment/agent/{}/interaction/{id}", wrapup_test_support::AGENT)]
            {
                assert_eq!(api.get(&path).await.expect(200)["segment"], *closed, "{path} at {ahead}");
            }
        }
    }
    // Each has opened and closed, and both were told, however the clock stood.
    let of = |told: &[wrapup_test_support::Received], kind: &str, id: &str| {
        told.iter().filter(|one| one.repeats == 0 && one.event["type"] == kind && one.event["subject"] == id).count()
    };
    let sys_ids: Vec<_> = answered.iter().map(|(_, closed)| closed["sys_id"].as_str().expect("a sys_id")).collect();
    let told = receiver.wait_until(|told| sys_ids.iter().all(|id| of(told, "segment.closed", id) > 0));
    for id in sys_ids {
        assert_eq!((of(&told, "segment.opened", id), of(&told, "segment.closed", id)), (1, 1), "{id}");
    }
}

/// A deadline that the clock has jumped over has come, and what it closed stays closed when the clock is put back.
#[tokio::test]
async fn a_deadline_that_the_clock_jumps_over_has_come() {
    let clock = SetClock::new();
    let server = clock.start(&["--in-memory"]);
    let api = server.api();
    let timed =
        json!({"opened_on": "2024-09-16 18:00:00", "configuration": {"duration": 315_360_000, "show_timer": true}});
    api.post("segment/create", &merged(external("TIMED"), &timed)).await.expect(200);
    api.put("segment/draft?external_segment_id=TIMED", &json!({"notes": "Typed"})).await.expect(200);
    clock.is_ahead(8 * 365 * DAY);
    let ended = api.get("segment/TIMED").await.expect(200)["segment"].clone();
    assert_eq!(
        (&ended["state"], &ended["notes"], &ended["timed_out"]),
        (&json!("closed"), &json!("Typed"), &json!(true))
    );
    for _ in 0..600 {
        let records = server.stored("interaction_wrap_up_segment").await;
        if records
            .iter()
            .any(|record| record.get("state").is_some_and(|state| state.as_s().is_ok_and(|state| state == "closed")))
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    clock.is_ahead(0);
    assert_eq!(api.get("segment/TIMED").await.expect(200)["segment"], ended);
}

#[test]
fn the_clock_of_a_test_is_the_processs_own() {
    let clock = SetClock::new();
    let date = |ahead: i64| {
        clock.is_ahead(ahead);
        let mut date = Command::new("date");
        date.args(["-u", "+%Y"]).env("LD_PRELOAD", clock.file("clock.so")).env("SECONDS_AHEAD", clock.file("ahead"));
        let said = date.output().expect("date runs").stdout;
        String::from_utf8_lossy(&said).trim().parse::<i64>().expect("a year")
    };
    assert_eq!(date(3_652 * DAY) - date(0), 10);
    assert!(Path::new("/proc/self").exists());
}
