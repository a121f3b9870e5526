use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::address::latest_key;
use super::{
    Address, AdviseRequest, CloseRequest, EventKind, Filling, Found, Gap, LastEvent, Segment, SegmentEvent, event,
    index_keys, record,
};
use crate::Error;
use crate::clock::Clock;
use crate::codes::{Code, Codes, Label};
use crate::configurations::{Configurations, Snapshot};
use crate::date_time::DateTime;
use crate::document::{Problem, Violations};
use crate::dynamodb::{
    self, Attempt, Dynamo, Item, NOT_NEWER, Patience, SCHEMA, Stamp, Table, Trace, VERSION, Write, key, schema,
};
use crate::error::{CorruptRecord, NotFound};
use crate::redaction::Redactor;
use crate::retention::Retention;
use crate::watch::{self, Action};

pub(super) const ALL_OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// The table `interaction_wrap_up_segment`. Beside the segments it holds, under keys that no caller
/// can name, `latest:` records (the segment opened last for an agent and an interaction) and `slot:`
/// records (the internal segment that is open, or was last, for an agent, an interaction and a
/// segment id). A segment and its records are written in one transaction.
#[derive(Clone)]
pub struct Segments {
    pub(super) dynamo: Dynamo,
    pub(super) table: String,
    pub(super) codes: Codes,
    pub(super) configurations: Configurations,
    pub(super) clock: Clock,
    /// What takes secrets out of notes, where the deployment wants that.
    pub(super) notes_redactor: Option<Redactor>,
    /// Whether wrap-ups end by themselves that open from now on, or get another configuration.
    pub(super) deadlines: bool,
    /// How long segments are kept that close from now on; none where for good.
    pub(super) retention: Option<Retention>,
}

