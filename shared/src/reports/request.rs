use super::Name;
use crate::clock::DAY;
use crate::cursors::number;
use crate::date_time::DateTime;
use crate::document::{Fields, Problem};

/// Days that a report covers at most.
const MOST_DAYS: u64 = 92;

/// Minutes after which a confirmation is overdue, unless the request says otherwise.
const OVERDUE: usize = 60;

/// The most that it may be: a year.
const MOST_MINUTES: usize = 527_040;

const FROM: &str = "from";
const TO: &str = "to";
const BY: &str = "by";
const MINUTES: &str = "minutes";

/// What a report is asked to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportRequest {
    /// Which report.
    pub name: Name,
    /// The first moment of `submitted_on` that counts.
    pub from: DateTime,
    /// The first one after it that does not.
    pub to: DateTime,
    /// What the rows are apart by, if anything.
    pub by: Option<By>,
    /// How many minutes after its submission a confirmation is overdue.
    pub minutes: u64,
}

/// What the rows of a report are apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The day of `submitted_on`, in UTC.
    Day,
    /// The hour of the day of `submitted_on`, in UTC.
    Hour,
    /// The code.
    Code,
    /// The agent.
    Agent,
    /// The configuration.
    Configuration,
}

impl By {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Day, Self::Hour, Self::Code, Self::Agent, Self::Configuration];

    /// As requests and columns name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Code => "code",
            Self::Agent => "agent",
            Self::Configuration => "configuration",
        }
    }

    /// The one with this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }
}

impl ReportRequest {
    /// Reads the path's `name`, and the query's `from`, `to`, `by` and `minutes`.
    pub fn read(path: &Fields<'_>, query: &Fields<'_>) -> Option<Self> {
        let name = path.as_given(NAME).and_then(Name::of);
        if name.is_none() {
            path.violation(NAME, Problem::NotOneOf { one_of: NAMES });
        }
        let (from, to) = (query.required::<DateTime>(FROM), query.required::<DateTime>(TO));
        let bounds = from.zip(to).and_then(|(from, to)| match problem_of(from, to) {
            Some(problem) => {
                query.violation(TO, problem);
                None
            }
            None => Some((from, to)),
        });
        let by = match query.as_given(BY).map(str::trim).filter(|by| !by.is_empty()) {
            None => Some(None),
            Some(given) => {
                let by = By::of(given);
                if by.is_none() {
                    query.violation(BY, Problem::NotOneOf { one_of: BYS });
                }
                by.map(Some)
            }
        };
        let minutes = number(query, MINUTES, OVERDUE, MOST_MINUTES);
        let (from, to) = bounds?;
        Some(Self { name: name?, from, to, by: by?, minutes: in_u64(minutes?) })
    }

    /// A request of an operator's, who may leave out `minutes`.
    ///
    /// # Errors
    /// What is wrong with its bounds, as it is said of `to`.
    pub fn new(
        name: Name,
        from: DateTime,
        to: DateTime,
        by: Option<By>,
        minutes: Option<u64>,
    ) -> Result<Self, Problem> {
        match problem_of(from, to) {
            Some(problem) => Err(problem),
            None => Ok(Self { name, from, to, by, minutes: minutes.unwrap_or(in_u64(OVERDUE)) }),
        }
    }
}

fn in_u64(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// What is wrong with these bounds, said of the later one.
fn problem_of(from: DateTime, to: DateTime) -> Option<Problem> {
    if to <= from {
        return Some(Problem::Rule(format!("has to be later than {FROM}, {from}")));
    }
    (from.seconds_until(to) > MOST_DAYS * DAY)
        .then(|| Problem::Rule(format!("has to be at most {MOST_DAYS} days after {FROM}")))
}

/// The path's parameter.
const NAME: &str = "name";

/// What it can say.
const NAMES: &str = "codes, handle_time, ai, confirmations or agents";

/// What `by` can say.
const BYS: &str = "day, hour, code, agent or configuration";

#[cfg(feature = "openapi")]
mod openapi {
    use super::{BY, By, FROM, MINUTES, MOST_MINUTES, NAME, Name, ReportRequest, TO};
    use crate::date_time::DateTime;
    use crate::json_schema::Object;

    impl ReportRequest {
        /// What [`ReportRequest::read`] reads of the path.
        pub fn described_path() -> Object {
            Object::new("ReportName", "Which report.").required_one_of(NAME, &Name::ALL.map(Name::name), "Its name.")
        }

        /// What [`ReportRequest::read`] reads of the query.
        pub fn described_query() -> Object {
            let bys = By::ALL.map(By::name);
            Object::new("ReportQuery", "What the report covers.")
                .required::<DateTime>(FROM, "The first moment of `submitted_on` that counts.")
                .required::<DateTime>(TO, "The first one after it that does not; at most 92 days later.")
                .optional_one_of(BY, &bys, "What the rows are apart by. Days and hours are those of UTC.")
                .optional_number(
                    MINUTES,
                    MOST_MINUTES,
                    "How many minutes after its submission a confirmation is overdue; 60 where it is absent.",
                )
        }
    }
}
