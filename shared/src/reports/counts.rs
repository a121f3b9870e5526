//! What reports count. Counts of parts of the wrap-ups come to the same together as those of all.

use std::collections::{BTreeMap, BTreeSet};

use hdrhistogram::Histogram;

use super::{By, Choice, Name, ReportRequest, Row, Tenth};
use crate::date_time::DateTime;
use crate::segments::{AiOutcome, CodeFrom, Counted};

/// Significant digits of a histogram: two are an error of 1% at most.
const DIGITS: u8 = 2;

/// Rows that are counted at once at most, so that they fit into the memory of a function.
const MOST_CELLS: usize = 20_000;

/// There are more rows than can be counted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has more than {MOST_CELLS} rows between from and here: ask for less time, or for rows that are apart by less")]
pub struct TooManyRows;

/// What the rows of a report are counted from.
#[derive(Clone)]
pub struct Counts {
    name: Name,
    by: Option<By>,
    /// What a confirmation that was submitted before it is: overdue.
    overdue_before: DateTime,
    groups: BTreeMap<Option<String>, Group>,
    cells: usize,
}

/// What is apart by `by`.
#[derive(Clone, Default)]
struct Group {
    count: u64,
    /// By the report's own key: code or agent.
    cells: BTreeMap<Option<String>, Cell>,
    /// The snapshots of its wrap-ups, for codes that are allowed and never used.
    snapshots: BTreeSet<String>,
}

/// What a row says.
#[derive(Clone, Default)]
struct Cell {
    count: u64,
    seconds: u64,
    histogram: Option<Histogram<u32>>,
    timed_out: u64,
    default: u64,
    first: u64,
    unknown: u64,
    outcomes: [u64; 4],
    matrix: BTreeMap<(String, Option<String>), u64>,
    tenths: BTreeMap<u8, [u64; 2]>,
    awaiting: u64,
    oldest: Option<DateTime>,
    overdue: u64,
}

impl Counts {
    /// Nothing is counted yet. `now` is when counting began.
    pub fn new(request: &ReportRequest, now: DateTime) -> Self {
        // A report's own key is not one to set its rows apart by once more.
        let by = request.by.filter(|by| Some(*by) != own_key(request.name));
        let overdue_before = now.minus_seconds(request.minutes.saturating_mul(60)).unwrap_or(now);
        Self { name: request.name, by, overdue_before, groups: BTreeMap::new(), cells: 0 }
    }

    /// What the rows are apart by beside the report's own key.
    pub const fn by(&self) -> Option<By> {
        self.by
    }

    /// Counts a wrap-up.
    ///
    /// # Errors
    /// There are too many rows.
    pub fn add(&mut self, counted: Counted) -> Result<(), TooManyRows> {
        let group = self.groups.entry(self.by.and_then(|by| key_of(by, &counted))).or_default();
        group.count += 1;
        if self.name == Name::Codes
            && let Some(snapshot) = &counted.snapshot
            && !group.snapshots.contains(snapshot)
        {
            group.snapshots.insert(snapshot.clone());
        }
        let own = own_key(self.name).and_then(|by| key_of(by, &counted));
        let before = group.cells.len();
        let cell = group.cells.entry(own).or_default();
        cell.add(self.name, &counted, self.overdue_before);
        self.cells += group.cells.len() - before;
        if self.cells > MOST_CELLS { Err(TooManyRows) } else { Ok(()) }
    }

    /// Counts what others have counted.
    ///
    /// # Errors
    /// There are too many rows.
    pub fn merge(&mut self, other: Self) -> Result<(), TooManyRows> {
        for (key, theirs) in other.groups {
            let group = self.groups.entry(key).or_default();
            group.count += theirs.count;
            group.snapshots.extend(theirs.snapshots);
            for (own, cell) in theirs.cells {
                let before = group.cells.len();
                group.cells.entry(own).or_default().merge(cell);
                self.cells += group.cells.len() - before;
            }
        }
        if self.cells > MOST_CELLS { Err(TooManyRows) } else { Ok(()) }
    }

    /// The snapshots whose codes have to be known for the rows.
    pub fn snapshots(&self) -> BTreeSet<&str> {
        self.groups.values().flat_map(|group| group.snapshots.iter().map(String::as_str)).collect()
    }

