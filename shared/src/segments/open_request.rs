use super::advise::read_ai_notes;
use crate::codes::Label;
use crate::configurations::ConfigurationRequest;
use crate::date_time::DateTime;
use crate::document::{Fields, Id, Problem, Violations};
use crate::segment_tables::{Registry, UnusableSegment};
#[cfg(feature = "openapi")]
use crate::{
    json_schema::{Object, all_given, given, is_true, json, when},
    segments::LONGEST_AI_NOTES,
};

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
    /// Id of the interaction segment.
    pub segment_id: Option<Id>,
    /// The table of the interaction segment.
    pub segment_table: Option<Id>,
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
    /// Reads the body of `segment/create`. With `external` false, `configuration` and
    /// `external_segment_id` are not looked at.
    pub fn read(fields: &Fields<'_>, tables: &Registry) -> Option<Self> {
        let noted = fields.noted();
        let agent = fields.required("agent_sys_id");
        let interaction = fields.required("interaction_sys_id");
        let external = fields.flag("external").or((!fields.is_given("external")).then_some(false));
        let segmented = fields.flag("segmented");

        let both = external == Some(true) && segmented == Some(true);
        let identifier = |name| match both {
            true => fields.required_when(name, Problem::RequiredWhen { when: "when external and segmented are true" }),
            false => fields.optional(name),
        };
        let segment_id = identifier("segment_id");
        let segment_table: Option<Id> = identifier(SEGMENT_TABLE);
        let opened_on = fields.optional("opened_on");
        let ai_wrap_up_code = fields.optional("ai_wrap_up_code");
        let ai_notes = read_ai_notes(fields);
        let origin = external.and_then(|external| match external {
            true => read_external(fields),
            false => {
                let when = "when external is false";
                let configuration =
                    fields.required_when("wrap_up_configuration_sys_id", Problem::RequiredWhen { when });
                Some(OriginRequest::Internal { configuration: configuration? })
            }
        });
        // Alone it is judged when the segment turns out to be new: the same request again is right though its table
        // has gone. Beside others it is named with them.
        if fields.noted() > noted
            && let Some(problem) = unknown_table(segmented, segment_table.as_ref(), tables)
        {
            fields.violation(SEGMENT_TABLE, problem);
        }
        Some(Self {
            agent: agent?,
            interaction: interaction?,
            origin: origin?,
            segmented,
            segment_id,
            segment_table,
            opened_on,
            ai_wrap_up_code,
            ai_notes,
        })
    }

    /// Refuses to open a segment whose table nobody serves.
    pub(super) fn check_segment_table(&self, tables: &Registry) -> Result<(), Violations> {
        match unknown_table(self.segmented, self.segment_table.as_ref(), tables) {
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
        let known = Object::new("", "").optional_one_of("segment_table", &tables, "").into_rule();
        let timed = json!({ "required": ["configuration"], "properties": { "configuration": given("duration") } });
        let external =
            Object::new("NewExternalSegment", "A wrap-up of a CCaaS system, which brings its configuration.")
                .true_flag("external", "An external segment.")
                .required::<Id>("external_segment_id", "The external system's id, which names this segment for good.")
                .required_object("configuration", ConfigurationRequest::described(), "What the agent gets to see.")
                .rule(when(timed, given("opened_on")))
                .rule(when(is_true("segmented"), all_given(&["segment_id", "segment_table"])));
        let internal =
            Object::new("NewInternalSegment", "A workspace's own wrap-up, by an administrator's configuration.")
                .false_flag("external", "An internal segment.")
                .required::<Id>("wrap_up_configuration_sys_id", "sys_id of an active configuration.");
        [external, internal].map(|segment| {
            segment
                .required::<Id>("agent_sys_id", "sys_id of the agent.")
                .required::<Id>("interaction_sys_id", "sys_id of the interaction.")
                .flag("segmented", "Whether one segment of the interaction is wrapped up.")
                .optional::<Id>("segment_id", "Id of the interaction segment.")
                .optional::<Id>("segment_table", "The interaction segment's table.")
                .optional::<DateTime>(
                    "opened_on",
                    "When the wrap-up began, `yyyy-MM-dd HH:mm:ss` in UTC; absent is now.",
                )
                .optional::<Label>("ai_wrap_up_code", "An AI code; stored where `enable_ai_code` is true.")
                .text_up_to("ai_notes", LONGEST_AI_NOTES, "AI notes; stored where `enable_ai_notes` is true.")
                .rule(when(is_true("segmented"), known.clone()))
        })
    }
}

const SEGMENT_TABLE: &str = "segment_table";

/// What is wrong with the table that a segmented wrap-up names.
fn unknown_table(segmented: Option<bool>, table: Option<&Id>, tables: &Registry) -> Option<Problem> {
    let table = table.filter(|table| segmented == Some(true) && tables.get(table.as_str()).is_none())?;
    Some(UnusableSegment::UnknownTable { table: table.to_string() }.into())
}

fn read_external(fields: &Fields<'_>) -> Option<OriginRequest> {
    let required = Problem::RequiredWhen { when: "when external is true" };
    let external_segment_id = fields.required_when("external_segment_id", required.clone());
    let configuration = fields.required_object("configuration", required);
    let timed = configuration.as_ref().is_some_and(|object| object.has("duration"));
    let configuration = configuration.and_then(|object| ConfigurationRequest::read(&object));
    if timed && !fields.has("opened_on") {
        let when = "when configuration.duration is given";
        fields.violation("opened_on", Problem::RequiredWhen { when });
    }
    Some(OriginRequest::External { external_segment_id: external_segment_id?, configuration: configuration? })
}
