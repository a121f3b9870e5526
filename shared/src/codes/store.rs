use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::admission::AT_ONCE;
use super::{Code, CodeRequest, Label, Translation};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::document::{FromText, Problem, Violations};
use crate::dynamodb::{self, Dynamo, Item, Table, batch_get, key, string};
use crate::error::{CorruptRecord, NotFound};
use crate::language::Language;
use crate::sys_id;

/// Requests in flight at once where one call writes or reads many codes: enough to hide the round
/// trips of 1,000 codes, few enough for the connections of one instance.
const IN_FLIGHT: usize = 32;

/// How old a code's state may be by which an opening segment is judged.
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
        let item = if sys_id::is_ours(sys_id) { self.dynamo.get(&self.table, sys_id).await? } else { None };
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

    pub(super) async fn upsert(&self, requests: &[CodeRequest], external: bool) -> Vec<Result<Arc<Code>, Error>> {
        let updates: Vec<_> = requests.iter().map(|request| self.upsert_one(request, external)).collect();
        stream::iter(updates).buffered(IN_FLIGHT).collect().await
    }

    /// One update without a read: absent fields keep what is stored, two callers that write the same
    /// code at once both get their translations in.
    async fn upsert_one(&self, request: &CodeRequest, external: bool) -> Result<Arc<Code>, Error> {
        let mut update = self
            .dynamo
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(request.label.sys_id())))
            .return_values(ReturnValue::AllNew)
            // Guards against two labels with one UUIDv5, see `sys_id::derive`.
            .condition_expression("attribute_not_exists(#code) OR #code = :code")
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":code", string(request.label.as_str()))
            .expression_attribute_names("#active", "active")
            .expression_attribute_values(":active", AttributeValue::Bool(request.active.unwrap_or(true)))
            .expression_attribute_names("#external", "external")
            .expression_attribute_values(":external", AttributeValue::Bool(external));
        let mut set = vec!["#code = :code".to_owned(), "#external = if_not_exists(#external, :external)".to_owned()];
        set.push(match request.active {
            Some(_) => "#active = :active".to_owned(),
            None => "#active = if_not_exists(#active, :active)".to_owned(),
        });
        if let Some(description) = &request.description {
            set.push("#description = :description".to_owned());
            update = update
                .expression_attribute_names("#description", "description")
                .expression_attribute_values(":description", string(description));
        }
        let now = self.clock.since_epoch().as_nanos();
        for (index, translation) in request.translations.iter().enumerate() {
            let language = translation.language;
            set.push(format!("#s{index} = if_not_exists(#s{index}, :s{index})"));
            update = update
                .expression_attribute_names(format!("#s{index}"), format!("{TRANSLATED_SINCE}{language}"))
                .expression_attribute_values(format!(":s{index}"), since(now, index));
            if let Some(code) = &translation.code {
                set.push(format!("#c{index} = :c{index}"));
                update = update
                    .expression_attribute_names(format!("#c{index}"), format!("{TRANSLATED_CODE}{language}"))
                    .expression_attribute_values(format!(":c{index}"), string(code));
            }
            if let Some(description) = &translation.description {
                set.push(format!("#d{index} = :d{index}"));
                update = update
                    .expression_attribute_names(format!("#d{index}"), format!("{TRANSLATED_DESCRIPTION}{language}"))
                    .expression_attribute_values(format!(":d{index}"), string(description));
            }
        }
        let answer = update.update_expression(format!("SET {}", set.join(", "))).send().await;
        match answer {
            Ok(answer) => {
                let code = Arc::new(from_item(answer.attributes.unwrap_or_default())?);
                self.remember(&code);
                Ok(code)
            }
            Err(error) if dynamodb::is_too_large(&error) => {
                Err(Violations::one("translations", Problem::TooLarge { most_kb: 400 }).into())
            }
            Err(error) => Err(dynamodb::Error::from(error).into()),
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

    pub(super) async fn add_missing(&self, codes: Vec<Code>) -> Result<Vec<Arc<Code>>, Error> {
        stream::iter(codes).map(|code| self.add_if_absent(code)).buffered(IN_FLIGHT).try_collect().await
    }

    async fn add_if_absent(&self, code: Code) -> Result<Arc<Code>, Error> {
        let put = self
            .dynamo
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&code, self.clock.since_epoch())))
            .condition_expression("attribute_not_exists(sys_id)")
            .return_values_on_condition_check_failure(
                aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld,
            );
        let stored = match put.send().await {
            Ok(_) => code,
            Err(error) => match error.as_service_error() {
                Some(aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed)) => {
                    let stored = from_item(failed.item.clone().unwrap_or_default())?;
                    if stored.code != code.code {
                        // Two labels with one UUIDv5, see `sys_id::derive`.
                        return Err(self.corrupt(&stored.sys_id, "it belongs to another label").into());
                    }
                    stored
                }
                _ => return Err(dynamodb::Error::from(error).into()),
            },
        };
        let stored = Arc::new(stored);
        self.remember(&stored);
        Ok(stored)
    }

    /// Every code of the table, by label. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<Vec<Code>, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        let mut codes = items.into_iter().map(from_item).collect::<Result<Vec<_>, _>>()?;
        codes.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(codes)
    }

    fn remember(&self, code: &Arc<Code>) {
        self.seen.put(code.code.clone(), Arc::clone(code), 1 + code.translations.len() / 8);
    }

    fn corrupt(&self, key: &str, problem: &str) -> CorruptRecord {
        CorruptRecord { table: self.table.clone(), key: key.to_owned(), problem: problem.to_owned() }
    }
}

/// The languages of one request keep their order.
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
    active: bool,
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
