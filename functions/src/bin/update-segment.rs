//! `PUT segment/update`: closes a wrap-up segment, or confirms or corrects it, or gives it another configuration.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::redaction::Redactor;
use wrapup::segments::{Address, CloseRequest, Segments};
use wrapup::system::{StartError, run};
use wrapup::{Error, System};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_deadlines_from_env()?.with_retention_from_env()?;
    let system = system.with_notes_redactor(Redactor::of_notes_from_env()?);
    let endpoint = UpdateSegment::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the segment table, with a code given the code table, and the configuration
/// table where it has not seen the snapshot; updates the segment table. With a configuration given it reads and adds codes,
/// and stores the snapshot.
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
            let address = Address::in_query(request.query, request.body);
            let closing = CloseRequest::read(request.body);
            Some((address?, closing?))
        })?;
        let found = self.segments.close(&address, &request, &call.caller.user_name).await?;
        Ok(call.answer(StatusCode::OK, &found.updated(&call.wish)))
    }
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::openapi::{Body, Documented, Operation, Parameter, Schemas, Topic, json};
    use wrapup::segments::{Address, CloseRequest, SegmentAnswer};

    use super::UpdateSegment;

    impl Documented for UpdateSegment {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let query = Parameter::of_query(Address::described());
            let closing = json!({ "wrap_up_code": "Refund", "notes": "Refund sent." });
            let confirming = json!({ "confirmed_on": "2026-01-05 10:30:00" });
            let configuring = json!({
                "configuration": {
                    "enable_codes": true,
                    "default_code": "General Enquiry",
                    "allowed_codes": [
                        { "code": "General Enquiry" },
                        { "code": "Refund" },
                        {
                            "code": "Complaint",
                            "description": "Something has to be put right",
                            "translation": {
                                "language": "de", "code": "Beschwerde", "description": "Etwas ist in Ordnung zu bringen"
                            }
                        }
                    ],
                    "duration": 300,
                    "show_timer": true,
                    "enable_ai_code": true,
                    "enable_ai_notes": true,
                    "use_ai_as_default": true,
                    "use_third_party_ai": true
                }
            });
            let body = Body::new([CloseRequest::described()])
                .example("another_configuration", "Other codes and more time, while the agent wraps up", configuring)
                .example("close", "The agent submits", closing)
                .example("confirm", "The external system confirms", confirming);
            Operation {
                id: "updateSegment",
                topic: Topic::Segments,
                summary: "Close, confirm or correct a segment, or give it another configuration",
                description: "One of the ids has to be given. Closes an open segment. An external one that was closed \
                              without `confirmed_on` awaits confirmation and can still be corrected; after that a segment \
                              is final, and a request that would change it is 400. A `configuration` alone leaves an open \
                              external segment open, with other codes and another time limit.",
                parameters: Parameter::with_example(query, "external_segment_id", "TRY-0001"),
                body: Some(body),
                answers: vec![(200, "The segment.", schemas.answer::<SegmentAnswer<'static>>())],
                not_found: Some("No segment has this id."),
                links: Vec::new(),
            }
        }
    }
}
