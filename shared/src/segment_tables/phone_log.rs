use async_trait::async_trait;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use super::dynamodb_table::{Rows, further_fields, take_interaction, take_text, take_time};
use super::{
    Erased, Error, InteractionSegment, InteractionSegmentRecord, NewInteractionSegment, WantedInteractionSegment,
};
use crate::clock::Clock;
use crate::date_time::DateTime;
use crate::document::{Fields, FromText, Id, Problem};
use crate::dynamodb::{self, Dynamo, Item, Stamp, Table, key, string};
use crate::retention::{EXPIRES_AT, Retention};
use crate::sys_id::{self, Kind};

/// The built-in table `sn_openframe_phone_log`, in DynamoDB. A record is kept under a sys_id that is
/// derived from its `segment_id`, so that ids of any length and kind are one key each.
pub struct PhoneLog {
    rows: Rows,
    clock: Clock,
    retention: Option<Retention>,
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
        let mut columns = fields.all();
        columns.retain(|name, value| !value.is_null() && name != EXPIRES_AT && !Stamp::has_column(name));
        let ids = ["call_id", "phone_number", "agent", "contact", "interaction"];
        let ids = ids.map(|name| (name, fields.optional::<Id>(name)));
        let call_type = fields.optional::<CallType>("call_type").map(|call_type| match call_type {
            CallType::Inbound => "INBOUND",
            CallType::Outbound => "OUTBOUND",
        });
        let times = ["start_time", "end_time"].map(|name| (name, fields.optional::<DateTime>(name)));
        let duration = fields.seconds("duration");
        let transcript = fields.text_up_to("transcript", Self::MOST_KB * 1024);
        let ids = ids.into_iter().chain([("segment_id", segment_id.clone())]);
        columns.extend(ids.filter_map(|(name, id)| Some((name.to_owned(), id?.as_str().into()))));
        columns.extend(transcript.map(|transcript| ("transcript".to_owned(), transcript.into())));
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
        Self { rows: Rows::new(dynamo, table), clock: Clock::system(), retention: None }
    }

    /// The same table; how long those records are kept that an operator writes from now on. A new wrap-up's says so itself.
    #[must_use]
    pub fn with_retention(self, retention: Option<Retention>) -> Self {
        Self { retention, ..self }
    }

    /// The same table, by another clock than the machine's.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Stores an operator's record in place of the one with its `segment_id`.
    pub async fn put(&self, record: &PhoneLogRecord, stamp: &Stamp) -> Result<(), crate::Error> {
        let mut item: Item = dynamodb::to_item(&record.columns)?;
        let key = record_key(record.segment_id());
        item.insert("sys_id".to_owned(), string(&key));
        dynamodb::set_expiry(&mut item, self.retention.map(|retention| retention.end(stamp.at.since_epoch())));
        Ok(self.rows.replace(&key, item, stamp).await?)
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
        let sys_id = record_key(segment.segment_id);
        let mut item = key(&sys_id);
        item.insert("segment_id".to_owned(), string(segment.segment_id));
        item.insert("interaction".to_owned(), string(segment.interaction));
        item.insert("agent".to_owned(), string(segment.agent));
        item.insert("start_time".to_owned(), string(segment.opened_on));
        if let Some(call) = segment.external_segment_id {
            item.insert("call_id".to_owned(), string(call));
        }
        let stamp = segment.stamp();
        stamp.create(&mut item);
        dynamodb::set_expiry(&mut item, segment.expires_at);
        let now = Some(self.clock.since_epoch());
        read(segment.segment_id, self.rows.put_if_absent("sys_id", &sys_id, item, &stamp, now, deadline).await?)
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let segment_id = wanted.segment_id;
        match self.rows.get(key(record_key(segment_id)), deadline).await? {
            Some(item) if !dynamodb::is_expired(&item, self.clock.since_epoch()) => read(segment_id, item),
            _ => Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() }),
        }
    }

    async fn erase(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        stamp: &Stamp,
        deadline: Instant,
    ) -> Result<Erased, Error> {
        let key = record_key(wanted.segment_id);
        let erased = timeout_at(deadline, self.rows.erase(&key, &["transcript"], stamp)).await;
        Ok(match erased.map_err(|_| Error::too_late())?? {
            true => Erased::Now,
            false => Erased::NothingLeft,
        })
    }
}

fn record_key(segment_id: &str) -> String {
    sys_id::derive(Kind::PhoneLog, &[segment_id])
}

