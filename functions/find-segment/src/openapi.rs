use wrapup::document::Id;
use wrapup::openapi::{Described, Object, Operation, Parameter, Schemas, Topic};
use wrapup::segments::{Include, SegmentAnswer};

use super::FindSegment;

impl Described for FindSegment {
    fn describe(&self, schemas: &mut Schemas) -> Operation {
        let path = Object::new("AgentInteraction", "Whose segment.")
            .required::<Id>("agent_id", "sys_id of the agent.")
            .required::<Id>("interaction_id", "sys_id of the interaction.");
        let path = Parameter::with_example(Parameter::of_path(path), "agent_id", "agent-7");
        let path = Parameter::with_example(path, "interaction_id", "interaction-42");
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
