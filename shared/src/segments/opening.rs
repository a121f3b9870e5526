//! How a segment opens: once for all who ask for the same one, whatever races or is cut short.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::address::{external_key, latest_key, slot_key};
use super::blueprint::Blueprint;
use super::given::SEGMENT_ID;
use super::open_request::CONFIGURATION;
use super::record;
use super::request_hash::Fingerprint;
use super::snapshots::Kept;
use super::store::{ALL_OLD, Segments};
use super::{
    Advice, EventKind, Found, LastEvent, OpenRequest, Origin, OriginRequest, Segment, SegmentEvent, State, deadline,
};
use crate::Error;
use crate::codes::{Code, Label};
use crate::configurations::{Definition, NotAnActiveConfiguration, Snapshot};
use crate::date_time::DateTime;
use crate::document::{Id, Violations};
use crate::dynamodb::{self, Item, NOT_NEWER, Patience, SCHEMA, Stamp, Write, WriteOutcome, key, schema, string};
use crate::error::Refusal;
use crate::retention::Retention;
use crate::segment_tables::{self, NewInteractionSegment, Registry, UnusableSegment};
use crate::sys_id::{self, Kind};

/// A request on its way to a segment.
struct Opening<'a> {
    request: &'a OpenRequest,
    /// What its segment keeps of the request.
    fingerprint: Fingerprint,
    /// The request's, or the time of the call.
    opened_on: DateTime,
    /// Who calls, and when.
    stamp: Stamp,
    /// The same time from the Unix epoch, in full.
    asked: Duration,
    tables: &'a Registry,
}

/// Which segments a new one comes behind.
struct Neighbours {
    /// The closed internal segment that held its slot.
    previous: Option<String>,
    /// What it comes before for its agent and interaction.
    latest: Latest,
}

/// Whether a segment is to be the one that its agent and interaction mean.
#[derive(Clone, PartialEq, Eq)]
enum Latest {
    /// It is, unless one was opened later.
    Unless,
    /// It is: the record names a segment that is gone, or that it follows, this one, however late that was opened.
    InPlaceOf(String),
    /// It is not.
    No,
}

/// What a look before opening finds.
enum Look {
    /// The segment that an earlier call opened.
    Taken(Box<Segment>),
    /// Room for a new one.
    Free(View),
}

/// The segment that has an internal slot.
enum Holder {
    /// It is open.
    Open(Box<Segment>),
    /// It is closed or gone, and the next one follows this sys_id.
    Past(String),
}

/// What a new segment is made of, as it is now.
struct View {
    neighbours: Neighbours,
    /// The administrator's configuration that an internal request names, if there is one.
    definition: Option<Arc<Definition>>,
    codes: HashMap<Label, Arc<Code>>,
}

impl Segments {
    /// Opens a segment, once for all who ask for the same one. `caller` is the API user's name.
    ///
    /// Nothing that a crash leaves behind is wrong: codes, a snapshot and an interaction segment
    /// that nothing points to yet, all of which the next attempt finds and uses.
    pub async fn open(&self, request: &OpenRequest, caller: &str, tables: &Registry) -> Result<Found, Error> {
        let (asked, stamp) = (self.clock.since_epoch(), Stamp::now(caller, &self.clock));
        let opened_on = request.opened_on.unwrap_or(stamp.at);
        let opening = Opening { request, fingerprint: request.fingerprint(), opened_on, stamp, asked, tables };
        let seen = self.recall(request);
        let mut neighbours = Neighbours { previous: None, latest: Latest::Unless };
        let (snapshot, configuration) = match seen {
            Some(seen) if request.segmented != Some(true) => seen,
            // Whatever has to be stored before the segment is not stored for a request that is going to
            // be refused. And the same request again has to succeed even where its codes or its
            // configuration have been switched off since.
            seen => {
                let view = match self.look(&opening, seen.is_none()).await? {
                    Look::Taken(existing) => return self.answer_again(*existing, &opening).await,
                    Look::Free(view) => view,
                };
                let table = request.check_segment_table(tables);
                neighbours = view.neighbours;
                match seen {
                    Some(seen) => {
                        table?;
                        ensure_interaction_segment(&opening, self.retention).await?;
                        seen
                    }
                    None => {
                        let (blueprint, table) = match (blueprint(request, view.definition), table) {
                            (Err(one), Err(other)) => return Err(one.and(other).into()),
                            (blueprint, table) => (blueprint?, table),
                        };
                        let first = ensure_interaction_segment(&opening, self.retention);
                        self.keep_snapshot(&blueprint, view.codes, &opening.stamp, |_| table, first).await?
                    }
                }
            }
        };
        let segment = self.new_segment(&opening, &snapshot, configuration, neighbours.previous.as_deref());
        self.commit(&opening, segment, snapshot, neighbours).await
    }

