//! Date-times as the API writes them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::format_description::{StaticFormatDescription, well_known::Rfc3339};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::document::{FromText, Problem, TextForm};

const PLATFORM: StaticFormatDescription = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");

/// A moment in UTC, to the second, written `yyyy-MM-dd HH:mm:ss`. Because the year has four digits,
/// the order of the texts is the order of the moments; DynamoDB conditions rely on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DateTime(PrimitiveDateTime);

impl DateTime {
    /// Reads the platform's form, or RFC 3339, which is brought to UTC and cut to the second.
    pub fn parse(text: &str) -> Option<Self> {
        // The parser takes a sign in front of the year, which neither form has.
        if !text.starts_with(|character: char| character.is_ascii_digit()) {
            return None;
        }
        if let Ok(moment) = PrimitiveDateTime::parse(text, PLATFORM) {
            return Some(Self(moment));
        }
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)?;
        (0..=9999).contains(&moment.year()).then(|| moment.into())
    }

    /// The moment this many milliseconds after the Unix epoch, cut to the second, if its year has four digits.
    pub fn of_millis(millis: u64) -> Option<Self> {
        let seconds = i64::try_from(millis / 1000).ok()?;
        let moment = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
        (moment.year() <= 9999).then(|| moment.into())
    }

    /// The time from the Unix epoch to this moment; none at all where it is earlier.
    pub fn since_epoch(self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.as_utc().unix_timestamp()).unwrap_or(0))
    }

    /// The moment this many seconds later, if its year still has four digits.
    pub fn plus_seconds(self, seconds: u64) -> Option<Self> {
        let later = self.0.checked_add(time::Duration::seconds(i64::try_from(seconds).ok()?))?;
        (later.year() <= 9999).then_some(Self(later))
    }

    /// The moment this many seconds earlier, if its year still is one of four digits.
    pub fn minus_seconds(self, seconds: u64) -> Option<Self> {
        let earlier = self.0.checked_sub(time::Duration::seconds(i64::try_from(seconds).ok()?))?;
        (earlier.year() >= 0).then_some(Self(earlier))
    }

    /// The beginning of its day, in UTC.
    pub fn start_of_day(self) -> Self {
        Self(self.0.date().midnight())
    }

    /// Its day, `yyyy-MM-dd`.
    pub fn day(self) -> String {
        let mut text = self.to_string();
        text.truncate("yyyy-MM-dd".len());
        text
    }

    /// The moment as RFC 3339 writes it, `yyyy-MM-ddTHH:mm:ssZ`.
    pub fn to_rfc_3339(self) -> String {
        format!("{}Z", self.to_string().replace(' ', "T"))
    }

    /// Whole seconds from this moment to a later one; 0 where it is earlier.
    pub fn seconds_until(self, later: Self) -> u64 {
        u64::try_from((later.0 - self.0).whole_seconds()).unwrap_or(0)
    }
}

impl From<OffsetDateTime> for DateTime {
    /// `moment` has to be in UTC.
    fn from(moment: OffsetDateTime) -> Self {
        let moment = PrimitiveDateTime::new(moment.date(), moment.time());
        Self(moment.truncate_to_second())
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.0.date(), self.0.time());
        write!(
            f,
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            date.year(),
            u8::from(date.month()),
            date.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

impl From<DateTime> for String {
    fn from(moment: DateTime) -> Self {
        moment.to_string()
    }
}

impl TryFrom<String> for DateTime {
    type Error = Problem;
    fn try_from(text: String) -> Result<Self, Problem> {
        Self::from_text(&text)
    }
}

impl FromText for DateTime {
    fn from_text(text: &str) -> Result<Self, Problem> {
        Self::parse(text.trim()).ok_or(Problem::NotADateTime)
    }

    fn form() -> TextForm {
        let rfc_3339 = format!(r"[Tt]{TIME}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])");
        let pattern = format!("{DATE}( {TIME}|{rfc_3339})");
        TextForm { pattern: Some(pattern), format: Some("wrap-up-date-time"), ..TextForm::default() }
    }
}

/// A date as both forms write it, but for how many days its month has.
const DATE: &str = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";

/// A time of day, as both forms write it.
const TIME: &str = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";

#[cfg(feature = "openapi")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{DATE, DateTime, TIME};

    impl JsonSchema for DateTime {
        fn schema_name() -> Cow<'static, str> {
            "DateTime".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "string",
                "description": "A moment in UTC, `yyyy-MM-dd HH:mm:ss`.",
                "pattern": format!("^{DATE} {TIME}$"),
                "examples": ["2026-01-05 10:30:00"]
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DateTime;

    #[test]
    fn normalises_to_utc_seconds() {
        for (given, stored) in [
            ("2024-09-16 17:52:01", "2024-09-16 17:52:01"),
            ("2024-09-16T17:52:01Z", "2024-09-16 17:52:01"),
            ("2024-09-16T17:52:01.999Z", "2024-09-16 17:52:01"),
            ("2024-09-16T23:30:00-02:00", "2024-09-17 01:30:00"),
            ("2024-02-29 00:00:00", "2024-02-29 00:00:00"),
        ] {
            assert_eq!(DateTime::parse(given).map(|m| m.to_string()).as_deref(), Some(stored), "{given}");
        }
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for given in [
            "2023-02-29 00:00:00",
            "2024-13-01 00:00:00",
            "2024-09-16",
            "2024-09-16 24:00:00",
            "2024-09-16 17:52",
            "16.09.2024 17:52:01",
            "1752252703000",
            "-2024-09-16 17:52:01",
            "+12024-09-16 17:52:01",
            "+2024-09-16 17:52:01",
            "12024-09-16 17:52:01",
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "",
        ] {
            assert_eq!(DateTime::parse(given), None, "{given}");
        }
    }
}
