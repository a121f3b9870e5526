//! `POST segment/create`: opens a wrap-up segment.

#[cfg(feature = "openapi")]
mod openapi;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segment_tables::Registry;
use wrapup::segments::{OpenRequest, Segments};
use wrapup::{Error, System};

/// The endpoint. Reads and adds codes, reads configurations and stores their snapshots, reads and
/// writes the segment table, and does whatever the interaction segment tables do.
pub struct CreateSegment {
    segments: Segments,
    segment_tables: Registry,
}

impl CreateSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone(), segment_tables: system.segment_tables().clone() }
    }
}

#[async_trait]
impl Endpoint for CreateSegment {
    fn route(&self) -> Route {
        Route { method: Method::POST, paths: &["wrapup/segment/create"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let request = call.read(|request| OpenRequest::read(request.body, &self.segment_tables))?;
        let found = self.segments.open(&request, &call.caller.user_name, &self.segment_tables).await?;
        Ok(call.answer(StatusCode::OK, &found.created(&call.wish)))
    }
}
