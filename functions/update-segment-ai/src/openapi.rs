use wrapup::openapi::{Body, Described, Operation, Schemas, Topic, json};
use wrapup::segments::{Address, AdviseRequest, SegmentAnswer};

use super::UpdateSegmentAi;

impl Described for UpdateSegmentAi {
    fn describe(&self, schemas: &mut Schemas) -> Operation {
        let notes = "The customer was charged twice and gets one payment back.";
        let by_external_id = json!({
            "external_segment_id": "CALL-0001",
            "ai_wrap_up_code": "Refund",
            "ai_notes": notes
        });
        let by_agent = json!({
            "agent_sys_id": "agent-7",
            "interaction_sys_id": "interaction-42",
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
