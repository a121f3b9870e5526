//! The inputs that a run begins with, and those that it is to keep.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What cannot be done with a folder of inputs.
#[derive(Debug, thiserror::Error)]
#[error("the folder of inputs {folder:?} cannot be {what}: {error}")]
pub struct CorpusError {
    folder: PathBuf,
    what: &'static str,
    error: io::Error,
}

/// The inputs that the repository has for a target.
pub fn committed(target: &str) -> Result<Vec<Vec<u8>>, CorpusError> {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target))
}

/// The files of a folder, in the order of their names.
pub fn read(folder: &Path) -> Result<Vec<Vec<u8>>, CorpusError> {
    let inputs = || {
        let mut files = fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect::<io::Result<Vec<_>>>()?;
        files.sort();
        files.into_iter().map(fs::read).collect::<io::Result<Vec<_>>>()
    };
    inputs().map_err(|error| failed(folder, "read", error))
}

/// Whether files can be made in a folder: known before a run, not after its hours.
pub fn check_writable(folder: &Path) -> Result<(), CorpusError> {
    NamedTempFile::new_in(folder).map(drop).map_err(|error| failed(folder, "written to", error))
}

/// Writes inputs into a folder, each whole or not at all, under a name that is made of what is in it.
pub fn write(folder: &Path, inputs: &[Vec<u8>]) -> Result<(), CorpusError> {
    let write = |input: &Vec<u8>| {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(input)?;
        file.persist(folder.join(format!("{:016x}", hasher.finish()))).map(drop).map_err(|error| error.error)
    };
    inputs.iter().try_for_each(write).map_err(|error| failed(folder, "written to", error))
}

fn failed(folder: &Path, what: &'static str, error: io::Error) -> CorpusError {
    CorpusError { folder: folder.to_owned(), what, error }
}
