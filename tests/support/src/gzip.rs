use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A body as a client sends it that compresses by gzip.
pub fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_ref()).and_then(|()| encoder.finish()).expect("in memory")
}
