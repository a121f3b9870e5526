//! Argon2id, for secrets that people choose. Its memory is what it is for, and what could bring a process down: so as
//! many hashes are made at once as there are cores, each in memory of the pool, and no other memory is ever taken.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::{Zeroize, Zeroizing};

use super::Password;
use crate::Error;

/// Hashes that are made at once at most, however many cores there are: each takes 19 MiB, and a core for tens of
/// milliseconds.
const MOST_AT_ONCE: usize = 4;

/// KiB of memory that a stored hash may ask for. Far beyond what anybody asks for today, and not enough to bring a
/// process down.
const MOST_MEMORY: u32 = 256 * 1024;

/// Passes over the memory that a stored hash may ask for.
const MOST_PASSES: u32 = 32;

/// Lanes that a stored hash may ask for.
const MOST_LANES: u32 = 16;

/// The salt of a hash that nobody has, see [`Check::nobody`].
const NOBODYS_SALT: &[u8; 16] = b"nobody has this!";

/// A hash that is stored, of a password that somebody chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hash {
    run: Run,
    output: Output,
}

/// All that decides what Argon2 makes of a password.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    algorithm: Algorithm,
    version: Version,
    memory: u32,
    passes: u32,
    lanes: u32,
    salt: Salt,
    length: usize,
}

/// Why a stored hash cannot be read. It says nothing of what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// No PHC string.
    #[error("it is no hash in the form of PHC strings")]
    Form,
    /// Another function than Argon2.
    #[error("it is no Argon2 of a known version")]
    Algorithm,
    /// Out of what is sensible.
    #[error("its parameters are missing, or ask for too much")]
    Parameters,
}

impl Hash {
    /// Reads a PHC string.
    pub(super) fn read(stored: &str) -> Result<Self, Unreadable> {
        let hash = PasswordHash::new(stored).map_err(|_| Unreadable::Form)?;
        let (Some(salt), Some(output)) = (hash.salt, hash.hash) else { return Err(Unreadable::Form) };
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| Unreadable::Algorithm)?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from);
        let version = version.map_err(|_| Unreadable::Algorithm)?;
        let params = Params::try_from(&hash).map_err(|_| Unreadable::Parameters)?;
        let sensible =
            params.m_cost() <= MOST_MEMORY && params.t_cost() <= MOST_PASSES && params.p_cost() <= MOST_LANES;
        // What came in front of the hash in old versions of Argon2 is not part of the standard, and never was ours.
        if !sensible || !params.keyid().is_empty() || !params.data().is_empty() {
            return Err(Unreadable::Parameters);
        }
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        Ok(Self { run: Run { algorithm, version, memory, passes, lanes, salt, length: output.len() }, output })
    }

    /// Whether a hash made today would have other parameters.
    pub(super) fn is_outdated(&self) -> bool {
        let today = Run::today(self.run.salt);
        let parameters = |run: &Run| (run.algorithm, run.version, run.memory, run.passes, run.lanes);
        parameters(&self.run) != parameters(&today)
    }

    /// `argon2id m=19456,t=2,p=1`
    pub(super) fn parameters(&self) -> String {
        let Run { algorithm, memory, passes, lanes, .. } = &self.run;
        format!("{algorithm} m={memory},t={passes},p={lanes}")
    }

    /// Its salt, for a second hash of the same user beside it: then one run of Argon2 serves both, and a user with two
    /// passwords costs as much as one with one, or as nobody.
    pub(super) fn salt(&self) -> Option<Salt> {
        (!self.is_outdated()).then_some(self.run.salt)
    }

    /// The PHC string.
    pub(super) fn to_phc(&self) -> Result<String, Error> {
        let Run { algorithm, version, salt, .. } = &self.run;
        let params = self.run.params().and_then(|params| {
            ParamsString::try_from(&params).map_err(|error| Error::PasswordHash(error.to_string()))
        })?;
        let hash = PasswordHash {
            algorithm: algorithm.ident(),
            version: Some((*version).into()),
            params,
            salt: Some(*salt),
            hash: Some(self.output),
        };
        Ok(hash.to_string())
    }
}

