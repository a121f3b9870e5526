use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Subscriber;
use tracing::subscriber::{DefaultGuard, set_default, set_global_default};
use tracing_subscriber::filter::{LevelFilter, Targets};
use wrapup::logging;

/// Lines of a log, in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a test logs while it holds this: whatever happens in its own thread, which is all where its runtime has no
/// other. Other tests of the process log on their own.
pub struct Log {
    lines: Lines,
    _listening: DefaultGuard,
}

impl Log {
    /// Keeps all lines from this level on, those of libraries too.
    pub fn keep(level: LevelFilter) -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let all = tracing_subscriber::fmt().with_ansi(false).with_max_level(level);
        Self::listen(lines, all.with_writer(move || writer.clone()).finish())
    }

    /// Keeps what a function would log that is asked for this level.
    pub fn of_a_function(level: LevelFilter) -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let asked = Targets::new().with_default(level);
        Self::listen(lines, logging::subscriber(asked, move || writer.clone()))
    }

    fn listen(lines: Lines, subscriber: impl Subscriber + Send + Sync) -> Self {
        // Whether anybody listens to a line is asked in the thread that comes to it first, and a no is remembered for
        // all: so every thread has a listener. Whichever is there already will do.
        let _ = set_global_default(tracing_subscriber::registry());
        Self { lines, _listening: set_default(subscriber) }
    }

    /// All that was logged.
    pub fn text(&self) -> String {
        self.lines.text()
    }

    /// The lines that have a text in them.
    pub fn with(&self, text: &str) -> String {
        self.text().lines().filter(|line| line.contains(text)).map(|line| format!("{line}\n")).collect()
    }
}
