use std::borrow::Cow;

use super::{Origin, Segment};
use crate::document::{Fields, Id, Problem};
use crate::error::NotFound;
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, all_given, given, in_words, json};
use crate::sys_id::{self, Kind};

/// The field that names a segment by sys_id.
const SEGMENT: &str = "segment_sys_id";

/// The field that names an external system's segment by that system's id.
pub(super) const EXTERNAL_SEGMENT: &str = "external_segment_id";

/// The field that names the agent.
pub(super) const AGENT: &str = "agent_sys_id";

/// The field that names the interaction.
pub(super) const INTERACTION: &str = "interaction_sys_id";

/// How a request names a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// By sys_id.
    SysId(Id),
    /// By the external system's id.
    External(Id),
    /// By either; where it could be both, the sys_id wins.
    Either(Id),
    /// The one opened last for this agent and interaction.
    AgentInteraction {
        /// sys_id of the agent.
        agent: Id,
        /// sys_id of the interaction.
        interaction: Id,
    },
}

/// The query parameter that says what an answer shows besides.
const INCLUDE: &str = "include";

/// What it can say.
const INTERACTION_SEGMENT: &str = "interaction_segment";

/// What a GET is asked to add to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// The interaction segment's record.
    pub interaction_segment: bool,
}

impl Include {
    /// Reads the query parameter `include`.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        match fields.as_given(INCLUDE) {
            Some(INTERACTION_SEGMENT) => Some(Self { interaction_segment: true }),
            Some(text) if !text.trim().is_empty() => {
                fields.violation(INCLUDE, Problem::NotOneOf { one_of: INTERACTION_SEGMENT });
                None
            }
            _ => Some(Self { interaction_segment: false }),
        }
    }
}

#[cfg(feature = "openapi")]
impl Include {
    /// What [`Include::read`] reads.
    pub fn described() -> Object {
        let says = "`interaction_segment` adds the interaction segment's record, where the segment refers to one.";
        Object::new("Include", "What an answer shows besides.").optional_one_of(INCLUDE, &[INTERACTION_SEGMENT], says)
    }
}

#[cfg(feature = "openapi")]
impl Address {
    /// What [`Address::in_query`] and [`Address::in_body`] read.
    pub fn described() -> Object {
        Self::describe(Object::new("Address", "How a request names a segment."))
    }

    /// Adds what [`Address::in_query`] and [`Address::in_body`] read to an object.
    pub fn describe(object: Object) -> Object {
        object
            .optional::<Id>(SEGMENT, "sys_id of the wrap-up segment. Where it is given, no other is looked at.")
            .optional::<Id>(EXTERNAL_SEGMENT, "The external system's id of the segment; second choice.")
            .optional::<Id>(AGENT, "sys_id of the agent; with `interaction_sys_id` the segment opened last.")
            .optional::<Id>(INTERACTION, "sys_id of the interaction; with `agent_sys_id`.")
            .rule(in_words(
                json!({ "anyOf": [given(SEGMENT), given(EXTERNAL_SEGMENT), all_given(&[AGENT, INTERACTION])] }),
                &format!("`{SEGMENT}` or `{EXTERNAL_SEGMENT}` is given, or `{AGENT}` and `{INTERACTION}` are"),
            ))
    }
}

impl Address {
    /// The identifiers of an update.
    pub(super) const NAMES: [&str; 4] = [SEGMENT, EXTERNAL_SEGMENT, AGENT, INTERACTION];

    /// Reads the identifiers of a request that has them in its query string; `body` is where they may be by mistake.
    pub fn in_query(query: &Fields<'_>, body: &Fields<'_>) -> Option<Self> {
        Self::read(query, body, "belongs in the query string")
    }

    /// Reads the identifiers of a request that has them in its body; `query` is where they may be by mistake.
    pub fn in_body(body: &Fields<'_>, query: &Fields<'_>) -> Option<Self> {
        Self::read(body, query, "belongs in the body")
    }