impl Run {
    /// What a password is hashed by from now on: OWASP's minimum, 19 MiB and 2 passes.
    fn today(salt: Salt) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            memory: Params::DEFAULT_M_COST,
            passes: Params::DEFAULT_T_COST,
            lanes: Params::DEFAULT_P_COST,
            salt,
            length: Params::DEFAULT_OUTPUT_LEN,
        }
    }

    fn params(&self) -> Result<Params, Error> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(self.length));
        params.map_err(|error| Error::PasswordHash(error.to_string()))
    }

    fn of(&self, password: &Password, memory: &mut Memory<'_>) -> Result<Output, Error> {
        let params = self.params()?;
        let blocks = memory.blocks(params.block_count());
        let mut out = Zeroizing::new([0; Output::MAX_LENGTH]);
        let out = out.get_mut(..self.length).unwrap_or_default();
        Argon2::new(self.algorithm, self.version, params)
            .hash_password_into_with_memory(password.as_bytes(), &self.salt, out, blocks)
            .map_err(|error| Error::PasswordHash(error.to_string()))?;
        Output::new(out).map_err(|error| Error::PasswordHash(error.to_string()))
    }
}

/// What one run of Argon2 is compared with: the hashes of a user that it could have made, or nobody's.
#[derive(Clone, Debug)]
pub(super) struct Check {
    run: Run,
    /// Each with the place that its hash has among those that are checked.
    outputs: Vec<(usize, Output)>,
}

impl Check {
    /// The runs that it takes to check a password against these hashes: one, where they have one salt and today's
    /// parameters, and also where there are none.
    pub(super) fn against<'a>(hashes: impl Iterator<Item = &'a Hash>) -> Result<Vec<Self>, Error> {
        let mut checks: Vec<Self> = Vec::new();
        for (place, hash) in hashes.enumerate() {
            let output = (place, hash.output);
            match checks.iter_mut().find(|check| check.run == hash.run) {
                Some(check) => check.outputs.push(output),
                None => checks.push(Self { run: hash.run.clone(), outputs: vec![output] }),
            }
        }
        if checks.is_empty() {
            checks.push(Self::nobody()?);
        }
        Ok(checks)
    }

    /// A run that leads to nothing, so that a user who does not exist costs the same time as one who does.
    fn nobody() -> Result<Self, Error> {
        let salt = Salt::new(NOBODYS_SALT).map_err(|error| Error::PasswordHash(error.to_string()))?;
        Ok(Self { run: Run::today(salt), outputs: Vec::new() })
    }
}

/// Makes hashes, a few at once.
pub(super) struct Argon {
    turns: Arc<Semaphore>,
    pool: Arc<Pool>,
}

/// A turn to make hashes.
pub(super) struct Turn(#[expect(dead_code, reason = "held until it is dropped")] OwnedSemaphorePermit);

/// What Argon2 has cost a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Hashes that were made.
    pub runs: u64,
    /// Memories that were taken for them, of 19 MiB each, and are kept for the next.
    pub memories: u64,
}

impl Argon {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::of(cores.min(MOST_AT_ONCE))
    }

    /// Makes as many hashes at once.
    pub(super) fn of(at_once: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(at_once)), pool: Arc::default() }
    }

    pub(super) fn cost(&self) -> Argon2Cost {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Argon2Cost { runs: count(&self.pool.runs), memories: count(&self.pool.taken) }
    }

    /// Waits for a turn; whoever waits longest is next.
    pub(super) async fn turn(&self) -> Result<Turn, Error> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        turn.map(Turn).map_err(|error| Error::PasswordHash(error.to_string()))
    }

    /// The hash of a password, with this salt or a random one.
    pub(super) async fn hash(&self, password: Password, salt: Option<Salt>) -> Result<Hash, Error> {
        let salt = match salt {
            Some(salt) => salt,
            None => random_salt()?,
        };
        let turn = self.turn().await?;
        self.work(turn, move |bench| {
            let run = Run::today(salt);
            let output = bench.make(&run, &password)?;
            Ok(Hash { run, output })
        })
        .await
    }

    /// Runs off the thread that serves requests. The turn ends with the work, also where nobody waits for it any more.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Workbench<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let pool = Arc::clone(&self.pool);
        let done = tokio::task::spawn_blocking(move || {
            let _until_done = turn;
            let memory = pool.take();
            work(&mut Workbench { memory, pool: &pool })
        });
        done.await.map_err(|error| Error::PasswordHash(error.to_string()))?
    }
}

