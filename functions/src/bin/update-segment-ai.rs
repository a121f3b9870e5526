//! `PUT segment/update/ai`: stores a third party's AI content on an open wrap-up segment.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segments::{Address, AdviseRequest, Segments};
use wrapup::system::{StartError, run};
use wrapup::{Error, System};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_retention_from_env()?;
    let endpoint = UpdateSegmentAi::new(&system);
    run(system, endpoint).await
}

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
            let address = Address::in_body(request.body, request.query);
            let advice = AdviseRequest::read(request.body);
            Some((address?, advice?))
        })?;
        let found = self.segments.advise(&address, &request, &call.caller.user_name).await?;
        Ok(call.answer(StatusCode::OK, &found.advised(&call.wish)))
    }
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::openapi::{Body, Documented, Operation, Schemas, Topic, json};
    use wrapup::segments::{Address, AdviseRequest, SegmentAnswer};

    use super::UpdateSegmentAi;

    impl Documented for UpdateSegmentAi {
        fn second_id(&self) -> Option<&'static str> {
            Some("updateSegmentAiDetails")
        }

        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let notes = "The customer was charged twice and gets one payment back.";
            let by_external_id = json!({
                "external_segment_id": "TRY-0001",
                "ai_wrap_up_code": "Refund",
                "ai_notes": notes
            });
            let by_agent = json!({
                "agent_sys_id": "agent-7",
                "interaction_sys_id": "interaction-1",
                "ai_notes": notes
            });
            let body = Body::new([Address::describe(AdviseRequest::described())])
                .example("code_and_notes", "A code and notes", by_external_id)
                .example("notes", "Notes, for the segment opened last", by_agent);
            Operation {
                id: "updateSegmentAi",
                topic: Topic::Segments,
                summary: "Store AI content on an open segment",
                description: "For segments whose configuration has `use_third_party_ai` true. `segment/update/ai` and \
                              `segment/update/aidetails` are two names of one operation.",
                parameters: Vec::new(),
                body: Some(body),
                answers: vec![(200, "The segment with its AI content.", schemas.answer::<SegmentAnswer<'static>>())],
                not_found: Some("No segment has this id."),
                links: Vec::new(),
            }
        }
    }
}
