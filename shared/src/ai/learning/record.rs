//! How often the AI filler was right of late, and from which confidence on it may speak because of that.

use std::collections::BTreeMap;

use crate::date_time::DateTime;
use crate::segments::Confidence;

/// Picks that are remembered: the last ones.
const MOST_PICKS: usize = 300;

/// As many picks have to tell of a threshold.
const ENOUGH_PICKS: usize = 30;

/// As many blind ones, that they are asked alone, too.
const ENOUGH_BLIND: usize = 20;

/// So many of those for which fewer than half were right are enough to be silent.
const ENOUGH_WRONG: usize = 10;

/// So many of a hundred suggestions have to be what the agent picks.
const AIM: usize = 75;

/// Seconds of a week.
const WEEK: u64 = 7 * 24 * 60 * 60;

const AGREED: u8 = 1;
const BLIND: u8 = 2;

/// An agent's pick, where the filler had an opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// How sure the filler was.
    pub confidence: Confidence,
    /// Whether the agent picked the same.
    pub agreed: bool,
    /// Whether the agent was shown nothing of it, so that nobody followed a suggestion.
    pub blind: bool,
    /// When: the week, counted from that of the Unix epoch.
    pub week: u16,
}

/// From which confidence on the filler names a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// Nothing is known: what is built in.
    BuiltIn,
    /// From this confidence on, agents have picked the same often enough.
    From(f64),
    /// Agents pick others: it names none.
    Silent,
}

impl Threshold {
    /// As a confidence; `built_in` is what holds where nothing is known.
    pub fn or(self, built_in: f64) -> f64 {
        match self {
            Self::BuiltIn => built_in,
            Self::From(confidence) => confidence,
            Self::Silent => f64::INFINITY,
        }
    }
}

/// The last picks of a deployment, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(Vec<Pick>);

/// The picks of a week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// How many there were.
    pub picks: usize,
    /// In how many of them the agent picked what the filler had named, or would have.
    pub agreed: usize,
    /// How many were blind.
    pub blind: usize,
    /// In how many of those the agent picked the same.
    pub blind_agreed: usize,
}

impl Week {
    /// The number of the week that a time is in, and the first day of that week.
    pub fn of(time: DateTime) -> u16 {
        u16::try_from(time.since_epoch().as_secs() / WEEK).unwrap_or(u16::MAX)
    }

    /// The day on which a week begins, as `yyyy-MM-dd`; weeks begin on Thursdays, as the Unix epoch did.
    pub fn first_day(week: u16) -> String {
        DateTime::of_millis(u64::from(week) * WEEK * 1_000).map_or_else(String::new, DateTime::day)
    }
}

impl Record {
    /// Adds a pick; the oldest goes where there are too many.
    pub fn add(&mut self, pick: Pick) {
        self.0.push(pick);
        let over = self.0.len().saturating_sub(MOST_PICKS);
        self.0.drain(..over);
    }

    /// The picks.
    pub fn picks(&self) -> &[Pick] {
        &self.0
    }

    /// The lowest threshold from which on three of four suggestions were what the agent picked, also of the blind ones alone;
    /// silence, where even of those that were sure enough for `built_in` too many were not.
    pub fn threshold(&self, built_in: f64) -> Threshold {
        let agrees = |picks: &[&Pick]| picks.iter().filter(|pick| pick.agreed).count() * 100 >= picks.len() * AIM;
        let above = |threshold: f64| -> (Vec<&Pick>, Vec<&Pick>) {
            let all: Vec<&Pick> = self.0.iter().filter(|pick| f64::from(pick.confidence) >= threshold).collect();
            let blind = all.iter().filter(|pick| pick.blind).copied().collect();
            (all, blind)
        };
        let fine = |threshold: f64| {
            let (all, blind) = above(threshold);
            all.len() >= ENOUGH_PICKS && agrees(&all) && (blind.len() < ENOUGH_BLIND || agrees(&blind))
        };
        if let Some(threshold) = (1..=100).map(|hundredth| f64::from(hundredth) / 100.0).find(|it| fine(*it)) {
            return Threshold::From(threshold);
        }
        let (sure, blind) = above(built_in);
        let wrong = |picks: &[&Pick]| {
            let agreed = picks.iter().filter(|pick| pick.agreed).count();
            picks.len() >= ENOUGH_PICKS || (picks.len() >= ENOUGH_WRONG && agreed * 2 < picks.len())
        };
        if wrong(&sure) || (blind.len() >= ENOUGH_BLIND && !agrees(&blind)) {
            Threshold::Silent
        } else {
            Threshold::BuiltIn
        }
    }

