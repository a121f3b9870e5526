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
use super::stored::Known;
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
    /// It is this user.
    Welcome(User),
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
    /// Those that fitted, and which of the names it was.
    right: Cache<[u8; 32], usize>,
    wrong: Cache<[u8; 32], ()>,
}

/// How an attempt ended that Argon2 was asked about, or that is remembered.
#[derive(Clone, Copy)]
enum Verdict {
    /// The name of this index has this password.
    Fits(usize),
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
            Verdict::Fits(index) => tried.get(index).and_then(|(_, known)| known.as_ref()),
            Verdict::Wrong => None,
        };
        Ok(user.map_or(SignIn::Refused, |known| SignIn::Welcome(known.user.clone())))
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
            let hashes = user.iter().flat_map(|user| user.chosen(now)).map(|(_, hash)| hash);
            checks.extend(Check::against(hashes)?.into_iter().map(|check| (index, check)));
        }
        let source = Source::new(attempt.source, attempt.name_digest());
        let Some(place) = self.queue.enter(source, checks.len() * passwords.len()) else { return Ok(None) };
        let turn = self.argon.turn().await?;
        let memory = Arc::clone(&self.memory);
        let verdict = self.argon.work(turn, move |kitchen| {
            // A caller who hangs up gets no second place while the first one's work goes on.
            let _until_done = place;
            let mut verdict = Verdict::Wrong;
            // Every form of every name and password, whichever fits.
            for password in &passwords {
                for (index, check) in &checks {
                    if kitchen.fits(check, password)? {
                        verdict = Verdict::Fits(*index);
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
            verdict = Verdict::Fits(index);
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
        let right = self.right.get(attempt).map(Verdict::Fits);
        right.or_else(|| self.wrong.get(attempt).map(|()| Verdict::Wrong))
    }

    fn remember(&self, attempt: [u8; 32], verdict: Verdict) {
        match verdict {
            Verdict::Fits(index) => self.right.put(attempt, index, 1),
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
