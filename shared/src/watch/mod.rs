//! What can be seen of a running deployment: one line a call, in CloudWatch's embedded metric format, so that the
//! same line is the log of the call and the source of its metrics. It never has bodies, notes, transcripts or
//! credentials in it. Beside it stands one line for each record that the call has changed: the audit.

mod audit;
mod capacity;
mod report;
mod tally;

pub use audit::{Action, Audited};
pub use capacity::CapacityMeter;
pub use report::{CallIds, Reporter, Watched};
pub use tally::{Count, Tally, Unit, audit, counted, counting_tries, note};
