use std::num::NonZeroU32;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ConfigurationRequest, Definition};
use crate::codes::{Code, Label, ShownCode};
use crate::language::Wish;
use crate::sys_id;

/// A configuration as it was when a segment opened, its codes and all their translations inside.
/// It never changes; many segments share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The administrator's configuration it came from; none where a request brought its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub configuration: Option<String>,
    /// Whether the agent has to pick a code.
    pub enable_codes: bool,
    /// The codes the agent may pick.
    pub allowed_codes: Vec<Arc<Code>>,
    /// One of the allowed ones.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default_code: Option<Label>,
    /// Most seconds a wrap-up may take.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration: Option<NonZeroU32>,
    /// Whether the agent sees the timer.
    pub show_timer: bool,
    /// Whether an AI code is wanted.
    pub enable_ai_code: bool,
    /// Whether AI notes are wanted.
    pub enable_ai_notes: bool,
    /// Whether the AI code stands in where the agent picks none.
    pub use_ai_as_default: bool,
    /// Whether AI content comes from an external system.
    pub use_third_party_ai: bool,
}

/// A snapshot in the form it is stored in, and the hash that names it.
pub struct Sealed {
    /// SHA-256 of the content, 64 hex digits.
    pub hash: String,
    /// The snapshot as JSON.
    pub content: String,
}

impl Snapshot {
    /// Bytes that a snapshot may take, so that it fits into one DynamoDB item of 400 KB.
    pub const MOST_KB: usize = 350;

    /// The snapshot of a request's configuration with the codes it names, defaults filled in.
    pub fn of_request(request: &ConfigurationRequest, allowed_codes: Vec<Arc<Code>>) -> Self {
        Self {
            configuration: None,
            enable_codes: request.enable_codes.unwrap_or(false),
            allowed_codes,
            default_code: request.default_code.clone(),
            duration: request.duration,
            show_timer: request.show_timer.unwrap_or(false),
            enable_ai_code: request.enable_ai_code.unwrap_or(false),
            enable_ai_notes: request.enable_ai_notes.unwrap_or(false),
            use_ai_as_default: request.use_ai_as_default.unwrap_or(false),
            use_third_party_ai: request.use_third_party_ai.unwrap_or(false),
        }
    }

    /// The snapshot of an administrator's configuration with the codes it names.
    pub fn of_definition(definition: &Definition, allowed_codes: Vec<Arc<Code>>) -> Self {
        Self {
            configuration: Some(definition.sys_id.clone()),
            enable_codes: definition.enable_codes,
            allowed_codes,
            default_code: definition.default_code.clone(),
            duration: definition.duration,
            show_timer: definition.show_timer,
            enable_ai_code: definition.enable_ai_code,
            enable_ai_notes: definition.enable_ai_notes,
            use_ai_as_default: definition.use_ai_as_default,
            use_third_party_ai: definition.use_third_party_ai,
        }
    }

    /// The allowed code with this label.
    pub fn allowed(&self, label: &str) -> Option<&Arc<Code>> {
        self.allowed_codes.iter().find(|code| code.code.as_str() == label)
    }

    /// The snapshot as it is stored; `None` where it outgrows [`Snapshot::MOST_KB`].
    pub fn seal(&self) -> Option<Sealed> {
        let content = serde_json::to_string(self).ok()?;
        let hash = sys_id::hex(&Sha256::digest(&content));
        (content.len() <= Self::MOST_KB * 1024).then_some(Sealed { hash, content })
    }

    /// The configuration as the API shows it.
    pub fn shown(&self, wish: &Wish) -> ShownConfiguration<'_> {
        ShownConfiguration {
            sys_id: self.configuration.as_deref(),
            enable_codes: self.enable_codes,
            allowed_codes: self.allowed_codes.iter().map(|code| code.shown(wish)).collect(),
            default_code: self
                .default_code
                .as_ref()
                .and_then(|label| self.allowed(label.as_str()))
                .map(|code| code.shown(wish)),
            duration: self.duration.map(|seconds| seconds.to_string()),
            show_timer: self.show_timer,
            enable_ai_code: self.enable_ai_code,
            enable_ai_notes: self.enable_ai_notes,
            use_ai_as_default: self.use_ai_as_default,
            use_third_party_ai: self.use_third_party_ai,
        }
    }
}

/// `segment.wrap_up_configuration` of an answer.
#[derive(Debug, Serialize)]
pub struct ShownConfiguration<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sys_id: Option<&'a str>,
    enable_codes: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_codes: Vec<ShownCode<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_code: Option<ShownCode<'a>>,
    /// In seconds, as text: the type that the reference gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration: Option<String>,
    show_timer: bool,
    enable_ai_code: bool,
    enable_ai_notes: bool,
    use_ai_as_default: bool,
    use_third_party_ai: bool,
}
