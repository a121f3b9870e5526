//! The process is killed again and again while many callers write, and started again on the same folder: whatever was answered
//! is there. And what it does where the machine lets it down: `troubles.rs`.
//!
//! What is asked, and after how many answers the process is killed, follows from a seed, which a failure names. What the
//! machine makes of it does not: the same seed may be needed a few times. `WRAPUP_CRASH_SEED` runs that one, and
//! `WRAPUP_CRASH_ROUNDS` other than 50 rounds.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stdout, reason = "a run is known by its seed")]

mod audit;
mod caller;
mod plan;
mod troubles;
mod wrap_up;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Notify;
use wrapup_test_support::Server;

use crate::BINARY;
use caller::{Caller, Round};

const PHONE_LOG: &str = "sn_openframe_phone_log";

/// Rounds where nobody says how many.
const ROUNDS: usize = 50;

/// What a folder for so many rounds takes at most, in bytes.
const ROOM: usize = 32 * 1024 * 1024;

/// After so many rounds each, all that is stored is looked at.
const WHOLE: usize = 10;

/// What the environment says by a variable: a number of at least this.
fn number(name: &str, least: u64) -> Result<Option<u64>, String> {
    let Some(said) = std::env::var_os(name) else { return Ok(None) };
    let number = said.to_str().and_then(|said| said.parse().ok()).filter(|number| *number >= least);
    number.map(Some).ok_or_else(|| format!("{name} has to be a number from {least} on, and is {said:?}"))
}

/// Rounds and seed.
fn settings() -> Result<(usize, u64), String> {
    let rounds =
        number("WRAPUP_CRASH_ROUNDS", 1)?.map_or(ROUNDS, |rounds| usize::try_from(rounds).unwrap_or(usize::MAX));
    let seed = number("WRAPUP_CRASH_SEED", 0)?;
    Ok((rounds, seed.unwrap_or_else(|| RandomState::new().hash_one("seed") % 1_000_000)))
}

/// Whether there is room for some rounds in a folder: what is too small would be found as something else.
fn has_room(folder: &Path, bytes: usize) -> Result<(), String> {
    let file = folder.join("room");
    let written = std::fs::write(&file, vec![1; bytes]);
    let removed = std::fs::remove_file(&file);
    let lacks =
        |error| format!("{} has no room for {bytes} bytes: {error}; set TMPDIR to a folder that has", folder.display());
    written.and(removed).map_err(lacks)
}

#[derive(Debug, Default)]
struct Sum {
    answers: usize,
    wrap_ups: usize,
    unanswered: usize,
    timed_out: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_however_often_the_process_is_killed() {
    let (rounds, seed) = settings().unwrap_or_else(|problem| panic!("{problem}"));
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("no folder can be made, see TMPDIR: {error}"));
    has_room(folder.path(), ROOM).unwrap_or_else(|problem| panic!("{problem}"));
    println!("WRAPUP_CRASH_SEED={seed} WRAPUP_CRASH_ROUNDS={rounds}");
    match crash(folder.path(), seed, rounds).await {
        Ok(sum) => {
            println!("{sum:?}");
            assert!(sum.answers > rounds && sum.wrap_ups > rounds, "hardly anything was asked: {sum:?}");
        }
        Err((round, problems)) => {
            panic!(
                "WRAPUP_CRASH_SEED={seed}, round {round}: {} problems, the first one:\n{}",
                problems.len(),
                problems[0]
            )
        }
    }
}

