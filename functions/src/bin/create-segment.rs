//! `POST segment/create`: opens a wrap-up segment.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segment_tables::Registry;
use wrapup::segments::{OpenRequest, Segments};
use wrapup::system::{StartError, run};
use wrapup::{Error, System, segment_tables};

/// The Lambda function, with the segment tables of its environment.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_deadlines_from_env()?.with_retention_from_env()?;
    let segment_tables = segment_tables::from_env(system.dynamo())?;
    let system = system.with_segment_tables(segment_tables);
    let endpoint = CreateSegment::new(&system);
    run(system, endpoint).await
}

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
        let now = self.segments.now();
        let request = call.read(|request| OpenRequest::read(request.body, &self.segment_tables, now))?;
        let found = self.segments.open(&request, &call.caller.user_name, &self.segment_tables).await?;
        Ok(call.answer(StatusCode::OK, &found.created(&call.wish)))
    }
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::openapi::{Body, Documented, Link, Operation, Schemas, Topic, json};
    use wrapup::segments::{OpenRequest, SegmentAnswer};

    use super::CreateSegment;

    impl Documented for CreateSegment {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let by_sys_id = json!({ "segment_id": "$response.body#/sys_id" });
            let closing = json!({ "segment_sys_id": "$response.body#/sys_id" });
            let by_agent = json!({
                "agent_id": "$response.body#/segment/agent",
                "interaction_id": "$response.body#/segment/interaction",
            });
            Operation {
                id: "createSegment",
                topic: Topic::Segments,
                summary: "Open a wrap-up segment",
                description: "The same request again answers the same segment. An `external_segment_id` names one segment \
                              for good, an internal segment is the same one for its agent, interaction and `segment_id` \
                              while it is open; a different request for it is 400.",
                parameters: Vec::new(),
                body: Some(self.described()),
                answers: vec![(200, "The open segment.", schemas.answer::<SegmentAnswer<'static>>())],
                not_found: None,
                links: vec![
                    Link { name: "segment", operation: "getSegment", parameters: by_sys_id },
                    Link { name: "latest", operation: "findSegment", parameters: by_agent },
                    Link { name: "close", operation: "updateSegment", parameters: closing },
                ],
            }
        }
    }

    impl CreateSegment {
        fn described(&self) -> Body {
            let external = json!({
                "agent_sys_id": "agent-7",
                "interaction_sys_id": "interaction-1",
                "external": true,
                "external_segment_id": "TRY-0001",
                "opened_on": "2026-01-05 10:15:00",
                "segmented": true,
                "segment_id": "phone-log-0001",
                "segment_table": "sn_openframe_phone_log",
                "ai_wrap_up_code": "Refund",
                "ai_notes": "The customer was charged twice.",
                "configuration": {
                    "enable_codes": true,
                    "default_code": "General Enquiry",
                    "allowed_codes": [
                        { "code": "General Enquiry" },
                        {
                            "code": "Refund",
                            "description": "Money goes back",
                            "translation": { "language": "de", "code": "Erstattung", "description": "Geld geht zurück" }
                        }
                    ],
                    "enable_ai_code": true,
                    "enable_ai_notes": true,
                    "use_ai_as_default": true,
                    "use_third_party_ai": true
                }
            });
            let timed = json!({
                "agent_sys_id": "agent-7",
                "interaction_sys_id": "interaction-44",
                "external": true,
                "external_segment_id": "TRY-0002",
                "opened_on": "2026-01-05 10:15:00",
                "configuration": { "duration": 120, "show_timer": true }
            });
            let internal = json!({
                "agent_sys_id": "agent-7",
                "interaction_sys_id": "interaction-43",
                "external": false,
                "wrap_up_configuration_sys_id": "459249ae34d559a4ad648aab5800ea0a"
            });
            let either = "A wrap-up to open. With `external` true it is a CCaaS system's, and `external_segment_id` and \
                          `configuration` are required; else it is a workspace's own, and `wrap_up_configuration_sys_id` is.";
            Body::new(OpenRequest::described(&self.segment_tables))
                .as_one("NewSegment", either)
                .example("external", "A CCaaS system's segment, with AI content to come from there", external)
                .example("internal", "A workspace's segment, by the configuration of the demo", internal)
                .example("timed", "One that ends by itself: seconds after it is opened, since it began long ago", timed)
        }
    }
}
