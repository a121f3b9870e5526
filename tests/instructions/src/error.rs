use std::io;
use std::path::PathBuf;

/// Why there is no verdict, or a bad one.
#[derive(Debug, thiserror::Error)]
pub enum CountError {
    /// Neither nothing, nor `--renew`, nor a case with its times.
    #[error("usage: wrapup-instructions [--renew]")]
    Usage,
    /// valgrind is not there, or does not run the case.
    #[error("cannot count under valgrind, which has to be installed: {0}")]
    Valgrind(String),
    /// A file that the counts need.
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    /// The baseline is no JSON object of counts.
    #[error("{}: {source}", path.display())]
    Baseline { path: PathBuf, source: serde_json::Error },
    /// A case does not do what is counted.
    #[error("case {case}: {problem}")]
    Case { case: String, problem: String },
    /// Some cases take other numbers of instructions than the baseline has.
    #[error("not what the baseline allows; if that is meant, or the toolchain has changed: tests/guard --renew")]
    OffBaseline,
    /// Standard output is gone.
    #[error(transparent)]
    Output(#[from] io::Error),
}
