use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, Once, PoisonError};

use tracing_subscriber::filter::LevelFilter;

/// What the tests of this process log.
static LOG: LazyLock<Lines> = LazyLock::new(Lines::default);

/// Lines of a log, in memory.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// All of them.
    pub fn text(&self) -> String {
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

/// Collects from now on what all tests of this process log, down to the level that the first of them asks for;
/// each looks for a word of its own.
pub fn keep_log(level: LevelFilter) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        tracing_subscriber::fmt().with_ansi(false).with_max_level(level).with_writer(|| LOG.clone()).init();
    });
}

/// The lines that have a word in them.
pub fn logged(word: &str) -> String {
    LOG.text().lines().filter(|line| line.contains(word)).map(|line| format!("{line}\n")).collect()
}

/// Lets a test listen to what its own thread logs, by `set_default`. Whether anybody listens to a line is asked in the
/// thread that comes to it first, and a no is remembered for all: so every thread has to have a listener.
pub fn listen_everywhere() {
    // Whichever is there already will do.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
}
