//! The endpoints of the API: the functions' own.

use wrapup::System;
use wrapup::openapi::Described;

/// All endpoints, in the order in which a wrap-up calls them.
pub fn endpoints(system: &System) -> Vec<Box<dyn Described>> {
    vec![
        Box::new(create_codes::CreateCodes::new(system)),
        Box::new(get_code::GetCode::new(system)),
        Box::new(create_segment::CreateSegment::new(system)),
        Box::new(update_segment_ai::UpdateSegmentAi::new(system)),
        Box::new(update_segment::UpdateSegment::new(system)),
        Box::new(get_segment::GetSegment::new(system)),
        Box::new(find_segment::FindSegment::new(system)),
    ]
}
