//! Wrap-up segments: how they open, take AI content, close, and are found again.
//!
//! What a request asks for is read by `open_request`, `advise`, `draft` and `close`; what becomes of a segment is judged by
//! `blueprint`, `advise`, `configure`, `close`, `deadline` and `fill`, which read and write nothing; `opening`, `snapshots`,
//! `drafting`, `sweep`, `indexing`, `replay` and `store` read and write. `record` is how a segment is stored, `by_time` where it
//! stands in the index by time, `index_keys` where in all of them, `shown` how it is answered, `event` what has happened to it,
//! and `cloud_event` how that is told to others. `erase` is what erasing takes from one, and `erasing` whose are erased.

mod address;
mod advise;
mod blueprint;
pub mod by_time;
mod close;
mod cloud_event;
mod configure;
mod counted;
mod counting;
mod deadline;
mod draft;
mod drafting;
mod erase;
mod erasing;
mod event;
mod exporting;
mod fill;
mod found;
mod given;
mod index_keys;
mod indexing;
mod late;
mod list_request;
mod listing;
mod open_request;
mod opening;
mod record;
mod replay;
mod request_hash;
mod segment;
mod shown;
mod snapshots;
mod store;
mod sweep;

pub use address::{Address, Include};
pub use advise::{AdviseRequest, LONGEST_AI_NOTES};
pub use close::{CloseRequest, LONGEST_NOTES};
pub use cloud_event::{CloudEvent, EventForm, EventSource, LARGEST_EVENT, NotASource};
pub use counted::Counted;
pub use counting::Ended;
pub use draft::{Draft, DraftRequest, DraftedCode};
pub use erasing::{Erasure, Kept, KeptOf, Whose};
pub use event::{EventKind, SegmentEvent};
pub use fill::{Alternative, Confidence, Filling, Gap, MOST_ALTERNATIVES, Provenance};
pub use found::Found;
pub use given::Given;
pub use indexing::{Backfilled, Part};
pub use list_request::{ListRequest, Question, Selector, StateAsked};
pub use listing::{Listed, ListedSegments, Position};
pub use open_request::{OpenRequest, OriginRequest};
pub use replay::{LastEvents, Replay, ReplayPage};
pub use request_hash::FieldHashes;
pub use segment::{Advice, AiOutcome, Closing, CodeFrom, Confirmation, LastEvent, Origin, PickedCode, Segment, State};
pub use shown::{ListEntry, SegmentAnswer, SegmentsAnswer};
pub use store::Segments;
pub use sweep::Swept;
