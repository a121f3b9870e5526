//! OAuth 2.0 (RFC 6749), as clients of the platform use it: a client fetches tokens by its secret, for a user who signs
//! in or for the user that it belongs to, and an access token is then as good as the user's name and password.
//!
//! Tokens are signed and not stored. What ends them early is what the records of user and client say when a token is
//! used, see [`OAuth::bearer`].

mod clients;
mod keys;
mod token;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

pub use clients::{Client, Clients, ClientsListed, NewClient};
pub use keys::{Kept, KeyKeeper, KeyRing, Keys, KeysError, Rotation, SIGNS_FOR, SecretKeeper, UnreadableKeys};
pub use token::{Purpose, is_formed};

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::clients::Record;
use self::token::{Claims, Sent, signed};
use super::stored::Known;
use super::{Attempt, Password, SignIn, User, Users};
use crate::Error;
use crate::clock::Clock;
use crate::date_time::DateTime;
use crate::dynamodb::{batch_get, key};

/// How long an access token is good for.
const ACCESS_LIVES: Duration = Duration::from_secs(1_800);

/// What clients are told of that, in seconds: the platform's number, a second less.
pub const EXPIRES_IN: u64 = 1_799;

/// How long a refresh token is good for: as the platform's.
const REFRESH_LIVES: Duration = SIGNS_FOR;

impl KeyRing {
    /// A text that says this, signed for a purpose.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub async fn sign<T: Serialize>(&self, claims: &T, purpose: Purpose) -> Result<String, Error> {
        let keys = self.keys().await?;
        signed(claims, &keys, purpose).map_err(|error| Error::Broken(error.into()))
    }

    /// What a text says that was signed for this purpose; none where nothing of ours has signed it.
    ///
    /// # Errors
    /// The keys cannot be read.
    pub async fn verified<T: DeserializeOwned>(&self, text: &str, purpose: Purpose) -> Result<Option<T>, Error> {
        let Some(sent) = Sent::parse(text) else { return Ok(None) };
        let keys = self.keys_with(sent.key).await?;
        Ok(sent.verified(&keys, purpose))
    }
}

/// What clients get tokens by.
#[derive(Clone)]
pub struct OAuth {
    users: Users,
    clients: Clients,
    ring: KeyRing,
    clock: Clock,
}

/// A client that wants tokens.
#[derive(Debug)]
pub struct ClientSecret {
    /// Its id, as it was sent.
    pub id: String,
    /// Its secret, as it was sent.
    pub secret: Password,
}

/// On what grounds.
#[derive(Debug)]
pub enum Grant {
    /// A user signs in.
    Password(Attempt),
    /// It is itself, and acts as the user that it belongs to.
    ClientCredentials,
    /// It has got this refresh token before.
    RefreshToken(String),
}

/// What a client gets.
#[derive(Debug)]
pub struct Tokens {
    /// Good for [`EXPIRES_IN`] seconds.
    pub access: String,
    /// Good for new access tokens, 100 days from when a user signed in.
    pub refresh: Option<String>,
    /// The user that they stand for.
    pub user_name: String,
}

/// Why a client gets none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The client is unknown or disabled, or its secret is wrong: nobody learns which.
    Client,
    /// So are the user and the password.
    SignIn,
    /// The refresh token is none, is another client's, or has ended.
    RefreshToken,
    /// The client's user is disabled.
    ClientsUser,
    /// Too many sign-ins wait already, here or of this source; nothing was checked.
    Crowded,
}

/// Who an access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The user.
    pub user: User,
    /// When the token ends, in seconds since the Unix epoch.
    pub until: u64,
}

impl OAuth {
    /// OAuth for these users and clients, whose tokens these keys sign.
    pub fn new(users: Users, clients: Clients, ring: KeyRing) -> Self {
        let clock = users.clock().clone();
        Self { users, clients, ring, clock }
    }

