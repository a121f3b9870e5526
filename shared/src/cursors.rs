//! Cursors: where a list goes on, as its caller hands it back. Signed, so that nobody makes one up, and good for a day and
//! for the question that it came with.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::Error;
use crate::clock::Clock;
use crate::document::{Fields, Problem, Violations};
use crate::dynamodb::{self, Dynamo, Item, SYSTEM, Stamp, Table, Write, key, string};
#[cfg(feature = "openapi")]
use crate::json_schema::Object;
use crate::sys_id::hex;
use crate::users::oauth::{Kept, KeyKeeper, KeyRing, Keys, KeysError, Purpose, UnreadableKeys, is_formed};

/// How long a cursor is good for.
const LIVES: Duration = Duration::from_secs(24 * 60 * 60);

/// The query parameter that a cursor comes in.
pub const CURSOR: &str = "cursor";

/// The query parameter that says how many entries a page has at most.
pub const LIMIT: &str = "limit";

/// Characters that a cursor has at most.
const LONGEST: usize = 4_096;

/// What is wrong with a cursor that nobody here has made.
const NOT_OURS: &str = "is not a next_cursor of this API";

/// What to do about any that is wrong.
const BEGIN_AGAIN: &str = "leave it out, to begin the list again";

/// How much of a list a call asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How many entries at most.
    pub limit: usize,
    /// What the page before came with; none of the first page.
    pub cursor: Option<String>,
}

impl Paging {
    /// Reads `limit`, which is `usual` where it is absent and at most `most`, and `cursor`.
    pub fn read(query: &Fields<'_>, usual: usize, most: usize) -> Option<Self> {
        let cursor = query.text_up_to(CURSOR, LONGEST);
        let cursor = cursor.map(|cursor| cursor.trim().to_owned()).filter(|cursor| !cursor.is_empty());
        // Whether it is of this list the keys say, which are not looked at for what else is wrong.
        if cursor.as_ref().is_some_and(|cursor| !is_formed(cursor)) {
            query.violation(CURSOR, Problem::Rule(format!("{NOT_OURS}; {BEGIN_AGAIN}")));
        }
        Some(Self { limit: number(query, LIMIT, usual, most)?, cursor })
    }
}

#[cfg(feature = "openapi")]
impl Paging {
    /// Adds what [`Paging::read`] reads to an object.
    pub fn describe(object: Object, usual: usize, most: usize) -> Object {
        object
            .optional_number(
                LIMIT,
                most,
                &format!("How many entries the page has at most; {usual} where it is absent."),
            )
            .text_up_to(
                CURSOR,
                LONGEST,
                "The `next_cursor` of the page before, with the same other parameters; for 24 hours.",
            )
    }
}

/// Reads a whole number from 1 to `most` of a query; `usual` where it is absent.
pub fn number(query: &Fields<'_>, name: &str, usual: usize, most: usize) -> Option<usize> {
    if !query.has(name) {
        return Some(usual);
    }
    let given = query.as_given(name).map(str::trim).unwrap_or_default();
    let is_digits = given.bytes().all(|byte| byte.is_ascii_digit());
    let number = given.parse().ok().filter(|number| is_digits && (1..=most).contains(number));
    if number.is_none() {
        query.violation(name, Problem::Rule(format!("has to be a whole number from 1 to {most}")));
    }
    number
}

/// What makes cursors of positions, and positions of cursors.
#[derive(Clone)]
pub struct Cursors {
    ring: KeyRing,
    clock: Clock,
}

/// What a cursor says.
#[derive(Serialize, Deserialize)]
struct Claims<P> {
    /// Of the question.
    #[serde(rename = "q")]
    question: String,
    /// Where its list goes on.
    #[serde(rename = "p")]
    position: P,
    /// When it ends, in seconds since the Unix epoch.
    #[serde(rename = "e")]
    end: u64,
}

impl Cursors {
    /// Cursors that are signed with the keys of tokens, for a purpose of their own.
    pub fn new(ring: KeyRing, clock: Clock) -> Self {
        Self { ring, clock }
    }

