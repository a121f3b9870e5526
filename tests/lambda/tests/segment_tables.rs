//! The interaction segment tables: the contract's checks and what they catch, tables by
//! configuration, what a remote function can do wrong, and what GET shows of a record.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on says so by panicking")]

use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing_subscriber::filter::LevelFilter;
use wrapup::date_time::DateTime;
use wrapup::dynamodb::{Item, Table};
use wrapup::segment_tables::{
    Described, Error, InteractionSegment, InteractionSegmentRecord, Lambda, NewInteractionSegment, PhoneLog, Registry,
    SegmentTablesError, WantedInteractionSegment, connect, contract,
};
use wrapup_lambda_tests::{
    Event, Exchange, Instance, InvokeApi, Log, Misbehaviour, Parts, Reply, World, opening, segmented,
};
use wrapup_test_support::Schema;

const PHONE_LOG: &str = "sn_openframe_phone_log";

// ---- The contract, kept

#[tokio::test]
async fn the_phone_log_keeps_the_contract() {
    let world = World::start().await;
    contract::verify(Arc::new(PhoneLog::new(world.stores().dynamo().clone()))).await.assert_passed();
}

#[tokio::test]
async fn a_dynamodb_table_by_configuration_keeps_the_contract() {
    let world = World::start().await;
    for columns in [json!({}), all_columns()] {
        let name = format!("team-chats-{}", columns.as_object().map_or(0, |columns| columns.len()));
        create_table(&world, &name).await;
        let table = dynamodb_table(&world, &name, &columns);
        contract::verify(served(&table, "chat")).await.assert_passed();
    }
}

#[tokio::test]
async fn a_remote_keeps_the_contract_if_its_function_does() {
    let (world, api) = (World::start().await, InvokeApi::start("kept").await);
    contract::verify(served(&remote(&world, &api, "kept"), "voice_call")).await.assert_passed();
    assert!(!api.ids().is_empty(), "the function has kept the records");
}

#[tokio::test]
async fn a_remote_breaks_the_contract_if_its_function_does() {
    let (world, api) = (World::start().await, InvokeApi::start("forgetful").await);
    let created = json!({"version": 1, "error": {"code": "no_such_record"}});
    api.misbehave(Misbehaviour::Answers(created.to_string()));
    let report = contract::verify(served(&remote(&world, &api, "forgetful"), "voice_call")).await;
    let passed: Vec<_> = report.checks().iter().filter(|check| check.outcome.is_ok()).map(|it| it.clause).collect();
    assert_eq!(passed, [UNKNOWN], "only who knows no record is right about unknown ones");
}

// ---- The contract, broken

const CREATE: &str = "create answers the record that retrieve then sees";
const APART: &str = "a new record has the interaction it was given, or none";
const IDEMPOTENT: &str = "create is idempotent for a segment_id";
const UNKNOWN: &str = "an unknown segment_id is no such record";
const ANY_ID: &str = "a segment_id may be any text";
const LOOK_ALIKES: &str = "ids that look alike name different records";
const RACE: &str = "many creators at once make one record";
const DEADLINES: &str = "deadlines are honoured";

/// How an implementation that is held in memory gets the contract wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    None,
    Overwrites,
    LooksBeforeItWrites,
    IgnoresCase,
    TrimsIds,
    ForgetsWhatItCreates,
    MakesRecordsUp,
    SaysBrokenForUnknown,
    NamesAnotherTable,
    NamesAnotherId,
    NamesAnotherInteraction,
    ChokesOnControlCharacters,
    RefusesWhatItKeeps,
    IgnoresDeadlines,
    SaysBrokenWhenLate,
}

struct InMemory {
    flaw: Flaw,
    interaction: Option<&'static str>,
    records: Mutex<HashMap<String, InteractionSegmentRecord>>,
}

impl InMemory {
    fn new(flaw: Flaw) -> Self {
        let interaction = (flaw == Flaw::NamesAnotherInteraction).then_some("somebody else's");
        Self { flaw, interaction, records: Mutex::default() }
    }

    /// The same, with records of this interaction.
    fn of(self, interaction: &'static str) -> Self {
        Self { interaction: Some(interaction), ..self }
    }

    fn key(&self, id: &str) -> String {
        match self.flaw {
            Flaw::IgnoresCase => id.to_lowercase(),
            Flaw::TrimsIds => id.trim().to_owned(),
            _ => id.to_owned(),
        }
    }

    fn find(&self, id: &str) -> Option<InteractionSegmentRecord> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        // Even what is mixed up is answered under the id that was asked for.
        records.get(&self.key(id)).map(|record| InteractionSegmentRecord { id: id.to_owned(), ..record.clone() })
    }

    fn keep(&self, record: &InteractionSegmentRecord) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.insert(self.key(&record.id), record.clone());
    }

    fn record(&self, id: &str, agent: &str) -> InteractionSegmentRecord {
        InteractionSegmentRecord {
            id: if self.flaw == Flaw::NamesAnotherId { format!("{id}-1") } else { id.to_owned() },
            table: if self.flaw == Flaw::NamesAnotherTable { "other" } else { "memory" }.to_owned(),
            interaction: self.interaction.map(str::to_owned),
            agent: Some(agent.to_owned()),
            start: None,
            end: None,
            transcript: None,
            fields: serde_json::Map::new(),
        }
    }

    /// Comes back in time, or says that it could not.
    async fn work(&self, deadline: Instant) -> Result<(), Error> {
        match self.flaw {
            Flaw::IgnoresDeadlines if deadline <= Instant::now() => pending().await,
            Flaw::SaysBrokenWhenLate if deadline <= Instant::now() => return Err(Error::Broken("late".into())),
            _ if deadline <= Instant::now() => return Err(Error::too_late()),
            _ => {}
        }
        Ok(())
    }
}

#[async_trait]
impl InteractionSegment for InMemory {
    fn segment_table(&self) -> &str {
        "memory"
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        self.work(deadline).await?;
        let id = segment.segment_id;
        let refused = id.contains(char::is_control);
        if refused && self.flaw == Flaw::ChokesOnControlCharacters {
            return Err(Error::Broken("a control character".into()));
        }
        let there = self.find(id).filter(|_| self.flaw != Flaw::Overwrites);
        if self.flaw == Flaw::LooksBeforeItWrites {
            tokio::task::yield_now().await;
        }
        let record = there.unwrap_or_else(|| self.record(id, segment.agent));
        if self.flaw != Flaw::ForgetsWhatItCreates {
            self.keep(&record);
        }
        if refused && self.flaw == Flaw::RefusesWhatItKeeps {
            return Err(Error::BadInput { reason: "a control character".to_owned() });
        }
        Ok(record)
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        self.work(deadline).await?;
        let segment_id = wanted.segment_id;
        match (self.find(segment_id), self.flaw) {
            (Some(record), _) => Ok(record),
            (None, Flaw::MakesRecordsUp) => Ok(self.record(segment_id, "agent-1")),
            (None, Flaw::SaysBrokenForUnknown) => Err(Error::Broken("unknown".into())),
            (None, _) => Err(Error::NoSuchRecord { segment_id: segment_id.to_owned() }),
        }
    }
}

