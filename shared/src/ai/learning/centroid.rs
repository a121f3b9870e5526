//! What a code's conversations have in common: sums over them, by bucket.

use std::collections::BTreeMap;

use super::buckets::{BUCKETS, Bag};

/// Buckets that a segment adds to: its strongest.
const MOST_OF_A_SHARE: usize = 256;

/// Bytes that a centroid takes at most, so that its item stays below 8 KB.
pub const MOST_BYTES: usize = 7_600;

/// What a weight of 1 is stored as.
const WHOLE: f64 = 255.0;

/// What one segment adds to its code's centroid: how much each of its strongest buckets counts, together a vector of
/// length 1, so that no call counts more than another by being longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share(BTreeMap<u16, u8>);

impl Share {
    /// The share of a conversation.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 255")]
    pub fn of(bag: &Bag) -> Self {
        let mut strongest: Vec<(u16, f64)> = bag.weights().collect();
        strongest.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        strongest.truncate(MOST_OF_A_SHARE);
        let length = strongest.iter().map(|(_, weight)| weight * weight).sum::<f64>().sqrt();
        let stored = |weight: f64| (weight / length * WHOLE).round().clamp(1.0, WHOLE) as u8;
        Self(strongest.into_iter().map(|(bucket, weight)| (bucket, stored(weight))).collect())
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it is stored: three bytes a bucket.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(bucket, weight)| [(bucket >> 8) as u8, (bucket & 0xff) as u8, *weight]).collect()
    }

    /// What these bytes are; none where they are no share.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (buckets, rest) = bytes.as_chunks::<3>();
        let read = buckets.iter().map(|[high, low, weight]| (u16::from_be_bytes([*high, *low]), *weight));
        let share = Self(read.collect());
        (rest.is_empty() && share.0.keys().all(|bucket| *bucket < BUCKETS)).then_some(share)
    }
}

/// Sums over the shares of a code's segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Centroid {
    /// How many segments it is made of.
    pub labels: u32,
    buckets: BTreeMap<u16, Sum>,
}

/// What has been added up in a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Segments that have something in it.
    pub segments: u32,
    /// Their weights.
    pub weight: u32,
}

impl Centroid {
    /// Adds a segment's share.
    pub fn add(&mut self, share: &Share) {
        self.labels = self.labels.saturating_add(1);
        for (bucket, weight) in &share.0 {
            let sum = self.buckets.entry(*bucket).or_default();
            sum.segments = sum.segments.saturating_add(1);
            sum.weight = sum.weight.saturating_add(u32::from(*weight));
        }
        self.fit();
    }

    /// Takes a segment's share out again. Of a bucket that was given up meanwhile for want of space there is nothing to take:
    /// less is left of it then than others have added, never more.
    pub fn take_out(&mut self, share: &Share) {
        self.labels = self.labels.saturating_sub(1);
        for (bucket, weight) in &share.0 {
            let Some(sum) = self.buckets.get_mut(bucket) else { continue };
            sum.segments = sum.segments.saturating_sub(1);
            sum.weight = sum.weight.saturating_sub(u32::from(*weight));
            if sum.segments == 0 {
                self.buckets.remove(bucket);
            }
        }
    }

    /// Each bucket that it has something in.
    pub(super) fn sums(&self) -> impl Iterator<Item = (u16, Sum)> {
        self.buckets.iter().map(|(bucket, sum)| (*bucket, *sum))
    }

