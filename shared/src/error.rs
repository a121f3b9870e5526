//! Why a call could not be done, in the terms of its caller. The edge turns the kind into a status and the text into
//! the message.

use std::fmt;

use crate::date_time::DateTime;
use crate::document::Violations;
use crate::dynamodb;

pub use crate::dynamodb::CorruptRecord;

/// What kind of failure an error is. The edge knows these and no more, so that a new room needs no word there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The request breaks rules: the caller has to mend it.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// It is well formed, and the state of what it names stands against it.
    Refused,
    /// What it asks for is more than an answer can hold.
    TooLarge,
    /// This process does as much for others as it can in time: the same request may succeed in some seconds.
    Busy,
    /// Others were in the way, or may have been: the text says whether anything is stored.
    Contended,
    /// A service that is needed did not do its part: the same request may succeed at once.
    Unavailable,
    /// The deployment has not got what this call reads: the same request succeeds once its operator has added it.
    NotThereYet,
    /// Nothing that the caller could mend: a bug, a deployment that lacks something, a record that cannot be read.
    Broken,
}

/// What every rule and store of this crate fails with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules, each named with its field.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// The addressed record does not exist.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The request is well formed, but the record's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The answer would be more than an answer can hold. Nothing is stored.
    #[error(
        "The answer to all entries would have more bytes than an answer can have. The first {fit} entries fit into one; \
         nothing is stored."
    )]
    AnswerTooLarge {
        /// How many of the request's entries fit into one answer, in their order.
        fit: usize,
    },
    /// This process does as much for others as it can in time. Nothing is stored.
    #[error("This instance is busy with other requests; call again. Nothing is stored.")]
    Busy,
    /// DynamoDB did not do its part.
    #[error(transparent)]
    DynamoDb(#[from] dynamodb::Error),
    /// What a room above this one needs did not do its part, and may do it a little later.
    #[error(transparent)]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// What a room above this one needs did not do its part, and will not.
    #[error(transparent)]
    Broken(Box<dyn std::error::Error + Send + Sync>),
    /// A stored record is not what this crate writes.
    #[error(transparent)]
    Corrupt(#[from] CorruptRecord),
    /// The password hash function failed, or its thread did.
    #[error("password hashing: {0}")]
    PasswordHash(String),
}

impl Error {
    /// What kind of failure it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Invalid(_) => Kind::Invalid,
            Self::NotFound(_) => Kind::NotFound,
            Self::Refused(_) => Kind::Refused,
            Self::AnswerTooLarge { .. } => Kind::TooLarge,
            Self::Busy => Kind::Busy,
            Self::DynamoDb(dynamodb::Error::NoIndex { .. }) => Kind::NotThereYet,
            Self::DynamoDb(dynamodb::Error::Contended | dynamodb::Error::Uncertain) => Kind::Contended,
            Self::DynamoDb(dynamodb::Error::Unavailable(_)) | Self::Unavailable(_) => Kind::Unavailable,
            Self::DynamoDb(dynamodb::Error::Broken(_) | dynamodb::Error::Record(_))
            | Self::Broken(_)
            | Self::Corrupt(_)
            | Self::PasswordHash(_) => Kind::Broken,
        }
    }
}

/// Which record does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// No code has the sys_id.
    #[error("There is no wrap-up code with the sys_id '{sys_id}'.")]
    Code {
        /// What was asked for.
        sys_id: String,
    },
    /// No segment has the id, be it a sys_id or an external segment id.
    #[error("There is no wrap-up segment '{id}'.")]
    Segment {
        /// What was asked for.
        id: String,
    },
    /// The agent has no segment for the interaction.
    #[error("Agent '{agent}' has no wrap-up segment for interaction '{interaction}'.")]
    AgentInteraction {
        /// sys_id of the agent.
        agent: String,
        /// sys_id of the interaction.
        interaction: String,
    },
    /// No user has the name.
    #[error("There is no user '{name}'.")]
    User {
        /// What was asked for.
        name: String,
    },
    /// No OAuth client has the id.
    #[error("There is no OAuth client '{id}'.")]
    Client {
        /// What was asked for.
        id: String,
    },
    /// No interaction has the sys_id.
    #[error("There is no interaction with the sys_id '{sys_id}'.")]
    Interaction {
        /// What was asked for.
        sys_id: String,
    },
    /// No configuration has the sys_id.
    #[error("There is no wrap-up configuration with the sys_id '{sys_id}'.")]
    Configuration {
        /// What was asked for.
        sys_id: String,
    },
}

/// The fields of a request that differ from those of an earlier one, by their paths; none where it is not known any more
/// what the earlier one said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences(pub Vec<&'static str>);

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => Ok(()),
            fields => write!(f, ", which differs in {}", fields.join(", ")),
        }
    }
}

/// Why a state does not allow a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An external id names one segment for good.
    #[error(
        "external_segment_id '{id}' already names wrap-up segment '{sys_id}', which was opened by a different request\
         {differences}."
    )]
    ExternalIdTaken {
        /// The external segment id.
        id: String,
        /// The segment it names.
        sys_id: String,
        /// The fields that differ from those of the request that opened it.
        differences: Differences,
    },
    /// The same, though the segment's time is over, until DynamoDB has removed it.
    #[error(
        "external_segment_id '{id}' names a wrap-up segment whose retention has ended, and which is not removed yet: use \
         another id, or try again after two days."
    )]
    ExternalIdExpired {
        /// The external segment id.
        id: String,
    },
    /// The agent already wraps this interaction segment up, as another request said.
    #[error(
        "Wrap-up segment '{sys_id}' is already open for this agent, interaction and segment_id, and was opened by a \
         different request{differences}."
    )]
    AlreadyOpen {
        /// The open segment.
        sys_id: String,
        /// The fields that differ from those of the request that opened it.
        differences: Differences,
    },
    /// A final segment cannot change.
    #[error("Wrap-up segment '{sys_id}' was closed on {submitted_on} and is final; {fields} cannot change any more.")]
    Final {
        /// The segment.
        sys_id: String,
        /// When it was closed.
        submitted_on: DateTime,
        /// The fields of the request that would change it.
        fields: String,
    },
    /// Another configuration comes too late.
    #[error(
        "Wrap-up segment '{sys_id}' is closed, and its configuration cannot change any more; this is not the one that it \
         was given last{differences}."
    )]
    ConfigurationOfClosed {
        /// The segment.
        sys_id: String,
        /// The fields that differ from those of the configuration that it was given last.
        differences: Differences,
    },
    /// AI content or a draft comes too late.
    #[error("Wrap-up segment '{sys_id}' is closed; {what} can only be stored while its state is open.")]
    NotOpen {
        /// The segment.
        sys_id: String,
        /// What comes too late.
        what: &'static str,
    },
    /// The configuration does not take AI content from outside.
    #[error("use_third_party_ai is false in the configuration of wrap-up segment '{sys_id}'.")]
    ThirdPartyAiOff {
        /// The segment.
        sys_id: String,
    },
}
