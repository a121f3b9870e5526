//! The API over HTTP, as `wrapup local` serves it, and the operator's command line: one module a topic.

mod access;
mod ai;
mod ai_evaluate;
mod ai_filler;
mod ai_learned;
mod asyncapi;
mod bad_input;
mod body_forms;
mod clock;
mod closing;
mod codes;
mod concurrency;
mod configuring;
mod conformance;
mod crash;
mod desk;
mod drafts;
mod ending;
mod events;
mod every_violation;
mod exporting;
mod forgotten;
mod formats;
mod gateway;
mod late_words;
mod local_servers;
mod migrate;
mod oauth;
mod openapi;
mod opening;
mod operator;
mod people;
mod persistence;
mod readme;
mod reference;
mod segment_tables;
mod steering;
mod supervisor;
mod traffic;
mod trying;
mod webhooks;

use std::sync::LazyLock;

use wrapup_test_support::Server;

/// The program under test.
const BINARY: &str = env!("CARGO_BIN_EXE_wrapup");

/// One server for all tests that leave nothing behind, or bring ids of their own and look at nothing else. What counts,
/// changes users or needs an empty store starts its own.
fn shared() -> &'static Server {
    static SHARED: LazyLock<Server> = LazyLock::new(|| Server::of_the_process(BINARY));
    &SHARED
}

#[test]
fn every_file_beside_this_one_is_a_module_of_it() {
    wrapup_test_support::assert_all_are_modules(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/api"),
        include_str!("main.rs"),
    );
}
