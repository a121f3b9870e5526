use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::address::{external_key, latest_key, slot_key};
use super::open::Blueprint;
use super::record::{self, VERSION};
use super::{Address, Advice, AdviseRequest, CloseRequest, Found, OpenRequest, Origin, OriginRequest, Segment, State};
use crate::Error;
use crate::clock::Clock;
use crate::codes::{Code, Codes, Label};
use crate::configurations::{Configurations, Sealed, Snapshot};
use crate::date_time::DateTime;
use crate::document::{Id, Problem, Violations};
use crate::dynamodb::{self, Dynamo, Item, Outcome, Table, key, string};
use crate::error::{CorruptRecord, Refusal};
use crate::segment_tables::{self, NewInteractionSegment, Registry};
use crate::sys_id::{self, Kind};

/// How often a write that lost a race is judged again. Each round has a winner, so losing all of
/// them takes as many others that write the same segment within milliseconds.
const ROUNDS: u32 = 12;

const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// The table `interaction_wrap_up_segment`. Beside the segments it holds, under keys that no caller
/// can name, `latest:` records (the segment opened last for an agent and an interaction) and `slot:`
/// records (the internal segment that is open, or was last, for an agent, an interaction and a
/// segment id). A segment and its records are written in one transaction.
#[derive(Clone)]
pub struct Segments {
    dynamo: Dynamo,
    table: String,
    codes: Codes,
    configurations: Configurations,
    segment_tables: Registry,
    clock: Clock,
}

impl Segments {
    /// The table of this deployment.
    pub fn new(
        dynamo: Dynamo,
        codes: Codes,
        configurations: Configurations,
        segment_tables: Registry,
        clock: Clock,
    ) -> Self {
        let table = dynamo.tables.name(Table::Segments);
        Self { dynamo, table, codes, configurations, segment_tables, clock }
    }

    /// The interaction segment tables that a request may name.
    pub fn segment_tables(&self) -> &Registry {
        &self.segment_tables
    }

    /// The segment at an address. Consistent reads: 1 by id (2 for an external id shaped like our
    /// sys_ids), 2 by agent and interaction.
    pub async fn find(&self, address: &Address) -> Result<Found, Error> {
        let (segment, _) = self.fetch(address, None).await?;
        self.with_configuration(segment).await
    }

    /// Closes a segment, or confirms or corrects one that awaits confirmation. Callers that race are
    /// judged one after the other.
    pub async fn close(&self, address: &Address, request: &CloseRequest) -> Result<Found, Error> {
        let (segment, code) = self.fetch(address, request.code.as_ref()).await?;
        let now: DateTime = self.clock.now().into();
        self.change(segment, |segment, configuration| segment.close(request, configuration, code.as_ref(), now)).await
    }

    /// Stores AI content of an external system on an open segment.
    pub async fn advise(&self, address: &Address, request: &AdviseRequest) -> Result<Found, Error> {
        let (segment, _) = self.fetch(address, None).await?;
        let now = self.now_ms();
        self.change(segment, |segment, configuration| segment.advise(request, configuration, now)).await
    }

    /// Opens a segment, once for all who ask for the same one. `caller` is the API user's name.
    ///
    /// Nothing that a crash leaves behind is wrong: codes, a snapshot and an interaction segment
    /// that nothing points to yet, all of which the next attempt finds and uses.
    pub async fn open(&self, request: &OpenRequest, caller: &str) -> Result<Found, Error> {
        let hash = request.hash().map_err(|error| Error::DynamoDb(dynamodb::Error::broken(error)))?;
        let opened_on = request.opened_on.unwrap_or_else(|| self.clock.now().into());
        let (snapshot, sealed) = match self.recall_snapshot(request) {
            Some(seen) => {
                self.ensure_interaction_segment(request, opened_on, caller).await?;
                seen
            }
            None => {
                // The same request again has to succeed even where its codes or its configuration
                // have been switched off since.
                if let Some(existing) = self.existing(request).await? {
                    return self.answer_again(existing, request, &hash).await;
                }
                self.prepare_snapshot(request, opened_on, caller).await?
            }
        };
        let segment = self.new_segment(request, opened_on, &snapshot, sealed.hash, hash);
        self.commit(segment, request, snapshot).await
    }

