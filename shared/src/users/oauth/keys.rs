//! The keys that tokens are signed with: two of them verify, the newer one signs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::super::Generated;
use super::token::Purpose;
use crate::Error;
use crate::aws::{AwsFailure, Put, Secrets};
use crate::cache::Cache;
use crate::clock::Clock;
use crate::dynamodb;
use crate::sys_id::hex;

/// How long a key signs. Refresh tokens live no longer: so what a key has signed has ended by the time that it is not
/// even the previous one.
pub const SIGNS_FOR: Duration = Duration::from_secs(100 * 24 * 60 * 60);

/// How long an instance goes on with the keys that it has read.
const REMEMBERED_FOR: Duration = Duration::from_secs(300);

/// How long it is, at the least, from one look for a key that is not known to the next: whoever makes ids up costs no
/// more than that.
const LOOKS_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How long what keeps the keys has to hand them out: a caller waits for it.
const READ_WITHIN: Duration = Duration::from_secs(3);

/// Characters that a key has at the least.
const SHORTEST: usize = 32;

/// The keys of a deployment.
pub struct Keys {
    signing: Key,
    previous: Option<Key>,
}

/// A key, and the id that tokens name it by.
pub(super) struct Key {
    id: String,
    text: Zeroizing<String>,
}

/// How keys are written where they are kept.
#[derive(Serialize, Deserialize)]
struct Written {
    key: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    previous: Option<String>,
}

/// What is kept is no keys. It says nothing of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the OAuth keys cannot be read: what is kept has to be {{\"key\": \"..\", \"previous\": \"..\"}}, the second one \
     where there is one, each with {SHORTEST} characters or more"
)]
pub struct UnreadableKeys;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Secrets Manager does not hand them out, or take them.
    #[error("the OAuth keys of secret {secret}: {failure}")]
    Aws {
        /// Its name or ARN.
        secret: String,
        /// What it says.
        failure: AwsFailure,
    },
    /// What keeps them has not handed them out in time.
    #[error("the OAuth keys were not handed out within {} s", READ_WITHIN.as_secs())]
    Late,
    /// DynamoDB does not hand them out, or take them.
    #[error(transparent)]
    DynamoDb(#[from] dynamodb::Error),
    /// They cannot be stored on this machine.
    #[error("the OAuth keys cannot be kept: {0}")]
    File(std::io::Error),
    /// Something else is kept there.
    #[error(transparent)]
    Unreadable(#[from] UnreadableKeys),
    /// The machine has no randomness.
    #[error("no randomness for a key")]
    NoRandomness,
}

impl From<KeysError> for Error {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::DynamoDb(error) => error.into(),
            KeysError::Aws { ref failure, .. } if failure.is_transient() => Self::Unavailable(Box::new(error)),
            KeysError::Late => Self::Unavailable(Box::new(error)),
            error => Self::Broken(Box::new(error)),
        }
    }
}

/// What a keeper has.
pub struct Kept {
    /// The keys, as they are written.
    pub text: Zeroizing<String>,
    /// What tells it from what was kept before and will be after.
    pub version: String,
    /// Since when it is kept.
    pub since: OffsetDateTime,
}

/// Where keys are kept.
#[async_trait]
pub trait KeyKeeper: Send + Sync {
    /// What is kept now.
    async fn read(&self) -> Result<Kept, KeysError>;

    /// Keeps `text` from now on, in place of what has been read. Answers false, and changes nothing, where that is not
    /// kept any more because somebody else has replaced it.
    async fn replace(&self, read: &Kept, text: Zeroizing<String>) -> Result<bool, KeysError>;
}

/// A secret of Secrets Manager.
pub struct SecretKeeper {
    secrets: Secrets,
    /// Its name or ARN.
    secret: String,
}

impl SecretKeeper {
    /// The secret with this name or ARN.
    pub fn new(secrets: Secrets, secret: impl Into<String>) -> Self {
        Self { secrets, secret: secret.into() }
    }

    fn failed(&self, failure: AwsFailure) -> KeysError {
        KeysError::Aws { secret: self.secret.clone(), failure }
    }
}

