use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Why bytes are no text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// A byte order mark says how they are to be read, and they cannot be read so.
    #[error("is not valid {0}, as its byte order mark says; save it as UTF-8")]
    NotAsMarked(&'static str),
    /// Nearly all of it is UTF-8.
    #[error("line {0}: is not valid UTF-8; save the file as UTF-8")]
    BrokenUtf8(usize),
}

/// Bytes at the beginning that show whether a text without a mark is UTF-16.
const SAMPLE: usize = 1_024;

/// A file's text: by its byte order mark, else as UTF-16 where every other byte is zero, else as UTF-8, else as
/// Windows-1252, in which spreadsheets of western languages write CSV. The mark is no part of it.
pub fn decode(content: &[u8]) -> Result<Cow<'_, str>, NotText> {
    if let Some((encoding, mark)) = Encoding::for_bom(content) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(&content[mark..]);
        return text.ok_or(NotText::NotAsMarked(encoding.name()));
    }
    let utf_16 = unmarked_utf_16(content);
    if let Some(text) = utf_16.and_then(|utf_16| utf_16.decode_without_bom_handling_and_without_replacement(content)) {
        return Ok(text);
    }
    if let Ok(text) = std::str::from_utf8(content) {
        return Ok(Cow::Borrowed(text));
    }
    // Letters of Windows-1252 rarely make a character of UTF-8 by chance: where most do, this is UTF-8 with a wrong byte, and
    // would turn to nonsense.
    let (mut right, mut wrong, mut line) = (0, 0, None);
    let mut lines = 1;
    for chunk in content.utf8_chunks() {
        right += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        lines += chunk.valid().matches('\n').count();
        if !chunk.invalid().is_empty() {
            wrong += 1;
            line.get_or_insert(lines);
        }
    }
    if right > wrong {
        return Err(NotText::BrokenUtf8(line.unwrap_or(1)));
    }
    Ok(WINDOWS_1252.decode_without_bom_handling(content).0)
}

/// How a text without a mark is to be read whose ASCII characters have a zero byte each.
fn unmarked_utf_16(content: &[u8]) -> Option<&'static Encoding> {
    let pairs = content[..content.len().min(SAMPLE)].chunks_exact(2);
    let total = pairs.len();
    let (mut first, mut second) = (0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    match (first, second) {
        (0, zeros) if zeros > total / 4 => Some(UTF_16LE),
        (zeros, 0) if zeros > total / 4 => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "code;description\nRückruf;„Später“ – 5 €\n";

    #[test]
    fn a_text_is_the_same_however_a_spreadsheet_has_encoded_it() {
        let utf_16 = |bytes: fn(u16) -> [u8; 2]| TEXT.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
        for content in [
            TEXT.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", TEXT.as_bytes()].concat(),
            [b"\xff\xfe", &little[..]].concat(),
            [b"\xfe\xff", &big[..]].concat(),
            little,
            big,
            WINDOWS_1252.encode(TEXT).0.into_owned(),
        ] {
            assert_eq!(decode(&content).as_deref(), Ok(TEXT), "{content:?}");
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_nearly_utf_8_is_not_read_as_something_else() {
        assert_eq!(decode("één\nzwölf\nf\u{fc}nf".as_bytes()).as_deref(), Ok("één\nzwölf\nfünf"));
        assert_eq!(decode(b"\xc3\xa9\xc3\xa9n\nzw\xf6lf"), Err(NotText::BrokenUtf8(2)));
        assert_eq!(decode(b"\xff\xfea\x00\x00\xdc"), Err(NotText::NotAsMarked("UTF-16LE")));
    }
}