    /// The request's snapshot, if this instance has seen all that it is made of within the last minute.
    fn recall(&self, request: &OpenRequest) -> Option<Kept> {
        let blueprint = match &request.origin {
            OriginRequest::External { configuration, .. } => Blueprint::Request(configuration),
            OriginRequest::Internal { configuration } => {
                let definition = self.configurations.recall(configuration.as_str())?;
                definition.active.then_some(Blueprint::Definition(definition))?
            }
        };
        self.recall_snapshot(&blueprint)
    }

    fn new_segment(
        &self,
        opening: &Opening<'_>,
        snapshot: &Snapshot,
        configuration: String,
        previous: Option<&str>,
    ) -> Segment {
        let request = opening.request;
        let defined_at = self.now_ms();
        let code = request.ai_wrap_up_code.clone().filter(|_| snapshot.rules.enable_ai_code);
        let notes = request.ai_notes.clone().filter(|_| snapshot.rules.enable_ai_notes);
        let (sys_id, origin) = match &request.origin {
            OriginRequest::External { external_segment_id, .. } => (
                external_key(external_segment_id),
                Origin::External { external_segment_id: external_segment_id.clone() },
            ),
            OriginRequest::Internal { .. } => (internal_key(request, previous), Origin::Internal),
        };
        let mut segment = Segment {
            sys_id,
            agent: request.agent.clone(),
            interaction: request.interaction.clone(),
            origin,
            segmented: request.segmented.unwrap_or(false),
            given: request.given.clone(),
            opened_on: opening.opened_on,
            due_on: if self.deadlines { deadline::of_new(snapshot, opening.opened_on, opening.stamp.at) } else { None },
            configuration,
            configuration_name: snapshot.name.clone(),
            ai_code: code.map(|value| Advice { value, defined_at }),
            ai_notes: notes.map(|value| Advice { value, defined_at }),
            wants_ai: false,
            ai_alternatives: Vec::new(),
            ai_read: None,
            ai_kept_back: None,
            filled_by: None,
            draft: None,
            state: State::Open,
            request_hash: opening.fingerprint.hash.clone(),
            request_fields: Some(opening.fingerprint.fields.clone()),
            configuration_fields: None,
            created: Some(opening.stamp.clone()),
            updated: Some(opening.stamp.clone()),
            version: 0,
            last_event: Some(LastEvent { number: 0, kind: EventKind::Opened, time: opening.stamp.at }),
            erased_on: None,
            expires_at: None,
            attempts: Vec::new(),
        };
        segment.wants_ai = segment.lacks(snapshot).is_some();
        segment
    }

