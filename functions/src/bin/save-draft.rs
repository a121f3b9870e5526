//! `PUT segment/draft`: keeps what the agent of an open wrap-up segment has typed so far.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::redaction::Redactor;
use wrapup::segments::{Address, DraftRequest, Segments};
use wrapup::system::{StartError, run};
use wrapup::{Error, System};

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?.with_retention_from_env()?;
    let system = system.with_notes_redactor(Redactor::of_notes_from_env()?);
    let endpoint = SaveDraft::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Updates the segment table; with a code given it reads the code table, by agent and interaction the segment
/// table, and where it has not seen the snapshot the configuration table.
pub struct SaveDraft {
    segments: Segments,
}

impl SaveDraft {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone() }
    }
}

#[async_trait]
impl Endpoint for SaveDraft {
    fn route(&self) -> Route {
        Route { method: Method::PUT, paths: &["wrapup/segment/draft"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (address, request) = call.read(|request| {
            let address = Address::in_query(request.query, request.body);
            let draft = DraftRequest::read(request.body);
            Some((address?, draft?))
        })?;
        let found = self.segments.draft(&address, &request, &call.caller.user_name).await?;
        Ok(call.answer(StatusCode::OK, &found.drafted(&call.wish)))
    }
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::openapi::{Body, Documented, Operation, Parameter, Schemas, Topic, json};
    use wrapup::segments::{Address, DraftRequest, SegmentAnswer};

    use super::SaveDraft;

    impl Documented for SaveDraft {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let query = Parameter::of_query(Address::described());
            let draft = json!({ "wrap_up_code": "Refund", "notes": "The customer was" });
            let cleared = json!({ "wrap_up_code": "", "notes": "" });
            let body = Body::new([DraftRequest::described()])
                .example("cleared", "The agent has deleted all of it", cleared)
                .example("draft", "What the agent has typed so far", draft);
            Operation {
                id: "saveDraft",
                topic: Topic::Segments,
                summary: "Keep what the agent has typed so far",
                description: "One of the ids has to be given, and the segment has to be open. It closes with its draft where \
                              nobody says otherwise: at its deadline, or by an update that names no code or no notes. The \
                              draft is nobody's change: who changed the segment last, and when, stays.",
                parameters: Parameter::with_example(query, "external_segment_id", "TRY-0001"),
                body: Some(body),
                answers: vec![(200, "The segment with its draft.", schemas.answer::<SegmentAnswer<'static>>())],
                not_found: Some("No segment has this id."),
                links: Vec::new(),
            }
        }
    }
}
