//! Learning in memory, for whoever measures what it brings.

use super::buckets::{Bag, HashKey};
use super::centroid::{Centroid, Share};
use super::lessons::Knowledge;
use super::opinion::{Learned, Opinion};
use super::record::Record;
use crate::ai::{Conversation, Extractive};

/// What learns from labels and keeps it to itself.
pub struct Learner {
    key: HashKey,
    codes: Vec<Centroid>,
    reader: Extractive,
}

impl Learner {
    /// One that knows nothing yet of so many codes.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub fn new(codes: usize) -> Result<Self, getrandom::Error> {
        Ok(Self::with_key(HashKey::random()?, codes))
    }

    /// The same, by a key that is given: it always comes to the same.
    pub fn with_key(key: HashKey, codes: usize) -> Self {
        Self { key, codes: vec![Centroid::default(); codes], reader: Extractive::new() }
    }

    /// The key that words are hashed with.
    pub const fn key(&self) -> &HashKey {
        &self.key
    }

    /// The words of a conversation, as it learns from them.
    pub fn words(&self, conversation: &Conversation) -> Bag {
        self.reader.words(conversation, &self.key)
    }

    /// Learns that a conversation was one of the code at this place.
    pub fn learn(&mut self, said: &Bag, code: usize) {
        if let Some(centroid) = self.codes.get_mut(code) {
            centroid.add(&Share::of(said));
        }
    }

    /// Takes out again what it has learned of a conversation.
    pub fn take_out(&mut self, said: &Bag, code: usize) {
        if let Some(centroid) = self.codes.get_mut(code) {
            centroid.take_out(&Share::of(said));
        }
    }

    /// What it has learned.
    pub fn learned(&self) -> Learned {
        Learned::of(self.key.clone(), self.codes.iter().map(Some))
    }

    /// What it has learned, as a deployment without a record of its own has it: to be handed to
    /// [`Adviser::suggest_by`](crate::ai::Adviser::suggest_by).
    pub fn knowledge(&self) -> Knowledge {
        Knowledge { learned: self.learned(), record: Record::default() }
    }

    /// What it says of a conversation.
    pub fn opinion(&self, said: &Bag) -> Opinion {
        self.learned().opinion(said)
    }
}
