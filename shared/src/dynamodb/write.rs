//! The only way to write a record, so that none can be changed without the audit's knowing.
#![expect(clippy::disallowed_methods, reason = "what is disallowed elsewhere for the sake of this file")]

use std::time::Duration;

use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{TransactWriteItemsError, TransactWriteItemsOutput};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::stamp::{CREATED_BY, CREATED_ON, UPDATED_BY, UPDATED_ON, VERSION};
use super::tables::Index;
use super::{
    ATTEMPTS, Attempt, Change, CorruptRecord, Dynamo, Error, Item, NOT_NEWER, Patience, SCHEMA, Stamp, Trace,
    check_schema, key, names, schema, string,
};
use crate::watch::{self, Action, Audited};

/// A write, as far as the audit is concerned.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// Who writes, and when.
    pub stamp: &'a Stamp,
    /// The table's name in DynamoDB.
    pub table: &'a str,
    /// The record's key.
    pub sys_id: &'a str,
    /// What the record's `sys_mod_count` is after it, where it has one.
    pub version: Option<u64>,
    /// How long an update may take, which is then tried once alone; none where it is tried as often and waited for as long
    /// as any request.
    pub within: Option<Duration>,
    /// The name of an update that is among the record's [`ATTEMPTS`](super::ATTEMPTS) once it is carried out; none where the
    /// record has none.
    pub attempt: Option<&'a str>,
}

/// What became of columns that keep books.
#[derive(Debug)]
pub enum Books {
    /// They are set.
    Kept,
    /// The record has become this one since it was read, and nothing is set; none where it is gone.
    Changed(Option<Item>),
}

impl Write<'_> {
    /// Says that the record has been changed.
    pub fn note(&self, action: Action) {
        watch::audit(&Audited {
            user: &self.stamp.by,
            action,
            table: self.table,
            sys_id: self.sys_id,
            version: self.version,
            at: self.stamp.at,
        });
    }

    /// What this same write has already done to the record that now refuses it. Where an answer gets lost, the SDK
    /// sends the request again, and its condition fails because of what the first one has written.
    pub(super) fn done_before(&self, refusing: Option<&Item>, was_resent: bool) -> Option<Action> {
        let item = refusing?;
        let (by, at) = (string(&self.stamp.by), string(self.stamp.at));
        let has = |columns: [&str; 2]| item.get(columns[0]) == Some(&by) && item.get(columns[1]) == Some(&at);
        let (created, updated) = (has([CREATED_BY, CREATED_ON]), has([UPDATED_BY, UPDATED_ON]));
        if let Some(attempt) = self.attempt {
            let names = names(item);
            let place = names.iter().position(|name| name == attempt)?;
            // What counts its changes has begun without a name.
            let is_first = created && place + 1 == names.len() && !item.contains_key(VERSION);
            return Some(if is_first { Action::Create } else { Action::Update });
        }
        if !was_resent {
            return None;
        }
        match self.version {
            None | Some(0) if created => Some(Action::Create),
            None if updated => Some(Action::Update),
            Some(version) if updated && item.get(VERSION) == Some(&AttributeValue::N(version.to_string())) => {
                Some(Action::Update)
            }
            _ => None,
        }
    }
}

impl Dynamo {
    /// Puts a new record with the four columns of its [`Stamp`]; `set` adds conditions to the request.
    pub async fn create(
        &self,
        write: Write<'_>,
        mut item: Item,
        set: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<PutItemOutput, SdkError<PutItemError>> {
        write.stamp.create(&mut item);
        self.put_new(write, item, set).await
    }

    /// Puts a new record and adds no columns: those of a team's own table are the team's, and some records have them
    /// already.
    pub async fn put_new(
        &self,
        write: Write<'_>,
        item: Item,
        set: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<PutItemOutput, SdkError<PutItemError>> {
        self.put(write, item, set, Action::Create).await
    }

    async fn put(
        &self,
        write: Write<'_>,
        item: Item,
        set: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
        action: Action,
    ) -> Result<PutItemOutput, SdkError<PutItemError>> {
        let put = self
            .client
            .put_item()
            .table_name(write.table)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (sent, was_resent) = watch::counting_tries(set(put).send()).await;
        let action = match &sent {
            Ok(_) => Some(action),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    write.done_before(failed.item(), was_resent)
                }
                _ => None,
            },
        };
        if let Some(action) = action {
            write.note(action);
        }
        sent
    }

