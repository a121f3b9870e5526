use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Runs of Argon2 that sign-ins wait for or are at, at most: one for each form of the name and the password. Two cores make
/// about a hundred hashes a second, so whoever gets a place has an answer within a second or so.
pub(super) const PLACES: usize = 64;

/// Places of one address, and of one name, at most: a quarter. So neither somebody at one address, whatever names he
/// tries, nor somebody with many addresses who tries one name keeps the others out.
pub(super) const SHARE: usize = PLACES / 4;

/// Places of one name from one address, at most: a quarter of that quarter. So who shares an address with an attacker,
/// behind a NAT or on this machine, still gets in, as does the owner of a name that somebody elsewhere tries. Equal
/// sign-ins take one place together, so an honest client, however many connections it opens, needs no second one.
pub(super) const SHARE_OF_BOTH: usize = SHARE / 4;

/// Where a sign-in comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Source {
    address: Option<IpAddr>,
    name: [u8; 32],
}

/// What has a share of the places.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Address(Option<IpAddr>),
    Name([u8; 32]),
    Both(Option<IpAddr>, [u8; 32]),
}

impl Source {
    /// `name` is a hash of the name that is tried. Callers whose address nobody knows count as at one address.
    pub(super) fn new(address: Option<IpAddr>, name: [u8; 32]) -> Self {
        Self { address: address.map(network), name }
    }

    fn holders(self) -> [(Holder, usize); 3] {
        [
            (Holder::Address(self.address), SHARE),
            (Holder::Name(self.name), SHARE),
            (Holder::Both(self.address, self.name), SHARE_OF_BOTH),
        ]
    }
}

/// What counts as one address: in IPv6 all of a /64, which is what one caller has at the least.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// The sign-ins that wait.
#[derive(Default)]
pub(super) struct Queue {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    places: usize,
    by: HashMap<Holder, usize>,
}

/// Places in the queue, given back when dropped.
pub(super) struct Place {
    queue: Arc<Queue>,
    source: Source,
    places: usize,
}

impl Queue {
    /// A place for each run of Argon2 that a sign-in takes, if there are so many for this source.
    pub(super) fn enter(self: &Arc<Self>, source: Source, runs: usize) -> Option<Place> {
        // Forms of the name, forms of the password and hashes of other parameters may together come to more than a
        // share; such a sign-in still gets in where nobody else of its source is.
        let places = runs.min(SHARE_OF_BOTH);
        let mut held = self.lock();
        let fits = |(holder, share): &(Holder, usize)| held.by.get(holder).unwrap_or(&0) + places <= *share;
        if held.places + places > PLACES || !source.holders().iter().all(fits) {
            return None;
        }
        held.places += places;
        for (holder, _) in source.holders() {
            *held.by.entry(holder).or_default() += places;
        }
        Some(Place { queue: Arc::clone(self), source, places })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.queue.lock();
        held.places = held.places.saturating_sub(self.places);
        for (holder, _) in self.source.holders() {
            match held.by.get_mut(&holder) {
                Some(places) if *places > self.places => *places -= self.places,
                _ => drop(held.by.remove(&holder)),
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    /// As many places as there are for these sources, one after the other.
    fn fill(queue: &Arc<Queue>, sources: impl Iterator<Item = Source>) -> Vec<Place> {
        sources.filter_map(|source| queue.enter(source, 1)).collect()
    }

    /// Places that are taken, and those who are remembered to have some.
    fn left(queue: &Queue) -> (usize, usize) {
        let held = queue.lock();
        (held.places, held.by.len())
    }

    #[test]
    fn nobody_takes_more_than_a_share() {
        for (what, sources, share) in [
            ("one name, one address", (0..=255).map(|_| Source::new(address(1), [1; 32])).collect::<Vec<_>>(), 4),
            ("many names, one address", (0..=255).map(|name| Source::new(address(1), [name; 32])).collect(), 16),
            ("one name, many addresses", (0..=255).map(|last| Source::new(address(last), [1; 32])).collect(), 16),
            ("one name, no address", (0..=255).map(|_| Source::new(None, [1; 32])).collect(), 4),
            ("all different", (0..=255).map(|last| Source::new(address(last), [last; 32])).collect(), 64),
        ] {
            let queue = Arc::new(Queue::default());
            let mut places = fill(&queue, sources.iter().copied());
            assert_eq!(places.len(), share, "{what}");
            if share < PLACES {
                // Whoever has another address and another name gets in, whatever they do.
                assert!(
                    queue.enter(Source::new(address(9), [99; 32]), 1).is_some() || what == "one name, many addresses"
                );
                assert!(
                    queue.enter(Source::new(Some(IpAddr::from([203, 0, 113, 1])), [99; 32]), 1).is_some(),
                    "{what}"
                );
            }
            // A place that is given back is there for the next, and nothing is left of those who went.
            places.pop();
            assert!(queue.enter(sources[0], 1).is_some(), "{what}");
            drop(places);
            assert_eq!(left(&queue), (0, 0), "{what}");
        }
    }

    #[test]
    fn whoever_shares_an_address_or_a_name_with_an_attacker_gets_in() {
        let queue = Arc::new(Queue::default());
        let _attack = fill(&queue, (0..256).map(|_| Source::new(address(1), [1; 32])));
        assert!(queue.enter(Source::new(address(1), [2; 32]), 1).is_some());
        assert!(queue.enter(Source::new(address(2), [1; 32]), 1).is_some());
    }

    #[test]
    fn a_sign_in_of_several_runs_takes_as_many_places() {
        let queue = Arc::new(Queue::default());
        let two = queue.enter(Source::new(address(1), [1; 32]), 2);
        assert!(two.is_some() && queue.enter(Source::new(address(1), [1; 32]), 3).is_none());
        drop(two);
        // More than a share at once is let in alone.
        let eight = queue.enter(Source::new(address(1), [1; 32]), 8);
        assert!(eight.is_some() && queue.enter(Source::new(address(1), [1; 32]), 1).is_none());
        drop(eight);
        assert_eq!(left(&queue), (0, 0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let queue = Arc::new(Queue::default());
        let source = |host: u16, name| {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host);
            Source::new(Some(IpAddr::V6(address)), [name; 32])
        };
        let places = fill(&queue, (0..=255_u8).map(|host| source(u16::from(host), host)));
        assert_eq!(places.len(), SHARE);
        let mapped = "::ffff:192.0.2.1".parse().expect("an address");
        assert_eq!(Source::new(Some(mapped), [1; 32]), Source::new(address(1), [1; 32]));
    }
}
