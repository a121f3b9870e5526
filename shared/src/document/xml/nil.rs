use std::collections::HashSet;

use super::attributes::Attribute;
use super::{Fault, steps};

/// The namespace of the attribute `nil`.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The prefixes that mean the namespace of `xsi:nil`, of all namespaces the only one that a request can need.
#[derive(Default)]
pub(super) struct Prefixes<'a> {
    meaning_it: HashSet<&'a str>,
    /// Each prefix that began or ceased to mean it, in the elements that are open.
    turns: Vec<&'a str>,
}

impl<'a> Prefixes<'a> {
    /// Takes what an element's attributes declare, and says whether it is null.
    pub(super) fn enter(&mut self, attributes: &[Attribute<'a>]) -> Result<bool, Fault> {
        // A declaration counts for the whole tag that it stands in. All values are read: one of them may be ill-formed.
        for attribute in attributes {
            steps::note(1);
            let value = attribute.value()?;
            if attribute.prefix == Some("xmlns") {
                let means_it = value == SCHEMA_INSTANCE;
                if self.meaning_it.contains(attribute.local) != means_it {
                    self.turn(attribute.local);
                    self.turns.push(attribute.local);
                }
            }
        }
        let mut null = None;
        for attribute in attributes {
            let Some(prefix) = attribute.prefix.filter(|_| attribute.local == "nil") else { continue };
            if !self.meaning_it.contains(prefix) {
                // It can only be meant as that namespace's; without it, a null would become a blank text.
                if prefix == "xsi" {
                    let problem = format!("the namespace of 'xsi' is not declared: xmlns:xsi=\"{SCHEMA_INSTANCE}\"");
                    return Err(Fault::new(attribute.start, problem));
                }
                continue;
            }
            let value = match attribute.value()?.trim() {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return Err(Fault::new(attribute.start, "'nil' has to be true or false")),
            };
            if null.replace(value).is_some() {
                return Err(Fault::new(attribute.start, "an attribute that is given twice"));
            }
        }
        Ok(null.unwrap_or_default())
    }

    /// Where things stand, to go [`back_to`](Self::back_to).
    pub(super) fn mark(&self) -> usize {
        self.turns.len()
    }

    /// Forgets what was declared since.
    pub(super) fn back_to(&mut self, mark: usize) {
        while let Some(prefix) = (self.turns.len() > mark).then(|| self.turns.pop()).flatten() {
            steps::note(1);
            self.turn(prefix);
        }
    }

    fn turn(&mut self, prefix: &'a str) {
        if !self.meaning_it.remove(prefix) {
            self.meaning_it.insert(prefix);
        }
    }
}
