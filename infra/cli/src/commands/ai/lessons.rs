//! What a deployment would suggest that has learned from all other rows.

use std::collections::HashMap;
use std::sync::Arc;

use wrapup::ai::{Bag, Knowledge, Learner};

use super::rows::Row;
use crate::commands::CommandError;

/// Rows as they are learned from, each among those that choose from the same codes.
pub struct Lessons {
    learners: HashMap<Vec<String>, Learner>,
}

impl Lessons {
    /// Learns from all rows.
    pub fn of(rows: &[Row]) -> Result<Self, CommandError> {
        let mut lessons = Self { learners: HashMap::new() };
        for row in rows {
            let labels = labels(row);
            if !lessons.learners.contains_key(&labels) {
                let learner = Learner::new(labels.len());
                let learner = learner.map_err(|error| CommandError::refused(format!("no randomness: {error}")))?;
                lessons.learners.insert(labels.clone(), learner);
            }
            if let Some((learner, bag, code)) = lessons.learner_of(row) {
                learner.learn(&bag, code);
            }
        }
        Ok(lessons)
    }

    /// What is known without this row.
    pub fn without(&mut self, row: &Row) -> Option<Arc<Knowledge>> {
        let (learner, bag, code) = self.learner_of(row)?;
        learner.take_out(&bag, code);
        let knowledge = learner.knowledge();
        learner.learn(&bag, code);
        Some(Arc::new(knowledge))
    }

    fn learner_of(&mut self, row: &Row) -> Option<(&mut Learner, Bag, usize)> {
        let code = row.choices.codes.iter().position(|code| code.code == row.code)?;
        let learner = self.learners.get_mut(&labels(row))?;
        let bag = learner.words(&row.conversation);
        Some((learner, bag, code))
    }
}

fn labels(row: &Row) -> Vec<String> {
    row.choices.codes.iter().map(|code| code.code.as_str().to_owned()).collect()
}
