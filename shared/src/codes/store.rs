use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemOutput;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::admission::AT_ONCE;
use super::{Code, CodeImport, CodeRequest, Fate, Label, SysIdTaken, Translation, yes};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::document::{FromText, Problem, Violations};
use crate::dynamodb::tables::BY_LABEL;
use crate::dynamodb::{
    self, ColumnType, Dynamo, Item, Listed, NOT_NEWER, Patience, SCHEMA, Sent, Stamp, Table, Unread, Write, batch_get,
    batch_get_one, key, of_types, schema, string,
};
use crate::error::{CorruptRecord, NotFound};
use crate::language::Language;
use crate::sys_id;
use crate::watch::Action;

/// Requests in flight at once where one call writes or reads many codes: enough to hide the round
/// trips of 1,000 codes, few enough for the connections of one instance.
const IN_FLIGHT: usize = 32;

/// How old what an instance knows of a code may be, when a segment opens with it.
const SEEN_FOR: Duration = Duration::from_secs(60);

/// Codes an instance remembers; a code with a few translations takes about 1 KB.
const REMEMBERED: usize = 5_000;

/// Languages of a request up to which DynamoDB's 4 KB of a condition have room for the types of their columns.
const TYPED_LANGUAGES: usize = 12;

// Columns that every language has of its own, so that translations merge in one update without a
// read: the language follows the name.
const TRANSLATED_CODE: &str = "translated_code_";
const TRANSLATED_DESCRIPTION: &str = "translated_description_";
/// When the language was first stored: nanoseconds since the epoch.
const TRANSLATED_SINCE: &str = "translated_since_";

/// The sys_id that a code has kept from the system that it came from, and is shown under.
const KEPT_SYS_ID: &str = "kept_sys_id";
/// All that a record says whose own sys_id is one that a code had elsewhere: the sys_id under which that code is stored.
const ALIAS_OF: &str = "alias_of";

/// The table `interaction_wrap_up_code`.
#[derive(Clone)]
pub struct Codes {
    pub(super) dynamo: Dynamo,
    pub(super) table: String,
    clock: Clock,
    seen: Arc<Cache<Label, Arc<Code>>>,
    pub(super) writing: Arc<Semaphore>,
}

