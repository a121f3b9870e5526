//! Time that passes only where nobody can go on without it: hours of waiting take no time, and the order in which things
//! happen follows from the seed alone.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
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
    /// For how many things it waits that come when their time has come, side by side.
    waits: AtomicUsize,
    /// Whether it cannot go on before time passes. One that waits for anything else goes on by itself.
    is_parked: AtomicBool,
    /// Whether something that it has waited for has come since it was last looked at.
    is_woken: AtomicBool,
}

impl Call {
    /// A call that is about to begin.
    pub fn new(number: usize, skew: i64) -> Self {
        let (is_parked, is_woken) = (AtomicBool::new(true), AtomicBool::new(true));
        Self { number, skew, waits: AtomicUsize::new(0), is_parked, is_woken }
    }
}

/// One thing that a call waits for until its time has come.
#[derive(Debug)]
pub struct Wait(Arc<Call>);

impl Wait {
    /// The call waits for one thing more.
    pub fn of(call: &Arc<Call>) -> Self {
        call.waits.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(call))
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.waits.fetch_sub(1, Ordering::SeqCst);
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
    Wake(Option<Waker>),
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

    /// What a call does, such that no time passes while it can go on.
    pub fn follow<F: Future>(&self, call: &Arc<Call>, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.go_on(call);
        Followed { timeline: self.clone(), call: Arc::clone(call), work: Box::pin(work) }
    }

    fn park(&self, call: &Call) {
        if !call.is_parked.swap(true, Ordering::SeqCst) {
            self.line().going -= 1;
        }
    }

    fn go_on(&self, call: &Call) {
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
                Due::Wake(waker) => waker.into_iter().for_each(Waker::wake),
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

/// A call at work.
struct Followed<F> {
    timeline: Timeline,
    call: Arc<Call>,
    work: Pin<Box<F>>,
}

impl<F: Future> Future for Followed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let (timeline, call) = (self.timeline.clone(), Arc::clone(&self.call));
        let waker = context.waker().clone();
        let waker = Waker::from(Arc::new(Woken { timeline: timeline.clone(), call: Arc::clone(&call), waker }));
        call.is_woken.store(false, Ordering::SeqCst);
        let polled = self.work.as_mut().poll(&mut Context::from_waker(&waker));
        let waits = call.waits.load(Ordering::SeqCst) > 0 && !call.is_woken.load(Ordering::SeqCst);
        if polled.is_ready() || waits {
            timeline.park(&call);
        }
        polled
    }
}

impl<F> Drop for Followed<F> {
    /// A call that panicked is waited for no longer.
    fn drop(&mut self) {
        self.timeline.park(&self.call);
    }
}

/// Has a call go on.
struct Woken {
    timeline: Timeline,
    call: Arc<Call>,
    waker: Waker,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.call.is_woken.store(true, Ordering::SeqCst);
        // The waker of one that is over wakes nobody.
        if self.call.waits.load(Ordering::SeqCst) > 0 {
            self.timeline.go_on(&self.call);
        }
        self.waker.wake_by_ref();
    }
}

impl AsyncSleep for Timeline {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.wait(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)))
    }
}

impl Timeline {
    /// So many milliseconds pass.
    pub fn wait(&self, milliseconds: u64) -> impl Future<Output = ()> + use<> {
        let wait = CALL.try_with(Wait::of).ok();
        Until { timeline: self.clone(), key: self.put(milliseconds, Due::Wake(None)), _wait: wait }
    }
}

struct Until {
    timeline: Timeline,
    key: (u64, u64),
    _wait: Option<Wait>,
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.timeline.line().due.get_mut(&self.key) {
            Some(Due::Wake(waker)) => *waker = Some(context.waker().clone()),
            _ => return Poll::Ready(()),
        }
        Poll::Pending
    }
}

impl Drop for Until {
    fn drop(&mut self) {
        self.timeline.line().due.remove(&self.key);
    }
}
