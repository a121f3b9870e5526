use super::LONGEST_NOTES;
use super::close::{CODE, NOTES};
use crate::codes::{Code, Label};
use crate::document::{Fields, Problem, Visitor};
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, in_words, json};
use crate::redaction::Redactor;

/// What the agent has typed so far, which counts where the segment closes and nobody says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The code that the agent has picked.
    pub code: Option<DraftedCode>,
    /// The notes, never empty.
    pub notes: Option<String>,
}

/// A draft's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftedCode {
    /// Its label, as the client says it.
    pub label: Label,
    /// The code as the table had it when the draft was stored, so that closing by the draft reads nothing; none where it
    /// had none.
    pub record: Option<Box<Code>>,
}

/// A draft as a request says it. What it does not name stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRequest {
    /// The code that the agent has picked: `Some(None)` is none any more.
    pub code: Option<Option<Label>>,
    /// The notes; `""` clears them.
    pub notes: Option<String>,
}

impl DraftRequest {
    /// Reads `wrap_up_code` (blank: none any more) and `notes`, of which one has to be there.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        let noted = fields.noted();
        if !fields.is_given(CODE) && !fields.is_given(NOTES) {
            fields.violation("body", Problem::Rule(format!("has to have {CODE} or {NOTES}, be it empty")));
        }
        let (code, notes) = Self::visit(&mut { fields });
        let request = Self { code: fields.is_given(CODE).then_some(code), notes };
        (fields.noted() == noted).then_some(request)
    }

    fn visit(visitor: &mut impl Visitor) -> (Option<Label>, Option<String>) {
        let code = "Label of the code that the agent has picked so far. Blank: none any more.";
        let notes = "What the agent has written so far; `\"\"` clears it.";
        (visitor.optional(CODE, code), visitor.text_up_to(NOTES, LONGEST_NOTES, notes))
    }

    /// The request with what is secret taken out of its notes.
    pub(super) fn redacted(&self, redactor: Redactor) -> Self {
        let notes = self.notes.as_deref().map(|notes| redactor.redact_notes(notes).into_owned());
        Self { notes, ..self.clone() }
    }
}

#[cfg(feature = "openapi")]
impl DraftRequest {
    /// What [`DraftRequest::read`] reads.
    pub fn described() -> Object {
        let is_there =
            |name: &str| json!({ "required": [name], "properties": { name: { "not": { "type": "null" } } } });
        let one_is_there = json!({ "anyOf": [is_there(CODE), is_there(NOTES)] });
        Object::new("SegmentDraft", "What the agent has typed so far. A field that is absent keeps what is stored.")
            .with(|object| drop(Self::visit(object)))
            .rule(in_words(one_is_there, &format!("`{CODE}` is there, or `{NOTES}` is, be it empty")))
    }
}