    /// As it is stored: behind the number of segments, for each bucket how far it is from the one before, its segments and
    /// its weight, each in as many bytes as it takes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, self.labels);
        let mut next = 0;
        for (bucket, sum) in &self.buckets {
            push(&mut bytes, u32::from(bucket - next));
            push(&mut bytes, sum.segments);
            push(&mut bytes, sum.weight);
            next = bucket + 1;
        }
        bytes
    }

    /// What these bytes are; none where they are no centroid.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut centroid = Self { labels: pop(&mut rest)?, buckets: BTreeMap::new() };
        let mut next = 0_u32;
        while !rest.is_empty() {
            let bucket = next.checked_add(pop(&mut rest)?)?;
            let place = u16::try_from(bucket).ok().filter(|bucket| *bucket < BUCKETS)?;
            let sum = Sum { segments: pop(&mut rest)?, weight: pop(&mut rest)? };
            centroid.buckets.insert(place, sum);
            next = bucket + 1;
        }
        Some(centroid)
    }

    /// Gives up what the fewest segments have, and of that the weakest, as far as there is no space for it.
    fn fit(&mut self) {
        let size = self.to_bytes().len();
        if size <= MOST_BYTES {
            return;
        }
        let mut weakest: Vec<(u32, u32, u16)> =
            self.buckets.iter().map(|(bucket, sum)| (sum.segments, sum.weight, *bucket)).collect();
        weakest.sort_unstable();
        // A bucket takes three bytes at the least, and what is far from the one before it may take one more then.
        for (_, _, bucket) in weakest {
            if self.to_bytes().len() <= MOST_BYTES {
                return;
            }
            self.buckets.remove(&bucket);
        }
    }
}

/// Writes a number, seven bits a byte, the lowest first.
fn push(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

/// Reads a number that [`push`] wrote.
fn pop(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for place in 0..5 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(7 * place)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::super::buckets::HashKey;
    use super::*;

    fn share(key: &HashKey, words: impl IntoIterator<Item = String>) -> Share {
        let words: Vec<String> = words.into_iter().collect();
        Share::of(&Bag::of(words.iter().map(String::as_str), key))
    }

    #[test]
    fn what_was_added_is_taken_out_to_the_last_trace() {
        let key = HashKey::random().expect("randomness");
        let share = |words: &str| share(&key, words.split(' ').map(str::to_owned));
        let (one, other) = (share("refund parcel late refund"), share("router offline parcel"));
        let mut alone = Centroid::default();
        alone.add(&one);
        let mut both = alone.clone();
        both.add(&other);
        assert_eq!((alone.labels, both.labels), (1, 2));
        assert_ne!(both, alone);
        both.take_out(&other);
        assert_eq!(both, alone);
        both.take_out(&one);
        assert_eq!(both, Centroid::default());
        both.take_out(&one);
        assert_eq!(both, Centroid::default(), "what is not there");
    }

    #[test]
    fn what_is_stored_reads_as_it_was() {
        let key = HashKey::random().expect("randomness");
        let mut centroid = Centroid::default();
        for call in 0..300 {
            let share = share(&key, (0..50).map(|word| format!("word{}", (call * 7 + word) % 400)));
            assert_eq!(Share::of_bytes(&share.to_bytes()), Some(share.clone()));
            centroid.add(&share);
        }
        assert_eq!(Centroid::of_bytes(&centroid.to_bytes()), Some(centroid.clone()));
        let bytes = centroid.to_bytes();
        assert_eq!(Centroid::of_bytes(&bytes[..bytes.len() - 1]), None, "cut short");
        assert_eq!(Centroid::of_bytes(&[]), None);
        assert_eq!(Centroid::of_bytes(&[1, 0xff, 0xff, 0x7f, 1, 1]), None, "no bucket");
        assert_eq!(Share::of_bytes(&[0, 1]), None);
        assert_eq!(Share::of_bytes(&[0x10, 0, 1]), None, "no bucket");
    }

    #[test]
    fn an_item_stays_small_whatever_is_said() {
        let key = HashKey::random().expect("randomness");
        let mut centroid = Centroid::default();
        for call in 0..200 {
            // Each call says what all say, and 250 words that no other one says.
            let own = (0..250).map(|word| format!("own{call}-{word}"));
            let share = share(&key, own.chain((0..5).flat_map(|word| vec![format!("common{word}"); 3])));
            assert!(share.to_bytes().len() <= 3 * MOST_OF_A_SHARE);
            centroid.add(&share);
            assert!(centroid.to_bytes().len() <= MOST_BYTES);
        }
        assert_eq!(centroid.labels, 200);
        let kept = centroid.sums().filter(|(_, sum)| sum.segments >= 200).count();
        assert!(kept >= 4, "what all say is kept: {kept}");
        // However small it is, its weights are a vector of length 1, and no single bucket outweighs it.
        let one = share(&key, ["alone".to_owned()]);
        assert_eq!(one.to_bytes()[2], 255);
    }
}