    /// Writes a new segment together with the records that find it, or answers the one that another
    /// call made first.
    async fn commit(
        &self,
        opening: &Opening<'_>,
        mut segment: Segment,
        snapshot: Arc<Snapshot>,
        neighbours: Neighbours,
    ) -> Result<Found, Error> {
        let internal = matches!(segment.origin, Origin::Internal);
        let Neighbours { mut previous, mut latest } = neighbours;
        let mut patience = Patience::new(&self.dynamo);
        loop {
            if !internal && latest == Latest::No {
                // Opened before the latest one: nothing else changes with it, so it needs no transaction,
                // which would cost twice the units.
                return match self.put_alone(&segment, &opening.stamp).await? {
                    None => Ok(opened(segment, snapshot)),
                    Some(existing) => self.answer_again(existing, opening).await,
                };
            }
            let mut writes = vec![self.put_segment(&segment)?];
            if internal {
                writes.push(self.put_slot(&segment, previous.as_deref())?);
            }
            writes.extend(self.put_latest(&segment, &latest)?);
            let write = self.write_of(&segment, &opening.stamp);
            let Err(error) = self.dynamo.create_with(write, writes).await else {
                return Ok(opened(segment, snapshot));
            };
            let Some(outcomes) = dynamodb::cancellation(&error) else {
                return Err(dynamodb::Error::from(error).into());
            };
            if outcomes.iter().any(|outcome| matches!(outcome, WriteOutcome::Busy)) {
                patience.wait().await?;
                continue;
            }
            let mut outcomes = outcomes.into_iter();
            if let Some(WriteOutcome::Refused(item)) = outcomes.next() {
                let mut existing = record::from_item(item.unwrap_or_default())?;
                if internal {
                    existing = self.settled(existing).await?;
                }
                // A closed internal segment is a predecessor: its slot says who comes after it.
                if !internal || existing.state == State::Open {
                    return self.answer_again(existing, opening).await;
                }
            }
            if internal && let Some(WriteOutcome::Refused(item)) = outcomes.next() {
                let held = match self.holder(item.unwrap_or_default()).await? {
                    Holder::Open(holder) => return self.answer_again(*holder, opening).await,
                    Holder::Past(sys_id) => sys_id,
                };
                segment.sys_id = internal_key(opening.request, Some(&held));
                previous = Some(held);
            }
            if let Some(WriteOutcome::Refused(item)) = outcomes.next() {
                latest = self.behind(item.unwrap_or_default(), opening.request, previous.as_deref()).await?;
            }
            patience.wait().await?;
        }
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
        let slot = slot_key(&segment.agent, &segment.interaction, segment.given.segment_id.as_ref());
        let item = record::pointer(slot, segment, None);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ALL_OLD);
        transact(match previous {
            None => put.condition_expression("attribute_not_exists(sys_id)"),
            Some(previous) => put
                .condition_expression(format!("#segment = :previous AND {NOT_NEWER}"))
                .expression_attribute_names("#segment", record::TARGET)
                .expression_attribute_names("#schema", SCHEMA)
                .expression_attribute_values(":previous", string(previous))
                .expression_attribute_values(":schema", schema()),
        })
    }

    fn put_latest(&self, segment: &Segment, judged: &Latest) -> Result<Option<TransactWriteItem>, dynamodb::Error> {
        let latest = latest_key(&segment.agent, &segment.interaction);
        let item = record::pointer(latest, segment, Some(segment.opened_on));
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ALL_OLD)
            .expression_attribute_names("#schema", SCHEMA)
            .expression_attribute_values(":schema", schema());
        let put = match judged {
            Latest::No => return Ok(None),
            Latest::Unless => put
                .condition_expression(format!(
                    "attribute_not_exists(sys_id) OR (#opened_on <= :opened_on AND attribute_type(#segment, :text) AND \
                     {NOT_NEWER})"
                ))
                .expression_attribute_names("#opened_on", record::OPENED_ON)
                .expression_attribute_names("#segment", record::TARGET)
                .expression_attribute_values(":text", string("S"))
                .expression_attribute_values(":opened_on", string(segment.opened_on)),
            Latest::InPlaceOf(gone) => put
                .condition_expression(format!("#segment = :gone AND {NOT_NEWER}"))
                .expression_attribute_names("#segment", record::TARGET)
                .expression_attribute_values(":gone", string(gone)),
        };
        transact(put).map(Some)
    }

    /// What a segment is to its agent and interaction whose `latest:` record names one that was opened later. Where segments
    /// are kept for good, that one is there; else it is looked at.
    ///
    /// One that opens now is opened after the closed one that it follows, whatever the clock said then: clocks are set back,
    /// and instances have different ones.
    async fn behind(&self, latest: Item, request: &OpenRequest, previous: Option<&str>) -> Result<Latest, Error> {
        // One that says neither is not to be taken for one that was opened later.
        record::opened_on(&latest)?;
        let named = record::target(latest)?;
        if request.opened_on.is_none() && previous == Some(named.as_str()) {
            return Ok(Latest::InPlaceOf(named));
        }
        if self.retention.is_none() {
            return Ok(Latest::No);
        }
        let there = self.get(&named).await?.map(record::from_item).transpose()?;
        let is_gone = there.is_none_or(|segment| self.is_expired(&segment));
        Ok(if is_gone { Latest::InPlaceOf(named) } else { Latest::No })
    }

    fn write_of<'a>(&'a self, segment: &'a Segment, stamp: &'a Stamp) -> Write<'a> {
        Write {
            stamp,
            table: &self.table,
            sys_id: &segment.sys_id,
            version: Some(segment.version),
            within: None,
            attempt: None,
        }
    }

    /// Puts a segment that is not the latest; answers the one that is there, if any.
    async fn put_alone(&self, segment: &Segment, stamp: &Stamp) -> Result<Option<Segment>, Error> {
        let mut patience = Patience::new(&self.dynamo);
        loop {
            let put = self.dynamo.create(self.write_of(segment, stamp), record::to_item(segment)?, |put| {
                put.condition_expression("attribute_not_exists(sys_id)")
            });
            let Err(error) = put.await else { return Ok(None) };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(Some(record::from_item(failed.item.clone().unwrap_or_default())?));
                }
                Some(other) if other.code() == Some("TransactionConflictException") => patience.wait().await?,
                _ => return Err(dynamodb::Error::from(error).into()),
            }
        }
    }

    /// Looks whether the request's segment is there already, and with `materials` reads what a new one
    /// is made of. One request for up to 98 codes; one more where an internal segment came before, and
    /// one where a configuration's codes are not known from an earlier look.
    async fn look(&self, opening: &Opening<'_>, materials: bool) -> Result<Look, Error> {
        let request = opening.request;
        let (first, definition, labels) = match &request.origin {
            OriginRequest::External { external_segment_id, configuration } => {
                (external_key(external_segment_id), None, Blueprint::Request(configuration).labels())
            }
            OriginRequest::Internal { configuration } => {
                let guess = self.configurations.recall_even_old(configuration.as_str());
                let slot = slot_key(&request.agent, &request.interaction, request.given.segment_id.as_ref());
                let labels = guess.map(|definition| definition.allowed_codes.clone()).unwrap_or_default();
                (slot, self.configurations.key_of(configuration.as_str()), labels)
            }
        };
        let latest = latest_key(&request.agent, &request.interaction);
        let mut keys = vec![(self.table.clone(), key(&first)), (self.table.clone(), key(&latest))];
        if materials {
            keys.extend(definition);
            keys.extend(labels.iter().map(|label| self.codes.key_of(label)));
        }
        let mut found = dynamodb::batch_get(&self.dynamo, keys).await?;

        let mut neighbours = Neighbours { previous: None, latest: Latest::Unless };
        let mut opened_later = None;
        for item in found.remove(&self.table).unwrap_or_default() {
            if item.get("sys_id") == Some(&string(&latest)) {
                if record::opened_on(&item)? > opening.opened_on.to_string().as_str() {
                    opened_later = Some(item);
                }
                continue;
            }
            match &request.origin {
                OriginRequest::External { .. } => return Ok(Look::Taken(Box::new(record::from_item(item)?))),
                OriginRequest::Internal { .. } => match self.holder(item).await? {
                    Holder::Open(holder) => return Ok(Look::Taken(holder)),
                    Holder::Past(sys_id) => neighbours.previous = Some(sys_id),
                },
            }
        }
        if let Some(latest) = opened_later {
            neighbours.latest = self.behind(latest, request, neighbours.previous.as_deref()).await?;
        }
        let definition = self.configurations.take(&mut found)?;
        let mut codes = self.codes.take(&mut found)?;
        if let Some(definition) = &definition {
            let unread: Vec<_> =
                definition.allowed_codes.iter().filter(|label| !labels.contains(label)).cloned().collect();
            if !unread.is_empty() {
                codes.extend(self.codes.find(&unread).await?);
            }
        }
        Ok(Look::Free(View { neighbours, definition, codes }))
    }

    /// What a `slot:` record says of the slot.
    async fn holder(&self, slot: Item) -> Result<Holder, Error> {
        let sys_id = record::target(slot)?;
        // Where segments expire, the record stays when the one goes that it points to.
        let Some(item) = self.get(&sys_id).await? else { return Ok(Holder::Past(sys_id)) };
        // One that its deadline has closed makes room, and so it is closed for all from now on.
        let holder = self.settled(record::from_item(item)?).await?;
        Ok(if holder.state == State::Open { Holder::Open(Box::new(holder)) } else { Holder::Past(sys_id) })
    }

    /// Answers a request to open a segment that is there already.
    async fn answer_again(&self, existing: Segment, opening: &Opening<'_>) -> Result<Found, Error> {
        if self.is_expired(&existing)
            && let Origin::External { external_segment_id } = &existing.origin
        {
            return Err(Refusal::ExternalIdExpired { id: external_segment_id.to_string() }.into());
        }
        let (hash, fields) = (&existing.request_hash, existing.request_fields.as_ref());
        let Some(differences) = opening.request.differences(hash, fields, &opening.fingerprint) else {
            return self.seen_at(opening.asked, existing).await;
        };
        Err(match (&opening.request.origin, &existing.origin) {
            (OriginRequest::External { external_segment_id, .. }, Origin::External { external_segment_id: stored })
                if external_segment_id == stored =>
            {
                let id = external_segment_id.to_string();
                Refusal::ExternalIdTaken { id, sys_id: existing.sys_id, differences }.into()
            }
            (OriginRequest::Internal { .. }, Origin::Internal) => {
                Refusal::AlreadyOpen { sys_id: existing.sys_id, differences }.into()
            }
            // Two ids with one UUIDv5, see `sys_id::derive`.
            _ => self.corrupt(&existing.sys_id, "it belongs to another identifier").into(),
        })
    }
}

