//! `wrapup`, with no other segment tables than those that its environment describes.

use std::process::ExitCode;

fn main() -> ExitCode {
    wrapup_cli::run(|_, segment_tables| segment_tables)
}
