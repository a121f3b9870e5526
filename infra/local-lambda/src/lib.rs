//! Lambda on this machine: the Runtime API, towards a function's process, and the Invoke API, towards whoever invokes
//! functions. Each is a router; who serves it, starts processes and ends them stands above: `wrapup local`, the tests
//! and the benchmark.

mod invoke;
mod payload;
mod runtime;

pub use invoke::{Invoke, InvokeError, function_name, invoke_api};
pub use payload::LARGEST_PAYLOAD;
pub use runtime::{Answered, Invocation, Runtime};
