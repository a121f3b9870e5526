//! What the tests share: the local process, a client of the API, and readers of its answers.
//!
//! A test that cannot go on panics, with what it saw.
#![expect(clippy::panic, clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

mod api;
mod contract;
mod deployment;
mod gzip;
mod http;
mod merge;
mod pointer;
mod process;
mod receiver;
mod refusal;
mod said;
mod samples;
mod schema;
mod server;
mod stored;
mod suite;
mod xml;

pub use api::{Api, Call, Reply};
pub use contract::Contract;
pub use deployment::Deployment;
pub use gzip::gzip;
pub use http::Http;
pub use merge::merged;
pub use pointer::{field_at, put_at};
pub use process::{Ended, Process, signal};
pub use receiver::{Answer, Received, Receiver};
pub use refusal::{assert_refused, mentions};
pub use said::Said;
pub use samples::{AGENT, INTERACTION, external, id, is_date_time};
pub use schema::Schema;
pub use server::{Server, run_cli, run_cli_with_env, run_cli_with_input};
pub use suite::assert_all_are_modules;
pub use xml::{as_xml, to_xml_request, xml_to_json};