    /// Updates a record; `set` says how, the columns of [`Stamp::updated`] and the condition [`NOT_NEWER`] included.
    /// `action` says of the answer what was done.
    pub async fn update(
        &self,
        write: Write<'_>,
        set: impl FnOnce(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
        action: impl FnOnce(&UpdateItemOutput) -> Action,
    ) -> Result<UpdateItemOutput, SdkError<UpdateItemError>> {
        let update = self
            .client
            .update_item()
            .table_name(write.table)
            .set_key(Some(key(write.sys_id)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let (sent, was_resent) = match write.within {
            None => watch::counting_tries(set(update).send()).await,
            Some(within) => {
                let timeouts = TimeoutConfig::builder().operation_timeout(within);
                let once = Config::builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts.build());
                // Rare, and as large as the other: nobody else is to carry it.
                (Box::pin(set(update).customize().config_override(once).send()).await, false)
            }
        };
        let action = match &sent {
            Ok(answer) => Some(action(answer)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    write.done_before(failed.item(), was_resent)
                }
                _ => None,
            },
        };
        if let Some(action) = action {
            write.note(action);
        }
        sent
    }

    /// Takes columns out of an operator's record for good, where it is there and has one of them. Answers whether it had.
    pub async fn erase(&self, write: Write<'_>, columns: &[&str]) -> Result<bool, Error> {
        let (mut has_one, mut remove) = (Vec::new(), Vec::new());
        for number in 0..columns.len() {
            has_one.push(format!("attribute_exists(#column{number})"));
            remove.push(format!("#column{number}"));
        }
        let set = format!("SET {UPDATED_BY} = :by, {UPDATED_ON} = :at, #schema = :schema REMOVE {}", remove.join(", "));
        let condition = format!("({}) AND {NOT_NEWER}", has_one.join(" OR "));
        let sent = self.update(
            write,
            |update| {
                let update = update
                    .update_expression(set)
                    .condition_expression(condition)
                    .expression_attribute_names("#schema", SCHEMA)
                    .expression_attribute_values(":schema", schema())
                    .expression_attribute_values(":by", string(&write.stamp.by))
                    .expression_attribute_values(":at", string(write.stamp.at));
                columns.iter().enumerate().fold(update, |update, (number, column)| {
                    update.expression_attribute_names(format!("#column{number}"), *column)
                })
            },
            |_| Action::Erase,
        );
        let Err(error) = sent.await else { return Ok(true) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let stored = failed.item().cloned().unwrap_or_default();
                check_schema(&stored).map_err(|problem| CorruptRecord {
                    table: write.table.to_owned(),
                    key: write.sys_id.to_owned(),
                    problem,
                })?;
                Ok(false)
            }
            _ => Err(error.into()),
        }
    }

