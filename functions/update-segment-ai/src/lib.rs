//! `PUT segment/update/ai`: stores a third party's AI content on an open wrap-up segment.

#[cfg(feature = "openapi")]
mod openapi;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segments::{Address, AdviseRequest, Segments};
use wrapup::{Error, System};

/// The endpoint. Reads the segment table, and the configuration table where it has not seen the
/// snapshot; updates the segment table.
pub struct UpdateSegmentAi {
    segments: Segments,
}

impl UpdateSegmentAi {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone() }
    }
}

#[async_trait]
impl Endpoint for UpdateSegmentAi {
    fn route(&self) -> Route {
        Route { method: Method::PUT, paths: &["wrapup/segment/update/ai", "wrapup/segment/update/aidetails"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (address, request) = call.read(|request| {
            let address = Address::read(request.body);
            let advice = AdviseRequest::read(request.body);
            Some((address?, advice?))
        })?;
        let found = self.segments.advise(&address, &request, &call.caller.user_name).await?;
        Ok(call.answer(StatusCode::OK, &found.advised(&call.wish)))
    }
}
