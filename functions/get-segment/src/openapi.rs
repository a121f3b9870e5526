use wrapup::document::Id;
use wrapup::openapi::{Described, Object, Operation, Parameter, Schemas, Topic};
use wrapup::segments::{Include, SegmentAnswer};

use super::GetSegment;

impl Described for GetSegment {
    fn describe(&self, schemas: &mut Schemas) -> Operation {
        let path = Object::new("SegmentId", "Which segment.")
            .required::<Id>("segment_id", "sys_id of the wrap-up segment, or the external system's id of it.");
        let path = Parameter::with_example(Parameter::of_path(path), "segment_id", "CALL-0001");
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
