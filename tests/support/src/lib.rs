//! What the tests share: the local process, a client of the API, and readers of its answers.
//!
//! A test that cannot go on panics, with what it saw.
#![expect(clippy::panic, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod api;
mod server;
mod xml;

pub use api::{Api, Call, Reply};
pub use server::{Server, run_cli, run_cli_with_input};
pub use xml::xml_to_json;