/// What the request's snapshot is made from; `definition` is the configuration that it names, if there is one.
fn blueprint(request: &OpenRequest, definition: Option<Arc<Definition>>) -> Result<Blueprint<'_>, Violations> {
    match &request.origin {
        OriginRequest::External { configuration, .. } => Ok(Blueprint::Request(configuration)),
        OriginRequest::Internal { configuration } => {
            let definition = definition.filter(|definition| definition.active).ok_or_else(|| {
                let problem = NotAnActiveConfiguration { sys_id: configuration.to_string() };
                Violations::one(CONFIGURATION, problem)
            })?;
            Ok(Blueprint::Definition(definition))
        }
    }
}

/// The segment that this call has opened.
fn opened(segment: Segment, snapshot: Arc<Snapshot>) -> Found {
    let event = SegmentEvent { before: None, after: segment };
    event.count();
    Found::new(event.after, snapshot)
}

/// Has the segment table retrieve the interaction segment of a segmented wrap-up, or create it.
async fn ensure_interaction_segment(opening: &Opening<'_>, retention: Option<Retention>) -> Result<(), Error> {
    let request = opening.request;
    let (Some(true), Some(segment_id), Some(table)) =
        (request.segmented, &request.given.segment_id, &request.given.segment_table)
    else {
        return Ok(());
    };
    let segment = NewInteractionSegment {
        segment_id: segment_id.as_str(),
        interaction: request.interaction.as_str(),
        agent: request.agent.as_str(),
        external_segment_id: match &request.origin {
            OriginRequest::External { external_segment_id, .. } => Some(external_segment_id.as_str()),
            OriginRequest::Internal { .. } => None,
        },
        opened_on: opening.opened_on,
        caller: &opening.stamp.by,
        called_on: opening.stamp.at,
        expires_at: retention.map(|retention| retention.end(opening.stamp.at.since_epoch())),
    };
    match opening.tables.retrieve_or_create(table.as_str(), &segment).await {
        Ok(_) => Ok(()),
        Err(segment_tables::Error::BadInput { reason }) => {
            Err(Violations::one(SEGMENT_ID, UnusableSegment::Refused { reason }).into())
        }
        Err(segment_tables::Error::AnotherInteraction) => {
            Err(Violations::one(SEGMENT_ID, UnusableSegment::OfAnotherInteraction).into())
        }
        Err(error) => Err(error.of(table.as_str())),
    }
}

/// The sys_id of the internal segment that follows `previous` in its slot: see [`sys_id::derive`].
fn internal_key(request: &OpenRequest, previous: Option<&str>) -> String {
    let segment_id = request.given.segment_id.as_ref().map_or("", Id::as_str);
    let parts = [request.agent.as_str(), request.interaction.as_str(), segment_id, previous.unwrap_or("")];
    sys_id::derive(Kind::InternalSegment, &parts)
}

fn transact(put: aws_sdk_dynamodb::types::builders::PutBuilder) -> Result<TransactWriteItem, dynamodb::Error> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(dynamodb::Error::broken)?).build())
}
