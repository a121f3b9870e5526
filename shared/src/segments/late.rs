//! Open segments of an interaction of which something is said after they have opened: speech-to-text usually ends then.

use super::{Alternative, Found, Gap, Segments, record};
use crate::Error;
use crate::dynamodb::tables::BY_INTERACTION;
use crate::dynamodb::{Books, Item, Patience};

impl Segments {
    /// The open segments of an interaction that lack something which their configuration wants of the AI filler. One query of
    /// the index `by_interaction`, and one consistent read for 100 segments.
    ///
    /// The index shows a segment a moment after it has opened. One that it does not show yet is read by the filler for its
    /// opening, which finds then what has been said.
    ///
    /// # Errors
    /// Where there is no such index: [`dynamodb::Error::NoIndex`](crate::dynamodb::Error::NoIndex).
    pub async fn lacking(&self, interaction: &str) -> Result<Vec<(Found, Gap)>, Error> {
        let asked = self.clock.since_epoch();
        let mut items: Vec<Item> = Vec::new();
        self.each_of(self.rows_of(&BY_INTERACTION, interaction), |item| items.push(item)).await?;
        let mut lacking = Vec::new();
        for item in items {
            let segment = match record::from_item(item) {
                Ok(segment) => segment,
                Err(error) => {
                    tracing::error!(%error, "a segment that cannot be read is not filled");
                    continue;
                }
            };
            // Two ids may share a partition of the index.
            if segment.interaction.as_str() != interaction || segment.closing().is_some() || self.is_expired(&segment) {
                continue;
            }
            let found = self.seen_at(asked, segment).await?;
            lacking.extend(found.segment.lacks(&found.configuration).map(|gap| (found, gap)));
        }
        Ok(lacking)
    }

    /// Notes down that the AI filler has read a conversation for a segment, and has nothing for it, or what it would name and
    /// keeps to itself: asked again it would say the same. That only keeps books. Answers whether it is noted down: the
    /// segment may be closed by now, or another filler may have been faster. One conditional update.
    pub async fn mark_read(&self, found: Found, read: &str, kept_back: Option<&Alternative>) -> Result<bool, Error> {
        let Found { mut segment, configuration, .. } = found;
        let before = segment.clone();
        let mut patience = Patience::new(&self.dynamo);
        loop {
            if !segment.is_as_read(&before) || segment.lacks(&configuration).is_none() {
                return Ok(false);
            }
            let mark = record::read_mark(read, kept_back)?;
            match self.dynamo.keep_books(&self.table, &segment.sys_id, segment.version, mark).await? {
                Books::Kept => return Ok(true),
                Books::Changed(Some(winner)) => segment = record::from_item(winner)?,
                Books::Changed(None) => return Ok(false),
            }
            patience.wait().await?;
        }
    }
}