#[tokio::test]
async fn every_breach_of_the_contract_is_found_by_its_clause() {
    for (flaw, broken) in [
        (Flaw::None, &[][..]),
        (Flaw::Overwrites, &[IDEMPOTENT, RACE]),
        (Flaw::LooksBeforeItWrites, &[RACE]),
        (Flaw::IgnoresCase, &[LOOK_ALIKES]),
        (Flaw::TrimsIds, &[LOOK_ALIKES]),
        (Flaw::ForgetsWhatItCreates, &[CREATE, APART, IDEMPOTENT, ANY_ID, RACE, DEADLINES]),
        (Flaw::MakesRecordsUp, &[UNKNOWN, LOOK_ALIKES]),
        (Flaw::SaysBrokenForUnknown, &[UNKNOWN, LOOK_ALIKES]),
        (Flaw::NamesAnotherTable, &[CREATE, ANY_ID]),
        (Flaw::NamesAnotherId, &[CREATE, APART, IDEMPOTENT, ANY_ID, RACE, DEADLINES]),
        (Flaw::NamesAnotherInteraction, &[APART]),
        (Flaw::ChokesOnControlCharacters, &[ANY_ID]),
        (Flaw::RefusesWhatItKeeps, &[ANY_ID]),
        (Flaw::IgnoresDeadlines, &[DEADLINES]),
        (Flaw::SaysBrokenWhenLate, &[DEADLINES]),
    ] {
        let report = contract::verify(Arc::new(InMemory::new(flaw))).await;
        let found: Vec<_> = report.checks().iter().filter(|check| check.outcome.is_err()).map(|it| it.clause).collect();
        assert_eq!(found, broken, "{flaw:?}: {report:?}");
        assert_eq!(report.passed(), broken.is_empty(), "{flaw:?}");
    }
}

/// How long the slow table takes for a call: longer than any call may take that comes too late.
const SLOW: Duration = Duration::from_secs(4);

/// A table whose first create and first retrieve take long, and end before their deadlines.
struct Slow {
    inner: InMemory,
    slow_creates: AtomicUsize,
    slow_retrieves: AtomicUsize,
}

impl Slow {
    /// Waits where it is one of the calls that are slow. Answers when it has to be done: such a call is in time, however
    /// slow the machine is too, as long as who asked waits for it.
    async fn take_time(left: &AtomicUsize, deadline: Instant) -> Instant {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return deadline;
        }
        sleep(SLOW).await;
        Instant::now() + SLOW
    }
}

#[async_trait]
impl InteractionSegment for Slow {
    fn segment_table(&self) -> &str {
        self.inner.segment_table()
    }

    async fn create(
        &self,
        segment: &NewInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let deadline = Self::take_time(&self.slow_creates, deadline).await;
        self.inner.create(segment, deadline).await
    }

    async fn retrieve(
        &self,
        wanted: &WantedInteractionSegment<'_>,
        deadline: Instant,
    ) -> Result<InteractionSegmentRecord, Error> {
        let deadline = Self::take_time(&self.slow_retrieves, deadline).await;
        self.inner.retrieve(wanted, deadline).await
    }
}

