//! `GET segment/agent/{agent_id}/interaction/{interaction_id}`: the wrap-up segment opened last.

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
    let endpoint = FindSegment::new(&system);
    run(system, endpoint).await
}

/// The endpoint. Reads the segment table, the configuration table where it has not seen the snapshot,
/// and the interaction segment tables where it is asked to.
pub struct FindSegment(Lookup);

impl FindSegment {
    /// The endpoint of a deployment.
    pub fn new(system: &System) -> Self {
        Self(Lookup::new(system))
    }
}

#[async_trait]
impl Endpoint for FindSegment {
    fn route(&self) -> Route {
        Route { method: Method::GET, paths: &["wrapup/segment/agent/{agent_id}/interaction/{interaction_id}"] }
    }

    async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let (address, include) = call.read(|request| {
            let include = Include::read(request.query);
            let agent = request.path.required("agent_id");
            let interaction = request.path.required("interaction_id");
            Some((Address::AgentInteraction { agent: agent?, interaction: interaction? }, include?))
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

    use super::FindSegment;

    impl Documented for FindSegment {
        fn describe(&self, schemas: &mut Schemas) -> Operation {
            let path = Object::new("AgentInteraction", "Whose segment.")
                .required::<Id>("agent_id", "sys_id of the agent.")
                .required::<Id>("interaction_id", "sys_id of the interaction.");
            let path = Parameter::with_example(Parameter::of_path(path), "agent_id", "agent-7");
            let path = Parameter::with_example(path, "interaction_id", "interaction-1");
            let query = Parameter::of_query(Include::described());
            let query = Parameter::with_example(query, "include", "interaction_segment");
            Operation {
                id: "findSegment",
                topic: Topic::Segments,
                summary: "Find the segment opened last",
                description: "The segment that was opened last for an agent and an interaction, be it open or closed.",
                parameters: path.into_iter().chain(query).collect(),
                body: None,
                answers: vec![(200, "The segment.", schemas.answer::<SegmentAnswer<'static>>())],
                not_found: Some("The agent has no segment for this interaction."),
                links: Vec::new(),
            }
        }
    }
}
