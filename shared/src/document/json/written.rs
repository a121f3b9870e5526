//! How numbers and strings stand in a JSON text, which its parser does not hand on: the digits of a number, and halves of
//! surrogate pairs, at which it gives up.

use std::borrow::Cow;
use std::iter::Peekable;
use std::vec::IntoIter;

/// The numbers of a text in their order, and its strings with a half in them. Whoever reads the text takes them in the
/// same order: one for each number and each string, keys too.
pub(super) struct Written<'t> {
    numbers: IntoIter<&'t str>,
    /// How many strings stand before each that has a half.
    halved: Peekable<IntoIter<usize>>,
    strings: usize,
}

impl<'t> Written<'t> {
    /// The next number, as it is written.
    pub fn number(&mut self) -> &'t str {
        self.numbers.next().unwrap_or_default()
    }

    /// Whether half of a surrogate pair stands in the next string.
    pub fn string_has_half(&mut self) -> bool {
        let string = self.strings;
        self.strings += 1;
        self.halved.next_if_eq(&string).is_some()
    }
}

/// Goes through a text once; what is no JSON it need not tell. Answers the text for the parser, in which each half of a
/// surrogate pair is U+FFFD, written as long: so every place in it is a place in the text that was sent.
pub(super) fn scan(text: &str) -> (Cow<'_, str>, Written<'_>) {
    let bytes = text.as_bytes();
    let (mut numbers, mut halved, mut halves) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut strings) = (0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let before = halves.len();
                at = string(bytes, at + 1, &mut halves);
                if halves.len() > before {
                    halved.push(strings);
                }
                strings += 1;
            }
            b'-' | b'0'..=b'9' => {
                let number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(|byte| number(byte)).count();
                numbers.push(&text[at..end]);
                at = end;
            }
            _ => at += 1,
        }
    }
    let written = Written { numbers: numbers.into_iter(), halved: halved.into_iter().peekable(), strings: 0 };
    (without(text, &halves), written)
}

/// Goes through a string from behind its first quote to behind its last, and adds where halves stand.
fn string(bytes: &[u8], mut at: usize, halves: &mut Vec<usize>) -> usize {
    loop {
        match bytes.get(at) {
            None => return at,
            Some(b'"') => return at + 1,
            Some(b'\\') => {
                at += match (unit(bytes, at), unit(bytes, at + ESCAPE)) {
                    (None, _) => 2,
                    (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
                    (Some(0xd800..=0xdfff), _) => {
                        halves.push(at);
                        ESCAPE
                    }
                    (Some(_), _) => ESCAPE,
                }
            }
            Some(_) => at += 1,
        }
    }
}

/// Bytes of `\u` and four digits.
const ESCAPE: usize = 6;

/// The unit of UTF-16 that is written as `\u` and four digits there.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16).and_then(|digit| u16::try_from(digit).ok())?;
        Some((unit << 4) | digit)
    })
}

/// The text with U+FFFD for each of these halves.
fn without<'t>(text: &'t str, halves: &[usize]) -> Cow<'t, str> {
    if halves.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    let mut from = 0;
    for half in halves {
        whole.push_str(&text[from..*half]);
        whole.push_str("\\ufffd");
        from = half + ESCAPE;
    }
    whole.push_str(&text[from..]);
    Cow::Owned(whole)
}
