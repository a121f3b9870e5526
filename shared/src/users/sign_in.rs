//! Who somebody is, proven by a password or a generated secret.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::Choice;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::argon::{Argon, Check};
use super::form::{composed, forms};
use super::generated::Fingerprint;
use super::queue::{Queue, Source};
use super::stored::{Known, SecretStamp, Stored};
use super::{Argon2Cost, Password, User};
use crate::Error;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::date_time::DateTime;
use crate::sys_id::hex;

/// Sign-ins that an instance remembers of each kind, each 32 bytes.
const REMEMBERED: usize = 1_000;

/// How long a failed sign-in is remembered, so that a client which loops with an old password costs next to nothing.
const FAILED_FOR: Duration = Duration::from_secs(30);

/// Secrets that a user has at most, each of which may be a generated one.
const SECRETS: usize = 2;

/// Somebody who wants to sign in.
#[derive(Debug)]
pub struct Attempt {
    /// The name, as it was sent.
    pub user_name: String,
    /// The password or generated secret, as it was sent.
    pub password: Password,
    /// The address that it comes from, where that is known for certain: never what a header says.
    pub source: Option<IpAddr>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// It is this user, proven by the secret with this stamp.
    Welcome(User, SecretStamp),
    /// The name is unknown, the secret wrong or expired, or the user disabled: nobody learns which.
    Refused,
    /// Too many wait already, here or of this source; nothing was checked.
    Crowded,
}

impl Attempt {
    /// SHA-256 of the name that is tried, in NFC: what a log may hold of it, since people put passwords into the wrong
    /// field. 64 hex digits.
    pub fn name_sha256(&self) -> String {
        hex(&self.name_digest())
    }

    fn name_digest(&self) -> [u8; 32] {
        let name = composed(&self.user_name);
        Sha256::digest(name.as_ref().map_or(self.user_name.as_bytes(), |name| name.as_bytes())).into()
    }

    /// The names that it is tried as.
    pub(super) fn names(&self) -> Vec<Zeroizing<String>> {
        forms(&self.user_name)
    }
}

/// A name that is tried, and the active user who has it.
pub(super) type Tried = (Zeroizing<String>, Option<Arc<Known>>);

/// Checks secrets, and remembers how it went.
pub(super) struct Doorkeeper {
    clock: Clock,
    argon: Argon,
    queue: Arc<Queue>,
    memory: Arc<Memory>,
    gates: Gates,
}

/// What an instance remembers of passwords. Each attempt is a keyed hash of all that decides how it ends: the names,
/// the passwords, and the stored hashes that they were checked against. So another password or another stored hash is
/// another attempt, which was never remembered; and what is remembered tells nobody a password.
struct Memory {
    /// Random, and never told to anybody.
    key: [Uuid; 2],
    /// Those that fitted, which of the names it was, and which of its secrets.
    right: Cache<[u8; 32], (usize, SecretStamp)>,
    wrong: Cache<[u8; 32], ()>,
}

/// How an attempt ended that Argon2 was asked about, or that is remembered.
#[derive(Clone, Copy)]
enum Verdict {
    /// The name of this index has this password, which is the secret with this stamp.
    Fits(usize, SecretStamp),
    Wrong,
}

impl Doorkeeper {
    pub(super) fn new(clock: Clock) -> Self {
        let right = Cache::new(REMEMBERED, None, clock.clone());
        let wrong = Cache::new(REMEMBERED, Some(FAILED_FOR), clock.clone());
        let memory = Memory { key: [Uuid::new_v4(), Uuid::new_v4()], right, wrong };
        Self { clock, argon: Argon::new(), queue: Arc::default(), memory: Arc::new(memory), gates: Gates::default() }
    }

    pub(super) fn argon(&self) -> &Argon {
        &self.argon
    }

    pub(super) fn argon2_cost(&self) -> Argon2Cost {
        self.argon.cost()
    }

    /// Checks an attempt against the users that its names may be. What is sent decides what is done, never what is
    /// stored: unknown and disabled users take the same way as others with a wrong password.
    pub(super) async fn check(&self, attempt: &Attempt, tried: &[Tried]) -> Result<SignIn, Error> {
        let now = DateTime::from(self.clock.now());
        let verdict = match attempt.password.generated() {
            Some(fingerprint) => generated(&fingerprint, tried, now),
            None => match self.chosen(attempt, tried, now).await? {
                Some(verdict) => verdict,
                None => return Ok(SignIn::Crowded),
            },
        };
        let user = match verdict {
            Verdict::Fits(index, stamp) => tried.get(index).and_then(|(_, known)| Some((known.as_ref()?, stamp))),
            Verdict::Wrong => None,
        };
        Ok(user.map_or(SignIn::Refused, |(known, stamp)| SignIn::Welcome(known.user.clone(), stamp)))
    }

