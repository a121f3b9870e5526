use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;

use super::ShownConfiguration;
use crate::language::Wish;

/// Wishes whose answers a snapshot keeps; callers of one deployment mostly share one.
const KEPT: usize = 2;

/// A snapshot as answers show it, kept as JSON for the wishes that were asked for last: a configuration is the
/// most of an answer, and never changes.
#[derive(Default)]
pub struct Written(Mutex<Vec<(Wish, Arc<RawValue>)>>);

/// A configuration in an answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Shown<'a> {
    /// Written once for many answers.
    Written(Arc<RawValue>),
    /// To be written with the answer, which reports why it cannot be.
    Unwritten(ShownConfiguration<'a>),
}

impl Written {
    /// What was written for a wish, or is written now.
    pub fn get<'a>(&self, wish: &Wish, show: impl FnOnce() -> ShownConfiguration<'a>) -> Shown<'a> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, json)) = kept.iter().find(|(other, _)| other == wish) {
            return Shown::Written(Arc::clone(json));
        }
        let shown = show();
        let Ok(json) = serde_json::value::to_raw_value(&shown) else { return Shown::Unwritten(shown) };
        let json: Arc<RawValue> = Arc::from(json);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((wish.clone(), Arc::clone(&json)));
        Shown::Written(json)
    }
}

/// A copy of a snapshot begins with nothing written.
impl Clone for Written {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Two snapshots are equal whatever has been written of them so far.
impl PartialEq for Written {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Written {}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Written")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::Snapshot;
    use crate::language::{Language, Wish};

    #[test]
    fn each_wish_is_shown_its_own_language_however_often_they_take_turns() -> Result<(), serde_json::Error> {
        let snapshot: Snapshot = serde_json::from_value(json!({
            "enable_codes": true, "show_timer": false, "enable_ai_code": false, "enable_ai_notes": false,
            "use_ai_as_default": false, "use_third_party_ai": false,
            "allowed_codes": [{
                "sys_id": "1", "code": "Refund", "description": "", "active": true, "external": true,
                "translations": [
                    {"language": "de", "code": "Erstattung"}, {"language": "fr", "code": "Remboursement"},
                ],
            }],
        }))?;
        let wish = |language: &str| Wish::For(Language::try_from(language.to_owned()).into_iter().collect());
        for round in 0..3 {
            for (wish, label) in [
                (Wish::Nobody, "Erstattung"),
                (wish("fr"), "Remboursement"),
                (wish("it"), "Refund"),
                (wish("de"), "Erstattung"),
            ] {
                let shown: Value = serde_json::from_str(&serde_json::to_string(&snapshot.shown(&wish))?)?;
                assert_eq!(shown["allowed_codes"][0]["translated_code"], label, "round {round}, {wish:?}");
            }
        }
        Ok(())
    }
}
