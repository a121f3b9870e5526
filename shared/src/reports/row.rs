use serde::Serialize;

use super::{By, Name};
use crate::date_time::DateTime;

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Report {
    /// Which one.
    pub name: &'static str,
    /// The first moment of `submitted_on` that counts.
    pub from: DateTime,
    /// The first one after it that does not.
    pub to: DateTime,
    /// When reading began: what was submitted later is not counted.
    pub as_of: DateTime,
    /// What it says, in the order of what the rows are apart by; codes and agents of the most wrap-ups first.
    pub rows: Vec<Row>,
}

/// A row of a report. Which of its fields are there depends on the report, and on what its rows are apart by; a figure of
/// nothing, such as a mean of no wrap-ups, is absent. Shares are 0 to 1, to four decimals.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ReportRow"))]
pub struct Row {
    /// The day, `yyyy-MM-dd`, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The hour of the day, `00` to `23`, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hour: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The configuration's name, or the hash of its snapshot where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// The code's label; absent for wrap-ups without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Wrap-ups. In `codes` 0 for a code that was allowed and never used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Their share of all wrap-ups of the same day, hour, agent or configuration, or of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Seconds from `opened_on` to `submitted_on` in the mean, to one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The seconds that half of the wrap-ups took at most; off by 1% at most, as the other percentiles are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50: Option<u64>,
    /// The seconds that 90 of 100 took at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90: Option<u64>,
    /// The seconds that 95 of 100 took at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95: Option<u64>,
    /// The share in which nobody had picked a code, and the configuration's default code stood in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_share: Option<f64>,
    /// The share in which the code was the first one of those allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_in_list_share: Option<f64>,
    /// The share that the deadline closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timed_out_share: Option<f64>,
    /// Wrap-ups that an AI had suggested a code for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested: Option<u64>,
    /// Those in which the agent picked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// Those in which the agent picked another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overridden: Option<u64>,
    /// Those in which the agent picked none, and it stood in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_as_default: Option<u64>,
    /// Those in which the agent picked none, and the default code stood in, or none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_used: Option<u64>,
    /// Wrap-ups that await their confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaiting: Option<u64>,
    /// When the one of them was submitted that waits longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<DateTime>,
    /// Those that wait for more than the minutes that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<u64>,
    /// Wrap-ups with a code of which an older version did not store whose it is. Shares of default and first codes, and
    /// what the `ai` report counts, are of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_from_unknown: Option<u64>,
    /// How often which code was chosen where which one was suggested; pairs that never occurred are absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Vec<Choice>>,
    /// Suggestions by how sure the AI was, where it said that: each tenth that occurred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Vec<Tenth>>,
}

/// How often a code was chosen where another, or the same, was suggested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ReportChoice"))]
pub struct Choice {
    /// The AI's code.
    pub suggested: String,
    /// The wrap-up's; absent where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// How often.
    pub count: u64,
}

/// Suggestions of which the AI was about equally sure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "ReportConfidence"))]
pub struct Tenth {
    /// The least confidence.
    pub from: f64,
    /// The first one that is too much; the last tenth has 1 too.
    pub to: f64,
    /// Suggestions.
    pub suggested: u64,
    /// Those that the agent picked.
    pub accepted: u64,
}