impl Segments {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, codes: Codes, configurations: Configurations, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Segments);
        Self { dynamo, table, codes, configurations, clock, notes_redactor: None, deadlines: true, retention: None }
    }

    /// The same table, which takes agents' notes only redacted. What stands in it stays as it is.
    #[must_use]
    pub fn with_notes_redactor(self, notes_redactor: Option<Redactor>) -> Self {
        Self { notes_redactor, ..self }
    }

    /// The same table; whether wrap-ups that open from now on, or get another configuration, end by themselves. Of those
    /// that are there, nothing changes.
    #[must_use]
    pub fn with_deadlines(self, deadlines: bool) -> Self {
        Self { deadlines, ..self }
    }

    /// The same table; how long those segments are kept that close from now on.
    #[must_use]
    pub fn with_retention(self, retention: Option<Retention>) -> Self {
        Self { retention, ..self }
    }

    /// The segment at an address. Consistent reads: 1 by id (2 for an external id shaped like our
    /// sys_ids), 2 by agent and interaction.
    pub async fn find(&self, address: &Address) -> Result<Found, Error> {
        let asked = self.clock.since_epoch();
        let (segment, _) = self.fetch(address, None).await?;
        self.seen_at(asked, segment).await
    }

    /// Closes a segment, or confirms or corrects one that awaits confirmation, or gives an open one another configuration,
    /// for the user of this name. Callers that race are judged one after the other.
    pub async fn close(&self, address: &Address, request: &CloseRequest, caller: &str) -> Result<Found, Error> {
        // Before anything is compared, so that a request that is repeated says what is stored.
        let redacted = self.notes_redactor.map(|redactor| request.redacted(redactor));
        let request = redacted.as_ref().unwrap_or(request);
        let (segment, code) = self.fetch(address, request.code.as_ref()).await?;
        // First of all: what is refused, and what a configuration brings along, is judged of the segment as it is.
        let segment = self.settled(segment).await?;
        let stamp = Stamp::now(caller, &self.clock);
        let new = match &request.configuration {
            Some(configuration) if segment.takes_configuration() => {
                let judge = |snapshot: &Snapshot| request.check_code(snapshot, code.as_deref());
                Some(self.new_configuration(configuration, &stamp, judge).await?)
            }
            _ => None,
        };
        // A code that the configuration has brought along is there since.
        let brought = || new.as_ref()?.snapshot.allowed(request.code.as_ref()?.as_str()).cloned();
        let code = code.or_else(brought);
        let updated = self.change(segment, &stamp, |segment, configuration| {
            segment.update(request, configuration, new.as_ref(), code.as_deref(), stamp.at)
        });
        // On the heap, or it stands on the stack of whoever waits.
        Ok(Box::pin(updated).await?.0)
    }

    /// Stores AI content of an external system on an open segment, for the user of this name.
    pub async fn advise(&self, address: &Address, request: &AdviseRequest, caller: &str) -> Result<Found, Error> {
        let (segment, _) = self.fetch(address, None).await?;
        let (now, stamp) = (self.now_ms(), Stamp::now(caller, &self.clock));
        let advised =
            self.change(segment, &stamp, |segment, configuration| segment.advise(request, configuration, now));
        Ok(Box::pin(advised).await?.0)
    }

    /// The segment with this sys_id; none where there is no such one any more. One consistent read.
    pub async fn with_sys_id(&self, sys_id: &str) -> Result<Option<Found>, Error> {
        let asked = self.clock.since_epoch();
        let Some(item) = self.get(sys_id).await? else { return Ok(None) };
        let segment = record::from_item(item)?;
        if self.is_expired(&segment) {
            return Ok(None);
        }
        Ok(Some(self.seen_at(asked, segment).await?))
    }

    /// The segment with this sys_id and what the AI filler may add to it; none where there is nothing to
    /// add, or no such segment any more. One consistent read.
    pub async fn with_gap(&self, sys_id: &str) -> Result<Option<(Found, Gap)>, Error> {
        let Some(found) = self.with_sys_id(sys_id).await? else { return Ok(None) };
        Ok(found.segment.gap(&found.configuration).map(|gap| (found, gap)))
    }

    /// Adds what the AI filler has made, where it is still absent, the segment still open and its configuration the one
    /// that the filler has read: of another one the stream tells, too. `read` is the hash of the conversation that it has
    /// read. Answers whether anything was added: another call may have been faster.
    pub async fn fill(&self, found: Found, filling: &Filling, read: &str) -> Result<bool, Error> {
        if let Some(kept_back) = filling.kept_back_alone() {
            return self.mark_read(found, read, Some(kept_back)).await;
        }
        let (now, stamp) = (self.now_ms(), Stamp::now(dynamodb::SYSTEM, &self.clock));
        let before = found.segment.clone();
        let filled = self.change(found.segment, &stamp, |segment, configuration| {
            let filled = segment.is_as_read(&before).then(|| segment.fill(filling, configuration, now)).flatten();
            Ok(filled.map(|filled| Segment { ai_read: Some(read.to_owned()), ..filled }))
        });
        Ok(filled.await?.1)
    }

    /// Reads the segment at an address, and in the same request the code with a label, as it is now: whoever switches
    /// a code off wants nobody to close with it from then on.
    pub(super) async fn fetch(
        &self,
        address: &Address,
        label: Option<&Label>,
    ) -> Result<(Segment, Option<Arc<Code>>), Error> {
        let keys = match address {
            Address::AgentInteraction { agent, interaction } => {
                let latest = self.get(latest_key(agent, interaction)).await?.ok_or_else(|| address.not_found())?;
                vec![record::target(latest)?]
            }
            _ => address.keys(),
        };
        let mut code = None;
        for (position, sys_id) in keys.into_iter().enumerate() {
            let item = match label.filter(|_| position == 0) {
                None => self.get(sys_id).await?,
                Some(label) => {
                    let keys = vec![(self.table.clone(), key(sys_id)), self.codes.key_of(label)];
                    let mut found = dynamodb::batch_get(&self.dynamo, keys).await?;
                    code = self.codes.take(&mut found)?.remove(label);
                    found.remove(&self.table).and_then(|mut items| items.pop())
                }
            };
            let Some(item) = item else { continue };
            let segment = record::from_item(item)?;
            if address.means(&segment) && !self.is_expired(&segment) {
                return Ok((segment, code));
            }
        }
        Err(address.not_found().into())
    }

    /// Judges a change and writes it, with who makes it, if the segment is still the one that was judged; judges what
    /// won the race otherwise. `judge` answers `None` where nothing changes. Answers the segment as it is then, and
    /// whether this call has changed it.
    pub(super) async fn change(
        &self,
        mut segment: Segment,
        stamp: &Stamp,
        judge: impl Fn(&Segment, &Snapshot) -> Result<Option<Segment>, Error>,
    ) -> Result<(Found, bool), Error> {
        let attempt = Attempt::new(&self.clock);
        // The first try that may have been carried out unknown to this call.
        let mut doubtful: Option<SegmentEvent> = None;
        let (mut patience, mut is_crowd) = (Patience::new(&self.dynamo), false);
        loop {
            segment = self.settled(segment).await?;
            if let Some(event) = &doubtful {
                let before = event.before.as_ref().map(|before| before.attempts.as_slice());
                match attempt.trace_behind(&segment.attempts, before.unwrap_or_default()) {
                    Trace::There => {
                        self.note_done(event, stamp);
                        return Ok((self.with_configuration(event.after.clone()).await?, true));
                    }
                    // Of another version it cannot be carried out any more.
                    Trace::Absent => {
                        doubtful.take_if(|event| event.after.version <= segment.version);
                    }
                    Trace::Covered => return Err(dynamodb::Error::Uncertain.into()),
                }
            }
            // Whoever won the race may have given it another one.
            let configuration = self.configurations.snapshot(&segment.configuration).await?;
            let Some(mut changed) = judge(&segment, &configuration)? else {
                return Ok((Found::new(segment, configuration), false));
            };
            let now = self.clock.since_epoch();
            if segment.is_overdue_at(now) {
                continue;
            }
            changed.version = segment.version + 1;
            changed.updated = Some(stamp.clone());
            if let Some(kind) = event::kind(Some(&segment), &changed) {
                changed.last_event = Some(LastEvent { number: changed.version, kind, time: stamp.at });
            }
            // An attempt that the SDK sends again is not judged again: near the deadline there is none.
            let within = segment.patience_at(now).filter(|patience| *patience < UNHURRIED);
            match self.write(segment, changed, stamp, &attempt, within).await? {
                Written::Stored(changed) => return Ok((self.with_configuration(changed).await?, true)),
                Written::Lost { winner, doubt } => {
                    segment = winner;
                    doubtful = doubtful.or(doubt.map(|event| *event));
                    // In a crowd the winner is another one after the wait.
                    if is_crowd {
                        patience.wait().await?;
                        segment = self.as_it_is(segment).await?;
                    }
                    is_crowd = true;
                }
                Written::NotNow(event) => {
                    segment = event.before.clone().unwrap_or_else(|| event.after.clone());
                    doubtful = doubtful.or(Some(*event));
                    patience.wait().await?;
                }
            }
        }
    }

    /// The segment, for those who write: where its deadline has closed it and nobody has stored that, it is stored first.
    pub(super) async fn settled(&self, segment: Segment) -> Result<Segment, Error> {
        match segment.is_overdue_at(self.clock.since_epoch()) {
            // Rare: nobody else is to carry its future.
            true => Ok(Box::pin(self.end(segment)).await?.0),
            false => Ok(segment),
        }
    }

    /// The segment, as it is by now.
    async fn as_it_is(&self, segment: Segment) -> Result<Segment, Error> {
        let id = segment.sys_id;
        let item = self.get(&id).await?.ok_or(NotFound::Segment { id })?;
        Ok(record::from_item(item)?)
    }

    /// Stores that its deadline has closed a segment, unless somebody has closed it in the meantime. Answers the segment as
    /// it is then, and whether this call has closed it.
    pub(super) async fn end(&self, mut segment: Segment) -> Result<(Segment, bool), Error> {
        let attempt = Attempt::new(&self.clock);
        let mut patience = Patience::new(&self.dynamo);
        loop {
            if !segment.is_overdue_at(self.clock.since_epoch()) {
                return Ok((segment, false));
            }
            let configuration = self.configurations.snapshot(&segment.configuration).await?;
            let Some((ended, stamp)) = segment.ended(&configuration) else { return Ok((segment, false)) };
            // However late it is stored, it is the same.
            match self.write(segment, ended, &stamp, &attempt, None).await? {
                Written::Stored(ended) => return Ok((ended, true)),
                // Where it is closed by now, by whomever, that is all that is wanted.
                Written::Lost { winner, .. } => segment = winner,
                Written::NotNow(event) => segment = event.before.unwrap_or(event.after),
            }
            patience.wait().await?;
        }
    }

    /// Writes what a segment has become, if it still is what it was `before`. `within` is how long that may take, which is
    /// then tried once alone.
    async fn write(
        &self,
        before: Segment,
        mut after: Segment,
        stamp: &Stamp,
        attempt: &Attempt,
        within: Option<Duration>,
    ) -> Result<Written, Error> {
        after.kept_for(&before.state, self.retention);
        after.attempts = attempt.before(before.attempts.clone());
        let mut old = record::to_item(&before)?;
        // It may have been written in an older form, and without its place in the indexes; it has both from now on.
        old.retain(|column, _| column != SCHEMA && !index_keys::COLUMNS.contains(&column.as_str()));
        let change = dynamodb::Change::between(&old, record::to_item(&after)?);
        let (version, name) = (Some(after.version), Some(attempt.name()));
        let write = Write { stamp, table: &self.table, sys_id: &before.sys_id, version, within, attempt: name };
        let action = match event::kind(Some(&before), &after) {
            Some(EventKind::Erased) => Action::Erase,
            _ => Action::Update,
        };
        let update = self.dynamo.update(
            write,
            |update| {
                change
                    .apply(update)
                    .condition_expression(format!("#version = :version AND {NOT_NEWER}"))
                    .expression_attribute_names("#version", VERSION)
                    .expression_attribute_names("#schema", SCHEMA)
                    .expression_attribute_values(":schema", schema())
                    .expression_attribute_values(":version", AttributeValue::N(before.version.to_string()))
            },
            |_| action,
        );
        let (sent, was_resent) = watch::counting_tries(update).await;
        let event = SegmentEvent { before: Some(before), after };
        let Err(error) = sent else { return Ok(Written::stored(event)) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let id = event.after.sys_id.clone();
                let winner = record::from_item(failed.item.clone().ok_or(NotFound::Segment { id })?)?;
                // It may be this same write, whose answer got lost; then others may have come since.
                if winner.attempts.iter().any(|name| name == attempt.name()) {
                    return Ok(Written::stored(event));
                }
                let doubt = was_resent.then(|| Box::new(event));
                return Ok(Written::Lost { winner, doubt });
            }
            Some(other) if other.code() == Some("TransactionConflictException") => {
                return Ok(Written::NotNow(Box::new(event)));
            }
            _ if dynamodb::is_too_large(&error) => return Err(notes_too_large().into()),
            _ => {}
        }
        match dynamodb::Error::from(error) {
            dynamodb::Error::Unavailable(error) if within.is_some() => {
                tracing::debug!(%error, "a write near a deadline was not answered in time");
                Ok(Written::NotNow(Box::new(event)))
            }
            error => Err(error.into()),
        }
    }

    /// Counts a change, and has the audit know of it, that was carried out without an answer.
    fn note_done(&self, event: &SegmentEvent, stamp: &Stamp) {
        let (sys_id, version) = (event.after.sys_id.as_str(), Some(event.after.version));
        Write { stamp, table: &self.table, sys_id, version, within: None, attempt: None }.note(Action::Update);
        event.count();
    }

    /// A segment as it is stored, with its configuration.
    pub(super) async fn with_configuration(&self, segment: Segment) -> Result<Found, Error> {
        let configuration = self.configurations.snapshot(&segment.configuration).await?;
        Ok(Found::new(segment, configuration))
    }

    /// A segment as whoever asked for it at this time, before it was read, is shown it; with its configuration. What was
    /// read may be older than the time of the answer, and another write may have come since.
    pub(super) async fn seen_at(&self, asked: Duration, segment: Segment) -> Result<Found, Error> {
        let configuration = self.configurations.snapshot(&segment.configuration).await?;
        Ok(Found::new(segment.shown_at(asked, &configuration), configuration))
    }

    /// Whether a segment counts as gone.
    pub(super) fn is_expired(&self, segment: &Segment) -> bool {
        segment.is_expired_at(self.clock.since_epoch())
    }

    pub(super) async fn get(&self, sys_id: impl Into<String>) -> Result<Option<Item>, dynamodb::Error> {
        self.dynamo.get(&self.table, sys_id).await
    }

    pub(super) fn corrupt(&self, key: &str, problem: &str) -> CorruptRecord {
        CorruptRecord { table: self.table.clone(), key: key.to_owned(), problem: problem.into() }
    }

    /// The time by the deployment's clock.
    pub fn now(&self) -> DateTime {
        self.clock.now().into()
    }

    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.since_epoch().as_millis()).unwrap_or(u64::MAX)
    }
}

/// What became of a write.
enum Written {
    /// The segment is this now.
    Stored(Segment),
    /// It has become another one.
    Lost {
        /// That one.
        winner: Segment,
        /// What was to be written, where that was sent several times: the first one may have been carried out.
        doubt: Option<Box<SegmentEvent>>,
    },
    /// Nobody has said: it has not been carried out, or the answer has got lost, or it will be yet.
    NotNow(Box<SegmentEvent>),
}

impl Written {
    /// A change that is stored, which is counted.
    fn stored(event: SegmentEvent) -> Self {
        event.count();
        Self::Stored(event.after)
    }
}

/// How much time has to be left to a segment's deadline, and a little more, so that all attempts of a write are made
/// before it.
const UNHURRIED: Duration = Duration::from_secs(dynamodb::LONGEST_OPERATION.as_secs() + 2);

/// A code that is not of the configuration is kept whole, with all its translations, so a record can outgrow its limit by
/// notes that keep theirs.
pub(super) fn notes_too_large() -> Violations {
    Violations::one("notes", Problem::TooLarge { most_kb: 400 })
}
