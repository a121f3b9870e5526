use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::Serialize;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::argon::Hash;
use super::form::forms;
use super::sign_in::{Doorkeeper, Tried};
use super::stored::{Known, Record, SECRET_COLUMNS, Stored};
use super::{Argon2Cost, Attempt, Generated, Password, PasswordRule, SignIn, User, UserName};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::date_time::DateTime;
use crate::dynamodb::{self, Dynamo, Item, Listed, Stamp, Table, Write};
use crate::error::NotFound;
use crate::language::Language;
use crate::sys_id::{self, Kind};

/// How long an instance goes on with what it has read of a user. Long enough to take the read off
/// a busy instance's calls, short enough that disabling a user works at once.
const SEEN_FOR: Duration = Duration::from_secs(1);

/// Users an instance remembers for that long.
const SEEN: usize = 1_000;

/// The table `sys_user`.
#[derive(Clone)]
pub struct Users {
    pub(super) dynamo: Dynamo,
    pub(super) table: String,
    clock: Clock,
    seen: Arc<Cache<String, Option<Arc<Known>>>>,
    doorkeeper: Arc<Doorkeeper>,
}

/// A user to add.
#[derive(Debug)]
pub struct NewUser {
    /// The name to sign in with.
    pub user_name: UserName,
    /// What the user may do.
    pub roles: Vec<String>,
    /// The language of translations where a request names none.
    pub language: Option<Language>,
    /// What the user signs in with.
    pub secret: NewSecret,
    /// When the secret ends; never where absent.
    pub expires_on: Option<DateTime>,
}

/// What a user is to sign in with from now on.
#[derive(Debug)]
pub struct NewSecret(Kept);

/// What becomes of a secret.
#[derive(Debug)]
enum Kept {
    /// Its Argon2id.
    Chosen(Password),
    /// Its fingerprint, as it is stored.
    Generated(String),
}

/// Until when the secrets of a user work once there is a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lives {
    /// When the new one ends; never where absent.
    pub expires_on: Option<DateTime>,
    /// Until when the one before works; at once no more where absent.
    pub keep_old_until: Option<DateTime>,
}

impl NewSecret {
    /// A password that somebody has chosen.
    ///
    /// # Errors
    /// The rule for new passwords that it breaks.
    pub fn chosen(password: Password, user_name: &str) -> Result<Self, PasswordRule> {
        password.check(user_name)?;
        Ok(Self(Kept::Chosen(password)))
    }

    /// A password that no rule is asked about: the demo user's, which everybody knows, and those of tests.
    pub fn known_to_everybody(password: Password) -> Self {
        Self(Kept::Chosen(password))
    }

    /// A secret that was made here.
    pub fn generated(secret: &Generated) -> Self {
        Self(Kept::Generated(secret.fingerprint().to_string()))
    }
}

/// A user, and what there is to know of the secrets.
#[derive(Debug, Serialize)]
pub struct UserListed {
    /// The user.
    #[serde(flatten)]
    pub user: User,
    /// The secrets, the newest first.
    pub secrets: Vec<SecretListed>,
}

/// What there is to know of a secret.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SecretListed {
    /// `generated`; a password's hash function and its parameters, such as `argon2id m=19456,t=2,p=1`; or `unreadable`.
    pub kind: String,
    /// Whether a hash that is made today has other parameters: a new password renews it.
    pub outdated: bool,
    /// When it ends; never where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<DateTime>,
    /// Whether it has ended.
    pub expired: bool,
}

impl Users {
    /// The table of this deployment.
    pub fn new(dynamo: Dynamo, clock: Clock) -> Self {
        let table = dynamo.tables.name(Table::Users);
        let seen = Arc::new(Cache::new(SEEN, Some(SEEN_FOR), clock.clone()));
        let doorkeeper = Arc::new(Doorkeeper::new(clock.clone()));
        Self { dynamo, table, clock, seen, doorkeeper }
    }

    /// Proves who somebody is. A wrong secret, an unknown and a disabled user cost the same time.
    pub async fn sign_in(&self, attempt: &Attempt) -> Result<SignIn, Error> {
        let mut tried: Vec<Tried> = Vec::new();
        for name in attempt.names() {
            let known = self.find(&name).await?.filter(|known| known.user.active);
            tried.push((name, known));
        }
        self.doorkeeper.check(attempt, &tried).await
    }

    /// The clock that users' secrets end by.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What Argon2 has cost this process for sign-ins and new passwords.
    pub fn argon2_cost(&self) -> Argon2Cost {
        self.doorkeeper.argon2_cost()
    }

