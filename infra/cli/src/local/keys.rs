//! The keys of OAuth's tokens, on this machine: a file of the data folder, or in memory.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use time::OffsetDateTime;
use wrapup::clock::Clock;
use wrapup::users::oauth::{Kept, KeyKeeper, Keys, KeysError};
use zeroize::Zeroizing;

use super::LocalError;
use super::engine::files;

/// The keys of a local system. No other process has its folder.
pub struct LocalKeys {
    file: Option<PathBuf>,
    clock: Clock,
    kept: Mutex<(Zeroizing<String>, OffsetDateTime)>,
}

impl LocalKeys {
    /// Those of the data folder, which are made where there are none; without a folder new ones, gone at the end.
    pub fn open(data: Option<&Path>, clock: Clock) -> Result<Self, LocalError> {
        let file = data.map(|data| data.join(files::OAUTH_KEYS));
        let Some(path) = &file else {
            return Self::new(None, clock).map_err(|problem| failed(Path::new("memory"), &problem));
        };
        let stored = match std::fs::read_to_string(path) {
            Ok(text) => Some(Zeroizing::new(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(path, &error)),
        };
        let Some(text) = stored else {
            return Self::new(file.clone(), clock).map_err(|problem| failed(path, &problem));
        };
        // Whoever has broken the file hears of it now, and not by every token that is refused.
        Keys::read(&text).map_err(|problem| failed(path, &problem))?;
        let written = path.metadata().and_then(|file| file.modified()).map_err(|error| failed(path, &error))?;
        // By the machine's clock; by a slower one they have not been written yet.
        let since = OffsetDateTime::from(written).min(clock.now());
        Ok(Self { file, clock, kept: Mutex::new((text, since)) })
    }

    fn new(file: Option<PathBuf>, clock: Clock) -> Result<Self, KeysError> {
        let text = Keys::first()?;
        if let Some(file) = &file {
            files::replace(file, &text).map_err(KeysError::File)?;
        }
        let since = clock.now();
        Ok(Self { file, clock, kept: Mutex::new((text, since)) })
    }
}

fn failed(path: &Path, problem: &dyn std::fmt::Display) -> LocalError {
    LocalError::Data { path: path.to_owned(), problem: problem.to_string() }
}

#[async_trait]
impl KeyKeeper for LocalKeys {
    async fn read(&self) -> Result<Kept, KeysError> {
        let (text, since) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Kept { text, version: since.to_string(), since })
    }

    async fn replace(&self, read: &Kept, text: Zeroizing<String>) -> Result<bool, KeysError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.1 != read.since {
            return Ok(false);
        }
        if let Some(file) = &self.file {
            files::replace(file, &text).map_err(KeysError::File)?;
        }
        *kept = (text, self.clock.now());
        Ok(true)
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    fn open(data: Option<&Path>) -> Result<LocalKeys, LocalError> {
        LocalKeys::open(data, Clock::system())
    }

    #[tokio::test]
    async fn keys_outlive_a_restart_in_a_file_that_is_the_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(files::OAUTH_KEYS);
        let first = open(Some(folder.path())).expect("keys").read().await.expect("keys").text;
        let again = open(Some(folder.path())).expect("keys");
        let kept = again.read().await.expect("keys");
        assert_eq!(kept.text, first);
        let next = Keys::first().expect("a key");
        assert!(again.replace(&kept, next.clone()).await.expect("a file"));
        // What was read is not what is kept any more.
        assert!(!again.replace(&kept, Keys::first().expect("a key")).await.expect("a file"));
        assert_eq!(open(Some(folder.path())).expect("keys").read().await.expect("keys").text, next);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
        }
        let mine = open(None).expect("keys").read().await.expect("keys").text;
        assert!(mine != open(None).expect("keys").read().await.expect("keys").text);
        std::fs::write(&path, "{}").expect("a file");
        assert!(open(Some(folder.path())).is_err());
    }
}
