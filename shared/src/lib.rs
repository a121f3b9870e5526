//! What the functions of the Wrap Up API share: the HTTP edge ([`api`]), the rules of wrap-up codes
//! ([`codes`]), configurations ([`configurations`]) and segments ([`segments`]), API users
//! ([`users`]), and the extension point by which a team plugs in its own segment table
//! ([`segment_tables`]).
//!
//! A function builds a [`System`] once, takes from it the stores it needs, and hands an
//! [`api::Endpoint`] to [`system::run`].
//!
//! The rooms are floors of one stack: each uses those below it and never one beside or above. `tests/floors.rs` has the list.

#[cfg(feature = "ai")]
pub mod ai;
pub mod api;
pub mod aws;
mod cache;
pub mod clock;
pub mod codes;
pub mod configurations;
pub mod csv;
pub mod cursors;
pub mod date_time;
pub mod document;
pub mod dynamodb;
pub mod error;
pub mod interactions;
#[cfg(feature = "openapi")]
pub mod json_schema;
pub mod language;
pub mod logging;
pub mod near;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod redaction;
pub mod reports;
pub mod retention;
pub mod segment_tables;
pub mod segments;
pub mod settings;
pub mod sys_id;
pub mod system;
pub mod users;
pub mod watch;
mod xml;

pub use error::Error;
pub use system::System;