    /// Cursors of a deployment that has no such keys: with one that is made when the first cursor is, and kept in the
    /// configuration table.
    pub fn of_a_table(dynamo: Dynamo, clock: Clock) -> Self {
        let keeper = TableKeeper { dynamo, clock: clock.clone() };
        Self::new(KeyRing::new(Arc::new(keeper), clock.clone()), clock)
    }

    /// The cursor by which the list that answers this question goes on at this position. `question` is all that decides
    /// which entries the list has, and in which order.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub async fn cursor(&self, question: &impl Serialize, position: &impl Serialize) -> Result<String, Error> {
        let end = (self.clock.since_epoch() + LIVES).as_secs();
        self.ring.sign(&Claims { question: hash(question), position, end }, Purpose::Cursor).await
    }

    /// The position that a cursor stands for.
    ///
    /// # Errors
    /// It is none of ours, another question's, or a day old; or the keys cannot be read.
    pub async fn position<P: DeserializeOwned>(&self, question: &impl Serialize, cursor: &str) -> Result<P, Error> {
        let refuse = |says: &str| {
            let problem = format!("{says}; {BEGIN_AGAIN}");
            Error::from(Violations::one(CURSOR, Problem::Rule(problem)))
        };
        let claims: Option<Claims<serde_json::Value>> = self.ring.verified(cursor, Purpose::Cursor).await?;
        let claims = claims.ok_or_else(|| refuse(NOT_OURS))?;
        if claims.question != hash(question) {
            return Err(refuse("is of a list with other parameters: send the same ones as for the page before"));
        }
        if self.clock.since_epoch().as_secs() >= claims.end {
            return Err(refuse("is older than 24 hours"));
        }
        serde_json::from_value(claims.position).map_err(|_| refuse("is one of another version"))
    }
}

/// What tells questions apart.
fn hash(question: &impl Serialize) -> String {
    // A question is made of texts, numbers and flags, of which all can be written.
    let written = serde_json::to_vec(question).unwrap_or_default();
    hex(&Sha256::digest(&written)[..12])
}

/// A key that is kept in a table.
struct TableKeeper {
    dynamo: Dynamo,
    clock: Clock,
}

impl TableKeeper {
    /// The record's key. No caller can name it, as it has not the form of a sys_id.
    const RECORD: &str = "cursor-key:";

    /// The column that has the key.
    const COLUMN: &str = "content";

    fn kept(item: &Item) -> Result<Kept, KeysError> {
        let text = item.get(Self::COLUMN).and_then(|text| text.as_s().ok()).ok_or(UnreadableKeys)?;
        Ok(Kept { text: text.clone().into(), version: String::new(), since: OffsetDateTime::UNIX_EPOCH })
    }
}

#[async_trait]
impl KeyKeeper for TableKeeper {
    async fn read(&self) -> Result<Kept, KeysError> {
        let table = self.dynamo.tables.name(Table::Configurations);
        if let Some(item) = self.dynamo.get(&table, Self::RECORD).await? {
            return Self::kept(&item);
        }
        let mut item = key(Self::RECORD);
        item.insert(Self::COLUMN.to_owned(), string(Keys::first()?.as_str()));
        let stamp = Stamp::now(SYSTEM, &self.clock);
        let write =
            Write { stamp: &stamp, table: &table, sys_id: Self::RECORD, version: None, within: None, attempt: None };
        let put =
            self.dynamo.create(write, item.clone(), |put| put.condition_expression("attribute_not_exists(sys_id)"));
        match put.await {
            Ok(_) => Self::kept(&item),
            // Another instance has been faster.
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Self::kept(failed.item.as_ref().ok_or(UnreadableKeys)?)
                }
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    /// It is never replaced: cursors are not secret, and live for a day.
    async fn replace(&self, _: &Kept, _: Zeroizing<String>) -> Result<bool, KeysError> {
        Ok(false)
    }
}
