use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::dynamodb_table::{Rows, further_fields};
use super::{Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment};
use crate::date_time::DateTime;
use crate::document::{Fields, FromText, Id, Problem};
use crate::dynamodb::{self, Dynamo, Item, Table, key, string};
use crate::sys_id::{self, Kind};

/// The built-in table `sn_openframe_phone_log`, in DynamoDB. A record is kept under a sys_id that is
/// derived from its `segment_id`, so that ids of any length and kind are one key each.
pub struct PhoneLog {
    rows: Rows,
}

/// A phone log record as an operator writes it: `segment_id`, the phone log's known fields, and
/// any others, which are kept as they are.
#[derive(Clone)]
pub struct PhoneLogRecord {
    segment_id: Id,
    columns: Map<String, Value>,
}

enum CallType {
    Inbound,
    Outbound,
}

impl FromText for CallType {
    fn from_text(text: &str) -> Result<Self, Problem> {
        match text {
            "INBOUND" => Ok(Self::Inbound),
            "OUTBOUND" => Ok(Self::Outbound),
            _ => Err(Problem::NotOneOf { one_of: "INBOUND, OUTBOUND" }),
        }
    }
}

impl PhoneLogRecord {
    /// KB that a record may take, so that it fits into one DynamoDB item of 400 KB.
    const MOST_KB: usize = 350;

    /// Reads a record and checks its known fields.
    pub fn read(fields: &Fields<'_>) -> Option<Self> {
        let segment_id = fields.required::<Id>("segment_id");
        let mut columns = fields.all().clone();
        columns.retain(|_, value| !value.is_null());
        for name in ["call_id", "phone_number", "agent", "contact", "interaction"] {
            fields.optional::<Id>(name);
        }
        let call_type = fields.optional::<CallType>("call_type").map(|call_type| match call_type {
            CallType::Inbound => "INBOUND",
            CallType::Outbound => "OUTBOUND",
        });
        let times = ["start_time", "end_time"].map(|name| (name, fields.optional::<DateTime>(name)));
        let duration = fields.seconds("duration");
        fields.text_up_to("transcript", Self::MOST_KB * 1024);
        columns.extend(call_type.map(|call_type| ("call_type".to_owned(), call_type.into())));
        columns.extend(duration.map(|seconds| ("duration".to_owned(), seconds.get().into())));
        for (name, time) in times {
            columns.extend(time.map(|time| (name.to_owned(), time.to_string().into())));
        }
        let size = serde_json::to_string(&columns).map_or(0, |json| json.len());
        if size > Self::MOST_KB * 1024 {
            fields.violation("transcript", Problem::TooLarge { most_kb: Self::MOST_KB });
        }
        Some(Self { segment_id: segment_id?, columns })
    }

    /// The id that the record is found by.
    pub fn segment_id(&self) -> &str {
        self.segment_id.as_str()
    }
}

impl PhoneLog {
    /// The phone log of this deployment.
    pub fn new(dynamo: Dynamo) -> Self {
        let table = dynamo.tables.name(Table::PhoneLog);
        Self { rows: Rows::new(dynamo, table) }
    }

    /// Stores a record in place of the one with its `segment_id`.
    pub async fn put(&self, record: &PhoneLogRecord) -> Result<(), crate::Error> {
        let mut item: Item = dynamodb::to_item(&record.columns)?;
        item.insert("sys_id".to_owned(), string(record_key(record.segment_id())));
        Ok(self.rows.put(item).await?)
    }
}

#[async_trait]
impl InteractionSegment for PhoneLog {
    fn segment_table(&self) -> &str {
        Table::PhoneLog.platform_name()
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let mut item = key(record_key(segment.segment_id));
        item.insert("segment_id".to_owned(), string(segment.segment_id));
        item.insert("interaction".to_owned(), string(segment.interaction));
        item.insert("agent".to_owned(), string(segment.agent));
        item.insert("start_time".to_owned(), string(segment.opened_on));
        if let Some(call) = segment.external_segment_id {
            item.insert("call_id".to_owned(), string(call));
        }
        read(segment.segment_id, self.rows.put_if_absent("sys_id", item, deadline).await?)
    }

    async fn retrieve(&self, segment_id: &str, deadline: Instant) -> Result<InteractionSegmentRecord, Error> {
        match self.rows.get(key(record_key(segment_id)), deadline).await? {
            Some(item) => read(segment_id, item),
            None => Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() }),
        }
    }
}

fn record_key(segment_id: &str) -> String {
    sys_id::derive(Kind::PhoneLog, &[segment_id])
}

fn read(segment_id: &str, mut item: Item) -> Result<InteractionSegmentRecord, Error> {
    let mut text = |name: &str| match item.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    // Guards against two ids with one UUIDv5, see `sys_id::derive`.
    if text("segment_id").as_deref() != Some(segment_id) {
        return Err(Error::Broken("the record belongs to another segment_id".into()));
    }
    let record = InteractionSegmentRecord {
        id: segment_id.to_owned(),
        table: Table::PhoneLog.platform_name().to_owned(),
        interaction: text("interaction"),
        agent: text("agent"),
        start: text("start_time").as_deref().and_then(DateTime::parse),
        end: text("end_time").as_deref().and_then(DateTime::parse),
        transcript: text("transcript"),
        fields: Map::new(),
    };
    item.remove("sys_id");
    Ok(InteractionSegmentRecord { fields: further_fields(item)?, ..record })
}
