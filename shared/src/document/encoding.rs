/// Whether a text in the encoding of this name is read, be it named by a header or by an XML declaration: UTF-8 by
/// the names that it goes under, and ASCII, which is UTF-8 too.
pub fn is_encoding_read(name: &str) -> bool {
    ["utf-8", "utf8", "us-ascii"].into_iter().any(|read| read.eq_ignore_ascii_case(name))
}