    /// The picks by week, the oldest first.
    pub fn weeks(&self) -> BTreeMap<u16, Week> {
        let mut weeks: BTreeMap<u16, Week> = BTreeMap::new();
        for pick in &self.0 {
            let week = weeks.entry(pick.week).or_default();
            week.picks += 1;
            week.agreed += usize::from(pick.agreed);
            week.blind += usize::from(pick.blind);
            week.blind_agreed += usize::from(pick.blind && pick.agreed);
        }
        weeks
    }

    /// As it is stored: four bytes a pick.
    pub fn to_bytes(&self) -> Vec<u8> {
        let picks = self.0.iter().flat_map(|pick| {
            let flags = if pick.agreed { AGREED } else { 0 } | if pick.blind { BLIND } else { 0 };
            let [high, low] = pick.week.to_be_bytes();
            [pick.confidence.hundredths(), flags, high, low]
        });
        picks.collect()
    }

    /// What these bytes are; none where they are no record.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (picks, rest) = bytes.as_chunks::<4>();
        let read = picks.iter().map(|[confidence, flags, high, low]| Pick {
            confidence: Confidence::from(f64::from(*confidence) / 100.0),
            agreed: flags & AGREED != 0,
            blind: flags & BLIND != 0,
            week: u16::from_be_bytes([*high, *low]),
        });
        rest.is_empty().then(|| Self(read.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: f64 = 0.5;

    fn picks(of: &[(usize, f64, bool, bool)]) -> Record {
        let mut record = Record::default();
        for (count, confidence, agreed, blind) in of {
            for _ in 0..*count {
                record.add(Pick { confidence: (*confidence).into(), agreed: *agreed, blind: *blind, week: 2_900 });
            }
        }
        record
    }

    #[test]
    fn a_few_picks_say_nothing() {
        assert_eq!(Record::default().threshold(BUILT_IN), Threshold::BuiltIn);
        assert_eq!(picks(&[(29, 0.9, true, false)]).threshold(BUILT_IN), Threshold::BuiltIn);
        assert_eq!(picks(&[(9, 0.9, false, false)]).threshold(BUILT_IN), Threshold::BuiltIn);
    }

    #[test]
    fn it_is_the_lowest_from_which_on_three_of_four_agree() {
        let record =
            picks(&[(50, 0.2, false, false), (30, 0.4, true, false), (10, 0.4, false, false), (30, 0.8, true, false)]);
        // 60 of 70 agree from 0.4 on, 60 of 120 from 0.2 on.
        assert_eq!(record.threshold(BUILT_IN), Threshold::From(0.21));
        assert_eq!(picks(&[(30, 0.1, true, false)]).threshold(BUILT_IN), Threshold::From(0.01));
        assert_eq!(
            picks(&[(40, 0.1, false, false), (30, 0.9, true, false)]).threshold(BUILT_IN),
            Threshold::From(0.11)
        );
    }

    #[test]
    fn wrong_labels_make_it_silent() {
        assert_eq!(picks(&[(40, 0.9, false, false), (20, 0.9, true, false)]).threshold(BUILT_IN), Threshold::Silent);
        assert_eq!(picks(&[(12, 0.9, false, false)]).threshold(BUILT_IN), Threshold::Silent, "soon");
        // Those below what is built in say nothing of those above.
        assert_eq!(picks(&[(40, 0.1, false, false)]).threshold(BUILT_IN), Threshold::BuiltIn);
        assert!(Threshold::Silent.or(BUILT_IN) > 1.0);
    }

    #[test]
    fn agents_who_follow_what_they_are_shown_do_not_count_for_it_alone() {
        let followed = picks(&[(200, 0.6, true, false), (20, 0.6, false, true)]);
        assert_eq!(followed.threshold(BUILT_IN), Threshold::Silent);
        let honest = picks(&[(200, 0.6, true, false), (16, 0.6, true, true), (4, 0.6, false, true)]);
        assert_eq!(honest.threshold(BUILT_IN), Threshold::From(0.01));
    }

    #[test]
    fn only_the_last_picks_count_and_they_are_stored_as_they_are() {
        let record = picks(&[(300, 0.9, false, false), (290, 0.33, true, true), (10, 1.0, false, false)]);
        assert_eq!(record.picks().len(), MOST_PICKS);
        assert_eq!(record.weeks()[&2_900], Week { picks: 300, agreed: 290, blind: 290, blind_agreed: 290 });
        assert_eq!(Record::of_bytes(&record.to_bytes()), Some(record));
        assert_eq!(Record::of_bytes(&[1, 2, 3]), None);
    }

    #[test]
    fn weeks_have_a_first_day() {
        let time = DateTime::parse("2024-09-16 18:00:00");
        assert_eq!(time.map(Week::of).map(Week::first_day).as_deref(), Some("2024-09-12"));
    }
}
