use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::admission::AT_ONCE;
use super::{Code, CodeRequest, Label, Translation, yes};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::document::{FromText, Problem, Violations};
use crate::dynamodb::{self, Dynamo, Item, Listed, SCHEMA, Stamp, Table, Write, batch_get, key, string};
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

// Columns that every language has of its own, so that translations merge in one update without a
// read: the language follows the name.
const TRANSLATED_CODE: &str = "translated_code_";
const TRANSLATED_DESCRIPTION: &str = "translated_description_";
/// When the language was first stored: nanoseconds since the epoch.
const TRANSLATED_SINCE: &str = "translated_since_";

/// The table `interaction_wrap_up_code`.
#[derive(Clone)]
pub struct Codes {
    dynamo: Dynamo,
    table: String,
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

    /// The code with this sys_id. One consistent read.
    pub async fn get(&self, sys_id: &str) -> Result<Code, Error> {
        // No other id can be a code's, and DynamoDB refuses keys over 2,048 bytes.
        let item = match sys_id::ours(sys_id) {
            Some(sys_id) => self.dynamo.get(&self.table, sys_id).await?,
            None => None,
        };
        match item {
            Some(item) => Ok(from_item(item)?),
            None => Err(NotFound::Code { sys_id: sys_id.to_owned() }.into()),
        }
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
        let updates: Vec<_> = requests.iter().map(|request| self.upsert_one(request, external, &stamp)).collect();
        stream::iter(updates).buffered(IN_FLIGHT).collect().await
    }

    /// One update without a read: absent fields keep what is stored, two callers that write the same
    /// code at once both get their translations in. A record that says all of it already stays as it is.
    async fn upsert_one(&self, request: &CodeRequest, external: bool, stamp: &Stamp) -> Result<Arc<Code>, Error> {
        let sys_id = request.label.sys_id();
        let settings = settings(request, external, self.clock.since_epoch(), stamp);
        let write = Write { stamp, table: &self.table, sys_id: &sys_id, version: None };
        let update = |update: UpdateItemFluentBuilder| {
            let update = update
                .update_expression(set_expression(&settings))
                .condition_expression(change_condition(&settings))
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
        let stored = match self.dynamo.update(write, update, action).await {
            Ok(answer) => {
                let mut item = key(&sys_id);
                item.extend(answer.attributes.unwrap_or_default());
                settings.into_iter().for_each(|setting| setting.apply(&mut item));
                item
            }
            Err(error) if dynamodb::is_too_large(&error) => {
                return Err(Violations::one("translations", Problem::TooLarge { most_kb: 400 }).into());
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    failed.item.clone().unwrap_or_default()
                }
                _ => return Err(dynamodb::Error::from(error).into()),
            },
        };
        let code = self.own(stored, &request.label)?;
        self.remember(&code);
        Ok(code)
    }

    /// The code of an item, if it is that of this label: two labels with one UUIDv5, see `sys_id::derive`, are two codes.
    fn own(&self, item: Item, label: &Label) -> Result<Arc<Code>, CorruptRecord> {
        let code = from_item(item)?;
        if code.code == *label {
            Ok(Arc::new(code))
        } else {
            Err(self.corrupt(&code.sys_id, "it belongs to another label"))
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
        for item in items {
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
        let write = Write { stamp, table: &self.table, sys_id: &code.sys_id, version: None };
        let put = self.dynamo.create(write, to_item(&code, self.clock.since_epoch()), |put| {
            put.condition_expression("attribute_not_exists(sys_id)")
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

    /// Every code of the table, by label. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<Listed<Code>, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
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
    fn apply(self, item: &mut Item) {
        if self.keeps() {
            item.entry(self.column.into_owned()).or_insert(self.value);
        } else {
            item.insert(self.column.into_owned(), self.value);
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

/// Refuses another label with the same UUIDv5, see `sys_id::derive`, what would change nothing, and what a newer version
/// wrote.
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
    format!("(attribute_not_exists(#0) OR (#0 = :0 AND NOT ({same}))){newer}")
}

/// When a language was first stored: a nanosecond later for each that stands in front of it in the request, so that they
/// keep their order.
fn since(now: u128, index: usize) -> AttributeValue {
    AttributeValue::N((now + index as u128).to_string())
}

/// The columns that are the same for every code.
#[derive(Deserialize)]
struct Record {
    sys_id: String,
    code: Label,
    #[serde(default)]
    description: String,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    external: bool,
}

fn from_item(item: Item) -> Result<Code, CorruptRecord> {
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
        sys_id: record.sys_id,
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
        let settings = settings(&request, true, Duration::ZERO, &Stamp { by: "integrator".to_owned(), at });
        let (set, condition) = (set_expression(&settings), change_condition(&settings));
        for (expression, operators) in [
            (&set, set.matches("if_not_exists").count() + set.matches(" = ").count()),
            (&condition, condition.matches(['=', '(']).count() + condition.matches(" AND ").count()),
        ] {
            assert!(expression.len() <= 4_096, "{} bytes", expression.len());
            assert!(operators <= 300, "{operators} operators");
        }
        Ok(())
    }
}