impl Codes {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Codes);
        let seen = Arc::new(Cache::new(REMEMBERED, Some(SEEN_FOR), clock.clone()));
        Self { dynamo, table, clock, seen, writing: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The code with this sys_id, in whichever case it is written. One consistent read; two where it is a sys_id that the
    /// code had elsewhere, under which it is shown then.
    pub async fn get(&self, id: &str) -> Result<Code, Error> {
        let none = || NotFound::Code { sys_id: id.to_owned() };
        // No other id can be a code's, and DynamoDB refuses keys over 2,048 bytes.
        let sys_id = sys_id::ours(id).ok_or_else(none)?;
        let item = self.dynamo.get(&self.table, &*sys_id).await?.ok_or_else(none)?;
        dynamodb::check(Table::Codes, &item)?;
        let Some(own) = alias_of(&item) else { return Ok(from_item(item)?) };
        // An import that ended between its two writes has left a sys_id of no code.
        let item = self.dynamo.get(&self.table, own).await?.filter(is_code).ok_or_else(none)?;
        Ok(Code { sys_id: sys_id.into_owned(), ..from_item(item)? })
    }

    /// What [`Admission::upsert`](super::Admission::upsert) would answer, if nobody else wrote these codes meanwhile:
    /// one batched read for 100 codes, whether seen before or not.
    pub async fn foresee(&self, requests: &[CodeRequest]) -> Result<Vec<Code>, Error> {
        let keys = requests.iter().map(|request| self.key_of(&request.label)).collect();
        let stored = self.take(&mut batch_get(&self.dynamo, keys).await?)?;
        let foreseen = requests.iter().map(|request| {
            let stored = stored.get(&request.label).map(|code| Code::clone(code));
            stored.unwrap_or_else(|| Code::new_external(request.label.clone())).updated(request)
        });
        Ok(foreseen.collect())
    }

    pub(super) async fn upsert(
        &self,
        requests: &[CodeRequest],
        external: bool,
        by: &str,
    ) -> Vec<Result<Arc<Code>, Error>> {
        let stamp = Stamp::now(by, &self.clock);
        let updates: Vec<_> = requests.iter().map(|request| self.upsert_one(request, external, None, &stamp)).collect();
        stream::iter(updates).buffered(IN_FLIGHT).collect().await
    }

    pub(super) async fn import(&self, imports: &[&CodeImport], by: &str) -> Vec<Result<Arc<Code>, Error>> {
        let stamp = Stamp::now(by, &self.clock);
        let imported: Vec<_> = imports.iter().map(|import| self.import_one(import, &stamp)).collect();
        stream::iter(imported).buffered(IN_FLIGHT).collect().await
    }

    /// The sys_id that it brings comes first: whoever is shown it finds the code by it.
    async fn import_one(&self, import: &CodeImport, stamp: &Stamp) -> Result<Arc<Code>, Error> {
        let kept = import.sys_id.as_deref();
        if let Some(sys_id) = kept {
            self.add_alias(sys_id, &import.request.label, stamp).await?;
        }
        let external = import.external.unwrap_or(false);
        let (first, more) = import.parts();
        let mut code = self.upsert_one(&first, external, kept, stamp).await?;
        for part in more {
            code = self.upsert_one(&part, external, kept, stamp).await?;
        }
        Ok(code)
    }

    /// Has a sys_id name the code with this label, unless it does already.
    async fn add_alias(&self, sys_id: &str, label: &Label, stamp: &Stamp) -> Result<(), Error> {
        let write = Write { stamp, table: &self.table, sys_id, version: None, within: None, attempt: None };
        let mut item = key(sys_id);
        item.insert(ALIAS_OF.to_owned(), string(label.sys_id()));
        let put = self.dynamo.create(write, item, |put| put.condition_expression("attribute_not_exists(sys_id)"));
        match put.await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    match taken(sys_id, failed.item.as_ref(), &label.sys_id()) {
                        Some(taken) => Err(Violations::one("sys_id", taken).into()),
                        None => Ok(()),
                    }
                }
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    /// What [`Admission::import`](super::Admission::import) would do to each code, if nobody else wrote them meanwhile:
    /// one batched read for 100 records, of which a code that brings a sys_id has two.
    pub async fn foresee_import(&self, imports: &[&CodeImport]) -> Result<Vec<Result<Fate, SysIdTaken>>, Error> {
        let own = imports.iter().map(|import| import.request.label.sys_id());
        // DynamoDB refuses a batch that names a key twice.
        let keys: HashSet<String> = own.chain(imports.iter().filter_map(|import| import.sys_id.clone())).collect();
        let keys = keys.into_iter().map(|sys_id| (self.table.clone(), key(sys_id))).collect();
        let items = batch_get(&self.dynamo, keys).await?.remove(&self.table).unwrap_or_default();
        let mut stored = HashMap::with_capacity(items.len());
        for item in items {
            dynamodb::check(Table::Codes, &item)?;
            if let Some(AttributeValue::S(sys_id)) = item.get("sys_id") {
                stored.insert(sys_id.clone(), item);
            }
        }
        let fates = imports.iter().map(|import| {
            let own = import.request.label.sys_id();
            let named = import.sys_id.as_deref().map(|sys_id| (sys_id, stored.get(sys_id)));
            if let Some((sys_id, holder)) = named
                && let Some(taken) = taken(sys_id, holder, &own)
            {
                return Ok(Err(taken));
            }
            let Some(item) = stored.get(&own).filter(|item| is_code(item)) else { return Ok(Ok(Fate::New)) };
            let keeps = named.is_none_or(|(_, holder)| holder.is_some() && item.contains_key(KEPT_SYS_ID));
            let code = from_item(item.clone())?;
            let same = keeps && code.clone().updated(&import.request) == code;
            Ok(Ok(if same { Fate::Same } else { Fate::Changed }))
        });
        fates.collect()
    }

    /// One update without a read: absent fields keep what is stored, two callers that write the same
    /// code at once both get their translations in. A record that says all of it already stays as it is.
    /// `kept` is a sys_id that the code is shown under from now on, if it has none such yet.
    async fn upsert_one(
        &self,
        request: &CodeRequest,
        external: bool,
        kept: Option<&str>,
        stamp: &Stamp,
    ) -> Result<Arc<Code>, Error> {
        let sys_id = request.label.sys_id();
        let mut settings = settings(request, external, self.clock.since_epoch(), stamp);
        settings.extend(kept.map(|sys_id| Setting::new(KEPT_SYS_ID, string(sys_id), Kind::Adds)));
        let write = Write { stamp, table: &self.table, sys_id: &sys_id, version: None, within: None, attempt: None };
        let set = |update: UpdateItemFluentBuilder| {
            let update = update
                .update_expression(format!("{}, {}", set_expression(&settings), Unread::set()))
                .condition_expression(format!("{} AND {}", change_condition(&settings), Unread::condition()))
                .expression_attribute_values(":text", string("S"))
                .return_values(ReturnValue::AllOld);
            settings.iter().enumerate().fold(update, |update, (at, setting)| {
                update
                    .expression_attribute_names(format!("#{at}"), &*setting.column)
                    .expression_attribute_values(format!(":{at}"), setting.value.clone())
            })
        };
        let action = |answer: &UpdateItemOutput| match answer.attributes().is_some_and(|old| old.contains_key("code")) {
            true => Action::Update,
            false => Action::Create,
        };
        let mut update = Unread::new(&self.clock);
        let says_all = |item: &Item| settings.iter().all(|setting| setting.is_said_by(item));
        let mut patience = Patience::new(&self.dynamo);
        // What has been read needs no condition on what it may be.
        let mut is_read = request.translations.len() > TYPED_LANGUAGES;
        if is_read && let Some(item) = batch_get_one(&self.dynamo, &self.table, &sys_id).await? {
            self.check_writable(&item, &request.label, &settings)?;
        }
        loop {
            let set = |update| match is_read {
                true => set(update),
                false => of_types(set(update), typed(&settings)),
            };
            let stored = match update.send(&self.dynamo, write, set, action).await? {
                Sent::Stored(before) => {
                    let mut item = key(&sys_id);
                    item.extend(before);
                    settings.iter().for_each(|setting| setting.apply(&mut item));
                    item
                }
                Sent::WasStored(item) => item,
                Sent::TooLarge => {
                    return Err(Violations::one("translations", Problem::TooLarge { most_kb: 400 }).into());
                }
                Sent::Refused(item) => {
                    if let Some(item) = &item {
                        self.check_writable(item, &request.label, &settings)?;
                    }
                    match item.filter(says_all) {
                        Some(item) => item,
                        // Another write has come in between, or what is odd about it can be read all the same.
                        None => {
                            is_read = true;
                            patience.wait().await?;
                            continue;
                        }
                    }
                }
            };
            let code = self.own(stored, &request.label)?;
            self.remember(&code);
            return Ok(code);
        }
    }

    /// That a record may be written over: it is the code of this label, or only another name of one, can be read, and loses
    /// nothing by it that is no code's.
    fn check_writable(&self, item: &Item, label: &Label, settings: &[Setting]) -> Result<(), CorruptRecord> {
        dynamodb::check(Table::Codes, item)?;
        if alias_of(item).is_some() {
            return Ok(());
        }
        self.own(item.clone(), label)?;
        let odd = settings.iter().find(|setting| setting.is_typed() && setting.is_odd_in(item));
        odd.map_or(Ok(()), |odd| Err(self.corrupt(&label.sys_id(), &format!("{} is of another type", odd.column))))
    }

    /// The code of an item, if it is that of this label: two labels with one UUIDv5, see `sys_id::derive`, are two codes.
    fn own(&self, item: Item, label: &Label) -> Result<Arc<Code>, CorruptRecord> {
        let code = from_item(item)?;
        if code.code == *label {
            Ok(Arc::new(code))
        } else {
            Err(self.corrupt(&label.sys_id(), "it belongs to another label"))
        }
    }

    /// The table and the key of the code with this label, for a read that fetches other records too.
    pub fn key_of(&self, label: &Label) -> (String, Item) {
        (self.table.clone(), key(label.sys_id()))
    }

    /// Takes this table's codes out of what such a read has found.
    pub fn take(&self, found: &mut HashMap<String, Vec<Item>>) -> Result<HashMap<Label, Arc<Code>>, Error> {
        let items = found.remove(&self.table).unwrap_or_default();
        let mut codes = HashMap::with_capacity(items.len());
        // A label's own sys_id may be what a code was called elsewhere; as long as nothing has the label, nothing is found.
        for item in items.into_iter().filter(|item| alias_of(item).is_none()) {
            let code = Arc::new(from_item(item)?);
            self.remember(&code);
            codes.insert(code.code.clone(), code);
        }
        Ok(codes)
    }

    /// The codes with these labels, if all of them were seen within the last minute.
    pub fn recall(&self, labels: &[Label]) -> Option<Vec<Arc<Code>>> {
        labels.iter().map(|label| self.seen.get(label)).collect()
    }

    /// The codes with these labels that exist, 100 a request, unless all were seen within the last minute.
    pub async fn find(&self, labels: &[Label]) -> Result<HashMap<Label, Arc<Code>>, Error> {
        if let Some(codes) = self.recall(labels) {
            return Ok(codes.into_iter().map(|code| (code.code.clone(), code)).collect());
        }
        let keys = labels.iter().map(|label| self.key_of(label)).collect();
        self.take(&mut batch_get(&self.dynamo, keys).await?)
    }

    pub(super) async fn add_missing(&self, codes: Vec<Code>, stamp: &Stamp) -> Result<Vec<Arc<Code>>, Error> {
        stream::iter(codes).map(|code| self.add_if_absent(code, stamp)).buffered(IN_FLIGHT).try_collect().await
    }

    async fn add_if_absent(&self, code: Code, stamp: &Stamp) -> Result<Arc<Code>, Error> {
        let write =
            Write { stamp, table: &self.table, sys_id: &code.sys_id, version: None, within: None, attempt: None };
        let put = self.dynamo.create(write, to_item(&code, self.clock.since_epoch()), |put| {
            // What is only another name of a code gives way to the code whose own sys_id this is.
            put.condition_expression(format!(
                "attribute_not_exists(sys_id) OR (attribute_not_exists(code) AND attribute_type({ALIAS_OF}, :text) AND \
                 {NOT_NEWER})"
            ))
            .expression_attribute_names("#schema", SCHEMA)
            .expression_attribute_values(":schema", schema())
            .expression_attribute_values(":text", string("S"))
        });
        let stored = match put.await {
            Ok(_) => Arc::new(code),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    self.own(failed.item.clone().unwrap_or_default(), &code.code)?
                }
                _ => return Err(dynamodb::Error::from(error).into()),
            },
        };
        self.remember(&stored);
        Ok(stored)
    }

    /// Gives the codes their place in the index by label that an older version stored without one, and answers how many.
    /// Reads the whole table: for operators.
    pub async fn backfill(&self) -> Result<u64, Error> {
        Ok(self.dynamo.complete_index(&self.table, &BY_LABEL, shelf).await?)
    }

    /// Every code of the table, by label. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<Listed<Code>, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        let other_names = |item: &Item| alias_of(item).is_some() && dynamodb::check(Table::Codes, item).is_ok();
        let items = items.into_iter().filter(|item| !other_names(item)).collect();
        let mut listed = Listed::of(items, from_item);
        listed.records.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(listed)
    }

    fn remember(&self, code: &Arc<Code>) {
        self.seen.put(code.code.clone(), Arc::clone(code), 1 + code.translations.len() / 8);
    }

    fn corrupt(&self, key: &str, problem: &str) -> CorruptRecord {
        CorruptRecord { table: self.table.clone(), key: key.to_owned(), problem: problem.into() }
    }
}

