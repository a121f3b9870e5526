//! The release binaries: built as they are deployed, found, and weighed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde::Serialize;

use crate::error::BenchError;

/// The package of the functions' binaries.
const FUNCTIONS: &str = "wrapup-functions";

/// The package of the floors' binaries.
const FLOORS: &str = "wrapup-bench-floors";
const FLOOR_BINARIES: [&str; 2] = ["floor-constant", "floor-get-item"];

/// The package of the `wrapup` binary.
const LOCAL: &str = "wrapup-cli";

/// Where cargo has put the release binaries.
pub struct Binaries {
    folder: PathBuf,
}

/// Bytes of a binary.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Size {
    /// As it lies on disk.
    pub plain: u64,
    /// Deflated, as in the zip file that is deployed.
    pub zipped: u64,
}

impl Binaries {
    /// Builds these functions, the floors and, where it is measured, `wrapup` itself.
    ///
    /// Each group is a build of its own. In one build cargo gives a crate the features that any of its
    /// users asks for, so functions built together with the bench or with `wrapup` would carry features
    /// that they do not have where they are deployed. The functions ask for the same features as each
    /// other, and the floors for no others.
    pub fn build(functions: &[&str], local: bool) -> Result<Self, BenchError> {
        let own = std::env::current_exe()?;
        // `target/release/wrapup-bench` or, without `--release`, `target/debug/wrapup-bench`.
        let target = own.ancestors().nth(2).unwrap_or(Path::new("target"));
        build(target, &[FUNCTIONS, FLOORS], &[functions, &FLOOR_BINARIES].concat())?;
        if local {
            build(target, &[LOCAL], &[])?;
        }
        Ok(Self { folder: target.join("release") })
    }

    /// The binary of this name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// Weighs a binary.
    pub fn size(&self, name: &str) -> Result<Size, BenchError> {
        let path = self.path(name);
        let bytes = std::fs::read(&path).map_err(|source| BenchError::Binary { path, source })?;
        let mut zip = DeflateEncoder::new(Vec::new(), Compression::default());
        zip.write_all(&bytes)?;
        Ok(Size { plain: bytes.len() as u64, zipped: zip.finish()?.len() as u64 })
    }
}

/// Builds these binaries of the packages, or all that they have.
fn build(target: &Path, packages: &[&str], binaries: &[&str]) -> Result<(), BenchError> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(&cargo);
    command.args(["build", "--release", "--locked"]).arg("--target-dir").arg(target);
    command.args(packages.iter().flat_map(|package| ["--package", package]));
    command.args(binaries.iter().flat_map(|binary| ["--bin", binary]));
    let status = command.status().map_err(|source| BenchError::Start { program: cargo, source })?;
    match status.success() {
        true => Ok(()),
        false => Err(BenchError::Build { package: packages.join(", ") }),
    }
}
