//! The functions, on the events by which AWS calls them: one module a topic.

mod ai_filler;
mod ai_providers;
mod authorizer;
mod bodies;
mod body_forms;
mod busy;
mod consumers;
mod counts;
mod deadlines;
mod drafts;
mod erasing;
mod events;
mod exporting;
mod faults;
mod gateway;
mod index;
mod jobs;
mod kept_sys_ids;
mod large_answers;
mod late_words;
mod learning;
mod lists;
mod lost_answers;
mod methods;
mod model;
mod oauth;
mod odd_records;
mod openapi;
mod pages;
mod races;
mod records;
mod redaction;
mod relay;
mod removal;
mod replay;
mod report;
mod reports;
mod retention;
mod segment_tables;
mod segments;
mod stored_forms;
mod sweep;
mod system;
mod watch_routes;

#[test]
fn every_file_beside_this_one_is_a_module_of_it() {
    wrapup_test_support::assert_all_are_modules(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"), include_str!("main.rs"));
}
