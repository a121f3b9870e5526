//! The API's contract as an OpenAPI 3.1 document, put together from what the code itself knows: paths and methods
//! from the routes, answers from the structs that are written, errors from the edge's own, and requests from their
//! readers, or from the descriptions that stand beside them.
//!
//! A feature of the crate, so that no function carries it.

mod contract;
mod errors;
mod object;
mod operation;
mod rules;
mod schemas;

pub use contract::Contract;
pub use object::Object;
pub use operation::{Body, Described, Link, Operation, Parameter, Topic};
pub use rules::{all_given, any_given, given, is_true, when};
pub use schemas::Schemas;
pub use serde_json::json;
