use std::io;
use std::path::PathBuf;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// cargo has said why.
    #[error("`cargo build --release` failed for {package}")]
    Build { package: String },
    /// What cargo has built cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Binary { path: PathBuf, source: io::Error },
    /// cargo could not be started.
    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
    /// A function answers something else than what is measured.
    #[error("{name} answered {answer}")]
    Unexpected { name: String, answer: String },
    /// A load could not be sent.
    #[error("the load on {address} broke off: {source}")]
    Load { address: String, source: io::Error },
    /// A report could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Report { path: PathBuf, source: io::Error },
    /// Something else with the network or the terminal.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A report could not be put into JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}
