use serde::{Deserialize, Serialize};

use crate::document::{Id, Problem, Visitor};

/// The field that names the interaction segment.
pub(super) const SEGMENT_ID: &str = "segment_id";

/// The field that names the interaction segment's table.
pub(super) const SEGMENT_TABLE: &str = "segment_table";

/// What a segment is given when it opens, keeps, and is shown with as it came. Another such text is one line in each of
/// the three lists here: its column and the answer's field have the name of the request's field.
// In the reference's order of an answer's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Given {
    /// The interaction segment's table.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", example = &"sn_openframe_phone_log"))]
    pub segment_table: Option<Id>,
    /// Id of the interaction segment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", example = &"phone-log-0001"))]
    pub segment_id: Option<Id>,
}

impl Given {
    /// Goes through the request's fields. The interaction segment has to be named where one of an external system is
    /// wrapped up alone.
    pub(super) fn visit(visitor: &mut impl Visitor, external_segmented: bool) -> Self {
        let when = "when external and segmented are true";
        let mut identifier = |name, says| match external_segmented {
            true => visitor.required_when(name, Problem::RequiredWhen { when }, says),
            false => visitor.optional(name, says),
        };
        let segment_id = identifier(SEGMENT_ID, "Id of the interaction segment.");
        let segment_table = identifier(SEGMENT_TABLE, "The interaction segment's table.");
        Self { segment_table, segment_id }
    }

    /// Each text by its name: what is stored of it, and what tells one request from another. Their order is part of the
    /// form of a request's hash.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            (SEGMENT_ID, self.segment_id.as_ref().map(Id::as_str)),
            (SEGMENT_TABLE, self.segment_table.as_ref().map(Id::as_str)),
        ]
        .into_iter()
    }
}
