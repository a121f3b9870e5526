//! The API over HTTP, as `wrapup local` serves it, and the operator's command line: one module a topic.

mod access;
mod ai;
mod ai_evaluate;
mod ai_filler;
mod bad_input;
mod closing;
mod codes;
mod concurrency;
mod formats;
mod local_servers;
mod openapi;
mod opening;
mod operator;
mod persistence;
mod readme;
mod reference;
mod segment_tables;

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

/// A file that no line above names would be left out of the tests without a word.
#[test]
fn every_file_beside_this_one_is_a_module_of_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/api");
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let names: Vec<_> = names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    assert!(names.iter().any(|name| name == "main"), "{folder} has the files of this suite: {names:?}");
    let left_out: Vec<_> = names
        .iter()
        .filter(|name| *name != "main" && !include_str!("main.rs").contains(&format!("\nmod {name};")))
        .collect();
    assert!(left_out.is_empty(), "files without a `mod` line: {left_out:?}");
}