/// A column that an update writes.
struct Setting {
    column: Cow<'static, str>,
    value: AttributeValue,
    kind: Kind,
}

/// When it writes it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Always; a record that has this value already is not changed by it.
    Says,
    /// Where the record lacks the column; that alone is a change.
    Adds,
    /// Where the record lacks the column and something changes.
    Begins,
    /// Where something changes.
    Stamps,
}

impl Setting {
    fn new(column: impl Into<Cow<'static, str>>, value: AttributeValue, kind: Kind) -> Self {
        Self { column: column.into(), value, kind }
    }

    fn keeps(&self) -> bool {
        matches!(self.kind, Kind::Adds | Kind::Begins)
    }

    /// What the update does to an item.
    fn apply(&self, item: &mut Item) {
        let (column, value) = (self.column.clone().into_owned(), self.value.clone());
        if self.keeps() {
            item.entry(column).or_insert(value);
        } else {
            item.insert(column, value);
        }
    }

    /// Whether a condition says of which type its column may be. Those of the platform are read by nobody here, and what
    /// DynamoDB has an index by is of one type.
    fn is_typed(&self) -> bool {
        !self.column.starts_with("sys_") && self.column != BY_LABEL.partition
    }

    /// Whether an item has something else in its place than a code has there.
    fn is_odd_in(&self, item: &Item) -> bool {
        item.get(&*self.column).is_some_and(|there| ColumnType::of(there) != ColumnType::of(&self.value))
    }

