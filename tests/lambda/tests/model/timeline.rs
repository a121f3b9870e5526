//! Time that passes only where nobody can go on without it: hours of waiting take no time, and the order in which things
//! happen follows from the seed alone.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::{AsyncSleep, Sleep};
use wrapup::clock::Clock;

use super::network::Exchange;

/// 2024-09-16 18:00:00 UTC, when every world begins.
pub const BEGIN: u64 = 1_726_509_600;

/// A call under way, and how far the clock of its instance is off.
#[derive(Debug)]
pub struct Call {
    /// Its number in the history.
    pub number: usize,
    /// Milliseconds by which its instance's clock is fast.
    pub skew: i64,
    /// Whether it waits for time to pass. One that waits for anything else goes on by itself.
    is_parked: AtomicBool,
}

impl Call {
    /// A call that is about to begin.
    pub fn new(number: usize, skew: i64) -> Self {
        Self { number, skew, is_parked: AtomicBool::new(true) }
    }
}

tokio::task_local! {
    /// The call that a request belongs to.
    pub static CALL: Arc<Call>;
}

/// What happens at its time.
#[derive(Debug)]
pub enum Happening {
    /// The planned call with this number begins.
    Begin(usize),
    /// A request reaches DynamoDB.
    Arrive(Arc<Exchange>),
    /// An answer reaches its call, if that still waits.
    Answer(Arc<Exchange>),
}

#[derive(Debug)]
enum Due {
    Wake { waker: Option<Waker>, call: Option<Arc<Call>> },
    Happen(Happening),
}

#[derive(Debug, Default)]
struct Line {
    /// Milliseconds since [`BEGIN`].
    now: u64,
    /// How many things have been put on the line: of two at one time, the first one comes first.
    count: u64,
    /// How many calls can go on as it is.
    going: usize,
    due: BTreeMap<(u64, u64), Due>,
}

/// The time of a world.
#[derive(Clone, Debug, Default)]
pub struct Timeline(Arc<Mutex<Line>>);

impl Timeline {
    /// Milliseconds since the world began.
    pub fn now(&self) -> u64 {
        self.line().now
    }

    /// The clock of an instance, fast by so many milliseconds.
    pub fn clock(&self, skew: i64) -> Clock {
        let timeline = self.clone();
        Clock::from_fn(move || {
            SystemTime::UNIX_EPOCH + Duration::from_millis((BEGIN * 1_000 + timeline.now()).saturating_add_signed(skew))
        })
    }

    /// Has something happen after so many milliseconds.
    pub fn after(&self, milliseconds: u64, happening: Happening) {
        self.put(milliseconds, Due::Happen(happening));
    }

    /// A call begins, and can go on.
    pub fn begin(&self, call: &Call) {
        self.go_on(call);
    }

    /// A call has ended.
    pub fn end(&self, call: &Call) {
        self.park(call);
    }

    /// A call waits for time to pass.
    pub fn park(&self, call: &Call) {
        if !call.is_parked.swap(true, Ordering::SeqCst) {
            self.line().going -= 1;
        }
    }

    /// What a call has waited for has come.
    pub fn go_on(&self, call: &Call) {
        if call.is_parked.swap(false, Ordering::SeqCst) {
            self.line().going += 1;
        }
    }

    /// The next thing that happens, once no call can go on without it; none where nothing is left.
    pub async fn next(&self) -> Option<Happening> {
        loop {
            let mut turns = 0_u32;
            while self.line().going > 0 {
                turns += 1;
                match turns < 100 {
                    true => tokio::task::yield_now().await,
                    // A call backs off, for milliseconds by the machine's clock.
                    false => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            }
            let mut line = self.line();
            let ((at, _), due) = line.due.pop_first()?;
            line.now = at;
            drop(line);
            match due {
                Due::Happen(happening) => return Some(happening),
                Due::Wake { waker: Some(waker), call } => {
                    if let Some(call) = call {
                        self.go_on(&call);
                    }
                    waker.wake();
                }
                Due::Wake { waker: None, .. } => {}
            }
        }
    }

    fn put(&self, milliseconds: u64, due: Due) -> (u64, u64) {
        let mut line = self.line();
        line.count += 1;
        let key = (line.now + milliseconds, line.count);
        line.due.insert(key, due);
        key
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncSleep for Timeline {
    fn sleep(&self, duration: Duration) -> Sleep {
        let call = CALL.try_with(Arc::clone).ok();
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2);
        let key = self.put(milliseconds, Due::Wake { waker: None, call: call.clone() });
        Sleep::new(Until { timeline: self.clone(), key, call })
    }
}

struct Until {
    timeline: Timeline,
    key: (u64, u64),
    call: Option<Arc<Call>>,
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.timeline.line().due.get_mut(&self.key) {
            Some(Due::Wake { waker, .. }) => *waker = Some(context.waker().clone()),
            _ => return Poll::Ready(()),
        }
        if let Some(call) = &self.call {
            self.timeline.park(call);
        }
        Poll::Pending
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        self.timeline.line().due.remove(&self.key);
    }
}
