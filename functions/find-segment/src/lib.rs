//! `GET segment/agent/{agent_id}/interaction/{interaction_id}`: the wrap-up segment opened last.

#[cfg(feature = "openapi")]
mod openapi;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segment_tables::Registry;
use wrapup::segments::{Address, Include, Segments};
use wrapup::{Error, System};

/// The endpoint. Reads the segment table, the configuration table where it has not seen the snapshot,
/// and the interaction segment tables where it is asked to.
pub struct FindSegment {
    segments: Segments,
    segment_tables: Registry,
}

impl FindSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone(), segment_tables: system.segment_tables().clone() }
    }
}

#[async_trait]
impl Endpoint for FindSegment {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/segment/agent/{agent_id}/interaction/{interaction_id}"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (address, include) = call.read(|request| {
            let include = Include::read(request.query);
            let agent = request.path.required("agent_id");
            let interaction = request.path.required("interaction_id");
            Some((Address::AgentInteraction { agent: agent?, interaction: interaction? }, include?))
        })?;
        let mut found = self.segments.find(&address).await?;
        if include.interaction_segment {
            found.include_interaction_segment(&self.segment_tables, &call.caller.user_name).await?;
        }
        Ok(call.answer(StatusCode::OK, &found.retrieved(&call.wish)))
    }
}