    /// Checks a password; `None` where there is no place to wait for Argon2.
    async fn chosen(&self, attempt: &Attempt, tried: &[Tried], now: DateTime) -> Result<Option<Verdict>, Error> {
        let passwords = attempt.password.forms();
        let known = self.memory.key_of(tried, &passwords, now);
        if let Some(verdict) = self.memory.recall(&known) {
            return Ok(Some(verdict));
        }
        // Equal attempts wait for the first of them, which has the one place that they take together.
        let _gate = self.gates.pass(known).await;
        if let Some(verdict) = self.memory.recall(&known) {
            return Ok(Some(verdict));
        }
        let mut checks = Vec::new();
        for (index, (_, user)) in tried.iter().enumerate() {
            let hashes: Vec<_> = user.iter().flat_map(|user| user.chosen(now)).collect();
            let stamps: Arc<[SecretStamp]> = hashes.iter().map(|(phc, _)| SecretStamp::of(phc)).collect();
            let against = Check::against(hashes.iter().map(|(_, hash)| *hash))?;
            checks.extend(against.into_iter().map(|check| (index, check, Arc::clone(&stamps))));
        }
        let source = Source::new(attempt.source, attempt.name_digest());
        let Some(place) = self.queue.enter(source, checks.len() * passwords.len()) else { return Ok(None) };
        let turn = self.argon.turn().await?;
        let memory = Arc::clone(&self.memory);
        let verdict = self.argon.work(turn, move |bench| {
            // A caller who hangs up gets no second place while the first one's work goes on.
            let _until_done = place;
            let mut verdict = Verdict::Wrong;
            // Every form of every name and password, whichever fits.
            for password in &passwords {
                for (index, check, stamps) in &checks {
                    if let Some(stamp) = bench.fits(check, password)?.and_then(|place| stamps.get(place)) {
                        verdict = Verdict::Fits(*index, *stamp);
                    }
                }
            }
            memory.remember(known, verdict);
            Ok(verdict)
        });
        verdict.await.map(Some)
    }
}

/// Checks a generated secret: as many comparisons for every name, each in constant time.
fn generated(sent: &Fingerprint, tried: &[Tried], now: DateTime) -> Verdict {
    let mut verdict = Verdict::Wrong;
    for (index, (_, user)) in tried.iter().enumerate() {
        let mut stored = [Fingerprint::NOBODYS; SECRETS];
        let known = user.iter().flat_map(|user| user.generated(now));
        stored.iter_mut().zip(known).for_each(|(slot, fingerprint)| *slot = *fingerprint);
        let fits = stored.iter().fold(Choice::from(0), |fits, fingerprint| fits | fingerprint.matches(sent));
        if bool::from(fits) {
            verdict = Verdict::Fits(index, Stored::Generated(*sent).stamp());
        }
    }
    verdict
}

impl Memory {
    fn key_of(&self, tried: &[Tried], passwords: &[Password], now: DateTime) -> [u8; 32] {
        let mut digest = Sha256::new();
        self.key.iter().for_each(|half| digest.update(half.as_bytes()));
        let mut part = |part: &[u8]| {
            // Each behind its length, so that no two attempts are written alike.
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            digest.update(part);
        };
        for (name, user) in tried {
            part(name.as_bytes());
            user.iter().flat_map(|user| user.chosen(now)).for_each(|(phc, _)| part(phc.as_bytes()));
            part(b"");
        }
        passwords.iter().for_each(|password| part(password.as_bytes()));
        digest.finalize().into()
    }

    fn recall(&self, attempt: &[u8; 32]) -> Option<Verdict> {
        let right = self.right.get(attempt).map(|(index, stamp)| Verdict::Fits(index, stamp));
        right.or_else(|| self.wrong.get(attempt).map(|()| Verdict::Wrong))
    }

    fn remember(&self, attempt: [u8; 32], verdict: Verdict) {
        match verdict {
            Verdict::Fits(index, stamp) => self.right.put(attempt, (index, stamp), 1),
            Verdict::Wrong => self.wrong.put(attempt, (), 1),
        }
    }
}

/// Lets equal attempts through one at a time.
#[derive(Default)]
struct Gates(Mutex<HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>>);

