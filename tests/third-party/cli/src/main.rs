//! `wrapup`, with the team's segment tables.

use std::process::ExitCode;

fn main() -> ExitCode {
    wrapup_cli::run(third_party_segments::with_ours)
}
