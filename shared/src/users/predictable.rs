//! How much of a password is its own. Guessers begin with the passwords that others had, put together, repeated, and
//! followed by rows of digits or keys: fifteen characters of that are no better than two.

use zeroize::Zeroizing;

/// Words and passwords that are common, one a line, lower case.
const COMMON: &str = include_str!("common.txt");

/// Rows of keys, on the keyboards of the languages that have most of them, and their columns.
const KEYS: [&str; 12] = [
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "!@#$%^&*()",
    "qazwsxedcrfvtgbyhnujmikolp",
];

/// The shortest piece: of two characters nearly every pair stands in some word or row.
const SHORTEST: usize = 3;

/// Characters that are looked at; a password that has so few pieces in so many has no more in the rest.
const MOST_LOOKED_AT: usize = 256;

/// The pieces that a text consists of, up to `enough`: a common word, the user's name, a row of keys, of letters or
/// digits, or a repetition of what came before is one piece, as is each other character. Case does not count.
pub(super) fn pieces(text: &str, user_name: Option<&str>, enough: usize) -> usize {
    let text = lower(text);
    let name = user_name.map(lower).unwrap_or_default();
    let mut at = 0;
    let mut pieces = 0;
    while at < text.len() && pieces < enough {
        let lengths =
            [common(&text[at..]), named(&text[at..], &name), row(&text[at..]), keys(&text[at..]), again(&text, at)];
        let longest = lengths.into_iter().filter(|length| *length >= SHORTEST).max();
        at += longest.unwrap_or(1);
        pieces += 1;
    }
    pieces
}

fn lower(text: &str) -> Zeroizing<Vec<char>> {
    // Reserved at once, so that nothing is left behind where a shorter one was.
    let mut characters = Zeroizing::new(Vec::with_capacity(MOST_LOOKED_AT));
    characters.extend(text.chars().flat_map(char::to_lowercase).take(MOST_LOOKED_AT));
    characters
}

fn starts_with(text: &[char], word: &str) -> bool {
    let mut text = text.iter();
    word.chars().all(|character| text.next() == Some(&character))
}

/// The longest common word at the beginning.
fn common(text: &[char]) -> usize {
    let words = COMMON.lines().filter(|word| starts_with(text, word));
    words.map(|word| word.chars().count()).max().unwrap_or(0)
}

fn named(text: &[char], name: &[char]) -> usize {
    if text.starts_with(name) { name.len() } else { 0 }
}

/// Characters that are equal, or each the next one in the alphabet, forwards or backwards.
fn row(text: &[char]) -> usize {
    let step =
        |index: usize| Some(i64::from(u32::from(*text.get(index + 1)?)) - i64::from(u32::from(*text.get(index)?)));
    match step(0) {
        Some(first @ -1..=1) => 1 + (0..text.len()).take_while(|index| step(*index) == Some(first)).count(),
        _ => 1,
    }
}

/// Neighbours on a keyboard, forwards or backwards.
fn keys(text: &[char]) -> usize {
    let along = |row: &[char]| {
        let starts = (0..row.len())
            .map(|start| row[start..].iter().zip(text).take_while(|(key, character)| key == character).count());
        starts.max().unwrap_or(0)
    };
    let lengths = KEYS.iter().map(|keys| {
        let forwards: Vec<char> = keys.chars().collect();
        let backwards: Vec<char> = keys.chars().rev().collect();
        along(&forwards).max(along(&backwards))
    });
    lengths.max().unwrap_or(0)
}

/// The longest text from here that stands in front of here already; it may run into itself.
fn again(text: &[char], at: usize) -> usize {
    let lengths =
        (0..at).map(|from| text[from..].iter().zip(&text[at..]).take_while(|(one, other)| one == other).count());
    lengths.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_the_texts_own() {
        for (text, count) in [
            ("", 0),
            ("x", 1),
            ("k9#v", 4),
            ("password", 1),
            ("PassWord1", 2),
            ("123456789", 1),
            ("98765", 1),
            ("aaaa", 1),
            ("lkjhg", 1),
            ("1qaz2wsx", 1),
            ("k9#k9#k9#", 4),
            ("janek9", 3),
        ] {
            assert_eq!(pieces(text, Some("Jane"), 100), count, "{text}");
        }
        assert_eq!(pieces("janek9", None, 100), 6);
        assert_eq!(pieces("k9#v", None, 2), 2);
    }

    #[test]
    fn the_common_words_can_be_found() {
        for word in COMMON.lines() {
            assert!(word.chars().count() >= SHORTEST && word.to_lowercase() == word, "{word:?}");
            assert_eq!(pieces(word, None, 100), 1, "{word}");
        }
    }
}
