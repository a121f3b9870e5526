//! What the tests of the Lambda functions share: an embedded DynamoDB behind a proxy that counts
//! requests and makes them fail on demand, the functions' own endpoints on top of it, and the
//! events by which API Gateway and function URLs call them.
//!
//! A test that cannot go on panics, with what it saw.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

mod engine;
mod event;
mod instance;
mod invoke_api;
mod keys;
mod log;
mod process;
mod provider;
mod proxy;
mod reports;
mod samples;
mod scripted;
mod stream;
mod world;

pub use event::Event;
pub use instance::{Instance, Reply, call_all, sent};
pub use invoke_api::{Exchange, InvokeApi, Misbehaviour};
pub use keys::HeldKeys;
pub use log::Log;
pub use process::FunctionProcess;
pub use provider::{Question, ScriptedProvider};
pub use proxy::{Fault, Held, Rule, Spoiling, Traffic};
pub use reports::Reports;
pub use samples::{codes_of, internal, opening, opening_with, segmented};
pub use scripted::{Asked, Scripted, Turn};
pub use stream::{StreamRecord, filler, learner, relay, undelivered};
pub use world::{Parts, World};