    /// The keys, for whoever rotates them.
    pub fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Gives a client tokens, or says why not.
    ///
    /// # Errors
    /// DynamoDB, or what keeps the keys, did not do its part.
    pub async fn grant(&self, client: &ClientSecret, grant: &Grant) -> Result<Result<Tokens, Refused>, Error> {
        let Some(client) = self.clients.prove(&client.id, &client.secret).await? else {
            return Ok(Err(Refused::Client));
        };
        let now = DateTime::from(self.clock.now());
        // Whoever it belongs to answers for it, whomever it signs in.
        let owner = self.user(&client.user).await?.filter(|owner| owner.user.active);
        let Some(owner) = owner else { return Ok(Err(Refused::ClientsUser)) };
        let (known, secret) = match grant {
            Grant::Password(attempt) => match self.users.sign_in(attempt).await? {
                SignIn::Welcome(user, secret) => (self.user(&user.sys_id).await?, Some(secret)),
                SignIn::Refused => return Ok(Err(Refused::SignIn)),
                SignIn::Crowded => return Ok(Err(Refused::Crowded)),
            },
            Grant::ClientCredentials => (Some(owner), None),
            Grant::RefreshToken(token) => {
                let claims = self.verified(token, Purpose::Refresh).await?;
                let claims = claims.filter(|claims| claims.client == client.client.id);
                let Some(claims) = claims else { return Ok(Err(Refused::RefreshToken)) };
                let known = self.user(&claims.user).await?;
                let Some(known) = good(&claims, known, Some(&client), now) else {
                    return Ok(Err(Refused::RefreshToken));
                };
                let access = self.sign(Purpose::Access, Claims { end: self.after(ACCESS_LIVES), ..claims }).await?;
                return Ok(Ok(Tokens {
                    access,
                    refresh: Some(token.clone()),
                    user_name: known.user.user_name.clone(),
                }));
            }
        };
        let Some(known) = known.filter(|known| known.user.active) else { return Ok(Err(Refused::ClientsUser)) };
        let claims = Claims {
            user: known.user.sys_id.clone(),
            user_stamp: known.token_stamp(secret),
            client: client.client.id.clone(),
            client_stamp: client.token_stamp.clone(),
            end: self.after(ACCESS_LIVES),
        };
        let refresh = match secret {
            Some(_) => {
                let claims = Claims { end: self.after(REFRESH_LIVES), ..claims.clone() };
                Some(self.sign(Purpose::Refresh, claims).await?)
            }
            None => None,
        };
        let access = self.sign(Purpose::Access, claims).await?;
        Ok(Ok(Tokens { access, refresh, user_name: known.user.user_name.clone() }))
    }

    /// Who an access token stands for; `None` where it is none, has ended, or was ended: its user or client is disabled,
    /// or the secret that it was got by is replaced, removed, or has ended itself. One batched read, of what was not read
    /// within the last second.
    ///
    /// # Errors
    /// DynamoDB, or what keeps the keys, did not do its part.
    pub async fn bearer(&self, token: &str) -> Result<Option<Bearer>, Error> {
        let Some(claims) = self.verified(token, Purpose::Access).await? else { return Ok(None) };
        let (known, client) = self.both(&claims.user, &claims.client).await?;
        let known = good(&claims, known, client.as_deref(), self.clock.now().into());
        Ok(known.map(|known| Bearer { user: known.user.clone(), until: claims.end }))
    }

    /// What a token says that has not ended.
    async fn verified(&self, token: &str, purpose: Purpose) -> Result<Option<Claims>, Error> {
        let Some(sent) = Sent::parse(token) else { return Ok(None) };
        let keys = self.ring.keys_with(sent.key).await?;
        let claims: Option<Claims> = sent.verified(&keys, purpose);
        Ok(claims.filter(|claims| self.clock.since_epoch().as_secs() < claims.end))
    }

    async fn sign(&self, purpose: Purpose, claims: Claims) -> Result<String, Error> {
        let keys = self.ring.keys().await?;
        signed(&claims, &keys, purpose).map_err(|error| Error::Broken(Box::new(error)))
    }

    fn after(&self, time: Duration) -> u64 {
        (self.clock.since_epoch() + time).as_secs()
    }

    async fn user(&self, sys_id: &str) -> Result<Option<Arc<Known>>, Error> {
        match self.users.seen(sys_id) {
            Some(seen) => Ok(seen),
            None => Ok(self.users.remember(sys_id, self.users.dynamo.get(&self.users.table, sys_id).await?)),
        }
    }

    async fn both(&self, user: &str, client: &str) -> Result<(Option<Arc<Known>>, Option<Arc<Record>>), Error> {
        let (seen_user, seen_client) = (self.users.seen(user), self.clients.seen(client));
        let user_key = seen_user.is_none().then(|| (self.users.table.clone(), key(user)));
        let client_key = seen_client.is_none().then(|| (self.clients.table.clone(), key(client)));
        let keys: Vec<_> = [user_key, client_key].into_iter().flatten().collect();
        let mut found = match keys.is_empty() {
            true => HashMap::new(),
            false => batch_get(&self.users.dynamo, keys).await?,
        };
        let mut take = |table: &str| found.remove(table).and_then(|mut items| items.pop());
        let known = seen_user.unwrap_or_else(|| self.users.remember(user, take(&self.users.table)));
        let record = seen_client.unwrap_or_else(|| self.clients.remember(client, take(&self.clients.table)));
        Ok((known, record))
    }
}

/// The user of a token whose user and client still are as it says.
fn good(claims: &Claims, known: Option<Arc<Known>>, client: Option<&Record>, now: DateTime) -> Option<Arc<Known>> {
    client.filter(|record| record.client.active && record.token_stamp == claims.client_stamp)?;
    known.filter(|known| known.user.active && known.has_token_stamp(&claims.user_stamp, now))
}
