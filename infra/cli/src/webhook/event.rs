use wrapup::configurations::Configurations;
use wrapup::segments::{CloudEvent, EventForm};
use wrapup_functions::EventRecord;

/// An event as it is sent and kept, and what of it is asked for without reading it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// The CloudEvent's `id`: the same whenever the event is repeated.
    pub id: String,
    /// The CloudEvent's `type`.
    pub kind: String,
    /// The CloudEvent's `subject`: the segment's sys_id.
    pub subject: String,
    /// The CloudEvent's `sequence`.
    pub sequence: String,
    /// All of the CloudEvent, in JSON.
    pub json: String,
}

impl From<&CloudEvent> for KeptEvent {
    fn from(event: &CloudEvent) -> Self {
        Self {
            id: event.id().to_owned(),
            kind: event.type_name().to_owned(),
            subject: event.subject().to_owned(),
            sequence: event.sequence().to_owned(),
            json: event.json().to_owned(),
        }
    }
}

/// Makes CloudEvents of what the segment table's stream tells.
#[derive(Clone)]
pub struct Narrator {
    configurations: Configurations,
    form: EventForm,
}

impl Narrator {
    /// Tells of a deployment's segments in this form.
    pub fn new(configurations: Configurations, form: EventForm) -> Self {
        Self { configurations, form }
    }

    /// The event that a record tells of; none where it tells of something else, such as a draft.
    ///
    /// # Errors
    /// Where the record, or the snapshot that its segment refers to, cannot be read.
    pub async fn tell(&self, record: &EventRecord) -> Result<Option<CloudEvent>, wrapup::Error> {
        let Some(event) = record.event()? else { return Ok(None) };
        let configuration = self.configurations.snapshot(&event.after.configuration).await?;
        self.form.of(&event, &configuration)
    }
}
