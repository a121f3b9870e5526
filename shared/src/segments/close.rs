use std::sync::Arc;

use super::{Address, Advice, AiOutcome, Closing, CodeFrom, Confirmation, Origin, PickedCode, Segment, State};
use crate::Error;
use crate::codes::{Code, Label, UnusableCode};
use crate::configurations::{ConfigurationRequest, Snapshot};
use crate::date_time::DateTime;
use crate::document::{Fields, Problem, Violations, Visitor};
use crate::error::Refusal;
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, in_words, json};
use crate::near::Near;
use crate::redaction::Redactor;

/// Characters that an agent's notes may have.
pub const LONGEST_NOTES: usize = 65_536;

/// The field of the code that the agent picked.
pub(super) const CODE: &str = "wrap_up_code";

/// The field of the agent's notes.
pub(super) const NOTES: &str = "notes";

/// The field of the confirmation.
const CONFIRMED_ON: &str = "confirmed_on";

/// What an update says. A field that is absent is not named by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseRequest {
    /// The code the agent picked.
    pub code: Option<Label>,
    /// The agent's notes; `""` clears them.
    pub notes: Option<String>,
    /// When the external system had processed the wrap-up.
    pub confirmed_on: Option<DateTime>,
    /// Another configuration for an open external segment.
    pub configuration: Option<ConfigurationRequest>,
}

/// The fields of an update.
const FIELDS: [&str; 4] = [NOTES, CODE, CONFIRMED_ON, CONFIGURATION];

const CONFIGURATION: &str = "configuration";

impl CloseRequest {
    /// Reads `wrap_up_code` (blank means none), `notes`, `confirmed_on` and `configuration`. A body without any field
    /// closes; one whose fields are all unknown has a misspelt one, and would close without the notes that it has.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        let mut names = fields.names().peekable();
        if names.peek().is_some() && !names.any(|name| FIELDS.contains(&name) || Address::NAMES.contains(&name)) {
            let fields_of_it = FIELDS.join(", ");
            let problem = format!("has to have one of {fields_of_it}, or no field at all, and has only others");
            fields.violation("body", Problem::Rule(problem));
        }
        let noted = fields.noted();
        let configuration = fields.object(CONFIGURATION).and_then(|object| ConfigurationRequest::read(&object));
        let request = Self { configuration, ..Self::visit(&mut { fields }) };
        (fields.noted() == noted).then_some(request)
    }

    fn visit(visitor: &mut impl Visitor) -> Self {
        let code = "Label of the code that the agent picked. Blank: the AI code or the default code stands in, where \
                    there is one.";
        let confirmed = "When the external system had processed the wrap-up: `yyyy-MM-dd HH:mm:ss` in UTC, or RFC 3339. \
                         With it the segment is final.";
        Self {
            code: visitor.optional(CODE, code),
            notes: visitor.text_up_to(NOTES, LONGEST_NOTES, "The agent's notes; `\"\"` clears them."),
            confirmed_on: visitor.optional(CONFIRMED_ON, confirmed),
            configuration: None,
        }
    }

    /// Whether it names nothing that closes a segment beside its configuration.
    pub(super) fn only_configures(&self) -> bool {
        matches!(self, Self { code: None, notes: None, confirmed_on: None, configuration: Some(_) })
    }

    /// The request with what is secret taken out of its notes.
    pub(super) fn redacted(&self, redactor: Redactor) -> Self {
        let notes = self.notes.as_deref().map(|notes| redactor.redact_notes(notes).into_owned());
        Self { notes, ..self.clone() }
    }

    /// The notes that the request asks for: `None` not named, `Some(None)` cleared.
    fn named_notes(&self) -> Option<Option<String>> {
        self.notes.clone().map(|notes| Some(notes).filter(|notes| !notes.is_empty()))
    }
}

#[cfg(feature = "openapi")]
impl CloseRequest {
    /// What [`CloseRequest::read`] reads.
    pub fn described() -> Object {
        let configuration = "Another configuration for an open external segment. With nothing else it stays open.";
        let one_is_there = FIELDS.iter().chain(&Address::NAMES).map(|name| json!({ "required": [name] }));
        let none_is_there = std::iter::once(json!({ "maxProperties": 0 }));
        Object::new("SegmentUpdate", "What the agent submits. A field that is absent keeps what is stored.")
            .with(|object| drop(Self::visit(object)))
            .optional_object(CONFIGURATION, ConfigurationRequest::described(), configuration)
            .rule(in_words(
                json!({ "anyOf": none_is_there.chain(one_is_there).collect::<Vec<_>>() }),
                "Of a body's fields one is known, or there is none at all",
            ))
    }
}

