//! The AI filler: a code and notes that wait on an open segment when the agent looks, where no third
//! party's AI is used. A [`Provider`] reads a conversation and suggests; the [`Filler`] finds the
//! conversation, and adds to the segment as much of the suggestion as it may have.

mod filler;
mod provider;

pub use filler::{FillError, Filler, Outcome};
pub use provider::{Conversation, Provider, ProviderError, SuggestedCode, Suggestion, Task};