    /// The first identifier that is given wins, the others are not looked at. Of what is missing, and stands `elsewhere`,
    /// `misplaced` says where it belongs.
    fn read(fields: &Fields<'_>, elsewhere: &Fields<'_>, misplaced: &str) -> Option<Self> {
        if fields.has(SEGMENT) {
            return fields.required(SEGMENT).map(Self::SysId);
        }
        if fields.has(EXTERNAL_SEGMENT) {
            return fields.required(EXTERNAL_SEGMENT).map(Self::External);
        }
        if fields.has(AGENT) || fields.has(INTERACTION) {
            let when = Problem::RequiredWhen { when: "where neither segment_sys_id nor external_segment_id is given" };
            let required = |name: &str| match !fields.has(name) && stands_in(elsewhere, name) {
                true => fields.required_when(name, Problem::Rule(misplaced.to_owned())),
                false => fields.required_when(name, when.clone()),
            };
            let (agent, interaction) = (required(AGENT), required(INTERACTION));
            return Some(Self::AgentInteraction { agent: agent?, interaction: interaction? });
        }
        let there: Vec<_> = Self::NAMES.into_iter().filter(|name| stands_in(elsewhere, name)).collect();
        if there.is_empty() {
            let when = "where neither external_segment_id nor agent_sys_id with interaction_sys_id is given";
            fields.violation(SEGMENT, Problem::RequiredWhen { when });
        }
        for name in there {
            fields.violation(name, Problem::Rule(misplaced.to_owned()));
        }
        None
    }

    /// The keys under which the segment can be, the likeliest first.
    pub(super) fn keys(&self) -> Vec<String> {
        let by_external = |id: &Id| external_key(id);
        let ours = |id: &Id| sys_id::ours(id.as_str()).map(Cow::into_owned);
        match self {
            Self::SysId(id) => ours(id).into_iter().collect(),
            Self::AgentInteraction { .. } => Vec::new(),
            Self::External(id) => vec![by_external(id)],
            Self::Either(id) => ours(id).into_iter().chain([by_external(id)]).collect(),
        }
    }

    /// Whether it means a segment that stands under one of its keys: two external ids with one UUIDv5, see
    /// [`sys_id::derive`], are two segments.
    pub(super) fn means(&self, segment: &Segment) -> bool {
        match self {
            Self::External(id) | Self::Either(id) if segment.sys_id == external_key(id) => {
                segment.origin == Origin::External { external_segment_id: id.clone() }
            }
            _ => true,
        }
    }

    pub(super) fn not_found(&self) -> NotFound {
        match self {
            Self::SysId(id) | Self::External(id) | Self::Either(id) => NotFound::Segment { id: id.to_string() },
            Self::AgentInteraction { agent, interaction } => {
                NotFound::AgentInteraction { agent: agent.to_string(), interaction: interaction.to_string() }
            }
        }
    }
}

/// Whether a field has a value that an identifier could be read from. A document is not asked for it: it is no field there.
fn stands_in(elsewhere: &Fields<'_>, name: &str) -> bool {
    let all = elsewhere.all();
    let value = all.get(name).filter(|value| !value.is_null());
    value.is_some_and(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
}

/// The sys_id of the external segment with this id, for good: see [`sys_id::derive`].
pub(super) fn external_key(external_segment_id: &Id) -> String {
    sys_id::derive(Kind::ExternalSegment, &[external_segment_id.as_str()])
}

/// The key of the record that says which segment was opened last for an agent and an interaction.
pub(super) fn latest_key(agent: &Id, interaction: &Id) -> String {
    format!("latest:{}", sys_id::digest(&[agent.as_str(), interaction.as_str()]))
}

/// The key of the record that says which internal segment holds an agent's, an interaction's and an
/// interaction segment's one open place.
pub(super) fn slot_key(agent: &Id, interaction: &Id, segment_id: Option<&Id>) -> String {
    // No segment id differs from every one, because ids are never empty.
    let segment_id = segment_id.map_or("", Id::as_str);
    format!("slot:{}", sys_id::digest(&[agent.as_str(), interaction.as_str(), segment_id]))
}
