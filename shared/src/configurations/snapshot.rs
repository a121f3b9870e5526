use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::written::{Shown, Written};
use super::{Definition, Rules};
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
    /// That configuration's name as it was; none on a snapshot that an older version wrote, either.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// What it says beside its codes.
    #[serde(flatten)]
    pub rules: Rules,
    /// The codes the agent may pick.
    #[serde(default)]
    pub allowed_codes: Vec<Arc<Code>>,
    #[serde(skip)]
    written: Written,
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

    /// A snapshot of a configuration that a request brought, with its codes as they are now.
    pub fn of_request(rules: Rules, allowed_codes: Vec<Arc<Code>>) -> Self {
        Self { configuration: None, name: None, rules, allowed_codes, written: Written::default() }
    }

    /// A snapshot of an administrator's configuration, with those of its codes that may be used now.
    pub fn of_definition(definition: &Definition, allowed_codes: Vec<Arc<Code>>) -> Self {
        let (configuration, name) = (Some(definition.sys_id.clone()), Some(definition.name.clone()));
        Self { configuration, name, rules: definition.rules.clone(), allowed_codes, written: Written::default() }
    }

    /// The allowed code with this label.
    pub fn allowed(&self, label: &str) -> Option<&Arc<Code>> {
        self.allowed_codes.iter().find(|code| code.code.as_str() == label)
    }

    /// The place of the allowed code with this label, from 0.
    pub fn place(&self, label: &Label) -> Option<u32> {
        let place = self.allowed_codes.iter().position(|code| code.code == *label);
        place.and_then(|place| u32::try_from(place).ok())
    }

    /// The snapshot as it is stored; `None` where it outgrows [`Snapshot::MOST_KB`].
    pub fn seal(&self) -> Option<Sealed> {
        let content = serde_json::to_string(self).ok()?;
        let hash = sys_id::hex(&Sha256::digest(&content));
        (content.len() <= Self::MOST_KB * 1024).then_some(Sealed { hash, content })
    }

    /// The configuration as the API shows it to somebody who wishes for these languages.
    pub fn shown(&self, wish: &Wish) -> Shown<'_> {
        self.written.get(wish, || self.show(wish))
    }

    /// The same without the allowed codes, which are the most of it.
    pub fn shown_in_short(&self, wish: &Wish) -> Shown<'_> {
        Shown::Unwritten(self.show_with(Vec::new(), wish))
    }

    fn show(&self, wish: &Wish) -> ShownConfiguration<'_> {
        self.show_with(self.allowed_codes.iter().map(|code| code.shown(wish)).collect(), wish)
    }

    fn show_with<'a>(&'a self, allowed_codes: Vec<ShownCode<'a>>, wish: &Wish) -> ShownConfiguration<'a> {
        let rules = &self.rules;
        ShownConfiguration {
            sys_id: self.configuration.as_deref(),
            name: self.name.as_deref(),
            enable_codes: rules.enable_codes,
            allowed_codes,
            default_code: rules
                .default_code
                .as_ref()
                .and_then(|label| self.allowed(label.as_str()))
                .map(|code| code.shown(wish)),
            duration: rules.duration.map(|seconds| seconds.to_string()),
            show_timer: rules.show_timer,
            enable_ai_code: rules.enable_ai_code,
            enable_ai_notes: rules.enable_ai_notes,
            use_ai_as_default: rules.use_ai_as_default,
            use_third_party_ai: rules.use_third_party_ai,
        }
    }
}

/// The configuration of a segment as it was when the segment opened.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SegmentConfiguration"))]
pub struct ShownConfiguration<'a> {
    /// sys_id of the administrator's configuration that an internal segment was opened with.
    #[serde(skip_serializing_if = "Option::is_none")]
    sys_id: Option<&'a str>,
    /// The name that it had then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"Demo"))]
    name: Option<&'a str>,
    /// Whether the agent has to pick a code.
    enable_codes: bool,
    /// The codes that the agent may pick.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_codes: Vec<ShownCode<'a>>,
    /// The code that stands in where the agent picks none.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_code: Option<ShownCode<'a>>,
    /// Most seconds that the wrap-up may take, as text.
    // The type that the reference gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^[0-9]+$"), example = &"120"))]
    duration: Option<String>,
    /// Whether the agent sees the timer.
    show_timer: bool,
    /// Whether an AI code is wanted.
    enable_ai_code: bool,
    /// Whether AI notes are wanted.
    enable_ai_notes: bool,
    /// Whether the AI code stands in where the agent picks none.
    use_ai_as_default: bool,
    /// Whether AI content comes from an external system.
    use_third_party_ai: bool,
}
