//! Descriptions of requests and answers, as JSON Schemas: what the API's contract is put together from. A request's
//! stands beside its reader, an answer's is that of the struct which is written.
//!
//! There are two forms of them. The strict one has all that is read, in whichever type, and every condition between fields.
//! The plain one is made of it: objects whose fields have one type each, and conditions in words.
//!
//! A feature of the crate, as the contract is, so that no function carries it.

mod object;
mod plain;
mod rules;
mod schemas;

pub use object::Object;
pub use rules::{all_given, any_given, given, in_words, is_false, is_true, not_both, when};
pub(crate) use schemas::without_null;
pub use schemas::{Form, Schemas};
pub use serde_json::json;
