use std::fmt;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use crate::Error;

/// A password in clear. It shows itself to nobody: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// The hash of a password that nobody has, made with the same parameters as every other, so that a
/// user who does not exist costs the same time as one who does.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlzIQ$5Yx5jNpi8RiYyDRKBrvHcBNkTwLt0kJrxuvJjYhBhCk";

impl Password {
    /// Takes a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether there is anything in it but white space.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// argon2id with a random salt and OWASP's minimum (19 MiB, 2 passes), as a PHC string.
    pub async fn hash(self) -> Result<String, Error> {
        blocking(move || {
            let hash = Argon2::default().hash_password(self.0.as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|error| Error::PasswordHash(error.to_string()))
        })
        .await
    }

    /// Whether the password has this hash. Without a hash, takes as long and answers no.
    pub async fn verify(self, hash: Option<String>) -> Result<bool, Error> {
        blocking(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
            let hash = PasswordHash::new(&hash).map_err(|error| Error::PasswordHash(error.to_string()))?;
            Ok(Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Hashes that are worked on at once: each takes 19 MiB, and a core for tens of milliseconds.
static AT_ONCE: Semaphore = Semaphore::const_new(4);

/// Runs off the thread that serves requests.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let _turn = AT_ONCE.acquire().await.map_err(|error| Error::PasswordHash(error.to_string()))?;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::PasswordHash(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verifies_only_its_own_hash() -> Result<(), Error> {
        let hash = Password::new("correct horse").hash().await?;
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(Password::new("correct horse").verify(Some(hash.clone())).await?);
        assert!(!Password::new("wrong").verify(Some(hash)).await?);
        assert!(!Password::new("anything").verify(None).await?);
        Ok(())
    }

    #[test]
    fn the_hash_of_nobody_has_the_parameters_of_every_other() {
        let hash = PasswordHash::new(NOBODY).map(|hash| hash.to_string());
        assert!(hash.is_ok_and(|hash| hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")));
    }

    #[test]
    fn debug_hides_the_password() {
        assert_eq!(format!("{:?}", Password::new("secret")), "Password(..)");
    }
}
