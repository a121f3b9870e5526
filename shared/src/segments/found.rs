use std::sync::Arc;

use super::Segment;
use crate::Error;
use crate::configurations::Snapshot;
use crate::segment_tables::{self, InteractionSegmentRecord, Registry, WantedInteractionSegment};

/// A segment together with its configuration.
#[derive(Clone, Debug)]
pub struct Found {
    /// The segment.
    pub segment: Segment,
    /// The snapshot that [`Segment::configuration`] names.
    pub configuration: Arc<Snapshot>,
    /// The interaction segment's record, where it was asked for and there is one.
    pub interaction_segment: Option<InteractionSegmentRecord>,
}

impl Found {
    pub(super) fn new(segment: Segment, configuration: Arc<Snapshot>) -> Self {
        Self { segment, configuration, interaction_segment: None }
    }

    /// Adds the record of the interaction segment that a segmented wrap-up refers to, for the user of this name.
    pub async fn include_interaction_segment(&mut self, tables: &Registry, caller: &str) -> Result<(), Error> {
        let (true, Some(table), Some(segment_id)) =
            (self.segment.segmented, &self.segment.given.segment_table, &self.segment.given.segment_id)
        else {
            return Ok(());
        };
        let interaction = self.segment.interaction.as_str();
        let wanted = WantedInteractionSegment { segment_id: segment_id.as_str(), interaction, caller };
        match tables.retrieve(table.as_str(), &wanted).await {
            Ok(record) => self.interaction_segment = Some(record),
            // Whoever keeps the table may have deleted it, changed which ids it holds, or whose it is.
            Err(
                segment_tables::Error::NoSuchRecord { .. }
                | segment_tables::Error::BadInput { .. }
                | segment_tables::Error::AnotherInteraction,
            ) => {}
            Err(error) => return Err(error.of(table.as_str())),
        }
        Ok(())
    }
}
