//! Updates of records that nobody has read before, which so take a single request. The SDK would send one whose answer got
//! lost again without a look, over what others have written meanwhile; here it is looked at first.

use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};

use super::write::Write;
use super::{ATTEMPTS, Attempt, Dynamo, Error, Item, Patience, Trace, batch_get_one, is_too_large, names, string};
use crate::aws::is_throttled;
use crate::clock::Clock;
use crate::watch::Action;

/// How long one try may take.
const WITHIN: Duration = Duration::from_secs(2);

/// How often it is tried where DynamoDB does not answer well.
const TRIES: u32 = 5;

/// An update on its way. Its expression has to have [`Unread::set`] and its condition [`Unread::condition`].
#[derive(Debug)]
pub struct Unread {
    attempt: Attempt,
    /// The record's last write as it was found after a try that nobody has answered: the next try comes behind that one
    /// alone, so that the first one cannot be carried out beside it.
    behind: Option<Option<String>>,
}

/// What has become of it.
#[derive(Debug)]
pub enum Sent {
    /// It is carried out, with these attributes in its answer.
    Stored(Item),
    /// It was carried out by a try whose answer got lost; the record as it is now.
    WasStored(Item),
    /// Its condition does not hold for this record, or, where it was looked for, another write has come in between.
    Refused(Option<Item>),
    /// The record would be too large with it.
    TooLarge,
}

impl Unread {
    /// An update that begins now.
    pub fn new(clock: &Clock) -> Self {
        Self { attempt: Attempt::new(clock), behind: None }
    }

    /// What keeps its name in the record: each name moves on by one, as DynamoDB takes what is on the right as it was
    /// before.
    pub fn set() -> String {
        let [newest, older, oldest] = ATTEMPTS;
        format!(
            "{newest} = :attempt, {older} = if_not_exists({newest}, :none), {oldest} = if_not_exists({older}, :none)"
        )
    }

    /// What keeps it from being carried out twice.
    pub fn condition() -> String {
        format!("NOT :attempt IN ({})", ATTEMPTS.join(", "))
    }

    /// Whether it is among a record's last writes.
    pub fn is_among(&self, names: &[String]) -> bool {
        names.iter().any(|name| name == self.attempt.name())
    }

    /// Whether a try of it may have been carried out unknown to its caller, so that it was looked for.
    pub fn was_looked_for(&self) -> bool {
        self.behind.is_some()
    }

    /// Sends it until DynamoDB says what has become of it. `set` is asked for each try; `action` says of an answer what was
    /// done.
    ///
    /// # Errors
    /// [`Error::Uncertain`] where nothing tells whether it was carried out.
    pub async fn send(
        &mut self,
        dynamo: &Dynamo,
        write: Write<'_>,
        set: impl Fn(UpdateItemFluentBuilder) -> UpdateItemFluentBuilder,
        action: impl Fn(&UpdateItemOutput) -> Action,
    ) -> Result<Sent, Error> {
        let name = self.attempt.name().to_owned();
        let write = Write { within: Some(WITHIN), attempt: Some(&name), ..write };
        let (mut failures, mut patience) = (0, Patience::new(dynamo));
        loop {
            let error = match dynamo.update(write, |update| self.complete(set(update)), &action).await {
                Ok(output) => return Ok(Sent::Stored(output.attributes.unwrap_or_default())),
                Err(error) => error,
            };
            if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
                let item = failed.item.clone();
                return Ok(match self.look_at(item.as_ref())? {
                    true => Sent::WasStored(item.unwrap_or_default()),
                    false => Sent::Refused(item),
                });
            }
            if is_too_large(&error) {
                return Ok(Sent::TooLarge);
            }
            let was_refused = was_refused(&error);
            failures += 1;
            match Error::from(error) {
                Error::Unavailable(_) if failures < TRIES => {}
                error => return Err(error),
            }
            patience.wait().await?;
            if was_refused {
                continue;
            }
            self.behind.get_or_insert_default();
            let item = batch_get_one(dynamo, write.table, write.sys_id).await?;
            if self.look_at(item.as_ref())? {
                write.done_before(item.as_ref(), true).into_iter().for_each(|action| write.note(action));
                return Ok(Sent::WasStored(item.unwrap_or_default()));
            }
        }
    }

    /// Whether a record tells that the update has been carried out.
    fn look_at(&mut self, item: Option<&Item>) -> Result<bool, Error> {
        let nothing = Item::new();
        let item = item.unwrap_or(&nothing);
        match self.attempt.trace_in(item) {
            Trace::There => Ok(true),
            Trace::Covered if self.behind.is_some() => Err(Error::Uncertain),
            Trace::Absent | Trace::Covered => {
                if let Some(behind) = &mut self.behind {
                    *behind = names(item).into_iter().next();
                }
                Ok(false)
            }
        }
    }

    /// Adds the values of its name, and which write it comes behind where that is known.
    fn complete(&self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let update = update
            .expression_attribute_values(":attempt", string(self.attempt.name()))
            .expression_attribute_values(":none", string(""));
        let Some(behind) = &self.behind else { return update };
        let condition = update.get_condition_expression().clone().unwrap_or_default();
        let [newest, ..] = ATTEMPTS;
        match behind {
            Some(name) => update
                .condition_expression(format!("({condition}) AND {newest} = :behind"))
                .expression_attribute_values(":behind", string(name)),
            None => update.condition_expression(format!("({condition}) AND attribute_not_exists({newest})")),
        }
    }
}

/// Whether DynamoDB has said that it has not carried a request out.
fn was_refused(error: &SdkError<UpdateItemError>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code.is_some_and(|code| code == "TransactionConflictException" || is_throttled(code))
}
