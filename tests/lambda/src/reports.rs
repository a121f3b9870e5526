use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use wrapup::clock::Clock;
use wrapup::watch::Reporter;

/// Takes in what functions report of their calls.
#[derive(Clone, Default)]
pub struct Reports(Arc<Mutex<Vec<Value>>>);

impl Reports {
    /// A reporter that reports here.
    pub fn reporter(&self, clock: Clock) -> Reporter {
        let reports = self.clone();
        Reporter::new(clock, move |line| reports.0.lock().unwrap_or_else(PoisonError::into_inner).push(line))
    }

    /// The calls' own lines since the last time this was called.
    pub fn take(&self) -> Vec<Value> {
        self.take_where(|line| line.get("audit").is_none())
    }

    /// What the audit's lines say since the last time this was called.
    pub fn audits(&self) -> Vec<Value> {
        let mut lines = self.take_where(|line| line.get("audit").is_some());
        lines.iter_mut().map(|line| line["audit"].take()).collect()
    }

    fn take_where(&self, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (taken, left) = std::mem::take(&mut *lines).into_iter().partition(wanted);
        *lines = left;
        taken
    }

    /// The one line of the one call since the last time.
    #[track_caller]
    pub fn one(&self) -> Value {
        let mut lines = self.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0)
    }
}
