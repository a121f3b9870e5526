use std::collections::HashMap;

use super::attributes::Attribute;
use super::{Fault, steps};

/// The namespace of the attribute `nil`.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The prefixes that are declared where the reader is, and whether each means the namespace of `xsi:nil`, of all namespaces
/// the only one that a request can need.
#[derive(Default)]
pub(super) struct Prefixes<'a> {
    /// By prefix, its declarations in the elements that are open; the innermost one, which counts, last.
    declared: HashMap<&'a str, Vec<bool>>,
    /// The prefixes of those declarations in their order.
    order: Vec<&'a str>,
}

impl<'a> Prefixes<'a> {
    /// Takes what an element's attributes declare, and says whether it is null.
    pub(super) fn enter(&mut self, attributes: &[Attribute<'a>]) -> Result<bool, Fault> {
        // A declaration counts for the whole tag that it stands in. All values are read: one of them may be ill-formed.
        for attribute in attributes {
            steps::note(1);
            let value = attribute.value()?;
            if attribute.prefix == Some("xmlns") {
                self.declared.entry(attribute.local).or_default().push(value == SCHEMA_INSTANCE);
                self.order.push(attribute.local);
            }
        }
        let mut null = None;
        for attribute in attributes {
            let Some(prefix) = attribute.prefix.filter(|_| attribute.local == "nil") else { continue };
            match self.declared.get(prefix).and_then(|declarations| declarations.last()) {
                Some(true) => {}
                Some(false) if prefix != "xsi" => continue,
                // XML's own, which nobody declares.
                None if matches!(prefix, "xml" | "xmlns") => continue,
                // It can only be meant as that namespace's; without it, a null would become a blank text.
                _ => {
                    let problem =
                        format!("the namespace of '{prefix}' is not declared: xmlns:{prefix}=\"{SCHEMA_INSTANCE}\"");
                    return Err(Fault::new(attribute.start, problem));
                }
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
        self.order.len()
    }

    /// Forgets what was declared since.
    pub(super) fn back_to(&mut self, mark: usize) {
        for prefix in self.order.drain(mark.min(self.order.len())..) {
            steps::note(1);
            self.declared.get_mut(prefix).and_then(Vec::pop);
        }
    }
}
