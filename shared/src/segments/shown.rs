use serde::Serialize;

use super::{AiOutcome, Alternative, CodeFrom, Confidence, Confirmation, Found, Given, Origin, PickedCode, Segment};
use crate::codes::ShownCode;
#[cfg(feature = "openapi")]
use crate::configurations::ShownConfiguration;
use crate::configurations::{Shown, Snapshot};
use crate::date_time::DateTime;
use crate::language::Wish;
use crate::segment_tables::InteractionSegmentRecord;

/// A wrap-up segment with all that is stored. Flags are always there, other fields where the segment has them.
// In the reference's order of fields.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Segment"))]
pub(super) struct ShownSegment<'a> {
    /// sys_id of the agent.
    #[cfg_attr(feature = "openapi", schemars(example = &"agent-7"))]
    agent: &'a str,
    #[serde(flatten)]
    given: &'a Given,
    /// Whether it is a CCaaS system's.
    external: bool,
    /// The external system's id of the segment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"CALL-0001"))]
    external_segment_id: Option<&'a str>,
    /// sys_id of the interaction.
    #[cfg_attr(feature = "openapi", schemars(example = &"interaction-42"))]
    interaction: &'a str,
    /// Whether the agent has submitted.
    state: ShownState,
    #[cfg_attr(feature = "openapi", schemars(with = "ShownConfiguration"))]
    wrap_up_configuration: Shown<'a>,
    /// The code that the segment was closed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<ShownCode<'a>>,
    /// Whose the code is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = CodeFrom::Agent))]
    code_from: Option<CodeFrom>,
    /// What the agent of an open segment has typed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<ShownDraft<'a>>,
    /// The agent's notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"Refund sent."))]
    notes: Option<&'a str>,
    /// Whether one segment of the interaction is wrapped up.
    segmented: bool,
    /// sys_id of the wrap-up segment.
    #[cfg_attr(feature = "openapi", schemars(example = &"1125cb707b64597eb2734efa979e5ab2"))]
    sys_id: &'a str,
    /// When the wrap-up began.
    opened_on: DateTime,
    /// When it ends by itself, or would have, if it has a duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_on: Option<DateTime>,
    /// When the segment was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_on: Option<DateTime>,
    /// When the external system had processed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_on: Option<DateTime>,
    /// Whether it is closed and the external system has not confirmed it yet.
    awaiting_confirmation: bool,
    /// Whether its time ran out before the agent submitted.
    timed_out: bool,
    /// The AI code, allowed or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"Refund"))]
    ai_wrap_up_code: Option<&'a str>,
    /// The AI notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"The customer was charged twice."))]
    ai_notes: Option<&'a str>,
    /// When the AI code was stored: milliseconds since the Unix epoch, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^[0-9]+$"), example = &"1767609000000"))]
    ai_code_defined_at: Option<String>,
    /// When the AI notes were stored: milliseconds since the Unix epoch, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(regex(pattern = "^[0-9]+$"), example = &"1767609000000"))]
    ai_notes_defined_at: Option<String>,
    /// Codes that the AI filler offers where it is not sure enough to name one, the likeliest first: allowed ones, where
    /// the configuration's `enable_ai_code` is true.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schemars(length(max = super::MOST_ALTERNATIVES)))]
    ai_alternatives: Vec<&'a Alternative>,
    /// The kind of provider that AI content is from, if the AI filler stored it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"bedrock"))]
    ai_source: Option<&'a str>,
    /// The provider's model or method.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"amazon.nova-micro-v1:0"))]
    ai_model: Option<&'a str>,
    /// How sure the provider was of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = 0.92))]
    ai_confidence: Option<Confidence>,
    /// How long the provider took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = 850))]
    ai_took_ms: Option<u64>,
    /// What became of the AI code when the segment was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = AiOutcome::AiCode))]
    ai_outcome: Option<AiOutcome>,
    /// User name of whoever opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"username"))]
    sys_created_by: Option<&'a str>,
    /// When that call came.
    #[serde(skip_serializing_if = "Option::is_none")]
    sys_created_on: Option<DateTime>,
    /// User name of whoever changed it last; `system` where the AI filler did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"username"))]
    sys_updated_by: Option<&'a str>,
    /// When that call came.
    #[serde(skip_serializing_if = "Option::is_none")]
    sys_updated_on: Option<DateTime>,
    /// The interaction segment's record, where `include` asked for it and there is one that belongs to no other
    /// interaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    interaction_segment: Option<&'a InteractionSegmentRecord>,
}