    /// Whether an item says it already, or it is none to be said alone.
    fn is_said_by(&self, item: &Item) -> bool {
        match self.kind {
            Kind::Says => item.get(&*self.column) == Some(&self.value),
            Kind::Adds => item.contains_key(&*self.column),
            Kind::Begins | Kind::Stamps => true,
        }
    }
}

/// The columns that a request writes. The label is the first.
fn settings(request: &CodeRequest, external: bool, now: Duration, stamp: &Stamp) -> Vec<Setting> {
    let active = if request.active.is_some() { Kind::Says } else { Kind::Begins };
    let mut settings = vec![
        Setting::new("code", string(request.label.as_str()), Kind::Says),
        Setting::new("active", AttributeValue::Bool(request.active.unwrap_or(true)), active),
        Setting::new("external", AttributeValue::Bool(external), Kind::Begins),
        Setting::new(BY_LABEL.partition, string(shelf(&request.label.sys_id())), Kind::Begins),
    ];
    if let Some(description) = &request.description {
        settings.push(Setting::new("description", string(description), Kind::Says));
    }
    for (index, translation) in request.translations.iter().enumerate() {
        let language = translation.language;
        let texts = [(TRANSLATED_CODE, &translation.code), (TRANSLATED_DESCRIPTION, &translation.description)];
        let texts =
            texts.into_iter().filter_map(|(prefix, text)| Some((format!("{prefix}{language}"), text.as_ref()?)));
        let before = settings.len();
        settings.extend(texts.map(|(column, text)| Setting::new(column, string(text), Kind::Says)));
        // A translation without a text is one, too: it has a place among the code's languages.
        let kind = if settings.len() == before { Kind::Adds } else { Kind::Begins };
        settings.push(Setting::new(format!("{TRANSLATED_SINCE}{language}"), since(now.as_nanos(), index), kind));
    }
    settings.extend(stamp.created().map(|(column, value)| Setting::new(column, value, Kind::Begins)));
    settings.extend(stamp.updated().map(|(column, value)| Setting::new(column, value, Kind::Stamps)));
    settings
}

