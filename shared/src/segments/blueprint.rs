use std::collections::HashMap;
use std::sync::Arc;

use super::open_request::CONFIGURATION;
use crate::codes::{Code, Label, UnusableCode};
use crate::configurations::{ConfigurationRequest, Definition, Sealed, Snapshot};
use crate::document::{Problem, Violation, Violations};

/// What a new segment's snapshot is made from.
pub(super) enum Blueprint<'a> {
    Request(&'a ConfigurationRequest),
    Definition(Arc<Definition>),
}

impl Blueprint<'_> {
    /// The codes it names.
    pub fn labels(&self) -> Vec<Label> {
        match self {
            Self::Request(request) => request.allowed_codes.iter().map(|allowed| allowed.code.clone()).collect(),
            Self::Definition(definition) => definition.allowed_codes.clone(),
        }
    }

    /// The codes that have to be added to the code table, out of those it names.
    pub fn missing(&self, known: &HashMap<Label, Arc<Code>>) -> Vec<Code> {
        let labels = self.labels().into_iter().filter(|label| !known.contains_key(label));
        let mut codes: Vec<Code> = labels.map(Code::new_external).collect();
        if let Self::Request(request) = self {
            for code in &mut codes {
                if let Some(allowed) = request.allowed_codes.iter().find(|allowed| allowed.code == code.code) {
                    allowed.lay_over(code);
                }
            }
        }
        codes
    }

    /// The snapshot, given all the codes, and its stored form.
    pub fn snapshot(&self, known: &HashMap<Label, Arc<Code>>) -> Result<(Arc<Snapshot>, Sealed), Violations> {
        self.judged_snapshot(known, |_| Ok(()))
    }

    /// The same, if `judge` has nothing against it either.
    pub fn judged_snapshot(
        &self,
        known: &HashMap<Label, Arc<Code>>,
        judge: impl FnOnce(&Snapshot) -> Result<(), Violations>,
    ) -> Result<(Arc<Snapshot>, Sealed), Violations> {
        let mut violations = Vec::new();
        let inactive = |code: &Code| UnusableCode::Inactive { label: code.code.as_str().to_owned() }.into();
        let (snapshot, field) = match self {
            Self::Request(request) => {
                let mut allowed = Vec::with_capacity(request.allowed_codes.len());
                for (index, entry) in request.allowed_codes.iter().enumerate() {
                    let Some(code) = known.get(&entry.code) else { continue };
                    if !code.active {
                        let code_of = if entry.alone { "" } else { ".code" };
                        let field = format!("configuration.allowed_codes[{index}]{code_of}");
                        violations.push(Violation { field, problem: inactive(code) });
                    }
                    let mut code = Arc::clone(code);
                    if entry.has_texts() {
                        entry.lay_over(Arc::make_mut(&mut code));
                    }
                    allowed.push(code);
                }
                (Snapshot::of_request(request.rules(), allowed), "configuration.allowed_codes")
            }
            Self::Definition(definition) => {
                // Whoever switches a code off wants agents to stop using it, not every wrap-up of the
                // configuration to fail; only the default cannot be left out.
                let codes = definition.allowed_codes.iter().filter_map(|label| known.get(label));
                let allowed_codes = codes.filter(|code| code.active).cloned().collect();
                let default = definition.rules.default_code.as_ref().and_then(|label| known.get(label));
                if let Some(default) = default.filter(|default| !default.active) {
                    let field = CONFIGURATION.to_owned();
                    violations.push(Violation { field, problem: inactive(default) });
                }
                (Snapshot::of_definition(definition, allowed_codes), CONFIGURATION)
            }
        };
        let sealed = snapshot.seal();
        if sealed.is_none() {
            let problem = Problem::TooLarge { most_kb: Snapshot::MOST_KB };
            violations.push(Violation { field: field.to_owned(), problem });
        }
        if let Err(judged) = judge(&snapshot) {
            violations.extend_from_slice(judged.as_slice());
        }
        if let Some(violations) = Violations::new(violations) {
            return Err(violations);
        }
        let sealed = sealed.ok_or_else(|| Violations::one(field, Problem::Unreadable))?;
        Ok((Arc::new(snapshot), sealed))
    }
}