#[tokio::test]
async fn a_table_that_is_slow_but_in_time_keeps_the_contract() {
    let (slow_creates, slow_retrieves) = (AtomicUsize::new(1), AtomicUsize::new(1));
    let slow = Arc::new(Slow { inner: InMemory::new(Flaw::None), slow_creates, slow_retrieves });
    contract::verify(slow.clone()).await.assert_passed();
    assert_eq!((slow.slow_creates.load(Ordering::SeqCst), slow.slow_retrieves.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
#[should_panic(expected = "create is idempotent for a segment_id: the second create answers another record")]
async fn a_broken_contract_fails_the_test_that_asserts_it() {
    contract::verify(Arc::new(InMemory::new(Flaw::Overwrites))).await.assert_passed();
}

// ---- What a remote is asked, and what it may answer

#[tokio::test]
async fn a_remote_is_told_all_about_the_segment_that_is_opened() {
    let deployed = Deployed::start("told").await;
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let [retrieve, create] = deployed.api.invocations().try_into().expect("two invocations");
    assert_eq!(
        without_remaining(&retrieve),
        json!({
            "version": 1, "segment_table": "voice_call", "operation": "retrieve", "segment_id": "call-1",
            "interaction": "interaction", "caller": "integrator",
        })
    );
    assert_eq!(
        without_remaining(&create),
        json!({
            "version": 1,
            "segment_table": "voice_call",
            "operation": "create",
            "segment": {
                "segment_id": "call-1",
                "interaction": "interaction",
                "agent": "agent",
                "external_segment_id": "EXT-1",
                "opened_on": "2024-09-16 17:52:01",
                "caller": "integrator",
            },
        })
    );
    // Both calls share the ten seconds.
    let remaining = [&retrieve, &create].map(|it| it.request["remaining_ms"].as_u64().expect("milliseconds"));
    assert!(remaining[1] <= remaining[0] && remaining[0] <= 10_000, "{remaining:?}");
    assert!(remaining[1] > 0, "{remaining:?}");
}

#[tokio::test]
async fn a_function_can_be_named_by_its_arn() {
    let (world, api) = (World::start().await, InvokeApi::start("by-arn").await);
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:by-arn";
    let registry = remote(&world, &api, arn);
    let error = registry.retrieve("voice_call", &WANTED).await.expect_err("no record");
    assert!(matches!(error, Error::NoSuchRecord { .. }), "{error}");
    assert_eq!(api.invocations()[0].function, arn);
}

#[tokio::test]
async fn a_segment_that_is_open_already_is_answered_without_its_table() {
    let deployed = Deployed::start("asked-once").await;
    let first = deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    deployed.api.invocations();
    deployed.api.misbehave(Misbehaviour::FunctionError);
    let again = deployed.world.instance_with(deployed.parts()).call(&create("EXT-1", "call-1")).await.expect(200);
    assert_eq!(again, first);
    assert!(deployed.api.invocations().is_empty());
}

#[tokio::test]
async fn a_record_that_is_there_is_not_created() {
    let deployed = Deployed::start("there").await;
    deployed.api.put(json!({"id": "call-1", "table": "voice_call", "agent": "somebody"}));
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let operations: Vec<_> = deployed.api.invocations().iter().map(|it| it.request["operation"].clone()).collect();
    assert_eq!(operations, ["retrieve"]);
    let shown = deployed.instance.read("EXT-1?include=interaction_segment").await;
    assert_eq!(shown["interaction_segment"], json!({"id": "call-1", "table": "voice_call", "agent": "somebody"}));
    for blank in ["EXT-1?include=", "EXT-1?include=%20"] {
        assert_eq!(deployed.instance.read(blank).await["interaction_segment"], json!(null), "as if it were absent");
    }
}

#[tokio::test]
async fn requests_and_responses_are_as_the_published_schema_says() {
    let (world, api) = (World::start().await, InvokeApi::start("published").await);
    let (request, response) = (schema("request"), schema("response"));
    contract::verify(served(&remote(&world, &api, "published"), "voice_call")).await.assert_passed();
    let invocations = api.invocations();
    for operation in ["create", "retrieve"] {
        assert!(invocations.iter().any(|invocation| invocation.request["operation"] == operation), "{operation}");
    }
    for invocation in invocations {
        assert!(request.is_valid(&invocation.request), "{}", invocation.request);
        assert!(response.is_valid(&invocation.response), "{}", invocation.response);
        // What is sent is no answer, and what is answered is no request.
        assert!(!response.is_valid(&invocation.request) && !request.is_valid(&invocation.response));
    }
}

#[test]
fn the_published_schema_refuses_requests_that_lack_something() {
    let schema = schema("request");
    let create = json!({
        "version": 1, "segment_table": "t", "remaining_ms": 5, "operation": "create",
        "segment": {"segment_id": "s", "interaction": "i", "agent": "a", "opened_on": "2024-09-16 17:52:01", "caller": "c"},
    });
    let retrieve =
        json!({"version": 1, "segment_table": "t", "remaining_ms": 0, "operation": "retrieve", "segment_id": "s"});
    for whole in [&create, &retrieve] {
        assert!(schema.is_valid(whole), "{whole}");
        for name in whole.as_object().expect("an object").keys() {
            let mut partial = whole.clone();
            partial.as_object_mut().expect("an object").remove(name);
            assert!(!schema.is_valid(&partial), "without {name}");
        }
    }
    for name in create["segment"].as_object().expect("an object").keys() {
        let mut partial = create.clone();
        partial["segment"].as_object_mut().expect("an object").remove(name);
        assert!(!schema.is_valid(&partial), "without segment.{name}");
    }
}

/// Responses that the contract allows.
fn good_responses() -> Vec<Value> {
    let record = |more: Value| {
        let mut record = json!({"id": "call-1", "table": "voice_call"});
        record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({"version": 1, "record": record})
    };
    vec![
        record(json!({})),
        record(json!({"interaction": "i", "agent": "a", "transcript": "", "fields": {"any": [1, {"thing": null}]}})),
        record(
            json!({"interaction": null, "agent": null, "start": null, "end": null, "transcript": null, "fields": null}),
        ),
        record(json!({"start": "2024-09-16 17:52:01", "end": "2024-09-16T17:52:01.5+02:00"})),
        record(json!({"transcript": "x".repeat(100_000), "unknown": true})),
        json!({"version": 1, "error": {"code": "no_such_record"}}),
        json!({"version": 1, "error": {"code": "no_such_record", "message": null}}),
        json!({"version": 1, "error": {"code": "bad_input", "message": "Too long."}}),
        json!({"version": 1, "error": {"code": "bad_input"}}),
        json!({"version": 1, "error": {"code": "try_again", "message": "Busy."}, "hint": 1}),
    ]
}

/// Responses that break it, each with what the log says of it.
fn bad_responses() -> Vec<(Value, &'static str)> {
    let record = |more: Value| {
        let mut record = json!({"id": "call-1", "table": "voice_call"});
        record.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({"version": 1, "record": record})
    };
    vec![
        (json!("no_such_record"), "the body has to be an object, and is a text"),
        (json!(null), "the body has to be an object, and is null"),
        (json!([]), "the body has to be an object, and is an array"),
        (json!({}), "version has to be one of 1; record is required"),
        (json!({"version": 1}), "record is required"),
        (json!({"record": {"id": "call-1", "table": "voice_call"}}), "version has to be one of 1"),
        (json!({"version": 2, "record": {"id": "call-1", "table": "voice_call"}}), "version has to be one of 1"),
        (
            json!({"version": "1", "record": {"id": "call-1", "table": "voice_call"}}),
            "version has to be a whole number",
        ),
        (json!({"version": 1, "record": []}), "record"),
        (json!({"version": 1, "record": "call-1"}), "record has to be an object, and is a text"),
        (json!({"version": 1, "record": {}}), "record.id is required; record.table is required"),
        (record(json!({"id": null})), "record.id is required"),
        (record(json!({"id": 1.7})), "record.id has to be a text, and is a number"),
        (record(json!({"id": " "})), "record.id is required"),
        (record(json!({"table": {}})), "record.table has to be a text, and is an object"),
        (record(json!({"interaction": true})), "record.interaction has to be a text, and is a boolean"),
        (record(json!({"agent": "x".repeat(1025)})), "record.agent has more than 1024 characters"),
        (record(json!({"start": "yesterday"})), "record.start has to be a date and time that exists"),
        (record(json!({"end": 1726509121})), "record.end has to be a date and time that exists"),
        (record(json!({"transcript": ["Hello."]})), "record.transcript has to be a text, and is an array"),
        (record(json!({"fields": []})), "record.fields has to be an object, and is an array"),
        (json!({"version": 1, "error": "busy"}), "error has to be an object, and is a text"),
        (json!({"version": 1, "error": {}}), "error.code has to be one of no_such_record, bad_input, try_again"),
        (json!({"version": 1, "error": {"code": "teapot"}}), "error.code has to be one of"),
        (
            json!({"version": 1, "error": {"code": "try_again"}, "record": {"id": "call-1", "table": "voice_call"}}),
            "record can only be used where error is not given",
        ),
    ]
}

#[tokio::test]
async fn the_schema_and_the_client_agree_on_responses() {
    let (world, api) = (World::start().await, InvokeApi::start("agreed").await);
    let (schema, registry) = (schema("response"), remote(&world, &api, "agreed"));
    let cases = good_responses().into_iter().map(|response| (response, true));
    for (response, good) in cases.chain(bad_responses().into_iter().map(|(response, _)| (response, false))) {
        assert_eq!(schema.is_valid(&response), good, "the schema, {response}");
        api.misbehave(Misbehaviour::Answers(response.to_string()));
        let broken = matches!(registry.retrieve("voice_call", &WANTED).await, Err(Error::Broken(_)));
        assert_eq!(!broken, good, "the client, {response}");
    }
}

// ---- What a remote can do wrong

/// Opens, through a deployment whose table `voice_call` is remote, and reads what is open.
struct Deployed {
    world: World,
    api: InvokeApi,
    function: &'static str,
    instance: Instance,
    log: Log,
}

impl Deployed {
    async fn start(function: &'static str) -> Self {
        let log = Log::keep(LevelFilter::WARN);
        let (world, api) = (World::start().await, InvokeApi::start(function).await);
        let instance =
            world.instance_with(Parts { segment_tables: Some(remote(&world, &api, function)), ..Parts::default() });
        Self { world, api, function, instance, log }
    }

    fn parts(&self) -> Parts {
        Parts { segment_tables: Some(remote(&self.world, &self.api, self.function)), ..Parts::default() }
    }

    /// An instance that does not wait long.
    fn impatient(&self) -> Instance {
        let registry = remote(&self.world, &self.api, self.function).with_patience(Duration::from_millis(150));
        self.world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() })
    }

    /// Lets the function misbehave while a segment is opened, and while another is read. Both calls
    /// end with the status, nothing is left of the first, and all is well once the function is.
    async fn assert_answered(&self, instance: &Instance, misbehaviour: &Misbehaviour, status: u16) {
        self.instance.call(&create("EXT-READ", "call-read")).await.expect(200);
        let before = self.world.records(Table::Segments).await;
        let opening = create(&format!("EXT-{status}"), &format!("call-{status}"));
        let include = Event::get("segment/EXT-READ?include=interaction_segment");
        let find = Event::get("segment/agent/agent/interaction/interaction?include=interaction_segment");
        for event in [&opening, &include, &find] {
            self.api.misbehave(misbehaviour.clone());
            let reply = instance.call(event).await;
            assert_opaque(&reply, status, self.function);
        }
        assert_eq!(self.world.records(Table::Segments).await, before, "{misbehaviour:?}: half a segment");
        // Who does not ask for the record does not notice.
        self.api.misbehave(misbehaviour.clone());
        instance.call(&Event::get("segment/EXT-READ")).await.expect(200);
        self.api.behave();
        self.instance.call(&opening).await.expect(200);
        let shown = self.instance.call(&include).await.expect(200);
        assert_eq!(shown["segment"]["interaction_segment"]["id"], "call-read", "{shown}");
    }
}

#[tokio::test]
async fn a_remote_that_does_not_answer_is_a_503() {
    let deployed = Deployed::start("silent").await;
    deployed.assert_answered(&deployed.impatient(), &Misbehaviour::Silence, 503).await;
}

#[tokio::test]
async fn a_remote_that_lambda_keeps_throttling_is_a_503() {
    let deployed = Deployed::start("throttled").await;
    deployed.assert_answered(&deployed.instance, &Misbehaviour::Throttles(usize::MAX), 503).await;
}

#[tokio::test]
async fn a_throttled_remote_is_asked_three_times_at_most() {
    let deployed = Deployed::start("throttled-thrice").await;
    deployed.api.misbehave(Misbehaviour::Throttles(2));
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    // Three times for the record, and once to create it.
    assert_eq!(deployed.api.invocations().len(), 4);
    deployed.api.misbehave(Misbehaviour::Throttles(usize::MAX));
    assert_opaque(&deployed.instance.call(&create("EXT-2", "call-2")).await, 503, "throttled-thrice");
    assert_eq!(deployed.api.invocations().len(), 3);
}

#[tokio::test]
async fn a_remote_that_is_being_updated_is_asked_three_times_and_then_a_503() {
    let deployed = Deployed::start("updated").await;
    deployed.api.misbehave(Misbehaviour::Updates(2));
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    assert_eq!(deployed.api.invocations().len(), 4, "three times for the record, and once to create it");
    deployed.api.misbehave(Misbehaviour::Updates(usize::MAX));
    assert_opaque(&deployed.instance.call(&create("EXT-2", "call-2")).await, 503, "updated");
    assert_eq!(deployed.api.invocations().len(), 3);
}

#[tokio::test]
async fn a_remote_that_is_throttled_for_too_long_is_given_up_at_the_deadline() {
    let deployed = Deployed::start("throttled-late").await;
    deployed.api.misbehave(Misbehaviour::Throttles(usize::MAX));
    assert_opaque(&deployed.impatient().call(&create("EXT-1", "call-1")).await, 503, "throttled-late");
    assert!(deployed.api.invocations().len() < 3, "the third attempt would come 600 ms after the first");
}

#[tokio::test]
async fn a_failing_lambda_service_is_a_503_and_not_asked_again() {
    let deployed = Deployed::start("serviced").await;
    deployed.api.misbehave(Misbehaviour::ServiceError);
    assert_opaque(&deployed.instance.call(&create("EXT-0", "call-0")).await, 503, "serviced");
    assert_eq!(deployed.api.invocations().len(), 1);
    deployed.api.behave();
    deployed.assert_answered(&deployed.instance, &Misbehaviour::ServiceError, 503).await;
}

#[tokio::test]
async fn a_failing_function_is_a_500_and_not_asked_again() {
    let deployed = Deployed::start("failing").await;
    deployed.api.misbehave(Misbehaviour::FunctionError);
    assert_opaque(&deployed.instance.call(&create("EXT-0", "call-0")).await, 500, "failing");
    assert_eq!(deployed.api.invocations().len(), 1);
    deployed.api.behave();
    deployed.assert_answered(&deployed.instance, &Misbehaviour::FunctionError, 500).await;
    let lines = deployed.log.text();
    assert!(lines.contains("function failing failed (Unhandled)"), "{lines}");
    // What the function says of its failure may quote the conversation.
    assert!(!lines.contains("secret"), "{lines}");
}

#[tokio::test]
async fn a_remote_that_asks_to_try_again_is_a_503() {
    let deployed = Deployed::start("busy").await;
    let busy = json!({"version": 1, "error": {"code": "try_again", "message": "the busy table"}}).to_string();
    deployed.assert_answered(&deployed.instance, &Misbehaviour::Answers(busy), 503).await;
}

#[tokio::test]
async fn a_remote_that_answers_another_tables_record_is_a_500() {
    let deployed = Deployed::start("other-table").await;
    deployed.assert_answered(&deployed.instance, &Misbehaviour::AnotherTable, 500).await;
    let lines = deployed.log.text();
    let violation = "function other-table breaks the contract: record.table is 'someone_elses', and 'voice_call'";
    assert!(lines.contains(violation), "{lines}");
}

#[tokio::test]
async fn a_remote_that_answers_another_record_is_a_500() {
    let deployed = Deployed::start("other-record").await;
    deployed.assert_answered(&deployed.instance, &Misbehaviour::AnotherRecord, 500).await;
    let lines = deployed.log.text();
    let violation = "function other-record breaks the contract: record.id is 'another-call', and 'call-500'";
    assert!(lines.contains(violation), "{lines}");
}

#[tokio::test]
async fn a_remote_that_answers_garbage_is_a_500_whose_log_says_what_is_wrong() {
    let deployed = Deployed::start("garbled").await;
    for garbage in ["", "<html>Bad Gateway</html>", "{\"version\": 1", "\u{0}"] {
        deployed.assert_answered_with(garbage, "line 1, column ").await;
    }
    for (response, violation) in bad_responses() {
        deployed.assert_answered_with(&response.to_string(), violation).await;
    }
    deployed.assert_answered(&deployed.instance, &Misbehaviour::Answers("garbage".to_owned()), 500).await;
}

impl Deployed {
    /// A response to an opening that breaks the contract: 500, a log line, and no segment.
    async fn assert_answered_with(&self, response: &str, violation: &str) {
        let before = self.log.text().len();
        self.api.misbehave(Misbehaviour::Answers(response.to_owned()));
        assert_opaque(&self.instance.call(&create("EXT-1", "call-1")).await, 500, self.function);
        let lines = self.log.text().split_off(before);
        let expected = format!("function {} breaks the contract: ", self.function);
        let said = lines.split_once(&expected).map(|(_, said)| said);
        assert!(said.is_some_and(|said| said.contains(violation)), "{response}: {violation} is not in {lines}");
        assert!(self.world.records(Table::Segments).await.is_empty(), "{response}: half a segment");
        self.api.behave();
    }
}

#[tokio::test]
async fn a_remote_that_is_absent_is_a_500_that_the_log_explains() {
    let (world, api) = (World::start().await, InvokeApi::start("present").await);
    let log = Log::keep(LevelFilter::WARN);
    let instance =
        world.instance_with(Parts { segment_tables: Some(remote(&world, &api, "absent")), ..Parts::default() });
    assert_opaque(&instance.call(&create("EXT-1", "call-1")).await, 500, "absent");
    assert_eq!(api.invocations().len(), 1);
    assert!(world.records(Table::Segments).await.is_empty());
    let lines = log.with("function absent");
    assert!(lines.contains("ResourceNotFoundException") || lines.contains("ResourceNotFound"), "{lines}");

    let present =
        world.instance_with(Parts { segment_tables: Some(remote(&world, &api, "present")), ..Parts::default() });
    present.call(&create("EXT-1", "call-1")).await.expect(200);
    assert_opaque(&instance.call(&Event::get("segment/EXT-1?include=interaction_segment")).await, 500, "absent");
}

#[tokio::test]
async fn a_remote_that_refuses_an_id_is_a_400_in_its_own_words() {
    let deployed = Deployed::start("refusing").await;
    for (error, reason) in [
        (json!({"code": "bad_input", "message": "Call ids are numbers."}), "Call ids are numbers."),
        (json!({"code": "bad_input"}), "no reason is given"),
    ] {
        deployed.api.misbehave(Misbehaviour::Answers(json!({"version": 1, "error": error}).to_string()));
        let body = deployed.instance.call(&create("EXT-1", "call-1")).await.expect(400);
        let message = format!("segment_id is refused by its table: {reason}");
        assert_eq!(body, json!({"success": false, "message": message}));
        assert!(deployed.world.records(Table::Segments).await.is_empty());
    }
}

#[tokio::test]
async fn ten_who_open_one_segment_at_once_make_one_record() {
    let deployed = Deployed::start("raced").await;
    let instances: Vec<_> = (0..10).map(|_| deployed.world.instance_with(deployed.parts())).collect();
    let event = create("EXT-1", "call-1");
    let answers = join_all(instances.iter().map(|instance| instance.call(&event))).await;
    let ids: Vec<_> = answers.iter().map(|reply| reply.expect(200)["sys_id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(deployed.api.ids(), ["call-1"]);
    assert_eq!(deployed.world.segment_keys().await.len(), 1);
}

#[tokio::test]
async fn a_table_that_nothing_serves_any_more_is_a_500_only_for_who_asks_for_its_record() {
    let deployed = Deployed::start("retired").await;
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let without = deployed.world.instance();
    without.call(&Event::get("segment/EXT-1")).await.expect(200);
    assert_opaque(&without.call(&Event::get("segment/EXT-1?include=interaction_segment")).await, 500, "voice_call");
    let body = without.call(&create("EXT-2", "call-2")).await.expect(400);
    let message = body["message"].as_str().expect("a message");
    assert!(message.contains("segment_table") && message.contains("'voice_call'"), "{message}");
    // Nothing has been stored for it, and beside other faults it is named with them.
    assert_eq!(deployed.world.segment_keys().await.len(), 1);
    let mut faulty = segmented("EXT-2", "call-2");
    faulty["segment_table"] = json!("voice_call");
    faulty["opened_on"] = json!("now");
    let body = without.call(&Event::post("segment/create").json(&faulty)).await.expect(400);
    let message = body["message"].as_str().expect("a message");
    assert!(message.contains("opened_on") && message.contains("'voice_call'"), "{message}");
}

#[tokio::test]
async fn the_same_request_again_is_right_though_its_table_has_gone() {
    let deployed = Deployed::start("gone").await;
    let first = deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let again = deployed.world.instance().call(&create("EXT-1", "call-1")).await.expect(200);
    assert_eq!(again, first);
}

// ---- Another interaction's record

const OTHERS: &str = "segment_id names a record of another interaction";

/// The same opening for another interaction, in a wrap-up of its own.
fn of_interaction(interaction: &str, external_segment_id: &str, table: &str) -> Event {
    let mut body = segmented(external_segment_id, "call-1");
    body["segment_table"] = json!(table);
    body["interaction_sys_id"] = json!(interaction);
    Event::post("segment/create").json(&body)
}

/// Tries to get at the record `call-1` of the interaction `interaction` by wrap-ups of others.
async fn assert_kept_apart(world: &World, instance: &Instance, table: &str) {
    instance.call(&of_interaction("interaction", "MINE", table)).await.expect(200);
    let shown = instance.read("MINE?include=interaction_segment").await;
    assert_eq!(shown["interaction_segment"]["interaction"], "interaction", "{table}");
    let before = (world.records(Table::Segments).await, world.records(Table::Codes).await);
    for stranger in ["a stranger's", "Interaction", " interaction", "interaction ", "interaction\u{301}"] {
        let body = instance.call(&of_interaction(stranger, "THEIRS", table)).await.expect(400);
        assert_eq!(body, json!({"success": false, "message": OTHERS}), "{table}, {stranger:?}");
        // Nor is anything stored for it, be the codes known or not.
        let mut body = segmented("THEIRS", "call-1");
        body["segment_table"] = json!(table);
        body["interaction_sys_id"] = json!(stranger);
        body["configuration"]["allowed_codes"] = json!([{"code": "Code 000"}, {"code": "Never seen"}]);
        instance.call(&Event::post("segment/create").json(&body)).await.expect(400);
    }
    assert_eq!((world.records(Table::Segments).await, world.records(Table::Codes).await), before, "{table}");
}

#[tokio::test]
async fn nobody_opens_a_segment_with_another_interactions_record_whatever_serves_its_table() {
    let api = InvokeApi::start("apart").await;
    let json = json!({
        "voice_call": "apart", "chat": {"dynamodb_table": "team-chats", "key": "id", "columns": all_columns()},
    });
    for table in [PHONE_LOG, "voice_call", "chat", "memory"] {
        let world = World::start().await;
        create_table(&world, "team-chats").await;
        let registry = described(&json.to_string(), &world, || connect(api.connection()));
        let registry = registry.expect("a registry").with(InMemory::new(Flaw::None).of("interaction"));
        let instance = world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() });
        assert_kept_apart(&world, &instance, table).await;
    }
}

#[tokio::test]
async fn a_record_that_was_given_to_another_interaction_since_is_not_shown_any_more() {
    let deployed = Deployed::start("moved").await;
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let record = |interaction: Value| json!({"id": "call-1", "table": "voice_call", "interaction": interaction, "transcript": "a secret"});
    let paths = ["EXT-1", "agent/agent/interaction/interaction"];
    for (interaction, shown) in [
        (json!("interaction"), true),
        (json!("a stranger's"), false),
        // Nobody's, so anybody's who knows its id.
        (Value::Null, true),
        (json!("  "), true),
        (json!("interaction "), false),
    ] {
        deployed.api.put(record(interaction.clone()));
        for path in paths {
            let reply =
                deployed.instance.call(&Event::get(&format!("segment/{path}?include=interaction_segment"))).await;
            let included = reply.expect(200)["segment"].get("interaction_segment").is_some();
            assert_eq!((included, reply.text().contains("a secret")), (shown, shown), "{path}, {interaction}");
        }
    }
}

#[tokio::test]
async fn of_two_interactions_that_race_for_a_record_one_gets_it() {
    for _ in 0..4 {
        let deployed = Deployed::start("contested").await;
        let instances: Vec<_> = (0..8).map(|_| deployed.world.instance_with(deployed.parts())).collect();
        let events: Vec<_> = (0..8)
            .map(|index| of_interaction(&format!("interaction-{}", index % 2), &format!("EXT-{index}"), "voice_call"))
            .collect();
        let replies = join_all(instances.iter().zip(&events).map(|(instance, event)| instance.call(event))).await;
        let opened: Vec<_> = (0..8).filter(|index| replies[*index].status() == 200).collect();
        assert_eq!(opened.len(), 4, "{opened:?}");
        assert!(opened.iter().all(|index| index % 2 == opened[0] % 2), "{opened:?}");
        for reply in replies.iter().filter(|reply| reply.status() != 200) {
            assert_eq!(reply.expect(400)["message"], OTHERS);
        }
    }
}

#[tokio::test]
async fn an_interaction_that_is_no_text_keeps_others_out_as_well() {
    let world = World::start().await;
    create_table(&world, "team-chats").await;
    let registry = dynamodb_table(&world, "team-chats", &all_columns());
    let instance = world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() });
    for (value, own) in [
        (AttributeValue::N("4711".to_owned()), Some("4711")),
        (AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()]), None),
        (AttributeValue::L(vec![AttributeValue::S("a".to_owned())]), None),
        (AttributeValue::B(Blob::new([1])), None),
    ] {
        let put = world.client().put_item().table_name("team-chats").item("conversation", value.clone());
        put.item("id", AttributeValue::S("call-1".to_owned())).send().await.expect("a row");
        let reply = instance.call(&of_interaction("interaction", "EXT-1", "chat")).await;
        assert_eq!(reply.expect(400)["message"], OTHERS, "{value:?}");
        if let Some(own) = own {
            instance.call(&of_interaction(own, "EXT-2", "chat")).await.expect(200);
            let shown = instance.read("EXT-2?include=interaction_segment").await;
            assert_eq!(shown["interaction_segment"]["interaction"], own);
        }
    }
}