/// Kills the process so often. Answers what came of it, or in which round what was wrong.
async fn crash(folder: &Path, seed: u64, rounds: usize) -> Result<Sum, (usize, Vec<String>)> {
    let mut server = Server::start_in(BINARY, folder);
    let codes = json!({"codes": caller::ALLOWED.map(|code| json!({"code": code}))});
    server.api().post("code", &codes).await.expect(200);
    let configuration = server.put_configuration(
        BINARY,
        &json!({"name": "Inside", "allowed_codes": caller::ALLOWED, "default_code": caller::ALLOWED[0], "enable_codes": true}),
    );
    let mut callers: Vec<_> = (0..plan::CALLERS).map(Caller::new).collect();
    let shared = Mutex::new(BTreeMap::new());
    let mut sum = Sum::default();
    for number in 0..rounds {
        let planned = plan::Round::of(seed, number);
        let (answers, answered, done) = (AtomicUsize::new(0), Notify::new(), AtomicUsize::new(0));
        let done = &done;
        let running =
            callers.iter_mut().zip(planned.callers.iter().zip(&planned.sends_again)).map(|(caller, (steps, again))| {
                // Each has connections of its own.
                let round = Round {
                    api: server.api(),
                    number,
                    configuration: &configuration,
                    answers: &answers,
                    answered: &answered,
                    shared: &shared,
                };
                async move {
                    let ran = caller.run(&round, steps, *again).await;
                    done.fetch_add(1, Ordering::Relaxed);
                    round.answered.notify_one();
                    ran
                }
            });
        let pid = server.pid();
        let killing = async {
            while answers.load(Ordering::Relaxed) < planned.answers && done.load(Ordering::Relaxed) < plan::CALLERS {
                answered.notified().await;
            }
            tokio::time::sleep(planned.delay).await;
            wrapup_test_support::signal(pid, "KILL");
        };
        let (ran, ()) = tokio::join!(join_all(running), killing);
        server.wait();
        sum.answers += answers.into_inner();
        let mut problems: Vec<String> = ran.into_iter().filter_map(Result::err).collect();
        sum.unanswered += callers.iter().flat_map(|one| &one.wrap_ups).filter(|one| one.unanswered.is_some()).count();

        server = Server::start_in(BINARY, folder);
        problems.extend(audit::of_callers(&server.api(), &mut callers, false).await);
        problems.extend(of_shared(&server, &shared, number).await);
        if (number + 1) % WHOLE == 0 && problems.is_empty() {
            problems.extend(audit::of_store(&server, &known(&callers, &shared)).await);
        }
        if !problems.is_empty() {
            return Err((number, problems));
        }
    }
    let open = wait_for_deadlines(&server, &callers).await;
    // What was touched last in one of the first rounds has to have outlived all kills since.
    let mut problems = audit::of_callers(&server.api(), &mut callers, true).await;
    problems.extend(of_shared(&server, &shared, 0).await);
    problems.extend(audit::of_store(&server, &known(&callers, &shared)).await);
    problems.extend(open.iter().map(|sys_id| format!("its deadline has not closed {sys_id}")));
    let timed =
        || callers.iter().flat_map(|caller| &caller.wrap_ups).filter(|one| one.is_timed() && one.shown.is_some());
    let not_closed = timed().filter(|one| one.shown("state") != "closed");
    problems.extend(not_closed.map(|one| format!("{} is shown open after its deadline", one.shown("sys_id"))));
    if !problems.is_empty() {
        return Err((rounds, problems));
    }
    sum.timed_out = timed().count();
    sum.wrap_ups = known(&callers, &shared).len();
    Ok(sum)
}

/// The sys_ids of all wrap-ups that there are.
fn known(callers: &[Caller], shared: &Mutex<BTreeMap<String, Option<Value>>>) -> BTreeSet<String> {
    let own = callers.iter().flat_map(|caller| &caller.wrap_ups).map(|one| one.shown("sys_id").to_owned());
    let shared = shared.lock().expect("a list");
    let shared = shared.values().flatten().filter_map(|shown| shown["sys_id"].as_str().map(str::to_owned));
    own.chain(shared).filter(|sys_id| !sys_id.is_empty()).collect()
}

/// What is wrong with the wrap-ups that several callers have opened, if anything is, from this round on. One that was not
/// answered, and is there, counts as answered from now on.
async fn of_shared(server: &Server, shared: &Mutex<BTreeMap<String, Option<Value>>>, from: usize) -> Vec<String> {
    let api = server.api();
    let mut problems = Vec::new();
    let known = shared.lock().expect("a list").clone();
    let of_round = |id: &String| id.rsplit(' ').next().and_then(|round| round.parse().ok());
    for (id, answered) in known.into_iter().filter(|(id, _)| of_round(id).is_some_and(|round: usize| round >= from)) {
        let reply = api.get(&format!("segment/{id}")).await;
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let found = (reply.status == 200).then(|| body["segment"].clone());
        let is_whole = |found: &Value| wrap_up::Change::Open(caller::external("agent of all", &id)).is_in(found);
        match (&answered, &found) {
            (None, None) => {}
            (None, Some(whole)) if is_whole(whole) => {}
            (Some(answered), Some(found)) if answered == found => {}
            _ => problems.push(format!("{id}: answered {answered:?}, found {found:?}")),
        }
        shared.lock().expect("a list").insert(id, found);
    }
    problems
}

/// Waits until all ends are stored that deadlines have brought; those that are not.
async fn wait_for_deadlines(server: &Server, callers: &[Caller]) -> BTreeSet<String> {
    let timed = callers.iter().flat_map(|caller| &caller.wrap_ups).filter(|one| one.is_timed());
    let timed: BTreeSet<_> = timed.map(|one| one.shown("sys_id").to_owned()).collect();
    let mut open = BTreeSet::new();
    for _ in 0..600 {
        open = audit::stored_open(server).await.intersection(&timed).cloned().collect();
        if open.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    open
}
