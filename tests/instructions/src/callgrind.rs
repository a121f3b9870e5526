//! Instruction counts as callgrind takes them.

use std::path::Path;
use std::process::Command;

use crate::error::CountError;

/// Calls of the two runs. What a run takes beside its calls is in both, and cancels out.
const FEW: u64 = 20;
const MANY: u64 = 120;

/// Instructions per call of a case.
pub fn count(case: &str) -> Result<u64, CountError> {
    let (many, few) = (total(case, MANY)?, total(case, FEW)?);
    let calls =
        many.checked_sub(few).ok_or_else(|| CountError::Valgrind(format!("{many} instructions after {few}")))?;
    Ok(calls / (MANY - FEW))
}

/// Instructions of a process that makes so many calls.
fn total(case: &str, calls: u64) -> Result<u64, CountError> {
    let own = std::env::current_exe()?;
    let out = own.with_file_name(format!("{case}.callgrind.out"));
    let run = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", &format!("--callgrind-out-file={}", out.display())])
        .arg(&own)
        .args(["--case", case, &calls.to_string()])
        .output()
        .map_err(|error| CountError::Valgrind(error.to_string()))?;
    if !run.status.success() {
        return Err(CountError::Valgrind(String::from_utf8_lossy(&run.stderr).into_owned()));
    }
    read_total(&out)
}

fn read_total(path: &Path) -> Result<u64, CountError> {
    let text = std::fs::read_to_string(path).map_err(|source| CountError::File { path: path.to_owned(), source })?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:").or(line.strip_prefix("summary:")));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.ok_or_else(|| CountError::Valgrind(format!("{} has no total", path.display())))
}