    /// The request's snapshot, if this instance has seen all it is made of within the last minute,
    /// finds nothing against it, and knows that it is stored.
    fn recall_snapshot(&self, request: &OpenRequest) -> Option<(Arc<Snapshot>, Sealed)> {
        let blueprint = match &request.origin {
            OriginRequest::External { configuration, .. } => Blueprint::Request(configuration),
            OriginRequest::Internal { configuration } => {
                let definition = self.configurations.recall(configuration.as_str())?;
                definition.active.then_some(Blueprint::Definition(definition))?
            }
        };
        let codes = self.codes.recall(&blueprint.labels())?;
        let known = codes.into_iter().map(|code| (code.code.clone(), code)).collect();
        let (snapshot, sealed) = blueprint.snapshot(&known).ok()?;
        self.configurations.is_stored(&sealed).then_some((snapshot, sealed))
    }

    /// Reads and judges what the snapshot is made of, and only then stores what is missing of it.
    async fn prepare_snapshot(
        &self,
        request: &OpenRequest,
        opened_on: DateTime,
        caller: &str,
    ) -> Result<(Arc<Snapshot>, Sealed), Error> {
        let blueprint = match &request.origin {
            OriginRequest::External { configuration, .. } => Blueprint::Request(configuration),
            OriginRequest::Internal { configuration } => {
                let definition = self.configurations.find(configuration.as_str()).await?;
                let definition = definition.filter(|definition| definition.active).ok_or_else(|| {
                    let problem = Problem::NotAnActiveConfiguration { sys_id: configuration.to_string() };
                    Violations::one("wrap_up_configuration_sys_id", problem)
                })?;
                Blueprint::Definition(definition)
            }
        };
        let mut known = self.codes.find(&blueprint.labels()).await?;
        let missing = blueprint.missing(&known);
        known.extend(missing.iter().map(|code| (code.code.clone(), Arc::new(code.clone()))));
        let (mut snapshot, mut sealed) = blueprint.snapshot(&known)?;
        self.ensure_interaction_segment(request, opened_on, caller).await?;
        if !missing.is_empty() {
            let added = self.codes.add_missing(missing).await?;
            known.extend(added.into_iter().map(|code| (code.code.clone(), code)));
            // Another caller may have been faster to add a code, with other translations.
            (snapshot, sealed) = blueprint.snapshot(&known)?;
        }
        let hash = sealed.hash.clone();
        let content = sealed.content.clone();
        self.configurations.store(&snapshot, sealed).await?;
        Ok((snapshot, Sealed { hash, content }))
    }

    /// Has the segment table retrieve the interaction segment of a segmented wrap-up, or create it.
    async fn ensure_interaction_segment(
        &self,
        request: &OpenRequest,
        opened_on: DateTime,
        caller: &str,
    ) -> Result<(), Error> {
        let (Some(true), Some(segment_id), Some(table)) =
            (request.segmented, &request.segment_id, &request.segment_table)
        else {
            return Ok(());
        };
        let Some(implementation) = self.segment_tables.get(table.as_str()) else {
            return Err(
                Violations::one("segment_table", Problem::UnknownSegmentTable { table: table.to_string() }).into()
            );
        };
        let answer = match implementation.retrieve(segment_id.as_str()).await {
            Err(segment_tables::Error::NoSuchRecord { .. }) => {
                let segment = NewInteractionSegment {
                    segment_id: segment_id.as_str(),
                    interaction: request.interaction.as_str(),
                    agent: request.agent.as_str(),
                    external_segment_id: match &request.origin {
                        OriginRequest::External { external_segment_id, .. } => Some(external_segment_id.as_str()),
                        OriginRequest::Internal { .. } => None,
                    },
                    opened_on,
                    caller,
                };
                implementation.create(segment).await
            }
            answer => answer,
        };
        match answer {
            Ok(_) => Ok(()),
            Err(segment_tables::Error::BadInput { reason }) => {
                Err(Violations::one("segment_id", Problem::RefusedByTable { reason }).into())
            }
            Err(source) => Err(Error::SegmentTable { table: table.to_string(), source }),
        }
    }

