//! The files of the data folder. Wrap-ups are personal data: they are for the owner's eyes, however the folder is shared
//! and whatever the process's umask is.

use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::owned;

/// What keeps other processes off the folder.
pub const LOCK: &str = "lock";

/// The database. What SQLite makes beside it gets its mode.
pub const DATABASE: &str = "dynamodb.sqlite";

/// The keys that OAuth's tokens are signed with.
pub const OAUTH_KEYS: &str = "oauth-keys.json";

/// The events that are kept for webhooks. What SQLite makes beside it gets its mode.
pub const OUTBOX: &str = "webhooks.sqlite";

/// What is in the folder beside the positions.
const NAMES: [&str; 9] = [
    LOCK,
    DATABASE,
    "dynamodb.sqlite-wal",
    "dynamodb.sqlite-shm",
    "dynamodb.sqlite-journal",
    OAUTH_KEYS,
    OUTBOX,
    "webhooks.sqlite-wal",
    "webhooks.sqlite-shm",
];

/// How the names of positions end.
const POSITION: &str = ".position";

/// The file that says up to where a consumer has read a stream.
pub fn position_of(consumer: &str) -> String {
    format!("{consumer}{POSITION}")
}

/// Makes the folder where it is missing.
pub fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Closes what is in the folder to others. Before SQLite opens its own: closing a file a second time open would end its
/// locks (POSIX).
pub fn close(folder: &Path) -> io::Result<()> {
    owned::open(&folder.join(DATABASE))?;
    for file in ours(folder)? {
        if file.is_file() {
            owned::close_to_others(&file)?;
        }
    }
    Ok(())
}

/// Removes all files of ours from the folder but the lock, which whoever calls holds.
pub fn empty(folder: &Path) -> io::Result<()> {
    let mut files = ours(folder)?;
    // The database goes last: without it the rest would be a folder of somebody else's.
    files.sort_by_key(|file| file.file_name().is_some_and(|name| name == DATABASE));
    for file in files {
        if !file.ends_with(LOCK) && !file.is_dir() {
            std::fs::remove_file(&file)?;
        }
    }
    Ok(())
}

/// What is in the folder of ours.
fn ours(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let file = entry?.path();
        let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if NAMES.contains(&name) || name.ends_with(POSITION) {
            files.push(file);
        }
    }
    Ok(files)
}

/// Replaces a file's text: whoever reads it finds the old one or the new one, even after a power cut.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let mut unfinished = PathBuf::from(file);
    unfinished.as_mut_os_string().push(".new");
    let mut written = owned::create(&unfinished)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    std::fs::rename(&unfinished, file)
}
