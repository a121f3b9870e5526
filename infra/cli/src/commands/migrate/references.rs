use std::collections::HashMap;

use wrapup::codes::{CodeImport, Codes, Label};
use wrapup::document::FromText;

use crate::commands::CommandError;
use crate::import::Cell;

/// The codes that a configuration may name: those that were imported a moment ago, or would have been, and those that are
/// stored.
pub struct References<'a> {
    codes: &'a Codes,
    /// Labels by the sys_ids of the instance; none where there is no such code.
    by_sys_id: HashMap<String, Option<Label>>,
    /// Whether a code is active, by its label; none where there is no such code.
    active: HashMap<Label, Option<bool>>,
    /// What the import has said, which may not be stored in a dry run.
    imported: HashMap<Label, Option<bool>>,
}

impl<'a> References<'a> {
    /// The codes that are stored, and those that were imported.
    pub fn new(codes: &'a Codes, imported: &[CodeImport]) -> Self {
        let label = |import: &CodeImport| import.request.label.clone();
        let mut by_sys_id = HashMap::new();
        for import in imported {
            by_sys_id.insert(label(import).sys_id(), Some(label(import)));
            by_sys_id.extend(import.sys_id.clone().map(|sys_id| (sys_id, Some(label(import)))));
        }
        let imported = imported.iter().map(|import| (label(import), import.request.active)).collect();
        Self { codes, by_sys_id, active: HashMap::new(), imported }
    }

    /// The label of the code with this sys_id.
    pub async fn label_of(&mut self, sys_id: &str) -> Result<Option<Label>, CommandError> {
        let sys_id = sys_id.trim().to_ascii_lowercase();
        if let Some(label) = self.by_sys_id.get(&sys_id) {
            return Ok(label.clone());
        }
        let label = match self.codes.get(&sys_id).await {
            Ok(code) => Some(code.code),
            Err(wrapup::Error::NotFound(_)) => None,
            Err(error) => return Err(error.into()),
        };
        self.by_sys_id.insert(sys_id, label.clone());
        Ok(label)
    }

    /// Whether the code with this label is active; none where there is none.
    pub async fn is_active(&mut self, label: &Label) -> Result<Option<bool>, CommandError> {
        if let Some(active) = self.active.get(label) {
            return Ok(*active);
        }
        let stored = self.codes.find(std::slice::from_ref(label)).await?.get(label).map(|code| code.active);
        let active = match self.imported.get(label) {
            Some(said) => Some(said.or(stored).unwrap_or(true)),
            None => stored,
        };
        self.active.insert(label.clone(), active);
        Ok(active)
    }

    /// The labels that a reference, or a list of them, names: by sys_ids; where no code has any of them, or they are none, by
    /// what people are shown. What is no code's is taken for a label, so that a message can name it.
    pub async fn labels(&mut self, cell: &Cell) -> Result<Vec<String>, CommandError> {
        let values: Vec<&str> = cell.value.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
        let shown = cell.shown.as_deref().filter(|shown| !shown.trim().is_empty());
        if !values.iter().all(|value| is_sys_id(value)) {
            return self.split(shown.unwrap_or(&cell.value)).await;
        }
        let mut labels = Vec::with_capacity(values.len());
        for value in values {
            labels.push((value, self.label_of(value).await?));
        }
        match shown {
            Some(shown) if labels.iter().all(|(_, label)| label.is_none()) => self.split(shown).await,
            _ => {
                let names = labels
                    .into_iter()
                    .map(|(value, label)| label.map_or_else(|| value.to_owned(), |label| label.as_str().to_owned()));
                Ok(names.collect())
            }
        }
    }

    /// Labels with commas between them, which may stand in a label, too: the longest that is a code's is taken.
    async fn split(&mut self, text: &str) -> Result<Vec<String>, CommandError> {
        let parts: Vec<&str> = text.split(',').collect();
        let mut labels = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let mut taken = 1;
            // Most labels have no comma, and a long list would be tried in full for each.
            for many in (2..=(parts.len() - at).min(4)).rev() {
                let joined = parts.get(at..at + many).unwrap_or_default().join(",");
                if let Ok(label) = Label::from_text(&joined)
                    && self.is_active(&label).await?.is_some()
                {
                    taken = many;
                    break;
                }
            }
            let joined = parts.get(at..at + taken).unwrap_or_default().join(",");
            if !joined.trim().is_empty() {
                labels.push(joined.trim().to_owned());
            }
            at += taken;
        }
        Ok(labels)
    }
}

/// Whether a text is a sys_id as an instance writes it.
pub fn is_sys_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
