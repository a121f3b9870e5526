//! The AI filler: a code and notes that wait on an open segment when the agent looks, where no third
//! party's AI is used. A [`Provider`] reads a conversation and suggests, [`AiSettings`] says which one a
//! deployment has; the [`Filler`] finds the conversation, and adds to the segment as much of the
//! suggestion as it may have.

mod adviser;
mod answer;
mod bedrock;
mod blocking;
mod conversations;
mod extractive;
mod filler;
mod key;
mod learning;
mod leaving_out;
mod model;
mod openai;
mod orders;
mod prompt;
mod provider;
mod recitals;
mod settings;

pub use adviser::Adviser;
pub use bedrock::{BEDROCK_ENDPOINT, Bedrock, BedrockFailure};
pub use extractive::Extractive;
pub use filler::{FillError, FillOutcome, Filler, Late, Stores};
pub use key::{KeyError, KeyProblem, KeyReference, KeyStore, NotAReference, SECRETS_MANAGER_ENDPOINT, SSM_ENDPOINT};
pub use learning::{
    AI_LEARN, Bag, HashKey, Hashing, Knowledge, Learned, Learner, Learnt, Lesson, Lessons, Opinion, Overview, Pick,
    Pupil, Record, Threshold, Told, Week, fuse, learns_from_env,
};
pub use model::TooLate;
pub use openai::{EndpointFailure, OpenAi, OpenAiFailure};
pub use provider::{Conversation, Provider, ProviderError, Said, SuggestedCode, Suggestion, Task};
pub use settings::{
    AI_KEY, AI_MODEL, AI_PROVIDER, AI_URL, AiSettings, AiSettingsError, NotAProvider, ProviderKind, UrlProblem,
    aws_of_function,
};
