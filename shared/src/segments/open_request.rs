use super::address::{AGENT, EXTERNAL_SEGMENT, INTERACTION};
use super::given::{SEGMENT_ID, SEGMENT_TABLE};
use super::{AdviseRequest, Given};
use crate::codes::Label;
use crate::configurations::ConfigurationRequest;
use crate::date_time::DateTime;
use crate::document::{Fields, Id, Problem, Violations, Visitor};
#[cfg(feature = "openapi")]
use crate::json_schema::{Object, all_given, given, in_words, is_true, json, when};
use crate::segment_tables::{Registry, UnusableSegment};

/// What a request to open a segment says, normalised, its defaults not yet filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// sys_id of the agent.
    pub agent: Id,
    /// sys_id of the interaction.
    pub interaction: Id,
    /// Whose segment it is, and where its configuration comes from.
    pub origin: OriginRequest,
    /// Whether one segment of the interaction is wrapped up.
    pub segmented: Option<bool>,
    /// What the segment keeps and shows as it is given.
    pub given: Given,
    /// When the wrap-up began; absent means now.
    pub opened_on: Option<DateTime>,
    /// An AI code that is there already.
    pub ai_wrap_up_code: Option<Label>,
    /// AI notes that are there already.
    pub ai_notes: Option<String>,
}

/// Whose segment is opened, and where its configuration comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginRequest {
    /// A CCaaS system's, which brings its configuration.
    External {
        /// The system's id of the segment.
        external_segment_id: Id,
        /// The configuration.
        configuration: ConfigurationRequest,
    },
    /// A workspace's own, by an administrator's configuration.
    Internal {
        /// The configuration's sys_id.
        configuration: Id,
    },
}

impl OpenRequest {
    /// The most seconds that the beginning of a wrap-up may be ahead of the call: another time zone's, taken for UTC.
    const MOST_AHEAD: u64 = 24 * 60 * 60;

    /// Reads the body of `segment/create`, which comes `now`. With `external` false, `configuration` and
    /// `external_segment_id` are not looked at.
    pub fn read(fields: &Fields<'_>, tables: &Registry, now: DateTime) -> Option<Self> {
        let noted = fields.noted();
        // A flag that is neither true nor false hides nothing of what is wrong with the fields that it is about: what is
        // given beside it says what is meant.
        let external = || match fields.flag("external") {
            None if !fields.is_given("external") => Some(false),
            None if fields.has("configuration") || fields.has(EXTERNAL_SEGMENT) => Some(true),
            None => fields.has(CONFIGURATION).then_some(false),
            flag => flag,
        };
        let segmented = |flag: Option<bool>| match flag {
            None if fields.is_given("segmented") => Some(fields.has(SEGMENT_ID) || fields.has(SEGMENT_TABLE)),
            flag => flag,
        };
        let common = Common::visit(&mut { fields }, |_| external(), segmented);
        let Common { agent, interaction, external, segmented, given, opened_on, ai } = common;
        if opened_on.is_some_and(|opened_on| now.seconds_until(opened_on) > Self::MOST_AHEAD) {
            fields.violation("opened_on", Problem::Rule("is more than 24 hours ahead".to_owned()));
        }
        let origin = external.and_then(|external| match external {
            true => read_external(fields),
            false => configuration_id(&mut { fields }).map(|configuration| OriginRequest::Internal { configuration }),
        });
        // Alone it is judged when the segment turns out to be new: the same request again is right though its table
        // has gone. Beside others it is named with them.
        if fields.noted() > noted
            && let Some(problem) = unknown_table(segmented, &given, tables)
        {
            fields.violation(SEGMENT_TABLE, problem);
        }
        Some(Self {
            agent: agent?,
            interaction: interaction?,
            origin: origin?,
            segmented,
            given,
            opened_on,
            ai_wrap_up_code: ai.code,
            ai_notes: ai.notes,
        })
    }

    /// Refuses to open a segment whose table nobody serves.
    pub(super) fn check_segment_table(&self, tables: &Registry) -> Result<(), Violations> {
        match unknown_table(self.segmented, &self.given, tables) {
            Some(problem) => Err(Violations::one(SEGMENT_TABLE, problem)),
            None => Ok(()),
        }
    }
}

