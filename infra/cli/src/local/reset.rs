//! Emptying a data folder before the start.

use std::fs::TryLockError;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::LocalError;
use super::engine::files::{self, DATABASE, LOCK};
use crate::{output, owned};

/// Removes what a local system keeps in this folder, and nothing else. `agreed` says that nobody has to be asked.
pub fn reset(data: &Path, agreed: bool) -> Result<(), LocalError> {
    let failed =
        |problem: &dyn std::fmt::Display| LocalError::Reset { data: data.to_owned(), problem: problem.to_string() };
    let entries = match data.read_dir() {
        Ok(entries) => entries.count(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(&error)),
    };
    if entries == 0 {
        return Ok(());
    }
    if !data.join(DATABASE).is_file() {
        return Err(failed(&format!(
            "it has files, and no {DATABASE} among them: it is no data folder of `wrapup local`"
        )));
    }
    let lock = owned::open(&data.join(LOCK)).map_err(|error| failed(&error))?;
    lock.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => failed(&"a `wrapup local` uses it; end that one first"),
        TryLockError::Error(error) => failed(&error),
    })?;
    if !agreed && !agrees(data).map_err(|error| failed(&error))? {
        return Err(LocalError::NotReset { data: data.to_owned() });
    }
    files::empty(data).map_err(|error| failed(&error))
}

/// Asks whoever sits at the terminal.
fn agrees(data: &Path) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(io::Error::other(
            "nobody can be asked here: say --yes to remove what is in it, which nothing brings back",
        ));
    }
    let question =
        format!("Remove all wrap-ups, codes, configurations and users in {} for good? Type yes: ", data.display());
    Ok(output::ask(&question)?.trim() == "yes")
}
