//! What is done to a data folder before the start, or by it, that nothing brings back: it is emptied, or a clock is set ahead of
//! what it has.

use std::fs::TryLockError;
use std::io::{self, IsTerminal};
use std::path::Path;

use wrapup::clock::Clock;

use super::LocalError;
use super::clock::Setting;
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
    let question = format!("Remove all wrap-ups, codes, configurations and users in {} for good?", data.display());
    let wanted = || agrees(&question, "to remove what is in it, which nothing brings back");
    if !agreed && !wanted().map_err(|error| failed(&error))? {
        return Err(LocalError::NotReset { data: data.to_owned() });
    }
    files::empty(data).map_err(|error| failed(&error))
}

/// Looks at what a clock that is set may do to a data folder. Records whose keeping is over by it are removed, and wrap-ups
/// ended whose deadline is: where that begins with the start, somebody has to agree.
pub fn look_at_the_clock(data: &Path, clock: Setting, agreed: bool) -> Result<(), LocalError> {
    let failed = |problem| LocalError::FromTheFuture { data: data.to_owned(), problem };
    if !clock.begins_ahead_of(&Clock::system()) || !data.join(DATABASE).is_file() {
        output::say(&format!(
            "where the clock goes beyond the machine's, what is over by then in {} is ended or removed for good; \
             --in-memory leaves it alone",
            data.display()
        ));
        return Ok(());
    }
    let question = format!(
        "By a clock in the future, end what is over by then in {}, and remove for good what is not kept for so long?",
        data.display()
    );
    if agreed || agrees(&question, "to have that done, or --in-memory to leave it alone").map_err(failed)? {
        return Ok(());
    }
    Err(failed(io::Error::other("nothing was started")))
}

/// Asks whoever sits at the terminal; where nobody does, says by which word to agree, and to what.
fn agrees(question: &str, to_what: &str) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        return Err(io::Error::other(format!("nobody can be asked here: say --yes {to_what}")));
    }
    Ok(output::ask(&format!("{question} Type yes: "))?.trim() == "yes")
}
