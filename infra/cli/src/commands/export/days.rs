use std::fmt;
use std::str::FromStr;

use wrapup::clock::DAY;
use wrapup::date_time::DateTime;

/// A day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(DateTime);

/// What is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has to be a day such as 2026-01-31")]
pub struct NotADay;

impl FromStr for Day {
    type Err = NotADay;

    fn from_str(text: &str) -> Result<Self, NotADay> {
        let moment = if text.len() == "yyyy-MM-dd".len() { DateTime::parse(&format!("{text} 00:00:00")) } else { None };
        moment.map(Self).ok_or(NotADay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.day())
    }
}

impl Day {
    /// The days from one on and before another.
    pub fn between(from: Self, to: Self) -> Vec<Self> {
        let days = std::iter::successors(Some(from), |day| day.0.plus_seconds(DAY).map(Self));
        days.take_while(|day| *day < to).collect()
    }

    /// Its first moment, and that of the day after it.
    pub fn bounds(self) -> (DateTime, DateTime) {
        (self.0, self.0.plus_seconds(DAY).unwrap_or(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_from_one_on_and_before_another() -> Result<(), NotADay> {
        let days = |from: &str, to: &str| -> Result<Vec<String>, NotADay> {
            Ok(Day::between(from.parse()?, to.parse()?).iter().map(Day::to_string).collect())
        };
        assert_eq!(days("2024-02-28", "2024-03-02")?, ["2024-02-28", "2024-02-29", "2024-03-01"]);
        assert_eq!(days("2024-02-28", "2024-02-28")?, [""; 0]);
        assert_eq!(days("2024-02-28", "2024-02-27")?, [""; 0]);
        assert_eq!(days("9999-12-30", "9999-12-31")?, ["9999-12-30"]);
        Ok(())
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2024-02-30", "2024-2-3", "yesterday", "2024-02-28 12:00:00", "+024-02-28", "24-02-2800"] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
    }
}
