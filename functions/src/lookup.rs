use lambda_http::http::StatusCode;
use wrapup::api::{Answer, Call};
use wrapup::segment_tables::Registry;
use wrapup::segments::{Address, Include, Segments};
use wrapup::{Error, System};

/// What the endpoints that show one segment have in common: all but its address. Reads the segment table, the
/// configuration table where it has not seen the snapshot, and the interaction segment tables where it is asked to.
pub struct Lookup {
    segments: Segments,
    segment_tables: Registry,
}

impl Lookup {
    /// The lookup of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone(), segment_tables: system.segment_tables().clone() }
    }

    /// Answers with the segment at this address, and with what else is asked for.
    pub async fn answer(&self, call: &Call, address: &Address, include: &Include) -> Result<Answer, Error> {
        let mut found = self.segments.find(address).await?;
        if include.interaction_segment {
            found.include_interaction_segment(&self.segment_tables, &call.caller.user_name).await?;
        }
        Ok(call.answer(StatusCode::OK, &found.retrieved(&call.wish)))
    }
}
