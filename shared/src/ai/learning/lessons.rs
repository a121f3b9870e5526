//! The table of what was learned, and how a segment's share gets into it, once, and out of it again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::Mutex;

use super::buckets::{Bag, HashKey};
use super::centroid::{Centroid, Share};
use super::opinion::Learned;
use super::record::{Pick, Record, Threshold, Week};
use crate::Error;
use crate::cache::Cache;
use crate::clock::{Clock, DAY};
use crate::codes::Label;
use crate::date_time::DateTime;
use crate::dynamodb::{
    self, Attempt, Dynamo, Item, NOT_NEWER, Patience, SCHEMA, SYSTEM, Stamp, Table, VERSION, Write, WriteOutcome, key,
    schema, set_expiry, string,
};
use crate::error::CorruptRecord;
use crate::segments::Segment;
use crate::watch::Action;

/// The key of the record that holds the deployment's hash key.
const KEY: &str = "key";
/// The key of the deployment's own record.
const RECORD: &str = "record";
/// What stands before a code's sys_id.
const CODE: &str = "code:";
/// What stands before a segment's sys_id.
const SHARE: &str = "share:";
/// What stands before what stands for an agent, a code and a day.
const DAY_COUNT: &str = "day:";

/// Segments of an agent and a code that are learned from in a day.
const MOST_A_DAY: u32 = 10;

/// For how many days it is known how many those were: what comes again comes sooner.
const DAYS_COUNTED: u64 = 2;

/// Where it is asked which threshold the record gives, and not what is built in: too many wrong picks silence all above.
const UNSURE: f64 = 0.0;

/// How long an instance goes on with what it has read of a code: fills come in crowds, and a label more changes little.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// Codes that an instance remembers.
const REMEMBERED: usize = 500;

/// Records that are removed side by side.
const AT_ONCE: usize = 8;

/// The table `ai_learned`: the hash key of the deployment, what was learned of each code, the share of each segment, the
/// day's counts, and the deployment's own record. No text is in it but codes' labels.
#[derive(Clone)]
pub struct Lessons {
    dynamo: Dynamo,
    table: String,
    clock: Clock,
    seen: Arc<Cache<String, Option<Item>>>,
    /// What one instance learns, it learns one after the other: each lesson writes the deployment's record, so that side by
    /// side they would only get into each other's way.
    turn: Arc<Mutex<()>>,
}

/// What there is to be learned of a closed segment.
pub struct Lesson<'a> {
    /// The segment, as it is now.
    pub segment: &'a Segment,
    /// The code that its agent has picked; none where nothing is to be learned from it any more.
    pub picked: Option<&'a Label>,
    /// What the filler had said of it, if it had.
    pub pick: Option<Pick>,
    /// Who has it learned or taken out.
    pub stamp: &'a Stamp,
}

/// What became of a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// The segment's share was added to its code's.
    Learned,
    /// It went from one code to another.
    Moved,
    /// It was taken out.
    TakenOut,
    /// All of that was so before.
    Known,
    /// The agent has picked this code often enough for a day.
    Enough,
    /// There is nothing to be learned from.
    Nothing,
}

impl Learnt {
    /// The outcome as logs name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::Moved => "moved",
            Self::TakenOut => "taken_out",
            Self::Known => "known",
            Self::Enough => "enough",
            Self::Nothing => "nothing",
        }
    }
}

/// What was learned of a task's codes, and from which confidence on that is to be said.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// What was learned of the codes, in the task's order.
    pub learned: Learned,
    /// The deployment's own record.
    pub record: Record,
}

impl Knowledge {
    /// From which confidence on a code is named; `built_in` is what holds where nothing is known.
    pub fn threshold(&self, built_in: f64) -> Threshold {
        self.record.threshold(built_in)
    }
}

/// All that was learned, for an operator.
pub struct Overview {
    /// Each code's label, and how many segments it was learned from; those with most first.
    pub codes: Vec<(String, u32)>,
    /// The last picks by week, the first day of each as `yyyy-MM-dd`.
    pub weeks: Vec<(String, Week)>,
    /// From which confidence on codes are named because of them; of one that is built in it is not known which.
    pub threshold: Threshold,
    /// When a segment was learned from last, or taken out of what was learned.
    pub learned_on: Option<DateTime>,
}

