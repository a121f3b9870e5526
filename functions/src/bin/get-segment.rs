//! `GET segment/{segment_id}`: one wrap-up segment by its sys_id or its external id.

use async_trait::async_trait;
use lambda_http::http::Method;
use wrapup::api::{Answer, Call, Endpoint, Route};
use wrapup::segments::{Address, Include};
use wrapup::system::{StartError, run};
use wrapup::{Error, System, segment_tables};
use wrapup_functions::Lookup;

/// The Lambda function, with the segment tables of its environment.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    let system = System::from_env()?;
    let segment_tables = segment_tables::from_env(system.dynamo())?;
    let system = system.with_segment_tables(segment_tables);
    let endpoint = GetSegment::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the segment table, the configuration table where it has not seen the snapshot,
/// and the interaction segment tables where it is asked to.
pub struct GetSegment(Lookup);

impl GetSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self(Lookup::new(system))
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
        self.0.answer(call, &address, &include).await
    }
}

/// The endpoint's part of the OpenAPI document, which the function does without.
#[cfg(feature = "openapi")]
mod openapi {
    use wrapup::document::Id;
    use wrapup::openapi::{Documented, Object, Operation, Parameter, Schemas, Topic};
    use wrapup::segments::{Include, SegmentAnswer};

    use super::GetSegment;

    impl Documented for GetSegment {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let path = Object::new("SegmentId", "Which segment.")
                .required::<Id>("segment_id", "sys_id of the wrap-up segment, or the external system's id of it.");
            let path = Parameter::with_example(Parameter::of_path(path), "segment_id", "TRY-0001");
            let query = Parameter::of_query(Include::described());
            let query = Parameter::with_example(query, "include", "interaction_segment");
            Operation {
                id: "getSegment",
                topic: Topic::Segments,
                summary: "Get a wrap-up segment",
                description: "One segment by its sys_id or its external id. Where it could be both, the sys_id counts.",
                parameters: path.into_iter().chain(query).collect(),
                body: None,
                answers: vec![(200, "The segment.", schemas.answer::<SegmentAnswer<'static>>())],
                not_found: Some("No segment has this id."),
                links: Vec::new(),
            }
        }
    }
}