/// Keeps a gate closed behind whoever has passed it, and takes it away after the last.
struct Passed<'a> {
    gates: &'a Gates,
    attempt: [u8; 32],
    closed: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Gates {
    async fn pass(&self, attempt: [u8; 32]) -> Passed<'_> {
        let gate = Arc::clone(self.lock().entry(attempt).or_default());
        // Made before the wait, so that whoever gives up waiting tidies up, too.
        let mut passed = Passed { gates: self, attempt, closed: None };
        passed.closed = Some(gate.lock_owned().await);
        passed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        self.closed = None;
        let mut gates = self.gates.lock();
        // Whoever waits holds it, too; and nobody else can come to hold it while the list is locked.
        if gates.get(&self.attempt).is_some_and(|gate| Arc::strong_count(gate) == 1) {
            gates.remove(&self.attempt);
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::super::stored::Record;
    use super::*;

    fn attempt(user_name: &str, password: &str) -> Attempt {
        Attempt { user_name: user_name.to_owned(), password: Password::new(password), source: None }
    }

    /// A user with these passwords, hashed as they are, with one salt.
    async fn user(keeper: &Doorkeeper, user_name: &str, passwords: [&str; 2]) -> Arc<Known> {
        let newest = keeper.argon.hash(Password::new(passwords[0]), None).await.expect("a hash");
        let old = keeper.argon.hash(Password::new(passwords[1]), newest.salt()).await.expect("a hash");
        let user = User {
            sys_id: "0".repeat(32),
            user_name: user_name.to_owned(),
            active: true,
            roles: Vec::new(),
            preferred_language: None,
        };
        let record = Record {
            user,
            user_password: newest.to_phc().expect("a text"),
            user_password_expires_on: None,
            old_user_password: Some(old.to_phc().expect("a text")),
            old_user_password_expires_on: None,
            token_stamp: None,
        };
        Arc::new(Known::new(record, |why| unreachable!("{why}")))
    }

    /// Whether the attempt is welcome where these users are, and the runs of Argon2 that it took.
    async fn sign_in(keeper: &Doorkeeper, users: &[Arc<Known>], attempt: &Attempt) -> (bool, u64) {
        let before = keeper.argon2_cost().runs;
        let find = |name: &str| users.iter().find(|known| known.user.user_name == name).cloned();
        let tried: Vec<Tried> = attempt.names().into_iter().map(|name| (name.clone(), find(&name))).collect();
        let verdict = keeper.check(attempt, &tried).await.expect("a verdict");
        (matches!(verdict, SignIn::Welcome(..)), keeper.argon2_cost().runs - before)
    }

    #[tokio::test]
    async fn what_is_sent_decides_what_it_costs() {
        let keeper = Doorkeeper::new(Clock::system());
        // One who has been there since before names and passwords were brought to NFC.
        let users =
            [user(&keeper, "jane", ["new", "old"]).await, user(&keeper, "u\u{308}", ["s\u{fc}d", "su\u{308}d"]).await];
        for (name, password, welcome, runs) in [
            ("jane", "new", true, 1),
            ("jane", "old", true, 1),
            ("jane", "wrong", false, 1),
            ("nobody", "wrong", false, 1),
            ("jane", "wro\u{308}ng", false, 2),
            ("nobody", "wro\u{308}ng", false, 2),
            ("u\u{308}", "wrong", false, 2),
            ("o\u{308}", "wrong", false, 2),
            ("u\u{308}", "wro\u{308}ng", false, 4),
            ("o\u{308}", "wro\u{308}ng", false, 4),
            ("u\u{308}", "su\u{308}d", true, 4),
            ("u\u{308}", "s\u{fc}d", true, 2),
        ] {
            let attempt = attempt(name, password);
            assert_eq!(sign_in(&keeper, &users, &attempt).await, (welcome, runs), "{name} {password}");
            // The second time it is known how it ends, one way or the other.
            assert_eq!(sign_in(&keeper, &users, &attempt).await, (welcome, 0), "{name} {password}");
        }
    }

    #[tokio::test]
    async fn equal_attempts_at_once_take_one_run_and_none_is_put_off() {
        let keeper = Arc::new(Doorkeeper::new(Clock::system()));
        let users = [user(&keeper, "jane", ["new", "old"]).await];
        let before = keeper.argon2_cost().runs;
        for (password, expected) in [("new", true), ("wrong", false)] {
            let calls = (0..200).map(|_| {
                let (keeper, users) = (Arc::clone(&keeper), users.clone());
                tokio::spawn(async move { sign_in(&keeper, &users, &attempt("jane", password)).await.0 })
            });
            for call in calls.collect::<Vec<_>>() {
                assert_eq!(call.await.expect("no panic"), expected);
            }
        }
        assert_eq!(keeper.argon2_cost().runs, before + 2);
        assert!(keeper.gates.lock().is_empty());
    }

    #[tokio::test]
    async fn whoever_finds_no_place_hears_so_at_once_and_nothing_is_remembered_of_it() {
        let keeper = Arc::new(Doorkeeper::new(Clock::system()));
        let users = [user(&keeper, "jane", ["new", "old"]).await];
        // Nobody gets a turn, so all that come stay.
        let mut turns = Vec::new();
        while let Ok(turn) = tokio::time::timeout(Duration::from_millis(10), keeper.argon.turn()).await {
            turns.push(turn);
        }
        let waiting: Vec<_> = (0..super::super::queue::SHARE_OF_BOTH)
            .map(|call| {
                let (keeper, users) = (Arc::clone(&keeper), users.clone());
                tokio::spawn(async move { sign_in(&keeper, &users, &attempt("jane", &format!("wrong {call}"))).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let late = attempt("jane", "new");
        let tried = vec![(late.names().remove(0), Some(Arc::clone(&users[0])))];
        assert_eq!(keeper.check(&late, &tried).await.expect("a verdict"), SignIn::Crowded);
        drop(turns);
        for call in waiting {
            assert!(!call.await.expect("no panic").0);
        }
        assert!(matches!(keeper.check(&late, &tried).await.expect("a verdict"), SignIn::Welcome(..)));
    }
}
