//! What can be seen of a running deployment: one line a call, in CloudWatch's embedded metric format, so that the
//! same line is the log of the call and the source of its metrics. It never has bodies, notes, transcripts or
//! credentials in it.

mod capacity;
mod report;
mod tally;

pub use capacity::CapacityMeter;
pub use report::{Origin, Reporter};
pub use tally::{Tally, counted, note};
