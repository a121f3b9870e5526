//! Reports: what was wrapped up, how long it took, what the AI was worth, what waits for its confirmation. All of them are
//! counted from the index by time, which shows what they need, and nothing is sampled.
//!
//! `request` is what is asked for, `counts` what is counted, `reader` where from, and `row` what is answered.

mod counts;
mod reader;
mod request;
mod row;

pub use counts::{Counts, TooManyRows};
pub use reader::Reports;
pub use request::{By, ReportRequest};
pub use row::{Choice, Report, Row, Tenth};

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// How often each code was used.
    Codes,
    /// How long wrap-ups took.
    HandleTime,
    /// What became of the codes that an AI suggested.
    Ai,
    /// What waits for its confirmation.
    Confirmations,
    /// How long agents took, and how often they left the code to others.
    Agents,
}

impl Name {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Codes, Self::HandleTime, Self::Ai, Self::Confirmations, Self::Agents];

    /// As paths name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::HandleTime => "handle_time",
            Self::Ai => "ai",
            Self::Confirmations => "confirmations",
            Self::Agents => "agents",
        }
    }

    /// The one with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.name() == name)
    }
}
