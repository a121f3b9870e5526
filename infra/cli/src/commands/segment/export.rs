use serde_json::{Value, json};
use wrapup::segment_tables::{self, WantedInteractionSegment};
use wrapup::segments::Segment;

use super::super::CommandError;
use super::persons::{Stores, Whose, all_were_read, interactions_of, nobody};
use crate::connect::{Target, TeamTables};
use crate::output::{self, shown};

/// Prints what is stored of somebody's wrap-ups.
pub async fn run(whose: &Whose, target: &Target, team: TeamTables) -> Result<(), CommandError> {
    let stores = Stores::of(target, team).await?;
    let stamp = target.stamp();
    let found = stores.segments_of(whose).await?;
    let (mut segments, mut failed) = (Vec::new(), 0);
    for kept in &found.segments {
        let mut exported = json!({"segment": kept.columns});
        match interaction_segment(&stores, &kept.segment, &stamp.by).await {
            Ok(Some(record)) => exported["interaction_segment"] = record,
            Ok(None) => {}
            Err(error) => {
                output::complain(&shown(&format!("interaction segment of {}: {error}", kept.segment.sys_id)));
                failed += 1;
            }
        }
        segments.push(exported);
    }
    let mut interactions = Vec::new();
    for sys_id in interactions_of(whose, &found) {
        interactions.extend(stores.interactions.stored(&sys_id).await?);
    }
    if found.is_nothing() && interactions.is_empty() {
        return Err(nobody());
    }
    output::json(&json!({"exported_on": stamp.at, "segments": segments, "interactions": interactions}))?;
    all_were_read(&found, failed)
}

/// The record of the interaction segment that a segment refers to, if there is one.
async fn interaction_segment(stores: &Stores, segment: &Segment, caller: &str) -> Result<Option<Value>, wrapup::Error> {
    let (Some(table), Some(segment_id)) = (&segment.given.segment_table, &segment.given.segment_id) else {
        return Ok(None);
    };
    let wanted =
        WantedInteractionSegment { segment_id: segment_id.as_str(), interaction: segment.interaction.as_str(), caller };
    match stores.tables.retrieve(table.as_str(), &wanted).await {
        Ok(record) => Ok(Some(json!(record))),
        // Deleted since, or of somebody else's wrap-up.
        Err(
            segment_tables::Error::NoSuchRecord { .. }
            | segment_tables::Error::BadInput { .. }
            | segment_tables::Error::AnotherInteraction,
        ) => Ok(None),
        Err(error) => Err(error.of(table.as_str())),
    }
}
