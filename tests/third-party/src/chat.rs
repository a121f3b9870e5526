//! The interaction segment table `chat_session`: sessions of the team's chat server, which keeps
//! them in a DynamoDB table of its own.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use tokio::time::{Instant, timeout_at};
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{self, Item};
use wrapup::segment_tables::{
    Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, WantedInteractionSegment,
};

/// The name by which requests choose the table.
pub const SEGMENT_TABLE: &str = "chat_session";

/// The table in DynamoDB; its partition key is `session`.
pub const TABLE: &str = "acme-chat-sessions";

/// The chat server writes session ids into URLs, and has this much room.
const LONGEST_ID: usize = 64;

/// The chat server's sessions.
pub struct ChatSessions {
    client: Client,
}

impl ChatSessions {
    /// The sessions of the account that the client belongs to.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl InteractionSegment for ChatSessions {
    fn segment_table(&self) -> &str {
        SEGMENT_TABLE
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        if !is_session_id(segment.segment_id) {
            let reason = format!("a chat session's id has up to {LONGEST_ID} visible ASCII characters");
            return Err(Error::BadInput { reason });
        }
        let mut item = Item::from([
            ("session".to_owned(), text(segment.segment_id)),
            ("conversation".to_owned(), text(segment.interaction)),
            ("handled_by".to_owned(), text(segment.agent)),
            ("began".to_owned(), text(segment.opened_on)),
            ("channel".to_owned(), text("web")),
        ]);
        if let Some(id) = segment.external_segment_id {
            item.insert("crm_reference".to_owned(), text(id));
        }
        // The condition is what makes this idempotent: whoever comes second gets what the first has put.
        let put = self
            .client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item.clone()))
            .condition_expression("attribute_not_exists(#id)")
            .expression_attribute_names("#id", "session")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = timeout_at(deadline, put.send()).await.map_err(|_| Error::too_late())? else {
            return record(item);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                record(failed.item.clone().unwrap_or_default())
            }
            _ => Err(dynamodb::Error::from(error).into()),
        }
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let segment_id = wanted.segment_id;
        let missing = || Error::NoSuchRecord { segment_id: segment_id.to_owned() };
        if !is_session_id(segment_id) {
            return Err(missing());
        }
        // A consistent read, since retrieve has to see what create has answered.
        let get = self.client.get_item().table_name(TABLE).key("session", text(segment_id)).consistent_read(true);
        let answer = timeout_at(deadline, get.send()).await.map_err(|_| Error::too_late())?;
        record(answer.map_err(dynamodb::Error::from)?.item.ok_or_else(missing)?)
    }
}

fn is_session_id(id: &str) -> bool {
    id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// The session as the wrap-up sees it. The chat server keeps what was said line by line.
fn record(mut item: Item) -> Result<InteractionSegmentRecord, Error> {
    let mut column = |name: &str| match item.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    let record = InteractionSegmentRecord {
        id: column("session").ok_or_else(|| Error::Broken("a chat session without its key".into()))?,
        table: SEGMENT_TABLE.to_owned(),
        interaction: column("conversation"),
        agent: column("handled_by"),
        start: column("began").as_deref().and_then(DateTime::parse),
        end: column("ended").as_deref().and_then(DateTime::parse),
        transcript: None,
        fields: ["channel", "crm_reference"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), column(name)?.into())))
            .collect(),
    };
    let lines = item.get("lines").and_then(|lines| lines.as_l().ok());
    let transcript = lines.map(|lines| {
        let lines = lines.iter().filter_map(|line| line.as_s().ok());
        lines.map(String::as_str).collect::<Vec<_>>().join("\n")
    });
    Ok(InteractionSegmentRecord { transcript, ..record })
}