#[cfg(feature = "openapi")]
impl OpenRequest {
    /// What [`OpenRequest::read`] reads: of an external segment, and of an internal one.
    pub fn described(tables: &Registry) -> [Object; 2] {
        let tables: Vec<_> = tables.tables().collect();
        let known = Object::new("", "").optional_one_of(SEGMENT_TABLE, &tables, "").into_rule();
        let known = in_words(known, &format!("`{SEGMENT_TABLE}` is one of `{}`", tables.join("`, `")));
        let timed = json!({ "required": ["configuration"], "properties": { "configuration": given("duration") } });
        let timed = in_words(timed, "`configuration.duration` is given");
        let whose = "Whether it is a CCaaS system's, which brings its configuration.";
        let external =
            Object::new("NewExternalSegment", "A wrap-up of a CCaaS system, which brings its configuration.")
                .with(|object| drop(Common::visit(object, |_| None, |flag| flag)))
                .true_flag("external", whose)
                .with(|object| drop(external_id(object)))
                .required_object("configuration", ConfigurationRequest::described(), "What the agent gets to see.")
                .rule(when(timed, given("opened_on")))
                .rule(when(is_true("segmented"), all_given(&[SEGMENT_ID, SEGMENT_TABLE])));
        let internal =
            Object::new("NewInternalSegment", "A workspace's own wrap-up, by an administrator's configuration.")
                .with(|object| drop(Common::visit(object, |_| None, |flag| flag)))
                .false_flag("external", whose)
                .with(|object| drop(configuration_id(object)));
        [external, internal].map(|segment| segment.rule(when(is_true("segmented"), known.clone())))
    }
}

/// What external and internal segments are opened with alike.
struct Common {
    agent: Option<Id>,
    interaction: Option<Id>,
    external: Option<bool>,
    segmented: Option<bool>,
    given: Given,
    opened_on: Option<DateTime>,
    ai: AdviseRequest,
}

impl Common {
    /// Goes through the fields; `external` is asked for the one that tells the two kinds apart, `segmented` what is meant by
    /// the flag that was read.
    fn visit<V: Visitor>(
        visitor: &mut V,
        external: impl FnOnce(&mut V) -> Option<bool>,
        segmented: impl FnOnce(Option<bool>) -> Option<bool>,
    ) -> Self {
        let opened_on = "When the wrap-up began, `yyyy-MM-dd HH:mm:ss` in UTC, at most 24 hours ahead; absent is now.";
        let agent = visitor.required(AGENT, "sys_id of the agent.");
        let interaction = visitor.required(INTERACTION, "sys_id of the interaction.");
        let external = external(visitor);
        let segmented = segmented(visitor.flag("segmented", "Whether one segment of the interaction is wrapped up."));
        Self {
            agent,
            interaction,
            external,
            segmented,
            given: Given::visit(visitor, external == Some(true) && segmented == Some(true)),
            opened_on: visitor.optional("opened_on", opened_on),
            ai: AdviseRequest::visit(visitor),
        }
    }
}

/// The external system's id of an external segment.
fn external_id(visitor: &mut impl Visitor) -> Option<Id> {
    let required = Problem::RequiredWhen { when: "when external is true" };
    visitor.required_when(EXTERNAL_SEGMENT, required, "The external system's id, which names this segment for good.")
}

/// The field that names an internal segment's configuration.
pub(super) const CONFIGURATION: &str = "wrap_up_configuration_sys_id";

/// The configuration of an internal segment.
fn configuration_id(visitor: &mut impl Visitor) -> Option<Id> {
    let required = Problem::RequiredWhen { when: "when external is false" };
    visitor.required_when(CONFIGURATION, required, "sys_id of an active configuration.")
}

/// What is wrong with the table that a segmented wrap-up names.
fn unknown_table(segmented: Option<bool>, given: &Given, tables: &Registry) -> Option<Problem> {
    let table =
        given.segment_table.as_ref().filter(|table| segmented == Some(true) && tables.get(table.as_str()).is_none())?;
    Some(UnusableSegment::UnknownTable { table: table.to_string() }.into())
}

fn read_external(fields: &Fields<'_>) -> Option<OriginRequest> {
    let required = Problem::RequiredWhen { when: "when external is true" };
    let external_segment_id = external_id(&mut { fields });
    let configuration = fields.required_object("configuration", required);
    let timed = configuration.as_ref().is_some_and(|object| object.has("duration"));
    let configuration = configuration.and_then(|object| ConfigurationRequest::read(&object));
    if timed && !fields.has("opened_on") {
        let when = "when configuration.duration is given";
        fields.violation("opened_on", Problem::RequiredWhen { when });
    }
    Some(OriginRequest::External { external_segment_id: external_segment_id?, configuration: configuration? })
}