    /// Sets columns of a record that only keep books, such as an index's keys, if its `sys_mod_count` still is this one.
    /// That is no change of the record, and nobody's: who changed it and when stays, and the audit has no line of it.
    pub async fn keep_books(&self, table: &str, sys_id: &str, version: u64, columns: Item) -> Result<Books, Error> {
        let update = self
            .client
            .update_item()
            .table_name(table)
            .set_key(Some(key(sys_id)))
            .condition_expression(format!("#version = :version AND {NOT_NEWER}"))
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_names("#schema", SCHEMA)
            .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
            .expression_attribute_values(":schema", schema())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match Change::between(&Item::new(), columns).apply(update).send().await {
            Ok(_) => return Ok(Books::Kept),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Books::Changed(failed.item.clone())),
            _ => Err(error.into()),
        }
    }

    /// Gives the records of a table that have an index's sort key and lack its partition key that one, which follows from
    /// their sys_id, and answers how many those were. Reads the whole table; like [`Dynamo::keep_books`] it changes nothing
    /// of a record.
    pub async fn complete_index(
        &self,
        table: &str,
        index: &Index,
        partition: impl Fn(&str) -> String,
    ) -> Result<u64, Error> {
        let scan = self
            .client
            .scan()
            .table_name(table)
            .consistent_read(true)
            .projection_expression("sys_id")
            .filter_expression("attribute_exists(#sort) AND attribute_not_exists(#partition)")
            .expression_attribute_names("#sort", index.sort)
            .expression_attribute_names("#partition", index.partition);
        let lacking: Vec<Item> = scan.into_paginator().items().send().try_collect().await?;
        let mut completed = 0;
        for item in lacking {
            let Some(AttributeValue::S(sys_id)) = item.get("sys_id") else { continue };
            let update = self
                .client
                .update_item()
                .table_name(table)
                .set_key(Some(key(sys_id)))
                .update_expression("SET #partition = :partition")
                // It may have been removed meanwhile.
                .condition_expression(format!("attribute_exists(#sort) AND {NOT_NEWER}"))
                .expression_attribute_names("#sort", index.sort)
                .expression_attribute_names("#partition", index.partition)
                .expression_attribute_names("#schema", SCHEMA)
                .expression_attribute_values(":partition", string(partition(sys_id)))
                .expression_attribute_values(":schema", schema());
            match update.send().await {
                Ok(_) => completed += 1,
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(_)) => {}
                    _ => return Err(error.into()),
                },
            }
        }
        Ok(completed)
    }

    /// Writes a new record together with others that only help to find it. The SDK names the transaction, so that one
    /// whose answer is lost is not refused by itself.
    pub async fn create_with(
        &self,
        write: Write<'_>,
        writes: Vec<TransactWriteItem>,
    ) -> Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>> {
        self.transact(write, writes, Action::Create).await
    }

    /// Writes a record together with others that follow from it, or none of them; `action` says what is done to it. The SDK
    /// names the transaction, as for [`Dynamo::create_with`].
    pub async fn transact(
        &self,
        write: Write<'_>,
        writes: Vec<TransactWriteItem>,
        action: Action,
    ) -> Result<TransactWriteItemsOutput, SdkError<TransactWriteItemsError>> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        if sent.is_ok() {
            write.note(action);
        }
        sent
    }

    /// Removes a record. Answers whether there was one.
    pub async fn remove(&self, write: Write<'_>) -> Result<bool, Error> {
        let delete = self.client.delete_item().table_name(write.table).set_key(Some(key(write.sys_id)));
        let removed = delete.return_values(ReturnValue::AllOld).send().await?;
        let was_there = removed.attributes.is_some();
        if was_there {
            write.note(Action::Remove);
        }
        Ok(was_there)
    }

    /// Puts an operator's record in place of the one with its key, whose created columns it keeps. One read, and one
    /// write unless the record says all that already. Answers whether anything was changed. What a newer version wrote
    /// stays, and is the error; so is one that `read` cannot read, which nothing that it has is to be lost of.
    pub async fn replace(
        &self,
        write: Write<'_>,
        item: Item,
        read: impl Fn(Item) -> Result<(), CorruptRecord>,
    ) -> Result<bool, Error> {
        let stored = self.get(write.table, write.sys_id).await?.unwrap_or_default();
        let replaced = self.rewrite(write, stored, |stored| {
            if !stored.is_empty() {
                read(stored.clone())?;
            }
            let is_ours = |name: &String| [CREATED_BY, CREATED_ON].contains(&name.as_str());
            let mut others = stored.clone();
            others.retain(|name, _| !Stamp::has_column(name));
            let says_all = others == item;
            let mut after = item.clone();
            after.extend(
                stored.iter().filter(|(name, _)| is_ours(name)).map(|(name, value)| (name.clone(), value.clone())),
            );
            Ok::<_, Error>(((!says_all).then_some(after), ()))
        });
        Ok(replaced.await?.0)
    }

    /// Puts what is made of a record that has been read, if nobody has written it since; what others have made of it is judged again.
    /// `judge` answers the record as it is to be, or none where nothing is to be changed, and what its caller is told; a
    /// record that is not there is an empty one. The columns of the stamp and of the last writes are added. Answers whether
    /// anything was changed.
    pub async fn rewrite<T, E: From<Error>>(
        &self,
        write: Write<'_>,
        mut before: Item,
        judge: impl Fn(&Item) -> Result<(Option<Item>, T), E>,
    ) -> Result<(bool, T), E> {
        let attempt = Attempt::begun(write.stamp.at.since_epoch());
        let write = Write { attempt: Some(attempt.name()), ..write };
        // The last writes of the record by which a try was judged that may have been carried out unknown to this call, and
        // what its caller would be told.
        let mut doubtful: Option<(Vec<String>, T)> = None;
        let mut patience = Patience::new(self);
        loop {
            check_schema(&before).map_err(|problem| {
                let (table, key) = (write.table.to_owned(), write.sys_id.to_owned());
                Error::from(CorruptRecord { table, key, problem })
            })?;
            if let Some((behind, told)) = doubtful.take() {
                match attempt.trace_behind(&names(&before), &behind) {
                    Trace::There => return Ok((true, told)),
                    // Behind another write it cannot be carried out any more.
                    Trace::Absent => {}
                    Trace::Covered => return Err(Error::Uncertain.into()),
                }
            }
            let (after, told) = judge(&before)?;
            let Some(mut after) = after else { return Ok((false, told)) };
            match before.is_empty() {
                true => write.stamp.create(&mut after),
                false => after.extend(write.stamp.updated().map(|(column, value)| (column.to_owned(), value))),
            }
            after.extend(attempt.columns(&before));
            let action = if before.is_empty() { Action::Create } else { Action::Update };
            let put = self.put(write, after, |put| as_it_was(put, &before), action);
            let (Err(error), was_resent) = watch::counting_tries(put).await else { return Ok((true, told)) };
            let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() else {
                return Err(Error::from(error).into());
            };
            doubtful = was_resent.then(|| (names(&before), told));
            before = failed.item.clone().unwrap_or_default();
            patience.wait().await?;
        }
    }
}

/// Has a record put only if the one with its key is still what was read.
fn as_it_was(put: PutItemFluentBuilder, read: &Item) -> PutItemFluentBuilder {
    if read.is_empty() {
        return put.condition_expression("attribute_not_exists(sys_id)");
    }
    let [newest, ..] = ATTEMPTS;
    let put = put.expression_attribute_names("#schema", SCHEMA).expression_attribute_values(":schema", schema());
    match read.get(newest) {
        Some(last) => put
            .condition_expression(format!("{newest} = :last AND {NOT_NEWER}"))
            .expression_attribute_values(":last", last.clone()),
        // One of before, or a stranger's.
        None => put.condition_expression(format!(
            "attribute_exists(sys_id) AND attribute_not_exists({newest}) AND {NOT_NEWER}"
        )),
    }
}
