use std::io::Read;

use flate2::bufread::GzDecoder;

use super::decode::MOST_BYTES;

/// What a body is compressed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
}

impl Compression {
    /// The value of `Accept-Encoding` in the answer to a body that is compressed in another way (RFC 9110, 15.5.16).
    pub const ACCEPTED: &str = "gzip";

    /// Reads a `Content-Encoding`. `None`: one that is not read, or several, one around the other.
    pub fn of(header: Option<&str>) -> Option<Self> {
        let mut codings = header
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
        match (codings.next(), codings.next()) {
            (None, _) => Some(Self::None),
            (Some(coding), None) => {
                let is_gzip = coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip");
                is_gzip.then_some(Self::Gzip)
            }
            (Some(_), Some(_)) => None,
        }
    }
}

/// Why a body cannot be inflated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotInflated {
    /// It would have more than [`MOST_BYTES`].
    TooLarge,
    /// It is not gzip, or not whole, or in more pieces than are read.
    NotGzip,
}

/// Files in the format of gzip that a body may have one behind the other (RFC 1952, 2.2). Clients send one; each is begun
/// anew, at a cost that has nothing to do with its length, and thousands of empty ones would fit into a body.
const MOST_MEMBERS: usize = 16;

/// Inflates a body as far as a body may be long, so that a small one cannot become a huge one.
pub fn gunzip(body: &[u8]) -> Result<Vec<u8>, NotInflated> {
    let mut rest = body;
    let mut inflated = Vec::new();
    for _ in 0..MOST_MEMBERS {
        let one_more = (MOST_BYTES + 1 - inflated.len()) as u64;
        let member = GzDecoder::new(&mut rest).take(one_more).read_to_end(&mut inflated);
        member.map_err(|_| NotInflated::NotGzip)?;
        if inflated.len() > MOST_BYTES {
            return Err(NotInflated::TooLarge);
        }
        if rest.is_empty() {
            return Ok(inflated);
        }
    }
    Err(NotInflated::NotGzip)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]
mod tests {
    use std::io::Write;

    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("in memory")
    }

    #[test]
    fn which_codings_are_read() {
        for (header, compression) in [
            (None, Some(Compression::None)),
            (Some(""), Some(Compression::None)),
            (Some("identity"), Some(Compression::None)),
            (Some("gzip"), Some(Compression::Gzip)),
            (Some(" GZip "), Some(Compression::Gzip)),
            (Some("x-gzip"), Some(Compression::Gzip)),
            (Some("identity, gzip"), Some(Compression::Gzip)),
            (Some("gzip, gzip"), None),
            (Some("deflate"), None),
            (Some("br"), None),
            (Some("gzip, br"), None),
            (Some("gzip;q=1"), None),
            (Some("*"), None),
        ] {
            assert_eq!(Compression::of(header), compression, "{header:?}");
        }
    }

    #[test]
    fn as_much_is_inflated_as_a_body_may_have() {
        let text = "ä wrap-up ".repeat(1_000).into_bytes();
        assert_eq!(gunzip(&gzip(&text)), Ok(text.clone()));
        assert_eq!(gunzip(&gzip(b"")), Ok(Vec::new()));
        // Files that are put one behind the other are one (RFC 1952, 2.2).
        assert_eq!(gunzip(&[gzip(b"one "), gzip(b"two")].concat()), Ok(b"one two".to_vec()));
        assert_eq!(gunzip(&gzip(b"a").repeat(MOST_MEMBERS)).map(|body| body.len()), Ok(MOST_MEMBERS));
        assert_eq!(gunzip(&gzip(b"").repeat(MOST_MEMBERS + 1)), Err(NotInflated::NotGzip));
        let full = vec![b' '; MOST_BYTES];
        assert_eq!(gunzip(&gzip(&full)).map(|body| body.len()), Ok(MOST_BYTES));
        assert_eq!(gunzip(&gzip(&[full, vec![b' ']].concat())), Err(NotInflated::TooLarge));
    }

    #[test]
    fn what_is_not_gzip_or_not_whole_is_refused() {
        let text = "a wrap-up and its notes".repeat(20);
        let whole = gzip(text.as_bytes());
        for end in 0..whole.len() {
            assert_eq!(gunzip(&whole[..end]), Err(NotInflated::NotGzip), "cut after {end} bytes");
        }
        // The checksum at the end.
        for at in [0, 1, 2, whole.len() - 8, whole.len() - 1] {
            let mut wrong = whole.clone();
            wrong[at] ^= 0xff;
            assert_eq!(gunzip(&wrong), Err(NotInflated::NotGzip), "byte {at}");
        }
        assert_eq!(gunzip(text.as_bytes()), Err(NotInflated::NotGzip));
        assert_eq!(gunzip(&[&whole[..], b"rest"].concat()), Err(NotInflated::NotGzip));
    }
}
