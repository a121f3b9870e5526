//! Files for their owner's eyes alone, whatever the process's umask is: what people have said and written is in them.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file, or makes it for the owner alone.
pub fn open(file: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    close_to_others(file)?;
    Ok(opened)
}

/// The same, empty.
pub fn create(file: &Path) -> io::Result<File> {
    let opened = open(file)?;
    opened.set_len(0)?;
    Ok(opened)
}

/// Leaves a file to its owner alone.
#[cfg(unix)]
pub fn close_to_others(file: &Path) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    let owner_alone = Permissions::from_mode(0o600);
    match std::fs::metadata(file)?.permissions().mode() & 0o777 == owner_alone.mode() {
        true => Ok(()),
        false => std::fs::set_permissions(file, owner_alone),
    }
}

/// Elsewhere the access list of the user's own folders closes them.
#[cfg(not(unix))]
pub fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}