#[async_trait]
impl KeyKeeper for SecretKeeper {
    async fn read(&self) -> Result<Kept, KeysError> {
        let secret = self.secrets.get(&self.secret).await.map_err(|failure| self.failed(failure))?;
        let (Some(text), Some(since)) = (secret.text, secret.since) else { return Err(UnreadableKeys.into()) };
        Ok(Kept { text: text.into(), version: secret.version, since })
    }

    async fn replace(&self, read: &Kept, text: Zeroizing<String>) -> Result<bool, KeysError> {
        // Whoever replaces this version asks for one and the same, and Secrets Manager makes that once.
        let version = Uuid::new_v5(&REPLACING, read.version.as_bytes());
        let put = self.secrets.put(&self.secret, &text, &version.to_string()).await;
        put.map(|put| put == Put::Stored).map_err(|failure| self.failed(failure))
    }
}

/// The namespace of the names of versions that replace others.
const REPLACING: Uuid = Uuid::from_u128(0x1c5e_40b7_93d2_4f0a_8a66_0e4f_27ad_51b3);

impl Keys {
    /// Reads keys as they are written.
    ///
    /// # Errors
    /// Where they are anything else.
    pub fn read(text: &str) -> Result<Self, UnreadableKeys> {
        let written: Written = serde_json::from_str(text).map_err(|_| UnreadableKeys)?;
        let key = |text: String| Key::new(text.into()).ok_or(UnreadableKeys);
        Ok(Self { signing: key(written.key)?, previous: written.previous.map(key).transpose()? })
    }

    /// The first keys of a deployment, as they are written: one that signs.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub fn first() -> Result<Zeroizing<String>, KeysError> {
        written(None)
    }

    /// Keys as they are written of which a new one signs, and the one that has signed so far still verifies.
    fn next(&self) -> Result<Zeroizing<String>, KeysError> {
        written(Some(self.signing.text.to_string()))
    }

    pub(super) fn signing(&self) -> &Key {
        &self.signing
    }

    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        [Some(&self.signing), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == id)
    }
}

fn written(previous: Option<String>) -> Result<Zeroizing<String>, KeysError> {
    let key = Generated::make().map_err(|_| KeysError::NoRandomness)?;
    let written = Written { key: key.reveal().to_owned(), previous };
    serde_json::to_string(&written).map(Into::into).map_err(|_| UnreadableKeys.into())
}

impl fmt::Debug for Keys {
    /// Shows their ids alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous = self.previous.as_ref().map(|key| &key.id);
        f.debug_struct("Keys").field("signing", &self.signing.id).field("previous", &previous).finish()
    }
}

impl Key {
    fn new(text: Zeroizing<String>) -> Option<Self> {
        let id = Sha256::new().chain_update("wrapup key id ").chain_update(text.as_bytes()).finalize();
        (text.len() >= SHORTEST).then(|| Self { id: hex(&id[..6]), text })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn sign(&self, purpose: Purpose, content: &[u8]) -> [u8; 32] {
        self.mac(purpose).chain_update(content).finalize().into_bytes().into()
    }

    /// Whether it has signed this content for this purpose, in a time that does not depend on where signatures differ.
    pub fn verify(&self, purpose: Purpose, content: &[u8], signature: &[u8]) -> bool {
        self.mac(purpose).chain_update(content).verify_slice(signature).is_ok()
    }

    /// HMAC-SHA256 by a key of the purpose's own, which is HMAC-SHA256 too: of the purpose, by this key.
    fn mac(&self, purpose: Purpose) -> Hmac<Sha256> {
        let own = keyed(self.text.as_bytes()).chain_update(purpose.label()).finalize().into_bytes();
        keyed(&own)
    }
}

/// HMAC takes keys of any length.
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// The keys as an instance knows them.
#[derive(Clone)]
pub struct KeyRing {
    keeper: Arc<dyn KeyKeeper>,
    clock: Clock,
    remembered: Arc<Cache<(), Arc<Keys>>>,
    /// When the keeper was asked last, since the Unix epoch.
    asked: Arc<Mutex<Option<Duration>>>,
}

/// What came of a look at the keys' age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// A new key signs from now on.
    Rotated,
    /// The one that signs is young enough, or has been replaced by somebody else just now.
    NotNow,
}