impl Report {
    /// The report as CSV (RFC 4180), with one header. Of `ai` a line says in `part` whether it is a total, a cell of the
    /// matrix or a tenth of confidence. A text that a spreadsheet would take for a formula has an apostrophe in front.
    pub fn to_csv(&self, by: Option<By>) -> String {
        let mut lines = vec![self.header(by)];
        let key = |row: &Row| by.and_then(|by| row.key(by)).unwrap_or_default().to_owned();
        let name = Name::of(self.name);
        for row in &self.rows {
            let mut cells: Vec<String> = by.into_iter().map(|_| text(&key(row))).collect();
            let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
            let share = |share: Option<f64>| share.map(|share| share.to_string()).unwrap_or_default();
            let label = |label: &Option<String>| text(label.as_deref().unwrap_or_default());
            match name {
                Some(Name::Codes) => cells.extend([
                    label(&row.code),
                    number(row.count),
                    share(row.share),
                    share(row.default_share),
                    share(row.first_in_list_share),
                    number(row.code_from_unknown),
                ]),
                Some(Name::HandleTime) => cells.extend([
                    number(row.count),
                    share(row.mean),
                    number(row.p50),
                    number(row.p90),
                    number(row.p95),
                    share(row.timed_out_share),
                ]),
                Some(Name::Confirmations) => cells.extend([
                    number(row.awaiting),
                    row.oldest.map(|oldest| oldest.to_string()).unwrap_or_default(),
                    number(row.overdue),
                ]),
                Some(Name::Agents) => cells.extend([
                    label(&row.agent),
                    number(row.count),
                    share(row.mean),
                    number(row.p50),
                    share(row.default_share),
                    share(row.timed_out_share),
                    number(row.code_from_unknown),
                ]),
                Some(Name::Ai) | None => {
                    let mut part = |part: &str, more: [String; 10]| {
                        let line: Vec<String> = cells.iter().cloned().chain([part.to_owned()]).chain(more).collect();
                        lines.push(line);
                    };
                    let none = String::new;
                    part(
                        "total",
                        [
                            none(),
                            none(),
                            none(),
                            none(),
                            number(row.suggested),
                            number(row.accepted),
                            number(row.overridden),
                            number(row.taken_as_default),
                            number(row.not_used),
                            number(row.code_from_unknown),
                        ],
                    );
                    for Choice { suggested, chosen, count } in row.matrix.iter().flatten() {
                        let count = count.to_string();
                        part(
                            "matrix",
                            [
                                text(suggested),
                                label(chosen),
                                none(),
                                none(),
                                count,
                                none(),
                                none(),
                                none(),
                                none(),
                                none(),
                            ],
                        );
                    }
                    for Tenth { from, to, suggested, accepted } in row.confidence.iter().flatten() {
                        let (from, to) = (from.to_string(), to.to_string());
                        let (suggested, accepted) = (suggested.to_string(), accepted.to_string());
                        part(
                            "confidence",
                            [none(), none(), from, to, suggested, accepted, none(), none(), none(), none()],
                        );
                    }
                    continue;
                }
            }
            lines.push(cells);
        }
        lines.into_iter().map(|line| line.join(",") + "\r\n").collect()
    }

    fn header(&self, by: Option<By>) -> Vec<String> {
        let columns: &[&str] = match Name::of(self.name) {
            Some(Name::Codes) => {
                &["code", "count", "share", "default_share", "first_in_list_share", "code_from_unknown"]
            }
            Some(Name::HandleTime) => &["count", "mean", "p50", "p90", "p95", "timed_out_share"],
            Some(Name::Confirmations) => &["awaiting", "oldest", "overdue"],
            Some(Name::Agents) => {
                &["agent", "count", "mean", "p50", "default_share", "timed_out_share", "code_from_unknown"]
            }
            Some(Name::Ai) | None => &[
                "part",
                "suggested_code",
                "chosen_code",
                "confidence_from",
                "confidence_to",
                "suggested",
                "accepted",
                "overridden",
                "taken_as_default",
                "not_used",
                "code_from_unknown",
            ],
        };
        by.map(By::name).into_iter().chain(columns.iter().copied()).map(str::to_owned).collect()
    }
}

impl Row {
    /// The row's day, hour, code, agent or configuration.
    pub fn key(&self, by: By) -> Option<&str> {
        match by {
            By::Day => self.day.as_deref(),
            By::Hour => self.hour.as_deref(),
            By::Code => self.code.as_deref(),
            By::Agent => self.agent.as_deref(),
            By::Configuration => self.configuration.as_deref(),
        }
    }
}

/// A text as a cell: in quotes where it has to be, and no formula.
fn text(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
