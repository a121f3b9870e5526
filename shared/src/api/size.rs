//! How large an answer can be.
//!
//! Lambda takes at most 6 MB from a function, and of more it makes a failure that API Gateway answers with 502. What it
//! counts is the JSON that an answer travels in, where the body is one text: each of its quotes and backslashes takes two
//! bytes there. The local server has no such limit, and keeps it, so that what works there works deployed.

use lambda_http::Body;

/// What Lambda takes of a function's answer, in bytes.
const MOST_OF_LAMBDA: usize = 6 * 1024 * 1024;

/// What is kept for status and headers.
const ENVELOPE: usize = 4 * 1024;

/// Bytes that an answer's body can have within the JSON that carries it.
pub const MOST_ANSWER_BYTES: usize = MOST_OF_LAMBDA - ENVELOPE;

/// Whether a body is more than an answer can have.
pub fn is_too_large(body: &Body) -> bool {
    // Base64 takes a third more, and what the renderers write at most twice as much.
    body.len() > MOST_ANSWER_BYTES / 2 && carried(body) > MOST_ANSWER_BYTES
}

/// Bytes of a body within the JSON that carries it.
fn carried(body: &Body) -> usize {
    match body {
        Body::Binary(bytes) => bytes.len().div_ceil(3) * 4,
        text => carried_text(text),
    }
}

/// Bytes of a text within the JSON that carries it.
pub fn carried_text(text: &[u8]) -> usize {
    let escapes: usize = text.iter().map(|byte| escape(*byte)).sum();
    text.len() + escapes
}

/// Bytes that JSON adds to one of a text.
fn escape(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..=0x1f => 5,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::negotiate::Format;
    use super::super::render::render;
    use super::*;

    #[test]
    fn counts_what_json_makes_of_a_text() {
        let every: String = (0..0x300_u32).chain([0xfffd, 0x1_f642]).filter_map(char::from_u32).collect();
        let written = serde_json::to_vec(&every).unwrap_or_default();
        assert_eq!(carried_text(every.as_bytes()) + 2, written.len());
    }

    #[test]
    fn no_character_is_wider_than_the_widest() {
        for format in [Format::Json, Format::Xml] {
            let bytes = |text: &str| render(format, &[text]).map_or(0, |written| carried_text(&written));
            let most = bytes(&format.widest_character().to_string());
            let wider = (0..=0x11_0000).filter_map(char::from_u32).find(|one| bytes(&one.to_string()) > most);
            assert_eq!(wider, None, "{format:?}");
        }
    }

    #[test]
    fn no_body_of_half_the_size_can_be_too_large() {
        let quotes = |bytes: usize| Body::Text("\"".repeat(bytes));
        assert!(!is_too_large(&quotes(MOST_ANSWER_BYTES / 2)));
        assert!(is_too_large(&quotes(MOST_ANSWER_BYTES / 2 + 1)));
        assert!(!is_too_large(&Body::Text("x".repeat(MOST_ANSWER_BYTES))));
        assert!(is_too_large(&Body::Text("x".repeat(MOST_ANSWER_BYTES + 1))));
        assert!(!is_too_large(&Body::Binary(vec![0; MOST_ANSWER_BYTES / 4 * 3])));
        assert!(is_too_large(&Body::Binary(vec![0; MOST_ANSWER_BYTES / 4 * 3 + 1])));
    }
}
