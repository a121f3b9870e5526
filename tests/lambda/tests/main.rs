//! The functions, on the events by which AWS calls them: one module a topic.

mod ai_filler;
mod ai_providers;
mod authorizer;
mod bodies;
mod busy;
mod consumers;
mod counts;
mod events;
mod faults;
mod gateway;
mod jobs;
mod large_answers;
mod openapi;
mod pages;
mod races;
mod records;
mod redaction;
mod reports;
mod segment_tables;
mod stored_forms;
mod system;
mod watch_routes;

/// A file that no line above names would be left out of the tests without a word.
#[test]
fn every_file_beside_this_one_is_a_module_of_it() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let names: Vec<_> = names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    assert!(names.iter().any(|name| name == "main"), "{folder} has the files of this suite: {names:?}");
    let left_out: Vec<_> = names
        .iter()
        .filter(|name| *name != "main" && !include_str!("main.rs").contains(&format!("\nmod {name};")))
        .collect();
    assert!(left_out.is_empty(), "files without a `mod` line: {left_out:?}");
}
