use wrapup::openapi::{Body, Described, Operation, Parameter, Schemas, Topic, json};
use wrapup::segments::{Address, CloseRequest, SegmentAnswer};

use super::UpdateSegment;

impl Described for UpdateSegment {
    fn describe(&self, schemas: &mut Schemas) -> Operation {
        let query = Parameter::of_query(Address::described());
        let closing = json!({ "wrap_up_code": "Refund", "notes": "Refund sent." });
        let confirming = json!({ "confirmed_on": "2026-01-05 10:30:00" });
        let body = Body::new([CloseRequest::described()]).example("close", "The agent submits", closing).example(
            "confirm",
            "The external system confirms",
            confirming,
        );
        Operation {
            id: "updateSegment",
            topic: Topic::Segments,
            summary: "Close, confirm or correct a segment",
            description: "One of the ids has to be given. Closes an open segment. An external one that was closed \
                          without `confirmed_on` awaits confirmation and can still be corrected; after that a segment \
                          is final, and a request that would change it is 400.",
            parameters: Parameter::with_example(query, "external_segment_id", "CALL-0001"),
            body: Some(body),
            answers: vec![(200, "The closed segment.", schemas.answer::<SegmentAnswer<'static>>())],
            not_found: Some("No segment has this id."),
            links: Vec::new(),
        }
    }
}
