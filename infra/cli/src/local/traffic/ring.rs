use std::collections::VecDeque;
use std::sync::Arc;

/// The last of what there was: so many entries, and so many bytes, at most. The latest one is always there.
pub struct Ring<T> {
    entries: VecDeque<(u64, usize, Arc<T>)>,
    most: usize,
    most_bytes: usize,
    bytes: usize,
    last: u64,
}

impl<T> Ring<T> {
    /// An empty one.
    pub fn new(most: usize, most_bytes: usize) -> Self {
        Self { entries: VecDeque::new(), most, most_bytes, bytes: 0, last: 0 }
    }

    /// Adds an entry of so many bytes, numbered one higher than the last one.
    pub fn push(&mut self, entry: T, bytes: usize) {
        self.last += 1;
        self.bytes += bytes;
        self.entries.push_back((self.last, bytes, Arc::new(entry)));
        while self.entries.len() > 1 && (self.entries.len() > self.most || self.bytes > self.most_bytes) {
            if let Some((_, bytes, _)) = self.entries.pop_front() {
                self.bytes -= bytes;
            }
        }
    }

    /// The entries behind this number, oldest first: one, and as many more as `most` bytes hold; and whether there are
    /// further ones.
    pub fn behind(&self, number: u64, most: usize) -> (Vec<(u64, Arc<T>)>, bool) {
        let (mut taken, mut bytes_taken) = (Vec::new(), 0);
        for (number, bytes, entry) in self.entries.iter().filter(|(other, ..)| *other > number) {
            bytes_taken += bytes;
            if !taken.is_empty() && bytes_taken > most {
                return (taken, true);
            }
            taken.push((*number, Arc::clone(entry)));
        }
        (taken, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(ring: &Ring<&'static str>, behind: u64, most: usize) -> (Vec<u64>, bool) {
        let (entries, more) = ring.behind(behind, most);
        (entries.into_iter().map(|(number, _)| number).collect(), more)
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many_or_they_are_too_large() {
        let mut ring = Ring::new(3, 100);
        for _ in 0..5 {
            ring.push("small", 10);
        }
        assert_eq!(numbers(&ring, 0, 1_000), (vec![3, 4, 5], false));
        assert_eq!(numbers(&ring, 4, 1_000), (vec![5], false));
        assert_eq!(numbers(&ring, 0, 20), (vec![3, 4], true));
        ring.push("large", 85);
        assert_eq!(numbers(&ring, 0, 1_000), (vec![5, 6], false));
        ring.push("larger than all", 500);
        assert_eq!(numbers(&ring, 0, 1), (vec![7], false));
        ring.push("small", 10);
        assert_eq!(numbers(&ring, 0, 1_000), (vec![8], false));
    }
}