#[tokio::test]
async fn a_remote_hears_who_reads_a_record() {
    let deployed = Deployed::start("overheard").await;
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    deployed.api.invocations();
    let as_reader = Event::get("segment/EXT-1?include=interaction_segment");
    let as_reader = as_reader.authorizer(json!({"wrapup_user": "a reader", "principalId": "a reader"}));
    deployed.instance.call(&as_reader).await.expect(200);
    let [retrieve] = deployed.api.invocations().try_into().expect("one invocation");
    assert_eq!(
        (&retrieve.request["caller"], &retrieve.request["interaction"]),
        (&json!("a reader"), &json!("interaction"))
    );
}

// ---- Tables by configuration

#[tokio::test]
async fn a_configuration_that_cannot_be_read_says_where() {
    let world = World::start().await;
    let api = InvokeApi::start("configured").await;
    for (json, place) in [
        ("", "line 1, column 1"),
        ("{", "line 1, column 1"),
        ("{\"chat\":\n  \"fn\",}", "line 2, column 8"),
        ("[]", "line 1, column 1: the body has to be an object, and is an array"),
        ("\"fn\"", "line 1, column 1: the body has to be an object, and is a text"),
        (r#"{"chat": ""}"#, "chat is required"),
        (r#"{"chat": null}"#, "chat is required"),
        (r#"{"chat": 0.5}"#, "chat has to be an object, and is a number"),
        (r#"{"chat": []}"#, "chat has to be an object, and is an array"),
        (r#"{"chat": {}}"#, "chat.dynamodb_table is required; chat.key is required"),
        (r#"{"chat": {"function": true}}"#, "chat.function has to be a text, and is a boolean"),
        (r#"{"chat": {"dynamodb_table": "chats"}}"#, "chat.key is required"),
        (r#"{"chat": {"dynamodb_table": "chats", "key": "id", "columns": "all"}}"#, "chat.columns has to be an object"),
        (r#"{"chat": {"dynamodb_table": "chats", "key": "id", "colums": {}}}"#, "chat.colums has to be one of"),
        (
            r#"{"chat": {"dynamodb_table": "chats", "key": "id", "columns": {"agnet": "a"}}}"#,
            "chat.columns.agnet has to be one of interaction, agent,",
        ),
        (
            r#"{"chat": {"dynamodb_table": "chats", "key": "id", "columns": {"agent": ""}}}"#,
            "chat.columns.agent is required",
        ),
        (
            r#"{"chat": {"dynamodb_table": "chats", "key": "id", "columns": {"agent": "id"}}}"#,
            "chat.columns.agent repeats 'id'",
        ),
        (
            r#"{"chat": {"dynamodb_table": "chats", "key": "id", "columns": {"agent": "who", "interaction": "who"}}}"#,
            "chat.columns.interaction repeats 'who'",
        ),
        (
            r#"{"good": "fn", "one": true, "two": {"key": "k"}}"#,
            "one has to be an object, and is a boolean; two.dynamodb",
        ),
    ] {
        let built = described(json, &world, || connect(api.connection()));
        let error = built.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("WRAPUP_SEGMENT_TABLES: "), "{json}: {error:?}");
        assert!(error.contains(place), "{json}: {error}");
    }
}

#[tokio::test]
async fn a_configuration_adds_to_the_built_in_tables() {
    let world = World::start().await;
    let api = InvokeApi::start("added").await;
    let json = r#"{
        "voice_call": "added",
        "video_call": {"function": "arn:aws:lambda:us-east-1:123456789012:function:added"},
        "chat": {"dynamodb_table": "chats", "key": "id"}
    }"#;
    let registry = described(json, &world, || connect(api.connection())).expect("a registry");
    assert_eq!(registry.tables().collect::<Vec<_>>(), ["chat", PHONE_LOG, "video_call", "voice_call"]);
    // Who names no function needs no client of Lambda.
    let registry = described("{}", &world, || panic!("a client of Lambda")).expect("a registry");
    assert_eq!(registry.tables().collect::<Vec<_>>(), [PHONE_LOG]);
}

#[tokio::test]
async fn a_table_by_configuration_keeps_the_fields_in_its_columns() {
    let world = World::start().await;
    create_table(&world, "team-chats").await;
    let registry = dynamodb_table(&world, "team-chats", &all_columns());
    let instance = world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() });
    let mut body = segmented("EXT-1", "chat-1");
    body["segment_table"] = json!("chat");
    instance.open(&body).await;
    let stored = &rows(&world, "team-chats").await[0];
    let expected = [
        ("id", "chat-1"),
        ("conversation", "interaction"),
        ("who", "agent"),
        ("began", "2024-09-16 17:52:01"),
        ("reference", "EXT-1"),
    ];
    assert_eq!(*stored, expected.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).into());
}

#[tokio::test]
async fn what_a_table_by_configuration_holds_besides_is_shown() {
    let world = World::start().await;
    create_table(&world, "team-chats").await;
    let registry = dynamodb_table(&world, "team-chats", &all_columns());
    let number = |digits: &str| AttributeValue::N(digits.to_owned());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let row: Item = [
        ("id", text("chat-1")),
        ("who", text("agent")),
        ("began", text("2024-09-16T17:52:01Z")),
        // Not what the column should hold: no reason to hide it, nor to fail.
        ("finished", number("1726509121")),
        ("conversation", AttributeValue::Bool(true)),
        ("said", text("Hello.\nGood bye.")),
        ("score", number("4.5")),
        ("huge", number("12345678901234567890123456789012345678")),
        ("nothing", AttributeValue::Null(true)),
        ("attachment", AttributeValue::B(Blob::new([0, 255]))),
        ("scans", AttributeValue::Bs(vec![Blob::new([1])])),
        ("tags", AttributeValue::Ss(vec!["a".to_owned(), "b".to_owned()])),
        ("marks", AttributeValue::Ns(vec!["1".to_owned()])),
        ("list", AttributeValue::L(vec![text("x"), AttributeValue::L(vec![number("1")]), AttributeValue::Null(true)])),
        ("map", AttributeValue::M(HashMap::from([("a b".to_owned(), AttributeValue::Bool(false))]))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    world.client().put_item().table_name("team-chats").set_item(Some(row)).send().await.expect("a row");
    let instance = world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() });
    let mut body = segmented("EXT-1", "chat-1");
    body["segment_table"] = json!("chat");
    instance.open(&body).await;
    assert_eq!(
        instance.read("EXT-1?include=interaction_segment").await["interaction_segment"],
        json!({
            "id": "chat-1",
            "table": "chat",
            "agent": "agent",
            "start": "2024-09-16 17:52:01",
            "transcript": "Hello.\nGood bye.",
            "fields": {
                "finished": 1_726_509_121,
                "conversation": true,
                "score": 4.5,
                "huge": "12345678901234567890123456789012345678",
                "attachment": "AP8=",
                "scans": ["AQ=="],
                "tags": ["a", "b"],
                "marks": [1],
                "list": ["x", [1], null],
                "map": {"a b": false},
            },
        })
    );
    let xml =
        instance.call(&Event::get("segment/EXT-1?include=interaction_segment").header("Accept", "text/xml")).await;
    assert_eq!(xml.status(), 200, "{}", xml.text());
    assert!(xml.text().contains("<list>x</list><list><entry>1</entry></list>"), "{}", xml.text());
    assert!(xml.text().contains("<map><a_b>false</a_b></map>"), "{}", xml.text());
}

#[tokio::test]
async fn an_id_that_a_table_by_configuration_cannot_hold_is_a_400() {
    let world = World::start().await;
    create_table(&world, "team-chats").await;
    let registry = dynamodb_table(&world, "team-chats", &json!({}));
    let instance = world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() });
    // 1,024 characters, as an id may have, and twice as many bytes as a DynamoDB key may.
    let mut body = segmented("EXT-1", &"\u{1F642}".repeat(1024));
    body["segment_table"] = json!("chat");
    let answer = instance.call(&Event::post("segment/create").json(&body)).await.expect(400);
    let message = answer["message"].as_str().expect("a message");
    assert_eq!(message, "segment_id is refused by its table: this table's ids have at most 2048 bytes");
    assert!(world.records(Table::Segments).await.is_empty());
    assert!(rows(&world, "team-chats").await.is_empty());
}

#[tokio::test]
async fn a_dynamodb_table_that_is_absent_is_a_500() {
    let world = World::start().await;
    let registry = dynamodb_table(&world, "never-created", &json!({}));
    let instance = world.instance_with(Parts { segment_tables: Some(registry), ..Parts::default() });
    let mut body = segmented("EXT-1", "chat-1");
    body["segment_table"] = json!("chat");
    assert_opaque(&instance.call(&Event::post("segment/create").json(&body)).await, 500, "never-created");
    assert!(world.records(Table::Segments).await.is_empty());
}

// ---- What GET shows of a record

#[tokio::test]
async fn include_takes_one_value_only() {
    let world = World::start().await;
    let instance = world.instance();
    instance.open(&segmented("EXT-1", "call-1")).await;
    for path in ["EXT-1", "agent/agent/interaction/interaction"] {
        for value in ["transcript", "interaction_segment,notes", "Interaction_Segment", "true"] {
            let body = instance.call(&Event::get(&format!("segment/{path}?include={value}"))).await.expect(400);
            assert_eq!(
                body,
                json!({"success": false, "message": "include has to be one of interaction_segment"}),
                "{value}"
            );
        }
        for query in ["", "?include=", "?other=interaction_segment"] {
            let shown = instance.read(&format!("{path}{query}")).await;
            assert_eq!(shown["segmented"], true);
            assert_eq!(shown.get("interaction_segment"), None, "{query}");
        }
        let shown = instance.read(&format!("{path}?include=interaction_segment")).await;
        assert_eq!(
            shown["interaction_segment"],
            json!({
                "id": "call-1",
                "table": PHONE_LOG,
                "interaction": "interaction",
                "agent": "agent",
                "start": "2024-09-16 17:52:01",
                "fields": {"call_id": "EXT-1"},
            })
        );
    }
}

#[tokio::test]
async fn a_record_that_was_deleted_is_left_out() {
    let deployed = Deployed::start("deleting").await;
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let path = "EXT-1?include=interaction_segment";
    assert_eq!(deployed.instance.read(path).await["interaction_segment"]["id"], "call-1");
    deployed.api.clear();
    let shown = deployed.instance.read(path).await;
    assert_eq!(shown.get("interaction_segment"), None, "{shown}");
    assert_eq!(shown, deployed.instance.read("EXT-1").await);
}

#[tokio::test]
async fn a_segment_that_is_not_segmented_has_no_record_to_include() {
    let deployed = Deployed::start("unsegmented").await;
    // Identifiers of an interaction segment that is not wrapped up are kept, and looked for nowhere.
    let mut named = opening("EXT-2");
    named["segmented"] = json!(false);
    named["segment_id"] = json!("call-1");
    named["segment_table"] = json!("voice_call");
    for body in [opening("EXT-1"), named] {
        deployed.instance.open(&body).await;
        let path = body["external_segment_id"].as_str().expect("an id");
        let shown = deployed.instance.read(&format!("{path}?include=interaction_segment")).await;
        assert_eq!(shown.get("interaction_segment"), None, "{shown}");
    }
    assert!(deployed.api.invocations().is_empty());
}

#[tokio::test]
async fn further_fields_with_odd_names_and_values_are_shown_in_both_formats() {
    let deployed = Deployed::start("odd").await;
    let fields = json!({
        "queue": "Billing",
        "wait seconds": 12,
        "2nd agent": "b & c",
        "": "empty",
        "@lang": "en",
        "$text": "text",
        "ns:name": true,
        "<script>": "]]>",
        "nothing": null,
        "grid": [[1, 2], [3, [null, "x"]]],
        "deep": {"a\u{0}b": [{"c/d": null}, {}]},
        "bell\u{7}": "\u{7}\r",
    });
    deployed
        .api
        .put(json!({"id": "call-1", "table": "voice_call", "transcript": "<b>Hi</b>\r\n\u{0}", "fields": fields}));
    deployed.instance.call(&create("EXT-1", "call-1")).await.expect(200);
    let include = Event::get("segment/EXT-1?include=interaction_segment");
    let shown = deployed.instance.call(&include).await.expect(200);
    assert_eq!(shown["segment"]["interaction_segment"]["fields"], fields);

    let reply = deployed.instance.call(&include.header("Accept", "application/xml")).await;
    assert_eq!(reply.status(), 200, "{}", reply.text());
    let document = roxmltree::Document::parse(reply.text()).unwrap_or_else(|error| panic!("{error}: {}", reply.text()));
    let record = document.descendants().find(|node| node.has_tag_name("interaction_segment")).expect("a record");
    let child = |name: &str| record.descendants().find(|node| node.has_tag_name(name)).and_then(|node| node.text());
    for (name, text) in [
        ("id", "call-1"),
        ("table", "voice_call"),
        ("transcript", "<b>Hi</b>\r\n\u{fffd}"),
        ("queue", "Billing"),
        ("wait_seconds", "12"),
        ("_2nd_agent", "b & c"),
        ("_", "empty"),
        ("_lang", "en"),
        ("_text", "text"),
        ("ns_name", "true"),
        ("_script_", "]]>"),
        ("bell_", "\u{fffd}\r"),
    ] {
        assert_eq!(child(name), Some(text), "{name} in {}", reply.text());
    }
    let text = reply.text();
    assert!(!text.contains("nothing"), "{text}");
    assert!(
        text.contains(
            "<grid><entry>1</entry><entry>2</entry></grid><grid><entry>3</entry><entry><entry>x</entry></entry></grid>"
        ),
        "{text}"
    );
    assert!(text.contains("<deep><a_b/><a_b/></deep>"), "{text}");
}

// ---- What the tests share

const WANTED: WantedInteractionSegment<'_> =
    WantedInteractionSegment { segment_id: "call-1", interaction: "interaction", caller: "integrator" };

/// Opens a segment that wraps up a call of the remote table.
fn create(external_segment_id: &str, segment_id: &str) -> Event {
    let mut body = segmented(external_segment_id, segment_id);
    body["segment_table"] = json!("voice_call");
    Event::post("segment/create").json(&body)
}

/// The built-in tables and those that a JSON object describes, as a deployment's variable does.
fn described(json: &str, world: &World, lambda: impl FnOnce() -> Lambda) -> Result<Registry, SegmentTablesError> {
    let described = Described::from_json(json)?;
    let lambda = described.need_lambda().then(lambda);
    Ok(described.registry(world.stores().dynamo(), lambda))
}

/// A registry whose table `voice_call` is served by a function.
fn remote(world: &World, api: &InvokeApi, function: &str) -> Registry {
    let json = json!({"voice_call": function}).to_string();
    described(&json, world, || connect(api.connection())).expect("a registry")
}

/// A registry whose table `chat` is a DynamoDB table with the key `id`.
fn dynamodb_table(world: &World, name: &str, columns: &Value) -> Registry {
    let json = json!({"chat": {"dynamodb_table": name, "key": "id", "columns": columns}}).to_string();
    described(&json, world, || panic!("a client of Lambda")).expect("a registry")
}

fn all_columns() -> Value {
    json!({
        "interaction": "conversation",
        "agent": "who",
        "start": "began",
        "end": "finished",
        "transcript": "said",
        "external_segment_id": "reference",
    })
}

fn served(registry: &Registry, table: &str) -> Arc<dyn InteractionSegment> {
    Arc::clone(registry.get(table).expect("a table"))
}

async fn create_table(world: &World, name: &str) {
    let definition = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S).build();
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build();
    let create = world.client().create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(definition.expect("a definition")).key_schema(key.expect("a key"));
    create.send().await.expect("a table");
}

async fn rows(world: &World, table: &str) -> Vec<Item> {
    world.client().scan().table_name(table).send().await.expect("a scan").items.unwrap_or_default()
}

fn without_remaining(invocation: &Exchange) -> Value {
    let mut request = invocation.request.clone();
    request.as_object_mut().expect("an object").remove("remaining_ms");
    request
}

/// A definition of the published schema.
fn schema(definition: &str) -> Schema {
    let text = include_str!("../../../docs/segment-table.schema.json");
    let mut schema: Value = serde_json::from_str(text).expect("JSON");
    Schema::new(schema.clone());
    schema.as_object_mut().expect("an object").remove("oneOf");
    schema["$ref"] = json!(format!("#/$defs/{definition}"));
    Schema::new(schema)
}

/// A platform error that does not tell what is behind the API.
#[track_caller]
fn assert_opaque(reply: &Reply, status: u16, function: &str) {
    let body = reply.expect(status);
    assert_eq!(body["status"], "failure", "{body}");
    let text = reply.text().to_ascii_lowercase();
    for internal in
        [function, "lambda", "function", "contract", "record", "voice_call", "secret", "127.0.0.1", "dynamo"]
    {
        assert!(!text.contains(internal), "{internal} in {text}");
    }
    assert_eq!(reply.header("retry-after").is_empty(), status != 503, "{text}");
}

#[test]
fn a_record_shows_nothing_of_the_conversation_to_a_debugger() {
    let record = InteractionSegmentRecord {
        id: "call-1".to_owned(),
        table: "voice_call".to_owned(),
        interaction: Some("secret".to_owned()),
        agent: Some("secret".to_owned()),
        start: DateTime::parse("2024-09-16 17:52:01"),
        end: None,
        transcript: Some("secret".to_owned()),
        fields: json!({"secret": "secret"}).as_object().cloned().unwrap_or_default(),
    };
    let text = format!("{record:?}");
    assert!(text.contains("call-1") && text.contains("voice_call"), "{text}");
    assert!(!text.contains("secret") && !text.contains("17:52"), "{text}");
}
