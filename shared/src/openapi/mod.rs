//! The API's contract as an OpenAPI 3.1 document, put together from what the code itself knows: paths and methods
//! from the routes, answers from the structs that are written, errors from the edge's own, and requests from their
//! readers, or from the descriptions that stand beside them.
//!
//! It has two [forms](Form), a plain one for generators of clients and a strict one to check requests by.
//!
//! Beside it stands the contract of the events, an AsyncAPI 3 document with the same schemas.
//!
//! A feature of the crate, so that no function carries it.

mod contract;
mod errors;
mod events;
mod oauth;
mod operation;

pub use contract::Contract;
pub use events::EventContract;
pub use operation::{Body, Documented, Link, Operation, Parameter, Topic};

pub use crate::json_schema::{Form, Object, Schemas, all_given, any_given, given, is_true, json, when};
