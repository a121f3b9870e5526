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

/// Bytes that there has to be room for in a folder: what is new of a run of hours.
const ROOM: usize = 4 * 1024 * 1024;

/// Whether files can be made in a folder, and have room there: known before a run, not after its hours.
pub fn check_writable(folder: &Path) -> Result<(), CorpusError> {
    let written = NamedTempFile::new_in(folder).and_then(|mut file| file.write_all(&vec![1; ROOM]));
    written.map_err(|error| failed(folder, "written to", error))
}

/// Writes inputs into a folder, all of them or none, under names that are made of what is in them.
pub fn write(folder: &Path, inputs: &[Vec<u8>]) -> Result<(), CorpusError> {
    let mut written: Vec<PathBuf> = Vec::new();
    let mut write = |input: &Vec<u8>| {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let path = folder.join(format!("{:016x}", hasher.finish()));
        if path.exists() {
            return Ok(());
        }
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(input)?;
        file.persist(&path).map_err(|error| error.error)?;
        written.push(path);
        Ok(())
    };
    inputs.iter().try_for_each(&mut write).map_err(|error| {
        // Of what cannot be removed there is nobody else to tell.
        written.iter().for_each(|path| drop(fs::remove_file(path)));
        failed(folder, "written to", error)
    })
}

fn failed(folder: &Path, what: &'static str, error: io::Error) -> CorpusError {
    CorpusError { folder: folder.to_owned(), what, error }
}