fn random_salt() -> Result<Salt, Error> {
    let mut bytes = [0; Salt::RECOMMENDED_LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| Error::PasswordHash(error.to_string()))?;
    Salt::new(&bytes).map_err(|error| Error::PasswordHash(error.to_string()))
}

/// Where hashes are made, for the time of one turn.
pub(super) struct Workbench<'a> {
    memory: Memory<'a>,
    pool: &'a Pool,
}

impl Workbench<'_> {
    fn make(&mut self, run: &Run, password: &Password) -> Result<Output, Error> {
        self.pool.runs.fetch_add(1, Ordering::Relaxed);
        run.of(password, &mut self.memory)
    }

    /// The place of the hash that the password fits, among those that the check is of.
    pub(super) fn fits(&mut self, check: &Check, password: &Password) -> Result<Option<usize>, Error> {
        let made = self.make(&check.run, password)?;
        // `Output`'s comparison takes the same time wherever they differ, and each of them is looked at.
        let look = |fits, (place, output): &(usize, Output)| if *output == made { Some(*place) } else { fits };
        Ok(check.outputs.iter().fold(None, look))
    }
}

/// The memories that have been used, wiped, for the next turns. Taken from the system once and given back never: a
/// memory of this size that is freed may stay with the allocator, one for each thread that ever made a hash.
#[derive(Default)]
struct Pool {
    idle: Mutex<Vec<Vec<Block>>>,
    taken: AtomicU64,
    runs: AtomicU64,
}

/// What one turn works in.
struct Memory<'a> {
    pool: &'a Pool,
    blocks: Vec<Block>,
}

impl Pool {
    /// As many as there are turns at once, so the pool never holds more than that.
    fn take(&self) -> Memory<'_> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let blocks = idle.unwrap_or_else(|| {
            self.taken.fetch_add(1, Ordering::Relaxed);
            vec![Block::new(); Params::DEFAULT.block_count()]
        });
        Memory { pool: self, blocks }
    }
}

impl Memory<'_> {
    /// So many blocks, which is more than usual for a hash of other parameters.
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.blocks.len() < count {
            self.blocks.resize(count, Block::new());
        }
        &mut self.blocks
    }
}

