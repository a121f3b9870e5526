use serde_json::Value;

use super::blocking::off_runtime;
use super::{Conversation, Said};
use crate::Error;
use crate::document::Id;
use crate::dynamodb::SYSTEM;
use crate::interactions::Interactions;
use crate::language::Language;
use crate::redaction::Redactor;
use crate::segment_tables::Registry;
use crate::segments::Found;

/// Where is kept what was said.
#[derive(Clone)]
pub(super) struct Conversations {
    pub segment_tables: Registry,
    pub interactions: Interactions,
    pub redactor: Redactor,
}

impl Conversations {
    /// What was said in a segment, without its secrets; none where nothing is there to read.
    pub async fn of(&self, found: &mut Found) -> Result<Option<Conversation>, Error> {
        let Some(said) = self.said(found).await? else { return Ok(None) };
        let redactor = self.redactor;
        Ok(Some(off_runtime(move || Conversation::redacted(said, redactor)).await))
    }

    /// What was said: out of the interaction segment's record, else out of the interaction.
    async fn said(&self, found: &mut Found) -> Result<Option<Said>, Error> {
        // A segment may have been opened by functions that know more tables than this one.
        let served = |table: &Id| self.segment_tables.get(table.as_str()).is_some();
        if found.segment.given.segment_table.as_ref().is_some_and(served) {
            found.include_interaction_segment(&self.segment_tables, SYSTEM).await?;
        }
        if let Some(mut record) = found.interaction_segment.take()
            && let Some(transcript) = record.transcript.take().and_then(unless_blank)
        {
            let language = record.fields.get("language").and_then(Value::as_str).and_then(Language::of_tag);
            return Ok(Some(Said { short_description: None, transcript: Some(transcript), language }));
        }
        let Some(interaction) = self.interactions.find(found.segment.interaction.as_str()).await? else {
            return Ok(None);
        };
        let said = Said {
            short_description: interaction.short_description.and_then(unless_blank),
            transcript: interaction.transcript.and_then(unless_blank),
            language: interaction.language,
        };
        let silent = said.short_description.is_none() && said.transcript.is_none();
        Ok((!silent).then_some(said))
    }
}

pub(super) fn unless_blank(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}