impl Segment {
    /// The segment as the request leaves it, or `None` where it changes nothing. `code` is the
    /// request's code as the table has it now; only a configuration without `enable_codes` asks for it.
    pub(super) fn close(
        &self,
        request: &CloseRequest,
        configuration: &Snapshot,
        code: Option<&Code>,
        now: DateTime,
    ) -> Result<Option<Self>, Error> {
        let closing = match &self.state {
            State::Open => {
                let Choice { code, code_from, code_place, ai_outcome } = match &request.code {
                    Some(label) => self.picked(label, configuration, code)?,
                    None => self.fallback(configuration),
                };
                let drafted = || self.draft.as_ref().and_then(|draft| draft.notes.clone());
                Closing {
                    submitted_on: now,
                    timed_out: false,
                    confirmation: match (request.confirmed_on, &self.origin) {
                        (Some(confirmed_on), _) => Confirmation::Confirmed(confirmed_on),
                        (None, Origin::External { .. }) => Confirmation::Awaited,
                        (None, Origin::Internal) => Confirmation::NotNeeded,
                    },
                    code,
                    code_from,
                    code_place,
                    notes: request.named_notes().unwrap_or_else(drafted),
                    ai_outcome,
                }
            }
            State::Closed(closing)
                if closing.confirmation == Confirmation::Awaited || self.is_just_timed_out(closing, now) =>
            {
                let Choice { code, code_from, code_place, ai_outcome } = match &request.code {
                    Some(label) if closing.code.as_ref().map(PickedCode::label) != Some(label) => {
                        self.picked(label, configuration, code)?
                    }
                    _ => Choice {
                        code: closing.code.clone(),
                        code_from: closing.code_from,
                        code_place: closing.code_place,
                        ai_outcome: closing.ai_outcome,
                    },
                };
                Closing {
                    submitted_on: closing.submitted_on,
                    timed_out: closing.timed_out,
                    confirmation: request.confirmed_on.map_or(closing.confirmation, Confirmation::Confirmed),
                    code,
                    code_from,
                    code_place,
                    notes: request.named_notes().unwrap_or_else(|| closing.notes.clone()),
                    ai_outcome,
                }
            }
            State::Closed(closing) => return self.unchanged(closing, request).map(|()| None),
        };
        // The AI filler has come too late; on a segment that was closed before, the mark is as it was left.
        let wants_ai = self.wants_ai && self.state != State::Open;
        let closed = Self { state: State::Closed(closing), draft: None, wants_ai, ..self.clone() };
        Ok((closed.state != self.state).then_some(closed))
    }

    /// A final segment takes an update only if it says what is stored already.
    fn unchanged(&self, closing: &Closing, request: &CloseRequest) -> Result<(), Error> {
        let same_code =
            request.code.as_ref().is_none_or(|label| closing.code.as_ref().map(PickedCode::label) == Some(label));
        let same_notes = request.named_notes().is_none_or(|notes| notes == closing.notes);
        let same_time = request
            .confirmed_on
            .is_none_or(|confirmed_on| closing.confirmation == Confirmation::Confirmed(confirmed_on));
        let judged = [(CODE, same_code), (NOTES, same_notes), (CONFIRMED_ON, same_time)];
        let fields: Vec<_> = judged.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect();
        if fields.is_empty() {
            return Ok(());
        }
        let fields = fields.join(", ");
        Err(Refusal::Final { sys_id: self.sys_id.clone(), submitted_on: closing.submitted_on, fields }.into())
    }

    /// The code that the agent picks, and what becomes of the AI code by that.
    fn picked(&self, label: &Label, configuration: &Snapshot, code: Option<&Code>) -> Result<Choice, Violations> {
        let picked = pick(label, configuration, code).map_err(|unusable| refused(unusable, configuration))?;
        Ok(self.chosen(picked, CodeFrom::Agent, configuration))
    }