fn read(segment_id: &str, mut item: Item) -> Result<InteractionSegmentRecord, Error> {
    dynamodb::check(Table::PhoneLog, &item).map_err(|error| Error::Broken(Box::new(error)))?;
    // Guards against two ids with one UUIDv5, see `sys_id::derive`.
    if take_text(&mut item, "segment_id").as_deref() != Some(segment_id) {
        return Err(Error::Broken("the record belongs to another segment_id".into()));
    }
    // Whose work it is stands in the table, and is nothing that was said or done in the call.
    item.retain(|name, _| name != "sys_id" && name != EXPIRES_AT && !Stamp::has_column(name));
    Ok(InteractionSegmentRecord {
        id: segment_id.to_owned(),
        table: Table::PhoneLog.platform_name().to_owned(),
        interaction: take_interaction(&mut item, "interaction"),
        agent: take_text(&mut item, "agent"),
        start: take_time(&mut item, "start_time"),
        end: take_time(&mut item, "end_time"),
        transcript: take_text(&mut item, "transcript"),
        fields: further_fields(item),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;

    /// The columns of a record, or all that is wrong with it.
    fn read(record: Value) -> Result<Value, String> {
        let document = Document::from_json(record.to_string().as_bytes()).map_err(|error| error.to_string())?;
        let record = document.read(PhoneLogRecord::read).map_err(|violations| violations.to_string())?;
        Ok(Value::Object(record.columns))
    }

    #[test]
    fn known_fields_are_normalised_and_unknown_ones_kept() {
        let given = json!({
            "segment_id": "call-1", "call_id": "C1", "phone_number": "+49 30 1", "agent": "a", "contact": "c",
            "interaction": "i", "call_type": "INBOUND", "start_time": "2024-09-16T19:52:01+02:00",
            "end_time": " 2024-09-16 17:54:01 ", "duration": "120", "transcript": "Hello.",
            "queue": "Billing", "ratings": [1, {"by": null}], "left_out": null,
            // Whose work the record is, and when it goes, no file says.
            "expires_at": 1,
            "sys_created_by": "somebody", "sys_updated_on": "2001-01-01 00:00:00",
        });
        let kept = json!({
            "segment_id": "call-1", "call_id": "C1", "phone_number": "+49 30 1", "agent": "a", "contact": "c",
            "interaction": "i", "call_type": "INBOUND", "start_time": "2024-09-16 17:52:01",
            "end_time": "2024-09-16 17:54:01", "duration": 120, "transcript": "Hello.",
            "queue": "Billing", "ratings": [1, {"by": null}],
        });
        assert_eq!(read(given), Ok(kept));
        let least = json!({ "segment_id": "call-1", "call_type": "OUTBOUND" });
        assert_eq!(read(least.clone()), Ok(least));
        // Digits of ids are texts; of what nobody here knows they stay a number.
        let numbers = json!({ "segment_id": 1, "phone_number": 49301, "extension": 7 });
        let kept = json!({ "segment_id": "1", "phone_number": "49301", "extension": 7 });
        assert_eq!(read(numbers), Ok(kept));
    }

    #[test]
    fn every_known_field_that_is_wrong_is_named() {
        let wrong = json!({
            "call_id": 1.5, "phone_number": [], "agent": {}, "contact": true, "interaction": "x".repeat(1025),
            "call_type": "inbound", "start_time": "now", "end_time": 5, "duration": 0, "transcript": ["Hello."],
        });
        let problems = read(wrong).err().unwrap_or_default();
        for problem in [
            "segment_id is required",
            "call_id has to be a text, and is a number",
            "phone_number has to be a text, and is an array",
            "agent has to be a text, and is an object",
            "contact has to be a text, and is a boolean",
            "interaction has more than 1024 characters",
            "call_type has to be one of INBOUND, OUTBOUND",
            "start_time has to be a date and time",
            "end_time has to be a date and time",
            "duration has to be a whole number of seconds from 1 to 4294967295",
            "transcript has to be a text, and is an array",
        ] {
            assert!(problems.contains(problem), "{problem} is not in: {problems}");
        }
        assert_eq!(problems.split("; ").count(), 11, "{problems}");
    }

    #[test]
    fn a_record_has_to_fit_into_one_item() {
        let of = |length: usize| json!({ "segment_id": "call-1", "notes": "x".repeat(length) });
        assert!(read(of(349 * 1024)).is_ok());
        assert_eq!(read(of(350 * 1024)), Err("transcript takes more than 350 KB in all".to_owned()));
    }
}