/// What the update does to these columns, which are `#0` and so on. It stays below DynamoDB's 4 KB with as many
/// translations as a request may have.
fn set_expression(settings: &[Setting]) -> String {
    let mut set = String::from("SET ");
    for (at, setting) in settings.iter().enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        // Writing into a text cannot fail.
        let _ = match setting.keeps() {
            true => write!(set, "{separator}#{at} = if_not_exists(#{at}, :{at})"),
            false => write!(set, "{separator}#{at} = :{at}"),
        };
    }
    set
}

/// The columns that have to be of their types before anything is written: those that are read of each code, and those that
/// a request writes.
fn typed(settings: &[Setting]) -> impl Iterator<Item = (&str, ColumnType)> {
    let written = settings.iter().filter(|setting| setting.is_typed());
    let written = written.filter_map(|setting| Some((&*setting.column, ColumnType::of(&setting.value)?)));
    let of_each = [("description", ColumnType::Text), (KEPT_SYS_ID, ColumnType::Text)].into_iter();
    written.chain(of_each.filter(|(column, _)| settings.iter().all(|setting| setting.column != *column)))
}

/// Refuses another label with the same UUIDv5, see `sys_id::derive`, what would change nothing, what is no code, and what a
/// newer version wrote.
fn change_condition(settings: &[Setting]) -> String {
    let mut same = String::from("#0 = :0");
    let mut newer = String::new();
    for (at, setting) in settings.iter().enumerate().skip(1) {
        if setting.column == SCHEMA {
            newer = format!(" AND NOT #{at} > :{at}");
        }
        let _ = match setting.kind {
            Kind::Says => write!(same, " AND #{at} = :{at}"),
            Kind::Adds => write!(same, " AND attribute_exists(#{at})"),
            Kind::Begins | Kind::Stamps => Ok(()),
        };
    }
    let is_other_name = format!("attribute_not_exists(#0) AND attribute_type({ALIAS_OF}, :text)");
    format!("(attribute_not_exists(sys_id) OR ({is_other_name}) OR (#0 = :0 AND NOT ({same}))){newer}")
}

