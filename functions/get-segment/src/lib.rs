//! `GET segment/{segment_id}`: one wrap-up segment by its sys_id or its external id.

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
pub struct GetSegment {
    segments: Segments,
    segment_tables: Registry,
}

impl GetSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone(), segment_tables: system.segment_tables().clone() }
    }
}

#[async_trait]
impl Endpoint for GetSegment {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/segment/{segment_id}"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (address, include) = call.read(|request| {
            let include = Include::read(request.query);
            Some((Address::Either(request.path.required("segment_id")?), include?))
        })?;
        let mut found = self.segments.find(&address).await?;
        if include.interaction_segment {
            found.include_interaction_segment(&self.segment_tables, &call.caller.user_name).await?;
        }
        Ok(call.answer(StatusCode::OK, &found.retrieved(&call.wish)))
    }
}
