use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Password, User};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::dynamodb::{self, Dynamo, Item, Table, key, string};
use crate::error::NotFound;
use crate::language::Language;
use crate::sys_id::{self, Kind};

/// How long an instance goes on with what it has read of a user. Long enough to take the read off
/// a busy instance's calls, short enough that disabling a user works at once.
const SEEN_FOR: Duration = Duration::from_secs(1);

/// Verified passwords an instance remembers, each 32 bytes.
const REMEMBERED: usize = 1_000;

/// The table `sys_user`.
#[derive(Clone)]
pub struct Users {
    dynamo: Dynamo,
    table: String,
    seen: Arc<Cache<String, Option<Arc<Record>>>>,
    /// Passwords that matched, as a hash over them, the stored hash and a secret of this instance: a
    /// second call with the same password costs no argon2. A new password or hash is another entry.
    verified: Arc<Cache<[u8; 32], ()>>,
    secret: [u8; 16],
}

/// A user as stored.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    user: User,
    /// argon2id, as a PHC string.
    user_password: String,
}

/// A user to add.
#[derive(Debug)]
pub struct NewUser {
    /// The name to sign in with; a colon cannot be part of it (RFC 7617).
    pub user_name: String,
    /// What the user may do.
    pub roles: Vec<String>,
    /// The language of translations where a request names none.
    pub language: Option<Language>,
    /// The password.
    pub password: Password,
}

impl Users {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Users);
        let seen = Arc::new(Cache::new(REMEMBERED, Some(SEEN_FOR), clock.clone()));
        let verified = Arc::new(Cache::new(REMEMBERED, None, clock));
        Self { dynamo, table, seen, verified, secret: uuid::Uuid::new_v4().into_bytes() }
    }

    /// The active user with this name and password. A wrong password, an unknown and a disabled user
    /// cost the same time.
    pub async fn authenticate(&self, user_name: &str, password: Password) -> Result<Option<User>, Error> {
        let record = self.find(user_name).await?.filter(|record| record.user.active);
        let Some(record) = record else {
            password.verify(None).await?;
            return Ok(None);
        };
        let mut digest = Sha256::new();
        digest.update(self.secret);
        digest.update(&record.user_password);
        digest.update([0]);
        digest.update(password.as_bytes());
        let digest: [u8; 32] = digest.finalize().into();
        if self.verified.get(&digest).is_none() {
            if !password.verify(Some(record.user_password.clone())).await? {
                return Ok(None);
            }
            self.verified.put(digest, (), 1);
        }
        Ok(Some(record.user.clone()))
    }

    /// Adds a user. Answers false, and changes nothing, where the name is taken.
    pub async fn add(&self, new: NewUser) -> Result<bool, Error> {
        let record = Record {
            user: User {
                sys_id: sys_id_of(&new.user_name),
                user_name: new.user_name,
                active: true,
                roles: new.roles,
                preferred_language: new.language,
            },
            user_password: new.password.hash().await?,
        };
        let put = self
            .dynamo
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(dynamodb::to_item(&record)?))
            .condition_expression("attribute_not_exists(sys_id)");
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(error.as_service_error(), Some(PutItemError::ConditionalCheckFailedException(_))) =>
            {
                Ok(false)
            }
            Err(error) => Err(dynamodb::Error::from(error).into()),
        }
    }

    /// Switches a user off.
    pub async fn disable(&self, user_name: &str) -> Result<(), Error> {
        self.set(user_name, "active", AttributeValue::Bool(false)).await
    }

    /// Gives a user another password.
    pub async fn set_password(&self, user_name: &str, password: Password) -> Result<(), Error> {
        let hash = password.hash().await?;
        self.set(user_name, "user_password", string(hash)).await
    }

    /// Every user by name. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<Vec<User>, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        let users = items.into_iter().map(|item| dynamodb::from_item(Table::Users, item));
        let mut users = users.collect::<Result<Vec<User>, _>>()?;
        users.sort_by(|one, other| one.user_name.cmp(&other.user_name));
        Ok(users)
    }

    async fn set(&self, user_name: &str, column: &str, value: AttributeValue) -> Result<(), Error> {
        let update = self
            .dynamo
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(sys_id_of(user_name))))
            .update_expression("SET #column = :value")
            // Two names with one UUIDv5, see `sys_id::derive`, are two users.
            .condition_expression("user_name = :user_name")
            .expression_attribute_values(":user_name", string(user_name))
            .expression_attribute_names("#column", column)
            .expression_attribute_values(":value", value);
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if matches!(error.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) =>
            {
                Err(NotFound::User { name: user_name.to_owned() }.into())
            }
            Err(error) => Err(dynamodb::Error::from(error).into()),
        }
    }

    async fn find(&self, user_name: &str) -> Result<Option<Arc<Record>>, Error> {
        let sys_id = sys_id_of(user_name);
        if let Some(seen) = self.seen.get(&sys_id) {
            return Ok(seen);
        }
        let item = self.dynamo.get(&self.table, &sys_id).await?;
        let record = item.map(|item| dynamodb::from_item::<Record>(Table::Users, item)).transpose()?;
        // Two names with one UUIDv5, see `sys_id::derive`, are two users: the other one is not here.
        let record = record.filter(|record| record.user.user_name == user_name).map(Arc::new);
        self.seen.put(sys_id, record.clone(), 1);
        Ok(record)
    }
}

fn sys_id_of(user_name: &str) -> String {
    sys_id::derive(Kind::User, &[user_name])
}