/// When a language was first stored: a nanosecond later for each that stands in front of it in the request, so that they
/// keep their order.
fn since(now: u128, index: usize) -> AttributeValue {
    AttributeValue::N((now + index as u128).to_string())
}

/// The shelf of the index by label on which the code stands that is stored under this sys_id: by its first digit, so that
/// writes of one moment spread over sixteen partitions.
fn shelf(sys_id: &str) -> String {
    shelf_of(sys_id.chars().next().unwrap_or('0'))
}

/// The shelf for sys_ids with this first digit.
pub(super) fn shelf_of(digit: char) -> String {
    format!("code#{digit}")
}

/// Whether a record is a code, and not what one was called elsewhere.
pub(super) fn is_code(item: &Item) -> bool {
    item.contains_key("code")
}

/// The sys_id under which a code is stored that was called elsewhere what this record's sys_id is.
fn alias_of(item: &Item) -> Option<&str> {
    let own = item.get(ALIAS_OF).filter(|_| !is_code(item)).and_then(|own| own.as_s().ok());
    // An empty one names nothing, and DynamoDB refuses it as a key: such a record cannot be read.
    own.map(String::as_str).filter(|own| !own.is_empty())
}

/// What keeps a sys_id from naming the code that is stored under `own`: the record that has it.
fn taken(sys_id: &str, holder: Option<&Item>, own: &str) -> Option<SysIdTaken> {
    let holder = holder.filter(|holder| alias_of(holder) != Some(own))?;
    let label = holder.get("code").and_then(|label| label.as_s().ok());
    Some(SysIdTaken { sys_id: sys_id.to_owned(), label: label.cloned() })
}

/// The columns that are the same for every code.
#[derive(Deserialize)]
struct Record {
    sys_id: String,
    kept_sys_id: Option<String>,
    code: Label,
    #[serde(default)]
    description: String,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    external: bool,
}

