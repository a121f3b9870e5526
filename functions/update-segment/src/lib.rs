//! `PUT segment/update`: closes a wrap-up segment, or confirms or corrects it.

#[cfg(feature = "openapi")]
mod openapi;

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segments::{Address, CloseRequest, Segments};
use wrapup::{Error, System};

/// The endpoint. Reads the segment table, with a code given the code table, and the configuration
/// table where it has not seen the snapshot; updates the segment table.
pub struct UpdateSegment {
    segments: Segments,
}

impl UpdateSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone() }
    }
}

#[async_trait]
impl Endpoint for UpdateSegment {
    fn route(&self) -> Route {
        Route { method: Method::PUT, paths: &["wrapup/segment/update"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (address, request) = call.read(|request| {
            let address = Address::read(request.query);
            let closing = CloseRequest::read(request.body);
            Some((address?, closing?))
        })?;
        let found = self.segments.close(&address, &request, &call.caller.user_name).await?;
        Ok(call.answer(StatusCode::OK, &found.updated(&call.wish)))
    }
}
