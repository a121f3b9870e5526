//! What a deployment learns from the codes that its agents pick: the words of a code's conversations, as sums by bucket, of
//! which nobody reads a text back; and how often the AI filler was right.

mod buckets;
mod centroid;
mod learner;
mod lessons;
mod opinion;
mod pupil;
mod record;
mod setting;
#[cfg(test)]
mod simulation;

pub use buckets::{Bag, HashKey, Hashing};
pub use learner::Learner;
pub use lessons::{Knowledge, Learnt, Lesson, Lessons, Overview};
pub use opinion::{Learned, Opinion, Told, fuse};
pub use pupil::Pupil;
pub use record::{Pick, Record, Threshold, Week};
pub use setting::{AI_LEARN, learns_from_env};
