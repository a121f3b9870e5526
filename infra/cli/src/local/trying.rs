//! The options by which a local system is tried out and tested against.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::clock::Setting;
use super::faults::Rule;

/// Trying things out, and tests.
#[derive(Args, Clone)]
#[command(next_help_heading = "Trying and testing")]
#[command(group(ArgGroup::new("asks first").args(["reset", "clock"]).multiple(true)))]
pub struct Trying {
    /// Remove all that is in the data folder before the start; asks first
    #[arg(long, conflicts_with_all = ["in_memory", "for_tests"])]
    pub reset: bool,
    /// Do so, or begin in the future of what the data folder has, without asking
    #[arg(long, requires = "asks first")]
    pub yes: bool,
    /// What happens to some calls, such as 'PUT segment/update: 503 10%, delay 2s 5%, drop-after 1%'; may be repeated
    #[arg(long = "fault", value_name = "CALLS: FAULTS")]
    pub faults: Vec<Rule>,
    /// A number by which the same calls suffer the same faults again [default: another one each time]
    #[arg(long, value_name = "N", requires = "faults")]
    pub fault_seed: Option<u64>,
    /// The time at which it begins, in UTC, and how fast that goes: '2026-01-05 08:00:00', x60, or both
    #[arg(long, value_name = "TIME xSPEED")]
    pub clock: Option<Setting>,
    /// Keep the data in memory, and let tests begin anew by POST /local/reset and move the clock by POST /local/clock
    #[arg(long, conflicts_with = "data")]
    pub for_tests: bool,
    /// A file that says where everything is, written once it serves and removed at the end
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

impl Trying {
    /// How the clock is set that is asked for; the machine's where there is none.
    pub fn clock(&self) -> Option<Setting> {
        self.clock.or_else(|| self.for_tests.then(Setting::default))
    }
}
