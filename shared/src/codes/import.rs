//! Codes that come from elsewhere, with the sys_ids that they had there.

use super::CodeRequest;
use crate::document::{Fields, FromText, Problem};
use crate::sys_id;

/// What an operator's file says of one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeImport {
    /// What a request could say, too.
    pub request: CodeRequest,
    /// The sys_id that the code had where it comes from, and is found and shown under from now on: 32 lowercase hex digits,
    /// and another one than that of its label.
    pub sys_id: Option<String>,
    /// Whose the code is, if it is new.
    pub external: Option<bool>,
}

/// What an import does to a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is created.
    New,
    /// It is changed.
    Changed,
    /// It says all that already.
    Same,
}

/// A sys_id names one code for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{sys_id}' is the sys_id of another wrap-up code already{}", of(label.as_deref()))]
pub struct SysIdTaken {
    /// The sys_id.
    pub sys_id: String,
    /// The other code's label, where it is known without another read.
    pub label: Option<String>,
}

fn of(label: Option<&str>) -> String {
    label.map(|label| format!(", '{label}'")).unwrap_or_default()
}

impl From<SysIdTaken> for Problem {
    fn from(taken: SysIdTaken) -> Self {
        Self::Rule(taken.to_string())
    }
}

impl CodeImport {
    /// Reads what POST code takes, and beside it `sys_id` and `external`.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        Self::of(fields, CodeRequest::read(fields))
    }

    /// Reads a code as a list shows it; see [`CodeRequest::read_listed`].
    pub fn read_listed(fields: &Fields<'_>) -> Option<Self> {
        Self::of(fields, CodeRequest::read_listed(fields))
    }

    /// What it says, in a request and as many more as its translations take.
    pub(super) fn parts(&self) -> (CodeRequest, Vec<CodeRequest>) {
        let mut translations = self.request.translations.chunks(CodeRequest::MOST_TRANSLATIONS).map(<[_]>::to_vec);
        let first = CodeRequest { translations: translations.next().unwrap_or_default(), ..self.request.clone() };
        let label = &self.request.label;
        let more = translations.map(|translations| CodeRequest {
            label: label.clone(),
            description: None,
            active: None,
            translations,
        });
        (first, more.collect())
    }

    fn of(fields: &Fields<'_>, request: Option<CodeRequest>) -> Option<Self> {
        let sys_id = fields.optional::<FormerSysId>("sys_id");
        let external = fields.flag("external");
        let request = request?;
        let sys_id = sys_id.map(|sys_id| sys_id.0).filter(|sys_id| *sys_id != request.label.sys_id());
        Some(Self { request, sys_id, external })
    }
}

/// A sys_id as other systems write it.
struct FormerSysId(String);

impl FromText for FormerSysId {
    fn from_text(text: &str) -> Result<Self, Problem> {
        let wrong = Problem::WrongType { expected: "a sys_id of 32 hex digits", found: "another text" };
        sys_id::ours(text.trim()).map(|sys_id| Self(sys_id.into_owned())).ok_or(wrong)
    }
}
