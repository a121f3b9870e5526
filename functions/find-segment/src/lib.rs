//! `GET segment/agent/{agent_id}/interaction/{interaction_id}`: the wrap-up segment opened last.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segments::{Address, Segments};
use wrapup::{Error, System};

/// The endpoint. Reads the segment table, and the configuration table where it has not seen the snapshot.
pub struct FindSegment {
    segments: Segments,
}

impl FindSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone() }
    }
}

#[async_trait]
impl Endpoint for FindSegment {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/segment/agent/{agent_id}/interaction/{interaction_id}"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let address = call.read(|request| {
            let agent = request.path.required("agent_id");
            let interaction = request.path.required("interaction_id");
            Some(Address::AgentInteraction { agent: agent?, interaction: interaction? })
        })?;
        let found = self.segments.find(&address).await?;
        Ok(call.answer(StatusCode::OK, &found.retrieved(&call.wish)))
    }
}
