//! What suggestions are worth, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::output;

/// The figures of one way to choose.
#[derive(Serialize)]
pub struct Figures {
    pub method: String,
    pub rows: usize,
    pub right: usize,
    pub suggested: usize,
    pub failed: usize,
    /// Rows of which the right code is the one that is named, or among those that are offered in its place.
    pub among_three: usize,
    /// Right of all.
    pub accuracy: f64,
    /// Suggested of all.
    pub coverage: f64,
    /// Right of the suggested.
    pub precision: f64,
    /// Where precision lies with 19 of 20 such files: from, to.
    pub precision_interval: [f64; 2],
}

impl Figures {
    pub fn of(method: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            rows: 0,
            right: 0,
            suggested: 0,
            failed: 0,
            among_three: 0,
            accuracy: 0.0,
            coverage: 0.0,
            precision: 0.0,
            precision_interval: [0.0, 1.0],
        }
    }

    /// Counts a row by its right code, the one that is named, and those that are offered where none is.
    pub fn add(&mut self, right: &str, named: Option<&str>, offered: &[&str]) {
        self.rows += 1;
        self.suggested += usize::from(named.is_some());
        self.right += usize::from(named == Some(right));
        self.among_three += usize::from(named == Some(right) || offered.contains(&right));
        self.divide();
    }

    pub fn add_failed(&mut self) {
        self.rows += 1;
        self.failed += 1;
        self.divide();
    }

    fn divide(&mut self) {
        self.accuracy = share(self.right, self.rows);
        self.coverage = share(self.suggested, self.rows);
        self.precision = share(self.right, self.suggested);
        self.precision_interval = interval(self.right, self.suggested);
    }
}

impl output::Row for Figures {
    const COLUMNS: &'static [&'static str] =
        &["method", "right", "suggested", "failed", "top 3", "accuracy", "coverage", "precision", "95 % interval"];

    fn cells(&self) -> Vec<String> {
        let [from, to] = self.precision_interval;
        vec![
            self.method.clone(),
            format!("{} of {}", self.right, self.rows),
            self.suggested.to_string(),
            self.failed.to_string(),
            percent(share(self.among_three, self.rows)),
            percent(self.accuracy),
            percent(self.coverage),
            percent(self.precision),
            format!("{:.0} to {:.0} %", from * 100.0, to * 100.0),
        ]
    }
}

/// What would be named, and right, if a code were named from some confidence on.
#[derive(Serialize)]
pub struct Threshold {
    pub confidence: f64,
    pub suggested: usize,
    pub right: usize,
    pub coverage: f64,
    pub precision: f64,
}

/// The likeliest code of each row, by how sure the provider is of it, and whether it is right.
#[derive(Default)]
pub struct Curve(BTreeMap<u8, (usize, usize)>);

/// Thresholds that are shown, in hundredths.
const THRESHOLDS: [u8; 10] = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90];

impl Curve {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
    pub fn add(&mut self, confidence: f64, right: bool) {
        let of_hundredth = self.0.entry((confidence.clamp(0.0, 1.0) * 100.0).round() as u8).or_default();
        *of_hundredth = (of_hundredth.0 + 1, of_hundredth.1 + usize::from(right));
    }

    /// What each threshold brings, of so many rows.
    pub fn thresholds(&self, rows: usize) -> Vec<Threshold> {
        let at = |threshold: u8| {
            let (suggested, right) =
                self.0.range(threshold..).fold((0, 0), |sum, (_, of)| (sum.0 + of.0, sum.1 + of.1));
            Threshold {
                confidence: f64::from(threshold) / 100.0,
                suggested,
                right,
                coverage: share(suggested, rows),
                precision: share(right, suggested),
            }
        };
        THRESHOLDS.map(at).into_iter().filter(|threshold| threshold.suggested > 0).collect()
    }
}

impl output::Row for Threshold {
    const COLUMNS: &'static [&'static str] = &["confidence from", "suggested", "right", "coverage", "precision"];

    fn cells(&self) -> Vec<String> {
        vec![
            format!("{:.1}", self.confidence),
            self.suggested.to_string(),
            self.right.to_string(),
            percent(self.coverage),
            percent(self.precision),
        ]
    }
}

/// A part of a whole, 0 of nothing.
pub fn share(part: usize, whole: usize) -> f64 {
    round(part as f64 / whole.max(1) as f64)
}

pub fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Wilson's interval for a share, at 95 %: unlike the usual one it is right for small numbers, too.
fn interval(part: usize, whole: usize) -> [f64; 2] {
    const Z: f64 = 1.96;
    if whole == 0 {
        return [0.0, 1.0];
    }
    let (n, p) = (whole as f64, part as f64 / whole as f64);
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * f64::sqrt(p * (1.0 - p) / n + Z * Z / (4.0 * n * n));
    [middle - half, middle + half].map(|end| round((end / (1.0 + Z * Z / n)).clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_wilsons() {
        // Brown, Cai and DasGupta (2001) and any table give these.
        assert_eq!(interval(8, 10), [0.49, 0.943]);
        assert_eq!(interval(0, 10), [0.0, 0.278]);
        assert_eq!(interval(10, 10), [0.722, 1.0]);
        assert_eq!(interval(0, 0), [0.0, 1.0]);
    }

    #[test]
    fn a_threshold_counts_what_is_as_sure_or_surer() {
        let mut curve = Curve::default();
        for (confidence, right) in [(0.4, true), (0.39, false), (0.8, true), (0.85, false)] {
            curve.add(confidence, right);
        }
        let thresholds = curve.thresholds(8);
        let at = |wanted: f64| thresholds.iter().find(|at| at.confidence == wanted).map(|at| (at.suggested, at.right));
        assert_eq!(
            [at(0.0), at(0.4), at(0.5), at(0.8), at(0.9)],
            [Some((4, 2)), Some((3, 2)), Some((2, 1)), Some((2, 1)), None]
        );
    }
}