impl KeyRing {
    /// The keys that `keeper` has.
    pub fn new(keeper: Arc<dyn KeyKeeper>, clock: Clock) -> Self {
        let remembered = Arc::new(Cache::new(1, Some(REMEMBERED_FOR), clock.clone()));
        Self { keeper, clock, remembered, asked: Arc::default() }
    }

    /// The keys. Those of before, where the keeper has been asked for newer ones just now: one that does not answer is not
    /// waited for by every caller.
    pub(super) async fn keys(&self) -> Result<Arc<Keys>, Error> {
        let before = || self.remembered.get_even_old(&()).filter(|_| !self.may_look_again());
        match self.remembered.get(&()).or_else(before) {
            Some(keys) => Ok(keys),
            None => self.fetch().await,
        }
    }

    /// The keys with the one of this id among them, if there is one.
    pub(super) async fn keys_with(&self, id: &str) -> Result<Arc<Keys>, Error> {
        let keys = self.keys().await?;
        if keys.find(id).is_none() && self.may_look_again() { self.fetch().await } else { Ok(keys) }
    }

    /// Has a new key sign where the one of now has signed for [`SIGNS_FOR`]. Harmless beside another run of itself.
    ///
    /// # Errors
    /// What keeps the keys did not do its part, or has none.
    pub async fn rotate(&self) -> Result<Rotation, KeysError> {
        let kept = self.keeper.read().await?;
        let keys = Keys::read(&kept.text)?;
        if self.clock.now() - kept.since < SIGNS_FOR {
            return Ok(Rotation::NotNow);
        }
        let replaced = self.keeper.replace(&kept, keys.next()?).await?;
        Ok(if replaced { Rotation::Rotated } else { Rotation::NotNow })
    }

    async fn fetch(&self) -> Result<Arc<Keys>, Error> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clock.since_epoch());
        let kept = tokio::time::timeout(READ_WITHIN, self.keeper.read()).await.unwrap_or(Err(KeysError::Late));
        let keys = kept.and_then(|kept| Ok(Keys::read(&kept.text)?));
        match (keys.map(Arc::new).map_err(Error::from), self.remembered.get_even_old(&())) {
            (Ok(keys), _) => {
                self.remembered.put((), Arc::clone(&keys), 1);
                Ok(keys)
            }
            // Nobody is locked out because a service that is asked every few minutes does not answer.
            (Err(Error::Unavailable(error)), Some(old)) => {
                tracing::warn!(%error, "the OAuth keys of before are used");
                Ok(old)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn may_look_again(&self) -> bool {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back is no reason not to look.
        asked.and_then(|asked| self.clock.since_epoch().checked_sub(asked)).is_none_or(|age| age >= LOOKS_AGAIN_AFTER)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written_and_show_themselves_to_nobody() {
        let first = Keys::read(&Keys::first().expect("a key")).expect("keys");
        let next = Keys::read(&first.next().expect("a key")).expect("keys");
        assert_eq!(next.find(first.signing().id()).map(Key::id), Some(first.signing().id()));
        assert_ne!(next.signing().id(), first.signing().id());
        let third = Keys::read(&next.next().expect("a key")).expect("keys");
        assert!(third.find(first.signing().id()).is_none());
        assert!(!format!("{next:?}").contains(next.signing().text.as_str()));
        assert_eq!(first.signing().id().len(), 12);
    }

    #[test]
    fn what_is_no_keys_is_refused_and_not_repeated() {
        for text in [
            "",
            "a secret that somebody has entered as plain text",
            r#"{"key": "a secret that is too short"}"#,
            r#"{"previous": "a secret of more than thirty-two characters"}"#,
            r#"{"key": "a secret of more than thirty-two characters", "previous": "a secret"}"#,
        ] {
            let error = Keys::read(text).expect_err("no keys");
            assert!(!format!("{error} {error:?}").contains("a secret"), "{error}");
        }
        // As the template has it made.
        assert!(Keys::read(r#"{"key":"kQwFtyhVbnMjLpOiuYtReWqAsDfGhJkLzXcVbNmQwErT"}"#).is_ok());
    }
}