    /// The rows. `allowed` has the labels of the codes that a snapshot allows.
    ///
    /// # Errors
    /// There are too many, those of codes that were never used and the cells of matrices among them.
    pub fn rows(self, allowed: &BTreeMap<String, Vec<String>>) -> Result<Vec<Row>, TooManyRows> {
        let (name, by) = (self.name, self.by);
        let mut groups = self.groups;
        // Where nothing is apart, there is one row of what is nothing, too.
        if by.is_none() && own_key(name).is_none() {
            groups.entry(None).or_default().cells.entry(None).or_default();
        }
        let (mut rows, mut left) = (Vec::new(), MOST_CELLS);
        for (key, mut group) in groups {
            let labels = group.snapshots.iter().filter_map(|snapshot| allowed.get(snapshot)).flatten();
            let unused: BTreeSet<String> =
                labels.filter(|label| !group.cells.contains_key(&Some((*label).clone()))).cloned().collect();
            let unused = unused.into_iter().map(|label| (Some(label), Cell::default()));
            let mut cells: Vec<_> = std::mem::take(&mut group.cells).into_iter().chain(unused).collect();
            // The most of it first; what is equal, by its key.
            cells.sort_by(|(one_key, one), (other_key, other)| {
                other.count.cmp(&one.count).then_with(|| one_key.cmp(other_key))
            });
            let matrices: usize = cells.iter().map(|(_, cell)| cell.matrix.len()).sum();
            left = left.checked_sub(cells.len() + matrices).ok_or(TooManyRows)?;
            rows.extend(cells.into_iter().map(|(own, cell)| {
                let mut row = cell.row(name, group.count);
                set_key(&mut row, own_key(name), own);
                set_key(&mut row, by, key.clone());
                row
            }));
        }
        Ok(rows)
    }
}