    fn new_segment(
        &self,
        request: &OpenRequest,
        opened_on: DateTime,
        configuration: &Snapshot,
        configuration_hash: String,
        request_hash: String,
    ) -> Segment {
        let defined_at = self.now_ms();
        let code = request.ai_wrap_up_code.clone().filter(|_| configuration.enable_ai_code);
        let notes = request.ai_notes.clone().filter(|_| configuration.enable_ai_notes);
        let (sys_id, origin) = match &request.origin {
            OriginRequest::External { external_segment_id, .. } => (
                external_key(external_segment_id),
                Origin::External { external_segment_id: external_segment_id.clone() },
            ),
            OriginRequest::Internal { .. } => (internal_key(request, None), Origin::Internal),
        };
        Segment {
            sys_id,
            agent: request.agent.clone(),
            interaction: request.interaction.clone(),
            origin,
            segmented: request.segmented.unwrap_or(false),
            segment_id: request.segment_id.clone(),
            segment_table: request.segment_table.clone(),
            opened_on,
            configuration: configuration_hash,
            ai_code: code.map(|value| Advice { value, defined_at }),
            ai_notes: notes.map(|value| Advice { value, defined_at }),
            state: State::Open,
            request_hash,
            version: 0,
        }
    }

    /// Writes a new segment together with the records that find it, or answers the one that another
    /// call made first.
    async fn commit(
        &self,
        mut segment: Segment,
        request: &OpenRequest,
        snapshot: Arc<Snapshot>,
    ) -> Result<Found, Error> {
        let internal = matches!(segment.origin, Origin::Internal);
        let mut is_latest = true;
        let mut previous: Option<String> = None;
        for round in 0..ROUNDS {
            if !internal && !is_latest {
                // Opened before the latest one: nothing else changes with it, so it needs no transaction,
                // which would cost twice the units.
                return match self.put_alone(&segment).await? {
                    None => Ok(Found { segment, configuration: snapshot }),
                    Some(existing) => self.answer_again(existing, request, &segment.request_hash).await,
                };
            }
            let mut writes = vec![self.put_segment(&segment)?];
            if internal {
                writes.push(self.put_slot(&segment, previous.as_deref())?);
            }
            if is_latest {
                writes.push(self.put_latest(&segment)?);
            }
            let sent = self.dynamo.client.transact_write_items().set_transact_items(Some(writes)).send().await;
            let Err(error) = sent else { return Ok(Found { segment, configuration: snapshot }) };
            let Some(outcomes) = dynamodb::cancellation(&error) else {
                return Err(dynamodb::Error::from(error).into());
            };
            if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Conflict)) {
                back_off(round).await;
                continue;
            }
            let mut outcomes = outcomes.into_iter();
            if let Some(Outcome::Refused(item)) = outcomes.next() {
                let existing = record::from_item(item.unwrap_or_default())?;
                return self.answer_again(existing, request, &segment.request_hash).await;
            }
            if internal && let Some(Outcome::Refused(item)) = outcomes.next() {
                let holder = self.holder(item.unwrap_or_default()).await?;
                if holder.state == State::Open {
                    return self.answer_again(holder, request, &segment.request_hash).await;
                }
                segment.sys_id = internal_key(request, Some(&holder.sys_id));
                previous = Some(holder.sys_id);
            }
            if let Some(Outcome::Refused(_)) = outcomes.next() {
                is_latest = false;
            }
        }
        Err(contended().into())
    }

    fn put_segment(&self, segment: &Segment) -> Result<TransactWriteItem, dynamodb::Error> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(record::to_item(segment)?))
            .condition_expression("attribute_not_exists(sys_id)")
            .return_values_on_condition_check_failure(ALL_OLD);
        transact(put)
    }

    fn put_slot(&self, segment: &Segment, previous: Option<&str>) -> Result<TransactWriteItem, dynamodb::Error> {
        let mut item = key(slot_key(&segment.agent, &segment.interaction, segment.segment_id.as_ref()));
        item.insert("segment".to_owned(), string(&segment.sys_id));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ALL_OLD);
        transact(match previous {
            None => put.condition_expression("attribute_not_exists(sys_id)"),
            Some(previous) => put
                .condition_expression("#segment = :previous")
                .expression_attribute_names("#segment", "segment")
                .expression_attribute_values(":previous", string(previous)),
        })
    }

    fn put_latest(&self, segment: &Segment) -> Result<TransactWriteItem, dynamodb::Error> {
        let mut item = key(latest_key(&segment.agent, &segment.interaction));
        item.insert("segment".to_owned(), string(&segment.sys_id));
        item.insert("opened_on".to_owned(), string(segment.opened_on));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(sys_id) OR opened_on <= :opened_on")
            .expression_attribute_values(":opened_on", string(segment.opened_on));
        transact(put)
    }

    /// Puts a segment that is not the latest; answers the one that is there, if any.
    async fn put_alone(&self, segment: &Segment) -> Result<Option<Segment>, Error> {
        let put = self
            .dynamo
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(record::to_item(segment)?))
            .condition_expression("attribute_not_exists(sys_id)")
            .return_values_on_condition_check_failure(ALL_OLD);
        match put.send().await {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Some(record::from_item(failed.item.clone().unwrap_or_default())?))
                }
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    /// The segment that the request opened earlier, if it did.
    async fn existing(&self, request: &OpenRequest) -> Result<Option<Segment>, Error> {
        match &request.origin {
            OriginRequest::External { external_segment_id, .. } => {
                let item = self.get(external_key(external_segment_id)).await?;
                Ok(item.map(record::from_item).transpose()?)
            }
            OriginRequest::Internal { .. } => {
                let slot = slot_key(&request.agent, &request.interaction, request.segment_id.as_ref());
                let Some(slot) = self.get(slot).await? else { return Ok(None) };
                let holder = self.holder(slot).await?;
                Ok((holder.state == State::Open).then_some(holder))
            }
        }
    }

    /// The segment that a `slot:` record points to.
    async fn holder(&self, slot: Item) -> Result<Segment, Error> {
        let sys_id = self.pointer(slot)?;
        match self.get(sys_id.clone()).await? {
            Some(item) => Ok(record::from_item(item)?),
            None => Err(self.corrupt(&sys_id, "a slot points to it, and it is not there").into()),
        }
    }

    /// Answers a request to open a segment that is there already.
    async fn answer_again(&self, existing: Segment, request: &OpenRequest, hash: &str) -> Result<Found, Error> {
        if existing.request_hash == hash {
            return self.with_configuration(existing).await;
        }
        Err(match (&request.origin, &existing.origin) {
            (OriginRequest::External { external_segment_id, .. }, Origin::External { external_segment_id: stored })
                if external_segment_id == stored =>
            {
                Refusal::ExternalIdTaken { id: external_segment_id.to_string(), sys_id: existing.sys_id }.into()
            }
            (OriginRequest::Internal { .. }, Origin::Internal) => {
                Refusal::AlreadyOpen { sys_id: existing.sys_id }.into()
            }
            // Two ids with one UUIDv5, see `sys_id::derive`.
            _ => self.corrupt(&existing.sys_id, "it belongs to another identifier").into(),
        })
    }

    /// Reads the segment at an address, and in the same request the code with a label.
    async fn fetch(&self, address: &Address, label: Option<&Label>) -> Result<(Segment, Option<Code>), Error> {
        let keys = match address {
            Address::AgentInteraction { agent, interaction } => {
                let latest = self.get(latest_key(agent, interaction)).await?.ok_or_else(|| address.not_found())?;
                vec![self.pointer(latest)?]
            }
            _ => address.keys(),
        };
        let mut code = None;
        for (position, sys_id) in keys.into_iter().enumerate() {
            let item = match label.filter(|_| position == 0) {
                None => self.get(sys_id).await?,
                Some(label) => {
                    let (code_table, code_key) = self.codes.address(label);
                    let keys =
                        HashMap::from([(self.table.clone(), vec![key(sys_id)]), (code_table.clone(), vec![code_key])]);
                    let mut found = dynamodb::batch_get_tables(&self.dynamo, keys).await?;
                    let item = found.remove(&code_table).and_then(|mut items| items.pop());
                    code = item.map(|item| self.codes.read_item(label, item)).transpose()?;
                    found.remove(&self.table).and_then(|mut items| items.pop())
                }
            };
            if let Some(item) = item {
                return Ok((record::from_item(item)?, code));
            }
        }
        Err(address.not_found().into())
    }

    /// Judges a change and writes it if the segment is still the one that was judged; judges what
    /// won the race otherwise. `judge` answers `None` where nothing changes.
    async fn change(
        &self,
        mut segment: Segment,
        judge: impl Fn(&Segment, &Snapshot) -> Result<Option<Segment>, Error>,
    ) -> Result<Found, Error> {
        let configuration = self.configurations.snapshot(&segment.configuration).await?;
        for round in 0..ROUNDS {
            let Some(mut changed) = judge(&segment, &configuration)? else {
                return Ok(Found { segment, configuration });
            };
            changed.version = segment.version + 1;
            let change = dynamodb::Change::between(&record::to_item(&segment)?, record::to_item(&changed)?);
            let update = self.dynamo.client.update_item().table_name(&self.table).set_key(Some(key(&segment.sys_id)));
            let update = change
                .apply(update)
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_values(":version", AttributeValue::N(segment.version.to_string()))
                .return_values_on_condition_check_failure(ALL_OLD);
            match update.send().await {
                Ok(_) => return Ok(Found { segment: changed, configuration }),
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                        segment = record::from_item(failed.item.clone().unwrap_or_default())?;
                    }
                    Some(other) if other.code() == Some("TransactionConflictException") => back_off(round).await,
                    _ => return Err(dynamodb::Error::from(error).into()),
                },
            }
        }
        Err(contended().into())
    }

    async fn with_configuration(&self, segment: Segment) -> Result<Found, Error> {
        let configuration = self.configurations.snapshot(&segment.configuration).await?;
        Ok(Found { segment, configuration })
    }

    async fn get(&self, sys_id: String) -> Result<Option<Item>, dynamodb::Error> {
        let get = self.dynamo.client.get_item().table_name(&self.table).consistent_read(true);
        Ok(get.set_key(Some(key(sys_id))).send().await?.item)
    }

    /// The sys_id that a `latest:` or `slot:` record holds.
    fn pointer(&self, mut item: Item) -> Result<String, CorruptRecord> {
        match item.remove("segment") {
            Some(AttributeValue::S(sys_id)) => Ok(sys_id),
            _ => Err(self.corrupt("latest: or slot:", "it names no segment")),
        }
    }

    fn corrupt(&self, key: &str, problem: &str) -> CorruptRecord {
        CorruptRecord { table: self.table.clone(), key: key.to_owned(), problem: problem.to_owned() }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.since_epoch().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The sys_id of the internal segment that follows `previous` in its slot: see [`sys_id::derive`].
fn internal_key(request: &OpenRequest, previous: Option<&str>) -> String {
    let segment_id = request.segment_id.as_ref().map_or("", Id::as_str);
    let parts = [request.agent.as_str(), request.interaction.as_str(), segment_id, previous.unwrap_or("")];
    sys_id::derive(Kind::InternalSegment, &parts)
}

fn transact(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, dynamodb::Error> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(dynamodb::Error::broken)?).build())
}

fn contended() -> dynamodb::Error {
    dynamodb::Error::Unavailable("others kept changing the same segment".into())
}

/// Waits a little longer each round, and not the same time as the others who wait.
async fn back_off(round: u32) {
    let most = 10_u64 << round.min(6);
    let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
    tokio::time::sleep(Duration::from_millis(most / 2 + most * jitter / 512)).await;
}