impl Drop for Memory<'_> {
    fn drop(&mut self) {
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.truncate(Params::DEFAULT.block_count());
        blocks.shrink_to_fit();
        self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    async fn fits(argon: &Argon, hashes: &[&Hash], password: &str) -> Result<bool, Error> {
        let checks = Check::against(hashes.iter().copied())?;
        let (turn, password) = (argon.turn().await?, Password::new(password));
        argon
            .work(turn, move |bench| {
                let fits = checks.iter().map(|check| bench.fits(check, &password));
                Ok(fits.collect::<Result<Vec<_>, _>>()?.iter().any(Option::is_some))
            })
            .await
    }

    #[tokio::test]
    async fn a_hash_is_of_its_password_alone() -> Result<(), Error> {
        let argon = Argon::of(1);
        let hash = argon.hash(Password::new("correct horse"), None).await?;
        let phc = hash.to_phc()?;
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(Hash::read(&phc), Ok(hash.clone()));
        assert!(!hash.is_outdated());
        assert_eq!(hash.parameters(), "argon2id m=19456,t=2,p=1");
        assert!(fits(&argon, &[&hash], "correct horse").await?);
        assert!(!fits(&argon, &[&hash], "wrong").await?);
        assert!(!fits(&argon, &[], "correct horse").await?);
        assert_eq!(argon.cost(), Argon2Cost { runs: 4, memories: 1 });
        Ok(())
    }

    #[tokio::test]
    async fn two_hashes_of_one_salt_take_one_run() -> Result<(), Error> {
        let argon = Argon::of(1);
        let old = argon.hash(Password::new("old"), None).await?;
        let new = argon.hash(Password::new("new"), old.salt()).await?;
        assert_ne!(old, new);
        for (password, expected) in [("old", true), ("new", true), ("other", false)] {
            let before = argon.cost().runs;
            assert_eq!(fits(&argon, &[&new, &old], password).await?, expected, "{password}");
            assert_eq!(argon.cost().runs, before + 1);
        }
        Ok(())
    }

    #[tokio::test]
    async fn hashes_of_other_parameters_are_read_and_work_in_the_same_memory() -> Result<(), Error> {
        let argon = Argon::of(1);
        // Made by the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 4 -l 24, and its
        // test vectors for -m 15 and 16 with one lane.
        for (stored, parameters) in [
            (
                "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
                "argon2i m=65536,t=2,p=1",
            ),
            (
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                "argon2id m=256,t=2,p=1",
            ),
            (
                "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
                "argon2id m=256,t=2,p=2",
            ),
        ] {
            let hash = Hash::read(stored).expect("a hash");
            assert_eq!((hash.is_outdated(), hash.parameters().as_str()), (true, parameters));
            assert!(hash.salt().is_none());
            assert!(fits(&argon, &[&hash], "password").await?, "{parameters}");
            assert!(!fits(&argon, &[&hash], "Password").await?, "{parameters}");
        }
        assert_eq!(argon.cost().memories, 1);
        let idle = argon.pool.idle.lock().expect("no panic").iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(idle, [Params::DEFAULT.block_count()]);
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_says_why_and_not_what() {
        for (stored, why) in [
            ("", Unreadable::Form),
            ("hunter2", Unreadable::Form),
            ("$argon2id$v=19$m=19456,t=2,p=1", Unreadable::Form),
            ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ", Unreadable::Form),
            ("$2b$12$GhvMmNVjRW29ulnudl.LbuAnUtN/LRfe1JsBm1Xu6LE3059z5Tr8m", Unreadable::Form),
            ("$scrypt$ln=16,r=8,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA", Unreadable::Algorithm),
            (
                "$argon2id$v=99$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                Unreadable::Algorithm,
            ),
            (
                "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                Unreadable::Parameters,
            ),
            (
                "$argon2id$v=19$m=256,t=4000000,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                Unreadable::Parameters,
            ),
        ] {
            assert_eq!(Hash::read(stored), Err(why), "{stored}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_memory_is_taken_than_works_at_once_and_it_is_wiped() -> Result<(), Error> {
        let argon = Arc::new(Argon::of(2));
        let calls = (0..24).map(|call| {
            let argon = Arc::clone(&argon);
            tokio::spawn(async move {
                let made = argon.hash(Password::new(format!("password {call}")), None);
                // Every third caller goes away.
                if call % 3 == 0 {
                    drop(tokio::time::timeout(std::time::Duration::from_millis(1), made).await);
                } else {
                    made.await.expect("a hash");
                }
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.expect("no panic");
        }
        // Whoever has both turns is alone.
        let _both = (argon.turn().await?, argon.turn().await?);
        assert!(argon.cost().memories <= 2, "{:?}", argon.cost());
        let idle = argon.pool.idle.lock().expect("no panic");
        assert!(!idle.is_empty() && idle.len() <= 2);
        for block in idle.iter().flatten() {
            assert!(block.as_ref().iter().all(|word| *word == 0));
        }
        Ok(())
    }
}
