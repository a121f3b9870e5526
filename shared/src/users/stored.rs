//! A user's record, and the secrets in it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::User;
use super::argon::{Hash, Unreadable};
use super::generated::Fingerprint;
use crate::date_time::DateTime;
use crate::sys_id::hex;

/// A user as stored. Records that older versions wrote have `user_password` alone; whatever is missing counts as absent.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(flatten)]
    pub user: User,
    /// The secret that was given last: Argon2id of a password as a PHC string, or a generated secret's fingerprint.
    #[serde(default)]
    pub user_password: String,
    /// When it ends; never where absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user_password_expires_on: Option<DateTime>,
    /// The secret before it, which works on while clients change over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_user_password: Option<String>,
    /// When that ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old_user_password_expires_on: Option<DateTime>,
    /// Made anew when the user is disabled, which so ends the user's tokens for good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_stamp: Option<String>,
}

/// The columns of [`Record`] that hold secrets.
pub(super) const SECRET_COLUMNS: [&str; 4] =
    ["user_password", "user_password_expires_on", "old_user_password", "old_user_password_expires_on"];

/// What a secret is known by once it has been used: a hash of what is stored of it. Another secret has another one, and
/// nobody learns a secret by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretStamp([u8; 8]);

impl SecretStamp {
    pub(super) fn of(stored: &str) -> Self {
        let mut stamp = [0; 8];
        stamp.iter_mut().zip(Sha256::digest(stored.as_bytes())).for_each(|(byte, hashed)| *byte = hashed);
        Self(stamp)
    }
}

/// What is stored of a secret.
#[derive(Clone)]
pub(super) enum Stored {
    /// A password that somebody chose.
    Chosen {
        /// As it is written, by which it is known to be the same.
        phc: String,
        hash: Hash,
    },
    /// A secret that was made here.
    Generated(Fingerprint),
}

impl Stored {
    pub(super) fn read(stored: &str) -> Result<Self, Unreadable> {
        if stored.starts_with(Fingerprint::STORED) {
            return Fingerprint::read(stored).map(Self::Generated).ok_or(Unreadable::Form);
        }
        Hash::read(stored).map(|hash| Self::Chosen { phc: stored.to_owned(), hash })
    }

    pub(super) fn stamp(&self) -> SecretStamp {
        match self {
            Self::Chosen { phc, .. } => SecretStamp::of(phc),
            Self::Generated(fingerprint) => SecretStamp::of(&fingerprint.to_string()),
        }
    }
}

/// A secret of a user, and until when it works.
#[derive(Clone)]
pub(super) struct Secret<S> {
    pub stored: S,
    pub expires_on: Option<DateTime>,
}

impl<S> Secret<S> {
    /// Whether it still works.
    pub(super) fn works(&self, now: DateTime) -> bool {
        self.expires_on.is_none_or(|end| now < end)
    }
}

impl Record {
    /// The secrets as they are written, the newest first.
    pub(super) fn written(&self) -> impl Iterator<Item = Secret<&str>> {
        let newest = Secret { stored: self.user_password.as_str(), expires_on: self.user_password_expires_on };
        let old = self.old_user_password.as_deref();
        let old = old.map(|stored| Secret { stored, expires_on: self.old_user_password_expires_on });
        [Some(newest), old].into_iter().flatten().filter(|secret| !secret.stored.is_empty())
    }
}

/// A user whose record has been read.
pub(super) struct Known {
    pub user: User,
    secrets: Vec<Secret<Stored>>,
    token_stamp: String,
}

impl Known {
    /// Reads the secrets. One that cannot be read works no more, and is told to `unreadable`.
    pub(super) fn new(record: Record, mut unreadable: impl FnMut(Unreadable)) -> Self {
        let secrets = record.written().filter_map(|secret| {
            let stored = Stored::read(secret.stored).map_err(&mut unreadable).ok()?;
            Some(Secret { stored, expires_on: secret.expires_on })
        });
        let secrets = secrets.collect();
        Self { user: record.user, secrets, token_stamp: record.token_stamp.unwrap_or_default() }
    }

    /// What tokens say of the user that were got by this secret, or by none of the user's own.
    pub(super) fn token_stamp(&self, secret: Option<SecretStamp>) -> String {
        let secret = secret.map(|SecretStamp(stamp)| hex(&stamp)).unwrap_or_default();
        format!("{}.{secret}", self.token_stamp)
    }

    /// Whether that is still so.
    pub(super) fn has_token_stamp(&self, stamp: &str, now: DateTime) -> bool {
        let secrets = self.working(now).map(|stored| Some(stored.stamp()));
        [None].into_iter().chain(secrets).any(|secret| self.token_stamp(secret) == stamp)
    }

    /// The hashes of passwords that work, each with the text that it is written as.
    pub(super) fn chosen(&self, now: DateTime) -> impl Iterator<Item = (&str, &Hash)> {
        self.working(now).filter_map(|stored| match stored {
            Stored::Chosen { phc, hash } => Some((phc.as_str(), hash)),
            Stored::Generated(_) => None,
        })
    }

    /// The fingerprints of generated secrets that work.
    pub(super) fn generated(&self, now: DateTime) -> impl Iterator<Item = &Fingerprint> {
        self.working(now).filter_map(|stored| match stored {
            Stored::Generated(fingerprint) => Some(fingerprint),
            Stored::Chosen { .. } => None,
        })
    }

    fn working(&self, now: DateTime) -> impl Iterator<Item = &Stored> {
        self.secrets.iter().filter(move |secret| secret.works(now)).map(|secret| &secret.stored)
    }
}