impl Cell {
    fn add(&mut self, name: Name, counted: &Counted, overdue_before: DateTime) {
        self.count += 1;
        let is_unknown = counted.code.is_some() && counted.code_from.is_none();
        match name {
            Name::Codes => {
                self.unknown += u64::from(is_unknown);
                self.default += u64::from(counted.code_from == Some(CodeFrom::Default));
                self.first += u64::from(!is_unknown && counted.code_place == Some(0));
            }
            Name::HandleTime | Name::Agents => {
                let Some(opened_on) = counted.opened_on else { return };
                let seconds = opened_on.seconds_until(counted.submitted_on);
                self.seconds += seconds;
                if self.histogram.is_none() {
                    self.histogram = Histogram::new(DIGITS).ok();
                }
                if let Some(histogram) = &mut self.histogram {
                    // It grows as it has to.
                    let _ = histogram.record(seconds);
                }
                self.timed_out += u64::from(counted.timed_out);
                // Of agents alone, whose codes are asked for.
                self.unknown += u64::from(is_unknown);
                self.default += u64::from(counted.code_from == Some(CodeFrom::Default));
            }
            Name::Ai => {
                let Some(suggested) = &counted.ai_code else { return };
                let (false, Some(outcome)) = (is_unknown, counted.ai_outcome) else {
                    self.unknown += 1;
                    return;
                };
                let kind = match outcome {
                    AiOutcome::AiCode => ACCEPTED,
                    AiOutcome::AnotherCode => OVERRIDDEN,
                    AiOutcome::AiCodeAsDefault => AS_DEFAULT,
                    AiOutcome::DefaultCode | AiOutcome::NoCode => NOT_USED,
                };
                self.outcomes[kind] += 1;
                *self.matrix.entry((suggested.clone(), counted.code.clone())).or_default() += 1;
                if let Some(confidence) = counted.ai_confidence {
                    let [all, accepted] = self.tenths.entry(confidence.tenth()).or_default();
                    *all += 1;
                    *accepted += u64::from(kind == ACCEPTED);
                }
            }
            Name::Confirmations => {
                if counted.awaits {
                    self.awaiting += 1;
                    self.oldest = self.oldest.into_iter().chain([counted.submitted_on]).min();
                    self.overdue += u64::from(counted.submitted_on < overdue_before);
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.seconds += other.seconds;
        match (&mut self.histogram, other.histogram) {
            // They have the same steps, and the one grows as it has to.
            (Some(ours), Some(theirs)) => drop(ours.add(theirs)),
            (ours, theirs) => *ours = ours.take().or(theirs),
        }
        self.timed_out += other.timed_out;
        self.default += other.default;
        self.first += other.first;
        self.unknown += other.unknown;
        for (ours, theirs) in self.outcomes.iter_mut().zip(other.outcomes) {
            *ours += theirs;
        }
        for (pair, count) in other.matrix {
            *self.matrix.entry(pair).or_default() += count;
        }
        for (tenth, theirs) in other.tenths {
            let ours = self.tenths.entry(tenth).or_default();
            ours.iter_mut().zip(theirs).for_each(|(ours, theirs)| *ours += theirs);
        }
        self.awaiting += other.awaiting;
        self.oldest = self.oldest.into_iter().chain(other.oldest).min();
        self.overdue += other.overdue;
    }

    fn row(self, name: Name, all: u64) -> Row {
        let known = self.count - self.unknown.min(self.count);
        let quantile = |of: f64| self.histogram.as_ref().map(|histogram| histogram.value_at_quantile(of));
        match name {
            Name::Codes => Row {
                count: Some(self.count),
                share: share(self.count, all),
                default_share: share(self.default, known),
                first_in_list_share: share(self.first, known),
                code_from_unknown: Some(self.unknown),
                ..Row::default()
            },
            Name::HandleTime => Row {
                count: Some(self.count),
                mean: mean(self.seconds, self.count),
                p50: quantile(0.5),
                p90: quantile(0.9),
                p95: quantile(0.95),
                timed_out_share: share(self.timed_out, self.count),
                ..Row::default()
            },
            Name::Ai => {
                let choice = |((suggested, chosen), count)| Choice { suggested, chosen, count };
                let tenth = |(tenth, [suggested, accepted]): (u8, [u64; 2])| Tenth {
                    from: f64::from(tenth) / 10.0,
                    to: f64::from(tenth + 1) / 10.0,
                    suggested,
                    accepted,
                };
                Row {
                    suggested: Some(self.outcomes.iter().sum()),
                    accepted: Some(self.outcomes[ACCEPTED]),
                    overridden: Some(self.outcomes[OVERRIDDEN]),
                    taken_as_default: Some(self.outcomes[AS_DEFAULT]),
                    not_used: Some(self.outcomes[NOT_USED]),
                    code_from_unknown: Some(self.unknown),
                    matrix: Some(self.matrix.into_iter().map(choice).collect()),
                    confidence: Some(self.tenths.into_iter().map(tenth).collect()),
                    ..Row::default()
                }
            }
            Name::Confirmations => Row {
                awaiting: Some(self.awaiting),
                oldest: self.oldest,
                overdue: Some(self.overdue),
                ..Row::default()
            },
            Name::Agents => Row {
                count: Some(self.count),
                mean: mean(self.seconds, self.count),
                p50: quantile(0.5),
                default_share: share(self.default, known),
                timed_out_share: share(self.timed_out, self.count),
                code_from_unknown: Some(self.unknown),
                ..Row::default()
            },
        }
    }
}

// Places of `Cell::outcomes`.
const ACCEPTED: usize = 0;
const OVERRIDDEN: usize = 1;
const AS_DEFAULT: usize = 2;
const NOT_USED: usize = 3;

/// What a report has a row for, whatever else its rows are apart by.
const fn own_key(name: Name) -> Option<By> {
    match name {
        Name::Codes => Some(By::Code),
        Name::Agents => Some(By::Agent),
        Name::HandleTime | Name::Ai | Name::Confirmations => None,
    }
}

/// The columns of the index that a report counts, each once.
pub fn columns(request: &ReportRequest) -> Vec<&'static str> {
    let own: &[&str] = match request.name {
        Name::Codes => &["code", "code_from", "code_place", "wrap_up_configuration"],
        Name::HandleTime => &["opened_on", "timed_out"],
        Name::Ai => &["code", "code_from", "ai_wrap_up_code", "ai_confidence", "ai_outcome"],
        Name::Confirmations => &["awaiting_confirmation"],
        Name::Agents => &["agent", "opened_on", "timed_out", "code", "code_from"],
    };
    let by: &[&str] = match request.by {
        Some(By::Code) => &["code"],
        Some(By::Agent) => &["agent"],
        Some(By::Configuration) => &["configuration_name", "wrap_up_configuration"],
        Some(By::Day | By::Hour) | None => &[],
    };
    own.iter().chain(by.iter().filter(|column| !own.contains(column))).copied().collect()
}

fn key_of(by: By, counted: &Counted) -> Option<String> {
    match by {
        By::Day => Some(counted.submitted_on.day()),
        By::Hour => counted.submitted_on.to_string().get(11..13).map(str::to_owned),
        By::Code => counted.code.clone(),
        By::Agent => counted.agent.clone(),
        By::Configuration => counted.configuration_name.as_ref().or(counted.snapshot.as_ref()).cloned(),
    }
}

fn set_key(row: &mut Row, by: Option<By>, key: Option<String>) {
    match by {
        Some(By::Day) => row.day = key,
        Some(By::Hour) => row.hour = key,
        Some(By::Code) => row.code = key,
        Some(By::Agent) => row.agent = key,
        Some(By::Configuration) => row.configuration = key,
        None => {}
    }
}

/// A share, to four decimals; none of nothing.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^52 wrap-ups")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

/// A mean, to one decimal; none of nothing.
#[expect(clippy::cast_precision_loss, reason = "nobody wraps up for 2^52 seconds")]
fn mean(sum: u64, count: u64) -> Option<f64> {
    (count > 0).then(|| (sum as f64 / count as f64 * 10.0).round() / 10.0)
}
