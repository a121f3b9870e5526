//! The time that a local system shows, so that deadlines, confirmations and expiry can be tried without waiting: the
//! machine's, or one that begins elsewhere, goes faster, and is moved by hand.

use std::fmt;
use std::future::pending;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::sleep;
use wrapup::clock::Clock;
use wrapup::date_time::DateTime;

/// The fastest that a clock goes: a day in less than a second.
const FASTEST: u32 = 100_000;

/// The last moment that a clock shows, 8999-12-31 00:00:00, after which it stands still: what is counted from it has to have
/// a year of four digits, too.
const LAST: Duration = Duration::from_secs(221_845_305_600);

/// How a clock is set, as `--clock` says it: `2026-01-05 08:00:00 x60`, or one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    start: Option<DateTime>,
    speed: u32,
}

impl Default for Setting {
    /// The machine's time, as fast as that goes.
    fn default() -> Self {
        Self { start: None, speed: 1 }
    }
}

/// Why a text sets no clock.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The speed is none.
    #[error("`{0}` is no speed: x60 is 60 times as fast, x0 stands still, x{FASTEST} is the fastest")]
    Speed(String),
    /// The start is none.
    #[error(
        "`{0}` is no time: a clock is set by `yyyy-MM-dd HH:mm:ss` in UTC, by a speed such as x60, or by both, the time first"
    )]
    Start(String),
}

impl FromStr for Setting {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<Self, ClockError> {
        let text = text.trim();
        let (start, speed) = match text.rsplit_once(' ') {
            Some((start, speed)) if speed.starts_with('x') => (Some(start), Some(speed)),
            None if text.starts_with('x') => (None, Some(text)),
            _ => (Some(text), None),
        };
        let start = start.map(|start| moment(start.trim_end())).transpose()?;
        let speed =
            speed.map(|speed| speed[1..].parse().ok().filter(|_| speed[1..].starts_with(is_digit)).ok_or(speed));
        match speed.transpose() {
            Ok(speed) => Self { start, speed: 1 }.at(speed.unwrap_or(1)),
            Err(speed) => Err(ClockError::Speed(speed.to_owned())),
        }
    }
}

impl Setting {
    /// Whether it begins later than this clock shows.
    pub fn begins_ahead_of(self, clock: &Clock) -> bool {
        self.start.is_some_and(|start| start.since_epoch() > clock.since_epoch())
    }

    /// The same at this speed.
    fn at(self, speed: u32) -> Result<Self, ClockError> {
        match speed <= FASTEST {
            true => Ok(Self { speed, ..self }),
            false => Err(ClockError::Speed(format!("x{speed}"))),
        }
    }
}

fn is_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// Reads the time that a clock is set to.
fn moment(text: &str) -> Result<DateTime, ClockError> {
    let fits = |moment: &DateTime| !moment.since_epoch().is_zero() && moment.since_epoch() <= LAST;
    DateTime::parse(text).filter(fits).ok_or_else(|| ClockError::Start(text.to_owned()))
}

/// What a clock that runs is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Move {
    /// The time that it shows from now on.
    pub set: Option<DateTime>,
    /// How far it goes forward then.
    pub forward: Duration,
    /// How fast it goes from now on.
    pub speed: Option<u32>,
}

impl Move {
    /// Reads what somebody asks for in words.
    pub fn read(set: Option<&str>, forward: Duration, speed: Option<u32>) -> Result<Self, ClockError> {
        if let Some(speed) = speed {
            Setting::default().at(speed)?;
        }
        Ok(Self { set: set.map(moment).transpose()?, forward, speed })
    }
}

/// The clock. Cheap to clone; clones show the same.
#[derive(Clone)]
pub struct LocalClock(Option<Arc<Hands>>);

struct Hands {
    setting: Setting,
    run: Mutex<Run>,
    moved: watch::Sender<()>,
}

/// What it showed at some moment, and how fast it goes since.
#[derive(Clone, Copy)]
struct Run {
    since: Instant,
    shown: Duration,
    speed: u32,
}

impl Run {
    fn begin(setting: Setting) -> Self {
        let shown = setting.start.map_or_else(|| Clock::system().since_epoch(), DateTime::since_epoch);
        Self { since: Instant::now(), shown, speed: setting.speed }
    }

    fn shows(&self) -> Duration {
        let ran = self.since.elapsed().checked_mul(self.speed).unwrap_or(LAST);
        self.shown.saturating_add(ran).min(LAST)
    }
}