    /// A code of the agent's, and what becomes of the AI code by that.
    fn chosen(&self, code: PickedCode, code_from: CodeFrom, configuration: &Snapshot) -> Choice {
        let is_chosen = |advice: &Advice<Label>| advice.value == *code.label();
        let ai_outcome = self.ai_code.as_ref().map(is_chosen).map(|taken| match taken {
            true => AiOutcome::AiCode,
            false => AiOutcome::AnotherCode,
        });
        let code_place = configuration.place(code.label());
        Choice { code: Some(code), code_from: Some(code_from), code_place, ai_outcome }
    }

    /// The code of a segment that closes without naming one: the draft's, unless that may not be picked; else the AI code
    /// where it may stand in and is allowed; else the default.
    pub(super) fn fallback(&self, configuration: &Snapshot) -> Choice {
        let drafted = self.draft.as_ref().and_then(|draft| draft.code.as_ref());
        let drafted = drafted.and_then(|code| pick(&code.label, configuration, code.record.as_deref()).ok());
        if let Some(code) = drafted {
            return self.chosen(code, CodeFrom::Draft, configuration);
        }
        let advised = self.ai_code.as_ref().map(|advice| &advice.value);
        let may_stand_in =
            |label: &&Label| configuration.rules.use_ai_as_default && configuration.allowed(label.as_str()).is_some();
        let (label, code_from, outcome) = match (advised.filter(may_stand_in), &configuration.rules.default_code) {
            (Some(label), _) => (Some(label), Some(CodeFrom::Ai), AiOutcome::AiCodeAsDefault),
            (None, Some(label)) => (Some(label), Some(CodeFrom::Default), AiOutcome::DefaultCode),
            (None, None) => (None, None, AiOutcome::NoCode),
        };
        Choice {
            code: label.cloned().map(PickedCode::Allowed),
            code_from,
            code_place: label.and_then(|label| configuration.place(label)),
            ai_outcome: advised.map(|_| outcome),
        }
    }
}

/// A segment's code, whose it is, its place among the allowed ones, and what became of the AI code.
pub(super) struct Choice {
    pub code: Option<PickedCode>,
    pub code_from: Option<CodeFrom>,
    pub code_place: Option<u32>,
    pub ai_outcome: Option<AiOutcome>,
}

impl CloseRequest {
    /// Refuses a code that may not be picked by this configuration, which the request itself may bring; `code` is the
    /// stored one of its label.
    pub(super) fn check_code(&self, configuration: &Snapshot, code: Option<&Code>) -> Result<(), Violations> {
        let Some(label) = &self.code else { return Ok(()) };
        let brought = configuration.allowed(label.as_str()).map(Arc::as_ref);
        pick(label, configuration, code.or(brought)).map(drop).map_err(|unusable| refused(unusable, configuration))
    }
}

/// Refuses a request's code, and offers those of its configuration that may be meant: whoever may close a segment may see
/// which codes it has.
fn refused(unusable: UnusableCode, configuration: &Snapshot) -> Violations {
    let near = |label: &str| Near::of(label, configuration.allowed_codes.iter().map(|code| code.code.as_str()));
    let unusable = match unusable {
        UnusableCode::NotAllowed { label, .. } => UnusableCode::NotAllowed { near: near(&label), label },
        UnusableCode::Unknown { label, .. } => UnusableCode::Unknown { near: near(&label), label },
        inactive @ UnusableCode::Inactive { .. } => inactive,
    };
    Violations::one(CODE, unusable)
}

/// The code with this label, if the configuration lets the agent use it.
fn pick(label: &Label, configuration: &Snapshot, code: Option<&Code>) -> Result<PickedCode, UnusableCode> {
    let (text, near) = (|| label.as_str().to_owned(), Near::default());
    if configuration.rules.enable_codes {
        return match configuration.allowed(label.as_str()) {
            Some(_) => Ok(PickedCode::Allowed(label.clone())),
            None => Err(UnusableCode::NotAllowed { label: text(), near }),
        };
    }
    match code {
        None => Err(UnusableCode::Unknown { label: text(), near }),
        Some(code) if !code.active => Err(UnusableCode::Inactive { label: text() }),
        Some(_) if configuration.allowed(label.as_str()).is_some() => Ok(PickedCode::Allowed(label.clone())),
        Some(code) => Ok(PickedCode::Other(Box::new(code.clone()))),
    }
}
