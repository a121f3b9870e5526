//! What is measured: a function's binary, and which of its calls.

use serde::Serialize;

/// One row of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The binary.
    pub binary: &'static str,
    /// What it is called for.
    pub call: Call,
    /// What request and answer are written in.
    pub format: Format,
    /// The allowed codes of the segment's configuration.
    pub codes: usize,
}

/// What a function is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// The floor: a constant answer.
    Constant,
    /// The floor: one item, read and returned.
    GetItem,
    Authorize,
    GetCode,
    CreateCode,
    GetSegment,
    FindSegment,
    CreateSegment,
    SaveDraft,
    UpdateSegment,
    UpdateSegmentAi,
}

/// What a request and its answer are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Json,
    Xml,
}

use Format::{Json, Xml};

/// The allowed codes of a segment, if nothing else is said.
const USUAL: usize = 10;

/// As many as make a difference.
const MANY: usize = 200;

/// Everything that is measured, the floors first.
pub const ALL: [Subject; 22] = [
    Subject::of("floor-constant", Call::Constant, Json, USUAL),
    Subject::of("floor-get-item", Call::GetItem, Json, USUAL),
    Subject::of("authorizer", Call::Authorize, Json, USUAL),
    Subject::of("get-code", Call::GetCode, Json, USUAL),
    Subject::of("get-code", Call::GetCode, Xml, USUAL),
    Subject::of("create-codes", Call::CreateCode, Json, USUAL),
    Subject::of("create-codes", Call::CreateCode, Xml, USUAL),
    Subject::of("get-segment", Call::GetSegment, Json, USUAL),
    Subject::of("get-segment", Call::GetSegment, Xml, USUAL),
    Subject::of("get-segment", Call::GetSegment, Json, MANY),
    Subject::of("find-segment", Call::FindSegment, Json, USUAL),
    Subject::of("find-segment", Call::FindSegment, Xml, USUAL),
    Subject::of("create-segment", Call::CreateSegment, Json, USUAL),
    Subject::of("create-segment", Call::CreateSegment, Xml, USUAL),
    Subject::of("create-segment", Call::CreateSegment, Json, MANY),
    Subject::of("save-draft", Call::SaveDraft, Json, USUAL),
    Subject::of("save-draft", Call::SaveDraft, Xml, USUAL),
    Subject::of("update-segment", Call::UpdateSegment, Json, USUAL),
    Subject::of("update-segment", Call::UpdateSegment, Xml, USUAL),
    Subject::of("update-segment", Call::UpdateSegment, Json, MANY),
    Subject::of("update-segment-ai", Call::UpdateSegmentAi, Json, USUAL),
    Subject::of("update-segment-ai", Call::UpdateSegmentAi, Xml, USUAL),
];

/// The functions that are measured.
pub fn functions() -> Vec<&'static str> {
    let mut names: Vec<_> = ALL.iter().filter(|subject| !subject.is_floor()).map(|subject| subject.binary).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Subject {
    const fn of(binary: &'static str, call: Call, format: Format, codes: usize) -> Self {
        Self { binary, call, format, codes }
    }

    /// Whether it is one that the others are compared with.
    pub fn is_floor(self) -> bool {
        matches!(self.call, Call::Constant | Call::GetItem)
    }

    /// The same call in JSON.
    pub fn in_json(self) -> Self {
        Self { format: Json, ..self }
    }

    /// How the report calls it.
    pub fn name(self) -> String {
        let mut name = self.binary.to_owned();
        if self.format == Xml {
            name.push_str(" XML");
        }
        if self.codes != USUAL {
            name.push_str(&format!(" {} codes", self.codes));
        }
        name
    }

    /// How many requests to DynamoDB the call is allowed the cost of: a transaction, which writes two
    /// items, counts as two.
    pub fn requests_worth(self) -> f64 {
        match self.call {
            Call::Constant => 0.0,
            Call::GetItem | Call::Authorize | Call::GetCode | Call::CreateCode | Call::GetSegment => 1.0,
            Call::FindSegment | Call::CreateSegment | Call::SaveDraft | Call::UpdateSegment | Call::UpdateSegmentAi => {
                2.0
            }
        }
    }
}