pub(super) fn from_item(item: Item) -> Result<Code, CorruptRecord> {
    let mut translations: Vec<(u128, Translation)> = Vec::new();
    for (name, value) in &item {
        if let (Some(language), AttributeValue::N(since)) = (name.strip_prefix(TRANSLATED_SINCE), value)
            && let Ok(language) = Language::from_text(language)
        {
            let text = |prefix: &str| item.get(&format!("{prefix}{language}")).and_then(|text| text.as_s().ok());
            let translation = Translation {
                language,
                code: text(TRANSLATED_CODE).cloned(),
                description: text(TRANSLATED_DESCRIPTION).cloned(),
            };
            translations.push((since.parse().unwrap_or(u128::MAX), translation));
        }
    }
    translations.sort_by_key(|(since, translation)| (*since, translation.language));
    let record: Record = dynamodb::from_item(Table::Codes, item)?;
    Ok(Code {
        sys_id: record.kept_sys_id.unwrap_or(record.sys_id),
        code: record.code,
        description: record.description,
        active: record.active,
        external: record.external,
        translations: translations.into_iter().map(|(_, translation)| translation).collect(),
    })
}

fn to_item(code: &Code, now: Duration) -> Item {
    let mut item = HashMap::from([
        ("sys_id".to_owned(), string(&code.sys_id)),
        ("code".to_owned(), string(code.code.as_str())),
        ("description".to_owned(), string(&code.description)),
        ("active".to_owned(), AttributeValue::Bool(code.active)),
        ("external".to_owned(), AttributeValue::Bool(code.external)),
        (BY_LABEL.partition.to_owned(), string(shelf(&code.sys_id))),
    ]);
    for (index, translation) in code.translations.iter().enumerate() {
        let language = translation.language;
        item.insert(format!("{TRANSLATED_SINCE}{language}"), since(now.as_nanos(), index));
        if let Some(code) = &translation.code {
            item.insert(format!("{TRANSLATED_CODE}{language}"), string(code));
        }
        if let Some(description) = &translation.description {
            item.insert(format!("{TRANSLATED_DESCRIPTION}{language}"), string(description));
        }
    }
    item
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::TranslationRequest;
    use crate::date_time::DateTime;

    #[test]
    fn as_many_translations_as_a_request_may_have_fit_into_dynamodbs_expressions() -> Result<(), Problem> {
        let letters = 'a'..='z';
        let languages = letters.clone().flat_map(|one| letters.clone().map(move |other| format!("{one}{other}")));
        let translations = languages.take(CodeRequest::MOST_TRANSLATIONS).map(|language| {
            let language = Language::from_text(&language)?;
            Ok(TranslationRequest { language, code: Some("x".to_owned()), description: Some("x".to_owned()) })
        });
        let request = CodeRequest {
            label: Label::from_text("Refund")?,
            description: Some("x".to_owned()),
            active: Some(true),
            translations: translations.collect::<Result<_, Problem>>()?,
        };
        let at = DateTime::from_text("2024-09-16 18:00:00")?;
        let stamp = Stamp { by: "integrator".to_owned(), at };
        for (languages, is_typed) in [(CodeRequest::MOST_TRANSLATIONS, false), (TYPED_LANGUAGES, true)] {
            let translations = request.translations.iter().take(languages).cloned().collect();
            let settings = settings(&CodeRequest { translations, ..request.clone() }, true, Duration::ZERO, &stamp);
            let set = format!("{}, {}", set_expression(&settings), Unread::set());
            let update = dynamodb::unsent_update();
            let update =
                update.condition_expression(format!("{} AND {}", change_condition(&settings), Unread::condition()));
            let update = if is_typed { of_types(update, typed(&settings)) } else { update };
            let condition = update.get_condition_expression().clone().unwrap_or_default();
            for (expression, operators) in [
                (&set, set.matches("if_not_exists").count() + set.matches(" = ").count()),
                (&condition, condition.matches(['=', '(']).count() + condition.matches(" AND ").count()),
            ] {
                assert!(expression.len() <= 4_096, "{} bytes", expression.len());
                assert!(operators <= 300, "{operators} operators");
            }
        }
        Ok(())
    }
}
