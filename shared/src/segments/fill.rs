use serde::{Deserialize, Serialize};

use super::{Advice, Segment, State};
use crate::codes::Label;
use crate::configurations::Snapshot;

/// What the AI filler may add to an open segment; at least one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// One of the allowed codes.
    pub code: bool,
    /// Notes.
    pub notes: bool,
}

/// What the AI filler has made for a segment.
#[derive(Clone, PartialEq, Eq)]
pub struct Filling {
    /// One of the allowed codes.
    pub code: Option<Label>,
    /// Codes that may be right where it names none, the likeliest first; allowed ones.
    pub alternatives: Vec<Alternative>,
    /// An allowed code that the filler would have named and keeps to itself, so that it learns whether the agent picks it
    /// unprompted.
    pub kept_back: Option<Alternative>,
    /// Notes.
    pub notes: Option<String>,
    /// Where all of it is from.
    pub provenance: Provenance,
}

/// A code that may be the right one, where the AI filler is not sure enough to name one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "AiAlternative"))]
pub struct Alternative {
    /// The code's label.
    #[serde(rename = "wrap_up_code")]
    #[cfg_attr(feature = "openapi", schemars(with = "String", example = &"Refund"))]
    pub code: Label,
    /// How sure the provider is of it, where it says.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schemars(example = 0.41))]
    pub confidence: Option<Confidence>,
}

/// The most alternatives that a segment is offered.
pub const MOST_ALTERNATIVES: usize = 3;

/// Where the AI filler's content is from: kept on the segment, so that a team can measure it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The kind of provider.
    pub source: String,
    /// Its model or method.
    pub model: String,
    /// How sure it was of the code, if it suggested one.
    pub confidence: Option<Confidence>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// How sure a provider is of a code: 0 to 1, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "f64", from = "f64")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(inline, extend("minimum" = 0, "maximum" = 1)))]
pub struct Confidence(u8);

impl Confidence {
    /// As it is stored in few bytes: 0 to 100.
    pub const fn hundredths(self) -> u8 {
        self.0
    }

    /// Its tenth, 0 to 9; the last one has 1 too.
    pub fn tenth(self) -> u8 {
        (self.0 / 10).min(9)
    }
}

impl From<f64> for Confidence {
    /// What is outside of 0 to 1 counts as the nearer of the two, and what is no number as 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    fn from(share: f64) -> Self {
        Self((share.clamp(0.0, 1.0) * 100.0).round() as u8)
    }
}

impl Filling {
    /// The same without a code that anybody sees: the likeliest is kept back.
    #[must_use]
    pub fn blind(self) -> Self {
        let confidence = self.provenance.confidence;
        let named = self.code.map(|code| Alternative { code, confidence });
        let kept_back = named.or_else(|| self.alternatives.into_iter().next());
        let provenance = Provenance { confidence: None, ..self.provenance };
        Self { code: None, alternatives: Vec::new(), kept_back, notes: self.notes, provenance }
    }

    /// Whether nobody sees anything of it.
    pub fn is_kept_back(&self) -> bool {
        self.kept_back_alone().is_some()
    }

    pub(super) fn kept_back_alone(&self) -> Option<&Alternative> {
        let shown = self.code.is_some() || self.notes.is_some() || !self.alternatives.is_empty();
        self.kept_back.as_ref().filter(|_| !shown)
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> Self {
        Self::from(confidence.0) / 100.0
    }
}

impl Segment {
    /// The codes that it is offered: those that its configuration still allows, where that wants AI codes.
    pub(super) fn alternatives<'a>(&'a self, configuration: &'a Snapshot) -> impl Iterator<Item = &'a Alternative> {
        let wanted = configuration.rules.enable_ai_code && self.ai_code.is_none();
        self.ai_alternatives.iter().filter(move |other| wanted && configuration.allowed(other.code.as_str()).is_some())
    }

    /// What the AI filler may add now. What it has added before is not second-guessed for as long as the configuration
    /// stays: a record that comes again changes nothing.
    pub(super) fn gap(&self, configuration: &Snapshot) -> Option<Gap> {
        self.lacks(configuration).filter(|_| self.wants_ai)
    }

    /// Whether the AI filler, which has read the segment as it was `before`, may go by that still: it is the same
    /// configuration, and no other filler has been there.
    pub(super) fn is_as_read(&self, before: &Self) -> bool {
        let read = |segment: &Self| (segment.configuration.clone(), segment.wants_ai, segment.ai_read.clone());
        read(self) == read(before)
    }

    /// What a configuration wants of the AI filler that the segment does not have. Of a third party's AI, where the
    /// configuration uses one, it wants nothing of the filler; and whose texts were erased, of that nothing new is made.
    pub(super) fn lacks(&self, configuration: &Snapshot) -> Option<Gap> {
        let rules = &configuration.rules;
        if self.state != State::Open || rules.use_third_party_ai || self.erased_on.is_some() {
            return None;
        }
        let code = rules.enable_ai_code && self.ai_code.is_none() && !configuration.allowed_codes.is_empty();
        let notes = rules.enable_ai_notes && self.ai_notes.is_none();
        (code || notes).then_some(Gap { code, notes })
    }

    /// The segment with as much of the filling as it lacks, or `None` where that is nothing.
    pub(super) fn fill(&self, filling: &Filling, configuration: &Snapshot, now_ms: u64) -> Option<Self> {
        let gap = self.lacks(configuration)?;
        let defined_at = now_ms;
        let allowed = |label: &Label| configuration.allowed(label.as_str()).is_some();
        let code = filling.code.clone().filter(|label| gap.code && allowed(label));
        let notes = filling.notes.clone().filter(|_| gap.notes);
        let offered = |other: &&Alternative| gap.code && code.is_none() && allowed(&other.code);
        let alternatives: Vec<_> = filling.alternatives.iter().filter(offered).cloned().collect();
        if code.is_none() && notes.is_none() && alternatives.is_empty() {
            return None;
        }
        // What was offered before stays where nothing better is known, and goes once a code is named.
        let kept = if code.is_none() && alternatives.is_empty() { &self.ai_alternatives } else { &alternatives };
        let ai_alternatives = kept.clone();
        let mut provenance = filling.provenance.clone();
        if code.is_none() {
            // It stays what it was of the code that an earlier configuration wanted.
            provenance.confidence = self.filled_by.as_ref().and_then(|earlier| earlier.confidence);
        }
        let kept_back = filling.kept_back.clone().filter(|kept_back| gap.code && allowed(&kept_back.code));
        Some(Self {
            ai_kept_back: if code.is_none() { kept_back.or_else(|| self.ai_kept_back.clone()) } else { None },
            ai_code: code.map(|value| Advice { value, defined_at }).or_else(|| self.ai_code.clone()),
            ai_notes: notes.map(|value| Advice { value, defined_at }).or_else(|| self.ai_notes.clone()),
            ai_alternatives,
            filled_by: Some(provenance),
            wants_ai: false,
            ..self.clone()
        })
    }
}