impl Hands {
    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LocalClock {
    /// The machine's.
    pub fn of_the_machine() -> Self {
        Self(None)
    }

    /// One that is set, and may be moved.
    pub fn set(setting: Setting) -> Self {
        let run = Mutex::new(Run::begin(setting));
        Self(Some(Arc::new(Hands { setting, run, moved: watch::Sender::new(()) })))
    }

    /// Whether it is another one than the machine's.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// What tells the time to whoever takes a [`Clock`].
    pub fn clock(&self) -> Clock {
        match self.0.clone() {
            None => Clock::system(),
            Some(hands) => Clock::from_fn(move || SystemTime::UNIX_EPOCH + hands.run().shows()),
        }
    }

    /// What it shows, UTC.
    pub fn now(&self) -> OffsetDateTime {
        self.clock().now()
    }

    /// What it shows, since the Unix epoch.
    pub fn shows(&self) -> Duration {
        self.clock().since_epoch()
    }

    /// How many times as fast it goes as the machine's.
    pub fn speed(&self) -> u32 {
        self.0.as_ref().map_or(1, |hands| hands.run().speed)
    }

    /// Moves it. Whether it can be: the machine's is left alone.
    pub fn turn(&self, by: Move) -> bool {
        let Some(hands) = &self.0 else { return false };
        {
            let mut run = hands.run();
            let shown = by.set.map_or_else(|| run.shows(), DateTime::since_epoch);
            let shown = shown.saturating_add(by.forward).min(LAST);
            *run = Run { since: Instant::now(), shown, speed: by.speed.unwrap_or(run.speed) };
        }
        hands.moved.send_replace(());
        true
    }

    /// Has it begin anew, as it was set.
    pub fn begin_anew(&self) {
        let Some(hands) = &self.0 else { return };
        *hands.run() = Run::begin(hands.setting);
        hands.moved.send_replace(());
    }

    /// Waits until it shows so much more than at this call, however it gets there; for good while it stands still.
    pub fn sleep(&self, span: Duration) -> impl Future<Output = ()> + Send + use<> {
        let until = self.0.clone().map(|hands| {
            let end = hands.run().shows().saturating_add(span);
            (end, hands.moved.subscribe(), hands)
        });
        async move {
            let Some((end, mut moved, hands)) = until else { return sleep(span).await };
            loop {
                let run = *hands.run();
                let left = end.saturating_sub(run.shows());
                if left.is_zero() {
                    return;
                }
                // None while it stands still.
                let wait = left.checked_div(run.speed).map(|wait| wait.max(Duration::from_millis(1)));
                let passes = async {
                    match wait {
                        Some(wait) => sleep(wait).await,
                        None => pending().await,
                    }
                };
                tokio::select! {
                    () = passes => {}
                    // The sender lives as long as this.
                    _ = moved.changed() => {}
                }
            }
        }
    }
}

impl fmt::Display for LocalClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = DateTime::from(self.now());
        match self.speed() {
            0 => write!(f, "{now} UTC, and stands still"),
            1 => write!(f, "{now} UTC"),
            speed => write!(f, "{now} UTC, {speed} times as fast"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_set_by_its_start_its_speed_or_both() {
        let start = DateTime::parse("2026-01-05 08:00:00");
        let read = |text: &str| text.parse::<Setting>();
        assert_eq!(read("2026-01-05 08:00:00"), Ok(Setting { start, speed: 1 }));
        assert_eq!(read("2026-01-05T09:00:00+01:00"), Ok(Setting { start, speed: 1 }));
        assert_eq!(read("x60"), Ok(Setting { start: None, speed: 60 }));
        assert_eq!(read(" 2026-01-05 08:00:00  x0 "), Ok(Setting { start, speed: 0 }));
        for text in ["x", "x-1", "x+1", "x1.5", "x100001", "2026-01-05 08:00:00 xx"] {
            assert!(matches!(read(text), Err(ClockError::Speed(_))), "{text}");
        }
        for text in [
            "",
            "60",
            "2026-01-05",
            "08:00:00",
            "x60 2026-01-05 08:00:00",
            "1969-12-31 00:00:00",
            "9000-01-01 00:00:00",
        ] {
            assert!(matches!(read(text), Err(ClockError::Start(_))), "{text}");
        }
    }

    #[tokio::test]
    async fn whoever_waits_for_a_clock_that_stands_still_goes_on_once_it_is_moved() {
        let start = DateTime::parse("2026-01-05 08:00:00");
        let clock = LocalClock::set(Setting { start, speed: 0 });
        let waits = tokio::spawn(clock.sleep(Duration::from_secs(120)));
        tokio::task::yield_now().await;
        let minute = Move { forward: Duration::from_secs(60), ..Move::default() };
        assert!(clock.turn(minute));
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        assert!(clock.turn(minute));
        assert!(waits.await.is_ok());
        assert_eq!(clock.shows(), start.map_or(Duration::ZERO, DateTime::since_epoch) + Duration::from_secs(120));
        clock.begin_anew();
        assert_eq!(Some(DateTime::from(clock.now())), start);
        assert!(!LocalClock::of_the_machine().turn(minute));
    }

    #[tokio::test]
    async fn a_clock_that_is_faster_is_waited_for_less() {
        let clock = LocalClock::set(Setting { start: None, speed: FASTEST });
        let begun = clock.shows();
        clock.sleep(Duration::from_secs(1_000)).await;
        assert!(clock.shows() - begun >= Duration::from_secs(1_000));
        // It stops where years have five digits.
        clock.turn(Move { forward: Duration::MAX, ..Move::default() });
        assert_eq!(clock.shows(), LAST);
        assert_eq!(DateTime::from(clock.now()).day(), "8999-12-31");
    }
}