/// What the agent has typed so far.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Draft"))]
struct ShownDraft<'a> {
    /// Label of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"Refund"))]
    wrap_up_code: Option<&'a str>,
    /// The notes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"The customer was"))]
    notes: Option<&'a str>,
}

/// Where a segment is in its life.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SegmentState"))]
enum ShownState {
    /// The agent is wrapping up.
    Open,
    /// The agent has submitted.
    Closed,
}

/// The answer about one segment.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SegmentAnswer<'a> {
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
    /// What was done.
    #[cfg_attr(feature = "openapi", schemars(example = &"Wrap up segment retrieved successfully."))]
    message: &'static str,
    /// sys_id of the wrap-up segment, in the answers to `segment/create` and `segment/update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"1125cb707b64597eb2734efa979e5ab2"))]
    sys_id: Option<&'a str>,
    /// sys_id of the wrap-up segment, in the answers to GET.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"1125cb707b64597eb2734efa979e5ab2"))]
    segment_id: Option<&'a str>,
    segment: ShownSegment<'a>,
}

impl Found {
    /// The answer to both GETs.
    pub fn retrieved(&self, wish: &Wish) -> SegmentAnswer<'_> {
        let segment_id = Some(self.segment.sys_id.as_str());
        SegmentAnswer { segment_id, ..self.answer("Wrap up segment retrieved successfully.", wish) }
    }

    /// The answer to `segment/create`.
    pub fn created(&self, wish: &Wish) -> SegmentAnswer<'_> {
        let sys_id = Some(self.segment.sys_id.as_str());
        SegmentAnswer { sys_id, ..self.answer("Wrap-up segment created successfully.", wish) }
    }

    /// The answer to `segment/update`.
    pub fn updated(&self, wish: &Wish) -> SegmentAnswer<'_> {
        let sys_id = Some(self.segment.sys_id.as_str());
        SegmentAnswer { sys_id, ..self.answer("Wrap-up segment updated successfully.", wish) }
    }

    /// The answer to `segment/draft`.
    pub fn drafted(&self, wish: &Wish) -> SegmentAnswer<'_> {
        self.answer("Draft saved successfully.", wish)
    }

    /// The answer to `segment/update/ai`.
    pub fn advised(&self, wish: &Wish) -> SegmentAnswer<'_> {
        self.answer("AI wrap-up data updated successfully.", wish)
    }

    fn answer(&self, message: &'static str, wish: &Wish) -> SegmentAnswer<'_> {
        let shown = ShownSegment::of(&self.segment, &self.configuration, self.configuration.shown(wish), wish);
        let segment = ShownSegment { interaction_segment: self.interaction_segment.as_ref(), ..shown };
        SegmentAnswer { success: true, message, sys_id: None, segment_id: None, segment }
    }
}

/// The answer about a list of segments.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SegmentsAnswer"))]
pub struct SegmentsAnswer<'a> {
    /// `true`.
    #[cfg_attr(feature = "openapi", schemars(extend("const" = true)))]
    success: bool,
    /// What has been done.
    #[cfg_attr(feature = "openapi", schemars(example = &"Wrap up segments retrieved successfully."))]
    message: &'static str,
    /// The segments, in the order of the list.
    segments: Vec<ListEntry<'a>>,
    /// What the next page is asked by; absent where the list has ended. A page may have fewer segments than were asked for,
    /// or none, and still have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(example = &"0a1b2c3d4e5f.eyJxIjoi.c2ln"))]
    next_cursor: Option<String>,
}

/// A segment of a list.
#[derive(Debug, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(transparent))]
pub struct ListEntry<'a>(ShownSegment<'a>);

impl<'a> SegmentsAnswer<'a> {
    /// The answer with these segments.
    pub fn new(segments: Vec<ListEntry<'a>>, next_cursor: Option<String>) -> Self {
        Self { success: true, message: "Wrap up segments retrieved successfully.", segments, next_cursor }
    }
}

