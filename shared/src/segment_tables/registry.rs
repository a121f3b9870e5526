use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::{
    Erased, Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, WantedInteractionSegment,
};
use crate::dynamodb::Stamp;

/// How long a call of the API waits for a segment table, in all: long enough for a function that
/// starts cold, well under the 29 s for which API Gateway waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// The implementations of a deployment, by the table they serve.
#[derive(Clone)]
pub struct Registry {
    implementations: BTreeMap<String, Arc<dyn InteractionSegment>>,
    patience: Duration,
}

impl Default for Registry {
    fn default() -> Self {
        Self { implementations: BTreeMap::new(), patience: PATIENCE }
    }
}

impl Registry {
    /// Adds an implementation, in place of the one that served its table before.
    #[must_use]
    pub fn with(mut self, implementation: impl InteractionSegment + 'static) -> Self {
        self.implementations.insert(implementation.segment_table().to_owned(), Arc::new(implementation));
        self
    }

    /// Waits this long for a table instead of 10 seconds.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The implementation that serves a table.
    pub fn get(&self, segment_table: &str) -> Option<&Arc<dyn InteractionSegment>> {
        self.implementations.get(segment_table)
    }

    /// The tables that are served, in alphabetical order.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.implementations.keys().map(String::as_str)
    }

    /// The record of a table that is wanted.
    ///
    /// # Errors
    /// [`Error::AnotherInteraction`] where the record is not the wanted interaction's.
    pub async fn retrieve(
        &self,
        table: &str,
        wanted: &WantedInteractionSegment<'_>,
    ) -> Result<InteractionSegmentRecord, Error> {
        self.retrieve_by(table, wanted, Instant::now() + self.patience).await
    }

    /// The record that a new wrap-up segment refers to, created if it is not there.
    ///
    /// # Errors
    /// [`Error::AnotherInteraction`] where the record that is there is not the new segment's interaction's.
    pub async fn retrieve_or_create(
        &self,
        table: &str,
        segment: &NewInteractionSegment<'_>,
    ) -> Result<InteractionSegmentRecord, Error> {
        let (wanted, deadline) = (segment.wanted(), Instant::now() + self.patience);
        match self.retrieve_by(table, &wanted, deadline).await {
            Err(Error::NoSuchRecord { .. }) => {
                let created = timeout_at(deadline, self.serving(table)?.create(segment, deadline)).await;
                // Somebody else may have been faster to create it, for another interaction.
                own(table, &wanted, created.unwrap_or_else(|_| Err(Error::too_late()))?)
            }
            answer => answer,
        }
    }

    /// Takes what was said out of the record that is wanted.
    ///
    /// # Errors
    /// As [`Registry::retrieve`], so that nothing of another interaction is erased.
    pub async fn erase(
        &self,
        table: &str,
        wanted: &WantedInteractionSegment<'_>,
        stamp: &Stamp,
    ) -> Result<Erased, Error> {
        let deadline = Instant::now() + self.patience;
        self.retrieve_by(table, wanted, deadline).await?;
        let erased = timeout_at(deadline, self.serving(table)?.erase(wanted, stamp, deadline)).await;
        erased.unwrap_or_else(|_| Err(Error::too_late()))
    }

    async fn retrieve_by(
        &self,
        table: &str,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let retrieved = timeout_at(deadline, self.serving(table)?.retrieve(wanted, deadline)).await;
        own(table, wanted, retrieved.unwrap_or_else(|_| Err(Error::too_late()))?)
    }

    fn serving(&self, table: &str) -> Result<&Arc<dyn InteractionSegment>, Error> {
        self.get(table).ok_or_else(|| Error::Broken(format!("no implementation serves {table} here any more").into()))
    }
}

/// The one gate through which every record comes, whatever serves its table. An implementation that answers another
/// record than it was asked for would mix up wrap-ups; and whoever names another interaction's record in a wrap-up of
/// his own is not shown what was said there. A record that names no interaction is anybody's who knows its id.
fn own(
    table: &str,
    wanted: &WantedInteractionSegment<'_>,
    record: InteractionSegmentRecord,
) -> Result<InteractionSegmentRecord, Error> {
    record.answers(table, wanted.segment_id).map_err(|problem| Error::Broken(problem.into()))?;
    let interaction = record.interaction.as_deref().filter(|interaction| !interaction.trim().is_empty());
    if interaction.is_some_and(|interaction| interaction != wanted.interaction) {
        return Err(Error::AnotherInteraction);
    }
    Ok(record)
}
