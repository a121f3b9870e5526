//! `GET segment`: the wrap-up segments of an agent, of an interaction, in a state, or of a time.

use async_trait::async_trait;
use lambda_http::http::{Method, StatusCode};
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::cursors::Cursors;
use wrapup::segments::{ListRequest, Listed, Segments, SegmentsAnswer};
use wrapup::system::{StartError, run};
use wrapup::users::Role;
use wrapup::{Error, System};
use wrapup_functions::LARGEST_PAGE;

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let endpoint = ListSegments::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads indexes of the segment table and the table itself, the configuration table where it has not seen a
/// snapshot, and where there is or comes another page the keys that cursors are signed with.
pub struct ListSegments {
    segments: Segments,
    cursors: Cursors,
}

impl ListSegments {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self { segments: system.segments().clone(), cursors: system.cursors().clone() }
    }
}

#[async_trait]
impl Endpoint for ListSegments {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/segment"] }
    }

    fn roles(&self) -> &'static [Role] {
        &Role::ALL
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let request = call.read(|request| ListRequest::read(request.query))?;
        let position = match &request.paging.cursor {
            Some(cursor) => Some(self.cursors.position(&request.question, cursor).await?),
            None => None,
        };
        let page = self.segments.list(&request, position).await?;
        let mut shown = Vec::with_capacity(page.segments.len());
        let (mut bytes, mut next) = (0, page.next.as_ref());
        let mut last: Option<&Listed> = None;
        for listed in &page.segments {
            let entry = listed.found.listed(&call.wish, request.with_notes);
            bytes += call.bytes_of(&entry);
            if let Some(last) = last.filter(|_| bytes > LARGEST_PAGE) {
                next = Some(&last.after);
                break;
            }
            shown.push(entry);
            last = Some(listed);
        }
        let cursor = match next {
            Some(position) => Some(self.cursors.cursor(&request.question, position).await?),
            None => None,
        };
        Ok(call.answer(StatusCode::OK, &SegmentsAnswer::new(shown, cursor)))
    }
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::openapi::{Documented, Operation, Parameter, Schemas, Topic};
    use wrapup::segments::{ListRequest, SegmentsAnswer};

    use super::ListSegments;

    impl Documented for ListSegments {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let query = Parameter::of_query(ListRequest::described());
            Operation {
                id: "listSegments",
                topic: Topic::Segments,
                summary: "List wrap-up segments",
                description: "Exactly one of `agent`, `interaction`, `state`, or `from` and `to` has to be given. Each segment \
                              is shown as it is now, also where its deadline has passed; one that has just been opened or \
                              changed may be missing for a moment. The role `wrapup_supervisor` is enough.",
                parameters: Parameter::with_example(query, "state", "open"),
                body: None,
                answers: vec![(200, "A page of the list.", schemas.answer::<SegmentsAnswer<'static>>())],
                not_found: None,
                links: Vec::new(),
            }
        }
    }
}
