use super::{Advice, Segment, State};
use crate::Error;
use crate::codes::Label;
use crate::configurations::Snapshot;
use crate::document::{Fields, Problem, Visitor};
use crate::error::Refusal;
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, any_given};

/// Characters that AI notes may have.
pub const LONGEST_AI_NOTES: usize = 4_000;

/// The field of an AI code.
const AI_CODE: &str = "ai_wrap_up_code";

/// The field of AI notes.
const AI_NOTES: &str = "ai_notes";

/// AI content that an external system pushes onto an open segment; at least one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdviseRequest {
    /// Any label, allowed or not.
    pub code: Option<Label>,
    /// Notes.
    pub notes: Option<String>,
}

impl AdviseRequest {
    /// Reads `ai_wrap_up_code` and `ai_notes`; blank means absent.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        if !fields.has(AI_CODE) && !fields.has(AI_NOTES) {
            let when = "where ai_notes is not given";
            fields.violation(AI_CODE, Problem::RequiredWhen { when });
        }
        Some(Self::visit(&mut { fields }))
    }

    /// Goes through the two fields, which a request to open a segment may have, too.
    pub(super) fn visit(visitor: &mut impl Visitor) -> Self {
        let code = "An AI code, any label; stored where the configuration's `enable_ai_code` is true.";
        let notes = "AI notes; stored where the configuration's `enable_ai_notes` is true.";
        let code = visitor.optional(AI_CODE, code);
        let notes = visitor.text_up_to(AI_NOTES, LONGEST_AI_NOTES, notes);
        Self { code, notes: notes.filter(|notes| !notes.trim().is_empty()) }
    }
}

#[cfg(feature = "openapi")]
impl AdviseRequest {
    /// What [`AdviseRequest::read`] reads.
    pub fn described() -> Object {
        let says = "AI content for an open segment: a code, notes, or both. The segment is named by one of its ids.";
        Object::new("AiContent", says).with(|object| drop(Self::visit(object))).rule(any_given(&[AI_CODE, AI_NOTES]))
    }
}

impl Segment {
    /// The segment with the request's AI content, or `None` where the configuration takes neither field.
    pub(super) fn advise(
        &self,
        request: &AdviseRequest,
        configuration: &Snapshot,
        now_ms: u64,
    ) -> Result<Option<Self>, Error> {
        if !configuration.rules.use_third_party_ai {
            return Err(Refusal::ThirdPartyAiOff { sys_id: self.sys_id.clone() }.into());
        }
        if self.state != State::Open {
            return Err(Refusal::NotOpen { sys_id: self.sys_id.clone(), what: "AI content" }.into());
        }
        let mut advised = self.clone();
        if let Some(code) = request.code.clone().filter(|_| configuration.rules.enable_ai_code) {
            advised.ai_code = Some(Advice { value: code, defined_at: now_ms });
        }
        if let Some(notes) = request.notes.clone().filter(|_| configuration.rules.enable_ai_notes) {
            advised.ai_notes = Some(Advice { value: notes, defined_at: now_ms });
        }
        if advised == *self {
            return Ok(None);
        }
        // Of the two fields, it is not kept which one the filler has made: it is said of neither that a model made it.
        advised.filled_by = None;
        advised.ai_alternatives = Vec::new();
        advised.ai_kept_back = None;
        Ok(Some(advised))
    }
}
