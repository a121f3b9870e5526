//! What an instance remembers between calls: bounded, and forgotten after a while.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;

use crate::clock::Clock;

/// A least-recently-used cache that holds at most `capacity` of weight, each entry for `lifetime`.
pub struct Cache<K: Hash + Eq, V> {
    entries: Mutex<Entries<K, V>>,
    capacity: usize,
    lifetime: Option<Duration>,
    clock: Clock,
}

struct Entries<K: Hash + Eq, V> {
    by_key: LruCache<K, Entry<V>>,
    weight: usize,
}

struct Entry<V> {
    value: V,
    weight: usize,
    since: Duration,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// Without a `lifetime` an entry stays until others push it out.
    pub fn new(capacity: usize, lifetime: Option<Duration>, clock: Clock) -> Self {
        let entries = Entries { by_key: LruCache::unbounded(), weight: 0 };
        Self { entries: Mutex::new(entries), capacity, lifetime, clock }
    }

    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let now = self.clock.since_epoch();
        let mut entries = self.lock();
        let entry = entries.by_key.get(key)?;
        // A clock that was set back makes an entry stale, never immortal.
        let fresh = self.lifetime.is_none_or(|most| now.checked_sub(entry.since).is_some_and(|age| age < most));
        fresh.then(|| entry.value.clone())
    }

    /// What is remembered, however old: a guess.
    pub fn get_even_old<Q>(&self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.lock().by_key.get(key).map(|entry| entry.value.clone())
    }

    pub fn put(&self, key: K, value: V, weight: usize) {
        let since = self.clock.since_epoch();
        let mut entries = self.lock();
        entries.weight += weight;
        if let Some((_, replaced)) = entries.by_key.push(key, Entry { value, weight, since }) {
            entries.weight -= replaced.weight;
        }
        while entries.weight > self.capacity
            && let Some((_, oldest)) = entries.by_key.pop_lru()
        {
            entries.weight -= oldest.weight;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Entries<K, V>> {
        // Entries are replaced whole, so a panic elsewhere leaves none half-written.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn forgets_the_least_recently_used_when_too_heavy() {
        let cache = Cache::new(10, None, Clock::system());
        cache.put("a", 1, 4);
        cache.put("b", 2, 4);
        assert_eq!(cache.get("a"), Some(1));
        cache.put("c", 3, 4);
        assert_eq!((cache.get("a"), cache.get("b"), cache.get("c")), (Some(1), None, Some(3)));
        cache.put("a", 4, 1);
        cache.put("d", 5, 5);
        assert_eq!((cache.get("a"), cache.get("c"), cache.get("d")), (Some(4), Some(3), Some(5)));
        cache.put("huge", 6, 11);
        assert_eq!(cache.get("huge"), None);
    }

    #[test]
    fn forgets_after_the_lifetime() {
        let seconds = Arc::new(AtomicU64::new(1_000));
        let shown = Arc::clone(&seconds);
        let clock = Clock::from_fn(move || SystemTime::UNIX_EPOCH + Duration::from_secs(shown.load(Ordering::SeqCst)));
        let cache = Cache::new(10, Some(Duration::from_secs(60)), clock);
        cache.put("a", 1, 1);
        seconds.store(1_059, Ordering::SeqCst);
        assert_eq!(cache.get("a"), Some(1));
        seconds.store(1_060, Ordering::SeqCst);
        assert_eq!(cache.get("a"), None);
        seconds.store(999, Ordering::SeqCst);
        assert_eq!(cache.get("a"), None);
    }
}