/// A segment's share, as it is stored.
struct Stored {
    /// The code that it was added to; none where it was taken out for good.
    code: Option<String>,
    share: Share,
    /// Which life of that code it was added to: of one that was forgotten there is nothing to take out.
    life: String,
    /// What the segment's `sys_mod_count` was.
    of_version: u64,
}

/// A record of the table, as it was read.
#[derive(Clone, Default)]
struct Read {
    /// None where there is none.
    version: Option<u64>,
    item: Item,
}

impl Lessons {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Learned);
        let seen = Arc::new(Cache::new(REMEMBERED, Some(REMEMBERED_FOR), clock.clone()));
        Self { dynamo, table, clock, seen, turn: Arc::default() }
    }

    /// Who learns now.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp::now(SYSTEM, &self.clock)
    }

    /// What was learned of codes, in their order; none where nothing was learned at all. An instance remembers it for a
    /// minute; else one request for 100 codes.
    pub async fn knowledge(&self, labels: &[&Label]) -> Result<Option<Knowledge>, Error> {
        let keys: Vec<String> = [KEY.to_owned(), RECORD.to_owned()]
            .into_iter()
            .chain(labels.iter().map(|label| code_key(label.as_str())))
            .collect();
        let mut items = HashMap::new();
        let mut missing = Vec::new();
        for key in &keys {
            match self.seen.get(key) {
                Some(item) => drop(items.insert(key.clone(), item)),
                None => missing.push(key.clone()),
            }
        }
        let mut read = self.read(&missing).await?;
        for key in missing {
            let item = read.remove(&key).and_then(|read| read.version.map(|_| read.item));
            self.seen.put(key.clone(), item.clone(), 1);
            items.insert(key, item);
        }
        let mut take = |key: &str| items.remove(key).flatten();
        let Some(hash_key) = take(KEY).map(|item| self.hash_key(&item)).transpose()? else { return Ok(None) };
        let record = take(RECORD).map(|item| self.record_of(&item)).transpose()?.unwrap_or_default();
        let centroids = keys.iter().skip(2).map(|key| take(key).map(|item| self.centroid(&item)).transpose());
        let centroids: Vec<Option<Centroid>> = centroids.collect::<Result<_, _>>()?;
        Ok(Some(Knowledge { learned: Learned::of(hash_key, centroids.iter().map(Option::as_ref)), record }))
    }

    /// Whether a lesson would change nothing, so that nobody has to read what was said; and the deployment's key, which is
    /// made on first use. One request, two on first use.
    pub async fn prepare(&self, lesson: &Lesson<'_>) -> Result<(HashKey, bool), Error> {
        let share = share_key(&lesson.segment.sys_id);
        let mut read = self.read(&[KEY.to_owned(), share.clone()]).await?;
        let stored = self.stored(&read.remove(&share).unwrap_or_default())?;
        let known = match (&stored, lesson.picked) {
            (Some(stored), _) if stored.code.is_none() || stored.of_version > lesson.segment.version => true,
            (Some(stored), Some(picked)) => stored.code.as_deref() == Some(picked.as_str()),
            (None, Some(_)) | (Some(_), None) => false,
            // Who comes later finds that there is nothing to be learned from it.
            (None, None) => lesson.segment.erased_on.is_none(),
        };
        match read.remove(KEY).filter(|read| read.version.is_some()) {
            Some(read) => Ok((self.hash_key(&read.item)?, known)),
            None => Ok((self.first_key().await?, known)),
        }
    }

    /// Learns from a segment, once, whatever comes again and late: what it adds and what it leaves is one transaction.
    /// `said` is what was said, by the deployment's key; none where nobody knows any more. DynamoDB: a read and a
    /// transaction, and as much again for each time that others got in the way.
    ///
    /// # Errors
    /// What may go better later.
    pub async fn learn(
        &self,
        lesson: &Lesson<'_>,
        said: Option<&Bag>,
        hash_key: Option<&HashKey>,
    ) -> Result<Learnt, Error> {
        let _turn = self.turn.lock().await;
        let mut patience = Patience::new(&self.dynamo);
        loop {
            if let Some(learnt) = self.try_to_learn(lesson, said, hash_key).await? {
                return Ok(learnt);
            }
            patience.wait().await?;
        }
    }

    /// Takes a segment's share out, for good: whatever comes late adds it no more. Answers whether there was one.
    pub async fn take_out(&self, segment: &Segment, stamp: &Stamp) -> Result<bool, Error> {
        let lesson = Lesson { segment, picked: None, pick: None, stamp };
        Ok(self.learn(&lesson, None, None).await? == Learnt::TakenOut)
    }

    /// Tries once; none where others got in the way.
    async fn try_to_learn(
        &self,
        lesson: &Lesson<'_>,
        said: Option<&Bag>,
        hash_key: Option<&HashKey>,
    ) -> Result<Option<Learnt>, Error> {
        let segment = lesson.segment;
        let share_key = share_key(&segment.sys_id);
        let new_key = lesson.picked.map(|label| code_key(label.as_str()));
        let day = Self::day_of(segment, lesson.picked, hash_key);
        let record = lesson.pick.map(|_| RECORD.to_owned());
        let first = lesson.picked.is_none().then(|| KEY.to_owned());
        let keys = [Some(share_key.clone()), new_key.clone(), day.clone(), record, first];
        let mut read = self.read(&keys.into_iter().flatten().collect::<Vec<_>>()).await?;
        let mut take = |key: &str| read.remove(key).unwrap_or_default();
        let share_read = take(&share_key);
        let stored = self.stored(&share_read)?;
        if stored.as_ref().is_some_and(|stored| stored.code.is_none() || stored.of_version > segment.version) {
            return Ok(Some(Learnt::Known));
        }
        if stored.as_ref().is_some_and(|stored| stored.code.as_deref() == lesson.picked.map(Label::as_str)) {
            return Ok(Some(Learnt::Known));
        }
        let was_there = stored.is_some();
        let (old_code, old) = match stored {
            Some(stored) => (stored.code, Some((stored.share, stored.life))),
            None => (None, None),
        };
        let stamp = lesson.stamp;
        let mut writes = Vec::new();
        // Out of the code that it was added to, unless that was forgotten.
        if let Some((old_code, (old_share, life))) = old_code.as_deref().zip(old.as_ref()) {
            let key = code_key(old_code);
            let code = self.read(std::slice::from_ref(&key)).await?.remove(&key).unwrap_or_default();
            if code.version.is_some() && self.column(&code.item, "life", as_text)? == Some(life) {
                let mut centroid = self.centroid(&code.item)?;
                centroid.take_out(old_share);
                writes.push(self.put(&code, code_item(&key, old_code, life, &centroid), stamp)?);
            }
        }
        let erased = segment.erased_on.is_some();
        let share = match (&old, said) {
            // What was said may be known no more by now, and its share still is.
            (Some((share, _)), _) => Some(share.clone()),
            (None, Some(said)) => Some(Share::of(said)).filter(|share| !share.is_empty()),
            (None, None) => None,
        };
        let day_read = day.as_deref().map(&mut take).unwrap_or_default();
        let counted = self.column(&day_read.item, "segments", as_number)?.unwrap_or_default();
        let enough = counted >= u64::from(MOST_A_DAY);
        let mut item = key_item(&share_key);
        set_expiry(&mut item, segment.expires_at);
        item.insert("of_version".to_owned(), AttributeValue::N(segment.version.to_string()));
        let learnt = match (lesson.picked.zip(new_key.as_deref()), share) {
            (Some((picked, new_key)), Some(share)) if !enough => {
                let code = take(new_key);
                let (mut centroid, life) = match code.version {
                    Some(_) => {
                        let life = text(&code.item, "life").ok_or_else(|| self.corrupt(new_key, "it has no life"))?;
                        (self.centroid(&code.item)?, life.to_owned())
                    }
                    None => (Centroid::default(), Attempt::new(&self.clock).name().to_owned()),
                };
                centroid.add(&share);
                writes.push(self.put(&code, code_item(new_key, picked.as_str(), &life, &centroid), stamp)?);
                if let Some(day) = &day {
                    let mut counts = key_item(day);
                    counts.insert("segments".to_owned(), AttributeValue::N((counted + 1).to_string()));
                    set_expiry(&mut counts, Some(self.clock.since_epoch().as_secs() + DAYS_COUNTED * DAY));
                    writes.push(self.put(&day_read, counts, stamp)?);
                }
                item.insert("code".to_owned(), string(picked.as_str()));
                item.insert("life".to_owned(), string(life));
                item.insert("share".to_owned(), AttributeValue::B(share.to_bytes().into()));
                if let Some(pick) = lesson.pick.filter(|_| !was_there) {
                    let read = take(RECORD);
                    let mut record = self.record_of(&read.item)?;
                    record.add(pick);
                    let mut item = key_item(RECORD);
                    item.insert("picks".to_owned(), AttributeValue::B(record.to_bytes().into()));
                    writes.push(self.put(&read, item, stamp)?);
                }
                if was_there { Learnt::Moved } else { Learnt::Learned }
            }
            _ if was_there => Learnt::TakenOut,
            // What is over for good says so, to whoever comes late; not where nobody has ever learned.
            _ if erased && take(KEY).version.is_some() => Learnt::Nothing,
            (Some(_), Some(_)) => return Ok(Some(Learnt::Enough)),
            _ => return Ok(Some(Learnt::Nothing)),
        };
        let action = match (learnt, share_read.version) {
            (Learnt::TakenOut | Learnt::Nothing, _) => Action::Erase,
            (_, Some(_)) => Action::Update,
            (_, None) => Action::Create,
        };
        let version = Some(share_read.version.map_or(0, |version| version + 1));
        writes.push(self.put(&share_read, item, stamp)?);
        let write = Write { stamp, table: &self.table, sys_id: &share_key, version, within: None, attempt: None };
        let Err(error) = Box::pin(self.dynamo.transact(write, writes, action)).await else { return Ok(Some(learnt)) };
        match dynamodb::cancellation(&error) {
            Some(outcomes) if outcomes.iter().any(|outcome| !matches!(outcome, WriteOutcome::Fine)) => Ok(None),
            _ => Err(dynamodb::Error::from(error).into()),
        }
    }

    /// What counts the segments of the agent, the code and the day: by a hash, so that nobody is named.
    fn day_of(segment: &Segment, picked: Option<&Label>, hash_key: Option<&HashKey>) -> Option<String> {
        let day = segment.closing()?.submitted_on.day();
        let hash = hash_key?.pseudonym(&[segment.agent.as_str(), picked?.as_str(), &day]);
        Some(format!("{DAY_COUNT}{hash}"))
    }

    /// Makes the deployment's key, unless another one was faster; answers the key that it has then.
    async fn first_key(&self) -> Result<HashKey, Error> {
        let made = HashKey::random().map_err(dynamodb::Error::broken)?;
        let stamp = self.stamp();
        let mut item = key_item(KEY);
        item.insert("key".to_owned(), AttributeValue::B(made.bytes().to_vec().into()));
        let write =
            Write { stamp: &stamp, table: &self.table, sys_id: KEY, version: Some(0), within: None, attempt: None };
        let put = self.put(&Read::default(), item, &stamp)?;
        let Err(error) = Box::pin(self.dynamo.transact(write, vec![put], Action::Create)).await else {
            return Ok(made);
        };
        if dynamodb::cancellation(&error).is_none() {
            return Err(dynamodb::Error::from(error).into());
        }
        let read = self.read(&[KEY.to_owned()]).await?.remove(KEY).ok_or(dynamodb::Error::Contended)?;
        Ok(self.hash_key(&read.item)?)
    }

    /// All that was learned. Reads the whole table: for operators.
    pub async fn overview(&self) -> Result<Overview, Error> {
        let (mut codes, mut record, mut learned_on) = (Vec::new(), Record::default(), None);
        for item in self.scan().await? {
            match text(&item, "sys_id") {
                Some(RECORD) => record = self.record_of(&item)?,
                Some(key) if key.starts_with(CODE) => {
                    let label = text(&item, "code").ok_or_else(|| self.corrupt(key, "it has no label"))?.to_owned();
                    codes.push((label, self.centroid(&item)?.labels));
                    learned_on = learned_on.max(text(&item, dynamodb::UPDATED_ON).and_then(DateTime::parse));
                }
                _ => {}
            }
        }
        // One whose last share was taken out says nothing any more.
        codes.retain(|(_, labels)| *labels > 0);
        codes.sort_by(|one: &(String, u32), other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let weeks: BTreeMap<u16, Week> = record.weeks();
        let weeks = weeks.into_iter().map(|(week, counts)| (Week::first_day(week), counts)).collect();
        Ok(Overview { codes, weeks, threshold: record.threshold(UNSURE), learned_on })
    }

    /// Forgets what was learned of a code. Answers whether anything was. Shares of it that are left have nothing to be taken
    /// out of any more.
    pub async fn forget(&self, label: &str, stamp: &Stamp) -> Result<bool, Error> {
        Ok(self.remove(&code_key(label), stamp).await?)
    }

    /// Forgets everything but the key, with which nothing can be read back. Answers how many codes were forgotten.
    pub async fn forget_all(&self, stamp: &Stamp) -> Result<usize, Error> {
        let items = self.scan().await?;
        let keys = items.iter().filter_map(|item| text(item, "sys_id")).filter(|key| *key != KEY);
        // Codes first: of one that is gone nothing is taken out, so whatever cuts this short leaves nothing wrong.
        let (codes, others): (Vec<&str>, Vec<&str>) = keys.partition(|key| key.starts_with(CODE));
        let forgotten = codes.len();
        for keys in [codes, others] {
            let removals = keys.into_iter().map(|key| self.remove(key, stamp)).collect::<Vec<_>>();
            stream::iter(removals).buffer_unordered(AT_ONCE).try_collect::<Vec<bool>>().await?;
        }
        Ok(forgotten)
    }

    async fn remove(&self, key: &str, stamp: &Stamp) -> Result<bool, dynamodb::Error> {
        let write = Write { stamp, table: &self.table, sys_id: key, version: None, within: None, attempt: None };
        self.dynamo.remove(write).await
    }

    async fn scan(&self) -> Result<Vec<Item>, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        for item in &items {
            dynamodb::check(Table::Learned, item)?;
        }
        Ok(items)
    }

    /// The records with these keys that are there. What has expired counts as gone, and is written over.
    async fn read(&self, keys: &[String]) -> Result<HashMap<String, Read>, Error> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = keys.iter().map(|sys_id| (self.table.clone(), key(sys_id))).collect();
        let items = dynamodb::batch_get(&self.dynamo, wanted).await?.remove(&self.table).unwrap_or_default();
        let mut read = HashMap::new();
        for item in items {
            dynamodb::check(Table::Learned, &item)?;
            let sys_id = text(&item, "sys_id").unwrap_or_default().to_owned();
            // By this its writers know whether it still is what they have read.
            let version = self.column(&item, VERSION, as_number)?;
            let version = Some(version.ok_or_else(|| self.corrupt(&sys_id, "it does not count its changes"))?);
            let over = dynamodb::is_expired(&item, self.clock.since_epoch());
            read.insert(sys_id, Read { version, item: if over { Item::new() } else { item } });
        }
        Ok(read)
    }

    /// Puts a record, if it still is what was read.
    fn put(&self, read: &Read, mut item: Item, stamp: &Stamp) -> Result<TransactWriteItem, Error> {
        let version = read.version.map_or(0, |version| version + 1);
        stamp.create(&mut item);
        for column in [dynamodb::CREATED_BY, dynamodb::CREATED_ON] {
            item.extend(read.item.get(column).map(|value| (column.to_owned(), value.clone())));
        }
        item.insert(VERSION.to_owned(), AttributeValue::N(version.to_string()));
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match read.version {
            None => put.condition_expression("attribute_not_exists(sys_id)"),
            Some(version) => put
                .condition_expression(format!("#version = :version AND {NOT_NEWER}"))
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_names("#schema", SCHEMA)
                .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
                .expression_attribute_values(":schema", schema()),
        };
        let put = put.build().map_err(dynamodb::Error::broken)?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn stored(&self, read: &Read) -> Result<Option<Stored>, CorruptRecord> {
        if read.item.is_empty() {
            return Ok(None);
        }
        let item = &read.item;
        let key = text(item, "sys_id").unwrap_or_default();
        let share = self.column(item, "share", as_bytes)?.map_or_else(|| Some(Share::default()), Share::of_bytes);
        Ok(Some(Stored {
            code: self.column(item, "code", as_text)?.map(str::to_owned),
            share: share.ok_or_else(|| self.corrupt(key, "its share cannot be read"))?,
            life: self.column(item, "life", as_text)?.unwrap_or_default().to_owned(),
            of_version: self.column(item, "of_version", as_number)?.unwrap_or_default(),
        }))
    }

    fn hash_key(&self, item: &Item) -> Result<HashKey, CorruptRecord> {
        let bytes = item.get("key").and_then(|key| key.as_b().ok());
        bytes.and_then(|bytes| HashKey::of_bytes(bytes.as_ref())).ok_or_else(|| self.corrupt(KEY, "it is no key"))
    }

    fn record_of(&self, item: &Item) -> Result<Record, CorruptRecord> {
        let Some(bytes) = self.column(item, "picks", as_bytes)? else { return Ok(Record::default()) };
        Record::of_bytes(bytes).ok_or_else(|| self.corrupt(RECORD, "its picks cannot be read"))
    }

    fn centroid(&self, item: &Item) -> Result<Centroid, CorruptRecord> {
        let bytes = item.get("centroid").and_then(|centroid| centroid.as_b().ok());
        let centroid = bytes.and_then(|bytes| Centroid::of_bytes(bytes.as_ref()));
        centroid.ok_or_else(|| self.corrupt(text(item, "sys_id").unwrap_or_default(), "its sums cannot be read"))
    }

    /// What a record has in a column; none where it has no such one.
    ///
    /// # Errors
    /// Where it has something of another type there, which nothing is to be written over.
    fn column<'i, T>(
        &self,
        item: &'i Item,
        column: &str,
        of: impl Fn(&'i AttributeValue) -> Option<T>,
    ) -> Result<Option<T>, CorruptRecord> {
        let key = || text(item, "sys_id").unwrap_or_default();
        let odd = || self.corrupt(key(), &format!("{column} is of another type"));
        item.get(column).map(|value| of(value).ok_or_else(odd)).transpose()
    }

    fn corrupt(&self, key: &str, problem: &str) -> CorruptRecord {
        CorruptRecord { table: self.table.clone(), key: key.to_owned(), problem: problem.into() }
    }
}

fn code_key(label: &str) -> String {
    format!("{CODE}{}", crate::sys_id::digest(&[label]))
}

fn share_key(segment: &str) -> String {
    format!("{SHARE}{segment}")
}

fn key_item(sys_id: &str) -> Item {
    key(sys_id)
}

fn code_item(key: &str, label: &str, life: &str, centroid: &Centroid) -> Item {
    let mut item = key_item(key);
    item.insert("code".to_owned(), string(label));
    item.insert("life".to_owned(), string(life));
    item.insert("centroid".to_owned(), AttributeValue::B(centroid.to_bytes().into()));
    item
}

fn text<'i>(item: &'i Item, column: &str) -> Option<&'i str> {
    item.get(column)?.as_s().ok().map(String::as_str)
}

fn as_text(value: &AttributeValue) -> Option<&str> {
    value.as_s().ok().map(String::as_str)
}

fn as_number(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}

fn as_bytes(value: &AttributeValue) -> Option<&[u8]> {
    value.as_b().ok().map(AsRef::as_ref)
}
