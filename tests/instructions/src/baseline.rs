//! The counts that are allowed, as they are committed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::CountError;

/// Instructions per call, by case.
#[derive(Default)]
pub struct Baseline(BTreeMap<String, u64>);

impl Baseline {
    /// Reads the committed one.
    pub fn read() -> Result<Self, CountError> {
        let path = path();
        let text = std::fs::read_to_string(&path).map_err(|source| CountError::File { path: path.clone(), source })?;
        serde_json::from_str(&text).map(Self).map_err(|source| CountError::Baseline { path, source })
    }

    /// Rewrites it.
    pub fn write(&self) -> Result<(), CountError> {
        let path = path();
        let text = serde_json::to_string_pretty(&self.0);
        let text = text.map_err(|source| CountError::Baseline { path: path.clone(), source })?;
        std::fs::write(&path, text + "\n").map_err(|source| CountError::File { path, source })
    }

    /// What a case is allowed.
    pub fn count(&self, case: &str) -> Option<u64> {
        self.0.get(case).copied()
    }

    /// Allows a case so many.
    pub fn set(&mut self, case: &str, count: u64) {
        self.0.insert(case.to_owned(), count);
    }
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/baseline.json"))
}
