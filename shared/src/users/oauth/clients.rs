use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::generated::Fingerprint;
use super::super::store::random_stamp;
use super::super::{Generated, Password, Users};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::date_time::DateTime;
use crate::dynamodb::{self, Dynamo, Item, Stamp, Table, Write, key};
use crate::error::{CorruptRecord, NotFound};
use crate::sys_id;

/// How long an instance goes on with what it has read of a client: as long as with a user.
const SEEN_FOR: Duration = Duration::from_secs(1);

/// Clients an instance remembers for that long.
const SEEN: usize = 1_000;

/// A program that fetches tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id, which is the record's sys_id.
    #[serde(rename(serialize = "client_id", deserialize = "sys_id"))]
    pub id: String,
    /// The user that it belongs to, as whom it acts where nobody else signs in.
    pub user_name: String,
    /// Whether it gets tokens, and those that it got are good for anything.
    #[serde(default)]
    pub active: bool,
    /// When it was made.
    #[serde(rename(serialize = "created_on", deserialize = "sys_created_on"), default)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_on: Option<DateTime>,
}

/// A client to add.
pub struct NewClient<'a> {
    /// Its id: 32 lowercase hex digits that nothing else has.
    pub id: String,
    /// The user that it belongs to.
    pub user_name: &'a str,
    /// What it proves itself with.
    pub secret: &'a Generated,
}

impl<'a> NewClient<'a> {
    /// A client of this user, with this secret, under an id of its own.
    pub fn of(user_name: &'a str, secret: &'a Generated) -> Self {
        Self { id: Uuid::new_v4().simple().to_string(), user_name, secret }
    }
}

/// A client as stored.
#[derive(Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub client: Client,
    /// sys_id of its user.
    pub user: String,
    /// What its secret is compared with.
    #[serde(default)]
    client_secret: String,
    /// Made anew when it is disabled, which so ends its tokens for good.
    #[serde(default)]
    pub token_stamp: String,
}

impl Record {
    /// Whether this is the client's secret. Secrets of clients are always made here: anything else is wrong, whoever
    /// the client is.
    fn has_secret(record: Option<&Self>, sent: &Password) -> bool {
        let stored = record.and_then(|record| Fingerprint::read(&record.client_secret));
        let Some(sent) = sent.generated() else { return false };
        bool::from(stored.unwrap_or(Fingerprint::NOBODYS).matches(&sent))
    }
}

/// The clients of a deployment.
#[derive(Debug)]
pub struct ClientsListed {
    /// By their users' names, and of one user the oldest first.
    pub clients: Vec<Client>,
    /// Records that are no clients, which therefore get nothing.
    pub unreadable: Vec<CorruptRecord>,
}

/// The table `oauth_client`.
#[derive(Clone)]
pub struct Clients {
    dynamo: Dynamo,
    pub(super) table: String,
    seen: Arc<Cache<String, Option<Arc<Record>>>>,
}

impl Clients {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Clients);
        Self { dynamo, table, seen: Arc::new(Cache::new(SEEN, Some(SEEN_FOR), clock)) }
    }

    /// Adds a client.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn add(&self, users: &Users, new: NewClient<'_>, stamp: &Stamp) -> Result<Client, Error> {
        let NewClient { id, user_name, secret } = new;
        let (_, owner) = users.read(user_name).await?;
        let mut item = key(&id);
        for (column, value) in [
            ("user", owner.user.sys_id),
            ("user_name", owner.user.user_name.clone()),
            ("client_secret", secret.fingerprint().to_string()),
            ("token_stamp", random_stamp()),
        ] {
            item.insert(column.to_owned(), dynamodb::string(value));
        }
        item.insert("active".to_owned(), AttributeValue::Bool(true));
        stamp.create(&mut item);
        let absent = "attribute_not_exists(sys_id)";
        let write = Write { stamp, table: &self.table, sys_id: &id, version: None, within: None, attempt: None };
        match self.dynamo.put_new(write, item.clone(), |put| put.condition_expression(absent)).await {
            Ok(_) => {}
            Err(error) => match error.as_service_error() {
                // Where the answer is lost, the SDK sends the request again, and finds what it has stored itself.
                Some(PutItemError::ConditionalCheckFailedException(failed)) if failed.item() == Some(&item) => {}
                _ => return Err(dynamodb::Error::from(error).into()),
            },
        }
        Ok(Client { id, user_name: owner.user.user_name, active: true, created_on: Some(stamp.at) })
    }

    /// Lets a client have tokens, or no more, which ends those that it got for good. Answers the client as it is now.
    ///
    /// # Errors
    /// There is no such client.
    pub async fn set_active(&self, id: &str, active: bool, stamp: &Stamp) -> Result<Client, Error> {
        let token_stamp = random_stamp();
        let none = || Error::from(NotFound::Client { id: id.to_owned() });
        let item = self.get(id).await?.ok_or_else(none)?;
        let write = Write { stamp, table: &self.table, sys_id: id, version: None, within: None, attempt: None };
        let set = self.dynamo.rewrite(write, item, |item| {
            // It may have been removed meanwhile.
            if item.is_empty() {
                return Err(none());
            }
            let Record { mut client, .. } = dynamodb::from_item(Table::Clients, item.clone())?;
            if client.active == active {
                return Ok((None, client));
            }
            let mut after = item.clone();
            after.insert("active".to_owned(), AttributeValue::Bool(active));
            if !active {
                after.insert("token_stamp".to_owned(), dynamodb::string(&token_stamp));
            }
            client.active = active;
            Ok((Some(after), client))
        });
        Ok(set.await?.1)
    }

    /// Every client. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<ClientsListed, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        let mut listed = ClientsListed { clients: Vec::new(), unreadable: Vec::new() };
        for item in items {
            match dynamodb::from_item::<Record>(Table::Clients, item) {
                Ok(record) => listed.clients.push(record.client),
                Err(error) => listed.unreadable.push(error),
            }
        }
        let order = |client: &Client| (client.user_name.clone(), client.created_on, client.id.clone());
        listed.clients.sort_by_key(order);
        listed.unreadable.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(listed)
    }

    /// The active client with this id and secret. An unknown one, a disabled one and a wrong secret cost the same time.
    pub(super) async fn prove(&self, id: &str, secret: &Password) -> Result<Option<Arc<Record>>, Error> {
        let record = match self.seen(id) {
            Some(seen) => seen,
            None => self.remember(id, self.get(id).await?),
        };
        let fits = Record::has_secret(record.as_deref(), secret);
        Ok(record.filter(|record| fits && record.client.active))
    }

    async fn get(&self, id: &str) -> Result<Option<Item>, Error> {
        if !sys_id::is_ours(id) {
            return Ok(None);
        }
        Ok(self.dynamo.get(&self.table, id).await?)
    }

    /// What an instance still knows of a record.
    pub(super) fn seen(&self, id: &str) -> Option<Option<Arc<Record>>> {
        self.seen.get(id)
    }

    /// Reads what has just come of a record, and remembers it for a moment. One that cannot be read is no client, and
    /// the log says where it is.
    pub(super) fn remember(&self, id: &str, item: Option<Item>) -> Option<Arc<Record>> {
        let record = item.and_then(|item| match dynamodb::from_item::<Record>(Table::Clients, item) {
            Ok(record) => Some(Arc::new(record)),
            Err(error) => {
                let table = &self.table;
                tracing::error!(table, key = id, problem = %error.problem, "an OAuth client's record cannot be read");
                None
            }
        });
        self.seen.put(id.to_owned(), record.clone(), 1);
        record
    }
}
