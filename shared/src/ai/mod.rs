//! The AI filler: a code and notes that wait on an open segment when the agent looks, where no
//! third party's AI is used. A [`Provider`] reads the conversation and suggests.

mod extractive;
mod provider;

pub use extractive::Extractive;
pub use provider::{Conversation, Provider, ProviderError, SuggestedCode, Suggestion, Task};