    /// Adds a user. Answers false, and changes nothing, where the name is taken.
    pub async fn add(&self, new: NewUser, stamp: &Stamp) -> Result<bool, Error> {
        let user_name = String::from(new.user_name);
        let record = Record {
            user: User {
                sys_id: sys_id_of(&user_name),
                user_name,
                active: true,
                roles: new.roles,
                preferred_language: new.language,
            },
            user_password: self.stored(new.secret, None).await?,
            user_password_expires_on: new.expires_on,
            old_user_password: None,
            old_user_password_expires_on: None,
            token_stamp: None,
        };
        let write = self.write(&record.user, stamp);
        let mut item = dynamodb::to_item(&record)?;
        stamp.create(&mut item);
        let absent = "attribute_not_exists(sys_id)";
        match self.dynamo.put_new(write, item.clone(), |put| put.condition_expression(absent)).await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                // Where the answer is lost, the SDK sends the request again, and finds what it has stored itself.
                Some(PutItemError::ConditionalCheckFailedException(failed)) => Ok(failed.item() == Some(&item)),
                _ => Err(dynamodb::Error::from(error).into()),
            },
        }
    }

    /// Lets a user sign in, or no more, which ends the user's tokens for good. Answers the user as it is now.
    pub async fn set_active(&self, user_name: &str, active: bool, stamp: &Stamp) -> Result<User, Error> {
        let token_stamp = random_stamp();
        self.change(user_name, stamp, |record| {
            if record.user.active && !active {
                record.token_stamp = Some(token_stamp.clone());
            }
            record.user.active = active;
        })
        .await
    }

    /// Gives a user roles, and takes others. Answers the user as it is now.
    pub async fn change_roles(
        &self,
        user_name: &str,
        add: &[String],
        remove: &[String],
        stamp: &Stamp,
    ) -> Result<User, Error> {
        self.change(user_name, stamp, |record| {
            let roles = &mut record.user.roles;
            roles.retain(|role| !remove.contains(role));
            for role in add {
                if !roles.contains(role) {
                    roles.push(role.clone());
                }
            }
        })
        .await
    }

    /// Gives a user another secret. Answers the user as it is now.
    pub async fn change_secret(
        &self,
        user_name: &str,
        secret: NewSecret,
        lives: Lives,
        stamp: &Stamp,
    ) -> Result<User, Error> {
        let now = DateTime::from(self.clock.now());
        // One that has ended already is not kept, whatever was wished.
        let kept = |record: &Record| {
            let until = lives.keep_old_until.filter(|until| now < *until)?;
            let old = record.written().next().filter(|old| old.works(now))?;
            let until = old.expires_on.map_or(until, |end| end.min(until));
            Some((old.stored.to_owned(), until))
        };
        let (_, before) = self.read(user_name).await?;
        let old = kept(&before).and_then(|(stored, _)| Hash::read(&stored).ok());
        let stored = self.stored(secret, old.as_ref()).await?;
        self.change(user_name, stamp, |record| {
            let (old, until) = kept(record).unzip();
            record.old_user_password = old;
            record.old_user_password_expires_on = until;
            record.user_password.clone_from(&stored);
            record.user_password_expires_on = lives.expires_on;
        })
        .await
    }

    /// Ends the secret that was kept beside a new one. Answers the user as it is now, and whether there was one.
    pub async fn end_old_secret(&self, user_name: &str, stamp: &Stamp) -> Result<(User, bool), Error> {
        let was_there = Cell::new(false);
        let change = |record: &mut Record| {
            was_there.set(record.old_user_password.take().is_some());
            record.old_user_password_expires_on = None;
        };
        let user = self.change(user_name, stamp, change).await?;
        Ok((user, was_there.get()))
    }

    /// Every user by name; whose record cannot be read cannot sign in. Reads the whole table: for operators.
    pub async fn list(&self) -> Result<Listed<UserListed>, Error> {
        let scan = self.dynamo.client.scan().table_name(&self.table).consistent_read(true);
        let items: Vec<Item> =
            scan.into_paginator().items().send().try_collect().await.map_err(dynamodb::Error::from)?;
        let now = DateTime::from(self.clock.now());
        let mut listed = Listed::of(items, |item| {
            let record: Record = dynamodb::from_item(Table::Users, item)?;
            Ok(UserListed { secrets: secrets_of(&record, now), user: record.user })
        });
        listed.records.sort_by(|one, other| one.user.user_name.cmp(&other.user.user_name));
        Ok(listed)
    }

    /// What is stored of a secret. A password's hash takes the salt of the one that is kept beside it.
    async fn stored(&self, secret: NewSecret, beside: Option<&Hash>) -> Result<String, Error> {
        match secret.0 {
            Kept::Generated(fingerprint) => Ok(fingerprint),
            Kept::Chosen(password) => {
                // In NFC, in which every sign-in is tried: so it works from each machine, however that writes it.
                let password = password.composed();
                self.doorkeeper.argon().hash(password, beside.and_then(Hash::salt)).await?.to_phc()
            }
        }
    }

    /// Changes a record, on condition that nobody has written it since it was read. Columns that are none of ours stay.
    async fn change(&self, user_name: &str, stamp: &Stamp, change: impl Fn(&mut Record)) -> Result<User, Error> {
        let (before, Record { user, .. }) = self.read(user_name).await?;
        let changed = self.dynamo.rewrite(self.write(&user, stamp), before, |before| {
            let mut record: Record = dynamodb::from_item(Table::Users, before.clone())?;
            // Two names with one UUIDv5, see `sys_id::derive`, are two users.
            if record.user.user_name != user.user_name {
                return Err(Error::from(NotFound::User { name: user_name.to_owned() }));
            }
            change(&mut record);
            let mut after = before.clone();
            SECRET_COLUMNS.iter().for_each(|column| drop(after.remove(*column)));
            after.extend(dynamodb::to_item(&record)?);
            Ok(((after != *before).then_some(after), record.user))
        });
        Ok(changed.await?.1)
    }

    fn write<'a>(&'a self, user: &'a User, stamp: &'a Stamp) -> Write<'a> {
        Write { stamp, table: &self.table, sys_id: &user.sys_id, version: None, within: None, attempt: None }
    }

    /// The record of a user that has to be there, by the name in NFC or as it is given.
    pub(super) async fn read(&self, user_name: &str) -> Result<(Item, Record), Error> {
        for name in forms(user_name) {
            let Some(item) = self.dynamo.get(&self.table, &sys_id_of(&name)).await? else { continue };
            let record: Record = dynamodb::from_item(Table::Users, item.clone())?;
            if record.user.user_name == *name {
                return Ok((item, record));
            }
        }
        Err(NotFound::User { name: user_name.to_owned() }.into())
    }

    async fn find(&self, user_name: &Zeroizing<String>) -> Result<Option<Arc<Known>>, Error> {
        let sys_id = sys_id_of(user_name);
        let known = match self.seen(&sys_id) {
            Some(seen) => seen,
            None => self.remember(&sys_id, self.dynamo.get(&self.table, &sys_id).await?),
        };
        // Two names with one UUIDv5, see `sys_id::derive`, are two users: the other one is not here.
        Ok(known.filter(|known| known.user.user_name == **user_name))
    }

    /// What an instance still knows of a record.
    pub(super) fn seen(&self, sys_id: &str) -> Option<Option<Arc<Known>>> {
        self.seen.get(sys_id)
    }

    /// Reads what has just come of a record, and remembers it for a moment.
    pub(super) fn remember(&self, sys_id: &str, item: Option<Item>) -> Option<Arc<Known>> {
        let table = &self.table;
        // Neither a record nor a hash that cannot be read is the caller's fault or business: it lets nobody in, and the
        // log says where it is.
        let record = item.and_then(|item| match dynamodb::from_item::<Record>(Table::Users, item) {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(table, key = sys_id, problem = %error.problem, "a user's record cannot be read");
                None
            }
        });
        let known = record.map(|record| {
            Arc::new(Known::new(record, |why| {
                tracing::error!(table, key = sys_id, problem = %why, "a user's password hash cannot be read");
            }))
        });
        self.seen.put(sys_id.to_owned(), known.clone(), 1);
        known
    }
}

/// A text that nothing else has, by which a record is known to be as it was.
pub(super) fn random_stamp() -> String {
    Uuid::new_v4().simple().to_string()
}

fn secrets_of(record: &Record, now: DateTime) -> Vec<SecretListed> {
    let secrets = record.written().map(|secret| {
        let (kind, outdated) = match Stored::read(secret.stored) {
            Ok(Stored::Generated(_)) => ("generated".to_owned(), false),
            Ok(Stored::Chosen { hash, .. }) => (hash.parameters(), hash.is_outdated()),
            Err(_) => ("unreadable".to_owned(), false),
        };
        SecretListed { kind, outdated, expires_on: secret.expires_on, expired: !secret.works(now) }
    });
    secrets.collect()
}

fn sys_id_of(user_name: &str) -> String {
    sys_id::derive(Kind::User, &[user_name])
}
