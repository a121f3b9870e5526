//! The API over HTTP, as `wrapup local` serves it, and the operator's command line: one module a topic.

/// The program under test.
const BINARY: &str = env!("CARGO_BIN_EXE_wrapup");

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
