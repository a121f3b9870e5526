//! How words are kept: as counts by bucket, of which nobody reads a word back.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::sys_id::{hex, push_part};

/// How many buckets there are. Several words share one, and nobody can say which of them was said.
pub const BUCKETS: u16 = 4_096;

/// Bytes that a key has.
const KEY: usize = 32;

/// What a deployment's words are hashed with: random, so that what is learned in one says nothing of another, and a list of
/// words tells nothing of either to whoever has not the key.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey([u8; KEY]);

impl HashKey {
    /// A new one.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; KEY];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// The key that these bytes are; none where they are none.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes, to be stored.
    pub const fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What stands for these texts where they must not: the same for the same ones, 32 hex digits.
    pub fn pseudonym(&self, parts: &[&str]) -> String {
        let mut bytes = Vec::new();
        for part in parts {
            push_part(&mut bytes, part.as_bytes());
        }
        hex(&self.hash(&bytes)[..16])
    }

    /// The bucket of a word's stem.
    fn bucket(&self, stem: &str) -> u16 {
        let [first, second, ..] = self.hash(stem.as_bytes());
        u16::from_be_bytes([first, second]) % BUCKETS
    }

    fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        // It takes keys of any length.
        let Ok(hmac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        hmac.chain_update(bytes).finalize().into_bytes().into()
    }
}

impl fmt::Debug for HashKey {
    /// Shows that there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashKey").finish_non_exhaustive()
    }
}

/// How often what falls into each bucket was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bag(BTreeMap<u16, u32>);

impl Bag {
    /// The bag of words' stems.
    pub fn of<'a>(stems: impl IntoIterator<Item = &'a str>, key: &HashKey) -> Self {
        Hashing::with(key).bag(stems)
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for (bucket, count) in &other.0 {
            *self.0.entry(*bucket).or_default() += count;
        }
        self
    }

    /// Each bucket, and how much it counts: saying a thing again and again adds less and less.
    pub(super) fn weights(&self) -> impl Iterator<Item = (u16, f64)> {
        self.0.iter().map(|(bucket, count)| (*bucket, weight(*count)))
    }

    /// Each bucket of a part, how much it counts in the whole, and how much without the part.
    pub(super) fn weights_without<'b>(&'b self, part: &'b Self) -> impl Iterator<Item = (u16, f64, f64)> + 'b {
        part.0.iter().filter_map(|(bucket, said)| {
            let count = *self.0.get(bucket)?;
            Some((*bucket, weight(count), weight(count.saturating_sub(*said))))
        })
    }
}

fn weight(count: u32) -> f64 {
    if count == 0 { 0.0 } else { 1.0 + f64::from(count).ln() }
}

/// Hashes the words of several parts of a conversation, each word once.
pub struct Hashing<'k> {
    key: &'k HashKey,
    known: HashMap<String, u16>,
}

impl<'k> Hashing<'k> {
    /// By this key.
    pub fn with(key: &'k HashKey) -> Self {
        Self { key, known: HashMap::new() }
    }

    /// The bag of words' stems.
    pub fn bag<'a>(&mut self, stems: impl IntoIterator<Item = &'a str>) -> Bag {
        let mut bag = Bag::default();
        for stem in stems {
            let bucket = match self.known.get(stem) {
                Some(bucket) => *bucket,
                None => {
                    let bucket = self.key.bucket(stem);
                    self.known.insert(stem.to_owned(), bucket);
                    bucket
                }
            };
            *bag.0.entry(bucket).or_default() += 1;
        }
        bag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_deployment_has_other_buckets() -> Result<(), getrandom::Error> {
        let (one, other) = (HashKey::random()?, HashKey::random()?);
        let words = ["refund", "parcel", "router", "invoice"];
        assert_eq!(Bag::of(words, &one), Bag::of(words, &one));
        assert_ne!(Bag::of(words, &one), Bag::of(words, &other));
        assert_eq!(HashKey::of_bytes(one.bytes()), Some(one.clone()));
        assert_eq!(HashKey::of_bytes(&one.bytes()[1..]), None);
        assert_ne!(one.pseudonym(&["ab", "c"]), one.pseudonym(&["a", "bc"]));
        Ok(())
    }
}
