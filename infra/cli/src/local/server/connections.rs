//! The connections that are open at a server, and which of them gives way.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// As many connections as may be open at once.
pub struct Connections {
    most: usize,
    /// Counts whatever becomes of the connections: a smaller number is an older event.
    events: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Slot>>>,
}

/// One open connection; its place is free again when this is dropped.
pub struct Seat {
    id: u64,
    slot: Arc<Slot>,
    connections: Arc<Connections>,
}

struct Slot {
    state: Mutex<State>,
    told_to_close: Notify,
}

/// What a connection is at, and since which event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It waits for a request, or for the rest of a request's head.
    Waiting(u64),
    /// A request is being answered.
    Busy,
    /// Its body, or its answer, is on its way, as fast as the caller sends or takes it.
    Moving(u64),
    /// It has given way to another one, and takes no more requests.
    Closed,
}

impl Connections {
    /// Room for so many.
    pub fn new(most: usize) -> Self {
        Self { most, events: AtomicU64::new(0), open: Mutex::default() }
    }

    /// A place for a new connection. Where all are taken, the one gives way that has waited longest without a request
    /// of its own: a caller who asks at once is not kept out by others who ask nothing. `None` where all are busy.
    pub fn enter(self: &Arc<Self>) -> Option<Seat> {
        let mut open = locked(&self.open);
        while open.len() >= self.most {
            if !close_one(&mut open) {
                return None;
            }
        }
        let id = self.event();
        let slot = Arc::new(Slot { state: Mutex::new(State::Waiting(id)), told_to_close: Notify::new() });
        open.insert(id, Arc::clone(&slot));
        Some(Seat { id, slot, connections: Arc::clone(self) })
    }

    /// Has the connection that has waited longest give way, because something else than places has run out.
    pub fn close_one(&self) {
        close_one(&mut locked(&self.open));
    }

    fn event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed)
    }
}

fn close_one(open: &mut HashMap<u64, Arc<Slot>>) -> bool {
    // One that gets a request in this moment stays, and the next is looked for.
    loop {
        let oldest = open.iter().filter_map(|(id, slot)| Some((slot.idle_since()?, *id))).min();
        let Some((_, id)) = oldest else { return false };
        if open.get(&id).is_some_and(|slot| slot.close()) {
            open.remove(&id);
            return true;
        }
    }
}

impl Seat {
    /// A request, or all of its body, has come: as long as it is worked on the connection does not give way. False where
    /// it has done so already.
    pub fn busy(&self) -> bool {
        let mut state = locked(&self.slot.state);
        let open = *state != State::Closed;
        if open {
            *state = State::Busy;
        }
        open
    }

    /// The rest is up to the caller: to send the body, or to take the answer.
    pub fn moving(&self) {
        self.slot.set(State::Moving(self.connections.event()));
    }

    /// The answer is sent.
    pub fn waiting(&self) {
        self.slot.set(State::Waiting(self.connections.event()));
    }

    /// Whether there is no request on it.
    pub fn is_waiting(&self) -> bool {
        matches!(*locked(&self.slot.state), State::Waiting(_) | State::Closed)
    }

    /// Ends when the connection has given way.
    pub async fn given_way(&self) {
        self.slot.told_to_close.notified().await;
    }

    /// Ends when one body or answer has been on its way for this long, or twice that at most.
    pub async fn stalled(&self, time: Duration) {
        let mut seen = *locked(&self.slot.state);
        loop {
            sleep(time).await;
            let state = *locked(&self.slot.state);
            if matches!(state, State::Moving(_)) && state == seen {
                return;
            }
            seen = state;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        locked(&self.connections.open).remove(&self.id);
    }
}

impl Slot {
    fn idle_since(&self) -> Option<u64> {
        match *locked(&self.state) {
            State::Waiting(since) | State::Moving(since) => Some(since),
            State::Busy | State::Closed => None,
        }
    }

    fn set(&self, next: State) {
        let mut state = locked(&self.state);
        if *state != State::Closed {
            *state = next;
        }
    }

    fn close(&self) -> bool {
        let mut state = locked(&self.state);
        if *state == State::Busy {
            return false;
        }
        *state = State::Closed;
        self.told_to_close.notify_one();
        true
    }
}

/// What a panic of another thread left behind is whole all the same: each change here is one assignment.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_one_that_waited_longest_gives_way_and_none_that_is_busy() -> Result<(), &'static str> {
        let connections = Arc::new(Connections::new(3));
        let enter = || connections.enter().ok_or("no place");
        let (first, second, third) = (enter()?, enter()?, enter()?);
        assert!(first.busy());
        let fourth = enter()?;
        second.given_way().await;
        assert!(!second.busy());
        first.moving();
        first.waiting();
        // The third is the oldest now; then the fourth, then the first, whose answer is the youngest event.
        let fifth = enter()?;
        third.given_way().await;
        let sixth = enter()?;
        fourth.given_way().await;
        assert!(first.busy() && fifth.busy() && sixth.busy());
        assert!(connections.enter().is_none());
        drop(fifth);
        let seventh = enter()?;
        // Whoever does not take an answer, or does not send a body, is no busier than one who asks nothing.
        assert!(seventh.busy());
        first.moving();
        let _eighth = enter()?;
        first.given_way().await;
        Ok(())
    }
}