impl Found {
    /// The segment as a list shows it: without the codes that its configuration allows, and without notes, AI notes and
    /// draft unless they are wanted.
    pub fn listed(&self, wish: &Wish, with_notes: bool) -> ListEntry<'_> {
        let configuration = self.configuration.shown_in_short(wish);
        let shown = ShownSegment::of(&self.segment, &self.configuration, configuration, wish);
        ListEntry(if with_notes { shown } else { shown.without_notes() })
    }
}

impl<'a> ShownSegment<'a> {
    /// A segment as it is shown to somebody who wishes for these languages, and its configuration as it is shown there.
    pub(super) fn of(
        segment: &'a Segment,
        configuration: &'a Snapshot,
        shown_configuration: Shown<'a>,
        wish: &Wish,
    ) -> Self {
        let filled_by = segment.filled_by.as_ref();
        let closing = segment.closing();
        Self {
            agent: segment.agent.as_str(),
            given: &segment.given,
            external: matches!(segment.origin, Origin::External { .. }),
            external_segment_id: match &segment.origin {
                Origin::External { external_segment_id } => Some(external_segment_id.as_str()),
                Origin::Internal => None,
            },
            interaction: segment.interaction.as_str(),
            state: if closing.is_some() { ShownState::Closed } else { ShownState::Open },
            wrap_up_configuration: shown_configuration,
            code: closing.and_then(|closing| match closing.code.as_ref()? {
                PickedCode::Allowed(label) => configuration.allowed(label.as_str()).map(|code| code.shown(wish)),
                PickedCode::Other(code) => Some(code.shown(wish)),
            }),
            code_from: closing.and_then(|closing| closing.code_from),
            // A function of before closes a segment and knows no draft.
            draft: segment.draft.as_ref().filter(|_| closing.is_none()).map(|draft| ShownDraft {
                wrap_up_code: draft.code.as_ref().map(|code| code.label.as_str()),
                notes: draft.notes.as_deref(),
            }),
            notes: closing.and_then(|closing| closing.notes.as_deref()),
            segmented: segment.segmented,
            sys_id: &segment.sys_id,
            opened_on: segment.opened_on,
            due_on: segment.due_on,
            submitted_on: closing.map(|closing| closing.submitted_on),
            confirmed_on: closing.and_then(|closing| match closing.confirmation {
                Confirmation::Confirmed(confirmed_on) => Some(confirmed_on),
                Confirmation::Awaited | Confirmation::NotNeeded => None,
            }),
            awaiting_confirmation: closing.is_some_and(|closing| closing.confirmation == Confirmation::Awaited),
            timed_out: closing.is_some_and(|closing| closing.timed_out),
            ai_wrap_up_code: segment.ai_code.as_ref().map(|advice| advice.value.as_str()),
            ai_notes: segment.ai_notes.as_ref().map(|advice| advice.value.as_str()),
            ai_code_defined_at: segment.ai_code.as_ref().map(|advice| advice.defined_at.to_string()),
            ai_notes_defined_at: segment.ai_notes.as_ref().map(|advice| advice.defined_at.to_string()),
            ai_alternatives: segment.alternatives(configuration).collect(),
            ai_source: filled_by.map(|provenance| provenance.source.as_str()),
            ai_model: filled_by.map(|provenance| provenance.model.as_str()),
            ai_confidence: filled_by.and_then(|provenance| provenance.confidence),
            ai_took_ms: filled_by.map(|provenance| provenance.took_ms),
            ai_outcome: closing.and_then(|closing| closing.ai_outcome),
            sys_created_by: segment.created.as_ref().map(|stamp| stamp.by.as_str()),
            sys_created_on: segment.created.as_ref().map(|stamp| stamp.at),
            sys_updated_by: segment.updated.as_ref().map(|stamp| stamp.by.as_str()),
            sys_updated_on: segment.updated.as_ref().map(|stamp| stamp.at),
            interaction_segment: None,
        }
    }

    /// The same without what somebody has said or written of the interaction: notes, the draft and AI notes.
    pub(super) fn without_notes(self) -> Self {
        Self { draft: None, notes: None, ai_notes: None, ..self }
    }

    /// The same without the codes that the AI filler offers.
    pub(super) fn without_alternatives(self) -> Self {
        Self { ai_alternatives: Vec::new(), ..self }
    }
}
