//! Descriptions of requests and answers, as JSON Schemas: what the API's contract is put together from. A request's
//! stands beside its reader, an answer's is that of the struct which is written.
//!
//! A feature of the crate, as the contract is, so that no function carries it.

mod object;
mod rules;
mod schemas;

pub use object::Object;
pub use rules::{all_given, any_given, given, is_false, is_true, not_both, when};
pub use schemas::Schemas;
pub(crate) use schemas::without_null;
pub use serde_json::json;
